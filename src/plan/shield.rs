//! The shield: a second physics, usually the sandbox under N draws, has to agree with the plan.
//!
//! Owns [`check`] and its rule: an action passes when the share of draws that end in an accident
//! is not above the limit on risk. With fewer than 1/max_risk draws that means none at all.

use crate::dynamics::{Dynamics, DynamicsError, Prediction, Risk};
use crate::rollout::Action;
use crate::scene::Workcell;

use super::reason::{Reason, worst_accident};

/// Draws of the shield where nobody says how many: with 8 it took longer than all of the world model's
/// part of a step.
pub const SHIELD_DRAWS: usize = 4;

/// What the shield says of one action.
///
/// # Errors
/// When the second physics cannot take the scene in.
pub fn check(
    shield: &dyn Dynamics,
    workcell: &Workcell,
    action: &Action,
    seed: u64,
) -> Result<Prediction<Risk>, DynamicsError> {
    let scene = shield.believe(workcell, seed)?;
    let mut risks = scene.screen(std::slice::from_ref(action));
    Ok(risks
        .pop()
        .unwrap_or(Err(crate::dynamics::PredictionFailure::NotFinite)))
}

/// Why the shield turns an action down; `None` lets it pass.
pub fn objection(checked: &Prediction<Risk>, max_risk: f64) -> Option<Reason> {
    match checked {
        Err(why) => Some(why.clone().into()),
        Ok(risk) if !risk.is_valid() => Some(crate::dynamics::PredictionFailure::NotFinite.into()),
        Ok(risk) if risk.risk > max_risk => Some(Reason::Shield {
            risk: risk.risk,
            max_risk,
            worst: worst_accident(risk),
        }),
        Ok(_) => None,
    }
}
