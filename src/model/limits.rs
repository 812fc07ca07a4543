//! What counted as an accident in what was learned from, and what can be said of a task that draws the line elsewhere.
//!
//! Owns [`Limits`]. How far a box may move and tilt, and how hard the hand may strike, are set by the task; the episodes
//! that a model learned from were all told by one set of limits, or by few. Under laxer ones less is an accident, so
//! what is judged by the laxest that was learned is still bounded. Under stricter ones more is, and nothing that was
//! certified says how much more: with displacement and tilt at all, a half and a quarter of what was learned, 0.2, 2.4 and
//! 5.3 % of what an earlier default model judged safe at 2 % went wrong on ordinary stacks, 0.2, 1.1 and 3.0 % on real packings
//! (some 400 of 1200 beliefs each, seed 20270303). So nothing stricter is held for known.

use std::fmt;

use crate::scene::Safety;

use super::features::SAFETY_AT;
use super::normaliser::Columns;

/// Half precision in the training data: so much more or less is the same limit.
const SAME: f64 = 0.01;

/// The least and the greatest of each limit: displacement in m, tilt in rad, strike force in N.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits([[f64; 2]; 3]);

impl fmt::Display for Limits {
    /// The strictest, in the units of task files.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [[displacement, _], [tilt, _], [strike, _]] = self.0;
        let tilt_deg = tilt.to_degrees();
        write!(out, "{displacement:.3} m, {tilt_deg:.1}°, {strike:.0} N")
    }
}

impl Limits {
    /// Those of the episodes whose `[ACTION_FEATURES]` columns these are.
    pub fn of(action: &Columns) -> Self {
        Self([0, 1, 2].map(|k| {
            let at = |bounds: &[f32]| bounds.get(SAFETY_AT + k).copied().map_or(0.0, f64::from);
            [at(&action.min), at(&action.max)]
        }))
    }

    /// `safety` with no limit laxer than was learned.
    pub fn no_laxer(&self, safety: &Safety) -> Safety {
        let capped = |limit: f64, [_, most]: [f64; 2]| {
            let is_laxer = limit > (1.0 + SAME) * most;
            if is_laxer { most } else { limit }
        };
        let [displacement, tilt, strike] = self.0;
        Safety {
            max_displacement: capped(safety.max_displacement, displacement),
            max_tilt: capped(safety.max_tilt, tilt),
            max_strike_force: capped(safety.max_strike_force, strike),
            ..*safety
        }
    }

    /// Keeps the columns of an action's limits, `[ACTION_FEATURES]`, to what was learned: a column that never changed is one
    /// that the network cannot read.
    pub fn keep_to(&self, action: &mut [f32]) {
        for (x, [least, most]) in action[SAFETY_AT..].iter_mut().zip(self.0) {
            let limit = f64::from(*x);
            if limit < (1.0 - SAME) * least || limit > (1.0 + SAME) * most {
                *x = limit.clamp(least, most) as f32;
            }
        }
    }

    /// Whether no limit of `safety` is stricter than what was learned.
    pub fn hold(&self, safety: &Safety) -> bool {
        let limits = [
            safety.max_displacement,
            safety.max_tilt,
            safety.max_strike_force,
        ];
        let known = |(limit, [least, _]): (&f64, &[f64; 2])| *limit >= (1.0 - SAME) * least;
        limits.iter().zip(&self.0).all(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::features::ACTION_FEATURES;

    fn learned() -> Limits {
        let columns = |[moved, tilt, strike]: [f32; 3]| {
            let mut all = vec![0.0; ACTION_FEATURES];
            all[SAFETY_AT..SAFETY_AT + 3].copy_from_slice(&[moved, tilt, strike]);
            all
        };
        // As half precision keeps 5 cm and 15 degrees.
        let seen = columns([0.049_987_793, 0.261_718_75, 30.0]);
        Limits::of(&Columns {
            mean: seen.clone(),
            std: vec![1.0; ACTION_FEATURES],
            min: seen.clone(),
            max: seen,
        })
    }

    #[test]
    fn the_limits_that_were_learned_are_known_and_laxer_ones_are_judged_by_them() {
        let same = Safety::default();
        assert!(learned().hold(&same));
        assert_eq!(learned().no_laxer(&same), same);
        let lax = Safety {
            max_displacement: 0.2,
            max_strike_force: 80.0,
            ..same
        };
        assert!(learned().hold(&lax));
        let judged = learned().no_laxer(&lax);
        assert!((judged.max_displacement - same.max_displacement).abs() < 1e-4);
        assert_eq!(judged.max_strike_force, 30.0);
    }

    #[test]
    fn a_stricter_limit_of_any_kind_is_not_known_and_its_column_is_kept_to_what_the_network_can_read()
     {
        let same = Safety::default();
        for strict in [
            Safety {
                max_displacement: 0.03,
                ..same
            },
            Safety {
                max_tilt: 0.2,
                ..same
            },
            Safety {
                max_strike_force: 20.0,
                ..same
            },
        ] {
            assert!(!learned().hold(&strict), "{strict:?}");
        }
        let mut action = vec![0.0; ACTION_FEATURES];
        action[SAFETY_AT..SAFETY_AT + 3].copy_from_slice(&[0.05, 0.1, 20.0]);
        learned().keep_to(&mut action);
        assert_eq!(action[SAFETY_AT..SAFETY_AT + 3], [0.05, 0.261_718_75, 30.0]);
    }
}
