//! What is done to the target of a forecast, step by step.
//!
//! Owns [`Act`] and how the solver carries it out.

use crate::pose::{Pose, Vec3};

use super::clock::NUDGE;
use super::grip::Held;
use super::patch::ROWS;
use super::solve::Solver;

/// What acts on the target.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Springs take it along.
    Held(Held),
    /// A spring takes its middle along, and lets it go when the nudge is over.
    Nudged(Held),
    /// A force.
    Pushed {
        /// N.
        force: Vec3,
        /// From the centre of mass to where it acts, m.
        arm: Vec3,
        /// s.
        until: f64,
    },
    /// It is not there.
    Gone,
}

impl Solver<'_> {
    /// Tells the target what to do in step `k`, which lasts `h`.
    pub fn drive(&mut self, k: usize, h: f64) {
        match self.target {
            Some((_, Act::Nudged(_))) if k >= NUDGE.len() => self.let_go(),
            Some((_, Act::Held(held) | Act::Nudged(held))) => {
                self.guide(&held.poses[k], &held.poses[k + 1], h);
            }
            Some((_, Act::Pushed { force, arm, until })) => {
                self.push_target(&force, &arm, (until - self.elapsed).clamp(0.0, h));
            }
            Some((_, Act::Gone)) | None => {}
        }
    }

    /// Takes what is held from one pose to another within a step of `h` seconds.
    fn guide(&mut self, from: &Pose, to: &Pose, h: f64) {
        if let (Some((i, _)), Some(grip)) = (&self.target, &mut self.grip) {
            grip.follow((from, to), h, &self.states[*i], &self.bodies[*i]);
        }
    }

    /// Lets go of what is held. What was wedged by the drive is so no more.
    fn let_go(&mut self) {
        if self.grip.take().is_some() {
            for &k in &self.active {
                let rest = self.sketch.resting.get(k);
                self.impulses[k] = rest.map_or([0.0; ROWS], |f| f.map(|x| x * self.last_h));
            }
        }
    }

    /// A force on the target for so many seconds, `arm` from its centre of mass.
    fn push_target(&mut self, force: &Vec3, arm: &Vec3, lasting: f64) {
        if let Some((i, _)) = self.target {
            let state = &mut self.states[i];
            state.linear += force * (self.bodies[i].inverse_mass * lasting);
            state.angular += self.bodies[i].inverse_inertia * arm.cross(force) * lasting;
        }
    }
}
