//! `what-if --json`.

use serde::Serialize;

use crate::dynamics::{BoxFate, Imagined, Risk};
use crate::grasp::GraspCandidate;
use crate::scene::{Scene, Workcell};

use super::{ById, GraspReport, RiskByAccident, grasp_report};

/// What becomes of one box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FateReport {
    /// P(it moves by more than the task's `max_displacement`).
    pub p_moves: f64,
    /// P(it falls).
    pub p_falls: f64,
    /// m.
    pub displacement_m: DisplacementReport,
}

/// How far a box goes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DisplacementReport {
    /// m.
    pub mean: f64,
    /// m.
    pub p95: f64,
}

impl From<BoxFate> for FateReport {
    fn from(fate: BoxFate) -> Self {
        Self {
            p_moves: fate.p_moves,
            p_falls: fate.p_falls,
            displacement_m: DisplacementReport {
                mean: fate.displacement_mean,
                p95: fate.displacement_p95,
            },
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
    /// What was asked about.
    pub action: WhatIfAction,
    /// P(accident).
    pub risk: f64,
    /// What is held against `max_risk`.
    pub risk_bound: f64,
    /// By kind.
    pub risk_by_accident: RiskByAccident,
    /// By id.
    pub boxes: ById<FateReport>,
    /// `null` for a grasp.
    pub largest_safe: Option<LargestSafeReport>,
}

impl WhatIfReport {
    /// The report of an action that was imagined.
    pub fn new(
        action: WhatIfAction,
        scene: &Scene,
        risk: &Risk,
        imagined: &Imagined,
        largest_safe: Option<LargestSafeReport>,
    ) -> Self {
        let fates = imagined.fates.iter().map(|f| FateReport::from(*f));
        let ids = scene.boxes.iter().map(|b| b.id.clone());
        Self {
            action,
            risk: risk.risk,
            risk_bound: risk.bound,
            risk_by_accident: risk.by_accident.into(),
            boxes: ById(ids.zip(fates).collect()),
            largest_safe,
        }
    }

    /// The grasp of a step, for [`WhatIfAction::grasp`].
    pub fn grasp(grasp: &GraspCandidate, workcell: &Workcell) -> GraspReport {
        let pose = &workcell.scene.boxes[grasp.box_index].pose;
        grasp_report(grasp, pose, &workcell.robot.grippers)
    }
}
