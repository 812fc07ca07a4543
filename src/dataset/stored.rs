//! A pair of files of a data set, as they lie on disk: checked to the last byte before anything
//! parses them.
//!
//! Owns [`StoredFile`] and the checksums, `meta/sums/chunk-000/file-000.json`, which are written
//! last and so also say that the pair is whole. They are needed: the Parquet reader panics on some
//! flipped bytes (parquet 60, byte-stream-split pages shorter than their header says), and reads
//! others as wrong numbers.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::DatasetError;
use super::files::{self, FileNumber};
use super::info::Info;
use super::parquet_file::OpenFile;
use crate::files::{hex, sha256};

/// SHA-256 of both files.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sums {
    frames: String,
    episodes: String,
}

/// The `file`-th pair of the data set in `dir`.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredFile<'a> {
    pub dir: &'a Path,
    pub info: &'a Info,
    pub file: FileNumber,
}

impl StoredFile<'_> {
    /// All its files, the one that is written last at the end.
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut paths = vec![
            self.file.frames_path(self.dir),
            self.file.episodes_path(self.dir),
        ];
        if self.info.has_sums() {
            paths.push(self.file.sums_path(self.dir));
        }
        paths
    }

    /// The first of its files that is not there under its final name.
    pub fn absent(&self) -> Option<PathBuf> {
        self.paths().into_iter().find(|path| !path.is_file())
    }

    /// Writes all its files, each whole; the pair counts as there once the last one is.
    pub fn write(&self, frames: &[u8], episodes: &[u8]) -> Result<(), DatasetError> {
        let path = self.file.sums_path(self.dir);
        let sums = Sums {
            frames: sha256(frames),
            episodes: sha256(episodes),
        };
        let text = serde_json::to_string(&sums)
            .map_err(|e| DatasetError::writing(&path)(io::Error::other(e)))?;
        files::write_whole(&self.file.frames_path(self.dir), frames)?;
        files::write_whole(&self.file.episodes_path(self.dir), episodes)?;
        files::write_whole(&path, (text + "\n").as_bytes())
    }

    /// The frames, once their checksum was found right.
    pub fn open_frames(&self) -> Result<OpenFile, DatasetError> {
        self.open(&self.file.frames_path(self.dir), |sums| &sums.frames)
    }

    /// The episodes, once their checksum was found right.
    pub fn open_episodes(&self) -> Result<OpenFile, DatasetError> {
        self.open(&self.file.episodes_path(self.dir), |sums| &sums.episodes)
    }

    fn open(&self, path: &Path, sum: fn(&Sums) -> &String) -> Result<OpenFile, DatasetError> {
        if self.info.has_sums() && sha256_of(path)? != *sum(&self.sums()?) {
            let sums = self.file.sums_path(self.dir);
            let reason = format!("its checksum is not the one in {}", sums.display());
            return Err(DatasetError::damaged(path, reason));
        }
        OpenFile::open(path, &self.info.identity)
    }

    fn sums(&self) -> Result<Sums, DatasetError> {
        let path = self.file.sums_path(self.dir);
        let text = fs::read(&path).map_err(DatasetError::reading(&path))?;
        serde_json::from_slice(&text).map_err(|e| DatasetError::damaged(&path, e))
    }
}

fn sha256_of(path: &Path) -> Result<String, DatasetError> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path).map_err(DatasetError::reading(path))?;
    io::copy(&mut file, &mut hasher).map_err(DatasetError::reading(path))?;
    Ok(hex(&hasher.finalize()))
}
