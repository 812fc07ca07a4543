//! How fast the sandbox, the model and the planner are on this machine.
//!
//! Owns the figures of `topple bench` (design, section 7). Figures of the sandbox, the model and
//! training are of one thread; planning has all there are, as a user has. Work that is the same
//! each time is timed a few rounds and the least is taken: whatever a round took beyond that was
//! somebody else's. Refuses to decide anything by a time; seeds decide what is timed.
//!
//! The JSON has more than the design's: `sandbox` is a list, since steps a second depend on how many boxes touch, and
//! `risk_query` is by split, since the draws that are as good as the model are many where outcomes are open and few
//! where they are not. One number for either would be that of a stack or a split that nobody asked about.
//!
//! - `clock`: rounds, one thread;
//! - `stacks`: stacks of cubes of any size, and the sandbox on them;
//! - `beliefs`: beliefs of the standard families and a batch of candidates for each;
//! - `screening`: the model's two prices, and how they grow with the stack;
//! - `risk_query`: the model's price beside the sandbox's for the same Brier score;
//! - `planning`, `training`: what their names say.

mod beliefs;
mod clock;
mod planning;
mod risk_query;
mod screening;
mod stacks;
mod training;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::dataset::SourceError;
use crate::dynamics::{DynamicsError, PredictionFailure};
use crate::model::TrainError;
use crate::plan::PlanError;
use crate::sandbox::SandboxError;

pub use planning::{PlanTimes, planning};
pub use risk_query::{RiskQuery, risk_query};
pub use screening::{GROWTH_STACKS, Growth, ModelSpeed, growth, model_speed};
pub use stacks::{GridStack, SANDBOX_STACKS, StackSpeed, sandbox_speed};
pub use training::{TrainSpeed, training};

/// Boxes of the beliefs that the model and the planner are timed on.
pub const BELIEF_BOXES: usize = 12;

/// How much is timed: more takes longer and depends less on what else the machine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Physics steps in a round on each stack.
    pub steps: u64,
    /// Rounds, of which the quickest counts.
    pub rounds: usize,
    /// Beliefs that the model and the planner are timed on.
    pub beliefs: usize,
    /// Candidates screened at once.
    pub batch: usize,
    /// Cases of each split that the risk query is held on.
    pub cases: usize,
    /// The most draws that the sandbox is given there; 64 in every published figure.
    pub draws: usize,
    /// Gradient steps.
    pub train_steps: usize,
}

impl Default for Effort {
    /// A few minutes on two free cores, most of them for the risk query's cases.
    fn default() -> Self {
        Self {
            steps: 1200,
            rounds: 5,
            beliefs: 20,
            batch: 256,
            cases: 60,
            draws: 64,
            train_steps: 16,
        }
    }
}

/// What `bench --json` prints; parts that were not asked for are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BenchReport {
    /// What everything random was seeded with.
    pub seed: u64,
    /// Threads that planning had.
    pub threads: usize,
    /// The sandbox on stacks of cubes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sandbox: Vec<StackSpeed>,
    /// The sandbox on the same cubes, side against side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sandbox_touching: Vec<StackSpeed>,
    /// The model's two prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelSpeed>,
    /// By split.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub risk_query: BTreeMap<&'static str, RiskQuery>,
    /// One step planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_ms: Option<PlanTimes>,
    /// Training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<TrainSpeed>,
    /// The price of screening from 5 to 100 boxes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub growth: Vec<Growth>,
}

/// Why something could not be timed.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The physics cannot take a belief in.
    #[error(transparent)]
    Dynamics(#[from] DynamicsError),
    /// A candidate has no prediction, so its time would mean nothing.
    #[error("a candidate could not be predicted: {0}")]
    Prediction(#[from] PredictionFailure),
    /// The planner failed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The episodes to train on could not be made.
    #[error("no episodes to train on: {0}")]
    Source(SourceError),
    /// The system refused a thread or a temporary folder.
    #[error("the system refused {what}: {reason}")]
    System {
        /// A thread, a folder.
        what: &'static str,
        /// What it said.
        reason: String,
    },
    /// It was asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// No stack of the standard families has so many boxes.
    #[error("none of {tried} stacks of the standard families has {boxes} boxes and a grasp")]
    NoBelief {
        /// Boxes that were wanted.
        boxes: usize,
        /// Stacks that were looked at.
        tried: u64,
    },
    /// No hand gets at a stack of cubes.
    #[error("no grasp of the stack of {boxes} cubes can be carried out")]
    NoGrasp {
        /// Its cubes.
        boxes: usize,
    },
}
