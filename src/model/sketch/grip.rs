//! A hand that holds a box by springs, and a nudge that takes its middle along by one.
//!
//! Owns [`Hold`], [`Held`] and [`Grip`]: six [soft](super::super::soft) rows between a point of the box and a hand that goes
//! its way, implicit in the step, with no more than the robot's force.

use nalgebra::Matrix3;

use crate::grasp::Compliance;
use crate::pose::{Pose, Vec3};
use crate::rollout::NUDGE_DRIVE;

use super::super::soft::Soft;
use super::body::Inert;
use super::clock::{NUDGE, STEPS, no_slower};
use super::solve::State;

/// Turns in one sweep: force and moment depend on each other.
const ROUNDS: usize = 2;

/// A moment changes as much as a force at this lever, m.
const LEVER_M: f64 = 0.1;

/// How a hand holds its box.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    /// The hand's origin in the box's frame, m.
    pub hand_in_box: Vec3,
    /// How far it gives.
    pub gives: Compliance,
    /// What the robot drives it with at most, N.
    pub max_force: f64,
}

impl Hold {
    /// How a nudge has its box: by the middle, which may turn; with so much force at most, N.
    fn nudging(max_force: f64) -> Self {
        Self {
            hand_in_box: Vec3::zeros(),
            gives: Compliance {
                linear: NUDGE_DRIVE,
                angular: (0.0, 0.0),
            },
            max_force,
        }
    }
}

/// How a hand holds its box, and where it takes it in the steps of a forecast.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// Where the box would be if nothing gave: at the onset, then at each step's end.
    pub poses: [Pose; STEPS + 1],
    /// How it is held.
    pub hold: Hold,
}

impl Held {
    /// How a nudge by so much takes along the middle of a box at `start`, which may turn.
    pub(super) fn nudged(start: &Pose, by: &Vec3, max_force: f64) -> Self {
        let shares = |k: usize| match k.checked_sub(1) {
            None => 0.0,
            Some(k) => NUDGE.get(k).copied().unwrap_or(1.0),
        };
        Self {
            poses: std::array::from_fn(|k| {
                let mut pose = *start;
                pose.translation.vector += by * shares(k);
                pose
            }),
            hold: Hold::nudging(max_force),
        }
    }

    /// How long each step lasts that ends at one of `times` (the onset first), s.
    pub(super) fn lasting(&self, times: &[f64; STEPS + 1]) -> [f64; STEPS] {
        std::array::from_fn(|k| {
            let at = |k: usize| self.poses[k].translation.vector;
            no_slower(times[k + 1] - times[k], (at(k + 1) - at(k)).norm())
        })
    }
}

/// The springs, under way.
pub struct Grip {
    gives: Compliance,
    max_force: f64,
    /// The most of an impulse in this step, N·s.
    most: f64,
    /// From the box's centre of mass to the hand's origin, m.
    arm: Vec3,
    point_in_box: Vec3,
    start: Pose,
    /// Velocity of the hand in this step.
    linear: Vec3,
    angular: Vec3,
    /// Stretch before this step, m and rad.
    stretch: Vec3,
    twist: Vec3,
    pull: Soft,
    turn: Soft,
    /// Impulses on the box, N·s and N·m·s.
    pub force: Vec3,
    /// About the hand's origin.
    pub moment: Vec3,
}

impl Grip {
    /// A grip that has just formed on a box at `start`.
    pub fn new(start: Pose, hold: &Hold, body: &Inert) -> Self {
        let at = start * nalgebra::Point3::from(hold.hand_in_box);
        Self {
            gives: hold.gives,
            max_force: hold.max_force,
            most: 0.0,
            arm: at.coords - body.com,
            point_in_box: hold.hand_in_box,
            start,
            linear: Vec3::zeros(),
            angular: Vec3::zeros(),
            stretch: Vec3::zeros(),
            twist: Vec3::zeros(),
            pull: Soft::default(),
            turn: Soft::default(),
            force: Vec3::zeros(),
            moment: Vec3::zeros(),
        }
    }

    /// Begins a step in which the hand takes the box from one pose to the next.
    pub fn follow(&mut self, step: (&Pose, &Pose), h: f64, state: &State, body: &Inert) {
        let (from, to) = step;
        self.most = self.max_force * h;
        let point = nalgebra::Point3::from(self.point_in_box);
        let before = (from * point).coords;
        self.linear = ((to * point).coords - before) / h;
        self.angular = (to.rotation * from.rotation.inverse()).scaled_axis() / h;
        let meant = before - (self.start * point).coords;
        self.stretch = state.moved + state.turned.cross(&self.arm) - meant;
        self.twist = state.turned - (from.rotation * self.start.rotation.inverse()).scaled_axis();
        let lever = self.arm.cross_matrix();
        let swing = lever * body.inverse_inertia * lever.transpose();
        let mobility = Matrix3::identity() * body.inverse_mass + swing;
        self.pull = Soft::new(self.gives.linear, h, &mobility);
        self.turn = Soft::new(self.gives.angular, h, &body.inverse_inertia);
    }

    /// Gives the box what it got in the step before, for a step `ratio` times as long.
    pub fn start_warm(&mut self, ratio: f64, state: &mut State, body: &Inert) {
        self.force *= ratio;
        self.moment *= ratio;
        let (force, moment) = (self.force, self.moment);
        self.push(&force, &moment, state, body);
    }

    fn push(&self, force: &Vec3, moment: &Vec3, state: &mut State, body: &Inert) {
        state.linear += force * body.inverse_mass;
        state.angular += body.inverse_inertia * (self.arm.cross(force) + moment);
    }

    /// The magnitude of force and moment together, N·s.
    pub fn load(&self) -> f64 {
        self.force.norm().max(self.moment.norm() / LEVER_M)
    }

    /// Solves the springs for the rest as it is; how much changed, N·s.
    pub fn relax(&mut self, state: &mut State, body: &Inert) -> f64 {
        let mut change: f64 = 0.0;
        for _ in 0..ROUNDS {
            let speed = state.linear + state.angular.cross(&self.arm) - self.linear;
            let wrong = speed + self.stretch * self.pull.bias + self.force * self.pull.softness;
            let asked = self.force - self.pull.effective * wrong;
            let force = asked.cap_magnitude(self.most);
            let step = force - self.force;
            self.force = force;
            self.push(&step, &Vec3::zeros(), state, body);
            change = change.max(step.norm());
            let speed = state.angular - self.angular;
            let wrong = speed + self.twist * self.turn.bias + self.moment * self.turn.softness;
            let step = -(self.turn.effective * wrong);
            self.moment += step;
            self.push(&Vec3::zeros(), &step, state, body);
            change = change.max(step.norm() / LEVER_M);
        }
        change
    }
}
