//! What moves the target while it is followed: a hand, a nudge, a push.
//!
//! Owns [`Guide`]: where it means the target to be at a time, what it does to it in a step, and how carefully that is
//! solved.

use crate::pose::{Pose, Vec3};
use crate::rollout::{nudge_seconds, nudge_travel};

use super::super::act::Act;
use super::super::forecast::PUSHED_M;
use super::super::grip::Hold;
use super::super::solve::{Care, Solver};

/// How well each step is solved.
const FOLLOWING: Care = Care {
    sweeps: 60,
    enough: 1e-3,
    rounds: 1,
};
/// The same of what a stiff drive may wedge.
const WEDGED: Care = Care {
    sweeps: 150,
    enough: 3e-4,
    rounds: 3,
};

/// What moves the target, for as long as it is followed; times are s after the onset.
pub enum Guide<'a> {
    /// A hand, to where it takes its box at a time.
    Hand(Hold, &'a dyn Fn(f64) -> Pose),
    /// A nudge of its middle, free to turn, then let go.
    Nudge {
        /// m.
        by: Vec3,
        /// What the robot drives it with at most, N.
        max_force: f64,
    },
    /// A force on its middle for so many seconds, N.
    Push(Vec3, f64),
}

impl Guide<'_> {
    /// Where the target that stood at `start` is meant to be at time `t`; a pushed one is looked ahead of.
    pub(super) fn target(&self, start: &Pose, t: f64) -> Pose {
        let gone = match self {
            Self::Hand(_, way) => return way(t),
            Self::Nudge { by, .. } => {
                let way = by.norm();
                by * (nudge_travel(way, t) / way.max(1e-9))
            }
            Self::Push(..) if t <= 0.0 => Vec3::zeros(),
            Self::Push(force, _) => force.try_normalize(1e-9).unwrap_or_default() * PUSHED_M,
        };
        Pose::from_parts((start.translation.vector + gone).into(), start.rotation)
    }

    /// What it does to a target that stood at `start`, its middle `arm` from its centre of mass; how carefully to
    /// follow that.
    pub(super) fn act(&self, start: Pose, arm: Vec3) -> (Act, Care) {
        match self {
            Self::Hand(hold, _) => (Act::Guided(start, *hold), FOLLOWING),
            Self::Nudge { max_force, .. } => {
                (Act::Guided(start, Hold::nudging(*max_force)), WEDGED)
            }
            Self::Push(force, until) => {
                let (force, until) = (*force, *until);
                (Act::Pushed { force, arm, until }, FOLLOWING)
            }
        }
    }

    /// Acts in a step from `now` to `end`.
    pub(super) fn drive(&self, solver: &mut Solver<'_>, start: &Pose, (now, end): (f64, f64)) {
        match self {
            Self::Nudge { by, .. } if now >= nudge_seconds(by.norm()) - 1e-9 => solver.let_go(),
            Self::Hand(..) | Self::Nudge { .. } => {
                solver.guide(
                    &self.target(start, now),
                    &self.target(start, end),
                    end - now,
                );
            }
            Self::Push(..) => solver.drive(0, end - now),
        }
    }
}
