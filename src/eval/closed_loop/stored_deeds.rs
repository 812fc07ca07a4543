//! What the reference makes of tasks: slow, so done once and kept.
//!
//! Owns the file of its deeds, keyed by task and by the versions of sandbox and reference, and that each is in it as soon as it
//! is done.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::{Deserialize, Serialize};

use super::{ContestError, deed};
use crate::eval::contest::{Contestant, Deed, REFERENCE_VERSION, Ring};
use crate::eval::recalled::Recalled;
use crate::eval::reference::{ReferenceError, hash_of, lengths_differ};
use crate::eval::stored::{read_json, write_json};
use crate::eval::tasks::{PlannerSuite, PlannerTask};
use crate::sandbox::SANDBOX_VERSION;

/// What a stored deed is of.
const VERSIONS: [(&str, u32); 2] = [
    ("sandbox_version", SANDBOX_VERSION),
    ("reference_version", REFERENCE_VERSION),
];

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
    let path = path_of(dir, (suite, seed));
    let known = recalled(&path, tasks)?;
    let open = known.open();
    if !open.is_empty() {
        // A folder that cannot be written to is found out before the work, not after.
        store(&path, &known)?;
    }
    let known = Mutex::new(known);
    let next = AtomicUsize::new(0);
    // Stored one by one: an interruption costs a task of each thread, not hours.
    let answer = |place: usize| -> Result<(), ContestError> {
        let done = deed(ring, Contestant::Sandbox, &tasks[place], stop, &progress)?;
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.answer(place, done);
        Ok(store(&path, &known)?)
    };
    let work = || -> Result<(), ContestError> {
        while let Some(&place) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            // Nobody begins another task once one has come back with an error.
            answer(place).inspect_err(|_| next.store(open.len(), Ordering::Relaxed))?;
        }
        Ok(())
    };
    // Threads beside rayon's: one of those that waits within a task would begin another one inside it, and so on.
    thread::scope(|scope| {
        let threads: Vec<_> = (0..rayon::current_num_threads())
            .map(|_| scope.spawn(work))
            .collect();
        // The scope waits for those that are left.
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    let known = known.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(known.answers())
}

/// How many of `tasks` the reference has not done, by what is stored in `dir`.
///
/// # Errors
/// When what is stored cannot be read.
pub fn without_deed(
    dir: &Path,
    of: (PlannerSuite, u64),
    tasks: &[PlannerTask],
) -> Result<usize, ReferenceError> {
    Ok(recalled(&path_of(dir, of), tasks)?.open().len())
}

fn path_of(dir: &Path, (suite, seed): (PlannerSuite, u64)) -> PathBuf {
    dir.join(format!("sandbox-{}-{seed}.json", suite.name()))
}

fn recalled(path: &Path, tasks: &[PlannerTask]) -> Result<Recalled<Deed>, ReferenceError> {
    let hashes: Vec<String> = tasks.iter().map(hash_of).collect();
    let (keys, deeds) = read(path)?.map_or_else(Default::default, |s| (s.tasks, s.deeds));
    Ok(Recalled::new(hashes, keys, deeds))
}

fn store(path: &Path, known: &Recalled<Deed>) -> Result<(), ReferenceError> {
    let (tasks, deeds) = known.columns();
    let stored = StoredDeeds {
        sandbox_version: SANDBOX_VERSION,
        reference_version: REFERENCE_VERSION,
        tasks,
        deeds,
    };
    write_json(path, &VERSIONS, &stored)
}

/// Stored deeds, if they are of this sandbox and budget.
fn read(path: &Path) -> Result<Option<StoredDeeds>, ReferenceError> {
    let stored: Option<StoredDeeds> = read_json(path, &VERSIONS)?;
    match &stored {
        Some(s) if s.tasks.len() != s.deeds.len() => {
            Err(lengths_differ(path, s.tasks.len(), s.deeds.len()))
        }
        _ => Ok(stored),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::EVAL_SEED;
    use crate::eval::choices::Choices;
    use crate::eval::suite::Split;
    use crate::eval::tasks::fixture::one_box;
    use crate::eval::tasks::task;
    use crate::plan::PlannerSettings;

    #[test]
    fn each_deed_is_done_once_and_found_again_wherever_its_task_stands_and_a_signal_loses_none() {
        let dir = tempfile::tempdir().unwrap();
        let ring = Ring {
            learned: None,
            settings: PlannerSettings::default(),
            equal_episodes: 1,
            held_out_draws: None,
        };
        // The signal comes once so many are done.
        let asked = |seeds: &[u64], signal_after: usize| {
            let tasks: Vec<PlannerTask> = seeds.iter().map(|&seed| one_box(seed)).collect();
            let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
            let count = || {
                let before = done.fetch_add(1, Ordering::Relaxed);
                stop.fetch_or(before + 1 >= signal_after, Ordering::Relaxed);
            };
            let suite = PlannerSuite::Steps;
            // Fewer threads than tasks on any machine.
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2);
            let deeds = pool
                .build()
                .unwrap()
                .install(|| reference_deeds(dir.path(), suite, 1, &tasks, &ring, &stop, count));
            (deeds, done.into_inner())
        };
        let many: Vec<u64> = (1..=5).collect();
        let (stopped, done_before) = asked(&many, 1);
        let why = stopped.unwrap_err();
        assert!(matches!(
            why,
            ContestError::Reference(ReferenceError::Interrupted)
        ));
        assert!((1..5).contains(&done_before));
        let (first, done_after) = asked(&many, usize::MAX);
        let first = first.unwrap();
        assert!(first.iter().all(Deed::shows_solvable));
        assert_eq!(done_before + done_after, 5);
        let (again, done) = asked(&[3, 1, 2], usize::MAX);
        assert_eq!(done, 0);
        assert_eq!(
            again.unwrap(),
            [2, 0, 1].map(|place: usize| first[place].clone())
        );
    }

    /// As for the ceilings: deeds of other tasks would be done anew, which takes hours, and tasks chosen anew.
    #[test]
    fn the_stored_deeds_are_those_of_todays_tasks() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/reference");
        for suite in PlannerSuite::ALL {
            let stored = read(&path_of(&dir, (suite, EVAL_SEED))).unwrap();
            let stored = stored.expect("deeds of this sandbox and budget are stored");
            // As many as the README's figures are of.
            let told = match suite {
                PlannerSuite::Steps => 1000,
                PlannerSuite::Tasks => 300,
            };
            assert!(stored.tasks.len() >= told, "{}", suite.name());
            let choices = Choices::stored_in(&dir, suite.name(), EVAL_SEED).unwrap();
            for (split, from) in [(Split::Standard, 0), (Split::Hard, 1), (Split::Real, 2)] {
                let mut stacks = (from..).step_by(3);
                let first =
                    stacks.find_map(|stack| task(suite, EVAL_SEED, stack, &choices).unwrap());
                let first = first.unwrap();
                assert_eq!(first.split, split);
                let hash = hash_of(&first);
                assert!(stored.tasks.contains(&hash), "{} {split:?}", suite.name());
            }
            assert!(choices.are_all_stored(), "{}", suite.name());
        }
    }

    #[test]
    fn stored_deeds_of_another_budget_are_done_anew_and_those_that_are_no_answers_to_their_tasks_an_error()
     {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deeds.json");
        let readable = |version: u32, tasks: usize| {
            let stored = StoredDeeds {
                sandbox_version: SANDBOX_VERSION,
                reference_version: version,
                tasks: vec!["0123456789abcdef".to_owned(); tasks],
                deeds: vec![Deed::default()],
            };
            write_json(&path, &[], &stored).unwrap();
            read(&path).map(|stored| stored.is_some())
        };
        assert!(readable(REFERENCE_VERSION, 1).unwrap());
        assert!(!readable(REFERENCE_VERSION - 1, 1).unwrap());
        assert!(!readable(REFERENCE_VERSION + 1, 1).unwrap());
        let error = readable(REFERENCE_VERSION, 2).unwrap_err().to_string();
        assert!(error.contains("1 answers to 2 questions"), "{error}");
    }
}
