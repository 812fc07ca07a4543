//! The closed loop: a stride, a look, another plan; stop where reality leaves what was imagined.
//!
//! Owns [`Plant`], what a world that can be acted on has to offer, and [`execute`]. Within a step a
//! [`Watch`] looks on at every stride. Between steps the plan's order is kept while it is still safe on
//! what is seen; each step is searched afresh from the noisy poses, and where it is no longer safe,
//! so is the order.

use crate::dynamics::DynamicsError;
use crate::rollout::{Action, Glance, Onward, Rollout};
use crate::scene::{Scene, Workcell};

use super::candidates::Wish;
use super::goal::Goal;
use super::planner::{Plan, PlanError, PlannedStep, Planner, over_plan_limit, scene_after};
use super::reason::RejectedCandidate;
use super::risk::of_plan;
use super::timing::{Timing, timed};
use super::watch::{Surprise, Watch};

/// A world that can be acted on: the sandbox under one draw, or a robot.
pub trait Plant {
    /// What stands there now, with the noise of the belief. Boxes carried out are gone.
    ///
    /// # Errors
    /// When nothing can be seen.
    fn observe(&mut self) -> Result<Workcell, PlantError>;

    /// Carries an action out; its indices are those of the last observation. `watch` is asked what to do
    /// at each stride ([`crate::rollout::STRIDE_S`]) while the hand holds a box.
    ///
    /// # Errors
    /// When the action cannot be carried out at all; an accident is no error.
    fn step(
        &mut self,
        action: &Action,
        watch: &mut dyn FnMut(&Glance) -> Onward,
    ) -> Result<Rollout, PlantError>;
}

/// Why a world does not answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the execution failed: {0}")]
pub struct PlantError(pub String);

/// Why an execution ended.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Stop {
    /// The goal is reached and nothing went wrong.
    #[error("done")]
    Done,
    /// Something went wrong.
    #[error("an accident in step {}", .step + 1)]
    Accident {
        /// Index of the step.
        step: usize,
    },
    /// The box did not come clear, or was not put down.
    #[error("step {} did not finish: `{box_id}` did not get where it should", .step + 1)]
    NotCompleted {
        /// Index of the step.
        step: usize,
        /// The box.
        box_id: String,
    },
    /// A box is not where it was imagined to be.
    #[error("after step {} `{box_id}` is {off_m:.3} m from where it was imagined", .step + 1)]
    LeftImagined {
        /// Index of the step.
        step: usize,
        /// The box.
        box_id: String,
        /// m.
        off_m: f64,
    },
    /// While a box was carried something was not where it was imagined, and there was no safe way on: the hand
    /// stopped with the box held.
    #[error("in step {} the hand stopped at {t:.2} s with its box held: `{box_id}` is {off_m:.3} m from where it was imagined", .step + 1)]
    Halted {
        /// Index of the step.
        step: usize,
        /// s from the step's start.
        t: f64,
        /// The box.
        box_id: String,
        /// m.
        off_m: f64,
    },
    /// On what is seen there is no safe way on.
    #[error("no safe way on: {reason}")]
    NoSafeStep {
        /// Why.
        reason: String,
    },
    /// The planner or the world failed after steps that were carried out.
    #[error("{reason}")]
    Failed {
        /// Why.
        reason: String,
    },
}

/// A step that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutedStep {
    /// What was planned on the last observation, with the scene as it was observed.
    pub planned: PlannedStep,
    /// What came of it.
    pub rollout: Rollout,
    /// What was not as imagined while it was carried out, in order.
    pub surprises: Vec<Surprise>,
}

/// A plan that was carried out, as far as it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// In order.
    pub steps: Vec<ExecutedStep>,
    /// How it ended.
    pub stop: Stop,
    /// What was turned down while planning again.
    pub rejected: Vec<RejectedCandidate>,
    /// Planning again.
    pub timing: Timing,
}

impl Execution {
    /// Whether the goal was reached without an accident.
    pub fn is_success(&self) -> bool {
        self.stop == Stop::Done
    }
}

/// Why there is no execution to speak of.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExecuteError {
    /// The planner failed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The world does not answer.
    #[error(transparent)]
    Plant(#[from] PlantError),
}

/// Carries `plan` out in `plant`, planning again on every observation.
///
/// # Errors
/// When the planner or the plant fails before anything was carried out. What comes after that is in
/// [`Execution::stop`], as accidents and refusals are: what was done has to be told.
pub fn execute(
    planner: &Planner,
    plant: &mut dyn Plant,
    goal: &Goal,
    plan: &Plan,
) -> Result<Execution, ExecuteError> {
    let mut run = Run {
        planner,
        goal,
        ahead: plan.steps.clone(),
        placed: Vec::new(),
        spent: 0.0,
        steps: Vec::new(),
        rejected: Vec::new(),
        timing: Timing::default(),
    };
    let stop = match run.run_out(plant) {
        Ok(stop) => stop,
        Err(why) if run.steps.is_empty() => return Err(why),
        Err(why) => Stop::Failed {
            reason: why.to_string(),
        },
    };
    Ok(Execution {
        steps: run.steps,
        stop,
        rejected: run.rejected,
        timing: run.timing,
    })
}

struct Run<'a> {
    planner: &'a Planner<'a>,
    goal: &'a Goal,
    /// What the plan still holds, next first.
    ahead: Vec<PlannedStep>,
    placed: Vec<String>,
    /// Bound of all steps so far together.
    spent: f64,
    steps: Vec<ExecutedStep>,
    rejected: Vec<RejectedCandidate>,
    timing: Timing,
}

impl Run<'_> {
    fn run_out(&mut self, plant: &mut dyn Plant) -> Result<Stop, ExecuteError> {
        let mut seen = plant.observe()?;
        // Every step takes or places a box, so twice as many as there are boxes is a safe end.
        for index in 0..2 * seen.scene.boxes.len() + 2 {
            if self.goal.is_reached(&seen.scene, &self.placed) {
                return Ok(Stop::Done);
            }
            let next = match self.next_step(&seen)? {
                Ok(next) => next,
                Err(reason) => return Ok(Stop::NoSafeStep { reason }),
            };
            let salt = 0x5741_5443 + index as u64;
            let mut watch = Watch::new(self.planner, &seen, &next, salt);
            let rollout = plant.step(&next.step.action, &mut |glance| watch.look(glance))?;
            let Watch {
                surprises,
                spent_ms,
                failure,
                ..
            } = watch;
            self.timing.screen += spent_ms;
            self.timing.total += spent_ms;
            let expected = scene_after(&seen, &next.step);
            let stop = went_wrong(index, &next, &rollout, &surprises);
            if matches!(next.step.action, Action::Place { .. }) {
                self.placed.push(next.step.box_id.clone());
            }
            self.spent = of_plan([self.spent, next.step.risk.bound]);
            self.steps.push(ExecutedStep {
                planned: next,
                rollout,
                surprises,
            });
            if let Some(why) = failure {
                return Err(why.into());
            }
            if let Some(stop) = stop {
                return Ok(stop);
            }
            seen = plant.observe()?;
            if let Some(stop) = left_imagined(index, &expected, &seen) {
                return Ok(stop);
            }
        }
        Ok(Stop::NoSafeStep {
            reason: "more steps than there are boxes".to_owned(),
        })
    }

    /// The next step on what is seen: the plan's own where it still is safe, or a new plan's.
    fn next_step(&mut self, seen: &Workcell) -> Result<Result<PlannedStep, String>, ExecuteError> {
        if let Some(next) = self.follow(seen)? {
            return Ok(Ok(next));
        }
        let plan = match self.planner.plan_on(seen, self.goal, self.spent) {
            Ok(plan) => plan,
            Err(PlanError::Dynamics(DynamicsError::DoesNotStand { reason })) => {
                return Ok(Err(format!("what is seen does not stand: {reason}")));
            }
            Err(why) => return Err(why.into()),
        };
        self.timing.add(&plan.timing);
        self.rejected.extend(plan.rejected);
        self.ahead = plan.steps;
        if self.ahead.is_empty() {
            return Ok(Err(plan
                .reason
                .unwrap_or_else(|| "nothing to do".to_owned())));
        }
        Ok(Ok(self.ahead.remove(0)))
    }

    /// The plan's next box, searched afresh unless it is seen exactly as it was planned.
    fn follow(&mut self, seen: &Workcell) -> Result<Option<PlannedStep>, ExecuteError> {
        if self.ahead.is_empty() {
            return Ok(None);
        }
        let planned = self.ahead.remove(0);
        if planned.scene == seen.scene
            && over_plan_limit(seen, self.spent, &planned.step.risk).is_none()
        {
            return Ok(Some(planned));
        }
        let Some(box_index) = seen.scene.box_index(&planned.step.box_id) else {
            return Ok(None);
        };
        let wish = match planned.step.action {
            Action::Place { target, .. } => Wish::place(box_index, target),
            _ => Wish::remove(box_index),
        };
        let salt = 0x4558_4543 + self.steps.len() as u64;
        let found = match self.planner.step(seen, &[wish], salt) {
            Ok(found) => found,
            Err(PlanError::Dynamics(DynamicsError::DoesNotStand { .. })) => return Ok(None),
            Err(why) => return Err(why.into()),
        };
        self.timing.add(&found.timing);
        self.rejected.extend(found.rejected);
        let mut verify = 0.0;
        let steps = found.safe.into_iter().chain(found.doubtful);
        let passed = timed(&mut verify, || {
            self.planner
                .first_vouched(seen, steps, (salt, self.spent), &mut self.rejected)
        });
        self.timing.verify += verify;
        self.timing.total += verify;
        match passed {
            // As above: the whole is planned again, and says that what is seen does not stand.
            Err(PlanError::Dynamics(DynamicsError::DoesNotStand { .. })) => Ok(None),
            passed => Ok(passed?),
        }
    }
}

fn went_wrong(
    index: usize,
    next: &PlannedStep,
    rollout: &Rollout,
    surprises: &[Surprise],
) -> Option<Stop> {
    if !rollout.is_safe() {
        return Some(Stop::Accident { step: index });
    }
    if let Some(last) = surprises.last().filter(|s| s.stopped()) {
        return Some(Stop::Halted {
            step: index,
            t: last.t,
            box_id: last.box_id.clone(),
            off_m: last.off_m,
        });
    }
    (!rollout.completed).then(|| Stop::NotCompleted {
        step: index,
        box_id: next.step.box_id.clone(),
    })
}

/// Standard deviations of a position that two looks, in two directions, may lie apart by noise alone.
const LOOKS_APART_STDS: f64 = 6.0;

/// The box that is furthest from where it was imagined, if that is further than an accident's limit and than
/// what the looks' own noise makes up.
fn left_imagined(index: usize, expected: &Workcell, seen: &Workcell) -> Option<Stop> {
    let position = |scene: &Scene, id: &str| {
        let index = scene.box_index(id)?;
        Some(scene.boxes[index].pose.translation.vector)
    };
    let mut worst: Option<(String, f64)> = None;
    for spec in &expected.scene.boxes {
        let here = spec.pose.translation.vector;
        let off_m = match position(&seen.scene, &spec.id) {
            Some(there) => (there - here).norm(),
            None => f64::INFINITY,
        };
        if worst.as_ref().is_none_or(|(_, w)| off_m > *w) {
            worst = Some((spec.id.clone(), off_m));
        }
    }
    let (box_id, off_m) = worst?;
    let noise = LOOKS_APART_STDS * expected.scene.pose_noise.position_m;
    let limit = expected.safety.max_displacement.max(noise);
    (off_m > limit).then_some(Stop::LeftImagined {
        step: index,
        box_id,
        off_m,
    })
}
