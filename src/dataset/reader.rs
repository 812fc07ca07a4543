//! A data set that lies on disk: whole episodes out, file by file.
//!
//! Owns [`Dataset`]. Also an unfinished set can be read, as far as it goes
//! ([`Dataset::is_complete`] tells). Holds one file's episodes at a time, whatever the set's size.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::doubted::is_of_doubted;
use super::files::{self, FileNumber};
use super::info::{Info, Status};
use super::split::{Split, split_of, split_of_packing};
use super::stored::StoredFile;
use super::{DatasetError, Episode, episodes, frames, given};
use crate::files::hex;

/// A data set, or the finished files of one that is still being made.
#[derive(Clone, Debug)]
pub struct Dataset {
    dir: PathBuf,
    info: Info,
    files: Vec<FileNumber>,
    /// Of a set of given scenes: each one's packing, by its hash.
    packings: Option<Vec<String>>,
}

impl Dataset {
    /// Opens the data set in `dir`; no episode is read yet.
    ///
    /// # Errors
    /// When `dir` is no data set, is of a newer version, or lacks files though it says it is complete.
    pub fn open(dir: &Path) -> Result<Self, DatasetError> {
        let info = Info::read(dir)?;
        let absent = |file| {
            StoredFile {
                dir,
                info: &info,
                file,
            }
            .absent()
        };
        if info.status == Status::Complete
            && let Some(path) = info.files().find_map(absent)
        {
            return Err(DatasetError::Missing { path });
        }
        let files = info
            .files()
            .filter(|&file| absent(file).is_none())
            .collect();
        let packings = given::packings(&info.config)
            .map_err(|reason| DatasetError::bad_info(&files::info_path(dir), reason))?;
        Ok(Self {
            dir: dir.to_owned(),
            info,
            files,
            packings,
        })
    }

    /// What the set says of itself.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn stored(&self, file: FileNumber) -> StoredFile<'_> {
        StoredFile {
            dir: &self.dir,
            info: &self.info,
            file,
        }
    }

    /// Whether no file is still to come.
    pub fn is_complete(&self) -> bool {
        self.info.status == Status::Complete
    }

    /// Number of episodes that can be read.
    pub fn len(&self) -> u64 {
        self.files.iter().map(|&f| self.info.episodes_of(f)).sum()
    }

    /// The indices of the episodes that can be read, in order; those of files beside each other are one range.
    pub fn ranges(&self) -> Vec<Range<u64>> {
        let each = self.info.episodes_per_stack;
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for &file in &self.files {
            let stacks = self.info.stacks_of(file);
            let (start, end) = (stacks.start * each, stacks.end * each);
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => ranges.push(start..end),
            }
        }
        ranges
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Number of files that can be read, for [`Self::read_file`].
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Checks every byte of the files that are there against their checksums.
    ///
    /// # Errors
    /// The first file that is truncated, damaged or not of this set.
    pub fn check(&self) -> Result<(), DatasetError> {
        let fault = self.files.par_iter().find_map_first(|&file| {
            let stored = self.stored(file);
            let opened = stored.open_frames().and_then(|_| stored.open_episodes());
            opened.err()
        });
        fault.map_or(Ok(()), Err)
    }

    /// What the episodes of `stack` are for: those whose actions a model chose are for training alone, since
    /// they are no sample of what it will be asked; those of a given scene are all for the same.
    pub fn split_of(&self, stack: u64) -> Split {
        if is_of_doubted(&self.info.config) {
            return Split::Train;
        }
        match &self.packings {
            Some(packings) => split_of_packing(&packings[(stack % packings.len() as u64) as usize]),
            None => split_of(stack, self.info.seed),
        }
    }

    /// The hashes of the packings that the stacks are unpacked from, which they take in turn; `None` where scenes are
    /// made up.
    pub fn packings(&self) -> Option<&[String]> {
        self.packings.as_deref()
    }

    /// All episodes of the `n`-th file that is there, in order; files can be read side by side.
    ///
    /// # Errors
    /// When the file is truncated, damaged or not of this set.
    ///
    /// # Panics
    /// When `n` is not below [`Self::file_count`].
    pub fn read_file(&self, n: usize) -> Result<Vec<Episode>, DatasetError> {
        let file = self.files[n];
        let mut episodes = self.read_outlines(n)?;
        let expected: Vec<_> = episodes
            .iter()
            .map(|(e, length)| (e.index, *length, e.workcell.scene.boxes.len()))
            .collect();
        let table = self.stored(file).open_frames()?.read()?;
        let frames = frames::from_table(&table, &expected)?;
        for ((episode, _), frames) in episodes.iter_mut().zip(frames) {
            episode.rollout.frames = frames;
        }
        Ok(episodes.into_iter().map(|(episode, _)| episode).collect())
    }

    /// As [`Self::read_file`], but without the frames: each episode comes with their number.
    ///
    /// # Errors
    /// As [`Self::read_file`].
    ///
    /// # Panics
    /// When `n` is not below [`Self::file_count`].
    pub fn read_outlines(&self, n: usize) -> Result<Vec<(Episode, usize)>, DatasetError> {
        let file = self.files[n];
        let path = file.episodes_path(&self.dir);
        let table = self.stored(file).open_episodes()?.read()?;
        let episodes = episodes::from_table(&table)?;
        let first = self.info.stacks_of(file).start * self.info.episodes_per_stack;
        let count = self.info.episodes_of(file);
        let are_right = episodes
            .iter()
            .zip(first..)
            .all(|((e, _), i)| (e.index, e.stack) == (i, i / self.info.episodes_per_stack));
        if !are_right || episodes.len() as u64 != count {
            let reason = format!("it does not hold the {count} episodes from {first} on");
            return Err(DatasetError::foreign(&path, reason));
        }
        Ok(episodes)
    }

    /// All episodes, in order, one file in memory at a time.
    pub fn episodes(&self) -> impl Iterator<Item = Result<Episode, DatasetError>> + '_ {
        (0..self.file_count()).flat_map(|n| match self.read_file(n) {
            Ok(episodes) => episodes.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(e) => vec![Err(e)],
        })
    }

    /// The episode with this index; `None` where its file is not there.
    ///
    /// # Errors
    /// As [`Self::read_file`].
    pub fn episode(&self, index: u64) -> Result<Option<Episode>, DatasetError> {
        let stack = index / self.info.episodes_per_stack;
        let holds = |&file: &FileNumber| self.info.stacks_of(file).contains(&stack);
        match self.files.iter().position(holds) {
            None => Ok(None),
            Some(n) => Ok(self.read_file(n)?.into_iter().find(|e| e.index == index)),
        }
    }

    /// SHA-256 over the set's description and all its files, in order: what a model says that it
    /// was trained on. Reads every byte.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn hash(&self) -> Result<String, DatasetError> {
        let mut hasher = Sha256::new();
        let mut paths = vec![files::info_path(&self.dir)];
        for &file in &self.files {
            paths.extend(self.stored(file).paths());
        }
        for path in paths {
            let mut file = File::open(&path).map_err(DatasetError::reading(&path))?;
            std::io::copy(&mut file, &mut hasher).map_err(DatasetError::reading(&path))?;
        }
        Ok(hex(&hasher.finalize()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dataset::info::Plan;
    use crate::dataset::{STACKS_PER_FILE, Shard};

    #[test]
    fn the_ranges_are_those_of_the_files_that_are_there_and_gaps_part_them() {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path();
        // Of seven files, the last of one stack, these are the fourth to the seventh.
        let plan = Plan {
            seed: 1,
            config: json!({}),
            stacks: 6 * STACKS_PER_FILE + 1,
            episodes_per_stack: 8,
            shard: Some(Shard { index: 2, count: 2 }),
        };
        let info = Info::begin(&plan).unwrap();
        info.write(dir).unwrap();
        let ranges = || Dataset::open(dir).unwrap().ranges();
        assert!(ranges().is_empty());
        for number in [6, 3, 4] {
            let file = FileNumber(number);
            let info = &info;
            StoredFile { dir, info, file }.write(&[], &[]).unwrap();
        }
        assert_eq!(ranges(), [384..640, 768..776]);
    }
}
