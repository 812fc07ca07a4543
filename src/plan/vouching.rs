//! From what a step's search found to the step that the shield lets pass.
//!
//! Owns the order in which a shield is asked: the best first and, where it turns all of them down, what was judged as
//! safe and left untried. What it makes of each is [`super::shield`]'s.

use std::ops::ControlFlow;

use crate::scene::Workcell;

use super::candidates::turned_down;
use super::planner::{PlanError, PlannedStep, Planner, mixed, over_plan_limit};
use super::rated::Rated;
use super::reason::RejectedCandidate;
use super::shield::Vouched;
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

    /// Asks the shield about the steps `found` in one scene, after others whose bounds come to `spent`; each is told to
    /// `heard` with what speaks against it, until that breaks off. What it took is added to `timing`.
    ///
    /// # Errors
    /// When either physics cannot take the scene in.
    pub(super) fn vouch_for_each<T>(
        &self,
        workcell: &Workcell,
        mut found: StepSearch,
        (salt, spent): (u64, f64),
        timing: &mut Timing,
        mut heard: impl FnMut(StepPlan, Vouched) -> ControlFlow<T>,
    ) -> Result<Option<T>, PlanError> {
        let mut guard = self.guard(workcell, salt);
        loop {
            for step in found.safe.into_iter().chain(found.doubtful) {
                let mut verify = 0.0;
                let vouched = timed(&mut verify, || guard.vouch(&step));
                timing.verify += verify;
                timing.total += verify;
                let mut vouched = vouched?;
                let over = over_plan_limit(workcell, spent, &vouched.risk);
                vouched.objection = vouched.objection.or(over);
                if let ControlFlow::Break(out) = heard(step, vouched) {
                    return Ok(Some(out));
                }
            }
            // Without a shield only the limit on the whole plan can be against them, and so against the others.
            if self.shield.is_none() || found.untried.is_empty() {
                return Ok(None);
            }
            found = self.step_further(workcell, found.untried, salt)?;
            timing.add(&found.timing);
        }
    }

    /// The first step `found` that may be carried out; why the ones before it may not goes to `rejected`.
    ///
    /// # Errors
    /// As [`Self::vouch_for_each`].
    pub(super) fn first_vouched(
        &self,
        workcell: &Workcell,
        found: StepSearch,
        before: (u64, f64),
        rejected: &mut Vec<RejectedCandidate>,
        timing: &mut Timing,
    ) -> Result<Option<PlannedStep>, PlanError> {
        self.vouch_for_each(workcell, found, before, timing, |step, vouched| {
            if let Some(reason) = vouched.objection {
                rejected.push(RejectedCandidate {
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
        })
    }
}
