//! The figures of a training run: after each epoch, and of the finished model.
//!
//! Owns [`ValidationReport`] and how it is measured. Printing is the command line's business.

use candle_core::Result;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::calibration::{Calibration, Scored};
use super::course::STRIDES;
use super::ensemble::{Ensemble, poses_of};
use super::loss::{Targets, imagination_loss, stirs_by};
use super::metrics::{Forecast, SafeSide, auc, brier, ece, ece_floor, safe_side};
use super::regression::sigmoid;
use super::samples::{POSE_NUMBERS, Sample, node_bit};
use crate::quantiles::median;

/// Figures on a split that was not trained on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationReport {
    /// How many episodes.
    pub episodes: usize,
    /// Share that ended in an accident.
    pub base_rate: f64,
    /// Mean cross-entropy of any accident.
    pub log_loss: f64,
    /// Area under the curve; `None` where one outcome is missing.
    pub auc: Option<f64>,
    /// The same by kind, in the order disturb, tilt, drop, crush, strike.
    pub auc_by_accident: [Option<f64>; 5],
    /// Brier score.
    pub brier: Option<f64>,
    /// Expected calibration error, and its floor.
    pub ece: Option<f64>,
    /// What a perfect forecaster has at this number of episodes.
    pub ece_floor: Option<f64>,
    /// False-safe and coverage at the default limit; `None` before calibration.
    pub safe_side: Option<SafeSide>,
    /// Imagined poses.
    pub poses: PoseReport,
    /// The risk of what is imagined; none in reports of before version 12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighed: Option<WeighedReport>,
}

/// Figures of the risk once it is seen what an action takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeighedReport {
    /// Mean cross-entropy of any accident.
    pub log_loss: f64,
    /// Area under the curve; `None` where one outcome is missing.
    pub auc: Option<f64>,
    /// Brier score.
    pub brier: Option<f64>,
    /// Expected calibration error, and its floor.
    pub ece: Option<f64>,
    /// What a perfect forecaster has at this number of episodes.
    pub ece_floor: Option<f64>,
    /// False-safe and coverage at the default limit; `None` before calibration.
    pub safe_side: Option<SafeSide>,
}

impl WeighedReport {
    /// Of opinions at the full price; risks as [`forecasts`] has them.
    pub fn new(scored: &[Scored], calibration: Option<&Calibration>) -> Self {
        let all = judge_report(scored, calibration);
        Self {
            log_loss: all.log_loss,
            auc: all.auc,
            brier: all.brier,
            ece: all.ece,
            ece_floor: all.ece_floor,
            safe_side: all.safe_side,
        }
    }
}

/// How far imagined boxes are from where they went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoseReport {
    /// Mean loss of the members' imagination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Median position error by stride of boxes that stay, m.
    pub still_m: Vec<Option<f64>>,
    /// Median position error by stride of boxes that move by more than 5 cm, m.
    pub moved_m: Vec<Option<f64>>,
    /// How far those moved, median by stride, m.
    pub moved_distance_m: Vec<Option<f64>>,
    /// Median of error over distance by stride.
    pub moved_share: Vec<Option<f64>>,
}

/// The limit that `safe_side` is reported at.
pub const LIMIT: f64 = 0.02;
/// A box that is farther than this from where it was has moved, m.
const MOVED_M: f64 = 0.05;

/// Risks and bounds of `scored` by `calibration`, or raw where there is none yet.
pub fn forecasts(scored: &[Scored], calibration: Option<&Calibration>) -> Vec<Forecast> {
    scored
        .iter()
        .map(|s| {
            let (risk, bound) = match calibration {
                Some(c) => {
                    let answer = c.apply(s.logit, s.spread);
                    (answer.risk, answer.bound)
                }
                None => (sigmoid(s.logit), 1.0),
            };
            Forecast {
                risk,
                bound,
                accident: s.accident(),
                stack: s.stack,
            }
        })
        .collect()
}

/// Figures of `scored`; risks as [`forecasts`] has them.
pub fn judge_report(scored: &[Scored], calibration: Option<&Calibration>) -> ValidationReport {
    let labels: Vec<bool> = scored.iter().map(Scored::accident).collect();
    let forecasts = forecasts(scored, calibration);
    let risks: Vec<f64> = forecasts.iter().map(|f| f.risk).collect();
    let n = scored.len().max(1) as f64;
    let entropy = |(&p, &l): (&f64, &bool)| -(if l { p } else { 1.0 - p }).max(1e-12).ln();
    // The raw logits rank without the ties of the isotonic steps.
    let scores: Vec<f64> = match calibration {
        Some(c) => scored
            .iter()
            .map(|s| c.score_of(s.logit, s.spread))
            .collect(),
        None => scored.iter().map(|s| s.logit).collect(),
    };
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    ValidationReport {
        episodes: scored.len(),
        base_rate: labels.iter().filter(|&&l| l).count() as f64 / n,
        log_loss: risks.iter().zip(&labels).map(entropy).sum::<f64>() / n,
        auc: auc(&scores, &labels),
        auc_by_accident: std::array::from_fn(|k| {
            let logits: Vec<f64> = scored.iter().map(|s| s.kinds[k]).collect();
            let labels: Vec<bool> = scored.iter().map(|s| s.accidents[k]).collect();
            auc(&logits, &labels)
        }),
        brier: brier(&risks, &labels),
        ece: ece(&risks, &labels),
        ece_floor: ece_floor(&risks, 20, &mut rng),
        safe_side: calibration.map(|_| safe_side(&forecasts, LIMIT)),
        poses: PoseReport::default(),
        weighed: None,
    }
}

/// Errors of the imagined poses on `samples`.
///
/// # Errors
/// When the tensor library refuses.
pub fn pose_report(ensemble: &Ensemble, samples: &[&Sample], batch: usize) -> Result<PoseReport> {
    let mut still = vec![Vec::new(); STRIDES];
    let mut moved = vec![Vec::new(); STRIDES];
    let mut distance = vec![Vec::new(); STRIDES];
    let mut share = vec![Vec::new(); STRIDES];
    let mut loss = 0.0;
    for chunk in samples.chunks(batch.max(1)) {
        let batch = Batch::of_samples(chunk, &ensemble.normaliser, ensemble.device())?;
        let decoded = ensemble.imagine_each(&batch, STRIDES)?;
        let targets = Targets::new(chunk, ensemble.device())?;
        // By how many episodes a batch has: the last may be a short one.
        let weight = chunk.len() as f64 / (samples.len() * decoded.len()) as f64;
        for strides in &decoded {
            loss += weight * f64::from(imagination_loss(strides, &targets)?.to_scalar::<f32>()?);
        }
        let imagined = poses_of(&decoded)?;
        let truths = chunk.iter().flat_map(|s| {
            let poses = s.labels.poses.chunks_exact(STRIDES * POSE_NUMBERS);
            // The target follows the hand: its error is small for want of anything to imagine.
            poses
                .zip(&*s.labels.nodes)
                .enumerate()
                .map(|(node, (p, bits))| (node != 0 && bits & node_bit::BOX != 0).then_some(p))
        });
        for (truth, imagined) in truths.zip(&imagined) {
            let Some(truth) = truth else { continue };
            for (k, seen) in imagined.iter().enumerate() {
                let row = &truth[k * POSE_NUMBERS..(k + 1) * POSE_NUMBERS];
                let row: [f64; POSE_NUMBERS] = std::array::from_fn(|c| row[c].to_f64());
                if row.iter().any(|x| x.is_nan()) {
                    continue;
                }
                let norm =
                    |f: &dyn Fn(usize) -> f64| (0..3).map(|c| f(c).powi(2)).sum::<f64>().sqrt();
                let error = norm(&|c| row[c] - seen.pose[c]);
                let length = norm(&|c| row[c]);
                if length > MOVED_M {
                    moved[k].push(error);
                    distance[k].push(length);
                    share[k].push(error / length);
                } else if !stirs_by(&row) {
                    still[k].push(error);
                }
            }
        }
    }
    let medians = |v: Vec<Vec<f64>>| v.into_iter().map(median).collect();
    Ok(PoseReport {
        loss: (!samples.is_empty()).then_some(loss),
        still_m: medians(still),
        moved_m: medians(moved),
        moved_distance_m: medians(distance),
        moved_share: medians(share),
    })
}
