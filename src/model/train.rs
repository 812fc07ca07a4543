//! The training loop: members side by side, a report and a checkpoint after every epoch.
//!
//! Owns [`train`]. Each member is a sequential program of the seed alone, so the number of threads
//! changes nothing but the time. Refuses to print: an [`Observer`] is told what happens.

mod epoch;
mod error;
mod finish;
mod turns;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{Device, Result as CandleResult};

use crate::files;

use super::adamw::learning_rate;
use super::card::{CARD_FILE, DataSource, ModelCard};
use super::checkpoint::{self, MemberState, RunState};
use super::config::TrainConfig;
use super::device::DeviceChoice;
use super::folder::{ModelError, WarmStart};
use super::log::{self, EpochLog};
use super::metrics::Forecast;
use super::normaliser::Normaliser;
use super::report::ValidationReport;
use super::samples::Sample;
use epoch::{Course, Member, imagined_steps, restore, run_epoch, steps_of_epoch};
use finish::{finish, validate};
use turns::Turns;

pub use error::TrainError;

pub(crate) use epoch::{Step, descend, fresh_members};

/// Actions judged at once where no gradient is wanted.
pub const JUDGE_BATCH: usize = 128;

/// What a run learns from.
#[derive(Clone, Debug, Default)]
pub struct TrainingData {
    /// Episodes that weights follow, as they were recorded.
    pub train: Vec<Sample>,
    /// The same episodes as other looks at their scenes tell them, each as long as `train`.
    pub retold: Vec<Vec<Sample>>,
    /// Episodes that choose the epoch and shape the score.
    pub validation: Vec<Sample>,
    /// Episodes that the risk and its bound come from.
    pub calibration: Vec<Sample>,
    /// Where they come from.
    pub source: DataSource,
    /// A model whose weights the run goes on from; `None`: from fresh ones. It must not have been trained on what
    /// is validated and calibrated on.
    pub warm_start: Option<WarmStart>,
}

impl TrainingData {
    /// Training episode `k` as epoch `epoch` is told it: each epoch hears every telling of some.
    fn telling(&self, k: usize, epoch: usize) -> &Sample {
        match (k + epoch) % (1 + self.retold.len()) {
            0 => &self.train[k],
            look => &self.retold[look - 1][k],
        }
    }
}

/// Whether a run starts anew or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From fresh weights or those of another model; a folder that holds a run is refused.
    Fresh,
    /// From the last checkpoint; where there is none, as [`Self::Fresh`].
    Resume,
}

/// What a finished run gives.
#[derive(Clone, Debug)]
pub struct Trained {
    /// As it lies in the folder.
    pub card: ModelCard,
    /// The finished model's forecasts on the validation split once it has imagined them, and what happened there.
    pub forecasts: Vec<Forecast>,
}

/// Told what happens.
pub trait Observer: Sync {
    /// `done` of `total` batches of this epoch, over all members, with the running loss of one.
    fn batch(&self, epoch: usize, done: usize, total: usize, loss: f64);
    /// An epoch is over and its checkpoint written; or, with the number 0, what a run goes on from was judged.
    fn epoch(&self, log: &EpochLog);
}

/// Whether a run of `config` can go on from `model`, or begin from nothing.
///
/// # Errors
/// When the model is of another kind, or there is no judgement to keep or no imagination to go on from.
pub fn can_begin(config: &TrainConfig, model: Option<&WarmStart>) -> Result<(), TrainError> {
    match model {
        None if config.keep_judgement => Err(TrainError::NothingToKeep),
        Some(model) if !model.is_led() && !config.keep_judgement => Err(TrainError::Imagination {
            version: model.card.version,
        }),
        Some(model) => Ok(model.card.config.can_go_on_as(config)?),
        None => Ok(()),
    }
}

/// Whether a run was begun in `folder` that has not ended yet.
pub fn is_under_way(folder: &Path) -> bool {
    folder.join(checkpoint::CHECKPOINT_FILE).exists() && !folder.join(CARD_FILE).exists()
}

/// Whether a run may write to `folder`, which need not be there yet.
///
/// # Errors
/// When another run lies there, or the model of a finished one that would be lost.
pub fn may_write_to(folder: &Path, start: Start) -> Result<(), TrainError> {
    let has = |file: &str| folder.join(file).exists();
    let (is_begun, is_finished) = (has(checkpoint::CHECKPOINT_FILE), has(CARD_FILE));
    match start {
        Start::Fresh if is_begun || is_finished => Err(TrainError::Occupied(folder.to_owned())),
        Start::Resume if is_finished && !is_begun => Err(TrainError::Finished(folder.to_owned())),
        _ => Ok(()),
    }
}

/// Trains an ensemble in `folder` and leaves the finished model there.
///
/// # Errors
/// See [`TrainError`].
pub fn train(
    data: &TrainingData,
    config: &TrainConfig,
    folder: &Path,
    start: Start,
    stop: &AtomicBool,
    observer: &dyn Observer,
) -> Result<Trained, TrainError> {
    config.validate()?;
    can_begin(config, data.warm_start.as_ref())?;
    let device = config.device.open()?;
    let config = &TrainConfig {
        device: DeviceChoice::naming(&device),
        ..config.clone()
    };
    if data.train.len() < config.batch || data.validation.is_empty() {
        return Err(TrainError::TooFew {
            train: data.train.len(),
            validation: data.validation.len(),
            needed: config.batch,
        });
    }
    std::fs::create_dir_all(folder).map_err(|source| ModelError::Unwritable {
        path: folder.to_owned(),
        source,
    })?;
    // Before anything there is looked at: what two runs write at once is neither's.
    let _lock = files::lock(folder).map_err(|files::Taken| TrainError::Busy(folder.to_owned()))?;
    may_write_to(folder, start)?;
    let (normaliser, mut members, mut state) =
        begin(data, config, folder, start, observer, &device)?;
    while state.epoch < config.epochs {
        let began = std::time::Instant::now();
        let course = Course {
            data,
            normaliser: &normaliser,
            config,
            turns: Turns::new(config.threads_here()),
            stop,
            observer,
            failed: false.into(),
            done: 0.into(),
            epoch: state.epoch,
        };
        let passed = run_epoch(&course, &mut members)?;
        if stop.load(Ordering::Relaxed) {
            return Err(TrainError::Interrupted {
                epochs: state.epoch,
            });
        }
        let steps = steps_of_epoch(data, config);
        state.epoch += 1;
        state.step += steps;
        state.imagined += imagined_steps(steps, config);
        let validation = validate(&members, &normaliser, data)?;
        let loss = held_out_loss(&validation, config);
        if state.best.is_none_or(|(_, least)| loss < least) {
            state.best = Some((state.epoch, loss));
            for member in &mut members {
                member.best = member.parameters.numbers()?;
            }
        }
        let rate = |step| learning_rate(config.lr, step, steps * config.epochs as u64);
        let way: Vec<Vec<f64>> = passed.iter().map(|p| p.steps.clone()).collect();
        let log = EpochLog {
            epoch: state.epoch,
            rate: rate(state.step),
            loss: match config.keep_judgement {
                true => Vec::new(),
                false => passed.iter().map(|p| p.mean.judgement).collect(),
            },
            imagination_loss: passed.iter().map(|p| p.mean.imagination).collect(),
            weighing_loss: passed.iter().map(|p| p.mean.weighing).collect(),
            validation,
            seconds: began.elapsed().as_secs_f64(),
            windows: log::windows(&way, state.step - steps, rate),
        };
        keep(folder, &state, &members, &log)?;
        observer.epoch(&log);
    }
    finish(folder, &state, &mut members, normaliser, data, config)
}

/// Where a run stands before its next epoch: at fresh weights, at those of another model, or at a checkpoint.
fn begin(
    data: &TrainingData,
    config: &TrainConfig,
    folder: &Path,
    start: Start,
    observer: &dyn Observer,
    device: &Device,
) -> Result<(Normaliser, Vec<Member>, RunState), TrainError> {
    let mut normaliser = Normaliser::measure(data.train.iter().chain(data.retold.iter().flatten()));
    let mut members = fresh_members(config, device)?;
    let mut state = RunState::new(config, &data.source.hash);
    if let Some(model) = &data.warm_start {
        normaliser = match config.keep_judgement {
            // Its limits hold for the ranges that it was calibrated on.
            true => model.card.normaliser.clone(),
            false => model.card.normaliser.widened(&normaliser),
        };
        go_on_from(model, &mut members)?;
        state.warm_start = Some(model.hash.clone());
    }
    let mut found = None;
    if start == Start::Resume {
        found = checkpoint::load(folder, &state, &members[0].parameters)?;
    }
    files::remove_parts(folder).map_err(|source| ModelError::Unwritable {
        path: folder.to_owned(),
        source,
    })?;
    if let Some((found, states)) = found {
        state = found;
        restore(&mut members, states)?;
        log::cut(folder, Some(state.epoch))?;
    } else {
        log::cut(folder, None)?;
        if let Some(model) = &data.warm_start {
            let before = EpochLog::before(validate(&members, &normaliser, data)?);
            // An imagination that learned nothing, or that nothing weighs, is no model's.
            let loss = held_out_loss(&before.validation, config);
            state.best = model.is_whole().then_some((0, loss));
            log::append(folder, &before)?;
            observer.epoch(&before);
        }
    }
    Ok((normaliser, members, state))
}

/// What the best epoch has the least of.
fn held_out_loss(validation: &ValidationReport, config: &TrainConfig) -> f64 {
    let loss = match config.keep_judgement {
        true => {
            let weighed = validation.weighed.as_ref().map(|w| w.log_loss);
            validation.poses.loss.unwrap_or(f64::NAN) + weighed.unwrap_or(f64::NAN)
        }
        false => validation.log_loss,
    };
    // What is no number is better than nothing else; a checkpoint cannot hold what is infinite.
    if loss.is_finite() { loss } else { f64::MAX }
}

/// Sets the members' weights to those of `model`.
fn go_on_from(model: &WarmStart, members: &mut [Member]) -> Result<(), TrainError> {
    for (m, member) in members.iter_mut().enumerate() {
        model.fill(&member.parameters, m)?;
        member.best = member.parameters.numbers()?;
    }
    Ok(())
}

fn keep(
    folder: &Path,
    state: &RunState,
    members: &[Member],
    epoch: &EpochLog,
) -> Result<(), TrainError> {
    let states = members
        .iter()
        .map(|m| {
            Ok(MemberState {
                weights: m.parameters.numbers()?,
                optimiser: m.optimiser.clone(),
                best: m.best.clone(),
            })
        })
        .collect::<CandleResult<Vec<_>>>()?;
    log::append(folder, epoch)?;
    Ok(checkpoint::save(
        folder,
        state,
        &members[0].parameters,
        &states,
    )?)
}
