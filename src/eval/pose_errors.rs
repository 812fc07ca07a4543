//! How far imagined boxes are off: by stride, and by whether they stayed, moved or were carried.
//!
//! Owns [`PoseError`] and the medians over them ([`PositionErrors`]).

use serde::Serialize;

use super::suite::Case;
use crate::dynamics::Imagined;
use crate::pose::Pose;
use crate::quantiles::median;
use crate::rollout::{Rollout, STRIDE_S};

/// A box nearer than this to where it was has stayed, m.
const STILL_M: f64 = 0.005;
/// A box farther than this from where it was has moved, m.
const MOVED_M: f64 = 0.02;
/// Strides that poses are compared at: 1.5 s.
pub(super) const POSE_STRIDES: usize = 6;

/// Whose pose is compared.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// The box in the hand, as long as it is there.
    Carried,
    /// Any other.
    Free,
}

/// Which boxes a median is over.
#[derive(Clone, Copy)]
pub(super) enum Among {
    /// Free, and where they were.
    Still,
    /// Free, and elsewhere.
    Moved,
    /// Held, and elsewhere.
    Carried,
}

impl Among {
    fn holds(self, error: &PoseError) -> bool {
        match self {
            Self::Still => error.role == Role::Free && error.distance_m < STILL_M,
            Self::Moved => error.role == Role::Free && error.distance_m > MOVED_M,
            Self::Carried => error.role == Role::Carried && error.distance_m > MOVED_M,
        }
    }
}

/// How far one imagined box is off at one stride.
pub(super) struct PoseError {
    /// From 1.
    stride: usize,
    role: Role,
    /// How far it really went.
    distance_m: f64,
    /// How far from there it was imagined.
    error_m: f64,
    /// How far its rotation is off.
    pub(super) rotation_error_deg: f64,
}

/// Position errors by stride, m.
#[derive(Clone, Debug, Serialize)]
pub struct PositionErrors {
    /// Median of the boxes that stay.
    pub still: Vec<Option<f64>>,
    /// Median of those that move.
    pub moved: Vec<Option<f64>>,
    /// How far those moved: the error of the constant-velocity guess, since all start at rest.
    pub moved_distance: Vec<Option<f64>>,
    /// Median of error over distance.
    pub moved_share: Vec<Option<f64>>,
    /// Median of the box that is held, which is where the hand takes it.
    pub carried: Vec<Option<f64>>,
    /// Its median of error over distance.
    pub carried_share: Vec<Option<f64>>,
}

/// Every box of `case` at every stride that was imagined and lies within 1.5 s.
pub(super) fn pose_errors(case: &Case, rollout: &Rollout, imagined: &Imagined) -> Vec<PoseError> {
    let held = case.action.grasp().map(|g| g.box_index);
    let onset = case.action.onset();
    let mut errors = Vec::new();
    for stride in 1..=POSE_STRIDES {
        let t = onset + stride as f64 * STRIDE_S;
        let Some(guess) = imagined.frames.iter().find(|f| (f.t - t).abs() < 0.02) else {
            continue;
        };
        // A rollout that ended earlier rests at its last frame.
        let truth = rollout
            .frames
            .iter()
            .find(|f| f.t >= t - 0.02)
            .or(rollout.frames.last());
        let Some(truth) = truth else { continue };
        for i in 0..case.workcell.scene.boxes.len() {
            let role = match Some(i) == held {
                true if truth.held => Role::Carried,
                // Let go of, or gone: nothing to compare.
                true => continue,
                false => Role::Free,
            };
            let at = |p: &Pose| p.translation.vector;
            let real = &truth.boxes[i].pose;
            errors.push(PoseError {
                stride,
                role,
                distance_m: match role {
                    Role::Carried => rollout.way(i, truth),
                    // Not from the first frame: the hand may have moved it on its way in.
                    Role::Free => (at(real) - at(&rollout.reference[i])).norm(),
                },
                error_m: (at(&guess.boxes[i]) - at(real)).norm(),
                rotation_error_deg: guess.boxes[i]
                    .rotation
                    .angle_to(&real.rotation)
                    .to_degrees(),
            });
        }
    }
    errors
}

/// The medians over all of `errors`.
pub(super) fn position_errors(errors: &[&PoseError]) -> PositionErrors {
    PositionErrors {
        still: by_stride(errors, Among::Still, |e| e.error_m),
        moved: by_stride(errors, Among::Moved, |e| e.error_m),
        moved_distance: by_stride(errors, Among::Moved, |e| e.distance_m),
        moved_share: by_stride(errors, Among::Moved, |e| e.error_m / e.distance_m),
        carried: by_stride(errors, Among::Carried, |e| e.error_m),
        carried_share: by_stride(errors, Among::Carried, |e| e.error_m / e.distance_m),
    }
}

/// The median of `value` at each stride over some boxes.
pub(super) fn by_stride(
    errors: &[&PoseError],
    among: Among,
    value: impl Fn(&PoseError) -> f64,
) -> Vec<Option<f64>> {
    (1..=POSE_STRIDES)
        .map(|stride| {
            let of_stride = errors
                .iter()
                .filter(|e| e.stride == stride && among.holds(e));
            median(of_stride.map(|e| value(e)).collect())
        })
        .collect()
}
