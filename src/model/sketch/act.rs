//! What is done to the target of a forecast, step by step.
//!
//! Owns [`Act`] and how the solver carries it out.

use crate::pose::Vec3;
use crate::rollout::NUDGE_DRIVE;

use super::clock::NUDGE;
use super::grip::Held;
use super::patch::ROWS;
use super::solve::Solver;

/// What acts on the target.
#[expect(
    clippy::large_enum_variant,
    reason = "one for each forecast, on the stack"
)]
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Springs take it along.
    Held(Held),
    /// Its middle is taken along by so much and let go; it may turn.
    Nudged {
        /// m.
        by: Vec3,
        /// From the middle to the centre of mass, m.
        arm: Vec3,
    },
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

/// A nudge stays behind by no more than this share of its way.
const GIVES: f64 = 0.3;

impl Solver<'_> {
    /// Tells the target what to do in step `k`, which lasts `h`.
    pub fn drive(&mut self, k: usize, h: f64) {
        match &self.target {
            Some((i, Act::Held(held))) => {
                if let Some(grip) = &mut self.grip {
                    let step = (&held.poses[k], &held.poses[k + 1]);
                    grip.follow(step, h, &self.states[*i], &self.bodies[*i]);
                }
            }
            Some((i, Act::Nudged { by, arm })) => {
                let (i, by, arm) = (*i, *by, *arm);
                if let Some(&share) = NUDGE.get(k) {
                    let weight = Vec3::new(0.0, 0.0, -self.bodies[i].weight);
                    // The drive gives under what it had to bear so far, but does not turn back.
                    let gives = (self.reaction(i) + weight) / NUDGE_DRIVE.0;
                    let gives = gives.cap_magnitude(GIVES * share * by.norm());
                    let state = &mut self.states[i];
                    state.linear = (by * share + gives - state.moved) / h;
                    state.angular += self.bodies[i].inverse_inertia * arm.cross(&weight) * h;
                } else if self.bodies[i].inverse_mass <= 0.0 {
                    let state = &mut self.states[i];
                    state.linear += state.angular.cross(&arm);
                    state.moved += state.turned.cross(&arm);
                    self.bodies[i] = self.sketch.bodies[i];
                    self.forget_rows(i);
                    // What was wedged by the drive is so no more.
                    for &k in &self.active {
                        let rest = self.sketch.resting.get(k);
                        self.impulses[k] = rest.map_or([0.0; ROWS], |f| f.map(|x| x * self.last_h));
                    }
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

    /// What its contacts did to a body in the last step, N.
    fn reaction(&self, i: usize) -> Vec3 {
        let mut out = Vec3::zeros();
        for &k in &self.active {
            let p = &self.patches[k];
            let sign = match (p.a == i, p.b == i) {
                (true, _) => -1.0,
                (_, true) => 1.0,
                _ => continue,
            };
            let [ref normals @ .., u, v, _] = self.impulses[k];
            let pressed: f64 = normals.iter().sum();
            out += (p.normal * pressed + p.tangents[0] * u + p.tangents[1] * v) * sign;
        }
        out / self.last_h
    }
}
