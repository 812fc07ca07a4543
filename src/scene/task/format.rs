//! Task files exactly as they are written: the types that serde reads, garde
//! checks and schemars describes, so that the three cannot disagree.
//!
//! Owns the keys, their ranges and their words (design, section 4). What depends on more than
//! one value (exclusive keys, geometry, names) is left to `build` and `check`.

use garde::Validate;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::kinds::{gripper_kinds, one_gripper_key, one_orientation, task_kinds};
use super::planner::PlannerSettings;
use super::value::{Number, OffsetEntry, QuantityEntry, SceneEntry, quantity_schema};
use crate::scene::belief::{MIN_FRICTION, MIN_MASS_KG};

/// Box masses, kg.
pub(super) const MASS_KG: (f64, f64) = (MIN_MASS_KG, 5000.0);
/// Box frictions.
pub(super) const FRICTION: (f64, f64) = (MIN_FRICTION, 2.0);
/// The longest id.
pub(super) const MAX_ID_CHARS: usize = 64;

/// A task for topple: what stands before the robot, the robot, and what it is to do.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "topple task file", rename = "TaskFile")]
pub(super) struct TaskDocument {
    /// The version of this format: 1.
    #[garde(range(min = 1, max = 1))]
    #[allow(
        dead_code,
        reason = "checked before the typed pass, kept for the schema"
    )]
    pub version: u64,
    /// What reports call this task.
    #[garde(length(min = 1, max = 200))]
    pub name: String,
    /// What stands there: a scene, or the path of another task file whose scene is taken.
    #[garde(dive)]
    pub scene: SceneEntry,
    /// The hand. Left out: one suction cup that starts 0.4 m above the scene.
    #[garde(dive)]
    pub robot: Option<RobotBlock>,
    /// What to do. Left out where a command needs only the scene.
    #[garde(dive)]
    pub task: Option<TaskBlock>,
    /// What counts as an accident, and how likely one may be.
    #[garde(dive)]
    pub safety: Option<SafetyBlock>,
    /// How hard to think.
    #[garde(dive)]
    pub planner: Option<PlannerSettings>,
}

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

/// Standard deviations of an observed pose, cut at 3σ.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PoseNoise")]
pub(super) struct NoiseBlock {
    /// m, each axis (0.002).
    #[garde(range(min = 0.0, max = 0.1))]
    pub position: Option<Number>,
    /// Degrees (1).
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
    #[garde(inner(range(min = -100.0, max = 100.0)))]
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
    #[garde(inner(range(min = -100.0, max = 100.0)))]
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

/// The hand and where it can be.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Robot", transform = one_gripper_key)]
pub(super) struct RobotBlock {
    /// Where the hand starts each step (0.4 m above the middle of the scene, palm down).
    #[garde(dive)]
    pub home: Option<PoseBlock>,
    /// N: the hand's motors give up there (250).
    #[garde(range(min = 1.0, max = 1e5))]
    pub max_hand_force: Option<Number>,
    /// The only gripper.
    #[garde(dive)]
    pub gripper: Option<GripperBlock>,
    /// One or more grippers, instead of `gripper`.
    #[garde(length(min = 1, max = 8), dive)]
    pub grippers: Option<Vec<GripperBlock>>,
    /// A ball that the hand has to stay in. Left out: it reaches everywhere.
    #[garde(dive)]
    pub reach: Option<ReachBlock>,
}

/// A pose. Left without yaw_deg and rotation, a box stands level and the hand's palm looks down.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pose", transform = one_orientation)]
pub(super) struct PoseBlock {
    /// [x, y, z], m.
    #[garde(inner(range(min = -100.0, max = 100.0)))]
    pub position: [Number; 3],
    /// Turn about the vertical, degrees (0).
    #[garde(range(min = -360.0, max = 360.0))]
    pub yaw_deg: Option<Number>,
    /// Unit quaternion [x, y, z, w], instead of yaw_deg.
    #[garde(inner(inner(range(min = -1.01, max = 1.01))))]
    #[schemars(inner(range(min = -1.01, max = 1.01)))]
    pub rotation: Option<[Number; 4]>,
}

/// Where the hand's origin can be.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reach")]
pub(super) struct ReachBlock {
    /// The ball's centre [x, y, z], m.
    #[garde(inner(range(min = -100.0, max = 100.0)))]
    pub base: [Number; 3],
    /// Its radius, m.
    #[garde(range(min = 0.05, max = 200.0))]
    pub max: Number,
}

/// The kinds of grippers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GripperKind {
    /// One round vacuum cup.
    Suction,
    /// Two parallel fingers.
    ParallelJaw,
}

/// A gripper: `kind` says which of the other keys belong to it.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Gripper", transform = gripper_kinds)]
pub(super) struct GripperBlock {
    /// suction or parallel_jaw.
    #[garde(skip)]
    pub kind: GripperKind,
    /// Radius of the cup, m (0.04).
    #[garde(range(min = 0.002, max = 0.5))]
    pub cup_radius: Option<Number>,
    /// Pull along the palm's normal at which the cup lets go, N (180).
    #[garde(range(min = 0.1, max = 1e5))]
    pub max_pull: Option<Number>,
    /// Shear at which the cup lets go, N (120).
    #[garde(range(min = 0.1, max = 1e5))]
    pub max_shear: Option<Number>,
    /// Moment at which the cup lets go when nothing pulls, N·m (½ · cup_radius · max_pull).
    #[garde(range(min = 0.001, max = 1e5))]
    pub max_moment: Option<Number>,
    /// Widest gap between the pads, m.
    #[garde(range(min = 0.005, max = 5.0))]
    pub max_opening: Option<Number>,
    /// Squeeze of the jaw, N.
    #[garde(range(min = 0.1, max = 1e5))]
    pub max_force: Option<Number>,
    /// A finger's thickness, width and length, m ([0.02, 0.06, 0.12]).
    #[garde(inner(inner(range(min = 0.002, max = 1.0))))]
    #[schemars(inner(range(min = 0.002, max = 1.0)))]
    pub finger: Option<[Number; 3]>,
    /// Friction coefficient of the pads (0.8).
    #[garde(range(min = 0.02, max = 2.0))]
    pub pad_friction: Option<Number>,
}

/// What the robot is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TaskKind {
    /// Bring one box out of the scene, taking first what has to go first.
    Retrieve,
    /// Take away every box, or those in `boxes`.
    Clear,
    /// Put one box somewhere else.
    Move,
}

/// A job: `kind` says which of the other keys belong to it.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Task", transform = task_kinds)]
pub(super) struct TaskBlock {
    /// retrieve, clear or move.
    #[garde(skip)]
    pub kind: TaskKind,
    /// The id of the box to retrieve or move.
    #[garde(skip)]
    pub r#box: Option<String>,
    /// The ids of the boxes to clear. Left out: all of them.
    #[garde(length(min = 1))]
    pub boxes: Option<Vec<String>>,
    /// Where the box is to stand.
    #[garde(dive)]
    pub to: Option<PoseBlock>,
}

/// What counts as an accident, and how likely one may be.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Safety")]
pub(super) struct SafetyBlock {
    /// The most that the bound on a step's risk may be, a probability (0.02).
    #[garde(range(min = 0.0001, max = 1.0))]
    pub max_risk: Option<Number>,
    /// The most that a whole plan's bound may be. Left out: only the steps are limited.
    #[garde(range(min = 0.0001, max = 1.0))]
    pub max_plan_risk: Option<Number>,
    /// How far a box that is not held may move, m (0.05).
    #[garde(range(min = 0.001, max = 10.0))]
    pub max_displacement: Option<Number>,
    /// How far a box that is not held may tilt, degrees (15).
    #[garde(range(min = 0.1, max = 90.0))]
    pub max_tilt_deg: Option<Number>,
    /// How hard the hand may press on anything but its target, N (30).
    #[garde(range(min = 0.1, max = 1e5))]
    pub max_strike_force: Option<Number>,
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
