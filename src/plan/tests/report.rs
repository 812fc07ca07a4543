//! What a plan prints.

use super::toy::Toy;
use super::*;
use crate::plan::report;

#[test]
fn a_plans_json_holds_the_keys_of_the_design_and_what_replay_needs() {
    let mut toy = Toy::new(tower());
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let plan = planner.plan(&tower(), &retrieve("mid")).unwrap();
    let done = execute(&planner, &mut toy, &retrieve("mid"), &plan).unwrap();
    let asked = report::Asked {
        task: "tower".into(),
        seed: 7,
        dynamics: "learned".into(),
        model: report::ModelReport {
            name: "fake".into(),
            hash: "0".into(),
        },
    };
    let report = report::PlanReport::new(asked, &tower(), &plan, Some(&done));
    let json = serde_json::to_value(&report).unwrap();
    // Those of design, section 3; there may be more.
    let has = |at: &serde_json::Value, keys: &str| {
        for key in keys.split(' ') {
            assert!(at.get(key).is_some(), "{key} is missing in {at}");
        }
    };
    has(
        &json,
        "version task seed verdict risk risk_bound dynamics model steps rejected executed timing_ms",
    );
    has(&json["model"], "name hash");
    let step = &json["steps"][0];
    has(
        step,
        "action box grasp risk risk_bound risk_by_accident motion imagined",
    );
    has(&step["grasp"], "gripper face position rotation");
    has(&step["risk_by_accident"], "disturb tilt drop crush strike");
    has(&step["motion"][0], "t position rotation grip");
    has(&step["imagined"][0], "t boxes");
    has(&step["imagined"][0]["boxes"]["low"], "position rotation");
    has(&json["rejected"][0], "box grasp reason risk");
    has(
        &json["executed"],
        "success accidents path_length peak_speed",
    );
    has(&json["timing_ms"], "total propose screen imagine verify");
    assert_eq!(json["verdict"], "safe");
    assert_eq!(json["steps"][0]["box"], "high");
    assert_eq!(json["steps"][0]["action"], "remove");
    assert_eq!(json["steps"][0]["motion"][0]["grip"], "open");
    assert!(json["steps"][0]["imagined"][0]["boxes"]["low"]["position"].is_array());
    assert!(json["steps"][0]["risk_by_accident"]["strike"].is_number());
    assert_eq!(json["scene"]["boxes"]["aside"]["size"][2], 0.2);
    assert_eq!(json["executed"]["success"], true);
    assert!(json["timing_ms"]["verify"].is_number());
}
