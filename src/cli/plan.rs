//! `topple plan`: choose grasps and motions, and carry them out if asked to.
//!
//! Owns the flags, the way from a task file to a plan, and how it ends; the words are [`super::plan_text`]'s.

use std::path::{Path, PathBuf};

use clap::Args;

use super::overwrite::{is_stdout, refuse_beside_json, refuse_model, refuse_no_place, refuse_task};
use super::physics::{Physics, PhysicsArgs, check_stands, load_task, plant};
use super::plan_text::in_words;
use super::waiting::Waiting;
use super::{Exit, Failure, Outcome, print};
use crate::dynamics::DynamicsError;
use crate::files::write_whole;
use crate::plan::report::PlanReport;
use crate::plan::{
    Advice, ExecuteError, Execution, Goal, Plan, PlanError, Planner, Verdict, advise, execute,
    moveit,
};
use crate::scene::Workcell;
use crate::scene::task::{Task, TaskFile};

/// Choose grasps and motions that bring nothing else down, or say that there are none.
///
/// Exit code 0: there is a safe plan. 3: there is none, and the reasons are printed. 1: with
/// --execute, it was carried out and something went wrong, or it stopped early.
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// The task file.
    pub task: PathBuf,
    /// Carry the plan out in the sandbox, looking at every stride and planning again after every step.
    #[arg(long)]
    pub execute: bool,
    /// Where there is no safe plan, don't ask what would make one possible: that costs several more searches.
    #[arg(long)]
    pub no_advice: bool,
    /// Write the chosen grasps here, in the fields of moveit_msgs/Grasp (YAML); an empty list if
    /// nothing is safe, or nothing is left to do.
    #[arg(long, value_name = "FILE")]
    pub moveit: Option<PathBuf>,
    /// Physics and output.
    #[command(flatten)]
    pub physics: PhysicsArgs,
}

/// A plan in a scene that stands by itself; what looking cost is part of its time.
fn checked_plan(
    planner: &Planner<'_>,
    workcell: &Workcell,
    goal: &Goal,
) -> Result<Plan, PlanError> {
    let start = std::time::Instant::now();
    check_stands(workcell, planner.seed)?;
    let looking = 1e3 * start.elapsed().as_secs_f64();
    let mut plan = planner.plan(workcell, goal)?;
    plan.timing.verify += looking;
    plan.timing.total += looking;
    Ok(plan)
}

/// Plans, and prints the plan.
///
/// # Errors
/// On bad input, or when the physics fails. What was planned before is printed all the same.
pub fn run(args: &PlanArgs) -> Outcome {
    let file = load_task(&args.task, &args.physics)?;
    if let Some(path) = &args.moveit {
        refuse_task(path, "--moveit", &file)?;
        refuse_model(path, "--moveit", args.physics.model.as_deref())?;
        refuse_no_place(path, "--moveit")?;
        refuse_beside_json(path, "--moveit", args.physics.json)?;
    }
    // Asked before it is replaced, which a file that stdout was turned to may be.
    let is_stdout_taken = args.moveit.as_deref().is_some_and(is_stdout);
    let goal = goal(&file)?;
    let physics = Physics::open(&args.physics)?;
    physics.warn_of(&file.workcell);
    Physics::warn_of_gripper(&file);
    let planner = physics.planner(file.planner, args.physics.seed);
    let (plan, advice) = plan_or_advice(args, &planner, &file.workcell, &goal)?;
    // What was planned is told, also where it can be neither written nor carried out.
    let written = match &args.moveit {
        Some(path) => write_moveit(path, &file, &plan),
        None => Ok(()),
    };
    let executed = match args.execute && plan.verdict == Verdict::Safe {
        true => carried_out(&planner, &file.workcell, &goal, &plan).map(Some),
        false => Ok(None),
    };
    let execution = executed.as_ref().ok().and_then(Option::as_ref);
    let asked = physics.asked(&file, args.physics.seed);
    let report = PlanReport {
        advice,
        ..PlanReport::new(asked, &file.workcell, &plan, execution)
    };
    let words = || in_words(&file, &goal, &plan, &report, execution);
    if args.physics.json {
        print::json(&report)?;
    } else if is_stdout_taken {
        print::aside(&words());
    } else {
        print::text(&words())?;
    }
    let execution = match (written, executed) {
        // A command ends with one failure; the other is said before it.
        (Err(unwritten), Err(why)) => {
            print::note(format!("{unwritten:?}"));
            return Err(why);
        }
        (written, executed) => written.and(executed)?,
    };
    Ok(match (plan.verdict, execution) {
        (Verdict::NoSafePlan, _) => Exit::NotSafe,
        (Verdict::Safe, Some(done)) if !done.is_success() => Exit::Accident,
        (Verdict::Safe, _) => Exit::Done,
    })
}

/// A plan, or a refusal and what would help.
fn plan_or_advice(
    args: &PlanArgs,
    planner: &Planner<'_>,
    workcell: &Workcell,
    goal: &Goal,
) -> Result<(Plan, Vec<Advice>), Failure> {
    let waiting = Waiting::new("planning");
    match checked_plan(planner, workcell, goal) {
        Ok(plan) if args.no_advice => Ok((plan, Vec::new())),
        Ok(plan) => Ok(advised(planner, workcell, goal, plan, &waiting)),
        Err(PlanError::Dynamics(DynamicsError::DoesNotStand { reason })) => {
            let reason = format!("the scene does not stand by itself: {reason}");
            Ok((Plan::refused(reason), Vec::new()))
        }
        Err(why) => Err(failed(&why)),
    }
}

/// What comes of `plan` in one draw of the belief.
fn carried_out(
    planner: &Planner<'_>,
    workcell: &Workcell,
    goal: &Goal,
    plan: &Plan,
) -> Result<Execution, Failure> {
    let mut plant = plant(workcell, planner.seed)?;
    execute(planner, &mut plant, goal, plan).map_err(|why| could_not_execute(&why))
}

/// `plan`, and where it is a refusal what would make one possible, with the time that asking took.
fn advised(
    planner: &Planner<'_>,
    workcell: &Workcell,
    goal: &Goal,
    mut plan: Plan,
    waiting: &Waiting,
) -> (Plan, Vec<Advice>) {
    let start = std::time::Instant::now();
    let asks = |what: &str| waiting.now(format!("no safe plan; asking what would help: {what}"));
    match advise(planner, workcell, goal, &plan, asks) {
        Ok(advice) => {
            if !advice.is_empty() {
                plan.timing.advise = 1e3 * start.elapsed().as_secs_f64();
            }
            (plan, advice)
        }
        // The refusal is an answer by itself.
        Err(why) => {
            print::note(format!("what would help could not be asked: {why}"));
            (plan, Vec::new())
        }
    }
}

/// Writes the plan's grasps for MoveIt, whole or not at all.
fn write_moveit(path: &Path, file: &TaskFile, plan: &Plan) -> Result<(), Failure> {
    let refused = |why: &dyn std::fmt::Display| {
        Failure::failed_message(
            format!("cannot write the grasps to {}: {why}", path.display()),
            "Name a file in a folder that can be written, with --moveit FILE.",
        )
    };
    let text = moveit::to_yaml(&file.name, &file.workcell, plan).map_err(|e| refused(&e))?;
    write_whole(path, text.as_bytes()).map_err(|e| refused(&e))
}

/// What the task asks for, by ids.
///
/// # Errors
/// When the file only has a scene.
fn goal(file: &TaskFile) -> Result<Goal, Failure> {
    let id = |index: usize| file.workcell.scene.boxes[index].id.clone();
    match &file.task {
        Some(Task::Retrieve { box_index }) => Ok(Goal::Retrieve {
            box_id: id(*box_index),
        }),
        Some(Task::Clear { boxes }) => Ok(Goal::Clear {
            box_ids: boxes.iter().map(|i| id(*i)).collect(),
        }),
        Some(Task::Move { box_index, target }) => Ok(Goal::Move {
            box_id: id(*box_index),
            target: *target,
        }),
        None => Err(Failure::input_message(
            format!(
                "{} says what stands there, but not what to do",
                file.path.display()
            ),
            "Add a line such as `task: {kind: retrieve, box: ID}`.",
        )),
    }
}

pub(super) fn failed(why: &PlanError) -> Failure {
    match why {
        PlanError::NoSuchBox(_) => {
            Failure::input_message(why, "`topple inspect TASK.yaml` lists the boxes.")
        }
        PlanError::Dynamics(DynamicsError::Simulation(_)) => Failure::failed_message(
            format!("planning failed: {why}"),
            "Another --seed draws other worlds; sizes and masses far apart are what an engine fails on.",
        ),
        PlanError::Dynamics(_) => Failure::failed_message(
            format!("planning failed: {why}"),
            "Try --dynamics sandbox, which needs no world model.",
        ),
    }
}

fn could_not_execute(why: &ExecuteError) -> Failure {
    match why {
        ExecuteError::Plan(why) => failed(why),
        ExecuteError::Plant(why) => {
            Failure::failed_message(why, "Another --seed draws another world.")
        }
    }
}
