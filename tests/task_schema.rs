//! The JSON Schema says what the reader takes, no more and no less.
//!
//! Every value of a full example is exchanged for others, one at a time, and the schema's verdict
//! is held against the reader's. Geometry, names and what two numbers say together are beyond
//! a schema: only the reader judges those.

use std::path::Path;

use serde_json::{Value, json};
use topple::scene::task::{self, MistakeKind};

fn example() -> Value {
    json!({
        "version": 1,
        "name": "example",
        "scene": {
            "ground": {"friction": 0.6},
            "pose_noise": {"position": 0.002, "rotation_deg": 1},
            "fixtures": [{"id": "pallet", "size": [1.2, 0.8, 0.144], "position": [0, 0, 0.072], "friction": 0.5}],
            "boxes": [
                {"id": "a", "size": [0.4, 0.3, 0.22], "position": [0.1, 0, 0.254], "yaw_deg": 10, "mass": 6.3,
                 "friction": {"min": 0.35, "max": 0.6}, "com_offset": [0, 0.01, 0], "max_force": 400},
                {"id": "b", "size": [0.3, 0.3, 0.2], "position": [0.1, 0, 0.464], "rotation": [0, 0, 0, 1],
                 "mass": {"mean": 4, "std": 1}, "com_offset": {"std": 0.01}}
            ]
        },
        "robot": {
            "home": {"position": [-0.6, 0, 1.6], "yaw_deg": 90},
            "max_hand_force": 250,
            "grippers": [
                {"kind": "suction", "cup_radius": 0.04, "max_pull": 180, "max_shear": 120, "max_moment": 3.6},
                {"kind": "parallel_jaw", "max_opening": 0.45, "max_force": 150, "finger": [0.02, 0.06, 0.12], "pad_friction": 0.8}
            ],
            "reach": {"base": [-0.9, 0, 0.4], "max": 1.8}
        },
        "task": {"kind": "move", "box": "b", "to": {"position": [-0.4, 0, 0.244], "yaw_deg": 90}},
        "safety": {"max_risk": 0.02, "max_plan_risk": 0.1, "max_displacement": 0.05, "max_tilt_deg": 15, "max_strike_force": 30},
        "planner": {"kind": "cem", "horizon": 8, "screen": 256, "imagine": 64, "iterations": 4, "elites": 8}
    })
}

/// Whether `value` follows `schema`: the part of draft 2020-12 that the schema uses.
fn follows(root: &Value, schema: &Value, value: &Value) -> bool {
    let Some(rules) = schema.as_object() else {
        return schema != &Value::Bool(false);
    };
    rules.iter().all(|(rule, wanted)| {
        let all_of = |pass: &dyn Fn(&Value) -> bool| {
            wanted
                .as_array()
                .unwrap()
                .iter()
                .filter(|s| pass(s))
                .count()
        };
        match rule.as_str() {
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                follows(root, &root["$defs"][name], value)
            }
            "type" => match wanted {
                Value::String(name) => has_type(name, value),
                names => names
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|n| has_type(n.as_str().unwrap(), value)),
            },
            "const" => wanted == value,
            "enum" => wanted.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|v| v >= wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|v| v <= wanted.as_f64().unwrap()),
            "minLength" => value
                .as_str()
                .is_none_or(|v| v.chars().count() as u64 >= wanted.as_u64().unwrap()),
            "maxLength" => value
                .as_str()
                .is_none_or(|v| v.chars().count() as u64 <= wanted.as_u64().unwrap()),
            "minItems" => value
                .as_array()
                .is_none_or(|v| v.len() as u64 >= wanted.as_u64().unwrap()),
            "maxItems" => value
                .as_array()
                .is_none_or(|v| v.len() as u64 <= wanted.as_u64().unwrap()),
            "pattern" => value
                .as_str()
                .is_none_or(|v| v.chars().all(|c| c.is_alphanumeric() || "_.:-".contains(c))),
            "items" => value
                .as_array()
                .is_none_or(|v| v.iter().all(|item| follows(root, wanted, item))),
            "required" => value.as_object().is_none_or(|v| {
                wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|k| v.contains_key(k.as_str().unwrap()))
            }),
            "properties" => value.as_object().is_none_or(|v| {
                v.iter()
                    .all(|(k, item)| wanted.get(k).is_none_or(|s| follows(root, s, item)))
            }),
            "additionalProperties" => value
                .as_object()
                .is_none_or(|v| v.keys().all(|k| schema["properties"].get(k).is_some())),
            "anyOf" => all_of(&|s| follows(root, s, value)) >= 1,
            "oneOf" => all_of(&|s| follows(root, s, value)) == 1,
            "not" => !follows(root, wanted, value),
            "description" | "title" | "default" | "format" | "$schema" | "$defs" => true,
            other => panic!("the schema uses `{other}`, which this test does not know"),
        }
    })
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("unknown type {other}"),
    }
}

/// JSON pointers to every value below `value`.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    if !at.is_empty() {
        all.push(at.to_owned());
    }
    match value {
        Value::Object(entries) => entries
            .iter()
            .for_each(|(k, v)| pointers(v, &format!("{at}/{k}"), all)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, v)| pointers(v, &format!("{at}/{i}"), all)),
        _ => {}
    }
}

/// Whether the reader has no objection that a schema could have; `None` where it is not its to say.
fn reader_takes(document: &Value) -> Option<bool> {
    match task::parse(&document.to_string(), Path::new("mutated.yaml")) {
        Ok(_) => Some(true),
        Err(error) => {
            let beyond = |kind| {
                matches!(
                    kind,
                    MistakeKind::Overlap
                        | MistakeKind::Hover
                        | MistakeKind::NotThere
                        | MistakeKind::Duplicate
                )
            };
            let told = error.to_string();
            // What two numbers say together.
            let pair = [
                "outside the box",
                "reach's base",
                "above its max",
                "more than",
                "is not a quaternion",
            ];
            let only_reader =
                error.mistakes().all(|m| beyond(m.kind)) || pair.iter().any(|p| told.contains(p));
            (!only_reader).then_some(false)
        }
    }
}

fn mutations(document: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    pointers(document, "", &mut places);
    let values = [
        json!(null),
        json!(true),
        json!("text"),
        json!("0.5"),
        json!(-1e9),
        json!(1e9),
        json!(0),
        json!(1),
        json!(0.5),
        json!(2.5),
        json!(""),
        json!([]),
        json!({}),
        json!([0.1, 0.2, 0.3]),
        json!(["a"]),
        json!({"mean": 1, "std": 0.1}),
        json!({"min": 0.5, "max": 1}),
        json!({"mean": 1, "max": 2}),
        json!({"std": 0.1}),
        json!("retrieve"),
        json!("clear"),
        json!("suction"),
        json!("parallel_jaw"),
        json!([0, 0, 0, 1]),
        json!({"position": [0, 0, 0.1]}),
        json!("a/b"),
    ];
    let mut all = Vec::new();
    for place in places {
        for value in &values {
            let mut mutated = document.clone();
            *mutated.pointer_mut(&place).unwrap() = value.clone();
            all.push((format!("{place} = {value}"), mutated));
        }
        let (parent, key) = place.rsplit_once('/').unwrap();
        let mut without = document.clone();
        let mut renamed = document.clone();
        if let Some(Value::Object(entries)) = without.pointer_mut(parent) {
            entries.remove(key);
            all.push((format!("without {place}"), without));
        }
        if let Some(Value::Object(entries)) = renamed.pointer_mut(parent) {
            entries.insert(format!("{key}x"), json!(1));
            all.push((format!("{place}x added"), renamed));
        }
    }
    all
}

#[test]
fn the_schema_and_the_reader_agree_on_every_change_of_a_full_example() {
    let schema = task::task_schema();
    let document = example();
    assert!(follows(schema, schema, &document));
    assert_eq!(reader_takes(&document), Some(true));
    let (mut both_take, mut both_refuse) = (0, 0);
    let mut quarrels = Vec::new();
    for (change, mutated) in mutations(&document) {
        let by_schema = follows(schema, schema, &mutated);
        match reader_takes(&mutated) {
            Some(by_reader) if by_reader != by_schema => {
                quarrels.push(format!("{change}: reader {by_reader}, schema {by_schema}"));
            }
            Some(true) => both_take += 1,
            Some(false) => both_refuse += 1,
            None => {}
        }
    }
    assert!(
        quarrels.is_empty(),
        "{} quarrels:\n{}",
        quarrels.len(),
        quarrels.join("\n")
    );
    assert!(
        both_take > 200 && both_refuse > 1000,
        "{both_take} taken, {both_refuse} refused"
    );
}

#[test]
fn every_property_of_the_schema_has_a_description() {
    fn check(schema: &Value, at: &str) {
        if let Some(properties) = schema["properties"].as_object() {
            for (key, property) in properties {
                // `kind`, `mean`, `std` and their like name themselves.
                let plain = ["kind", "mean", "std", "min", "max"].contains(&key.as_str());
                let described = property["description"].is_string() || property["$ref"].is_string();
                assert!(
                    plain || described || at.contains("not"),
                    "{at}/{key} has no description"
                );
            }
        }
        match schema {
            Value::Object(entries) => entries
                .iter()
                .for_each(|(k, v)| check(v, &format!("{at}/{k}"))),
            Value::Array(items) => items.iter().for_each(|v| check(v, at)),
            _ => {}
        }
    }
    check(task::task_schema(), "");
    check(task::steps_schema(), "");
}

#[test]
fn the_patterns_of_the_schema_are_regular_expressions_in_every_language() {
    fn patterns(schema: &Value, all: &mut Vec<String>) {
        match schema {
            Value::Object(entries) => {
                all.extend(
                    entries
                        .get("pattern")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                entries.values().for_each(|v| patterns(v, all));
            }
            Value::Array(items) => items.iter().for_each(|v| patterns(v, all)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    patterns(task::task_schema(), &mut all);
    assert!(!all.is_empty());
    patterns(task::steps_schema(), &mut all);
    for pattern in all {
        // `\\p` is an error in Python, `\\w` means ASCII in some languages and not in others, and
        // `\\x`, `(?` and POSIX classes are not known everywhere.
        let others = pattern.replace("\\u", "");
        assert!(
            !others.contains(['\\', '(']) && !others.contains("[:"),
            "{pattern}"
        );
    }
}
