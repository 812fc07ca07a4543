//! Where an action means to take its target and the hand: the intention, not what comes of it.
//!
//! Owns [`Course`]: poses along the way by distance (what is swept) and by stride (what the
//! imagination is told), for carried, nudged and pushed boxes alike. Those of carried boxes are [`mod@carry`]'s.

mod carry;

pub use carry::Carry;

use crate::pose::{Pose, Vec3};
use crate::rollout::{Action, PUSH_S, STRIDE_S, nudge_seconds, nudge_speed, nudge_travel};

use super::sketch::STEPS;
use carry::carried;

/// Travel at which swept clearances are looked at, m: dense at first, where drag begins.
pub const SWEEP_M: [f64; 6] = [0.01, 0.03, 0.07, 0.14, 0.25, 0.4];
/// Strides that the imagination unrolls: 2.5 s from the onset.
pub const STRIDES: usize = 10;
/// What one stride of the imagination is told: step and turn of the target, grip, push.
pub const STRIDE_FEATURES: usize = 10;

/// The hand and the target at one moment, as intended.
#[derive(Clone, Copy, Debug)]
pub struct Waypoint {
    /// The target, carried rigidly.
    pub target: Pose,
    /// The hand, where there is one.
    pub hand: Option<Pose>,
}

/// An action's intention in numbers.
#[derive(Clone, Debug)]
pub struct Course {
    /// One for each of [`SWEEP_M`], the last reached one repeated.
    pub sweep: Vec<Waypoint>,
    /// `[STRIDES + 1]`, the onset first.
    pub strides: Vec<Waypoint>,
    /// Whether the grip is told to be closed at each of `strides`.
    pub closed: Vec<bool>,
    /// The target at the ends of the sketch's steps, the onset first; at rest unless it is carried.
    pub opening: [Pose; STEPS + 1],
    /// Those ends, s after the onset.
    pub opening_s: [f64; STEPS + 1],
    /// The hand on its way in: from far to the grip.
    pub approach: Vec<Pose>,
    /// Direction of the first leg, unit; zero where nothing is meant to move.
    pub first_leg: Vec3,
    /// Highest speed between two keys after the onset, m/s.
    pub speed: f64,
    /// How long it goes on after the onset, s.
    pub duration: f64,
    /// Force that pushes, N; zero unless it is a push.
    pub force: Vec3,
}

impl Course {
    /// The course of `action` on a target that stands at `target`.
    pub fn new(action: &Action, target: &Pose) -> Self {
        match action {
            Action::Remove { grasp, motion, .. } | Action::Place { grasp, motion, .. }
                if !motion.keys.is_empty() =>
            {
                carried(motion, target, &grasp.hand_in_box)
            }
            Action::Remove { .. } | Action::Place { .. } => unmoved(target),
            Action::Nudge { by, .. } => {
                let way = by.norm();
                let timing = (nudge_seconds(way), nudge_speed(way));
                driven(target, *by, timing, |t| nudge_travel(way, t))
            }
            Action::Push { force, .. } => Self {
                // What a push moves is not known beforehand: looked at as if it moved 0.15 m.
                sweep: swept(target, force.try_normalize(1e-9).unwrap_or_default() * 0.15),
                force: *force,
                duration: PUSH_S,
                ..unmoved(target)
            },
        }
    }
}

fn unmoved(target: &Pose) -> Course {
    driven(target, Vec3::zeros(), (0.0, 0.0), |_| 0.0)
}

/// A target of which somebody takes the middle along, in so many seconds and with so many m/s at most; how
/// far it has gone at a time.
fn driven(
    target: &Pose,
    by: Vec3,
    (duration, speed): (f64, f64),
    travel: impl Fn(f64) -> f64,
) -> Course {
    let times = (0..=STRIDES).map(|k| k as f64 * STRIDE_S);
    Course {
        sweep: swept(target, by),
        strides: times
            .clone()
            .map(|t| along(target, by, travel(t)))
            .collect(),
        closed: times.map(|t| t < duration).collect(),
        opening: [*target; STEPS + 1],
        opening_s: [0.0; STEPS + 1],
        approach: Vec::new(),
        first_leg: by.try_normalize(1e-9).unwrap_or_default(),
        speed,
        duration,
        force: Vec3::zeros(),
    }
}

fn swept(target: &Pose, by: Vec3) -> Vec<Waypoint> {
    SWEEP_M.iter().map(|&d| along(target, by, d)).collect()
}

/// The target once it has gone `travel` metres of its way `by`.
fn along(target: &Pose, by: Vec3, travel: f64) -> Waypoint {
    let length = by.norm();
    let share = if length > 1e-9 {
        (travel / length).min(1.0)
    } else {
        0.0
    };
    let mut pose = *target;
    pose.translation.vector += by * share;
    Waypoint {
        target: pose,
        hand: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::level;
    use crate::rollout::{Grip, HandKey, Motion};

    fn key(t: f64, z: f64, grip: Grip) -> HandKey {
        HandKey {
            t,
            pose: level(Vec3::new(0.0, 0.0, z), 0.0),
            grip,
        }
    }

    #[test]
    fn the_target_follows_the_hand_from_the_onset() {
        let mut keys = vec![key(0.0, 1.5, Grip::Open), key(1.0, 1.0, Grip::Open)];
        keys.extend((0..=40).map(|i| {
            let since = f64::from(i) * 0.05;
            key(1.2 + since, 1.0 + 0.2 * since, Grip::Closed)
        }));
        let motion = Motion { keys };
        let grasp = crate::grasp::GraspCandidate {
            box_index: 0,
            gripper: 0,
            face: crate::scene::geometry::Face::Top,
            hand_in_box: level(Vec3::new(0.0, 0.0, 0.1), 0.0),
        };
        let action = Action::Remove { grasp, motion };
        let target = level(Vec3::new(0.002, 0.0, 0.9), 0.0);
        let course = Course::new(&action, &target);
        let lifted = course.strides[4].target.translation.vector - target.translation.vector;
        assert!((lifted - Vec3::new(0.0, 0.0, 0.2)).norm() < 1e-9);
        assert!((course.first_leg - Vec3::z()).norm() < 1e-9);
        assert!((course.speed - 0.2).abs() < 1e-9);
        for (waypoint, travel) in course.sweep.iter().zip(SWEEP_M) {
            let z = waypoint.target.translation.z - 0.9;
            assert!((z - travel).abs() < 1e-9, "{z} is not {travel}");
        }
        assert_eq!(course.approach.len(), 4);
    }

    #[test]
    fn a_nudge_ends_where_it_was_told_to() {
        let action = Action::Nudge {
            box_index: 0,
            by: Vec3::new(0.05, 0.0, 0.0),
        };
        let course = Course::new(&action, &level(Vec3::zeros(), 0.0));
        let end = course.strides[STRIDES].target.translation.vector;
        assert!((end - Vec3::new(0.05, 0.0, 0.0)).norm() < 1e-9);
        // It takes 0.1 s to set out, at half its speed.
        assert!((course.strides[1].target.translation.x - 0.02).abs() < 1e-9);
    }
}
