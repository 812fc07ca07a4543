//! `topple inspect` from outside: what it tells of the shipped model.

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

#[test]
fn the_shipped_model_says_what_it_was_trained_on() {
    let mut topple = Command::cargo_bin("topple").unwrap();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/default");
    topple
        .args(["inspect", model])
        .assert()
        .success()
        .stdout(contains("of 320000 episodes").and(contains("certified limits on risk")));
}

#[test]
fn a_folder_that_is_neither_set_nor_model_is_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut topple = Command::cargo_bin("topple").unwrap();
    topple.arg("inspect").arg(folder.path()).assert().code(2);
}
