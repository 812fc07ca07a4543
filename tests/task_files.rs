//! Task files from outside: what is read, and what each mistake is told as.

use std::path::Path;

use topple::scene::task::{self, MistakeKind, Task};

/// The example of the format, with something in every place.
const EXAMPLE: &str = "\
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

fn parse(text: &str) -> Result<task::TaskFile, task::TaskError> {
    task::parse(text, Path::new("example.yaml"))
}

/// The mistake of the example with one piece of text replaced.
fn mistake_of(from: &str, to: &str) -> task::TaskError {
    assert!(EXAMPLE.contains(from), "the example has no `{from}`");
    let text = EXAMPLE.replacen(from, to, 1);
    parse(&text).expect_err("the change should have been refused")
}

/// Asserts kind and line of the first mistake, and that message and remedy hold these words.
#[track_caller]
fn assert_told(error: &task::TaskError, kind: MistakeKind, line: usize, words: &[&str]) {
    let first = error.first();
    let told = format!("{first} | {}", first.remedy);
    assert_eq!(error.kind(), kind, "{told}");
    assert_eq!(error.line(), Some(line), "{told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
}

#[test]
fn the_example_of_the_format_is_read_with_every_value() {
    let file = parse(EXAMPLE).unwrap();
    assert_eq!(file.name, "grocery-pallet");
    assert_eq!(file.task, Some(Task::Retrieve { box_index: 0 }));
    assert_eq!(file.workcell.scene.boxes.len(), 2);
    assert_eq!(file.workcell.robot.grippers.len(), 2);
}

#[test]
fn probe() {
    for (from, to) in [
        ("mass: 6.3", "mas: 6.3"),
        ("      mass: 6.3\n", ""),
        ("mass: 6.3", "mass: heavy"),
        ("mass: 6.3", "mass: .nan"),
        ("mass: 6.3", "mass: -1"),
        ("mass: 6.3", "mass: {mean: 3, max: 2}"),
        ("mass: 6.3", "mass: {mean: 3, st: 2}"),
        ("size: [0.4, 0.3, 0.22]", "size: [0.4, 0.3]"),
        ("size: [0.4, 0.3, 0.22]", "size: [0.4, 0.3, 1, 2]"),
        ("size: [0.4, 0.3, 0.22]", "size: [0.4, big, 1]"),
        ("size: [0.4, 0.3, 0.22]", "size: [0.4, -1, .inf]"),
        ("size: [0.4, 0.3, 0.22]", "size: 3"),
        ("yaw_deg: 0", "yaw_deg: \"0\""),
        ("yaw_deg: 0", "yaw_deg: .nan"),
        ("kind: suction", "kind: sucktion"),
        ("max_pull: 180", "max_pul: 180"),
        ("max_opening: 0.45, ", ""),
        ("max_opening: 0.45, ", "max_opening: 0.45, max_pull: 3, "),
        ("box: a}", "box: c}"),
        ("box: a}", "boxes: [a]}"),
        ("id: b", "id: a"),
        ("id: b", "id: 7"),
        ("id: b", "id: a/b"),
        ("version: 1", "version: 2"),
        ("version: 1", "versoin: 1"),
        ("0.464", "0.44"),
        ("0.464", "0.484"),
        ("elites: 8", "elites: 80"),
        ("horizon: 8", "horizon: 0"),
        ("horizon: 8", "horizon: 1.5"),
        ("  boxes:\n", "  boxes: []\n  boxs:\n"),
        ("name: grocery-pallet", "name: grocery-pallet\nname: x"),
        ("name: grocery-pallet", "name: [grocery"),
        ("com_offset: [0, 0, 0]", "com_offset: [0, 0.2, 0]"),
        ("com_offset: [0, 0, 0]", "com_offset: {std: .inf}"),
        ("com_offset: [0, 0, 0]", "com_offset: {sd: 1}"),
        ("yaw_deg: 0", "yaw_deg: 0\n      rotation: [0, 0, 0, 2]"),
        ("scene:\n", "scene: nowhere.yaml\nscen:\n"),
        (
            "task: {kind: retrieve, box: a}",
            "task:\n  kind: retreive\n  box: a",
        ),
        (
            "home: {position: [-0.6, 0, 1.6]}",
            "home: {position: [0.1, 0, 0.25]}",
        ),
    ] {
        let text = EXAMPLE.replacen(from, to, 1);
        match parse(&text) {
            Ok(_) => println!("ACCEPTED {to}"),
            Err(error) => {
                println!("--- {to:?}");
                for m in error.mistakes() {
                    println!("  {:?} {m} || {}", m.kind, m.remedy);
                }
            }
        }
    }
    let e = mistake_of("mass: 6.3", "mass: heavy");
    println!("{:?}", miette::Report::from(e));
    println!(
        "{}",
        task::to_yaml(&parse(EXAMPLE).unwrap(), "hello\nthere")
    );
    println!(
        "{}",
        serde_json::to_string_pretty(&task::task_schema()).unwrap()
    );
}
