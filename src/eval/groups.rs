//! Figures of a part of the cases: those of one kind of action, or of one family of stacks.
//!
//! Owns [`GroupFigures`] and the parting. A part is too small for the figures of the safe side, which are the split's.

use std::collections::BTreeMap;

use serde::Serialize;

use super::open_loop::Judged;
use crate::model::metrics::{auc, brier};

/// Forecasts of one group of cases.
#[derive(Clone, Debug, Serialize)]
pub struct GroupFigures {
    /// Cases.
    pub n: usize,
    /// Share that ended in an accident.
    pub base_rate: f64,
    /// The model's area under the curve.
    pub auc: Option<f64>,
    /// The model's mean squared error.
    pub brier: Option<f64>,
    /// The ceiling's, where it is known.
    pub ceiling_brier: Option<f64>,
}

impl GroupFigures {
    /// The figures of `group`, which holds one case or more. A prediction that failed counts as certain to go wrong.
    fn of(group: &[&Judged]) -> Self {
        let labels: Vec<bool> = group.iter().map(|j| j.label.contains(&true)).collect();
        let risks: Vec<f64> = group
            .iter()
            .map(|j| j.model.map_or(1.0, |r| r.risk))
            .collect();
        let ceiling: Option<Vec<f64>> = group.iter().map(|j| j.ceiling).collect();
        Self {
            n: group.len(),
            base_rate: labels.iter().filter(|l| **l).count() as f64 / group.len() as f64,
            auc: auc(&risks, &labels),
            brier: brier(&risks, &labels),
            ceiling_brier: ceiling.and_then(|c| brier(&c, &labels)),
        }
    }
}

/// The figures of each group of `judged` that `name` tells apart.
pub(super) fn by_group(
    judged: &[Judged],
    name: impl Fn(&Judged) -> &str,
) -> BTreeMap<String, GroupFigures> {
    let mut groups: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
    for j in judged {
        groups.entry(name(j)).or_default().push(j);
    }
    let named = |(name, group): (&str, Vec<&Judged>)| (name.to_owned(), GroupFigures::of(&group));
    groups.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::open_loop::tests::{assert_near, four_cases, judged};

    #[test]
    fn each_family_has_figures_of_its_own_cases() {
        let told = by_group(&four_cases(), |j| &j.family);
        let names: Vec<&str> = told.keys().map(String::as_str).collect();
        assert_eq!(names, ["pile", "shelf"]);
        let (pile, shelf) = (&told["pile"], &told["shelf"]);
        assert_eq!((pile.n, pile.base_rate), (2, 0.5));
        assert_near(pile.auc, 1.0);
        assert_near(pile.brier, (0.01 + 0.04) / 2.0);
        assert_near(pile.ceiling_brier, 0.0);
        // The prediction that failed counts as certain, of a case that ended well.
        assert_near(shelf.auc, 0.0);
        assert_near(shelf.brier, (1.0 + 0.16) / 2.0);
        assert_near(shelf.ceiling_brier, 0.25);
    }

    #[test]
    fn of_a_group_with_one_outcome_there_is_no_curve_and_without_every_ceiling_no_ceiling() {
        let cases = [
            judged(("pile", "push"), true, (Some(0.75), Some(1.0))),
            judged(("pile", "push"), true, (Some(0.5), None)),
        ];
        let told = by_group(&cases, |j| j.action);
        let pushed = &told["push"];
        assert_eq!((pushed.auc, pushed.ceiling_brier), (None, None));
        assert_eq!(pushed.brier, Some((0.0625 + 0.25) / 2.0));
    }
}
