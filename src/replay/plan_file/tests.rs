//! Plans that are whole, cut short, of another version, or no plans.

use serde_json::{Value, json};

use super::*;
use crate::replay::RecordedFrame;

fn at(z: f64) -> Value {
    json!({"position": [0, 0, z], "rotation": [0, 0, 0, 1]})
}

fn down(t: f64, z: f64, grip: &str) -> Value {
    json!({"t": t, "position": [0, 0, z], "rotation": [1, 0, 0, 0], "grip": grip})
}

/// `b` stands on `a`; the plan takes `b`, then `a`.
pub(in crate::replay) fn plan() -> Value {
    let step = |id: &str, z: f64, boxes: Value| {
        json!({
            "action": "remove", "box": id, "risk": 0.01, "risk_bound": 0.015,
            "grasp": {"gripper": "suction", "face": "top"},
            "motion": [down(0.0, 1.0, "open"), down(1.0, z + 0.1, "closed"), down(2.0, z + 0.5, "closed")],
            "imagined": [{"t": 1.0, "boxes": boxes}],
        })
    };
    json!({
        "version": 1, "task": "two", "verdict": "safe",
        "scene": {
            "fixtures": [],
            "boxes": {
                "a": {"size": [0.3, 0.3, 0.2], "position": [0, 0, 0.1], "rotation": [0, 0, 0, 1]},
                "b": {"size": [0.3, 0.3, 0.2], "position": [0, 0, 0.3], "rotation": [0, 0, 0, 1]},
            },
        },
        "steps": [
            step("b", 0.3, json!({"a": at(0.1), "b": at(0.3)})),
            step("a", 0.1, json!({"a": at(0.1)})),
        ],
    })
}

/// The same, carried out: `a` tilts a little late.
pub(in crate::replay) fn executed_plan() -> Value {
    let mut plan = plan();
    let hand_at = |z: f64| json!({"position": [0, 0, z], "rotation": [1, 0, 0, 0]});
    let (home, hand) = (hand_at(1.0), hand_at(0.4));
    let both = json!({"a": at(0.1), "b": at(0.3)});
    plan["executed"] = json!({
        "success": false,
        "taken": plan["steps"],
        "accidents": [{"kind": "tilt", "box": "a", "step": 1, "t": 1.2}],
        "frames": [
            {"t": 0.0, "step": 0, "boxes": both, "hand": home},
            {"t": 1.0, "step": 0, "boxes": both, "hand": hand},
            {"t": 1.25, "step": 0, "boxes": {"a": at(0.1), "b": at(0.4)}, "hand": hand},
            {"t": 1.5, "step": 0, "boxes": {"a": at(0.1), "b": at(0.5)}, "hand": null},
            {"t": 0.0, "step": 1, "boxes": {"a": at(0.1)}, "hand": home},
            {"t": 1.0, "step": 1, "boxes": {"a": at(0.1)}, "hand": hand},
            {"t": 1.5, "step": 1, "boxes": {"a": at(0.12)}, "hand": hand},
        ],
    });
    plan
}

#[test]
fn a_plan_that_was_not_carried_out_is_shown_as_it_is_imagined() {
    let recording = Recording::from_plan_json(&plan().to_string()).unwrap();
    assert_eq!(recording.origin, Origin::Imagined);
    let frame = |t: f64| recording.at(t);
    // The imagination ends at 1 s; after it the box goes with the hand that holds it.
    let b = frame(1.5).boxes[1].unwrap().translation.z;
    assert!((b - 0.5).abs() < 1e-6, "got {b}");
    let gone = |f: RecordedFrame| f.boxes.iter().filter(|b| b.is_none()).count();
    assert_eq!(gone(frame(3.0)), 1);
    assert_eq!(gone(frame(99.0)), 2);
}

#[test]
fn a_truncated_plan_says_that_it_is_cut_short_and_where() {
    let whole = plan().to_string();
    for cut in [1, whole.len() / 3, whole.len() - 1] {
        let error = Recording::from_plan_json(&whole[..cut]).unwrap_err();
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(error.to_string().contains("line 1"), "{error}");
        assert_eq!(help, "the file is cut short; plan again");
    }
}

#[test]
fn what_is_no_plan_a_future_plan_and_a_plan_without_scene_are_told_apart() {
    let told = |plan: Value| {
        let error = Recording::from_plan_json(&plan.to_string()).unwrap_err();
        error.to_string()
    };
    assert!(told(json!({"colour": "red"})).contains("no `version`"));
    assert!(told(json!([1, 2])).contains("no plan"));
    let mut future = plan();
    future["version"] = json!(7);
    assert!(told(future).contains("version 7"));
    let mut bare = plan();
    bare["scene"] = Value::Null;
    assert!(told(bare).contains("does not hold its scene"));
    // As `what-if` prints it.
    let answer = json!({"version": 1, "verdict": "safe", "action": {"kind": "nudge"}, "boxes": {}});
    let error = Recording::from_plan_json(&answer.to_string()).unwrap_err();
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(help.contains("`what-if` or `vet` is no plan"), "{help}");
    let mut stranger = plan();
    stranger["steps"][0]["box"] = json!("z");
    assert!(told(stranger).contains("`z` is not in the plan's scene"));
}

#[test]
fn poses_that_are_not_numbers_or_not_rotations_are_errors() {
    let told = |key: &str, value: Value| {
        let mut plan = plan();
        plan["scene"]["boxes"]["a"][key] = value;
        Recording::from_plan_json(&plan.to_string())
            .unwrap_err()
            .to_string()
    };
    assert!(told("position", json!([0, null, 0])).contains("null"));
    assert!(told("rotation", json!([0, 0, 0, 0])).contains("not a quaternion"));
    assert!(told("position", json!([1e300, 0, 0])).contains("finite number"));
    assert!(told("size", json!([0.1, -0.1, 0.1])).contains("size of a"));
}

#[test]
fn a_plan_from_elsewhere_sends_no_commands_to_a_terminal() {
    let hostile = |text: String| {
        ["b", "remove", "top", "two"]
            .iter()
            .fold(text, |text, word| {
                text.replace(
                    &format!("\"{word}\""),
                    &format!("\"{word}\\u001b[2J\\u0007\\u202e\""),
                )
            })
    };
    let is_obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    for plan in [plan(), executed_plan()] {
        let recording = Recording::from_plan_json(&hostile(plan.to_string())).unwrap();
        let shown = crate::replay::screen::text(&recording);
        assert!(shown.contains("b\\u{1b}[2J"), "{shown}");
        assert!(!shown.contains(is_obeyed), "{shown:?}");
    }
    let mut stranger = plan();
    stranger["steps"][0]["box"] = json!("c\u{1b}[2J");
    let mut foreign = executed_plan();
    foreign["executed"]["accidents"][0]["kind"] = json!("\u{1b}[2J");
    for plan in [stranger, foreign] {
        let error = Recording::from_plan_json(&plan.to_string()).unwrap_err();
        assert!(!error.to_string().contains(is_obeyed), "{error:?}");
    }
}
