//! `plan`: the order of the steps, the same bytes each time, refusals, and the budget that a task file sets.

use assert_cmd::Command;
use serde_json::Value;

use super::support::{Folder, SCENE, json, without_times};

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
fn what_was_put_down_is_told_with_how_far_it_is_from_its_target() {
    let folder =
        Folder::with_task("task: {kind: move, box: high, to: {position: [0.6, 0.2, 0.1]}}");
    let done = folder.topple("plan", &["--execute"]).assert().code(0);
    let plan = json(&done.get_output().stdout);
    let placed = &plan["executed"]["placed"];
    assert_eq!(placed.as_array().unwrap().len(), 1, "{placed}");
    assert_eq!(
        (&placed[0]["box"], &placed[0]["step"]),
        (&"high".into(), &0.into())
    );
    // It is seen to 2 mm, so that it cannot be put down exactly.
    let off = placed[0]["off_m"].as_f64().unwrap();
    assert!(off > 0.0 && off < 0.02, "{placed}");
    let turned = placed[0]["off_deg"].as_f64().unwrap();
    assert!((0.0..5.0).contains(&turned), "{placed}");
}

#[test]
fn a_box_is_put_into_a_shelf_from_the_side_that_is_open() {
    let mut command = Command::cargo_bin("topple").unwrap();
    let task = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/into-shelf.yaml");
    command.args(["plan", task, "--execute", "--json", "--no-advice"]);
    let done = command.assert().code(0);
    let plan = json(&done.get_output().stdout);
    assert_eq!(plan["steps"][0]["grasp"]["face"], "back");
    assert_eq!(plan["executed"]["success"], true);
    let off = plan["executed"]["placed"][0]["off_m"].as_f64().unwrap();
    assert!(off < 0.02, "{off} m");
}

#[test]
fn a_box_that_stands_where_it_shall_is_left_there_and_told_with_how_far_it_is_off() {
    let at = "task: {kind: move, box: high, to: {position: [0.033, 0, 0.3]}}";
    let folder = Folder::with_task(at);
    let done = folder.topple("plan", &["--execute"]).assert().code(0);
    let plan = json(&done.get_output().stdout);
    assert_eq!(plan["steps"].as_array().unwrap().len(), 0);
    assert_eq!(plan["executed"]["success"], true);
    let mut command = Command::cargo_bin("topple").unwrap();
    command.arg("plan").arg(folder.path("task.yaml"));
    let told = command.args(["--dynamics", "sandbox"]).assert().code(0);
    let text = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
    assert!(
        text.contains("nothing is left to do, it is seen 3.0 mm"),
        "{text}"
    );
}

#[test]
fn a_task_that_names_no_gripper_is_told_which_is_assumed() {
    let folder = Folder::with_task("");
    let (scene, _) = SCENE.split_once("robot:").unwrap();
    let budget = SCENE.lines().last().unwrap();
    let text = format!("{scene}{budget}\ntask: {{kind: retrieve, box: high}}\n");
    std::fs::write(folder.path("task.yaml"), text).unwrap();
    let told = |rest: &[&str]| {
        let done = folder.topple(rest[0], &rest[1..]).assert().code(0);
        String::from_utf8_lossy(&done.get_output().stderr).contains("names no gripper")
    };
    assert!(told(&["plan"]));
    assert!(told(&["what-if", "--grasp", "high/top"]));
    // No hand takes part.
    assert!(!told(&["what-if", "--nudge", "high=0.005,0,0"]));
}

#[test]
fn a_plan_and_a_refusal_are_the_same_bytes_on_one_thread_and_on_two() {
    let folder = Folder::with_task("task: {kind: retrieve, box: high}");
    let heavy = Folder::with_task("");
    let text = SCENE.replace("mass: 1}", "mass: {min: 20, max: 40}}");
    let text = format!("{text}task: {{kind: retrieve, box: high}}\n");
    std::fs::write(heavy.path("task.yaml"), text).unwrap();
    for (folder, code) in [(folder, 0), (heavy, 3)] {
        let run = |threads: &str| {
            let mut command = folder.topple("plan", &["--seed", "5"]);
            let command = command.env("RAYON_NUM_THREADS", threads);
            without_times(&command.assert().code(code).get_output().stdout)
        };
        let alone = run("1");
        assert_eq!(alone, run("2"));
        // A refusal is told with what was asked about.
        assert_eq!(alone["advice"].is_array(), code == 3);
    }
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
