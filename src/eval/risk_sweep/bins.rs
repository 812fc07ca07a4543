//! Ten bins of predicted risk, and whether what came agrees with what was predicted.
//!
//! Owns [`RiskBin`], which bin a risk falls in, and how many grasps each gets.

use serde::Serialize;

use crate::model::metrics::wilson;

/// Bins of predicted risk, each a tenth wide.
pub const BINS: usize = 10;

/// One bin of predicted risk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskBin {
    /// From this risk.
    pub from: f64,
    /// To this.
    pub to: f64,
    /// Grasps carried out.
    pub n: usize,
    /// How many ended in an accident.
    pub accidents: usize,
    /// Mean predicted risk; null of none.
    pub predicted: Option<f64>,
    /// Share that ended in an accident; null of none.
    pub observed: Option<f64>,
    /// Wilson's 95 % interval of it.
    pub ci: Option<(f64, f64)>,
    /// Whether the mean prediction lies in that interval.
    pub agrees: Option<bool>,
}

/// How many of `grasps` one bin gets; the first get one more where they do not divide evenly.
pub(super) fn share_of(grasps: usize, bin: usize) -> usize {
    grasps / BINS + usize::from(bin < grasps % BINS)
}

/// The bin that a risk falls in.
pub(super) fn bin_of(risk: f64) -> usize {
    ((risk * BINS as f64) as usize).min(BINS - 1)
}

/// The bins of predicted risks and what came of them.
pub(super) fn count(done: &[(f64, bool)]) -> Vec<RiskBin> {
    (0..BINS)
        .map(|bin| {
            let members: Vec<&(f64, bool)> = done
                .iter()
                .filter(|(risk, _)| bin_of(*risk) == bin)
                .collect();
            let (n, accidents) = (members.len(), members.iter().filter(|m| m.1).count());
            let some = |x: f64| (n > 0).then_some(x);
            let predicted = some(members.iter().map(|m| m.0).sum::<f64>() / n.max(1) as f64);
            let ci = (n > 0).then(|| wilson(accidents, n));
            RiskBin {
                from: bin as f64 / BINS as f64,
                to: (bin + 1) as f64 / BINS as f64,
                n,
                accidents,
                predicted,
                observed: some(accidents as f64 / n.max(1) as f64),
                ci,
                agrees: predicted
                    .zip(ci)
                    .map(|(p, (low, high))| low <= p && p <= high),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_tells_the_mean_of_what_was_predicted_and_the_share_of_what_came() {
        let bins = count(&[
            (0.0625, false),
            (0.03125, true),
            (0.9375, true),
            (1.0, true),
        ]);
        assert_eq!((bins[0].n, bins[0].accidents), (2, 1));
        assert_eq!(bins[0].predicted, Some(0.046875));
        assert_eq!(bins[0].observed, Some(0.5));
        // Wilson's interval of one in two, by hand.
        let (low, high) = bins[0].ci.unwrap();
        assert!((low - 0.0945).abs() < 1e-4 && (high - 0.9055).abs() < 1e-4);
        assert_eq!(bins[0].agrees, Some(false));
        assert_eq!((bins[9].n, bins[9].accidents), (2, 2));
        assert_eq!(bins[9].predicted, Some(0.96875));
        assert_eq!((bins[9].observed, bins[9].agrees), (Some(1.0), Some(true)));
        assert!(bins[1..9].iter().all(|b| b.n == 0 && b.observed.is_none()));
    }

    #[test]
    fn a_bin_agrees_only_where_the_interval_holds_the_prediction() {
        let bold: Vec<(f64, bool)> = (0..100).map(|i| (0.25, i % 2 == 0)).collect();
        let bins = count(&bold);
        assert_eq!(bins[2].agrees, Some(false));
        assert_eq!((bins[0].n, bins[0].agrees), (0, None));
        let fair: Vec<(f64, bool)> = (0..100).map(|i| (0.25, i % 4 == 0)).collect();
        assert_eq!(count(&fair)[2].agrees, Some(true));
        assert_eq!(bin_of(1.0), BINS - 1);
    }
}
