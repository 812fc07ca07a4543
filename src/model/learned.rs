//! The world model as a [`Dynamics`]: beliefs and actions in, calibrated risks and trajectories out.
//!
//! Owns [`LearnedDynamics`]. Answers are finite or a typed failure. What lies outside the training
//! data, or makes the members disagree as they hardly ever did, is refused: its bound is 1. So is what is asked under limits
//! stricter than those that were learned from; under laxer ones it is judged by those that were.

use rayon::prelude::*;

use crate::dynamics::{
    Dynamics, DynamicsError, Imagined, ImaginedFrame, Prediction, PredictionFailure, Regard, Risk,
    SceneDynamics,
};
use crate::pose::Pose;
use crate::rollout::{Action, STRIDE_S};
use crate::scene::{Safety, Workcell};

use super::batch::Batch;
use super::course::STRIDES;
use super::ensemble::{ImaginedPose, Opinion, Price};
use super::features::{Encoder, GraphInput, Seen};
use super::folder::WorldModel;
use super::limits::Limits;
use super::trajectory::{fates, intended_end, place};

/// Actions that go through the network at once: a planner's handful still makes work for two cores,
/// and larger batches are hardly cheaper. Fixed, so that no answer depends on the number of threads.
const SCREEN_BATCH: usize = 16;
/// Spreads of a column by which a feature may lie outside its range before the answer is refused.
pub const BEYOND_LIMIT: f64 = 1.5;

/// The learned physics.
#[derive(Clone, Debug)]
pub struct LearnedDynamics {
    model: WorldModel,
}

impl LearnedDynamics {
    /// A physics that asks `model`.
    pub fn new(model: WorldModel) -> Self {
        Self { model }
    }

    /// The model that is asked.
    pub fn model(&self) -> &WorldModel {
        &self.model
    }
}

impl Dynamics for LearnedDynamics {
    fn name(&self) -> &'static str {
        "learned"
    }

    fn believe<'a>(
        &'a self,
        workcell: &Workcell,
        seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        self.believe_under_way(workcell, &workcell.safety, seed)
    }

    /// Whether limits are known is asked of the whole ones: what is left of them is not told apart by what was learned, and
    /// who looks on stops long before it is used up.
    fn believe_under_way<'a>(
        &'a self,
        workcell: &Workcell,
        whole: &Safety,
        _seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        let limits = Limits::of(&self.model.card.normaliser.action);
        let judged = Workcell {
            safety: limits.no_laxer(&workcell.safety),
            ..workcell.clone()
        };
        Ok(Box::new(Believed {
            model: &self.model,
            has_known_limits: limits.hold(whole),
            limits,
            encoder: Encoder::new(&judged),
        }))
    }
}

/// A belief in the model's mind.
struct Believed<'a> {
    model: &'a WorldModel,
    limits: Limits,
    has_known_limits: bool,
    encoder: Encoder,
}

impl SceneDynamics for Believed<'_> {
    fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>> {
        actions
            .par_chunks(SCREEN_BATCH)
            .flat_map_iter(|chunk| {
                let seen: Vec<Option<Seen>> = chunk.iter().map(|a| self.see(a)).collect();
                let graphs: Vec<&GraphInput> = seen.iter().flatten().map(|s| &s.input).collect();
                let opinions = self.judge(&graphs);
                let risks = spread_over(&seen, opinions)
                    .map(|(seen, opinion)| self.risk(&seen.input, &opinion?, Price::Screening));
                risks.collect::<Vec<_>>()
            })
            .collect()
    }

    fn regard(&self) -> Regard {
        Regard::Closer
    }

    fn imagine(&self, actions: &[Action], horizon: usize) -> Vec<Prediction<Imagined>> {
        let strides = horizon.clamp(1, STRIDES);
        let mut out = Vec::with_capacity(actions.len());
        for chunk in actions.chunks(SCREEN_BATCH) {
            let follow = |action: &Action| {
                let mut seen = self.see(action)?;
                // To the end whatever the horizon: what an action takes is that of the whole one.
                self.encoder.follow(action, &mut seen, STRIDES);
                Some(seen)
            };
            let seen: Vec<Option<Seen>> = chunk.par_iter().map(follow).collect();
            let graphs: Vec<&GraphInput> = seen.iter().flatten().map(|s| &s.input).collect();
            let answers = self.judge_and_imagine(&graphs, strides);
            let with_actions = spread_over(&seen, answers).zip(chunk);
            out.extend(with_actions.map(|((seen, answer), action)| {
                let (opinion, poses) = answer?;
                self.imagined(action, seen, &opinion, (&poses, strides))
            }));
        }
        out
    }
}

/// Joins what was seen with its answers, in order; an action on a box that is not there has none.
fn spread_over<'s, T: 's>(
    seen: &'s [Option<Seen>],
    answers: Vec<Prediction<T>>,
) -> impl Iterator<Item = (&'s Seen, Prediction<T>)> + 's {
    static NOTHING: std::sync::LazyLock<Seen> = std::sync::LazyLock::new(Seen::nothing);
    let mut answers = answers.into_iter();
    seen.iter().map(move |seen| match seen {
        Some(seen) => (
            seen,
            answers.next().unwrap_or(Err(PredictionFailure::NotFinite)),
        ),
        None => {
            let missing = "the action is on a box that is not in the scene".to_owned();
            (&*NOTHING, Err(PredictionFailure::Simulation(missing)))
        }
    })
}

type Poses = Vec<[ImaginedPose; STRIDES]>;

impl Believed<'_> {
    fn see(&self, action: &Action) -> Option<Seen> {
        let mut seen = self.encoder.see(action)?;
        // Stricter limits, and what is left of known ones under way, weigh where they divide what moves; the columns that
        // they have of their own never changed in what was learned from.
        self.limits.keep_to(&mut seen.input.action);
        Some(seen)
    }

    /// `[B]` opinions; a failure of the whole batch is each action's.
    fn judge(&self, graphs: &[&GraphInput]) -> Vec<Prediction<Opinion>> {
        self.of_each(graphs, |batch| {
            self.model.ensemble.judge(batch, Price::Screening)
        })
    }

    /// `[B]` opinions and `[N]` imagined poses each, of which the first `strides` are looked at.
    fn judge_and_imagine(
        &self,
        graphs: &[&GraphInput],
        strides: usize,
    ) -> Vec<Prediction<(Opinion, Poses)>> {
        let ensemble = &self.model.ensemble;
        self.of_each(graphs, |batch| {
            let opinions = ensemble.judge(batch, Price::Imagining)?;
            let mut rest = ensemble.imagine(batch, strides)?.into_iter();
            let of_graph = |g: &&GraphInput| rest.by_ref().take(g.bodies.len()).collect();
            Ok(opinions
                .into_iter()
                .zip(graphs.iter().map(of_graph))
                .collect())
        })
    }

    /// What `ask` makes of the graphs as one batch, one answer each.
    fn of_each<T>(
        &self,
        graphs: &[&GraphInput],
        ask: impl FnOnce(&Batch) -> candle_core::Result<Vec<T>>,
    ) -> Vec<Prediction<T>> {
        if graphs.is_empty() {
            return Vec::new();
        }
        let ensemble = &self.model.ensemble;
        let answer =
            Batch::of_graphs(graphs, &ensemble.normaliser, ensemble.device()).and_then(|b| ask(&b));
        match answer {
            Ok(all) => all.into_iter().map(Ok).collect(),
            Err(e) => graphs
                .iter()
                .map(|_| Err(PredictionFailure::Simulation(e.to_string())))
                .collect(),
        }
    }

    fn risk(&self, input: &GraphInput, opinion: &Opinion, price: Price) -> Prediction<Risk> {
        if !opinion.is_finite() {
            return Err(PredictionFailure::NotFinite);
        }
        let calibration = self.model.card.calibration_at(price);
        let answer = calibration.apply(opinion.logit, opinion.spread);
        let seen = &self.model.card.normaliser;
        let is_known = self.has_known_limits
            && seen.beyond(input) <= BEYOND_LIMIT
            && seen.tools.hold(&input.action);
        let bound = if is_known { answer.bound } else { 1.0 };
        let slope = answer.risk * (1.0 - answer.risk);
        let risk = Risk {
            risk: answer.risk,
            bound,
            by_accident: calibration.by_accident(&opinion.kinds, answer.risk),
            path_length: opinion.path_length,
            peak_speed: opinion.peak_speed,
            // The members differ in logits; were the curve that calibrates these a sigmoid, that would be so much probability.
            disagreement: slope * opinion.spread,
        };
        if risk.is_valid() {
            Ok(risk)
        } else {
            Err(PredictionFailure::NotFinite)
        }
    }

    fn imagined(
        &self,
        action: &Action,
        seen: &Seen,
        opinion: &Opinion,
        (poses, strides): (&[[ImaginedPose; STRIDES]], usize),
    ) -> Prediction<Imagined> {
        let risk = self.risk(&seen.input, opinion, Price::Imagining)?;
        if seen.input.is_lost() {
            return Err(PredictionFailure::NotFinite);
        }
        let scene = &self.encoder.workcell().scene;
        let onset = action.onset();
        let observed: Vec<Pose> = scene.boxes.iter().map(|b| b.pose).collect();
        let mut frames = vec![ImaginedFrame {
            t: onset,
            boxes: observed.clone(),
            position_std: vec![scene.pose_noise.position_m; observed.len()],
        }];
        #[expect(
            clippy::needless_range_loop,
            reason = "k counts strides; nodes are the outer index"
        )]
        for k in 0..strides {
            let mut frame = ImaginedFrame {
                t: onset + (k + 1) as f64 * STRIDE_S,
                ..frames[0].clone()
            };
            for (node, &body) in seen.input.bodies.iter().enumerate() {
                let body = body as usize;
                if body >= observed.len() {
                    continue;
                }
                let at = &poses[node][k];
                frame.boxes[body] = place(&observed[body], seen, node, k, at);
                frame.position_std[body] = at.position_std.hypot(scene.pose_noise.position_m);
            }
            frames.push(frame);
        }
        frames.extend(intended_end(action, &observed, &frames));
        let last_std = |node: usize| poses[node][strides - 1].position_std;
        let limit = self.encoder.workcell().safety.max_displacement;
        let fates = fates(seen, opinion, last_std, (&observed, limit), &frames);
        let imagined = Imagined {
            risk,
            frames,
            fates,
            told_for: self.encoder.workcell().safety,
        };
        match imagined.is_valid() {
            true => Ok(imagined.allowed_by(&risk, action.box_index())),
            false => Err(PredictionFailure::NotFinite),
        }
    }
}

#[cfg(test)]
mod tests;
