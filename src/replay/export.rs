//! Recordings to files, whole or not at all.
//!
//! Owns [`Format`], and the writing: first to a temporary name beside the file, then renamed over
//! it. A file that the user named is replaced; a folder is not, and what is no plain file (a pipe,
//! a device) is written to as it stands.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::picture::PictureSize;
use super::{Recording, gif, html, mcap, png};

/// What a recording is written as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    /// One page.
    Html,
    /// A clip.
    Gif(PictureSize),
    /// One moment, s on the recording's clock; `None` picks the one that says most.
    Png(PictureSize, Option<f64>),
    /// A log for Foxglove.
    Mcap,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ExportError {
    /// An encoder refused.
    #[error("the {format} could not be made: {reason}")]
    #[diagnostic(help("try a smaller --size, or another format"))]
    Encode {
        /// Which.
        format: &'static str,
        /// Why.
        reason: String,
    },
    /// The name belongs to a folder.
    #[error("{} is a folder", .path.display())]
    #[diagnostic(help("give the name of a file"))]
    IsFolder {
        /// The name.
        path: PathBuf,
    },
    /// The system refused.
    #[error("could not write {}: {cause}", .path.display())]
    #[diagnostic(help(
        "make room, or choose another place in a folder that is there; what was there before is untouched"
    ))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl Format {
    /// As it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Gif(_) => "gif",
            Self::Png(..) => "png",
            Self::Mcap => "mcap",
        }
    }

    /// The bytes of `recording` in this format.
    ///
    /// # Errors
    /// When an encoder refuses.
    pub fn encode(self, recording: &Recording) -> Result<Vec<u8>, ExportError> {
        let refused = |reason: String| ExportError::Encode {
            format: self.name(),
            reason,
        };
        match self {
            Self::Html => Ok(html::page(recording).into_bytes()),
            Self::Gif(size) => gif::clip(recording, size).map_err(|e| refused(e.to_string())),
            Self::Png(size, t) => {
                let t = t.unwrap_or_else(|| png::telling_moment_s(recording));
                png::still(recording, size, t).map_err(refused)
            }
            Self::Mcap => mcap::log(recording).map_err(|e| refused(e.to_string())),
        }
    }

    /// Writes `recording` to `path` and returns the number of bytes.
    ///
    /// # Errors
    /// When an encoder or the system refuses; `path` is then as it was.
    pub fn write(self, recording: &Recording, path: &Path) -> Result<u64, ExportError> {
        if path.is_dir() {
            let path = path.to_owned();
            return Err(ExportError::IsFolder { path });
        }
        let bytes = self.encode(recording)?;
        write_whole(path, &bytes).map_err(|cause| ExportError::Write {
            path: path.to_owned(),
            cause,
        })?;
        Ok(bytes.len() as u64)
    }
}

/// Writes all of `bytes` to `path`, or leaves `path` as it was.
///
/// # Errors
/// When the system refuses.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays a link: what it points at is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.exists() && !path.is_file() {
        return OpenOptions::new().write(true).open(&path)?.write_all(bytes);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".topple-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What any new file gets, less the umask; a temporary file would be its owner's alone.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(without_path)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|e| e.error)?;
    Ok(())
}

/// What the system said, without the temporary file's name that `tempfile` adds: nobody gave it.
fn without_path(error: io::Error) -> io::Error {
    let told = error.to_string();
    match told.split_once(" at path ") {
        Some((why, _)) => io::Error::new(error.kind(), why.to_owned()),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::tests::two_boxes;

    #[test]
    fn a_file_that_was_there_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.html");
        fs::write(&path, "before").unwrap();
        let bytes = Format::Html.write(&two_boxes(), &path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), bytes);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_and_a_place_that_is_not_there_are_typed_errors() {
        let folder = tempfile::tempdir().unwrap();
        let error = Format::Html.write(&two_boxes(), folder.path()).unwrap_err();
        assert!(matches!(error, ExportError::IsFolder { .. }));
        let nowhere = folder.path().join("no").join("a.html");
        let error = Format::Html.write(&two_boxes(), &nowhere).unwrap_err();
        assert!(matches!(error, ExportError::Write { .. }));
        // Once, and of no name but the one that was given.
        assert!(std::error::Error::source(&error).is_none());
        let told = error.to_string();
        assert!(
            told.contains("a.html") && !told.contains(".topple-"),
            "{told}"
        );
    }
}
