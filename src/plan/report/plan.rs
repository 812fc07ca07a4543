//! `plan --json`.

use serde::Serialize;

use crate::dynamics::Imagined;
use crate::pose::{Pose, PoseData};
use crate::rollout::{AccidentKind, Grip, Motion};
use crate::scene::{Gripper, Scene, Workcell};

use super::{
    ById, GraspReport, ModelReport, REPORT_VERSION, RiskByAccident, grasp_report, gripper_name,
};
use crate::plan::advice::Advice;
use crate::plan::execute::Execution;
use crate::plan::explain::closest_accident;
use crate::plan::planner::{Plan, PlannedStep, Verdict};
use crate::plan::reason::{RejectedCandidate, best_of_each};
use crate::plan::timing::Timing;
use crate::plan::watch::{Reply, Surprise};

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
    /// The box that was farthest off.
    #[serde(rename = "box")]
    pub box_id: String,
    /// How far, m.
    pub off_m: f64,
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
    /// In order.
    pub accidents: Vec<AccidentReport>,
    /// In order.
    pub surprises: Vec<SurpriseReport>,
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
            advice: Vec::new(),
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
        verified_risk: planned.shield.map(|w| w.share()),
        verified_draws: planned.shield.map_or(0, |w| w.draws),
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
    let report = |r: RejectedCandidate| {
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
    let mut surprises = Vec::new();
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
        surprises.extend(step.surprises.iter().map(|s| surprise_report(index, s)));
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
        surprises,
        path_length,
        peak_speed,
        frames,
    }
}

fn surprise_report(step: usize, surprise: &Surprise) -> SurpriseReport {
    let (reply, risk, other_risk) = match surprise.reply {
        Reply::CarriedOn { risk } => ("carried_on", Some(risk), None),
        Reply::ChangedWay { risk, other_risk } => ("changed_way", risk, Some(other_risk)),
        Reply::StoppedNoWay { risk } => ("stopped_no_way", risk, None),
        Reply::StoppedFarOff => ("stopped_far_off", None, None),
        Reply::StoppedUnderWay => ("stopped_under_way", None, None),
    };
    SurpriseReport {
        step,
        t: surprise.t,
        box_id: surprise.box_id.clone(),
        off_m: surprise.off_m,
        reply,
        risk,
        other_risk,
    }
}
