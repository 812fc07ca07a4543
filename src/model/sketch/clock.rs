//! When the steps of a forecast end: short where blows fall, long where things slide or fall.
//!
//! Owns the clocks of carried, nudged and pushed boxes and of scenes that a box has left.

use crate::gravity::GRAVITY;

/// How many steps a forecast takes.
pub const STEPS: usize = 5;
/// Ends of the steps of a carried box, s after the onset: short first, where blows fall.
const CARRY_S: [f64; STEPS] = [LEAST_S, 0.0714, 0.168, 0.294, 0.42];
/// Ways of the hand that these steps take in at least, m: a slow pull is looked at until it tells.
pub const CARRY_M: [f64; STEPS] = [0.0, 0.008, 0.025, 0.07, 0.16];
/// Shares of a nudge's way and time at which its steps end.
pub const NUDGE: [f64; NUDGED] = [0.1, 0.4, 1.0];
/// How many steps a nudge takes, after which the box is let go.
const NUDGED: usize = 3;
/// How long the steps after that last, s.
const LET_GO_S: [f64; STEPS - NUDGED] = [0.12, 0.38];
/// Ends of the steps of a push, as shares of its time, and as long again to come to rest.
pub const PUSH: [f64; STEPS] = [0.1, 0.4, 1.0, 1.4, 2.0];
/// Ends of the steps of a scene from which a box has gone, s.
pub const GONE_S: [f64; STEPS] = [0.018, 0.102, 0.24, 0.42, 0.6];
/// A step in which the target goes so far is no longer than sliding there would take to stop, times this:
/// the search finds what friction bears only little by little where speeds are small beside it, and
/// what is slow does not mind being done faster.
const STOPS: f64 = 8.0;
/// A common friction coefficient times gravity, m/s².
const SLIDING: f64 = 0.5 * GRAVITY;
/// The shortest step, s.
const LEAST_S: f64 = 0.0126;
/// When the steps of a carried box end, s after the onset, the onset first: the hand has gone each of
/// [`CARRY_M`] at `reached`, and goes nowhere after `last`; the shortest carry is followed for 0.42 s.
pub fn carry_times(reached: &[f64; STEPS], last: f64) -> [f64; STEPS + 1] {
    let mut out = [0.0; STEPS + 1];
    for k in 0..STEPS {
        let end = reached[k].min(last).max(CARRY_S[k]);
        out[k + 1] = end.max(out[k] + LEAST_S);
    }
    out
}

/// How long each step lasts that ends there, s.
pub fn between_ends(ends: &[f64; STEPS]) -> [f64; STEPS] {
    std::array::from_fn(|k| ends[k] - if k == 0 { 0.0 } else { ends[k - 1] })
}

/// A step of `h` seconds in which the target is to go `way` metres, no longer than is of use.
pub fn no_slower(h: f64, way: f64) -> f64 {
    h.min((STOPS * way / SLIDING).sqrt()).max(LEAST_S)
}

/// How long each step of a nudge lasts, s.
pub fn nudge_steps(way: f64, seconds: f64) -> [f64; STEPS] {
    std::array::from_fn(|k| match k.checked_sub(NUDGED) {
        Some(after) => LET_GO_S[after],
        None => {
            let share = NUDGE[k] - if k == 0 { 0.0 } else { NUDGE[k - 1] };
            no_slower(share * seconds, share * way)
        }
    })
}
