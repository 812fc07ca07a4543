//! One pass of every member over the training split, and one step down the gradient.
//!
//! Owns [`Member`] and [`descend`]. A member's pass follows from the seed, its number and the epoch alone.

use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{Device, Result as CandleResult, Tensor};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::super::adamw::{AdamW, Halves, learning_rate};
use super::super::batch::Batch;
use super::super::checkpoint::MemberState;
use super::super::config::TrainConfig;
use super::super::course::STRIDES;
use super::super::loss::{Targets, imagination_loss, judgement_loss};
use super::super::network::Network;
use super::super::normaliser::Normaliser;
use super::super::ops::Dropout;
use super::super::params::Parameters;
use super::super::samples::Sample;
use super::turns::Turns;
use super::{Observer, TrainError, TrainingData};
use crate::seed::{INCREMENT, scrambled};

/// Stack of a training thread: deep graphs go back through as many calls.
const STACK_BYTES: usize = 128 << 20;

/// One member in memory.
pub(crate) struct Member {
    pub(crate) network: Network,
    pub(crate) parameters: Parameters,
    pub(super) optimiser: AdamW,
    /// The weights of the best epoch so far.
    pub(super) best: Vec<Vec<f32>>,
}

/// Losses of one member: of a step, or the mean over an epoch.
#[derive(Clone, Copy, Default)]
pub(crate) struct Losses {
    pub(super) judgement: f64,
    pub(super) imagination: f64,
    pub(super) weighing: f64,
}

/// One member's epoch.
#[derive(Default)]
pub(super) struct Passed {
    pub(super) mean: Losses,
    /// `[steps]` of the judgement, or of what alone is taught.
    pub(super) steps: Vec<f64>,
}

/// What every member's epoch needs.
pub(super) struct Course<'a> {
    pub(super) data: &'a TrainingData,
    pub(super) normaliser: &'a Normaliser,
    pub(super) config: &'a TrainConfig,
    pub(super) turns: Turns,
    pub(super) stop: &'a AtomicBool,
    pub(super) observer: &'a dyn Observer,
    /// Set once a member failed: nothing that the others would go on to learn is kept.
    pub(super) failed: AtomicBool,
    pub(super) done: std::sync::atomic::AtomicUsize,
    pub(super) epoch: usize,
}

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

pub(super) fn restore(members: &mut [Member], states: Vec<MemberState>) -> CandleResult<()> {
    for (member, state) in members.iter_mut().zip(states) {
        member.parameters.set(&state.weights)?;
        member.optimiser = state.optimiser;
        member.best = state.best;
    }
    Ok(())
}

/// Every member's epoch, at most `threads` of them at work at once.
pub(super) fn run_epoch(
    course: &Course<'_>,
    members: &mut [Member],
) -> Result<Vec<Passed>, TrainError> {
    std::thread::scope(|scope| {
        let handles: Vec<_> = members
            .iter_mut()
            .enumerate()
            .map(|(m, member)| {
                std::thread::Builder::new()
                    .name(format!("member {m}"))
                    .stack_size(STACK_BYTES)
                    .spawn_scoped(scope, move || {
                        let passed = member_epoch(course, m, member);
                        course.failed.fetch_or(passed.is_err(), Ordering::Relaxed);
                        passed
                    })
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
        if course.stop.load(Ordering::Relaxed) || course.failed.load(Ordering::Relaxed) {
            break;
        }
        let _turn = course.turns.take();
        let samples: Vec<&Sample> = chunk
            .iter()
            .map(|&k| course.data.telling(k, course.epoch))
            .collect();
        let step = course.epoch as u64 * steps + i as u64;
        let rate = learning_rate(config.lr, step, total);
        let taught = match (config.keep_judgement, i % config.imagine_every == 0) {
            (true, _) => Halves::Imagining,
            (false, true) => Halves::Both,
            (false, false) => Halves::Judging,
        };
        let mut dropout = Dropout::On {
            rate: config.dropout,
            rng: &mut rng,
        };
        let step = Step {
            config,
            rate,
            taught,
        };
        let loss = step_member(member, &samples, course.normaliser, &step, &mut dropout)?;
        let of_step = match taught {
            Halves::Imagining => loss.imagination,
            Halves::Judging | Halves::Both => loss.judgement,
        };
        passed.steps.push(of_step);
        passed.mean.judgement += loss.judgement / steps as f64;
        let imagined = imagined_steps(steps, config) as f64;
        passed.mean.imagination += loss.imagination / imagined;
        passed.mean.weighing += loss.weighing / imagined;
        let done = course.done.fetch_add(1, Ordering::Relaxed) + 1;
        let all = steps as usize * config.members;
        course.observer.batch(course.epoch + 1, done, all, of_step);
    }
    Ok(passed)
}

/// What one gradient step is told.
pub(crate) struct Step<'a> {
    pub(crate) config: &'a TrainConfig,
    pub(crate) rate: f64,
    pub(crate) taught: Halves,
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
    let mut losses = Losses::default();
    let number = |loss: &Tensor| Ok::<_, candle_core::Error>(f64::from(loss.to_scalar::<f32>()?));
    let imagination = match step.taught {
        Halves::Judging => None,
        Halves::Imagining | Halves::Both => {
            let imagined = member.network.imagine(batch, STRIDES)?;
            let poses = imagination_loss(&imagined, targets)?;
            let weighed = judgement_loss(&member.network.weigh(batch)?, targets)?;
            (losses.imagination, losses.weighing) = (number(&poses)?, number(&weighed)?);
            Some((poses + weighed)?)
        }
    };
    let judgement = match step.taught {
        Halves::Imagining => None,
        Halves::Judging | Halves::Both => {
            let judged = member.network.judge(batch, dropout)?;
            let loss = judgement_loss(&judged, targets)?;
            losses.judgement = number(&loss)?;
            Some(loss)
        }
    };
    let loss = match (judgement, imagination) {
        (Some(judgement), Some(imagination)) => (judgement + (imagination * IMAGINATION_WEIGHT)?)?,
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return Ok(losses),
    };
    let grads = loss.backward()?;
    let pace = (step.rate, step.config.weight_decay);
    (member.optimiser).update(&member.parameters, &grads, step.taught, pace)?;
    Ok(losses)
}

/// What the imagination's loss counts beside the judgement's. They share no variable, so it only keeps
/// the one's large gradients from shortening the other's steps.
const IMAGINATION_WEIGHT: f64 = 0.1;

pub(super) fn steps_of_epoch(data: &TrainingData, config: &TrainConfig) -> u64 {
    (data.train.len() / config.batch) as u64
}

/// How many of an epoch's steps teach the imagination.
pub(super) fn imagined_steps(steps: u64, config: &TrainConfig) -> u64 {
    match config.keep_judgement {
        true => steps,
        false => steps.div_ceil(config.imagine_every as u64),
    }
}

/// One seed out of three numbers.
fn mix(a: u64, b: u64, c: u64) -> u64 {
    let join = |x: u64, y: &u64| scrambled(x.wrapping_add(*y).wrapping_add(INCREMENT));
    [b, c].iter().fold(a, join)
}
