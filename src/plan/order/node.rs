//! What the search across steps goes over: scenes, and the steps that lead on from them.
//!
//! Owns [`Node`] and [`Branch`], what a step costs ([`step_price`]) and what tells one scene from another
//! ([`state_key`]).

use super::super::planner::PlannedStep;
use super::super::rated::Rated;
use super::super::step::StepPlan;
use crate::scene::{Scene, Workcell};

/// A scene that was reached in the mind.
pub(super) struct Node {
    pub(super) workcell: Workcell,
    pub(super) parent: Option<usize>,
    /// The step that led here; `None` at the root.
    pub(super) step: Option<PlannedStep>,
    /// The branch's other steps for the same box, for when this scene is a dead end, and its priority.
    pub(super) others: Vec<StepPlan>,
    pub(super) priority: f64,
    /// Why it is a dead end, where it is one: a scene that was imagined and that does not stand, or that no engine can hold.
    pub(super) dead_end: Option<String>,
    /// Bounds of the steps so far and a constant for each.
    pub(super) price: f64,
    /// Bound of all steps so far together, those before the search included.
    pub(super) bound: f64,
    /// How many tiers of wishes were searched here.
    pub(super) tiers: usize,
    /// The least risky of what is not judged safe, for when nothing is.
    pub(super) doubtful: Vec<StepPlan>,
    /// What its searches left untried, and how many boxes were left to take.
    pub(super) untried: Vec<Rated>,
    pub(super) left: usize,
}

impl Node {
    /// A scene in which nothing was looked for yet, before any step.
    pub(super) fn root(workcell: Workcell, bound: f64) -> Self {
        Self {
            workcell,
            parent: None,
            step: None,
            others: Vec::new(),
            priority: 0.0,
            dead_end: None,
            price: 0.0,
            bound,
            tiers: 0,
            doubtful: Vec::new(),
            untried: Vec::new(),
            left: 0,
        }
    }

    /// What tells it from another scene: see [`state_key`].
    pub(super) fn key(&self) -> Vec<String> {
        let action = self.step.as_ref().map_or("", |s| s.step.action.name());
        state_key(&self.workcell.scene, action)
    }
}

/// A step that was found but not yet taken.
pub(super) struct Branch {
    pub(super) parent: usize,
    pub(super) step: StepPlan,
    /// Lower is sooner: price so far and the estimate of what is left.
    pub(super) priority: f64,
    /// The other safe steps for the same box, next best first.
    pub(super) alternatives: Vec<StepPlan>,
}

/// The bound of a step and the price of taking a step at all.
pub(super) fn step_price(step: &StepPlan, max_risk: f64) -> f64 {
    max_risk + step.risk.bound.min(max_risk)
}

/// What tells one scene from another: who is left, and how it was reached (a placed box is left too).
pub(super) fn state_key(scene: &Scene, action: &str) -> Vec<String> {
    let mut key: Vec<String> = scene.boxes.iter().map(|b| b.id.clone()).collect();
    key.sort();
    key.push(action.to_owned());
    key
}
