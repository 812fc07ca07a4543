//! The network: boxes send messages to their neighbours, then a head judges and a decoder imagines.
//!
//! Owns [`Network`]; what its two halves have one of each is [`mod@trunk`]'s, the second thought [`mod@weighing`]'s. An
//! interaction network (Battaglia et al., NeurIPS 2016) with residual rounds, twice: *screening* reads the risk of a whole
//! action off the latents of the one in one pass, and *weighing* thinks it over once it is seen what the action takes;
//! *imagining* rolls the latents of the other forward, stride by stride and with a message between neighbours in each, told
//! what the hand means to do and led by what short steps of rigid bodies make of it, and decodes a rigid change of pose of
//! each box at each stride. Shapes: `B` graphs, `N` nodes, `E` edges, `C` width.

mod trunk;
mod weighing;

use candle_core::{Device, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Leads};
use super::course::{STRIDE_FEATURES, STRIDES};
use super::features::WAY_FEATURES;
use super::ops::{Activation, Dropout, add_norm, asinh, pool, relu};
use super::params::{Builder, Parameters};
use trunk::{Affine, Encoded, Round, Trunk, tell};
use weighing::Weighing;

/// Outputs for each graph: any accident, the five kinds, path and speed.
pub const GRAPH_OUTPUTS: usize = 8;
/// Outputs for each node: disturb, tilt, crush, moves, falls.
pub const NODE_OUTPUTS: usize = 5;
/// Outputs for each node and stride: step (3), turn (3), log spreads of both, stirs.
pub const STRIDE_OUTPUTS: usize = 9;

/// Shares for each node and stride: of the step and turn that lead it, and of the target's.
const LEAD_OUTPUTS: usize = 4;

/// Rounds of messages before the first stride; each stride adds one.
const IMAGINING_ROUNDS: usize = 2;

/// The sizes that a network is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Width of every latent, `C`.
    pub width: usize,
    /// Rounds of messages before an action is judged.
    pub rounds: usize,
}

/// One member of the ensemble.
///
/// Judging and imagining have a trunk each: they ask for different latents (a judgement has no use
/// for bearings), and in one trunk the one learned what the other lost.
#[derive(Clone, Debug)]
pub struct Network {
    judging: Trunk,
    judge: Affine,
    judge_out: Affine,
    fate: Affine,
    fate_out: Affine,
    imagining: Trunk,
    stride_start: Affine,
    stride_round: Round,
    stride_in: Affine,
    stride_hidden: Affine,
    stride_back: Affine,
    stride_out: Affine,
    stride_led: Affine,
    stride_shares: Affine,
    weighing: Weighing,
}

/// What one pass says of an action.
pub struct Judged {
    /// `[B, GRAPH_OUTPUTS]`: logits of any, of each kind; log path, log speed.
    pub graph: Tensor,
    /// `[N, NODE_OUTPUTS]`: logits.
    pub node: Tensor,
}

impl Network {
    /// A network of fresh weights on `device`, and its variables.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn new(
        architecture: Architecture,
        seed: u64,
        device: &Device,
    ) -> Result<(Self, Parameters)> {
        let (c, rounds) = (architecture.width, architecture.rounds);
        let mut b = Builder::new(seed, device);
        let network = Self {
            judging: Trunk::new(&mut b, "judging", c, rounds)?,
            imagining: Trunk::new(&mut b, "imagining", c, IMAGINING_ROUNDS)?,
            judge: Affine::new(&mut b, "judge", 4 * c, 2 * c, 1.0)?,
            judge_out: Affine::new(&mut b, "judge_out", 2 * c, GRAPH_OUTPUTS, 0.1)?,
            fate: Affine::new(&mut b, "fate", c, c, 1.0)?,
            fate_out: Affine::new(&mut b, "fate_out", c, NODE_OUTPUTS, 0.1)?,
            stride_start: Affine::new(&mut b, "imagining.stride_start", 2 * c, c, 1.0)?,
            stride_round: Round::new(&mut b, "imagining.stride_round", c)?,
            stride_in: Affine::new(&mut b, "imagining.stride_in", STRIDE_FEATURES, 2 * c, 1.0)?,
            stride_hidden: Affine::new(&mut b, "imagining.stride_hidden", c, c, 1.0)?,
            stride_back: Affine::new(&mut b, "imagining.stride_back", c, c, 0.5)?,
            stride_out: Affine::new(&mut b, "imagining.stride_out", c, STRIDE_OUTPUTS, 0.1)?,
            stride_led: Affine::new(&mut b, "imagining.stride_led", 2 * WAY_FEATURES, c, 1.0)?,
            stride_shares: Affine::new(&mut b, "imagining.stride_lead", c, LEAD_OUTPUTS, 0.1)?,
            weighing: Weighing::new(&mut b, c)?,
        };
        Ok((network, b.finish()))
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        self.judge.w.device()
    }

    /// The cheap price: the risk of each graph's action, the fate of each node.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn judge(&self, batch: &Batch, dropout: &mut Dropout<'_>) -> Result<Judged> {
        let seen = self.judging.encode(batch, dropout)?;
        self.judged(&seen, batch, dropout)
    }

    /// The same once it is seen what the action takes, at the full price.
    ///
    /// # Errors
    /// When the tensor library refuses, or nothing was followed.
    pub fn weigh(&self, batch: &Batch) -> Result<Judged> {
        let Some(taken) = &batch.taken else {
            candle_core::bail!("nothing was followed that could be weighed");
        };
        let seen = self.judging.encode(batch, &mut Dropout::Off)?;
        let first = self.judged(&seen, batch, &mut Dropout::Off)?;
        self.weighing.apply(&seen, &first, taken, batch)
    }

    fn judged(&self, seen: &Encoded, batch: &Batch, dropout: &mut Dropout<'_>) -> Result<Judged> {
        let target = seen.h.index_select(&batch.targets, 0)?;
        let whole = pool(&seen.h, &batch.segments)?;
        let z = Tensor::cat(&[&target, &whole, &seen.action], 1)?;
        Ok(Judged {
            graph: self
                .judge_out
                .apply(&dropout.apply(self.judge.relu(&z)?)?)?,
            node: self.fate_out.apply(&self.fate.relu(&seen.h)?)?,
        })
    }

    /// The full price: `[strides]` of `[N, STRIDE_OUTPUTS]`, steps and turns added up from the onset; at
    /// most [`STRIDES`].
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn imagine(&self, batch: &Batch, strides: usize) -> Result<Vec<Tensor>> {
        let seen = self.imagining.encode(batch, &mut Dropout::Off)?;
        let start = Tensor::cat(&[&seen.h, &seen.own], 1)?;
        let mut s = self.stride_start.apply(&start)?;
        let mut moved: Option<Tensor> = None;
        let strides = strides.min(STRIDES);
        let mut out = Vec::with_capacity(strides);
        if batch.leads.len() < strides {
            candle_core::bail!("nothing was followed that could be imagined");
        }
        for (stride, leads) in batch.strides.iter().zip(&batch.leads).take(strides) {
            s = self
                .stride_round
                .apply(&s, &seen.e, batch, &mut Dropout::Off)?;
            let told = self.stride_in.features(stride, Activation::None)?;
            let led = self.stride_led.features(&leads.told, Activation::None)?;
            let hidden = tell(&(self.stride_hidden.apply(&s)? + led)?, &told, batch)?;
            s = add_norm(&s, &self.stride_back.apply(&relu(&hidden)?)?)?;
            let y = self.stride_out.apply(&s)?;
            let step = y.narrow(1, 0, 6)?;
            let sum = match moved {
                Some(before) => (before + step)?,
                None => step,
            };
            let at = (&sum + self.follow(&s, leads)?)?;
            out.push(Tensor::cat(
                &[&at, &y.narrow(1, 6, STRIDE_OUTPUTS - 6)?],
                1,
            )?);
            moved = Some(sum);
        }
        Ok(out)
    }

    /// How far each node goes with what leads it, `[N, WAY_FEATURES]` on the decoder's scale: shares of its way
    /// there and of the target's, one for steps and one for turns.
    fn follow(&self, s: &Tensor, leads: &Leads) -> Result<Tensor> {
        let shares = self.stride_shares.apply(s)?;
        let share = |k: usize, way: &Tensor, whole: f64| {
            let half = WAY_FEATURES / 2;
            let of = |n: usize| {
                way.narrow(1, n * half, half)?
                    .broadcast_mul(&(shares.narrow(1, 2 * k + n, 1)? + whole)?)
            };
            Tensor::cat(&[of(0)?, of(1)?], 1)
        };
        // Before anything is learned a box goes where the lead takes it.
        asinh(&(share(0, &leads.tumbled, 1.0)? + share(1, &leads.meant, 0.0)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::features::Encoder;
    use crate::model::fixture_scenes::{box_at, scene_of, workcell_of};
    use crate::model::normaliser::Normaliser;
    use crate::pose::Vec3;
    use crate::rollout::Action;

    /// A nudge of the lower of two boxes, twice.
    fn two_nudges() -> Batch {
        let scene = scene_of(vec![
            box_at("a", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 2.0),
            box_at("b", [0.2, 0.2, 0.2], [0.05, 0.0, 0.3], 1.0),
        ]);
        let action = Action::Nudge {
            box_index: 0,
            by: Vec3::new(0.1, 0.02, 0.0),
        };
        let encoder = Encoder::new(&workcell_of(scene));
        let mut seen = encoder.see(&action).unwrap();
        encoder.follow(&action, &mut seen, STRIDES);
        let normaliser = Normaliser::measure(std::iter::empty());
        Batch::of_graphs(&[&seen.input, &seen.input], &normaliser, &Device::Cpu).unwrap()
    }

    fn network() -> (Network, Parameters) {
        let sizes = Architecture {
            width: 16,
            rounds: 2,
        };
        Network::new(sizes, 3, &Device::Cpu).unwrap()
    }

    #[test]
    fn every_variable_gets_a_gradient() {
        let (batch, (network, parameters)) = (two_nudges(), network());
        let judged = network.judge(&batch, &mut Dropout::Off).unwrap();
        let weighed = network.weigh(&batch).unwrap();
        let mut loss = (judged.graph.sum_all().unwrap() + judged.node.sum_all().unwrap()).unwrap();
        for table in [weighed.graph, weighed.node] {
            loss = (loss + table.sum_all().unwrap()).unwrap();
        }
        for stride in network.imagine(&batch, STRIDES).unwrap() {
            loss = (loss + stride.sqr().unwrap().sum_all().unwrap()).unwrap();
        }
        let grads = loss.backward().unwrap();
        for (name, var) in parameters.iter() {
            let grad = grads.get(var).unwrap_or_else(|| panic!("none for {name}"));
            let most = grad.abs().unwrap().max_all().unwrap();
            assert!(most.to_scalar::<f32>().unwrap() > 0.0, "zero for {name}");
        }
    }

    #[test]
    fn a_second_thought_moves_nothing_of_the_first() {
        let (batch, (network, parameters)) = (two_nudges(), network());
        let weighed = network.weigh(&batch).unwrap();
        let loss = (weighed.graph.sum_all().unwrap() + weighed.node.sum_all().unwrap()).unwrap();
        let grads = loss.backward().unwrap();
        for (name, var) in parameters.iter() {
            let learns = grads.get(var).is_some();
            assert_eq!(learns, name.starts_with("imagining.weigh."), "{name}");
        }
    }

    #[test]
    fn weights_that_are_too_large_to_judge_by_make_no_number_that_passes_for_a_judgement() {
        let (batch, (network, parameters)) = (two_nudges(), network());
        let mut weights = parameters.numbers().unwrap();
        weights.iter_mut().for_each(|table| table.fill(f32::MAX));
        parameters.set(&weights).unwrap();
        let judged = network.judge(&batch, &mut Dropout::Off).unwrap();
        let mut told = network.imagine(&batch, STRIDES).unwrap();
        let weighed = network.weigh(&batch).unwrap();
        told.extend([judged.graph, judged.node, weighed.graph, weighed.node]);
        for table in told {
            let numbers = table.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert!(numbers.iter().all(|x| x.is_nan()), "{numbers:?}");
        }
    }
}
