//! Within a step that is carried out: what is expected of each box, of which way, and how far it may be off.

use super::*;
use crate::plan::watch;
use crate::scene::PoseNoise;

#[test]
fn what_two_looks_lie_apart_by_noise_uses_up_no_limit() {
    let noise = PoseNoise {
        position_m: 0.01,
        rotation_rad: 0.02,
    };
    let left = |way_m: f64, tilt_rad: f64| {
        let off = Off { way_m, tilt_rad }.less_noise(noise);
        (off.way_m, off.tilt_rad)
    };
    // Looks err in no tilt.
    assert_eq!(left(0.02, 0.03), (0.0, 0.03));
    // Of what is beyond that, the noise is the smaller part.
    let (way_m, _) = left(0.05, 0.1);
    assert!((way_m * way_m + 4.0 * 1e-4 - 0.05 * 0.05).abs() < 1e-12);
    // What is no number is still infinitely far off.
    assert_eq!(left(f64::INFINITY, 0.0).0, f64::INFINITY);
}

/// `low` and `aside`, and a physics in which a quick step drags the one and topples once the other is a centimetre off.
fn hasty(seen: &Workcell) -> ([usize; 2], Fake) {
    let seconds = duration_of_the_quickest("high") + 0.1;
    let [low, aside] = ["low", "aside"].map(|id| seen.scene.box_index(id).unwrap());
    let x = seen.scene.boxes[aside].pose.translation.x;
    let fake = Fake {
        drags: Some(("low".into(), seconds)),
        nervous: Some(("aside".into(), x, seconds)),
        ..Fake::default()
    };
    ([low, aside], fake)
}

#[test]
fn what_is_expected_after_a_step_is_what_was_imagined_of_the_way_that_the_hand_was_on_last() {
    let seen = tower();
    let ([low, aside], fake) = hasty(&seen);
    let x = |i: usize| seen.scene.boxes[i].pose.translation.x;
    let planner = planner(&fake, None);
    let plan = planner.plan(&seen, &retrieve("high")).unwrap();
    let step = &plan.steps[0];
    let mut watch = watch::Watch::new(&planner, &seen, step, (0, 0.0));
    let expected = |watch: &watch::Watch| {
        let after = watch.scene_after().scene;
        after.boxes[after.box_index("low").unwrap()]
            .pose
            .translation
            .x
    };
    assert!((expected(&watch) - x(low) - 0.05).abs() < 1e-9);
    let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
    boxes[low].translation.x += 0.03;
    boxes[aside].translation.x += 0.02;
    let t = step.step.action.onset();
    assert!(matches!(
        watch.look(&Glance { t, boxes }),
        Onward::Change(_)
    ));
    assert!((expected(&watch) - x(low) - 0.03).abs() < 1e-9);
}

#[test]
fn a_box_that_had_the_hand_change_its_way_and_creeps_on_stops_it_at_its_share_of_the_limits() {
    let seen = tower();
    let plan = planned(&Fake::default(), None, &retrieve("high"));
    let step = &plan.steps[0];
    let aside = seen.scene.box_index("aside").unwrap();
    let fake = Fake {
        nervous: Some((
            "aside".into(),
            seen.scene.boxes[aside].pose.translation.x,
            duration_of_the_first(&plan) + 0.1,
        )),
        ..Fake::default()
    };
    let planner = planner(&fake, None);
    let mut watch = watch::Watch::new(&planner, &seen, step, (0, 0.0));
    let mut look = |by: f64| {
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        boxes[aside].translation.x += by;
        let t = step.step.action.onset();
        watch.look(&Glance { t, boxes })
    };
    assert!(matches!(look(0.02), Onward::Change(_)));
    assert_eq!(look(0.03), Onward::CarryOn);
    assert_eq!(look(0.04), Onward::Stop);
    assert_eq!(watch.surprises[1].reply, Reply::StoppedFarOff);
}

#[test]
fn a_box_that_went_as_it_was_imagined_to_does_not_stop_the_hand_once_that_goes_another_way() {
    let seen = tower();
    let ([low, aside], fake) = hasty(&seen);
    let planner = planner(&fake, None);
    let plan = planner.plan(&seen, &retrieve("high")).unwrap();
    let step = &plan.steps[0];
    let dragged = step.step.imagined.frames.last().unwrap().boxes[low];
    let mut watch = watch::Watch::new(&planner, &seen, step, (0, 0.0));
    let mut look = || {
        let mut boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        boxes[low] = dragged;
        boxes[aside].translation.x += 0.02;
        let t = step.step.action.onset();
        watch.look(&Glance { t, boxes })
    };
    assert!(matches!(look(), Onward::Change(_)));
    assert_eq!(look(), Onward::CarryOn);
}

#[test]
fn what_is_imagined_of_the_end_is_not_expected_long_before_it() {
    let seen = tower();
    let fake = Fake::default();
    let planner = planner(&fake, None);
    let plan = planner.plan(&seen, &retrieve("high")).unwrap();
    let mut step = plan.steps[0].clone();
    let (onset, aside) = (
        step.step.action.onset(),
        seen.scene.box_index("aside").unwrap(),
    );
    let frames = &mut step.step.imagined.frames;
    let mut end = frames[1].clone();
    (frames[0].t, frames[1].t, end.t) = (onset, onset + 0.25, onset + 4.0);
    end.boxes[aside].translation.x += 0.5;
    frames.push(end.clone());
    let look = |t: f64, boxes: Vec<Pose>| {
        let mut watch = watch::Watch::new(&planner, &seen, &step, (0, 0.0));
        let mut boxes = boxes;
        let (grasp, motion) = (step.step.grasp, step.step.action.motion().unwrap());
        boxes[grasp.box_index] = motion.at(t).pose * grasp.hand_in_box.inverse();
        watch.look(&Glance { t, boxes })
    };
    let still: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
    assert_eq!(look(onset + 0.5, still.clone()), Onward::CarryOn);
    assert_eq!(look(onset + 3.9, end.boxes), Onward::CarryOn);
    assert_eq!(look(onset + 3.9, still), Onward::Stop);
}
