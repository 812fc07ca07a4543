//! The world model: what the sandbox would do, learned, with its uncertainty.

pub mod adamw;
pub mod batch;
mod builtin;
pub mod calibration;
pub mod certify;
pub mod checkpoint;
pub mod config;
pub mod contacts;
pub mod course;
pub mod demand;
pub mod ensemble;
pub mod features;
#[cfg(test)]
pub mod fixture_scenes;
pub mod folder;
pub mod frame;
pub mod grip;
pub mod learned;
pub mod loads;
pub mod loss;
pub mod metrics;
pub mod network;
pub mod normaliser;
pub mod ops;
pub mod params;
pub mod polygon;
pub mod report;
pub mod samples;
pub mod slide;
pub mod sweep;
pub mod train;

pub use config::TrainConfig;
pub use folder::{DataSource, ModelCard, ModelError, WorldModel};
pub use learned::LearnedDynamics;
pub use samples::Sample;
pub use train::{EpochLog, Observer, Start, TrainError, TrainingData, train};
