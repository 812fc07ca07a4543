//! What `topple plan` says to a person.
//!
//! Owns the words for plans, steps, advice, rejections and executions. Computes nothing: what it tells is in
//! the report already.

use std::fmt::Write;

use super::print::id_width;
use crate::plan::report::{ExecutedReport, GraspReport, PlanReport};
use crate::plan::{Advice, Execution, Goal, Plan, PlannedStep, Reply, Verdict, off_target};
use crate::replay::look::percent;
use crate::sandbox::SandboxDynamics;
use crate::scene::task::{GripperKind, TaskFile};
use crate::scene::{Gripper, Safety};

/// The goal, and where it puts something.
fn goal_in_words(goal: &Goal) -> String {
    let what = goal.in_words();
    match goal {
        Goal::Move { target, .. } => {
            let at = target.translation.vector;
            format!("{what} to ({:.3}, {:.3}, {:.3})", at.x, at.y, at.z)
        }
        Goal::Retrieve { .. } | Goal::Clear { .. } => what,
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
        Verdict::Safe if plan.steps.is_empty() => {
            format!("nothing is left to do{}", sight_in_words(goal, file))
        }
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
        "{}{} ({}); imagined by {} {}",
        if plan.steps.len() > 1 {
            "all steps: "
        } else {
            ""
        },
        risk_in_words(&report.dynamics, plan.risk, plan.risk_bound),
        limits_in_words(safety),
        report.model.name,
        report.model.hash.get(..12).unwrap_or(&report.model.hash),
    );
    let grippers = &file.workcell.robot.grippers;
    steps_in_words(&mut out, plan, report, grippers);
    if let Some(reason) = &plan.reason {
        let _ = writeln!(out, "\nwhy: {reason}");
    }
    if !plan.remedies.is_empty() {
        let _ = writeln!(out, "in the way:");
        for remedy in &plan.remedies {
            let _ = writeln!(out, "  - {remedy}");
        }
    }
    advice_in_words(&mut out, &report.advice);
    rejected_in_words(&mut out, report, grippers);
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

/// How far a box that need not be moved is seen from where it shall stand.
fn sight_in_words(goal: &Goal, file: &TaskFile) -> String {
    let off = match goal {
        Goal::Move { box_id, target } => off_target(&file.workcell.scene, box_id, target),
        Goal::Retrieve { .. } | Goal::Clear { .. } => None,
    };
    off.map_or_else(String::new, |(way_m, turn_rad)| {
        format!(
            ", it is seen {:.1} mm and {:.1} degrees from its target",
            1e3 * way_m,
            turn_rad.to_degrees()
        )
    })
}

/// What one step may have, and all of them where that is limited.
fn limits_in_words(safety: &Safety) -> String {
    let step = format!("a step may have {}", percent(safety.max_risk));
    match safety.max_plan_risk {
        Some(all) => format!("{step}, all together {}", percent(all)),
        None => step,
    }
}

/// A risk with its bound; what the sandbox counts is a share of draws, which bounds nothing.
pub(super) fn risk_in_words(dynamics: &str, risk: f64, bound: f64) -> String {
    if dynamics == SandboxDynamics::NAME {
        return format!("risk {}, counted in draws and not bounded", percent(risk));
    }
    format!("risk {}, bound {}", percent(risk), percent(bound))
}

/// The kind of gripper, and which of the task's it is where there are several of that kind.
fn gripper_in_words(grasp: &GraspReport, grippers: &[Gripper]) -> String {
    let alike = |g: &&Gripper| GripperKind::of(g).name() == grasp.gripper;
    match grippers.iter().filter(alike).count() {
        0 | 1 => grasp.gripper.to_owned(),
        _ => format!("{} [{}]", grasp.gripper, grasp.gripper_index),
    }
}

fn steps_in_words(out: &mut String, plan: &Plan, report: &PlanReport, grippers: &[Gripper]) {
    if plan.steps.is_empty() {
        return;
    }
    let width = id_width(report.steps.iter().map(|s| s.box_id.as_str()));
    let _ = writeln!(
        out,
        "\n  #  do      {:width$}  by                  lift               risk    bound   check   closest to",
        "box"
    );
    for (i, (planned, step)) in plan.steps.iter().zip(&report.steps).enumerate() {
        let by = format!(
            "{}, {}",
            gripper_in_words(&step.grasp, grippers),
            step.grasp.face
        );
        let closest = match step.closest.boxes.as_slice() {
            // Of draws none may have come near to anything.
            _ if step.closest.probability == 0.0 => "none".to_owned(),
            [] => step.closest.accident.name().to_owned(),
            [held] if *held == step.box_id => step.closest.accident.name().to_owned(),
            boxes => format!("{} of {}", step.closest.accident.name(), boxes.join(", ")),
        };
        let _ = writeln!(
            out,
            "  {:<2} {:7} {:width$}  {by:18}  {:17}  {:6}  {:6}  {:6}  {closest}",
            i + 1,
            step.action,
            step.box_id,
            lift_in_words(planned),
            percent(step.risk),
            percent(step.risk_bound),
            checked_in_words(step.verified_risk, step.verified_draws),
        );
    }
}

/// Of how many draws how many went wrong; a dash where none were asked.
pub(super) fn checked_in_words(share: Option<f64>, draws: usize) -> String {
    share.map_or_else(
        || "-".to_owned(),
        |share| format!("{:.0} of {draws}", share * draws as f64),
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

fn rejected_in_words(out: &mut String, report: &PlanReport, grippers: &[Gripper]) {
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
            r.box_id,
            gripper_in_words(&r.grasp, grippers),
            r.grasp.face,
            r.reason
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
        if order.is_empty() {
            "no step".to_owned()
        } else {
            order.join(", ")
        },
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
                "  step {} at {:.2} s: `{}` was {} from where it was imagined: {}",
                index + 1,
                s.t,
                s.box_id,
                s.off,
                reply_in_words(&s.reply)
            );
        }
    }
    for placed in &executed.placed {
        let _ = writeln!(
            out,
            "  `{}` stands {:.1} mm and {:.1} degrees from its target",
            placed.box_id,
            1e3 * placed.off_m,
            placed.off_deg
        );
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
                "judged again, {} and no way on is within the limits; the hand stopped",
                of(risk)
            )
        }
        Reply::StoppedFarOff => "too far; the hand stopped".to_owned(),
        Reply::StoppedUnderWay => "it is moving; the hand stopped".to_owned(),
    }
}
