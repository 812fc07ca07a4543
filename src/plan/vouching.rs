//! From what a step's search found to the step that the shield lets pass.
//!
//! Owns the order in which a shield is asked: the best first and, where all of them are turned down, what was left untried;
//! where there is no shield, that is what was imagined and not found safe. Owns [`Judged`] too, what comes of it where
//! somebody wants to hear of one wish whether it passes or not. What a shield makes of each step is [`super::shield`]'s.

use std::ops::ControlFlow;

use crate::scene::Workcell;

use super::candidates::{Wish, turned_down};
use super::planner::{PlanError, PlannedStep, Planner, mixed, over_plan_limit};
use super::rated::{Rated, too_risky};
use super::reason::{RejectedCandidate, nearest};
use super::shield::{Guard, Vouched};
use super::step::{StepPlan, StepSearch, search_further};
use super::timing::{Timing, timed};

/// What a planner and its shield make of a wish.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The first step that may be carried out or, where none may, the best, with what the shield made of it; where nothing
    /// fits or nothing can be predicted, why of what came nearest to it.
    pub best: Result<(StepPlan, Vouched), String>,
    /// Whether a draw has shown the judgement of the box wrong.
    pub misjudged: bool,
}

impl Planner<'_> {
    /// What comes of `wish`, after steps whose bounds come to `spent`.
    ///
    /// # Errors
    /// When either physics cannot take the scene in.
    pub fn judge(
        &self,
        workcell: &Workcell,
        wish: &Wish,
        (salt, spent): (u64, f64),
    ) -> Result<Judged, PlanError> {
        let mut found = self.step(workcell, std::slice::from_ref(wish), salt)?;
        let mut rejected = std::mem::take(&mut found.rejected);
        let mut objected = None;
        let (mut guard, mut timing) = (self.guard(workcell, salt), found.timing);
        let before = (&mut guard, salt, spent);
        let notes = (&mut rejected, &mut timing);
        let passed = self.vouch_for_each(workcell, found, before, notes, |step, vouched| {
            if vouched.objection.is_none() {
                return ControlFlow::Break((step, vouched));
            }
            // The first is the best: what is said of the wish is said of that.
            objected.get_or_insert((step, vouched));
            ControlFlow::Continue(())
        })?;
        let best = passed.or(objected).ok_or_else(|| {
            let nearest = nearest(&rejected).map(|r| r.reason.to_string());
            nearest.unwrap_or_else(|| "no grasp fits".to_owned())
        });
        let id = &workcell.scene.boxes[wish.box_index].id;
        Ok(Judged {
            best,
            misjudged: guard.misjudged().contains(id),
        })
    }

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
