//! Across steps: which box first, so that the goal is reached with the fewest and safest steps.
//!
//! Owns the best-first search over imagined scenes. A node is a scene; its
//! children are the safe steps that [`super::step`] finds there. The support graph only decides
//! what is tried: the boxes that rest on what is wanted, then, of one that is fetched or moved, those in the hand's way.
//! A step's price is its bound and a constant; the estimate of what is left counts each box that
//! still has to go at the most that a safe step may cost. That overestimates, so the search goes
//! deep first and turns back only where it finds nothing safe (weighted A*, Pohl 1970). Scenes in which the same boxes are
//! left count as one, however they were reached, unless it is one that does not stand. Where nothing is
//! judged safe, the shield is asked about what is least risky; when the search first turns back, a scout that asks nobody may
//! find that there is no way. What the search goes over is `node`'s, how the shield is asked `check`'s, what is tried where a
//! step was turned down `retreat`'s, the scout `scout`'s, what it comes to `outcome`'s.

mod check;
mod node;
mod outcome;
mod retreat;
mod scout;

use crate::rollout::Action;
use crate::scene::Workcell;

use self::node::{Branch, Node, state_key, step_price};
use self::retreat::Left;
use self::scout::Trust;
use super::goal::Goal;
use super::planner::{PlanError, PlannedStep, Planner, over_plan_limit, scene_after};
use super::reason::RejectedCandidate;
use super::risk::of_plan;
use super::shield::Guard;
use super::step::StepPlan;
use super::timing::Timing;
use super::wanted::Wanted;

/// The search for one goal.
pub(super) struct OrderSearch<'a> {
    planner: &'a Planner<'a>,
    goal: &'a Goal,
    nodes: Vec<Node>,
    /// For each node, once a step from it was checked.
    guards: Vec<Option<Guard<'a>>>,
    /// Boxes whose judgement a draw has shown wrong, here or before, by id.
    misjudged: Vec<String>,
    open: Vec<Branch>,
    /// The boxes left in each scene that was taken, sorted, and whether the goal's box was placed.
    seen: Vec<Vec<String>>,
    /// Branches to scenes that were taken already, by what tells these from others: for when such a scene is a dead end.
    shadowed: Vec<(Vec<String>, Branch)>,
    rejected: Vec<RejectedCandidate>,
    /// For each box and node the least risky of its steps there that were not judged safe, or that the shield turned down, with
    /// the node; in the order in which they came up.
    risky: Vec<(usize, StepPlan)>,
    timing: Timing,
    /// How many more scenes may be searched.
    pub(super) expansions_left: usize,
    trust: Trust,
    /// Whether it ended before all that it had found was looked at.
    cut_short: bool,
    /// Boxes that a scout took, but the check never let pass before, by id.
    refused: Vec<String>,
}

impl<'a> OrderSearch<'a> {
    /// A search from `workcell` on, after steps whose bounds come to `spent`, and after a draw has shown the judgement of
    /// the boxes `misjudged` wrong, by id.
    pub(super) fn new(
        planner: &'a Planner<'a>,
        workcell: &Workcell,
        goal: &'a Goal,
        (spent, misjudged): (f64, &[String]),
    ) -> Result<Self, PlanError> {
        // While a plan is carried out, what is cleared already is gone; a box to fetch has to be there.
        let must_be_there = !matches!(goal, Goal::Clear { .. });
        for id in goal.box_ids() {
            if must_be_there && workcell.scene.box_index(id).is_none() {
                return Err(PlanError::NoSuchBox(id.to_owned()));
            }
        }
        Ok(Self {
            planner,
            goal,
            nodes: vec![Node::root(workcell.clone(), spent)],
            guards: vec![None],
            misjudged: misjudged.to_vec(),
            open: Vec::new(),
            seen: Vec::new(),
            shadowed: Vec::new(),
            rejected: Vec::new(),
            risky: Vec::new(),
            timing: Timing::default(),
            // Enough to take every box once and to turn back, or leave a dead end, as often again.
            expansions_left: 2 * workcell.scene.boxes.len() + 16,
            trust: Trust::Checks { scouted: false },
            cut_short: false,
            refused: Vec::new(),
        })
    }

    /// Takes branches, best first, until one reaches the goal.
    pub(super) fn run(&mut self) -> Result<Option<usize>, PlanError> {
        if self.goal.is_reached(&self.nodes[0].workcell.scene, &[]) {
            return Ok(Some(0));
        }
        if self.is_out_of_hand()? {
            return Ok(None);
        }
        self.expand(0)?;
        while let Some(branch) = self.next() {
            if self.wants_a_scout(&branch) && self.is_in_vain()? {
                return Ok(None);
            }
            let Some(node) = self.take(branch)? else {
                continue;
            };
            if self.reaches_goal(node) {
                return Ok(Some(node));
            }
            if self.expansions_left == 0 {
                self.cut_short = true;
                break;
            }
            self.expand(node)?;
        }
        Ok(None)
    }

    fn reaches_goal(&self, node: usize) -> bool {
        let placed: Vec<String> = self.placed(node);
        self.goal
            .is_reached(&self.nodes[node].workcell.scene, &placed)
    }

    /// The ids of the boxes that were placed on the way to `node`.
    fn placed(&self, node: usize) -> Vec<String> {
        let is_place = |s: &&PlannedStep| matches!(s.step.action, Action::Place { .. });
        let steps = self.path(node);
        let placed = steps.into_iter().filter(is_place);
        placed.map(|s| s.step.box_id.clone()).collect()
    }

    /// The steps from the root to `node`, in order.
    fn path(&self, node: usize) -> Vec<&PlannedStep> {
        let mut steps = Vec::new();
        let mut at = Some(node);
        while let Some(i) = at {
            steps.extend(self.nodes[i].step.as_ref());
            at = self.nodes[i].parent;
        }
        steps.reverse();
        steps
    }

    /// The branch with the lowest priority, of a scout's deepest ones; ties go to the one that was found first.
    fn next(&mut self) -> Option<Branch> {
        let depth = |i: &usize| match self.trust {
            Trust::Checks { .. } => 0,
            Trust::Hopes => self.path(self.open[*i].parent).len(),
        };
        let by = |i: &usize, j: &usize| {
            let first = self.open[*i].priority.total_cmp(&self.open[*j].priority);
            depth(j).cmp(&depth(i)).then(first)
        };
        let best = (0..self.open.len()).min_by(by)?;
        Some(self.open.remove(best))
    }

    /// Asks the shield, and makes the branch a node if it passes and leads somewhere new.
    fn take(&mut self, branch: Branch) -> Result<Option<usize>, PlanError> {
        let parent = &self.nodes[branch.parent];
        let after = scene_after(&parent.workcell, &branch.step);
        let key = state_key(&after.scene, branch.step.action.name());
        if self.seen.contains(&key) {
            self.shadowed.push((key, branch));
            return Ok(None);
        }
        if let Some(reason) = self.dead_end(&after.scene) {
            self.reject(branch.parent, &branch.step, &branch.step.risk, reason);
            self.turn_back(branch)?;
            return Ok(None);
        }
        let vouched = match self.vouch(&branch) {
            Ok(vouched) => vouched,
            Err(why) if branch.parent > 0 && why.is_dead_end() => {
                self.give_up(branch, &why)?;
                return Ok(None);
            }
            Err(why) => return Err(why.into()),
        };
        let parent = &self.nodes[branch.parent];
        let bound = of_plan([parent.bound, vouched.risk.bound]);
        let over = over_plan_limit(&parent.workcell, parent.bound, vouched.risk.bound);
        if let Some(reason) = vouched.objection.or(over) {
            self.reject(branch.parent, &branch.step, &vouched.risk, reason);
            self.turn_back(branch)?;
            return Ok(None);
        }
        let step = StepPlan {
            risk: vouched.risk,
            ..branch.step
        };
        self.seen.push(key);
        self.nodes.push(Node {
            price: parent.price + step_price(&step, parent.workcell.safety.max_risk),
            step: Some(PlannedStep {
                scene: parent.workcell.scene.clone(),
                step,
                shield: vouched.witness,
            }),
            parent: Some(branch.parent),
            others: branch.alternatives,
            priority: branch.priority,
            ..Node::root(after, bound)
        });
        self.guards.push(None);
        Ok(Some(self.nodes.len() - 1))
    }

    /// Finds the safe steps of a node, tier by tier from where the last search ended, until some tier has
    /// one. Where none has, what is least risky is left to the shield.
    fn expand(&mut self, node: usize) -> Result<(), PlanError> {
        let wanted = Wanted::of(&self.nodes[node].workcell, self.goal, &self.placed(node));
        let Some(left) = self.expansions_left.checked_sub(1) else {
            let at = &self.nodes[node];
            let is_done = at.tiers >= wanted.tiers.len();
            self.cut_short |= !(is_done && at.doubtful.is_empty() && at.untried.is_empty());
            return Ok(());
        };
        self.expansions_left = left;
        while let Some(wishes) = wanted.tiers.get(self.nodes[node].tiers) {
            let tier = self.nodes[node].tiers;
            self.nodes[node].tiers += 1;
            let salt = (node as u64) << 8 | tier as u64;
            let workcell = &self.nodes[node].workcell;
            let found = match self.planner.step(workcell, wishes, salt) {
                Ok(found) => found,
                Err(PlanError::Dynamics(why)) if node > 0 && why.is_dead_end() => {
                    return self.leave(node, &why);
                }
                Err(why) => return Err(why),
            };
            self.timing.add(&found.timing);
            self.rejected.extend(found.rejected);
            for step in &found.doubtful {
                self.hear_of_risk(node, step, &step.risk);
            }
            self.nodes[node].doubtful.extend(found.doubtful);
            self.nodes[node].untried.extend(found.untried);
            self.nodes[node].left = wanted.left;
            if self.branch_out(node, wanted.left, found.safe)
                || self.look_further(node, Left::Safe)?
            {
                return Ok(());
            }
        }
        let mut doubtful = std::mem::take(&mut self.nodes[node].doubtful);
        doubtful.sort_by(|a, b| a.score.compare(&b.score));
        if !self.branch_out(node, wanted.left, doubtful) {
            self.look_further(node, Left::Doubtful)?;
        }
        Ok(())
    }

    /// One branch for each box of `found`, best first; whether there is any.
    fn branch_out(&mut self, node: usize, left: usize, found: Vec<StepPlan>) -> bool {
        let max_risk = self.nodes[node].workcell.safety.max_risk;
        let most = 2.0 * max_risk;
        let mut by_box: Vec<Vec<StepPlan>> = Vec::new();
        for step in found {
            match by_box.iter_mut().find(|b| b[0].box_id == step.box_id) {
                Some(of_box) => of_box.push(step),
                None => by_box.push(vec![step]),
            }
        }
        let any = !by_box.is_empty();
        for mut of_box in by_box {
            let step = of_box.remove(0);
            // What is left after it: one box fewer if this one had to go, none at the goal.
            let left = if self.goal.ends_with(&step) {
                0
            } else {
                left.saturating_sub(1).max(1)
            };
            let price = self.nodes[node].price + step_price(&step, max_risk);
            self.open.push(Branch {
                parent: node,
                priority: price + most * left as f64,
                step,
                alternatives: of_box,
            });
        }
        any
    }
}
