//! The model against the sandbox: forecasts of accidents and of poses, beside the ceiling.
//!
//! Owns the report of `eval model` (design, section 7). Each case is labelled by one draw of its
//! belief; the ceiling forecasts it with 32 others, the constant with the base rate.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::groups::{GroupFigures, by_group};
use super::own_draw::own_world;
pub use super::pose_errors::PositionErrors;
use super::pose_errors::{Among, POSE_STRIDES, PoseError, by_stride, pose_errors, position_errors};
use super::suite::{Case, DrawPurpose, Suite};
use crate::dataset::summary::Undecided;
use crate::dynamics::{Dynamics, Risk};
use crate::model::metrics::{Forecast, auc, bootstrap, brier, ece, ece_floor, safe_side, wilson};
use crate::rollout::{AccidentKind, Rollout};
use crate::sandbox::{self, Extent, Recording, SandboxError};

/// Rounds of the bootstrap, and of the calibration error's floor.
const ROUNDS: usize = 400;
/// A case, what came of it, and what was forecast.
pub struct Judged {
    /// What it is not independent of ([`Suite::cluster`]).
    pub cluster: u64,
    /// Where it comes from.
    pub family: String,
    /// What was done: "remove", "place", "nudge" or "push".
    pub action: &'static str,
    /// Which accidents happened.
    pub label: [bool; 5],
    /// The model's forecast; `None` where it failed.
    pub model: Option<Risk>,
    /// The ceiling's share of accidents, where it is known.
    pub ceiling: Option<f64>,
    poses: Vec<PoseError>,
}

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

/// Figures of a split.
#[derive(Clone, Debug, Serialize)]
pub struct SplitReport {
    /// Cases.
    pub episodes: usize,
    /// Share that ended in an accident.
    pub base_rate: f64,
    /// Share of beliefs whose risk under the ceiling's draws lies between 0.05 and 0.95.
    pub undecided: Option<f64>,
    /// Predictions that were not finite.
    pub failed: usize,
    /// The model.
    pub model: Figures,
    /// The sandbox under 32 fresh draws.
    pub ceiling: Option<Figures>,
    /// The base rate for everything.
    pub constant: Figures,
    /// By what was done.
    pub by_action: BTreeMap<String, GroupFigures>,
    /// By where the stack comes from.
    pub by_family: BTreeMap<String, GroupFigures>,
    /// Of boxes that are not held, and of those that are.
    pub position_error_m: PositionErrors,
    /// Of the same boxes: those that stay, those that move, median by stride, degrees.
    pub rotation_error_deg: BTreeMap<&'static str, Vec<Option<f64>>>,
}

/// Labels `cases` and asks `dynamics` about each; once `stop` is set no further one, and there are fewer.
///
/// # Errors
/// When the sandbox fails.
pub fn judge(
    suite: Suite,
    cases: &[Case],
    ceiling: Option<&[f64]>,
    dynamics: &dyn Dynamics,
    stop: &AtomicBool,
    progress: impl Fn() + Sync,
) -> Result<Vec<Judged>, SandboxError> {
    cases
        .par_iter()
        .enumerate()
        .take_any_while(|_| !stop.load(Ordering::Relaxed))
        .map(|(i, case)| {
            let rollout = label(suite, case)?;
            let imagined = dynamics
                .believe(&case.workcell, suite.seed)
                .ok()
                .and_then(|scene| {
                    let actions = std::slice::from_ref(&case.action);
                    scene.imagine(actions, POSE_STRIDES).pop()?.ok()
                });
            progress();
            Ok(Judged {
                cluster: suite.cluster(case.stack),
                family: case.family.clone(),
                action: case.action.name(),
                label: rollout.by_kind(),
                poses: imagined
                    .as_ref()
                    .map(|imagined| pose_errors(case, &rollout, imagined))
                    .unwrap_or_default(),
                model: imagined.map(|i| i.risk),
                ceiling: ceiling.map(|c| c[i]),
            })
        })
        .collect()
}

/// What comes of a case under its labelling draw.
///
/// # Errors
/// When the sandbox fails.
pub fn label(suite: Suite, case: &Case) -> Result<Rollout, SandboxError> {
    let seed = suite.draw_seed(DrawPurpose::Label, case.stack);
    let world = own_world(&case.workcell, seed, case.attempt)?;
    let (extent, recording) = (Extent::Whole, Recording::Strides);
    sandbox::run(&case.workcell, &world, &case.action, extent, recording)
}

/// The figures of a split; `limit` is the default limit on risk.
pub fn report(judged: &[Judged], limit: f64) -> SplitReport {
    let hit = |j: &Judged| j.label.contains(&true);
    let n = judged.len().max(1) as f64;
    let base_rate = judged.iter().filter(|j| hit(j)).count() as f64 / n;
    let forecasts = |of: &dyn Fn(&Judged) -> Option<(f64, f64)>| -> Option<Vec<Forecast>> {
        judged
            .iter()
            .map(|j| {
                let (risk, bound) = of(j)?;
                Some(Forecast {
                    risk,
                    bound,
                    accident: hit(j),
                    stack: j.cluster,
                })
            })
            .collect()
    };
    // A prediction that failed counts as judged certain to go wrong: it can never be chosen.
    let model = forecasts(&|j| Some(j.model.map_or((1.0, 1.0), |r| (r.risk, r.bound))));
    let ceiling = forecasts(&|j| j.ceiling.map(|c| (c, c)));
    let constant = forecasts(&|_| Some((base_rate, base_rate)));
    let kinds = AccidentKind::ALL.map(|kind| {
        let k = kind.index();
        let scores: Vec<f64> = judged
            .iter()
            .map(|j| j.model.map_or(1.0, |r| r.by_accident[k]))
            .collect();
        let labels: Vec<bool> = judged.iter().map(|j| j.label[k]).collect();
        (kind.name(), auc(&scores, &labels))
    });
    let mut model = figures(&model.unwrap_or_default(), limit);
    model.auc_by_accident = kinds.into_iter().collect();
    let errors: Vec<&PoseError> = judged.iter().flat_map(|j| &j.poses).collect();
    SplitReport {
        episodes: judged.len(),
        base_rate,
        undecided: ceiling
            .as_ref()
            .map(|c| c.iter().filter(|f| Undecided::is_open(f.risk)).count() as f64 / n),
        failed: judged.iter().filter(|j| j.model.is_none()).count(),
        model,
        ceiling: ceiling.map(|c| figures(&c, limit)),
        constant: figures(&constant.unwrap_or_default(), limit),
        by_action: by_group(judged, |j| j.action),
        by_family: by_group(judged, |j| &j.family),
        position_error_m: position_errors(&errors),
        rotation_error_deg: [("still", Among::Still), ("moved", Among::Moved)]
            .map(|(name, among)| (name, by_stride(&errors, among, |e| e.rotation_error_deg)))
            .into(),
    }
}

/// A figure of risks and outcomes; `None` where it is not defined.
type Statistic<'a> = &'a dyn Fn(&[f64], &[bool]) -> Option<f64>;

fn figures(forecasts: &[Forecast], limit: f64) -> Figures {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let risks: Vec<f64> = forecasts.iter().map(|f| f.risk).collect();
    let labels: Vec<bool> = forecasts.iter().map(|f| f.accident).collect();
    let stacks: Vec<u64> = forecasts.iter().map(|f| f.stack).collect();
    let pick = |drawn: &[usize]| -> (Vec<f64>, Vec<bool>) {
        drawn.iter().map(|&i| (risks[i], labels[i])).unzip()
    };
    let side = safe_side(forecasts, limit);
    let in_band: Vec<&Forecast> = forecasts
        .iter()
        .filter(|f| f.bound > 0.5 * limit && f.bound <= limit)
        .collect();
    let hits = in_band.iter().filter(|f| f.accident).count();
    let some = !in_band.is_empty();
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
        band: Band {
            n: in_band.len(),
            rate: some.then(|| hits as f64 / in_band.len() as f64),
            ci: some.then(|| wilson(hits, in_band.len())),
        },
        auc_by_accident: BTreeMap::new(),
        ci,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A case of `family`, whether a box was disturbed, and the risk that the model and the ceiling forecast.
    pub(in crate::eval) fn judged(
        (family, action): (&str, &'static str),
        went_wrong: bool,
        (model, ceiling): (Option<f64>, Option<f64>),
    ) -> Judged {
        let forecast = |risk| Risk {
            risk,
            bound: risk,
            by_accident: [risk, 0.0, 0.0, 0.0, 0.0],
            path_length: 0.0,
            peak_speed: 0.0,
            disagreement: 0.0,
        };
        Judged {
            cluster: 0,
            family: family.to_owned(),
            action,
            label: [went_wrong, false, false, false, false],
            model: model.map(forecast),
            ceiling,
            poses: Vec::new(),
        }
    }

    /// Two cases that end badly and two that do not; of one the model says nothing.
    pub(in crate::eval) fn four_cases() -> Vec<Judged> {
        let (removed, nudged) = (("pile", "remove"), ("pile", "nudge"));
        let on_shelf = ("shelf", "remove");
        let mut cases = vec![
            judged(removed, true, (Some(0.9), Some(1.0))),
            judged(nudged, false, (Some(0.2), Some(0.0))),
            judged(on_shelf, false, (None, Some(0.5))),
            judged(on_shelf, true, (Some(0.6), Some(0.5))),
        ];
        for (cluster, case) in (0..).zip(&mut cases) {
            case.cluster = cluster;
        }
        cases
    }

    pub(in crate::eval) fn assert_near(value: Option<f64>, wanted: f64) {
        let value = value.expect("there is a figure");
        assert!((value - wanted).abs() < 1e-12, "{value}, not {wanted}");
    }

    #[test]
    fn the_figures_of_four_cases_are_those_that_a_hand_comes_to() {
        let told = report(&four_cases(), 0.25);
        assert_eq!((told.episodes, told.failed), (4, 1));
        assert_eq!((told.base_rate, told.undecided), (0.5, Some(0.5)));
        // 0.9 is over 0.2 but not over the one that failed, which counts as 1; so is 0.6.
        assert_near(told.model.auc, 0.5);
        assert_near(told.model.auc_by_accident["disturb"], 0.5);
        assert_eq!(told.model.auc_by_accident["crush"], None);
        assert_near(told.model.brier, (0.01 + 0.04 + 1.0 + 0.16) / 4.0);
        assert_eq!((told.model.coverage, told.model.false_safe), (0.25, None));
        let band = &told.model.band;
        assert_eq!((band.n, band.rate), (1, Some(0.0)));
        let ceiling = told.ceiling.unwrap();
        assert_near(ceiling.auc, 3.5 / 4.0);
        assert_near(ceiling.brier, 0.125);
        assert_near(told.constant.auc, 0.5);
        assert_near(told.constant.brier, 0.25);
        assert_eq!(told.constant.coverage, 0.0);
        let counts = |name: &str| told.by_action[name].n;
        assert_eq!((counts("remove"), counts("nudge")), (3, 1));
    }

    #[test]
    fn where_one_case_has_no_ceiling_there_is_none_and_nothing_is_told_of_what_is_open() {
        let mut cases = four_cases();
        cases[2].ceiling = None;
        let told = report(&cases, 0.25);
        assert!(told.ceiling.is_none() && told.undecided.is_none());
    }
}
