//! What is timed.
//!
//! Owns beliefs of the standard families with a given number of boxes, and candidates for each.

use std::sync::atomic::AtomicBool;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::BenchError;
use super::clock::go_on;
use crate::dataset::actions::random_target;
use crate::eval::suite::{Split, Suite};
use crate::grasp::propose;
use crate::plan::Wish;
use crate::plan::candidates::gather;
use crate::rollout::Action;
use crate::scene::Workcell;

/// Stacks that are looked at together, and at most.
const CHUNK: u64 = 16;
const TRIES: u64 = 4096;

/// A belief and a box of it that a hand gets at.
pub(super) struct Belief {
    pub workcell: Workcell,
    pub target: usize,
}

/// The first `count` stacks of the standard split that have `boxes` boxes.
///
/// # Errors
/// When the sandbox cannot make a stack, none has so many boxes, or `stop` is set.
pub(super) fn beliefs(
    seed: u64,
    boxes: usize,
    count: usize,
    stop: &AtomicBool,
) -> Result<Vec<Belief>, BenchError> {
    let suite = Suite {
        split: Split::Standard,
        seed,
    };
    let mut found = Vec::new();
    let mut next = 0;
    while found.len() < count.max(1) {
        go_on(stop)?;
        if next >= TRIES {
            return match found.is_empty() {
                true => Err(BenchError::NoBelief { boxes, tried: next }),
                false => Ok(found),
            };
        }
        let chunk: Vec<Option<Belief>> = (next..next + CHUNK)
            .into_par_iter()
            .map(|stack| belief(suite, stack, boxes))
            .collect::<Result<_, _>>()?;
        found.extend(chunk.into_iter().flatten());
        next += CHUNK;
    }
    found.truncate(count.max(1));
    Ok(found)
}

fn belief(suite: Suite, stack: u64, boxes: usize) -> Result<Option<Belief>, BenchError> {
    let found = suite.belief(stack)?;
    if found.workcell.scene.boxes.len() != boxes {
        return Ok(None);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(suite.seed);
    rng.set_stream(stack);
    let target = random_target(&found, &mut rng);
    let reachable = !propose(&found.workcell, target).candidates.is_empty();
    Ok(reachable.then_some(Belief {
        workcell: found.workcell,
        target,
    }))
}

/// `count` removals of any of `targets`, as the planner would screen them; where there are fewer,
/// the same ones again. Empty where no hand gets at any.
pub(super) fn candidates(workcell: &Workcell, targets: &[usize], count: usize) -> Vec<Action> {
    let wishes: Vec<Wish> = targets.iter().map(|&i| Wish::remove(i)).collect();
    let (found, _) = gather(workcell, &wishes, count);
    let actions = found.iter().map(|c| &c.action);
    match found.is_empty() {
        true => Vec::new(),
        false => actions.cycle().take(count).cloned().collect(),
    }
}
