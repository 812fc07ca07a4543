//! Scenes that cannot be: overlaps, boxes in the air, targets that are not there.

use topple::scene::task::{self, MistakeKind, Task};

use super::support::{EXAMPLE, assert_told, mistake_of, parse};

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
    let error = mistake_of(
        "home: {position: [-0.6, 0, 1.6]}",
        "home: {position: [-0.6, 0, -0.1]}",
    );
    assert_told(
        &error,
        MistakeKind::Overlap,
        22,
        &["home", "0.100 m into the ground"],
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
