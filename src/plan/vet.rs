//! Somebody else's plan, judged step by step.
//!
//! Owns [`vet`]; a safe plan with the same effect is `repair`'s. A step that says how it grips is judged as it says; one that does
//! not is judged at the best grasp that the planner finds. After an unsafe step the rest is
//! judged in the scene that is imagined to come of it, so that a person sees every weak step at once.

use crate::pose::Pose;
use crate::scene::task::find_box_faults;
use crate::scene::{Scene, Workcell};

use super::candidates::{GraspFilter, Wish};
use super::explain::closest_accident;
use super::planner::{PlanError, Planner, Verdict, scene_after};
use super::reason::Reason;
use super::risk::of_plan;
use super::shield::{Vouched, Witness};
use super::step::StepPlan;

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
    /// What a shield saw of it, where one was asked.
    pub witness: Option<Witness>,
    /// Whether a draw has shown the judgement of its box wrong.
    pub misjudged: bool,
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
            Err(PlanError::Dynamics(why)) if index > 0 && why.is_dead_end() => {
                impossible(format!("by now {why}"))
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
        witness: None,
        misjudged: false,
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
    let judged = planner.judge(workcell, &wish, (salt, spent))?;
    let told = match judged.best {
        Ok((step, vouched)) => told(step, vouched, &workcell.scene),
        Err(why) => impossible(format!("it cannot be carried out: {why}")),
    };
    Ok(JudgedStep {
        misjudged: judged.misjudged,
        ..told
    })
}

/// What is said of a step that a shield was asked about.
fn told(step: StepPlan, vouched: Vouched, scene: &Scene) -> JudgedStep {
    let step = StepPlan {
        risk: vouched.risk,
        ..step
    };
    let closest = closest_accident(&step, scene);
    let kind = closest.kind.name();
    let of = match closest.boxes.as_slice() {
        [] => String::new(),
        boxes => format!(" of `{}`", boxes.join("`, `")),
    };
    let (verdict, why) = match vouched.objection {
        None => {
            let why = match closest.probability {
                // Of draws none may have come near to anything.
                0.0 => "it comes close to no accident".to_owned(),
                probability => format!("it comes closest to {kind} ({probability:.3})"),
            };
            (Verdict::Safe, why)
        }
        Some(why @ Reason::Unfamiliar { .. }) => (Verdict::NoSafePlan, why.to_string()),
        Some(why) => {
            let why = format!("{why}; it comes closest to {kind}{of}");
            (Verdict::NoSafePlan, why)
        }
    };
    JudgedStep {
        verdict,
        why,
        step: Some(step),
        witness: vouched.witness,
        misjudged: false,
    }
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
