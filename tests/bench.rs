//! `topple bench` from outside: its fields are there and its numbers make sense. No time is judged.

use assert_cmd::Command;
use serde_json::Value;

/// What is timed here is as little as can be.
const LITTLE: [&str; 14] = [
    "--steps",
    "5",
    "--rounds",
    "1",
    "--beliefs",
    "1",
    "--batch",
    "4",
    "--cases",
    "2",
    "--draws",
    "2",
    "--train-steps",
    "1",
];

fn bench(rest: &[&str]) -> Value {
    let done = Command::cargo_bin("topple")
        .expect("the binary")
        .arg("bench")
        .args(LITTLE)
        .args(rest)
        .arg("--json")
        .assert()
        .code(0);
    serde_json::from_slice(&done.get_output().stdout).expect("one JSON object")
}

fn assert_positive(object: &Value, fields: &[&str]) {
    for field in fields {
        let number = object[field].as_f64();
        let fine = number.is_some_and(|x| x.is_finite() && x > 0.0);
        assert!(fine, "{field} of {object}");
    }
}

#[test]
fn the_sandbox_is_timed_on_four_stacks_apart_and_touching_and_nothing_else_is_when_only_it_is_asked_for()
 {
    let report = bench(&["--only", "sandbox"]);
    for (part, gap_m) in [("sandbox", 0.004), ("sandbox_touching", 0.0)] {
        let stacks = report[part].as_array().unwrap();
        let boxes: Vec<u64> = stacks
            .iter()
            .map(|s| s["boxes"].as_u64().unwrap())
            .collect();
        assert_eq!(boxes, [8, 20, 60, 100]);
        for stack in stacks {
            assert_eq!(stack["gap_m"], gap_m);
            let fields = ["steps_per_s", "episodes_per_s", "real_time_factor"];
            assert_positive(stack, &fields);
        }
    }
    for part in ["model", "risk_query", "plan_ms", "train", "growth"] {
        assert!(report.get(part).is_none(), "{part}");
    }
}

#[test]
fn a_risk_has_both_prices_and_the_ratio_is_theirs() {
    let report = bench(&["--only", "risk"]);
    for split in ["standard", "hard"] {
        let query = &report["risk_query"][split];
        assert_positive(query, &["learned_us", "sandbox_us", "ratio"]);
        let draws = query["sandbox_draws"].as_u64().unwrap();
        assert!(draws.is_power_of_two() && draws <= 2, "{query}");
        let number = |field: &str| query[field].as_f64().unwrap();
        let ratio = number("sandbox_us") / number("learned_us");
        assert!((number("ratio") / ratio - 1.0).abs() < 1e-9);
        let is_as_good = number("sandbox_brier") <= number("learned_brier");
        assert_eq!(query["reached"], is_as_good);
        assert_eq!(query["cases"], 2);
    }
}

#[test]
fn the_model_the_planner_and_training_have_their_figures() {
    let model = bench(&["--only", "model"]);
    assert_positive(&model["model"], &["screen_us", "imagine_us"]);
    assert_eq!(model["model"]["batch"], 4);
    let growth = model["growth"].as_array().unwrap();
    let boxes = |g: &Value| g["boxes"].as_u64().unwrap();
    assert_eq!(growth.first().map(boxes), Some(5));
    assert_eq!(growth.last().map(boxes), Some(100));
    for g in growth {
        assert_positive(g, &["screen_us", "contacts", "edges"]);
    }
    let plan = &bench(&["--only", "plan"])["plan_ms"];
    assert_positive(plan, &["p50", "p95"]);
    assert_positive(&plan["unshielded"], &["p50", "p95"]);
    assert_positive(&plan["large"]["shielded"], &["p50", "p95"]);
    let train = &bench(&["--only", "train"])["train"];
    assert_positive(train, &["transitions_per_s", "episodes_per_s", "step_ms"]);
    assert_positive(train, &["batch", "parameters", "nodes", "edges"]);
    assert_positive(train, &["batch_ms", "judge_ms", "imagine_ms"]);
    assert_positive(train, &["judge_step_ms", "both_step_ms"]);
}

#[test]
fn an_unknown_part_and_a_model_for_a_part_that_asks_for_none_are_bad_usage() {
    for rest in [
        &["everything"][..],
        &["sandbox", "--model", "nowhere"],
        &["train", "--model", "nowhere"],
        &["train", "--device", "cpu"],
    ] {
        let done = Command::cargo_bin("topple")
            .expect("the binary")
            .args(["bench", "--only"])
            .args(rest)
            .assert()
            .code(2);
        assert!(done.get_output().stdout.is_empty());
    }
}
