//! The JSON of `plan`, `what-if` and `vet` (design, section 3), and how plans become it.
//!
//! Owns the keys. Boxes are named by id and stand in the scene's order. Some keys go beyond the
//! design: `scene` and `executed.frames`, so that a plan file can be replayed on its own, and in
//! each step `closest` and `verified_risk`; in `executed` what was `taken` and where what was `placed` stands.

mod from_plan;
mod plan;
mod vet;
mod what_if;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::grasp::GraspCandidate;
use crate::plan::shield::Witness;
use crate::pose::{Pose, PoseData};
use crate::scene::Gripper;
use crate::scene::task::GripperKind;

pub use plan::{
    AccidentReport, Asked, BodyReport, ClosestReport, ExecutedFrame, ExecutedReport, FrameReport,
    KeyReport, PlacedReport, PlanReport, RejectedReport, SceneReport, StepReport, SurpriseReport,
};
pub use vet::{VetReport, VettedStep};
pub use what_if::{DisplacementReport, FateReport, LargestSafeReport, WhatIfAction, WhatIfReport};

/// The version of these formats.
pub const REPORT_VERSION: u32 = 1;

/// A map that keeps the order of its entries.
#[derive(Clone, Debug, PartialEq)]
pub struct ById<T>(pub Vec<(String, T)>);

impl<T: Serialize> Serialize for ById<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (id, value) in &self.0 {
            map.serialize_entry(id, value)?;
        }
        map.end()
    }
}

/// Which physics was asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelReport {
    /// Its name, or "sandbox".
    pub name: String,
    /// Of its weights; of nothing for the sandbox, whose version stands there.
    pub hash: String,
}

/// What a shield saw: the share of its draws that ended in an accident, none where none was simulated, and how many they were.
fn verified(witness: Option<Witness>) -> (Option<f64>, usize) {
    let seen = witness.unwrap_or_default();
    (seen.share(), seen.draws)
}

/// Probabilities by kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RiskByAccident {
    /// A box moved.
    pub disturb: f64,
    /// A box tilted.
    pub tilt: f64,
    /// The grip failed.
    pub drop: f64,
    /// A box was crushed.
    pub crush: f64,
    /// The hand hit something.
    pub strike: f64,
}

impl From<[f64; 5]> for RiskByAccident {
    /// In the order of [`crate::rollout::AccidentKind::ALL`].
    fn from([disturb, tilt, drop, crush, strike]: [f64; 5]) -> Self {
        Self {
            disturb,
            tilt,
            drop,
            crush,
            strike,
        }
    }
}

/// A grasp; the pose is the hand's at the contact, in the world.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GraspReport {
    /// "suction" or "parallel_jaw".
    pub gripper: &'static str,
    /// Which of the task's `grippers`, counted from 0: there may be two of a kind.
    pub gripper_index: usize,
    /// The box's face.
    pub face: &'static str,
    /// m; `None` where the grasp did not get as far as a contact point.
    pub position: Option<[f64; 3]>,
    /// `[x, y, z, w]`.
    pub rotation: Option<[f64; 4]>,
}

fn grasp_report(grasp: &GraspCandidate, box_pose: &Pose, grippers: &[Gripper]) -> GraspReport {
    let hand = PoseData::from(grasp.hand_in_world(box_pose));
    GraspReport {
        gripper: GripperKind::of(&grippers[grasp.gripper]).name(),
        gripper_index: grasp.gripper,
        face: grasp.face.name(),
        position: Some(hand.position),
        rotation: Some(hand.rotation),
    }
}
