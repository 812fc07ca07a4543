//! How far imagined boxes are off: by stride, and by whether they stayed, moved or were carried.
//!
//! Owns [`PoseError`] and the medians over them ([`PositionErrors`]). Leaves out a box that is nudged: the way it is
//! driven is given, so that there is little to imagine of it. One that is pushed counts, since only the force is given.

use serde::Serialize;

use super::suite::Case;
use crate::dynamics::Imagined;
use crate::pose::Pose;
use crate::quantiles::median;
use crate::rollout::{Action, Rollout, STRIDE_S};

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
    /// Any other that nobody drives.
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

/// Every box of `case` but one that is nudged, at every stride that was imagined and lies within 1.5 s.
pub(super) fn pose_errors(case: &Case, rollout: &Rollout, imagined: &Imagined) -> Vec<PoseError> {
    let target = case.action.box_index();
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
            let role = match &case.action {
                _ if i != target => Role::Free,
                Action::Push { .. } => Role::Free,
                Action::Nudge { .. } => continue,
                Action::Remove { .. } | Action::Place { .. } if truth.held => Role::Carried,
                // Let go of, or gone: nothing to compare.
                Action::Remove { .. } | Action::Place { .. } => continue,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::fixed::disturbing;
    use crate::dynamics::{BoxFate, ImaginedFrame};
    use crate::grasp::GraspCandidate;
    use crate::grasp::fixtures_for_tests::{a_box, workcell};
    use crate::pose::{Vec3, level};
    use crate::rollout::fixture_for_tests::one_box;
    use crate::rollout::{Grip, HandKey, Motion};
    use crate::scene::Safety;
    use crate::scene::geometry::Face;

    fn at(x: f64, y: f64) -> Pose {
        level(Vec3::new(x, y, 0.1), 0.0)
    }

    /// The errors of one box: what `action` did to it, and where it was imagined to be when.
    fn errors(action: Action, rollout: &Rollout, imagined: &[(f64, Pose)]) -> Vec<PoseError> {
        let case = Case {
            stack: 0,
            attempt: 0,
            family: "one".to_owned(),
            workcell: workcell(vec![a_box("a", [0.2; 3], [0.0, 0.0, 0.1], 1.0)], vec![]),
            action,
        };
        let frame = |&(t, pose): &(f64, Pose)| ImaginedFrame {
            t,
            boxes: vec![pose],
            position_std: vec![0.0],
        };
        let imagined = Imagined {
            risk: disturbing(0.0, 0.0),
            frames: imagined.iter().map(frame).collect(),
            fates: vec![BoxFate::default()],
            told_for: Safety::default(),
        };
        pose_errors(&case, rollout, &imagined)
    }

    fn push() -> Action {
        Action::Push {
            box_index: 0,
            force: Vec3::new(10.0, 0.0, 0.0),
        }
    }

    /// Medians with nothing in the strides after those that are given.
    fn strides(given: &[f64]) -> Vec<Option<f64>> {
        let mut all: Vec<Option<f64>> = given.iter().copied().map(Some).collect();
        all.resize(POSE_STRIDES, None);
        all
    }

    #[test]
    fn what_stays_and_what_moves_are_told_apart_by_where_they_really_went() {
        let went = |x: f64| one_box(&[at(0.0, 0.0), at(x, 0.0)]);
        // The rollout is over after the first stride: what it left rests there.
        let moved = errors(
            push(),
            &went(0.125),
            &[(0.25, at(0.09375, 0.0)), (0.5, at(0.25, 0.0))],
        );
        let still = errors(push(), &went(0.002), &[(0.25, at(0.002, 0.001953125))]);
        // Too far to have stayed, and not far enough to have moved.
        let between = errors(push(), &went(0.01), &[(0.25, at(5.0, 0.0))]);
        let all: Vec<&PoseError> = moved.iter().chain(&still).chain(&between).collect();
        assert_eq!(all.len(), 4);
        let told = position_errors(&all);
        assert_eq!(told.still, strides(&[0.001953125]));
        assert_eq!(told.moved, strides(&[0.03125, 0.125]));
        assert_eq!(told.moved_distance, strides(&[0.125, 0.125]));
        assert_eq!(told.moved_share, strides(&[0.25, 1.0]));
        assert_eq!(told.carried, strides(&[]));
    }

    #[test]
    fn a_box_in_the_hand_is_told_apart_from_the_grip_on_and_left_out_once_it_is_let_go() {
        let key = |t, grip| HandKey {
            t,
            pose: at(0.0, 0.0),
            grip,
        };
        let removal = Action::Remove {
            grasp: GraspCandidate {
                box_index: 0,
                gripper: 0,
                face: Face::Top,
                hand_in_box: Pose::identity(),
            },
            motion: Motion {
                keys: vec![key(0.0, Grip::Open), key(1.0, Grip::Closed)],
            },
        };
        let mut rollout = one_box(&[at(0.0, 0.0), at(0.25, 0.0), at(0.5, 0.0)]);
        for (frame, held) in rollout.frames.iter_mut().zip([true, true, false]) {
            // The grip closes at 1 s.
            frame.t += 1.0;
            frame.held = held;
        }
        let imagined = [(1.25, at(0.1875, 0.0)), (1.5, at(0.5, 0.0))];
        let all = errors(removal, &rollout, &imagined);
        let told = position_errors(&all.iter().collect::<Vec<_>>());
        assert_eq!(told.carried, strides(&[0.0625]));
        assert_eq!(told.carried_share, strides(&[0.25]));
        assert_eq!((told.still, told.moved), (strides(&[]), strides(&[])));
    }

    #[test]
    fn a_box_that_is_nudged_is_left_out_since_its_way_is_given() {
        let nudge = Action::Nudge {
            box_index: 0,
            by: Vec3::new(0.1, 0.0, 0.0),
        };
        let rollout = one_box(&[at(0.0, 0.0), at(0.1, 0.0)]);
        assert!(errors(nudge, &rollout, &[(0.25, at(0.1, 0.0))]).is_empty());
    }

    #[test]
    fn a_rotation_is_off_by_the_angle_between() {
        let turned = level(Vec3::new(0.0, 0.0, 0.1), 10f64.to_radians());
        let rollout = one_box(&[at(0.0, 0.0), at(0.0, 0.0)]);
        let all = errors(push(), &rollout, &[(0.25, turned)]);
        let all: Vec<&PoseError> = all.iter().collect();
        let off = by_stride(&all, Among::Still, |e| e.rotation_error_deg);
        assert!((off[0].unwrap() - 10.0).abs() < 1e-9, "{off:?}");
    }
}
