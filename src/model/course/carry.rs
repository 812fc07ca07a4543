//! The course of a box that a hand carries.
//!
//! Owns [`Carry`] (where hand and box are at any time), and what is read off a hand's motion: when it has gone so far,
//! when it lets go, how it comes in and how fast it goes.

use crate::pose::{Pose, Vec3};
use crate::rollout::{Grip, HandKey, Motion, STRIDE_S};

use super::super::sketch::{CARRY_M, carry_times};
use super::{Course, STRIDES, SWEEP_M, Waypoint};

/// A hand that takes its box along rigidly from the onset on.
///
/// Steps are those of the commanded hand, put on the grip pose, so that the offset between the
/// commanded and the observed pose does not enter.
#[derive(Clone, Copy, Debug)]
pub struct Carry<'a> {
    /// The hand's motion.
    pub motion: &'a Motion,
    /// When the grip is told to close, s.
    pub onset: f64,
    /// When it is told to open again, or when the motion ends, s.
    pub end: f64,
    correction: Pose,
    box_in_hand: Pose,
}

impl<'a> Carry<'a> {
    /// A target that stands at `target` and is gripped at `hand_in_box`; `motion` has keys.
    pub fn new(motion: &'a Motion, target: &Pose, hand_in_box: &Pose) -> Self {
        let onset = motion.grip_time().unwrap_or(0.0);
        let commanded = motion.at(onset).pose;
        let gripped = target * hand_in_box;
        Self {
            motion,
            onset,
            end: let_go(motion, onset),
            correction: commanded.inverse() * gripped,
            box_in_hand: hand_in_box.inverse(),
        }
    }

    /// The hand at time `t`, s.
    pub fn hand(&self, t: f64) -> Pose {
        self.motion.at(t).pose * self.correction
    }

    /// The target when the hand is at `hand`.
    pub fn target(&self, hand: &Pose) -> Pose {
        hand * self.box_in_hand
    }
}

/// The course of `motion` with a target that stands at `target` and is gripped at `hand_in_box`.
pub(super) fn carried(motion: &Motion, target: &Pose, hand_in_box: &Pose) -> Course {
    let carry = Carry::new(motion, target, hand_in_box);
    let onset = carry.onset;
    let at = |t: f64| -> Waypoint {
        let hand = carry.hand(t);
        Waypoint {
            target: carry.target(&hand),
            hand: Some(hand),
        }
    };
    let times: Vec<f64> = (0..=STRIDES).map(|k| onset + k as f64 * STRIDE_S).collect();
    let moved_at = times_at_travel(motion, onset, &SWEEP_M);
    let reached = times_at_travel(motion, onset, &CARRY_M).map(|t| t - onset);
    let opening_s = carry_times(&reached, carry.end - onset);
    let commanded = motion.at(onset).pose.translation.vector;
    let first = motion.at(moved_at[1]).pose.translation.vector - commanded;
    Course {
        sweep: moved_at.iter().map(|&t| at(t)).collect(),
        strides: times.iter().map(|&t| at(t)).collect(),
        opening: opening_s.map(|t| at(onset + t).target),
        opening_s,
        closed: times
            .iter()
            .map(|&t| motion.at(t).grip == Grip::Closed)
            .collect(),
        approach: approach(motion, onset),
        first_leg: first.try_normalize(1e-6).unwrap_or_default(),
        speed: peak_speed(motion, onset),
        duration: motion.duration() - onset,
        force: Vec3::zeros(),
    }
}

/// When the hand has travelled each of `ways` (ascending, m) after `onset`, s; the end where it never does.
/// Evenly from key to key: as planned they lie 0.05 s apart.
fn times_at_travel<const N: usize>(motion: &Motion, onset: f64, ways: &[f64; N]) -> [f64; N] {
    let mut out = [motion.duration(); N];
    let mut next = 0;
    let mut travelled = 0.0;
    for pair in motion.keys.windows(2) {
        if pair[1].t <= onset {
            continue;
        }
        let start = pair[0].t.max(onset);
        let from = motion.at(start).pose.translation.vector;
        let length = (pair[1].pose.translation.vector - from).norm();
        while next < N && travelled + length >= ways[next] && length > 1e-9 {
            let share = (ways[next] - travelled) / length;
            out[next] = start + share * (pair[1].t - start);
            next += 1;
        }
        travelled += length;
    }
    out
}

/// When the grip opens again after `onset`, s; the end where it never does.
fn let_go(motion: &Motion, onset: f64) -> f64 {
    let opens = |k: &&HandKey| k.t > onset && k.grip == Grip::Open;
    motion
        .keys
        .iter()
        .find(opens)
        .map_or(motion.duration(), |k| k.t)
}

/// The hand at the last 0.3, 0.15, 0.05 m before the grip, and at the grip.
fn approach(motion: &Motion, onset: f64) -> Vec<Pose> {
    const BACK_M: [f64; 3] = [0.05, 0.15, 0.3];
    let at_grip = motion.at(onset).pose;
    let mut out = vec![at_grip];
    let mut back = 0;
    let mut later = at_grip.translation.vector;
    let mut travelled = 0.0;
    for key in motion.keys.iter().rev().filter(|k| k.t < onset) {
        let length = (later - key.pose.translation.vector).norm();
        while back < BACK_M.len() && travelled + length >= BACK_M[back] && length > 1e-9 {
            let share = (BACK_M[back] - travelled) / length;
            let position = later.lerp(&key.pose.translation.vector, share);
            // Turning on the way in ends before the last stretch, so the grip's turn will do.
            let rotation = if BACK_M[back] < 0.2 {
                at_grip.rotation
            } else {
                key.pose.rotation
            };
            out.push(Pose::from_parts(position.into(), rotation));
            back += 1;
        }
        travelled += length;
        later = key.pose.translation.vector;
    }
    out.reverse();
    out
}

fn peak_speed(motion: &Motion, onset: f64) -> f64 {
    motion
        .keys
        .windows(2)
        .filter(|pair| pair[1].t > onset + 1e-9)
        .map(|pair| {
            let step = pair[1].pose.translation.vector - pair[0].pose.translation.vector;
            step.norm() / (pair[1].t - pair[0].t).max(0.02)
        })
        .fold(0.0, f64::max)
}
