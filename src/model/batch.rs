//! Many graphs side by side as one: the tensors that the network takes.
//!
//! Owns [`Batch`], from samples (training) or from graphs (use). Node indices are shifted so that
//! graphs never touch; each graph's nodes lie in a row, the target first.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};

use super::course::{STRIDE_FEATURES, STRIDES};
use super::features::{
    ACT_FEATURES, ACTION_FEATURES, EDGE_FEATURES, GraphInput, NODE_FEATURES, TOLL_FEATURES,
    WAY_FEATURES,
};
use super::normaliser::Normaliser;
use super::ops::{Edges, Segments};
use super::samples::Sample;

/// Graphs as tensors.
pub struct Batch {
    /// `[N, NODE_FEATURES]`.
    pub nodes: Tensor,
    /// `[E, EDGE_FEATURES]`.
    pub edges: Tensor,
    /// `[E]` each.
    pub edges_between: Edges,
    /// `[B, ACTION_FEATURES]`.
    pub action: Tensor,
    /// `[STRIDES]` of `[B, STRIDE_FEATURES]`.
    pub strides: Vec<Tensor>,
    /// Where each graph's nodes lie.
    pub segments: Segments,
    /// `[N]` the graph of each node.
    pub graph_of: Tensor,
    /// `[B]` each graph's target.
    pub targets: Tensor,
    /// `[STRIDES]`: what a box may follow; empty where nothing is to be imagined.
    pub leads: Vec<Leads>,
    /// What it takes; `None` where nothing is to be imagined.
    pub taken: Option<Taken>,
}

/// What actions take by short steps of rigid bodies.
pub struct Taken {
    /// `[N, TOLL_FEATURES]`.
    pub tolls: Tensor,
    /// `[B, ACT_FEATURES]`.
    pub act: Tensor,
}

/// Two ways that a box may go with, `[N, WAY_FEATURES]` each: where short steps of rigid bodies take it, and what the target is meant
/// to do (none of it for the target itself).
pub struct Leads {
    /// Both on the decoder's scale, side by side: `[N, 2 · WAY_FEATURES]`.
    pub told: Tensor,
    /// The first, in units of the scale.
    pub tumbled: Tensor,
    /// The target's, in units of the scale.
    pub meant: Tensor,
}

/// Numbers on their way into a batch.
#[derive(Default)]
struct Rows {
    nodes: Vec<f32>,
    edges: Vec<f32>,
    receivers: Vec<u32>,
    senders: Vec<u32>,
    action: Vec<f32>,
    strides: Vec<f32>,
    starts: Vec<u32>,
    graph_of: Vec<u32>,
    ways: Vec<f32>,
    tolls: Vec<f32>,
    act: Vec<f32>,
}

impl Rows {
    fn open(&mut self, nodes: usize) -> u32 {
        let start = self.graph_of.len() as u32;
        let graph = self.starts.len() as u32;
        self.starts.push(start);
        self.graph_of.extend(std::iter::repeat_n(graph, nodes));
        start
    }

    fn finish(mut self, device: &Device) -> Result<Batch> {
        let graphs = self.starts.len();
        let nodes = self.graph_of.len();
        let edges = self.receivers.len();
        let targets = Tensor::from_slice(&self.starts, graphs, device)?;
        self.starts.push(nodes as u32);
        let leads = self.leads(device)?;
        let taken = match leads.is_empty() {
            true => None,
            false => Some(Taken {
                tolls: Tensor::from_slice(&self.tolls, (nodes, TOLL_FEATURES), device)?,
                act: Tensor::from_slice(&self.act, (graphs, ACT_FEATURES), device)?,
            }),
        };
        let strides = (0..STRIDES)
            .map(|k| {
                let rows: Vec<f32> = self
                    .strides
                    .chunks_exact(STRIDES * STRIDE_FEATURES)
                    .flat_map(|g| &g[k * STRIDE_FEATURES..(k + 1) * STRIDE_FEATURES])
                    .copied()
                    .collect();
                Tensor::from_vec(rows, (graphs, STRIDE_FEATURES), device)
            })
            .collect::<Result<_>>()?;
        Ok(Batch {
            nodes: Tensor::from_vec(self.nodes, (nodes, NODE_FEATURES), device)?,
            edges: Tensor::from_vec(self.edges, (edges, EDGE_FEATURES), device)?,
            edges_between: Edges {
                receivers: Arc::from(self.receivers),
                senders: Arc::from(self.senders),
            },
            action: Tensor::from_vec(self.action, (graphs, ACTION_FEATURES), device)?,
            strides,
            segments: Segments(Arc::from(self.starts)),
            graph_of: Tensor::from_vec(self.graph_of, nodes, device)?,
            targets,
            leads,
            taken,
        })
    }

    /// Of graphs whose ways were followed.
    fn leads(&self, device: &Device) -> Result<Vec<Leads>> {
        let nodes = self.graph_of.len();
        if self.ways.len() != nodes * STRIDES * WAY_FEATURES {
            return Ok(Vec::new());
        }
        let mut meant = vec![[0f32; WAY_FEATURES]; self.starts.len() - 1];
        let mut out = Vec::with_capacity(STRIDES);
        for k in 0..STRIDES {
            let rows = self.strides.chunks_exact(STRIDES * STRIDE_FEATURES);
            for (sum, row) in meant.iter_mut().zip(rows) {
                // Strides tell steps in units of the scale.
                let step = &row[k * STRIDE_FEATURES..][..WAY_FEATURES];
                sum.iter_mut().zip(step).for_each(|(s, x)| *s += x);
            }
            let (mut told, mut tumbled, mut along) = (Vec::new(), Vec::new(), Vec::new());
            for (n, &graph) in self.graph_of.iter().enumerate() {
                let is_target = self.starts[graph as usize] == n as u32;
                let with_target = match is_target {
                    true => [0.0; WAY_FEATURES],
                    false => meant[graph as usize],
                };
                let way = &self.ways[(n * STRIDES + k) * WAY_FEATURES..][..WAY_FEATURES];
                told.extend_from_slice(way);
                told.extend(with_target.map(f32::asinh));
                tumbled.extend(way.iter().map(|x| x.sinh()));
                along.extend(with_target);
            }
            out.push(Leads {
                told: Tensor::from_vec(told, (nodes, 2 * WAY_FEATURES), device)?,
                tumbled: Tensor::from_vec(tumbled, (nodes, WAY_FEATURES), device)?,
                meant: Tensor::from_vec(along, (nodes, WAY_FEATURES), device)?,
            });
        }
        Ok(out)
    }
}

impl Batch {
    /// A batch of training samples on `device`.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn of_samples(
        samples: &[&Sample],
        normaliser: &Normaliser,
        device: &Device,
    ) -> Result<Self> {
        let mut rows = Rows::default();
        for sample in samples {
            let start = rows.open(sample.nodes());
            let short = |ids: &[u8]| {
                ids.iter()
                    .map(|&i| start + u32::from(i))
                    .collect::<Vec<_>>()
            };
            rows.receivers.extend(short(&sample.receivers));
            rows.senders.extend(short(&sample.senders));
            let f = half::f16::to_f32;
            normaliser
                .nodes
                .apply(sample.node_numbers(), f, &mut rows.nodes);
            normaliser
                .edges
                .apply(sample.edge_numbers(), f, &mut rows.edges);
            normaliser
                .action
                .apply(sample.action_numbers(), f, &mut rows.action);
            rows.strides
                .extend(sample.stride_numbers().iter().map(|x| x.to_f32()));
            rows.ways
                .extend(sample.way_numbers().iter().map(|x| x.to_f32()));
            rows.tolls
                .extend(sample.toll_numbers().iter().map(|x| x.to_f32()));
            rows.act
                .extend(sample.act_numbers().iter().map(|x| x.to_f32()));
        }
        rows.finish(device)
    }

    /// A batch of graphs as they were seen, on `device`.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn of_graphs(
        graphs: &[&GraphInput],
        normaliser: &Normaliser,
        device: &Device,
    ) -> Result<Self> {
        let mut rows = Rows::default();
        for graph in graphs {
            let start = rows.open(graph.bodies.len());
            rows.receivers
                .extend(graph.receivers.iter().map(|i| start + i));
            rows.senders.extend(graph.senders.iter().map(|i| start + i));
            let f = |x: f32| x;
            normaliser.nodes.apply(&graph.nodes, f, &mut rows.nodes);
            normaliser.edges.apply(&graph.edges, f, &mut rows.edges);
            normaliser.action.apply(&graph.action, f, &mut rows.action);
            rows.strides.extend_from_slice(&graph.strides);
            rows.ways.extend_from_slice(&graph.ways);
            rows.tolls.extend_from_slice(&graph.tolls);
            rows.act.extend_from_slice(&graph.act);
        }
        rows.finish(device)
    }

    /// How many graphs there are.
    pub fn graphs(&self) -> usize {
        self.segments.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::normaliser::Normaliser;

    /// Two nodes, of which the target goes one unit along x in every stride.
    fn graph(ways: Vec<f32>) -> GraphInput {
        let mut strides = vec![0.0; STRIDES * STRIDE_FEATURES];
        for step in strides.chunks_exact_mut(STRIDE_FEATURES) {
            step[0] = 1.0;
        }
        GraphInput {
            bodies: vec![0, 1],
            nodes: vec![0.0; 2 * NODE_FEATURES],
            action: vec![0.0; ACTION_FEATURES],
            strides,
            tolls: vec![0.0; 2 * TOLL_FEATURES * usize::from(!ways.is_empty())],
            act: vec![0.0; ACT_FEATURES * usize::from(!ways.is_empty())],
            ways,
            ..GraphInput::default()
        }
    }

    #[test]
    fn others_are_led_by_all_the_way_that_the_target_has_come_and_the_target_is_not() {
        let way = 0.5;
        let normaliser = Normaliser::measure(std::iter::empty());
        let followed = graph(vec![way; 2 * STRIDES * WAY_FEATURES]);
        let of = |graph: &GraphInput| {
            Batch::of_graphs(&[graph, graph], &normaliser, &Device::Cpu).unwrap()
        };
        let leads = of(&followed).leads;
        assert_eq!(leads.len(), STRIDES);
        for (k, lead) in leads.iter().enumerate() {
            let meant: Vec<Vec<f32>> = lead.meant.to_vec2().unwrap();
            let along = [0, 1, 2, 3].map(|node| meant[node][0]);
            let sum = (k + 1) as f32;
            assert_eq!(along, [0.0, sum, 0.0, sum]);
            let units: Vec<Vec<f32>> = lead.tumbled.to_vec2().unwrap();
            assert!((units[1][0] - way.sinh()).abs() < 1e-6);
            let told: Vec<Vec<f32>> = lead.told.to_vec2().unwrap();
            assert_eq!(told[1][0], way);
            assert!((told[1][WAY_FEATURES] - sum.asinh()).abs() < 1e-6);
        }
        assert!(of(&graph(Vec::new())).leads.is_empty());
    }
}
