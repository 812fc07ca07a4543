//! How fast a member learns: one thread, the default network, a few gradient steps.
//!
//! Owns [`training`]. It trains in earnest, in a folder that is gone afterwards, and times the steps
//! between the observer's calls, so that reading, validation and checkpoints are left out.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use rayon::prelude::*;
use serde::Serialize;

use super::{BenchError, Effort};
use crate::dataset::EpisodeSource;
use crate::dataset::recipe::{Mixture, Recipe};
use crate::eval::suite::BOXES_MAX;
use crate::model::course::STRIDES;
use crate::model::{EpochLog, Observer, Sample, Start, TrainConfig, TrainingData, train};
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
    /// One gradient step, ms; every second one imagines too.
    pub step_ms: f64,
    /// Episodes in a step.
    pub batch: usize,
    /// Width of every latent.
    pub width: usize,
    /// Rounds of messages.
    pub rounds: usize,
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

/// Trains one member for a few steps on a small set made for it.
///
/// # Errors
/// When episodes cannot be made, or training fails.
pub fn training(seed: u64, effort: &Effort) -> Result<TrainSpeed, BenchError> {
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
    let data = data(seed, periods * period * config.batch)?;
    let folder = tempfile::tempdir().map_err(|error| BenchError::System {
        what: "a temporary folder",
        reason: error.to_string(),
    })?;
    let laps = Laps::default();
    let stop = AtomicBool::new(false);
    train(&data, &config, folder.path(), Start::Fresh, &stop, &laps)?;
    let laps = laps.0.into_inner().unwrap_or_else(|e| e.into_inner());
    let step_s = quickest_period(&laps, period) / period as f64;
    let episodes_per_s = config.batch as f64 / step_s;
    Ok(TrainSpeed {
        transitions_per_s: episodes_per_s * STRIDES as f64 / period as f64,
        episodes_per_s,
        step_ms: 1e3 * step_s,
        batch: config.batch,
        width: config.width,
        rounds: config.rounds,
    })
}

/// The least time that `period` steps in a row took, s.
fn quickest_period(laps: &[Instant], period: usize) -> f64 {
    laps.windows(period + 1)
        .map(|w| w[period].duration_since(w[0]).as_secs_f64())
        .fold(f64::INFINITY, f64::min)
        .max(1e-9)
}

/// `episodes` samples to train on, the same few again and again, and a few to validate on.
fn data(seed: u64, episodes: usize) -> Result<TrainingData, BenchError> {
    let recipe = Recipe {
        seed,
        families: Family::ALL.to_vec(),
        boxes_max: BOXES_MAX,
        mixture: Mixture::Standard,
    };
    let made: Vec<Vec<_>> = (0..STACKS)
        .into_par_iter()
        .map(|stack| recipe.stack(stack))
        .collect::<Result<_, _>>()
        .map_err(BenchError::Source)?;
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
