//! Several networks that learned apart: their mean is the answer, their spread what they do not know.
//!
//! Owns [`Ensemble`]: one batch in, every member's answer joined. Whether an answer is finite is for whoever asked to look at,
//! one action at a time, so that a bad one does not take its batch with it.

use candle_core::{Device, Result, Tensor};

use super::batch::Batch;
use super::calibration::Scored;
use super::course::STRIDES;
use super::network::{GRAPH_OUTPUTS, NODE_OUTPUTS, Network, STRIDE_OUTPUTS};
use super::normaliser::Normaliser;
use super::ops::Dropout;
use super::regression::sigmoid;
use super::samples::{POSE_NUMBERS, Sample};
use super::scale::from_scale;

/// The members and the scale of their inputs.
#[derive(Clone, Debug)]
pub struct Ensemble {
    /// `[M]`, all of one architecture.
    pub members: Vec<Network>,
    /// What brings features to their scale.
    pub normaliser: Normaliser,
}

/// What an opinion may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// One pass over what is seen beforehand.
    Screening,
    /// And what the action takes by short steps of rigid bodies.
    Imagining,
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

impl Opinion {
    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        let numbers = [self.logit, self.spread, self.path_length, self.peak_speed];
        let fates = self.fates.iter().flatten();
        let mut all = numbers.iter().chain(&self.kinds).chain(fates);
        all.all(|x| x.is_finite())
    }
}

/// Where the ensemble sees one node after one stride.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ImaginedPose {
    /// Displacement (m) and turn (rad) in the action's frame: none where the members vote that it does not stir, else
    /// their mean, each weighted by how sure it is that it does.
    pub pose: [f64; POSE_NUMBERS],
    /// How far it may be from there: root mean square over members, their own spreads and whether it stirs, m.
    pub position_std: f64,
}

/// Where one member sees one node after one stride.
struct MemberPose {
    /// If it stirs.
    pose: [f64; POSE_NUMBERS],
    /// Of its position then, m².
    variance: f64,
    /// P(it is not where it was, or where its course would have it).
    stirs: f64,
}

impl MemberPose {
    fn new(row: &[f32]) -> Self {
        let own = f64::from(row[6].clamp(-4.0, 4.0)).exp();
        let mut out = Self {
            pose: [0.0; POSE_NUMBERS],
            variance: 0.0,
            stirs: sigmoid(f64::from(row[8])),
        };
        for (c, &number) in row.iter().take(POSE_NUMBERS).enumerate() {
            let (value, step) = from_scale(c, f64::from(number));
            out.pose[c] = value;
            if c < 3 {
                // A Laplace of spread b has variance 2 b².
                out.variance += 2.0 * (own * step).powi(2);
            }
        }
        out
    }
}

/// The median of a mixture of staying and moving: the members vote on whether it stirs, and those who saw it stir
/// rather than not tell where to.
fn joined(members: &[MemberPose]) -> ImaginedPose {
    let share = 1.0 / members.len() as f64;
    let weight: f64 = members.iter().map(|m| m.stirs).sum();
    let mut out = ImaginedPose::default();
    if share * weight > 0.5 {
        for (c, at) in out.pose.iter_mut().enumerate() {
            *at = members.iter().map(|m| m.stirs * m.pose[c]).sum::<f64>() / weight;
        }
    }
    let off = |m: &MemberPose| {
        (0..3)
            .map(|c| (m.pose[c] - out.pose[c]).powi(2))
            .sum::<f64>()
    };
    let size: f64 = out.pose[..3].iter().map(|x| x * x).sum();
    let square = |m: &MemberPose| m.stirs * (off(m) + m.variance) + (1.0 - m.stirs) * size;
    out.position_std = (share * members.iter().map(square).sum::<f64>()).sqrt();
    out
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

    /// `[B]` opinions on the actions of a batch, at a price.
    ///
    /// # Errors
    /// When the tensor library refuses, or nothing was followed that is to be weighed.
    pub fn judge(&self, batch: &Batch, price: Price) -> Result<Vec<Opinion>> {
        let rows: Vec<Rows> = self
            .members
            .iter()
            .map(|member| {
                let judged = match price {
                    Price::Screening => member.judge(batch, &mut Dropout::Off)?,
                    Price::Imagining => member.weigh(batch)?,
                };
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
        poses_of(&self.imagine_each(batch, strides)?)
    }

    /// `[M][strides]` what each member decodes.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn imagine_each(&self, batch: &Batch, strides: usize) -> Result<Vec<Vec<Tensor>>> {
        let members = self.members.iter();
        members.map(|m| m.imagine(batch, strides)).collect()
    }

    /// Opinions at a price on training samples with what really happened, in batches of `batch`.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn score(&self, samples: &[&Sample], price: Price, batch: usize) -> Result<Vec<Scored>> {
        let mut out = Vec::with_capacity(samples.len());
        for chunk in samples.chunks(batch.max(1)) {
            let batch = Batch::of_samples(chunk, &self.normaliser, self.device())?;
            let opinions = self.judge(&batch, price)?;
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

/// `[N, STRIDES]` what comes of `[M][strides]` that members decoded; strides that they did not are left at rest.
///
/// # Errors
/// When the tensor library refuses.
pub fn poses_of(decoded: &[Vec<Tensor>]) -> Result<Vec<[ImaginedPose; STRIDES]>> {
    let numbers = |y: &Tensor| y.flatten_all()?.to_vec1::<f32>();
    let rows: Vec<Vec<Vec<f32>>> = (decoded.iter())
        .map(|strides| strides.iter().map(numbers).collect())
        .collect::<Result<_>>()?;
    let strides = rows.first().map_or(0, Vec::len);
    let nodes = rows
        .first()
        .and_then(|member| member.first())
        .map_or(0, |y| y.len() / STRIDE_OUTPUTS);
    let mut out = vec![[ImaginedPose::default(); STRIDES]; nodes];
    for (node, out) in out.iter_mut().enumerate() {
        for (k, at) in out.iter_mut().enumerate().take(strides) {
            let of = |member: &Vec<Vec<f32>>| {
                MemberPose::new(&member[k][node * STRIDE_OUTPUTS..][..STRIDE_OUTPUTS])
            };
            *at = joined(&rows.iter().map(of).collect::<Vec<_>>());
        }
    }
    Ok(out)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A member's row: so far along x on the scale, with its logit that the box stirs.
    fn member(along: f32, stirs: f32) -> MemberPose {
        let mut row = [0.0; STRIDE_OUTPUTS];
        (row[0], row[6], row[7], row[8]) = (along, -4.0, -4.0, stirs);
        MemberPose::new(&row)
    }

    #[test]
    fn members_vote_on_whether_a_box_stirs_and_those_that_saw_it_say_how_far() {
        // 5 cm are a unit of the scale.
        let (far, _) = from_scale(0, 1.0);
        let sure = joined(&[member(1.0, 9.0), member(1.0, 9.0), member(3.0, -9.0)]);
        assert!((sure.pose[0] - far).abs() < 1e-3, "{sure:?}");
        let outvoted = joined(&[member(1.0, 9.0), member(1.0, -9.0), member(3.0, -9.0)]);
        assert_eq!(outvoted.pose, [0.0; POSE_NUMBERS]);
        // What the outvoted one saw is how far it may be off.
        let spread = far * (1.0f64 / 3.0).sqrt();
        assert!((outvoted.position_std - spread).abs() < 0.1 * spread);
    }

    #[test]
    fn strides_that_nobody_decoded_leave_a_box_at_rest() {
        let row = [1.0f32, 0.0, 0.0, 0.0, 0.0, 0.0, -4.0, -4.0, 9.0];
        let y = Tensor::from_slice(&row, (1, STRIDE_OUTPUTS), &Device::Cpu).unwrap();
        let poses = poses_of(&[vec![y.clone(), y]]).unwrap();
        assert_eq!(poses.len(), 1);
        assert!(poses[0][1].pose[0] > 0.05);
        assert_eq!(poses[0][2], ImaginedPose::default());
    }
}
