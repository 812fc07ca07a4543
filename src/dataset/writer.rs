//! A data set that is being written: file by file, each whole, and finished at the end.
//!
//! Owns [`DatasetWriter`]: who may write into a folder, which files are still missing, and what
//! turns an unfinished set into a complete one. Knows nothing of where episodes come from.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::columns::BuildError;
use super::files::{self, FileNumber, Survey};
use super::info::{Info, Plan, Status};
use super::parquet_file::{self, IDENTITY, OpenFile, STATS, Varied};
use super::stats::Stats;
use super::stored::StoredFile;
use super::{DatasetError, Episode, episodes, frames};
use crate::files::{Taken, lock};

/// A folder that this process alone writes to.
#[derive(Debug)]
pub(super) struct DatasetWriter {
    dir: PathBuf,
    info: Info,
    /// Held for as long as the writer lives.
    _lock: Option<File>,
}

impl DatasetWriter {
    /// Begins the data set `plan` in `dir`, or goes on with it where it was interrupted.
    ///
    /// What an interrupted write left is removed.
    ///
    /// # Errors
    /// When the folder holds something else or another set, or cannot be written to.
    pub fn begin(dir: &Path, plan: &Plan) -> Result<Self, DatasetError> {
        let info = Info::begin(plan)?;
        files::refuse_file(dir)?;
        fs::create_dir_all(dir).map_err(DatasetError::writing(dir))?;
        // Before anything is looked at: what another process is writing is neither left over nor finished.
        let lock = lock(dir).map_err(|Taken| DatasetError::Busy {
            path: dir.to_owned(),
        })?;
        let (survey, is_new) = match Info::read(dir) {
            Ok(found) => {
                refuse_other(dir, &found, &info)?;
                (Survey::of_set(dir)?, false)
            }
            Err(DatasetError::NotADataset { .. }) => {
                let survey = Survey::of_no_set(dir)?;
                refuse_full(dir, &survey)?;
                (survey, true)
            }
            Err(other) => return Err(other),
        };
        survey.remove_parts()?;
        let writer = Self {
            dir: dir.to_owned(),
            info,
            _lock: lock,
        };
        if is_new {
            writer.info.write(dir)?;
        }
        Ok(writer)
    }

    /// What the set says of itself; unfinished until [`Self::finish`].
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The files that are not there yet, or cannot be opened.
    ///
    /// # Errors
    /// When a file is there that belongs to another data set.
    pub(super) fn missing(&self) -> Result<Vec<FileNumber>, DatasetError> {
        let mut missing = Vec::new();
        for file in self.info.files() {
            if !self.is_whole(file)? {
                missing.push(file);
            }
        }
        Ok(missing)
    }

    fn is_whole(&self, file: FileNumber) -> Result<bool, DatasetError> {
        let stored = self.stored(file);
        if stored.absent().is_some() {
            return Ok(false);
        }
        for opened in [stored.open_frames(), stored.open_episodes()] {
            match opened {
                Ok(_) => {}
                // Its bytes follow from seed and config, so making it anew loses nothing.
                Err(DatasetError::Damaged { .. }) => return Ok(false),
                Err(other) => return Err(other),
            }
        }
        Ok(true)
    }

    fn stored(&self, file: FileNumber) -> StoredFile<'_> {
        StoredFile {
            dir: &self.dir,
            info: &self.info,
            file,
        }
    }

    /// Writes a file's episodes, numbered by [`Info::episodes_per_stack`], whole or not at all.
    ///
    /// # Errors
    /// When a number is not finite, an episode does not hang together, or the system refuses.
    pub(super) fn write(&self, file: FileNumber, episodes: &[Episode]) -> Result<(), DatasetError> {
        for episode in episodes {
            if let Some(reason) = episodes::misfit(episode) {
                let episode = episode.index;
                return Err(DatasetError::Misfit { episode, reason });
            }
        }
        let frames_path = file.frames_path(&self.dir);
        let frames = frames::to_batch(episodes).map_err(|e| {
            let owners = || {
                episodes
                    .iter()
                    .flat_map(|e| e.rollout.frames.iter().map(|_| e.index))
            };
            build_error(e, &frames_path, |row| owners().nth(row))
        })?;
        let stats =
            serde_json::to_string(&Stats::of(episodes)).map_err(unwritable(&frames_path))?;
        let identity = (IDENTITY, self.info.identity.clone());
        let bytes = parquet_file::encode(&frames, Varied::All, &[identity.clone(), (STATS, stats)])
            .map_err(unwritable(&frames_path))?;
        drop(frames);
        let path = file.episodes_path(&self.dir);
        let rows = episodes::to_batch(episodes, file)
            .map_err(|e| build_error(e, &path, |row| episodes.get(row).map(|e| e.index)))?;
        let rows =
            parquet_file::encode(&rows, Varied::Motions, &[identity]).map_err(unwritable(&path))?;
        self.stored(file).write(&bytes, &rows)
    }

    /// Copies a file of another part of the same data set.
    ///
    /// # Errors
    /// When it is not whole, not of this set, or the system refuses.
    pub(super) fn copy_from(&self, from: &Path, file: FileNumber) -> Result<(), DatasetError> {
        let source = StoredFile {
            dir: from,
            ..self.stored(file)
        };
        source.open_frames()?;
        source.open_episodes()?;
        let pairs = source.paths().into_iter().zip(self.stored(file).paths());
        pairs
            .into_iter()
            .try_for_each(|(from, to)| files::copy_whole(&from, &to))
    }

    /// Marks the set as complete.
    ///
    /// # Errors
    /// When a file is missing or damaged, or the system refuses.
    pub fn finish(mut self) -> Result<Info, DatasetError> {
        let mut stats = Stats::default();
        let mut frames = 0;
        let mut episodes = 0;
        for file in self.info.files() {
            let path = file.frames_path(&self.dir);
            // Checked to the last byte when it was written or found.
            let open = OpenFile::open(&path, &self.info.identity)?;
            let part = open
                .metadata(STATS)
                .ok_or_else(|| DatasetError::foreign(&path, "it has no statistics"))?;
            let part = serde_json::from_str(part).map_err(|e| {
                DatasetError::foreign(&path, format!("its statistics cannot be read: {e}"))
            })?;
            stats = stats.join(part);
            frames += open.rows();
            episodes += self.info.episodes_of(file);
        }
        let path = files::stats_path(&self.dir);
        let text = serde_json::to_string_pretty(&stats.to_json()).map_err(unwritable(&path))?;
        files::write_whole(&path, (text + "\n").as_bytes())?;
        self.info.status = Status::Complete;
        self.info.total_episodes = Some(episodes);
        self.info.total_frames = Some(frames);
        self.info.write(&self.dir)?;
        Ok(self.info)
    }
}

fn refuse_other(dir: &Path, found: &Info, wanted: &Info) -> Result<(), DatasetError> {
    match found.difference(wanted) {
        None => Ok(()),
        Some((what, found, wanted)) => Err(DatasetError::OtherConfig {
            path: dir.to_owned(),
            what,
            found,
            wanted,
        }),
    }
}

fn refuse_full(dir: &Path, survey: &Survey) -> Result<(), DatasetError> {
    match &survey.first_other {
        None => Ok(()),
        Some(found) => Err(DatasetError::NotEmpty {
            path: dir.to_owned(),
            found: found
                .strip_prefix(dir)
                .unwrap_or(found)
                .display()
                .to_string(),
        }),
    }
}

/// An error that no input causes: the encoder refused what it was given.
fn unwritable<E: std::error::Error + Send + Sync + 'static>(
    path: &Path,
) -> impl FnOnce(E) -> DatasetError + use<'_, E> {
    move |e| DatasetError::writing(path)(std::io::Error::other(e))
}

fn build_error(
    error: BuildError,
    path: &Path,
    episode_of: impl Fn(usize) -> Option<u64>,
) -> DatasetError {
    match error {
        BuildError::NotFinite(at) => DatasetError::NotFinite {
            episode: episode_of(at.row).unwrap_or_default(),
            column: at.column,
        },
        BuildError::Arrow(e) => unwritable(path)(e),
    }
}
