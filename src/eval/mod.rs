//! Figures: the model against the sandbox, the planner in it.

pub mod plant;
