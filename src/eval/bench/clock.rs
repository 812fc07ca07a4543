//! Stopwatches: the least of a few rounds, quantiles of many times, and one thread.

use std::time::Instant;

use serde::Serialize;

use super::BenchError;

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

/// The quickest of `rounds` rounds of `work`, s; `prepare` is not timed.
///
/// # Errors
/// As `work`.
pub(super) fn least_of<P>(
    rounds: usize,
    mut prepare: impl FnMut() -> P,
    mut work: impl FnMut(P) -> Result<(), BenchError>,
) -> Result<f64, BenchError> {
    let mut least = f64::INFINITY;
    for _ in 0..rounds.max(1) {
        let prepared = prepare();
        let (result, seconds) = timed(|| work(prepared));
        result?;
        least = least.min(seconds);
    }
    // A clock that stood still would make speeds infinite.
    Ok(least.max(1e-9))
}

/// What `work` returns, and how long it took, s.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed().as_secs_f64())
}

/// Runs `work` where whatever is parallel in it has one thread.
///
/// # Errors
/// As `work`, or when the system refuses the thread.
pub(super) fn on_one_thread<T: Send>(
    work: impl FnOnce() -> Result<T, BenchError> + Send,
) -> Result<T, BenchError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .map_err(|error| BenchError::System {
            what: "a thread",
            reason: error.to_string(),
        })?
        .install(work)
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
    fn every_round_is_prepared_and_run_and_a_failure_ends_them() {
        let (mut prepared, mut run) = (0, 0);
        let prepare = || {
            prepared += 1;
            prepared
        };
        let least = least_of(3, prepare, |round| {
            run += 1;
            assert_eq!(round, run);
            Ok(())
        });
        assert!(least.is_ok_and(|s| s.is_finite() && s > 0.0));
        assert_eq!((prepared, run), (3, 3));
        let mut run = 0;
        let failed = least_of(
            3,
            || (),
            |()| {
                run += 1;
                Err(BenchError::NoGrasp { boxes: 1 })
            },
        );
        assert!(failed.is_err() && run == 1);
        // Nothing can be said of no rounds at all.
        assert!(least_of(0, || (), |()| Ok(())).is_ok());
    }
}
