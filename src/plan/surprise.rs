//! What was not as imagined while a step was carried out, and what was done about it.
//!
//! Owns [`Surprise`] and [`Reply`], and how far a pose is off ([`Off`]). Decides nothing: that is
//! [`super::watch`]'s.

use std::fmt;

use crate::pose::{Pose, tilt_between};
use crate::scene::PoseNoise;

/// Something that was not as imagined, and what was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Surprise {
    /// s from the action's start.
    pub t: f64,
    /// The box that it is about: what has gone too far, or else what is over noise from where it was imagined by most.
    pub box_id: String,
    /// How far that is from where it was imagined.
    pub off: Off,
    /// What was done about it.
    pub reply: Reply,
}

/// What was done about a surprise.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// On what is seen the motion is still safe.
    CarriedOn {
        /// Its risk now.
        risk: f64,
    },
    /// It no longer was, or the whole plan with it; another way on is.
    ChangedWay {
        /// The risk of going on as planned; none where nothing can be told.
        risk: Option<f64>,
        /// That of the other way.
        other_risk: f64,
    },
    /// The hand stopped with the box held: a box was too far off, or turned too far.
    StoppedFarOff,
    /// The hand stopped with the box held: a box moved that was imagined to stand.
    StoppedUnderWay,
    /// The hand stopped with the box held: no way on is within the limits on the step and on the whole plan.
    StoppedNoWay {
        /// The risk of going on as planned; none where nothing can be told.
        risk: Option<f64>,
    },
}

impl Surprise {
    /// Whether the hand stopped.
    pub fn stopped(&self) -> bool {
        !matches!(
            self.reply,
            Reply::CarriedOn { .. } | Reply::ChangedWay { .. }
        )
    }
}

/// How far a box is off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Off {
    /// m.
    pub way_m: f64,
    /// How far it is tilted, rad; a turn about the vertical is no tilt.
    pub tilt_rad: f64,
}

impl fmt::Display for Off {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (way_m, tilt_deg) = (self.way_m, self.tilt_rad.to_degrees());
        write!(out, "{way_m:.3} m off and tilted {tilt_deg:.1}°")
    }
}

impl Off {
    /// What of the way is more than two looks lie apart by `noise` on average: each adds its variance along two axes. A look
    /// errs in no tilt ([`belief`](crate::scene::belief)).
    pub(super) fn less_noise(self, noise: PoseNoise) -> Self {
        let both = 4.0 * noise.position_m.powi(2);
        Self {
            way_m: (self.way_m.powi(2) - both).max(0.0).sqrt(),
            ..self
        }
    }

    /// How far `here` is from `there`; infinitely far where one of them is no number.
    pub(super) fn between(there: &Pose, here: &Pose) -> Self {
        let way_m = (here.translation.vector - there.translation.vector).norm();
        let tilt_rad = tilt_between(&there.rotation, &here.rotation);
        if way_m.is_finite() && tilt_rad.is_finite() {
            Self { way_m, tilt_rad }
        } else {
            Self {
                way_m: f64::INFINITY,
                tilt_rad: f64::INFINITY,
            }
        }
    }

    /// Whether it is over `limit` in either way.
    pub(super) fn exceeds(self, limit: Self) -> bool {
        self.way_m > limit.way_m || self.tilt_rad > limit.tilt_rad
    }

    /// How many times `limit` it is, in the way that is the more.
    pub(super) fn times(self, limit: Self) -> f64 {
        (self.way_m / limit.way_m).max(self.tilt_rad / limit.tilt_rad)
    }
}
