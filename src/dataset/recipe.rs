//! From a seed to episodes: which stack, which draws, and under them [`random_action`]s.
//!
//! Owns [`Recipe`]. Its scenes are the families' or given ones ([`super::given`]). Pure: stack `s` of a recipe is the
//! same on any machine, thread or shard.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Episode;
use super::actions::random_action;
use super::given::GivenScene;
use super::hard;
use crate::rollout::Action;
use crate::sandbox::engine::Engine;
use crate::sandbox::{self, Extent, Recording, SandboxError};
use crate::scene::belief::noisy_pose;
use crate::scene::families::{Family, generate};
use crate::scene::{Draw, Workcell};

/// Episodes that each stack yields: enough to share its settling, few enough to stay varied.
pub const EPISODES_PER_STACK: usize = 8;
/// Draws of the belief that those episodes share.
pub(super) const DRAWS_PER_STACK: usize = 3;
/// Scenes that are tried before the seed is moved on.
const SCENE_TRIES: u64 = 200;

/// Which actions a stack is asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mixture {
    /// Everything that [`random_action`] draws, each under one draw of the belief.
    #[default]
    Standard,
    /// Two grasps of one box that the draws do not agree on, each under several draws; of a stack of which none of
    /// dozens of beliefs has such a box, as [`Mixture::Standard`].
    Hard,
}

/// Where stacks come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Scenes {
    /// Made up: each of one of `families`, drawn from evenly, with at most `boxes_max` boxes.
    Generated {
        /// Drawn from evenly.
        families: Vec<Family>,
        /// The most boxes in a scene.
        boxes_max: usize,
    },
    /// Somebody's, in turn, each unpacked part of the way: at least one, which [`Scenes::given`] sees to.
    Given(Arc<[GivenScene]>),
}

/// What a data set is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Everything random follows from this and the stack's number.
    pub seed: u64,
    /// Where its stacks come from.
    pub scenes: Scenes,
    /// What is done to them.
    pub mixture: Mixture,
}

/// A belief that stands, and what is worth asking about it.
pub struct Stack {
    /// Poses as the robot sees them.
    pub workcell: Workcell,
    /// The generator family, or where the stack was imported from.
    pub family: String,
    /// Boxes worth asking about.
    pub targets: Vec<usize>,
}

impl Scenes {
    /// Of `families`, with at most `boxes_max` boxes.
    pub fn generated(families: &[Family], boxes_max: usize) -> Self {
        Self::Generated {
            families: families.to_vec(),
            boxes_max,
        }
    }

    /// Of `scenes`; `None` where there is none, from which no stack can be made.
    pub fn given(scenes: Arc<[GivenScene]>) -> Option<Self> {
        (!scenes.is_empty()).then_some(Self::Given(scenes))
    }
}

impl Recipe {
    /// The belief of stack number `stack`, and the random stream that goes on from it.
    ///
    /// # Errors
    /// When 200 scenes in a row do not stand, which says that a family is broken; or a given one does not.
    ///
    /// # Panics
    /// When it has no family, and no given scene either.
    pub fn belief(&self, stack: u64) -> Result<(Stack, ChaCha8Rng), SandboxError> {
        let (families, boxes_max) = match &self.scenes {
            Scenes::Generated {
                families,
                boxes_max,
            } => (families, *boxes_max),
            Scenes::Given(scenes) => {
                let number = stack % scenes.len() as u64;
                return scenes[number as usize].belief(self.seed, stack);
            }
        };
        first_success(SCENE_TRIES, |attempt| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream(stack * SCENE_TRIES + attempt);
            let family = families[rng.random_range(0..families.len())];
            let generated = generate(family, boxes_max, &mut rng);
            let mut workcell = generated.workcell;
            let truth = sandbox::draw(&workcell, &mut rng)?;
            observe(&mut workcell, &truth, &mut rng);
            let stack = Stack {
                workcell,
                family: family.name().to_owned(),
                targets: generated.targets,
            };
            Ok((stack, rng))
        })
    }

    /// The [`EPISODES_PER_STACK`] episodes of stack number `stack`.
    ///
    /// # Errors
    /// As [`Self::belief`]; or when the belief as observed has no draw that stands.
    pub fn episodes(&self, stack: u64) -> Result<Vec<Episode>, SandboxError> {
        let never = AtomicBool::new(false);
        // Without a signal nothing is broken off.
        Ok(self.episodes_until(stack, &never)?.unwrap_or_default())
    }

    /// The same; `None` where the search for a hard stack was broken off because `stop` was set.
    ///
    /// # Errors
    /// As [`Self::episodes`].
    pub(super) fn episodes_until(
        &self,
        stack: u64,
        stop: &AtomicBool,
    ) -> Result<Option<Vec<Episode>>, SandboxError> {
        if self.mixture == Mixture::Hard {
            match hard::episodes(self, stack, stop)? {
                Some(episodes) => return Ok(Some(episodes)),
                None if stop.load(Ordering::Relaxed) => return Ok(None),
                None => {}
            }
        }
        let (scene, mut rng) = self.belief(stack)?;
        let worlds = worlds(&scene.workcell, DRAWS_PER_STACK, &mut rng)?;
        (0..EPISODES_PER_STACK)
            .map(|k| {
                let action = random_action(&scene, &mut rng);
                episode(&scene, stack, k, action, &worlds[k % worlds.len()])
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

/// What the first of `tries` attempts gives that succeeds; each is told its number, from 0.
///
/// # Errors
/// What the last one said.
pub(super) fn first_success<T, E>(tries: u64, make: impl Fn(u64) -> Result<T, E>) -> Result<T, E> {
    let mut attempt = 0;
    loop {
        match make(attempt) {
            Err(_) if attempt + 1 < tries => attempt += 1,
            made => return made,
        }
    }
}

/// Up to `count` draws that stand, each with its settled world; at least one.
///
/// # Errors
/// When not even one draw stands.
pub(super) fn worlds(
    workcell: &Workcell,
    count: usize,
    rng: &mut impl Rng,
) -> Result<Vec<(Draw, Engine)>, SandboxError> {
    let mut worlds: Vec<(Draw, Engine)> = Vec::new();
    for _ in 0..count {
        // A belief of which one draw stood has others; where it is tight, draws are shared.
        match sandbox::draw(workcell, rng) {
            Ok(draw) => {
                let world = sandbox::settled(workcell, &draw, 1)?;
                worlds.push((draw, world));
            }
            Err(error) if worlds.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(worlds)
}

/// What comes of `action` in `world`, as episode number `k` of its stack.
///
/// # Errors
/// When the engine loses a body.
pub(super) fn episode(
    scene: &Stack,
    stack: u64,
    k: usize,
    action: Action,
    (draw, world): &(Draw, Engine),
) -> Result<Episode, SandboxError> {
    let workcell = &scene.workcell;
    let rollout = sandbox::run(workcell, world, &action, Extent::Whole, Recording::Strides)?;
    Ok(Episode {
        index: stack * EPISODES_PER_STACK as u64 + k as u64,
        stack,
        family: scene.family.clone(),
        workcell: workcell.clone(),
        action,
        draw: draw.clone(),
        rollout,
    })
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
