//! How long one step takes to plan, as a user waits for it: all threads, default settings.
//!
//! Owns [`planning`]. Each step is planned once with the shield and once without; whether a safe
//! one is found makes no difference to what is counted.

use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::beliefs::{Belief, beliefs};
use super::clock::{go_on, timed};
use super::stacks::{GAP_M, GridStack};
use super::{BELIEF_BOXES, BenchError, Effort};
use crate::dynamics::Dynamics;
use crate::eval::plant::witness;
use crate::plan::{Objective, Planner, PlannerSettings, SHIELD_DRAWS, Shield, Verdict, Wish};
use crate::quantiles::Quantiles;

/// The stack that the planner is timed on beside the beliefs, and of which as many cubes are asked for.
const LARGE: GridStack = GridStack {
    columns: [4, 3],
    high: 5,
    gap_m: GAP_M,
};
const LARGE_STEPS: usize = 4;

/// Times of one planned step, ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PlanTimes {
    /// With the shield.
    #[serde(flatten)]
    pub shielded: Quantiles,
    /// By the model alone.
    pub unshielded: Quantiles,
    /// Boxes of each belief.
    pub boxes: usize,
    /// Steps that were planned.
    pub steps: usize,
    /// Of these, how many were found safe with the shield.
    pub safe: usize,
    /// On a stack of 60 cubes.
    pub large: LargeTimes,
}

/// Times of one planned step on a large stack, ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LargeTimes {
    /// Cubes.
    pub boxes: usize,
    /// With the shield.
    pub shielded: Quantiles,
    /// By the model alone.
    pub unshielded: Quantiles,
}

/// Times of both planners on the same steps.
struct Times {
    shielded: Quantiles,
    unshielded: Quantiles,
    safe: usize,
}

/// Plans one step on each of some beliefs of 12 boxes, and on a stack of 60.
///
/// # Errors
/// When there are no such beliefs, a physics cannot take one in, or `stop` is set.
pub fn planning(
    dynamics: &dyn Dynamics,
    seed: u64,
    effort: &Effort,
    stop: &AtomicBool,
) -> Result<PlanTimes, BenchError> {
    let beliefs = beliefs(seed, BELIEF_BOXES, effort.beliefs, stop)?;
    let times = times(dynamics, seed, &beliefs, stop)?;
    let tops = LARGE.tops();
    let steps = effort.beliefs.clamp(1, LARGE_STEPS);
    let large: Vec<Belief> = (0..steps)
        .map(|k| Belief {
            workcell: LARGE.workcell(),
            target: tops[k * (tops.len() - 1) / steps],
        })
        .collect();
    let of_large = self::times(dynamics, seed, &large, stop)?;
    Ok(PlanTimes {
        shielded: times.shielded,
        unshielded: times.unshielded,
        boxes: BELIEF_BOXES,
        steps: beliefs.len(),
        safe: times.safe,
        large: LargeTimes {
            boxes: LARGE.boxes(),
            shielded: of_large.shielded,
            unshielded: of_large.unshielded,
        },
    })
}

fn times(
    dynamics: &dyn Dynamics,
    seed: u64,
    beliefs: &[Belief],
    stop: &AtomicBool,
) -> Result<Times, BenchError> {
    let shield = witness(SHIELD_DRAWS);
    let (mut shielded, mut unshielded, mut safe) = (Vec::new(), Vec::new(), 0);
    for belief in beliefs {
        go_on(stop)?;
        let wish = Wish::remove(belief.target);
        for guarded in [false, true] {
            let planner = Planner {
                dynamics,
                shield: guarded.then_some(Shield {
                    physics: &shield,
                    draws: SHIELD_DRAWS,
                }),
                settings: PlannerSettings::default(),
                objective: Objective::default(),
                seed,
            };
            let (plan, seconds) = timed(|| planner.single_step(&belief.workcell, &wish));
            let is_safe = plan?.verdict == Verdict::Safe;
            match guarded {
                true => {
                    shielded.push(1e3 * seconds);
                    safe += usize::from(is_safe);
                }
                false => unshielded.push(1e3 * seconds),
            }
        }
    }
    let quantiles = |times| {
        Quantiles::of(times).ok_or(BenchError::NoBelief {
            boxes: BELIEF_BOXES,
            tried: 0,
        })
    };
    Ok(Times {
        shielded: quantiles(shielded)?,
        unshielded: quantiles(unshielded)?,
        safe,
    })
}
