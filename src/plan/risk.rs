//! Risk as one number: how a risk and what is not known of it, or the risks of several steps, come together.
//!
//! Owns [`Cvar`] and the risk of a whole plan. Refuses to calibrate: that is the dynamics' business.

use crate::dynamics::Risk;

/// The conditional value at risk: the mean of the worst share `tail` of what members or draws say (Rockafellar and
/// Uryasev, 2000). Higher is worse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cvar {
    /// In `(0, 1]`; 1 is the mean.
    pub tail: f64,
}

impl Cvar {
    /// Of a risk that is known by its mean and its disagreement, a probability: those who say it as a normal,
    /// mean + std · φ(z)/tail.
    pub fn of_risk(self, risk: &Risk) -> f64 {
        let lifted = risk.risk + risk.disagreement * normal_tail_mean(self.tail);
        lifted.clamp(risk.risk, 1.0)
    }
}

/// The mean of a standard normal's upper `tail`: φ(z)/tail where P(Z > z) = tail.
fn normal_tail_mean(tail: f64) -> f64 {
    let tail = tail.clamp(1e-6, 1.0);
    let z = upper_quantile(tail);
    (-0.5 * z * z).exp() / (std::f64::consts::TAU.sqrt() * tail)
}

/// z with P(Z > z) = `tail`; Abramowitz and Stegun 26.2.23, to 4.5e-4.
fn upper_quantile(tail: f64) -> f64 {
    if tail > 0.5 {
        return -upper_quantile(1.0 - tail.min(1.0 - 1e-9));
    }
    let t = (-2.0 * tail.ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let below = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - above / below
}

/// P(any step goes wrong) when each goes wrong with the given probability: 1 - Π(1 - p), and of a single step exactly its own,
/// since it is held against a limit that may be the same number.
pub fn of_plan(steps: impl IntoIterator<Item = f64>) -> f64 {
    steps.into_iter().fold(0.0, |any, p| any + p * (1.0 - any))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::fixed::disturbing;

    #[test]
    fn members_that_disagree_raise_cvar_but_not_the_mean() {
        let risk = Risk {
            disagreement: 0.05,
            ..disturbing(0.1, 0.3)
        };
        let cvar = Cvar { tail: 0.25 }.of_risk(&risk);
        // A normal's upper quarter has its mean 1.271 standard deviations up.
        assert!((cvar - (0.1 + 0.05 * 1.271)).abs() < 1e-3, "{cvar}");
        assert!((Cvar { tail: 1.0 }.of_risk(&risk) - 0.1).abs() < 1e-3);
    }

    #[test]
    fn a_plans_risk_is_that_of_any_step_going_wrong() {
        assert!((of_plan([0.1, 0.2]) - 0.28).abs() < 1e-12);
        assert_eq!(of_plan([]), 0.0);
        for alone in [0.02, 0.1, 0.3] {
            assert_eq!(of_plan([0.0, alone]), alone);
        }
    }
}
