//! How fast a member learns: one thread, the default network, a few gradient steps.
//!
//! Owns [`training`]. It trains in earnest, in a folder that is gone afterwards, and times the steps
//! between the observer's calls, so that reading, validation and checkpoints are left out. Then it
//! times the parts of a step on one batch that is ready, which is what another library's same network
//! can be held against (`tests/torch`).

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use candle_core::Device;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::clock::{go_on, least_of, on_one_thread};
use super::{BenchError, Effort};
use crate::dataset::EpisodeSource;
use crate::dataset::recipe::{Mixture, Recipe, Scenes};
use crate::eval::suite::BOXES_MAX;
use crate::model::adamw::Halves;
use crate::model::batch::Batch;
use crate::model::course::STRIDES;
use crate::model::loss::Targets;
use crate::model::normaliser::Normaliser;
use crate::model::ops::Dropout;
use crate::model::train::{Step, descend, fresh_members};
use crate::model::{
    EpochLog, Observer, Sample, Start, TrainConfig, TrainError, TrainingData, train,
};
use crate::scene::families::Family;

/// Stacks of eight episodes that are learned from, over and over.
const STACKS: u64 = 16;

/// The speed of one member on one thread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrainSpeed {
    /// Strides a second that the imagination's gradient runs over.
    pub transitions_per_s: f64,
    /// Episodes a second that the judgement's gradient runs over.
    pub episodes_per_s: f64,
    /// One gradient step, ms: the mean over those that judge and the one in [`TrainConfig::imagine_every`] that imagines too.
    pub step_ms: f64,
    /// Episodes in a step.
    pub batch: usize,
    /// Width of every latent.
    pub width: usize,
    /// Rounds of messages.
    pub rounds: usize,
    /// Numbers that one member learns.
    pub parameters: usize,
    /// Nodes of the batch that the times below are of.
    pub nodes: usize,
    /// Its directed edges.
    pub edges: usize,
    /// Laying the batch and its labels out as tensors, ms: the times below are without it.
    pub batch_ms: f64,
    /// One forward pass of the judgement, ms.
    pub judge_ms: f64,
    /// One forward pass of the imagination, ms.
    pub imagine_ms: f64,
    /// One gradient step of the judgement alone, ms: forwards, loss, backwards, AdamW.
    pub judge_step_ms: f64,
    /// One gradient step of judgement and imagination, ms.
    pub both_step_ms: f64,
}

/// When each batch was done.
#[derive(Default)]
struct Laps(Mutex<Vec<Instant>>);

impl Observer for Laps {
    fn batch(&self, _: usize, _: usize, _: usize, _: f64) {
        if let Ok(mut laps) = self.0.lock() {
            laps.push(Instant::now());
        }
    }

    fn epoch(&self, _: &EpochLog) {}
}

/// Trains one member for a few steps on a small set made for it, and takes a step apart.
///
/// # Errors
/// When episodes cannot be made, training fails, or `stop` is set.
pub fn training(seed: u64, effort: &Effort, stop: &AtomicBool) -> Result<TrainSpeed, BenchError> {
    let config = TrainConfig {
        epochs: 1,
        members: 1,
        threads: 1,
        seed,
        ..TrainConfig::default()
    };
    let period = config.imagine_every;
    // One period to warm up, and as many as are asked for.
    let periods = 1 + effort.train_steps.div_ceil(period).max(1);
    let data = data(seed, periods * period * config.batch, stop)?;
    let step_s = step_s(&data, &config, stop)?;
    go_on(stop)?;
    on_one_thread(|| speed(&data, &config, step_s, effort.train_steps))
}

/// The mean step of the quickest period of a run in earnest, s.
fn step_s(data: &TrainingData, config: &TrainConfig, stop: &AtomicBool) -> Result<f64, BenchError> {
    let folder = tempfile::tempdir().map_err(|error| BenchError::System {
        what: "a temporary folder",
        reason: error.to_string(),
    })?;
    let laps = Laps::default();
    train(data, config, folder.path(), Start::Fresh, stop, &laps)?;
    let laps = laps.0.into_inner().unwrap_or_else(|e| e.into_inner());
    Ok(quickest_period(&laps, config.imagine_every) / config.imagine_every as f64)
}

/// What a run's step of `step_s` makes, and its parts, each the quickest of `rounds`.
fn speed(
    data: &TrainingData,
    config: &TrainConfig,
    step_s: f64,
    rounds: usize,
) -> Result<TrainSpeed, BenchError> {
    let normaliser = Normaliser::measure(data.train.iter());
    // A stack's episodes lie in a row: every few of them, so that the batch has something of each.
    let stride = (data.calibration.len() / config.batch).max(1);
    let samples = data.calibration.iter().step_by(stride).cycle();
    let samples: Vec<&Sample> = samples.take(config.batch).collect();
    // The figures are of one thread, so of the CPU on any machine.
    let device = Device::Cpu;
    let ready = || -> Result<_, candle_core::Error> {
        let batch = Batch::of_samples(&samples, &normaliser, &device)?;
        Ok((batch, Targets::new(&samples, &device)?))
    };
    let (batch, targets) = ready().map_err(tensor)?;
    let mut members = fresh_members(config, &device).map_err(tensor)?;
    let member = &mut members[0];
    let batch_ms = ms(rounds, || ready().map(drop))?;
    let network = &member.network;
    let judge_ms = ms(rounds, || {
        network.judge(&batch, &mut Dropout::Off).map(drop)
    })?;
    let imagine_ms = ms(rounds, || network.imagine(&batch, STRIDES).map(drop))?;
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    let mut step_ms = |taught: Halves| {
        let rate = config.lr;
        let step = Step {
            config,
            rate,
            taught,
        };
        ms(rounds, || {
            let mut dropout = Dropout::On {
                rate: config.dropout,
                rng: &mut rng,
            };
            descend(member, &batch, &targets, &step, &mut dropout).map(drop)
        })
    };
    let (judge_step_ms, both_step_ms) = (step_ms(Halves::Judging)?, step_ms(Halves::Both)?);
    let episodes_per_s = config.batch as f64 / step_s;
    Ok(TrainSpeed {
        transitions_per_s: episodes_per_s * STRIDES as f64 / config.imagine_every as f64,
        episodes_per_s,
        step_ms: 1e3 * step_s,
        batch: config.batch,
        width: config.width,
        rounds: config.rounds,
        parameters: member.parameters.count(),
        nodes: samples.iter().map(|s| s.nodes()).sum(),
        edges: batch.edges_between.receivers.len(),
        batch_ms,
        judge_ms,
        imagine_ms,
        judge_step_ms,
        both_step_ms,
    })
}

/// The quickest of `rounds` of `work`, ms, after one that warms the caches.
fn ms(
    rounds: usize,
    mut work: impl FnMut() -> Result<(), candle_core::Error>,
) -> Result<f64, BenchError> {
    let rounds = 1 + rounds.max(1);
    Ok(1e3 * least_of(rounds, || (), |()| work().map_err(tensor))?)
}

fn tensor(error: candle_core::Error) -> BenchError {
    TrainError::from(error).into()
}

/// The least time that `period` steps in a row took, s.
fn quickest_period(laps: &[Instant], period: usize) -> f64 {
    laps.windows(period + 1)
        .map(|w| w[period].duration_since(w[0]).as_secs_f64())
        .fold(f64::INFINITY, f64::min)
        .max(1e-9)
}

/// `episodes` samples to train on, the same few again and again, and a few to validate on.
fn data(seed: u64, episodes: usize, stop: &AtomicBool) -> Result<TrainingData, BenchError> {
    let recipe = Recipe {
        seed,
        scenes: Scenes::generated(&Family::ALL, BOXES_MAX),
        mixture: Mixture::Standard,
    };
    let made: Vec<Vec<_>> = (0..STACKS)
        .into_par_iter()
        .map(|stack| {
            go_on(stop)?;
            recipe.stack(stack).map_err(BenchError::Source)
        })
        .collect::<Result<_, _>>()?;
    let samples: Vec<Sample> = made.iter().flatten().filter_map(Sample::new).collect();
    if samples.is_empty() {
        return Err(BenchError::Source("none has frames to learn from".into()));
    }
    Ok(TrainingData {
        train: samples.iter().cycle().take(episodes).cloned().collect(),
        validation: samples.iter().take(32).cloned().collect(),
        calibration: samples,
        ..TrainingData::default()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_quickest_period_has_as_many_steps_as_it_should() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let laps = [at(0), at(50), at(90), at(100), at(135)];
        assert!((quickest_period(&laps, 2) - 0.045).abs() < 1e-9);
        assert_eq!(quickest_period(&laps[..1], 2), f64::INFINITY);
    }
}
