//! The world model: what the sandbox would do, learned, with its uncertainty.
//!
//! # The way through
//!
//! 1. [`contacts`] and [`loads`] take a belief in once: who touches whom, who carries what, with and
//!    without the box that is acted on, and how far each is from tipping.
//! 2. [`course`], [`sweep`], [`way`], [`grip`], [`demand`], [`takeup`] and [`slide`] look at one action:
//!    where it goes, what it comes near, what it asks of the grip, where it shoves things. [`sketch`] forecasts
//!    it roughly, by a few long steps of rigid bodies.
//! 3. [`features`] puts both into one graph in the action's own [`frame`], so that nothing depends on
//!    where the scene stands, which way it is turned, or on a mirror.
//! 4. [`network`] passes messages between neighbours ([`ops`]: fused operators with their own way
//!    back), in one trunk to *screen* (the risk of the whole action, in one pass), in another to
//!    *imagine* (a pose of each box at each stride, decoded from latents that are rolled forward as
//!    the hand moves, led by short steps of rigid bodies, [`tumble`]; on a [`scale`] of its own). What is imagined is
//!    judged anew by what those steps take of boxes, grip and hand.
//! 5. [`ensemble`] joins the members; [`calibration`] and [`certify`] make a risk and a bound
//!    of them, whose [`promise`] is tested. What lies outside the ranges that were learned from
//!    ([`normaliser`], of hands [`tools`], of a task's limits [`limits`]) has a bound of 1.
//! 6. [`learned`] is all that as a [`crate::dynamics::Dynamics`], `trajectory` what it tells of poses; [`train`](mod@train) makes it from
//!    [`samples`], each also as other looks at its scene tell it ([`retell`]), with a [`checkpoint`]
//!    after every pass; [`folder`] keeps it, [`card`] tells where it came from.
//!
//! Refuses engine types: the sandbox is known only through the episodes that it left.
//!
//! # What mattered
//!
//! Held out, before and after each choice, all else alike in a row (but not from row to row):
//!
//! | choice | what it gave |
//! | --- | --- |
//! | grip demands along the motion, the hand's exact shape, slides of nudges | AUC 0.932 to 0.943 |
//! | each episode told twice, as another look at its scene would | AUC 0.962 to 0.965 |
//! | a rough forecast by rigid bodies ([`sketch`]), the whole [`way`], the grip's give | AUC 0.974 to 0.981 |
//! | how a grip takes up its load ([`takeup`]) | loss 0.158 to 0.154 |
//! | twice the episodes, a third of them chosen by an earlier model as what it doubts | AUC 0.985 to 0.988 |
//! | real pallets among them | AUC on real packings 0.978 to 0.983 |
//! | the imagination led by the sketch that is followed | moved boxes 0.50 to 0.35 of their way off |
//! | and by sixty steps a second of rigid bodies in its place, the hand on its way in among them ([`tumble`]) | moved boxes 43 to 14 % of their way off, on real packings 27 to 11 % |
//! | what is imagined judged anew by what these steps take | AUC 0.992 to 0.994, on real packings 0.983 to 0.987; Brier score 0.031 to 0.027, 0.047 to 0.039 |
//! | steps nearer to the sandbox's in what presses and in how a hand takes hold, rounds of messages about what they take, a third more episodes | Brier score 0.027 to 0.025, 0.039 to 0.037; moved boxes 14 to 11 % off |
//! | dropout, width, depth, residual layers, more passes, more of the same episodes, a second judge that is told nothing new, a better solved sketch, asking under several draws | nothing, or too little for its cost |
//!
#![doc = include_str!("tried.md")]

pub mod adamw;
pub mod batch;
mod builtin;
pub mod calibration;
pub mod card;
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
pub mod limits;
pub mod loads;
pub mod log;
pub mod loss;
pub mod metrics;
pub mod network;
pub mod normaliser;
pub mod ops;
pub mod params;
pub mod polygon;
pub mod promise;
mod regression;
pub mod report;
pub mod retell;
pub mod samples;
pub mod scale;
pub mod sketch;
pub mod slide;
pub mod soft;
pub mod sweep;
pub mod takeup;
pub mod tools;
pub mod train;
mod trajectory;
pub mod tumble;
pub mod way;

pub use card::{Ancestor, DataSource, ModelCard, Purpose, SetSource};
pub use config::TrainConfig;
pub use device::{DeviceChoice, DeviceError};
pub use folder::{ModelError, WarmStart, WorldModel};
pub use learned::LearnedDynamics;
pub use log::{EpochLog, WindowLog};
pub use samples::Sample;
pub use train::{Observer, Start, TrainError, Trained, TrainingData, train};
