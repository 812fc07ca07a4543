//! How hard the planner thinks, as a task file sets it.
//!
//! Owns [`PlannerSettings`], validated where it is read. The algorithms are the planner's own.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::count;

/// Which distribution the motions are drawn from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlannerKind {
    /// The cross-entropy method: a normal, fitted to the elites.
    #[default]
    Cem,
    /// CEM with coloured noise and elites that are kept (Pinneri et al., CoRL 2020).
    Icem,
    /// Model-predictive path integral: every sample counts, weighted by its cost.
    Mppi,
}

impl PlannerKind {
    /// As files write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cem => "cem",
            Self::Icem => "icem",
            Self::Mppi => "mppi",
        }
    }
}

/// The planner's budget. More of anything plans no worse, and slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields, default)]
pub struct PlannerSettings {
    /// The search over motions: cem, icem or mppi (cem).
    #[garde(skip)]
    pub kind: PlannerKind,
    /// Strides of 0.25 s that a motion is imagined for (8). Too short, and a slow topple after
    /// the lift is left to the model's risk-to-go.
    #[garde(range(min = 1, max = 64))]
    #[serde(deserialize_with = "count")]
    pub horizon: usize,
    /// The most candidates that are screened, one pass each (256).
    #[garde(range(min = 1, max = 65536))]
    #[serde(deserialize_with = "count")]
    pub screen: usize,
    /// Motions that are drawn and screened in each iteration; not more than `screen` (64).
    #[garde(range(min = 1, max = 4096))]
    #[serde(deserialize_with = "count")]
    pub imagine: usize,
    /// Rounds of drawing and refitting, at most (4): once something is screened as safe, the first
    /// round that betters it by little is the last.
    #[garde(range(min = 1, max = 64))]
    #[serde(deserialize_with = "count")]
    pub iterations: usize,
    /// Motions that the next round is fitted to; not more than `imagine` (8). Few elites
    /// converge fast and may miss; many converge slowly.
    #[garde(range(min = 1, max = 1024))]
    #[serde(deserialize_with = "count")]
    pub elites: usize,
    /// Actions that are kept beside those that are imagined, for when all of these are turned down (8). No key of task
    /// files.
    #[garde(skip)]
    #[serde(skip)]
    pub untried: usize,
    /// Rounds on end that may better by little what is safe, after which there are no more (1): none draws no round
    /// once screening has found something safe, as many as `iterations` draws all of them, for a somewhat cheaper lift. No
    /// key of task files.
    #[garde(skip)]
    #[serde(skip)]
    pub patience: usize,
}

impl Default for PlannerSettings {
    fn default() -> Self {
        Self {
            kind: PlannerKind::Cem,
            horizon: 8,
            screen: 256,
            imagine: 64,
            iterations: 4,
            elites: 8,
            untried: 8,
            patience: 1,
        }
    }
}
