//! The keys of a plan's JSON object that a replay reads.
//!
//! Owns their names and types. Refuses nothing that it does not know.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::rollout::AccidentKind;

#[derive(Deserialize)]
pub(in crate::replay) struct PlanFile {
    #[serde(default)]
    pub(super) task: Option<serde_json::Value>,
    #[serde(default)]
    pub(super) verdict: Option<String>,
    pub(super) scene: Option<SceneFile>,
    #[serde(default)]
    pub(in crate::replay) steps: Vec<StepFile>,
    pub(super) executed: Option<ExecutedFile>,
}

#[derive(Deserialize)]
pub(super) struct SceneFile {
    #[serde(default)]
    pub(super) fixtures: Vec<FixtureFile>,
    #[serde(default)]
    pub(super) boxes: BTreeMap<String, BoxFile>,
}

#[derive(Deserialize)]
pub(super) struct FixtureFile {
    pub(super) id: String,
    pub(super) size: [f64; 3],
    pub(super) position: [f64; 3],
    pub(super) rotation: [f64; 4],
}

#[derive(Deserialize)]
pub(super) struct BoxFile {
    pub(super) size: [f64; 3],
    pub(super) position: [f64; 3],
    pub(super) rotation: [f64; 4],
}

#[derive(Deserialize)]
pub(in crate::replay) struct PoseFile {
    pub(in crate::replay) position: [f64; 3],
    pub(in crate::replay) rotation: [f64; 4],
}

#[derive(Deserialize)]
pub(in crate::replay) struct StepFile {
    pub(in crate::replay) action: String,
    #[serde(rename = "box")]
    pub(in crate::replay) box_id: String,
    pub(in crate::replay) grasp: Option<GraspFile>,
    pub(in crate::replay) risk: Option<f64>,
    pub(in crate::replay) risk_bound: Option<f64>,
    #[serde(default)]
    pub(in crate::replay) motion: Vec<KeyFile>,
    #[serde(default)]
    pub(in crate::replay) imagined: Vec<MomentFile>,
}

#[derive(Deserialize)]
pub(in crate::replay) struct GraspFile {
    pub(super) gripper: String,
    pub(super) face: String,
}

#[derive(Deserialize)]
pub(in crate::replay) struct KeyFile {
    pub(in crate::replay) t: f64,
    pub(in crate::replay) position: [f64; 3],
    pub(in crate::replay) rotation: [f64; 4],
    pub(in crate::replay) grip: Option<String>,
}

#[derive(Deserialize)]
pub(in crate::replay) struct MomentFile {
    pub(in crate::replay) t: f64,
    #[serde(default)]
    pub(in crate::replay) step: usize,
    pub(in crate::replay) boxes: BTreeMap<String, PoseFile>,
    pub(in crate::replay) hand: Option<PoseFile>,
}

#[derive(Deserialize)]
pub(in crate::replay) struct ExecutedFile {
    /// Each step as it was to be when it began.
    #[serde(default)]
    pub(in crate::replay) taken: Vec<StepFile>,
    #[serde(default)]
    pub(in crate::replay) accidents: Vec<AccidentFile>,
    #[serde(default)]
    pub(in crate::replay) frames: Vec<MomentFile>,
}

#[derive(Deserialize)]
pub(in crate::replay) struct AccidentFile {
    pub(in crate::replay) kind: AccidentKind,
    #[serde(rename = "box")]
    pub(in crate::replay) box_id: Option<String>,
    #[serde(default)]
    pub(in crate::replay) step: usize,
    pub(in crate::replay) t: f64,
}
