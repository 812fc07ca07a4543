//! Actions worth learning from, drawn for a stack.
//!
//! Owns the mixture (design, section 6, "Episodes worth learning from"). Random removals are too
//! easy, so targets come mostly from the family's own list of hard ones, and lifts are both the
//! planner's and near-critical ones; one in fourteen removals is a bold one that a careful planner
//! would not propose, a tenth put the box down elsewhere, and a quarter are nudges and pushes.

use rand::Rng;

use super::goals::random_goal;
use super::recipe::Stack;
use crate::grasp::{GraspCandidate, propose};
use crate::gravity::GRAVITY;
use crate::motion::{self, Lift};
use crate::pose::Vec3;
use crate::rollout::Action;
use crate::scene::Workcell;

/// Grasps and lifts that are tried for one action.
const TRIES: usize = 16;
/// Share of episodes that are nudges, and that are pushes.
const NUDGE_SHARE: f64 = 0.12;
const PUSH_SHARE: f64 = 0.10;
/// Share of the others that put the box down elsewhere.
const PLACE_SHARE: f64 = 0.12;
/// Share of the removals whose hand has less room than it needs.
const BOLD_SHARE: f64 = 0.07;
/// Share of targets that come from the family's list of hard ones.
const HARD_TARGET_SHARE: f64 = 0.65;
/// Share of lifts that are the planner's own first choices.
const PLAIN_LIFT_SHARE: f64 = 0.55;

/// Some action worth learning from.
pub fn random_action(stack: &Stack, rng: &mut impl Rng) -> Action {
    let kind: f64 = rng.random();
    if kind < NUDGE_SHARE {
        return random_nudge(stack, rng);
    }
    if kind < NUDGE_SHARE + PUSH_SHARE {
        return random_push(stack, rng);
    }
    let place = rng.random::<f64>() < PLACE_SHARE;
    for _ in 0..TRIES {
        let target = random_target(stack, rng);
        let action = if place {
            random_placement(&stack.workcell, target, rng)
        } else if rng.random::<f64>() < BOLD_SHARE {
            bold_removal(&stack.workcell, target, rng)
        } else {
            random_removal(&stack.workcell, target, rng)
        };
        if let Some(action) = action {
            return action;
        }
    }
    // No hand gets at anything here: the belief can still be nudged.
    random_nudge(stack, rng)
}

/// A box worth asking about.
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
    let grasp = random_grasp(workcell, target, rng)?;
    let lift = random_lift(workcell, &grasp, rng);
    let motion = motion::remove(workcell, &grasp, &lift).ok()?;
    Some(Action::Remove { grasp, motion })
}

/// A random feasible grasp of `target`, put down at a random goal; `None` as above.
pub fn random_placement(workcell: &Workcell, target: usize, rng: &mut impl Rng) -> Option<Action> {
    let grasp = random_grasp(workcell, target, rng)?;
    let lift = random_lift(workcell, &grasp, rng);
    let goal = random_goal(&workcell.scene, target, rng)?;
    let motion = motion::place(workcell, &grasp, &lift, &goal).ok()?;
    Some(Action::Place {
        grasp,
        motion,
        target: goal,
    })
}

fn random_grasp(workcell: &Workcell, target: usize, rng: &mut impl Rng) -> Option<GraspCandidate> {
    let candidates = propose(workcell, target).candidates;
    (!candidates.is_empty()).then(|| candidates[rng.random_range(0..candidates.len())])
}

/// A removal that is proposed only where everything but `target` is thinner, up to 3 cm on each
/// side and 15 cm at top and bottom.
///
/// Without such, a hand that strikes a neighbour is too rare to be learned (1.8 % of episodes,
/// measured); the depth is more than the 5 cm that the hand feels its way over.
fn bold_removal(workcell: &Workcell, target: usize, rng: &mut impl Rng) -> Option<Action> {
    let by = Vec3::new(0.03, 0.03, 0.15) * rng.random::<f64>();
    let thinned = thinned(workcell, target, by);
    let careful = propose(workcell, target).candidates;
    let mut bold = propose(&thinned, target).candidates;
    bold.retain(|grasp| !careful.contains(grasp));
    if bold.is_empty() {
        return None;
    }
    let grasp = bold[rng.random_range(0..bold.len())];
    let lift = random_lift(&thinned, &grasp, rng);
    let motion = motion::remove(&thinned, &grasp, &lift).ok()?;
    Some(Action::Remove { grasp, motion })
}

/// The scene with every face but those of `target` moved inwards by `by` (m, along the body's axes).
fn thinned(workcell: &Workcell, target: usize, by: Vec3) -> Workcell {
    let thin = |size: Vec3| (size - 2.0 * by).sup(&(size * 0.2));
    let mut thinned = workcell.clone();
    for (i, spec) in thinned.scene.boxes.iter_mut().enumerate() {
        if i != target {
            spec.size = thin(spec.size);
        }
    }
    for fixture in &mut thinned.scene.fixtures {
        fixture.size = thin(fixture.size);
    }
    thinned
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
