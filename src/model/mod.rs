//! The world model: what the sandbox would do, learned, with its uncertainty.
//!
//! # The way through
//!
//! 1. [`contacts`] and [`loads`] take a belief in once: who touches whom, who carries what, with and
//!    without the box that is acted on, and how far each is from tipping.
//! 2. [`course`], [`sweep`], [`grip`], [`demand`] and [`slide`] look at one action: where it goes,
//!    what it comes near, what it asks of the grip, where it shoves things.
//! 3. [`features`] puts both into one graph in the action's own [`frame`], so that nothing depends on
//!    where the scene stands, which way it is turned, or on a mirror.
//! 4. [`network`] passes messages between neighbours ([`ops`]: fused operators with their own way
//!    back), then *screens* (the risk of the whole action, in one pass) or *imagines* (a pose of
//!    each box at each stride, decoded from latents that are rolled forward as the hand moves).
//! 5. [`ensemble`] joins the members; [`calibration`] and [`certify`] make a risk and a bound of them.
//! 6. [`learned`] is all that as a [`crate::dynamics::Dynamics`]; [`train`](mod@train) makes it from
//!    [`samples`], with a [`checkpoint`] after every pass; [`folder`] keeps it.
//!
//! Refuses engine types: the sandbox is known only through the episodes that it left.
//!
//! # What mattered
//!
//! Held-out AUC of any accident, one member, 15 120 episodes to train on and 3824 to judge by, the
//! same epoch of schedules of ten (first row) and eight epochs:
//!
//! | features | epoch 1 | epoch 2 | epoch 4 |
//! | --- | --- | --- | --- |
//! | contacts, loads with and without the target, clearances, grip statics at rest | 0.898 | 0.920 | 0.932 |
//! | and grip demands along the whole motion, the hand's exact shape, slides of nudges and pushes | 0.918 | 0.932 | 0.943 |
//!
//! An ensemble of three on all 41 384 training episodes: 0.951 with the first set, 0.967 with the
//! second. The held-out loss is least after five passes of twelve.
//!
//! With sandbox 3, placements and bold grasps in the data, and what a placement leaves behind as
//! features, one member on some 42 000 episodes, after four and six passes of six:
//!
//! | choice | AUC after 4 | AUC after 6 | boxes that move, error over distance |
//! | --- | --- | --- | --- |
//! | as it was | 0.9655 | 0.9674 | 0.936 |
//! | dropout of 0.1 | 0.9653 | 0.9666 | 0.946 |
//! | where a box goes, weighed by the boxes that stir (of four passes) | 0.9648 | | 0.932 |
//!
//! Neither mattered beside more episodes: three members on 95 664 reach 0.975 held out, least loss
//! after six passes of seven; there boxes that move are 0.81 of their distance off. Dropout is
//! off by default.

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
pub mod device;
pub mod ensemble;
pub mod features;
#[cfg(test)]
pub mod fixture_scenes;
pub mod folder;
pub mod frame;
pub mod grip;
pub mod learned;
pub mod loads;
pub mod log;
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
pub use device::{DeviceChoice, DeviceError};
pub use folder::{DataSource, ModelCard, ModelError, WorldModel};
pub use learned::LearnedDynamics;
pub use log::{EpochLog, WindowLog};
pub use samples::Sample;
pub use train::{Observer, Start, TrainError, Trained, TrainingData, train};
