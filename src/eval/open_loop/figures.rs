//! One forecaster's figures over a split: how well risks sort and size what came, and how safe the safe side is.
//!
//! Owns [`Figures`] and their intervals. Refuses to know whose forecasts they are: the model's, the ceiling's and the
//! constant's are figured alike.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::model::metrics::{Forecast, auc, bootstrap, brier, ece, ece_floor, safe_side, wilson};

/// Rounds of the bootstrap, and of the calibration error's floor.
const ROUNDS: usize = 400;

/// One forecaster's figures.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Area under the curve.
    pub auc: Option<f64>,
    /// Mean squared error.
    pub brier: Option<f64>,
    /// Expected calibration error, 15 bins of equal count.
    pub ece: Option<f64>,
    /// What a perfect forecaster has at this number of cases.
    pub ece_floor: Option<f64>,
    /// Accidents among those judged safe; null below 150 of them.
    pub false_safe: Option<f64>,
    /// Share judged safe.
    pub coverage: f64,
    /// Where the bound lies between half the limit and the limit.
    pub band: Band,
    /// By kind; null for the forecasters that do not tell kinds apart.
    pub auc_by_accident: BTreeMap<&'static str, Option<f64>>,
    /// 95 % intervals: Wilson's for rates, bootstrap by stack, of imported ones by packing, for the rest.
    pub ci: BTreeMap<&'static str, Option<(f64, f64)>>,
}

/// The accident rate just under the limit.
#[derive(Clone, Debug, Serialize)]
pub struct Band {
    /// How many.
    pub n: usize,
    /// Observed rate; null of none.
    pub rate: Option<f64>,
    /// Wilson's interval.
    pub ci: Option<(f64, f64)>,
}

/// A figure of risks and outcomes; `None` where it is not defined.
type Statistic<'a> = &'a dyn Fn(&[f64], &[bool]) -> Option<f64>;

/// The figures of `forecasts`, those by kind left empty; `limit` is the default limit on risk.
pub(super) fn figures(forecasts: &[Forecast], limit: f64) -> Figures {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let risks: Vec<f64> = forecasts.iter().map(|f| f.risk).collect();
    let labels: Vec<bool> = forecasts.iter().map(|f| f.accident).collect();
    let stacks: Vec<u64> = forecasts.iter().map(|f| f.stack).collect();
    let pick = |drawn: &[usize]| -> (Vec<f64>, Vec<bool>) {
        drawn.iter().map(|&i| (risks[i], labels[i])).unzip()
    };
    let side = safe_side(forecasts, limit);
    let mut ci = BTreeMap::new();
    let mut interval = |name, statistic: Statistic| {
        let of = |drawn: &[usize]| {
            let (r, l) = pick(drawn);
            statistic(&r, &l)
        };
        ci.insert(name, bootstrap(&stacks, ROUNDS, &mut rng, of));
    };
    interval("auc", &auc);
    interval("brier", &brier);
    ci.insert("false_safe", side.false_safe_ci);
    Figures {
        auc: auc(&risks, &labels),
        brier: brier(&risks, &labels),
        ece: ece(&risks, &labels),
        ece_floor: ece_floor(&risks, ROUNDS, &mut ChaCha8Rng::seed_from_u64(1)),
        false_safe: side.false_safe,
        coverage: side.coverage,
        band: band(forecasts, limit),
        auc_by_accident: BTreeMap::new(),
        ci,
    }
}

/// The accident rate of the forecasts whose bound lies between half the limit and the limit.
fn band(forecasts: &[Forecast], limit: f64) -> Band {
    let in_band: Vec<&Forecast> = forecasts
        .iter()
        .filter(|f| f.bound > 0.5 * limit && f.bound <= limit)
        .collect();
    let hits = in_band.iter().filter(|f| f.accident).count();
    let some = !in_band.is_empty();
    Band {
        n: in_band.len(),
        rate: some.then(|| hits as f64 / in_band.len() as f64),
        ci: some.then(|| wilson(hits, in_band.len())),
    }
}
