//! From a plan and its execution to the keys of `plan --json`.
//!
//! Owns how boxes get their ids back and what is left out; computes nothing that a plan does not hold.

use crate::dynamics::Imagined;
use crate::pose::{Pose, PoseData, apart};
use crate::rollout::{Action, Motion};
use crate::scene::task::GripperKind;
use crate::scene::{Gripper, Scene, Workcell};

use super::{
    AccidentReport, Asked, BodyReport, ById, ClosestReport, ExecutedFrame, ExecutedReport,
    FrameReport, GraspReport, KeyReport, PlacedReport, PlanReport, REPORT_VERSION, RejectedReport,
    SceneReport, StepReport, SurpriseReport, grasp_report, verified,
};
use crate::plan::execution::{ExecutedStep, Execution};
use crate::plan::explain::closest_accident;
use crate::plan::planner::{Plan, PlannedStep};
use crate::plan::reason::{RejectedCandidate, best_of_each};
use crate::plan::surprise::{Reply, Surprise};

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
            executed: execution.map(|done| executed_report(done, grippers)),
            scene: scene_report(&workcell.scene),
            timing_ms,
        }
    }
}

fn step_report(planned: &PlannedStep, grippers: &[Gripper]) -> StepReport {
    let PlannedStep { step, scene, .. } = planned;
    let box_pose = scene.boxes[step.grasp.box_index].pose;
    let closest = closest_accident(step, scene);
    let (verified_risk, verified_draws) = verified(planned.shield);
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
        verified_risk,
        verified_draws,
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
                gripper: GripperKind::of(&grippers[r.gripper]).name(),
                gripper_index: r.gripper,
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

fn executed_report(execution: &Execution, grippers: &[Gripper]) -> ExecutedReport {
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
    let placed = execution.steps.iter().enumerate();
    ExecutedReport {
        success: execution.is_success(),
        end: execution.stop.to_string(),
        steps: execution.steps.len(),
        taken: (execution.steps.iter())
            .map(|s| step_report(&s.planned, grippers))
            .collect(),
        accidents,
        surprises,
        placed: placed.filter_map(placed_report).collect(),
        path_length,
        peak_speed,
        frames,
    }
}

/// Where a step has put its box, if that is what it did.
fn placed_report((step, done): (usize, &ExecutedStep)) -> Option<PlacedReport> {
    let PlannedStep {
        step: planned,
        scene,
        ..
    } = &done.planned;
    let Action::Place { grasp, target, .. } = &planned.action else {
        return None;
    };
    let last = done
        .rollout
        .frames
        .last()
        .filter(|_| done.rollout.completed)?;
    let (off_m, off_rad) = apart(&last.boxes[grasp.box_index].pose, target);
    Some(PlacedReport {
        box_id: scene.boxes[grasp.box_index].id.clone(),
        step,
        off_m,
        off_deg: off_rad.to_degrees(),
    })
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
        off_m: surprise.off.way_m,
        off_deg: surprise.off.tilt_rad.to_degrees(),
        reply,
        risk,
        other_risk,
    }
}
