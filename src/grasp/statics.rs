//! Does the gripper hold the load, at the worst that the belief allows?
//!
//! Owns the closed-form limits that the sandbox measures in every step (design, section 6): a cup
//! lets go when |shear| > max_shear or pull/max_pull + |moment|/max_moment > 1; two pads hold
//! 2·µ·F of tangential force. Refuses contacts with anything but the gripper: what drags on the
//! box is for the dynamics.

use crate::gravity::GRAVITY;
use crate::pose::Vec3;
use crate::scene::belief::MIN_FRICTION;
use crate::scene::{Gripper, Workcell};

use super::GraspCandidate;
use super::hand::width_between_pads;
use super::rejection::GripLimit;

/// Mean distance from the middle of a square under even pressure, over its side (0.3826, rounded down).
const TORSION_ARM: f64 = 0.38;
/// How many standard deviations of the centre of mass are looked at to either side.
const COM_SIGMAS: f64 = 2.0;

/// What a load takes of a gripper's capacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Share of the capacity in use at worst; 1 is the limit.
    pub used: f64,
    /// The limit that is nearest.
    pub limit: GripLimit,
    /// The mass that this was worked out for, kg.
    pub mass_kg: f64,
}

/// The mean arm, m, with which the friction of a pad of `a` m by `b` m resists being turned about its middle.
///
/// Under even pressure it is the mean distance from the middle: 0.3826 of a square's side. For other rectangles the
/// root of the area stands in for the side, which is careful: 4 % too little where one edge is one and a half times
/// the other, 9 % at twice.
pub fn pad_torsion_arm(a: f64, b: f64) -> f64 {
    TORSION_ARM * (a * b).sqrt()
}

/// The shares that a load takes of what a cup holds, `[max_pull, max_shear, max_moment]`: of the shear, and of pull and
/// moment together. `force` (N, +z pulls the box off) and `moment` (N·m) in the hand frame.
pub fn cup_shares([pull, shear, bend]: [f64; 3], force: &Vec3, moment: &Vec3) -> [f64; 2] {
    let along = force.xy().norm() / shear;
    [along, force.z.max(0.0) / pull + moment.norm() / bend]
}

/// What the more loaded one of two pads has to hold by friction, N: shear and torsion as one ellipsoid (soft pads; Howe
/// and Cutkosky, IJRR 1996).
///
/// `force` and `moment` act on the middle between the pads (hand frame, closing along x); a moment
/// across x loads the pads in opposite directions, `width` apart.
pub fn pads_bear(force: &Vec3, moment: &Vec3, width: f64, torsion_arm: f64) -> f64 {
    let shared = force.yz() * 0.5;
    let couple = Vec3::new(0.0, moment.z, -moment.y).yz() / width;
    let torsion = 0.5 * moment.x / torsion_arm;
    (shared + couple)
        .norm()
        .max((shared - couple).norm())
        .hypot(torsion)
}

/// The load on the gripper when the box hangs in the air, at the belief's worst: heaviest mass, least friction, and the
/// centre of mass up to two standard deviations (pose noise included) off its mean along each axis.
///
/// `gravity_in_hand` is the direction of gravity in the hand frame (need not be normalised),
/// `acceleration` what comes on top of gravity, m/s².
pub fn grip_load(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    gravity_in_hand: Vec3,
    acceleration: f64,
) -> Load {
    let spec = &workcell.scene.boxes[grasp.box_index];
    let mass_kg = spec.mass.upper();
    let down = gravity_in_hand
        .try_normalize(1e-9)
        .unwrap_or_else(Vec3::zeros);
    let force = down * mass_kg * (GRAVITY + acceleration);
    let spread = COM_SIGMAS * spec.com.std().hypot(workcell.scene.pose_noise.position_m);
    let mut worst = Load {
        used: 0.0,
        limit: GripLimit::PullAndMoment,
        mass_kg,
    };
    for offset in com_offsets(spread) {
        let com = (spec.com.mean() + offset).zip_map(&spec.size, |o, s| o.clamp(-0.5 * s, 0.5 * s));
        let arm = (grasp.hand_in_box.inverse() * nalgebra::Point3::from(com)).coords;
        let (used, limit) = share(workcell, grasp, arm, force);
        if used > worst.used {
            worst = Load {
                used,
                limit,
                mass_kg,
            };
        }
    }
    worst
}

/// The mean itself, and `spread` to either side along each axis.
fn com_offsets(spread: f64) -> Vec<Vec3> {
    let mut offsets = vec![Vec3::zeros()];
    if spread > 0.0 {
        for axis in 0..3 {
            for sign in [-1.0, 1.0] {
                let mut offset = Vec3::zeros();
                offset[axis] = sign * spread;
                offsets.push(offset);
            }
        }
    }
    offsets
}

/// Share of the capacity that `force` (N, hand frame) at `arm` (m, hand frame) takes.
fn share(workcell: &Workcell, grasp: &GraspCandidate, arm: Vec3, force: Vec3) -> (f64, GripLimit) {
    let spec = &workcell.scene.boxes[grasp.box_index];
    match workcell.robot.grippers[grasp.gripper] {
        Gripper::Suction {
            max_pull,
            max_shear,
            max_moment,
            ..
        } => {
            let limits = [max_pull, max_shear, max_moment];
            let [shear, pull] = cup_shares(limits, &force, &arm.cross(&force));
            if shear > pull {
                (shear, GripLimit::Shear)
            } else {
                (pull, GripLimit::PullAndMoment)
            }
        }
        Gripper::ParallelJaw {
            max_force,
            finger,
            pad_friction,
            ..
        } => {
            let friction = 0.5 * (pad_friction + spec.friction.lower(MIN_FRICTION));
            let capacity = 2.0 * friction * max_force;
            let pad = Vec3::new(0.0, 0.0, 0.5 * finger.z);
            let moment = (arm - pad).cross(&force);
            let width = width_between_pads(workcell, grasp).max(1e-3);
            // Turning about the pads' axis is held by torsion. The other two moments load one pad
            // more than the other, across the width between them.
            let torsion_arm = pad_torsion_arm(finger.y, finger.z);
            let tangential = force.yz().norm() + 2.0 * moment.yz().norm() / width;
            let squeeze = force.x.abs() / max_force;
            let used = (tangential + moment.x.abs() / torsion_arm) / capacity + 0.5 * squeeze;
            (used, GripLimit::PadFriction)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pad_resists_turning_with_the_mean_distance_from_its_middle() {
        let mean = |a: f64, b: f64| {
            let n = 200;
            let at = |i: usize, edge: f64| ((i as f64 + 0.5) / n as f64 - 0.5) * edge;
            let sum: f64 = (0..n * n).map(|k| at(k / n, a).hypot(at(k % n, b))).sum();
            sum / (n * n) as f64
        };
        for (a, b, least) in [(0.06, 0.06, 0.99), (0.06, 0.09, 0.96), (0.06, 0.12, 0.9)] {
            let share = pad_torsion_arm(a, b) / mean(a, b);
            assert!(share > least && share < 1.0, "{a} by {b}: {share}");
        }
    }
}
