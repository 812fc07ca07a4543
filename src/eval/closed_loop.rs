//! The planner in the sandbox, beside a simulating planner and policies without physics.
//!
//! Owns the report of `eval planner` (design, section 7) and the stored deeds of the slow
//! reference. A task is solvable when the reference's plan ends with no accident in 32 draws.

mod figures;
mod held_out;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::contest::{Contestant, Deed, REFERENCE_VERSION, Ring};
use super::equal_time::{EqualTime, Origin};
use super::recalled::Recalled;
use super::reference::{ReferenceError, hash_of};
use super::stored::{read_json, write_json};
use super::tasks::{PlannerSuite, PlannerTask};
use crate::model::metrics::Paired;
use crate::sandbox::SANDBOX_VERSION;
use figures::{Entry, broken_down};

pub use figures::PlannerFigures;
pub use held_out::HeldOut;

/// A suite's figures.
#[derive(Clone, Debug, Serialize)]
pub struct SuiteReport {
    /// Tasks.
    pub n: usize,
    /// Of these, how many the reference solves with no accident in 32 draws.
    pub solvable: usize,
    /// Episodes that `sandbox_equal_time` may simulate for a plan; null where the planner whose time it has took no part.
    pub equal_time_episodes: Option<usize>,
    /// Whether this run measured that number or an earlier one did; null where there is none.
    pub equal_time_origin: Option<Origin>,
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
/// When a planner or the sandbox fails, the file cannot be read or written, or `stop` is set.
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
    let hashes: Vec<String> = tasks.iter().map(hash_of).collect();
    let (keys, deeds) = read(&path)?.map_or_else(Default::default, |s| (s.tasks, s.deeds));
    let known = Recalled::new(hashes, keys, deeds);
    let open = known.open();
    let known = Mutex::new(known);
    // Each is stored as it is done: an interruption costs minutes, not hours, and nobody waits for the slowest of a few.
    open.par_iter().with_max_len(1).try_for_each(|&place| {
        let deed = deed(ring, Contestant::Sandbox, &tasks[place], stop, &progress)?;
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.answer(place, deed);
        let (tasks, deeds) = known.columns();
        let stored = StoredDeeds {
            sandbox_version: SANDBOX_VERSION,
            reference_version: REFERENCE_VERSION,
            tasks,
            deeds,
        };
        write_json(&path, &stored).map_err(ContestError::from)
    })?;
    let known = known.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(known.answers())
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

/// Stored deeds, if they are of this sandbox and budget.
fn read(path: &Path) -> Result<Option<StoredDeeds>, ReferenceError> {
    let versions = [
        ("sandbox_version", SANDBOX_VERSION),
        ("reference_version", REFERENCE_VERSION),
    ];
    let stored: Option<StoredDeeds> = read_json(path, &versions)?;
    Ok(stored.filter(|stored| stored.tasks.len() == stored.deeds.len()))
}

/// The figures of a suite; `deeds` holds each contestant's, in the tasks' order. `equal_time` is there where it was read
/// or measured.
pub fn report(
    tasks: &[PlannerTask],
    reference: &[Deed],
    deeds: &[(Contestant, Vec<Deed>)],
    equal_time: Option<EqualTime>,
) -> SuiteReport {
    let solvable: Vec<bool> = reference.iter().map(Deed::shows_solvable).collect();
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
        equal_time_episodes: equal_time.map(|known| known.episodes),
        equal_time_origin: equal_time.map(|known| known.origin),
        planners,
    }
}

/// Accidents of one planner less those of another on the solvable tasks, the same for both: the 95 % interval.
fn above(deeds: &[Deed], reference: &[Deed], solvable: &[bool]) -> (f64, f64) {
    let both = deeds.iter().zip(reference).zip(solvable);
    let pairs = both.filter(|(_, can)| **can);
    Paired::count(pairs.map(|((deed, other), _)| (deed.went_wrong(), other.went_wrong())))
        .difference()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::EVAL_SEED;
    use crate::eval::suite::Split;
    use crate::eval::tasks::task;

    /// As for the ceilings: deeds of other tasks would be done anew without a word, which takes hours.
    #[test]
    fn the_stored_deeds_are_those_of_todays_tasks() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/reference");
        for suite in PlannerSuite::ALL {
            let name = format!("sandbox-{}-{EVAL_SEED}.json", suite.name());
            let stored = read(&dir.join(name)).unwrap();
            let stored = stored.expect("deeds of this sandbox and budget are stored");
            // As many as the README's figures are of.
            let told = match suite {
                PlannerSuite::Steps => 1000,
                PlannerSuite::Tasks => 300,
            };
            assert!(stored.tasks.len() >= told, "{}", suite.name());
            // The hard third takes too long to make here.
            for (split, from) in [(Split::Standard, 0), (Split::Real, 2)] {
                let mut stacks = (from..).step_by(3);
                let first = stacks.find_map(|stack| task(suite, EVAL_SEED, stack).unwrap());
                let first = first.unwrap();
                assert_eq!(first.split, split);
                let hash = hash_of(&first);
                assert!(stored.tasks.contains(&hash), "{} {split:?}", suite.name());
            }
        }
    }

    #[test]
    fn where_no_time_was_equalled_the_report_says_null() {
        let told = serde_json::to_value(report(&[], &[], &[], None)).unwrap();
        for key in ["equal_time_episodes", "equal_time_origin"] {
            assert_eq!(told.get(key), Some(&serde_json::Value::Null), "{key}");
        }
    }

    #[test]
    fn stored_deeds_of_another_budget_or_cut_short_are_done_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deeds.json");
        let readable = |version: u32, tasks: usize| {
            let stored = StoredDeeds {
                sandbox_version: SANDBOX_VERSION,
                reference_version: version,
                tasks: vec!["0123456789abcdef".to_owned(); tasks],
                deeds: vec![Deed::default()],
            };
            write_json(&path, &stored).unwrap();
            read(&path).unwrap().is_some()
        };
        assert!(readable(REFERENCE_VERSION, 1));
        assert!(!readable(REFERENCE_VERSION - 1, 1));
        assert!(!readable(REFERENCE_VERSION + 1, 1));
        assert!(!readable(REFERENCE_VERSION, 2));
    }
}
