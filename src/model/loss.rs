//! What training minimises: judgement of the action, fate of each box, imagined poses.
//!
//! Owns [`Targets`] (a batch's labels as tensors) and the two losses. Sums are weighted so that
//! the risk of any accident leads; the rest teaches the latents what the risk is made of.

use candle_core::{Device, Result, Tensor};

use super::course::STRIDES;
use super::network::{GRAPH_OUTPUTS, Judged, NODE_OUTPUTS, STRIDE_OUTPUTS};
use super::samples::{POSE_NUMBERS, Sample, node_bit};
use super::scale::to_scale;

/// A box stirs when it is farther from where it should be than this, m: half of what a glance sees.
pub const STIR_M: f64 = 0.005;
/// And when it has turned by more than this, rad.
pub const STIR_RAD: f64 = 0.03;
/// Weights of the parts: any accident 1, each kind, the fates, the graded sums.
const KIND_WEIGHT: f64 = 0.3;
const FATE_WEIGHT: f64 = 0.5;
const GRADED_WEIGHT: f64 = 0.05;
/// Weight of where a box goes that stirs, beside whether it does.
const POSE_WEIGHT: f64 = 0.3;

/// Labels as tensors.
pub struct Targets {
    /// `[B, 6]`: any, then the kinds.
    accidents: Tensor,
    /// `[B, 2]`: log path, log speed.
    graded: Tensor,
    /// `[N, NODE_OUTPUTS]`.
    fates: Tensor,
    /// `[N, NODE_OUTPUTS]`: 1 where the label counts, over the number of those.
    fate_weights: Tensor,
    /// `[STRIDES]` of `[N, POSE_NUMBERS]`, on the decoder's scale.
    poses: Vec<Tensor>,
    /// `[STRIDES]` of `[N, 1]`: 1 where the pose is known.
    known: Vec<Tensor>,
    /// `[STRIDES]` of `[N, 1]`: 1 where the pose is known and the box stirs.
    stirs: Vec<Tensor>,
}

impl Targets {
    /// The labels of `samples`, on `device`.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn new(samples: &[&Sample], device: &Device) -> Result<Self> {
        let b = samples.len();
        let bit = |x: bool| f32::from(u8::from(x));
        let accidents: Vec<f32> = samples
            .iter()
            .flat_map(|s| {
                let kinds = s.labels.accidents.map(bit);
                [bit(s.accident())].into_iter().chain(kinds)
            })
            .collect();
        let graded: Vec<f32> = samples
            .iter()
            .flat_map(|s| [s.labels.path_log, s.labels.speed_log])
            .collect();
        let bits: Vec<u8> = samples
            .iter()
            .flat_map(|s| s.labels.nodes.to_vec())
            .collect();
        let n = bits.len();
        let order = [
            node_bit::DISTURB,
            node_bit::TILT,
            node_bit::CRUSH,
            node_bit::MOVES,
            node_bit::FALLS,
        ];
        let fates: Vec<f32> = bits
            .iter()
            .flat_map(|b| order.map(|o| bit(b & o != 0)))
            .collect();
        let boxes = bits
            .iter()
            .filter(|b| *b & node_bit::BOX != 0)
            .count()
            .max(1);
        let weight = 1.0 / (boxes * NODE_OUTPUTS) as f32;
        let fate_weights: Vec<f32> = bits
            .iter()
            .flat_map(|b| [weight * bit(b & node_bit::BOX != 0); NODE_OUTPUTS])
            .collect();
        let mut out = Self {
            accidents: Tensor::from_vec(accidents, (b, GRAPH_OUTPUTS - 2), device)?,
            graded: Tensor::from_vec(graded, (b, 2), device)?,
            fates: Tensor::from_vec(fates, (n, NODE_OUTPUTS), device)?,
            fate_weights: Tensor::from_vec(fate_weights, (n, NODE_OUTPUTS), device)?,
            poses: Vec::new(),
            known: Vec::new(),
            stirs: Vec::new(),
        };
        for k in 0..STRIDES {
            out.push_stride(samples, k, n, device)?;
        }
        Ok(out)
    }

    fn push_stride(
        &mut self,
        samples: &[&Sample],
        k: usize,
        n: usize,
        device: &Device,
    ) -> Result<()> {
        let mut poses = Vec::with_capacity(n * POSE_NUMBERS);
        let (mut known, mut stirs) = (Vec::new(), Vec::new());
        for sample in samples {
            for row in sample.labels.poses.chunks_exact(STRIDES * POSE_NUMBERS) {
                let pose = &row[k * POSE_NUMBERS..(k + 1) * POSE_NUMBERS];
                let is_known = !pose[0].is_nan();
                let pose: [f64; POSE_NUMBERS] =
                    std::array::from_fn(|c| if is_known { pose[c].to_f64() } else { 0.0 });
                let stir = is_known && stirs_by(&pose);
                poses.extend(to_scale(&pose));
                known.push(f32::from(u8::from(is_known)));
                stirs.push(f32::from(u8::from(stir)));
            }
        }
        let column = |v: Vec<f32>| Tensor::from_vec(v, (n, 1), device);
        self.poses
            .push(Tensor::from_vec(poses, (n, POSE_NUMBERS), device)?);
        self.known.push(column(known)?);
        self.stirs.push(column(stirs)?);
        Ok(())
    }
}

/// Whether a displacement and turn count as motion.
pub fn stirs_by(pose: &[f64; POSE_NUMBERS]) -> bool {
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    norm(&pose[..3]) > STIR_M || norm(&pose[3..]) > STIR_RAD
}

/// Element-wise cross-entropy of logits, stable at both ends.
fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
    let softplus = ((logits.abs()?.neg()?.exp()? + 1.0)?.log()? + logits.relu()?)?;
    softplus - (logits * labels)?
}

/// The loss of the judgement, a scalar.
///
/// # Errors
/// When the tensor library refuses.
pub fn judgement_loss(judged: &Judged, targets: &Targets) -> Result<Tensor> {
    let kinds = GRAPH_OUTPUTS - 2;
    let logits = judged.graph.narrow(1, 0, kinds)?.contiguous()?;
    let entropy = cross_entropy(&logits, &targets.accidents)?.mean(0)?;
    let any = entropy.narrow(0, 0, 1)?.sum_all()?;
    let each = entropy.narrow(0, 1, kinds - 1)?.sum_all()?;
    let fates =
        (cross_entropy(&judged.node, &targets.fates)? * &targets.fate_weights)?.sum_all()?;
    let graded = judged.graph.narrow(1, kinds, 2)?;
    let graded = (graded - &targets.graded)?.sqr()?.mean_all()?;
    ((any + (each * KIND_WEIGHT)?)? + (fates * (FATE_WEIGHT * NODE_OUTPUTS as f64))?)?
        + (graded * GRADED_WEIGHT)?
}

/// The loss of the imagined poses, a scalar: Laplace likelihood of what stirs, cross-entropy of
/// whether it stirs.
///
/// # Errors
/// When the tensor library refuses.
pub fn imagination_loss(imagined: &[Tensor], targets: &Targets) -> Result<Tensor> {
    let mut total: Option<Tensor> = None;
    for (k, y) in imagined.iter().enumerate() {
        let error = (y.narrow(1, 0, POSE_NUMBERS)? - &targets.poses[k])?.abs()?;
        let log_spread = y.narrow(1, 6, 2)?.clamp(-4.0, 4.0)?;
        let position = laplace(&error.narrow(1, 0, 3)?, &log_spread.narrow(1, 0, 1)?)?;
        let turn = laplace(&error.narrow(1, 3, 3)?, &log_spread.narrow(1, 1, 1)?)?;
        let stirs = y.narrow(1, STRIDE_OUTPUTS - 1, 1)?.contiguous()?;
        let gate = (cross_entropy(&stirs, &targets.stirs[k])? * &targets.known[k])?;
        let pose = ((position + (turn * 0.5)?)? * &targets.stirs[k])?;
        let count = |mask: &Tensor| -> Result<f64> {
            Ok(f64::from(mask.sum_all()?.to_scalar::<f32>()?.max(1.0)))
        };
        // Few boxes stir: over their own number, so that where they go is not lost in the rest.
        let pose = (pose.sum_all()? * (POSE_WEIGHT / count(&targets.stirs[k])?))?;
        let gate = (gate.sum_all()? / count(&targets.known[k])?)?;
        let sum = (pose + gate)?;
        total = Some(match total {
            None => sum,
            Some(before) => (before + sum)?,
        });
    }
    match total {
        Some(total) => total / STRIDES as f64,
        None => Tensor::zeros((), candle_core::DType::F32, &Device::Cpu),
    }
}

/// `Σ |error| / spread + 3 · log spread` of each row, `[N, 1]`.
fn laplace(error: &Tensor, log_spread: &Tensor) -> Result<Tensor> {
    let sum = error.sum_keepdim(1)?;
    (sum * log_spread.neg()?.exp()?)? + (log_spread * 3.0)?
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_entropy_is_right_and_stable_at_both_ends() {
        let logits = Tensor::new(&[-80f32, 0.0, 80.0], &Device::Cpu).unwrap();
        let labels = Tensor::new(&[0f32, 1.0, 0.0], &Device::Cpu).unwrap();
        let loss = cross_entropy(&logits, &labels)
            .unwrap()
            .to_vec1::<f32>()
            .unwrap();
        assert!(loss[0].abs() < 1e-6);
        assert!((loss[1] - 2f32.ln()).abs() < 1e-6);
        assert!((loss[2] - 80.0).abs() < 1e-4);
    }
}
