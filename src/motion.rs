//! Motions of the hand from a few numbers: what the planner searches over and the generator draws.
//!
//! Owns [`Lift`] and the shaping of its legs into [`Motion`](crate::rollout::Motion) keys.

use crate::pose::Vec3;

/// How a gripped box leaves its place: two straight legs at one speed.
///
/// The first leg decides what drags and what tips; the second only carries the box clear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lift {
    /// First leg, m in the world.
    pub first: Vec3,
    /// Second leg, m in the world.
    pub then: Vec3,
    /// Turn of the hand during the first leg about its own x and y, rad: a tilted lift.
    pub tilt: [f64; 2],
    /// Cruise speed of both legs, m/s.
    pub speed: f64,
}
