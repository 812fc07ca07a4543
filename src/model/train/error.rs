//! Why a training run ends without a model.

use super::super::checkpoint::ResumeError;
use super::super::config::{BadKnob, Unlike};
use super::super::device::DeviceError;
use super::super::folder::ModelError;

/// Why training ended without a model.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A knob is out of range.
    #[error(transparent)]
    Knob(#[from] BadKnob),
    /// The device cannot be had.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Nothing to learn from.
    #[error(
        "the data set has {train} episodes to train on and {validation} to validate on; it needs at least {needed} and 1"
    )]
    TooFew {
        /// Episodes to train on.
        train: usize,
        /// Episodes to validate on.
        validation: usize,
        /// Fewest to train on.
        needed: usize,
    },
    /// The model that is to be gone on from is of another kind.
    #[error(transparent)]
    Unlike(#[from] Unlike),
    /// Only the imagination is to learn, and no model is named whose judgement would be kept.
    #[error("there is no judgement to keep")]
    NothingToKeep,
    /// The model that is to be gone on from has an imagination of another make, which one in a few batches would not
    /// make anew.
    #[error(
        "the model to go on from is of version {version}, whose imagination this program cannot read"
    )]
    Imagination {
        /// Its card's.
        version: u32,
    },
    /// The folder holds another run.
    #[error("{0} already holds a training run")]
    Occupied(std::path::PathBuf),
    /// The folder holds a model that would be lost.
    #[error("{0} holds a finished model and no checkpoint to resume from")]
    Finished(std::path::PathBuf),
    /// Another process trains there.
    #[error("another topple is writing to {0}")]
    Busy(std::path::PathBuf),
    /// The checkpoint does not fit.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] ModelError),
    /// The tensor library refused, or a loss was not finite.
    #[error("training failed: {0}")]
    Tensor(#[from] candle_core::Error),
    /// The system refused a thread, or one died.
    #[error("a training thread failed: {0}")]
    Thread(String),
    /// A signal came; the last checkpoint is there.
    #[error("interrupted after {epochs} epochs")]
    Interrupted {
        /// Epochs that the checkpoint holds.
        epochs: usize,
    },
}
