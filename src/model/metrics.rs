//! How good a forecast of accidents is, and how sure we can be of that.
//!
//! Owns AUC, Brier score, calibration error less its noise floor, false-safe and coverage; Wilson
//! intervals and the bootstrap by stack are [`intervals`]'s. Refuses to report what too few episodes support
//! (`None`). Definitions: design, sections 2 and 7.

mod intervals;

pub use intervals::{Paired, bootstrap, wilson};

use rand::Rng;

/// One forecast and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Predicted probability of an accident.
    pub risk: f64,
    /// What is held against the limit.
    pub bound: f64,
    /// Whether it happened.
    pub accident: bool,
    /// The stack it happened in.
    pub stack: u64,
}

/// Episodes judged safe below which a false-safe rate is not reported.
pub const MIN_JUDGED_SAFE: usize = 150;
/// Bins of the calibration error, each with equally many episodes.
pub const ECE_BINS: usize = 15;

/// The chance that an accident is given a higher score than a safe episode; ties count half, and a score that is no
/// number is wrong in every pair. `None` where there is only one kind of outcome.
pub fn auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    let worst = |(&score, &accident): (&f64, &bool)| match (score.is_nan(), accident) {
        (true, true) => f64::NEG_INFINITY,
        (true, false) => f64::INFINITY,
        (false, _) => score,
    };
    let scores: Vec<f64> = scores.iter().zip(labels).map(worst).collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let positives = labels.iter().filter(|&&l| l).count() as f64;
    let negatives = labels.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let mut rank_sum = 0.0;
    let mut i = 0;
    while i < order.len() {
        let mut j = i + 1;
        while j < order.len() && scores[order[j]] == scores[order[i]] {
            j += 1;
        }
        let rank = 0.5 * (i + 1 + j) as f64;
        rank_sum += rank * order[i..j].iter().filter(|&&k| labels[k]).count() as f64;
        i = j;
    }
    Some((rank_sum - 0.5 * positives * (positives + 1.0)) / (positives * negatives))
}

/// Mean squared error of the probabilities; `None` of nothing.
pub fn brier(risks: &[f64], labels: &[bool]) -> Option<f64> {
    if risks.is_empty() {
        return None;
    }
    let sum: f64 = risks
        .iter()
        .zip(labels)
        .map(|(r, &l)| (r - f64::from(u8::from(l))).powi(2))
        .sum();
    Some(sum / risks.len() as f64)
}

/// Who is in each of [`ECE_BINS`] bins of equal count, by risk; fewer bins where there are fewer risks.
pub fn bins_of_equal_count(risks: &[f64]) -> Vec<Vec<usize>> {
    let n = risks.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| risks[a].total_cmp(&risks[b]));
    let count = ECE_BINS.min(n);
    (0..count)
        .map(|bin| order[bin * n / count..(bin + 1) * n / count].to_vec())
        .collect()
}

/// For each risk how often what has exactly this one happened.
fn rates_of_ties(risks: &[f64], labels: &[bool]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..risks.len()).collect();
    order.sort_by(|&a, &b| risks[a].total_cmp(&risks[b]));
    let mut rates = vec![0.0; risks.len()];
    for tied in order.chunk_by(|&a, &b| risks[a] == risks[b]) {
        let happened = tied.iter().filter(|&&k| labels[k]).count();
        for &k in tied {
            rates[k] = happened as f64 / tied.len() as f64;
        }
    }
    rates
}

/// Expected calibration error over [`ECE_BINS`] bins of equal count; `None` of too few. Where a bin ends among equal risks,
/// it has of what happened at this risk as large a share as of the risks: which of them come first says nothing.
pub fn ece(risks: &[f64], labels: &[bool]) -> Option<f64> {
    let n = risks.len();
    if n < ECE_BINS {
        return None;
    }
    let rates = rates_of_ties(risks, labels);
    let mut sum = 0.0;
    for members in bins_of_equal_count(risks) {
        let predicted: f64 = members.iter().map(|&k| risks[k]).sum();
        let happened: f64 = members.iter().map(|&k| rates[k]).sum();
        sum += (predicted - happened).abs();
    }
    Some(sum / n as f64)
}

/// The calibration error that a perfect forecaster has at this sample: the mean over `rounds`
/// of labels drawn from the risks themselves.
pub fn ece_floor(risks: &[f64], rounds: usize, rng: &mut impl Rng) -> Option<f64> {
    let mut sum = 0.0;
    for _ in 0..rounds {
        let labels: Vec<bool> = risks.iter().map(|&r| rng.random::<f64>() < r).collect();
        sum += ece(risks, &labels)?;
    }
    Some(sum / rounds.max(1) as f64)
}

/// How many of those judged safe at a limit were not, and how many were judged safe at all.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SafeSide {
    /// Accidents among those judged safe, over their number; `None` below [`MIN_JUDGED_SAFE`].
    pub false_safe: Option<f64>,
    /// Wilson's interval of it at 95 %.
    pub false_safe_ci: Option<(f64, f64)>,
    /// Share of all episodes that are judged safe.
    pub coverage: f64,
    /// How many are judged safe.
    pub judged_safe: usize,
}

/// The safe side of `forecasts` at `limit`.
pub fn safe_side(forecasts: &[Forecast], limit: f64) -> SafeSide {
    let safe: Vec<&Forecast> = forecasts.iter().filter(|f| f.bound <= limit).collect();
    let accidents = safe.iter().filter(|f| f.accident).count();
    let enough = safe.len() >= MIN_JUDGED_SAFE;
    SafeSide {
        false_safe: enough.then(|| accidents as f64 / safe.len() as f64),
        false_safe_ci: enough.then(|| wilson(accidents, safe.len())),
        coverage: safe.len() as f64 / forecasts.len().max(1) as f64,
        judged_safe: safe.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn auc_counts_pairs_in_order_and_ties_half() {
        let labels = [false, true, false, true];
        assert_eq!(auc(&[0.1, 0.9, 0.2, 0.8], &labels), Some(1.0));
        assert_eq!(auc(&[0.5, 0.5, 0.5, 0.5], &labels), Some(0.5));
        assert_eq!(auc(&[0.1, 0.15, 0.2, 0.8], &labels), Some(0.75));
        assert_eq!(auc(&[0.1], &[true]), None);
    }

    #[test]
    fn a_score_that_is_no_number_ranks_worst() {
        for nan in [f64::NAN, -f64::NAN] {
            assert_eq!(auc(&[0.1, nan], &[false, true]), Some(0.0));
            assert_eq!(auc(&[nan, 0.9], &[false, true]), Some(0.0));
            assert_eq!(auc(&[nan, nan], &[false, true]), Some(0.0));
            assert_eq!(auc(&[0.1, 0.9, nan], &[false, true, true]), Some(0.5));
        }
    }

    #[test]
    fn bins_of_equal_count_hold_each_risk_once_and_are_as_many_as_there_can_be() {
        let risks: Vec<f64> = (0..20).map(|i| f64::from(i * 7 % 20) / 20.0).collect();
        let bins = bins_of_equal_count(&risks);
        assert_eq!(bins.len(), ECE_BINS);
        let in_order: Vec<f64> = bins.concat().iter().map(|&i| risks[i]).collect();
        assert!(in_order.len() == 20 && in_order.windows(2).all(|w| w[0] < w[1]));
        assert!(bins.iter().all(|b| b.len() == 1 || b.len() == 2));
        assert_eq!(bins_of_equal_count(&risks[..3]).len(), 3);
        assert!(bins_of_equal_count(&[]).is_empty());
    }

    #[test]
    fn a_perfect_forecaster_has_the_calibration_error_of_the_floor() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let risks: Vec<f64> = (0..12_000).map(|_| rng.random::<f64>()).collect();
        let labels: Vec<bool> = risks.iter().map(|&r| rng.random::<f64>() < r).collect();
        let floor = ece_floor(&risks, 20, &mut rng).unwrap();
        assert!((ece(&risks, &labels).unwrap() - floor).abs() < 0.01);
        let bold: Vec<f64> = risks
            .iter()
            .map(|r| (r * 1.5 - 0.25).clamp(0.0, 1.0))
            .collect();
        assert!(ece(&bold, &labels).unwrap() > floor + 0.05);
    }

    #[test]
    fn the_calibration_error_of_equal_risks_does_not_hang_on_their_order() {
        let labels: Vec<bool> = (0..30).map(|i| i < 15).collect();
        let mixed: Vec<bool> = (0..30).map(|i| i % 2 == 0).collect();
        for labels in [labels, mixed] {
            assert!(ece(&[0.5; 30], &labels).unwrap() < 1e-12);
            assert!((ece(&[0.7; 30], &labels).unwrap() - 0.2).abs() < 1e-12);
        }
    }

    #[test]
    fn a_false_safe_rate_of_too_few_is_not_reported() {
        let forecast = |accident| Forecast {
            risk: 0.0,
            bound: 0.01,
            accident,
            stack: 0,
        };
        assert_eq!(
            safe_side(&vec![forecast(false); 149], 0.02).false_safe,
            None
        );
        assert_eq!(
            safe_side(&vec![forecast(true); 150], 0.02).false_safe,
            Some(1.0)
        );
    }
}
