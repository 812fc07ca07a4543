//! Recordings of plans, from the JSON object that `topple plan --json` prints.
//!
//! Owns the reading of design, section 3, with the two keys that a replay needs beside it
//! (`scene` and `executed.frames`). Keys it does not know are left alone, so that a plan may carry
//! more; a file of another version, a truncated one and one that does not fit together are typed
//! errors. What was executed is shown where there is something; else what was imagined.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::source::event_text;
use super::timeline::between;
use super::{
    Event, HandShape, Origin, RecordedBox, RecordedFixture, RecordedFrame, RecordedStep, Recording,
    ReplayError,
};
use crate::pose::{Pose, Vec3, rotation_from_xyzw};
use crate::rollout::{AccidentKind, Grip};

/// The version of the plan's JSON that is read here.
pub const PLAN_VERSION: u64 = 1;
/// How often a motion is shown where nothing was executed, s.
const SHOWN_EVERY_S: f64 = 0.1;
/// The pause between two steps whose clocks both start at zero, s.
const PAUSE_S: f64 = 0.5;

#[derive(Deserialize)]
struct PlanFile {
    #[serde(default)]
    task: Option<serde_json::Value>,
    #[serde(default)]
    verdict: Option<String>,
    scene: Option<SceneFile>,
    #[serde(default)]
    steps: Vec<StepFile>,
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
    position: [f64; 3],
    rotation: [f64; 4],
}

#[derive(Deserialize)]
struct BoxFile {
    size: [f64; 3],
    position: [f64; 3],
    rotation: [f64; 4],
}

#[derive(Deserialize)]
struct PoseFile {
    position: [f64; 3],
    rotation: [f64; 4],
}

#[derive(Deserialize)]
struct StepFile {
    action: String,
    #[serde(rename = "box")]
    box_id: String,
    grasp: Option<GraspFile>,
    risk: Option<f64>,
    risk_bound: Option<f64>,
    #[serde(default)]
    motion: Vec<KeyFile>,
    #[serde(default)]
    imagined: Vec<MomentFile>,
}

#[derive(Deserialize)]
struct GraspFile {
    gripper: String,
    face: String,
}

#[derive(Deserialize)]
struct KeyFile {
    t: f64,
    position: [f64; 3],
    rotation: [f64; 4],
    grip: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct MomentFile {
    t: f64,
    #[serde(default)]
    step: usize,
    boxes: BTreeMap<String, PoseFile>,
    hand: Option<PoseFile>,
}

#[derive(Deserialize)]
struct ExecutedFile {
    #[serde(default)]
    accidents: Vec<AccidentFile>,
    #[serde(default)]
    frames: Vec<MomentFile>,
}

#[derive(Deserialize)]
struct AccidentFile {
    kind: AccidentKind,
    #[serde(rename = "box")]
    box_id: Option<String>,
    #[serde(default)]
    step: usize,
    t: f64,
}

/// A key of a step's motion, read.
struct Key {
    t: f64,
    pose: Pose,
    grip: Grip,
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

fn pose(position: [f64; 3], rotation: [f64; 4], what: &str) -> Result<Pose, ReplayError> {
    let rotation = rotation_from_xyzw(rotation).map_err(|e| ReplayError::Inconsistent {
        what: format!("{what}: {e}"),
    })?;
    Ok(Pose::from_parts(Vec3::from(position).into(), rotation))
}

struct Plan<'a> {
    file: &'a PlanFile,
    ids: BTreeMap<&'a str, usize>,
    boxes: Vec<RecordedBox>,
    fixtures: Vec<RecordedFixture>,
    standing: Vec<Option<Pose>>,
    steps: Vec<RecordedStep>,
    targets: Vec<usize>,
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

    fn index(&self, id: &str) -> Result<usize, ReplayError> {
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
        let keys = keys_of(step)?;
        let gripping = keys.iter().find(|k| k.grip == Grip::Closed).or(keys.last());
        let gap_m = match (gripping, self.standing[target]) {
            (Some(key), Some(stands)) => {
                let closing = stands.rotation.inverse() * (key.pose.rotation * Vec3::x());
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
        let played = executed.filter(|e| !e.frames.is_empty());
        let imagined = self.imagined_frames()?;
        let (origin, frames, imagined, events) = match played {
            Some(executed) => {
                let (frames, starts) = self.executed_frames(&executed.frames)?;
                let events = self.events(&executed.accidents, &starts, &frames)?;
                let ghosts = self.ghosts(&starts)?;
                (Origin::Sandbox, frames, ghosts, events)
            }
            None => (Origin::Imagined, imagined, Vec::new(), Vec::new()),
        };
        let origin = if self.file.steps.is_empty() && played.is_none() {
            Origin::Scene
        } else {
            origin
        };
        let steps = self.padded_steps(&frames);
        Ok(Recording {
            title: self.title(),
            origin,
            boxes: self.boxes,
            fixtures: self.fixtures,
            // Each step's own box stands out while the step lasts.
            targets: Vec::new(),
            steps,
            frames,
            imagined,
            events,
        })
    }

    /// The steps, with one for each that was executed after planning again.
    fn padded_steps(&self, frames: &[RecordedFrame]) -> Vec<RecordedStep> {
        let mut steps = self.steps.clone();
        let last = frames.iter().map(|f| f.step).max().unwrap_or(0);
        // A frame's step is a small number in a sound file; a wild one is caught by `checked`.
        while !steps.is_empty() && steps.len() <= last.min(1000) {
            steps.push(RecordedStep {
                title: format!("step {}, planned again", steps.len() + 1),
                target: None,
                hand: Some(HandShape::default()),
                risk: None,
                risk_bound: None,
            });
        }
        steps
    }

    fn title(&self) -> String {
        let task = match &self.file.task {
            Some(serde_json::Value::String(name)) => name.clone(),
            Some(serde_json::Value::Object(task)) => match task.get("name") {
                Some(serde_json::Value::String(name)) => name.clone(),
                _ => "plan".to_owned(),
            },
            _ => "plan".to_owned(),
        };
        match self.file.verdict.as_deref() {
            Some("no_safe_plan") => format!("{task} · no safe plan"),
            _ => task,
        }
    }

    /// All boxes at a moment; those that are not named are as in `otherwise`.
    fn poses(
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

    /// What was executed, on one clock, and when each step starts on it.
    fn executed_frames(
        &self,
        moments: &[MomentFile],
    ) -> Result<(Vec<RecordedFrame>, Vec<f64>), ReplayError> {
        let gone = vec![None; self.boxes.len()];
        let mut frames: Vec<RecordedFrame> = Vec::with_capacity(moments.len());
        let mut starts: Vec<f64> = Vec::new();
        let mut shift = 0.0;
        for moment in moments {
            if let Some(before) = frames.last() {
                // Each step may have a clock of its own, which then starts again.
                let restarted = moment.step > before.step && moment.t + shift < before.t;
                if restarted {
                    shift = before.t + PAUSE_S - moment.t.min(0.0);
                }
            }
            if moment.step < 1000 && starts.len() <= moment.step {
                let start = match frames.last() {
                    Some(before) if shift == 0.0 => before.t,
                    _ => shift,
                };
                starts.resize(moment.step + 1, start);
            }
            let hand = match &moment.hand {
                Some(h) => Some(pose(h.position, h.rotation, "the hand")?),
                None => None,
            };
            frames.push(RecordedFrame {
                t: moment.t + shift,
                step: moment.step,
                boxes: self.poses(moment, &gone)?,
                hand,
            });
        }
        Ok((frames, starts))
    }

    fn events(
        &self,
        accidents: &[AccidentFile],
        starts: &[f64],
        frames: &[RecordedFrame],
    ) -> Result<Vec<Event>, ReplayError> {
        let mut events = Vec::new();
        for accident in accidents {
            let box_index = match &accident.box_id {
                Some(id) => Some(self.index(id)?),
                None => None,
            };
            let of_step = |f: &&RecordedFrame| f.step == accident.step;
            let ends = frames.iter().rev().find(of_step).map_or(0.0, |f| f.t);
            let starts = starts.get(accident.step).copied().unwrap_or(0.0);
            // A time within the step on the common clock is on that clock; else on the step's own.
            let t = if accident.t >= starts && accident.t <= ends {
                accident.t
            } else {
                accident.t + starts
            };
            events.push(Event {
                t,
                kind: accident.kind,
                box_index,
                step: accident.step,
                text: event_text(accident.kind.name(), accident.box_id.as_deref(), t),
            });
        }
        events.sort_by(|a, b| a.t.total_cmp(&b.t));
        Ok(events)
    }

    /// The imagined poses of each step, on the clock on which it was executed.
    fn ghosts(&self, starts: &[f64]) -> Result<Vec<RecordedFrame>, ReplayError> {
        let mut ghosts = Vec::new();
        let nothing = vec![None; self.boxes.len()];
        for (index, step) in self.file.steps.iter().enumerate() {
            let Some(start) = starts.get(index) else {
                break;
            };
            for moment in &step.imagined {
                ghosts.push(RecordedFrame {
                    t: start + moment.t,
                    step: index,
                    boxes: self.poses(moment, &nothing)?,
                    hand: None,
                });
            }
        }
        // Where two steps' clocks overlap, the later one's ghosts begin when the earlier end.
        let mut latest = f64::NEG_INFINITY;
        for ghost in &mut ghosts {
            ghost.t = ghost.t.max(latest);
            latest = ghost.t;
        }
        Ok(ghosts)
    }

    /// The whole plan as it is imagined: each step's motion, and the boxes beside it.
    fn imagined_frames(&self) -> Result<Vec<RecordedFrame>, ReplayError> {
        let mut standing = self.standing.clone();
        let mut frames = vec![RecordedFrame {
            t: 0.0,
            step: 0,
            boxes: standing.clone(),
            hand: None,
        }];
        let mut clock = 0.0;
        for (index, step) in self.file.steps.iter().enumerate() {
            let shown = ImaginedStep::read(self, step, self.targets[index], &standing)?;
            let mut times: Vec<f64> = shown.moments.iter().map(|m| m.0).collect();
            let whole = (shown.end_s() / SHOWN_EVERY_S).ceil().clamp(0.0, 6000.0) as usize;
            times.extend((0..=whole).map(|k| (k as f64 * SHOWN_EVERY_S).min(shown.end_s())));
            times.retain(|t| t.is_finite());
            times.sort_by(f64::total_cmp);
            times.dedup();
            for t in times {
                frames.push(RecordedFrame {
                    t: clock + t,
                    step: index,
                    boxes: shown.boxes_at(t),
                    hand: shown.hand_at(t),
                });
            }
            standing = shown.boxes_at(shown.end_s());
            if step.action == "remove" {
                standing[self.targets[index]] = None;
            }
            clock += shown.end_s() + PAUSE_S;
            frames.push(RecordedFrame {
                t: clock - 0.5 * PAUSE_S,
                step: index,
                boxes: standing.clone(),
                hand: None,
            });
        }
        Ok(frames)
    }
}

fn keys_of(step: &StepFile) -> Result<Vec<Key>, ReplayError> {
    let read = |k: &KeyFile| {
        let closed = match &k.grip {
            Some(serde_json::Value::String(grip)) => grip == "closed",
            Some(serde_json::Value::Bool(closed)) => *closed,
            _ => false,
        };
        Ok(Key {
            t: k.t,
            pose: pose(k.position, k.rotation, "the hand")?,
            grip: if closed { Grip::Closed } else { Grip::Open },
        })
    };
    step.motion.iter().map(read).collect()
}

/// One step as it is imagined, on its own clock.
struct ImaginedStep {
    keys: Vec<Key>,
    moments: Vec<(f64, Vec<Option<Pose>>)>,
    target: usize,
}

impl ImaginedStep {
    fn read(
        plan: &Plan<'_>,
        step: &StepFile,
        target: usize,
        standing: &[Option<Pose>],
    ) -> Result<Self, ReplayError> {
        let mut moments: Vec<(f64, Vec<Option<Pose>>)> = Vec::new();
        for moment in &step.imagined {
            let before = moments.last().map_or(standing, |m| &m.1);
            moments.push((moment.t, plan.poses(moment, before)?));
        }
        if moments.is_empty() {
            moments.push((0.0, standing.to_vec()));
        }
        let keys = keys_of(step)?;
        let ordered = keys.windows(2).all(|w| w[0].t <= w[1].t)
            && moments.windows(2).all(|w| w[0].0 <= w[1].0);
        if !ordered {
            let what = format!("the step on {} goes back in time", step.box_id);
            return Err(ReplayError::Inconsistent { what });
        }
        Ok(Self {
            keys,
            moments,
            target,
        })
    }

    fn end_s(&self) -> f64 {
        let motion = self.keys.last().map_or(0.0, |k| k.t);
        motion.max(self.moments.last().map_or(0.0, |m| m.0))
    }

    fn hand_at(&self, t: f64) -> Option<Pose> {
        let next = self.keys.partition_point(|k| k.t <= t);
        let before = self.keys.get(next.saturating_sub(1))?;
        let Some(after) = self.keys.get(next).filter(|_| next > 0) else {
            return Some(before.pose);
        };
        let s = (t - before.t) / (after.t - before.t).max(1e-9);
        Some(between(&before.pose, &after.pose, s))
    }

    fn holds_at(&self, t: f64) -> bool {
        let next = self.keys.partition_point(|k| k.t <= t);
        next > 0 && self.keys[next - 1].grip == Grip::Closed
    }

    fn boxes_at(&self, t: f64) -> Vec<Option<Pose>> {
        let next = self.moments.partition_point(|m| m.0 <= t);
        let before = &self.moments[next.saturating_sub(1)];
        let Some(after) = self.moments.get(next).filter(|_| next > 0) else {
            return self.carried(before, t);
        };
        let s = (t - before.0) / (after.0 - before.0).max(1e-9);
        let pairs = before.1.iter().zip(&after.1);
        pairs
            .map(|(a, b)| match (a, b) {
                (Some(a), Some(b)) => Some(between(a, b, s)),
                (a, _) => *a,
            })
            .collect()
    }

    /// After the last imagined moment the box that is held goes with the hand.
    fn carried(&self, last: &(f64, Vec<Option<Pose>>), t: f64) -> Vec<Option<Pose>> {
        let mut boxes = last.1.clone();
        let held = t > last.0 && self.holds_at(last.0) && self.holds_at(t);
        if let (true, Some(then), Some(now)) = (held, self.hand_at(last.0), self.hand_at(t)) {
            boxes[self.target] = boxes[self.target].map(|p| now * then.inverse() * p);
        }
        boxes
    }
}
