//! Quantiles of times that were measured, by one rule wherever a report has them.
//!
//! Owns [`Quantiles`]: by the nearest rank, so that each is a time that was measured, and latencies of `topple bench`
//! and of `topple eval planner` can be held beside each other.

use serde::Serialize;

/// The median and the 95th percentile of some times, in the unit of their name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
}

impl Quantiles {
    /// Of `times` by the nearest rank; `None` of none.
    pub fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        let rank = |share: f64| {
            let rank = (share * times.len() as f64).ceil() as usize;
            times.get(rank.max(1) - 1).copied()
        };
        Some(Self {
            p50: rank(0.5)?,
            p95: rank(0.95)?,
        })
    }
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
}
