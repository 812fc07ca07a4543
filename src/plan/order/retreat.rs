//! What the search across steps tries next where a step was turned down.
//!
//! Owns the order of it: other steps for the same box, then what the searches within that scene left untried, then its
//! next tier of boxes, and last what is not judged safe. A step to a dead end, an imagined scene that does not stand, was
//! turned down too, though later. Of a goal's own scene, in which nothing more is to be done, nobody asks whether it
//! stands; and a scene whose steps all lead to dead ends is not one itself.

use crate::dynamics::DynamicsError;
use crate::scene::Scene;

use super::super::planner::PlanError;
use super::super::rated::Rated;
use super::super::reason::Reason;
use super::super::step::StepPlan;
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
        if self.leads_on(parent) || self.look_further(parent, Left::Safe)? {
            return Ok(());
        }
        self.expand(parent)
    }

    /// Whether there is a step from a node that may still be taken, or was and led to no dead end.
    pub(super) fn leads_on(&self, node: usize) -> bool {
        self.open.iter().any(|b| b.parent == node) || self.has_children(node)
    }

    /// Why not to go to a scene that was reached before, by another grasp or lift, and left as a dead end.
    pub(super) fn dead_end(&self, scene: &Scene) -> Option<Reason> {
        let same = self.nodes.iter().filter(|n| n.workcell.scene == *scene);
        let why = same.filter_map(|n| n.dead_end.clone()).next()?;
        Some(Reason::DeadEnd { why })
    }

    /// A branch whose scene a check cannot take in, for `why`: unless other steps from there passed, the scene is a dead end.
    pub(super) fn give_up(&mut self, branch: Branch, why: &DynamicsError) -> Result<(), PlanError> {
        let parent = branch.parent;
        if self.has_children(parent) {
            return self.turn_back(branch);
        }
        self.leave(parent, why)
    }

    /// Leaves a node for `why` its scene, as it was imagined, is a dead end, and turns back from the step that led there:
    /// after another grasp or lift of the same box, or in another order, the same boxes may stand.
    pub(super) fn leave(&mut self, node: usize, why: &DynamicsError) -> Result<(), PlanError> {
        let why = why.to_string();
        let key = self.nodes[node].key();
        self.open.retain(|branch| branch.parent != node);
        self.shadowed.retain(|(_, branch)| branch.parent != node);
        self.risky.retain(|(at, _)| *at != node);
        let dead = &mut self.nodes[node];
        dead.dead_end = Some(why.clone());
        dead.doubtful.clear();
        dead.untried.clear();
        let alternatives = std::mem::take(&mut dead.others);
        let (Some(parent), Some(planned)) = (dead.parent, &dead.step) else {
            return Ok(());
        };
        let branch = Branch {
            parent,
            step: planned.step.clone(),
            priority: dead.priority,
            alternatives,
        };
        // What the check made of the step says nothing of where it leads.
        let led_here =
            |(at, r): &(usize, StepPlan)| *at == parent && r.action == branch.step.action;
        self.risky.retain(|risky| !led_here(risky));
        let risk = branch.step.risk;
        self.reject(parent, &branch.step, &risk, Reason::DeadEnd { why });
        self.seen.retain(|seen| *seen != key);
        let waiting = self.shadowed.extract_if(.., |(seen, _)| *seen == key);
        self.open.extend(waiting.map(|(_, branch)| branch));
        self.turn_back(branch)
    }

    /// Whether a step from a node leads to a scene that is no dead end.
    fn has_children(&self, node: usize) -> bool {
        let mut nodes = self.nodes.iter();
        nodes.any(|n| n.parent == Some(node) && n.dead_end.is_none())
    }

    /// Where what was imagined is turned down, branches out to what was left untried. Whether there is any.
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
                // What was judged too risky may be safe once it is imagined.
                Left::Doubtful => found.safe.into_iter().chain(found.doubtful).collect(),
            };
            if self.branch_out(node, left, steps) {
                self.nodes[node].untried.extend(untried);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
