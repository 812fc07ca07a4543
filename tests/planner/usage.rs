//! What cannot be asked: exit code 2, nothing on standard output, and a remedy.

use assert_cmd::Command;

use super::support::Folder;

#[test]
fn wrong_usage_and_wrong_input_end_with_code_2_and_a_remedy() {
    let scene_only = Folder::with_task("");
    let says = |command: &mut Command, what: &str| {
        let done = command.assert().code(2);
        let stderr = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
        assert!(stderr.contains(what), "{stderr}");
        assert!(done.get_output().stdout.is_empty());
    };
    says(&mut scene_only.topple("plan", &[]), "task: {kind: retrieve");
    says(
        &mut scene_only.topple("what-if", &["--nudge", "nobody=1,0,0"]),
        "nobody",
    );
    says(
        &mut scene_only.topple("what-if", &["--nudge", "high=nan,0,0"]),
        "not of finite numbers",
    );
    says(
        &mut scene_only.topple("what-if", &["--nudge", "high=0,0,0"]),
        "no direction",
    );
    let nowhere = scene_only.path("nowhere/grasps.yaml").display().to_string();
    says(
        &mut scene_only.topple("plan", &["--moveit", &nowhere]),
        "there is no folder",
    );
    says(&mut scene_only.topple("what-if", &[]), "--nudge");
    says(
        &mut scene_only.topple("what-if", &["--push", "high=1,0,0", "--max-risk", "7"]),
        "no probability",
    );
    says(
        &mut scene_only.topple("vet", &["nowhere.yaml"]),
        "nowhere.yaml",
    );
    for of_a_model in [["--model", "nowhere"], ["--device", "cpu"]] {
        let asked = [&["--push", "high=1,0,0"], &of_a_model[..]].concat();
        says(&mut scene_only.topple("what-if", &asked), "Leave one");
    }
}

#[test]
fn a_box_that_is_not_there_and_numbers_without_bounds_are_bad_usage() {
    let folder = Folder::with_task("");
    for (arguments, words) in [
        (
            &["--nudge", "hihg=0.01,0,0"][..],
            "Did you mean `high`? The boxes are high, low.",
        ),
        (&["--nudge", "hihg=0.01,0,0"], "task.yaml"),
        (&["--nudge", "high=3,0,0"], "the limit is 2 m"),
        (&["--push", "high=0,20000,0"], "the limit is 10000 N"),
        (
            &["--push", "high=1,0,0", "--verify", "1000000000"],
            "0..=4096",
        ),
    ] {
        let refused = folder.topple("what-if", arguments).assert().code(2);
        let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "`{words}` is not in: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn where_nobody_can_hear_an_error_the_exit_code_still_tells() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_topple"))
        .args(["plan", "nowhere.yaml"])
        .stderr(full)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn a_nudge_that_is_not_level_is_none_that_the_model_knows() {
    assert_cmd::Command::cargo_bin("topple")
        .unwrap()
        .args([
            "what-if",
            "scenarios/bridge.yaml",
            "--nudge",
            "left=0,0,-0.1",
        ])
        .assert()
        .code(2)
        .stderr(predicates::str::contains("--dynamics sandbox"));
}
