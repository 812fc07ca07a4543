//! Within a step: from what is wished to the best safe action, or to why there is none.
//!
//! Owns [`search_step`]: propose and prune, screen in batches over all boxes and grasps, search the
//! lifts of the best few, imagine the finalists, constraint first and objective second. Refuses to decide
//! what comes after the step: that is [`crate::plan::order`]'s business.

use std::cmp::Ordering;

use rand_chacha::ChaCha8Rng;

use crate::dynamics::{Imagined, Risk, SceneDynamics};
use crate::grasp::GraspCandidate;
use crate::motion::Lift;
use crate::rollout::Action;
use crate::scene::Workcell;

use super::candidates::{Candidate, Wish, gather, turned_down};
use super::objective::{Objective, Score, violation};
use super::rated::{Rated, is_hopeless, of_box, valid, valid_trajectory};
use super::reason::{Reason, RejectedCandidate};
use super::timing::{Timing, timed};
use crate::scene::task::PlannerSettings;

/// So many finalists for one box at most where several are asked for; one alone has all the elites.
const FINALISTS_PER_BOX: usize = 3;
/// Finalists that are imagined together; the next ones only where none of these is safe.
const IMAGINED_AT_ONCE: usize = 3;
/// Parts in which the budget is screened, so that clear cases end early.
const SCREENING_PARTS: usize = 4;
/// Screening ends once so many times the elites are safe: what is left is worse by statics.
const ENOUGH_ELITES: usize = 4;
/// Of actions that are not safe so many are imagined, where none is safe.
const DOUBTFUL: usize = 3;

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
    /// What is held against the limit: as imagined, its bound not under the screened one.
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
    let plans = timed(&mut timing.imagine, || {
        search.imagine(&finalists, &mut rejected)
    });
    timing.total = timing.propose + timing.screen + timing.imagine;
    search.settle(plans, &rated, rejected, timing)
}

impl Search<'_> {
    /// The risk of each candidate, part by part, until enough are safe or all are hopeless.
    fn screen(
        &self,
        candidates: Vec<Candidate>,
        rejected: &mut Vec<RejectedCandidate>,
    ) -> Vec<Rated> {
        let part = self.settings.screen.div_ceil(SCREENING_PARTS).max(1);
        let enough = ENOUGH_ELITES * self.settings.elites;
        let mut rated: Vec<Rated> = Vec::with_capacity(candidates.len());
        let mut left = candidates.into_iter().peekable();
        while left.peek().is_some() {
            let next: Vec<Candidate> = left.by_ref().take(part).collect();
            rated.extend(self.rate(next, rejected));
            let safe = rated.iter().filter(|r| r.score.is_safe()).count();
            if safe >= enough || is_hopeless(&rated) {
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

    /// The best of each grasp, a few for each box, then other lifts of the same grasps; `rated` is in order
    /// of score.
    fn finalists(&self, rated: &[Rated]) -> Vec<Rated> {
        let elites = self.settings.elites.max(1);
        let per_box = FINALISTS_PER_BOX.max(elites / self.wishes.len().max(1));
        let mut finalists: Vec<Rated> = Vec::new();
        for next in rated {
            let grasp = &next.candidate.grasp;
            let same_grasp = |f: &Rated| f.candidate.grasp == *grasp;
            if !self.is_hopeful(next, &finalists) || finalists.iter().any(same_grasp) {
                continue;
            }
            if finalists.len() < elites && of_box(&finalists, grasp.box_index) < per_box {
                finalists.push(next.clone());
            }
        }
        // Where few grasps are to be had, a second lift of one, the safest: its first may be turned down yet.
        let mut safest: Vec<&Rated> = rated.iter().collect();
        safest.sort_by(|a, b| a.doubt().partial_cmp(&b.doubt()).unwrap_or(Ordering::Equal));
        for next in safest {
            let grasp = &next.candidate.grasp;
            let of_grasp: Vec<&Rated> = finalists
                .iter()
                .filter(|f| f.candidate.grasp == *grasp)
                .collect();
            let [first] = of_grasp[..] else { continue };
            let other = first.candidate.lift != next.candidate.lift;
            if other
                && self.is_hopeful(next, &finalists)
                && finalists.len() < elites
                && of_box(&finalists, grasp.box_index) < FINALISTS_PER_BOX
            {
                finalists.push(next.clone());
            }
        }
        finalists
    }

    /// Whether it is safe, or one of a few that are not where none is.
    fn is_hopeful(&self, next: &Rated, finalists: &[Rated]) -> bool {
        let doubtful = finalists.iter().filter(|f| !f.score.is_safe()).count();
        let any_safe = finalists.len() > doubtful;
        next.score.is_safe() || !(any_safe || doubtful == DOUBTFUL)
    }

    /// The finalists carried out in the mind, a few at a time, until some are safe.
    fn imagine(&self, finalists: &[Rated], rejected: &mut Vec<RejectedCandidate>) -> Vec<StepPlan> {
        let mut plans = Vec::new();
        for few in finalists.chunks(IMAGINED_AT_ONCE) {
            plans.extend(self.imagine_few(few, rejected));
            if plans.iter().any(|p: &StepPlan| p.score.is_safe()) {
                break;
            }
        }
        plans
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
        let risk = Risk {
            bound: imagined.risk.bound.max(finalist.risk.bound),
            ..imagined.risk
        };
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

    /// Parts what is safe from what is not.
    fn settle(
        &self,
        plans: Vec<StepPlan>,
        rated: &[Rated],
        mut rejected: Vec<RejectedCandidate>,
        timing: Timing,
    ) -> StepSearch {
        let (mut safe, mut unsafe_plans): (Vec<_>, Vec<_>) =
            plans.into_iter().partition(|p| p.score.is_safe());
        safe.sort_by(|a, b| a.score.compare(&b.score));
        unsafe_plans.sort_by(|a, b| a.score.compare(&b.score));
        let mut seen: Vec<GraspCandidate> = Vec::new();
        if safe.is_empty() {
            // Whoever asked says what becomes of them.
            seen.extend(unsafe_plans.iter().map(|p| p.grasp));
        } else {
            for plan in unsafe_plans.drain(..) {
                rejected.push(self.too_risky(&plan.grasp, &plan.risk));
            }
        }
        for r in rated.iter().filter(|r| !r.score.is_safe()) {
            if !seen.contains(&r.candidate.grasp) {
                seen.push(r.candidate.grasp);
                rejected.push(self.too_risky(&r.candidate.grasp, &r.risk));
            }
        }
        StepSearch {
            safe,
            doubtful: unsafe_plans,
            rejected,
            timing,
        }
    }

    fn too_risky(&self, grasp: &GraspCandidate, risk: &Risk) -> RejectedCandidate {
        let reason = Reason::risky(risk, self.workcell.safety.max_risk);
        RejectedCandidate {
            risk: Some(risk.risk),
            ..turned_down(self.workcell, grasp, reason)
        }
    }
}
