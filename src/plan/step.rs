//! Within a step: from what is wished to the best safe action, or to why there is none.
//!
//! Owns [`search_step`]: propose and prune, screen in batches over all boxes and grasps, search the
//! lifts of the best few, imagine the finalists, constraint first and objective second. Refuses to decide
//! what comes after the step: that is [`crate::plan::order`]'s business.

use rand_chacha::ChaCha8Rng;

use crate::dynamics::{Imagined, Risk, SceneDynamics};
use crate::grasp::GraspCandidate;
use crate::motion::Lift;
use crate::rollout::Action;
use crate::scene::Workcell;

use super::candidates::{Candidate, Wish, gather, turned_down};
use super::finalists::untried;
use super::objective::{Objective, Score, violation};
use super::rated::{Rated, for_its_risk, is_hopeless, too_risky, valid, valid_trajectory};
use super::reason::RejectedCandidate;
use super::timing::{Timing, timed};
use crate::scene::task::PlannerSettings;

/// Finalists that are imagined together; the next ones only where none of these is safe.
const IMAGINED_AT_ONCE: usize = 3;
/// Parts in which the budget is screened, so that clear cases end early.
const SCREENING_PARTS: usize = 4;
/// Of fewer than these nobody can tell that all are hopeless: each grasp comes with its first lift before any with its second,
/// and one face alone may have twenty that all go wrong with that.
const FEWEST_TO_GIVE_UP: usize = 32;
/// Screening ends once so many times the elites are safe: what is left is worse by statics.
const ENOUGH_ELITES: usize = 4;

/// One action that was imagined.
#[derive(Clone, Debug, PartialEq)]
pub struct StepPlan {
    /// The box's id.
    pub box_id: String,
    /// How it is gripped.
    pub grasp: GraspCandidate,
    /// How it leaves its place.
    pub lift: Lift,
    /// The whole action.
    pub action: Action,
    /// What is held against the limit: as imagined, with what was screened where that counts too.
    pub risk: Risk,
    /// The trajectory.
    pub imagined: Imagined,
    /// Constraint and objective.
    pub score: Score,
}

/// What [`search_step`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepSearch {
    /// Safe actions, best first.
    pub safe: Vec<StepPlan>,
    /// Where none is safe: the least risky actions, best first, which a shield may vouch for.
    pub doubtful: Vec<StepPlan>,
    /// Not imagined yet, what is judged safe first: for when all that was is turned down.
    pub(super) untried: Vec<Rated>,
    /// Everything that was turned down.
    pub rejected: Vec<RejectedCandidate>,
    /// Where the time went.
    pub timing: Timing,
}

/// What stays the same within one search.
pub(super) struct Search<'a> {
    pub(super) dynamics: &'a dyn SceneDynamics,
    pub(super) workcell: &'a Workcell,
    pub(super) wishes: &'a [Wish],
    pub(super) settings: &'a PlannerSettings,
    objective: &'a Objective,
}

/// The best safe actions for any of `wishes`, and why the others are not.
pub fn search_step(
    dynamics: &dyn SceneDynamics,
    workcell: &Workcell,
    wishes: &[Wish],
    settings: &PlannerSettings,
    objective: &Objective,
    rng: &mut ChaCha8Rng,
) -> StepSearch {
    let search = Search {
        dynamics,
        workcell,
        wishes,
        settings,
        objective,
    };
    let mut timing = Timing::default();
    let (candidates, mut rejected) = timed(&mut timing.propose, || {
        gather(workcell, wishes, settings.screen)
    });
    let mut rated = timed(&mut timing.screen, || {
        search.screen(candidates, &mut rejected)
    });
    let improved = search.improve_lifts(&rated, rng, &mut timing);
    rated.extend(improved);
    rated.sort_by(|a, b| a.score.compare(&b.score));
    let finalists = search.finalists(&rated);
    let (plans, imagined) = timed(&mut timing.imagine, || {
        search.imagine(&finalists, &mut rejected)
    });
    timing.total = timing.propose + timing.screen + timing.imagine;
    let untried = untried(&rated, &finalists[..imagined], settings.untried);
    search.settle(plans, (&rated, untried), rejected, timing)
}

/// The next few of what an earlier search in the same scene left `untried`, imagined: what is judged safe by itself.
pub(super) fn search_further(
    dynamics: &dyn SceneDynamics,
    workcell: &Workcell,
    mut untried: Vec<Rated>,
    settings: &PlannerSettings,
    objective: &Objective,
) -> StepSearch {
    let search = Search {
        dynamics,
        workcell,
        wishes: &[],
        settings,
        objective,
    };
    let mut timing = Timing::default();
    let mut rejected = Vec::new();
    let safe = untried.iter().take_while(|r| r.score.is_safe()).count();
    let group = match safe {
        0 => untried.len().min(IMAGINED_AT_ONCE),
        safe => safe,
    };
    let (plans, imagined) = timed(&mut timing.imagine, || {
        search.imagine(&untried[..group], &mut rejected)
    });
    timing.total = timing.imagine;
    untried.drain(..imagined);
    search.settle(plans, (&[], untried), rejected, timing)
}

impl Search<'_> {
    /// The risk of each candidate, part by part, until enough are safe or all are hopeless.
    fn screen(
        &self,
        candidates: Vec<Candidate>,
        rejected: &mut Vec<RejectedCandidate>,
    ) -> Vec<Rated> {
        let enough = ENOUGH_ELITES * self.settings.elites.max(1);
        let part = self.settings.screen.div_ceil(SCREENING_PARTS).max(enough);
        let mut rated: Vec<Rated> = Vec::with_capacity(candidates.len());
        let mut left = candidates.into_iter().peekable();
        while left.peek().is_some() {
            let next: Vec<Candidate> = left.by_ref().take(part).collect();
            rated.extend(self.rate(next, rejected));
            let safe = rated.iter().filter(|r| r.score.is_safe()).count();
            let gives_up = rated.len() >= FEWEST_TO_GIVE_UP && is_hopeless(&rated);
            if safe >= enough || gives_up {
                break;
            }
        }
        rated
    }

    /// The risk of each candidate, in one batch.
    fn rate(
        &self,
        candidates: Vec<Candidate>,
        rejected: &mut Vec<RejectedCandidate>,
    ) -> Vec<Rated> {
        let actions: Vec<Action> = candidates.iter().map(|c| c.action.clone()).collect();
        let risks = self.dynamics.screen(&actions);
        let mut rated = Vec::with_capacity(candidates.len());
        for (candidate, risk) in candidates.into_iter().zip(risks) {
            match risk.and_then(valid) {
                Ok(risk) => rated.push(self.scored(candidate, risk)),
                Err(why) => rejected.push(turned_down(self.workcell, &candidate.grasp, why)),
            }
        }
        rated
    }

    pub(super) fn scored(&self, candidate: Candidate, risk: Risk) -> Rated {
        let score = self.score(&candidate.action, &risk);
        Rated {
            candidate,
            risk,
            score,
        }
    }

    fn score(&self, action: &Action, risk: &Risk) -> Score {
        let cost = action
            .motion()
            .map_or(0.0, |motion| self.objective.cost(motion, risk));
        Score {
            violation: violation(risk, &self.workcell.safety),
            cost,
        }
    }

    /// The finalists carried out in the mind, a few at a time, until some are safe; and how many were.
    fn imagine(
        &self,
        finalists: &[Rated],
        rejected: &mut Vec<RejectedCandidate>,
    ) -> (Vec<StepPlan>, usize) {
        let mut plans = Vec::new();
        let mut imagined = 0;
        for few in finalists.chunks(IMAGINED_AT_ONCE) {
            plans.extend(self.imagine_few(few, rejected));
            imagined += few.len();
            if plans.iter().any(|p: &StepPlan| p.score.is_safe()) {
                break;
            }
        }
        (plans, imagined)
    }

    fn imagine_few(
        &self,
        finalists: &[Rated],
        rejected: &mut Vec<RejectedCandidate>,
    ) -> Vec<StepPlan> {
        let actions: Vec<Action> = finalists
            .iter()
            .map(|f| f.candidate.action.clone())
            .collect();
        let imagined = self.dynamics.imagine(&actions, self.settings.horizon);
        let mut plans = Vec::new();
        for (finalist, imagined) in finalists.iter().zip(imagined) {
            match imagined.and_then(valid_trajectory) {
                Ok(imagined) => plans.push(self.plan(finalist.clone(), imagined)),
                Err(why) => {
                    rejected.push(turned_down(self.workcell, &finalist.candidate.grasp, why));
                }
            }
        }
        plans
    }

    fn plan(&self, finalist: Rated, imagined: Imagined) -> StepPlan {
        let candidate = finalist.candidate;
        let risk = self.dynamics.regard().risk(&finalist.risk, imagined.risk);
        StepPlan {
            box_id: self.workcell.scene.boxes[candidate.grasp.box_index]
                .id
                .clone(),
            score: self.score(&candidate.action, &risk),
            grasp: candidate.grasp,
            lift: candidate.lift,
            action: candidate.action,
            risk,
            imagined,
        }
    }

    /// Parts what is safe from what is not; what was left untried is turned down by nobody yet.
    fn settle(
        &self,
        plans: Vec<StepPlan>,
        (rated, untried): (&[Rated], Vec<Rated>),
        mut rejected: Vec<RejectedCandidate>,
        timing: Timing,
    ) -> StepSearch {
        let (mut safe, mut unsafe_plans): (Vec<_>, Vec<_>) =
            plans.into_iter().partition(|p| p.score.is_safe());
        safe.sort_by(|a, b| a.score.compare(&b.score));
        unsafe_plans.sort_by(|a, b| a.score.compare(&b.score));
        // With one lift a grasp may be safe, or left untried, that is too risky with another.
        let left = untried.iter().map(|r| r.candidate.grasp);
        let mut seen: Vec<GraspCandidate> = left.chain(safe.iter().map(|p| p.grasp)).collect();
        if safe.is_empty() {
            // Whoever asked says what becomes of them.
            seen.extend(unsafe_plans.iter().map(|p| p.grasp));
        } else {
            for plan in unsafe_plans.drain(..) {
                rejected.push(for_its_risk(self.workcell, &plan.grasp, &plan.risk));
            }
        }
        rejected.extend(too_risky(rated, seen, self.workcell));
        StepSearch {
            safe,
            doubtful: unsafe_plans,
            untried,
            rejected,
            timing,
        }
    }
}
