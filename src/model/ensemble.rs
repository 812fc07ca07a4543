//! Several networks that learned apart: their mean is the answer, their spread what they do not know.
//!
//! Owns [`Ensemble`]: one batch in, every member's answer joined. Refuses numbers that are not finite
//! one action at a time, so that a bad one does not take its batch with it.

use candle_core::{Device, Result};

use super::batch::Batch;
use super::calibration::Scored;
use super::course::STRIDES;
use super::loss::from_scale;
use super::network::{GRAPH_OUTPUTS, NODE_OUTPUTS, Network, STRIDE_OUTPUTS};
use super::normaliser::Normaliser;
use super::ops::Dropout;
use super::regression::sigmoid;
use super::samples::{POSE_NUMBERS, Sample};

/// The members and the scale of their inputs.
#[derive(Clone, Debug)]
pub struct Ensemble {
    /// `[M]`, all of one architecture.
    pub members: Vec<Network>,
    /// What brings features to their scale.
    pub normaliser: Normaliser,
}

/// What the ensemble says of one action before calibration.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// Logit of any accident, the mean over members.
    pub logit: f64,
    /// Its standard deviation over members.
    pub spread: f64,
    /// Logit of each kind, the mean over members.
    pub kinds: [f64; 5],
    /// Path length of the boxes not held, m.
    pub path_length: f64,
    /// Sum of their peak speeds, m/s.
    pub peak_speed: f64,
    /// `[N]` P(moves), P(falls) of each node, the mean over members.
    pub fates: Vec<[f64; 2]>,
}

/// Where the ensemble sees one node after one stride.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ImaginedPose {
    /// Displacement (m) and turn (rad) in the action's frame, the mean over members.
    pub pose: [f64; POSE_NUMBERS],
    /// Standard deviation of its position: of the members' means and their own spread together, m.
    pub position_std: f64,
    /// P(it is not where it was, or where its course would have it).
    pub stirs: f64,
}

/// One member's rows for a batch.
struct Rows {
    graph: Vec<f32>,
    node: Vec<f32>,
}

impl Ensemble {
    /// Where its members compute.
    pub fn device(&self) -> &Device {
        self.members.first().map_or(&Device::Cpu, Network::device)
    }

    /// `[B]` opinions on the actions of a batch.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn judge(&self, batch: &Batch) -> Result<Vec<Opinion>> {
        let rows: Vec<Rows> = self
            .members
            .iter()
            .map(|member| {
                let judged = member.judge(batch, &mut Dropout::Off)?;
                Ok(Rows {
                    graph: judged.graph.flatten_all()?.to_vec1()?,
                    node: judged.node.flatten_all()?.to_vec1()?,
                })
            })
            .collect::<Result<_>>()?;
        let starts = &batch.segments.0;
        Ok((0..batch.graphs())
            .map(|g| join(&rows, g, starts[g] as usize..starts[g + 1] as usize))
            .collect())
    }

    /// `[N, STRIDES]` imagined poses of all nodes of a batch, of which the first `strides` are looked at.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn imagine(&self, batch: &Batch, strides: usize) -> Result<Vec<[ImaginedPose; STRIDES]>> {
        let nodes = batch.graph_of.dim(0)?;
        let mut out = vec![[ImaginedPose::default(); STRIDES]; nodes];
        let mut squares = vec![[0f64; STRIDES]; nodes];
        let share = 1.0 / self.members.len() as f64;
        for member in &self.members {
            for (k, y) in member.imagine(batch, strides)?.iter().enumerate() {
                let y: Vec<f32> = y.flatten_all()?.to_vec1()?;
                for (node, row) in y.chunks_exact(STRIDE_OUTPUTS).enumerate() {
                    let at = &mut out[node][k];
                    let stirs = sigmoid(f64::from(row[8]));
                    // The median of a mixture of staying and moving.
                    let gate = if stirs > 0.5 { 1.0 } else { 0.0 };
                    let own = f64::from(row[6].clamp(-4.0, 4.0)).exp();
                    let mut square = 0.0;
                    for (c, &number) in row.iter().take(POSE_NUMBERS).enumerate() {
                        let (value, step) = from_scale(c, f64::from(number));
                        at.pose[c] += share * value * gate;
                        if c < 3 {
                            // A Laplace of spread b has variance 2 b².
                            square += gate * value * value + stirs * 2.0 * (own * step).powi(2);
                        }
                    }
                    squares[node][k] += share * square;
                    at.stirs += share * stirs;
                }
            }
        }
        for (out, squares) in out.iter_mut().zip(&squares) {
            for (at, square) in out.iter_mut().zip(squares) {
                let mean: f64 = at.pose[..3].iter().map(|x| x * x).sum();
                at.position_std = (square - mean).max(0.0).sqrt();
            }
        }
        Ok(out)
    }

    /// Opinions on training samples with what really happened, in batches of `batch`.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn score(&self, samples: &[&Sample], batch: usize) -> Result<Vec<Scored>> {
        let mut out = Vec::with_capacity(samples.len());
        for chunk in samples.chunks(batch.max(1)) {
            let batch = Batch::of_samples(chunk, &self.normaliser, self.device())?;
            let opinions = self.judge(&batch)?;
            out.extend(opinions.into_iter().zip(chunk).map(|(o, s)| Scored {
                logit: o.logit,
                spread: o.spread,
                kinds: o.kinds,
                accidents: s.labels.accidents,
                stack: s.stack,
            }));
        }
        Ok(out)
    }
}

fn join(rows: &[Rows], graph: usize, nodes: std::ops::Range<usize>) -> Opinion {
    let m = rows.len() as f64;
    let of = |row: &Rows, k: usize| f64::from(row.graph[graph * GRAPH_OUTPUTS + k]);
    let mean = |k: usize| rows.iter().map(|r| of(r, k)).sum::<f64>() / m;
    let logit = mean(0);
    let variance = rows.iter().map(|r| (of(r, 0) - logit).powi(2)).sum::<f64>() / m;
    // The logs were taken over 0.01 m and 0.01 m/s; a bound keeps the exponential finite.
    let from_log = |x: f64| 0.01 * x.clamp(0.0, 12.0).exp_m1();
    let fate = |node: usize, k: usize| {
        let p = |r: &Rows| sigmoid(f64::from(r.node[node * NODE_OUTPUTS + k]));
        rows.iter().map(p).sum::<f64>() / m
    };
    Opinion {
        logit,
        spread: variance.sqrt(),
        kinds: std::array::from_fn(|k| mean(1 + k)),
        path_length: from_log(mean(GRAPH_OUTPUTS - 2)),
        peak_speed: from_log(mean(GRAPH_OUTPUTS - 1)),
        fates: nodes.map(|n| [fate(n, 3), fate(n, 4)]).collect(),
    }
}
