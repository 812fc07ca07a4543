//! Learn then Test: thresholds below which at most a share of episodes ends in an accident.
//!
//! Owns the binomial test and the fixed sequences over thresholds (Angelopoulos, Bates, Candès,
//! Jordan, Lei, "Learn then Test", 2021): the share of accidents below a threshold need not grow
//! with it, so each threshold is a hypothesis, tested in an order that the labels do not choose.

use serde::{Deserialize, Serialize};

/// Levels that are certified, each with 95 % confidence.
pub const LEVELS: [f64; 14] = [
    0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5,
];
/// Chance that a certificate is wrong.
const DELTA: f64 = 0.05;
/// Where sequences start, in multiples of the fewest episodes that could pass; each start gets an
/// equal share of [`DELTA`].
const STARTS: [f64; 4] = [1.5, 3.0, 6.0, 12.0];
/// Each hypothesis has this many times the episodes of the one before.
const GROWTH: f64 = 1.02;

/// A certified threshold: of the episodes with a score at or under it, at most `level` end badly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Share of accidents.
    pub level: f64,
    /// Score.
    pub threshold: f64,
}

/// The highest certified threshold for each level that has one; `rows` ascend in score.
///
/// `design_effect` is how many episodes of like stacks count as one.
pub fn certify(rows: &[(f64, bool)], design_effect: f64) -> Vec<Rung> {
    let mut below = Vec::with_capacity(rows.len() + 1);
    below.push(0usize);
    for (k, row) in rows.iter().enumerate() {
        below.push(below[k] + usize::from(row.1));
    }
    let mut ladder: Vec<Rung> = LEVELS
        .iter()
        .filter_map(|&level| {
            let count = largest_certified(&below, level, design_effect)?;
            Some(Rung {
                level,
                threshold: rows[count - 1].0,
            })
        })
        .collect();
    // A threshold certified for a level is certified for every higher one.
    for k in 1..ladder.len() {
        ladder[k].threshold = ladder[k].threshold.max(ladder[k - 1].threshold);
    }
    ladder
}

/// The most episodes, counted from the lowest score, that pass at `level`.
fn largest_certified(below: &[usize], level: f64, design_effect: f64) -> Option<usize> {
    let n = below.len() - 1;
    let delta = DELTA / STARTS.len() as f64;
    let fewest = delta.ln() / (1.0 - level).ln() * design_effect;
    let mut best = None;
    for start in STARTS {
        let mut count = (fewest * start).ceil();
        while count <= n as f64 {
            let safe = count as usize;
            if p_value(below[safe], safe, level, design_effect) > delta {
                break;
            }
            best = best.max(Some(safe));
            count = (count * GROWTH).max(count + 1.0);
        }
    }
    best
}

/// P(at most so many accidents, were their true share `level`).
fn p_value(accidents: usize, count: usize, level: f64, design_effect: f64) -> f64 {
    let n = (count as f64 / design_effect).floor();
    let k = (accidents as f64 / design_effect).ceil();
    if k >= n {
        return 1.0;
    }
    // log of (1 - level)^n, then term after term.
    let mut log_term = n * (1.0 - level).ln();
    let mut sum = log_term.exp();
    let mut i = 0.0;
    while i < k {
        log_term += ((n - i) / (i + 1.0)).ln() + (level / (1.0 - level)).ln();
        i += 1.0;
        sum += log_term.exp();
    }
    sum.min(1.0)
}

/// How much larger the variance of a sum of residuals is than if episodes of one stack had nothing
/// in common: at least 1. Rows are (stack, residual).
pub fn design_effect(residuals: &[(u64, f64)]) -> f64 {
    let mut sums: std::collections::BTreeMap<u64, f64> = Default::default();
    for &(stack, residual) in residuals {
        *sums.entry(stack).or_default() += residual;
    }
    let between: f64 = sums.values().map(|s| s * s).sum();
    let within: f64 = residuals.iter().map(|r| r.1 * r.1).sum();
    (between / within.max(1e-12)).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_p_value_is_the_binomial_tail() {
        // P(X ≤ 1), X ~ Bin(10, 0.2) = 0.8^10 + 10 · 0.2 · 0.8^9.
        let exact = 0.8f64.powi(10) + 2.0 * 0.8f64.powi(9);
        assert!((p_value(1, 10, 0.2, 1.0) - exact).abs() < 1e-12);
        assert_eq!(p_value(10, 10, 0.2, 1.0), 1.0);
    }

    #[test]
    fn too_few_episodes_certify_nothing() {
        let rows: Vec<(f64, bool)> = (0..200).map(|i| (f64::from(i), false)).collect();
        assert!(certify(&rows, 1.0).iter().all(|r| r.level > 0.02));
        let many: Vec<(f64, bool)> = (0..2000).map(|i| (f64::from(i), false)).collect();
        let rung = certify(&many, 1.0);
        assert!(rung.iter().any(|r| r.level == 0.01 && r.threshold > 1900.0));
    }

    #[test]
    fn a_threshold_stops_before_the_accidents_begin() {
        let rows: Vec<(f64, bool)> = (0..4000).map(|i| (f64::from(i), i >= 2000)).collect();
        let two = certify(&rows, 1.0)
            .into_iter()
            .find(|r| r.level == 0.02)
            .unwrap();
        assert!(two.threshold > 1500.0 && two.threshold < 2060.0);
    }

    #[test]
    fn stacks_that_are_alike_count_for_less() {
        let alike: Vec<(u64, f64)> = (0..1000)
            .map(|i| (i / 10, if (i / 10) % 2 == 0 { 1.0 } else { -1.0 }))
            .collect();
        assert!((design_effect(&alike) - 10.0).abs() < 1e-9);
        let single: Vec<(u64, f64)> = (0..1000).map(|i| (i, 1.0)).collect();
        assert!((design_effect(&single) - 1.0).abs() < 1e-9);
    }
}
