//! The budget of `sandbox_equal_time`: how many episodes the sandbox simulates in the time of the learned planner without
//! a shield, on as many threads.
//!
//! Owns the number that was measured once, stored beside the reference's deeds and keyed by suite, seed and the versions
//! of sandbox and reference: what a contestant may do then does not depend on the clock of the run that it takes part in
//! (design, section 7). Refuses a number of another sandbox, whose episodes take another time, or of another reference's suites.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::closed_loop::ContestError;
use super::contest::{Contestant, Deed, REFERENCE_VERSION};
use super::own_draw::own_world;
use super::reference::ReferenceError;
use super::stored::{read_json, write_json};
use super::tasks::{PlannerSuite, PlannerTask};
use crate::plan::baseline::Baseline;
use crate::quantiles::median;
use crate::sandbox::{self, SANDBOX_VERSION};

/// Tasks that the sandbox is timed on.
const TIMED_TASKS: usize = 24;
/// A run of fewer tasks tells too little to be the number of every run after it.
const RECORDED_TASKS: usize = 60;
/// One to look at a candidate, one to look at it more closely.
const LEAST_EPISODES: usize = 2;

/// What a stored number is of.
const VERSIONS: [(&str, u32); 2] = [
    ("sandbox_version", SANDBOX_VERSION),
    ("reference_version", REFERENCE_VERSION),
];

/// Which number is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The one that is stored; where there is none, it is measured and stored.
    Recorded,
    /// One that this run measures, in place of what is stored.
    Measured,
}

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Measured in an earlier run and stored.
    Recorded,
    /// Measured in this run and stored.
    Measured,
    /// Measured in this run and not stored: it is of too few tasks, or the file could not be written.
    Unrecorded,
}

/// A number of episodes, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EqualTime {
    /// Episodes that may be simulated for a plan.
    pub episodes: usize,
    /// Whether this run measured them.
    pub origin: Origin,
}

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    sandbox_version: u32,
    /// Bumped with the suites, not where the planner takes another time: that is for `--measure-equal-time`.
    reference_version: u32,
    suite: String,
    seed: u64,
    episodes: usize,
}

/// The number of `suite` under `seed` that is stored in `dir`, or else what `measure` says of a run of `tasks`, which
/// is stored there where they are enough. Beside it why it could not be stored: a run that took hours goes on with it.
///
/// # Errors
/// When what is stored cannot be read, or nothing can be measured.
pub fn equal_time(
    dir: &Path,
    (suite, seed): (PlannerSuite, u64),
    (wanted, tasks): (Wanted, usize),
    measure: impl FnOnce() -> Result<usize, String>,
) -> Result<(EqualTime, Option<ReferenceError>), ContestError> {
    let of = |episodes, origin| EqualTime { episodes, origin };
    let known = recorded(dir, (suite, seed))?.filter(|_| wanted == Wanted::Recorded);
    if let Some(episodes) = known {
        return Ok((of(episodes, Origin::Recorded), None));
    }
    let episodes = measure().map_err(|reason| ContestError::Failed {
        planner: Contestant::SandboxEqualTime.name(),
        reason,
    })?;
    if tasks < RECORDED_TASKS {
        return Ok((of(episodes, Origin::Unrecorded), None));
    }
    let stored = Stored {
        sandbox_version: SANDBOX_VERSION,
        reference_version: REFERENCE_VERSION,
        suite: suite.name().to_owned(),
        seed,
        episodes,
    };
    let path = path_of(dir, (suite, seed));
    Ok(match write_json(&path, &VERSIONS, &stored) {
        Ok(()) => (of(episodes, Origin::Measured), None),
        Err(why) => (of(episodes, Origin::Unrecorded), Some(why)),
    })
}

fn path_of(dir: &Path, (suite, seed): (PlannerSuite, u64)) -> PathBuf {
    dir.join(format!("equal-time-{}-{seed}.json", suite.name()))
}

/// The number that is stored in `dir`, if it is one of this sandbox, reference, suite and seed.
///
/// # Errors
/// When what is stored cannot be read.
pub fn recorded(
    dir: &Path,
    (suite, seed): (PlannerSuite, u64),
) -> Result<Option<usize>, ReferenceError> {
    let stored: Option<Stored> = read_json(&path_of(dir, (suite, seed)), &VERSIONS)?;
    let is_ours = |stored: &Stored| {
        (stored.sandbox_version, stored.reference_version) == (SANDBOX_VERSION, REFERENCE_VERSION)
            && (stored.suite.as_str(), stored.seed) == (suite.name(), seed)
            && stored.episodes >= LEAST_EPISODES
    };
    Ok(stored.filter(is_ours).map(|stored| stored.episodes))
}

/// How many episodes the sandbox simulates in the median time that a step of `deeds` was planned in, on this machine.
///
/// # Errors
/// In a sentence, when the sandbox fails or nothing can be timed.
pub fn measured_episodes(deeds: &[Deed], tasks: &[PlannerTask]) -> Result<usize, String> {
    let of_step = |d: &Deed| d.planning_ms / d.steps.max(1) as f64;
    let step = median(deeds.iter().map(of_step).collect())
        .ok_or_else(|| "no task was planned, so there is no time to equal".to_owned())?;
    let episode = episode_ms(&tasks[..tasks.len().min(TIMED_TASKS)])?;
    Ok(((step / episode).round() as usize).max(LEAST_EPISODES))
}

/// How long the sandbox takes for one episode of these tasks on this machine, ms, while every thread simulates one, as
/// the learned planner has them all: the median over draws that are settled already, since a planner shares those
/// among its candidates.
fn episode_ms(tasks: &[PlannerTask]) -> Result<f64, String> {
    let threads = rayon::current_num_threads();
    let mut times = Vec::new();
    for task in tasks {
        let mut rng = ChaCha8Rng::seed_from_u64(task.planner_seed);
        let Some((_, action)) = Baseline::Random.next_action(&task.workcell, &task.goal, &mut rng)
        else {
            continue;
        };
        let world = own_world(&task.workcell, task.world_seed, 0).map_err(|e| e.to_string())?;
        let started = Instant::now();
        (0..threads)
            .into_par_iter()
            .try_for_each(|_| sandbox::goes_wrong(&task.workcell, &world, &action).map(|_| ()))
            .map_err(|e| e.to_string())?;
        times.push(started.elapsed().as_secs_f64() * 1e3 / threads as f64);
    }
    median(times).ok_or_else(|| "no task has a grasp to time the sandbox with".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::EVAL_SEED;

    const KEY: (PlannerSuite, u64) = (PlannerSuite::Steps, 7);

    fn unasked() -> Result<usize, String> {
        panic!("measured although it is recorded")
    }

    #[test]
    fn a_number_is_measured_once_and_recorded_for_the_runs_that_follow() {
        let dir = tempfile::tempdir().unwrap();
        let of = |episodes, origin| EqualTime { episodes, origin };
        let (known, anew) = (Wanted::Recorded, Wanted::Measured);
        // A look at a few tasks decides nothing for the runs after it.
        let (few, _) = equal_time(dir.path(), KEY, (known, 8), || Ok(3)).unwrap();
        assert_eq!(few, of(3, Origin::Unrecorded));
        let (first, unwritten) = equal_time(dir.path(), KEY, (known, 60), || Ok(6)).unwrap();
        assert_eq!(first, of(6, Origin::Measured));
        assert!(unwritten.is_none());
        let (second, _) = equal_time(dir.path(), KEY, (known, 8), unasked).unwrap();
        assert_eq!(second, of(6, Origin::Recorded));
        // Asked to, a run measures it anew, and from then on that is the number.
        let (again, _) = equal_time(dir.path(), KEY, (anew, 60), || Ok(9)).unwrap();
        assert_eq!(again, of(9, Origin::Measured));
        let (after, _) = equal_time(dir.path(), KEY, (known, 60), unasked).unwrap();
        assert_eq!(after, of(9, Origin::Recorded));
    }

    #[cfg(unix)]
    #[test]
    fn a_number_that_cannot_be_stored_is_told_all_the_same_and_why() {
        let dir = tempfile::tempdir().unwrap();
        // In place of the folder a link that leads nowhere: nothing is stored there, and nothing can be.
        let nowhere = dir.path().join("reference");
        std::os::unix::fs::symlink("nowhere", &nowhere).unwrap();
        let wanted = (Wanted::Recorded, 60);
        let (told, unwritten) = equal_time(&nowhere, KEY, wanted, || Ok(5)).unwrap();
        assert_eq!((told.episodes, told.origin), (5, Origin::Unrecorded));
        let is_told = matches!(unwritten, Some(ReferenceError::Write { .. }));
        assert!(is_told, "{unwritten:?}");
    }

    #[test]
    fn a_stored_number_that_cannot_be_read_is_an_error_and_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = path_of(dir.path(), KEY);
        let cut = format!("{{\"sandbox_version\": {SANDBOX_VERSION}, ");
        std::fs::write(&path, &cut).unwrap();
        for wanted in [Wanted::Recorded, Wanted::Measured] {
            match equal_time(dir.path(), KEY, (wanted, 60), unasked) {
                Err(ContestError::Reference(ReferenceError::Read { path: named, .. })) => {
                    assert_eq!(named, path);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), cut);
    }

    #[test]
    fn a_number_of_another_sandbox_reference_suite_or_seed_is_measured_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("equal-time-steps-7.json");
        let known = |versions: (u32, u32), suite: &str, seed: u64, episodes: usize| {
            let suite = suite.to_owned();
            let stored = Stored {
                sandbox_version: versions.0,
                reference_version: versions.1,
                suite,
                seed,
                episodes,
            };
            write_json(&path, &[], &stored).unwrap();
            recorded(dir.path(), KEY).unwrap()
        };
        let ours = (SANDBOX_VERSION, REFERENCE_VERSION);
        assert_eq!(known(ours, "steps", 7, 5), Some(5));
        assert_eq!(known((ours.0 + 1, ours.1), "steps", 7, 5), None);
        assert_eq!(known((ours.0, ours.1 - 1), "steps", 7, 5), None);
        assert_eq!(known(ours, "tasks", 7, 5), None);
        assert_eq!(known(ours, "steps", 8, 5), None);
        assert_eq!(known(ours, "steps", 7, 0), None);
    }

    #[test]
    fn the_default_reference_records_the_number_of_both_suites() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/reference");
        for suite in PlannerSuite::ALL {
            let wanted = (Wanted::Recorded, RECORDED_TASKS);
            let (known, _) = equal_time(&dir, (suite, EVAL_SEED), wanted, unasked).unwrap();
            assert_eq!(known.origin, Origin::Recorded);
        }
    }

    #[test]
    fn without_a_planned_task_there_is_no_time_to_equal() {
        assert!(measured_episodes(&[], &[]).is_err());
    }
}
