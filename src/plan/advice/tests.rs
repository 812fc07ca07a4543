//! Advice on physics that fits on one screen.

use super::grippers::STRONGER;
use super::*;
use crate::grasp::fixtures_for_tests::{a_box, workcell};
use crate::plan::fake::Fake;
use crate::plan::{Objective, PlannerSettings};

const SIZE: [f64; 3] = [0.3, 0.3, 0.2];

fn asked(fake: &Fake, cell: &Workcell, id: &str) -> (Plan, Vec<Advice>) {
    let planner = Planner {
        dynamics: fake,
        shield: None,
        settings: PlannerSettings {
            screen: 48,
            imagine: 12,
            iterations: 2,
            ..PlannerSettings::default()
        },
        objective: Objective::default(),
        seed: 3,
    };
    let goal = Goal::Retrieve { box_id: id.into() };
    let plan = planner.plan(cell, &goal).unwrap();
    let named = std::sync::Mutex::new(Vec::new());
    let advice = advise(&planner, cell, &goal, &plan, |what| {
        named.lock().unwrap().push(what.to_owned());
    })
    .unwrap();
    let named = named.into_inner().unwrap();
    // Whoever waits is told what is asked about, before the answer.
    for advice in &advice {
        if let Change::WithoutBoxes { boxes, .. } = &advice.change {
            let what = format!("without `{}`", boxes.join("`, `"));
            assert!(named.contains(&what), "{named:?}");
        }
    }
    (plan, advice)
}

fn pair(mass_of_high: f64) -> Workcell {
    let boxes = vec![
        a_box("low", SIZE, [0.0, 0.0, 0.1], 0.6),
        a_box("high", SIZE, [0.0, 0.0, 0.3], mass_of_high),
    ];
    workcell(boxes, vec![])
}

#[test]
fn a_box_that_cannot_be_taken_is_left_to_somebody_else_and_then_the_goal_is_safe() {
    let fake = Fake {
        cursed: vec!["high".into()],
        ..Fake::default()
    };
    let (plan, advice) = asked(&fake, &pair(0.6), "low");
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    let first = &advice[0];
    let without_high = Change::WithoutBoxes {
        boxes: vec!["high".into()],
        by_itself: Some(false),
    };
    assert_eq!(first.change, without_high);
    assert!(first.possible && first.steps == ["low"], "{first:?}");
    assert!(first.risk_bound.unwrap() <= 0.02);
    // A stronger gripper was asked about, and no curse is lifted by it.
    let stronger = Change::StrongerGripper { times: STRONGER };
    let stronger = advice.iter().find(|a| a.change == stronger).unwrap();
    assert!(!stronger.possible && stronger.steps.is_empty());
}

#[test]
fn what_is_too_heavy_can_be_taken_by_a_stronger_gripper() {
    // 180 N of pull hold 18 kg at rest, at best.
    let (plan, advice) = asked(&Fake::default(), &pair(22.0), "high");
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    let stronger = advice
        .iter()
        .find(|a| matches!(a.change, Change::StrongerGripper { .. }));
    let stronger = stronger.unwrap();
    assert!(stronger.possible, "{advice:?}");
    assert!(stronger.sentence.contains("2 times as strong"));
}

#[test]
fn a_slower_lift_is_found_where_speed_is_what_makes_it_risky() {
    let mut cell = pair(0.6);
    let fake = Fake::default();
    // The fake's risk is 0.001 over the motion's duration: slow is safer than fast.
    let (mut plan, none) = asked(&fake, &cell, "high");
    assert!(none.is_empty() && plan.verdict == Verdict::Safe);
    let step = plan.steps.remove(0).step;
    cell.safety.max_risk = 0.9 * step.risk.bound;
    let speed = step.lift.speed;
    plan.verdict = Verdict::NoSafePlan;
    plan.least_risky = Some(step);
    let planner = Planner {
        dynamics: &fake,
        shield: None,
        settings: PlannerSettings::default(),
        objective: Objective::default(),
        seed: 3,
    };
    let asking = Asking {
        planner: &planner,
        workcell: &cell,
        goal: &Goal::Retrieve {
            box_id: "high".into(),
        },
        plan: &plan,
    };
    let slower = asking.slower_lift().unwrap().unwrap();
    assert!(slower.possible, "{slower:?}");
    assert!(slower.risk_bound.unwrap() <= cell.safety.max_risk);
    assert!(
        matches!(slower.change, Change::SlowerLift { from, to, .. } if from == speed && to < from)
    );
}

#[test]
fn a_higher_limit_is_asked_about_where_somebody_might_set_it() {
    let about_limits = |toppling| {
        let fake = Fake {
            cursed: ["low", "high"].map(String::from).to_vec(),
            toppling,
            ..Fake::default()
        };
        let (plan, advice) = asked(&fake, &pair(0.6), "high");
        assert_eq!(plan.verdict, Verdict::NoSafePlan);
        let is_limit = |a: &Advice| matches!(a.change, Change::HigherLimit { .. });
        advice.into_iter().find(is_limit)
    };
    let advice = about_limits(0.1).unwrap();
    assert!(advice.possible && advice.steps == ["high"], "{advice:?}");
    assert!(advice.sentence.contains("max_risk) of 0.106"), "{advice:?}");
    assert_eq!(about_limits(0.9), None);
}

#[test]
fn a_limit_on_the_whole_plan_that_would_do_is_told_with_what_all_steps_come_to() {
    let mut cell = pair(0.6);
    let fake = Fake::default();
    let free = asked(&fake, &cell, "low").0.risk_bound;
    // Over it with the first of two steps.
    cell.safety.max_plan_risk = Some(0.1 * free);
    let (plan, advice) = asked(&fake, &cell, "low");
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    let first = &advice[0];
    let Change::HigherPlanLimit { max_plan_risk } = first.change else {
        panic!("{first:?}");
    };
    let limit = max_plan_risk.unwrap();
    assert!(first.possible && limit >= free && limit < free + 2e-4);
    assert_eq!(first.steps, ["high", "low"]);
    cell.safety.max_plan_risk = Some(limit);
    assert_eq!(asked(&fake, &cell, "low").0.verdict, Verdict::Safe);
}
