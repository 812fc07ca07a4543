//! Timing of straight legs: minimum jerk, sampled every 0.05 s.
//!
//! Owns [`Builder`], which strings legs and dwells together into keys of rising time.

use crate::pose::{Pose, blend};
use crate::rollout::{Grip, HandKey, Motion};

/// Spacing of the keys, s.
const KEY_S: f64 = 0.05;
/// Peak over mean speed of a minimum-jerk leg.
const PEAK_SPEED: f64 = 1.875;
/// Peak acceleration of a minimum-jerk leg of length 1 and duration 1.
const PEAK_ACCELERATION: f64 = 5.773_5;
/// The fastest that the hand turns, rad/s.
const MAX_TURN: f64 = 2.5;

/// The most speed and acceleration of a leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    /// m/s.
    pub speed: f64,
    /// m/s².
    pub acceleration: f64,
}

impl Pace {
    /// How long a leg of `length` metres and `turn` radians takes, s.
    fn duration(self, length: f64, turn: f64) -> f64 {
        let by_speed = PEAK_SPEED * length / self.speed;
        let by_acceleration = (PEAK_ACCELERATION * length / self.acceleration).sqrt();
        let by_turn = PEAK_SPEED * turn / MAX_TURN;
        by_speed.max(by_acceleration).max(by_turn)
    }
}

/// A motion in the making.
#[derive(Clone, Debug)]
pub(super) struct Builder {
    keys: Vec<HandKey>,
}

impl Builder {
    /// Starts at rest with the grip open.
    pub fn start(at: Pose) -> Self {
        Self {
            keys: vec![HandKey {
                t: 0.0,
                pose: at,
                grip: Grip::Open,
            }],
        }
    }

    /// Goes on from the last of `keys`, of which there is at least one.
    pub fn resume(keys: Vec<HandKey>) -> Self {
        Self { keys }
    }

    /// Where the hand is so far.
    pub fn at(&self) -> Pose {
        self.last().pose
    }

    fn last(&self) -> HandKey {
        self.keys[self.keys.len() - 1]
    }

    /// A straight leg to `to`, from rest to rest; nothing where it is already there.
    pub fn go(&mut self, to: Pose, pace: Pace) {
        let from = self.last();
        let length = (to.translation.vector - from.pose.translation.vector).norm();
        let turn = from.pose.rotation.angle_to(&to.rotation);
        if length < 1e-6 && turn < 1e-6 {
            return;
        }
        let duration = pace.duration(length, turn);
        let steps = (duration / KEY_S).ceil().max(1.0) as usize;
        for i in 1..=steps {
            let s = i as f64 / steps as f64;
            self.keys.push(HandKey {
                t: from.t + duration * s,
                pose: blend(&from.pose, &to, minimum_jerk(s)),
                grip: from.grip,
            });
        }
    }

    /// Sets the grip now and holds still for `dwell` seconds.
    pub fn grip(&mut self, grip: Grip, dwell: f64) {
        if let Some(last) = self.keys.last_mut() {
            last.grip = grip;
        }
        self.hold(dwell);
    }

    /// Holds still for `dwell` seconds.
    pub fn hold(&mut self, dwell: f64) {
        let from = self.last();
        let steps = (dwell / KEY_S).ceil().max(1.0) as usize;
        for i in 1..=steps {
            self.keys.push(HandKey {
                t: from.t + dwell * i as f64 / steps as f64,
                ..from
            });
        }
    }

    /// The motion.
    pub fn finish(self) -> Motion {
        Motion { keys: self.keys }
    }
}

/// 10s³ - 15s⁴ + 6s⁵: from 0 to 1 with no speed and no acceleration at either end.
fn minimum_jerk(s: f64) -> f64 {
    s * s * s * (10.0 + s * (6.0 * s - 15.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::{Vec3, level};

    #[test]
    fn a_leg_never_passes_its_speed_or_its_acceleration() {
        let pace = Pace {
            speed: 0.5,
            acceleration: 1.5,
        };
        for length in [0.02, 0.2, 2.0] {
            let mut builder = Builder::start(Pose::identity());
            builder.go(level(Vec3::new(length, 0.0, 0.0), 0.0), pace);
            let keys = builder.finish().keys;
            let speeds: Vec<f64> = keys
                .windows(2)
                .map(|k| (k[1].pose.translation.x - k[0].pose.translation.x) / (k[1].t - k[0].t))
                .collect();
            assert!(
                speeds.iter().all(|v| *v <= 0.5 + 1e-9),
                "{length}: {speeds:?}"
            );
            let dt = keys[1].t - keys[0].t;
            let jump = |v: &[f64]| ((v[1] - v[0]) / dt).abs();
            assert!(speeds.windows(2).all(|v| jump(v) <= 1.5 + 1e-6));
        }
    }

    #[test]
    fn times_rise_and_the_grip_closes_where_it_is_told() {
        let pace = Pace {
            speed: 1.0,
            acceleration: 3.0,
        };
        let mut builder = Builder::start(Pose::identity());
        builder.go(level(Vec3::new(0.3, 0.0, 0.0), 0.5), pace);
        let arrived = builder.last().t;
        builder.grip(Grip::Closed, 0.15);
        builder.hold(0.2);
        let motion = builder.finish();
        assert_eq!(motion.grip_time(), Some(arrived));
        assert!(motion.keys.windows(2).all(|k| k[1].t > k[0].t));
        assert!(
            motion
                .keys
                .windows(2)
                .all(|k| k[1].t - k[0].t <= KEY_S + 1e-9)
        );
        assert!((motion.duration() - arrived - 0.35).abs() < 1e-9);
    }
}
