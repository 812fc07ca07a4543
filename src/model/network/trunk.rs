//! From a scene and an action to latents: what judging and imagining have one of each.
//!
//! Owns [`Trunk`], its rounds of messages and its layers. What is made of the latents is the network's.

use candle_core::{Result, Tensor};

use super::super::batch::Batch;
use super::super::features::{ACTION_FEATURES, EDGE_FEATURES, NODE_FEATURES};
use super::super::ops::{Activation, Dropout, InputGrad, add_norm, linear, message, relu};
use super::super::params::{Builder, Start};

/// A layer `x · W + b`.
#[derive(Clone, Debug)]
pub(super) struct Affine {
    pub(super) w: Tensor,
    b: Tensor,
}

impl Affine {
    pub(super) fn new(
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

    pub(super) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        linear(x, &self.w, &self.b, Activation::None, InputGrad::Needed)
    }

    pub(super) fn relu(&self, x: &Tensor) -> Result<Tensor> {
        linear(x, &self.w, &self.b, Activation::Relu, InputGrad::Needed)
    }

    /// For raw features, which want no gradient.
    pub(super) fn features(&self, x: &Tensor, activation: Activation) -> Result<Tensor> {
        linear(x, &self.w, &self.b, activation, InputGrad::Skipped)
    }
}

/// One round of messages and what nodes make of them.
#[derive(Clone, Debug)]
pub(super) struct Round {
    ends: Affine,
    edge: Tensor,
    hidden: Affine,
    out: Affine,
}

impl Round {
    pub(super) fn new(builder: &mut Builder, name: &str, c: usize) -> Result<Self> {
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

    pub(super) fn apply(
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

/// Scene and action in, latents out.
#[derive(Clone, Debug)]
pub(super) struct Trunk {
    node: Affine,
    edge: Affine,
    action: Affine,
    action_out: Affine,
    rounds: Vec<Round>,
}

/// What a trunk makes of a batch.
pub(super) struct Encoded {
    /// `[N, C]`.
    pub(super) h: Tensor,
    /// `[N, C]` before any message: what each node is by itself, its bearings above all.
    pub(super) own: Tensor,
    /// `[E, C]`.
    pub(super) e: Tensor,
    /// `[B, C]`.
    pub(super) action: Tensor,
}

impl Trunk {
    pub(super) fn new(builder: &mut Builder, name: &str, c: usize, rounds: usize) -> Result<Self> {
        let of = |part: &str| format!("{name}.{part}");
        Ok(Self {
            rounds: (0..rounds)
                .map(|k| Round::new(builder, &of(&format!("round{k}")), c))
                .collect::<Result<_>>()?,
            node: Affine::new(builder, &of("node"), NODE_FEATURES, c, 1.0)?,
            edge: Affine::new(builder, &of("edge"), EDGE_FEATURES, c, 1.0)?,
            action: Affine::new(builder, &of("action"), ACTION_FEATURES, c, 1.0)?,
            action_out: Affine::new(builder, &of("action_out"), c, 2 * c, 1.0)?,
        })
    }

    pub(super) fn encode(&self, batch: &Batch, dropout: &mut Dropout<'_>) -> Result<Encoded> {
        let action = self.action.features(&batch.action, Activation::Relu)?;
        let spread = self.action_out.apply(&action)?;
        let h = self.node.features(&batch.nodes, Activation::None)?;
        let own = relu(&tell(&h, &spread, batch)?)?;
        let e = self.edge.features(&batch.edges, Activation::Relu)?;
        let mut h = own.clone();
        for round in &self.rounds {
            h = round.apply(&h, &e, batch, dropout)?;
        }
        Ok(Encoded { h, own, e, action })
    }
}

/// Adds to each node the first half of its graph's row, `[B, 2C]`, to the target the second half too.
pub(super) fn tell(h: &Tensor, spread: &Tensor, batch: &Batch) -> Result<Tensor> {
    let c = h.dim(1)?;
    let all = spread.narrow(1, 0, c)?.contiguous()?;
    let target = spread.narrow(1, c, c)?.contiguous()?;
    let h = (h + all.index_select(&batch.graph_of, 0)?)?;
    h.index_add(&batch.targets, &target, 0)
}
