//! The JSON schemas of the three Foxglove messages that a log holds.
//!
//! Owns names and types of their fields, as Foxglove's own schemas have them. Refuses the
//! primitives that are never written (arrows, models): their lists are there, but of anything.

use serde_json::{Value, json};

fn object(title: &str, properties: Value) -> Value {
    json!({"title": title, "type": "object", "properties": properties})
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn numbers(title: &str, names: &[&str]) -> Value {
    let each = names
        .iter()
        .map(|n| ((*n).to_owned(), json!({"type": "number"})));
    object(title, Value::Object(each.collect()))
}

fn time_schema(title: &str) -> Value {
    let whole = json!({"type": "integer", "minimum": 0});
    object(title, json!({"sec": whole, "nsec": whole}))
}

pub(super) fn scene_schema() -> Value {
    let (text, flag, number) = (
        json!({"type": "string"}),
        json!({"type": "boolean"}),
        json!({"type": "number"}),
    );
    let vector = numbers("foxglove.Vector3", &["x", "y", "z"]);
    let rgba = numbers("foxglove.Color", &["r", "g", "b", "a"]);
    let turn = numbers("foxglove.Quaternion", &["x", "y", "z", "w"]);
    let pose = object(
        "foxglove.Pose",
        json!({"position": vector, "orientation": turn}),
    );
    let cube = object(
        "foxglove.CubePrimitive",
        json!({"pose": pose, "size": vector, "color": rgba}),
    );
    let cylinder = object(
        "foxglove.CylinderPrimitive",
        json!({"pose": pose, "size": vector, "bottom_scale": number, "top_scale": number, "color": rgba}),
    );
    let label = object(
        "foxglove.TextPrimitive",
        json!({"pose": pose, "billboard": flag, "font_size": number, "scale_invariant": flag, "color": rgba, "text": text}),
    );
    // Lists that stay empty still have to be lists of something.
    let other = || list(json!({"type": "object", "properties": {}}));
    let entity = object(
        "foxglove.SceneEntity",
        json!({
            "timestamp": time_schema("time"), "frame_id": text, "id": text,
            "lifetime": time_schema("duration"), "frame_locked": flag,
            "metadata": list(object("foxglove.KeyValuePair", json!({"key": text, "value": text}))),
            "arrows": other(), "cubes": list(cube), "spheres": other(),
            "cylinders": list(cylinder), "lines": other(), "triangles": other(),
            "texts": list(label), "models": other(),
        }),
    );
    let deletion = object(
        "foxglove.SceneEntityDeletion",
        json!({"timestamp": time_schema("time"), "type": {"type": "integer"}, "id": text}),
    );
    object(
        "foxglove.SceneUpdate",
        json!({"deletions": list(deletion), "entities": list(entity)}),
    )
}

pub(super) fn transforms_schema() -> Value {
    let transform = object(
        "foxglove.FrameTransform",
        json!({
            "timestamp": time_schema("time"),
            "parent_frame_id": {"type": "string"}, "child_frame_id": {"type": "string"},
            "translation": numbers("foxglove.Vector3", &["x", "y", "z"]),
            "rotation": numbers("foxglove.Quaternion", &["x", "y", "z", "w"]),
        }),
    );
    object(
        "foxglove.FrameTransforms",
        json!({"transforms": list(transform)}),
    )
}

pub(super) fn log_schema() -> Value {
    let text = json!({"type": "string"});
    let whole = json!({"type": "integer", "minimum": 0});
    object(
        "foxglove.Log",
        json!({
            "timestamp": time_schema("time"), "level": whole, "message": text,
            "name": text, "file": text, "line": whole,
        }),
    )
}
