//! `meta/info.json`: what a data set is, who made it, and whether it is finished.
//!
//! Owns [`Info`], the schema version, and the identity that ties every Parquet file to its set.
//! The keys that LeRobot v3 knows have its names; the rest is topple's. Holds no clock: the same
//! config and seed give the same bytes. How many files that makes is in `counts`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::DatasetError;
use super::files::{self, FILES_PER_CHUNK};
use super::frames::FEATURES;
use super::given::{in_brief, scene_unlike};
use super::shard::Shard;
use crate::files::sha256;
use crate::rollout::STRIDE_S;

/// The newest layout that this program reads, and the one that it writes.
pub const SCHEMA_VERSION: u64 = 2;
/// The first layout whose files have checksums.
const FIRST_WITH_SUMS: u64 = 2;
/// Stacks in one pair of files: what an interruption costs at most, and what a shard is made of.
pub const STACKS_PER_FILE: u64 = 16;

/// What is to be generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What every random number comes from.
    pub seed: u64,
    /// The generator's config.
    pub config: Value,
    /// How many stacks the whole data set has.
    pub stacks: u64,
    /// How many episodes come from each stack.
    pub episodes_per_stack: u64,
    /// Which part of it, `None` for all.
    pub shard: Option<Shard>,
}

/// Whether a data set has all its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Some are still to come; those that are there can be read.
    Unfinished,
    /// All are there.
    Complete,
}

/// The contents of `meta/info.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// LeRobot's layout.
    pub codebase_version: String,
    /// topple's columns, [`SCHEMA_VERSION`].
    pub schema_version: u64,
    /// The program that made it.
    pub topple_version: String,
    /// Whether it is finished.
    pub status: Status,
    /// What every random number came from.
    pub seed: u64,
    /// The generator's config.
    pub config: Value,
    /// Ties the Parquet files to this set: a hash of versions, seed, config and counts.
    pub identity: String,
    /// Stacks of the whole set, all shards together.
    pub stacks: u64,
    /// Episodes of each.
    pub episodes_per_stack: u64,
    /// Stacks in each file.
    pub stacks_per_file: u64,
    /// Which part this is, null for the whole.
    pub shard: Option<Shard>,
    /// Episodes here; null while unfinished.
    pub total_episodes: Option<u64>,
    /// Frames here; null while unfinished.
    pub total_frames: Option<u64>,
    /// Frames a second.
    pub fps: f64,
    /// Files a folder.
    pub chunks_size: u64,
    /// Where the frames are.
    pub data_path: String,
    /// Where the episodes are.
    pub episodes_path: String,
    /// LeRobot's description of the frames' columns.
    pub features: Value,
}

impl Info {
    /// What a set made by `plan` says of itself before its first file.
    ///
    /// # Errors
    /// When the counts are more than a set holds.
    pub(super) fn begin(plan: &Plan) -> Result<Self, DatasetError> {
        let mut info = Self {
            codebase_version: "v3.0".into(),
            schema_version: SCHEMA_VERSION,
            topple_version: env!("CARGO_PKG_VERSION").into(),
            status: Status::Unfinished,
            seed: plan.seed,
            config: plan.config.clone(),
            identity: String::new(),
            stacks: plan.stacks,
            episodes_per_stack: plan.episodes_per_stack,
            stacks_per_file: STACKS_PER_FILE,
            shard: plan.shard,
            total_episodes: None,
            total_frames: None,
            fps: 1.0 / STRIDE_S,
            chunks_size: FILES_PER_CHUNK,
            data_path: "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet".into(),
            episodes_path: "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
                .into(),
            features: features(),
        };
        info.identity = info.work_out_identity();
        match info.counts_fault() {
            None => Ok(info),
            Some(reason) => Err(DatasetError::TooLarge { reason }),
        }
    }

    fn work_out_identity(&self) -> String {
        let all = json!([
            self.schema_version,
            self.topple_version,
            self.seed,
            self.config,
            self.stacks,
            self.episodes_per_stack,
            self.stacks_per_file,
        ]);
        sha256(all.to_string())
    }

    /// Reads the file of the data set in `dir`.
    ///
    /// # Errors
    /// When it is not there, not JSON, of a newer version, or not topple's, as one whose counts no set has.
    pub fn read(dir: &Path) -> Result<Self, DatasetError> {
        let path = files::info_path(dir);
        let text = match std::fs::read(&path) {
            Err(e) if is_absent(&e) => return Err(DatasetError::NotADataset { path: dir.into() }),
            other => other.map_err(DatasetError::reading(&path))?,
        };
        let value: Value = serde_json::from_slice(&text)
            .map_err(|e| DatasetError::bad_info(&path, format!("it is not whole JSON: {e}")))?;
        match value.get("schema_version").map(Value::as_u64) {
            Some(Some(found)) if found > SCHEMA_VERSION => Err(DatasetError::Future {
                path,
                found,
                known: SCHEMA_VERSION,
            }),
            Some(Some(_)) => Self::from_value(value, &path),
            _ => Err(DatasetError::bad_info(
                &path,
                "it has no schema_version of topple",
            )),
        }
    }

    fn from_value(value: Value, path: &Path) -> Result<Self, DatasetError> {
        let info: Self = serde_json::from_value(value)
            .map_err(|e| DatasetError::bad_info(path, e.to_string()))?;
        match info.counts_fault() {
            None => Ok(info),
            Some(reason) => Err(DatasetError::bad_info(path, reason)),
        }
    }

    /// Writes it whole.
    pub(super) fn write(&self, dir: &Path) -> Result<(), DatasetError> {
        let path = files::info_path(dir);
        let text = serde_json::to_string_pretty(self).map_err(|e| DatasetError::Config {
            reason: e.to_string(),
        })?;
        files::write_whole(&path, (text + "\n").as_bytes())
    }

    /// Whether `meta/sums` is part of the layout.
    pub(super) fn has_sums(&self) -> bool {
        self.schema_version >= FIRST_WITH_SUMS
    }

    /// The first property in which `other` was made differently, with both values: `(what, self, other)`.
    pub(super) fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let shard = |info: &Self| info.shard.map_or("the whole".into(), |s| s.to_string());
        [
            (
                "topple version",
                self.topple_version.clone(),
                other.topple_version.clone(),
            ),
            (
                "schema version",
                self.schema_version.to_string(),
                other.schema_version.to_string(),
            ),
            ("seed", self.seed.to_string(), other.seed.to_string()),
            (
                "config",
                in_brief(&self.config).to_string(),
                in_brief(&other.config).to_string(),
            ),
            (
                "scene",
                scene_unlike(&self.config, &other.config),
                scene_unlike(&other.config, &self.config),
            ),
            (
                "number of stacks",
                self.stacks.to_string(),
                other.stacks.to_string(),
            ),
            (
                "number of episodes a stack",
                self.episodes_per_stack.to_string(),
                other.episodes_per_stack.to_string(),
            ),
            ("shard", shard(self), shard(other)),
            ("identity", self.identity.clone(), other.identity.clone()),
        ]
        .into_iter()
        .find(|(_, a, b)| a != b)
    }
}

/// Absent, or below something that is no folder.
fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// The frames' columns as LeRobot lists them.
fn features() -> Value {
    let mut features = serde_json::Map::new();
    for (name, each, axes) in FEATURES {
        let shape = match each {
            "boxes" => json!(["boxes", axes.len()]),
            _ => json!([axes.len()]),
        };
        let feature = json!({"dtype": "float64", "shape": shape, "names": axes});
        features.insert(name.to_owned(), feature);
    }
    for name in ["episode_index", "frame_index", "index"] {
        let feature = json!({"dtype": "int64", "shape": [1], "names": null});
        features.insert(name.to_owned(), feature);
    }
    let held = json!({"dtype": "bool", "shape": [1], "names": null});
    features.insert("held".to_owned(), held);
    Value::Object(features)
}
