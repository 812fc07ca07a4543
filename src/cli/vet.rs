//! `topple vet`: somebody else's plan (a person's, a language model's), judged step by step.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;

use super::physics::{Physics, PhysicsArgs, check_stands, load_task};
use super::plan_text::checked_in_words;
use super::print::{self, id_width};
use super::{Exit, Failure, Outcome};
use crate::dynamics::DynamicsError;
use crate::plan::repair::repair;
use crate::plan::report::{PlanReport, VetReport};
use crate::plan::vet::{StepToVet, vet};
use crate::plan::{GraspFilter, Plan, PlanError, Verdict};
use crate::replay::look::percent;
use crate::scene::task::{GripperKind, Step, StepAction, TaskFile, load_steps};

/// Judge a list of steps: the risk of each, and the first that is not safe.
///
/// Exit code 0: every step is safe. 3: one is not.
#[derive(Args, Debug)]
pub struct VetArgs {
    /// The task file, or a file with a scene alone.
    pub task: PathBuf,
    /// The steps: `version: 1`, `steps: [{remove: a, by: {gripper: suction, face: top}}, ...]`.
    pub steps: PathBuf,
    /// Where a step is not safe, look for a safe plan with the same effect.
    #[arg(long)]
    pub repair: bool,
    /// Physics and output.
    #[command(flatten)]
    pub physics: PhysicsArgs,
}

/// Judges the steps, and prints what was found.
///
/// # Errors
/// On bad input, or when the physics fails.
pub fn run(args: &VetArgs) -> Outcome {
    let file = load_task(&args.task, &args.physics)?;
    let listed = load_steps(&args.steps, &file).map_err(Failure::input)?;
    let steps: Vec<StepToVet> = listed.iter().map(|s| step_to_vet(s, &file)).collect();
    let physics = Physics::open(&args.physics)?;
    physics.warn_of(&file.workcell);
    Physics::warn_of_gripper(&file);
    let planner = physics.planner(file.planner, args.physics.seed);
    let max_risk = file.workcell.safety.max_risk;
    let stands = check_stands(&file.workcell, args.physics.seed);
    let stands = stands.map_err(PlanError::from);
    let judged = match stands.and_then(|()| vet(&planner, &file.workcell, &steps)) {
        Ok(judged) => judged,
        Err(PlanError::Dynamics(why @ DynamicsError::DoesNotStand { .. })) => {
            if args.physics.json {
                let asked = physics.asked(&file, args.physics.seed);
                print::json(&VetReport::refused(asked, max_risk, why.to_string()))?;
            } else {
                print::text(&format!("{}: {why}\n", file.name))?;
            }
            return Ok(Exit::NotSafe);
        }
        Err(why) => return Err(super::plan::failed(&why)),
    };
    let is_safe = judged.iter().all(|j| j.verdict == Verdict::Safe);
    let repaired = if args.repair && !is_safe {
        let misjudged = judged.iter().zip(&steps).filter(|(j, _)| j.misjudged);
        let misjudged: Vec<String> = misjudged.map(|(_, step)| step.box_id.clone()).collect();
        match repair(&planner, &file.workcell, &steps, &misjudged) {
            Ok(plan) => Some(plan),
            // The search met a scene that does not stand, or that no engine holds: the steps are judged all the same.
            Err(PlanError::Dynamics(why)) if why.is_dead_end() => {
                Some(Plan::refused(why.to_string()))
            }
            Err(why) => return Err(super::plan::failed(&why)),
        }
    } else {
        None
    };
    let asked = physics.asked(&file, args.physics.seed);
    let safe_repair = repaired.as_ref().filter(|p| p.verdict == Verdict::Safe);
    let in_full =
        safe_repair.map(|plan| PlanReport::new(asked.clone(), &file.workcell, plan, None));
    let report = VetReport::new(asked, max_risk, (&steps, &judged), in_full);
    if args.physics.json {
        print::json(&report)?;
    } else {
        print::text(&in_words(&file, &listed, &report, repaired.as_ref()))?;
    }
    Ok(if is_safe { Exit::Done } else { Exit::NotSafe })
}

fn step_to_vet(step: &Step, file: &TaskFile) -> StepToVet {
    let (box_index, target) = match step.action {
        StepAction::Remove { box_index } => (box_index, None),
        StepAction::Place { box_index, target } => (box_index, Some(target)),
    };
    let grippers = file.workcell.robot.grippers.iter().enumerate();
    let filter = step.by.map_or_else(GraspFilter::default, |by| GraspFilter {
        grippers: grippers
            .filter(|(_, g)| GripperKind::of(g) == by.gripper)
            .map(|(i, _)| i)
            .collect(),
        face: Some(by.face),
    });
    StepToVet {
        box_id: file.workcell.scene.boxes[box_index].id.clone(),
        target,
        filter,
    }
}

fn in_words(
    file: &TaskFile,
    listed: &[Step],
    report: &VetReport,
    repaired: Option<&Plan>,
) -> String {
    let mut out = String::new();
    let verdict = match report.first_unsafe {
        None => "every step is safe".to_owned(),
        Some(first) => format!("step {} is not safe", first + 1),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{}: {verdict} (a step's bound may be {})\n",
        file.name,
        percent(file.workcell.safety.max_risk)
    );
    let width = id_width(report.steps.iter().map(|s| s.box_id.as_str()));
    let _ = writeln!(
        out,
        "  #  line  do      {:width$}  risk    bound   check",
        "box"
    );
    for (step, listed) in report.steps.iter().zip(listed) {
        let _ = writeln!(
            out,
            "  {:<2} {:<5} {:7} {:width$}  {:6}  {:6}  {:7}  {}: {}",
            step.index + 1,
            listed.line,
            step.action,
            step.box_id,
            percent(step.risk),
            percent(step.risk_bound),
            checked_in_words(step.verified_risk, step.verified_draws),
            step.verdict,
            step.why
        );
    }
    match repaired {
        None => {}
        Some(plan) if plan.verdict == Verdict::Safe => {
            let order: Vec<String> = plan
                .steps
                .iter()
                .map(|s| format!("{} {}", s.step.action.name(), s.step.box_id))
                .collect();
            let _ = writeln!(
                out,
                "\na safe plan with the same effect: {}",
                order.join(", ")
            );
        }
        Some(plan) => {
            let why = plan.reason.as_deref().unwrap_or("none was found");
            let _ = writeln!(out, "\nno safe plan with the same effect was found: {why}");
        }
    }
    out
}
