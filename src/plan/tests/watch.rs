//! Within a step that is carried out: what the hand does about what it sees.

use super::toy::Toy;
use super::*;
use crate::plan::watch;

/// One box is carried off while "aside" strays by `by`, on a physics that is `nervous` about it for motions
/// of less than so many seconds.
fn carried_beside(by: f64, seconds: f64) -> (Execution, Vec<Onward>) {
    carried_within(by, seconds, None)
}

/// The same with a limit on the whole plan.
fn carried_within(by: f64, seconds: f64, max_plan_risk: Option<f64>) -> (Execution, Vec<Onward>) {
    let mut toy = Toy::new(tower());
    toy.now.safety.max_plan_risk = max_plan_risk;
    let aside = toy.now.scene.box_index("aside").unwrap();
    let fake = Fake {
        nervous: Some((
            "aside".into(),
            toy.now.scene.boxes[aside].pose.translation.x,
            seconds,
        )),
        ..Fake::default()
    };
    let planner = planner(&fake, None);
    let goal = retrieve("high");
    let plan = planner.plan(&toy.now.clone(), &goal).unwrap();
    toy.strays = Some(("aside", by));
    let done = execute(&planner, &mut toy, &goal, &plan).unwrap();
    (done, toy.answers)
}

#[test]
fn noise_and_a_small_shift_that_is_still_safe_do_not_stop_the_hand() {
    let (done, answers) = carried_beside(0.004, 0.0);
    assert_eq!((done.stop, answers), (Stop::Done, vec![Onward::CarryOn]));
    assert!(done.steps[0].surprises.is_empty());
    let (done, answers) = carried_beside(0.02, 0.0);
    assert_eq!((done.stop, answers), (Stop::Done, vec![Onward::CarryOn]));
    let surprise = &done.steps[0].surprises[0];
    assert_eq!(surprise.box_id, "aside");
    assert!(matches!(surprise.reply, Reply::CarriedOn { .. }));
}

#[test]
fn a_motion_that_a_closer_look_chose_is_not_given_up_before_one() {
    let mut toy = Toy::new(tower());
    let aside = toy.now.scene.box_index("aside").unwrap();
    let fake = Fake {
        nervous: Some((
            "aside".into(),
            toy.now.scene.boxes[aside].pose.translation.x,
            f64::INFINITY,
        )),
        looks_closer: true,
        ..Fake::default()
    };
    let planner = planner(&fake, None);
    let goal = retrieve("high");
    let plan = planner.plan(&toy.now.clone(), &goal).unwrap();
    toy.strays = Some(("aside", 0.02));
    let done = execute(&planner, &mut toy, &goal, &plan).unwrap();
    assert_eq!(
        (done.stop, toy.answers),
        (Stop::Done, vec![Onward::CarryOn])
    );
}

#[test]
fn a_motion_that_is_no_longer_safe_goes_on_another_way_that_is() {
    let (first, _) = carried_beside(0.0, 0.0);
    let planned = first.steps[0].planned.step.action.motion().unwrap().clone();
    let (done, answers) = carried_beside(0.02, planned.duration() + 0.1);
    assert_eq!(done.stop, Stop::Done);
    let Onward::Change(other) = &answers[0] else {
        panic!("{answers:?}");
    };
    assert!(other.duration() > planned.duration() + 0.1);
    let onset = planned.grip_time().unwrap();
    assert_eq!(other.at(onset + 0.1).pose, planned.at(onset + 0.1).pose);
}

#[test]
fn the_hand_stops_where_no_way_on_is_safe_or_a_box_is_far_off() {
    for (by, seconds) in [(0.02, 1e9), (0.2, 0.0)] {
        let (done, answers) = carried_beside(by, seconds);
        assert_eq!(answers, vec![Onward::Stop]);
        assert!(
            matches!(done.stop, Stop::Halted { step: 0, ref box_id, .. } if box_id == "aside"),
            "{:?}",
            done.stop
        );
    }
}

#[test]
fn a_box_that_tilts_in_its_place_stops_the_hand_and_one_that_is_no_number_does_too() {
    for tilted in [
        Pose::from_parts(Vec3::zeros().into(), rotation_about_x(0.3)),
        Pose::translation(f64::NAN, 0.0, 0.0),
    ] {
        let seen = tower();
        let fake = Fake::default();
        let planner = planner(&fake, None);
        let plan = planner.plan(&seen, &retrieve("high")).unwrap();
        let mut watch = watch::Watch::new(&planner, &seen, &plan.steps[0], (0, 0.0));
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        let aside = seen.scene.box_index("aside").unwrap();
        boxes[aside] *= tilted;
        // Farther off, but no farther than noise takes it.
        boxes[seen.scene.box_index("low").unwrap()].translation.x += 0.004;
        let t = plan.steps[0].step.action.onset();
        assert_eq!(watch.look(&Glance { t, boxes }), Onward::Stop);
        assert_eq!(watch.surprises[0].reply, Reply::StoppedFarOff);
        assert_eq!(watch.surprises[0].box_id, "aside");
    }
}

fn rotation_about_x(angle: f64) -> crate::pose::Quat {
    crate::pose::Quat::from_scaled_axis(Vec3::new(angle, 0.0, 0.0))
}

#[test]
fn a_box_that_goes_on_moving_from_glance_to_glance_stops_the_hand() {
    let seen = tower();
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let plan = planner.plan(&seen, &retrieve("high")).unwrap();
    let mut watch = watch::Watch::new(&planner, &seen, &plan.steps[0], (0, 0.0));
    let aside = seen.scene.box_index("aside").unwrap();
    let mut look = |by: f64| {
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        boxes[aside].translation.x += by;
        let t = plan.steps[0].step.action.onset();
        watch.look(&Glance { t, boxes })
    };
    assert_eq!(look(0.013), Onward::CarryOn);
    assert_eq!(look(0.026), Onward::Stop);
    assert_eq!(watch.surprises[1].reply, Reply::StoppedUnderWay);
}

#[test]
fn a_step_that_only_the_draws_vouched_for_goes_on_until_what_is_judged_outweighs_them() {
    let answer = |toppling: f64| {
        let seen = tower();
        let sure = Fake::default();
        let mut fake = Fake {
            cursed: vec!["high".into()],
            toppling: 0.1,
            ..Fake::default()
        };
        let plan = planner(&fake, Some(&sure))
            .plan(&seen, &retrieve("high"))
            .unwrap();
        assert_eq!(plan.steps[0].shield.map(|w| w.draws), Some(24));
        fake.toppling = toppling;
        let planner = planner(&fake, Some(&sure));
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        boxes[seen.scene.box_index("aside").unwrap()].translation.x += 0.02;
        let t = plan.steps[0].step.action.onset();
        watch::Watch::new(&planner, &seen, &plan.steps[0], (0, 0.0)).look(&Glance { t, boxes })
    };
    assert_eq!(answer(0.1), Onward::CarryOn);
    assert_eq!(answer(0.3), Onward::Stop);
}

#[test]
fn another_way_on_that_is_not_safe_once_it_is_imagined_is_not_taken() {
    let seen = tower();
    let plan = planned(&Fake::default(), None, &retrieve("high"));
    let step = &plan.steps[0];
    let seconds = step.step.action.motion().unwrap().duration() + 0.1;
    let aside = seen.scene.box_index("aside").unwrap();
    let x = seen.scene.boxes[aside].pose.translation.x;
    let answer = |dreads| {
        let fake = Fake {
            nervous: Some(("aside".into(), x, seconds)),
            dreads,
            ..Fake::default()
        };
        let planner = planner(&fake, None);
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        boxes[aside].translation.x += 0.02;
        let t = step.step.action.onset();
        let mut watch = watch::Watch::new(&planner, &seen, step, (0, 0.0));
        let answer = watch.look(&Glance { t, boxes });
        (answer, watch.surprises.remove(0).reply, watch.bound())
    };
    let (_, reply, bound) = answer(None);
    assert!(matches!(reply, Reply::ChangedWay { .. }), "{reply:?}");
    assert!(bound > step.step.risk.bound);
    let (answer, reply, _) = answer(Some(("high".into(), seconds, f64::INFINITY)));
    assert_eq!(answer, Onward::Stop);
    assert!(
        matches!(reply, Reply::StoppedNoWay { risk: Some(_) }),
        "{reply:?}"
    );
}

#[test]
fn another_way_on_counts_towards_the_limit_on_the_whole_plan() {
    let (first, _) = carried_beside(0.0, 0.0);
    let planned = &first.steps[0].planned.step;
    let seconds = planned.action.motion().unwrap().duration() + 0.1;
    let answer = |times: f64| {
        let limit = Some(times * planned.risk.bound);
        let (_, mut answers) = carried_within(0.02, seconds, limit);
        answers.remove(0)
    };
    assert_eq!(answer(1.1), Onward::Stop);
    assert!(matches!(answer(2.1), Onward::Change(_)));
}

#[test]
fn what_has_tilted_may_tilt_less_and_what_is_drawn_under_way_follows_the_seed() {
    let asked = |seed| {
        let seen = tower();
        let fake = Fake::default();
        let mut planner = planner(&fake, None);
        let plan = planner.plan(&seen, &retrieve("high")).unwrap();
        planner.seed = seed;
        let mut watch = watch::Watch::new(&planner, &seen, &plan.steps[0], (0, 0.0));
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        let tilted = Pose::from_parts(Vec3::zeros().into(), rotation_about_x(0.1));
        boxes[seen.scene.box_index("aside").unwrap()] *= tilted;
        let t = plan.steps[0].step.action.onset();
        assert_eq!(watch.look(&Glance { t, boxes }), Onward::CarryOn);
        let last = fake.asked.lock().unwrap().last().copied();
        last.unwrap()
    };
    let ((limits, one), (_, other)) = (asked(7), asked(8));
    assert!((limits.max_tilt - (tower().safety.max_tilt - 0.1)).abs() < 1e-9);
    assert_eq!(limits.max_displacement, tower().safety.max_displacement);
    assert_ne!(one, other);
}

#[test]
fn what_the_draws_saw_counts_towards_the_limit_on_the_whole_plan_also_where_it_is_judged_safe() {
    let mut seen = tower();
    let sure = Fake::default();
    let judge = Fake {
        cursed: vec!["high".into()],
        toppling: 0.018,
        ..Fake::default()
    };
    let planner = planner(&judge, Some(&sure));
    let plan = planner.plan(&seen, &retrieve("high")).unwrap();
    let step = &plan.steps[0];
    assert!(step.step.risk.bound < 0.01);
    seen.safety.max_plan_risk = Some(0.012);
    let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
    boxes[seen.scene.box_index("aside").unwrap()].translation.x += 0.02;
    let t = step.step.action.onset();
    let mut watch = watch::Watch::new(&planner, &seen, step, (0, 0.0));
    assert_eq!(watch.look(&Glance { t, boxes }), Onward::CarryOn);
    assert!((watch.bound() - step.step.risk.bound).abs() < 1e-9);
}

#[test]
fn what_is_judged_safe_does_not_go_on_as_it_is_once_accidents_in_the_draws_outweigh_that() {
    let mut seen = tower();
    seen.safety.max_risk = 0.2;
    let judge = Fake {
        cursed: vec!["high".into()],
        toppling: 0.15,
        ..Fake::default()
    };
    let planner = planner(&judge, None);
    let plan = planner.plan(&seen, &retrieve("high")).unwrap();
    let mut step = plan.steps[0].clone();
    let answer = |step: &PlannedStep| {
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        boxes[seen.scene.box_index("aside").unwrap()].translation.x += 0.02;
        let t = step.step.action.onset();
        watch::Watch::new(&planner, &seen, step, (0, 0.0)).look(&Glance { t, boxes })
    };
    assert_eq!(answer(&step), Onward::CarryOn);
    step.shield = Some(Witness {
        draws: 4,
        accidents: 1.0,
    });
    assert_ne!(answer(&step), Onward::CarryOn);
}
