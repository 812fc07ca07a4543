//! Which removals of a stack were chosen for what the selecting draws say of them, found again rather than simulated again.
//!
//! Owns [`Choices`]: the answers that finding hard cases and hard tasks has given, each named by a hash of all that was in
//! question (the rule, its draws, the belief and its actions), and stored beside the references under the sandbox's version.
//! What is chosen is the same with and without them; without them it takes minutes. Refuses to know the rules, which are
//! [`super::suite`]'s: whoever changes what one of them does gives it another name.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::reference::{ReferenceError, hash_of};
use super::stored::{read_json, write_json};
use crate::sandbox::{SANDBOX_VERSION, SandboxError};

/// What a stored choice is of.
const VERSIONS: [(&str, u32); 1] = [("sandbox_version", SANDBOX_VERSION)];

/// What was chosen so far; shared by the threads that choose.
pub struct Choices(Mutex<Known>);

/// By the hash of what was in question: which attempts were chosen, in order.
#[derive(Default)]
struct Known {
    /// `None` where they are not to outlive the run, or cannot.
    path: Option<PathBuf>,
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
        Self(Mutex::default())
    }

    /// Those that are stored in `dir` for what `name` names, if they are of this sandbox.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn stored_in(dir: &Path, name: &str, seed: u64) -> Result<Self, ReferenceError> {
        let path = dir.join(format!("choices-{name}-{seed}.json"));
        let stored: Option<Stored> = read_json(&path, &VERSIONS)?;
        Ok(Self(Mutex::new(Known {
            path: Some(path),
            chosen: stored.map_or_else(BTreeMap::new, |s| s.chosen),
            is_news: false,
        })))
    }

    /// Which of the attempts `among` were chosen where `question` was in question, or else those that `choose` chooses, which
    /// is noted.
    ///
    /// # Errors
    /// As `choose`.
    pub(super) fn of(
        &self,
        question: &impl Debug,
        among: &[u64],
        choose: impl FnOnce() -> Result<Vec<u64>, SandboxError>,
    ) -> Result<Vec<u64>, SandboxError> {
        let key = hash_of(question);
        // Nobody wrote others but by hand: cases would be missing without a word.
        let is_one_of = |chosen: &&Vec<u64>| chosen.iter().all(|a| among.contains(a));
        if let Some(chosen) = self.lock().chosen.get(&key).filter(is_one_of) {
            return Ok(chosen.clone());
        }
        // Not under the lock: choosing takes a second, and others choose meanwhile.
        let chosen = choose()?;
        let mut known = self.lock();
        known.chosen.insert(key, chosen.clone());
        known.is_news = true;
        Ok(chosen)
    }

    /// Stores all of them, where any is new.
    ///
    /// # Errors
    /// When the file cannot be written; it is not tried again.
    pub fn store(&self) -> Result<(), ReferenceError> {
        let mut known = self.lock();
        let Some(path) = known.path.clone().filter(|_| known.is_news) else {
            return Ok(());
        };
        let stored = Stored {
            sandbox_version: SANDBOX_VERSION,
            chosen: known.chosen.clone(),
        };
        known.is_news = false;
        write_json(&path, &VERSIONS, &stored).inspect_err(|_| known.path = None)
    }

    /// Whether nothing was chosen that is not stored.
    #[cfg(test)]
    pub(super) fn are_all_stored(&self) -> bool {
        !self.lock().is_news
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
            let chosen = choices.of(&question, &[1, 2, 3], || Ok(vec![choice]));
            choices.store().unwrap();
            chosen.unwrap()
        };
        assert_eq!(run("a", 1), [1]);
        assert_eq!(run("b", 2), [2]);
        assert_eq!([run("a", 3), run("b", 3)], [[1], [2]]);
    }

    #[test]
    fn a_choice_that_failed_is_not_noted_and_one_of_what_was_not_there_is_made_anew() {
        let choices = Choices::of_this_run();
        let failed = choices.of(&"a", &[1], || Err(SandboxError::NotFinite));
        assert_eq!(failed, Err(SandboxError::NotFinite));
        assert_eq!(choices.of(&"a", &[1], || Ok(vec![1])), Ok(vec![1]));
        assert_eq!(choices.of(&"a", &[2], || Ok(vec![2])), Ok(vec![2]));
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
            write_json(&path, &[], &stored).unwrap();
            let choices = Choices::stored_in(dir.path(), "hard", 1).unwrap();
            choices.of(&"a", &[7], || Ok(vec![])).unwrap()
        };
        assert_eq!(stored(SANDBOX_VERSION), [7]);
        assert!(stored(SANDBOX_VERSION + 1).is_empty());
        std::fs::write(&path, "{\"sandbox_version\": ").unwrap();
        assert!(Choices::stored_in(dir.path(), "hard", 1).is_err());
    }

    #[test]
    fn that_they_cannot_be_written_is_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("later");
        let choices = Choices::stored_in(&folder, "hard", 1).unwrap();
        // By then a file is where the folder should be.
        std::fs::write(&folder, "").unwrap();
        let told = ["a", "b"].map(|question| {
            choices.of(&question, &[1], || Ok(vec![1])).unwrap();
            choices.store().is_err()
        });
        assert_eq!(told, [true, false]);
    }
}
