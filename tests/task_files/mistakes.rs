//! What each mistake in a field is told as: kind, line, words and remedy.

use topple::scene::task::MistakeKind;

use super::support::{EXAMPLE, assert_told, mistake_of, parse};

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
fn a_key_that_nothing_is_written_for_is_told_by_its_name() {
    let error = mistake_of("size: [0.4, 0.3, 0.22]", "size:");
    assert_told(
        &error,
        MistakeKind::WrongType,
        10,
        &[
            "nothing is written for `scene.boxes[0].size`",
            "edge lengths",
        ],
    );
    // What may be left out may be left empty, and is not what is wrong.
    let error = mistake_of("size: [0.3, 0.3, 0.2]", "friction:\n      size:");
    let words = ["nothing is written for `scene.boxes[1].size`"];
    assert_told(&error, MistakeKind::WrongType, 19, &words);
    let error = mistake_of("mass: 6.3", "mass:");
    let words = ["nothing is written for `scene.boxes[0].mass`", "Mass, kg"];
    assert_told(&error, MistakeKind::WrongType, 13, &words);
    let list = EXAMPLE.find("    - id: a").unwrap()..EXAMPLE.find("robot:").unwrap();
    let error = mistake_of(&EXAMPLE[list], "");
    let words = [
        "nothing is written for `scene.boxes`",
        "What can be grasped",
    ];
    assert_told(&error, MistakeKind::WrongType, 8, &words);
}

#[test]
fn a_list_of_steps_in_the_place_of_a_task_is_told_which_comes_first() {
    let error = parse("version: 1\nsteps: [{remove: a}]\n").expect_err("it is no task");
    let words = [
        "example.yaml:2",
        "a list of steps, not a task file",
        "comes second",
    ];
    assert_told(&error, MistakeKind::WrongType, 2, &words);
    // With a scene that is misspelt it is none.
    let error = parse("version: 1\nname: x\nscen: {}\nsteps: []\n").expect_err("no scene");
    let words = error.to_string();
    assert!(words.contains("`scen` is no key"), "{words}");
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
    let error = mistake_of("mass: 6.3", "mass: 1e308");
    assert_told(
        &error,
        MistakeKind::OutOfRange,
        13,
        &["is 1e308, out of its range"],
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
fn an_empty_list_or_text_is_told_in_plain_words() {
    let error = parse("version: 1\nname: none\nscene: {boxes: []}\n").unwrap_err();
    let words = ["`scene.boxes` is empty: at least one entry"];
    assert_told(&error, MistakeKind::OutOfRange, 3, &words);
    let error = mistake_of("name: grocery-pallet", "name: \"\"");
    let words = ["`name` is empty: at least one character"];
    assert_told(&error, MistakeKind::OutOfRange, 2, &words);
}

#[test]
fn quotes_in_a_message_stay_quotes_and_control_characters_are_escaped() {
    let error = mistake_of("id: b\n", "id: \"a b\"\n");
    assert_told(&error, MistakeKind::OutOfRange, 17, &["is \"a b\""]);
    let error = mistake_of("box: a}", "box: \"a\\e[31m\"}");
    assert_told(&error, MistakeKind::NotThere, 28, &["`a\\u{1b}[31m`"]);
}

#[test]
fn a_box_that_is_not_there_is_told_with_those_that_are_the_likest_first() {
    let error = mistake_of("box: a}", "box: bb}");
    let words = ["no box `bb`", "The boxes are b, a."];
    assert_told(&error, MistakeKind::NotThere, 28, &words);
}
