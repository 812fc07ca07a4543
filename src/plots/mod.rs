//! What a training run looks like: TensorBoard event files and plots, drawn from its log.
//!
//! - [`events`]: the file format, records of scalars; [`scalars`]: which figures go there;
//! - [`losses`], [`reliability`], [`strides`], [`false_safe`]: one plot each, as SVG with text that
//!   can be searched; `chart`: what they have in common.
//!
//! Owns the folders `tensorboard/` and `plots/` beside the log. Everything is a function of the log
//! and of the finished model's forecasts, never of a clock, a host or a path, so a run that was
//! interrupted and resumed leaves the same bytes. Refuses to measure: the figures are
//! [`crate::model`]'s.

mod chart;
pub mod events;
pub mod false_safe;
pub mod losses;
pub mod reliability;
pub mod scalars;
pub mod strides;

use std::path::{Path, PathBuf};

use crate::files::if_there;
use crate::model::folder::write_whole;
use crate::model::{ModelError, Trained, log};

/// The folder of the plots, in that of the model.
pub const PLOTS_DIR: &str = "plots";
/// The folder to point TensorBoard at.
pub const TENSORBOARD_DIR: &str = "tensorboard";
/// TensorBoard wants `tfevents` in the name; the usual clock and host are left out of it.
pub const EVENTS_FILE: &str = "events.out.tfevents.topple";

/// Why a run's plots are not there.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// The log cannot be read, or a file not be written.
    #[error(transparent)]
    File(#[from] ModelError),
    /// A plot could not be drawn.
    #[error("the plot {name} could not be drawn: {reason}")]
    Drawing {
        /// Its file's name.
        name: &'static str,
        /// What the drawing library said.
        reason: String,
    },
}

/// Brings the event file in `folder` up to its log, so that TensorBoard can watch a run.
///
/// # Errors
/// When the log cannot be read or the file not be written.
pub fn follow(folder: &Path) -> Result<(), PlotError> {
    let bytes = scalars::of_log(&log::read(folder)?);
    Ok(keep_up(&made(folder, TENSORBOARD_DIR)?, &bytes)?)
}

/// Writes all plots of a finished run, and its last events. Returns the files.
///
/// # Errors
/// When the log cannot be read, a plot not be drawn or a file not be written.
pub fn finish(folder: &Path, trained: &Trained) -> Result<Vec<PathBuf>, PlotError> {
    let logs = log::read(folder)?;
    let mut bytes = scalars::of_log(&logs);
    bytes.extend(scalars::of_model(&logs, &trained.card.validation));
    let dir = made(folder, TENSORBOARD_DIR)?;
    keep_up(&dir, &bytes)?;
    let mut files = vec![dir.join(EVENTS_FILE)];
    let dir = made(folder, PLOTS_DIR)?;
    let report = &trained.card.validation;
    let drawn = [
        ("losses.svg", losses::draw(&logs, trained.card.epoch)),
        ("reliability.svg", reliability::draw(&trained.forecasts)),
        ("position_error.svg", strides::draw(&report.poses)),
        ("false_safe.svg", false_safe::draw(&trained.forecasts)),
    ];
    for (name, svg) in drawn {
        let svg = svg.map_err(|reason| PlotError::Drawing { name, reason })?;
        let path = dir.join(name);
        write_whole(&path, svg.as_bytes())?;
        files.push(path);
    }
    Ok(files)
}

fn made(folder: &Path, name: &str) -> Result<PathBuf, ModelError> {
    let dir = folder.join(name);
    match std::fs::create_dir_all(&dir) {
        Ok(()) => Ok(dir),
        Err(source) => Err(ModelError::Unwritable { path: dir, source }),
    }
}

/// Makes the event file hold `bytes`. What is there already is only added to, because a reader that
/// watches the run keeps the file open; a tail torn by a crash is a beginning too, and is completed.
fn keep_up(dir: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    let path = dir.join(EVENTS_FILE);
    let there = match if_there(std::fs::read(&path)) {
        Ok(there) => there.unwrap_or_default(),
        Err(source) => return Err(ModelError::Unreadable { path, source }),
    };
    if there.is_empty() || !bytes.starts_with(&there) {
        return write_whole(&path, bytes);
    }
    let add = || {
        let mut file = std::fs::OpenOptions::new().append(true).open(&path)?;
        std::io::Write::write_all(&mut file, &bytes[there.len()..])
    };
    add().map_err(|source| ModelError::Unwritable { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_file_is_completed_after_a_crash_and_replaced_when_it_is_another_runs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(EVENTS_FILE);
        for there in [&b""[..], b"abc", b"abcdef", b"xyz", b"abcdefgh"] {
            std::fs::write(&path, there).unwrap();
            keep_up(dir.path(), b"abcdef").unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"abcdef");
        }
    }

    #[test]
    fn an_event_file_that_cannot_be_read_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        // A folder of its name: it is there, and no reader gets a byte out of it.
        std::fs::create_dir(dir.path().join(EVENTS_FILE)).unwrap();
        let error = keep_up(dir.path(), b"abcdef").unwrap_err();
        assert!(matches!(error, ModelError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains(EVENTS_FILE), "{error}");
    }
}
