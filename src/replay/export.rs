//! Recordings to files, whole or not at all.
//!
//! Owns [`Format`]. A file that the user named is replaced, as [`crate::files`] does it; a folder is not.

use std::io;
use std::path::{Path, PathBuf};

use super::picture::PictureSize;
use super::{Recording, gif, html, mcap, png};
use crate::files::write_whole;

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

#[cfg(test)]
mod tests {
    use std::fs;

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
