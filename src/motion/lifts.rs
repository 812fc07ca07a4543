//! Lifts worth trying.
//!
//! Owns the plain one, a handful of alternatives, and random ones for the generator.

use rand::Rng;

use crate::grasp::GraspCandidate;
use crate::pose::{Quat, Vec3};
use crate::scene::Workcell;

use super::Lift;

/// Cruise speed of the plain lift, m/s (design, section 7: `straight_lift`).
const PLAIN_SPEED: f64 = 0.2;
/// An approach that points further down than this lifts from above.
const FROM_ABOVE_Z: f64 = -0.7;

/// The outward direction of a side grasp, level; `None` for a grasp from above.
fn outward(workcell: &Workcell, grasp: &GraspCandidate) -> Option<Vec3> {
    let approach = grasp.approach(&workcell.scene.boxes[grasp.box_index].pose);
    if approach.z < FROM_ABOVE_Z {
        return None;
    }
    Vec3::new(-approach.x, -approach.y, 0.0).try_normalize(1e-6)
}

/// The plain lift: straight up at 0.2 m/s from above; from the side 2.5 cm up, then outwards.
pub fn default_lift(workcell: &Workcell, grasp: &GraspCandidate) -> Lift {
    lift_options(workcell, grasp)[0]
}

/// The lifts that are screened for each grasp, the plain one first.
///
/// From above: plain, slow, fast, and away to the four sides of the hand. From the side: a small lift and then outwards,
/// straight outwards and then up (plain and slow), straight up, up and outwards at once, and outwards and a little up (fast).
pub fn lift_options(workcell: &Workcell, grasp: &GraspCandidate) -> Vec<Lift> {
    match outward(workcell, grasp) {
        None => from_above(workcell, grasp),
        Some(out) => from_the_side(workcell, grasp, out),
    }
}

fn lift(first: Vec3, then: Vec3, speed: f64) -> Lift {
    Lift {
        first,
        then,
        tilt: [0.0; 2],
        speed,
    }
}

fn from_above(workcell: &Workcell, grasp: &GraspCandidate) -> Vec<Lift> {
    let up = Vec3::z();
    let mut options = vec![
        lift(0.15 * up, 0.05 * up, PLAIN_SPEED),
        lift(0.10 * up, 0.05 * up, 0.08),
        lift(0.15 * up, 0.05 * up, 0.5),
    ];
    let pose = &workcell.scene.boxes[grasp.box_index].pose;
    let hand = grasp.hand_in_world(pose).rotation;
    for side in [Vec3::x(), -Vec3::x(), Vec3::y(), -Vec3::y()] {
        let side = hand * side;
        let level = Vec3::new(side.x, side.y, 0.0)
            .try_normalize(1e-6)
            .unwrap_or_else(Vec3::x);
        // Away at 20° from the vertical: frees a face that rubs on a neighbour.
        options.push(lift(0.08 * up + 0.03 * level, 0.05 * up, PLAIN_SPEED));
    }
    options
}

fn from_the_side(workcell: &Workcell, grasp: &GraspCandidate, out: Vec3) -> Vec<Lift> {
    let up = Vec3::z();
    let size = workcell.scene.boxes[grasp.box_index].size;
    let hand_z = grasp.hand_in_box.rotation * Vec3::z();
    let depth = hand_z.abs().dot(&size) + 0.03;
    vec![
        lift(0.025 * up, 0.05 * out, PLAIN_SPEED),
        lift(depth * out, 0.05 * up, PLAIN_SPEED),
        lift(depth * out, 0.05 * up, 0.08),
        lift(0.15 * up, 0.05 * up, PLAIN_SPEED),
        lift(0.03 * up + 0.03 * out, 0.05 * out, PLAIN_SPEED),
        lift(depth * out + 0.02 * up, 0.05 * up, 0.4),
    ]
}

/// A varied lift for the generator: up, outward, leaning, tilted; slow (0.05 m/s) to fast (1 m/s).
pub fn random_lift(workcell: &Workcell, grasp: &GraspCandidate, rng: &mut impl Rng) -> Lift {
    let options = lift_options(workcell, grasp);
    let mut lift = options[rng.random_range(0..options.len())];
    // Log-uniform: slow drags and fast snatches alike.
    lift.speed = 0.05 * 20f64.powf(rng.random::<f64>());
    if rng.random::<f64>() < 0.6 {
        lift.first *= rng.random_range(0.4..1.8);
        let lean = rng.random_range(0.0..0.7);
        lift.first = lean_by(lift.first, lean, rng);
    }
    if rng.random::<f64>() < 0.2 {
        lift.then = match outward(workcell, grasp) {
            Some(out) => 0.05 * (out + Vec3::z()),
            None => {
                0.05 * Vec3::new(
                    rng.random_range(-0.5..0.5),
                    rng.random_range(-0.5..0.5),
                    1.0,
                )
            }
        };
    }
    if rng.random::<f64>() < 0.4 {
        lift.tilt = [rng.random_range(-0.3..0.3), rng.random_range(-0.3..0.3)];
    }
    lift
}

/// `leg` leaned by `angle` radians towards a random side, never below level.
fn lean_by(leg: Vec3, angle: f64, rng: &mut impl Rng) -> Vec3 {
    let heading = rng.random_range(0.0..std::f64::consts::TAU);
    let about = nalgebra::Unit::new_normalize(Vec3::new(heading.cos(), heading.sin(), 0.0));
    let mut leaned = Quat::from_axis_angle(&about, angle) * leg;
    leaned.z = leaned.z.max(0.0);
    leaned
}
