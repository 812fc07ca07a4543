//! A recording as an MCAP log that Foxglove opens.
//!
//! Owns the messages, named as Foxglove knows them: `foxglove.SceneUpdate`
//! on `/scene` and `/imagined`, `foxglove.FrameTransforms` on `/tf`, `foxglove.Log` on
//! `/accidents`. Every scene message is whole, so that jumping in time shows what stood there;
//! what it says is put together in [`messages`]. The log's clock starts at zero with the recording.

mod messages;

use std::collections::BTreeMap;
use std::io::Cursor;

use mcap::records::MessageHeader;
use mcap::{McapError, WriteOptions, Writer};
use serde_json::{Value, json};

use super::Recording;
use super::foxglove::{log_schema, scene_schema, transforms_schema};
use super::timeline::GRACE_S;
use messages::{ghosts, scene, transforms, update};

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

#[cfg(test)]
mod tests {
    use super::messages::WORLD;
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
