//! Whether a goal can be reached at all, found out before every way to it is tried.
//!
//! Owns the question whether one of the goal's boxes is beyond any hand, and the scout: a search that hopes that the check
//! lets pass whatever it may, and goes as deep as it can before it turns back. Where it finds no way, the search that asks the check about each step is not expected to find one, and spends up to 24
//! draws on each step to learn that: of the 70 s of processor time that a refusal on a pallet of 17 boxes took a scout leaves 27.
//! Checks that wait until a way is known are lazy ones (Dellin and Srinivasa 2016, LazySP). It may be wrong where what a
//! check turns down is just what another box leans on. A planner that has no check has nothing to save.

use crate::dynamics::Risk;
use crate::scene::Workcell;

use super::super::alone::out_of_hand;
use super::super::planner::PlanError;
use super::super::reason::{Reason, RejectedCandidate};
use super::super::shield::Vouched;
use super::super::timing::timed;
use super::OrderSearch;
use super::node::Branch;

/// What a search goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// What the check makes of a step.
    Checks {
        /// Whether a scout was sent out.
        scouted: bool,
    },
    /// What the check may let pass.
    Hopes,
}

impl OrderSearch<'_> {
    /// Whether one of the goal's boxes cannot be gripped whatever else is taken; why is noted. What does not stand is told as
    /// that in any case.
    pub(super) fn is_out_of_hand(&mut self) -> Result<bool, PlanError> {
        let workcell = &self.nodes[0].workcell;
        let why = out_of_hand(workcell, self.goal);
        let is_so = !why.is_empty();
        if is_so {
            let (planner, timing) = (self.planner, &mut self.timing);
            let stands = timed(&mut timing.screen, || {
                planner.dynamics.believe(workcell, planner.seed)
            });
            stands?;
        }
        self.rejected.extend(why);
        Ok(is_so)
    }

    /// Whether `branch` leads on from another scene than the one that was reached last, for the first time, and a scout may
    /// tell whether that is of use. With a limit on the whole plan it may not: what a check adds to a step's bound is not known
    /// before.
    pub(super) fn wants_a_scout(&self, branch: &Branch) -> bool {
        self.trust == Trust::Checks { scouted: false }
            && self.planner.shield.is_some()
            && self.nodes[0].workcell.safety.max_plan_risk.is_none()
            && branch.parent + 1 < self.nodes.len()
    }

    /// Sends a scout out. Where it has looked everywhere and found no way, this search is as the scout's then; whether that is
    /// so.
    ///
    /// # Errors
    /// When the physics cannot take the first scene in.
    pub(super) fn is_in_vain(&mut self) -> Result<bool, PlanError> {
        self.trust = Trust::Checks { scouted: true };
        let root = &self.nodes[0];
        let mut scout = Self::new(self.planner, &root.workcell, self.goal, (root.bound, &[]))?;
        scout.trust = Trust::Hopes;
        let way = scout.run()?;
        self.timing.add(&scout.timing);
        if way.is_some() || scout.cut_short || scout.leaves_hope() {
            return Ok(false);
        }
        let by_check = |r: &mut RejectedCandidate| matches!(r.reason.kind(), "shield" | "dead_end");
        let objections: Vec<_> = self.rejected.extract_if(.., by_check).collect();
        let was_taken = |id: &String| self.taken().contains(&id.as_str());
        let refused = objections.iter().map(|r| r.box_id.clone());
        scout.misjudged.clone_from(&self.misjudged);
        scout.refused = refused.filter(|id| !was_taken(id)).collect();
        scout.rejected.extend(objections);
        scout.timing = self.timing;
        *self = scout;
        Ok(true)
    }

    /// Whether a box that was never taken has steps left that the check may let pass: whoever asks it comes to these where all
    /// that is judged safe is turned down.
    fn leaves_hope(&self) -> bool {
        let taken = self.taken();
        let mut alive = self.nodes.iter().filter(|node| node.dead_end.is_none());
        alive.any(|node| {
            let boxes = &node.workcell.scene.boxes;
            let untried = node.untried.iter().map(|r| (&r.candidate.grasp, &r.risk));
            let doubtful = node.doubtful.iter().map(|s| (&s.grasp, &s.risk));
            untried.chain(doubtful).any(|(grasp, risk)| {
                let id = boxes[grasp.box_index].id.as_str();
                !taken.contains(&id) && self.may_pass(risk, &node.workcell)
            })
        })
    }

    /// Whether the check may let pass what is so `judged`.
    fn may_pass(&self, judged: &Risk, workcell: &Workcell) -> bool {
        let limit = workcell.safety.max_risk;
        let shield = self.planner.shield;
        shield.map_or(judged.bound <= limit, |s| s.may_pass(judged, limit))
    }

    /// What is to be thought of a branch's step where nobody is asked: that it is as it was judged, and passes where the
    /// check may let it.
    pub(super) fn hoped(&self, branch: &Branch) -> Vouched {
        let workcell = &self.nodes[branch.parent].workcell;
        let judged = branch.step.risk;
        let objection = || Reason::risky(&judged, workcell.safety.max_risk);
        Vouched {
            risk: judged,
            witness: None,
            objection: (!self.may_pass(&judged, workcell)).then(objection),
        }
    }
}
