//! The log of a training run: one line of JSON an epoch, from which figures and plots are drawn.
//!
//! Owns [`EpochLog`] and the file's life: appended to after every epoch, cut back to the checkpoint
//! when a run is resumed. Refuses lines that are not a log's.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::{ModelError, write_whole};
use super::report::ValidationReport;
use crate::files::if_there;

/// The log, one line an epoch.
pub const LOG_FILE: &str = "train.jsonl";
/// Windows that an epoch's steps are cut into, so that a log stays small whatever the data set.
const WINDOWS: u64 = 50;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochLog {
    /// From 1; 0 tells of the model that a run goes on from, before it does.
    pub epoch: usize,
    /// Learning rate at its end.
    pub rate: f64,
    /// Mean loss of each member's judgement; empty where the imagination learned alone.
    pub loss: Vec<f64>,
    /// Mean loss of the imagination of each member.
    pub imagination_loss: Vec<f64>,
    /// The same of what weighs it; empty in logs of before there was such, and where the line above holds both.
    #[serde(default)]
    pub weighing_loss: Vec<f64>,
    /// On the validation split, before calibration.
    pub validation: ValidationReport,
    /// How long it took, s.
    pub seconds: f64,
    /// The losses on the way, window by window; empty in logs of earlier versions.
    #[serde(default)]
    pub windows: Vec<WindowLog>,
}

impl EpochLog {
    /// What a model is worth before a run goes on from it.
    pub fn before(validation: ValidationReport) -> Self {
        Self {
            epoch: 0,
            rate: 0.0,
            loss: Vec::new(),
            imagination_loss: Vec::new(),
            weighing_loss: Vec::new(),
            validation,
            seconds: 0.0,
            windows: Vec::new(),
        }
    }
}

/// Some optimiser steps in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowLog {
    /// Optimiser steps done at its end, from the run's start.
    pub step: u64,
    /// Learning rate of its last step.
    pub rate: f64,
    /// Mean loss of each member's judgement within it, or of the imagination that learned alone.
    pub loss: Vec<f64>,
}

/// Which window of an epoch of `steps` its step `i` falls into, from 0.
pub fn window_of(i: u64, steps: u64) -> usize {
    (i * WINDOWS.min(steps.max(1)) / steps.max(1)) as usize
}

/// The windows of an epoch that began after `before` steps; `losses` `[M]` of `[steps]`, and
/// `rate` gives the learning rate of a step.
pub fn windows(losses: &[Vec<f64>], before: u64, rate: impl Fn(u64) -> f64) -> Vec<WindowLog> {
    let steps = losses.iter().map(Vec::len).min().unwrap_or(0);
    let all: Vec<usize> = (0..steps).collect();
    all.chunk_by(|&a, &b| window_of(a as u64, steps as u64) == window_of(b as u64, steps as u64))
        .map(|window| {
            let (first, last) = (window[0], window[window.len() - 1]);
            let mean = |l: &Vec<f64>| l[first..=last].iter().sum::<f64>() / window.len() as f64;
            WindowLog {
                step: before + last as u64 + 1,
                rate: rate(before + last as u64),
                loss: losses.iter().map(mean).collect(),
            }
        })
        .collect()
}

/// Adds a line.
///
/// # Errors
/// When the log that is there cannot be read, which leaves it as it is, or the disk refuses.
pub fn append(folder: &Path, log: &EpochLog) -> Result<(), ModelError> {
    let path = folder.join(LOG_FILE);
    let mut text = text_of(&path)?.unwrap_or_default();
    text += &(serde_json::to_string(log).expect("a log is plain data") + "\n");
    write_whole(&path, text.as_bytes())
}

/// Drops what a killed run logged beyond its last checkpoint, of that `epoch` (`None`: before any), and what is no line of a
/// log: a run need not end for want of what it only told.
///
/// # Errors
/// When the log that is there cannot be read, or the disk refuses.
pub fn cut(folder: &Path, epoch: Option<usize>) -> Result<(), ModelError> {
    let path = folder.join(LOG_FILE);
    let Some(text) = text_of(&path)? else {
        return Ok(());
    };
    let is_kept = |line: &&str| epoch_of(line).is_some_and(|told| epoch.is_some_and(|e| told <= e));
    let kept: String = (text.lines().filter(is_kept))
        .map(|l| format!("{l}\n"))
        .collect();
    write_whole(&path, kept.as_bytes())
}

/// How many lines of the log in `folder` are damaged; none where there is no log.
///
/// # Errors
/// When the log that is there cannot be read.
pub fn damaged(folder: &Path) -> Result<usize, ModelError> {
    let text = text_of(&folder.join(LOG_FILE))?.unwrap_or_default();
    Ok(text.lines().filter(|line| epoch_of(line).is_none()).count())
}

/// The epoch that a line tells of; `None` of what is no line of a log.
fn epoch_of(line: &str) -> Option<usize> {
    let log: EpochLog = serde_json::from_str(line).ok()?;
    Some(log.epoch)
}

/// The whole log, `None` where there is none yet.
fn text_of(path: &Path) -> Result<Option<String>, ModelError> {
    if_there(std::fs::read_to_string(path)).map_err(|source| ModelError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// All lines of the log in `folder`; none where there is no log.
///
/// # Errors
/// When it cannot be read, or a line is not a log's.
pub fn read(folder: &Path) -> Result<Vec<EpochLog>, ModelError> {
    let text = text_of(&folder.join(LOG_FILE))?.unwrap_or_default();
    text.lines()
        .enumerate()
        .map(|(i, line)| {
            serde_json::from_str(line).map_err(|e| ModelError::Foreign {
                file: LOG_FILE.into(),
                reason: format!("line {}: {e}", i + 1),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_every_step_once_and_keep_the_mean() {
        for steps in [1usize, 7, 50, 51, 1234] {
            let losses: Vec<f64> = (0..steps).map(|i| i as f64).collect();
            let cut = windows(&[losses], 100, |_| 0.5);
            assert_eq!(cut.len(), steps.min(WINDOWS as usize));
            assert_eq!(cut[cut.len() - 1].step, 100 + steps as u64);
            let mut before = 100;
            let mut sum = 0.0;
            for window in &cut {
                sum += window.loss[0] * (window.step - before) as f64;
                before = window.step;
            }
            let whole = (steps * (steps - 1)) as f64 / 2.0;
            assert!((sum - whole).abs() < 1e-6 * (1.0 + whole));
        }
        assert!(windows(&[Vec::new()], 0, |_| 0.5).is_empty());
    }

    #[test]
    fn a_log_that_cannot_be_read_is_an_error_that_names_it_and_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOG_FILE);
        // Cut in the middle of a character, as a damaged disk may give it back.
        let damaged = b"{\"epoch\": 1}\n\xe2\x82";
        std::fs::write(&path, damaged).unwrap();
        let log = EpochLog::before(ValidationReport::default());
        for error in [
            append(folder.path(), &log).unwrap_err(),
            cut(folder.path(), Some(1)).unwrap_err(),
        ] {
            assert!(matches!(error, ModelError::Unreadable { .. }), "{error}");
            assert!(error.to_string().contains(LOG_FILE), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), damaged);
        }
    }

    #[test]
    fn a_log_that_is_not_there_yet_is_begun_and_there_is_nothing_to_cut() {
        let folder = tempfile::tempdir().unwrap();
        cut(folder.path(), None).unwrap();
        assert!(!folder.path().join(LOG_FILE).exists());
        let log = EpochLog::before(ValidationReport::default());
        append(folder.path(), &log).unwrap();
        append(folder.path(), &log).unwrap();
        assert_eq!(read(folder.path()).unwrap(), [log.clone(), log]);
    }

    #[test]
    fn a_damaged_line_is_counted_and_dropped_and_so_is_what_came_after_the_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let of_epoch = |epoch| EpochLog {
            epoch,
            ..EpochLog::before(ValidationReport::default())
        };
        assert_eq!(damaged(folder.path()).unwrap(), 0);
        for epoch in 1..=4 {
            append(folder.path(), &of_epoch(epoch)).unwrap();
        }
        let path = folder.path().join(LOG_FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        // The first line is torn.
        std::fs::write(&path, &text[10..]).unwrap();
        assert_eq!(damaged(folder.path()).unwrap(), 1);
        let told = || -> Vec<usize> {
            let lines = read(folder.path()).unwrap();
            lines.iter().map(|log| log.epoch).collect()
        };
        // The checkpoint is of epoch 3: what the fourth told comes again.
        cut(folder.path(), Some(3)).unwrap();
        assert_eq!(told(), [2, 3]);
        append(folder.path(), &of_epoch(4)).unwrap();
        cut(folder.path(), Some(3)).unwrap();
        assert_eq!(told(), [2, 3]);
        cut(folder.path(), None).unwrap();
        assert!(told().is_empty());
    }

    #[test]
    fn a_line_that_is_no_log_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(LOG_FILE), "{}\n").unwrap();
        let error = read(folder.path()).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
