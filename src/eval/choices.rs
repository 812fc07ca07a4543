//! Which removals of a stack the selecting draws do not agree on, found again rather than simulated again.
//!
//! Owns [`Choices`]: the answers that finding hard cases and hard tasks has given, each named by a hash of the belief and of all
//! the actions that were in question, and stored beside the references under the sandbox's version. What is chosen is the same
//! with and without them; without them it takes minutes.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::reference::{ReferenceError, hash_of};
use super::stored::{read_json, write_json};
use crate::sandbox::{SANDBOX_VERSION, SandboxError};

/// What was chosen so far; shared by the threads that choose.
pub struct Choices {
    /// `None` where they are not to outlive the run.
    path: Option<PathBuf>,
    known: Mutex<Known>,
}

/// By the hash of what was in question: which attempts were chosen, in order.
#[derive(Default)]
struct Known {
    chosen: BTreeMap<String, Vec<u64>>,
    /// Whether any of them is not stored yet.
    is_news: bool,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    sandbox_version: u32,
    chosen: BTreeMap<String, Vec<u64>>,
}

impl Choices {
    /// None yet, and none to be stored.
    pub fn of_this_run() -> Self {
        Self {
            path: None,
            known: Mutex::default(),
        }
    }

    /// Those that are stored in `dir` for what `name` names, if they are of this sandbox.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn stored_in(dir: &Path, name: &str, seed: u64) -> Result<Self, ReferenceError> {
        let path = dir.join(format!("choices-{name}-{seed}.json"));
        let stored: Option<Stored> = read_json(&path, &[("sandbox_version", SANDBOX_VERSION)])?;
        let known = Known {
            chosen: stored.map_or_else(BTreeMap::new, |s| s.chosen),
            is_news: false,
        };
        Ok(Self {
            path: Some(path),
            known: Mutex::new(known),
        })
    }

    /// What was chosen where `question` was in question, or else what `choose` chooses, which is noted.
    ///
    /// # Errors
    /// As `choose`.
    pub(super) fn of(
        &self,
        question: &impl Debug,
        choose: impl FnOnce() -> Result<Vec<u64>, SandboxError>,
    ) -> Result<Vec<u64>, SandboxError> {
        let key = hash_of(question);
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chosen) = lock().chosen.get(&key) {
            return Ok(chosen.clone());
        }
        // Not under the lock: choosing takes a second, and others choose meanwhile.
        let chosen = choose()?;
        let mut known = lock();
        known.chosen.insert(key, chosen.clone());
        known.is_news = true;
        Ok(chosen)
    }

    /// Stores all of them, where any is new.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn store(&self) -> Result<(), ReferenceError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = self.path.as_ref().filter(|_| known.is_news) else {
            return Ok(());
        };
        let stored = Stored {
            sandbox_version: SANDBOX_VERSION,
            chosen: known.chosen.clone(),
        };
        write_json(path, &stored)?;
        known.is_news = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_found_again_in_the_next_run_and_what_is_asked_otherwise_is_chosen_anew() {
        let dir = tempfile::tempdir().unwrap();
        let run = |question: &str, choice: u64| {
            let choices = Choices::stored_in(dir.path(), "steps", 1).unwrap();
            let chosen = choices.of(&question, || Ok(vec![choice])).unwrap();
            choices.store().unwrap();
            chosen
        };
        assert_eq!(run("a", 1), [1]);
        assert_eq!(run("b", 2), [2]);
        assert_eq!([run("a", 3), run("b", 3)], [[1], [2]]);
        let failed = Choices::of_this_run().of(&"a", || Err(SandboxError::NotFinite));
        assert_eq!(failed, Err(SandboxError::NotFinite));
    }

    #[test]
    fn choices_of_another_sandbox_are_made_anew_and_a_file_cut_short_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("choices-hard-1.json");
        let stored = |version: u32| {
            let chosen = BTreeMap::from([(hash_of(&"a"), vec![7])]);
            let stored = Stored {
                sandbox_version: version,
                chosen,
            };
            write_json(&path, &stored).unwrap();
            let choices = Choices::stored_in(dir.path(), "hard", 1).unwrap();
            choices.of(&"a", || Ok(vec![])).unwrap()
        };
        assert_eq!(stored(SANDBOX_VERSION), [7]);
        assert!(stored(SANDBOX_VERSION + 1).is_empty());
        std::fs::write(&path, "{\"sandbox_version\": ").unwrap();
        assert!(Choices::stored_in(dir.path(), "hard", 1).is_err());
    }
}
