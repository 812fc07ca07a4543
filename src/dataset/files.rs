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
    // A set that is complete is looked through once more where nothing can be written, too.
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
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

/// Refuses `dir` where something is there that is no folder.
///
/// # Errors
/// When it is a file, or the system refuses.
pub(super) fn refuse_file(dir: &Path) -> Result<(), DatasetError> {
    match files::if_there(fs::metadata(dir)).map_err(DatasetError::reading(dir))? {
        Some(found) if !found.is_dir() => Err(DatasetError::NotAFolder { path: dir.into() }),
        _ => Ok(()),
    }
}

/// The folders that all of a set lies in.
const FOLDERS: [&str; 2] = ["data", "meta"];

/// What lies in a folder that is to be written to.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// What interrupted writes left.
    pub parts: Vec<PathBuf>,
    /// The first entry, by name, that is no such thing.
    pub first_other: Option<PathBuf>,
}

impl Survey {
    /// Looks through the folders of the data set in `dir`.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn of_set(dir: &Path) -> Result<Self, DatasetError> {
        let mut survey = Self::default();
        let is_part = |path: &Path| files::is_part(path) || is_earlier_part(dir, path);
        survey.look_through(dir, &is_part)?;
        Ok(survey)
    }

    /// Looks at `dir`, in which no data set was begun.
    ///
    /// Into the folders that a set has only where there is nothing else: somebody's home may hold millions of files,
    /// and a disk what nobody may read.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn of_no_set(dir: &Path) -> Result<Self, DatasetError> {
        let folders = FOLDERS.map(|name| dir.join(name));
        let is_sets = |path: &PathBuf| folders.contains(path) && is_folder(path);
        let others = entries(dir)?.into_iter().filter(|path| !is_sets(path));
        let mut survey = Self {
            parts: Vec::new(),
            first_other: others.min(),
        };
        if survey.first_other.is_none() {
            survey.look_through(dir, &files::is_part)?;
        }
        Ok(survey)
    }

    fn look_through(
        &mut self,
        dir: &Path,
        is_part: &impl Fn(&Path) -> bool,
    ) -> Result<(), DatasetError> {
        let folders = FOLDERS.map(|name| dir.join(name));
        folders
            .iter()
            .filter(|folder| is_folder(folder))
            .try_for_each(|folder| self.look_into(folder, is_part))
    }

    fn look_into(
        &mut self,
        folder: &Path,
        is_part: &impl Fn(&Path) -> bool,
    ) -> Result<(), DatasetError> {
        for path in entries(folder)? {
            if is_folder(&path) {
                self.look_into(&path, is_part)?;
            } else if is_part(&path) {
                self.parts.push(path);
            } else if self.first_other.as_ref().is_none_or(|first| path < *first) {
                self.first_other = Some(path);
            }
        }
        Ok(())
    }

    /// Removes what interrupted writes left; what is gone already is no error.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn remove_parts(&self) -> Result<(), DatasetError> {
        self.parts.iter().try_for_each(|path| {
            let removed = files::if_there(fs::remove_file(path));
            removed.map(drop).map_err(DatasetError::writing(path))
        })
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let entries = fs::read_dir(folder).map_err(DatasetError::reading(folder))?;
    entries
        .map(|entry| entry.map(|entry| entry.path()))
        .map(|path| path.map_err(DatasetError::reading(folder)))
        .collect()
}

/// A folder itself, not a link to one.
fn is_folder(path: &Path) -> bool {
    path.is_dir() && !path.is_symlink()
}

/// Whether an interrupted write of an earlier version left it in the data set in `dir`: those added `.part` to the
/// name of the file, as other programs do, so that the file has to be one of the set's, in its place.
fn is_earlier_part(dir: &Path, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Some(name) = name.strip_suffix(".part") else {
        return false;
    };
    let file = path.with_file_name(name);
    let numbered = |n: FileNumber| {
        let places = [n.frames_path(dir), n.episodes_path(dir), n.sums_path(dir)];
        places.contains(&file)
    };
    [info_path(dir), stats_path(dir)].contains(&file) || number_of(&file).is_some_and(numbered)
}

/// The number in the names of a file and of its folder, `chunk-002/file-005.parquet`.
fn number_of(file: &Path) -> Option<FileNumber> {
    let number = |path: &Path| -> Option<u64> {
        let name = path.file_name()?.to_str()?;
        name.split(['-', '.']).nth(1)?.parse().ok()
    };
    let before = number(file.parent()?)?.checked_mul(FILES_PER_CHUNK)?;
    Some(FileNumber(before.checked_add(number(file)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes files of these names below `dir`.
    fn fill(dir: &Path, names: &[&str]) {
        for name in names {
            let path = dir.join(name);
            make_folder_of(&path).unwrap();
            fs::write(path, "half").unwrap();
        }
    }

    #[test]
    fn a_file_number_has_its_place_in_chunks_of_a_thousand() {
        let path = FileNumber(2005).episodes_path(Path::new("d"));
        assert_eq!(
            path,
            Path::new("d/meta/episodes/chunk-002/file-005.parquet")
        );
        assert_eq!(number_of(&path), Some(FileNumber(2005)));
    }

    #[test]
    fn what_interrupted_writes_of_any_version_left_is_removed_and_nothing_else() {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path();
        let parts = [
            "meta/.topple-a1B2c3.part",
            "meta/info.json.part",
            "meta/stats.json.part",
            "data/chunk-000/.topple-d4E5f6.part",
            "data/chunk-000/file-002.parquet.part",
            "meta/episodes/chunk-001/file-003.parquet.part",
            "meta/sums/chunk-000/file-002.json.part",
        ];
        let others = [
            "info.json.part",
            "file-002.parquet.part",
            "notes/info.json.part",
            "meta/notes.part",
            "meta/sums/chunk-000/file-002.parquet.part",
            "data/file-002.parquet.part",
            "data/chunk-000/file-002.parquet",
            "data/chunk-000/file-2.parquet.part",
            "data/chunk-000/theirs.parquet.part",
        ];
        fill(dir, &parts);
        fill(dir, &others);
        let survey = Survey::of_set(dir).unwrap();
        assert_eq!(survey.parts.len(), parts.len());
        survey.remove_parts().unwrap();
        assert!(parts.iter().all(|name| !dir.join(name).exists()));
        assert!(others.iter().all(|name| dir.join(name).is_file()));
        // Gone already is as good as removed.
        survey.remove_parts().unwrap();
    }

    #[test]
    fn where_no_set_was_begun_a_foreign_part_is_somebody_elses() {
        let temporary = tempfile::tempdir().unwrap();
        let (dir, foreign) = (temporary.path(), "data/chunk-000/file-000.parquet.part");
        fill(dir, &["meta/.topple-a1B2c3.part"]);
        let begun = Survey::of_no_set(dir).unwrap();
        assert_eq!((begun.parts.len(), begun.first_other), (1, None));
        fill(dir, &[foreign]);
        let survey = Survey::of_no_set(dir).unwrap();
        assert_eq!(survey.first_other, Some(dir.join(foreign)));
    }

    #[test]
    fn where_no_set_was_begun_the_first_other_entry_is_named_and_nothing_is_looked_into() {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path();
        fill(dir, &["data/a", "lost+found/a", "thesis.tex"]);
        let survey = Survey::of_no_set(dir).unwrap();
        assert_eq!(survey.first_other, Some(dir.join("lost+found")));
    }
}
