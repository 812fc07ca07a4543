//! A spring and damper between two bodies.
//!
//! Owns [`Spring`]: six [soft](super::super::soft) rows, implicit in the substep, with no more than so much force and
//! moment.

use nalgebra::Matrix3;

use crate::grasp::Compliance;
use crate::pose::{Pose, Quat, Vec3};

use super::super::soft::Soft;
use super::body::Body;

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
    /// The same about the x axis of its place on the first body.
    pub max_torsion: f64,
    arms: [Vec3; 2],
    /// That axis.
    x: Vec3,
    stretch: Vec3,
    twist: Vec3,
    pull: Soft,
    turn: Soft,
    /// Impulses on the second body in a substep, N·s and N·m·s.
    force: Vec3,
    moment: Vec3,
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
            max_torsion: f64::INFINITY,
            arms: [Vec3::zeros(); 2],
            x: Vec3::x(),
            stretch: Vec3::zeros(),
            twist: Vec3::zeros(),
            pull: Soft::default(),
            turn: Soft::default(),
            force: Vec3::zeros(),
            moment: Vec3::zeros(),
        }
    }

    /// Takes in where its bodies are when a substep of `h` seconds begins, and gives them what it gave them before.
    pub fn begin(&mut self, bodies: &mut [Body], h: f64) {
        let [a, b] = self.ends.map(|i| &bodies[i]);
        let now = |body: &Body, at: &Pose| -> Pose {
            let turned = Quat::from_scaled_axis(body.turned);
            let frame = Pose::from_parts((body.com + body.moved).into(), turned * body.rotation);
            frame * at
        };
        let (p, q) = (now(a, &self.at[0]), now(b, &self.at[1]));
        self.arms = [
            p.translation.vector - a.com - a.moved,
            q.translation.vector - b.com - b.moved,
        ];
        self.x = p.rotation * Vec3::x();
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
            let mut asked = self.moment - self.turn.effective * wrong;
            let (about, most) = (asked.dot(&self.x), self.max_torsion * h);
            asked -= self.x * (about - about.min(most).max(-most));
            let step = asked.cap_magnitude(self.max_moment * h) - self.moment;
            self.moment += step;
            self.push(&Vec3::zeros(), &step, bodies);
        }
    }

    /// What it bears in a substep of `h` seconds, along and about the axes of its place on the first body: N, N·m.
    pub fn load(&self, bodies: &[Body], h: f64) -> (Vec3, Vec3) {
        let a = &bodies[self.ends[0]];
        let into = (a.rotation * self.at[0].rotation).inverse();
        (into * self.force / h, into * self.moment / h)
    }

    /// How far it is stretched, m, and twisted, rad.
    pub fn slip(&self) -> (f64, f64) {
        (self.stretch.norm(), self.twist.norm())
    }
}
