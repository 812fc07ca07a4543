//! What is read: every field, defaults, other editors, YAML's own means, all scenarios.

use std::path::Path;

use topple::scene::task::{self, MistakeKind, Task};

use super::support::{EXAMPLE, assert_told, parse};

#[test]
fn the_example_of_the_format_is_read_with_every_value() {
    let file = parse(EXAMPLE).unwrap();
    assert_eq!(file.name, "grocery-pallet");
    assert_eq!(file.task, Some(Task::Retrieve { box_index: 0 }));
    assert_eq!(file.workcell.scene.boxes.len(), 2);
    assert_eq!(file.workcell.robot.grippers.len(), 2);
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
    assert_eq!(file.planner, None);
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
fn every_scenario_is_read_opens_with_a_comment_is_called_like_its_file_and_starts_above_its_boxes()
{
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
