//! The share of a gripper's capacity that a load takes, along a whole motion.
//!
//! Owns [`Demand`]: the limits that the sandbox measures in every step (design, section 6), asked at the belief's
//! mean and two standard deviations worse (of the arm one and a half). 1 is the limit, of what the grip bears or of
//! how far it gives: a heavy box sags out of a cup that could well pull it.

use crate::grasp::compliance::TRAVEL_M;
use crate::grasp::{cup_shares, pad_torsion_arm, tool_compliance};
use crate::gravity::GRAVITY;
use crate::pose::{Pose, Vec3};
use crate::rollout::Motion;
use crate::scene::Gripper;

use super::contacts::Body;

/// What gravity pulls with, m/s².
const DOWN: Vec3 = Vec3::new(0.0, 0.0, -GRAVITY);
/// Moments after the onset at which a motion's accelerations are looked at, s.
const LOOK_S: [f64; 10] = [0.1, 0.2, 0.35, 0.5, 0.7, 0.95, 1.3, 1.7, 2.2, 2.8];
/// Half the interval of a second difference, s: that of the motion's keys.
const DIFFERENCE_S: f64 = 0.05;

/// A box in a gripper.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    gripper: &'a Gripper,
    /// The box's centre of mass in the hand frame, m.
    arm: Vec3,
    /// The middle of the box in the hand frame, m.
    centre: Vec3,
    /// How far it may lie farther out, m.
    arm_std: f64,
    mass: f64,
    mass_std: f64,
    friction: f64,
    friction_std: f64,
    /// Between the pads, m.
    width: f64,
}

/// A demand at the belief's mean, and two standard deviations worse.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// At the mean.
    pub mean: f64,
    /// Two standard deviations worse; of the arm one and a half.
    pub high: f64,
}

impl<'a> Demand<'a> {
    /// `body` in `gripper`, the hand at `hand`.
    pub fn new(gripper: &'a Gripper, body: &Body, hand: &Pose, pose_std: f64) -> Self {
        let arm = hand.rotation.inverse() * (body.com - hand.translation.vector);
        let closing = hand.rotation * Vec3::x();
        Self {
            gripper,
            arm,
            centre: hand.rotation.inverse()
                * (body.obb.pose.translation.vector - hand.translation.vector),
            arm_std: body.com_std.hypot(pose_std),
            mass: body.mass_mean,
            mass_std: body.mass_std,
            friction: body.friction_mean,
            friction_std: body.friction_std,
            width: 2.0 * body.obb.support(&closing),
        }
    }

    /// The shares that an acceleration (m/s², what is pulled on the hand) takes when the hand is
    /// turned so, with `more` kilograms on top.
    pub fn shares(&self, pull: &Vec3, hand: &crate::pose::Quat, more: f64) -> Shares {
        let direction = hand.inverse() * pull;
        let mean = self.used(self.arm, direction * (self.mass + more), self.friction);
        let mut high: f64 = 0.0;
        let force = direction * (self.mass + 2.0 * self.mass_std + more);
        let friction = (self.friction - 2.0 * self.friction_std).max(0.05);
        // Whichever way out is worst: along the hand's own axes, to both sides. The arm goes out by less than the two
        // standard deviations of mass and friction, which it comes on top of. No measurement of this 1.5 is on
        // record, and the column is what trained models know: it changes only together with them.
        for axis in [Vec3::x(), Vec3::y()] {
            for sign in [-1.5, 1.5] {
                let arm = self.arm + axis * (sign * self.arm_std);
                high = high.max(self.used(arm, force, friction));
            }
        }
        Shares { mean, high }
    }

    /// The greatest shares from the onset of `motion` on.
    pub fn along(&self, motion: &Motion, onset: f64) -> Shares {
        let mut worst = Shares::default();
        for after in LOOK_S {
            let t = onset + after;
            if t > motion.duration() {
                break;
            }
            let at = |t: f64| motion.at(t).pose.translation.vector;
            let acceleration = (at(t + DIFFERENCE_S) + at(t - DIFFERENCE_S) - at(t) * 2.0)
                / (DIFFERENCE_S * DIFFERENCE_S);
            let pull = DOWN - acceleration;
            let shares = self.shares(&pull, &motion.at(t).pose.rotation, 0.0);
            worst.mean = worst.mean.max(shares.mean);
            worst.high = worst.high.max(shares.high);
        }
        worst
    }

    /// The share that a force (N, in the world) at the centre of mass takes.
    pub fn of_force(&self, force: &Vec3, hand: &crate::pose::Quat) -> f64 {
        self.used(self.arm, hand.inverse() * force, self.friction)
    }

    /// The shares of a load at the hand's origin (N and N·m, in the world); high with two standard
    /// deviations of weight more at the centre of mass.
    pub fn of_load(&self, force: &Vec3, moment: &Vec3, hand: &crate::pose::Quat) -> Shares {
        let into_hand = hand.inverse();
        let (force, moment) = (into_hand * force, into_hand * moment);
        let more = into_hand * DOWN * (2.0 * self.mass_std);
        let poor = (self.friction - 2.0 * self.friction_std).max(0.05);
        let here = Vec3::zeros();
        Shares {
            mean: self.used_turning(here, force, moment, self.friction),
            high: self.used_turning(here, force + more, moment + self.arm.cross(&more), poor),
        }
    }

    /// The share that `force` (N) at `arm` (m), both in the hand frame, takes.
    fn used(&self, arm: Vec3, force: Vec3, friction: f64) -> f64 {
        self.used_turning(arm, force, Vec3::zeros(), friction)
    }

    /// The same with a moment on top, N·m in the hand frame.
    fn used_turning(&self, arm: Vec3, force: Vec3, more: Vec3, friction: f64) -> f64 {
        let gives = tool_compliance(self.gripper);
        match *self.gripper {
            Gripper::Suction {
                max_pull,
                max_shear,
                max_moment,
                ..
            } => {
                let moment = arm.cross(&force) + more;
                let limits = [max_pull, max_shear, max_moment];
                let [shear, pull] = cup_shares(limits, &force, &moment);
                let stretch = force.norm() / (gives.linear.0 * TRAVEL_M);
                let slip = gives.slip(&force, &moment, &self.centre);
                shear.max(pull).max(stretch).max(slip)
            }
            Gripper::ParallelJaw {
                max_force,
                finger,
                pad_friction,
                ..
            } => {
                let capacity = (pad_friction + friction) * max_force;
                let pads = Vec3::new(0.0, 0.0, 0.5 * finger.z);
                let moment = (arm - pads).cross(&force) + more;
                // Torsion of a pad under even pressure, and more load on one pad than the other.
                let torsion = pad_torsion_arm(finger.y, finger.z);
                let width = self.width.max(0.01);
                let tangential = force.yz().norm() + 2.0 * moment.yz().norm() / width;
                let held = (tangential + moment.x.abs() / torsion) / capacity
                    + 0.5 * force.x.abs() / max_force;
                held.max(gives.slip(&force, &moment, &(self.centre - pads)))
            }
        }
    }
}
