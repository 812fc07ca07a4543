//! Stopwatches.
//!
//! Owns that the least of a few rounds counts, and how one thread is timed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::BenchError;

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

/// Nothing, until `stop` is set.
///
/// # Errors
/// [`BenchError::Interrupted`] from then on: for `?` between pieces of work.
pub(super) fn go_on(stop: &AtomicBool) -> Result<(), BenchError> {
    match stop.load(Ordering::Relaxed) {
        true => Err(BenchError::Interrupted),
        false => Ok(()),
    }
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
