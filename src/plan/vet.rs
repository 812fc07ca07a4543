//! Somebody else's plan, judged step by step.
//!
//! Owns [`vet`] and [`repair`]. A step that says how it grips is judged as it says; one that does
//! not is judged at the best grasp that the planner finds. After an unsafe step the rest is
//! judged in the scene that is imagined to come of it, so that a person sees every weak step at once.

use std::ops::ControlFlow;

use crate::dynamics::DynamicsError;
use crate::pose::Pose;
use crate::scene::task::find_box_faults;
use crate::scene::{Scene, Workcell};

use super::candidates::{GraspFilter, Wish};
use super::explain::closest_accident;
use super::goal::Goal;
use super::planner::{Plan, PlanError, Planner, Verdict, scene_after};
use super::reason::{Reason, nearest};
use super::risk::of_plan;
use super::step::StepPlan;
use super::support::SupportGraph;

/// One step of somebody else's plan.
#[derive(Clone, Debug, PartialEq)]
pub struct StepToVet {
    /// The box.
    pub box_id: String,
    /// Where it shall stand; `None` takes it out of the scene.
    pub target: Option<Pose>,
    /// How it may be gripped.
    pub filter: GraspFilter,
}

impl StepToVet {
    /// "remove" or "place".
    pub fn action_name(&self) -> &'static str {
        match self.target {
            None => "remove",
            Some(_) => "place",
        }
    }
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedStep {
    /// Whether it is safe.
    pub verdict: Verdict,
    /// Why not, or what it came closest to.
    pub why: String,
    /// The step as it would be carried out, where it can be.
    pub step: Option<StepPlan>,
}

/// Judges `steps` in order. Where the task limits the whole (`max_plan_risk`), each is also held against what the safe
/// ones before it leave of that; one that is not safe by itself is not to be done, and does not count.
///
/// # Errors
/// When the physics cannot take the first scene in.
pub fn vet(
    planner: &Planner,
    workcell: &Workcell,
    steps: &[StepToVet],
) -> Result<Vec<JudgedStep>, PlanError> {
    let mut now = workcell.clone();
    let mut spent = 0.0;
    let mut judged = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let verdict = match judge(planner, &now, step, (index as u64, spent)) {
            // Only what is imagined after the first step may fall down by itself.
            Err(PlanError::Dynamics(DynamicsError::DoesNotStand { reason })) if index > 0 => {
                impossible(format!("by now the scene does not stand: {reason}"))
            }
            other => other?,
        };
        now = after(&now, step, verdict.step.as_ref());
        if let (Verdict::Safe, Some(step)) = (verdict.verdict, &verdict.step) {
            spent = of_plan([spent, step.risk.bound]);
        }
        judged.push(verdict);
    }
    Ok(judged)
}

fn impossible(why: String) -> JudgedStep {
    JudgedStep {
        verdict: Verdict::NoSafePlan,
        why,
        step: None,
    }
}

fn judge(
    planner: &Planner,
    workcell: &Workcell,
    step: &StepToVet,
    (salt, spent): (u64, f64),
) -> Result<JudgedStep, PlanError> {
    let Some(box_index) = workcell.scene.box_index(&step.box_id) else {
        return Ok(impossible(format!("`{}` is no longer there", step.box_id)));
    };
    // As a task's own target is held against when it is read.
    let faults = step.target.map_or_else(Vec::new, |target| {
        find_box_faults(&workcell.scene, box_index, &target)
    });
    if let Some(fault) = faults.first() {
        let why = fault.in_words(&workcell.scene);
        return Ok(impossible(format!("where it is to stand it {why}")));
    }
    let wish = Wish {
        box_index,
        target: step.target,
        filter: step.filter.clone(),
    };
    let mut found = planner.step(workcell, &[wish], salt)?;
    let mut rejected = std::mem::take(&mut found.rejected);
    let mut objected: Option<JudgedStep> = None;
    let (mut guard, mut timing) = (planner.guard(workcell, salt), found.timing);
    let before = (&mut guard, salt, spent);
    let notes = (&mut rejected, &mut timing);
    let passed = planner.vouch_for_each(workcell, found, before, notes, |step, vouched| {
        let step = StepPlan {
            risk: vouched.risk,
            ..step
        };
        let closest = closest_accident(&step, &workcell.scene);
        let Some(objection) = vouched.objection else {
            return ControlFlow::Break(JudgedStep {
                verdict: Verdict::Safe,
                why: format!(
                    "it comes closest to {} ({:.3})",
                    closest.kind.name(),
                    closest.probability
                ),
                step: Some(step),
            });
        };
        let of = match closest.boxes.as_slice() {
            [] => String::new(),
            boxes => format!(" of `{}`", boxes.join("`, `")),
        };
        let why = match objection {
            Reason::Unfamiliar { .. } => objection.to_string(),
            _ => format!(
                "{objection}; it comes closest to {}{of}",
                closest.kind.name()
            ),
        };
        // The first is the best: what is said of the step is said of that.
        objected.get_or_insert(JudgedStep {
            verdict: Verdict::NoSafePlan,
            why,
            step: Some(step),
        });
        ControlFlow::Continue(())
    })?;
    if let Some(judged) = passed {
        return Ok(judged);
    }
    if let Some(judged) = objected {
        return Ok(judged);
    }
    let why =
        nearest(&rejected).map_or_else(|| "no grasp fits".to_owned(), |r| r.reason.to_string());
    Ok(impossible(format!("it cannot be carried out: {why}")))
}

/// The scene after a step, safe or not, as it was imagined; a step that cannot be carried out at
/// all is taken to have been done by somebody else.
fn after(workcell: &Workcell, step: &StepToVet, taken: Option<&StepPlan>) -> Workcell {
    if let Some(taken) = taken {
        return scene_after(workcell, taken);
    }
    let mut next = workcell.clone();
    if let Some(index) = workcell.scene.box_index(&step.box_id) {
        match step.target {
            Some(target) => next.scene.boxes[index].pose = target,
            None => next.scene = next.scene.without_box(index),
        }
    }
    next
}

/// A safe plan with the same effect: what was taken out is taken out, what was put somewhere stands there.
///
/// # Errors
/// When a box is not there, or the physics cannot take the scene in.
pub fn repair(
    planner: &Planner,
    workcell: &Workcell,
    steps: &[StepToVet],
) -> Result<Plan, PlanError> {
    let mut whole: Option<Plan> = None;
    let mut now = workcell.clone();
    let goals = effects(&workcell.scene, steps);
    for goal in &goals {
        let is_gone = |id: &String| now.scene.box_index(id).is_none();
        if matches!(goal, Goal::Retrieve { box_id } if is_gone(box_id)) {
            continue;
        }
        let spent = whole.as_ref().map_or(0.0, |p| p.risk_bound);
        let plan = match planner.plan_on(&now, goal, (spent, &[])) {
            // Only what is imagined after the first goal may fall down by itself.
            Err(PlanError::Dynamics(DynamicsError::DoesNotStand { reason })) if whole.is_some() => {
                Plan::refused(format!("by then the scene does not stand: {reason}"))
            }
            other => other?,
        };
        for planned in &plan.steps {
            now = scene_after(&now, &planned.step);
        }
        let mut sum = match whole.take() {
            None => plan,
            Some(before) => joined(before, plan),
        };
        let lost = goals.iter().find_map(|goal| match goal {
            Goal::Move { box_id, .. } if now.scene.box_index(box_id).is_none() => Some(box_id),
            _ => None,
        });
        if let (Verdict::Safe, Some(box_id)) = (sum.verdict, lost) {
            let why =
                format!("`{box_id}`, which is to stand elsewhere, would have to be taken out");
            sum = joined(sum, Plan::refused(why));
        }
        let goes_on = sum.verdict == Verdict::Safe;
        whole = Some(sum);
        if !goes_on {
            break;
        }
    }
    match whole {
        Some(plan) => Ok(plan),
        None => planner.plan(
            workcell,
            &Goal::Clear {
                box_ids: Vec::new(),
            },
        ),
    }
}

/// What the steps amount to, in their order: boxes that are gone in the end, and boxes that stand elsewhere. A box
/// that is put elsewhere goes there before what it rests on is taken out, or it would be taken out with that.
fn effects(scene: &Scene, steps: &[StepToVet]) -> Vec<Goal> {
    let mut goals: Vec<Goal> = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        let of_box = |other: &StepToVet| other.box_id == step.box_id;
        let removal = (steps.iter()).position(|s| of_box(s) && s.target.is_none());
        let is_last_word = match removal {
            Some(first) => first == i,
            None => !steps[i + 1..].iter().any(of_box),
        };
        if !is_last_word {
            continue;
        }
        let box_id = step.box_id.clone();
        match (step.target, goals.last_mut()) {
            (Some(target), _) => goals.push(Goal::Move { box_id, target }),
            (None, Some(Goal::Clear { box_ids })) => box_ids.push(box_id),
            (None, _) => goals.push(Goal::Clear {
                box_ids: vec![box_id],
            }),
        }
    }
    let graph = SupportGraph::of(scene);
    let rests_on = |id: &str, below: &str| {
        let (above, below) = (scene.box_index(id), scene.box_index(below));
        below
            .zip(above)
            .is_some_and(|(b, a)| graph.above(b).contains(&a))
    };
    for at in 1..goals.len() {
        let Goal::Move { box_id, .. } = &goals[at] else {
            continue;
        };
        let takes_its_support = |goal: &Goal| match goal {
            Goal::Clear { box_ids } => box_ids.iter().any(|below| rests_on(box_id, below)),
            _ => false,
        };
        if let Some(first) = goals[..at].iter().position(takes_its_support) {
            goals[first..=at].rotate_right(1);
        }
    }
    // What is in the way of one box may go first, as for a task that retrieves it.
    for goal in &mut goals {
        if let Goal::Clear { box_ids } = goal
            && let [box_id] = box_ids.as_slice()
        {
            *goal = Goal::Retrieve {
                box_id: box_id.clone(),
            };
        }
    }
    goals
}

/// Two plans, one after the other.
fn joined(mut before: Plan, mut after: Plan) -> Plan {
    before.verdict = after.verdict;
    before.reason = after.reason.take();
    before.remedies.append(&mut after.remedies);
    before.steps.append(&mut after.steps);
    before.rejected.append(&mut after.rejected);
    before.risk = of_plan([before.risk, after.risk]);
    before.risk_bound = of_plan([before.risk_bound, after.risk_bound]);
    before.timing.add(&after.timing);
    before
}
