//! The scene of a task file exactly as it is written: boxes, fixtures, the floor, and their ids.
//!
//! Owns these keys, their ranges and their words (design, section 4), as `format` owns the others;
//! and what an id is. Whether boxes overlap or hover is left to `check`.

use garde::Validate;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::format::FARTHEST_M;
use super::kinds::one_orientation;
use super::value::{Number, OffsetEntry, QuantityEntry, quantity_schema};
use crate::scene::belief::{MIN_FRICTION, MIN_MASS_KG};

/// Box masses, kg.
pub(super) const MASS_KG: (f64, f64) = (MIN_MASS_KG, 5000.0);
/// Box frictions.
pub(super) const FRICTION: (f64, f64) = (MIN_FRICTION, 2.0);
/// The longest id.
pub(super) const MAX_ID_CHARS: usize = 64;

/// Boxes, what they stand on, and how well each is known.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scene")]
pub(super) struct SceneBlock {
    /// The floor, the plane z = 0.
    #[garde(dive)]
    pub ground: Option<GroundBlock>,
    /// How far an observed pose may lie from the true one.
    #[garde(dive)]
    pub pose_noise: Option<NoiseBlock>,
    /// What never moves: pallets, shelves, walls.
    #[garde(length(max = 1000), dive)]
    #[serde(default)]
    pub fixtures: Vec<FixtureBlock>,
    /// What can be grasped, and what can fall.
    #[garde(length(min = 1, max = 1000), dive)]
    pub boxes: Vec<BoxBlock>,
}

/// The floor.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ground")]
pub(super) struct GroundBlock {
    /// Friction coefficient (0.5).
    #[garde(range(min = 0.0, max = 2.0))]
    pub friction: Option<Number>,
}

/// Standard deviations of an observed pose, cut at 3σ; of heights and of which face is up a scene is sure.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PoseNoise")]
pub(super) struct NoiseBlock {
    /// m, along x and along y (0.002).
    #[garde(range(min = 0.0, max = 0.1))]
    pub position: Option<Number>,
    /// Degrees, about z (1).
    #[garde(range(min = 0.0, max = 30.0))]
    pub rotation_deg: Option<Number>,
}

/// A box that never moves.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fixture", transform = one_orientation)]
pub(super) struct FixtureBlock {
    /// Unique among boxes and fixtures: 1 to 64 letters, digits and _ - . :
    #[garde(custom(valid_id))]
    #[schemars(schema_with = "id_schema")]
    pub id: String,
    /// Full edge lengths [x, y, z], m.
    #[garde(inner(range(min = 0.001, max = 100.0)))]
    pub size: [Number; 3],
    /// Centre [x, y, z], m.
    #[garde(inner(range(min = -FARTHEST_M, max = FARTHEST_M)))]
    pub position: [Number; 3],
    /// Turn about the vertical, degrees (0).
    #[garde(range(min = -360.0, max = 360.0))]
    pub yaw_deg: Option<Number>,
    /// Unit quaternion [x, y, z, w], instead of yaw_deg.
    #[garde(inner(inner(range(min = -1.01, max = 1.01))))]
    #[schemars(inner(range(min = -1.01, max = 1.01)))]
    pub rotation: Option<[Number; 4]>,
    /// Friction coefficient (0.5).
    #[garde(range(min = 0.0, max = 2.0))]
    pub friction: Option<Number>,
}

/// A box as the robot knows it.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Box", transform = one_orientation)]
pub(super) struct BoxBlock {
    /// Unique among boxes and fixtures: 1 to 64 letters, digits and _ - . :
    #[garde(custom(valid_id))]
    #[schemars(schema_with = "id_schema")]
    pub id: String,
    /// Full edge lengths [x, y, z], m.
    #[garde(inner(range(min = 0.005, max = 20.0)))]
    pub size: [Number; 3],
    /// Geometric centre [x, y, z], m.
    #[garde(inner(range(min = -FARTHEST_M, max = FARTHEST_M)))]
    pub position: [Number; 3],
    /// Turn about the vertical, degrees (0).
    #[garde(range(min = -360.0, max = 360.0))]
    pub yaw_deg: Option<Number>,
    /// Unit quaternion [x, y, z, w], instead of yaw_deg.
    #[garde(inner(inner(range(min = -1.01, max = 1.01))))]
    #[schemars(inner(range(min = -1.01, max = 1.01)))]
    pub rotation: Option<[Number; 4]>,
    /// Mass, kg: a number, {mean, std} (a normal cut at 3 std), or {min, max} (anything between).
    #[garde(skip)]
    #[schemars(schema_with = "mass_schema")]
    pub mass: QuantityEntry,
    /// Friction coefficient (0.5): a number, {mean, std} or {min, max}.
    #[garde(skip)]
    #[serde(default)]
    #[schemars(schema_with = "friction_schema")]
    pub friction: Option<QuantityEntry>,
    /// Centre of mass from the centre, in the box's frame: [x, y, z] m or {std} m (at the centre).
    #[garde(skip)]
    pub com_offset: Option<OffsetEntry>,
    /// The most normal force that one face bears, N. Left out: it cannot be crushed.
    #[garde(range(min = 0.1, max = 1e6))]
    pub max_force: Option<Number>,
}

/// Ids go on the command line as BOX/FACE and BOX=DX,DY,DZ, so they hold no such signs.
fn goes_into_id(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':')
}

fn valid_id(id: &str, _: &()) -> garde::Result {
    if id.is_empty() || id.chars().count() > MAX_ID_CHARS || !id.chars().all(goes_into_id) {
        return Err(garde::Error::new("not an id"));
    }
    Ok(())
}

fn id_schema(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({
        "type": "string", "minLength": 1, "maxLength": MAX_ID_CHARS,
        "pattern": id_pattern(),
    })
}

/// What no id holds, from the first character to the last of each range: of ASCII all of it, and
/// punctuation beyond.
///
/// Regular expressions have no common word for a letter of any script: `\p{Alphabetic}` is an
/// error in Python's. So the schema lets through some signs that the reader refuses, but refuses
/// nothing that the reader takes.
const NOT_IN_IDS: [(char, char); 7] = [
    ('\0', ','),
    ('/', '/'),
    (';', '@'),
    ('[', '^'),
    ('`', '`'),
    ('{', '\u{a9}'),
    ('\u{2000}', '\u{206f}'),
];

fn id_pattern() -> String {
    let ranges = NOT_IN_IDS.map(|(a, b)| format!(r"\u{:04x}-\u{:04x}", u32::from(a), u32::from(b)));
    format!("^[^{}]+$", ranges.concat())
}

fn mass_schema(_: &mut SchemaGenerator) -> Schema {
    quantity_schema(MASS_KG)
}

fn friction_schema(_: &mut SchemaGenerator) -> Schema {
    let mut schema = quantity_schema(FRICTION);
    if let Some(alternatives) = schema.get_mut("anyOf").and_then(|a| a.as_array_mut()) {
        alternatives.push(serde_json::json!({"type": "null"}));
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_of_ids_refuses_nothing_that_the_reader_takes_and_of_ascii_all_that_it_refuses() {
        for c in '\0'..=char::MAX {
            let refused = NOT_IN_IDS.iter().any(|(a, b)| (*a..=*b).contains(&c));
            assert!(!refused || !goes_into_id(c), "{c:?}");
            assert!(refused || goes_into_id(c) || !c.is_ascii(), "{c:?}");
        }
        assert!(id_pattern().starts_with(r"^[^\u0000-\u002c\u002f-"));
    }
}
