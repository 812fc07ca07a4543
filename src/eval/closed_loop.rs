//! The planner in the sandbox, beside a simulating planner and policies without physics.
//!
//! Owns the report of `eval planner` (design, section 7). A task is solvable when the reference's plan ends with no accident
//! in 32 draws; what it does is slow, so `stored_deeds` keeps it.

mod figures;
mod held_out;
mod stored_deeds;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use serde::Serialize;

use super::contest::{Contestant, Deed, Ring};
use super::equal_time::{EqualTime, Origin};
use super::reference::ReferenceError;
use super::tasks::PlannerTask;
use crate::model::metrics::Paired;
use figures::{Entry, broken_down};

pub use figures::PlannerFigures;
pub use held_out::HeldOut;
pub use stored_deeds::{reference_deeds, without_deed};

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

    #[test]
    fn where_no_time_was_equalled_the_report_says_null() {
        let told = serde_json::to_value(report(&[], &[], &[], None)).unwrap();
        for key in ["equal_time_episodes", "equal_time_origin"] {
            assert_eq!(told.get(key), Some(&serde_json::Value::Null), "{key}");
        }
    }
}
