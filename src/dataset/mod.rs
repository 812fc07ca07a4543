//! Rollouts on disk and on their way into the model.
//!
//! Owns [`Episode`], the Parquet layout (design, section 5), splits by stack, and the recipe that
//! turns a seed into episodes, on scenes that are made up or given. Refuses tensors: [`crate::model`] makes those.
//!
//! - [`recipe`], [`actions`], `goals`: which episodes a seed makes; `hard`, `doubted`, [`given`]: which of them are
//!   chosen, or on whose stacks; `source`: what any such maker is;
//! - `generate`, `shard`, `merge`: to disk, in parts, interrupted and gone on with;
//! - `info`, `counts`, `files`, `stored`, `stats`: a set's own files, where they lie, and that they are whole;
//! - `episodes`, `frames`, `belief_columns`, `belief_rows`, `outcome_columns`: the two tables; `columns`, `table`,
//!   `flat`, `parquet_file`: how values become columns and come back;
//! - `writer`, `reader`: one file, one set; `split`: who learns from what; [`summary`], `tally`: what is told of a set.

pub mod actions;
mod belief_columns;
mod belief_rows;
mod columns;
mod counts;
mod doubted;
mod episodes;
mod error;
mod files;
mod flat;
mod frames;
mod generate;
pub mod given;
mod goals;
mod hard;
mod info;
mod merge;
mod outcome_columns;
mod parquet_file;
mod reader;
pub mod recipe;
mod shard;
mod source;
mod split;
mod stats;
mod stored;
pub mod summary;
mod table;
mod tally;
mod writer;

pub use doubted::{Doubt, Doubted, is_of_doubted};
pub use error::DatasetError;
pub use files::info_path;
pub use generate::{Ending, Progress, Report, generate};
pub use info::{Info, Plan, SCHEMA_VERSION, STACKS_PER_FILE, Status};
pub use merge::merge;
pub use reader::Dataset;
pub use shard::Shard;
pub use source::{EpisodeSource, SourceError};
pub use split::{Split, split_of};
pub use summary::Summary;

use crate::rollout::{Action, Rollout};
use crate::scene::{Draw, Workcell};

/// One belief, one action, one draw, one outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Unique within a data set, in order.
    pub index: u64,
    /// Episodes of the same stack share this; splits never cut through a stack.
    pub stack: u64,
    /// The generator family or the import that the stack comes from.
    pub family: String,
    /// What the robot knew: poses as observed, with their noise.
    pub workcell: Workcell,
    /// What it did.
    pub action: Action,
    /// What was really there: settled poses, mass, friction, centre of mass.
    pub draw: Draw,
    /// What came of it.
    pub rollout: Rollout,
}
