//! From a seed to episodes: which stack, which draws, which actions.
//!
//! Owns the mixture that the model learns from (design, section 6, "Episodes worth learning
//! from"). Random removals are too easy, so targets come mostly from the family's own list of hard
//! ones, lifts are both the planner's and near-critical ones, and a quarter are nudges and pushes.
//! Pure: stack `s` of a recipe is the same on any machine, thread or shard.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Episode;
use crate::grasp::{GraspCandidate, propose};
use crate::motion::{self, Lift};
use crate::pose::Vec3;
use crate::rollout::{Action, Rollout};
use crate::sandbox::engine::{Engine, GRAVITY};
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
/// Grasps and lifts that are tried for one action.
const ACTION_TRIES: usize = 16;
/// Share of episodes that are nudges, and that are pushes.
const NUDGE_SHARE: f64 = 0.13;
const PUSH_SHARE: f64 = 0.12;
/// Share of removals whose box comes from the family's list of hard ones.
const HARD_TARGET_SHARE: f64 = 0.65;
/// Share of lifts that are the planner's own first choices.
const PLAIN_LIFT_SHARE: f64 = 0.55;

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

/// Some action worth learning from.
pub fn random_action(stack: &Stack, rng: &mut impl Rng) -> Action {
    let kind: f64 = rng.random();
    if kind < NUDGE_SHARE {
        return random_nudge(stack, rng);
    }
    if kind < NUDGE_SHARE + PUSH_SHARE {
        return random_push(stack, rng);
    }
    for _ in 0..ACTION_TRIES {
        let target = random_target(stack, rng);
        if let Some(action) = random_removal(&stack.workcell, target, rng) {
            return action;
        }
    }
    // No hand gets at anything here: the belief can still be nudged.
    random_nudge(stack, rng)
}

pub fn random_target(stack: &Stack, rng: &mut impl Rng) -> usize {
    if rng.random::<f64>() < HARD_TARGET_SHARE {
        // The hardest come first in the list; they are asked about more often.
        let u: f64 = rng.random();
        return stack.targets[((u * u) * stack.targets.len() as f64) as usize];
    }
    rng.random_range(0..stack.workcell.scene.boxes.len())
}

/// A random feasible grasp of `target` with a random lift; `None` if none was found at once.
pub fn random_removal(workcell: &Workcell, target: usize, rng: &mut impl Rng) -> Option<Action> {
    let candidates = propose(workcell, target).candidates;
    if candidates.is_empty() {
        return None;
    }
    let grasp = candidates[rng.random_range(0..candidates.len())];
    let lift = random_lift(workcell, &grasp, rng);
    let motion = motion::remove(workcell, &grasp, &lift).ok()?;
    Some(Action::Remove { grasp, motion })
}

fn random_lift(workcell: &Workcell, grasp: &GraspCandidate, rng: &mut impl Rng) -> Lift {
    if rng.random::<f64>() < PLAIN_LIFT_SHARE {
        let options = motion::lift_options(workcell, grasp);
        return options[rng.random_range(0..options.len())];
    }
    motion::random_lift(workcell, grasp, rng)
}

/// A heading in the plane, sometimes one of the box's own.
fn random_heading(stack: &Stack, target: usize, rng: &mut impl Rng) -> Vec3 {
    if rng.random::<f64>() < 0.5 {
        let turn = rng.random_range(0..4) as f64 * std::f64::consts::FRAC_PI_2;
        let axis = Vec3::new(turn.cos(), turn.sin(), 0.0);
        let own = stack.workcell.scene.boxes[target].pose.rotation * axis;
        if let Some(level) = Vec3::new(own.x, own.y, 0.0).try_normalize(1e-3) {
            return level;
        }
    }
    let angle = rng.random_range(0.0..std::f64::consts::TAU);
    Vec3::new(angle.cos(), angle.sin(), 0.0)
}

fn random_nudge(stack: &Stack, rng: &mut impl Rng) -> Action {
    let box_index = random_target(stack, rng);
    // Log-uniform from 3 mm to 15 cm: the limits of disturb and of overhangs lie within.
    let distance = 0.003 * 50f64.powf(rng.random::<f64>());
    Action::Nudge {
        box_index,
        by: random_heading(stack, box_index, rng) * distance,
    }
}

fn random_push(stack: &Stack, rng: &mut impl Rng) -> Action {
    let box_index = random_target(stack, rng);
    let spec = &stack.workcell.scene.boxes[box_index];
    // Around what friction resists: a tenth of the box's weight to twice it, log-uniform.
    let ratio = 0.1 * 20f64.powf(rng.random::<f64>());
    let force = spec.mass.mean() * GRAVITY * ratio;
    Action::Push {
        box_index,
        force: random_heading(stack, box_index, rng) * force,
    }
}
