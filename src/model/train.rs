//! The training loop: members side by side, a report and a checkpoint after every epoch.
//!
//! Owns [`train`]. Each member is a sequential program of the seed alone, so the number of threads
//! changes nothing but the time. Refuses to print: an [`Observer`] is told what happens.

mod epoch;
mod turns;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Result as CandleResult;

use super::adamw::learning_rate;
use super::calibration::Calibration;
use super::card::{CARD_FILE, DataSource, MODEL_VERSION, ModelCard};
use super::checkpoint::{self, MemberState, ResumeError, RunState};
use super::config::{BadKnob, TrainConfig};
use super::course::STRIDES;
use super::device::{DeviceChoice, DeviceError};
use super::ensemble::Ensemble;
use super::folder::{ModelError, WarmStart, WorldModel, hash, weights_bytes};
use super::log::{self, EpochLog};
use super::metrics::Forecast;
use super::normaliser::Normaliser;
use super::promise::Promise;
use super::report::{ValidationReport, forecasts, judge_report, pose_report};
use super::samples::Sample;
use epoch::{Course, Member, restore, run_epoch, steps_of_epoch};
use turns::Turns;

pub(crate) use epoch::{Step, descend, fresh_members};

/// Most validation episodes that an epoch is judged on, and that poses are judged on.
const JUDGED_EACH_EPOCH: usize = 8000;
const IMAGINED_EACH_EPOCH: usize = 1000;
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
    /// From nothing; a folder that holds a run is refused.
    Fresh,
    /// From the last checkpoint, or from nothing where there is none.
    Resume,
}

/// What a finished run gives.
#[derive(Clone, Debug)]
pub struct Trained {
    /// As it lies in the folder.
    pub card: ModelCard,
    /// The finished model's forecasts on the validation split, and what happened there.
    pub forecasts: Vec<Forecast>,
}

/// Told what happens.
pub trait Observer: Sync {
    /// `done` of `total` batches of this epoch, over all members, with the running loss of one.
    fn batch(&self, epoch: usize, done: usize, total: usize, loss: f64);
    /// An epoch is over and its checkpoint written.
    fn epoch(&self, log: &EpochLog);
}

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
    #[error(
        "the model to go on from has {members} members of width {width} and {rounds} rounds, not what this run is told"
    )]
    Unlike {
        /// Its members.
        members: usize,
        /// Their width.
        width: usize,
        /// Their rounds of messages.
        rounds: usize,
    },
    /// The folder holds another run.
    #[error("{0} already holds a training run")]
    Occupied(std::path::PathBuf),
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
    let occupied =
        folder.join(checkpoint::CHECKPOINT_FILE).exists() || folder.join(CARD_FILE).exists();
    if start == Start::Fresh && occupied {
        return Err(TrainError::Occupied(folder.to_owned()));
    }
    let mut normaliser = Normaliser::measure(data.train.iter().chain(data.retold.iter().flatten()));
    let mut members = fresh_members(config, &device)?;
    let mut state = RunState::new(config, &data.source.hash);
    if let Some(model) = &data.warm_start {
        normaliser = model.card.normaliser.widened(&normaliser);
        go_on_from(model, config, &mut members)?;
        state.warm_start = Some(model.card.weights_hash.clone());
    }
    let mut found = None;
    if start == Start::Resume {
        found = checkpoint::load(folder, &state, &members[0].parameters)?;
    }
    if let Some((found, states)) = found {
        state = found;
        restore(&mut members, states)?;
        // What a run goes on from has a line of its own.
        log::cut(folder, state.epoch + usize::from(data.warm_start.is_some()))?;
    } else {
        log::cut(folder, 0)?;
        if data.warm_start.is_some() {
            let before = EpochLog::before(validate(&members, &normaliser, data)?);
            state.best = Some((0, before.validation.log_loss));
            log::append(folder, &before)?;
            observer.epoch(&before);
        }
    }
    while state.epoch < config.epochs {
        let began = std::time::Instant::now();
        let course = Course {
            data,
            normaliser: &normaliser,
            config,
            turns: Turns::new(config.threads_here()),
            stop,
            observer,
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
        let validation = validate(&members, &normaliser, data)?;
        if !validation.log_loss.is_finite() {
            return Err(candle_core::Error::Msg("the validation loss is not finite".into()).into());
        }
        if state
            .best
            .is_none_or(|(_, loss)| validation.log_loss < loss)
        {
            state.best = Some((state.epoch, validation.log_loss));
            for member in &mut members {
                member.best = member.parameters.numbers()?;
            }
        }
        let rate = |step| learning_rate(config.lr, step, steps * config.epochs as u64);
        let way: Vec<Vec<f64>> = passed.iter().map(|p| p.steps.clone()).collect();
        let log = EpochLog {
            epoch: state.epoch,
            rate: rate(state.step),
            loss: passed.iter().map(|p| p.mean.judgement).collect(),
            imagination_loss: passed.iter().map(|p| p.mean.imagination).collect(),
            validation,
            seconds: began.elapsed().as_secs_f64(),
            windows: log::windows(&way, state.step - steps, rate),
        };
        keep(folder, &state, &members, &log)?;
        observer.epoch(&log);
    }
    finish(folder, &state, &mut members, normaliser, data, config)
}

/// Sets the members' weights to those of `model`.
fn go_on_from(
    model: &WarmStart,
    config: &TrainConfig,
    members: &mut [Member],
) -> Result<(), TrainError> {
    let card = &model.card;
    if card.members != config.members || card.architecture != config.architecture() {
        return Err(TrainError::Unlike {
            members: card.members,
            width: card.architecture.width,
            rounds: card.architecture.rounds,
        });
    }
    for (m, member) in members.iter_mut().enumerate() {
        model.fill(&member.parameters, m)?;
        member.best = member.parameters.numbers()?;
    }
    Ok(())
}

/// What the members as they are would be worth.
fn validate(
    members: &[Member],
    normaliser: &Normaliser,
    data: &TrainingData,
) -> Result<ValidationReport, TrainError> {
    let ensemble = Ensemble {
        members: members.iter().map(|m| m.network.clone()).collect(),
        normaliser: normaliser.clone(),
    };
    let part = |most: usize| &data.validation[..data.validation.len().min(most)];
    let scored = score(&ensemble, part(JUDGED_EACH_EPOCH))?;
    let mut report = judge_report(&scored, None);
    report.poses = pose_report(&ensemble, part(IMAGINED_EACH_EPOCH), JUDGE_BATCH)?;
    Ok(report)
}

/// [`Ensemble::score`] in two halves on two threads: the answers do not depend on it.
fn score(
    ensemble: &Ensemble,
    samples: &[Sample],
) -> Result<Vec<super::calibration::Scored>, TrainError> {
    // Cut between batches, so that no batch changes its contents.
    let cut = samples.len() / 2 / JUDGE_BATCH * JUDGE_BATCH;
    let (first, second) = samples.split_at(cut);
    let (first, second) = rayon::join(
        || ensemble.score(first, JUDGE_BATCH),
        || ensemble.score(second, JUDGE_BATCH),
    );
    let mut out = first?;
    out.extend(second?);
    Ok(out)
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

/// The best weights, calibrated and measured, as a model in `folder`.
fn finish(
    folder: &Path,
    state: &RunState,
    members: &mut [Member],
    normaliser: Normaliser,
    data: &TrainingData,
    config: &TrainConfig,
) -> Result<Trained, TrainError> {
    for member in members.iter_mut() {
        member.parameters.set(&member.best)?;
    }
    let ensemble = Ensemble {
        members: members.iter().map(|m| m.network.clone()).collect(),
        normaliser: normaliser.clone(),
    };
    let validation = score(&ensemble, &data.validation)?;
    let kept_apart = score(&ensemble, &data.calibration)?;
    let calibration = Calibration::fit(&validation, &kept_apart);
    let promise = Promise::test(&validation, &kept_apart, config.seed);
    let mut report = judge_report(&validation, Some(&calibration));
    let part = &data.validation[..data.validation.len().min(4000)];
    report.poses = pose_report(&ensemble, part, JUDGE_BATCH)?;
    let best: Vec<Vec<Vec<f32>>> = members.iter().map(|m| m.best.clone()).collect();
    let weights = weights_bytes(&members[0].parameters, &best)?;
    let card = ModelCard {
        version: MODEL_VERSION,
        program: concat!("topple ", env!("CARGO_PKG_VERSION")).into(),
        architecture: config.architecture(),
        members: config.members,
        stride_s: crate::rollout::STRIDE_S,
        strides: STRIDES,
        weights_hash: hash(&weights),
        data: data.source.clone(),
        ancestors: data
            .warm_start
            .as_ref()
            .map_or_else(Vec::new, |m| m.card.line()),
        config: state.config.clone(),
        epoch: state.best.map_or(0, |(epoch, _)| epoch),
        validation: report,
        calibration,
        promise,
        normaliser,
    };
    WorldModel::save(folder, &card, &weights)?;
    let forecasts = forecasts(&validation, Some(&card.calibration));
    Ok(Trained { card, forecasts })
}
