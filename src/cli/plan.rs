//! `topple plan`: choose grasps and motions, and carry them out if asked to.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::physics::{Physics, PhysicsArgs, check_stands, load_task, plant};
use super::print::{self, percent};
use super::{Exit, Failure, Outcome};
use crate::dynamics::DynamicsError;
use crate::plan::report::{Asked, ExecutedReport, PlanReport};
use crate::plan::{
    Advice, ExecuteError, Execution, Goal, Plan, PlanError, PlannedStep, Planner, Reply, Verdict,
    advise, execute, moveit,
};
use crate::replay::export::write_whole;
use crate::scene::Workcell;
use crate::scene::task::{Task, TaskFile};

/// Choose grasps and motions that bring nothing else down, or say that there are none.
///
/// Exit code 0: there is a safe plan. 3: there is none, and the reasons are printed. 1: with
/// --execute, it was carried out and something went wrong.
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// The task file.
    pub task: PathBuf,
    /// Carry the plan out in the sandbox, looking at every stride and planning again after every step.
    #[arg(long)]
    pub execute: bool,
    /// Write the chosen grasps here, in the fields of moveit_msgs/Grasp (YAML); an empty list if
    /// nothing is safe.
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
/// On bad input, or when the physics fails.
pub fn run(args: &PlanArgs) -> Outcome {
    let file = load_task(&args.task, &args.physics)?;
    let goal = goal(&file)?;
    let physics = Physics::open(&args.physics)?;
    let planner = physics.planner(file.planner, args.physics.seed);
    let (plan, advice) = match checked_plan(&planner, &file.workcell, &goal) {
        Ok(plan) => advised(&planner, &file.workcell, &goal, plan)?,
        Err(PlanError::Dynamics(DynamicsError::DoesNotStand { reason })) => (
            refused(format!("the scene does not stand by itself: {reason}")),
            Vec::new(),
        ),
        Err(why) => return Err(failed(&why)),
    };
    if let Some(path) = &args.moveit {
        write_moveit(path, &file, &plan)?;
    }
    let execution = if args.execute && plan.verdict == Verdict::Safe {
        let mut plant = plant(&file.workcell, args.physics.seed)?;
        let done = execute(&planner, &mut plant, &goal, &plan);
        Some(done.map_err(|why| could_not_execute(&why))?)
    } else {
        None
    };
    let asked = Asked {
        task: file.name.clone(),
        seed: args.physics.seed,
        dynamics: physics.dynamics.name().to_owned(),
        model: physics.model.clone(),
    };
    let report = PlanReport {
        advice,
        ..PlanReport::new(asked, &file.workcell, &plan, execution.as_ref())
    };
    if args.physics.json {
        print::json(&report)?;
    } else {
        print::text(&in_words(&file, &goal, &plan, &report, execution.as_ref()))?;
    }
    Ok(match (plan.verdict, execution) {
        (Verdict::NoSafePlan, _) => Exit::NotSafe,
        (Verdict::Safe, Some(done)) if !done.is_success() => Exit::Accident,
        (Verdict::Safe, _) => Exit::Done,
    })
}

/// `plan`, and where it is a refusal what would make one possible, with the time that asking took.
fn advised(
    planner: &Planner<'_>,
    workcell: &Workcell,
    goal: &Goal,
    mut plan: Plan,
) -> Result<(Plan, Vec<Advice>), Failure> {
    let start = std::time::Instant::now();
    match advise(planner, workcell, goal, &plan) {
        Ok(advice) => {
            if !advice.is_empty() {
                plan.timing.advise = 1e3 * start.elapsed().as_secs_f64();
            }
            Ok((plan, advice))
        }
        // The shield met a scene that does not stand: the refusal itself says enough.
        Err(PlanError::Dynamics(DynamicsError::DoesNotStand { .. })) => Ok((plan, Vec::new())),
        Err(why) => Err(failed(&why)),
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

/// A plan that is refused before any search.
fn refused(reason: String) -> Plan {
    Plan {
        verdict: Verdict::NoSafePlan,
        reason: Some(reason),
        remedies: Vec::new(),
        steps: Vec::new(),
        risk: 1.0,
        risk_bound: 1.0,
        rejected: Vec::new(),
        least_risky: None,
        timing: Default::default(),
    }
}

pub(super) fn failed(why: &PlanError) -> Failure {
    match why {
        PlanError::NoSuchBox(_) => {
            Failure::input_message(why, "`topple inspect TASK.yaml` lists the boxes.")
        }
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

fn goal_in_words(goal: &Goal) -> String {
    match goal {
        Goal::Retrieve { box_id } => format!("retrieve `{box_id}`"),
        Goal::Clear { box_ids } if box_ids.len() == 1 => format!("clear `{}`", box_ids[0]),
        Goal::Clear { box_ids } => format!("clear {} boxes", box_ids.len()),
        Goal::Move { box_id, target } => {
            let at = target.translation.vector;
            format!("move `{box_id}` to ({:.2}, {:.2}, {:.2})", at.x, at.y, at.z)
        }
    }
}

/// What a person wants to read.
pub(super) fn in_words(
    file: &TaskFile,
    goal: &Goal,
    plan: &Plan,
    report: &PlanReport,
    execution: Option<&Execution>,
) -> String {
    let mut out = String::new();
    let safety = &file.workcell.safety;
    let head = match plan.verdict {
        Verdict::Safe => format!(
            "safe in {} step{}",
            plan.steps.len(),
            if plan.steps.len() == 1 { "" } else { "s" }
        ),
        Verdict::NoSafePlan => "no safe plan".to_owned(),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}: {}: {head}", file.name, goal_in_words(goal));
    let _ = writeln!(
        out,
        "risk {}, bound {} (a step may have {}); imagined by {} {}",
        percent(plan.risk),
        percent(plan.risk_bound),
        percent(safety.max_risk),
        report.model.name,
        report.model.hash.get(..12).unwrap_or(&report.model.hash),
    );
    steps_in_words(&mut out, plan, report);
    if let Some(reason) = &plan.reason {
        let _ = writeln!(out, "\nwhy: {reason}");
    }
    if !plan.remedies.is_empty() {
        let _ = writeln!(out, "what would help:");
        for remedy in &plan.remedies {
            let _ = writeln!(out, "  - {remedy}");
        }
    }
    advice_in_words(&mut out, &report.advice);
    rejected_in_words(&mut out, report);
    if let (Some(executed), Some(execution)) = (&report.executed, execution) {
        executed_in_words(&mut out, executed, execution);
    }
    let t = &report.timing_ms;
    let _ = writeln!(
        out,
        "\nplanned in {:.0} ms (propose {:.0}, screen {:.0}, imagine {:.0}, verify {:.0})",
        t.total, t.propose, t.screen, t.imagine, t.verify
    );
    if !report.advice.is_empty() {
        let _ = writeln!(out, "asked what would help in {:.0} ms", t.advise);
    }
    if execution.is_some() {
        let _ = writeln!(out, "planned again while executing in {:.0} ms", t.replan);
    }
    out
}

fn steps_in_words(out: &mut String, plan: &Plan, report: &PlanReport) {
    if plan.steps.is_empty() {
        return;
    }
    let width = report
        .steps
        .iter()
        .map(|s| s.box_id.len())
        .max()
        .unwrap_or(3)
        .max(3);
    let _ = writeln!(
        out,
        "\n  #  do      {:width$}  by                  lift            risk    bound   check   closest to",
        "box"
    );
    for (i, (planned, step)) in plan.steps.iter().zip(&report.steps).enumerate() {
        let by = format!("{}, {}", step.grasp.gripper, step.grasp.face);
        let closest = match step.closest.boxes.as_slice() {
            [] => step.closest.accident.name().to_owned(),
            boxes => format!("{} of {}", step.closest.accident.name(), boxes.join(", ")),
        };
        let _ = writeln!(
            out,
            "  {:<2} {:7} {:width$}  {by:18}  {:14}  {:6}  {:6}  {:6}  {closest}",
            i + 1,
            step.action,
            step.box_id,
            lift_in_words(planned),
            percent(step.risk),
            percent(step.risk_bound),
            checked_in_words(planned),
        );
    }
}

/// Of how many draws how many went wrong.
fn checked_in_words(planned: &PlannedStep) -> String {
    planned.shield.map_or_else(
        || "-".to_owned(),
        |seen| format!("{:.0} of {}", seen.accidents, seen.draws),
    )
}

/// The first leg's heading and the speed.
fn lift_in_words(planned: &PlannedStep) -> String {
    let lift = &planned.step.lift;
    let level = lift.first.xy().norm();
    let way = if level < 0.2 * lift.first.z {
        "up"
    } else if level > 3.0 * lift.first.z {
        "outwards"
    } else {
        "leaning"
    };
    format!("{way} {:.2} m/s", lift.speed)
}

/// What was asked about and would help, then what would not.
fn advice_in_words(out: &mut String, advice: &[Advice]) {
    let (helps, does_not): (Vec<&Advice>, Vec<&Advice>) = advice.iter().partition(|a| a.possible);
    for (head, of_kind) in [
        ("asked, and found to help:", helps),
        ("asked, and found not to help:", does_not),
    ] {
        if !of_kind.is_empty() {
            let _ = writeln!(out, "{head}");
        }
        for advice in of_kind {
            let _ = writeln!(out, "  - {}", advice.sentence);
        }
    }
}

fn rejected_in_words(out: &mut String, report: &PlanReport) {
    /// More than this is for `--json`.
    const SHOWN: usize = 10;
    if report.rejected.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nturned down, the best of each reason:");
    for r in report.rejected.iter().take(SHOWN) {
        let _ = writeln!(
            out,
            "  {} by {}, {}: {}",
            r.box_id, r.grasp.gripper, r.grasp.face, r.reason
        );
    }
    if report.rejected.len() > SHOWN {
        let _ = writeln!(
            out,
            "  and {} more with --json",
            report.rejected.len() - SHOWN
        );
    }
}

fn executed_in_words(out: &mut String, executed: &ExecutedReport, execution: &Execution) {
    let order: Vec<&str> = execution
        .steps
        .iter()
        .map(|s| s.planned.step.box_id.as_str())
        .collect();
    let _ = writeln!(
        out,
        "\nexecuted in the sandbox ({}): {}",
        order.join(", "),
        executed.end
    );
    for a in &executed.accidents {
        let _ = writeln!(
            out,
            "  {} of `{}` in step {} at {:.2} s",
            a.kind.name(),
            a.box_id,
            a.step + 1,
            a.t
        );
    }
    for (index, step) in execution.steps.iter().enumerate() {
        for s in &step.surprises {
            let _ = writeln!(
                out,
                "  step {} at {:.2} s: `{}` was {:.3} m from where it was imagined: {}",
                index + 1,
                s.t,
                s.box_id,
                s.off_m,
                reply_in_words(&s.reply)
            );
        }
    }
    let _ = writeln!(
        out,
        "  boxes not held moved {:.3} m in all, {:.2} m/s at most",
        executed.path_length, executed.peak_speed
    );
}

fn reply_in_words(reply: &Reply) -> String {
    let of = |risk: &Option<f64>| {
        risk.map_or_else(
            || "nothing can be told of going on".to_owned(),
            |risk| format!("risk of going on {risk:.3}"),
        )
    };
    match reply {
        Reply::CarriedOn { risk } => format!("judged again, still safe (risk {risk:.3})"),
        Reply::ChangedWay { risk, other_risk } => {
            format!(
                "judged again, {}; went another way (risk {other_risk:.3})",
                of(risk)
            )
        }
        Reply::StoppedNoWay { risk } => {
            format!(
                "judged again, {} and no other way is safe; the hand stopped",
                of(risk)
            )
        }
        Reply::StoppedFarOff => "too far; the hand stopped".to_owned(),
        Reply::StoppedUnderWay => "it is moving; the hand stopped".to_owned(),
    }
}
