//! What is thought of a risk before any draw, and after some.
//!
//! Owns [`Prior`], a Beta distribution; see the [shield](super) for what is made of it.

use crate::dynamics::Risk;

/// How many draws a judgement is worth.
///
/// A calibrated forecast whose Brier score is `b` over beliefs whose outcomes scatter by `c` (the
/// ceiling's Brier score) leaves a spread that a Beta of strength c / (b - c) has: of the default seed's splits
/// 0.7 on the standard one, 0.5 on the real one, 2.5 on the hard one. The larger it is the more draws have to
/// speak for what is doubtful, so it is near the largest.
const PRIOR: f64 = 2.0;
/// Draws are asked for until the bound could fall to this share of the limit.
const AIM: f64 = 0.25;

/// What is thought of a risk before any draw: a Beta distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Prior {
    /// Somebody judged: the bound is its mean, worth [`PRIOR`] draws.
    Judged {
        /// Probability.
        bound: f64,
    },
    /// Nobody did: Jeffreys' Beta(½, ½).
    Unknown,
}

impl Prior {
    /// What a judgement leaves open.
    pub(super) fn of(judged: &Risk) -> Self {
        if judged.abstains() {
            Self::Unknown
        } else {
            Self::Judged {
                bound: judged.bound,
            }
        }
    }

    fn mean(self) -> f64 {
        match self {
            Self::Judged { bound } => bound,
            Self::Unknown => 0.5,
        }
    }

    /// The risk before any draw: where nobody judged it is as unknown as its bound.
    pub(super) fn before(self, judged: &Risk) -> f64 {
        match self {
            Self::Judged { .. } => judged.risk,
            Self::Unknown => self.mean(),
        }
    }

    /// How many draws it is worth.
    fn strength(self) -> f64 {
        match self {
            Self::Judged { .. } => PRIOR,
            Self::Unknown => 1.0,
        }
    }

    /// A mean of `before` after `draws` of which so many went wrong.
    pub(super) fn weighed(self, before: f64, accidents: f64, draws: usize) -> f64 {
        (self.strength() * before + accidents) / (self.strength() + draws as f64)
    }

    /// Its own mean after that.
    pub(super) fn updated(self, accidents: f64, draws: usize) -> f64 {
        self.weighed(self.mean(), accidents, draws)
    }

    /// Draws without an accident that bring its mean down to [`AIM`] of `limit`.
    pub(super) fn draws_for(self, limit: f64) -> usize {
        let wanted = self.strength() * (self.mean() / (AIM * limit).max(1e-6) - 1.0);
        wanted.clamp(0.0, 1e6).ceil() as usize
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::dynamics::fixed::disturbing;

    pub(in super::super) fn judged(risk: f64, bound: f64) -> Risk {
        Risk {
            by_accident: [risk, 0.5 * risk, 0.0, 0.0, 0.0],
            ..disturbing(risk, bound)
        }
    }

    fn prior(risk: f64, bound: f64) -> Prior {
        Prior::of(&judged(risk, bound))
    }

    #[test]
    fn a_clear_case_takes_the_fewest_draws_and_a_doubtful_one_more() {
        let draws = |bound| prior(0.5 * bound, bound).draws_for(0.02);
        assert_eq!((draws(0.001), draws(0.02)), (0, 6));
        assert!(draws(0.1) > 24);
    }

    #[test]
    fn twenty_four_safe_draws_vouch_for_a_quarter_but_not_for_what_is_held_for_dangerous() {
        assert!(prior(0.2, 0.25).updated(0.0, 24) <= 0.02);
        assert!(prior(0.2, 0.27).updated(0.0, 24) > 0.02);
        assert!(prior(0.9, 1.0).updated(0.0, 24) > 0.02);
        // One accident in 24 is over a limit of 2 %, however sure the judgement was.
        assert!(prior(0.0, 0.0).updated(1.0, 24) > 0.02);
    }

    #[test]
    fn where_nobody_judged_twenty_four_safe_draws_are_needed_and_one_accident_is_too_many() {
        let abstained = prior(0.01, 1.0);
        assert_eq!(abstained, Prior::Unknown);
        assert!(abstained.updated(0.0, 23) > 0.02);
        assert!(abstained.updated(0.0, 24) <= 0.02);
        assert!(abstained.updated(1.0, 24) > 0.02);
    }

    #[test]
    fn what_was_seen_moves_the_judgement_towards_the_share_that_was_seen() {
        let mut before = 0.5;
        for draws in [4, 8, 16, 64, 512] {
            let after = prior(0.4, 0.5).updated(0.1 * draws as f64, draws);
            assert!(after < before && after > 0.1);
            before = after;
        }
        assert!(before < 0.102);
    }
}
