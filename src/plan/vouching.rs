//! From what a step's search found to the step that the shield lets pass.
//!
//! Owns the order in which a shield is asked: the best first and, where all of them are turned down, what was left untried;
//! where there is no shield, that is what was imagined and not found safe. What a shield makes of each is [`super::shield`]'s.

use std::ops::ControlFlow;

use crate::scene::Workcell;

use super::candidates::turned_down;
use super::planner::{PlanError, PlannedStep, Planner, mixed, over_plan_limit};
use super::rated::{Rated, too_risky};
use super::reason::RejectedCandidate;
use super::shield::{Guard, Vouched};
use super::step::{StepPlan, StepSearch, search_further};
use super::timing::{Timing, timed};

impl Planner<'_> {
    /// The next few of what [`Self::step`] left `untried` in the same scene, imagined.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub(super) fn step_further(
        &self,
        workcell: &Workcell,
        untried: Vec<Rated>,
        salt: u64,
    ) -> Result<StepSearch, PlanError> {
        let seed = mixed(self.seed, salt);
        let mut taking_in = 0.0;
        let scene = timed(&mut taking_in, || self.dynamics.believe(workcell, seed))?;
        let (scene, settings) = (scene.as_ref(), &self.settings);
        let mut found = search_further(scene, workcell, untried, settings, &self.objective);
        found.timing.screen += taking_in;
        found.timing.total += taking_in;
        Ok(found)
    }

    /// Asks a guard of the scene about the steps `found` there, after others whose bounds come to `spent`; each is told to
    /// `heard` with what speaks against it, until that breaks off. What was left untried to the end and is not safe goes to
    /// `rejected`, what it took to `timing`.
    ///
    /// # Errors
    /// When either physics cannot take the scene in.
    pub(super) fn vouch_for_each<T>(
        &self,
        workcell: &Workcell,
        mut found: StepSearch,
        (guard, salt, spent): (&mut Guard<'_>, u64, f64),
        (rejected, timing): (&mut Vec<RejectedCandidate>, &mut Timing),
        mut heard: impl FnMut(StepPlan, Vouched) -> ControlFlow<T>,
    ) -> Result<Option<T>, PlanError> {
        let mut told = None;
        loop {
            for step in found.safe.into_iter().chain(found.doubtful) {
                let mut verify = 0.0;
                let vouched = timed(&mut verify, || guard.vouch(&step));
                timing.verify += verify;
                timing.total += verify;
                let mut vouched = vouched?;
                let over = over_plan_limit(workcell, spent, vouched.risk.bound);
                vouched.objection = vouched.objection.or(over);
                if let ControlFlow::Break(out) = heard(step, vouched) {
                    told = Some(out);
                    break;
                }
            }
            if told.is_some() || found.untried.is_empty() {
                break;
            }
            found = self.step_further(workcell, found.untried, salt)?;
            timing.add(&found.timing);
            rejected.append(&mut found.rejected);
        }
        rejected.extend(too_risky(&found.untried, Vec::new(), workcell));
        Ok(told)
    }

    /// The first step `found` that may be carried out; why the ones before it may not goes to `rejected`.
    ///
    /// # Errors
    /// As [`Self::vouch_for_each`].
    pub(super) fn first_vouched(
        &self,
        workcell: &Workcell,
        found: StepSearch,
        before: (&mut Guard<'_>, u64, f64),
        rejected: &mut Vec<RejectedCandidate>,
        timing: &mut Timing,
    ) -> Result<Option<PlannedStep>, PlanError> {
        let mut turned_back = Vec::new();
        let notes = (&mut *rejected, timing);
        let passed = self.vouch_for_each(workcell, found, before, notes, |step, vouched| {
            if let Some(reason) = vouched.objection {
                turned_back.push(RejectedCandidate {
                    risk: Some(vouched.risk.risk),
                    ..turned_down(workcell, &step.grasp, reason)
                });
                return ControlFlow::Continue(());
            }
            ControlFlow::Break(PlannedStep {
                step: StepPlan {
                    risk: vouched.risk,
                    ..step
                },
                scene: workcell.scene.clone(),
                shield: vouched.witness,
            })
        });
        rejected.append(&mut turned_back);
        passed
    }
}
