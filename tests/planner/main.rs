//! The planning commands from outside, on the sandbox: verdicts, exit codes, JSON, repeatability.
//!
//! The scenes are tiny, so that each command is a few dozen rollouts.

mod falling;
mod moveit;
mod plans;
mod questions;
mod support;
mod usage;
