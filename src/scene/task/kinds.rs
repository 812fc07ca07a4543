//! Which keys go together: the one table for the reader and for the schema.
//!
//! Owns [`GRIPPER_KEYS`], [`TASK_KEYS`] and [`STEP_KEYS`], and what they make of a schema. Blocks
//! with a `kind` are read as one struct with all keys, since serde's tagged enums forget where a
//! value stood; the tables say which of the keys belong to which kind.

use schemars::Schema;

/// The keys of each kind of block: `(kind, keys it needs, keys it may have)`.
pub(super) type KindKeys = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// Which keys go with which gripper.
pub(super) const GRIPPER_KEYS: [KindKeys; 2] = [
    (
        "suction",
        &[],
        &["cup_radius", "max_pull", "max_shear", "max_moment"],
    ),
    (
        "parallel_jaw",
        &["max_opening", "max_force"],
        &["finger", "pad_friction"],
    ),
];

/// Which keys go with which task.
pub(super) const TASK_KEYS: [KindKeys; 3] = [
    ("retrieve", &["box"], &[]),
    ("clear", &[], &["boxes"]),
    ("move", &["box", "to"], &[]),
];

/// Which keys go with which step; here the first needed key is what tells the kind.
pub(super) const STEP_KEYS: [KindKeys; 2] = [
    ("remove", &["remove"], &["by"]),
    ("place", &["place", "at"], &["by"]),
];

/// Splits the schema of a gripper.
pub(super) fn gripper_kinds(schema: &mut Schema) {
    split_by_kind(schema, Some("kind"), &GRIPPER_KEYS);
}

/// Splits the schema of a task.
pub(super) fn task_kinds(schema: &mut Schema) {
    split_by_kind(schema, Some("kind"), &TASK_KEYS);
}

/// Splits the schema of a step.
pub(super) fn step_kinds(schema: &mut Schema) {
    split_by_kind(schema, None, &STEP_KEYS);
}

/// Turns one object schema with all keys into one alternative for each kind.
fn split_by_kind(schema: &mut Schema, tag: Option<&str>, kinds: &[KindKeys]) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    let all = object.remove("properties").unwrap_or_default();
    object.remove("required");
    object.remove("additionalProperties");
    object.remove("type");
    let alternatives = kinds.iter().map(|(kind, needed, allowed)| {
        let mut properties = serde_json::Map::new();
        let mut required: Vec<&str> = needed.to_vec();
        if let Some(tag) = tag {
            properties.insert(
                tag.to_owned(),
                serde_json::json!({"type": "string", "const": kind}),
            );
            required.insert(0, tag);
        }
        for key in needed.iter().chain(*allowed) {
            let mut property = all[*key].clone();
            if needed.contains(key) {
                without_null(&mut property);
            }
            properties.insert((*key).to_owned(), property);
        }
        serde_json::json!({"type": "object", "properties": properties, "required": required,
                           "additionalProperties": false})
    });
    object.insert("oneOf".to_owned(), alternatives.collect());
}

/// Takes the null out of the schema of an `Option`.
fn without_null(property: &mut serde_json::Value) {
    if let Some(types) = property["type"].as_array() {
        let rest = types.iter().find(|t| *t != "null").cloned();
        property["type"] = rest.unwrap_or_default();
    }
    if let Some(alternatives) = property.get_mut("anyOf").and_then(|a| a.as_array_mut()) {
        alternatives.retain(|a| a["type"] != "null");
    }
}

/// `yaw_deg` and `rotation` exclude each other.
pub(super) fn one_orientation(schema: &mut Schema) {
    schema.insert("not".to_owned(), not_both("yaw_deg", "rotation"));
}

/// `gripper` and `grippers` exclude each other.
pub(super) fn one_gripper_key(schema: &mut Schema) {
    schema.insert("not".to_owned(), not_both("gripper", "grippers"));
}

/// Both with a value; null counts as left out.
fn not_both(a: &str, b: &str) -> serde_json::Value {
    let there = serde_json::json!({"not": {"type": "null"}});
    serde_json::json!({"required": [a, b], "properties": {a: there, b: there}})
}
