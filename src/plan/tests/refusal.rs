//! Where nothing is safe or nothing is known: no plan, and why.

use super::*;
use crate::grasp::Rejection;
use crate::plan::explain::{Vain, no_plan_reason};
use crate::plan::remedies::remedies;

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
fn what_was_screened_as_safe_is_imagined_before_a_planner_without_a_shield_refuses() {
    let taken = duration_of_the_quickest("high");
    let dreading = Fake {
        dreads: Some(("high".into(), 0.0, 1.2 * taken)),
        ..Fake::default()
    };
    let verdict = |untried| {
        let mut planner = planner(&dreading, None);
        planner.settings.untried = untried;
        let wish = Wish::remove(tower().scene.box_index("high").unwrap());
        let whole = planner.plan(&tower(), &retrieve("high")).unwrap();
        let single = planner.single_step(&tower(), &wish).unwrap();
        (whole.verdict, single.verdict)
    };
    assert_eq!(verdict(0), (Verdict::NoSafePlan, Verdict::NoSafePlan));
    assert_eq!(verdict(8), (Verdict::Safe, Verdict::Safe));
}

#[test]
fn where_nothing_stands_once_a_box_is_gone_that_is_the_reason_and_it_is_asked_about_once() {
    let fake = Fake {
        unsteady: Some(("high".into(), 0.0)),
        ..Fake::default()
    };
    let plan = planned(&fake, None, &retrieve("mid"));
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    let reason = plan.reason.unwrap();
    assert!(
        reason.contains("`high`: once it is done, the scene does not stand by itself"),
        "{reason}"
    );
    let asked = fake.asked.lock().unwrap().len();
    let stood = fake.believed.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(asked - stood, 1);
}

#[test]
fn a_dead_end_on_the_way_round_does_not_hide_why_the_box_itself_cannot_be_taken() {
    let cell = side_by_side();
    let fake = Fake {
        cursed: vec!["wanted".into()],
        unsteady: Some(("beside".into(), 0.31)),
        ..Fake::default()
    };
    let plan = planner(&fake, None).plan(&cell, &retrieve("wanted"));
    let plan = plan.unwrap();
    let mut ends = plan
        .rejected
        .iter()
        .filter(|r| r.reason.kind() == "dead_end");
    assert!(ends.any(|r| r.box_id == "beside"));
    let reason = plan.reason.unwrap();
    assert!(
        reason.contains("the least risky step, `wanted`"),
        "{reason}"
    );
}

#[test]
fn what_speaks_against_a_box_that_would_only_make_room_does_not_hide_that_the_goals_is_too_heavy() {
    let mut cell = side_by_side();
    cell.scene.boxes[0].mass = crate::scene::Quantity::Known(60.0);
    let cursing = Fake {
        cursed: vec!["beside".into()],
        ..Fake::default()
    };
    let sure = Fake::default();
    for (judge, check) in [(&cursing, None), (&sure, Some(&cursing as &dyn Dynamics))] {
        let plan = planner(judge, check).plan(&cell, &retrieve("wanted"));
        let plan = plan.unwrap();
        // Nobody looks at what would only make room.
        assert!(plan.rejected.iter().all(|r| r.box_id == "wanted"));
        let reason = plan.reason.unwrap();
        let least =
            "even with all other boxes gone no grasp can be carried out; nearest comes `wanted`";
        assert!(
            reason.contains(least) && reason.contains("60.0 kg"),
            "{reason}"
        );
        assert_eq!(plan.least_risky, None);
    }
}

#[test]
fn what_is_in_the_way_of_what_is_in_the_way_has_a_say_and_what_is_in_nobodys_has_none() {
    let blocked = |id: &str, by: &str| RejectedCandidate {
        box_id: id.into(),
        gripper: 0,
        face: crate::scene::geometry::Face::Top,
        grasp: None,
        hand: None,
        reason: crate::grasp::Rejection::BoxBlocked { by: by.into() }.into(),
        risk: None,
    };
    let boxes = ["goal", "near", "far", "on_far", "aside"];
    let at = |i: usize| match i {
        3 => [2.0, 0.0, 0.3],
        i => [i as f64, 0.0, 0.1],
    };
    let all = boxes.iter().enumerate();
    let cell = workcell(
        all.map(|(i, id)| a_box(id, SIZE, at(i), 0.6)).collect(),
        vec![],
    );
    let rejected = [
        blocked("aside", "goal"),
        blocked("near", "far"),
        blocked("goal", "near"),
    ];
    let matter = explain::that_matter(&cell, &retrieve("goal"), &rejected);
    assert_eq!(matter, boxes[..4]);
}

#[test]
fn a_search_that_ended_early_does_not_say_that_there_is_no_way() {
    let cell = side_by_side();
    let said = |cut_short| {
        let vain = explain::Vain {
            least_risky: None,
            rejected: &[],
            taken: &[],
            cut_short,
        };
        explain::no_plan_reason(&cell, &retrieve("wanted"), &vain).0
    };
    assert!(said(false).starts_with("there is no safe way to retrieve `wanted`: "));
    let early = said(true);
    assert!(!early.contains("there is no") && early.contains("more to look at"));
}

#[test]
fn the_risk_of_a_refusal_is_that_of_what_its_reason_names() {
    let sure = Fake::default();
    let cursing = Fake {
        cursed: vec!["wanted".into()],
        ..Fake::default()
    };
    let check = Some(&cursing as &dyn Dynamics);
    let plan = planner(&sure, check).plan(&side_by_side(), &retrieve("wanted"));
    let plan = plan.unwrap();
    let reason = plan.reason.unwrap();
    let bound = format!("the bound on the risk is {:.4}", plan.risk_bound);
    assert!(
        reason.contains("`wanted`: ") && reason.contains(&bound),
        "{reason}"
    );
}

#[test]
fn what_the_check_never_let_pass_is_told_as_such_though_a_scout_hoped_for_it() {
    let boxes = [
        ("wanted", [0.0, 0.0, 0.1]),
        ("lid", [0.0, 0.0, 0.3]),
        ("beside", [0.0, 0.306, 0.1]),
        ("other", [0.0, -0.314, 0.1]),
    ];
    let cell = workcell(
        boxes.map(|(id, at)| a_box(id, SIZE, at, 0.6)).to_vec(),
        vec![],
    );
    let judge = Fake {
        cursed: vec!["wanted".into()],
        ..Fake::default()
    };
    let check = Fake {
        cursed: vec!["lid".into()],
        ..Fake::default()
    };
    let mut planner = planner(&judge, Some(&check));
    (planner.settings.screen, planner.settings.imagine) = (256, 96);
    let plan = planner.plan(&cell, &retrieve("wanted")).unwrap();
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    let reason = plan.reason.unwrap();
    assert!(reason.contains("`lid`: "), "{reason}");
    assert!(
        plan.remedies
            .iter()
            .any(|r| r.contains("`lid` rests on it"))
    );
}

#[test]
fn what_speaks_against_a_grasp_of_a_box_that_was_taken_by_another_is_no_reason_and_asks_for_nothing()
 {
    let goal = Goal::Clear {
        box_ids: ["high", "aside"].map(String::from).to_vec(),
    };
    let risky = Reason::Risky {
        bound: 0.67,
        max_risk: 0.02,
        worst: AccidentKind::Disturb,
    };
    let narrow = Rejection::JawTooNarrow {
        width_m: 0.5,
        max_opening_m: 0.4,
    };
    let far = Rejection::OutOfReach {
        distance_m: 1.5,
        max_m: 1.0,
    };
    let rejected = [
        turned_down("high", risky),
        turned_down("high", narrow.into()),
        turned_down("aside", far.into()),
    ];
    let told = |taken: &[&str]| {
        let vain = Vain {
            least_risky: None,
            rejected: &rejected,
            taken,
            cut_short: false,
        };
        let reason = no_plan_reason(&tower(), &goal, &vain);
        (reason, remedies(&tower(), &goal, &rejected, taken))
    };
    let ((why, risk), asks) = told(&["high"]);
    assert!(
        why.contains("nearest comes `aside`") && why.contains("out of reach"),
        "{why}"
    );
    assert_eq!(risk, None);
    assert_eq!(asks, ["`aside`: what is nearest lies 0.50 m out of reach"]);
    let ((why, risk), asks) = told(&[]);
    assert!(why.contains("nearest comes `high`"), "{why}");
    assert_eq!(risk, Some((0.67, 0.67)));
    assert!(
        asks.iter()
            .any(|s| s.starts_with("`high`: a jaw would have")),
        "{asks:?}"
    );
}

#[test]
fn a_box_that_a_hand_grips_is_not_out_of_hand_wherever_it_is_to_go() {
    let cell = tower();
    let far = |id: &str| Goal::Move {
        box_id: id.into(),
        target: level(Vec3::new(50.0, 0.0, 0.1), 0.0),
    };
    // `low` is buried, and what is there no longer is out of nobody's hand.
    for goal in [far("high"), far("low"), retrieve("low"), retrieve("gone")] {
        assert!(alone::out_of_hand(&cell, &goal).is_empty(), "{goal:?}");
    }
    let mut heavy = cell.clone();
    heavy.scene.boxes[cell.scene.box_index("low").unwrap()].mass =
        crate::scene::Quantity::Known(60.0);
    assert!(!alone::out_of_hand(&heavy, &retrieve("low")).is_empty());
    assert!(alone::out_of_hand(&heavy, &retrieve("high")).is_empty());
}

#[test]
fn steps_that_are_over_the_limit_on_the_whole_do_not_hide_that_the_goals_box_cannot_be_lifted() {
    let mut cell = tower();
    cell.safety.max_plan_risk = Some(1e-9);
    let index = cell.scene.box_index("low").unwrap();
    cell.scene.boxes[index].mass = crate::scene::Quantity::Known(60.0);
    let fake = Fake::default();
    let plan = planner(&fake, None).plan(&cell, &retrieve("low")).unwrap();
    let reason = plan.reason.unwrap();
    assert!(reason.contains("60.0 kg"), "{reason}");
    let helps = |with: &str| plan.remedies.iter().any(|r| r.contains(with));
    assert!(helps("times a gripper's capacity") && !helps("max_plan_risk"));
    // The same of one that is to be cleared with others, and what does not stand is told as that.
    let clear = Goal::Clear {
        box_ids: ["high", "low"].map(String::from).to_vec(),
    };
    let plan = planner(&fake, None).plan(&cell, &clear).unwrap();
    assert!(plan.reason.unwrap().contains("nearest comes `low`"));
    let shaky = Fake {
        standing: 0,
        ..Fake::default()
    };
    let plan = planner(&shaky, None).plan(&cell, &clear);
    assert!(matches!(plan, Err(PlanError::Dynamics(why)) if why.is_dead_end()));
}
