//! The planner in the sandbox, beside a simulating planner and policies without physics.
//!
//! Owns the report of `eval planner` (design, section 7) and the stored deeds of the slow
//! reference. A task is solvable when the reference's plan ends with no accident in 32 draws.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::contest::{Contestant, Deed, REFERENCE_VERSION, Ring};
use super::reference::{ReferenceError, write_json};
use super::tasks::{PlannerSuite, PlannerTask};
use crate::model::metrics::{newcombe, wilson};
use crate::rollout::AccidentKind;
use crate::sandbox::SANDBOX_VERSION;

/// Milliseconds at two quantiles.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
}

/// A planner's figures over a set of tasks.
#[derive(Clone, Debug, Serialize)]
pub struct PlannerFigures {
    /// Tasks in the set.
    pub n: usize,
    /// Share of the solvable tasks that it solved.
    pub success: Option<f64>,
    /// Share of the solvable tasks in which something went wrong.
    pub accident_rate: Option<f64>,
    /// Wilson's interval of it.
    pub accident_ci: (f64, f64),
    /// That rate less the reference's on the same tasks, its 95 % interval; of the whole suite alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_sandbox_ci: Option<(f64, f64)>,
    /// Share of its steps in which something went wrong, over all tasks.
    pub step_accident_rate: Option<f64>,
    /// Solvable tasks with an accident of each kind.
    pub accidents: BTreeMap<&'static str, usize>,
    /// Share of the tasks that are not solvable that it refused.
    pub refused_right: Option<f64>,
    /// Share of the tasks that are not solvable that it did without an accident: the reference looks at no more than
    /// its budget allows, so a task that it has no plan for may have a safe one.
    pub done_beyond: Option<f64>,
    /// Share of the solvable tasks that it refused.
    pub refused_wrong: Option<f64>,
    /// Mean of the risk that it predicted of its plans.
    pub predicted_risk: Option<f64>,
    /// Mean over solvable tasks, m.
    pub path_length_m: Option<f64>,
    /// Mean over solvable tasks, m/s.
    pub peak_speed_m_s: Option<f64>,
    /// Planning, all replanning included, over all tasks.
    pub latency_ms: Option<Latency>,
    /// The same by split.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_split: BTreeMap<&'static str, PlannerFigures>,
    /// The same by kind of task.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_kind: BTreeMap<&'static str, PlannerFigures>,
}

/// A suite's figures.
#[derive(Clone, Debug, Serialize)]
pub struct SuiteReport {
    /// Tasks.
    pub n: usize,
    /// Of these, how many the reference solves with no accident in 32 draws.
    pub solvable: usize,
    /// Episodes that `sandbox_equal_time` may simulate for a plan.
    pub equal_time_episodes: usize,
    /// By planner.
    pub planners: BTreeMap<&'static str, PlannerFigures>,
}

/// Stored deeds of the reference.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredDeeds {
    sandbox_version: u32,
    reference_version: u32,
    tasks: Vec<String>,
    deeds: Vec<Deed>,
}

/// The reference's deeds: read from `dir` as far as they are stored there, done and stored where not.
///
/// # Errors
/// When a planner or the sandbox fails, the file cannot be written, or `stop` is set.
pub fn reference_deeds(
    dir: &Path,
    suite: PlannerSuite,
    seed: u64,
    tasks: &[PlannerTask],
    ring: &Ring,
    stop: &AtomicBool,
    progress: impl Fn() + Sync,
) -> Result<Vec<Deed>, ContestError> {
    let path = dir.join(format!("sandbox-{}-{seed}.json", suite.name()));
    let hashes: Vec<String> = tasks.iter().map(task_hash).collect();
    let mut stored = read(&path).unwrap_or(StoredDeeds {
        sandbox_version: SANDBOX_VERSION,
        reference_version: REFERENCE_VERSION,
        tasks: Vec::new(),
        deeds: Vec::new(),
    });
    let known = hashes
        .iter()
        .zip(&stored.tasks)
        .take_while(|(a, b)| a == b)
        .count();
    if known < tasks.len() {
        stored.tasks.truncate(known);
        stored.deeds.truncate(known);
        // Stored every few tasks: an interruption costs minutes, not hours.
        for (some, names) in tasks[known..].chunks(16).zip(hashes[known..].chunks(16)) {
            let deeds = deeds_of(
                ring,
                Contestant::Sandbox,
                some,
                Turns::Together,
                stop,
                &progress,
            )?;
            stored.deeds.extend(deeds);
            stored.tasks.extend_from_slice(names);
            write_json(&path, &stored).map_err(|error| ReferenceError::Write {
                path: path.clone(),
                error,
            })?;
        }
    }
    stored.deeds.truncate(tasks.len());
    Ok(stored.deeds)
}

/// Why a contest was not held to its end.
#[derive(Debug, thiserror::Error)]
pub enum ContestError {
    /// The stored reference.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A planner or the sandbox failed.
    #[error("{planner} failed: {reason}")]
    Failed {
        /// Who.
        planner: &'static str,
        /// What was said.
        reason: String,
    },
}

/// Whether tasks share the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// In parallel.
    Together,
    /// One after the other, so that the time of each is its own.
    InTurn,
}

/// What `who` makes of each task.
///
/// # Errors
/// When a planner or the sandbox fails, or `stop` is set.
pub fn deeds_of(
    ring: &Ring,
    who: Contestant,
    tasks: &[PlannerTask],
    turns: Turns,
    stop: &AtomicBool,
    progress: impl Fn() + Sync,
) -> Result<Vec<Deed>, ContestError> {
    let act = |task| deed(ring, who, task, stop, &progress);
    match turns {
        Turns::Together => tasks.par_iter().map(act).collect(),
        Turns::InTurn => tasks.iter().map(act).collect(),
    }
}

fn deed(
    ring: &Ring,
    who: Contestant,
    task: &PlannerTask,
    stop: &AtomicBool,
    progress: &impl Fn(),
) -> Result<Deed, ContestError> {
    if stop.load(Ordering::Relaxed) {
        return Err(ReferenceError::Interrupted.into());
    }
    let deed = ring.act(who, task).map_err(|reason| ContestError::Failed {
        planner: who.name(),
        reason,
    })?;
    progress();
    Ok(deed)
}

fn task_hash(task: &PlannerTask) -> String {
    let digest = Sha256::digest(format!("{task:?}"));
    digest[..8].iter().map(|b| format!("{b:02x}")).collect()
}

fn read(path: &PathBuf) -> Option<StoredDeeds> {
    let text = std::fs::read_to_string(path).ok()?;
    let stored: StoredDeeds = serde_json::from_str(&text).ok()?;
    let versions = (stored.sandbox_version, stored.reference_version);
    (versions == (SANDBOX_VERSION, REFERENCE_VERSION) && stored.tasks.len() == stored.deeds.len())
        .then_some(stored)
}

/// The figures of a suite; `deeds` holds each contestant's, in the tasks' order.
pub fn report(
    tasks: &[PlannerTask],
    reference: &[Deed],
    deeds: &[(Contestant, Vec<Deed>)],
    equal_time_episodes: usize,
) -> SuiteReport {
    let solvable: Vec<bool> = reference.iter().map(is_solved).collect();
    let planners = deeds
        .iter()
        .map(|(who, deeds)| {
            let entries: Vec<Entry> = tasks
                .iter()
                .zip(deeds)
                .zip(&solvable)
                .map(|((task, deed), &solvable)| Entry {
                    task,
                    deed,
                    solvable,
                })
                .collect();
            let mut figures = broken_down(&entries);
            figures.above_sandbox_ci = Some(above(deeds, reference, &solvable));
            (who.name(), figures)
        })
        .collect();
    SuiteReport {
        n: tasks.len(),
        solvable: solvable.iter().filter(|s| **s).count(),
        equal_time_episodes,
        planners,
    }
}

/// Accidents of one planner less those of another on the solvable tasks: the 95 % interval.
fn above(deeds: &[Deed], reference: &[Deed], solvable: &[bool]) -> (f64, f64) {
    let n = solvable.iter().filter(|s| **s).count();
    let wrong = |deeds: &[Deed]| {
        let pairs = deeds.iter().zip(solvable);
        pairs.filter(|(d, can)| **can && d.went_wrong()).count()
    };
    newcombe((wrong(deeds), n), (wrong(reference), n))
}

/// Solvable: the reference has a plan, which it only does when none of its 32 draws went wrong.
fn is_solved(deed: &Deed) -> bool {
    deed.predicted_risk.is_some_and(|risk| risk == 0.0)
}

struct Entry<'a> {
    task: &'a PlannerTask,
    deed: &'a Deed,
    solvable: bool,
}

fn broken_down(entries: &[Entry]) -> PlannerFigures {
    let mut all = figures(entries.iter());
    for entry in entries {
        let (split, kind) = (entry.task.split, entry.task.kind);
        all.by_split
            .entry(split.name())
            .or_insert_with(|| figures(entries.iter().filter(|e| e.task.split == split)));
        all.by_kind
            .entry(kind.name())
            .or_insert_with(|| figures(entries.iter().filter(|e| e.task.kind == kind)));
    }
    all
}

fn figures<'a>(entries: impl Iterator<Item = &'a Entry<'a>>) -> PlannerFigures {
    let entries: Vec<&Entry> = entries.collect();
    let (can, cannot): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|e| e.solvable);
    let share = |of: &[&Entry], is: &dyn Fn(&Deed) -> bool| -> Option<f64> {
        let hits = of.iter().filter(|e| is(e.deed)).count();
        (!of.is_empty()).then(|| hits as f64 / of.len() as f64)
    };
    let mean = |of: &[&Entry], value: &dyn Fn(&Deed) -> Option<f64>| -> Option<f64> {
        let values: Vec<f64> = of.iter().filter_map(|e| value(e.deed)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let went_wrong = Deed::went_wrong;
    let wrong = can.iter().filter(|e| went_wrong(e.deed)).count();
    let steps: usize = entries.iter().map(|e| e.deed.steps).sum();
    let bad_steps: usize = entries.iter().map(|e| e.deed.bad_steps).sum();
    let count = |k: usize| can.iter().filter(|e| e.deed.accidents[k]).count();
    PlannerFigures {
        n: entries.len(),
        success: share(&can, &|d| d.success),
        accident_rate: share(&can, &went_wrong),
        accident_ci: wilson(wrong, can.len()),
        above_sandbox_ci: None,
        step_accident_rate: (steps > 0).then(|| bad_steps as f64 / steps as f64),
        accidents: AccidentKind::ALL
            .map(|kind| (kind.name(), count(kind.index())))
            .into(),
        refused_right: share(&cannot, &|d| d.refused),
        done_beyond: share(&cannot, &|d| d.success),
        refused_wrong: share(&can, &|d| d.refused),
        predicted_risk: mean(&entries, &|d| d.predicted_risk),
        path_length_m: mean(&can, &|d| Some(d.path_length_m)),
        peak_speed_m_s: mean(&can, &|d| Some(d.peak_speed_m_s)),
        latency_ms: latency(entries.iter().map(|e| e.deed.planning_ms).collect()),
        by_split: BTreeMap::new(),
        by_kind: BTreeMap::new(),
    }
}

fn latency(mut ms: Vec<f64>) -> Option<Latency> {
    ms.sort_by(f64::total_cmp);
    let at = |q: f64| {
        ms.get(((ms.len() as f64 - 1.0) * q).round() as usize)
            .copied()
    };
    Some(Latency {
        p50: at(0.5)?,
        p95: at(0.95)?,
    })
}
