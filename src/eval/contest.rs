//! Who takes part in the closed loop, and what each does with a task.
//!
//! Owns [`Contestant`] and the outcome of one of them on one task; the slow one's budget is `reference`'s, that of the one
//! with equal time `episodes`'. All are carried out in the same draw of the belief; what their plans would come to in
//! others is `held_out`'s. Times are measured for the report and decide nothing.

mod episodes;
mod held_out;
mod reference;

pub use reference::REFERENCE_VERSION;

use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::plant::{SandboxPlant, witness};
use super::tasks::{PlannerTask, TaskKind};
use crate::dynamics::{Dynamics, DynamicsError};
use crate::plan::baseline::Baseline;
use crate::plan::execution::ExecuteError;
use crate::plan::{
    Objective, Plan, PlanError, Planner, PlannerSettings, Plant, SHIELD_DRAWS, Shield, Stop,
    Verdict, Wish, execute,
};
use crate::rollout::{Action, Glance, Onward, Rollout};
use crate::sandbox::Recording;
use episodes::of_episodes;
use held_out::held_out;
use reference::reference;

/// A planner of the closed loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contestant {
    /// The world model with the shield.
    Learned,
    /// The world model alone.
    LearnedUnverified,
    /// The same planner on the sandbox, with the physics steps that fit the learned one's time.
    SandboxEqualTime,
    /// The same planner on the sandbox, under up to 32 draws.
    Sandbox,
    /// Straight up at 0.2 m/s.
    StraightLift,
    /// The same, topmost first.
    TopFirst,
    /// Any feasible grasp.
    Random,
}

impl Contestant {
    /// In the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Learned,
        Self::LearnedUnverified,
        Self::SandboxEqualTime,
        Self::Sandbox,
        Self::StraightLift,
        Self::TopFirst,
        Self::Random,
    ];

    /// Whether it makes a plan in the run, which can be held against other draws; the reference's deeds are stored.
    pub fn plans_here(self) -> bool {
        matches!(
            self,
            Self::Learned | Self::LearnedUnverified | Self::SandboxEqualTime
        )
    }

    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::LearnedUnverified => "learned_unverified",
            Self::SandboxEqualTime => "sandbox_equal_time",
            Self::Sandbox => "sandbox",
            Self::StraightLift => "straight_lift",
            Self::TopFirst => "top_first",
            Self::Random => "random",
        }
    }
}

/// What one contestant made of one task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deed {
    /// It declined to act, then or later, before anything went wrong.
    pub refused: bool,
    /// The goal was reached and nothing went wrong.
    pub success: bool,
    /// Steps carried out.
    pub steps: usize,
    /// Of these, how many ended in an accident.
    pub bad_steps: usize,
    /// Which accidents happened.
    pub accidents: [bool; 5],
    /// Predicted risk of the plan, where there is one.
    pub predicted_risk: Option<f64>,
    /// What its first plan comes to under draws that it was not chosen by; `None` where nobody asked, where there is
    /// no plan, and where a scene that it imagined on the way stands in no draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out_risk: Option<f64>,
    /// Graded sums over all steps: m, and m/s.
    pub path_length_m: f64,
    /// Sum of peak speeds, m/s.
    pub peak_speed_m_s: f64,
    /// Time spent planning, ms.
    pub planning_ms: f64,
}

impl Deed {
    /// Whether anything went wrong.
    pub fn went_wrong(&self) -> bool {
        self.accidents.contains(&true)
    }

    /// Of the reference: whether the task is solvable. It has a plan, and none of its 32 draws went wrong.
    pub fn shows_solvable(&self) -> bool {
        self.predicted_risk == Some(0.0)
    }
}

/// The physics that the contest is held with.
pub struct Ring<'a> {
    /// The world model, where one is at hand.
    pub learned: Option<&'a dyn Dynamics>,
    /// The planner's budget on the world model.
    pub settings: PlannerSettings,
    /// Episodes that the sandbox simulates in the learned planner's median time.
    pub equal_episodes: usize,
    /// Draws that each first plan but the reference's, which is stored, is held against once it was made, beside the world
    /// that it is carried out in.
    pub held_out_draws: Option<usize>,
}

impl Ring<'_> {
    /// What `who` makes of `task`.
    ///
    /// # Errors
    /// In a sentence, when a planner or the sandbox fails.
    pub fn act(&self, who: Contestant, task: &PlannerTask) -> Result<Deed, String> {
        match who {
            Contestant::StraightLift => baseline(Baseline::StraightLift, task),
            Contestant::TopFirst => baseline(Baseline::TopFirst, task),
            Contestant::Random => baseline(Baseline::Random, task),
            Contestant::Learned | Contestant::LearnedUnverified => {
                let learned = self.learned.ok_or("there is no world model to ask")?;
                let shield = witness(SHIELD_DRAWS);
                let guarded = who == Contestant::Learned;
                let shield = guarded.then_some(Shield {
                    physics: &shield,
                    draws: SHIELD_DRAWS,
                });
                planned(learned, shield, self.settings, task, self.held_out_draws)
            }
            Contestant::Sandbox => reference(task),
            Contestant::SandboxEqualTime => {
                let (physics, settings) = of_episodes(self.equal_episodes, self.settings);
                planned(&physics, None, settings, task, self.held_out_draws)
            }
        }
    }
}

/// A planner on `dynamics`, from the first plan to the end of its execution; the plan is also held against
/// `held_out_draws`, if any.
fn planned(
    dynamics: &dyn Dynamics,
    shield: Option<Shield<'_>>,
    settings: PlannerSettings,
    task: &PlannerTask,
    held_out_draws: Option<usize>,
) -> Result<Deed, String> {
    let planner = Planner {
        dynamics,
        shield,
        settings,
        objective: Objective::default(),
        seed: task.planner_seed,
    };
    let started = Instant::now();
    let plan = match first_plan(&planner, task) {
        Ok(plan) => plan,
        Err(PlanError::Dynamics(DynamicsError::DoesNotStand { .. })) => {
            return Ok(refusal(started));
        }
        Err(why) => return Err(why.to_string()),
    };
    let mut deed = refusal(started);
    deed.predicted_risk = (plan.verdict == Verdict::Safe).then_some(plan.risk);
    if plan.verdict == Verdict::NoSafePlan {
        return Ok(deed);
    }
    deed.refused = false;
    if let Some(draws) = held_out_draws {
        deed.held_out_risk = held_out(&plan, task, draws)?;
    }
    let mut plant = world(task)?;
    let done = execute(&planner, &mut plant, &task.goal, &plan).map_err(|why| match why {
        ExecuteError::Plan(why) => why.to_string(),
        ExecuteError::Plant(why) => why.to_string(),
    })?;
    for step in &done.steps {
        deed.count(&step.rollout);
    }
    deed.planning_ms += done.timing.total;
    if let Stop::Failed { reason } = &done.stop {
        return Err(reason.clone());
    }
    deed.success = done.is_success();
    deed.refused = matches!(done.stop, Stop::NoSafeStep { .. } | Stop::Halted { .. });
    Ok(deed)
}

/// A plan for the task; for a single step, the box's removal alone and nothing before it.
fn first_plan(planner: &Planner, task: &PlannerTask) -> Result<Plan, PlanError> {
    if task.kind != TaskKind::Step {
        return planner.plan(&task.workcell, &task.goal);
    }
    let index = task
        .goal
        .box_ids()
        .first()
        .and_then(|id| task.workcell.scene.box_index(id))
        .ok_or_else(|| PlanError::NoSuchBox(String::new()))?;
    planner.single_step(&task.workcell, &Wish::remove(index))
}

fn refusal(started: Instant) -> Deed {
    Deed {
        refused: true,
        planning_ms: started.elapsed().as_secs_f64() * 1e3,
        ..Deed::default()
    }
}

fn world(task: &PlannerTask) -> Result<SandboxPlant, String> {
    SandboxPlant::of_belief(&task.workcell, task.world_seed, Recording::Strides)
        .map_err(|e| e.to_string())
}

impl Deed {
    fn count(&mut self, rollout: &Rollout) {
        self.steps += 1;
        self.bad_steps += usize::from(!rollout.is_safe());
        for (seen, now) in self.accidents.iter_mut().zip(rollout.by_kind()) {
            *seen |= now;
        }
        self.path_length_m += rollout.path_length;
        self.peak_speed_m_s += rollout.peak_speed;
    }
}

/// A policy without physics, until the goal is reached or something goes wrong.
fn baseline(policy: Baseline, task: &PlannerTask) -> Result<Deed, String> {
    let mut plant = world(task)?;
    let mut rng = ChaCha8Rng::seed_from_u64(task.planner_seed);
    let mut deed = Deed::default();
    let mut placed: Vec<String> = Vec::new();
    let most = match task.kind {
        TaskKind::Step => 1,
        _ => 2 * task.workcell.scene.boxes.len(),
    };
    for _ in 0..most {
        let seen = plant.observe().map_err(|e| e.to_string())?;
        if task.goal.is_reached(&seen.scene, &placed) {
            break;
        }
        let started = Instant::now();
        let next = policy.next_action(&seen, &task.goal, &mut rng);
        deed.planning_ms += started.elapsed().as_secs_f64() * 1e3;
        let Some((box_id, action)) = next else {
            deed.refused = true;
            return Ok(deed);
        };
        let blind = &mut |_: &Glance| Onward::CarryOn;
        let rollout = plant.step(&action, blind).map_err(|e| e.to_string())?;
        deed.count(&rollout);
        if !rollout.is_safe() || !rollout.completed {
            return Ok(deed);
        }
        if matches!(action, Action::Place { .. }) {
            placed.push(box_id);
        }
    }
    let seen = plant.observe().map_err(|e| e.to_string())?;
    deed.success = task.goal.is_reached(&seen.scene, &placed);
    Ok(deed)
}
