//! How the search across steps asks the shield.
//!
//! Owns which guard is asked, that of the scene in which the step is taken, and what one scene's draws mean for another's: a
//! box whose judgement a draw has shown wrong in one of them has to pass all draws in each. The same box in many scenes,
//! under a few draws in each, would pass in one of them by chance.

use crate::dynamics::DynamicsError;

use super::super::shield::Vouched;
use super::super::timing::timed;
use super::OrderSearch;
use super::node::Branch;
use super::scout::Trust;

impl OrderSearch<'_> {
    /// What the check makes of a branch's step.
    ///
    /// # Errors
    /// When the second physics cannot take the scene in.
    pub(super) fn vouch(&mut self, branch: &Branch) -> Result<Vouched, DynamicsError> {
        if self.trust == Trust::Hopes {
            return Ok(self.hoped(branch));
        }
        let (planner, salt) = (self.planner, branch.parent as u64);
        let workcell = &self.nodes[branch.parent].workcell;
        let guard = self.guards[branch.parent].get_or_insert_with(|| planner.guard(workcell, salt));
        guard.doubt(&self.misjudged);
        let vouched = timed(&mut self.timing.verify, || guard.vouch(&branch.step));
        self.misjudged = guard.misjudged().to_vec();
        vouched
    }
}
