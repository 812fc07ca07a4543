//! How the stacks and episodes of a data set are shared out over its files.
//!
//! Owns the arithmetic on the counts of [`Info`], and their bounds, which are checked where a file is read and where
//! a set is begun: all that is worked out from them here then fits, and no set asks for more files than there can be.

use std::ops::Range;

use super::files::{FILES_PER_CHUNK, FileNumber};
use super::info::Info;
use super::shard::Shard;

/// The most files of one kind, in ten thousand folders: more than the 7.8 million that a thousand million episodes
/// take, and few enough that which of them are there is known within a minute.
pub(super) const MOST_FILES: u64 = 10_000 * FILES_PER_CHUNK;
/// The most stacks and episodes: Parquet numbers them in 64 bits with a sign.
const MOST_EPISODES: u64 = i64::MAX as u64;

impl Info {
    /// What is wrong with the counts, if anything is.
    pub(super) fn counts_fault(&self) -> Option<String> {
        let shard_is_right = self.shard.is_none_or(|s| 0 < s.index && s.index <= s.count);
        if self.stacks_per_file == 0 || self.episodes_per_stack == 0 || !shard_is_right {
            return Some("its counts make no sense".into());
        }
        let (stacks, each) = (self.stacks, self.episodes_per_stack);
        let files = self.file_count();
        if files > MOST_FILES {
            return Some(format!(
                "its {stacks} stacks would take {files} files, and a set has at most {MOST_FILES}"
            ));
        }
        let fits = |count: Option<u64>| count.is_some_and(|n| n <= MOST_EPISODES);
        if !fits(stacks.checked_mul(each)) || !fits(stacks.checked_add(self.stacks_per_file)) {
            return Some(format!(
                "its {stacks} stacks of {each} episodes, {} in a file, are more than can be numbered",
                self.stacks_per_file
            ));
        }
        None
    }

    /// How many files the whole set has, all shards together.
    fn file_count(&self) -> u64 {
        self.stacks.div_ceil(self.stacks_per_file)
    }

    /// The files that belong here, whether they are there yet or not.
    pub(super) fn files(&self) -> impl Iterator<Item = FileNumber> + use<> {
        self.file_range().map(FileNumber)
    }

    /// Whether `file` is one of [`Self::files`].
    pub(super) fn has(&self, file: FileNumber) -> bool {
        self.file_range().contains(&file.0)
    }

    fn file_range(&self) -> Range<u64> {
        let files = self.file_count();
        match self.shard {
            None => 0..files,
            // In u128, since a foreign file may hold any number of shards.
            Some(Shard { index, count }) => {
                let cut = |i: u64| (files as u128 * i as u128 / count as u128) as u64;
                cut(index - 1)..cut(index)
            }
        }
    }

    /// The stacks of a file.
    pub(super) fn stacks_of(&self, file: FileNumber) -> Range<u64> {
        let first = file.0 * self.stacks_per_file;
        first..(first + self.stacks_per_file).min(self.stacks)
    }

    /// How many episodes lie in `files`.
    pub(super) fn episodes_in(&self, files: impl IntoIterator<Item = FileNumber>) -> u64 {
        files.into_iter().map(|file| self.episodes_of(file)).sum()
    }

    /// How many episodes a file has.
    pub(super) fn episodes_of(&self, file: FileNumber) -> u64 {
        let stacks = self.stacks_of(file);
        (stacks.end - stacks.start) * self.episodes_per_stack
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dataset::info::Plan;
    use crate::dataset::{Dataset, DatasetError, STACKS_PER_FILE};

    fn plan(stacks: u64, shard: Option<Shard>) -> Plan {
        Plan {
            seed: 1,
            config: json!({}),
            stacks,
            episodes_per_stack: 8,
            shard,
        }
    }

    #[test]
    fn shards_share_out_every_file_once() {
        for (stacks, count) in [(1, 3), (32, 1), (33, 2), (1000, 7)] {
            let files = |shard| Info::begin(&plan(stacks, shard)).unwrap().files();
            let whole: Vec<_> = files(None).collect();
            let parts: Vec<_> = (1..=count)
                .flat_map(|index| files(Some(Shard { index, count })))
                .collect();
            assert_eq!(whole, parts);
        }
    }

    #[test]
    fn counts_that_no_set_has_are_refused_where_the_file_is_read_and_name_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut info = Info::begin(&plan(40, None)).unwrap();
        info.write(dir.path()).unwrap();
        assert!(Dataset::open(dir.path()).unwrap().is_empty());
        for (stacks, per_file, each) in [
            (1_000_000_000_000_000_000, 16, 8),
            (u64::MAX, u64::MAX, 1),
            (1, u64::MAX, 1),
            (1 << 40, 1 << 40, 1 << 40),
            (MOST_FILES + 1, 1, 8),
            (40, 0, 8),
            (40, 16, 0),
        ] {
            (info.stacks, info.stacks_per_file, info.episodes_per_stack) = (stacks, per_file, each);
            info.write(dir.path()).unwrap();
            let error = Dataset::open(dir.path()).unwrap_err();
            assert!(matches!(error, DatasetError::BadInfo { .. }), "{error}");
            assert!(error.to_string().contains("info.json"), "{error}");
        }
    }

    #[test]
    fn a_set_of_more_files_than_can_be_named_is_not_begun() {
        let most = MOST_FILES * STACKS_PER_FILE;
        assert!(Info::begin(&plan(most, None)).is_ok());
        let error = Info::begin(&plan(most + 1, None)).unwrap_err();
        assert!(matches!(error, DatasetError::TooLarge { .. }), "{error}");
        assert!(!error.is_failed_work() && error.to_string().contains("10000000"));
    }
}
