//! The planner: decides with whatever physics it is given, within the task's limit on risk.
//!
//! It would rather refuse than guess, and it says why. Everything runs on
//! [`Dynamics`](crate::dynamics::Dynamics): the sandbox (slow, exact), the world model (fast,
//! learned) or, in tests, a ten-line fake. Nothing here looks at a clock to decide; the times in
//! the reports are only measured.
//!
//! - `objective`, `risk`: what is wanted, and one number from many (the budget is the task file's);
//! - `sampler`: CEM, iCEM, MPPI, the distributions alone; `lift_space`: a lift as a vector;
//! - `candidates`, `rated`, `step`, `lift_search`, `finalists`: within a step, from geometry to the best safe action;
//! - `goal`, `planner`: what is asked, and what is answered;
//! - `support`, `wanted`, `alone`, `order`: across steps, a search over imagined scenes;
//! - `shield`: a second physics, whose draws weigh with what was judged; `vouching`: in which order it is asked;
//! - `execute`, `watch`, `surprise`, `execution`: the closed loop against a [`Plant`]; `timing`: what took how long;
//! - `probe`: the largest nudge or push that is still safe; `vet`: somebody else's steps; `repair`: a safe plan with their effect;
//! - `baseline`: what the planner is measured against;
//! - `reason`, `explain`: why not; `remedies`: what is in the way; `advice`: what would help, asked of the physics; `report`: the JSON; `moveit`: for MoveIt.

pub mod advice;
mod alone;
pub mod baseline;
pub mod candidates;
pub mod execute;
pub mod execution;
pub mod explain;
mod finalists;
pub mod goal;
mod lift_search;
pub mod lift_space;
pub mod moveit;
pub mod objective;
mod order;
pub mod planner;
pub mod plant;
pub mod probe;
mod rated;
pub mod reason;
mod remedies;
pub mod repair;
pub mod report;
pub mod risk;
pub mod sampler;
pub mod shield;
pub mod step;
pub mod support;
pub mod surprise;
pub mod timing;
pub mod vet;
mod vouching;
mod wanted;
pub mod watch;

#[cfg(test)]
pub(crate) mod fake;

pub use crate::scene::task::{PlannerKind, PlannerSettings};
pub use advice::{Advice, Change, advise, gripper_in_words};
pub use candidates::{GraspFilter, Wish};
pub use execute::execute;
pub use execution::{ExecuteError, ExecutedStep, Execution, Stop};
pub use goal::{Goal, off_target};
pub use objective::{Objective, Score};
pub use planner::{Plan, PlanError, PlannedStep, Planner, Verdict, scene_after};
pub use plant::{Plant, PlantError};
pub use reason::{Reason, RejectedCandidate, nearest};
pub use risk::of_plan;
pub use shield::{SHIELD_DRAWS, Shield, Vouched, Witness, batch_of};
pub use step::{StepPlan, StepSearch, search_step};
pub use surprise::{Off, Reply, Surprise};
pub use timing::Timing;

#[cfg(test)]
mod tests;
