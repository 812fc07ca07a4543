//! Recordings of plans, from the JSON object that `topple plan --json` prints.
//!
//! Owns the reading of design, section 3, with the two keys that a replay needs beside it
//! (`scene` and `executed.frames`). Keys it does not know are left alone, so that a plan may carry
//! more; a file of another version, a truncated one and one that does not fit together are typed
//! errors. What was executed is shown where there is something; else what was imagined.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::plan_imagined::Keys;
use super::plan_played::Played;
use super::{
    HandShape, Origin, RecordedBox, RecordedFixture, RecordedStep, Recording, ReplayError,
};
use crate::pose::{Pose, Vec3, rotation_from_xyzw};
use crate::rollout::AccidentKind;

/// The version of the plan's JSON that is read here.
pub const PLAN_VERSION: u64 = 1;
#[derive(Deserialize)]
pub(super) struct PlanFile {
    #[serde(default)]
    task: Option<serde_json::Value>,
    #[serde(default)]
    verdict: Option<String>,
    scene: Option<SceneFile>,
    #[serde(default)]
    pub(super) steps: Vec<StepFile>,
    executed: Option<ExecutedFile>,
}

#[derive(Deserialize)]
struct SceneFile {
    #[serde(default)]
    fixtures: Vec<FixtureFile>,
    #[serde(default)]
    boxes: BTreeMap<String, BoxFile>,
}

#[derive(Deserialize)]
struct FixtureFile {
    id: String,
    size: [f64; 3],
    pub(super) position: [f64; 3],
    pub(super) rotation: [f64; 4],
}

#[derive(Deserialize)]
struct BoxFile {
    size: [f64; 3],
    pub(super) position: [f64; 3],
    pub(super) rotation: [f64; 4],
}

#[derive(Deserialize)]
pub(super) struct PoseFile {
    pub(super) position: [f64; 3],
    pub(super) rotation: [f64; 4],
}

#[derive(Deserialize)]
pub(super) struct StepFile {
    pub(super) action: String,
    #[serde(rename = "box")]
    pub(super) box_id: String,
    pub(super) grasp: Option<GraspFile>,
    pub(super) risk: Option<f64>,
    pub(super) risk_bound: Option<f64>,
    #[serde(default)]
    pub(super) motion: Vec<KeyFile>,
    #[serde(default)]
    pub(super) imagined: Vec<MomentFile>,
}

#[derive(Deserialize)]
pub(super) struct GraspFile {
    gripper: String,
    face: String,
}

#[derive(Deserialize)]
pub(super) struct KeyFile {
    pub(super) t: f64,
    pub(super) position: [f64; 3],
    pub(super) rotation: [f64; 4],
    pub(super) grip: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct MomentFile {
    pub(super) t: f64,
    #[serde(default)]
    pub(super) step: usize,
    pub(super) boxes: BTreeMap<String, PoseFile>,
    pub(super) hand: Option<PoseFile>,
}

#[derive(Deserialize)]
pub(super) struct ExecutedFile {
    #[serde(default)]
    pub(super) accidents: Vec<AccidentFile>,
    #[serde(default)]
    pub(super) frames: Vec<MomentFile>,
}

#[derive(Deserialize)]
pub(super) struct AccidentFile {
    pub(super) kind: AccidentKind,
    #[serde(rename = "box")]
    pub(super) box_id: Option<String>,
    #[serde(default)]
    pub(super) step: usize,
    pub(super) t: f64,
}

impl Recording {
    /// A plan, from the text of its JSON object.
    ///
    /// # Errors
    /// When the text is truncated, no plan, of another version, or has nothing to show.
    pub fn from_plan_json(text: &str) -> Result<Self, ReplayError> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(not_json)?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(PLAN_VERSION) => {}
            Some(other) => {
                return Err(refuse(
                    format!("this plan is of version {other}, and this program reads version 1"),
                    "replay it with the version of topple that wrote it, or plan again",
                ));
            }
            None => {
                return Err(refuse(
                    "this is no plan: it has no `version`".to_owned(),
                    "give the output of `topple plan TASK.yaml --json`",
                ));
            }
        }
        // Parsed a second time from the text, since only that tells line and column.
        let file: PlanFile = serde_json::from_str(text).map_err(not_json)?;
        let scene = file.scene.as_ref().ok_or_else(|| {
            refuse(
                "this plan does not hold its scene".to_owned(),
                "plan again with this version of topple and `--json`",
            )
        })?;
        let plan = Plan::read(&file, scene)?;
        plan.recording()?.checked()
    }
}

fn refuse(what: String, remedy: &str) -> ReplayError {
    ReplayError::Plan {
        what,
        remedy: remedy.to_owned(),
    }
}

fn not_json(error: serde_json::Error) -> ReplayError {
    let remedy = match error.classify() {
        serde_json::error::Category::Eof => "the file is cut short; plan again",
        serde_json::error::Category::Syntax => "give the output of `topple plan TASK.yaml --json`",
        _ => "a field is missing or of the wrong type; plan again with this version of topple",
    };
    refuse(format!("the plan cannot be read: {error}"), remedy)
}

pub(super) fn pose(
    position: [f64; 3],
    rotation: [f64; 4],
    what: &str,
) -> Result<Pose, ReplayError> {
    let rotation = rotation_from_xyzw(rotation).map_err(|e| ReplayError::Inconsistent {
        what: format!("{what}: {e}"),
    })?;
    Ok(Pose::from_parts(Vec3::from(position).into(), rotation))
}

/// A plan's file, with what everything in it refers to.
pub(super) struct Plan<'a> {
    pub(super) file: &'a PlanFile,
    pub(super) ids: BTreeMap<&'a str, usize>,
    pub(super) boxes: Vec<RecordedBox>,
    pub(super) fixtures: Vec<RecordedFixture>,
    pub(super) standing: Vec<Option<Pose>>,
    pub(super) steps: Vec<RecordedStep>,
    pub(super) targets: Vec<usize>,
}

impl<'a> Plan<'a> {
    fn read(file: &'a PlanFile, scene: &'a SceneFile) -> Result<Self, ReplayError> {
        let mut plan = Self {
            file,
            ids: BTreeMap::new(),
            boxes: Vec::new(),
            fixtures: Vec::new(),
            standing: Vec::new(),
            steps: Vec::new(),
            targets: Vec::new(),
        };
        for (index, (id, b)) in scene.boxes.iter().enumerate() {
            plan.ids.insert(id, index);
            let size = Vec3::from(b.size);
            plan.boxes.push(RecordedBox {
                id: id.clone(),
                size,
            });
            plan.standing.push(Some(pose(b.position, b.rotation, id)?));
        }
        for f in &scene.fixtures {
            plan.fixtures.push(RecordedFixture {
                id: f.id.clone(),
                size: f.size.into(),
                pose: pose(f.position, f.rotation, &f.id)?,
            });
        }
        for step in &file.steps {
            let target = plan.index(&step.box_id)?;
            plan.targets.push(target);
            let shown = plan.shown_step(step, target)?;
            plan.steps.push(shown);
        }
        Ok(plan)
    }

    pub(super) fn index(&self, id: &str) -> Result<usize, ReplayError> {
        let known = self.ids.get(id).copied();
        known.ok_or_else(|| ReplayError::Inconsistent {
            what: format!("box `{id}` is not in the plan's scene"),
        })
    }

    fn shown_step(&self, step: &StepFile, target: usize) -> Result<RecordedStep, ReplayError> {
        let by = step.grasp.as_ref().map_or(String::new(), |g| {
            format!(" with {} on its {}", g.gripper.replace('_', " "), g.face)
        });
        let jaw = step
            .grasp
            .as_ref()
            .is_some_and(|g| g.gripper.contains("jaw"));
        let hand = if jaw {
            self.jaw_of(step, target)?
        } else {
            HandShape::default()
        };
        Ok(RecordedStep {
            title: format!("{} {}{by}", step.action, step.box_id),
            target: Some(target),
            hand: Some(hand),
            risk: step.risk,
            risk_bound: step.risk_bound,
        })
    }

    /// A jaw as wide as the box along the hand's x at the moment when it grips.
    fn jaw_of(&self, step: &StepFile, target: usize) -> Result<HandShape, ReplayError> {
        let gripping = Keys::read(step)?.gripping();
        let gap_m = match (gripping, self.standing[target]) {
            (Some(hand), Some(stands)) => {
                let closing = stands.rotation.inverse() * (hand.rotation * Vec3::x());
                closing.abs().dot(&self.boxes[target].size)
            }
            _ => self.boxes[target].size.min(),
        };
        Ok(HandShape::Jaw {
            gap_m,
            finger: Vec3::new(0.02, 0.06, 0.12),
        })
    }

    fn recording(self) -> Result<Recording, ReplayError> {
        let executed = self.file.executed.as_ref();
        let (origin, played) = match executed.filter(|e| !e.frames.is_empty()) {
            Some(executed) => (Origin::Sandbox, Played::executed(&self, executed)?),
            None if self.file.steps.is_empty() => (Origin::Scene, Played::imagined(&self)?),
            None => (Origin::Imagined, Played::imagined(&self)?),
        };
        Ok(Recording {
            title: self.title(),
            origin,
            boxes: self.boxes,
            fixtures: self.fixtures,
            // Each step's own box stands out while the step lasts.
            targets: Vec::new(),
            steps: played.steps,
            frames: played.frames,
            imagined: played.ghosts,
            events: played.events,
        })
    }

    fn title(&self) -> String {
        let task = match &self.file.task {
            Some(serde_json::Value::String(name)) => name.as_str(),
            _ => "plan",
        };
        match self.file.verdict.as_deref() {
            Some("no_safe_plan") => format!("{task} · no safe plan"),
            _ => task.to_owned(),
        }
    }

    /// All boxes at a moment; those that are not named are as in `otherwise`.
    pub(super) fn poses(
        &self,
        moment: &MomentFile,
        otherwise: &[Option<Pose>],
    ) -> Result<Vec<Option<Pose>>, ReplayError> {
        let mut poses = otherwise.to_vec();
        for (id, p) in &moment.boxes {
            poses[self.index(id)?] = Some(pose(p.position, p.rotation, id)?);
        }
        Ok(poses)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::replay::RecordedFrame;

    fn at(z: f64) -> Value {
        json!({"position": [0, 0, z], "rotation": [0, 0, 0, 1]})
    }

    fn down(t: f64, z: f64, grip: &str) -> Value {
        json!({"t": t, "position": [0, 0, z], "rotation": [1, 0, 0, 0], "grip": grip})
    }

    /// `b` stands on `a`; the plan takes `b`, then `a`.
    pub(in crate::replay) fn plan() -> Value {
        let step = |id: &str, z: f64, boxes: Value| {
            json!({
                "action": "remove", "box": id, "risk": 0.01, "risk_bound": 0.015,
                "grasp": {"gripper": "suction", "face": "top"},
                "motion": [down(0.0, 1.0, "open"), down(1.0, z + 0.1, "closed"), down(2.0, z + 0.5, "closed")],
                "imagined": [{"t": 1.0, "boxes": boxes}],
            })
        };
        json!({
            "version": 1, "task": "two", "verdict": "safe",
            "scene": {
                "fixtures": [],
                "boxes": {
                    "a": {"size": [0.3, 0.3, 0.2], "position": [0, 0, 0.1], "rotation": [0, 0, 0, 1]},
                    "b": {"size": [0.3, 0.3, 0.2], "position": [0, 0, 0.3], "rotation": [0, 0, 0, 1]},
                },
            },
            "steps": [
                step("b", 0.3, json!({"a": at(0.1), "b": at(0.3)})),
                step("a", 0.1, json!({"a": at(0.1)})),
            ],
        })
    }

    /// The same, carried out: `a` tilts a little late.
    pub(in crate::replay) fn executed_plan() -> Value {
        let mut plan = plan();
        let hand = json!({"position": [0, 0, 0.4], "rotation": [1, 0, 0, 0]});
        let both = json!({"a": at(0.1), "b": at(0.3)});
        plan["executed"] = json!({
            "success": false,
            "accidents": [{"kind": "tilt", "box": "a", "step": 1, "t": 1.2}],
            "frames": [
                {"t": 1.0, "step": 0, "boxes": both, "hand": hand},
                {"t": 1.25, "step": 0, "boxes": {"a": at(0.1), "b": at(0.4)}, "hand": hand},
                {"t": 1.5, "step": 0, "boxes": {"a": at(0.1), "b": at(0.5)}, "hand": null},
                {"t": 1.0, "step": 1, "boxes": {"a": at(0.1)}, "hand": hand},
                {"t": 1.5, "step": 1, "boxes": {"a": at(0.12)}, "hand": hand},
            ],
        });
        plan
    }

    #[test]
    fn a_plan_that_was_not_carried_out_is_shown_as_it_is_imagined() {
        let recording = Recording::from_plan_json(&plan().to_string()).unwrap();
        assert_eq!(recording.origin, Origin::Imagined);
        let frame = |t: f64| recording.at(t);
        // The imagination ends at 1 s; after it the box goes with the hand that holds it.
        let b = frame(1.5).boxes[1].unwrap().translation.z;
        assert!((b - 0.5).abs() < 1e-6, "got {b}");
        let gone = |f: RecordedFrame| f.boxes.iter().filter(|b| b.is_none()).count();
        assert_eq!(gone(frame(3.0)), 1);
        assert_eq!(gone(frame(99.0)), 2);
    }

    #[test]
    fn a_truncated_plan_says_that_it_is_cut_short_and_where() {
        let whole = plan().to_string();
        for cut in [1, whole.len() / 3, whole.len() - 1] {
            let error = Recording::from_plan_json(&whole[..cut]).unwrap_err();
            let help = miette::Diagnostic::help(&error).unwrap().to_string();
            assert!(error.to_string().contains("line 1"), "{error}");
            assert_eq!(help, "the file is cut short; plan again");
        }
    }

    #[test]
    fn what_is_no_plan_a_future_plan_and_a_plan_without_scene_are_told_apart() {
        let told = |plan: Value| {
            let error = Recording::from_plan_json(&plan.to_string()).unwrap_err();
            error.to_string()
        };
        assert!(told(json!({"colour": "red"})).contains("no `version`"));
        assert!(told(json!([1, 2])).contains("no plan"));
        let mut future = plan();
        future["version"] = json!(7);
        assert!(told(future).contains("version 7"));
        let mut bare = plan();
        bare["scene"] = Value::Null;
        assert!(told(bare).contains("does not hold its scene"));
        let mut stranger = plan();
        stranger["steps"][0]["box"] = json!("z");
        assert!(told(stranger).contains("`z` is not in the plan's scene"));
    }

    #[test]
    fn poses_that_are_not_numbers_or_not_rotations_are_errors() {
        let told = |key: &str, value: Value| {
            let mut plan = plan();
            plan["scene"]["boxes"]["a"][key] = value;
            Recording::from_plan_json(&plan.to_string())
                .unwrap_err()
                .to_string()
        };
        assert!(told("position", json!([0, null, 0])).contains("null"));
        assert!(told("rotation", json!([0, 0, 0, 0])).contains("not a quaternion"));
        assert!(told("position", json!([1e300, 0, 0])).contains("finite number"));
        assert!(told("size", json!([0.1, -0.1, 0.1])).contains("size of a"));
    }
}
