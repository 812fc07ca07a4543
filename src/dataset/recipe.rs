//! From a seed to episodes: which stack, which draws, and under them [`random_action`]s.
//!
//! Owns [`Recipe`]. Pure: stack `s` of a recipe is the same on any machine, thread or shard.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Episode;
use super::actions::random_action;
use crate::rollout::{Action, Rollout};
use crate::sandbox::engine::Engine;
use crate::sandbox::{self, Extent, Recording, SandboxError};
use crate::scene::belief::noisy_pose;
use crate::scene::families::{Family, generate};
use crate::scene::{Draw, Workcell};

/// Episodes that each stack yields: enough to share its settling, few enough to stay varied.
pub const EPISODES_PER_STACK: usize = 8;
/// Draws of the belief that those episodes share.
const DRAWS_PER_STACK: usize = 3;
/// Scenes that are tried before the seed is moved on.
const SCENE_TRIES: u64 = 200;

/// What a data set is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Everything random follows from this and the stack's number.
    pub seed: u64,
    /// Drawn from evenly.
    pub families: Vec<Family>,
    /// The most boxes in a scene.
    pub boxes_max: usize,
}

/// A belief that stands, and draws of it.
pub struct Stack {
    /// Poses as the robot sees them.
    pub workcell: Workcell,
    /// The generator family.
    pub family: Family,
    /// Boxes worth asking about.
    pub targets: Vec<usize>,
}

impl Recipe {
    /// The belief of stack number `stack`, and the random stream that goes on from it.
    ///
    /// # Errors
    /// When 200 scenes in a row do not stand, which says that a family is broken.
    pub fn belief(&self, stack: u64) -> Result<(Stack, ChaCha8Rng), SandboxError> {
        let mut last = None;
        for attempt in 0..SCENE_TRIES {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(stack * SCENE_TRIES + attempt);
            let family = self.families[rng.random_range(0..self.families.len())];
            let generated = generate(family, self.boxes_max, &mut rng);
            let mut workcell = generated.workcell;
            match sandbox::draw(&workcell, &mut rng) {
                Ok(truth) => {
                    observe(&mut workcell, &truth, &mut rng);
                    let stack = Stack {
                        workcell,
                        family,
                        targets: generated.targets,
                    };
                    return Ok((stack, rng));
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(SandboxError::NotFinite))
    }

    /// The [`EPISODES_PER_STACK`] episodes of stack number `stack`.
    ///
    /// # Errors
    /// As [`Self::belief`]; or when the belief as observed has no draw that stands.
    pub fn episodes(&self, stack: u64) -> Result<Vec<Episode>, SandboxError> {
        let (scene, mut rng) = self.belief(stack)?;
        let workcell = &scene.workcell;
        let mut worlds: Vec<(Draw, Engine)> = Vec::new();
        for _ in 0..DRAWS_PER_STACK {
            // A belief of which one draw stood has others; where it is tight, draws are shared.
            match sandbox::draw(workcell, &mut rng) {
                Ok(draw) => {
                    let world = sandbox::settled(workcell, &draw, 1)?;
                    worlds.push((draw, world));
                }
                Err(error) if worlds.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        let mut episodes = Vec::with_capacity(EPISODES_PER_STACK);
        for k in 0..EPISODES_PER_STACK {
            let action = random_action(&scene, &mut rng);
            let (draw, world) = &worlds[k % worlds.len()];
            let rollout = simulate(workcell, world, &action)?;
            episodes.push(Episode {
                index: stack * EPISODES_PER_STACK as u64 + k as u64,
                stack,
                family: scene.family.name().to_owned(),
                workcell: workcell.clone(),
                action,
                draw: draw.clone(),
                rollout,
            });
        }
        Ok(episodes)
    }
}

fn simulate(workcell: &Workcell, world: &Engine, action: &Action) -> Result<Rollout, SandboxError> {
    sandbox::run(workcell, world, action, Extent::Whole, Recording::Strides)
}

/// Replaces the scene's poses by what a camera would report of `truth`.
///
/// Heights, rolls and pitches are those of contact: what is known of them is that boxes rest on
/// each other, which is worth more than a depth reading.
pub fn observe(workcell: &mut Workcell, truth: &Draw, rng: &mut impl Rng) {
    let noise = workcell.scene.pose_noise;
    for (spec, drawn) in workcell.scene.boxes.iter_mut().zip(&truth.boxes) {
        spec.pose = noisy_pose(&drawn.pose, noise, rng);
    }
}
