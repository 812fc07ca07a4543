//! Which stacks train, which validate and which calibrate.
//!
//! Owns [`split_of`]: by stack, never by episode or frame, so that no scene is seen on two sides; and, where many
//! stacks are parts of one packing that somebody has, [`split_of_packing`].

use crate::seed::{INCREMENT, scrambled};

/// What a stack's episodes are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// About 80 %: the weights are fitted to it.
    Train,
    /// About 8 %: it tells when to stop.
    Validation,
    /// About 12 %: probabilities and bounds are fitted to it.
    Calibration,
}

/// The split of `stack` in a data set made from `seed`: a hash, so it needs no list and no order.
pub fn split_of(stack: u64, seed: u64) -> Split {
    of_share(mix(mix(seed) ^ stack))
}

/// The split of every stack that is part of the packing with this hash (hexadecimal digits), under any seed.
pub(super) fn split_of_packing(hash: &str) -> Split {
    let number = hash
        .bytes()
        .fold(0u64, |n, digit| (n << 4) ^ u64::from(digit));
    of_share(mix(number))
}

fn of_share(bits: u64) -> Split {
    // 53 bits make a fraction in [0, 1) without rounding.
    match (bits >> 11) as f64 / (1u64 << 53) as f64 {
        x if x < 0.80 => Split::Train,
        x if x < 0.88 => Split::Validation,
        _ => Split::Calibration,
    }
}

fn mix(x: u64) -> u64 {
    scrambled(x.wrapping_add(INCREMENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_splits_have_their_shares_and_depend_on_the_seed() {
        let share = |seed: u64, split: Split| {
            (0..20_000).filter(|&s| split_of(s, seed) == split).count() as f64 / 20_000.0
        };
        for seed in [0, 1, 7_000_000_000] {
            assert!((share(seed, Split::Train) - 0.80).abs() < 0.01);
            assert!((share(seed, Split::Validation) - 0.08).abs() < 0.01);
            assert!((share(seed, Split::Calibration) - 0.12).abs() < 0.01);
        }
        let packings: Vec<Split> = (0..20_000u64)
            .map(|n| split_of_packing(&format!("{n:016x}")))
            .collect();
        let train = packings.iter().filter(|&&s| s == Split::Train).count();
        assert!((train as f64 / 20_000.0 - 0.80).abs() < 0.01, "{train}");
        assert!((0..100).any(|s| split_of(s, 0) != split_of(s, 1)));
    }
}
