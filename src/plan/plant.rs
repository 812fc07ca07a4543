//! What a world that can be acted on has to offer.
//!
//! Owns [`Plant`]: look, and carry an action out. The sandbox under one draw is one, a robot could be another.

use crate::rollout::{Action, Glance, Onward, Rollout};
use crate::scene::Workcell;

/// A world that can be acted on: the sandbox under one draw, or a robot.
pub trait Plant {
    /// What stands there now, with the noise of the belief. Boxes carried out are gone.
    ///
    /// # Errors
    /// When nothing can be seen.
    fn observe(&mut self) -> Result<Workcell, PlantError>;

    /// Carries an action out; its indices are those of the last observation. `watch` is asked what to do
    /// at each stride ([`crate::rollout::STRIDE_S`]) while the hand holds a box.
    ///
    /// # Errors
    /// When the action cannot be carried out at all; an accident is no error.
    fn step(
        &mut self,
        action: &Action,
        watch: &mut dyn FnMut(&Glance) -> Onward,
    ) -> Result<Rollout, PlantError>;
}

/// Why a world does not answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the execution failed: {0}")]
pub struct PlantError(pub String);
