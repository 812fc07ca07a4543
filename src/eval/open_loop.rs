//! The model against the sandbox: forecasts of accidents and of poses, beside the ceiling.
//!
//! Owns the report of `eval model` (design, section 7); what is said of each forecaster is `figures`'. Each case is
//! labelled by one draw of its belief; the ceiling forecasts it with 32 others, the constant with the base rate.

mod figures;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use serde::Serialize;

use super::groups::{GroupFigures, by_group};
use super::own_draw::own_world;
pub use super::pose_errors::PositionErrors;
use super::pose_errors::{Among, POSE_STRIDES, PoseError, by_stride, pose_errors, position_errors};
use super::suite::{Case, DrawPurpose, Suite};
use crate::dataset::summary::Undecided;
use crate::dynamics::{Dynamics, Risk};
use crate::model::metrics::{Forecast, auc};
use crate::rollout::{AccidentKind, Rollout};
use crate::sandbox::{self, Extent, Recording, SandboxError};
use figures::figures;

pub use figures::{Band, Figures};

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
    /// The model's forecast once it has imagined the action; `None` where it failed.
    pub model: Option<Risk>,
    /// Its forecast at the price of screening.
    pub screened: Option<Risk>,
    /// The ceiling's share of accidents, where it is known.
    pub ceiling: Option<f64>,
    poses: Vec<PoseError>,
}

impl Judged {
    /// Whether any accident happened.
    fn went_wrong(&self) -> bool {
        self.label.contains(&true)
    }
}

/// Figures of a split.
#[derive(Clone, Debug, Serialize)]
pub struct SplitReport {
    /// Cases.
    pub episodes: usize,
    /// Share that ended in an accident.
    pub base_rate: f64,
    /// Share of cases whose risk under the ceiling's draws lies between 0.05 and 0.95.
    pub undecided: Option<f64>,
    /// Predictions that were not finite.
    pub failed: usize,
    /// The model, of what it imagined.
    pub model: Figures,
    /// The model, of what it screened alone.
    pub screened: Figures,
    /// The sandbox under 32 fresh draws.
    pub ceiling: Option<Figures>,
    /// The base rate for everything.
    pub constant: Figures,
    /// By what was done.
    pub by_action: BTreeMap<String, GroupFigures>,
    /// By where the stack comes from.
    pub by_family: BTreeMap<String, GroupFigures>,
    /// Of boxes that are not held, and of those that are; not of the one that is nudged.
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
            let actions = std::slice::from_ref(&case.action);
            let scene = dynamics.believe(&case.workcell, suite.seed).ok();
            let asked = scene.map(|scene| {
                let imagined = scene.imagine(actions, POSE_STRIDES).pop();
                (scene.screen(actions).pop(), imagined)
            });
            let (screened, imagined) = asked.unwrap_or_default();
            let (screened, imagined) =
                (screened.and_then(Result::ok), imagined.and_then(Result::ok));
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
                screened,
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
    let n = judged.len().max(1) as f64;
    let base_rate = judged.iter().filter(|j| j.went_wrong()).count() as f64 / n;
    // A prediction that failed counts as judged certain to go wrong: it can never be chosen.
    let certain = |risk: Option<Risk>| Some(risk.map_or((1.0, 1.0), |r| (r.risk, r.bound)));
    let model = forecasts(judged, |j| certain(j.model));
    let screened = forecasts(judged, |j| certain(j.screened));
    let ceiling = forecasts(judged, |j| j.ceiling.map(|c| (c, c)));
    let constant = forecasts(judged, |_| Some((base_rate, base_rate)));
    let mut model = figures(&model.unwrap_or_default(), limit);
    model.auc_by_accident = auc_by_accident(judged);
    let errors: Vec<&PoseError> = judged.iter().flat_map(|j| &j.poses).collect();
    SplitReport {
        episodes: judged.len(),
        base_rate,
        undecided: ceiling
            .as_ref()
            .map(|c| c.iter().filter(|f| Undecided::is_open(f.risk)).count() as f64 / n),
        failed: judged.iter().filter(|j| j.model.is_none()).count(),
        model,
        screened: figures(&screened.unwrap_or_default(), limit),
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

/// What `of` forecasts of each case, risk and bound, beside what came of it; `None` where it does not of one.
fn forecasts(
    judged: &[Judged],
    of: impl Fn(&Judged) -> Option<(f64, f64)>,
) -> Option<Vec<Forecast>> {
    judged
        .iter()
        .map(|j| {
            let (risk, bound) = of(j)?;
            Some(Forecast {
                risk,
                bound,
                accident: j.went_wrong(),
                stack: j.cluster,
            })
        })
        .collect()
}

/// How well the model tells the cases with an accident of one kind from the others.
fn auc_by_accident(judged: &[Judged]) -> BTreeMap<&'static str, Option<f64>> {
    let kinds = AccidentKind::ALL.map(|kind| {
        let k = kind.index();
        let scores: Vec<f64> = judged
            .iter()
            .map(|j| j.model.map_or(1.0, |r| r.by_accident[k]))
            .collect();
        let labels: Vec<bool> = judged.iter().map(|j| j.label[k]).collect();
        (kind.name(), auc(&scores, &labels))
    });
    kinds.into_iter().collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::dynamics::fixed::disturbing;

    /// A case of `family`, whether a box was disturbed, and the risk that the model and the ceiling forecast.
    pub(in crate::eval) fn judged(
        (family, action): (&str, &'static str),
        went_wrong: bool,
        (model, ceiling): (Option<f64>, Option<f64>),
    ) -> Judged {
        Judged {
            cluster: 0,
            family: family.to_owned(),
            action,
            label: [went_wrong, false, false, false, false],
            model: model.map(|risk| disturbing(risk, risk)),
            screened: None,
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
