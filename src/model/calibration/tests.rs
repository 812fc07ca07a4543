//! Scores whose true risk is known, and what is made of them.

use super::super::promise::{ALLOWED, SPLITS};
use super::*;
use crate::model::metrics::{ece, ece_floor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Overconfident logits: the true risk is that of 0.6 times the logit.
fn scored(count: usize, rng: &mut ChaCha8Rng) -> Vec<Scored> {
    (0..count)
        .map(|i| {
            let truth: f64 = rng.random_range(-6.0..6.0);
            let accident = rng.random::<f64>() < sigmoid(truth);
            Scored {
                logit: truth / 0.6,
                spread: rng.random_range(0.1..0.5),
                kinds: [truth; 5],
                accidents: [accident; 5],
                stack: i as u64,
            }
        })
        .collect()
}

#[test]
fn overconfident_logits_come_out_calibrated() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let fitted = Calibration::fit(&scored(3000, &mut rng), &scored(6000, &mut rng));
    let fresh = scored(6000, &mut rng);
    let risks: Vec<f64> = fresh
        .iter()
        .map(|s| fitted.apply(s.logit, s.spread).risk)
        .collect();
    let labels: Vec<bool> = fresh.iter().map(Scored::accident).collect();
    let floor = ece_floor(&risks, 10, &mut rng).unwrap();
    assert!(ece(&risks, &labels).unwrap() < floor + 0.01);
    assert!(fitted.is_sound());
}

#[test]
fn the_bound_is_never_below_the_risk_and_never_falls() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let fitted = Calibration::fit(&scored(3000, &mut rng), &scored(6000, &mut rng));
    let mut before = 0.0;
    for i in 0..400 {
        let at = fitted.apply(-12.0 + 0.06 * f64::from(i), 0.2);
        assert!(at.bound >= at.risk && at.bound >= before - 1e-12 && at.bound <= 1.0);
        before = at.bound;
    }
}

#[test]
fn no_kind_is_likelier_than_any_accident_and_all_kinds_come_to_it() {
    let mut fitted = Calibration::fit(&[], &[]);
    fitted.kinds = [[0.0, 1.0]; 5];
    for (kinds, risk) in [
        ([3.0, -2.0, -9.0, -9.0, -9.0], 0.1),
        ([-4.0, -5.0, -6.0, -9.0, -9.0], 0.3),
    ] {
        let all = fitted.by_accident(&kinds, risk);
        assert!(all.iter().all(|&p| p <= risk));
        assert!(all.iter().sum::<f64>() >= risk - 1e-9);
        assert!(all[0] >= all[1] && all[1] >= all[2]);
    }
}

#[test]
fn members_that_disagree_as_never_before_are_refused() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let fitted = Calibration::fit(&scored(3000, &mut rng), &scored(6000, &mut rng));
    assert_eq!(fitted.apply(-10.0, 5.0).bound, 1.0);
    assert!(fitted.apply(-10.0, 0.2).bound < 0.05);
}

#[test]
fn without_data_nothing_is_certified() {
    let fitted = Calibration::fit(&[], &[]);
    assert_eq!(fitted.apply(-10.0, 0.0).bound, 1.0);
    assert!(fitted.is_sound());
}

#[test]
fn thousands_of_episodes_of_a_few_stacks_certify_nothing() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let validation = scored(3000, &mut rng);
    let of_stacks = |count: usize, mut all: Vec<Scored>| {
        for (i, s) in all.iter_mut().enumerate() {
            s.stack = (i % count) as u64;
        }
        Calibration::fit(&validation, &all)
    };
    let all = scored(6000, &mut rng);
    assert!(of_stacks(MIN_STACKS - 1, all.clone()).ladder.is_empty());
    assert!(!of_stacks(MIN_STACKS, all).ladder.is_empty());
}

#[test]
fn the_promise_holds_on_two_hundred_random_splits() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let validation = scored(1500, &mut rng);
    let mut pool = scored(12_000, &mut rng);
    let mut broken = 0;
    let mut covered = 0.0;
    for _ in 0..SPLITS {
        for i in 0..4000 {
            let j = rng.random_range(i..pool.len());
            pool.swap(i, j);
        }
        let fitted = Calibration::fit(&validation, &pool[..4000]);
        // The promise is about the population: its false-safe rate, known here exactly.
        let (mut safe, mut expected) = (0.0, 0.0);
        for s in &pool[4000..] {
            if fitted.apply(s.logit, s.spread).bound <= 0.02 {
                safe += 1.0;
                expected += sigmoid(s.logit * 0.6);
            }
        }
        covered += safe / 8000.0 / SPLITS as f64;
        broken += usize::from(expected > 0.02 * safe);
    }
    assert!(broken <= ALLOWED, "{broken} of {SPLITS} broke the promise");
    assert!(covered > 0.1, "judging nothing safe is no feat: {covered}");
}
