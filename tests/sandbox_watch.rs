//! Looking on while the hand carries its box: when it is asked, and what comes of each answer.
//!
//! Owns the sandbox's side of the closed loop within a step.

mod sandbox_support;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sandbox_support::{BoxOf, scene, workcell};
use topple::grasp::propose;
use topple::motion::{self, slower};
use topple::pose::{Vec3, level};
use topple::rollout::{AccidentKind, Action, Glance, Motion, Onward, Rollout, STRIDE_S};
use topple::sandbox::{self, Extent, Recording};
use topple::scene::geometry::Face;
use topple::scene::{Gripper, Workcell};

/// A light box on the ground and another beside it.
fn cell() -> Workcell {
    let at = |x: f64| level(Vec3::new(x, 0.0, 0.1), 0.0);
    workcell(
        scene(
            vec![],
            &[
                BoxOf::new(Vec3::new(0.2, 0.2, 0.2), at(0.0), 1.0),
                BoxOf::new(Vec3::new(0.2, 0.2, 0.2), at(0.5), 1.0),
            ],
        ),
        Gripper::Suction {
            cup_radius: 0.03,
            max_pull: 100.0,
            max_shear: 60.0,
            max_moment: 3.0,
        },
    )
}

/// The plain lift of the first box by its top.
fn lift(cell: &Workcell) -> Action {
    let grasp = propose(cell, 0)
        .candidates
        .into_iter()
        .find(|g| g.face == Face::Top)
        .unwrap();
    let lift = motion::default_lift(cell, &grasp);
    Action::Remove {
        motion: motion::remove(cell, &grasp, &lift).unwrap(),
        grasp,
    }
}

/// The episode as `watch` has it.
fn carried(cell: &Workcell, action: &Action, watch: &mut dyn FnMut(&Glance) -> Onward) -> Rollout {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let draw = sandbox::draw(cell, &mut rng).unwrap();
    let world = sandbox::settled(cell, &draw, 1).unwrap();
    let extent = (Extent::Whole, Recording::Strides);
    sandbox::run_watched(cell, &world, action, extent, watch).unwrap()
}

fn motion_of(action: &Action) -> &Motion {
    action.motion().unwrap()
}

#[test]
fn every_stride_of_a_carry_is_looked_at_and_looking_changes_nothing() {
    let cell = cell();
    let action = lift(&cell);
    let mut times = Vec::new();
    let seen = carried(&cell, &action, &mut |glance| {
        times.push(glance.t - action.onset());
        Onward::CarryOn
    });
    assert!(seen.completed && seen.is_safe());
    assert!(times.len() >= 2, "{times:?}");
    for (k, t) in times.iter().enumerate() {
        assert!((t - (k + 1) as f64 * STRIDE_S).abs() < 0.02, "{times:?}");
    }
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let draw = sandbox::draw(&cell, &mut rng).unwrap();
    let world = sandbox::settled(&cell, &draw, 1).unwrap();
    let unseen = sandbox::run(&cell, &world, &action, Extent::Whole, Recording::Strides).unwrap();
    assert_eq!(seen, unseen);
}

#[test]
fn a_hand_that_is_told_to_stop_holds_its_box_where_it_is() {
    let cell = cell();
    let action = lift(&cell);
    let mut at_stop = None;
    let rollout = carried(&cell, &action, &mut |glance| {
        if glance.boxes[0].translation.z < 0.11 {
            return Onward::CarryOn;
        }
        at_stop = Some(glance.boxes[0].translation.z);
        Onward::Stop
    });
    assert!(!rollout.completed);
    assert!(rollout.is_safe(), "{:?}", rollout.accidents);
    let last = rollout.frames.last().unwrap();
    let z = last.boxes[0].pose.translation.z;
    assert!(last.held && last.hand.is_some());
    assert!((z - at_stop.unwrap()).abs() < 0.03, "{z} {at_stop:?}");
}

#[test]
fn a_hand_that_stops_from_a_fast_carry_brakes_and_keeps_its_box() {
    let cell = cell();
    let Action::Remove { grasp, .. } = lift(&cell) else {
        panic!("a lift is a removal");
    };
    let away = motion::Lift {
        first: Vec3::new(0.0, 0.0, 0.03),
        then: Vec3::new(-1.0, 0.0, 0.1),
        tilt: [0.0; 2],
        speed: 0.6,
    };
    let action = Action::Remove {
        motion: motion::remove(&cell, &grasp, &away).unwrap(),
        grasp,
    };
    let rollout = carried(&cell, &action, &mut |glance| {
        if glance.boxes[0].translation.x > -0.03 {
            Onward::CarryOn
        } else {
            Onward::Stop
        }
    });
    assert!(!rollout.completed);
    assert!(rollout.is_safe(), "{:?}", rollout.accidents);
    assert!(rollout.frames.last().unwrap().held);
}

#[test]
fn another_motion_takes_the_place_of_the_first_from_the_glance_on() {
    let cell = cell();
    let action = lift(&cell);
    let mut changed = false;
    let slow = carried(&cell, &action, &mut |glance| {
        if std::mem::replace(&mut changed, true) {
            return Onward::CarryOn;
        }
        Onward::Change(slower(motion_of(&action), glance.t, 3.0))
    });
    let plain = carried(&cell, &action, &mut |_| Onward::CarryOn);
    assert!(slow.completed && slow.is_safe());
    assert_eq!(slow.frames[1], plain.frames[1]);
    assert!(slow.frames.len() > plain.frames.len());
}

#[test]
fn a_motion_without_keys_is_refused_and_a_lost_box_still_is_a_drop() {
    let mut cell = cell();
    let action = lift(&cell);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let draw = sandbox::draw(&cell, &mut rng).unwrap();
    let world = sandbox::settled(&cell, &draw, 1).unwrap();
    let extent = (Extent::Whole, Recording::Strides);
    let nothing = &mut |_: &Glance| Onward::Change(Motion::default());
    assert!(sandbox::run_watched(&cell, &world, &action, extent, nothing).is_err());
    if let Gripper::Suction { max_pull, .. } = &mut cell.robot.grippers[0] {
        *max_pull = 8.0;
    }
    let weak = carried(&cell, &action, &mut |_| Onward::Stop);
    let kinds: Vec<AccidentKind> = weak.accidents.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, vec![AccidentKind::Drop]);
}
