//! Scenes that do not stand by themselves: they are answered, not planned on.

use assert_cmd::Command;
use serde_json::Value;

use super::support::{Folder, SCENE, json};

#[test]
fn a_scene_that_does_not_stand_gets_objects_with_all_their_keys() {
    let falling = SCENE.replace("[0.03, 0, 0.3]", "[0.24, 0, 0.3]");
    let folder = Folder::with_task("");
    std::fs::write(folder.path("task.yaml"), falling).unwrap();
    let steps = "version: 1\nsteps: [{remove: high}]\n";
    std::fs::write(folder.path("steps.yaml"), steps).unwrap();

    let nudged = folder.topple("what-if", &["--nudge", "low=0,0.01,0"]);
    let answer = json(&{ nudged }.assert().code(3).get_output().stdout);
    assert_eq!(answer["verdict"], "no_answer");
    assert!(
        answer["reason"].as_str().unwrap().contains("high"),
        "{answer}"
    );
    assert_eq!(answer["action"]["box"], "low");
    assert!(answer["boxes"].as_object().unwrap().is_empty());
    for key in [
        "risk",
        "risk_bound",
        "risk_by_accident",
        "moves_beyond_m",
        "falls_beyond_deg",
        "largest_safe",
    ] {
        assert_eq!(answer.get(key), Some(&Value::Null), "{key}");
    }

    let path = folder.path("steps.yaml");
    let vetted = folder.topple("vet", &[path.to_str().unwrap()]);
    let answer = json(&{ vetted }.assert().code(3).get_output().stdout);
    assert_eq!(
        (&answer["verdict"], &answer["steps"]),
        (&"unsafe".into(), &Value::Array(vec![]))
    );
    for key in ["version", "task", "seed", "dynamics", "model", "max_risk"] {
        assert!(!answer[key].is_null(), "{key}");
    }
    for key in ["first_unsafe", "repaired"] {
        assert_eq!(answer.get(key), Some(&Value::Null), "{key}");
    }
}

#[test]
fn a_box_or_a_direction_that_there_is_none_of_is_bad_usage_also_where_the_scene_falls() {
    let falling = SCENE.replace("[0.03, 0, 0.3]", "[0.24, 0, 0.3]");
    let folder = Folder::with_task("");
    std::fs::write(folder.path("task.yaml"), falling).unwrap();
    for rest in [
        ["--nudge", "hihg=0.01,0,0"],
        ["--push", "hihg=10,0,0"],
        ["--grasp", "hihg/top"],
    ] {
        let refused = folder.topple("what-if", &rest).assert().code(2);
        assert!(refused.get_output().stdout.is_empty(), "{rest:?}");
    }
    let mut learned = Command::cargo_bin("topple").unwrap();
    learned.arg("what-if").arg(folder.path("task.yaml"));
    learned.args(["--nudge", "low=0,0,0.1"]).assert().code(2);
}

#[test]
fn no_physics_and_no_flag_has_a_scene_that_falls_by_itself_planned_on() {
    let falling = SCENE.replace("[0.03, 0, 0.3]", "[0.24, 0, 0.3]");
    let folder = Folder::with_task("");
    let task = folder.path("task.yaml");
    std::fs::write(&task, falling + "task: {kind: retrieve, box: low}\n").unwrap();
    let steps = folder.path("steps.yaml");
    std::fs::write(&steps, "version: 1\nsteps: [{remove: low}]\n").unwrap();
    let steps = steps.to_str().unwrap();
    // The world model, which is not asked whether anything stands, and no check behind it.
    for (command, rest) in [
        ("plan", &[][..]),
        ("plan", &["--execute"]),
        ("vet", &[steps]),
        ("what-if", &["--nudge", "low=0,0.01,0"]),
        ("what-if", &["--grasp", "low/right"]),
    ] {
        let mut run = Command::cargo_bin("topple").unwrap();
        run.arg(command).arg(&task).args(rest);
        run.args(["--verify", "0", "--json"]);
        let answer = json(&run.assert().code(3).get_output().stdout);
        let reason = answer["reason"].as_str().unwrap_or_default();
        assert!(reason.contains("does not stand"), "{command}: {answer}");
    }
}
