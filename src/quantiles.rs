//! Quantiles of what was measured, by one rule wherever a report has them.
//!
//! Owns [`Quantiles`] and [`median`]: by the nearest rank, so that each is a value that was measured, and what two
//! commands print can be held beside each other.

use serde::Serialize;

/// The median and the 95th percentile of what was measured, in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
}

impl Quantiles {
    /// Of `values` by the nearest rank; `None` of none.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        Some(Self {
            p50: of_rank(&values, 0.5)?,
            p95: of_rank(&values, 0.95)?,
        })
    }
}

/// The median of `values` by the nearest rank; `None` of none.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    of_rank(&values, 0.5)
}

/// The least of `sorted` that a `share` of them does not exceed.
fn of_rank(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let times: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        let q = Quantiles::of(times).unwrap();
        assert_eq!((q.p50, q.p95), (10.0, 19.0));
        let one = Quantiles::of(vec![3.0]).unwrap();
        assert_eq!((one.p50, one.p95), (3.0, 3.0));
        assert!(Quantiles::of(Vec::new()).is_none());
    }

    #[test]
    fn a_median_is_the_quantile_of_the_same_values() {
        for n in 1..6 {
            let values: Vec<f64> = (0..n).map(f64::from).collect();
            let wanted = Quantiles::of(values.clone()).map(|q| q.p50);
            assert_eq!(median(values), wanted);
        }
        assert_eq!(median(Vec::new()), None);
    }
}
