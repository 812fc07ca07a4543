//! A training run on disk, after each epoch: enough to go on as if it had never stopped.
//!
//! Owns `checkpoint.safetensors`: weights, moments and the best weights of every member, and the
//! run's state in the header. Order and initial weights come from the seed, or from a model that is named, so
//! nothing else is kept.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::adamw::AdamW;
use super::config::TrainConfig;
use super::folder::{ModelError, hash, le_bytes, read_tensors, serialise, write_whole};
use super::params::Parameters;

/// The file, beside the model's.
pub const CHECKPOINT_FILE: &str = "checkpoint.safetensors";
/// What it writes and reads; before 3 nothing told how old the imagination's moments are, before 4 whether a number was
/// changed on the disk, before 5 the imagination was another, before 6 nothing weighed it, before 7 not in
/// rounds of messages.
const CHECKPOINT_VERSION: u32 = 7;

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunState {
    /// Version of this file.
    pub version: u32,
    /// Epochs done.
    pub epoch: usize,
    /// Optimiser steps done, the same for all members.
    pub step: u64,
    /// Of these, the ones that the imagination learned from.
    pub imagined: u64,
    /// The run's knobs.
    pub config: TrainConfig,
    /// Hash of the data set.
    pub data_hash: String,
    /// Hash of the card of the model that it went on from, if any.
    #[serde(default)]
    pub warm_start: Option<String>,
    /// The epoch with the least validation loss so far, and that loss.
    pub best: Option<(usize, f64)>,
    /// Hash of all members' numbers, where they are in a file.
    #[serde(default)]
    pub numbers: String,
}

/// One member's numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberState {
    /// Weights, variable after variable.
    pub weights: Vec<Vec<f32>>,
    /// The optimiser's moments.
    pub optimiser: AdamW,
    /// Weights of the best epoch.
    pub best: Vec<Vec<f32>>,
}

/// Why a run cannot go on from a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The file is damaged or foreign.
    #[error(transparent)]
    File(#[from] ModelError),
    /// A number is not the one that was written.
    #[error("the checkpoint is damaged: its numbers are not those that were written")]
    Damaged,
    /// The file's header is not a run's.
    #[error("the checkpoint's header is not a training run's: {0}")]
    Header(String),
    /// Other knobs.
    #[error("the checkpoint was made with other settings: {0}")]
    Config(String),
    /// Other data.
    #[error("the checkpoint was made on another data set")]
    Data,
    /// Other weights at the start.
    #[error("the checkpoint's run went on from {}, this one goes on from {}", model(.0), model(.1))]
    WarmStart(Option<String>, Option<String>),
}

/// Writes a checkpoint, whole.
///
/// # Errors
/// When the disk refuses.
pub fn save(
    folder: &Path,
    state: &RunState,
    parameters: &Parameters,
    members: &[MemberState],
) -> Result<(), ModelError> {
    let mut entries = Vec::new();
    for (m, member) in members.iter().enumerate() {
        let tables = [
            ("weights", &member.weights),
            ("first", &member.optimiser.first),
            ("second", &member.optimiser.second),
            ("best", &member.best),
        ];
        for (what, tables) in tables {
            for ((name, var), table) in parameters.iter().zip(tables) {
                let name = format!("member{m}.{what}.{name}");
                entries.push((name, var.dims().to_vec(), le_bytes(table)));
            }
        }
    }
    entries.sort();
    let bytes: Vec<u8> = entries
        .iter()
        .flat_map(|(_, _, bytes)| bytes)
        .copied()
        .collect();
    let state = RunState {
        numbers: hash(&bytes),
        ..state.clone()
    };
    let header = serde_json::to_string(&state).expect("a state is plain data");
    write_whole(
        &folder.join(CHECKPOINT_FILE),
        &serialise(entries, Some(header))?,
    )
}

/// Reads a checkpoint of a run that began as `begun`, with the same knobs on the same data; `None` where there is
/// none.
///
/// # Errors
/// See [`ResumeError`].
pub fn load(
    folder: &Path,
    begun: &RunState,
    parameters: &Parameters,
) -> Result<Option<(RunState, Vec<MemberState>)>, ResumeError> {
    let path = folder.join(CHECKPOINT_FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ModelError::Unreadable { path, source }.into()),
    };
    let mut tables = read_tensors(&bytes).map_err(|e| match e {
        ModelError::Foreign { reason, .. } => ModelError::Foreign {
            file: CHECKPOINT_FILE.into(),
            reason,
        },
        other => other,
    })?;
    let state = header(&bytes)?;
    // By name, as they were sorted when they were written.
    let numbers: Vec<u8> = tables.values().flat_map(|table| le_bytes(table)).collect();
    if hash(&numbers) != state.numbers {
        return Err(ResumeError::Damaged);
    }
    let config = &begun.config;
    // First: without the model that it went on from, a run may be of other sizes too.
    if state.warm_start != begun.warm_start {
        return Err(ResumeError::WarmStart(
            state.warm_start,
            begun.warm_start.clone(),
        ));
    }
    if !state.config.same_run(config) {
        return Err(ResumeError::Config(difference(&state.config, config)));
    }
    if state.data_hash != begun.data_hash {
        return Err(ResumeError::Data);
    }
    let mut members = Vec::new();
    for m in 0..config.members {
        let mut take = |what: &str| -> Result<Vec<Vec<f32>>, ResumeError> {
            parameters
                .iter()
                .map(|(name, var)| {
                    let full = format!("member{m}.{what}.{name}");
                    match tables.remove(&full) {
                        Some(t) if t.len() == var.elem_count() => Ok(t),
                        _ => Err(ResumeError::Header(format!("{full} is missing"))),
                    }
                })
                .collect()
        };
        members.push(MemberState {
            weights: take("weights")?,
            optimiser: AdamW {
                // A judgement that is kept takes none.
                step: match config.keep_judgement {
                    true => 0,
                    false => state.step,
                },
                imagined: state.imagined,
                first: take("first")?,
                second: take("second")?,
            },
            best: take("best")?,
        });
    }
    Ok(Some((state, members)))
}

fn header(bytes: &[u8]) -> Result<RunState, ResumeError> {
    let wrong = |e: String| ResumeError::Header(e);
    let (_, metadata) =
        safetensors::SafeTensors::read_metadata(bytes).map_err(|e| wrong(e.to_string()))?;
    let text = metadata
        .metadata()
        .as_ref()
        .and_then(|m| m.get("state").cloned())
        .ok_or_else(|| wrong("there is none".into()))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(v) if v == u64::from(CHECKPOINT_VERSION) => {}
        other => {
            let found = other.map_or_else(|| "none".to_owned(), |v| v.to_string());
            return Err(wrong(format!(
                "its version is {found}, not {CHECKPOINT_VERSION}"
            )));
        }
    }
    serde_json::from_value(value).map_err(|e| wrong(e.to_string()))
}

impl RunState {
    /// A run that has not begun.
    pub fn new(config: &TrainConfig, data_hash: &str) -> Self {
        Self {
            version: CHECKPOINT_VERSION,
            epoch: 0,
            step: 0,
            imagined: 0,
            config: config.shape(),
            data_hash: data_hash.to_owned(),
            warm_start: None,
            best: None,
            numbers: String::new(),
        }
    }
}

fn model(hash: &Option<String>) -> String {
    let named = |hash: &String| format!("the model whose card has the hash {hash}");
    hash.as_ref().map_or("none".to_owned(), named)
}

/// The first knob in which two runs differ, as a person reads it.
fn difference(file: &TrainConfig, asked: &TrainConfig) -> String {
    let table = |c: &TrainConfig| serde_json::to_value(c).unwrap_or_default();
    let (file, asked) = (table(&file.shape()), table(&asked.shape()));
    let changed = file.as_object().and_then(|f| {
        f.iter()
            .find(|(key, value)| asked.get(key.as_str()) != Some(value))
    });
    changed.map_or_else(String::new, |(key, value)| {
        format!("{key} was {value}, now {}", asked[key])
    })
}
