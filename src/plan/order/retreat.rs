//! What the search across steps tries next where a step was turned down.
//!
//! Owns the order of it: other steps for the same box, then what the searches within that scene left untried, then its
//! next tier of boxes, and last what is not judged safe.

use super::super::planner::PlanError;
use super::super::rated::Rated;
use super::OrderSearch;
use super::node::Branch;

/// Which of what was left untried is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// What is judged safe.
    Safe,
    /// What is not.
    Doubtful,
}

impl OrderSearch<'_> {
    /// Puts the next best step for the same box in the place of one that was turned down, or looks for others.
    pub(super) fn turn_back(&mut self, mut branch: Branch) -> Result<(), PlanError> {
        let parent = branch.parent;
        if !branch.alternatives.is_empty() {
            let step = branch.alternatives.remove(0);
            self.open.push(Branch { step, ..branch });
            return Ok(());
        }
        let leads_on = self.open.iter().any(|b| b.parent == parent)
            || self.nodes.iter().any(|n| n.parent == Some(parent));
        if leads_on || self.look_further(parent, Left::Safe)? || self.expansions_left == 0 {
            return Ok(());
        }
        self.expand(parent)
    }

    /// Where a shield turned down what was imagined, branches out to what was left untried. Whether there is any.
    pub(super) fn look_further(&mut self, node: usize, which: Left) -> Result<bool, PlanError> {
        let of_node = &mut self.nodes[node];
        let wanted = |r: &mut Rated| r.score.is_safe() == (which == Left::Safe);
        let mut untried: Vec<Rated> = of_node.untried.extract_if(.., wanted).collect();
        while !untried.is_empty() {
            let (workcell, left) = (&self.nodes[node].workcell, self.nodes[node].left);
            let salt = (node as u64) << 8;
            let found = self.planner.step_further(workcell, untried, salt)?;
            self.timing.add(&found.timing);
            self.rejected.extend(found.rejected);
            untried = found.untried;
            let steps = match which {
                Left::Safe => {
                    // Judged safe, but not once it was imagined.
                    self.nodes[node].doubtful.extend(found.doubtful);
                    found.safe
                }
                Left::Doubtful => found.doubtful,
            };
            if self.branch_out(node, left, steps) {
                self.nodes[node].untried.extend(untried);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
