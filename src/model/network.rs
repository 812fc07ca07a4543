//! The network: boxes send messages to their neighbours, then a head judges and a decoder imagines.
//!
//! Owns [`Network`]. An interaction network (Battaglia et al., NeurIPS 2016) with residual rounds;
//! *screening* reads the risk of a whole action off the latents in one pass, *imagining* rolls the
//! latents forward, stride by stride, told what the hand means to do, and decodes a rigid change of
//! pose of each box at each stride. Shapes: `B` graphs, `N` nodes, `E` edges, `C` width.

use candle_core::{Device, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::course::{STRIDE_FEATURES, STRIDES};
use super::features::{ACTION_FEATURES, EDGE_FEATURES, NODE_FEATURES};
use super::ops::{Activation, Dropout, InputGrad, add_norm, linear, message, pool};
use super::params::{Builder, Parameters, Start};

/// Outputs for each graph: any accident, the five kinds, path and speed.
pub const GRAPH_OUTPUTS: usize = 8;
/// Outputs for each node: disturb, tilt, crush, moves, falls.
pub const NODE_OUTPUTS: usize = 5;
/// Outputs for each node and stride: step (3), turn (3), log spreads of both, stirs.
pub const STRIDE_OUTPUTS: usize = 9;

/// The sizes that a network is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Width of every latent, `C`.
    pub width: usize,
    /// Rounds of messages.
    pub rounds: usize,
}

/// A layer `x · W + b`.
#[derive(Clone, Debug)]
struct Affine {
    w: Tensor,
    b: Tensor,
}

impl Affine {
    fn new(
        builder: &mut Builder,
        name: &str,
        inputs: usize,
        outputs: usize,
        gain: f32,
    ) -> Result<Self> {
        Ok(Self {
            w: builder.var(
                &format!("{name}.weight"),
                &[inputs, outputs],
                Start::He { gain },
            )?,
            b: builder.var(&format!("{name}.bias"), &[outputs], Start::Zero)?,
        })
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        linear(x, &self.w, &self.b, Activation::None, InputGrad::Needed)
    }

    fn relu(&self, x: &Tensor) -> Result<Tensor> {
        linear(x, &self.w, &self.b, Activation::Relu, InputGrad::Needed)
    }

    /// For raw features, which want no gradient.
    fn features(&self, x: &Tensor, activation: Activation) -> Result<Tensor> {
        linear(x, &self.w, &self.b, activation, InputGrad::Skipped)
    }
}

/// One round of messages and what nodes make of them.
#[derive(Clone, Debug)]
struct Round {
    ends: Affine,
    edge: Tensor,
    hidden: Affine,
    out: Affine,
}

impl Round {
    fn new(builder: &mut Builder, name: &str, c: usize) -> Result<Self> {
        Ok(Self {
            ends: Affine::new(builder, &format!("{name}.ends"), c, 2 * c, 0.7)?,
            edge: builder.var(
                &format!("{name}.edge.weight"),
                &[c, c],
                Start::He { gain: 0.7 },
            )?,
            hidden: Affine::new(builder, &format!("{name}.hidden"), 2 * c, c, 1.0)?,
            out: Affine::new(builder, &format!("{name}.out"), c, c, 0.5)?,
        })
    }

    fn apply(
        &self,
        h: &Tensor,
        e: &Tensor,
        batch: &Batch,
        dropout: &mut Dropout<'_>,
    ) -> Result<Tensor> {
        let sum = message(&self.ends.apply(h)?, e, &self.edge, &batch.edges_between)?;
        let hidden = dropout.apply(self.hidden.relu(&Tensor::cat(&[h, &sum], 1)?)?)?;
        add_norm(h, &self.out.apply(&hidden)?)
    }
}

/// One member of the ensemble.
#[derive(Clone, Debug)]
pub struct Network {
    architecture: Architecture,
    node: Affine,
    edge: Affine,
    action: Affine,
    action_out: Affine,
    rounds: Vec<Round>,
    judge: Affine,
    judge_out: Affine,
    fate: Affine,
    fate_out: Affine,
    stride_start: Affine,
    stride_in: Affine,
    stride_hidden: Affine,
    stride_back: Affine,
    stride_out: Affine,
}

/// The scene and the action, encoded.
pub struct Latents {
    /// `[N, C]`.
    h: Tensor,
    /// `[B, C]`.
    action: Tensor,
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
        let c = architecture.width;
        let mut b = Builder::new(seed, device);
        let rounds = (0..architecture.rounds)
            .map(|k| Round::new(&mut b, &format!("round{k}"), c))
            .collect::<Result<_>>()?;
        let network = Self {
            architecture,
            rounds,
            node: Affine::new(&mut b, "node", NODE_FEATURES, c, 1.0)?,
            edge: Affine::new(&mut b, "edge", EDGE_FEATURES, c, 1.0)?,
            action: Affine::new(&mut b, "action", ACTION_FEATURES, c, 1.0)?,
            action_out: Affine::new(&mut b, "action_out", c, 2 * c, 1.0)?,
            judge: Affine::new(&mut b, "judge", 4 * c, 2 * c, 1.0)?,
            judge_out: Affine::new(&mut b, "judge_out", 2 * c, GRAPH_OUTPUTS, 0.1)?,
            fate: Affine::new(&mut b, "fate", c, c, 1.0)?,
            fate_out: Affine::new(&mut b, "fate_out", c, NODE_OUTPUTS, 0.1)?,
            stride_start: Affine::new(&mut b, "stride_start", c, c, 1.0)?,
            stride_in: Affine::new(&mut b, "stride_in", STRIDE_FEATURES, 2 * c, 1.0)?,
            stride_hidden: Affine::new(&mut b, "stride_hidden", c, c, 1.0)?,
            stride_back: Affine::new(&mut b, "stride_back", c, c, 0.5)?,
            stride_out: Affine::new(&mut b, "stride_out", c, STRIDE_OUTPUTS, 0.1)?,
        };
        Ok((network, b.finish()))
    }

    /// The sizes that it was built from.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        self.node.w.device()
    }

    /// Scene and action, encoded and passed round.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn encode(&self, batch: &Batch, dropout: &mut Dropout<'_>) -> Result<Latents> {
        let action = self.action.features(&batch.action, Activation::Relu)?;
        let spread = self.action_out.apply(&action)?;
        let h = self.node.features(&batch.nodes, Activation::None)?;
        let mut h = self.tell(&h, &spread, batch)?.relu()?;
        let e = self.edge.features(&batch.edges, Activation::Relu)?;
        for round in &self.rounds {
            h = round.apply(&h, &e, batch, dropout)?;
        }
        Ok(Latents { h, action })
    }

    /// Adds to each node the first half of its graph's row, to the target the second half too.
    fn tell(&self, h: &Tensor, spread: &Tensor, batch: &Batch) -> Result<Tensor> {
        let c = self.architecture.width;
        let all = spread.narrow(1, 0, c)?.contiguous()?;
        let target = spread.narrow(1, c, c)?.contiguous()?;
        let h = (h + all.index_select(&batch.graph_of, 0)?)?;
        h.index_add(&batch.targets, &target, 0)
    }

    /// The cheap price: the risk of each graph's action, the fate of each node.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn judge(
        &self,
        latents: &Latents,
        batch: &Batch,
        dropout: &mut Dropout<'_>,
    ) -> Result<Judged> {
        let target = latents.h.index_select(&batch.targets, 0)?;
        let whole = pool(&latents.h, &batch.segments)?;
        let z = Tensor::cat(&[&target, &whole, &latents.action], 1)?;
        Ok(Judged {
            graph: self
                .judge_out
                .apply(&dropout.apply(self.judge.relu(&z)?)?)?,
            node: self.fate_out.apply(&self.fate.relu(&latents.h)?)?,
        })
    }

    /// The full price: `[STRIDES]` of `[N, STRIDE_OUTPUTS]`, steps and turns added up from the onset.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn imagine(&self, latents: &Latents, batch: &Batch) -> Result<Vec<Tensor>> {
        let mut s = self.stride_start.apply(&latents.h)?;
        let mut moved: Option<Tensor> = None;
        let mut out = Vec::with_capacity(STRIDES);
        for stride in &batch.strides {
            let told = self.stride_in.features(stride, Activation::None)?;
            let hidden = self.tell(&self.stride_hidden.apply(&s)?, &told, batch)?;
            s = add_norm(&s, &self.stride_back.apply(&hidden.relu()?)?)?;
            let y = self.stride_out.apply(&s)?;
            let step = y.narrow(1, 0, 6)?;
            let sum = match moved {
                Some(before) => (before + step)?,
                None => step,
            };
            out.push(Tensor::cat(
                &[&sum, &y.narrow(1, 6, STRIDE_OUTPUTS - 6)?],
                1,
            )?);
            moved = Some(sum);
        }
        Ok(out)
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

    #[test]
    fn every_variable_gets_a_gradient() {
        let scene = scene_of(vec![
            box_at("a", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 2.0),
            box_at("b", [0.2, 0.2, 0.2], [0.05, 0.0, 0.3], 1.0),
        ]);
        let action = Action::Nudge {
            box_index: 0,
            by: Vec3::new(0.1, 0.02, 0.0),
        };
        let seen = Encoder::new(&workcell_of(scene)).see(&action).unwrap();
        let normaliser = Normaliser::measure(std::iter::empty());
        let batch =
            Batch::of_graphs(&[&seen.input, &seen.input], &normaliser, &Device::Cpu).unwrap();
        let sizes = Architecture {
            width: 16,
            rounds: 2,
        };
        let (network, parameters) = Network::new(sizes, 3, &Device::Cpu).unwrap();
        let latents = network.encode(&batch, &mut Dropout::Off).unwrap();
        let judged = network.judge(&latents, &batch, &mut Dropout::Off).unwrap();
        let mut loss = (judged.graph.sum_all().unwrap() + judged.node.sum_all().unwrap()).unwrap();
        for stride in network.imagine(&latents, &batch).unwrap() {
            loss = (loss + stride.sqr().unwrap().sum_all().unwrap()).unwrap();
        }
        let grads = loss.backward().unwrap();
        for (name, var) in parameters.iter() {
            let grad = grads.get(var).unwrap_or_else(|| panic!("none for {name}"));
            let most = grad.abs().unwrap().max_all().unwrap();
            assert!(most.to_scalar::<f32>().unwrap() > 0.0, "zero for {name}");
        }
    }
}
