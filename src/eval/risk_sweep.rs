//! Whether a risk means what it says: grasps of every predicted risk, carried out regardless.
//!
//! Owns the report of `eval risk`. Many grasps on the evaluation's beliefs are judged by the model alone, by the risk that
//! a plan is chosen by or by the one that only screens ([`Asked`]); from each belief at most one is taken for each of ten
//! bins of predicted risk, until every bin holds its share. Each is then carried out in the sandbox under a draw of its
//! belief that nothing else looks at, and counted (`bins`). Predicted and observed rate agree where the mean prediction lies
//! in Wilson's 95 % interval of the observed rate: a forecaster whose risks are true misses in one bin
//! of twenty. Within a bin, grasps come as they are found, not evenly. Refuses to fill a bin that
//! the model seldom uses from elsewhere: it reports how many there were.

mod bins;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use serde::Serialize;

use super::own_draw::own_world;
use super::suite::{DrawPurpose, Suite};
use crate::dynamics::{Dynamics, Prediction, Regard, Risk, SceneDynamics};
use crate::rollout::Action;
use crate::sandbox::{self, SandboxError};
use crate::scene::Workcell;
use bins::{bin_of, count, share_of};

pub use bins::{BINS, RiskBin};

/// Actions that are drawn on one belief; nudges and pushes among them are left out.
const ATTEMPTS: u64 = 64;
/// Beliefs that are looked at together.
const CHUNK: u64 = 16;

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Whose beliefs and draws.
    pub suite: Suite,
    /// Grasps that are carried out; the first bins get one more where ten does not divide it.
    pub grasps: usize,
    /// Beliefs after which the search for rare risks ends.
    pub max_stacks: u64,
    /// Which risk is held to its word.
    pub asked: Asked,
}

/// Which of the two risks of an action is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// The one that a plan is chosen by: of what is imagined, where that looks closer than screening does.
    Deciding,
    /// The one that chooses what is imagined.
    Screening,
}

impl Asked {
    fn of(self, scene: &dyn SceneDynamics, actions: &[Action]) -> Vec<Prediction<Risk>> {
        if self == Self::Screening || scene.regard() == Regard::Another {
            return scene.screen(actions);
        }
        // The risk is that of the whole action however far its trajectory is looked at.
        let imagined = scene.imagine(actions, 1);
        imagined.into_iter().map(|seen| Ok(seen?.risk)).collect()
    }
}

/// What came of all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskReport {
    /// Which risk was asked for.
    pub asked: Asked,
    /// Grasps carried out: fewer than asked for where some risks are rare.
    pub grasps: usize,
    /// Beliefs that were looked at.
    pub stacks: u64,
    /// Predictions that were not finite.
    pub failed: usize,
    /// Bins in which predicted and observed rate agree.
    pub agreeing: usize,
    /// From no risk to certainty.
    pub bins: Vec<RiskBin>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A signal came.
    #[error("interrupted")]
    Interrupted,
}

/// A grasp that will be carried out.
struct Chosen {
    stack: u64,
    bin: usize,
    risk: f64,
    workcell: Workcell,
    action: Action,
}

/// What one belief offers.
struct Offer {
    chosen: Vec<Chosen>,
    failed: usize,
}

/// What the search came to.
struct Found {
    chosen: Vec<Chosen>,
    /// Beliefs that were looked at.
    stacks: u64,
    /// Predictions that were not finite.
    failed: usize,
}

/// Searches, carries out and counts; `progress` is told of found and of executed grasps.
///
/// # Errors
/// When the sandbox fails, or `stop` is set.
pub fn sweep(
    plan: Sweep,
    dynamics: &dyn Dynamics,
    stop: &AtomicBool,
    progress: impl Fn(usize) + Sync,
) -> Result<RiskReport, SweepError> {
    let found = search(plan, dynamics, stop, &progress)?;
    let outcomes: Vec<bool> = found
        .chosen
        .par_iter()
        .map(|grasp| {
            if stop.load(Ordering::Relaxed) {
                return Err(SweepError::Interrupted);
            }
            let accident = carry_out(plan.suite, grasp)?;
            progress(1);
            Ok(accident)
        })
        .collect::<Result<_, _>>()?;
    let risks = found.chosen.iter().map(|c| c.risk);
    let done: Vec<(f64, bool)> = risks.zip(outcomes).collect();
    let bins = count(&done);
    Ok(RiskReport {
        asked: plan.asked,
        grasps: done.len(),
        stacks: found.stacks,
        failed: found.failed,
        agreeing: bins.iter().filter(|b| b.agrees == Some(true)).count(),
        bins,
    })
}

/// Looks through beliefs until every bin holds its share, or there are no more of them.
fn search(
    plan: Sweep,
    dynamics: &dyn Dynamics,
    stop: &AtomicBool,
    progress: &impl Fn(usize),
) -> Result<Found, SweepError> {
    let mut chosen: Vec<Chosen> = Vec::new();
    let mut room: [usize; BINS] = std::array::from_fn(|b| share_of(plan.grasps, b));
    let (mut stacks, mut failed) = (0, 0);
    while stacks < plan.max_stacks && room.iter().any(|&r| r > 0) {
        let last = (stacks + CHUNK).min(plan.max_stacks);
        let offers: Vec<Offer> = (stacks..last)
            .into_par_iter()
            .map(|stack| match stop.load(Ordering::Relaxed) {
                true => Err(SweepError::Interrupted),
                false => offer(plan, stack, dynamics, &room),
            })
            .collect::<Result<_, _>>()?;
        for offer in offers {
            failed += offer.failed;
            for grasp in offer.chosen {
                if room[grasp.bin] > 0 {
                    room[grasp.bin] -= 1;
                    chosen.push(grasp);
                    progress(1);
                }
            }
        }
        stacks = last;
    }
    Ok(Found {
        chosen,
        stacks,
        failed,
    })
}

/// At most one grasp for each bin that has room, the first that was drawn.
fn offer(
    plan: Sweep,
    stack: u64,
    dynamics: &dyn Dynamics,
    room: &[usize; BINS],
) -> Result<Offer, SweepError> {
    let suite = plan.suite;
    let belief = suite.belief(stack)?;
    let actions: Vec<Action> = (0..ATTEMPTS)
        .filter_map(|attempt| suite.action(&belief, stack, attempt))
        .filter(|action| action.grasp().is_some())
        .collect();
    let mut out = Offer {
        chosen: Vec::new(),
        failed: 0,
    };
    let Ok(scene) = dynamics.believe(&belief.workcell, suite.seed) else {
        out.failed = actions.len();
        return Ok(out);
    };
    let mut taken = [false; BINS];
    for (prediction, action) in plan.asked.of(&*scene, &actions).into_iter().zip(&actions) {
        let Ok(risk) = prediction else {
            out.failed += 1;
            continue;
        };
        let bin = bin_of(risk.risk);
        if room[bin] == 0 || std::mem::replace(&mut taken[bin], true) {
            continue;
        }
        out.chosen.push(Chosen {
            stack,
            bin,
            risk: risk.risk,
            workcell: belief.workcell.clone(),
            action: action.clone(),
        });
    }
    Ok(out)
}

/// Whether the grasp ends in an accident under a draw of its own.
fn carry_out(suite: Suite, grasp: &Chosen) -> Result<bool, SandboxError> {
    let seed = suite.draw_seed(DrawPurpose::Regardless, grasp.stack);
    let world = own_world(&grasp.workcell, seed, grasp.bin as u64)?;
    sandbox::goes_wrong(&grasp.workcell, &world, &grasp.action)
}

#[cfg(test)]
mod tests;
