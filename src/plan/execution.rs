//! What came of a plan that was carried out: its steps, and how it ended.
//!
//! Owns [`Execution`], [`Stop`] and [`ExecuteError`].

use crate::rollout::Rollout;

use super::planner::{PlanError, PlannedStep};
use super::plant::PlantError;
use super::surprise::{Off, Surprise};
use super::timing::Timing;

/// Why an execution ended.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Stop {
    /// The goal is reached and nothing went wrong.
    #[error("done")]
    Done,
    /// Something went wrong.
    #[error("an accident in step {}", .step + 1)]
    Accident {
        /// Index of the step.
        step: usize,
    },
    /// The box did not come clear, or was not put down.
    #[error("step {} did not finish: `{box_id}` did not get where it should", .step + 1)]
    NotCompleted {
        /// Index of the step.
        step: usize,
        /// The box.
        box_id: String,
    },
    /// A box is not where it was imagined to be.
    #[error("after step {} `{box_id}` is {off_m:.3} m from where it was imagined", .step + 1)]
    LeftImagined {
        /// Index of the step.
        step: usize,
        /// The box.
        box_id: String,
        /// m.
        off_m: f64,
    },
    /// While a box was carried something was not where it was imagined, and there was no safe way on: the hand
    /// stopped with the box held.
    #[error("in step {} the hand stopped at {t:.2} s with its box held: `{box_id}` is {off} from where it was imagined", .step + 1)]
    Halted {
        /// Index of the step.
        step: usize,
        /// s from the step's start.
        t: f64,
        /// The box.
        box_id: String,
        /// How far.
        off: Off,
    },
    /// On what is seen there is no safe way on.
    #[error("no safe way on: {reason}")]
    NoSafeStep {
        /// Why.
        reason: String,
    },
    /// The planner or the world failed after steps that were carried out.
    #[error("{reason}")]
    Failed {
        /// Why.
        reason: String,
    },
}

/// A step that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutedStep {
    /// What was planned on the last observation, with the scene as it was observed.
    pub planned: PlannedStep,
    /// What came of it.
    pub rollout: Rollout,
    /// What was not as imagined while it was carried out, in order.
    pub surprises: Vec<Surprise>,
}

/// A plan that was carried out, as far as it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// In order.
    pub steps: Vec<ExecutedStep>,
    /// How it ended.
    pub stop: Stop,
    /// Planning again.
    pub timing: Timing,
}

impl Execution {
    /// Whether the goal was reached without an accident.
    pub fn is_success(&self) -> bool {
        self.stop == Stop::Done
    }
}

/// Why there is no execution to speak of.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExecuteError {
    /// The planner failed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The world does not answer.
    #[error(transparent)]
    Plant(#[from] PlantError),
}
