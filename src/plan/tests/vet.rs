//! Somebody else's steps.

use super::*;
use crate::plan::vet;

#[test]
fn vetting_finds_the_first_unsafe_step_and_repairs_the_order() {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let remove = |id: &str| vet::StepToVet {
        box_id: id.into(),
        target: None,
        filter: GraspFilter::default(),
    };
    let steps = [remove("high"), remove("low"), remove("mid"), remove("mid")];
    let judged = vet::vet(&planner, &tower(), &steps).unwrap();
    let verdicts: Vec<Verdict> = judged.iter().map(|j| j.verdict).collect();
    use Verdict::{NoSafePlan, Safe};
    assert_eq!(verdicts, [Safe, NoSafePlan, Safe, NoSafePlan]);
    assert!(judged[3].why.contains("no longer there"));
    let repaired = vet::repair(&planner, &tower(), &steps).unwrap();
    assert_eq!(repaired.verdict, Safe);
    assert_eq!(order(&repaired), ["high", "mid", "low"]);
}

#[test]
fn a_step_that_the_draws_speak_against_is_told_with_the_risk_that_they_saw() {
    let fake = Fake::default();
    let strict = Fake {
        cursed: vec!["high".into()],
        ..Fake::default()
    };
    let steps = [vet::StepToVet {
        box_id: "high".into(),
        target: None,
        filter: GraspFilter::default(),
    }];
    // Four draws at once, which weigh more than what was judged.
    let shield = Shield {
        physics: &strict,
        draws: 8,
    };
    let planner = Planner {
        shield: Some(shield),
        ..planner(&fake, None)
    };
    let judged = vet::vet(&planner, &tower(), &steps).unwrap();
    assert_eq!(judged[0].verdict, Verdict::NoSafePlan);
    assert!(
        judged[0].why.contains("the check found"),
        "{}",
        judged[0].why
    );
    let risk = judged[0].step.as_ref().unwrap().risk;
    assert!(risk.risk > 0.5 && risk.bound >= risk.risk, "{risk:?}");
}
