//! The values of a task file that are more than a number: they may be distributions.
//!
//! Owns [`Number`] (which takes no text, unlike the YAML reader's own numbers), [`QuantityEntry`], [`OffsetEntry`] and
//! [`SceneEntry`] as they are written, each read by a visitor of its own, since serde's untagged enums forget where a
//! value stood. What they mean is worked out in `build`.

use std::fmt;

use garde::rules::range::{Bounds, OutOfBounds};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::scene_format::SceneBlock;

/// A number whose range also keeps out what is not finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Number(pub f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Number(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Number(value as f64))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Number(value as f64))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A whole number that is written as a number.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    struct Reader;
    impl Visitor<'_> for Reader {
        type Value = usize;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a whole number")
        }
        fn visit_u64<E: Error>(self, value: u64) -> Result<usize, E> {
            usize::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
        }
        fn visit_i64<E: Error>(self, value: i64) -> Result<usize, E> {
            usize::try_from(value).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
        }
    }
    deserializer.deserialize_any(Reader)
}

impl JsonSchema for Number {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }

    // Each field adds its own range, which a shared definition could not hold.
    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number"})
    }
}

impl Bounds for Number {
    type Size = f64;
    const MIN: f64 = f64::MIN;
    const MAX: f64 = f64::MAX;

    fn validate_bounds(&self, lower: f64, upper: f64) -> Result<(), OutOfBounds> {
        // NaN compares false with everything, so it must be the range that is asked for.
        if (lower..=upper).contains(&self.0) {
            Ok(())
        } else if self.0 > upper {
            Err(OutOfBounds::Upper)
        } else {
            Err(OutOfBounds::Lower)
        }
    }
}

/// The numbers of a distribution; which of them belong together is checked later.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spread {
    pub mean: Option<Number>,
    pub std: Option<Number>,
    pub min: Option<Number>,
    pub max: Option<Number>,
}

/// A number, `{mean, std}` or `{min, max}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum QuantityEntry {
    Known(f64),
    Spread(Spread),
}

impl<'de> Deserialize<'de> for QuantityEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = QuantityEntry;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a number, {mean: …, std: …} or {min: …, max: …}")
            }
            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(QuantityEntry::Known(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(QuantityEntry::Known(value as f64))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(QuantityEntry::Known(value as f64))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Spread::deserialize(MapAccessDeserializer::new(map)).map(QuantityEntry::Spread)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// The schema of a [`QuantityEntry`] whose values lie in `range`.
pub(super) fn quantity_schema((min, max): (f64, f64)) -> Schema {
    let number = serde_json::json!({"type": "number", "minimum": min, "maximum": max});
    let std = serde_json::json!({"type": "number", "minimum": 0, "maximum": max});
    json_schema!({
        "anyOf": [
            number,
            {"type": "object", "properties": {"mean": number, "std": std},
             "required": ["mean", "std"], "additionalProperties": false},
            {"type": "object", "properties": {"min": number, "max": number},
             "required": ["min", "max"], "additionalProperties": false},
        ]
    })
}

/// The centre of mass: `[x, y, z]` or `{std}`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum OffsetEntry {
    Known([Number; 3]),
    Spread(Number),
}

impl<'de> Deserialize<'de> for OffsetEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct StdOnly {
            std: Number,
        }
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = OffsetEntry;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("[x, y, z] or {std: …}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let three = "a list of 3 values";
                let mut offset = [Number(0.0); 3];
                for (count, axis) in offset.iter_mut().enumerate() {
                    let next = seq.next_element()?;
                    *axis = next.ok_or_else(|| Error::invalid_length(count, &three))?;
                }
                match seq.next_element::<IgnoredAny>()? {
                    Some(_) => Err(Error::invalid_length(4, &three)),
                    None => Ok(OffsetEntry::Known(offset)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                StdOnly::deserialize(MapAccessDeserializer::new(map))
                    .map(|s| OffsetEntry::Spread(s.std))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl JsonSchema for OffsetEntry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CenterOfMass".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {"type": "array", "items": {"type": "number", "minimum": -10, "maximum": 10},
                 "minItems": 3, "maxItems": 3},
                {"type": "object", "properties": {"std": {"type": "number", "minimum": 0, "maximum": 1}},
                 "required": ["std"], "additionalProperties": false},
            ]
        })
    }
}

/// A scene, or the path of a file that has one.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(super) enum SceneEntry {
    /// A path to another task file, relative to this one: its scene is taken.
    Path(String),
    /// The scene itself.
    Inline(Box<SceneBlock>),
}

impl<'de> Deserialize<'de> for SceneEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = SceneEntry;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a scene with boxes, or the path of a file that has one")
            }
            fn visit_str<E>(self, path: &str) -> Result<Self::Value, E> {
                Ok(SceneEntry::Path(path.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                SceneBlock::deserialize(MapAccessDeserializer::new(map))
                    .map(|scene| SceneEntry::Inline(Box::new(scene)))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl garde::Validate for SceneEntry {
    type Context = ();

    fn validate_into(
        &self,
        ctx: &(),
        parent: &mut dyn FnMut() -> garde::Path,
        report: &mut garde::Report,
    ) {
        if let Self::Inline(scene) = self {
            scene.validate_into(ctx, parent, report);
        }
    }
}
