//! `topple inspect` from outside: what it tells of the models that are here.

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

#[test]
fn the_shipped_model_says_what_it_was_trained_on() {
    let mut topple = Command::cargo_bin("topple").unwrap();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/default");
    let card = std::fs::read_to_string(format!("{model}/model.json")).unwrap();
    let card: serde_json::Value = serde_json::from_str(&card).unwrap();
    let episodes = card["data"]["episodes"].as_u64().unwrap();
    assert!(episodes > 100_000, "{episodes}");
    topple.args(["inspect", model]).assert().success().stdout(
        contains(format!("of {episodes} episodes")).and(contains("certified limits on risk")),
    );
}

#[test]
fn the_shipped_model_names_what_it_went_on_from_and_what_each_set_was_for() {
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/default");
    let mut topple = Command::cargo_bin("topple").unwrap();
    topple.args(["inspect", model]).assert().success().stdout(
        contains("went on from ef5638cda9f2")
            .and(contains(r#""source":"scenes""#))
            .and(contains("for calibration alone")),
    );
}

#[test]
fn beliefs_are_tried_of_data_sets_alone() {
    let mut command = Command::cargo_bin("topple").unwrap();
    let asked = ["inspect", "models/default", "--undecided", "3"];
    let done = command.args(asked).assert().code(2);
    let told = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(told.contains("no data set"), "{told}");
}

#[test]
fn a_folder_that_is_neither_set_nor_model_is_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut topple = Command::cargo_bin("topple").unwrap();
    topple.arg("inspect").arg(folder.path()).assert().code(2);
}

#[test]
fn a_training_that_was_stopped_is_told_apart_from_a_folder_of_anything_else() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("checkpoint.safetensors"), "").unwrap();
    let here = folder.path().to_str().unwrap();
    for asked in [
        vec!["inspect", here],
        vec!["plan", "scenarios/buried-box.yaml", "--model", here],
    ] {
        let mut topple = Command::cargo_bin("topple").unwrap();
        let told = topple.args(asked).assert().code(2);
        told.stderr(contains("is not finished").and(contains("--resume")));
    }
}
