//! Where the files of a data set lie, and how a file gets there whole or not at all.
//!
//! Owns [`FileNumber`] (LeRobot's chunks of a thousand files) and the one way of writing: into a
//! temporary file beside the target, to disk, then renamed. A crash leaves the old file or the new
//! one, never half of either, and temporary files are told by their ending.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::DatasetError;

/// Files in a folder, LeRobot's `chunks_size`.
pub(super) const FILES_PER_CHUNK: u64 = 1000;
/// How temporary files end.
const PART: &str = "part";

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
pub fn stats_path(dir: &Path) -> PathBuf {
    dir.join("meta").join("stats.json")
}

/// Writes `bytes` to `path`, making its folders: afterwards the whole file is there, or nothing is.
///
/// # Errors
/// When the system refuses; the temporary file is removed then.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DatasetError> {
    write_by(path, |file| file.write_all(bytes))
}

/// As [`write_whole`], from another file.
pub(super) fn copy_whole(from: &Path, to: &Path) -> Result<(), DatasetError> {
    let mut source = File::open(from).map_err(DatasetError::reading(from))?;
    write_by(to, |file| std::io::copy(&mut source, file).map(drop))
}

fn write_by(
    path: &Path,
    fill: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), DatasetError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(DatasetError::writing(folder))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(PART);
    let temporary = folder.join(name);
    let written = File::create(&temporary).and_then(|mut file| {
        fill(&mut file)?;
        // A rename may reach the disk before the data does; then a power cut leaves an empty file.
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_folder(folder)
    });
    if written.is_err() {
        // Best effort: the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(DatasetError::writing(path))
}

/// Makes a rename in `folder` last through a power cut, where the system can.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
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

/// Whether [`write_by`] names its temporary files so: only then may one be removed.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".parquet.part") || name.ends_with(".json.part")
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

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_leaves_the_old_file_and_no_temporary_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("info.json");
        write_whole(&path, b"old").unwrap();
        // Every write to /dev/full ends in "no space left on device".
        let temporary = dir.path().join("info.json.part");
        std::os::unix::fs::symlink("/dev/full", &temporary).unwrap();
        let error = write_whole(&path, b"new").unwrap_err();
        assert!(error.is_failed_work());
        assert!(error.to_string().contains("No space left"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert!(fs::symlink_metadata(&temporary).is_err());
    }
}
