//! The rapier world: the ground truth that everything is measured against.
//!
//! Owns the only imports of rapier in the program. A scene, a draw and an action go in as plain
//! values, a [`Rollout`](crate::rollout::Rollout) comes out; the same input gives the same bits.
//!
//! - `engine`: bodies, parameters, stepping, branching; `crossing`: what goes into it and comes back;
//! - `contact`: what presses on what;
//! - `hand`, `suction`, `jaw`: the gripper as bodies and joints;
//! - `poke`: nudges and pushes;
//! - `flight`: the way to the grasp, as far as nothing can happen on it;
//! - `monitor`: the five accidents and the graded sums;
//! - `episode`: a step's clock; `carry`: the hand's part of it; `look_on`: who watches that; `record`: what is
//!   kept;
//! - `stand`: draws that stand; `settle`: imported stacks that sink into place;
//! - `exact`: the sandbox as [`Dynamics`](crate::dynamics::Dynamics), under many draws; `budget`: how many; `count`: what
//!   those tell together.

mod budget;
mod carry;
pub mod contact;
mod count;
mod crossing;
pub mod engine;
pub mod episode;
pub mod exact;
mod flight;
mod hand;
mod jaw;
mod look_on;
pub mod monitor;
mod poke;
mod record;
mod settle;
pub mod stand;
mod suction;

pub use budget::{CloserLook, SandboxDynamics};
pub use count::counted_risk;
pub use episode::{Extent, goes_wrong, run, run_watched, settled};
pub use record::Recording;
pub use settle::{SettleReport, settle};
pub use stand::draw;

use crate::rollout::AccidentKind;

/// Bumped whenever a change alters outcomes, so that stored references are known to be stale.
pub const SANDBOX_VERSION: u32 = 8;

/// Why there is no rollout.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SandboxError {
    /// The engine took a body out because its state was no longer finite.
    #[error("the physics engine lost a body: its state is no longer finite")]
    NotFinite,
    /// No draw of the belief stood by itself.
    #[error("none of {tries} draws of the belief stands: most often box `{id}` {} first although no hand touches the stack", .kind.verb())]
    DoesNotStand {
        /// The box that most often was the first to fall.
        id: String,
        /// What it did the last time that it was.
        kind: AccidentKind,
        /// Draws that were tried.
        tries: usize,
    },
    /// The action is about a box that the scene does not have.
    #[error("the action is about box {0}, which the scene does not have")]
    NoSuchBox(usize),
    /// The action uses a gripper that the robot does not have.
    #[error("the action uses gripper {0}, which the robot does not have")]
    NoSuchGripper(usize),
    /// A motion without keys.
    #[error("the motion has no keys")]
    EmptyMotion,
}
