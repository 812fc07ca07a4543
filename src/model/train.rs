//! The training loop: members side by side, a report and a checkpoint after every epoch.
//!
//! Owns [`train`]. Each member is a sequential program of the seed alone, so the number of threads
//! changes nothing but the time. Refuses to print: an [`Observer`] is told what happens.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};

use candle_core::{Device, Result as CandleResult};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::adamw::{AdamW, learning_rate};
use super::batch::Batch;
use super::calibration::Calibration;
use super::checkpoint::{self, MemberState, ResumeError, RunState};
use super::config::{BadKnob, TrainConfig};
use super::course::STRIDES;
use super::device::{DeviceChoice, DeviceError};
use super::ensemble::Ensemble;
use super::folder::{
    DataSource, MODEL_VERSION, ModelCard, ModelError, WorldModel, hash, weights_bytes,
};
use super::log::{self, EpochLog};
use super::loss::{Targets, imagination_loss, judgement_loss};
use super::metrics::Forecast;
use super::network::Network;
use super::normaliser::Normaliser;
use super::ops::Dropout;
use super::params::Parameters;
use super::promise::Promise;
use super::report::{ValidationReport, forecasts, judge_report, pose_report};
use super::samples::Sample;

/// Stack of a training thread: deep graphs go back through as many calls.
const STACK_BYTES: usize = 128 << 20;
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

/// One member in memory.
pub(crate) struct Member {
    pub(crate) network: Network,
    pub(crate) parameters: Parameters,
    optimiser: AdamW,
    best: Vec<Vec<f32>>,
}

/// Losses of one member: of a step, or the mean over an epoch.
#[derive(Clone, Copy, Default)]
pub(crate) struct Losses {
    judgement: f64,
    imagination: f64,
}

/// One member's epoch.
#[derive(Default)]
struct Passed {
    mean: Losses,
    /// `[steps]` of the judgement.
    steps: Vec<f64>,
}

/// What every member's epoch needs.
struct Course<'a> {
    data: &'a TrainingData,
    normaliser: &'a Normaliser,
    config: &'a TrainConfig,
    turns: Turns,
    stop: &'a AtomicBool,
    observer: &'a dyn Observer,
    done: std::sync::atomic::AtomicUsize,
    epoch: usize,
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
    let occupied = folder.join(checkpoint::CHECKPOINT_FILE).exists()
        || folder.join(super::folder::CARD_FILE).exists();
    if start == Start::Fresh && occupied {
        return Err(TrainError::Occupied(folder.to_owned()));
    }
    let normaliser = Normaliser::measure(data.train.iter().chain(data.retold.iter().flatten()));
    let mut members = fresh_members(config, &device)?;
    let mut state = RunState::new(config, &data.source.hash);
    if start == Start::Resume {
        let found = checkpoint::load(folder, config, &data.source.hash, &members[0].parameters)?;
        if let Some((found, states)) = found {
            state = found;
            restore(&mut members, states)?;
        }
    }
    log::cut(folder, state.epoch)?;
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

/// As many members as `config` wants, of fresh weights.
pub(crate) fn fresh_members(config: &TrainConfig, device: &Device) -> CandleResult<Vec<Member>> {
    (0..config.members)
        .map(|m| {
            let seed = mix(config.seed, m as u64, u64::MAX);
            let (network, parameters) = Network::new(config.architecture(), seed, device)?;
            Ok(Member {
                optimiser: AdamW::new(&parameters),
                best: parameters.numbers()?,
                network,
                parameters,
            })
        })
        .collect()
}

fn restore(members: &mut [Member], states: Vec<MemberState>) -> CandleResult<()> {
    for (member, state) in members.iter_mut().zip(states) {
        member.parameters.set(&state.weights)?;
        member.optimiser = state.optimiser;
        member.best = state.best;
    }
    Ok(())
}

/// Every member's epoch, at most `threads` of them at work at once.
fn run_epoch(course: &Course<'_>, members: &mut [Member]) -> Result<Vec<Passed>, TrainError> {
    std::thread::scope(|scope| {
        let handles: Vec<_> = members
            .iter_mut()
            .enumerate()
            .map(|(m, member)| {
                std::thread::Builder::new()
                    .name(format!("member {m}"))
                    .stack_size(STACK_BYTES)
                    .spawn_scoped(scope, move || member_epoch(course, m, member))
                    .map_err(|e| TrainError::Thread(e.to_string()))
            })
            .collect::<Result<_, _>>()?;
        handles
            .into_iter()
            .map(|handle| match handle.join() {
                Ok(losses) => Ok(losses?),
                Err(_) => Err(TrainError::Thread("it panicked".into())),
            })
            .collect()
    })
}

fn member_epoch(course: &Course<'_>, m: usize, member: &mut Member) -> CandleResult<Passed> {
    let config = course.config;
    let mut order: Vec<usize> = (0..course.data.train.len()).collect();
    let seed = mix(config.seed, m as u64, course.epoch as u64);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    order.shuffle(&mut rng);
    let steps = steps_of_epoch(course.data, config);
    let total = steps * config.epochs as u64;
    let mut passed = Passed::default();
    // The last, incomplete batch of an epoch is left to the next shuffle.
    for (i, chunk) in order.chunks_exact(config.batch).enumerate() {
        if course.stop.load(Ordering::Relaxed) {
            break;
        }
        let _turn = course.turns.take();
        let samples: Vec<&Sample> = chunk
            .iter()
            .map(|&k| course.data.telling(k, course.epoch))
            .collect();
        let step = course.epoch as u64 * steps + i as u64;
        let rate = learning_rate(config.lr, step, total);
        let imagines = i % config.imagine_every == 0;
        let mut dropout = Dropout::On {
            rate: config.dropout,
            rng: &mut rng,
        };
        let step = Step {
            config,
            rate,
            imagines,
        };
        let loss = step_member(member, &samples, course.normaliser, &step, &mut dropout)?;
        passed.steps.push(loss.judgement);
        passed.mean.judgement += loss.judgement / steps as f64;
        passed.mean.imagination +=
            loss.imagination / steps.div_ceil(config.imagine_every as u64) as f64;
        let done = course.done.fetch_add(1, Ordering::Relaxed) + 1;
        let all = steps as usize * config.members;
        course
            .observer
            .batch(course.epoch + 1, done, all, loss.judgement);
    }
    Ok(passed)
}

/// What one gradient step is told.
pub(crate) struct Step<'a> {
    pub(crate) config: &'a TrainConfig,
    pub(crate) rate: f64,
    pub(crate) imagines: bool,
}

fn step_member(
    member: &mut Member,
    samples: &[&Sample],
    normaliser: &Normaliser,
    step: &Step<'_>,
    dropout: &mut Dropout<'_>,
) -> CandleResult<Losses> {
    let device = member.network.device();
    let batch = Batch::of_samples(samples, normaliser, device)?;
    let targets = Targets::new(samples, device)?;
    descend(member, &batch, &targets, step, dropout)
}

/// One gradient step on a batch that is ready: forwards, the losses, backwards, down the gradient.
pub(crate) fn descend(
    member: &mut Member,
    batch: &Batch,
    targets: &Targets,
    step: &Step<'_>,
    dropout: &mut Dropout<'_>,
) -> CandleResult<Losses> {
    let judged = member.network.judge(batch, dropout)?;
    let judgement = judgement_loss(&judged, targets)?;
    let mut losses = Losses {
        judgement: f64::from(judgement.to_scalar::<f32>()?),
        imagination: 0.0,
    };
    let loss = if step.imagines {
        let imagined = member.network.imagine(batch, STRIDES)?;
        let imagination = imagination_loss(&imagined, targets)?;
        losses.imagination = f64::from(imagination.to_scalar::<f32>()?);
        (judgement + (imagination * IMAGINATION_WEIGHT)?)?
    } else {
        judgement
    };
    let grads = loss.backward()?;
    member.optimiser.update(
        &member.parameters,
        &grads,
        step.rate,
        step.config.weight_decay,
    )?;
    Ok(losses)
}

/// What the imagination's loss counts beside the judgement's. They share no variable, so it only keeps
/// the one's large gradients from shortening the other's steps.
const IMAGINATION_WEIGHT: f64 = 0.1;

fn steps_of_epoch(data: &TrainingData, config: &TrainConfig) -> u64 {
    (data.train.len() / config.batch) as u64
}

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

/// One seed out of three numbers (SplitMix64's finaliser, Steele et al., 2014).
fn mix(a: u64, b: u64, c: u64) -> u64 {
    let mut x = a;
    for y in [b, c] {
        x = x.wrapping_add(y).wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
    }
    x
}

/// At most so many at work at once.
struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A place at work, given back when dropped.
struct Turn<'a>(&'a Turns);

impl Turns {
    fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count.max(1)),
            freed: Condvar::new(),
        }
    }

    fn take(&self) -> Turn<'_> {
        let mut free = self.free.lock().unwrap_or_else(|e| e.into_inner());
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(|e| e.into_inner());
        }
        *free -= 1;
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(|e| e.into_inner()) += 1;
        self.0.freed.notify_one();
    }
}
