//! Where nothing is safe or nothing is known: no plan, and why.

use super::*;

#[test]
fn when_nothing_is_safe_the_planner_refuses_and_says_why_and_what_would_help() {
    let fake = Fake {
        cursed: ["low", "mid", "high"].map(String::from).to_vec(),
        ..Fake::default()
    };
    let plan = planned(&fake, None, &retrieve("low"));
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    assert!(plan.steps.is_empty());
    assert!(plan.risk_bound > 0.5);
    let reason = plan.reason.expect("a reason");
    assert!(reason.contains("tilt"), "{reason}");
    assert!(plan.remedies.iter().any(|r| r.contains("`mid`")));
    assert!(plan.rejected.iter().any(|r| r.reason.kind() == "risky"));
}

#[test]
fn a_prediction_that_is_not_finite_is_a_failed_candidate_and_never_wins() {
    let fake = Fake {
        lost: vec!["high".into()],
        ..Fake::default()
    };
    let plan = planned(&fake, None, &retrieve("high"));
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    assert!(
        plan.rejected
            .iter()
            .any(|r| r.reason.kind() == "unpredicted")
    );
}

#[test]
fn a_bound_a_hair_over_the_limit_does_not_read_as_equal_to_it() {
    let risk = Risk {
        risk: 0.012,
        bound: 0.0203,
        by_accident: [0.012, 0.0, 0.0, 0.0, 0.0],
        path_length: 0.0,
        peak_speed: 0.0,
        disagreement: 0.0,
    };
    let told = Reason::risky(&risk, 0.02).to_string();
    assert!(told.contains("0.0203, the limit 0.02"), "{told}");
}

#[test]
fn what_a_judge_abstains_on_is_not_told_as_an_accident() {
    let risk = |risk: f64, bound: f64| Risk {
        risk,
        bound,
        by_accident: [risk, 0.0, 0.0, 0.0, 0.0],
        path_length: 0.0,
        peak_speed: 0.0,
        disagreement: 0.0,
    };
    let unfamiliar = Reason::risky(&risk(0.012, 1.0), 0.02);
    assert_eq!(unfamiliar.kind(), "unfamiliar");
    assert!(unfamiliar.to_string().contains("nothing bounds its risk"));
    assert_eq!(Reason::risky(&risk(0.9, 1.0), 0.02).kind(), "risky");
}
