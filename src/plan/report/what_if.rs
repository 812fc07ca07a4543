//! `what-if --json`.

use serde::Serialize;

use crate::dynamics::{BoxFate, Imagined};
use crate::grasp::GraspCandidate;
use crate::plan::shield::Vouched;
use crate::scene::Workcell;

use super::{Asked, ById, GraspReport, REPORT_VERSION, RiskByAccident, grasp_report, verified};

/// What becomes of one box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FateReport {
    /// P(it moves by more than [`WhatIfReport::moves_beyond_m`]).
    pub p_moves: f64,
    /// P(it falls).
    pub p_falls: f64,
    /// m.
    pub displacement_m: DisplacementReport,
}

/// How far a box is gone in the end; as counted in draws or, by a learned physics, as imagined, and then not less than what
/// its `p_moves` says, which it learned apart: who goes farther than the limit half of the time, and seldom comes back, is
/// gone half of it on average; nor more than the limit where hardly ever anything is said to go that far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DisplacementReport {
    /// m.
    pub mean: f64,
    /// m.
    pub p95: f64,
}

impl FateReport {
    /// `limit` is how far a box may go without counting as moved, m; `None` where the way was counted with the rest.
    fn new(fate: &BoxFate, limit: Option<f64>) -> Self {
        let (mean, p95) = (fate.displacement_mean, fate.displacement_p95);
        let (mean, p95) = match limit {
            None => (mean, p95),
            Some(limit) if fate.p_moves > 0.05 => (mean.max(fate.p_moves * limit), p95.max(limit)),
            Some(limit) => (
                mean.min(limit).min(p95).max(fate.p_moves * limit),
                p95.min(limit),
            ),
        };
        Self {
            p_moves: fate.p_moves,
            p_falls: fate.p_falls,
            displacement_m: DisplacementReport { mean, p95 },
        }
    }
}

/// The largest nudge or push in the asked direction that is still safe.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LargestSafeReport {
    /// In `unit`.
    pub value: f64,
    /// "m" or "N".
    pub unit: &'static str,
    /// Whether the sandbox agrees.
    pub confirmed: bool,
    /// Whether larger ones, which were not looked at, may be safe as well.
    pub at_least: bool,
}

/// What was asked about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIfAction {
    /// "nudge", "push" or "remove".
    pub kind: &'static str,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// m (nudge) or N (push).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<[f64; 3]>,
    /// How it is gripped (remove).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grasp: Option<GraspReport>,
}

/// `what-if --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIfReport {
    /// 1.
    pub version: u32,
    /// Who was asked about what.
    #[serde(flatten)]
    pub asked: Asked,
    /// "safe" or "not_safe".
    pub verdict: &'static str,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The limit that the bound is held against.
    pub max_risk: f64,
    /// What was asked about.
    pub action: WhatIfAction,
    /// P(accident).
    pub risk: f64,
    /// What is held against `max_risk`.
    pub risk_bound: f64,
    /// By kind.
    pub risk_by_accident: RiskByAccident,
    /// Share of the shield's draws that ended in an accident; `null` where none was simulated.
    pub verified_risk: Option<f64>,
    /// How many draws those were.
    pub verified_draws: usize,
    /// How far a box goes that counts as moved, m: the task's `max_displacement`, or a stricter one that was learned.
    pub moves_beyond_m: f64,
    /// How far one tilts that counts as fallen, degrees: the task's `max_tilt`, or a stricter one that was learned.
    pub falls_beyond_deg: f64,
    /// By id.
    pub boxes: ById<FateReport>,
    /// `null` for a grasp.
    pub largest_safe: Option<LargestSafeReport>,
}

impl WhatIfReport {
    /// The report of an action that was imagined, and whether that was counted in draws; and what a shield made of it.
    pub fn new(
        asked: Asked,
        workcell: &Workcell,
        action: WhatIfAction,
        vouched: &Vouched,
        (imagined, counted): (&Imagined, bool),
        largest_safe: Option<LargestSafeReport>,
    ) -> Self {
        let told_for = imagined.told_for;
        let limit = (!counted).then_some(told_for.max_displacement);
        let fates = imagined.fates.iter().map(|f| FateReport::new(f, limit));
        let ids = workcell.scene.boxes.iter().map(|b| b.id.clone());
        let (verified_risk, verified_draws) = verified(vouched.witness);
        Self {
            version: REPORT_VERSION,
            asked,
            verdict: match vouched.objection {
                None => "safe",
                Some(_) => "not_safe",
            },
            reason: vouched.objection.as_ref().map(ToString::to_string),
            max_risk: workcell.safety.max_risk,
            action,
            risk: vouched.risk.risk,
            risk_bound: vouched.risk.bound,
            risk_by_accident: vouched.risk.by_accident.into(),
            verified_risk,
            verified_draws,
            moves_beyond_m: told_for.max_displacement,
            falls_beyond_deg: told_for.max_tilt.to_degrees(),
            boxes: ById(ids.zip(fates).collect()),
            largest_safe,
        }
    }

    /// Whether nothing speaks against it.
    pub fn is_safe(&self) -> bool {
        self.reason.is_none()
    }

    /// The grasp of a step, for [`WhatIfAction::grasp`].
    pub fn grasp(grasp: &GraspCandidate, workcell: &Workcell) -> GraspReport {
        let pose = &workcell.scene.boxes[grasp.box_index].pose;
        grasp_report(grasp, pose, &workcell.robot.grippers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_move_goes_as_far_as_that_says_on_average_and_one_in_twenty_beyond_the_limit() {
        let told = |p_moves: f64, mean: f64| {
            let fate = BoxFate {
                p_moves,
                displacement_mean: mean,
                displacement_p95: mean,
                ..BoxFate::default()
            };
            let DisplacementReport { mean, p95 } =
                FateReport::new(&fate, Some(0.05)).displacement_m;
            (mean, p95)
        };
        assert_eq!(told(0.5, 0.0), (0.025, 0.05));
        assert_eq!(told(0.5, 0.2), (0.2, 0.2));
        assert_eq!(told(0.0, 0.01), (0.01, 0.01));
        // Imagined far off, but said to stay.
        assert_eq!(told(0.03, 0.12), (0.05, 0.05));
    }
}
