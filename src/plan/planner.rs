//! The planner as the rest of the program sees it: physics, budget and seed in, a plan out.
//!
//! Owns [`Planner`], [`Plan`] and what a step does to the imagined scene. The searches are
//! [`super::step`]'s (within a step) and [`super::order`]'s (across steps).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::dynamics::{Dynamics, DynamicsError, ImaginedFrame};
use crate::grasp::GraspCandidate;
use crate::rollout::Action;
use crate::scene::task::PlannerSettings;
use crate::scene::{Scene, Workcell};
use crate::seed::{INCREMENT, scrambled};

use super::candidates::Wish;
use super::goal::Goal;
use super::objective::Objective;
use super::order::OrderSearch;
use super::rated::{Rated, too_risky};
use super::reason::{Reason, RejectedCandidate};
use super::risk::of_plan;
use super::shield::{Guard, Shield, Witness};
use super::step::{StepPlan, StepSearch, search_step};
use super::timing::{Timing, timed};

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
    /// What is done; its risk is the one with what the shield saw.
    pub step: StepPlan,
    /// The scene before it: what the action's indices mean.
    pub scene: Scene,
    /// What the shield saw, where there is one.
    pub shield: Option<Witness>,
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
    /// Boxes whose judgement a draw has shown wrong, by id: wherever one is taken, all draws are to be asked.
    pub misjudged: Vec<String>,
    /// Where the time went.
    pub timing: Timing,
}

impl Plan {
    /// No plan, before any search.
    pub fn refused(reason: String) -> Self {
        Self {
            verdict: Verdict::NoSafePlan,
            reason: Some(reason),
            risk: 1.0,
            risk_bound: 1.0,
            ..Self::nothing_to_do()
        }
    }

    /// Adds boxes whose judgement a draw has shown wrong elsewhere, by id.
    pub(super) fn doubt(&mut self, ids: Vec<String>) {
        let news = ids.into_iter().filter(|id| !self.misjudged.contains(id));
        let news: Vec<String> = news.collect();
        self.misjudged.extend(news);
    }

    /// The plan for a goal that is reached already.
    pub fn nothing_to_do() -> Self {
        Self {
            verdict: Verdict::Safe,
            reason: None,
            remedies: Vec::new(),
            steps: Vec::new(),
            risk: 0.0,
            risk_bound: 0.0,
            rejected: Vec::new(),
            least_risky: None,
            misjudged: Vec::new(),
            timing: Timing::default(),
        }
    }
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
    pub shield: Option<Shield<'a>>,
    /// The budget.
    pub settings: PlannerSettings,
    /// What is wanted of a safe action.
    pub objective: Objective,
    /// The same seed gives the same plan.
    pub seed: u64,
}

impl Planner<'_> {
    /// The fewest and safest steps to `goal`, or why there are none.
    ///
    /// # Errors
    /// When the goal names a box that is not there, or the physics cannot take the scene in.
    pub fn plan(&self, workcell: &Workcell, goal: &Goal) -> Result<Plan, PlanError> {
        if goal.is_met(workcell) {
            return Ok(Plan::nothing_to_do());
        }
        self.plan_on(workcell, goal, (0.0, &[]))
    }

    /// The same after steps whose bounds come to `spent` together: `max_plan_risk` is for all of them; and after a draw has
    /// shown the judgement of the boxes `misjudged` wrong, by id: wherever one is taken, all draws are asked.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub fn plan_on(
        &self,
        workcell: &Workcell,
        goal: &Goal,
        (spent, misjudged): (f64, &[String]),
    ) -> Result<Plan, PlanError> {
        let mut search = OrderSearch::new(self, workcell, goal, (spent, misjudged))?;
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
        let limit = workcell.safety.max_risk;
        let (left, hopeless) = std::mem::take(&mut found.untried)
            .into_iter()
            .partition::<Vec<Rated>, _>(|r| {
                r.score.is_safe() || self.shield.is_some_and(|s| s.may_pass(&r.risk, limit))
            });
        let told: Vec<GraspCandidate> = found.doubtful.iter().map(|p| p.grasp).collect();
        found.rejected.extend(too_risky(&hopeless, told, workcell));
        found.untried = left;
        found.timing.screen += taking_in;
        found.timing.total += taking_in;
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
        let mut found = self.step(workcell, std::slice::from_ref(wish), 0)?;
        let least_risky = found.doubtful.first().cloned();
        let mut plan = Plan {
            verdict: Verdict::NoSafePlan,
            reason: Some("no single step for this box is safe".to_owned()),
            remedies: Vec::new(),
            steps: Vec::new(),
            risk: least_risky.as_ref().map_or(1.0, |s| s.risk.risk),
            risk_bound: least_risky.as_ref().map_or(1.0, |s| s.risk.bound),
            rejected: std::mem::take(&mut found.rejected),
            least_risky,
            misjudged: Vec::new(),
            timing: found.timing,
        };
        let (rejected, timing) = (&mut plan.rejected, &mut plan.timing);
        let mut guard = self.guard(workcell, 0);
        let before = (&mut guard, 0, 0.0);
        let passed = self.first_vouched(workcell, found, before, rejected, timing)?;
        plan.misjudged = guard.misjudged().to_vec();
        if let Some(planned) = passed {
            plan.verdict = Verdict::Safe;
            plan.reason = None;
            plan.risk = planned.step.risk.risk;
            plan.risk_bound = planned.step.risk.bound;
            plan.steps.push(planned);
        }
        Ok(plan)
    }

    /// Who has to agree to steps in a scene.
    pub fn guard(&self, workcell: &Workcell, salt: u64) -> Guard<'_> {
        // Another stream than the planner's own: draws that helped to choose must not confirm.
        let seed = mixed(self.seed ^ 0x5348_4945_4c44, salt);
        Guard::new(self.shield, workcell, seed)
    }
}

/// What speaks against a step with this bound after others whose bounds come to `spent`: that all together are over
/// `max_plan_risk`, where that is given.
pub(super) fn over_plan_limit(workcell: &Workcell, spent: f64, bound: f64) -> Option<Reason> {
    let max_plan_risk = workcell.safety.max_plan_risk?;
    let bound = of_plan([spent, bound]);
    (bound > max_plan_risk).then_some(Reason::PlanRisk {
        bound,
        max_plan_risk,
    })
}

/// A seed for one of many uses.
pub(super) fn mixed(seed: u64, salt: u64) -> u64 {
    scrambled(seed.wrapping_add(salt.wrapping_mul(INCREMENT)))
}

/// The scene as it is imagined after `step`: the box gone or at its target, and whatever moved
/// by more than what the prediction is good for, where it was imagined to go.
pub fn scene_after(workcell: &Workcell, step: &StepPlan) -> Workcell {
    scene_at_end(workcell, &step.action, &step.imagined.frames)
}

/// The same of an action and what was imagined of it.
pub(super) fn scene_at_end(
    workcell: &Workcell,
    action: &Action,
    imagined: &[ImaginedFrame],
) -> Workcell {
    /// Under this the imagined move of a box is noise, m.
    const MOVED_M: f64 = 0.02;
    let mut after = workcell.clone();
    if let Some(last) = imagined.last() {
        for (spec, pose) in after.scene.boxes.iter_mut().zip(&last.boxes) {
            let moved = (pose.translation.vector - spec.pose.translation.vector).norm();
            if moved > MOVED_M {
                spec.pose = *pose;
            }
        }
    }
    let index = action.box_index();
    match action {
        Action::Place { target, .. } => {
            after.scene.boxes[index].pose = *target;
        }
        _ => after.scene = after.scene.without_box(index),
    }
    after
}
