//! The way between the keys of a motion: cubic Hermite pieces, at rest at both ends.
//!
//! Owns [`between`]. In straight lines from key to key the hand's speed jumped by up to 0.06 m/s at each, and on
//! a stiff cup a jump is a blow (a margin of 0.65 became -0.75 in 12 ms). Slopes are those of the parabola
//! through three keys, no steeper than three times either neighbour and none where the motion turns back
//! or rests: the sufficient condition of Fritsch and Carlson, "Monotone Piecewise Cubic Interpolation"
//! (SIAM J. Numer. Anal., 1980), taken for the vector's length so that no frame is preferred. Turns are cubic in
//! the rotation vector of each piece: spin is continuous at a key where the axis stays, and nearly so where it
//! turns by little.

use super::HandKey;
use crate::pose::{Pose, Quat, Vec3};

/// No slope is more than so many times that of either neighbouring chord.
const STEEPEST: f64 = 3.0;
/// Chords that are shorter in time have no slope, s.
pub(super) const INSTANT_S: f64 = 1e-9;

/// The hand's pose at `t`, which lies between keys `k` and `k + 1`.
pub(super) fn between(keys: &[HandKey], k: usize, t: f64) -> Pose {
    let (from, to) = (&keys[k], &keys[k + 1]);
    let lasting = to.t - from.t;
    if lasting < INSTANT_S {
        return from.pose;
    }
    let chord = Chord::new(from, to);
    let before = k.checked_sub(1).map(|j| Chord::new(&keys[j], from));
    let after = keys.get(k + 2).map(|next| Chord::new(to, next));
    let (v0, w0) = slope(before.as_ref(), Some(&chord));
    let (v1, w1) = slope(Some(&chord), after.as_ref());
    let s = (t - from.t) / lasting;
    let moved = hermite(
        &(chord.speed * lasting),
        &(v0 * lasting),
        &(v1 * lasting),
        s,
    );
    let turned = hermite(&(chord.spin * lasting), &(w0 * lasting), &(w1 * lasting), s);
    Pose::from_parts(
        (from.pose.translation.vector + moved).into(),
        from.pose.rotation * Quat::from_scaled_axis(turned),
    )
}

/// The straight way from one key to the next.
struct Chord {
    /// s.
    lasting: f64,
    /// m/s, in the world.
    speed: Vec3,
    /// rad/s, in the hand, for which both its ends are one: it is the axis of the turn.
    spin: Vec3,
}

impl Chord {
    fn new(from: &HandKey, to: &HandKey) -> Self {
        let lasting = to.t - from.t;
        let per_second = if lasting < INSTANT_S {
            0.0
        } else {
            1.0 / lasting
        };
        let way = to.pose.translation.vector - from.pose.translation.vector;
        let turn = from
            .pose
            .rotation
            .rotation_to(&to.pose.rotation)
            .scaled_axis();
        // `rotation_to` is told in the world.
        let turn = from.pose.rotation.inverse() * turn;
        Self {
            lasting,
            speed: way * per_second,
            spin: turn * per_second,
        }
    }
}

/// Speed and spin at the key between two chords; at the ends of a motion it rests.
fn slope(before: Option<&Chord>, after: Option<&Chord>) -> (Vec3, Vec3) {
    let (Some(a), Some(b)) = (before, after) else {
        return (Vec3::zeros(), Vec3::zeros());
    };
    let share = a.lasting / (a.lasting + b.lasting).max(INSTANT_S);
    (
        smooth(&a.speed, &b.speed, share),
        smooth(&a.spin, &b.spin, share),
    )
}

/// The slope where two of them meet; `share` is the first one's of the time that both take.
fn smooth(a: &Vec3, b: &Vec3, share: f64) -> Vec3 {
    if a.dot(b) <= 0.0 {
        return Vec3::zeros();
    }
    // The shorter of two chords says more about the place where they meet.
    (a * (1.0 - share) + b * share).cap_magnitude(STEEPEST * a.norm().min(b.norm()))
}

/// From 0 to `way` over s from 0 to 1, with slopes `from` and `to` at the ends.
fn hermite(way: &Vec3, from: &Vec3, to: &Vec3, s: f64) -> Vec3 {
    let r = 1.0 - s;
    way * (s * s * (3.0 - 2.0 * s)) + from * (s * r * r) - to * (s * s * r)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::level;
    use crate::rollout::{Grip, Motion};

    fn key(t: f64, x: f64, yaw: f64) -> HandKey {
        HandKey {
            t,
            pose: level(Vec3::new(x, 0.3 * x, 0.0), yaw),
            grip: Grip::Closed,
        }
    }

    /// Speed and spin over the tenth of a millisecond after `t`.
    fn speeds(motion: &Motion, t: f64) -> (Vec3, Vec3) {
        let (a, b) = (motion.at(t).pose, motion.at(t + 1e-4).pose);
        let turn = (a.rotation.inverse() * b.rotation).scaled_axis();
        (
            (b.translation.vector - a.translation.vector) / 1e-4,
            turn / 1e-4,
        )
    }

    #[test]
    fn keys_are_met_and_speed_and_spin_do_not_jump_at_them() {
        let keys = vec![
            key(0.0, 0.0, 0.0),
            key(0.05, 0.004, 0.02),
            key(0.1, 0.02, 0.07),
            key(0.2, 0.05, 0.11),
            key(0.25, 0.055, 0.12),
        ];
        let motion = Motion { keys: keys.clone() };
        for k in &keys {
            let at = motion.at(k.t).pose;
            assert!((at.translation.vector - k.pose.translation.vector).norm() < 1e-12);
            assert!(at.rotation.angle_to(&k.pose.rotation) < 1e-9);
        }
        for k in &keys[1..4] {
            let (before, after) = (speeds(&motion, k.t - 1e-4), speeds(&motion, k.t));
            assert!((before.0 - after.0).norm() < 5e-3, "{before:?} {after:?}");
            assert!((before.1 - after.1).norm() < 5e-3, "{before:?} {after:?}");
            // It would pass a key at rest, too, if nothing asked for more.
            assert!(after.0.norm() > 0.1, "{after:?}");
        }
        let (first, last) = (speeds(&motion, 0.0), speeds(&motion, 0.25 - 1e-4));
        assert!(
            first.0.norm() < 0.01 && last.0.norm() < 0.01,
            "{first:?} {last:?}"
        );
    }

    #[test]
    fn what_rests_or_turns_back_is_not_overshot() {
        let xs = [0.0, 0.0, 0.1, 0.1, 0.02, 0.08];
        let keys = xs.iter().enumerate();
        let keys = keys.map(|(i, x)| key(i as f64, *x, 0.0)).collect();
        let motion = Motion { keys };
        for i in 0..500 {
            let t = f64::from(i) * 0.01;
            let x = motion.at(t).pose.translation.x;
            let (a, b) = (xs[t as usize], xs[(t as usize + 1).min(5)]);
            assert!(x >= a.min(b) - 1e-12 && x <= a.max(b) + 1e-12, "{t} {x}");
        }
    }

    #[test]
    fn the_same_keys_turned_in_the_world_are_the_same_way_turned() {
        let pose = |at: [f64; 3], turned: [f64; 3]| {
            Pose::from_parts(
                Vec3::from(at).into(),
                Quat::from_scaled_axis(Vec3::from(turned)),
            )
        };
        // Off one line and about several axes, so that neither a limit for each coordinate nor a spin told in
        // another frame would pass.
        let poses = [
            pose([0.0; 3], [0.0; 3]),
            pose([0.03, 0.002, 0.01], [0.3, 0.1, 0.0]),
            pose([0.04, 0.03, 0.0], [0.4, 0.3, -0.2]),
            pose([0.04, 0.06, -0.01], [0.4, 0.5, -0.4]),
        ];
        let motion_of = |turn: Pose| Motion {
            keys: (poses.iter().enumerate())
                .map(|(i, p)| HandKey {
                    t: 0.1 * i as f64,
                    pose: turn * p,
                    grip: Grip::Closed,
                })
                .collect(),
        };
        let turn = pose([1.0, -2.0, 0.5], [1.1, 0.4, 2.1]);
        let (motion, turned) = (motion_of(Pose::identity()), motion_of(turn));
        for t in [0.03, 0.1, 0.17, 0.28] {
            let (a, b) = (turn * motion.at(t).pose, turned.at(t).pose);
            assert!((a.translation.vector - b.translation.vector).norm() < 1e-9);
            assert!(a.rotation.angle_to(&b.rotation) < 1e-7);
        }
    }
}
