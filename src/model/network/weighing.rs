//! The second judgement: what the first one thinks again once it is seen what the action takes.
//!
//! Owns [`Weighing`], a head on the judging trunk's latents and on the columns of what an action takes by short steps
//! of rigid bodies ([`Taken`]). It learns by what of the risk the first judgement left, and moves nothing of that one.

use candle_core::{Result, Tensor};

use super::super::batch::{Batch, Taken};
use super::super::features::{ACT_FEATURES, TOLL_FEATURES};
use super::super::ops::{pool, relu};
use super::super::params::Builder;
use super::trunk::{Affine, Encoded};
use super::{GRAPH_OUTPUTS, Judged, NODE_OUTPUTS};

/// What is added to the first judgement.
#[derive(Clone, Debug)]
pub(super) struct Weighing {
    node: Affine,
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
        let whole = 4 * c + ACT_FEATURES + GRAPH_OUTPUTS;
        Ok(Self {
            node: of("node", c + TOLL_FEATURES + NODE_OUTPUTS, c, 1.0)?,
            fate: of("fate", c, c, 1.0)?,
            fate_out: of("fate_out", c, NODE_OUTPUTS, 0.1)?,
            whole: of("whole", whole, 2 * c, 1.0)?,
            hidden: of("hidden", 2 * c, 2 * c, 1.0)?,
            out: of("out", 2 * c, GRAPH_OUTPUTS, 0.1)?,
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
        let (h, action) = (seen.h.detach(), seen.action.detach());
        let (graph, node) = (first.graph.detach(), first.node.detach());
        let each = Tensor::cat(&[&h, &taken.tolls, &node], 1)?;
        let z = self.node.relu(&each)?;
        let target = z.index_select(&batch.targets, 0)?;
        let whole = pool(&z, &batch.segments)?;
        let all = Tensor::cat(&[&target, &whole, &action, &taken.act, &graph], 1)?;
        let all = self.hidden.relu(&self.whole.relu(&all)?)?;
        Ok(Judged {
            graph: (graph + self.out.apply(&all)?)?,
            node: (node + self.fate_out.apply(&relu(&self.fate.apply(&z)?)?)?)?,
        })
    }
}
