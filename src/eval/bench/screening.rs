//! The model's two prices on one thread: screening a candidate, and imagining it.
//!
//! Owns [`model_speed`] and [`growth`]. A belief is taken in once for its batch, and that is part
//! of the price; so are the encoding of every candidate and all members of the ensemble.

use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::beliefs::{beliefs, candidates};
use super::clock::{go_on, least_of, on_one_thread};
use super::stacks::{GAP_M, GridStack};
use super::{BELIEF_BOXES, BenchError, Effort};
use crate::dynamics::Dynamics;
use crate::model::LearnedDynamics;
use crate::model::contacts::SceneGraph;
use crate::model::course::STRIDES;
use crate::model::features::Encoder;
use crate::rollout::Action;
use crate::scene::Workcell;

/// Trajectories that are imagined at once: the planner imagines fewer than it screens.
const IMAGINED: usize = 32;

/// 5 to 100 cubes.
pub const GROWTH_STACKS: [GridStack; 7] = [
    column_grid(1, 1),
    column_grid(2, 1),
    column_grid(2, 2),
    column_grid(4, 2),
    column_grid(4, 3),
    column_grid(4, 4),
    column_grid(5, 4),
];

const fn column_grid(x: usize, y: usize) -> GridStack {
    GridStack {
        columns: [x, y],
        high: 5,
        gap_m: GAP_M,
    }
}

/// The model's prices on beliefs of 12 boxes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ModelSpeed {
    /// µs for each candidate of a batch, the belief's share included.
    pub screen_us: f64,
    /// µs for each whole trajectory, by all members.
    pub imagine_us: f64,
    /// Candidates screened at once.
    pub batch: usize,
    /// Candidates imagined at once.
    pub imagine_batch: usize,
    /// Boxes of each belief.
    pub boxes: usize,
    /// Beliefs.
    pub beliefs: usize,
    /// Members of the ensemble.
    pub members: usize,
}

/// The price of screening on a stack of cubes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// Cubes.
    pub boxes: usize,
    /// µs for each candidate of a batch.
    pub screen_us: f64,
    /// Pairs of cubes that touch.
    pub contacts: usize,
    /// Directed edges of the graph that the network sees, the mean over candidates.
    pub edges: f64,
}

/// The quickest of a few rounds in which `dynamics` takes `workcell` in and screens `actions`: µs
/// for each.
///
/// # Errors
/// When a candidate has no prediction.
pub(super) fn screen_us(
    dynamics: &LearnedDynamics,
    workcell: &Workcell,
    actions: &[Action],
    rounds: usize,
) -> Result<f64, BenchError> {
    price_us(rounds, actions.len(), || {
        let risks = dynamics.believe(workcell, 0)?.screen(actions);
        Ok(risks.into_iter().try_for_each(|r| r.map(drop))?)
    })
}

fn imagine_us(
    dynamics: &LearnedDynamics,
    workcell: &Workcell,
    actions: &[Action],
    rounds: usize,
) -> Result<f64, BenchError> {
    price_us(rounds, actions.len(), || {
        let trajectories = dynamics.believe(workcell, 0)?.imagine(actions, STRIDES);
        Ok(trajectories.into_iter().try_for_each(|r| r.map(drop))?)
    })
}

/// The quickest of `rounds` in which `ask` answers for `count` candidates: µs for each.
fn price_us(
    rounds: usize,
    count: usize,
    mut ask: impl FnMut() -> Result<(), BenchError>,
) -> Result<f64, BenchError> {
    let seconds = least_of(rounds, || (), |()| ask())?;
    Ok(1e6 * seconds / count.max(1) as f64)
}

/// The model's prices, the mean over beliefs.
///
/// # Errors
/// When there are no such beliefs, a candidate has no prediction, or `stop` is set.
pub fn model_speed(
    dynamics: &LearnedDynamics,
    seed: u64,
    effort: &Effort,
    stop: &AtomicBool,
) -> Result<ModelSpeed, BenchError> {
    let beliefs = beliefs(seed, BELIEF_BOXES, effort.beliefs, stop)?;
    let (mut screen, mut imagine) = (0.0, 0.0);
    on_one_thread(|| {
        for belief in &beliefs {
            go_on(stop)?;
            let cell = &belief.workcell;
            let all: Vec<usize> = (0..cell.scene.boxes.len()).collect();
            let actions = candidates(cell, &all, effort.batch);
            let few = &actions[..actions.len().min(IMAGINED)];
            screen += screen_us(dynamics, cell, &actions, effort.rounds)?;
            imagine += imagine_us(dynamics, cell, few, effort.rounds)?;
        }
        Ok(())
    })?;
    Ok(ModelSpeed {
        screen_us: screen / beliefs.len() as f64,
        imagine_us: imagine / beliefs.len() as f64,
        batch: effort.batch,
        imagine_batch: effort.batch.min(IMAGINED),
        boxes: BELIEF_BOXES,
        beliefs: beliefs.len(),
        members: dynamics.model().ensemble.members.len(),
    })
}

/// The price of screening the top cubes of `stack`.
///
/// # Errors
/// When no hand gets at them, or a candidate has no prediction.
pub fn growth(
    dynamics: &LearnedDynamics,
    stack: GridStack,
    effort: &Effort,
) -> Result<Growth, BenchError> {
    let workcell = stack.workcell();
    let boxes = stack.boxes();
    let actions = candidates(&workcell, &stack.tops(), effort.batch);
    if actions.is_empty() {
        return Err(BenchError::NoGrasp { boxes });
    }
    let encoder = Encoder::new(&workcell);
    let seen = actions.iter().filter_map(|a| encoder.see(a));
    let edges: usize = seen.map(|s| s.input.receivers.len()).sum();
    let graph = SceneGraph::new(&workcell.scene);
    Ok(Growth {
        boxes,
        screen_us: on_one_thread(|| screen_us(dynamics, &workcell, &actions, effort.rounds))?,
        contacts: graph.contacts.iter().filter(|c| c.touches()).count(),
        edges: edges as f64 / actions.len() as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_growing_stacks_go_from_5_to_100_cubes() {
        let boxes = GROWTH_STACKS.map(GridStack::boxes);
        assert_eq!(boxes, [5, 10, 20, 40, 60, 80, 100]);
    }
}
