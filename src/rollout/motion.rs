//! Motions of the hand: keys in order of time, and how one of them ends early.
//!
//! Owns [`Motion`] and its [`HandKey`]s.

use serde::{Deserialize, Serialize};

use super::smooth::{INSTANT_S, between};
use crate::pose::{Pose, Quat};

/// How the hand's grip stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grip {
    /// Suction off, jaws apart.
    Open,
    /// Suction on, jaws squeezing.
    Closed,
}

/// The hand at one moment of a motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HandKey {
    /// s from the motion's start; the scene has settled by then.
    pub t: f64,
    /// The hand frame in the world.
    pub pose: Pose,
    /// What the grip is told to do from here on.
    pub grip: Grip,
}

/// A motion of the hand: keys in order of time, on a smooth way in between, from rest to rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Motion {
    /// At least one; the first at t = 0.
    pub keys: Vec<HandKey>,
}

impl Motion {
    /// How long it takes, s.
    pub fn duration(&self) -> f64 {
        self.keys.last().map_or(0.0, |k| k.t)
    }

    /// When the grip is first told to close, s; `None` if never.
    pub fn grip_time(&self) -> Option<f64> {
        self.keys
            .iter()
            .find(|k| k.grip == Grip::Closed)
            .map(|k| k.t)
    }

    /// The hand at time `t`, held still before the first key and after the last.
    ///
    /// # Panics
    /// When there are no keys.
    pub fn at(&self, t: f64) -> HandKey {
        let next = self.keys.partition_point(|k| k.t <= t);
        if next == 0 {
            return HandKey { t, ..self.keys[0] };
        }
        let before = self.keys[next - 1];
        if next == self.keys.len() {
            return HandKey { t, ..before };
        }
        HandKey {
            t,
            pose: between(&self.keys, next - 1, t),
            grip: before.grip,
        }
    }
}

/// How hard a hand brakes that stops in the middle of a motion, m/s².
pub const BRAKE: f64 = 2.5;
/// Time between the keys of braking, s.
const BRAKE_KEY_S: f64 = 0.05;
/// How long before the end of what is kept it has one more key, and the speed is read, s: what comes after
/// would bend the way there otherwise.
const LAST_KEY_S: f64 = 0.004;

impl Motion {
    /// The keys up to `t`, one just before and one at `t`.
    ///
    /// # Panics
    /// When there are no keys.
    pub fn until(&self, t: f64) -> Self {
        // Two keys at one moment would stop the hand there.
        let before = self.keys.iter().filter(|k| k.t < t - INSTANT_S);
        let mut keys: Vec<HandKey> = before.copied().collect();
        if keys.last().is_some_and(|k| k.t < t - 2.0 * LAST_KEY_S) {
            keys.push(self.at(t - LAST_KEY_S));
        }
        keys.push(self.at(t));
        Self { keys }
    }

    /// The keys after `t`, none at the same moment.
    pub fn after(&self, t: f64) -> impl Iterator<Item = &HandKey> {
        self.keys.iter().filter(move |k| k.t > t + INSTANT_S)
    }

    /// The same up to `t`, then on the way on at an even deceleration of [`BRAKE`] until it rests.
    ///
    /// # Panics
    /// When there are no keys.
    pub fn stopped(&self, t: f64) -> Self {
        let mut out = self.until(t);
        let here = self.at(t);
        let before = self.at((t - LAST_KEY_S).max(0.0));
        let elapsed = (t - before.t).max(1e-9);
        let velocity = (here.pose.translation.vector - before.pose.translation.vector) / elapsed;
        let spin = (here.pose.rotation * before.pose.rotation.inverse()).scaled_axis() / elapsed;
        let lasting = velocity.norm() / BRAKE;
        let steps = (lasting / BRAKE_KEY_S).ceil() as usize;
        for i in 1..=steps {
            let since = lasting * i as f64 / steps as f64;
            let way = since - 0.5 * since * since / lasting;
            let turned = Quat::from_scaled_axis(spin * way) * here.pose.rotation;
            out.keys.push(HandKey {
                t: t + since,
                pose: Pose::from_parts(
                    (here.pose.translation.vector + velocity * way).into(),
                    turned,
                ),
                ..here
            });
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::{Vec3, level};

    #[test]
    fn a_motion_that_is_stopped_brakes_evenly_and_stays_on_its_line() {
        let key = |t: f64| HandKey {
            t,
            pose: level(Vec3::new(0.8 * t, 0.0, 0.0), 0.0),
            grip: Grip::Closed,
        };
        let motion = Motion {
            keys: (0..=40).map(|i| key(f64::from(i) * 0.05)).collect(),
        };
        let stopped = motion.stopped(1.0);
        assert_eq!(stopped.at(0.7).pose, motion.at(0.7).pose);
        let end = stopped.keys.last().unwrap();
        assert!((end.t - (1.0 + 0.8 / BRAKE)).abs() < 1e-9);
        // v²/2a.
        let way = end.pose.translation.x - 0.8;
        assert!((way - 0.5 * 0.8 * 0.8 / BRAKE).abs() < 1e-9, "{way}");
        assert_eq!(end.grip, Grip::Closed);
    }

    #[test]
    fn a_hand_that_is_stopped_while_it_speeds_up_does_not_change_its_speed_at_once() {
        let key = |i: u32| {
            let t = f64::from(i) * 0.05;
            HandKey {
                t,
                pose: level(Vec3::new(1.25 * t * t, 0.0, 0.0), 0.0),
                grip: Grip::Closed,
            }
        };
        let motion = Motion {
            keys: (0..=20).map(key).collect(),
        };
        let speed = |m: &Motion, t: f64| {
            let x = |t: f64| m.at(t).pose.translation.x;
            (x(t + 1e-5) - x(t)) / 1e-5
        };
        // Anywhere between two keys, and on one but for rounding.
        for t in [0.41, 0.448, 0.45f64.next_up(), 0.45f64.next_down(), 0.49] {
            let stopped = motion.stopped(t);
            let (was, is) = (speed(&motion, t - 2e-5), speed(&stopped, t + 1e-5));
            assert!((was - is).abs() < 0.03, "{t}: {was} {is}");
            assert!(is > 0.9, "{t}: {is}");
        }
    }
}
