//! A spring and damper between two bodies.
//!
//! Owns [`Spring`]: six [soft](super::super::soft) rows, implicit in the substep, with no more than so much force and
//! moment.

use nalgebra::Matrix3;

use crate::grasp::{Compliance, cup_shares, pads_bear};
use crate::pose::{Pose, Quat, Vec3};

use super::super::soft::Soft;
use super::body::Body;
use super::toll::most;

/// A cup lets go of what is too much for it for so many substeps on end: those of the sandbox's steps.
const PATIENCE: usize = 3;
/// Turns in one sweep: force and moment depend on each other.
const ROUNDS: usize = 2;

/// A spring between a point of `from` and one of `to`.
#[derive(Clone, Debug)]
pub struct Spring {
    /// The two bodies.
    pub ends: [usize; 2],
    /// Where it holds each, in that body's frame.
    pub at: [Pose; 2],
    /// How far it gives.
    pub gives: Compliance,
    /// N at most.
    pub max_force: f64,
    /// N·m at most.
    pub max_moment: f64,
    arms: [Vec3; 2],
    stretch: Vec3,
    twist: Vec3,
    pull: Soft,
    turn: Soft,
    /// Impulses on the second body in a substep, N·s and N·m·s.
    force: Vec3,
    moment: Vec3,
    /// What it bears.
    pub strain: Strain,
}

/// What a spring that holds something can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Holds {
    /// Anything.
    #[default]
    All,
    /// As a cup: `[max_pull, max_shear, max_moment]`, N and N·m.
    Cup([f64; 3]),
    /// As the pads of a jaw; they yield where it is more.
    Pads {
        /// What friction holds of each, N.
        most: f64,
        /// Between them, m.
        width: f64,
        /// The arm of their torsion, m.
        torsion_arm: f64,
    },
}

/// What a spring has been through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Strain {
    /// What it can hold.
    pub holds: Holds,
    /// The greatest share of that which it bore for [`PATIENCE`] substeps on end.
    pub share: f64,
    /// What it bore in the last ones.
    lately: [f64; PATIENCE],
}

impl Strain {
    fn feel(&mut self, share: f64) {
        self.lately.rotate_left(1);
        self.lately[PATIENCE - 1] = share;
        let least = self.lately.iter().fold(f64::INFINITY, |least, &s| {
            if s < least || s.is_nan() { s } else { least }
        });
        self.share = most(self.share, least);
    }

    /// Whether it bore more than it can hold for too long.
    pub fn is_too_much(&self) -> bool {
        self.share > 1.0
    }
}

impl Spring {
    /// A spring that has just taken hold of two bodies at one place each, in their frames.
    pub fn new(ends: [usize; 2], at: [Pose; 2], gives: Compliance) -> Self {
        Self {
            ends,
            at,
            gives,
            max_force: f64::INFINITY,
            max_moment: f64::INFINITY,
            arms: [Vec3::zeros(); 2],
            stretch: Vec3::zeros(),
            twist: Vec3::zeros(),
            pull: Soft::default(),
            turn: Soft::default(),
            force: Vec3::zeros(),
            moment: Vec3::zeros(),
            strain: Strain::default(),
        }
    }

    /// Takes in where its bodies are when a substep of `h` seconds begins, and gives them what it gave them before.
    pub fn begin(&mut self, bodies: &mut [Body], h: f64) {
        let [a, b] = self.ends.map(|i| &bodies[i]);
        let (p, q) = (a.frame_now() * self.at[0], b.frame_now() * self.at[1]);
        self.arms = [
            p.translation.vector - a.com - a.moved,
            q.translation.vector - b.com - b.moved,
        ];
        self.stretch = q.translation.vector - p.translation.vector;
        self.twist = (q.rotation * p.rotation.inverse()).scaled_axis();
        let inertia = a.inverse_inertia + b.inverse_inertia;
        let mut mobility = Matrix3::identity() * (a.inverse_mass + b.inverse_mass);
        for (body, arm) in [a, b].into_iter().zip(&self.arms) {
            let lever = arm.cross_matrix();
            mobility += lever * body.inverse_inertia * lever.transpose();
        }
        self.pull = Soft::new(self.gives.linear, h, &mobility);
        self.turn = Soft::new(self.gives.angular, h, &inertia);
        let (force, moment) = (self.force, self.moment);
        self.push(&force, &moment, bodies);
    }

    fn push(&self, force: &Vec3, moment: &Vec3, bodies: &mut [Body]) {
        bodies[self.ends[0]].push(&-force, &-moment, &self.arms[0]);
        bodies[self.ends[1]].push(force, moment, &self.arms[1]);
    }

    /// Solves it for the rest as it is, in a substep of `h` seconds.
    pub fn relax(&mut self, bodies: &mut [Body], h: f64) {
        for _ in 0..ROUNDS {
            let [a, b] = self.ends.map(|i| &bodies[i]);
            let speed = b.speed_at(&self.arms[1]) - a.speed_at(&self.arms[0]);
            let wrong = speed + self.stretch * self.pull.bias + self.force * self.pull.softness;
            let asked = self.force - self.pull.effective * wrong;
            let step = asked.cap_magnitude(self.max_force * h) - self.force;
            self.force += step;
            self.push(&step, &Vec3::zeros(), bodies);
            let [a, b] = self.ends.map(|i| &bodies[i]);
            let speed = b.angular - a.angular;
            let wrong = speed + self.twist * self.turn.bias + self.moment * self.turn.softness;
            let asked = self.moment - self.turn.effective * wrong;
            let step = asked.cap_magnitude(self.max_moment * h) - self.moment;
            self.moment += step;
            self.push(&Vec3::zeros(), &step, bodies);
        }
    }

    /// Takes in what it bore in a substep of `h` seconds.
    pub fn feel(&mut self, bodies: &[Body], h: f64) {
        let (force, moment) = self.load(bodies, h);
        let share = match self.strain.holds {
            Holds::All => return,
            Holds::Cup(limits) => {
                // What the spring pulls the box with, the box pulls the hand with.
                let [shear, pull] = cup_shares(limits, &-force, &moment);
                shear.max(pull)
            }
            Holds::Pads {
                most,
                width,
                torsion_arm,
            } => {
                let used = pads_bear(&force, &moment, width, torsion_arm) / most;
                if used > 1.0 {
                    self.yield_to(bodies, (force, moment), 1.0 / used);
                }
                // Pads that slip are no torn lip.
                used.min(1.0)
            }
        };
        self.strain.feel(share);
    }

    /// Slips so far that its stretch bears what friction is left with: a `share` of the `load`, less what the damper does;
    /// along x it holds.
    fn yield_to(&mut self, bodies: &[Body], (force, moment): (Vec3, Vec3), share: f64) {
        let [a, b] = self.ends.map(|i| &bodies[i]);
        let held = a.frame_now() * self.at[0];
        let into = held.rotation.inverse();
        let slide = into * (b.speed_at(&self.arms[1]) - a.speed_at(&self.arms[0]));
        let turn = into * (b.angular - a.angular);
        let now = held.inverse() * (b.frame_now() * self.at[1]);
        let (linear, angular) = (self.gives.linear, self.gives.angular);
        let mut kept = (-force * share - slide * linear.1) / linear.0;
        kept.x = now.translation.x;
        let turned = (-moment * share - turn * angular.1) / angular.0;
        let kept = Pose::from_parts(kept.into(), Quat::from_scaled_axis(turned));
        self.at[1] = b.frame_now().inverse() * held * kept;
        self.force *= share;
        self.moment *= share;
    }

    /// What it bears in a substep of `h` seconds, along and about the axes of its place on the first body: N, N·m.
    fn load(&self, bodies: &[Body], h: f64) -> (Vec3, Vec3) {
        let a = &bodies[self.ends[0]];
        let into = (a.rotation * self.at[0].rotation).inverse();
        (into * self.force / h, into * self.moment / h)
    }

    /// How far it is stretched, m.
    pub fn stretch(&self) -> f64 {
        self.stretch.norm()
    }
}
