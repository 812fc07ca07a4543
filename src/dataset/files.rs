//! Where the files of a data set lie, how they get there, and what else lies in its folder.
//!
//! Owns [`FileNumber`] (LeRobot's chunks of a thousand files), the folders of a set, which are made as its files are
//! written ([`crate::files`] does that, whole or not at all), and [`Survey`], which tells what interrupted writes left.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::DatasetError;
use crate::files;

/// Files in a folder, LeRobot's `chunks_size`.
pub(super) const FILES_PER_CHUNK: u64 = 1000;

/// Which pair of files: the n-th of the frames and the n-th of the episodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FileNumber(pub u64);

impl FileNumber {
    pub fn chunk(self) -> u64 {
        self.0 / FILES_PER_CHUNK
    }

    pub fn in_chunk(self) -> u64 {
        self.0 % FILES_PER_CHUNK
    }

    fn within(self, dir: &Path, kind: &str, ending: &str) -> PathBuf {
        dir.join(kind)
            .join(format!("chunk-{:03}", self.chunk()))
            .join(format!("file-{:03}.{ending}", self.in_chunk()))
    }

    /// Its frames.
    pub fn frames_path(self, dir: &Path) -> PathBuf {
        self.within(dir, "data", "parquet")
    }

    /// Its episodes.
    pub fn episodes_path(self, dir: &Path) -> PathBuf {
        self.within(dir, "meta/episodes", "parquet")
    }

    /// The checksums of both.
    pub fn sums_path(self, dir: &Path) -> PathBuf {
        self.within(dir, "meta/sums", "json")
    }
}

/// `meta/info.json` of the data set in `dir`.
pub fn info_path(dir: &Path) -> PathBuf {
    dir.join("meta").join("info.json")
}

/// `meta/stats.json` of the data set in `dir`.
pub(super) fn stats_path(dir: &Path) -> PathBuf {
    dir.join("meta").join("stats.json")
}

/// Writes `bytes` to `path`, making its folders: afterwards the whole file is there, or nothing is.
///
/// # Errors
/// When the system refuses.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DatasetError> {
    make_folder_of(path)?;
    files::write_whole(path, bytes).map_err(DatasetError::writing(path))
}

/// As [`write_whole`], from another file.
pub(super) fn copy_whole(from: &Path, to: &Path) -> Result<(), DatasetError> {
    let source = File::open(from).map_err(DatasetError::reading(from))?;
    make_folder_of(to)?;
    files::copy_whole(&source, to).map_err(DatasetError::writing(to))
}

fn make_folder_of(path: &Path) -> Result<(), DatasetError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(DatasetError::writing(folder))
}

/// What lies in a folder that is to be written to.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// What interrupted writes left.
    pub parts: Vec<PathBuf>,
    /// The first file, by name, that is no such thing.
    pub first_other: Option<PathBuf>,
}

impl Survey {
    /// Looks through `dir`, which need not exist.
    ///
    /// # Errors
    /// When it is a file, or the system refuses.
    pub fn of(dir: &Path) -> Result<Self, DatasetError> {
        let mut survey = Self::default();
        match fs::metadata(dir) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(survey),
            Err(source) => return Err(DatasetError::reading(dir)(source)),
            Ok(found) if !found.is_dir() => {
                return Err(DatasetError::NotAFolder { path: dir.into() });
            }
            Ok(_) => survey.look_into(dir)?,
        }
        Ok(survey)
    }

    fn look_into(&mut self, dir: &Path) -> Result<(), DatasetError> {
        for entry in fs::read_dir(dir).map_err(DatasetError::reading(dir))? {
            let path = entry.map_err(DatasetError::reading(dir))?.path();
            if path.is_dir() && !path.is_symlink() {
                self.look_into(&path)?;
            } else if is_part(&path) {
                self.parts.push(path);
            } else if self.first_other.as_ref().is_none_or(|first| path < *first) {
                self.first_other = Some(path);
            }
        }
        Ok(())
    }

    /// Removes what interrupted writes left.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn remove_parts(&self) -> Result<(), DatasetError> {
        self.parts
            .iter()
            .try_for_each(|path| fs::remove_file(path).map_err(DatasetError::writing(path)))
    }
}

/// Whether an interrupted write left it, of this version or of an earlier one: only then may it be removed.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    files::is_part(path) || name.ends_with(".parquet.part") || name.ends_with(".json.part")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_number_has_its_place_in_chunks_of_a_thousand() {
        let path = FileNumber(2005).episodes_path(Path::new("d"));
        assert_eq!(
            path,
            Path::new("d/meta/episodes/chunk-002/file-005.parquet")
        );
    }

    #[test]
    fn what_interrupted_writes_of_any_version_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let parts = [
            ".topple-a1B2c3.part",
            "file-002.parquet.part",
            "info.json.part",
        ];
        for name in parts.into_iter().chain(["notes.part"]) {
            fs::write(dir.path().join(name), "half").unwrap();
        }
        let survey = Survey::of(dir.path()).unwrap();
        assert_eq!(survey.parts.len(), parts.len());
        assert_eq!(survey.first_other, Some(dir.path().join("notes.part")));
        survey.remove_parts().unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
