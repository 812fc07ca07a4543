//! What can go wrong with a data set, each with the file concerned and the remedy.
//!
//! Owns [`DatasetError`]. It tells bad input (exit code 2) from work that failed (exit code 1), so
//! that the command line need not know the cases.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// Why a data set could not be written, read or merged.
#[derive(Debug, Error, Diagnostic)]
pub enum DatasetError {
    /// The system refused to write: a full disk, no permission.
    #[error("could not write {}: {cause}", .path.display())]
    #[diagnostic(help(
        "make room or choose another folder, then run the same command again: finished files are kept and it goes on after them"
    ))]
    Write {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The system refused to read.
    #[error("could not read {}: {cause}", .path.display())]
    #[diagnostic(help("check that the path is right and readable"))]
    Read {
        /// What was being read.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// There is no `meta/info.json`.
    #[error("{} is not a data set of topple: it has no meta/info.json", .path.display())]
    #[diagnostic(help("give the folder that `topple generate --out` wrote"))]
    NotADataset {
        /// The folder.
        path: PathBuf,
    },
    /// The output is to be a folder, but is a file.
    #[error("{} is a file, not a folder", .path.display())]
    #[diagnostic(help("choose a folder that does not exist yet, or is empty"))]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The output folder holds something else.
    #[error("{} already holds something else ({found})", .path.display())]
    #[diagnostic(help("choose a folder that does not exist yet, or empty this one"))]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// The first thing in it.
        found: String,
    },
    /// The output folder holds a data set that differs from the one asked for.
    #[error("{} holds another data set: its {what} is {found}, not {wanted}", .path.display())]
    #[diagnostic(help(
        "repeat the command that began it, or choose another folder for the new one"
    ))]
    OtherConfig {
        /// The folder.
        path: PathBuf,
        /// Which of its properties differs.
        what: &'static str,
        /// What it is there.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// Another process writes into the folder.
    #[error("another topple is writing to {}", .path.display())]
    #[diagnostic(help("wait for it to end, or choose another folder"))]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// A newer program wrote it.
    #[error("{} has schema version {found}, this topple reads up to {known}", .path.display())]
    #[diagnostic(help("update topple, or generate the data set again with this one"))]
    Future {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest one that is known here.
        known: u64,
    },
    /// There is a `meta/info.json`, but it is cut off, damaged or another program's.
    #[error("{} does not tell what the data set is: {reason}", .path.display())]
    #[diagnostic(help("bring it back from a copy, or make the set again in another folder"))]
    BadInfo {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// Parquet or checksums that are cut off, damaged or something else.
    #[error("{} is damaged: {reason}", .path.display())]
    #[diagnostic(help(
        "it was cut off or changed after it was written; delete it and run the `topple generate` that made the set again: it makes missing files anew"
    ))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// Readable, but not what topple writes.
    #[error("{} is not of this data set: {reason}", .path.display())]
    #[diagnostic(help(
        "another program or another set wrote it; delete it and run the `topple generate` that made the set again"
    ))]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
    /// More was asked for than a set can hold.
    #[error("the data set would be too large: {reason}")]
    #[diagnostic(help(
        "ask for fewer --episodes, and for the rest in another set of another --seed"
    ))]
    TooLarge {
        /// Which of its counts is over its bound.
        reason: String,
    },
    /// A finished set lacks a file.
    #[error("{} is missing, though meta/info.json says that the set is complete", .path.display())]
    #[diagnostic(help(
        "run the `topple generate` that made the set again: it makes missing files anew"
    ))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// An episode holds a number that is not finite, which no reader could use.
    #[error("episode {episode}: {column} holds a number that is not finite")]
    #[diagnostic(help(
        "this is a defect of the episode's source; nothing of its file was written"
    ))]
    NotFinite {
        /// Its index.
        episode: u64,
        /// The column it would have gone to.
        column: String,
    },
    /// An episode does not hang together, so that no reader could use it.
    #[error("episode {episode} does not hang together: {reason}")]
    #[diagnostic(help(
        "this is a defect of the episode's source; nothing of its file was written"
    ))]
    Misfit {
        /// Its index.
        episode: u64,
        /// What does not fit.
        reason: String,
    },
    /// A source could not make a stack's episodes.
    #[error("stack {stack} could not be made: {cause}")]
    #[diagnostic(help("finished files are kept; another seed or other families may get further"))]
    Source {
        /// The stack.
        stack: u64,
        /// What the source said.
        cause: super::SourceError,
    },
    /// A source broke its promise of so many episodes a stack.
    #[error("stack {stack} yielded {found} episodes instead of {wanted}")]
    #[diagnostic(help(
        "this is a defect of the episode's source: indices, and so bytes, would depend on other stacks"
    ))]
    WrongCount {
        /// The stack.
        stack: u64,
        /// What came.
        found: u64,
        /// What was promised.
        wanted: u64,
    },
    /// The generator's config is not a plain JSON value.
    #[error("the generator's config cannot be written down: {reason}")]
    Config {
        /// Why.
        reason: String,
    },
    /// A shard as written by a person makes no sense.
    #[error("`{text}` is not a shard: {reason}")]
    #[diagnostic(help("write it as i/n, with i from 1 to n: --shard 1/4 to --shard 4/4"))]
    BadShard {
        /// As given.
        text: String,
        /// Why.
        reason: String,
    },
    /// The shards that are to be merged do not make up one data set.
    #[error("{} does not fit: {reason}", .path.display())]
    #[diagnostic(help("{remedy}"))]
    Merge {
        /// The shard concerned, or the output where one is missing.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// The pool of threads could not be made.
    #[error("could not start {threads} threads: {reason}")]
    #[diagnostic(help("ask for fewer with --threads"))]
    Threads {
        /// How many.
        threads: usize,
        /// What the system said.
        reason: String,
    },
}

impl DatasetError {
    /// Whether the work failed (exit code 1), rather than its input being wrong (exit code 2).
    pub fn is_failed_work(&self) -> bool {
        matches!(
            self,
            Self::Write { .. }
                | Self::NotFinite { .. }
                | Self::Misfit { .. }
                | Self::Source { .. }
                | Self::WrongCount { .. }
                | Self::Config { .. }
                | Self::Threads { .. }
        )
    }

    /// For `map_err` on a write.
    pub(super) fn writing(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<'_> {
        move |cause| Self::Write {
            path: path.to_owned(),
            cause,
        }
    }

    /// For `map_err` on a read.
    pub(super) fn reading(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<'_> {
        move |cause| Self::Read {
            path: path.to_owned(),
            cause,
        }
    }

    pub(super) fn foreign(path: &Path, reason: impl Into<String>) -> Self {
        Self::Foreign {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    pub(super) fn bad_info(path: &Path, reason: impl Into<String>) -> Self {
        Self::BadInfo {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    pub(super) fn damaged(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}
