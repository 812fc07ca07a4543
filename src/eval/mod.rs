//! Figures against the sandbox: the model's forecasts, and the planner's deeds.
//!
//! Owns the evaluation of design, section 7. Beliefs, tasks and draws are functions of a seed that
//! training never saw; references that take hours are stored and keyed by what they depend on.
//!
//! - `suite`: the model's cases by split; `tasks`: the planner's;
//! - `reference`: the sandbox under 32 draws, stored; `stored`: how such files are read and written;
//! - `choices`: which cases and tasks are hard, stored once found;
//! - `own_draw`: the world that a case is carried out in;
//! - `open_loop`: the model against the sandbox, of poses `pose_errors`; `closed_loop`: the planner in it;
//! - `risk_sweep`: grasps of every predicted risk, carried out regardless;
//! - `contest`: who takes part in the closed loop, and how each acts; `equal_time`: the budget of one of them;
//! - `groups`: figures by family or kind; `real`: the packings of the real split; `recalled`: answers that took hours, found again;
//! - `plant`: a true world that a plan is carried out in;
//! - `bench`: how fast all of it is.

pub mod bench;
pub mod choices;
pub mod closed_loop;
pub mod contest;
pub mod equal_time;
pub mod groups;
pub mod open_loop;
mod own_draw;
pub mod plant;
mod pose_errors;
mod real;
mod recalled;
pub mod reference;
pub mod risk_sweep;
mod stored;
pub mod suite;
pub mod tasks;

/// The seed of every published figure.
pub const EVAL_SEED: u64 = 20_260_101;
