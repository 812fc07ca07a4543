//! The columns of what an action takes: shares of what it may, at the belief's means.
//!
//! Owns [`TOLL_FEATURES`] of a box and [`ACT_FEATURES`] of the whole action, from the [`Toll`] of the
//! [`tumble`](super::super::tumble). Only what is imagined has them.

use crate::scene::Safety;

use super::super::tumble::{BoxToll, GripToll, Toll};
use super::flag;

/// Numbers of a box: two for each of how far, how tilted and how pressed on, then path and speed.
pub const TOLL_FEATURES: usize = 8;
/// Numbers of an action: two for each of the grip's load, its slip and what the hand strikes with, then whether the grip is
/// lost and whether it ends with the box in the way.
pub const ACT_FEATURES: usize = 8;
/// How steeply a share counts as too much: half of it at the limit.
const STEEPNESS: i32 = 4;
/// Shares beyond count as this much.
const MOST: f64 = 1e4;
/// What is a little of a path (m) and of a speed (m/s).
const LITTLE: (f64, f64) = (0.02, 0.1);

/// A share of a limit: its logarithm, and how surely it is too much.
fn told(share: f64) -> [f64; 2] {
    let share = share.clamp(0.0, MOST);
    let steep = share.powi(STEEPNESS);
    [share.ln_1p(), steep / (1.0 + steep)]
}

/// What is `taken` of so much; nothing of nothing is none.
fn share(taken: f64, of: f64) -> f64 {
    if taken == 0.0 { 0.0 } else { taken / of }
}

/// The columns of one box, which can bear `max_force` N on a face.
pub fn of_box(toll: &BoxToll, max_force: Option<f64>, safety: &Safety) -> [f64; TOLL_FEATURES] {
    let [far, too_far] = told(share(toll.farthest, safety.max_displacement));
    let [tilted, too_tilted] = told(share(toll.tilted, safety.max_tilt));
    let [pressed, crushed] = told(max_force.map_or(0.0, |most| share(toll.pressed, most)));
    let path = (toll.path / LITTLE.0).clamp(0.0, MOST).ln_1p();
    let speed = (toll.speed / LITTLE.1).clamp(0.0, MOST).ln_1p();
    [
        far, too_far, tilted, too_tilted, pressed, crushed, path, speed,
    ]
}

/// The columns of the whole action.
pub fn of_act(toll: &Toll, safety: &Safety) -> [f64; ACT_FEATURES] {
    let GripToll {
        share: held,
        slip,
        is_lost,
        is_unclear,
    } = toll.grip;
    let [load, too_much] = told(held);
    let [slip, slipped] = told(slip);
    let [strike, struck] = told(share(toll.strike, safety.max_strike_force));
    [
        load,
        too_much,
        slip,
        slipped,
        strike,
        struck,
        flag(is_lost),
        flag(is_unclear),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_one_is_half_way_to_too_much_and_no_number_is_beyond_all_scale() {
        assert_eq!(told(1.0)[1], 0.5);
        assert!(told(0.5)[1] < 0.1 && told(2.0)[1] > 0.9);
        for wild in [f64::INFINITY, 1e300, 0.0] {
            assert!(told(wild).iter().all(|x| x.is_finite() && *x < 10.0));
        }
        assert!(told(f64::NAN)[0].is_nan(), "what is no number is told");
    }
}
