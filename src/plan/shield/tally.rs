//! What the draws of an action came to, and what is thought of it then.
//!
//! Owns [`Tally`].

use crate::dynamics::Risk;
use crate::rollout::AccidentKind;

use super::Witness;
use super::prior::Prior;
use crate::plan::reason::worst_accident;

/// What was seen so far.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) witness: Witness,
    by_accident: [f64; 5],
}

impl Tally {
    pub(super) fn add(&mut self, found: &Risk, draws: usize) {
        self.witness.draws += draws;
        self.witness.accidents += found.risk * draws as f64;
        for (sum, share) in self.by_accident.iter_mut().zip(found.by_accident) {
            *sum += share * draws as f64;
        }
    }

    /// A draw ends with its first accident. That one of another kind would have come after it is taken to be as likely as it
    /// was judged to be among accidents, as far as kinds were judged to coincide at all.
    pub(super) fn update(&self, judged: &Risk, prior: Prior) -> Risk {
        let Witness { draws, accidents } = self.witness;
        let before = prior.before(judged);
        let more = before / judged.risk.max(1e-9);
        let mut by_accident = judged.by_accident;
        let of_kinds: f64 = judged.by_accident.iter().sum();
        let coincide = (of_kinds - judged.risk).max(0.0) / of_kinds.max(1e-9);
        for (p, first) in by_accident.iter_mut().zip(self.by_accident) {
            let p_before = (*p * more).min(before);
            let among_accidents = p_before / before.max(1e-9);
            let seen = first + (accidents - first) * among_accidents * coincide;
            *p = prior.weighed(p_before, seen, draws);
        }
        Risk {
            risk: prior.weighed(before, accidents, draws),
            bound: prior.updated(accidents, draws),
            by_accident,
            ..*judged
        }
    }

    /// The kind that was seen most; where none was, the one that was judged likeliest.
    pub(super) fn worst(&self, judged: &Risk) -> AccidentKind {
        let seen = Risk {
            by_accident: self.by_accident,
            ..*judged
        };
        match self.witness.accidents > 0.0 {
            true => worst_accident(&seen),
            false => worst_accident(judged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::prior::tests::judged;
    use super::*;

    #[test]
    fn after_the_draws_no_kind_is_likelier_than_any_accident_and_the_bound_is_no_less() {
        let mut seen = Tally::default();
        // Of eight draws one tilts, one tilts and crushes.
        seen.add(
            &Risk {
                by_accident: [0.0, 0.25, 0.0, 0.125, 0.0],
                ..judged(0.25, 0.25)
            },
            8,
        );
        for before in [judged(0.01, 0.02), judged(0.01, 1.0), judged(0.6, 0.9)] {
            let after = seen.update(&before, Prior::of(&before));
            assert!(after.is_valid() && after.risk <= after.bound, "{after:?}");
            assert!(after.by_accident.iter().all(|&p| p <= after.risk));
            assert!(after.by_accident.iter().sum::<f64>() >= after.risk);
        }
        assert_eq!(seen.worst(&judged(0.1, 0.1)), AccidentKind::Tilt);
    }

    #[test]
    fn draws_that_end_before_a_kind_can_come_do_not_say_that_it_does_not() {
        // Two draws tilt, and end with that; judged was that what tilts disturbs as well, as a rule.
        let mut seen = Tally::default();
        seen.add(
            &Risk {
                by_accident: [0.0, 1.0, 0.0, 0.0, 0.0],
                ..judged(1.0, 1.0)
            },
            2,
        );
        let before = Risk {
            by_accident: [0.25, 0.3, 0.0, 0.0, 0.0],
            ..judged(0.3, 1.0)
        };
        let [disturb, tilt, ..] = seen.update(&before, Prior::of(&before)).by_accident;
        assert!(disturb > 0.25 && disturb < tilt, "{disturb} {tilt}");
    }

    #[test]
    fn kinds_that_never_coincide_are_as_likely_as_before_where_the_draws_bear_that_out() {
        let mut seen = Tally::default();
        let of = |by_accident| Risk {
            by_accident,
            ..judged(0.5, 0.6)
        };
        let exclusive = of([0.25, 0.0, 0.0, 0.0, 0.25]);
        seen.add(&exclusive, 24);
        let after = seen.update(&exclusive, Prior::of(&exclusive));
        for (p, judged) in after.by_accident.iter().zip(exclusive.by_accident) {
            assert!((p - judged).abs() < 1e-12, "{after:?}");
        }
    }
}
