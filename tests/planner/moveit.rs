//! The grasps that `plan --moveit` writes for a program that moves a real arm.

use serde_json::Value;

use super::support::{Folder, SCENE, json};

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

#[cfg(target_os = "linux")]
#[test]
fn grasps_that_go_to_stdout_have_it_to_themselves() {
    let folder = Folder::with_task("task: {kind: retrieve, box: high}");
    let stdout = ["--moveit", "/dev/stdout"];
    let mut plan = std::process::Command::new(env!("CARGO_BIN_EXE_topple"));
    plan.arg("plan").arg(folder.path("task.yaml")).args(stdout);
    let done = plan.output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let text = String::from_utf8(done.stdout).unwrap();
    let written: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(written["grasps"].as_array().unwrap().len(), 1);
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.contains("retrieve `high`"), "{said}");
    let both = plan.arg("--json").output().unwrap();
    assert_eq!(both.status.code(), Some(2), "{both:?}");
}
