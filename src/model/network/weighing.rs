//! The second judgement: what the first one thinks again once it is seen what the action takes.
//!
//! Owns [`Weighing`], which goes on from the judging trunk's latents and is told what an action takes by short steps
//! of rigid bodies ([`Taken`]); neighbours tell each other of it in some more rounds. It learns by what of the risk the
//! first judgement left, and moves nothing of that one.

use candle_core::{Result, Tensor};

use super::super::batch::{Batch, Taken};
use super::super::features::{ACT_FEATURES, TOLL_FEATURES};
use super::super::ops::{Dropout, pool, relu};
use super::super::params::Builder;
use super::trunk::{Affine, Encoded, Round, tell};
use super::{GRAPH_OUTPUTS, Judged, NODE_OUTPUTS};

/// Rounds of messages about what is taken.
const ROUNDS: usize = 2;

/// What is added to the first judgement.
#[derive(Clone, Debug)]
pub(super) struct Weighing {
    node: Affine,
    told: Affine,
    rounds: Vec<Round>,
    fate: Affine,
    fate_out: Affine,
    whole: Affine,
    hidden: Affine,
    out: Affine,
}

impl Weighing {
    pub(super) fn new(b: &mut Builder, c: usize) -> Result<Self> {
        let mut of = |part: &str, inputs, outputs, gain| {
            Affine::new(b, &format!("imagining.weigh.{part}"), inputs, outputs, gain)
        };
        let of_act = c + ACT_FEATURES + GRAPH_OUTPUTS;
        let whole = 3 * c + of_act;
        Ok(Self {
            node: of("node", c + TOLL_FEATURES + NODE_OUTPUTS, c, 1.0)?,
            told: of("told", of_act, 2 * c, 1.0)?,
            fate: of("fate", c, c, 1.0)?,
            fate_out: of("fate_out", c, NODE_OUTPUTS, 0.1)?,
            whole: of("whole", whole, 2 * c, 1.0)?,
            hidden: of("hidden", 2 * c, 2 * c, 1.0)?,
            out: of("out", 2 * c, GRAPH_OUTPUTS, 0.1)?,
            rounds: (0..ROUNDS)
                .map(|k| Round::new(b, &format!("imagining.weigh.round{k}"), c))
                .collect::<Result<_>>()?,
        })
    }

    /// The judgement of what was `seen`, which was `first` judged so, with what it takes.
    pub(super) fn apply(
        &self,
        seen: &Encoded,
        first: &Judged,
        taken: &Taken,
        batch: &Batch,
    ) -> Result<Judged> {
        // Nothing flows back into what was judged before.
        let (h, e, action) = (seen.h.detach(), seen.e.detach(), seen.action.detach());
        let (graph, node) = (first.graph.detach(), first.node.detach());
        let each = Tensor::cat(&[&h, &taken.tolls, &node], 1)?;
        let act = Tensor::cat(&[&action, &taken.act, &graph], 1)?;
        let told = self.told.apply(&act)?;
        let mut z = relu(&tell(&self.node.apply(&each)?, &told, batch)?)?;
        for round in &self.rounds {
            z = round.apply(&z, &e, batch, &mut Dropout::Off)?;
        }
        let target = z.index_select(&batch.targets, 0)?;
        let whole = pool(&z, &batch.segments)?;
        let all = Tensor::cat(&[&target, &whole, &act], 1)?;
        let all = self.hidden.relu(&self.whole.relu(&all)?)?;
        Ok(Judged {
            graph: (graph + self.out.apply(&all)?)?,
            node: (node + self.fate_out.apply(&relu(&self.fate.apply(&z)?)?)?)?,
        })
    }
}
