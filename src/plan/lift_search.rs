//! The search over lifts: how the best few grasps of a step leave their place.
//!
//! Owns the rounds of drawing, screening and refitting. Every grasp has a sampler of its own; the
//! samples of all of them are screened in one batch. What geometry turns down or nobody can
//! predict costs NaN, which no sampler takes. Where nothing is safe yet, nor all hopeless, all rounds
//! are gone through; where something is, they end once they better it by little.
//!
//! That is paid for with slower lifts. Told by `bench --only plan` (12 boxes, no check), 150 steps of
//! seed 20270303, and the plans of 15 of `scenarios/`:
//!
//! | rounds | planning | solved with the check | one motion |
//! | --- | --- | --- | --- |
//! | all four, of 64 samples | 107 ms | 112 of 113 | 3.68 s |
//! | these | 62 ms | 112 | 3.87 s |
//! | none where something is safe | 54 ms | 111 | 4.09 s |
//!
//! All four of 16 samples come to the same: under four seeds, on the 13 of these scenarios whose files leave the budget open
//! and that have as many steps under all of them, 3.92 s a motion and 55 ms of screening a step, where these have 3.93 s and
//! 58 ms, and all four of 64 samples 3.77 s and 124 ms (beside other work, on half as fast a machine as above). Not measured
//! in closed loop.

use rand_chacha::ChaCha8Rng;

use crate::grasp::GraspCandidate;
use crate::rollout::Action;

use super::candidates::Candidate;
use super::lift_space::LiftSpace;
use super::objective::Score;
use super::rated::{HOPELESS, Rated, valid};
use super::sampler::{Sampler, sampler};
use super::step::Search;
use super::timing::{Timing, timed};

/// How many grasps have their lifts searched.
const SEARCHED_GRASPS: usize = 3;
/// Spread of the first round of samples.
const FIRST_STD: f64 = 0.4;
/// A round betters what there is by little where that is a smaller share of the cost that samplers are told: an eighth to
/// a quarter of what a safe action costs.
const LITTLE: f64 = 0.05;

/// One grasp whose lifts are searched.
struct Arm {
    wish: usize,
    grasp: GraspCandidate,
    space: LiftSpace,
    sampler: Box<dyn Sampler>,
}

/// How far the rounds have got.
struct Progress {
    /// The least cost so far, as a sampler is told it.
    least: f64,
    is_safe: bool,
    /// Rounds on end that bettered it by little.
    idle: usize,
}

impl Progress {
    fn of(rated: &[Rated]) -> Self {
        // Whatever is found first is better than nothing: no round is idle yet.
        let mut out = Self {
            least: f64::INFINITY,
            is_safe: false,
            idle: 0,
        };
        out.take_in(rated.iter().map(|r| r.score));
        out
    }

    fn take_in(&mut self, round: impl IntoIterator<Item = Score>) {
        let before = self.least;
        for score in round {
            self.is_safe |= score.is_safe();
            self.least = self.least.min(score.as_cost());
        }
        let is_little = self.least > before * (1.0 - LITTLE);
        self.idle = if is_little { self.idle + 1 } else { 0 };
    }

    fn is_over(&self, patience: usize) -> bool {
        self.is_safe && self.idle >= patience
    }
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
        let mut progress = Progress::of(rated);
        for _ in 0..self.settings.iterations {
            if progress.is_over(self.settings.patience) {
                break;
            }
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
            progress.take_in(rated.iter().flatten().flatten().map(|r| r.score));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_that_betters_what_is_safe_by_a_twentieth_is_not_idle_and_one_that_does_by_less_is() {
        let cost = |violation, as_cost: f64| {
            let cost = 1.0 / (1.0 - as_cost) - 1.0;
            Score { violation, cost }
        };
        let mut progress = Progress {
            least: 0.5,
            is_safe: true,
            idle: 0,
        };
        progress.take_in([cost(-0.01, 0.48)]);
        assert_eq!((progress.idle, progress.is_over(1)), (1, true));
        progress.take_in([cost(-0.01, 0.45), cost(0.1, 0.1)]);
        assert_eq!((progress.idle, progress.is_over(1)), (0, false));
        progress.take_in([]);
        assert!(progress.is_over(1) && !progress.is_over(2));
        let unsafe_yet = Progress {
            is_safe: false,
            idle: 9,
            ..progress
        };
        assert!(!unsafe_yet.is_over(1));
    }
}
