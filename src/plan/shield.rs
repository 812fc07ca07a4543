//! The shield: a second physics, usually the sandbox under draws, as a witness to what was judged.
//!
//! Owns [`Shield`] (who is asked, and how much) and [`Guard`] (one scene under its draws). What was
//! judged is a prior: a Beta distribution of the risk with the judged bound as its mean and a
//! strength of [`PRIOR`] draws. After `n` draws of which `k` went wrong its mean is
//! `(PRIOR · bound + k) / (PRIOR + n)`, and that is held against the limit from then on. So a few draws
//! confirm what is judged safe, one accident turns it down, and what is judged a little over the
//! limit may still be done if enough draws say so. Where the first physics abstains (a bound of 1 on what it does not
//! hold for dangerous: nothing like it was ever learned from) nothing is known before the draws: they alone decide,
//! 24 safe ones at a limit of 2 %.

use crate::dynamics::{Dynamics, DynamicsError, PredictionFailure, Risk, SceneDynamics};
use crate::rollout::Action;
use crate::scene::Workcell;

use super::planner::mixed;
use super::reason::{Reason, worst_accident};
use super::step::StepPlan;

/// Draws of the shield for a clear case where nobody says how many: with 8 it took longer than all of
/// the world model's part of a step.
pub const SHIELD_DRAWS: usize = 4;
/// At most so many times as many draws for a case that is not clear: 32, what the reference looks at.
const MOST_BATCHES: usize = 8;
/// How many draws a judgement is worth.
///
/// A calibrated forecast whose Brier score is `b` over beliefs whose outcomes scatter by `c` (the
/// ceiling's Brier score) leaves a spread that a Beta of strength c / (b - c) has: 0.9 on the standard
/// split, 2.1 on the hard one.
const PRIOR: f64 = 2.0;
/// Draws are asked for until the bound could fall to this share of the limit.
const AIM: f64 = 0.125;
/// What was judged over the limit has to come down to this share of it.
const VOUCHED: f64 = 0.5;

/// What is known where nobody judged: the Beta(½, ½) of Jeffreys.
const IGNORANCE: Prior = Prior {
    mean: 0.5,
    strength: 1.0,
};

/// What is thought of a risk before any draw: a Beta distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Prior {
    mean: f64,
    strength: f64,
}

impl Prior {
    fn of(judged: &Risk) -> Self {
        if judged.bound >= 1.0 && judged.risk < IGNORANCE.mean {
            return IGNORANCE;
        }
        Self {
            mean: judged.bound,
            strength: PRIOR,
        }
    }

    /// Its mean after `draws` of which so many went wrong.
    fn updated(&self, accidents: f64, draws: usize) -> f64 {
        updated(self.mean, self.strength, accidents, draws)
    }
}

/// A second physics and its budget.
#[derive(Clone, Copy)]
pub struct Shield<'a> {
    /// Who is asked; it screens an action under [`Self::draws`] draws.
    pub physics: &'a dyn Dynamics,
    /// Draws for a clear case, and of each further batch.
    pub draws: usize,
}

/// What a shield saw of an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Witness {
    /// Draws that were simulated.
    pub draws: usize,
    /// Of these, how many ended in an accident.
    pub accidents: f64,
}

impl Witness {
    /// Share of the draws that ended in an accident.
    pub fn share(&self) -> f64 {
        self.accidents / self.draws.max(1) as f64
    }
}

/// What is thought of a step once the shield was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Vouched {
    /// The judged risk with what was seen.
    pub risk: Risk,
    /// What was seen; `None` where nobody was asked.
    pub witness: Option<Witness>,
    /// Why it may not be carried out; `None` lets it pass.
    pub objection: Option<Reason>,
}

/// One scene under the draws of a shield, made as they are asked for and shared by all of its steps.
pub struct Guard<'a> {
    shield: Option<Shield<'a>>,
    workcell: Workcell,
    seed: u64,
    batches: Vec<Box<dyn SceneDynamics + 'a>>,
}

impl<'a> Guard<'a> {
    /// A guard of `workcell`; without a shield it lets pass what is judged safe and nothing else.
    pub fn new(shield: Option<Shield<'a>>, workcell: &Workcell, seed: u64) -> Self {
        Self {
            shield,
            workcell: workcell.clone(),
            seed,
            batches: Vec::new(),
        }
    }

    /// Asks about a step, as long as the answer may still change.
    ///
    /// # Errors
    /// When the second physics cannot take the scene in.
    pub fn vouch(&mut self, step: &StepPlan) -> Result<Vouched, DynamicsError> {
        let limit = self.workcell.safety.max_risk;
        let judged = step.risk;
        let is_safe = step.score.is_safe();
        let prior = Prior::of(&judged);
        let allowed = match is_safe || prior == IGNORANCE {
            true => limit,
            false => VOUCHED * limit,
        };
        let (draws, most) = match &self.shield {
            Some(shield) => (shield.draws, MOST_BATCHES * shield.draws),
            None => (0, 0),
        };
        if draws == 0 || (!is_safe && prior.updated(0.0, most) > allowed) {
            return Ok(Vouched {
                risk: judged,
                witness: None,
                objection: (!is_safe).then(|| Reason::risky(&judged, limit)),
            });
        }
        let wanted = draws_for(prior.mean, limit).clamp(draws, most);
        let mut seen = Tally::default();
        while seen.witness.draws < wanted {
            let batch = seen.witness.draws / draws;
            let found = self.ask(batch, &step.action)?;
            if let Err(why) = seen.add(found, draws) {
                return Ok(Vouched {
                    risk: judged,
                    witness: Some(seen.witness),
                    objection: Some(why.into()),
                });
            }
            // Even if all that are left ended well it would be over the limit.
            if prior.updated(seen.witness.accidents, wanted) > allowed {
                break;
            }
        }
        let risk = seen.update(&judged, &prior);
        let objection = (risk.bound > allowed).then(|| Reason::Shield {
            accidents: seen.witness.accidents,
            draws: seen.witness.draws,
            bound: risk.bound,
            max_risk: limit,
            worst: seen.worst(&judged),
        });
        Ok(Vouched {
            risk,
            witness: Some(seen.witness),
            objection,
        })
    }

    /// What a batch of draws makes of an action.
    fn ask(
        &mut self,
        batch: usize,
        action: &Action,
    ) -> Result<Result<Risk, PredictionFailure>, DynamicsError> {
        let Some(shield) = self.shield else {
            return Ok(Err(PredictionFailure::NotFinite));
        };
        while self.batches.len() <= batch {
            let seed = mixed(self.seed, self.batches.len() as u64);
            let scene = shield.physics.believe(&self.workcell, seed)?;
            self.batches.push(scene);
        }
        let mut risks = self.batches[batch].screen(std::slice::from_ref(action));
        let answer = risks.pop().unwrap_or(Err(PredictionFailure::NotFinite));
        Ok(answer.and_then(|risk| match risk.is_valid() {
            true => Ok(risk),
            false => Err(PredictionFailure::NotFinite),
        }))
    }
}

/// The mean of a Beta of this mean and strength after `draws` of which so many went wrong.
fn updated(mean: f64, strength: f64, accidents: f64, draws: usize) -> f64 {
    (strength * mean + accidents) / (strength + draws as f64)
}

/// Draws without an accident that bring a bound down to [`AIM`] of the limit.
fn draws_for(bound: f64, limit: f64) -> usize {
    let wanted = PRIOR * (bound / (AIM * limit).max(1e-6) - 1.0);
    wanted.clamp(0.0, 1e6).ceil() as usize
}

/// What was seen so far.
#[derive(Default)]
struct Tally {
    witness: Witness,
    by_accident: [f64; 5],
}

impl Default for Witness {
    fn default() -> Self {
        Self {
            draws: 0,
            accidents: 0.0,
        }
    }
}

impl Tally {
    fn add(
        &mut self,
        found: Result<Risk, PredictionFailure>,
        draws: usize,
    ) -> Result<(), PredictionFailure> {
        let risk = found?;
        self.witness.draws += draws;
        self.witness.accidents += risk.risk * draws as f64;
        for (sum, share) in self.by_accident.iter_mut().zip(risk.by_accident) {
            *sum += share * draws as f64;
        }
        Ok(())
    }

    fn update(&self, judged: &Risk, prior: &Prior) -> Risk {
        let Witness { draws, accidents } = self.witness;
        // Where nobody judged, the risk is as unknown as its bound, and so is each kind's.
        let risk = match *prior == IGNORANCE {
            true => prior.mean,
            false => judged.risk,
        };
        let more = risk / judged.risk.max(1e-9);
        let mut by_accident = judged.by_accident;
        for (p, seen) in by_accident.iter_mut().zip(self.by_accident) {
            *p = updated((*p * more).min(risk), prior.strength, seen, draws);
        }
        Risk {
            risk: updated(risk, prior.strength, accidents, draws),
            bound: prior.updated(accidents, draws),
            by_accident,
            ..*judged
        }
    }

    /// The kind that was seen most; where none was, the one that was judged likeliest.
    fn worst(&self, judged: &Risk) -> crate::rollout::AccidentKind {
        let seen = Risk {
            by_accident: self.by_accident,
            ..*judged
        };
        match self.witness.accidents > 0.0 {
            true => worst_accident(&seen),
            false => worst_accident(judged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_case_takes_the_fewest_draws_and_a_doubtful_one_more() {
        let limit = 0.02;
        assert_eq!(draws_for(0.001, limit), 0);
        assert_eq!(draws_for(0.02, limit), 14);
        assert!(draws_for(0.1, limit) > 32);
    }

    fn judged(risk: f64, bound: f64) -> Prior {
        Prior::of(&Risk {
            risk,
            bound,
            by_accident: [0.0; 5],
            path_length: 0.0,
            peak_speed: 0.0,
            disagreement: 0.0,
        })
    }

    #[test]
    fn thirty_two_safe_draws_vouch_for_a_sixth_but_not_for_what_is_held_for_dangerous() {
        assert!(judged(0.1, 0.16).updated(0.0, 32) <= VOUCHED * 0.02);
        assert!(judged(0.9, 1.0).updated(0.0, 32) > 0.02);
        // One accident in 32 is over a limit of 2 %, however sure the judgement was.
        assert!(judged(0.0, 0.0).updated(1.0, 32) > 0.02);
    }

    #[test]
    fn where_nobody_judged_twenty_four_safe_draws_are_needed_and_one_accident_is_too_many() {
        let abstained = judged(0.01, 1.0);
        assert_eq!(abstained, IGNORANCE);
        assert!(abstained.updated(0.0, 23) > 0.02);
        assert!(abstained.updated(0.0, 24) <= 0.02);
        assert!(abstained.updated(1.0, 32) > 0.02);
    }

    #[test]
    fn what_was_seen_moves_the_judgement_towards_the_share_that_was_seen() {
        let mut before = 0.5;
        for draws in [4, 8, 16, 64, 512] {
            let after = updated(0.5, PRIOR, 0.1 * draws as f64, draws);
            assert!(after < before && after > 0.1);
            before = after;
        }
        assert!(before < 0.102);
    }
}
