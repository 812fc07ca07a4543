//! The search over lifts: how the best few grasps of a step leave their place.
//!
//! Owns the rounds of drawing, screening and refitting. Every grasp has a sampler of its own; the
//! samples of all of them are screened in one batch. What geometry turns down or nobody can
//! predict costs NaN, which no sampler takes.

use rand_chacha::ChaCha8Rng;

use crate::grasp::GraspCandidate;
use crate::rollout::Action;

use super::candidates::Candidate;
use super::lift_space::LiftSpace;
use super::rated::{HOPELESS, Rated, valid};
use super::sampler::{Sampler, sampler};
use super::step::Search;
use super::timing::{Timing, timed};

/// How many grasps have their lifts searched.
const SEARCHED_GRASPS: usize = 3;
/// Spread of the first round of samples.
const FIRST_STD: f64 = 0.4;

/// One grasp whose lifts are searched.
struct Arm {
    wish: usize,
    grasp: GraspCandidate,
    space: LiftSpace,
    sampler: Box<dyn Sampler>,
}

impl Search<'_> {
    /// Searches the lifts of the best few grasps, all of them in one batch a round.
    pub(super) fn improve_lifts(
        &self,
        rated: &[Rated],
        rng: &mut ChaCha8Rng,
        timing: &mut Timing,
    ) -> Vec<Rated> {
        let mut arms = self.arms(rated);
        let mut found = Vec::new();
        // Where a judge abstains on everything there is no slope to follow either.
        if arms.is_empty() || rated.iter().all(|r| r.risk.bound >= HOPELESS) {
            return found;
        }
        let share = (self.settings.imagine / arms.len()).max(2);
        for _ in 0..self.settings.iterations {
            let samples: Vec<Vec<Vec<f64>>> = arms
                .iter_mut()
                .map(|arm| arm.sampler.ask(share, rng))
                .collect();
            let built = timed(&mut timing.propose, || self.build(&arms, &samples));
            let rated = timed(&mut timing.screen, || self.rate_built(built));
            for (arm, (samples, rated)) in arms.iter_mut().zip(samples.iter().zip(&rated)) {
                let cost = |r: &Option<Rated>| r.as_ref().map_or(f64::NAN, |r| r.score.as_cost());
                let costs: Vec<f64> = rated.iter().map(cost).collect();
                arm.sampler.tell(samples, &costs);
            }
            // The best of each round and grasp may become a finalist.
            for of_arm in rated {
                let best = of_arm.into_iter().flatten();
                found.extend(best.min_by(|a, b| a.score.compare(&b.score)));
            }
        }
        found
    }

    /// The grasps whose lifts are searched: the best by score, each once.
    fn arms(&self, rated: &[Rated]) -> Vec<Arm> {
        let mut order: Vec<&Rated> = rated.iter().collect();
        order.sort_by(|a, b| a.score.compare(&b.score));
        let mut arms: Vec<Arm> = Vec::new();
        for best in order {
            if arms.len() == SEARCHED_GRASPS {
                break;
            }
            if arms.iter().any(|a| a.grasp == best.candidate.grasp) {
                continue;
            }
            let space = LiftSpace::around(best.candidate.lift);
            arms.push(Arm {
                wish: best.candidate.wish,
                grasp: best.candidate.grasp,
                sampler: sampler(
                    self.settings.kind,
                    space.origin(),
                    FIRST_STD,
                    self.settings
                        .elites
                        .min(self.settings.imagine / SEARCHED_GRASPS)
                        .max(2),
                ),
                space,
            });
        }
        arms
    }

    /// The actions of every arm's samples, `[arms][samples]`; `None` where geometry is against it.
    fn build(&self, arms: &[Arm], samples: &[Vec<Vec<f64>>]) -> Vec<Vec<Option<Candidate>>> {
        let of_arm = |(arm, samples): (&Arm, &Vec<Vec<f64>>)| {
            let build = |sample: &Vec<f64>| {
                let lift = arm.space.lift(sample);
                let wish = &self.wishes[arm.wish];
                let action = wish.action(self.workcell, &arm.grasp, &lift).ok()?;
                Some(Candidate {
                    wish: arm.wish,
                    grasp: arm.grasp,
                    lift,
                    action,
                })
            };
            samples.iter().map(build).collect()
        };
        arms.iter().zip(samples).map(of_arm).collect()
    }

    /// The same shape, rated in one batch; `None` also where there is no prediction.
    fn rate_built(&self, built: Vec<Vec<Option<Candidate>>>) -> Vec<Vec<Option<Rated>>> {
        let actions: Vec<Action> = built
            .iter()
            .flatten()
            .flatten()
            .map(|c| c.action.clone())
            .collect();
        let mut risks = self.dynamics.screen(&actions).into_iter();
        let mut rate = |candidate: Candidate| {
            let risk = risks.next()?.and_then(valid).ok()?;
            Some(self.scored(candidate, risk))
        };
        built
            .into_iter()
            .map(|of_arm| of_arm.into_iter().map(|c| c.and_then(&mut rate)).collect())
            .collect()
    }
}
