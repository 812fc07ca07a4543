//! The keys of `plan --json`; what they are filled with is [`super::from_plan`]'s.

use serde::Serialize;

use crate::pose::PoseData;
use crate::rollout::{AccidentKind, Grip};

use super::{ById, GraspReport, ModelReport, RiskByAccident};
use crate::plan::advice::Advice;
use crate::plan::planner::Verdict;
use crate::plan::timing::Timing;

/// The hand at one moment. In between it goes cubically, as [`crate::rollout::Motion::at`] does; a robot that goes
/// straight from key to key jerks at each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeyReport {
    /// s from the step's start.
    pub t: f64,
    /// m.
    pub position: [f64; 3],
    /// `[x, y, z, w]`.
    pub rotation: [f64; 4],
    /// "open" or "closed".
    pub grip: Grip,
}

/// The boxes at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrameReport {
    /// s from the step's start.
    pub t: f64,
    /// By id.
    pub boxes: ById<PoseData>,
}

/// What a step came closest to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClosestReport {
    /// The accident.
    pub accident: AccidentKind,
    /// Its probability.
    pub probability: f64,
    /// The boxes concerned.
    pub boxes: Vec<String>,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepReport {
    /// "remove" or "place".
    pub action: &'static str,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// How it is gripped.
    pub grasp: GraspReport,
    /// P(accident): as judged, with what the shield saw.
    pub risk: f64,
    /// What is held against `max_risk`, the same.
    pub risk_bound: f64,
    /// By kind.
    pub risk_by_accident: RiskByAccident,
    /// What it came closest to.
    pub closest: ClosestReport,
    /// Share of the shield's draws that ended in an accident; `null` without a shield.
    pub verified_risk: Option<f64>,
    /// How many draws those were; 0 without a shield.
    pub verified_draws: usize,
    /// The hand.
    pub motion: Vec<KeyReport>,
    /// The boxes.
    pub imagined: Vec<FrameReport>,
}

/// A candidate that is not carried out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RejectedReport {
    /// The box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// How it would have been gripped.
    pub grasp: GraspReport,
    /// Why not, in a sentence.
    pub reason: String,
    /// Its risk, where one was predicted.
    pub risk: Option<f64>,
}

/// A body of the scene, as replay needs it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BodyReport {
    /// The id; left out where it is the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Full edge lengths, m.
    pub size: [f64; 3],
    /// m.
    pub position: [f64; 3],
    /// `[x, y, z, w]`.
    pub rotation: [f64; 4],
}

/// The scene that the plan starts in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SceneReport {
    /// What never moves.
    pub fixtures: Vec<BodyReport>,
    /// By id.
    pub boxes: ById<BodyReport>,
}

/// An accident that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccidentReport {
    /// Its kind.
    pub kind: AccidentKind,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// Index of the step.
    pub step: usize,
    /// s from the step's start.
    pub t: f64,
}

/// A moment of an execution.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExecutedFrame {
    /// s from the step's start.
    pub t: f64,
    /// Index of the step.
    pub step: usize,
    /// By id.
    pub boxes: ById<PoseData>,
    /// The hand, while there is one.
    pub hand: Option<PoseData>,
}

/// Something that was not as imagined while a box was carried, and what was done about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SurpriseReport {
    /// Index of the step.
    pub step: usize,
    /// s from the step's start.
    pub t: f64,
    /// The box that has gone too far, or else that was over noise by most.
    #[serde(rename = "box")]
    pub box_id: String,
    /// How far from where it was imagined, m.
    pub off_m: f64,
    /// And tilted, degrees.
    pub off_deg: f64,
    /// "carried_on", "changed_way", "stopped_far_off", "stopped_under_way" or "stopped_no_way".
    pub reply: &'static str,
    /// P(accident) of going on as planned, on what was seen; none where that was not asked.
    pub risk: Option<f64>,
    /// That of the way that was taken instead.
    pub other_risk: Option<f64>,
}

/// What came of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExecutedReport {
    /// The goal was reached, and nothing went wrong.
    pub success: bool,
    /// How it ended, in a sentence.
    pub end: String,
    /// Steps that were taken.
    pub steps: usize,
    /// Each of them as it was to be when it began: on what was seen then, which after the first is seldom what the plan
    /// was made on, so grasp and risk may be others than the plan's.
    pub taken: Vec<StepReport>,
    /// In order.
    pub accidents: Vec<AccidentReport>,
    /// In order.
    pub surprises: Vec<SurpriseReport>,
    /// Boxes that were put down, in order.
    pub placed: Vec<PlacedReport>,
    /// Path of all boxes not held, summed over steps, m.
    pub path_length: f64,
    /// The largest of the steps' summed peak speeds, m/s.
    pub peak_speed: f64,
    /// The boxes and the hand, stride by stride.
    pub frames: Vec<ExecutedFrame>,
}

/// Where a box that was put down stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlacedReport {
    /// The box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// Index of the step.
    pub step: usize,
    /// How far its centre is from its target, m.
    pub off_m: f64,
    /// How far it is turned from there.
    pub off_deg: f64,
}

/// `plan --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanReport {
    /// 1.
    pub version: u32,
    /// The task's name.
    pub task: String,
    /// What everything random was seeded with.
    pub seed: u64,
    /// "safe" or "no_safe_plan".
    pub verdict: Verdict,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What would make a plan possible.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<String>,
    /// Changes that were asked about where there is no plan, those that would help first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<Advice>,
    /// P(any step goes wrong); of the least risky step where there is no plan.
    pub risk: f64,
    /// The same for the bounds.
    pub risk_bound: f64,
    /// "learned" or "sandbox".
    pub dynamics: String,
    /// Which one exactly.
    pub model: ModelReport,
    /// In order.
    pub steps: Vec<StepReport>,
    /// The best of each reason.
    pub rejected: Vec<RejectedReport>,
    /// With `--execute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executed: Option<ExecutedReport>,
    /// The scene that it starts in.
    pub scene: SceneReport,
    /// ms.
    pub timing_ms: Timing,
}

/// What a report says of who asked whom.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asked {
    /// The task's name.
    pub task: String,
    /// The seed.
    pub seed: u64,
    /// "learned" or "sandbox".
    pub dynamics: String,
    /// Which one exactly.
    pub model: ModelReport,
}
