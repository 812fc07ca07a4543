//! Across steps: which box first, so that the goal is reached with the fewest and safest steps.
//!
//! Owns [`Planner`] and its best-first search over imagined scenes. A node is a scene; its
//! children are the safe steps that [`super::step`] finds there. The support graph only decides
//! what is tried: the boxes that rest on what is wanted, then those that are in the hand's way.
//! A step's price is its bound and a constant; the estimate of what is left counts each box that
//! still has to go at the most that a safe step may cost. That overestimates, so the search goes
//! deep first and turns back only where it finds nothing safe (weighted A*, Pohl 1970).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::dynamics::{Dynamics, DynamicsError, Risk};
use crate::pose::Pose;
use crate::scene::{Scene, Workcell};

use super::candidates::Wish;
use super::explain::{no_plan_reason, remedies};
use super::objective::Objective;
use super::reason::{Reason, RejectedCandidate};
use super::risk::of_plan;
use super::shield;
use super::step::{StepPlan, StepSearch, search_step};
use super::timing::{Timing, timed};
use super::wanted::Wanted;
use crate::scene::task::PlannerSettings;

/// What shall be reached. Boxes are named by id, since indices change as boxes leave.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// One box out of the scene.
    Retrieve {
        /// Its id.
        box_id: String,
    },
    /// All of these out of the scene.
    Clear {
        /// Their ids.
        box_ids: Vec<String>,
    },
    /// One box to another place.
    Move {
        /// Its id.
        box_id: String,
        /// Where its centre shall be.
        target: Pose,
    },
}

/// Whether there is a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every step's bound is within the limit.
    Safe,
    /// None was found.
    NoSafePlan,
}

/// A step of a plan, and the scene that it is taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStep {
    /// What is done.
    pub step: StepPlan,
    /// The scene before it: what the action's indices mean.
    pub scene: Scene,
    /// What the shield found, where there is one.
    pub shield: Option<Risk>,
}

/// What the planner came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Whether there is a plan.
    pub verdict: Verdict,
    /// Why not, in a sentence.
    pub reason: Option<String>,
    /// What would make one possible, in sentences.
    pub remedies: Vec<String>,
    /// In order; empty when nothing is safe or nothing is left to do.
    pub steps: Vec<PlannedStep>,
    /// P(any step goes wrong).
    pub risk: f64,
    /// The same for the bounds.
    pub risk_bound: f64,
    /// Everything that was turned down.
    pub rejected: Vec<RejectedCandidate>,
    /// The least risky first step, where no plan is safe.
    pub least_risky: Option<StepPlan>,
    /// Where the time went.
    pub timing: Timing,
}

/// Why there is not even a verdict.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// The goal names a box that is not there.
    #[error("there is no box `{0}` in the scene")]
    NoSuchBox(String),
    /// The physics cannot take the scene in.
    #[error(transparent)]
    Dynamics(#[from] DynamicsError),
}

/// Decides what to do, on any physics.
pub struct Planner<'a> {
    /// The physics that it imagines with.
    pub dynamics: &'a dyn Dynamics,
    /// The physics that has to agree, if any.
    pub shield: Option<&'a dyn Dynamics>,
    /// The budget.
    pub settings: PlannerSettings,
    /// What is wanted of a safe action.
    pub objective: Objective,
    /// The same seed gives the same plan.
    pub seed: u64,
}

/// A scene that was reached in the mind.
struct Node {
    workcell: Workcell,
    parent: Option<usize>,
    /// The step that led here; `None` at the root.
    step: Option<PlannedStep>,
    /// Bounds of the steps so far and a constant for each.
    price: f64,
    /// Bound of all steps so far together.
    bound: f64,
    /// Steps so far.
    depth: usize,
}

/// A step that was found but not yet taken.
struct Branch {
    parent: usize,
    step: StepPlan,
    /// Lower is sooner: price so far and the estimate of what is left.
    priority: f64,
    /// The other safe steps for the same box, next best first.
    alternatives: Vec<StepPlan>,
}

impl Planner<'_> {
    /// The fewest and safest steps to `goal`, or why there are none.
    ///
    /// # Errors
    /// When the goal names a box that is not there, or the physics cannot take the scene in.
    pub fn plan(&self, workcell: &Workcell, goal: &Goal) -> Result<Plan, PlanError> {
        let mut search = OrderSearch::new(self, workcell, goal)?;
        let mut total = 0.0;
        let found = timed(&mut total, || search.run());
        let reached = found?;
        Ok(search.finish(reached, total))
    }

    /// The best safe actions for `wishes` in one scene, checked by nobody yet.
    ///
    /// # Errors
    /// When the physics cannot take the scene in.
    pub fn step(
        &self,
        workcell: &Workcell,
        wishes: &[Wish],
        salt: u64,
    ) -> Result<StepSearch, PlanError> {
        let seed = mixed(self.seed, salt);
        let mut taking_in = 0.0;
        let scene = timed(&mut taking_in, || self.dynamics.believe(workcell, seed))?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut found = search_step(
            scene.as_ref(),
            workcell,
            wishes,
            &self.settings,
            &self.objective,
            &mut rng,
        );
        found.timing.screen += taking_in;
        Ok(found)
    }

    /// One step that grants `wish` and nothing before it, or why there is none.
    ///
    /// # Errors
    /// When the physics cannot take the scene in.
    pub fn single_step(&self, workcell: &Workcell, wish: &Wish) -> Result<Plan, PlanError> {
        let mut total = 0.0;
        let plan = timed(&mut total, || self.grant(workcell, wish));
        let mut plan = plan?;
        plan.timing.total = total;
        Ok(plan)
    }

    fn grant(&self, workcell: &Workcell, wish: &Wish) -> Result<Plan, PlanError> {
        let found = self.step(workcell, std::slice::from_ref(wish), 0)?;
        let mut plan = Plan {
            verdict: Verdict::NoSafePlan,
            reason: Some("no single step for this box is safe".to_owned()),
            remedies: Vec::new(),
            steps: Vec::new(),
            risk: found.least_risky.as_ref().map_or(1.0, |s| s.risk.risk),
            risk_bound: found.least_risky.as_ref().map_or(1.0, |s| s.risk.bound),
            rejected: found.rejected,
            least_risky: found.least_risky,
            timing: found.timing,
        };
        for step in found.safe {
            let mut verify = 0.0;
            let checked = timed(&mut verify, || self.verify(workcell, &step, 0));
            plan.timing.verify += verify;
            let (shield, objection) = checked?;
            if let Some(reason) = objection {
                plan.rejected.push(RejectedCandidate {
                    risk: Some(step.risk.risk),
                    ..super::candidates::turned_down(workcell, &step.grasp, reason)
                });
                continue;
            }
            plan.verdict = Verdict::Safe;
            plan.reason = None;
            plan.risk = step.risk.risk;
            plan.risk_bound = step.risk.bound;
            plan.steps.push(PlannedStep {
                step,
                scene: workcell.scene.clone(),
                shield,
            });
            break;
        }
        Ok(plan)
    }

    /// What the shield says of an action: its risk, and why it objects if it does.
    ///
    /// # Errors
    /// When the second physics cannot take the scene in.
    pub fn verify(
        &self,
        workcell: &Workcell,
        step: &StepPlan,
        salt: u64,
    ) -> Result<(Option<Risk>, Option<Reason>), PlanError> {
        let Some(shield) = self.shield else {
            return Ok((None, None));
        };
        // Another stream than the planner's own: draws that helped to choose must not confirm.
        let seed = mixed(self.seed ^ 0x5348_4945_4c44, salt);
        let checked = shield::check(shield, workcell, &step.action, seed)?;
        let objection = shield::objection(&checked, workcell.safety.max_risk);
        Ok((checked.ok(), objection))
    }
}

/// A seed for one of many uses (SplitMix64's finaliser).
pub(super) fn mixed(seed: u64, salt: u64) -> u64 {
    let mut z = seed.wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The scene as it is imagined after `step`: the box gone or at its target, and whatever moved
/// by more than what the prediction is good for, where it was imagined to go.
pub fn scene_after(workcell: &Workcell, step: &StepPlan) -> Workcell {
    /// Under this the imagined move of a box is noise, m.
    const MOVED_M: f64 = 0.02;
    let mut after = workcell.clone();
    if let Some(last) = step.imagined.frames.last() {
        for (spec, pose) in after.scene.boxes.iter_mut().zip(&last.boxes) {
            let moved = (pose.translation.vector - spec.pose.translation.vector).norm();
            if moved > MOVED_M {
                spec.pose = *pose;
            }
        }
    }
    let index = step.grasp.box_index;
    match &step.action {
        crate::rollout::Action::Place { target, .. } => {
            after.scene.boxes[index].pose = *target;
        }
        _ => after.scene = after.scene.without_box(index),
    }
    after
}

struct OrderSearch<'a> {
    planner: &'a Planner<'a>,
    goal: &'a Goal,
    nodes: Vec<Node>,
    open: Vec<Branch>,
    /// The boxes left in each scene that was taken, sorted, and whether the goal's box was placed.
    seen: Vec<Vec<String>>,
    rejected: Vec<RejectedCandidate>,
    least_risky: Option<StepPlan>,
    timing: Timing,
    expansions_left: usize,
}

impl<'a> OrderSearch<'a> {
    fn new(
        planner: &'a Planner<'a>,
        workcell: &Workcell,
        goal: &'a Goal,
    ) -> Result<Self, PlanError> {
        for id in goal.box_ids() {
            if workcell.scene.box_index(id).is_none() {
                return Err(PlanError::NoSuchBox(id.to_owned()));
            }
        }
        let root = Node {
            workcell: workcell.clone(),
            parent: None,
            step: None,
            price: 0.0,
            bound: 0.0,
            depth: 0,
        };
        Ok(Self {
            planner,
            goal,
            nodes: vec![root],
            open: Vec::new(),
            seen: Vec::new(),
            rejected: Vec::new(),
            least_risky: None,
            timing: Timing::default(),
            // Enough to take every box once and to turn back as often again.
            expansions_left: 2 * workcell.scene.boxes.len() + 16,
        })
    }

    /// Takes branches, best first, until one reaches the goal.
    fn run(&mut self) -> Result<Option<usize>, PlanError> {
        if self.goal.is_reached(&self.nodes[0].workcell.scene, &[]) {
            return Ok(Some(0));
        }
        self.expand(0)?;
        while let Some(branch) = self.cheapest() {
            let Some(node) = self.take(branch)? else {
                continue;
            };
            if self.reaches_goal(node) {
                return Ok(Some(node));
            }
            if self.expansions_left == 0 {
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
        let is_place = |s: &&PlannedStep| s.step.action.name() == "place";
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

    /// The branch with the lowest priority; ties go to the one that was found first.
    fn cheapest(&mut self) -> Option<Branch> {
        let by = |i: &usize, j: &usize| self.open[*i].priority.total_cmp(&self.open[*j].priority);
        let best = (0..self.open.len()).min_by(by)?;
        Some(self.open.remove(best))
    }

    /// Asks the shield, and makes the branch a node if it passes and leads somewhere new.
    fn take(&mut self, branch: Branch) -> Result<Option<usize>, PlanError> {
        let parent = &self.nodes[branch.parent];
        let after = scene_after(&parent.workcell, &branch.step);
        let key = state_key(&after.scene, branch.step.action.name());
        if self.seen.contains(&key) {
            return Ok(None);
        }
        let bound = of_plan([parent.bound, branch.step.risk.bound]);
        if let Some(max_plan_risk) = parent.workcell.safety.max_plan_risk
            && bound > max_plan_risk
        {
            let reason = Reason::PlanRisk {
                bound,
                max_plan_risk,
            };
            self.reject(branch.parent, &branch.step, reason);
            return Ok(None);
        }
        let salt = branch.parent as u64;
        let planner = self.planner;
        let checked = timed(&mut self.timing.verify, || {
            planner.verify(&parent.workcell, &branch.step, salt)
        });
        let (shield, objection) = checked?;
        if let Some(reason) = objection {
            self.reject(branch.parent, &branch.step, reason);
            self.try_alternative(branch);
            return Ok(None);
        }
        self.seen.push(key);
        self.nodes.push(Node {
            price: parent.price + step_price(&branch.step, parent.workcell.safety.max_risk),
            bound,
            depth: parent.depth + 1,
            step: Some(PlannedStep {
                scene: parent.workcell.scene.clone(),
                step: branch.step,
                shield,
            }),
            parent: Some(branch.parent),
            workcell: after,
        });
        Ok(Some(self.nodes.len() - 1))
    }

    /// Puts the next best step for the same box in the place of one that the shield turned down.
    fn try_alternative(&mut self, mut branch: Branch) {
        if branch.alternatives.is_empty() {
            return;
        }
        let step = branch.alternatives.remove(0);
        self.open.push(Branch { step, ..branch });
    }

    fn reject(&mut self, node: usize, step: &StepPlan, reason: Reason) {
        let workcell = &self.nodes[node].workcell;
        self.rejected.push(RejectedCandidate {
            risk: Some(step.risk.risk),
            ..super::candidates::turned_down(workcell, &step.grasp, reason)
        });
    }

    /// Finds the safe steps of a node, tier by tier, until some tier has one.
    fn expand(&mut self, node: usize) -> Result<(), PlanError> {
        self.expansions_left = self.expansions_left.saturating_sub(1);
        let wanted = Wanted::of(&self.nodes[node].workcell, self.goal, &self.placed(node));
        for (tier, wishes) in wanted.tiers.iter().enumerate() {
            let salt = (node as u64) << 8 | tier as u64;
            let workcell = &self.nodes[node].workcell;
            let found = match self.planner.step(workcell, wishes, salt) {
                Ok(found) => found,
                // A scene that is only imagined and does not stand is a dead end, not an error.
                Err(PlanError::Dynamics(DynamicsError::DoesNotStand { .. })) if node > 0 => {
                    return Ok(());
                }
                Err(why) => return Err(why),
            };
            self.timing.add(&found.timing);
            self.rejected.extend(found.rejected);
            if node == 0 && tier == 0 && self.least_risky.is_none() {
                self.least_risky = found.least_risky;
            }
            if self.branch_out(node, wanted.left, found.safe) {
                break;
            }
        }
        Ok(())
    }

    /// One branch for each box that can be taken safely; whether there is any.
    fn branch_out(&mut self, node: usize, left: usize, safe: Vec<StepPlan>) -> bool {
        let max_risk = self.nodes[node].workcell.safety.max_risk;
        let most = 2.0 * max_risk;
        let mut by_box: Vec<Vec<StepPlan>> = Vec::new();
        for step in safe {
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

    fn finish(self, reached: Option<usize>, total: f64) -> Plan {
        let steps: Vec<PlannedStep> = match reached {
            Some(node) => self.path(node).into_iter().cloned().collect(),
            None => Vec::new(),
        };
        let timing = Timing {
            total,
            ..self.timing
        };
        let workcell = &self.nodes[0].workcell;
        let (verdict, reason, remedies) = match reached {
            Some(_) => (Verdict::Safe, None, Vec::new()),
            None => (
                Verdict::NoSafePlan,
                Some(no_plan_reason(
                    workcell,
                    self.goal,
                    self.least_risky.as_ref(),
                    &self.rejected,
                )),
                remedies(
                    workcell,
                    self.goal,
                    self.least_risky.as_ref(),
                    &self.rejected,
                ),
            ),
        };
        let refused = self
            .least_risky
            .as_ref()
            .map(|s| (s.risk.risk, s.risk.bound));
        let (risk, risk_bound) = match reached {
            Some(_) => (
                of_plan(steps.iter().map(|s| s.step.risk.risk)),
                of_plan(steps.iter().map(|s| s.step.risk.bound)),
            ),
            None => refused.unwrap_or((1.0, 1.0)),
        };
        Plan {
            verdict,
            reason,
            remedies,
            steps,
            risk,
            risk_bound,
            rejected: self.rejected,
            least_risky: self.least_risky,
            timing,
        }
    }
}

/// The bound of a step and the price of taking a step at all.
fn step_price(step: &StepPlan, max_risk: f64) -> f64 {
    max_risk + step.risk.bound.min(max_risk)
}

/// What tells one scene from another: who is left, and how it was reached (a placed box is left too).
fn state_key(scene: &Scene, action: &str) -> Vec<String> {
    let mut key: Vec<String> = scene.boxes.iter().map(|b| b.id.clone()).collect();
    key.sort();
    key.push(action.to_owned());
    key
}

impl Goal {
    /// The boxes that it names.
    pub fn box_ids(&self) -> Vec<&str> {
        match self {
            Self::Retrieve { box_id } | Self::Move { box_id, .. } => vec![box_id],
            Self::Clear { box_ids } => box_ids.iter().map(String::as_str).collect(),
        }
    }

    /// Whether it is reached in `scene` once the boxes `placed` were put down.
    pub fn is_reached(&self, scene: &Scene, placed: &[String]) -> bool {
        match self {
            Self::Retrieve { box_id } => scene.box_index(box_id).is_none(),
            Self::Clear { box_ids } => box_ids.iter().all(|id| scene.box_index(id).is_none()),
            Self::Move { box_id, .. } => placed.contains(box_id),
        }
    }

    /// Whether `step` does what the goal asks of its box.
    fn ends_with(&self, step: &StepPlan) -> bool {
        match self {
            Self::Retrieve { box_id } | Self::Move { box_id, .. } => *box_id == step.box_id,
            Self::Clear { .. } => false,
        }
    }
}
