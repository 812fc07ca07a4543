//! The ceiling: what the sandbox itself forecasts under 32 fresh draws, stored once it is known.
//!
//! Owns [`Ceiling`] files. They are keyed by split, seed, sandbox version and a hash of the cases,
//! so that a stale one is computed anew rather than believed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::recalled::Recalled;
use super::stored::{read_json, write_json};
use super::suite::{Case, DrawPurpose, Suite};
use crate::files::hex;
use crate::sandbox::exact::standing_worlds;
use crate::sandbox::{SANDBOX_VERSION, SandboxError};

/// Draws of the ceiling (design, section 7).
pub const CEILING_DRAWS: usize = 32;
/// What a stored ceiling is of.
const VERSIONS: [(&str, u32); 2] = [
    ("sandbox_version", SANDBOX_VERSION),
    ("draws", CEILING_DRAWS as u32),
];
/// Stacks that are simulated between two savings.
const STACKS_AT_ONCE: usize = 64;

/// Accidents that the sandbox counted for each case of a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceiling {
    /// The sandbox that counted.
    pub sandbox_version: u32,
    /// The split's name.
    pub split: String,
    /// The evaluation's seed.
    pub seed: u64,
    /// Draws for each case.
    pub draws: usize,
    /// Hash of each case: what was judged.
    pub cases: Vec<String>,
    /// Draws that ended in an accident, for each case.
    pub accidents: Vec<usize>,
}

/// Why there is no reference.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// What is stored cannot be read, and is not replaced unseen.
    #[error("cannot read the stored reference {path}: {reason}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system or the parser said.
        reason: String,
    },
    /// The file cannot be written.
    #[error("cannot write {path}: {error}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A signal came.
    #[error("interrupted")]
    Interrupted,
}

/// What identifies a case or a task: the first 8 bytes of a SHA-256 over its exact numbers.
pub(super) fn hash_of(case: &impl std::fmt::Debug) -> String {
    hex(&Sha256::digest(format!("{case:?}"))[..8])
}

fn path_of(dir: &Path, suite: Suite) -> PathBuf {
    dir.join(format!(
        "ceiling-{}-{}.json",
        suite.split.name(),
        suite.seed
    ))
}

/// The ceiling of `cases`: read from `dir` as far as it is stored there, counted and stored where not. `progress` is told
/// how many are known.
///
/// # Errors
/// When the sandbox fails, the file cannot be read or written, or `stop` is set.
pub fn ceiling(
    dir: &Path,
    suite: Suite,
    cases: &[Case],
    stop: &AtomicBool,
    progress: impl Fn(usize) + Sync,
) -> Result<Vec<f64>, ReferenceError> {
    let path = path_of(dir, suite);
    let mut known = recalled(&path, suite, cases)?;
    let open = known.open();
    if !open.is_empty() {
        // A folder that cannot be written to is found out before the work, not after.
        store(&path, suite, &known)?;
    }
    let done = AtomicUsize::new(cases.len() - open.len());
    // Stored every few stacks: an interruption costs minutes, not hours.
    for groups in by_stack(cases, &open).chunks(STACKS_AT_ONCE) {
        let counted: Vec<Vec<usize>> = groups
            .par_iter()
            .map(|group| {
                if stop.load(Ordering::Relaxed) {
                    return Err(ReferenceError::Interrupted);
                }
                let of_stack: Vec<&Case> = group.iter().map(|&i| &cases[i]).collect();
                let counts = count_accidents(suite, &of_stack)?;
                progress(done.fetch_add(group.len(), Ordering::Relaxed) + group.len());
                Ok(counts)
            })
            .collect::<Result<_, _>>()?;
        for (&place, count) in groups
            .iter()
            .copied()
            .flatten()
            .zip(counted.into_iter().flatten())
        {
            known.answer(place, count);
        }
        store(&path, suite, &known)?;
    }
    let shares = known
        .answers()
        .into_iter()
        .map(|k| k as f64 / CEILING_DRAWS as f64);
    Ok(shares.collect())
}

/// How many of `cases` have no ceiling in `dir`.
///
/// # Errors
/// When what is stored cannot be read.
pub fn without_ceiling(dir: &Path, suite: Suite, cases: &[Case]) -> Result<usize, ReferenceError> {
    Ok(recalled(&path_of(dir, suite), suite, cases)?.open().len())
}

fn recalled(path: &Path, suite: Suite, cases: &[Case]) -> Result<Recalled<usize>, ReferenceError> {
    let hashes: Vec<String> = cases.iter().map(hash_of).collect();
    let stored = read(path, suite)?;
    let (keys, counts) = stored.map_or_else(Default::default, |c| (c.cases, c.accidents));
    Ok(Recalled::new(hashes, keys, counts))
}

fn store(path: &Path, suite: Suite, known: &Recalled<usize>) -> Result<(), ReferenceError> {
    let (cases, accidents) = known.columns();
    let ceiling = Ceiling {
        sandbox_version: SANDBOX_VERSION,
        split: suite.split.name().to_owned(),
        seed: suite.seed,
        draws: CEILING_DRAWS,
        cases,
        accidents,
    };
    write_json(path, &VERSIONS, &ceiling)
}

/// The `open` ones, by place; neighbouring ones of the same stack share their settled worlds.
fn by_stack<'a>(cases: &[Case], open: &'a [usize]) -> Vec<&'a [usize]> {
    open.chunk_by(|&a, &b| cases[a].stack == cases[b].stack)
        .collect()
}

fn count_accidents(suite: Suite, group: &[&Case]) -> Result<Vec<usize>, SandboxError> {
    let seed = suite.draw_seed(DrawPurpose::Ceiling, group[0].stack);
    let worlds = standing_worlds(&group[0].workcell, seed, CEILING_DRAWS)?;
    group
        .iter()
        .map(|case| {
            let goes_wrong = case.goes_wrong_in(&worlds)?;
            // Where fewer draws stand they make up the number in turn, since what is stored is a count of that many.
            let counted = goes_wrong.iter().cycle().take(CEILING_DRAWS);
            Ok(counted.filter(|wrong| **wrong).count())
        })
        .collect()
}

/// A stored reference, if it is one of this sandbox.
fn read(path: &Path, suite: Suite) -> Result<Option<Ceiling>, ReferenceError> {
    let stored: Option<Ceiling> = read_json(path, &VERSIONS)?;
    match stored {
        Some(stored) if stored.cases.len() != stored.accidents.len() => Err(lengths_differ(
            path,
            stored.cases.len(),
            stored.accidents.len(),
        )),
        stored => Ok(stored.filter(|s| s.seed == suite.seed)),
    }
}

/// Of a file that has more or fewer questions than answers: nobody knows whose these are.
pub(super) fn lengths_differ(path: &Path, questions: usize, answers: usize) -> ReferenceError {
    ReferenceError::Read {
        path: path.to_owned(),
        reason: format!("it has {answers} answers to {questions} questions"),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::eval::EVAL_SEED;
    use crate::eval::choices::Choices;
    use crate::eval::own_draw::tight;
    use crate::eval::suite::Split;
    use crate::pose::Vec3;
    use crate::rollout::Action;

    /// References that are stored and asked about other cases would be made anew, which takes hours; so would choices.
    #[test]
    fn the_stored_ceilings_are_those_of_todays_cases() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/reference");
        for split in [Split::Standard, Split::Hard, Split::Real] {
            let suite = Suite {
                split,
                seed: EVAL_SEED,
            };
            let stored = read(&path_of(&dir, suite), suite).unwrap();
            let stored = stored.expect("a ceiling of this sandbox is stored");
            let choices = Choices::stored_in(&dir, split.name(), EVAL_SEED).unwrap();
            let first = suite
                .cases(1, &choices, |_| ControlFlow::Continue(()))
                .unwrap();
            assert!(choices.are_all_stored(), "{}", split.name());
            assert_eq!(stored.split, split.name());
            assert!(stored.cases.len() >= 2000, "{}", split.name());
            let is_stored = stored.cases.contains(&hash_of(&first[0]));
            assert!(is_stored, "{}", split.name());
        }
    }

    #[test]
    fn what_goes_wrong_in_every_draw_has_a_ceiling_of_one_also_where_few_draws_stand() {
        let suite = Suite {
            split: Split::Standard,
            seed: 5,
        };
        let workcell = tight::belief();
        let seed = suite.draw_seed(DrawPurpose::Ceiling, 0);
        let standing = standing_worlds(&workcell, seed, CEILING_DRAWS).unwrap();
        assert!(standing.len() < CEILING_DRAWS);
        // Over the edge of its table.
        let case = Case {
            stack: 0,
            attempt: 0,
            family: "tight".to_owned(),
            action: Action::Nudge {
                box_index: 0,
                by: Vec3::new(0.15, 0.0, 0.0),
            },
            workcell,
        };
        assert_eq!(count_accidents(suite, &[&case]).unwrap(), [CEILING_DRAWS]);
    }
}
