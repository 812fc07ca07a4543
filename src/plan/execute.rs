//! The closed loop: a stride, a look, another plan; stop where reality leaves what was imagined.
//!
//! Owns [`execute`]; what comes of it is [`super::execution`]'s. Within a step a [`Watch`] looks on at every
//! stride. Between steps the plan's order is kept while it is still safe on what is seen; each step is searched
//! afresh from the noisy poses, and where it is no longer safe, so is the order.

use crate::dynamics::DynamicsError;
use crate::rollout::{Action, Rollout};
use crate::scene::Workcell;

use super::candidates::Wish;
use super::execution::{ExecuteError, ExecutedStep, Execution, Stop};
use super::goal::Goal;
use super::planner::{Plan, PlanError, PlannedStep, Planner, Verdict, over_plan_limit};
use super::plant::Plant;
use super::risk::of_plan;
use super::surprise::{Off, Surprise};
use super::timing::Timing;
use super::watch::Watch;

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
    if plan.verdict == Verdict::Safe && plan.steps.is_empty() {
        // Of the belief, and not of a look at it, the plan says that nothing is to be done.
        return Ok(Execution {
            steps: Vec::new(),
            stop: Stop::Done,
            timing: Timing::default(),
        });
    }
    let mut run = Run {
        planner,
        goal,
        ahead: plan.steps.clone(),
        placed: Vec::new(),
        misjudged: plan.misjudged.clone(),
        spent: 0.0,
        steps: Vec::new(),
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
        timing: run.timing,
    })
}

struct Run<'a> {
    planner: &'a Planner<'a>,
    goal: &'a Goal,
    /// What the plan still holds, next first.
    ahead: Vec<PlannedStep>,
    placed: Vec<String>,
    /// Boxes whose judgement a draw has shown wrong, when this was planned or since, by id.
    misjudged: Vec<String>,
    /// Bound of all steps so far together.
    spent: f64,
    steps: Vec<ExecutedStep>,
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
            let mut watch = Watch::new(self.planner, &seen, &next, (index, self.spent));
            let rollout = plant.step(&next.step.action, &mut |glance| watch.look(glance))?;
            let bound = watch.bound();
            // As it was imagined of the way that the hand was on last.
            let expected = watch.scene_after();
            let Watch {
                surprises,
                spent_ms,
                failure,
                ..
            } = watch;
            self.timing.screen += spent_ms;
            self.timing.total += spent_ms;
            let stop = went_wrong(index, &next, &rollout, &surprises);
            if matches!(next.step.action, Action::Place { .. }) {
                self.placed.push(next.step.box_id.clone());
            }
            self.spent = of_plan([self.spent, bound]);
            self.steps.push(ExecutedStep {
                planned: next,
                rollout,
                surprises,
            });
            // An accident is told whatever else failed.
            let is_accident = matches!(stop, Some(Stop::Accident { .. }));
            if let Some(why) = failure.filter(|_| !is_accident) {
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
        let before = (self.spent, self.misjudged.as_slice());
        let plan = match self.planner.plan_on(seen, self.goal, before) {
            Ok(plan) => plan,
            Err(PlanError::Dynamics(DynamicsError::DoesNotStand { reason })) => {
                return Ok(Err(format!("what is seen does not stand: {reason}")));
            }
            Err(why) => return Err(why.into()),
        };
        self.timing.add(&plan.timing);
        self.misjudged = plan.misjudged;
        self.ahead = plan.steps;
        if self.ahead.is_empty() {
            return Ok(Err(plan
                .reason
                .unwrap_or_else(|| "nothing to do".to_owned())));
        }
        Ok(Ok(self.ahead.remove(0)))
    }

    /// Whether the judgement of a step's box was shown wrong after the step had passed under fewer draws than that takes.
    fn was_doubted_later(&self, planned: &PlannedStep) -> bool {
        let asked = self.planner.shield.zip(planned.shield);
        self.misjudged.contains(&planned.step.box_id)
            && asked.is_some_and(|(shield, seen)| seen.draws < shield.most_draws())
    }

    /// The plan's next box, searched afresh unless it is seen exactly as it was planned. Whose judgement a draw shows wrong
    /// is noted.
    fn follow(&mut self, seen: &Workcell) -> Result<Option<PlannedStep>, ExecuteError> {
        if self.ahead.is_empty() {
            return Ok(None);
        }
        let planned = self.ahead.remove(0);
        let is_as_planned = planned.scene == seen.scene
            && over_plan_limit(seen, self.spent, planned.step.risk.bound).is_none();
        if is_as_planned && !self.was_doubted_later(&planned) {
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
        // Where none passes the whole is planned again, which tells why.
        let mut rejected = Vec::new();
        let mut guard = self.planner.guard(seen, salt);
        guard.doubt(&self.misjudged);
        let timing = &mut self.timing;
        let before = (&mut guard, salt, self.spent);
        let passed = (self.planner).first_vouched(seen, found, before, &mut rejected, timing);
        self.misjudged = guard.misjudged().to_vec();
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
            off: last.off,
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
    let mut worst: Option<(String, f64)> = None;
    for spec in &expected.scene.boxes {
        let index = seen.scene.box_index(&spec.id);
        let off_m = index.map_or(f64::INFINITY, |i| {
            Off::between(&spec.pose, &seen.scene.boxes[i].pose).way_m
        });
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
