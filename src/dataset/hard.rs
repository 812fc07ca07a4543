//! Stacks whose answer hangs on the grasp and on what the belief leaves open.
//!
//! Owns the selection of the `hard` mixture: a box is kept when its grasps differ in what comes of
//! them, best where the same grasp ends well under one draw and badly under another. The draws
//! that select are never those that are stored, so what is stored is not tuned to its outcome.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::Rng;

use super::Episode;
use super::actions::{random_removal, random_target};
use super::recipe::{EPISODES_PER_STACK, Recipe, Stack, episode, worlds};
use crate::rollout::Action;
use crate::sandbox::engine::Engine;
use crate::sandbox::{self, SandboxError};
use crate::scene::Draw;

/// Beliefs that are looked at for one stack.
const BELIEFS: u64 = 64;
/// Boxes that are looked at in a belief, and removals of each.
const BOXES: usize = 2;
const REMOVALS: usize = 8;
/// Draws that select.
const SELECTING_DRAWS: usize = 3;
/// Draws that each of the two chosen removals is stored under.
const STORED_DRAWS: usize = EPISODES_PER_STACK / 2;

/// The episodes of stack `stack`; `None` where none of [`BELIEFS`] beliefs is hard, or `stop` is set before one was
/// found.
///
/// # Errors
/// When the engine loses a body.
pub(super) fn episodes(
    recipe: &Recipe,
    stack: u64,
    stop: &AtomicBool,
) -> Result<Option<Vec<Episode>>, SandboxError> {
    for attempt in 0..BELIEFS {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let seed = recipe.seed ^ (attempt + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
        let Ok((scene, mut rng)) = Recipe {
            seed,
            ..recipe.clone()
        }
        .belief(stack) else {
            continue;
        };
        let Ok(selecting) = worlds(&scene.workcell, SELECTING_DRAWS, &mut rng) else {
            continue;
        };
        let Some(pair) = choose(&scene, &selecting, &mut rng)? else {
            continue;
        };
        let Ok(stored) = worlds(&scene.workcell, STORED_DRAWS, &mut rng) else {
            continue;
        };
        let all = (0..EPISODES_PER_STACK).map(|k| {
            let world = &stored[(k / 2) % stored.len()];
            episode(&scene, stack, k, pair[k % 2].clone(), world)
        });
        return all.collect::<Result<_, _>>().map(Some);
    }
    Ok(None)
}

/// Two removals of one box: one that the draws disagree on, and one that ends well more often.
fn choose(
    scene: &Stack,
    selecting: &[(Draw, Engine)],
    rng: &mut impl Rng,
) -> Result<Option<[Action; 2]>, SandboxError> {
    for _ in 0..BOXES {
        let target = random_target(scene, rng);
        let mut seen: Vec<(usize, Action)> = Vec::new();
        for _ in 0..REMOVALS {
            if let Some(action) = random_removal(&scene.workcell, target, rng) {
                seen.push((accidents(scene, selecting, &action)?, action));
            }
        }
        let open = |count: usize| 0 < count && count < selecting.len();
        let Some(first) = seen.iter().find(|(count, _)| open(*count)) else {
            continue;
        };
        // A grasp that is safe beside one that is not asks for judgement of the grasp, not the box.
        let second = seen.iter().min_by_key(|(count, _)| *count);
        if let Some(second) = second.filter(|s| s.0 != first.0) {
            return Ok(Some([first.1.clone(), second.1.clone()]));
        }
    }
    Ok(None)
}

fn accidents(
    scene: &Stack,
    worlds: &[(Draw, Engine)],
    action: &Action,
) -> Result<usize, SandboxError> {
    let mut count = 0;
    for (_, world) in worlds {
        count += usize::from(sandbox::goes_wrong(&scene.workcell, world, action)?);
    }
    Ok(count)
}
