//! How good a forecast of accidents is, and how sure we can be of that.
//!
//! Owns AUC, Brier score, calibration error less its noise floor, false-safe and coverage, Wilson
//! intervals and the bootstrap by stack. Refuses to report what too few episodes support
//! (`None`). Definitions: design, sections 2 and 7.

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

/// The chance that an accident is given a higher score than a safe episode; ties count half.
/// `None` where there is only one kind of outcome.
pub fn auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
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

/// Expected calibration error over [`ECE_BINS`] bins of equal count; `None` of too few.
pub fn ece(risks: &[f64], labels: &[bool]) -> Option<f64> {
    let n = risks.len();
    if n < ECE_BINS {
        return None;
    }
    let mut sum = 0.0;
    for members in bins_of_equal_count(risks) {
        let predicted: f64 = members.iter().map(|&k| risks[k]).sum();
        let happened = members.iter().filter(|&&k| labels[k]).count() as f64;
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

/// Wilson's 95 % interval of a rate; `(0, 1)` of nothing.
pub fn wilson(hits: usize, n: usize) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let z = 1.959_964;
    let (n, p) = (n as f64, hits as f64 / n as f64);
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

/// How two yes-or-no answers to the same cases go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paired {
    /// Yes by both.
    pub both: usize,
    /// By the first alone.
    pub first: usize,
    /// By the second alone.
    pub second: usize,
    /// By neither.
    pub neither: usize,
}

impl Paired {
    /// Counts pairs of (first, second).
    pub fn count(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut out = Self::default();
        for pair in pairs {
            *match pair {
                (true, true) => &mut out.both,
                (true, false) => &mut out.first,
                (false, true) => &mut out.second,
                (false, false) => &mut out.neither,
            } += 1;
        }
        out
    }

    /// The 95 % interval of the first's rate less the second's: the square and add of two Wilson intervals, less what
    /// the answers have in common (R. G. Newcombe, Statistics in Medicine 17, 1998, 2635, method 10).
    pub fn difference(self) -> (f64, f64) {
        let [a, b, c, d] = [self.both, self.first, self.second, self.neither];
        let n = a + b + c + d;
        let rate = |hits: usize| hits as f64 / n.max(1) as f64;
        let (p, q) = (rate(a + b), rate(a + c));
        let ((p_low, p_high), (q_low, q_high)) = (wilson(a + b, n), wilson(a + c, n));
        let phi = self.correlation();
        let apart = |x: f64, y: f64| (x * x - 2.0 * phi * x * y + y * y).max(0.0).sqrt();
        (
            p - q - apart(p - p_low, q_high - q),
            p - q + apart(p_high - p, q - q_low),
        )
    }

    /// The phi coefficient, what is positive of it corrected for continuity; 0 where one always says the same.
    fn correlation(self) -> f64 {
        let [a, b, c, d] = [self.both, self.first, self.second, self.neither].map(|n| n as f64);
        let product = a * d - b * c;
        let corrected = match product > 0.0 {
            true => (product - 0.5 * (a + b + c + d)).max(0.0),
            false => product,
        };
        let scale = ((a + b) * (c + d) * (a + c) * (b + d)).sqrt();
        if scale > 0.0 { corrected / scale } else { 0.0 }
    }
}

/// The 95 % interval of `statistic` over `rounds` resamplings of whole stacks.
///
/// Rounds in which it is `None` are left out; `None` where all are.
pub fn bootstrap(
    stacks: &[u64],
    rounds: usize,
    rng: &mut impl Rng,
    statistic: impl Fn(&[usize]) -> Option<f64>,
) -> Option<(f64, f64)> {
    let mut groups: std::collections::BTreeMap<u64, Vec<usize>> = Default::default();
    for (i, &stack) in stacks.iter().enumerate() {
        groups.entry(stack).or_default().push(i);
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    if groups.is_empty() {
        return None;
    }
    let mut values: Vec<f64> = (0..rounds)
        .filter_map(|_| {
            let drawn: Vec<usize> = (0..groups.len())
                .flat_map(|_| groups[rng.random_range(0..groups.len())].iter().copied())
                .collect();
            statistic(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values[((values.len() - 1) as f64 * q).round() as usize];
    (!values.is_empty()).then(|| (at(0.025), at(0.975)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_paired_interval_shrinks_by_what_both_have_in_common() {
        let of = |both, first, second, neither| {
            let pairs = Paired {
                both,
                first,
                second,
                neither,
            };
            pairs.difference()
        };
        // Of answers with nothing in common, it is Newcombe's of two samples: 56/100 less 48/100.
        let (low, high) = of(27, 29, 21, 23);
        let ((p_low, p_high), (q_low, q_high)) = (wilson(56, 100), wilson(48, 100));
        assert!((low - (0.08 - (0.56 - p_low).hypot(q_high - 0.48))).abs() < 1e-9);
        assert!((high - (0.08 + (p_high - 0.56).hypot(0.48 - q_low))).abs() < 1e-9);
        // The same rates, mostly of the same cases.
        let (near_low, near_high) = of(46, 10, 2, 42);
        assert!(near_low > low && near_high < high, "{near_low} {near_high}");
        // The other way round it is the same with the other sign.
        let (other_low, other_high) = of(46, 2, 10, 42);
        assert!((other_low + near_high).abs() < 1e-12 && (other_high + near_low).abs() < 1e-12);
        // One beside itself differs by little, and by none on average.
        let (low, high) = of(4, 0, 0, 600);
        assert!(
            low < 0.0 && (low + high).abs() < 1e-12 && high < 0.0075,
            "{low} {high}"
        );
        assert_eq!(of(0, 0, 0, 0).0, -of(0, 0, 0, 0).1);
    }

    #[test]
    fn auc_counts_pairs_in_order_and_ties_half() {
        let labels = [false, true, false, true];
        assert_eq!(auc(&[0.1, 0.9, 0.2, 0.8], &labels), Some(1.0));
        assert_eq!(auc(&[0.5, 0.5, 0.5, 0.5], &labels), Some(0.5));
        assert_eq!(auc(&[0.1, 0.15, 0.2, 0.8], &labels), Some(0.75));
        assert_eq!(auc(&[0.1], &[true]), None);
        // What is no number has a rank of its own, and an end.
        assert_eq!(auc(&[0.1, f64::NAN], &[false, true]), Some(1.0));
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
    fn wilson_matches_the_textbook() {
        let (low, high) = wilson(5, 100);
        assert!((low - 0.0215).abs() < 1e-3 && (high - 0.1118).abs() < 1e-3);
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

    #[test]
    fn the_bootstrap_is_wider_when_episodes_come_in_stacks() {
        let labels: Vec<bool> = (0..400).map(|i| (i / 20) % 2 == 0).collect();
        let rate = |drawn: &[usize]| {
            Some(drawn.iter().filter(|&&i| labels[i]).count() as f64 / drawn.len() as f64)
        };
        let width = |stacks: Vec<u64>| {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(2);
            let (low, high) = bootstrap(&stacks, 300, &mut rng, rate).unwrap();
            high - low
        };
        assert!(width((0..400).map(|i| i / 20).collect()) > 2.0 * width((0..400).collect()));
    }
}
