//! Why a grasp or a motion was turned down before any physics looked at it.
//!
//! Owns [`Rejection`]: one variant a reason, with the numbers that a person needs to see what
//! would have helped, and a sentence for each.

use serde::Serialize;

use super::hand::JAW_PLAY_M;

/// The part of the motion in which something is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The hand at its contact point.
    AtContact,
    /// The last stretch along the approach.
    OnTheWayIn,
    /// From home to the beginning of the approach.
    InTransit,
    /// From the grip to where the box is clear, or to its target.
    OnTheWayOut,
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::AtContact => "at the contact",
            Self::OnTheWayIn => "on the way in",
            Self::InTransit => "in transit",
            Self::OnTheWayOut => "on the way out",
        })
    }
}

/// The limit of a gripper that a load passes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GripLimit {
    /// Suction along the palm's normal, with the moment's share.
    PullAndMoment,
    /// Suction across the palm's normal.
    Shear,
    /// The friction of two pads.
    PadFriction,
}

impl std::fmt::Display for GripLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PullAndMoment => "pull and moment together",
            Self::Shear => "shear",
            Self::PadFriction => "the friction of the pads",
        })
    }
}

/// Why geometry or statics turn a grasp or its motion down.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Rejection {
    /// The face looks down.
    #[error("the face looks down")]
    FaceDown,
    /// The hand would have to go where it does not reach.
    #[error("out of reach: {distance_m:.2} m from the base, {max_m:.2} m is the limit")]
    OutOfReach {
        /// From the reach's base to the hand, m.
        distance_m: f64,
        /// m.
        max_m: f64,
    },
    /// The cup does not lie on the face as a whole.
    #[error(
        "the cup (radius {cup_radius_m:.3} m) with a margin of {margin_m:.3} m, more the noisier poses are, does not fit on the face ({shortest_edge_m:.3} m)"
    )]
    CupOffFace {
        /// m.
        cup_radius_m: f64,
        /// How far it has to stay from the face's edges, m.
        margin_m: f64,
        /// The face's shorter edge, m.
        shortest_edge_m: f64,
    },
    /// The jaw does not open wide enough.
    #[error(
        "the box is {width_m:.3} m wide, the jaw opens {max_opening_m:.3} m and needs {JAW_PLAY_M} m of play"
    )]
    JawTooNarrow {
        /// The box's width between the pads, m.
        width_m: f64,
        /// m.
        max_opening_m: f64,
    },
    /// The hand runs into something.
    #[error("the hand runs into {by} {when}")]
    HandBlocked {
        /// The box, the fixture or "the ground".
        by: String,
        /// In which part of the motion.
        when: Moment,
    },
    /// The carried box runs into something that never moves.
    #[error("the carried box runs into {by}")]
    BoxBlocked {
        /// The fixture, or at a target the box.
        by: String,
    },
    /// The gripper cannot carry what the belief allows at worst.
    #[error(
        "at worst ({mass_kg:.1} kg) the load takes {:.0} % of {limit}", (used * 100.0 - 1e-6).ceil()
    )]
    TooHeavy {
        /// The heaviest that the belief allows, kg.
        mass_kg: f64,
        /// Share of the capacity that the load takes; over 1.
        used: f64,
        /// What gives way.
        limit: GripLimit,
    },
    /// No way out of the scene was found in this direction.
    #[error("the box does not come clear within {within_m:.1} m in this direction")]
    NeverClear {
        /// How far was looked, m.
        within_m: f64,
    },
    /// A number of the motion is not finite, or a length or speed is out of range.
    #[error("the motion is not usable: {what}")]
    BadMotion {
        /// Which number.
        what: String,
    },
}

impl Rejection {
    /// How far a grasp came before it was turned down: what is turned down late is nearest to being possible.
    pub fn stage(&self) -> usize {
        match self {
            Self::FaceDown => 0,
            Self::CupOffFace { .. } | Self::JawTooNarrow { .. } => 1,
            Self::TooHeavy { .. } => 2,
            Self::OutOfReach { .. } => 3,
            Self::HandBlocked { .. } => 4,
            // Of one lift in one direction: another may do.
            Self::NeverClear { .. } | Self::BadMotion { .. } => 5,
            Self::BoxBlocked { .. } => 6,
        }
    }

    /// By how much it misses what it was turned down for: m, or of a load the share of what is carried; 0 of what is no
    /// question of how much. To be compared with others of one [`Self::stage`].
    pub fn shortfall(&self) -> f64 {
        match *self {
            Self::CupOffFace {
                cup_radius_m,
                margin_m,
                shortest_edge_m,
            } => 2.0 * (cup_radius_m + margin_m) - shortest_edge_m,
            Self::JawTooNarrow {
                width_m,
                max_opening_m,
            } => width_m + JAW_PLAY_M - max_opening_m,
            Self::TooHeavy { used, .. } => used,
            Self::OutOfReach { distance_m, max_m } => distance_m - max_m,
            _ => 0.0,
        }
    }

    /// Whether the gripper carries the load on that face, and something later turned the grasp down.
    pub fn is_past_the_load(&self) -> bool {
        match self {
            Self::FaceDown
            | Self::CupOffFace { .. }
            | Self::JawTooNarrow { .. }
            | Self::TooHeavy { .. } => false,
            Self::OutOfReach { .. }
            | Self::HandBlocked { .. }
            | Self::BoxBlocked { .. }
            | Self::NeverClear { .. }
            | Self::BadMotion { .. } => true,
        }
    }

    /// The reason alone, without its numbers: rejections of one kind are reported together.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::FaceDown => "face_down",
            Self::OutOfReach { .. } => "out_of_reach",
            Self::CupOffFace { .. } => "cup_off_face",
            Self::JawTooNarrow { .. } => "jaw_too_narrow",
            Self::HandBlocked { .. } => "hand_blocked",
            Self::BoxBlocked { .. } => "box_blocked",
            Self::TooHeavy { .. } => "too_heavy",
            Self::NeverClear { .. } => "never_clear",
            Self::BadMotion { .. } => "bad_motion",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jaw_that_opens_a_little_wider_than_the_box_is_told_what_is_missing() {
        let narrow = Rejection::JawTooNarrow {
            width_m: 0.445,
            max_opening_m: 0.45,
        };
        assert!((narrow.shortfall() - 0.005).abs() < 1e-12);
        assert!(narrow.to_string().ends_with("0.01 m of play"), "{narrow}");
    }
}
