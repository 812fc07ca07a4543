//! Recordings of plans, from the JSON object that `topple plan --json` prints.
//!
//! Owns the reading of design, section 3, with the two keys that a replay needs beside it
//! (`scene` and `executed.frames`); the keys are in [`mod@format`]. Those it does not know are left alone, so that a
//! plan may carry more; a file of another version, a truncated one and one that does not fit together are typed
//! errors. What was executed is shown where there is something; else what was imagined.

mod format;

use std::collections::BTreeMap;

use super::plan_imagined::Keys;
use super::plan_played::Played;
use super::{
    HandShape, Origin, RecordedBox, RecordedFixture, RecordedStep, Recording, ReplayError,
};
use crate::pose::{Pose, Vec3, rotation_from_xyzw};
use format::{PlanFile, SceneFile};

pub(super) use format::{ExecutedFile, KeyFile, MomentFile, StepFile};

/// The version of the plan's JSON that is read here.
pub const PLAN_VERSION: u64 = 1;

impl Recording {
    /// A plan, from the text of its JSON object.
    ///
    /// # Errors
    /// When the text is truncated, no plan, of another version, or has nothing to show.
    pub fn from_plan_json(text: &str) -> Result<Self, ReplayError> {
        Self::read_plan(text).map_err(ReplayError::visibly)
    }

    fn read_plan(text: &str) -> Result<Self, ReplayError> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(not_json)?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(PLAN_VERSION) => {}
            Some(other) => {
                return Err(refuse(
                    format!(
                        "this plan is of version {other}, and this program reads version {PLAN_VERSION}"
                    ),
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
                "give the whole output of `topple plan TASK.yaml --json`; that of `what-if` or `vet` is no plan",
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

    pub(super) fn shown_step(
        &self,
        step: &StepFile,
        target: usize,
    ) -> Result<RecordedStep, ReplayError> {
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
pub(super) mod tests;
