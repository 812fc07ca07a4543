//! `what-if` and `vet`: what one action would do, and whether somebody's steps are safe.

use super::support::{Folder, json};

#[test]
fn a_small_nudge_is_safe_a_large_one_is_not_and_the_limit_lies_between() {
    let folder = Folder::with_task("");
    let small = folder
        .topple("what-if", &["--nudge", "high=0.005,0,0"])
        .assert()
        .code(0);
    let largest = json(&small.get_output().stdout)["largest_safe"].clone();
    assert_eq!(largest["unit"], "m");
    let value = largest["value"].as_f64().unwrap();
    assert!((0.005..0.25).contains(&value), "{value}");
    assert_eq!(
        json(&small.get_output().stdout)["largest_safe"]["at_least"],
        false
    );
    // Past the edge of the box below, it falls.
    let large = folder
        .topple("what-if", &["--nudge", "high=0.4,0,0"])
        .assert()
        .code(3);
    let fate = json(&large.get_output().stdout)["boxes"]["high"].clone();
    assert!(fate["p_falls"].as_f64().unwrap() > 0.5, "{fate}");
}

#[test]
fn what_a_check_saw_is_told_of_an_action_and_of_each_step() {
    let folder = Folder::with_task("");
    let near = ["--nudge", "high=0.005,0,0", "--verify", "4"];
    let done = folder.topple("what-if", &near).assert().code(0);
    let report = json(&done.get_output().stdout);
    assert_eq!(report["verified_draws"], 4, "{report}");
    assert_eq!(report["verified_risk"], 0.0, "{report}");
    let steps = folder.path("steps.yaml");
    std::fs::write(&steps, "version: 1\nsteps: [{remove: high}]\n").unwrap();
    let steps = steps.display().to_string();
    let vetted = folder.topple("vet", &[&steps, "--verify", "4"]).assert();
    let vetted = json(&vetted.get_output().stdout);
    assert_eq!(vetted["steps"][0]["verified_draws"], 4, "{vetted}");
    assert_eq!(vetted["steps"][0]["verified_risk"], 0.0, "{vetted}");
    let unchecked = folder.topple("vet", &[&steps]).assert();
    let unchecked = json(&unchecked.get_output().stdout);
    assert_eq!(unchecked["steps"][0]["verified_draws"], 0, "{unchecked}");
    assert!(
        unchecked["steps"][0]["verified_risk"].is_null(),
        "{unchecked}"
    );
}

#[test]
fn pulling_out_the_lower_box_by_its_side_is_not_safe() {
    let folder = Folder::with_task("");
    let done = folder
        .topple("what-if", &["--grasp", "low/back"])
        .assert()
        .code(3);
    let report = json(&done.get_output().stdout);
    assert!(report["risk"].as_f64().unwrap() > 0.5, "{report}");
}

#[test]
fn vetting_names_the_first_unsafe_step_and_repairs_it() {
    let folder = Folder::with_task("");
    let steps = "version: 1\nsteps: [{remove: low}, {remove: high}]\n";
    std::fs::write(folder.path("steps.yaml"), steps).unwrap();
    let steps_path = folder.path("steps.yaml").display().to_string();
    let done = folder
        .topple("vet", &[&steps_path, "--repair"])
        .assert()
        .code(3);
    let report = json(&done.get_output().stdout);
    assert_eq!(report["verdict"], "unsafe");
    assert_eq!(report["first_unsafe"], 0);
    for key in ["version", "task", "seed", "dynamics", "model", "max_risk"] {
        assert!(!report[key].is_null(), "{key}");
    }
    assert_eq!(report["steps"][1]["box"], "high");
    assert_eq!(report["repaired"]["steps"][0]["box"], "high");
}
