//! The closed loop from step to step.

use super::fickle::Fickle;
use super::toy::Toy;
use super::*;

fn run(toy: &mut Toy, goal: &Goal) -> Execution {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let plan = planner.plan(&toy.now.clone(), goal).unwrap();
    execute(&planner, toy, goal, &plan).unwrap()
}

#[test]
fn a_plan_is_carried_out_to_its_end_on_noisy_observations() {
    let mut toy = Toy::new(tower());
    let done = run(&mut toy, &retrieve("low"));
    assert_eq!(done.stop, Stop::Done);
    assert_eq!(toy.steps, 3);
    // Every step was planned on what was seen, 1 mm from where the plan had it.
    let seen = done.steps[0].planned.scene.boxes[0].pose.translation.x;
    assert!((seen - 0.001).abs() < 1e-12);
}

#[test]
fn an_accident_ends_the_execution_at_once() {
    let mut toy = Toy::new(tower());
    toy.accident = Some(1);
    let done = run(&mut toy, &retrieve("low"));
    assert_eq!(done.stop, Stop::Accident { step: 1 });
    assert!(!done.is_success());
    assert_eq!(toy.steps, 2);
}

#[test]
fn a_box_that_is_not_where_it_was_imagined_ends_the_execution() {
    let mut toy = Toy::new(tower());
    toy.jump = Some((0, "aside", 0.2));
    let done = run(&mut toy, &retrieve("low"));
    assert!(
        matches!(done.stop, Stop::LeftImagined { step: 0, ref box_id, off_m } if box_id == "aside" && off_m > 0.19)
    );
}

#[test]
fn a_move_is_done_once_the_box_was_placed() {
    let mut toy = Toy::new(tower());
    let goal = Goal::Move {
        box_id: "high".into(),
        target: level(Vec3::new(-0.8, 0.0, 0.1), 0.0),
    };
    assert_eq!(run(&mut toy, &goal).stop, Stop::Done);
    assert_eq!(toy.steps, 1);
}

#[test]
fn a_limit_under_the_noise_of_the_poses_does_not_end_the_execution() {
    let mut cell = tower();
    cell.scene.pose_noise.position_m = 0.002;
    cell.safety.max_displacement = 0.0005;
    // Each look is 1 mm off, twice the limit.
    let mut toy = Toy::new(cell);
    assert_eq!(run(&mut toy, &retrieve("high")).stop, Stop::Done);
}

#[test]
fn what_was_done_is_told_also_where_the_world_stops_answering() {
    let mut toy = Toy::new(tower());
    toy.blind_after = Some(1);
    let done = run(&mut toy, &retrieve("mid"));
    assert_eq!(done.steps.len(), 1);
    assert!(
        matches!(done.stop, Stop::Failed { ref reason } if reason.contains("dark")),
        "{}",
        done.stop
    );
}

#[test]
fn where_the_check_finds_that_what_is_seen_does_not_stand_the_execution_stops() {
    let fake = Fake::default();
    // As often as planning the two steps asks it, and never again.
    let once = Fake {
        standing: 4,
        ..Fake::default()
    };
    let planner = planner(&fake, Some(&once));
    let goal = retrieve("mid");
    let plan = planner.plan(&tower(), &goal).unwrap();
    assert_eq!(order(&plan), ["high", "mid"]);
    let done = execute(&planner, &mut Toy::new(tower()), &goal, &plan).unwrap();
    assert!(
        matches!(done.stop, Stop::NoSafeStep { ref reason } if reason.contains("does not stand")),
        "{}",
        done.stop
    );
}

#[test]
fn the_limit_on_the_whole_counts_the_steps_that_were_carried_out() {
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let goal = retrieve("low");
    let plan = planner.plan(&tower(), &goal).unwrap();
    let mut cell = tower();
    // Enough for two of its three steps.
    cell.safety.max_plan_risk = Some(0.8 * plan.risk_bound);
    let done = execute(&planner, &mut Toy::new(cell), &goal, &plan).unwrap();
    assert_eq!(done.steps.len(), 2);
    assert!(
        matches!(done.stop, Stop::NoSafeStep { .. }),
        "{}",
        done.stop
    );
}

#[test]
fn a_box_that_a_draw_shows_misjudged_has_to_pass_all_draws_in_the_plan_made_anew() {
    let fake = Fake::default();
    let fickle = Fickle::who_fears_at_first("high");
    let goal = retrieve("high");
    let plan = planner(&fake, None).plan(&tower(), &goal).unwrap();
    let planner = planner(&fake, Some(&fickle));
    let done = execute(&planner, &mut Toy::new(tower()), &goal, &plan).unwrap();
    assert_eq!(done.stop, Stop::Done);
    assert_eq!(done.steps[0].planned.shield.map(|w| w.draws), Some(24));
}

#[test]
fn a_move_is_made_also_where_a_look_happens_to_see_its_box_at_the_target() {
    let seen = tower();
    let at = seen.scene.boxes[seen.scene.box_index("aside").unwrap()].pose;
    // The toy sees everything a millimetre farther along x than it is.
    let goal = Goal::Move {
        box_id: "aside".into(),
        target: Pose::translation(0.0055, 0.0, 0.0) * at,
    };
    let mut toy = Toy::new(seen.clone());
    assert!(goal.is_met(&toy.observe().unwrap()) && !goal.is_met(&seen));
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let plan = planner.plan(&seen, &goal).unwrap();
    let done = execute(&planner, &mut toy, &goal, &plan).unwrap();
    assert_eq!((done.stop, done.steps.len()), (Stop::Done, 1));
}

/// How many draws each step that was carried out had, of a plan for which these boxes were `doubted` before or after their
/// steps had passed.
fn draws_of(goal: &Goal, doubted: &[&str]) -> Vec<(String, usize)> {
    let mut toy = Toy::new(tower());
    // What is seen first is what was planned on.
    let seen = toy.observe().unwrap();
    let (fake, check) = (Fake::default(), Fake::default());
    let planner = planner(&fake, Some(&check));
    let mut plan = planner.plan(&seen, goal).unwrap();
    // The fake's draws see a share of an accident in whatever is done.
    plan.misjudged = doubted.iter().map(|id| (*id).to_owned()).collect();
    let done = execute(&planner, &mut toy, goal, &plan).unwrap();
    assert_eq!(done.stop, Stop::Done);
    let told = |s: &ExecutedStep| {
        let planned = &s.planned;
        (planned.step.box_id.clone(), planned.shield.unwrap().draws)
    };
    let mut told: Vec<_> = done.steps.iter().map(told).collect();
    told.sort();
    told
}

#[test]
fn a_box_that_was_misjudged_when_it_was_planned_has_to_pass_all_draws_when_it_is_taken() {
    let goal = Goal::Clear {
        box_ids: ["high", "aside"].map(String::from).to_vec(),
    };
    let told = |of_aside, of_high| [("aside".to_owned(), of_aside), ("high".to_owned(), of_high)];
    assert_eq!(draws_of(&goal, &[]), told(4, 4));
    assert_eq!(draws_of(&goal, &["high"]), told(4, 24));
    assert_eq!(draws_of(&goal, &["aside"]), told(24, 4));
}

#[test]
fn a_step_that_passed_before_its_box_was_doubted_is_asked_about_again() {
    let draws = |doubted| draws_of(&retrieve("high"), doubted);
    assert_eq!(draws(&[]), [("high".to_owned(), 4)]);
    assert_eq!(draws(&["high"]), [("high".to_owned(), 24)]);
}

#[test]
fn a_refusal_that_is_carried_out_all_the_same_is_not_done() {
    let fake = Fake {
        cursed: vec!["high".into()],
        ..Fake::default()
    };
    let planner = planner(&fake, None);
    let plan = planner.plan(&tower(), &retrieve("high")).unwrap();
    assert_eq!((plan.verdict, plan.steps.len()), (Verdict::NoSafePlan, 0));
    let mut toy = Toy::new(tower());
    let done = execute(&planner, &mut toy, &retrieve("high"), &plan).unwrap();
    assert!(
        matches!(done.stop, Stop::NoSafeStep { .. }),
        "{:?}",
        done.stop
    );
}
