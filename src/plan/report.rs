//! The JSON of `plan`, `what-if` and `vet` (design, section 3), and how plans become it.
//!
//! Owns the keys. Boxes are named by id and stand in the scene's order. Two keys go beyond the
//! design, so that a plan file can be replayed on its own: `scene`, and `executed.frames`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::dynamics::{BoxFate, Imagined, Risk};
use crate::grasp::GraspCandidate;
use crate::pose::{Pose, PoseData};
use crate::rollout::{AccidentKind, Grip, Motion};
use crate::scene::{Gripper, Scene, Workcell};

use super::execute::Execution;
use super::explain::closest_accident;
use super::order::{Plan, PlannedStep, Verdict};
use super::reason::best_of_each;
use super::timing::Timing;
use super::vet::{JudgedStep, StepToVet};

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
    /// In the order of [`AccidentKind::ALL`].
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
    /// The box's face.
    pub face: &'static str,
    /// m; `None` where the grasp did not get as far as a contact point.
    pub position: Option<[f64; 3]>,
    /// `[x, y, z, w]`.
    pub rotation: Option<[f64; 4]>,
}

/// The hand at one moment.
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
    /// P(accident).
    pub risk: f64,
    /// What is held against `max_risk`.
    pub risk_bound: f64,
    /// By kind.
    pub risk_by_accident: RiskByAccident,
    /// What it came closest to.
    pub closest: ClosestReport,
    /// Share of the shield's draws that ended in an accident; `null` without a shield.
    pub verified_risk: Option<f64>,
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

/// What came of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExecutedReport {
    /// The goal was reached, and nothing went wrong.
    pub success: bool,
    /// How it ended, in a sentence.
    pub end: String,
    /// Steps that were taken.
    pub steps: usize,
    /// In order.
    pub accidents: Vec<AccidentReport>,
    /// Path of all boxes not held, summed over steps, m.
    pub path_length: f64,
    /// The largest of the steps' summed peak speeds, m/s.
    pub peak_speed: f64,
    /// The boxes and the hand, stride by stride.
    pub frames: Vec<ExecutedFrame>,
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
#[derive(Clone, Debug, PartialEq)]
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

impl PlanReport {
    /// The report of a plan, and of its execution if there was one.
    pub fn new(
        asked: Asked,
        workcell: &Workcell,
        plan: &Plan,
        execution: Option<&Execution>,
    ) -> Self {
        let mut timing_ms = plan.timing;
        if let Some(execution) = execution {
            timing_ms.replan = execution.timing.total;
        }
        let grippers = &workcell.robot.grippers;
        Self {
            version: REPORT_VERSION,
            task: asked.task,
            seed: asked.seed,
            verdict: plan.verdict,
            reason: plan.reason.clone(),
            remedies: plan.remedies.clone(),
            risk: plan.risk,
            risk_bound: plan.risk_bound,
            dynamics: asked.dynamics,
            model: asked.model,
            steps: plan
                .steps
                .iter()
                .map(|s| step_report(s, grippers))
                .collect(),
            rejected: rejected_reports(plan, grippers),
            executed: execution.map(executed_report),
            scene: scene_report(&workcell.scene),
            timing_ms,
        }
    }
}

/// A gripper as files name it.
pub fn gripper_name(gripper: &Gripper) -> &'static str {
    match gripper {
        Gripper::Suction { .. } => "suction",
        Gripper::ParallelJaw { .. } => "parallel_jaw",
    }
}

fn grasp_report(grasp: &GraspCandidate, box_pose: &Pose, grippers: &[Gripper]) -> GraspReport {
    let hand = PoseData::from(grasp.hand_in_world(box_pose));
    GraspReport {
        gripper: gripper_name(&grippers[grasp.gripper]),
        face: grasp.face.name(),
        position: Some(hand.position),
        rotation: Some(hand.rotation),
    }
}

fn step_report(planned: &PlannedStep, grippers: &[Gripper]) -> StepReport {
    let PlannedStep { step, scene, .. } = planned;
    let box_pose = scene.boxes[step.grasp.box_index].pose;
    let closest = closest_accident(step, scene);
    StepReport {
        action: step.action.name(),
        box_id: step.box_id.clone(),
        grasp: grasp_report(&step.grasp, &box_pose, grippers),
        risk: step.risk.risk,
        risk_bound: step.risk.bound,
        risk_by_accident: step.risk.by_accident.into(),
        closest: ClosestReport {
            accident: closest.kind,
            probability: closest.probability,
            boxes: closest.boxes,
        },
        verified_risk: planned.shield.map(|r| r.risk),
        motion: step.action.motion().map(motion_report).unwrap_or_default(),
        imagined: imagined_report(&step.imagined, scene),
    }
}

fn motion_report(motion: &Motion) -> Vec<KeyReport> {
    let key = |k: &crate::rollout::HandKey| {
        let pose = PoseData::from(k.pose);
        KeyReport {
            t: k.t,
            position: pose.position,
            rotation: pose.rotation,
            grip: k.grip,
        }
    };
    motion.keys.iter().map(key).collect()
}

fn by_id(scene: &Scene, poses: impl Iterator<Item = Pose>) -> ById<PoseData> {
    let ids = scene.boxes.iter().map(|b| b.id.clone());
    ById(ids.zip(poses.map(PoseData::from)).collect())
}

fn imagined_report(imagined: &Imagined, scene: &Scene) -> Vec<FrameReport> {
    let frame = |f: &crate::dynamics::ImaginedFrame| FrameReport {
        t: f.t,
        boxes: by_id(scene, f.boxes.iter().copied()),
    };
    imagined.frames.iter().map(frame).collect()
}

fn rejected_reports(plan: &Plan, grippers: &[Gripper]) -> Vec<RejectedReport> {
    let report = |r: super::reason::RejectedCandidate| {
        let hand = r.hand.map(PoseData::from);
        RejectedReport {
            box_id: r.box_id,
            grasp: GraspReport {
                gripper: gripper_name(&grippers[r.gripper]),
                face: r.face.name(),
                position: hand.map(|h| h.position),
                rotation: hand.map(|h| h.rotation),
            },
            reason: r.reason.to_string(),
            risk: r.risk,
        }
    };
    best_of_each(&plan.rejected)
        .into_iter()
        .map(report)
        .collect()
}

fn body(id: Option<&str>, size: [f64; 3], pose: Pose) -> BodyReport {
    let PoseData { position, rotation } = pose.into();
    BodyReport {
        id: id.map(str::to_owned),
        size,
        position,
        rotation,
    }
}

fn scene_report(scene: &Scene) -> SceneReport {
    let fixtures = scene.fixtures.iter();
    let boxes = scene.boxes.iter();
    SceneReport {
        fixtures: fixtures
            .map(|f| body(Some(&f.id), f.size.into(), f.pose))
            .collect(),
        boxes: ById(
            boxes
                .map(|b| (b.id.clone(), body(None, b.size.into(), b.pose)))
                .collect(),
        ),
    }
}

fn executed_report(execution: &Execution) -> ExecutedReport {
    let mut accidents = Vec::new();
    let mut frames = Vec::new();
    let (mut path_length, mut peak_speed) = (0.0, 0.0f64);
    for (index, step) in execution.steps.iter().enumerate() {
        let scene = &step.planned.scene;
        let rollout = &step.rollout;
        path_length += rollout.path_length;
        peak_speed = peak_speed.max(rollout.peak_speed);
        accidents.extend(rollout.accidents.iter().map(|a| AccidentReport {
            kind: a.kind,
            box_id: scene.boxes[a.box_index].id.clone(),
            step: index,
            t: a.t,
        }));
        frames.extend(rollout.frames.iter().map(|f| ExecutedFrame {
            t: f.t,
            step: index,
            boxes: by_id(scene, f.boxes.iter().map(|b| b.pose)),
            hand: f.hand.map(PoseData::from),
        }));
    }
    ExecutedReport {
        success: execution.is_success(),
        end: execution.stop.to_string(),
        steps: execution.steps.len(),
        accidents,
        path_length,
        peak_speed,
        frames,
    }
}

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

/// A step that was vetted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VettedStep {
    /// From 0.
    pub index: usize,
    /// "remove" or "place".
    pub action: &'static str,
    /// The box.
    #[serde(rename = "box")]
    pub box_id: String,
    /// P(accident); 1 where it cannot be carried out.
    pub risk: f64,
    /// What is held against `max_risk`.
    pub risk_bound: f64,
    /// By kind; `null` where it cannot be carried out.
    pub risk_by_accident: Option<RiskByAccident>,
    /// "safe" or "unsafe".
    pub verdict: &'static str,
    /// In a sentence.
    pub why: String,
}

/// `vet --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VetReport {
    /// "safe" or "unsafe".
    pub verdict: &'static str,
    /// In order.
    pub steps: Vec<VettedStep>,
    /// Index of the first unsafe step.
    pub first_unsafe: Option<usize>,
    /// A safe plan with the same effect, where one was asked for and found.
    pub repaired: Option<PlanReport>,
}

impl VetReport {
    /// The report of judged steps.
    pub fn new(steps: &[StepToVet], judged: &[JudgedStep], repaired: Option<PlanReport>) -> Self {
        let vetted: Vec<VettedStep> = steps
            .iter()
            .zip(judged)
            .enumerate()
            .map(|(index, (step, judged))| vetted(index, step, judged))
            .collect();
        let first_unsafe = vetted.iter().position(|s| s.verdict == "unsafe");
        Self {
            verdict: if first_unsafe.is_none() {
                "safe"
            } else {
                "unsafe"
            },
            steps: vetted,
            first_unsafe,
            repaired,
        }
    }
}

fn vetted(index: usize, step: &StepToVet, judged: &JudgedStep) -> VettedStep {
    let risk = judged.step.as_ref().map(|s| s.risk);
    VettedStep {
        index,
        action: step.action_name(),
        box_id: step.box_id.clone(),
        risk: risk.map_or(1.0, |r| r.risk),
        risk_bound: risk.map_or(1.0, |r| r.bound),
        risk_by_accident: risk.map(|r| r.by_accident.into()),
        verdict: match judged.verdict {
            Verdict::Safe => "safe",
            Verdict::NoSafePlan => "unsafe",
        },
        why: judged.why.clone(),
    }
}
