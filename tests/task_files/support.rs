//! What the tests of task files share: an example, and how a mistake in it is looked at.

use std::path::Path;

use topple::scene::task::{self, MistakeKind};

/// The example of the format, with something in every place.
pub const EXAMPLE: &str = "\
version: 1
name: grocery-pallet
scene:
  ground: {friction: 0.6}
  pose_noise: {position: 0.002, rotation_deg: 1}
  fixtures:
    - {id: pallet, size: [1.2, 0.8, 0.144], position: [0, 0, 0.072], friction: 0.5}
  boxes:
    - id: a
      size: [0.4, 0.3, 0.22]
      position: [0.1, 0.0, 0.254]
      yaw_deg: 0
      mass: 6.3
      friction: {min: 0.35, max: 0.6}
      com_offset: [0, 0, 0]
      max_force: 400
    - id: b
      size: [0.3, 0.3, 0.2]
      position: [0.1, 0.0, 0.464]
      mass: {mean: 4, std: 1}
robot:
  home: {position: [-0.6, 0, 1.6]}
  max_hand_force: 250
  grippers:
    - {kind: suction, cup_radius: 0.04, max_pull: 180, max_shear: 120, max_moment: 3.6}
    - {kind: parallel_jaw, max_opening: 0.45, max_force: 150, finger: [0.02, 0.06, 0.12], pad_friction: 0.8}
  reach: {base: [-0.9, 0, 0.4], max: 1.8}
task: {kind: retrieve, box: a}
safety: {max_risk: 0.02, max_displacement: 0.05, max_tilt_deg: 15, max_strike_force: 30}
planner: {kind: cem, horizon: 8, screen: 256, imagine: 64, iterations: 4, elites: 8}
";

pub fn parse(text: &str) -> Result<task::TaskFile, task::TaskError> {
    task::parse(text, Path::new("example.yaml"))
}

/// The mistake of the example with one piece of text replaced.
pub fn mistake_of(from: &str, to: &str) -> task::TaskError {
    assert!(EXAMPLE.contains(from), "the example has no `{from}`");
    let text = EXAMPLE.replacen(from, to, 1);
    parse(&text).expect_err("the change should have been refused")
}

/// Asserts kind and line of the first mistake, and that message and remedy hold these words.
#[track_caller]
pub fn assert_told(error: &task::TaskError, kind: MistakeKind, line: usize, words: &[&str]) {
    let first = error.first();
    let told = format!("{first} | {}", first.remedy);
    assert_eq!(error.kind(), kind, "{told}");
    assert_eq!(error.line(), Some(line), "{told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
}
