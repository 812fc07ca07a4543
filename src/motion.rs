//! Motions of the hand from a few numbers: what the planner searches over and the generator draws.
//!
//! Owns [`Lift`], the lifts worth trying, and the shaping of legs into
//! [`Motion`] keys: every leg is a minimum-jerk profile (Flash and Hogan,
//! J. Neurosci. 1985), so the hand starts and stops softly. Refuses legs through fixtures or out
//! of reach; what a leg does to other boxes is for the dynamics.

mod carried;
mod carry;
mod lifts;
mod onward;
mod profile;
mod slide;

pub use carried::EXIT_CLEAR_M;
pub use carry::{place, remove};
pub use lifts::{default_lift, lift_options, random_lift};
pub use onward::{onward, slower};
pub use slide::put;

use crate::grasp::Rejection;
use crate::pose::Vec3;
#[cfg(doc)]
use crate::rollout::Motion;

/// How a gripped box leaves its place: two straight legs at one speed.
///
/// The first leg decides what drags and what tips; the second only carries the box clear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lift {
    /// First leg, m in the world.
    pub first: Vec3,
    /// Second leg, m in the world: its direction is taken, its length is at least this and as
    /// much as brings the box clear. Zero means up.
    pub then: Vec3,
    /// Turn of the hand during the first leg about its own x and y, rad: a tilted lift.
    pub tilt: [f64; 2],
    /// Cruise speed of both legs, m/s.
    pub speed: f64,
}

/// The slowest lift, m/s.
pub const MIN_LIFT_SPEED: f64 = 0.02;
/// The fastest lift, m/s.
pub const MAX_LIFT_SPEED: f64 = 1.5;
/// The longest first leg, m.
pub const MAX_FIRST_LEG_M: f64 = 1.5;

impl Lift {
    /// The lift itself, when its numbers are finite and within range.
    ///
    /// # Errors
    /// [`Rejection::BadMotion`] with the number that is not.
    pub fn checked(self) -> Result<Self, Rejection> {
        let bad = |what: String| Err(Rejection::BadMotion { what });
        let finite = |v: &Vec3| v.iter().all(|x| x.is_finite());
        if !finite(&self.first) || !finite(&self.then) {
            return bad(format!("legs {:?} and {:?}", self.first, self.then));
        }
        if self.first.norm() > MAX_FIRST_LEG_M {
            return bad(format!("a first leg of {:.2} m", self.first.norm()));
        }
        if !(MIN_LIFT_SPEED..=MAX_LIFT_SPEED).contains(&self.speed) {
            return bad(format!("a speed of {} m/s", self.speed));
        }
        if !self.tilt.iter().all(|t| t.abs() <= 1.0) {
            return bad(format!("a tilt of {:?} rad", self.tilt));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
