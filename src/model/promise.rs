//! The promise behind the bound, tested: of what is judged safe at a limit, no larger share goes wrong.
//!
//! Owns [`Promise`]. The calibration data are parted by stack at random, again and again: one half
//! certifies, the other is judged. A certificate holds with 95 % confidence, so some halves may break
//! their promise; [`Promise::allowed`] is how many of them chance makes of that. Only limits at the levels that are
//! certified ([`super::certify::LEVELS`]) are promised anything, and [`LEVEL`] is one: between two of them the bound is
//! interpolated, and what is judged safe at a limit there was never tested as such.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::calibration::{Calibration, MIN_EPISODES, MIN_STACKS, Scored};

/// Random splits.
pub(super) const SPLITS: usize = 200;
/// The limit that is looked at: a task's `safety.max_risk` where it says nothing else.
pub const LEVEL: f64 = 0.02;
/// The 98th percentile of how many of 200 fail that fail with 5 % each.
pub(super) const ALLOWED: usize = 17;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// The limit on risk.
    pub level: f64,
    /// Random splits.
    pub splits: usize,
    /// In how many nothing was judged safe, so that there was nothing to go wrong. A card of a program that did not
    /// tell them apart has none.
    #[serde(default)]
    pub empty: usize,
    /// In how many the judged half had a larger share of accidents among what was judged safe.
    pub broken: usize,
    /// How many of them chance allows.
    pub allowed: usize,
    /// Mean share that was judged safe.
    pub coverage: f64,
    /// Mean share of accidents among that, over the splits in which something was judged safe; `None` without one.
    pub false_safe: Option<f64>,
    /// The largest share of accidents of any of them.
    pub worst: Option<f64>,
}

impl Promise {
    /// Tests the promise on `calibration`; `None` where that is too little to be parted.
    pub fn test(validation: &[Scored], calibration: &[Scored], seed: u64) -> Option<Self> {
        if calibration.len() < 2 * MIN_EPISODES {
            return None;
        }
        let mut stacks: Vec<u64> = calibration.iter().map(|s| s.stack).collect();
        stacks.sort_unstable();
        stacks.dedup();
        if stacks.len() < 2 * MIN_STACKS {
            return None;
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut out = Self {
            level: LEVEL,
            splits: SPLITS,
            empty: 0,
            broken: 0,
            allowed: ALLOWED,
            coverage: 0.0,
            false_safe: None,
            worst: None,
        };
        let mut shares = Vec::with_capacity(SPLITS);
        for _ in 0..SPLITS {
            stacks.shuffle(&mut rng);
            let mut certifies = stacks[..stacks.len() / 2].to_vec();
            certifies.sort_unstable();
            let (fitted, judged): (Vec<Scored>, Vec<Scored>) = calibration
                .iter()
                .cloned()
                .partition(|s| certifies.binary_search(&s.stack).is_ok());
            let bounds = Calibration::fit(validation, &fitted);
            let safe: Vec<&Scored> = judged
                .iter()
                .filter(|s| bounds.apply(s.logit, s.spread).bound <= LEVEL)
                .collect();
            out.coverage += safe.len() as f64 / judged.len().max(1) as f64 / SPLITS as f64;
            if safe.is_empty() {
                out.empty += 1;
                continue;
            }
            let wrong = safe.iter().filter(|s| s.accident()).count();
            let share = wrong as f64 / safe.len() as f64;
            out.broken += usize::from(share > LEVEL);
            shares.push(share);
        }
        let mean: f64 = shares.iter().map(|s| s / shares.len() as f64).sum();
        out.false_safe = (!shares.is_empty()).then_some(mean);
        out.worst = shares.iter().copied().reduce(f64::max);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::regression::sigmoid;
    use rand::Rng;

    /// Forecasts whose true risk is that of the logit.
    fn scored(count: usize, rng: &mut ChaCha8Rng) -> Vec<Scored> {
        (0..count)
            .map(|i| {
                let logit: f64 = rng.random_range(-8.0..4.0);
                let accident = rng.random::<f64>() < sigmoid(logit);
                Scored {
                    logit,
                    spread: 0.2,
                    kinds: [logit; 5],
                    accidents: [accident; 5],
                    stack: i as u64 / 4,
                }
            })
            .collect()
    }

    #[test]
    fn a_promise_is_kept_on_other_stacks_of_the_same_kind() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let validation = scored(2000, &mut rng);
        let promise = Promise::test(&validation, &scored(8000, &mut rng), 1).unwrap();
        assert!(promise.broken <= promise.allowed, "{promise:?}");
        assert!(promise.coverage > 0.1, "{promise:?}");
        assert!(promise.false_safe.unwrap() <= LEVEL);
        assert!(promise.worst >= promise.false_safe);
        assert_eq!(promise.empty, 0);
    }

    #[test]
    fn where_nothing_is_judged_safe_no_promise_is_said_to_be_kept() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut scored = scored(1000, &mut rng);
        for s in &mut scored {
            s.accidents = [true; 5];
        }
        let promise = Promise::test(&scored, &scored, 1).unwrap();
        assert_eq!(
            (promise.empty, promise.broken),
            (promise.splits, 0),
            "{promise:?}"
        );
        assert_eq!((promise.false_safe, promise.worst), (None, None));
        assert_eq!(promise.coverage, 0.0);
    }

    #[test]
    fn too_few_episodes_are_not_parted() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let few = scored(100, &mut rng);
        assert_eq!(Promise::test(&few, &few, 1), None);
    }
}
