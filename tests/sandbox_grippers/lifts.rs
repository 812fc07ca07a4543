//! Cells with one box, lifts so slow that inertia adds nothing to the load (a hand that jumps to speed would), and one at
//! a working speed.

use crate::sandbox_support::{BoxOf, fixture, known, scene, workcell};
use topple::grasp::GraspCandidate;
use topple::gravity::GRAVITY;
use topple::pose::{Pose, Vec3, level};
use topple::rollout::{AccidentKind, Action, Grip, HandKey, Motion, Rollout};
use topple::sandbox::{self, Extent, Recording};
use topple::scene::geometry::Face;
use topple::scene::{Gripper, Workcell};

pub const PLINTH_M: f64 = 0.4;

/// A cup whose limits are so high that only those that a test sets matter.
pub fn cup(max_pull: f64, max_shear: f64, max_moment: f64) -> Gripper {
    Gripper::Suction {
        cup_radius: 0.03,
        max_pull,
        max_shear,
        max_moment,
    }
}

/// Ten times and more what the tests ask for, N; a bellows is as stiff as its limits are high, so that
/// no real cup has one limit a thousand times another.
pub const AMPLE_N: f64 = 700.0;
/// The same of a moment, N·m.
pub const AMPLE_NM: f64 = 30.0;

/// A box alone on a plinth narrower than itself.
pub fn on_a_plinth(size: Vec3, mass: f64, com: Vec3, gripper: Gripper) -> Workcell {
    let plinth = fixture(
        Vec3::new(0.06, 0.06, PLINTH_M),
        level(Vec3::new(0.0, 0.0, 0.5 * PLINTH_M), 0.0),
        0.5,
    );
    let at = level(Vec3::new(-com.x, -com.y, PLINTH_M + 0.5 * size.z), 0.0);
    workcell(
        scene(vec![plinth], &[BoxOf::new(size, at, mass).com(com)]),
        gripper,
    )
}

/// A box alone on the ground.
pub fn on_the_ground(size: Vec3, mass: f64, gripper: Gripper) -> Workcell {
    let at = level(Vec3::new(0.0, 0.0, 0.5 * size.z), 0.0);
    workcell(scene(vec![], &[BoxOf::new(size, at, mass)]), gripper)
}

/// Appends a leg without jerks.
pub fn glide(keys: &mut Vec<HandKey>, to: Pose, seconds: f64) {
    let from = keys[keys.len() - 1];
    let steps = (seconds / 0.02).ceil() as usize;
    for i in 1..=steps {
        let s = i as f64 / steps as f64;
        let eased = s * s * s * (10.0 + s * (6.0 * s - 15.0));
        let position = from
            .pose
            .translation
            .vector
            .lerp(&to.translation.vector, eased);
        let rotation = from.pose.rotation.slerp(&to.rotation, eased);
        let pose = Pose::from_parts(position.into(), rotation);
        keys.push(HandKey {
            t: from.t + seconds * s,
            pose,
            ..from
        });
    }
}

/// Heights over the plinth in m, and the seconds that each takes; what the strongest cup and the arm give under its
/// load is within the first, so that every box leaves the plinth in it.
pub const LIFTS: [(f64, f64); 2] = [(0.02, 10.0), (0.06, 3.0)];

/// Grips at `hand_in_box`, waits, lifts by 2 cm in ten seconds (at more than 1 cm/s the box's
/// swing on the cup adds 8 % to the load), then by 4 cm, and waits again.
pub fn slow_lift(cell: &Workcell, hand_in_box: Pose, face: Face) -> Rollout {
    lift(cell, hand_in_box, face, &LIFTS)
}

/// The same at a working speed: out of everything's way by 0.3 m in a second.
pub fn quick_lift(cell: &Workcell, hand_in_box: Pose, face: Face) -> Rollout {
    lift(cell, hand_in_box, face, &[(0.3, 1.0)])
}

fn lift(cell: &Workcell, hand_in_box: Pose, face: Face, legs: &[(f64, f64)]) -> Rollout {
    let grasp = GraspCandidate {
        box_index: 0,
        gripper: 0,
        face,
        hand_in_box,
    };
    let contact = grasp.hand_in_world(&cell.scene.boxes[0].pose);
    let start = contact * Pose::translation(0.0, 0.0, -0.15);
    let mut keys = vec![HandKey {
        t: 0.0,
        pose: start,
        grip: Grip::Open,
    }];
    glide(&mut keys, contact, 1.5);
    if let Some(last) = keys.last_mut() {
        last.grip = Grip::Closed;
    }
    glide(&mut keys, contact, 0.6);
    for &(height, seconds) in legs {
        glide(
            &mut keys,
            Pose::translation(0.0, 0.0, height) * contact,
            seconds,
        );
    }
    let lifted = keys[keys.len() - 1].pose;
    glide(&mut keys, lifted, 1.0);
    moved(cell, grasp, keys, Extent::FirstAccident)
}

/// What comes of a hand that goes by `keys`.
pub fn moved(
    cell: &Workcell,
    grasp: GraspCandidate,
    keys: Vec<HandKey>,
    extent: Extent,
) -> Rollout {
    let motion = Motion { keys };
    let action = Action::Remove { grasp, motion };
    let world = sandbox::settled(cell, &known(&cell.scene), 1).unwrap();
    sandbox::run(cell, &world, &action, extent, Recording::EverySteps(1)).unwrap()
}

/// When the grip was lost, if it was lost before the motion ended.
pub fn dropped(rollout: &Rollout) -> Option<f64> {
    let end = 1.5 + 0.6 + LIFTS[0].1 + LIFTS[1].1 + 1.0;
    let drop = rollout
        .accidents
        .iter()
        .find(|a| a.kind == AccidentKind::Drop)?;
    // A motion that ends with the box in hand is a drop too, but one of the test's own making.
    (drop.t < end - 0.01).then_some(drop.t)
}

/// Holds at 95 % of the mass that `limit` newtons of weight allow, and lets go at 105 %.
pub fn lets_go_at(limit: f64, what: &str, lift: impl Fn(f64) -> Rollout) {
    let critical = limit / GRAVITY;
    let light = lift(0.95 * critical);
    assert_eq!(
        dropped(&light),
        None,
        "{what}: {:.2} kg of {critical:.2} is lost",
        0.95 * critical
    );
    assert!(light.frames.iter().any(|f| f.held), "{what}: never gripped");
    let heavy = lift(1.05 * critical);
    assert!(
        dropped(&heavy).is_some(),
        "{what}: {:.2} kg of {critical:.2} is held",
        1.05 * critical
    );
}
