//! The shield: a second physics, usually the sandbox under draws, as a witness to what was judged.
//!
//! Owns [`Shield`] (who is asked, and how much) and [`Guard`] (one scene under its draws). What was
//! judged is a prior: a Beta distribution of the risk with the judged bound as its mean and a
//! strength of `PRIOR` draws. After `n` draws of which `k` went wrong its mean is
//! `(PRIOR · bound + k) / (PRIOR + n)`, and that is held against the limit from then on. So a few draws
//! confirm what is judged safe, and at a limit of 2 % one accident turns it down, and what is judged over the limit, up to
//! a quarter, may still be done if 24 draws say so. Where the first physics abstains (a bound of 1 on what
//! it does not hold for dangerous: nothing like it was ever learned from) nothing is known before the
//! draws: they alone decide, 24 safe ones at a limit of 2 %. Where a draw has shown the judgement of a box wrong, other
//! ways to take it are asked about under all the draws that there are: one after the other, under a few draws each,
//! some risky one would pass by chance.

mod prior;
mod tally;

use crate::dynamics::{
    Dynamics, DynamicsError, Prediction, PredictionFailure, Risk, SceneDynamics,
};
use crate::rollout::Action;
use crate::scene::Workcell;

use self::prior::Prior;
use self::tally::Tally;
use super::planner::mixed;
use super::rated::valid;
use super::reason::Reason;
use super::step::StepPlan;

/// Draws of the shield for a clear case where nobody says how many: with 8 it took longer than all of
/// the world model's part of a step.
pub const SHIELD_DRAWS: usize = 4;
/// At most so many times as many draws for a case that is not clear: 24, what it takes where nobody judged.
/// With 32, and twice as low an aim, the slowest step in twenty of `eval planner` took a fifth longer.
const MOST_TIMES: usize = 6;
/// Batches in which a draw that stands is looked for before the scene is said not to stand.
const FIRST_TRIES: u64 = 3;

/// A second physics and its budget.
#[derive(Clone, Copy)]
pub struct Shield<'a> {
    /// Who is asked; it has to screen an action under [`batch_of`] [`Self::draws`] draws, which is what is counted.
    pub physics: &'a dyn Dynamics,
    /// Draws for a clear case; at most six times as many for one that is not.
    pub draws: usize,
}

impl Shield<'_> {
    /// Whether its draws can let pass what is so `judged`.
    pub(super) fn may_pass(&self, judged: &Risk, limit: f64) -> bool {
        let vouched = || Prior::of(judged).updated(0.0, self.most_draws()) <= limit;
        judged.bound <= limit || vouched()
    }

    /// Draws for a case that is not clear.
    pub(super) fn most_draws(&self) -> usize {
        MOST_TIMES * self.draws
    }
}

/// Draws that are made and simulated at once where `draws` confirm a clear case: what the first half turns down
/// costs no more. An odd number is not parted.
pub const fn batch_of(draws: usize) -> usize {
    if draws.is_multiple_of(2) {
        draws / 2
    } else {
        draws
    }
}

/// What a shield saw of an action.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Witness {
    /// Draws that were simulated.
    pub draws: usize,
    /// Of these, how many ended in an accident.
    pub accidents: f64,
}

impl Witness {
    /// Share of the draws that ended in an accident; none where none was simulated.
    pub fn share(&self) -> Option<f64> {
        (self.draws > 0).then(|| self.accidents / self.draws as f64)
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
    /// Seeds that were tried for them.
    tried: u64,
    /// Boxes of which some action was judged safe that went wrong in a draw, here or before, by id: indices change as boxes
    /// leave, and a doubt stays.
    misjudged: Vec<String>,
}

impl<'a> Guard<'a> {
    /// A guard of `workcell`; without a shield it lets pass what is judged safe and nothing else.
    pub fn new(shield: Option<Shield<'a>>, workcell: &Workcell, seed: u64) -> Self {
        Self {
            shield,
            workcell: workcell.clone(),
            seed,
            batches: Vec::new(),
            tried: 0,
            misjudged: Vec::new(),
        }
    }

    /// Lets it know that a draw of another guard has shown the judgement of the boxes `ids` wrong.
    pub(super) fn doubt(&mut self, ids: &[String]) {
        for id in ids {
            if !self.misjudged.contains(id) {
                self.misjudged.push(id.clone());
            }
        }
    }

    /// The boxes whose judgement a draw has shown wrong, by id.
    pub(super) fn misjudged(&self) -> &[String] {
        &self.misjudged
    }

    /// Asks about a step, as long as the answer may still change.
    ///
    /// # Errors
    /// When the second physics cannot take the scene in.
    pub fn vouch(&mut self, step: &StepPlan) -> Result<Vouched, DynamicsError> {
        self.vouch_for(&step.action, &step.risk)
    }

    /// The same of an action whose risk was `judged`.
    ///
    /// # Errors
    /// As [`Self::vouch`].
    pub fn vouch_for(&mut self, action: &Action, judged: &Risk) -> Result<Vouched, DynamicsError> {
        let limit = self.workcell.safety.max_risk;
        let is_safe = judged.bound <= limit;
        let prior = Prior::of(judged);
        let shield = match self.shield {
            Some(shield) if shield.may_pass(judged, limit) => shield,
            _ => {
                return Ok(Vouched {
                    risk: *judged,
                    witness: None,
                    objection: (!is_safe).then(|| Reason::risky(judged, limit)),
                });
            }
        };
        let most = shield.most_draws();
        let id = self.workcell.scene.boxes[action.box_index()].id.clone();
        let wanted = match self.misjudged.contains(&id) {
            true => most,
            false => prior.draws_for(limit).clamp(shield.draws, most),
        };
        let mut seen = Tally::default();
        let mut asked = 0;
        // Until it would be over the limit even if all that are left ended well.
        while seen.witness.draws < wanted && prior.updated(seen.witness.accidents, wanted) <= limit
        {
            let answer = self.ask(shield, asked, action)?;
            asked += 1;
            match answer {
                Some(Answer {
                    risk: Ok(found),
                    draws,
                }) => seen.add(&found, draws),
                None => break,
                Some(Answer { risk: Err(why), .. }) => {
                    return Ok(Vouched {
                        risk: *judged,
                        witness: Some(seen.witness),
                        objection: Some(why.into()),
                    });
                }
            }
        }
        if is_safe && seen.witness.accidents > 0.0 {
            self.doubt(&[id]);
        }
        let risk = seen.update(judged, prior);
        let Witness { draws, accidents } = seen.witness;
        let objection = (risk.bound > limit).then(|| match accidents > 0.0 {
            true => Reason::Shield {
                accidents,
                draws,
                bound: risk.bound,
                max_risk: limit,
                worst: seen.worst(judged),
            },
            false => Reason::FewDraws {
                draws,
                wanted,
                bound: risk.bound,
                max_risk: limit,
            },
        });
        Ok(Vouched {
            risk,
            witness: Some(seen.witness),
            objection,
        })
    }

    /// What a batch of draws makes of an action; `None` where no more draws stand: the same ones once more would
    /// count as what they are not.
    fn ask(
        &mut self,
        shield: Shield<'a>,
        batch: usize,
        action: &Action,
    ) -> Result<Option<Answer>, DynamicsError> {
        while self.batches.len() <= batch {
            let seed = mixed(self.seed, self.tried);
            self.tried += 1;
            match shield.physics.believe(&self.workcell, seed) {
                Ok(scene) => self.batches.push(scene),
                Err(DynamicsError::DoesNotStand { .. }) if !self.batches.is_empty() => {
                    return Ok(None);
                }
                Err(DynamicsError::DoesNotStand { .. }) if self.tried < FIRST_TRIES => {}
                Err(why) => return Err(why),
            }
        }
        let scene = &self.batches[batch];
        let mut risks = scene.screen(std::slice::from_ref(action));
        let answer = risks.pop().unwrap_or(Err(PredictionFailure::NotFinite));
        Ok(Some(Answer {
            risk: answer.and_then(valid),
            draws: scene.draws().unwrap_or(batch_of(shield.draws)),
        }))
    }
}

/// The risk, and its bound, of an action that is under way and is `judged` anew on what is seen now, with what the
/// draws of it saw before it began; none where that is over the limit. A box that the judgement did
/// not expect to move may well have moved in them.
pub(super) fn still_vouched(witness: Witness, judged: &Risk, limit: f64) -> Option<(f64, f64)> {
    let Witness { draws, accidents } = witness;
    let prior = Prior::of(judged);
    let bound = prior.updated(accidents, draws);
    let risk = prior.weighed(prior.before(judged), accidents, draws);
    (bound <= limit).then_some((risk, bound))
}

/// What a batch of draws makes of an action.
struct Answer {
    risk: Prediction<Risk>,
    /// How many of them stand.
    draws: usize,
}

#[cfg(test)]
mod tests {
    use super::prior::tests::judged;
    use super::*;

    #[test]
    fn what_is_judged_anew_is_weighed_with_the_draws_of_before() {
        let after = |draws, risk, bound| {
            let witness = Witness {
                draws,
                accidents: 0.0,
            };
            still_vouched(witness, &judged(risk, bound), 0.02)
        };
        assert!(after(24, 0.05, 0.1).is_some_and(|(risk, bound)| risk < 0.01 && bound <= 0.02));
        assert!(after(24, 0.01, 1.0).is_some_and(|(risk, bound)| risk <= bound && bound <= 0.02));
        for (draws, risk, bound) in [(24, 0.4, 0.5), (4, 0.05, 0.1), (4, 0.01, 1.0)] {
            assert_eq!(after(draws, risk, bound), None);
        }
    }
}
