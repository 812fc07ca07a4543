//! What was not as imagined while a step was carried out, and what was done about it.
//!
//! Owns [`Surprise`] and [`Reply`], and how far a pose is off ([`Off`]). Decides nothing: that is
//! [`super::watch`]'s.

use crate::pose::{Pose, tilt_between};

/// Something that was not as imagined, and what was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Surprise {
    /// s from the action's start.
    pub t: f64,
    /// The box that is farthest from where it was imagined.
    pub box_id: String,
    /// How far, m.
    pub off_m: f64,
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
    /// It no longer was; another way on is.
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
    /// The hand stopped with the box held: no way on is safe.
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
#[derive(Clone, Copy, Debug)]
pub(super) struct Off {
    pub(super) way_m: f64,
    pub(super) turn_rad: f64,
}

impl Off {
    /// How far `here` is from `there`; infinitely far where one of them is no number.
    pub(super) fn between(there: &Pose, here: &Pose) -> Self {
        let way_m = (here.translation.vector - there.translation.vector).norm();
        let turn_rad = tilt_between(&there.rotation, &here.rotation);
        if way_m.is_finite() && turn_rad.is_finite() {
            Self { way_m, turn_rad }
        } else {
            Self {
                way_m: f64::INFINITY,
                turn_rad: f64::INFINITY,
            }
        }
    }

    /// Whether it is over `limit` in either way.
    pub(super) fn exceeds(self, limit: Self) -> bool {
        self.way_m > limit.way_m || self.turn_rad > limit.turn_rad
    }
}
