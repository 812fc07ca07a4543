//! Another way on from the middle of a carry: slower, or along another lift.
//!
//! Owns [`slower`] and [`onward`]. What has been done is kept key by key; the hand comes to rest
//! before it sets out anew, so that nothing jerks.

use crate::grasp::{GraspCandidate, Rejection};
use crate::rollout::{HandKey, Motion};
use crate::scene::Workcell;

use super::Lift;
use super::carried::Carried;
use super::carry::{END_HOLD_S, exit_pace, first_leg, lift_pace};
use super::profile::Builder;

/// How long it takes to slow down, s.
const EASE_S: f64 = 0.3;

/// The same way, from `t` on `factor` times as slow.
pub fn slower(motion: &Motion, t: f64, factor: f64) -> Motion {
    let mut keys = motion.until(t).keys;
    let more = factor - 1.0;
    keys.extend(motion.after(t).map(|k| {
        let since = k.t - t;
        // The pace changes evenly over the first moments.
        let eased = since.min(EASE_S);
        let lost = more * (0.5 * eased * eased / EASE_S + (since - eased));
        HandKey {
            t: k.t + lost,
            ..*k
        }
    }));
    Motion { keys }
}

/// From where the hand is at `t`, brought to rest, out of the scene with `lift`.
///
/// # Errors
/// What is in the way of the hand or of the box, or how far out of reach it leads.
pub fn onward(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    motion: &Motion,
    t: f64,
    lift: &Lift,
) -> Result<Motion, Rejection> {
    let lift = lift.checked()?;
    let carried = Carried::new(workcell, grasp);
    let mut out = Builder::resume(motion.stopped(t).keys);
    let here = out.at();
    carried.check_leg(&motion.at(t).pose, &here)?;
    let after_first = first_leg(&here, &lift);
    carried.check_leg(&here, &after_first)?;
    out.go(after_first, lift_pace(&lift));
    let clear = carried.clear_along(&after_first, lift.then)?;
    carried.check_leg(&after_first, &clear)?;
    out.go(clear, exit_pace(&lift));
    out.hold(END_HOLD_S);
    Ok(out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::{Vec3, level};
    use crate::rollout::Grip;

    fn straight() -> Motion {
        let key = |t: f64, x: f64| HandKey {
            t,
            pose: level(Vec3::new(x, 0.0, 0.0), 0.0),
            grip: Grip::Closed,
        };
        Motion {
            keys: (0..=40)
                .map(|i| key(f64::from(i) * 0.05, f64::from(i) * 0.01))
                .collect(),
        }
    }

    #[test]
    fn a_slower_way_is_the_same_way_and_its_pace_changes_without_a_jerk() {
        let motion = straight();
        let slow = slower(&motion, 1.0, 2.0);
        for t in [0.0, 0.4, 0.949] {
            assert_eq!(slow.at(t).pose, motion.at(t).pose);
        }
        // Smooth keys round the last corner off.
        let apart = slow.at(0.97).pose.translation.x - motion.at(0.97).pose.translation.x;
        assert!(apart.abs() < 1e-4, "{apart}");
        let end = |m: &Motion| m.keys.last().unwrap().pose;
        assert_eq!(end(&slow), end(&motion));
        assert!((slow.duration() - (1.0 + 2.0 * 1.0 - 0.15)).abs() < 1e-9);
        let speeds: Vec<f64> = slow
            .keys
            .windows(2)
            .map(|k| (k[1].pose.translation.x - k[0].pose.translation.x) / (k[1].t - k[0].t))
            .collect();
        let jumps = speeds.windows(2).map(|v| (v[1] - v[0]).abs());
        assert!(jumps.fold(0.0, f64::max) < 0.04, "{speeds:?}");
    }
}
