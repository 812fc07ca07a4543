//! Task files from outside: what is read, and what each mistake is told as.

use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
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
fn an_unknown_key_is_told_with_the_nearest_known_one() {
    let error = mistake_of("mass: 6.3", "mas: 6.3");
    assert_told(
        &error,
        MistakeKind::UnknownKey,
        13,
        &[
            "example.yaml:13",
            "`mas`",
            "boxes[0]",
            "Did you mean `mass`?",
        ],
    );
    let error = mistake_of("max_pull: 180", "max_pul: 180");
    assert_told(
        &error,
        MistakeKind::UnknownKey,
        25,
        &["`max_pul`", "Did you mean `max_pull`?"],
    );
    let error = mistake_of("safety:", "savety:");
    assert_told(
        &error,
        MistakeKind::UnknownKey,
        29,
        &["`savety`", "Did you mean `safety`?"],
    );
}

#[test]
fn a_missing_mass_is_told_at_its_box() {
    let error = mistake_of("      mass: 6.3\n", "");
    assert_told(
        &error,
        MistakeKind::MissingKey,
        9,
        &["`mass` is missing from scene.boxes[0]", "Mass, kg"],
    );
}

#[test]
fn a_wrong_type_is_told_with_the_value_and_what_belongs_there() {
    let error = mistake_of("mass: 6.3", "mass: heavy");
    assert_told(
        &error,
        MistakeKind::WrongType,
        13,
        &["scene.boxes[0].mass", "heavy", "a number", "0.02 to 5000"],
    );
    let error = mistake_of("size: [0.4, 0.3, 0.22]", "size: [0.4, 0.3]");
    assert_told(
        &error,
        MistakeKind::WrongType,
        10,
        &["scene.boxes[0].size", "[0.4, 0.3]", "a list of 3 values"],
    );
    let error = mistake_of("size: [0.4, 0.3, 0.22]", "size: 3");
    assert_told(
        &error,
        MistakeKind::WrongType,
        10,
        &["size` is 3", "a list"],
    );
    let error = mistake_of("yaw_deg: 0", "yaw_deg: \"0\"");
    assert_told(&error, MistakeKind::WrongType, 12, &["yaw_deg", "a number"]);
    let error = mistake_of("kind: suction", "kind: sucktion");
    assert_told(
        &error,
        MistakeKind::WrongType,
        25,
        &["sucktion", "Did you mean `suction`?"],
    );
    let error = mistake_of("id: b", "id: 7");
    assert_told(&error, MistakeKind::WrongType, 17, &["7", "quotes"]);
    let error = mistake_of("horizon: 8", "horizon: 1.5");
    assert_told(
        &error,
        MistakeKind::WrongType,
        30,
        &["planner.horizon", "1.5", "a whole number"],
    );
}

#[test]
fn a_number_out_of_range_is_told_with_its_range() {
    let error = mistake_of("mass: 6.3", "mass: -1");
    assert_told(
        &error,
        MistakeKind::OutOfRange,
        13,
        &["scene.boxes[0].mass", "-1", "0.02 to 5000"],
    );
    let error = mistake_of("size: [0.4, 0.3, 0.22]", "size: [0.4, 0.3, 0]");
    assert_told(
        &error,
        MistakeKind::OutOfRange,
        10,
        &["size[2]", "0.005 to 20"],
    );
    let error = mistake_of("max_risk: 0.02", "max_risk: 2");
    assert_told(
        &error,
        MistakeKind::OutOfRange,
        29,
        &["safety.max_risk", "0.0001 to 1"],
    );
    let error = mistake_of("id: b", "id: a/b");
    assert_told(
        &error,
        MistakeKind::OutOfRange,
        17,
        &["a/b", "letters, digits"],
    );
    let error = mistake_of("com_offset: [0, 0, 0]", "com_offset: [0, 0.2, 0]");
    assert_told(
        &error,
        MistakeKind::OutOfRange,
        15,
        &["com_offset[1]", "outside the box", "0.15"],
    );
    let error = mistake_of(
        "base: [-0.9, 0, 0.4], max: 1.8",
        "base: [-0.9, 0, 0.4], max: 1",
    );
    assert_told(
        &error,
        MistakeKind::OutOfRange,
        22,
        &["home", "1.237 m", "within 1 m"],
    );
}

#[test]
fn every_number_out_of_range_is_told_in_one_go() {
    let text = EXAMPLE
        .replace("horizon: 8", "horizon: 0")
        .replace("max_hand_force: 250", "max_hand_force: 0");
    let error = parse(&text).unwrap_err();
    let lines: Vec<_> = error.mistakes().map(|m| m.at.line.unwrap()).collect();
    assert_eq!(lines, [23, 30]);
}

#[test]
fn what_is_not_finite_is_refused_wherever_it_stands() {
    for value in [".nan", ".inf", "-.inf", "1e999"] {
        for (from, line) in [
            ("mass: 6.3", 13),
            ("yaw_deg: 0", 12),
            ("friction: 0.6", 4),
            ("max_force: 400", 16),
            ("max: 1.8", 27),
        ] {
            let key = from.split(':').next().unwrap();
            let error = mistake_of(from, &format!("{key}: {value}"));
            assert_told(
                &error,
                MistakeKind::OutOfRange,
                line,
                &[key, value, "not finite"],
            );
        }
    }
    let error = mistake_of("com_offset: [0, 0, 0]", "com_offset: [0, .nan, 0]");
    assert_told(&error, MistakeKind::OutOfRange, 15, &[".nan"]);
}

#[test]
fn the_same_id_or_key_twice_is_told_with_the_first_line() {
    let error = mistake_of("id: b", "id: a");
    assert_told(&error, MistakeKind::Duplicate, 17, &["`a`", "line 9"]);
    let error = mistake_of("id: b", "id: pallet");
    assert_told(&error, MistakeKind::Duplicate, 17, &["`pallet`", "line 7"]);
    let error = mistake_of("name: grocery-pallet", "name: grocery-pallet\nname: other");
    assert_told(&error, MistakeKind::Duplicate, 3, &["`name`", "twice"]);
}

#[test]
fn overlaps_are_told_with_their_depth() {
    let error = mistake_of("0.464", "0.44");
    assert_told(
        &error,
        MistakeKind::Overlap,
        19,
        &["box `b`", "box `a`", "24.0 mm"],
    );
    let error = mistake_of("0.254", "0.2");
    assert_told(
        &error,
        MistakeKind::Overlap,
        11,
        &["box `a`", "fixture `pallet`", "54.0 mm"],
    );
    let error = mistake_of("[0.1, 0.0, 0.464]", "[1.1, 0.0, 0.09]");
    assert_told(
        &error,
        MistakeKind::Overlap,
        19,
        &["box `b`", "the ground", "10.0 mm"],
    );
    let error = mistake_of("[-0.6, 0, 1.6]", "[0.1, 0, 0.25]");
    assert_told(
        &error,
        MistakeKind::Overlap,
        22,
        &["home", "inside box `a`"],
    );
}

#[test]
fn a_box_in_the_air_is_told_with_its_height_and_noise_is_forgiven() {
    let error = mistake_of("0.464", "0.4695");
    assert_told(
        &error,
        MistakeKind::Hover,
        19,
        &["box `b`", "5.5 mm", "0.0055 m"],
    );
    // A millimetre and twice the pose noise of 2 mm.
    parse(&EXAMPLE.replace("0.464", "0.4689")).unwrap();
    let exact = EXAMPLE.replace("pose_noise: {position: 0.002", "pose_noise: {position: 0");
    parse(&exact.replace("0.464", "0.4649")).unwrap();
    let error = parse(&exact.replace("0.464", "0.4655")).unwrap_err();
    assert_told(&error, MistakeKind::Hover, 19, &["1.5 mm"]);
}

#[test]
fn a_target_that_is_not_there_is_told_with_the_boxes_that_are() {
    let error = mistake_of("box: a}", "box: zebra}");
    assert_told(
        &error,
        MistakeKind::NotThere,
        28,
        &["no box `zebra`", "a, b"],
    );
    let error = mistake_of("box: a}", "box: pallet}");
    assert_told(&error, MistakeKind::NotThere, 28, &["fixture"]);
    let error = mistake_of("kind: retrieve, box: a}", "kind: clear, boxes: [a, c]}");
    assert_told(&error, MistakeKind::NotThere, 28, &["no box `c`"]);
    let error = mistake_of("kind: retrieve, box: a}", "kind: clear, boxes: [a, a]}");
    assert_told(&error, MistakeKind::Duplicate, 28, &["`a`", "twice"]);
}

#[test]
fn a_target_pose_in_the_air_or_in_a_fixture_is_refused() {
    let to = |position: &str| format!("kind: move, box: b, to: {{position: {position}}}}}");
    let error = mistake_of("kind: retrieve, box: a}", &to("[-0.4, 0, 0.5]"));
    assert_told(
        &error,
        MistakeKind::Hover,
        28,
        &["box `b`, where it is to stand,"],
    );
    let error = mistake_of("kind: retrieve, box: a}", &to("[-0.4, 0, 0.2]"));
    assert_told(&error, MistakeKind::Overlap, 28, &["fixture `pallet`"]);
    let fine = EXAMPLE.replace("kind: retrieve, box: a}", &to("[-0.4, 0, 0.244]"));
    assert!(matches!(
        parse(&fine).unwrap().task,
        Some(Task::Move { box_index: 1, .. })
    ));
}

#[test]
fn keys_that_do_not_go_together_are_told() {
    let error = mistake_of("yaw_deg: 0", "yaw_deg: 0\n      rotation: [0, 0, 0, 1]");
    assert_told(&error, MistakeKind::Conflict, 13, &["yaw_deg", "rotation"]);
    let error = mistake_of("max_opening: 0.45", "max_opening: 0.45, max_pull: 3");
    assert_told(
        &error,
        MistakeKind::Conflict,
        26,
        &["`max_pull`", "parallel_jaw"],
    );
    let error = mistake_of("max_opening: 0.45, ", "");
    assert_told(
        &error,
        MistakeKind::MissingKey,
        26,
        &["`max_opening`", "parallel_jaw"],
    );
    let error = mistake_of("box: a}", "boxes: [a]}");
    assert_told(&error, MistakeKind::MissingKey, 28, &["`box`", "retrieve"]);
    let error = mistake_of("mass: 6.3", "mass: {mean: 3, max: 4}");
    assert_told(
        &error,
        MistakeKind::Conflict,
        13,
        &["{mean, std}", "{min, max}"],
    );
    let error = mistake_of("mass: 6.3", "mass: {min: 5, max: 4}");
    assert_told(&error, MistakeKind::Conflict, 13, &["min 5", "max 4"]);
    let error = mistake_of("elites: 8", "elites: 80");
    assert_told(&error, MistakeKind::Conflict, 30, &["80", "`imagine`: 64"]);
    let error = mistake_of("yaw_deg: 0", "rotation: [0, 0, 0.5, 0.5]");
    assert_told(&error, MistakeKind::OutOfRange, 12, &["length 1"]);
}

#[test]
fn another_version_is_told_before_its_unknown_keys() {
    let error = mistake_of("version: 1", "version: 2\nphysics: quantum");
    assert_told(
        &error,
        MistakeKind::Version,
        1,
        &["version 2", "newer topple"],
    );
    let error = mistake_of("version: 1", "version: one");
    assert_told(&error, MistakeKind::Version, 1, &["one", "`version: 1`"]);
    let error = mistake_of("version: 1\n", "");
    assert_told(&error, MistakeKind::MissingKey, 1, &["`version`"]);
}

#[test]
fn what_is_no_task_file_at_all_is_told_without_a_panic() {
    for (text, kind) in [
        ("", MistakeKind::Syntax),
        ("  \n\n", MistakeKind::Syntax),
        ("# nothing but a comment\n", MistakeKind::WrongType),
        ("just words", MistakeKind::WrongType),
        ("- 1\n- 2\n", MistakeKind::WrongType),
        ("42", MistakeKind::WrongType),
        ("null", MistakeKind::WrongType),
        ("{\"a\": 1}", MistakeKind::MissingKey),
        (
            "services:\n  web: {image: nginx}\n",
            MistakeKind::MissingKey,
        ),
        ("name: [unclosed\nversion: 1\n", MistakeKind::Syntax),
        ("version: 1\n\tname: x\n", MistakeKind::Syntax),
        ("version: 1\n---\nversion: 1\n", MistakeKind::Syntax),
        ("version: 1\nscene: *nowhere\n", MistakeKind::Syntax),
        ("version: 1\nname: null\nscene: 3\n", MistakeKind::WrongType),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.kind(), kind, "{text:?}: {error}");
        assert!(!error.first().remedy.is_empty(), "{text:?}");
    }
}

#[test]
fn every_truncation_of_a_file_is_refused_or_read_but_never_panics() {
    let mut refused = 0;
    for end in 0..EXAMPLE.len() {
        refused += usize::from(parse(&EXAMPLE[..end]).is_err());
    }
    // Only from the end of the scene on is a shorter file still whole.
    let scene_end = EXAMPLE.find("std: 1}").unwrap();
    assert!(refused >= scene_end, "{refused} of {}", EXAMPLE.len());
}

#[test]
fn random_damage_is_refused_or_read_but_never_panics_even_when_the_error_is_drawn() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let pieces = [
        "\u{feff}", "\r\n", "\t", "\u{0}", "é", "&a ", "*a", "!!int ", "? ", "<<: ", "- ", ": ",
        "{", "}", "[", "]", "\"", "'", "|", ">", "#", "%", "---\n", "...\n", "1e400", "-0", ".nan",
        "~", ",",
    ];
    for _ in 0..1500 {
        let mut text = EXAMPLE.to_owned();
        for _ in 0..rng.random_range(1..4) {
            let at = rng.random_range(0..text.len());
            if !text.is_char_boundary(at) {
                continue;
            }
            if rng.random::<bool>() {
                text.insert_str(at, pieces[rng.random_range(0..pieces.len())]);
            } else {
                text.remove(at);
            }
        }
        if let Err(error) = parse(&text) {
            let mut told = String::new();
            let handler =
                miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
            handler.render_report(&mut told, &error).unwrap();
            assert!(!told.contains("Failed to read"), "{told}");
            assert!(!error.first().remedy.is_empty(), "{told}");
        }
    }
}

#[test]
fn a_file_from_an_editor_of_another_system_is_read() {
    parse(&format!("\u{feff}{EXAMPLE}")).unwrap();
    let text = EXAMPLE.replace('\n', "\r\n");
    parse(&text).unwrap();
    let error = parse(&text.replace("mass: 6.3", "mas: 6.3")).unwrap_err();
    assert_told(&error, MistakeKind::UnknownKey, 13, &["`mas`"]);
}

#[test]
fn a_file_that_unfolds_to_billions_of_values_is_refused_at_once() {
    let mut bomb = String::from("version: 1\nname: bomb\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let before = format!("*a{}", i - 1);
        let list = vec![before; 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{list}]\n"));
    }
    let error = parse(&bomb).unwrap_err();
    assert_eq!(error.kind(), MistakeKind::TooLarge, "{error}");
    for nested in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
    ] {
        let error = parse(&format!("version: 1\nname: deep\nscene:\n  {nested}")).unwrap_err();
        assert_eq!(error.kind(), MistakeKind::TooLarge, "{error}");
    }
}

#[test]
fn aliases_and_merges_are_read_as_yaml_means_them() {
    let text = EXAMPLE
        .replace("size: [0.3, 0.3, 0.2]", "size: &size [0.3, 0.3, 0.2]")
        .replace("mass: {mean: 4, std: 1}", "mass: {mean: 4, std: 1}\n    - {id: c, size: *size, position: [-0.3, 0, 0.244], mass: 2}");
    let file = parse(&text).unwrap();
    assert_eq!(
        file.workcell.scene.boxes[2].size,
        file.workcell.scene.boxes[1].size
    );
    let error = parse(&text.replace("size: *size", "size: *size, mas: 1")).unwrap_err();
    assert_told(
        &error,
        MistakeKind::UnknownKey,
        21,
        &["Did you mean `mass`?"],
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let missing = task::load(&folder.path().join("missing.yaml")).unwrap_err();
    assert_eq!(missing.kind(), MistakeKind::Unreadable);
    assert!(missing.to_string().contains("missing.yaml"), "{missing}");
    let is_folder = task::load(folder.path()).unwrap_err();
    assert_eq!(is_folder.kind(), MistakeKind::Unreadable);
    let garbage = folder.path().join("garbage.yaml");
    std::fs::write(&garbage, b"version: 1\nname: \xff\xfe\x00\x01").unwrap();
    let error = task::load(&garbage).unwrap_err();
    assert_eq!(
        (error.kind(), error.line()),
        (MistakeKind::Unreadable, Some(2)),
        "{error}"
    );
    let image = folder.path().join("image.yaml");
    let bytes: Vec<u8> = (0..4000u32).map(|i| (i * 7919 % 251) as u8).collect();
    std::fs::write(&image, bytes).unwrap();
    assert!(task::load(&image).is_err());
}

#[test]
fn a_scene_is_taken_from_the_file_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("scene.yaml"), EXAMPLE).unwrap();
    let other = "version: 1\nname: other\nscene: scene.yaml\ntask: {kind: clear}\n";
    std::fs::write(path("other.yaml"), other).unwrap();
    let file = task::load(&path("other.yaml")).unwrap();
    assert_eq!(file.workcell.scene, parse(EXAMPLE).unwrap().workcell.scene);
    assert_eq!(
        file.scene_source,
        task::SceneSource::File(path("scene.yaml"))
    );
    assert_eq!(file.task, Some(Task::Clear { boxes: vec![0, 1] }));
    // Mistakes in the other file are told of the other file.
    std::fs::write(path("scene.yaml"), EXAMPLE.replace("0.464", "0.5")).unwrap();
    let error = task::load(&path("other.yaml")).unwrap_err();
    assert_told(&error, MistakeKind::Hover, 19, &["scene.yaml:19"]);
    std::fs::write(
        path("circle.yaml"),
        "version: 1\nname: x\nscene: circle.yaml\n",
    )
    .unwrap();
    let error = task::load(&path("circle.yaml")).unwrap_err();
    assert_told(
        &error,
        MistakeKind::NotThere,
        3,
        &["circle.yaml", "8 files"],
    );
    std::fs::write(
        path("lost.yaml"),
        "version: 1\nname: x\nscene: nowhere.yaml\n",
    )
    .unwrap();
    let error = task::load(&path("lost.yaml")).unwrap_err();
    assert_told(
        &error,
        MistakeKind::NotThere,
        3,
        &["nowhere.yaml", "no file"],
    );
}

#[test]
fn what_is_left_out_gets_the_documented_defaults() {
    let file = parse(
        "version: 1\nname: bare\nscene:\n  boxes:\n    - {id: a, size: [0.2, 0.2, 0.2], position: [1, 2, 0.1], mass: 1}\n",
    )
    .unwrap();
    assert_eq!(file.task, None);
    assert_eq!(file.workcell.scene.ground_friction, 0.5);
    assert_eq!(
        file.workcell.scene.boxes[0].friction,
        topple::scene::Quantity::Known(0.5)
    );
    assert_eq!(file.workcell.safety, topple::scene::Safety::default());
    assert_eq!(file.workcell.robot.grippers, [task::default_gripper()]);
    let home = file.workcell.robot.home;
    assert!((home.translation.vector - topple::pose::Vec3::new(1.0, 2.0, 0.6)).norm() < 1e-9);
    assert!((home.rotation * topple::pose::Vec3::z() + topple::pose::Vec3::z()).norm() < 1e-9);
    assert_eq!(file.planner, task::PlannerSettings::default());
}

#[test]
fn a_written_file_reads_back_as_the_same_file() {
    let leaning = EXAMPLE
        .replace("yaw_deg: 0", "rotation: [0, 0.001745, 0, 0.9999985]")
        .replace("com_offset: [0, 0, 0]", "com_offset: {std: 0.02}")
        .replace("name: grocery-pallet", "name: \"yes: a #strange 'name'\"")
        .replace("[-0.6, 0, 1.6]", "[-0.6, 0, 1.6], yaw_deg: 45")
        .replace("horizon: 8", "horizon: 5");
    let movable = "kind: move, box: b, to: {position: [-0.4, 0, 0.244], yaw_deg: 90}}";
    for text in [
        EXAMPLE.to_owned(),
        leaning,
        EXAMPLE.replace("kind: retrieve, box: a}", movable),
    ] {
        let file = parse(&text).unwrap();
        let written = task::to_yaml(&file, "A comment\nof two lines");
        assert!(
            written.starts_with("# A comment\n# of two lines\nversion: 1\n"),
            "{written}"
        );
        let back = parse(&written).unwrap_or_else(|e| panic!("{e}\n{written}"));
        assert_eq!(task::to_yaml(&back, "A comment\nof two lines"), written);
        assert_eq!((&back.name, back.planner), (&file.name, file.planner));
        assert_eq!(back.workcell.safety, file.workcell.safety);
        assert_eq!(back.workcell.robot.grippers, file.workcell.robot.grippers);
        for (a, b) in back
            .workcell
            .scene
            .boxes
            .iter()
            .zip(&file.workcell.scene.boxes)
        {
            assert_eq!(
                (&a.id, a.mass, a.friction, a.com),
                (&b.id, b.mass, b.friction, b.com)
            );
            assert!((a.pose.translation.vector - b.pose.translation.vector).norm() < 1e-4);
            assert!(a.pose.rotation.angle_to(&b.pose.rotation) < 1e-5);
        }
        let (a, b) = (back.workcell.robot.home, file.workcell.robot.home);
        assert!(a.rotation.angle_to(&b.rotation) < 1e-5);
    }
}

#[test]
fn the_rendered_error_underlines_the_value_and_offers_help() {
    let error = mistake_of("mass: 6.3", "mass: heavy");
    let mut told = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none())
        .render_report(&mut told, &error)
        .unwrap();
    for piece in ["example.yaml:13", "mass: heavy", "^^|^^", "help:"] {
        assert!(told.contains(piece), "`{piece}` is not in:\n{told}");
    }
}

#[test]
fn every_scenario_is_read_and_says_what_a_good_planner_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        count += 1;
        let file = task::load(&path).unwrap_or_else(|e| panic!("{:?}", miette::Report::from(e)));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with('#'),
            "{} opens with no comment",
            path.display()
        );
        let stem = path.file_stem().unwrap().to_string_lossy();
        assert!(
            file.name == stem,
            "{} is called {}",
            path.display(),
            file.name
        );
        let clearance = file.workcell.robot.home.translation.z - file.workcell.scene.top_m();
        assert!(
            clearance > 0.2,
            "{}: home is {clearance} m above the top",
            path.display()
        );
    }
    assert!(count >= 10, "only {count} scenarios");
}
