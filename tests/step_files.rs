//! Lists of steps from outside: what `vet` reads, and what each mistake is told as.

use std::path::Path;

use topple::scene::geometry::Face;
use topple::scene::task::{self, By, GripperKind, MistakeKind, StepAction, TaskError};

const TASK: &str = "\
version: 1
name: two
scene:
  boxes:
    - {id: a, size: [0.2, 0.2, 0.2], position: [0, 0, 0.1], mass: 1}
    - {id: b, size: [0.2, 0.2, 0.2], position: [0, 0, 0.3], mass: 1}
";

const STEPS: &str = "\
version: 1
steps:
  - {remove: b, by: {gripper: suction, face: top}}
  - place: a
    at: {position: [0.5, 0, 0.1], yaw_deg: 90}
";

fn parse(text: &str) -> Result<Vec<task::Step>, TaskError> {
    let file = task::parse(TASK, Path::new("two.yaml")).unwrap();
    task::parse_steps(text, Path::new("steps.yaml"), &file)
}

#[track_caller]
fn assert_refused(text: &str, kind: MistakeKind, line: usize, words: &[&str]) {
    let error = parse(text).expect_err("the steps should have been refused");
    let told = format!("{error} | {}", error.first().remedy);
    assert_eq!((error.kind(), error.line()), (kind, Some(line)), "{told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is not in: {told}");
    }
}

#[test]
fn steps_are_read_with_their_lines_and_grips() {
    let steps = parse(STEPS).unwrap();
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[0].action, StepAction::Remove { box_index: 1 });
    let by = By {
        gripper: GripperKind::Suction,
        face: Face::Top,
    };
    assert_eq!((steps[0].by, steps[0].line), (Some(by), 3));
    let StepAction::Place { box_index, target } = steps[1].action else {
        panic!("{:?}", steps[1]);
    };
    assert_eq!((box_index, steps[1].by, steps[1].line), (0, None, 4));
    assert!((target.rotation.angle() - 90f64.to_radians()).abs() < 1e-9);
}

#[test]
fn a_box_that_is_not_there_or_no_longer_there_is_told() {
    let unknown = STEPS.replace("remove: b", "remove: bee");
    assert_refused(&unknown, MistakeKind::NotThere, 3, &["no box `bee`"]);
    let twice = STEPS.replace(
        "  - place: a\n    at: {position: [0.5, 0, 0.1], yaw_deg: 90}\n",
        "  - remove: b\n",
    );
    assert_refused(&twice, MistakeKind::NotThere, 4, &["`b`", "line 3"]);
}

#[test]
fn a_step_that_is_neither_removal_nor_placing_is_told() {
    let both = STEPS.replace("remove: b,", "remove: b, place: a,");
    assert_refused(&both, MistakeKind::Conflict, 3, &["`place`", "remove"]);
    let nowhere = STEPS.replace("\n    at: {position: [0.5, 0, 0.1], yaw_deg: 90}", "");
    assert_refused(&nowhere, MistakeKind::MissingKey, 4, &["`at`", "place"]);
    let nothing = STEPS.replace("remove: b, ", "");
    assert_refused(&nothing, MistakeKind::MissingKey, 3, &["remove: ID"]);
}

#[test]
fn a_grip_that_the_robot_cannot_do_is_told() {
    let jaw = STEPS.replace("suction", "parallel_jaw");
    assert_refused(
        &jaw,
        MistakeKind::NotThere,
        3,
        &["no parallel_jaw", "suction"],
    );
    let face = STEPS.replace("face: top", "face: topp");
    assert_refused(
        &face,
        MistakeKind::WrongType,
        3,
        &["topp", "Did you mean `top`?"],
    );
    let key = STEPS.replace("face: top", "fase: top");
    assert_refused(
        &key,
        MistakeKind::UnknownKey,
        3,
        &["fase", "Did you mean `face`?"],
    );
}

#[test]
fn what_is_no_list_of_steps_is_told_without_a_panic() {
    let empty = parse("").unwrap_err();
    let remedy = &empty.first().remedy;
    assert!(remedy.contains("`topple schema steps`"), "{remedy}");
    assert_refused(
        "version: 2\nsteps: []\n",
        MistakeKind::Version,
        1,
        &["version 2"],
    );
    assert_refused(
        "version: 1\nsteps: []\n",
        MistakeKind::OutOfRange,
        2,
        &["steps"],
    );
    let words = ["this is a task file, not a list of steps", "comes first"];
    assert_refused(TASK, MistakeKind::WrongType, 3, &words);
    for end in 0..STEPS.len() {
        let _ = parse(&STEPS[..end]);
    }
    let far = STEPS.replace("[0.5, 0, 0.1]", "[.nan, 0, 0.1]");
    assert_refused(&far, MistakeKind::OutOfRange, 5, &[".nan"]);
}
