//! What is done to the target of a forecast, step by step.
//!
//! Owns [`Act`] and how the solver carries it out.

use crate::pose::Vec3;

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
        match &self.target {
            Some((_, Act::Nudged(_))) if k >= NUDGE.len() => {
                if self.grip.take().is_some() {
                    // What was wedged by the drive is so no more.
                    for &k in &self.active {
                        let rest = self.sketch.resting.get(k);
                        self.impulses[k] = rest.map_or([0.0; ROWS], |f| f.map(|x| x * self.last_h));
                    }
                }
            }
            Some((i, Act::Held(held) | Act::Nudged(held))) => {
                if let Some(grip) = &mut self.grip {
                    let step = (&held.poses[k], &held.poses[k + 1]);
                    grip.follow(step, h, &self.states[*i], &self.bodies[*i]);
                }
            }
            Some((i, Act::Pushed { force, arm, until })) => {
                let lasting = (until - self.elapsed).clamp(0.0, h);
                let state = &mut self.states[*i];
                state.linear += force * (self.bodies[*i].inverse_mass * lasting);
                state.angular += self.bodies[*i].inverse_inertia * arm.cross(force) * lasting;
            }
            Some((_, Act::Gone)) | None => {}
        }
    }
}
