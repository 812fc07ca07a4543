//! Somebody else's steps.

use super::*;
use crate::plan::repair::repair;
use crate::plan::vet;

fn removal(id: &str) -> vet::StepToVet {
    vet::StepToVet {
        box_id: id.into(),
        target: None,
        filter: GraspFilter::default(),
    }
}

#[test]
fn vetting_finds_the_first_unsafe_step_and_repairs_the_order() {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let steps = [
        removal("high"),
        removal("low"),
        removal("mid"),
        removal("mid"),
    ];
    let judged = vet::vet(&planner, &tower(), &steps).unwrap();
    let verdicts: Vec<Verdict> = judged.iter().map(|j| j.verdict).collect();
    use Verdict::{NoSafePlan, Safe};
    assert_eq!(verdicts, [Safe, NoSafePlan, Safe, NoSafePlan]);
    assert!(judged[3].why.contains("no longer there"));
    let repaired = repair(&planner, &tower(), &steps, &[]).unwrap();
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
    let steps = [removal("high")];
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
        judged[0].why.contains("the check found an accident"),
        "{}",
        judged[0].why
    );
    let risk = judged[0].step.as_ref().unwrap().risk;
    assert!(risk.risk > 0.5 && risk.bound >= risk.risk, "{risk:?}");
}

#[test]
fn steps_that_are_safe_one_by_one_are_held_against_the_limit_on_the_whole() {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let steps = ["high", "mid", "low"].map(removal);
    let free = planner.plan(&tower(), &retrieve("low")).unwrap();
    let mut cell = tower();
    cell.safety.max_plan_risk = Some(0.8 * free.risk_bound);
    let judged = vet::vet(&planner, &cell, &steps).unwrap();
    let verdicts: Vec<Verdict> = judged.iter().map(|j| j.verdict).collect();
    use Verdict::{NoSafePlan, Safe};
    assert_eq!(verdicts, [Safe, Safe, NoSafePlan]);
    assert!(
        judged[2].why.contains("the plan's bound"),
        "{}",
        judged[2].why
    );
    let repaired = repair(&planner, &cell, &steps, &[]).unwrap();
    assert_eq!(repaired.verdict, NoSafePlan);
}

#[test]
fn a_repair_whose_second_goal_stands_on_nothing_is_a_refusal_and_no_error() {
    // Only the scene as it is; what is left once `high` is gone is said to fall.
    let fake = Fake {
        standing: 1,
        ..Fake::default()
    };
    let planner = planner(&fake, None);
    let steps = [
        vet::StepToVet {
            box_id: "high".into(),
            target: None,
            filter: GraspFilter::default(),
        },
        vet::StepToVet {
            box_id: "mid".into(),
            target: Some(level(Vec3::new(-0.8, 0.0, 0.1), 0.0)),
            filter: GraspFilter::default(),
        },
    ];
    let repaired = repair(&planner, &tower(), &steps[..], &[]);
    let why = repaired.unwrap().reason.unwrap_or_default();
    assert!(why.contains("does not stand"), "{why}");
}

#[test]
fn a_repair_puts_a_box_elsewhere_before_what_it_rests_on_is_taken_out() {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let target = level(Vec3::new(0.0, 0.8, 0.1), 0.0);
    let step = |id: &str, target| vet::StepToVet {
        box_id: id.into(),
        target,
        filter: GraspFilter::default(),
    };
    // Pulled out from under it, then put elsewhere; and in the right order, the first step by a face that is no good.
    for steps in [
        [step("mid", None), step("high", Some(target))],
        [step("high", Some(target)), step("mid", None)],
    ] {
        let repaired = repair(&planner, &tower(), &steps, &[]).unwrap();
        assert_eq!(repaired.verdict, Verdict::Safe, "{:?}", repaired.reason);
        assert_eq!(order(&repaired), ["high", "mid"]);
        let first = &repaired.steps[0].step.action;
        assert!(matches!(first, Action::Place { .. }), "{first:?}");
    }
}

#[test]
fn a_repair_moves_a_box_before_what_it_rests_on_unless_it_is_to_rest_on_it_again() {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let step = |id: &str, [x, z]: [f64; 2]| vet::StepToVet {
        box_id: id.into(),
        target: Some(level(Vec3::new(x, 0.8, z), 0.0)),
        filter: GraspFilter::default(),
    };
    let steps = [step("mid", [0.0, 0.1]), step("high", [1.0, 0.1])];
    let repaired = repair(&planner, &tower(), &steps, &[]).unwrap();
    assert_eq!(repaired.verdict, Verdict::Safe, "{:?}", repaired.reason);
    assert_eq!(order(&repaired), ["high", "mid"]);
    // Where it is to stand on that again, neither can go first.
    let steps = [step("mid", [0.0, 0.1]), step("high", [0.0, 0.3])];
    let repaired = repair(&planner, &tower(), &steps, &[]).unwrap();
    assert_eq!(repaired.verdict, Verdict::NoSafePlan);
}

#[test]
fn a_repair_that_would_take_out_a_box_which_is_to_stand_elsewhere_is_a_refusal() {
    // `high` cannot be put anywhere before `mid`, on which it comes to rest again, is gone.
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let step = |id: &str, target| vet::StepToVet {
        box_id: id.into(),
        target,
        filter: GraspFilter::default(),
    };
    let back = level(Vec3::new(0.02, 0.0, 0.5), 0.0);
    let steps = [step("high", Some(back)), step("mid", None)];
    let repaired = repair(&planner, &tower(), &steps, &[]).unwrap();
    assert_eq!(repaired.verdict, Verdict::NoSafePlan);
    let why = repaired.reason.unwrap_or_default();
    assert!(why.contains("`high`, which is to stand elsewhere"), "{why}");
}

#[test]
fn a_box_that_is_put_aside_for_another_and_then_back_is_put_aside_in_the_repair() {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let step = |id: &str, at: Option<[f64; 3]>| vet::StepToVet {
        box_id: id.into(),
        target: at.map(|at| level(Vec3::from(at), 0.0)),
        filter: GraspFilter::default(),
    };
    let aside = step("high", Some([0.0, 0.8, 0.1]));
    // To where `mid` was, which it rests on until then.
    let back = step("high", Some([0.0, 0.0, 0.3]));
    let steps = [aside.clone(), step("mid", None), back];
    let repaired = repair(&planner, &tower(), &steps, &[]).unwrap();
    assert_eq!(repaired.verdict, Verdict::Safe, "{:?}", repaired.reason);
    assert_eq!(order(&repaired), ["high", "mid", "high"]);
    // What is taken out in the end need not stand anywhere; what need not be put aside is not.
    let steps = [aside.clone(), step("mid", None), step("high", None)];
    let repaired = repair(&planner, &tower(), &steps, &[]).unwrap();
    assert_eq!(repaired.verdict, Verdict::Safe, "{:?}", repaired.reason);
    assert_eq!(order(&repaired), ["high", "mid"]);
}

#[test]
fn a_repair_takes_away_first_what_stands_where_another_is_to() {
    let fake = Fake::default();
    let step = |id: &str, at: Option<[f64; 3]>| vet::StepToVet {
        box_id: id.into(),
        target: at.map(|at| level(Vec3::from(at), 0.0)),
        filter: GraspFilter::default(),
    };
    let steps = [step("high", Some([1.0, 0.0, 0.1])), step("aside", None)];
    let repaired = repair(&planner(&fake, None), &tower(), &steps, &[]).unwrap();
    assert_eq!(repaired.verdict, Verdict::Safe, "{:?}", repaired.reason);
    assert_eq!(order(&repaired), ["aside", "high"]);
}

#[test]
fn a_repair_of_a_target_in_the_air_says_so() {
    let fake = Fake::default();
    let steps = [vet::StepToVet {
        box_id: "aside".into(),
        target: Some(level(Vec3::new(0.0, 0.8, 0.3), 0.0)),
        filter: GraspFilter::default(),
    }];
    let repaired = repair(&planner(&fake, None), &tower(), &steps, &[]).unwrap();
    let why = repaired.reason.unwrap_or_default();
    assert!(
        why.contains("`aside`, where it is to stand, hovers 200.0 mm"),
        "{why}"
    );
}

#[test]
fn a_target_in_the_ground_or_in_the_air_is_told_and_not_tried() {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let judged = [0.05, 0.3].map(|z| {
        let steps = [vet::StepToVet {
            box_id: "aside".into(),
            target: Some(level(Vec3::new(0.0, 0.8, z), 0.0)),
            filter: GraspFilter::default(),
        }];
        vet::vet(&planner, &tower(), &steps).unwrap().remove(0)
    });
    let [sunk, hovering] = judged;
    assert_eq!(sunk.verdict, Verdict::NoSafePlan);
    assert!(
        sunk.why.contains("overlaps the ground by 50.0 mm"),
        "{}",
        sunk.why
    );
    assert_eq!(hovering.verdict, Verdict::NoSafePlan);
    assert!(hovering.why.contains("hovers 200.0 mm"), "{}", hovering.why);
}

#[test]
fn a_box_that_was_found_misjudged_when_it_was_vetted_has_to_pass_all_draws_in_the_repair() {
    let sure = Fake::default();
    let hasty = Fake {
        cursed: vec!["high".into()],
        ..Fake::default()
    };
    let steps = [removal("high")];
    let vetted = vet::vet(&planner(&sure, Some(&hasty)), &tower(), &steps).unwrap();
    assert!(vetted[0].misjudged);
    let draws = |misjudged: &[String]| {
        let plan = repair(&planner(&sure, Some(&sure)), &tower(), &steps, misjudged).unwrap();
        plan.steps[0].shield.map(|w| w.draws)
    };
    assert_eq!((draws(&[]), draws(&["high".into()])), (Some(4), Some(24)));
}

#[test]
fn a_misjudged_box_that_is_taken_later_in_the_repair_has_to_pass_all_draws_too() {
    let sure = Fake::default();
    let planner = planner(&sure, Some(&sure));
    let steps = [removal("high"), removal("mid")];
    let plan = repair(&planner, &tower(), &steps, &["mid".into()]).unwrap();
    assert_eq!(order(&plan), ["high", "mid"]);
    assert_eq!(draws(&plan), [Some(4), Some(24)]);
}
