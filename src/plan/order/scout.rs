//! Whether a goal can be reached at all, found out before every way to it is tried.
//!
//! Owns the scout: a search that hopes that the check lets pass whatever it may, and goes as deep as it can before it turns
//! back. What it does not reach the search that asks the check about each step is not expected to reach either, and would go
//! through the subsets of what can be taken to find that out: with up to 24 draws for each step a refusal on a pallet of 17
//! boxes took 40 s, with a scout 12 s. Checks that wait until a way is known are lazy ones (Dellin and Srinivasa 2016,
//! LazySP). A planner that has no check has nothing to save.

use super::super::planner::PlanError;
use super::super::reason::Reason;
use super::super::shield::Vouched;
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
    /// Whether `branch` leads on from another scene than the one that was reached last, for the first time, and a scout may
    /// tell whether that is of use. With a limit on the whole plan it may not: what a check adds to a step's bound is not known
    /// before.
    pub(super) fn wants_a_scout(&self, branch: &Branch) -> bool {
        self.trust == Trust::Checks { scouted: false }
            && self.planner.shield.is_some()
            && self.nodes[0].workcell.safety.max_plan_risk.is_none()
            && branch.parent + 1 < self.nodes.len()
    }

    /// Sends a scout out. Where it finds no way, this search is as the scout's then; whether that is so.
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
        if way.is_some() || scout.cut_short {
            return Ok(false);
        }
        let by_check = self
            .rejected
            .extract_if(.., |r| r.reason.kind() == "shield");
        scout.rejected.extend(by_check);
        scout.timing = self.timing;
        *self = scout;
        Ok(true)
    }

    /// What is to be thought of a branch's step where nobody is asked: that it is as it was judged, and passes where the
    /// check may let it.
    pub(super) fn hoped(&self, branch: &Branch) -> Vouched {
        let limit = self.nodes[branch.parent].workcell.safety.max_risk;
        let judged = branch.step.risk;
        let shield = self.planner.shield;
        let may_pass = shield.map_or(judged.bound <= limit, |s| s.may_pass(&judged, limit));
        Vouched {
            risk: judged,
            witness: None,
            objection: (!may_pass).then(|| Reason::risky(&judged, limit)),
        }
    }
}
