//! What was turned down, and from a search that has ended to the plan that it found, or to why there is none.

use super::super::candidates::turned_down;
use super::super::explain::{Vain, no_plan_reason, that_matter};
use super::super::planner::{Plan, PlannedStep, Verdict};
use super::super::rated::{for_its_risk, too_risky};
use super::super::reason::{Reason, RejectedCandidate};
use super::super::remedies::remedies;
use super::super::risk::of_plan;
use super::super::step::StepPlan;
use super::super::timing::Timing;
use super::super::wanted::blocker;
use super::OrderSearch;
use crate::dynamics::Risk;

impl OrderSearch<'_> {
    /// The plan that ends in the node `reached`; `total` is how long the search took, ms.
    pub(in super::super) fn finish(mut self, reached: Option<usize>, total: f64) -> Plan {
        self.reject_what_is_left();
        let steps: Vec<PlannedStep> = match reached {
            Some(node) => self.path(node).into_iter().cloned().collect(),
            None => Vec::new(),
        };
        let timing = Timing {
            total,
            ..self.timing
        };
        let taken = self.taken();
        let (workcell, goal) = (&self.nodes[0].workcell, self.goal);
        let boxes = that_matter(workcell, goal, &self.rejected);
        let of_those = self.rejected.iter().filter(|r| boxes.contains(&r.box_id));
        let told = still_in_the_way(&of_those.cloned().collect::<Vec<_>>(), &taken);
        let matters = |id: &String| boxes.contains(id) && !taken.iter().any(|taken| taken == id);
        let risky = self.risky.iter().filter(|(_, step)| matters(&step.box_id));
        let least = |a: &&(usize, StepPlan), b: &&(usize, StepPlan)| {
            a.1.risk.bound.total_cmp(&b.1.risk.bound)
        };
        let least_risky = risky.clone().min_by(least);
        let mut told_of = None;
        let (verdict, reason, remedies) = match reached {
            Some(_) => (Verdict::Safe, None, Vec::new()),
            None => {
                let vain = Vain {
                    least_risky: least_risky.map(|(at, s)| (&self.nodes[*at].workcell.scene, s)),
                    rejected: &told,
                    taken: &taken,
                    cut_short: self.cut_short,
                };
                let (reason, risk) = no_plan_reason(workcell, goal, &vain);
                told_of = risk;
                (
                    Verdict::NoSafePlan,
                    Some(reason),
                    remedies(workcell, goal, &told, &taken),
                )
            }
        };
        let of_least = least_risky.map(|(_, step)| (step.risk.risk, step.risk.bound));
        let first_step = risky.filter(|(at, _)| *at == 0).min_by(least);
        let least_risky = first_step.map(|(_, step)| step.clone());
        let (risk, risk_bound) = match reached {
            Some(_) => (
                of_plan(steps.iter().map(|s| s.step.risk.risk)),
                of_plan(steps.iter().map(|s| s.step.risk.bound)),
            ),
            // That of what the reason names.
            None => told_of.or(of_least).unwrap_or((1.0, 1.0)),
        };
        Plan {
            verdict,
            reason,
            remedies,
            steps,
            risk,
            risk_bound,
            rejected: self.rejected,
            least_risky,
            misjudged: self.misjudged,
            timing,
        }
    }

    /// Notes why a step was turned down.
    pub(super) fn reject(&mut self, node: usize, step: &StepPlan, risk: &Risk, reason: Reason) {
        // What is safe by itself and turned down all the same was so for something else than its risk.
        if risk.bound > self.nodes[node].workcell.safety.max_risk {
            self.hear_of_risk(node, step, risk);
        }
        let workcell = &self.nodes[node].workcell;
        self.rejected.push(RejectedCandidate {
            risk: Some(risk.risk),
            ..turned_down(workcell, &step.grasp, reason)
        });
    }

    /// Which step is the least risky for its box, now that the risk of `step` is known, or known better.
    pub(super) fn hear_of_risk(&mut self, node: usize, step: &StepPlan, risk: &Risk) {
        let now = || {
            let known = StepPlan {
                risk: *risk,
                ..step.clone()
            };
            (node, known)
        };
        let same_box = |(at, r): &&mut (usize, StepPlan)| *at == node && r.box_id == step.box_id;
        match self.risky.iter_mut().find(same_box) {
            None => self.risky.push(now()),
            Some(least) => {
                let is_same = least.1.action == step.action;
                if is_same || risk.bound < least.1.risk.bound {
                    *least = now();
                }
            }
        }
    }

    /// The boxes of all steps that passed and that led to no dead end.
    pub(super) fn taken(&self) -> Vec<&str> {
        let nodes = self.nodes.iter().filter(|node| node.dead_end.is_none());
        let steps = nodes.filter_map(|node| node.step.as_ref());
        let ids = steps.map(|s| s.step.box_id.as_str());
        ids.filter(|id| !self.refused.iter().any(|refused| refused == id))
            .collect()
    }

    /// What was not judged safe and never asked about, because another way was.
    fn reject_what_is_left(&mut self) {
        for node in 0..self.nodes.len() {
            let node = &mut self.nodes[node];
            for step in std::mem::take(&mut node.doubtful) {
                (self.rejected).push(for_its_risk(&node.workcell, &step.grasp, &step.risk));
            }
            let untried = std::mem::take(&mut node.untried);
            (self.rejected).extend(too_risky(&untried, Vec::new(), &node.workcell));
        }
    }
}

/// Those of `rejected` that tell why there is no plan: what was in the way of a grasp until it was `taken` does not, where
/// there is something else.
fn still_in_the_way(rejected: &[RejectedCandidate], taken: &[&str]) -> Vec<RejectedCandidate> {
    let is_gone = |r: &RejectedCandidate| match &r.reason {
        Reason::Geometry(why) => blocker(why).is_some_and(|by| taken.contains(&by.as_str())),
        _ => false,
    };
    let left: Vec<_> = rejected.iter().filter(|r| !is_gone(r)).cloned().collect();
    if left.is_empty() {
        rejected.to_vec()
    } else {
        left
    }
}
