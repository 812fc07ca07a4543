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
