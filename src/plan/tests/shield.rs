//! A second physics beside the first.

use super::*;

#[test]
fn the_shield_turns_down_what_only_the_planner_believes() {
    let fake = Fake::default();
    let strict = Fake {
        cursed: vec!["high".into()],
        ..Fake::default()
    };
    let plan = planned(&fake, Some(&strict), &retrieve("high"));
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    assert!(plan.rejected.iter().any(|r| r.reason.kind() == "shield"));
    let agreed = planned(&fake, Some(&fake), &retrieve("high"));
    assert_eq!(agreed.verdict, Verdict::Safe);
    assert!(agreed.steps[0].shield.is_some());
}

#[test]
fn what_is_judged_a_little_over_the_limit_is_done_where_enough_draws_vouch_for_it() {
    let doubting = |toppling| Fake {
        cursed: vec!["high".into()],
        toppling,
        ..Fake::default()
    };
    let sure = Fake::default();
    let ask = |judge: &Fake, shield: Option<&Fake>| planned(judge, shield, &retrieve("high"));
    let doubtful = doubting(0.1);
    assert_eq!(ask(&doubtful, None).verdict, Verdict::NoSafePlan);
    let vouched = ask(&doubtful, Some(&sure));
    assert_eq!(vouched.verdict, Verdict::Safe);
    assert_eq!(vouched.steps[0].shield.map(|w| w.draws), Some(24));
    assert!(vouched.risk_bound <= tower().safety.max_risk);
    // Not where the draws see what was judged, and not where it was judged to be all but certain.
    assert_eq!(ask(&doubtful, Some(&doubtful)).verdict, Verdict::NoSafePlan);
    assert_eq!(
        ask(&doubting(0.9), Some(&sure)).verdict,
        Verdict::NoSafePlan
    );
    // A clear case takes the fewest draws.
    let clear = ask(&sure, Some(&sure));
    assert_eq!(clear.steps[0].shield.map(|w| w.draws), Some(4));
}

#[test]
fn where_the_shield_turns_down_the_first_way_the_next_is_looked_for() {
    // To this judge, what has weight on it can be pulled out from under it.
    let careless = Fake {
        toppling: 0.001,
        ..Fake::default()
    };
    let plan = |shield| planned(&careless, shield, &retrieve("low"));
    assert_eq!(order(&plan(None)), ["low"]);
    let sure = Fake::default();
    let shielded = plan(Some(&sure));
    assert_eq!(order(&shielded), ["high", "mid", "low"]);
    let mut turned_down = shielded
        .rejected
        .iter()
        .filter(|r| r.reason.kind() == "shield");
    assert!(turned_down.any(|r| r.box_id == "low"));
}

#[test]
fn what_was_too_risky_is_told_also_where_another_way_was_found() {
    let sure = Fake::default();
    let plan = planned(&sure, None, &retrieve("low"));
    assert_eq!(order(&plan), ["high", "mid", "low"]);
    let mut risky = plan.rejected.iter().filter(|r| r.reason.kind() == "risky");
    assert!(risky.any(|r| r.box_id == "low"));
}

#[test]
fn what_the_first_two_draws_turn_down_costs_no_more_and_an_odd_number_is_not_parted() {
    assert_eq!([0, 1, 2, 3, 4, 10].map(batch_of), [0, 1, 1, 3, 2, 5]);
    let strict = Fake {
        cursed: vec!["high".into()],
        ..Fake::default()
    };
    let plan = planned(&Fake::default(), Some(&strict), &retrieve("high"));
    let draws = plan.rejected.iter().find_map(|r| match r.reason {
        Reason::Shield { draws, .. } => Some(draws),
        _ => None,
    });
    assert_eq!(draws, Some(2));
}

#[test]
fn draws_of_which_only_one_of_two_stands_count_one_by_one() {
    let sure = Fake::default();
    let tight = Fake {
        worlds: Some(1),
        ..Fake::default()
    };
    let plan = planned(&sure, Some(&tight), &retrieve("high"));
    assert_eq!(plan.steps[0].shield.map(|w| w.draws), Some(4));
    let asked = tight.believed.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(asked, 4);
}

#[test]
fn where_few_draws_stand_a_clear_case_is_vouched_for_by_those_and_a_doubtful_one_is_not() {
    let sure = Fake::default();
    let rarely = |standing| Fake {
        standing,
        ..Fake::default()
    };
    let plan = planned(&sure, Some(&rarely(1)), &retrieve("high"));
    assert_eq!(plan.verdict, Verdict::Safe);
    assert_eq!(plan.steps[0].shield.map(|w| w.draws), Some(2));
    let doubtful = Fake {
        cursed: vec!["high".into()],
        toppling: 0.1,
        ..Fake::default()
    };
    let verdict = |standing| planned(&doubtful, Some(&rarely(standing)), &retrieve("high")).verdict;
    assert_eq!(verdict(usize::MAX), Verdict::Safe);
    assert_eq!(verdict(1), Verdict::NoSafePlan);
    let never = rarely(0);
    let asked = planner(&sure, Some(&never)).plan(&tower(), &retrieve("high"));
    assert!(matches!(
        asked,
        Err(PlanError::Dynamics(DynamicsError::DoesNotStand { .. }))
    ));
}

#[test]
fn where_all_that_was_imagined_is_turned_down_what_was_left_untried_has_to_pass_all_the_draws() {
    let sure = Fake::default();
    let taken = duration_of_the_quickest("high");
    // In the draws, whatever is about as quick as what is liked best topples.
    let hasty = Fake {
        nervous: Some(("high".into(), 9.0, 1.2 * taken)),
        ..Fake::default()
    };
    let shield: Option<&dyn Dynamics> = Some(&hasty);
    let wish = Wish::remove(tower().scene.box_index("high").unwrap());
    let whole = planned(&sure, Some(&hasty), &retrieve("high"));
    let single = planner(&sure, shield).single_step(&tower(), &wish).unwrap();
    for plan in [whole, single] {
        assert_eq!(plan.verdict, Verdict::Safe);
        assert_eq!(plan.steps[0].shield.map(|w| w.draws), Some(24));
        let motion = plan.steps[0].step.action.motion().unwrap();
        assert!(motion.duration() >= 1.2 * taken);
        let turned_down = plan.rejected.iter().filter(|r| r.reason.kind() == "shield");
        assert!(turned_down.count() >= 3);
    }
    // What topples however slowly it is done is given up in the end.
    let never = Fake {
        nervous: Some(("high".into(), 9.0, 1e3)),
        ..Fake::default()
    };
    let plan = planned(&sure, Some(&never), &retrieve("high"));
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    let turned_down = plan.rejected.iter().filter(|r| r.reason.kind() == "shield");
    // Three were imagined, and eight of what is left are looked at.
    assert_eq!(turned_down.count(), 3 + 8);
}

#[test]
fn where_the_check_turns_down_what_was_judged_safe_the_risk_that_is_told_is_what_it_found() {
    let strict = Fake {
        cursed: vec!["high".into()],
        ..Fake::default()
    };
    let plan = planned(&Fake::default(), Some(&strict), &retrieve("high"));
    let found = plan.rejected.iter().filter_map(|r| match r.reason {
        Reason::Shield { bound, .. } => Some(bound),
        _ => None,
    });
    let least = found.min_by(f64::total_cmp).unwrap();
    assert!(least > 0.3);
    assert_eq!(plan.risk_bound, least);
    assert_eq!(plan.least_risky.map(|s| s.risk.bound), Some(least));
}

#[test]
fn a_box_that_was_misjudged_under_other_draws_has_to_pass_all_of_these() {
    let sure = Fake::default();
    let step = planned(&sure, Some(&sure), &retrieve("high"))
        .steps
        .remove(0);
    let asked = |misjudged: &[String]| {
        let planner = planner(&sure, Some(&sure));
        let mut guard = planner.guard(&tower(), 1);
        guard.doubt(misjudged);
        let witness = guard.vouch(&step.step).unwrap().witness;
        witness.map(|w| w.draws)
    };
    assert_eq!((asked(&[]), asked(&["high".into()])), (Some(4), Some(24)));
}

#[test]
fn what_a_check_had_against_a_box_that_was_taken_another_way_is_not_why_there_is_no_plan() {
    let judge = Fake {
        cursed: vec!["low".into()],
        ..Fake::default()
    };
    let hasty = Fake {
        nervous: Some(("high".into(), 9.0, 1.2 * duration_of_the_quickest("high"))),
        ..Fake::default()
    };
    let plan = planned(&judge, Some(&hasty), &retrieve("low"));
    assert_eq!(plan.verdict, Verdict::NoSafePlan);
    let mut turned_down = plan.rejected.iter().filter(|r| r.reason.kind() == "shield");
    assert!(turned_down.any(|r| r.box_id == "high"));
    let reason = plan.reason.unwrap();
    let (_, why) = reason.split_once(": ").unwrap();
    assert!(
        why.starts_with("the least risky step, `low`") && !why.contains("the check"),
        "{reason}"
    );
}

#[test]
fn no_grasp_is_told_as_too_risky_that_is_the_one_that_is_taken() {
    // Judged a little over the limit, and in the draws the quick ways to do it topple.
    let doubtful = Fake {
        cursed: vec!["high".into()],
        toppling: 0.1,
        ..Fake::default()
    };
    let hasty = Fake {
        nervous: Some(("high".into(), 9.0, 1.2 * duration_of_the_quickest("high"))),
        ..Fake::default()
    };
    let plan = planned(&doubtful, Some(&hasty), &retrieve("high"));
    assert_eq!(plan.verdict, Verdict::Safe, "{:?}", plan.reason);
    let taken = &plan.steps[0].step.grasp;
    let mut risky = plan.rejected.iter().filter(|r| r.reason.kind() == "risky");
    assert!(risky.clone().count() > 0);
    assert!(!risky.any(|r| r.grasp == Some(*taken)));
}

#[test]
fn a_wish_is_judged_by_the_first_step_that_passes_and_where_none_does_by_the_best() {
    let fake = Fake::default();
    let quickest = duration_of_the_quickest("high");
    let judged = |seconds: f64| {
        let hasty = Fake {
            nervous: Some(("high".into(), 9.0, seconds)),
            ..Fake::default()
        };
        let wish = Wish::remove(tower().scene.box_index("high").unwrap());
        let judged = planner(&fake, Some(&hasty)).judge(&tower(), &wish, (0, 0.0));
        let (step, vouched) = judged.unwrap().best.unwrap();
        let takes = step.action.motion().unwrap().duration();
        (takes, vouched.objection.is_none())
    };
    let (takes, passes) = judged(1.2 * quickest);
    assert!(passes && takes > 1.2 * quickest, "{takes} s");
    assert_eq!(judged(1e3), (quickest, false));
}
