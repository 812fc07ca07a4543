//! What the messages of a log say.
//!
//! Owns the scene, what was imagined and the frames as JSON, shaped as the schemas of `foxglove` have it.

use serde_json::{Value, json};

use super::Stamp;
use crate::pose::{Pose, Vec3};
use crate::replay::hand::PartForm;
use crate::replay::look::{self, Rgb};
use crate::replay::{HandShape, RecordedFrame, Recording};

/// The frame that everything is placed in.
pub(super) const WORLD: &str = "world";

fn vector(v: Vec3) -> Value {
    json!({"x": v.x, "y": v.y, "z": v.z})
}

fn quaternion(p: &Pose) -> Value {
    let q = p.rotation.coords;
    json!({"x": q.x, "y": q.y, "z": q.z, "w": q.w})
}

fn placed(p: &Pose) -> Value {
    json!({"position": vector(p.translation.vector), "orientation": quaternion(p)})
}

fn colour(rgb: Rgb, alpha: f64) -> Value {
    let [r, g, b] = rgb.map(|c| f64::from(c) / 255.0);
    json!({"r": r, "g": g, "b": b, "a": alpha})
}

fn cube(pose: &Pose, size: Vec3, rgb: Rgb, alpha: f64) -> Value {
    json!({"pose": placed(pose), "size": vector(size), "color": colour(rgb, alpha)})
}

/// One thing of the scene; every list that Foxglove expects is there, most of them empty.
fn entity(
    id: &str,
    at: Stamp,
    cubes: Vec<Value>,
    cylinders: Vec<Value>,
    texts: Vec<Value>,
) -> Value {
    json!({
        "timestamp": at.json(), "frame_id": WORLD, "id": id,
        "lifetime": {"sec": 0, "nsec": 0}, "frame_locked": false, "metadata": [],
        "arrows": [], "cubes": cubes, "spheres": [], "cylinders": cylinders,
        "lines": [], "triangles": [], "texts": texts, "models": [],
    })
}

/// All that was there before is deleted (type 1) first, so that what is gone does not linger.
pub(super) fn update(at: Stamp, entities: Vec<Value>) -> Value {
    let all = json!({"timestamp": at.json(), "type": 1, "id": ""});
    json!({"deletions": [all], "entities": entities})
}

pub(super) fn scene(recording: &Recording, frame: &RecordedFrame, at: Stamp) -> Value {
    let mut entities = Vec::new();
    for f in &recording.fixtures {
        let body = cube(&f.pose, f.size, look::fixture_colour(f), 1.0);
        let id = format!("fixture/{}", f.id);
        entities.push(entity(&id, at, vec![body], vec![], vec![]));
    }
    for (index, (b, pose)) in recording.boxes.iter().zip(&frame.boxes).enumerate() {
        let Some(pose) = pose else { continue };
        let rgb = look::box_colour_at(recording, index, frame.t, frame.step);
        let name = json!({
            "pose": placed(pose), "billboard": true, "font_size": 0.05,
            "scale_invariant": false, "color": colour([20, 26, 36], 1.0), "text": b.id,
        });
        let body = cube(pose, b.size, rgb, 1.0);
        entities.push(entity(&box_name(&b.id), at, vec![body], vec![], vec![name]));
    }
    let shape = recording.steps.get(frame.step).and_then(|s| s.hand);
    if let (Some(hand), Some(shape)) = (frame.hand, shape) {
        entities.push(hand_entity(&hand, shape, at));
    }
    update(at, entities)
}

fn hand_entity(hand: &Pose, shape: HandShape, at: Stamp) -> Value {
    let (mut cubes, mut cylinders) = (Vec::new(), Vec::new());
    for part in shape.parts() {
        let rgb = if part.soft { look::RUBBER } else { look::HAND };
        let pose = hand * nalgebra::Translation3::from(Vec3::from(part.centre));
        let mut body = cube(&pose, part.size.into(), rgb, 1.0);
        match part.form {
            PartForm::Box => cubes.push(body),
            PartForm::Cylinder => {
                body["bottom_scale"] = json!(1.0);
                body["top_scale"] = json!(1.0);
                cylinders.push(body);
            }
        }
    }
    entity("hand", at, cubes, cylinders, vec![])
}

pub(super) fn ghosts(recording: &Recording, frame: &RecordedFrame, at: Stamp) -> Value {
    let pairs = recording.boxes.iter().zip(&frame.boxes);
    let shown = pairs.filter_map(|(b, pose)| {
        let body = cube(pose.as_ref()?, b.size, look::GHOST, 0.3);
        let id = format!("imagined/{}", b.id);
        Some(entity(&id, at, vec![body], vec![], vec![]))
    });
    update(at, shown.collect())
}

/// A box as Foxglove knows it, so that one called `hand` or `world` is neither.
fn box_name(id: &str) -> String {
    format!("box/{id}")
}

pub(super) fn transforms(recording: &Recording, frame: &RecordedFrame, at: Stamp) -> Value {
    let boxes = recording.boxes.iter().zip(&frame.boxes);
    let boxes = boxes.filter_map(|(b, pose)| Some((box_name(&b.id), (*pose)?)));
    let all = boxes.chain(frame.hand.map(|hand| ("hand".to_owned(), hand)));
    let each = all.map(|(id, pose)| {
        json!({
            "timestamp": at.json(), "parent_frame_id": WORLD, "child_frame_id": id,
            "translation": vector(pose.translation.vector), "rotation": quaternion(&pose),
        })
    });
    json!({"transforms": each.collect::<Vec<_>>()})
}
