//! The planning commands from outside, on the sandbox: verdicts, exit codes, JSON, repeatability.
//!
//! The scenes are tiny, so that each command is a few dozen rollouts.

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

const SCENE: &str = "
version: 1
name: tiny
scene:
  boxes:
    - {id: low, size: [0.3, 0.3, 0.2], position: [0, 0, 0.1], mass: 1.5}
    - {id: high, size: [0.2, 0.2, 0.2], position: [0.03, 0, 0.3], mass: 1}
robot:
  home: {position: [0, 0, 0.9]}
  gripper: {kind: suction, cup_radius: 0.04, max_pull: 180, max_shear: 120}
planner: {kind: cem, screen: 8, imagine: 3, iterations: 1, elites: 2}
";

/// A folder with `task.yaml` in it, gone when dropped.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with_task(task: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = format!("{SCENE}{task}\n");
        std::fs::write(folder.path().join("task.yaml"), text).expect("a task file");
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn topple(&self, command: &str, rest: &[&str]) -> Command {
        let mut run = Command::cargo_bin("topple").expect("the binary");
        run.arg(command).arg(self.path("task.yaml"));
        run.args(rest).args(["--dynamics", "sandbox", "--json"]);
        run
    }
}

fn json(output: &[u8]) -> Value {
    serde_json::from_slice(output).expect("one JSON object")
}

/// The object without what is measured.
fn without_times(output: &[u8]) -> Value {
    let mut object = json(output);
    object
        .as_object_mut()
        .expect("an object")
        .remove("timing_ms");
    object
}

#[test]
fn a_buried_box_is_freed_first_and_the_execution_ends_without_an_accident() {
    let folder = Folder::with_task("task: {kind: retrieve, box: low}");
    let done = folder.topple("plan", &["--execute"]).assert().code(0);
    let plan = json(&done.get_output().stdout);
    assert_eq!(plan["verdict"], "safe");
    let order: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["box"].as_str().unwrap())
        .collect();
    assert_eq!(order, ["high", "low"]);
    assert_eq!(plan["executed"]["success"], true);
    assert_eq!(plan["executed"]["accidents"].as_array().unwrap().len(), 0);
    assert!(!plan["executed"]["frames"].as_array().unwrap().is_empty());
    let times: Vec<f64> = plan["steps"][0]["motion"]
        .as_array()
        .unwrap()
        .iter()
        .map(|k| k["t"].as_f64().unwrap())
        .collect();
    assert!(times.windows(2).all(|t| t[1] - t[0] <= 0.1 + 1e-9));
}

#[test]
fn a_plan_is_the_same_bytes_on_one_thread_and_on_two() {
    let folder = Folder::with_task("task: {kind: retrieve, box: high}");
    let run = |threads: &str| {
        let mut command = folder.topple("plan", &["--seed", "5"]);
        let done = command.env("RAYON_NUM_THREADS", threads).assert().code(0);
        without_times(&done.get_output().stdout)
    };
    assert_eq!(run("1"), run("2"));
}

#[test]
fn a_heavy_box_is_refused_with_a_reason_and_what_would_help() {
    let heavy = SCENE.replace("mass: 1}", "mass: {min: 20, max: 40}}");
    let folder = Folder::with_task("");
    let text = format!("{heavy}task: {{kind: retrieve, box: high}}\n");
    std::fs::write(folder.path("task.yaml"), text).unwrap();
    let done = folder.topple("plan", &[]).assert().code(3);
    let plan = json(&done.get_output().stdout);
    assert_eq!(plan["verdict"], "no_safe_plan");
    assert!(
        plan["reason"].as_str().unwrap().contains("40.0 kg"),
        "{plan}"
    );
    // 40 kg are 392 N.
    let remedies = plan["remedies"].to_string();
    assert!(
        remedies.contains("at least 393 N to lift, robot.max_hand_force is 250 N"),
        "{remedies}"
    );
    assert!(plan.get("executed").is_none());
}

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
    assert_eq!(report["steps"][1]["box"], "high");
    assert_eq!(report["repaired"]["steps"][0]["box"], "high");
}

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
    says(
        &mut scene_only.topple("what-if", &["--push", "high=1,0,0", "--model", "nowhere"]),
        "Leave one",
    );
}

/// The numbers of an object's fields, in order.
fn numbers(object: &Value, fields: &[&str]) -> Vec<f64> {
    fields
        .iter()
        .map(|f| {
            object[f]
                .as_f64()
                .unwrap_or_else(|| panic!("{f}: {object}"))
        })
        .collect()
}

fn assert_near(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 1e-9, "{a} and {b}");
    }
}

#[test]
fn the_grasps_for_moveit_are_those_of_the_plan_and_approach_along_the_hands_z() {
    let folder = Folder::with_task("task: {kind: retrieve, box: low}");
    let file = folder.path("grasps.yaml");
    let done = folder
        .topple("plan", &["--moveit", &file.display().to_string()])
        .assert()
        .code(0);
    let plan = json(&done.get_output().stdout);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# Grasps for `tiny`"), "{text}");
    let written: Value = serde_saphyr::from_str(&text).unwrap();
    let grasps = written["grasps"].as_array().unwrap();
    let steps = plan["steps"].as_array().unwrap();
    assert_eq!(grasps.len(), steps.len());
    for (grasp, step) in grasps.iter().zip(steps) {
        let pose = &grasp["grasp_pose"]["pose"];
        assert_eq!(grasp["grasp_pose"]["header"]["frame_id"], "world");
        let position = numbers(&pose["position"], &["x", "y", "z"]);
        let q = numbers(&pose["orientation"], &["x", "y", "z", "w"]);
        let list = |v: &Value| serde_json::from_value::<Vec<f64>>(v.clone()).unwrap();
        assert_near(&position, &list(&step["grasp"]["position"]));
        assert_near(&q, &list(&step["grasp"]["rotation"]));
        let closes = |k: &&Value| k["grip"] == "closed";
        let key = step["motion"].as_array().unwrap().iter().find(closes);
        for (a, b) in position.iter().zip(list(&key.unwrap()["position"])) {
            assert!((a - b).abs() < 1e-6, "the hand grips where the pose is");
        }
        // The third column of the rotation matrix.
        let [x, y, z, w] = q.try_into().unwrap();
        let hand_z = [
            2.0 * (x * z + w * y),
            2.0 * (y * z - w * x),
            1.0 - 2.0 * (x * x + y * y),
        ];
        let approach = &grasp["pre_grasp_approach"];
        let along = numbers(&approach["direction"]["vector"], &["x", "y", "z"]);
        assert_near(&along, &hand_z);
        assert_near(&numbers(approach, &["desired_distance"]), &[0.10]);
        let bound = step["risk_bound"].as_f64().unwrap();
        assert_near(&numbers(grasp, &["grasp_quality"]), &[1.0 - bound]);
        let retreat = &grasp["post_grasp_retreat"];
        assert!(retreat["desired_distance"].as_f64().unwrap() > 0.0);
        assert_eq!(grasp["allowed_touch_objects"][0], step["box"]);
        // A cup has no joints.
        assert_eq!(grasp["grasp_posture"]["joint_names"], serde_json::json!([]));
    }
}

#[test]
fn a_jaw_comes_in_and_backs_off_by_more_than_its_fingers_are_long() {
    let cup = "{kind: suction, cup_radius: 0.04, max_pull: 180, max_shear: 120}";
    let jaw = "{kind: parallel_jaw, max_opening: 0.4, max_force: 150, finger: [0.02, 0.06, 0.12], pad_friction: 0.8}";
    let folder = Folder::with_task("task: {kind: retrieve, box: high}");
    let text = std::fs::read_to_string(folder.path("task.yaml")).unwrap();
    std::fs::write(folder.path("task.yaml"), text.replace(cup, jaw)).unwrap();
    let file = folder.path("grasps.yaml");
    let rest = ["--moveit", &file.display().to_string()];
    folder.topple("plan", &rest).assert().code(0);
    let written: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    for way in ["pre_grasp_approach", "post_place_retreat"] {
        let long = written["grasps"][0][way]["desired_distance"].as_f64();
        assert!(long.unwrap() > 0.13, "{way}: {long:?}");
    }
}

#[test]
fn where_nothing_is_safe_the_file_for_moveit_holds_no_grasp_and_the_advice_was_asked_about() {
    let heavy = SCENE.replace("mass: 1}", "mass: 25}");
    let folder = Folder::with_task("");
    let text = format!("{heavy}task: {{kind: retrieve, box: low}}\n");
    std::fs::write(folder.path("task.yaml"), text).unwrap();
    let file = folder.path("grasps.yaml");
    std::fs::write(&file, "of an older plan").unwrap();
    let done = folder
        .topple("plan", &["--moveit", &file.display().to_string()])
        .assert()
        .code(3);
    let written: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(written["grasps"], serde_json::json!([]));
    let plan = json(&done.get_output().stdout);
    let advice = plan["advice"].as_array().unwrap();
    let without = advice
        .iter()
        .find(|a| a["change"] == "without_boxes")
        .unwrap();
    assert_eq!(without["boxes"], serde_json::json!(["high"]));
    assert_eq!(without["possible"], true, "{without}");
    assert_eq!(without["by_itself"], false);
    assert_eq!(without["steps"], serde_json::json!(["low"]));
    let asked = |change: &str| advice.iter().any(|a| a["change"] == change);
    assert!(asked("other_gripper") && asked("stronger_gripper"));
}

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
    for key in ["risk", "risk_bound", "risk_by_accident", "largest_safe"] {
        assert_eq!(answer.get(key), Some(&Value::Null), "{key}");
    }

    let path = folder.path("steps.yaml");
    let vetted = folder.topple("vet", &[path.to_str().unwrap()]);
    let answer = json(&{ vetted }.assert().code(3).get_output().stdout);
    assert_eq!(
        (&answer["verdict"], &answer["steps"]),
        (&"unsafe".into(), &Value::Array(vec![]))
    );
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

#[test]
fn a_horizon_ends_what_is_imagined_and_a_placement_is_told_to_its_end_all_the_same() {
    let imagined = |task: &str, horizon: usize| {
        let folder = Folder::with_task(task);
        let path = folder.path("task.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("kind: cem,", &format!("kind: cem, horizon: {horizon},"));
        std::fs::write(&path, text).unwrap();
        let mut run = Command::cargo_bin("topple").unwrap();
        run.arg("plan").arg(&path).arg("--json");
        let plan = json(&run.assert().success().get_output().stdout);
        plan["steps"][0].clone()
    };
    let frames = |step: &Value| step["imagined"].as_array().unwrap().len();
    let retrieve = "task: {kind: retrieve, box: high}";
    // The scene as it is seen, and a frame for each stride; ten strides are all there are.
    assert_eq!(frames(&imagined(retrieve, 2)), 3);
    assert_eq!(frames(&imagined(retrieve, 64)), 11);
    let to = [0.6, 0.2, 0.1];
    let placed = imagined(
        "task: {kind: move, box: high, to: {position: [0.6, 0.2, 0.1]}}",
        2,
    );
    let last = placed["imagined"].as_array().unwrap().last().unwrap();
    let at = &last["boxes"]["high"]["position"];
    for (k, wanted) in to.iter().enumerate() {
        assert!((at[k].as_f64().unwrap() - wanted).abs() < 1e-6, "{at}");
    }
    let motion = placed["motion"].as_array().unwrap();
    assert_eq!(last["t"], motion.last().unwrap()["t"]);
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

#[test]
fn a_budget_that_is_written_out_is_kept_on_the_sandbox_too() {
    let folder = Folder::with_task("task: {kind: retrieve, box: high}");
    let written = std::fs::read_to_string(folder.path("task.yaml")).unwrap();
    let own = "planner: {kind: cem, screen: 8, imagine: 3, iterations: 1, elites: 2}\n";
    let spelled =
        "planner: {kind: cem, horizon: 8, screen: 256, imagine: 64, iterations: 4, elites: 8}\n";
    let tried = |planner: &str| {
        let text = written.replace(own, planner);
        std::fs::write(folder.path("task.yaml"), text).unwrap();
        let done = folder.topple("plan", &[]).assert().code(0);
        let object = json(&done.get_output().stdout);
        object["steps"][0]["motion"].clone()
    };
    // What topple asks of the sandbox by itself is less than what it asks of the model.
    assert_ne!(tried(""), tried(spelled));
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
