//! A recording as an MCAP log that Foxglove opens.
//!
//! Owns the messages, named as Foxglove knows them: `foxglove.SceneUpdate`
//! on `/scene` and `/imagined`, `foxglove.FrameTransforms` on `/tf`, `foxglove.Log` on
//! `/accidents`. Every scene message is whole, so that jumping in time shows what stood there.
//! The log's clock starts at zero with the recording.

use std::collections::BTreeMap;
use std::io::Cursor;

use mcap::records::MessageHeader;
use mcap::{McapError, WriteOptions, Writer};
use serde_json::{Value, json};

use super::foxglove::{log_schema, scene_schema, transforms_schema};
use super::hand::PartForm;
use super::look::{self, Rgb};
use super::timeline::GRACE_S;
use super::{RecordedFrame, Recording};
use crate::pose::{Pose, Vec3};

/// The frame that everything is placed in.
const WORLD: &str = "world";

/// The bytes of an MCAP log.
///
/// # Errors
/// When the writer refuses, which memory does not provoke.
pub fn log(recording: &Recording) -> Result<Vec<u8>, McapError> {
    let mut log = Log::new()?;
    let start = recording.start_s();
    for frame in &recording.frames {
        let at = Stamp::of(frame.t - start);
        log.write(Topic::Scene, at, &scene(recording, frame, at))?;
        log.write(Topic::Transforms, at, &transforms(recording, frame, at))?;
    }
    for (index, frame) in recording.imagined.iter().enumerate() {
        let at = Stamp::of(frame.t - start);
        log.write(Topic::Imagined, at, &ghosts(recording, frame, at))?;
        let next = recording.imagined.get(index + 1);
        let is_last = next.is_none_or(|next| next.step != frame.step);
        if is_last && !recording.steps.is_empty() {
            // An entity stays until it is deleted: what was imagined of a step goes with it, as in pictures and pages.
            // Where nothing is done it is where a task wants its box, and stays.
            let at = Stamp::of(frame.t + GRACE_S - start);
            log.write(Topic::Imagined, at, &update(at, Vec::new()))?;
        }
    }
    for event in &recording.events {
        let at = Stamp::of(event.t - start);
        let message = json!({
            "timestamp": at.json(), "level": 4, "message": event.text,
            "name": event.kind.name(), "file": "", "line": 0,
        });
        log.write(Topic::Accidents, at, &message)?;
    }
    log.finish()
}

/// ns since the recording's start.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stamp(u64);

impl Stamp {
    fn of(seconds: f64) -> Self {
        Self((seconds.max(0.0) * 1e9).round() as u64)
    }

    fn json(self) -> Value {
        json!({"sec": self.0 / 1_000_000_000, "nsec": self.0 % 1_000_000_000})
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    Scene,
    Imagined,
    Transforms,
    Accidents,
}

impl Topic {
    const ALL: [Self; 4] = [
        Self::Scene,
        Self::Imagined,
        Self::Transforms,
        Self::Accidents,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Scene => "/scene",
            Self::Imagined => "/imagined",
            Self::Transforms => "/tf",
            Self::Accidents => "/accidents",
        }
    }

    fn schema(self) -> (&'static str, Value) {
        match self {
            Self::Scene | Self::Imagined => ("foxglove.SceneUpdate", scene_schema()),
            Self::Transforms => ("foxglove.FrameTransforms", transforms_schema()),
            Self::Accidents => ("foxglove.Log", log_schema()),
        }
    }
}

struct Log {
    writer: Writer<Cursor<Vec<u8>>>,
    channels: BTreeMap<Topic, u16>,
    sequence: u32,
}

impl Log {
    fn new() -> Result<Self, McapError> {
        let options = WriteOptions::new()
            .library(concat!("topple ", env!("CARGO_PKG_VERSION")))
            // One thread: the bytes of several depend on nothing either, but few frames need few.
            .compression_threads(0);
        let mut writer = options.create(Cursor::new(Vec::new()))?;
        let mut channels = BTreeMap::new();
        for topic in Topic::ALL {
            let (name, schema) = topic.schema();
            let schema = writer.add_schema(name, "jsonschema", schema.to_string().as_bytes())?;
            let none = BTreeMap::new();
            let channel = writer.add_channel(schema, topic.name(), "json", &none)?;
            channels.insert(topic, channel);
        }
        Ok(Self {
            writer,
            channels,
            sequence: 0,
        })
    }

    fn write(&mut self, topic: Topic, at: Stamp, message: &Value) -> Result<(), McapError> {
        let header = MessageHeader {
            channel_id: self.channels[&topic],
            sequence: self.sequence,
            log_time: at.0,
            publish_time: at.0,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.writer
            .write_to_known_channel(&header, message.to_string().as_bytes())
    }

    fn finish(mut self) -> Result<Vec<u8>, McapError> {
        self.writer.finish()?;
        Ok(self.writer.into_inner().into_inner())
    }
}

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
fn update(at: Stamp, entities: Vec<Value>) -> Value {
    let all = json!({"timestamp": at.json(), "type": 1, "id": ""});
    json!({"deletions": [all], "entities": entities})
}

fn scene(recording: &Recording, frame: &RecordedFrame, at: Stamp) -> Value {
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

fn hand_entity(hand: &Pose, shape: super::HandShape, at: Stamp) -> Value {
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

fn ghosts(recording: &Recording, frame: &RecordedFrame, at: Stamp) -> Value {
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

fn transforms(recording: &Recording, frame: &RecordedFrame, at: Stamp) -> Value {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::two_boxes;

    fn read_back(bytes: &[u8]) -> Vec<(String, String, u64, Value)> {
        mcap::MessageStream::new(bytes)
            .unwrap()
            .map(|message| {
                let message = message.unwrap();
                let schema = message.channel.schema.as_ref().unwrap();
                assert_eq!(schema.encoding, "jsonschema");
                (
                    message.channel.topic.clone(),
                    schema.name.clone(),
                    message.log_time,
                    serde_json::from_slice(&message.data).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn what_is_read_back_is_the_recording() {
        let recording = two_boxes();
        let messages = read_back(&log(&recording).unwrap());
        let scenes: Vec<_> = messages.iter().filter(|m| m.0 == "/scene").collect();
        assert_eq!(scenes.len(), recording.frames.len());
        assert_eq!(scenes[2].1, "foxglove.SceneUpdate");
        assert_eq!(scenes[2].2, 500_000_000);
        let entities = scenes[2].3["entities"].as_array().unwrap();
        let lower = entities.iter().find(|e| e["id"] == "box/lower").unwrap();
        let x = lower["cubes"][0]["pose"]["position"]["x"].as_f64().unwrap();
        assert!((x - recording.frames[2].boxes[0].unwrap().translation.x).abs() < 1e-12);
        assert!(entities.iter().any(|e| e["id"] == "hand"));
        let last = scenes[8].3["entities"].as_array().unwrap();
        assert!(!last.iter().any(|e| e["id"] == "box/upper"), "carried away");
        let accident = messages.iter().find(|m| m.0 == "/accidents").unwrap();
        assert_eq!(accident.3["message"], "tilt: lower at 1.00 s");
    }

    #[test]
    fn a_box_called_hand_and_one_called_world_have_frames_of_their_own() {
        let mut recording = two_boxes();
        recording.boxes[0].id = "hand".to_owned();
        recording.boxes[1].id = WORLD.to_owned();
        let messages = read_back(&log(&recording).unwrap());
        let first = messages.iter().find(|m| m.0 == "/tf").unwrap();
        let all = first.3["transforms"].as_array().unwrap();
        let names: Vec<_> = all.iter().map(|t| t["child_frame_id"].clone()).collect();
        assert_eq!(names, ["box/hand", "box/world", "hand"]);
        assert!(all.iter().all(|t| t["parent_frame_id"] == WORLD));
    }

    #[test]
    fn what_was_imagined_goes_with_its_step_and_where_a_task_wants_its_box_stays() {
        let mut recording = two_boxes();
        recording.imagined = vec![recording.frames[0].clone()];
        let ghosts = |recording: &Recording| -> Vec<usize> {
            let messages = read_back(&log(recording).unwrap());
            let shown = messages.iter().filter(|m| m.0 == "/imagined");
            let count = |m: &Value| m["entities"].as_array().unwrap().len();
            shown.map(|m| count(&m.3)).collect()
        };
        assert_eq!(ghosts(&recording), [2, 0]);
        recording.steps.clear();
        recording.events.clear();
        recording.frames.truncate(1);
        assert_eq!(ghosts(&recording), [2]);
    }

    #[test]
    fn the_same_recording_gives_the_same_log() {
        assert_eq!(log(&two_boxes()).unwrap(), log(&two_boxes()).unwrap());
    }
}
