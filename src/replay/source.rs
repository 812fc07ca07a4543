//! Recordings of what the program itself holds: a scene, a task, an episode.
//!
//! Owns their constructors and the naming of actions in a person's words. An episode's frames
//! begin when the grip closes, so the hand's flight to the box is put before them from the
//! action's own motion: the scene stands still meanwhile.

use super::approach::Approach;
use super::{
    Event, HandShape, Origin, RecordedBox, RecordedFixture, RecordedFrame, RecordedStep, Recording,
    ReplayError,
};
use crate::dataset::Episode;
use crate::rollout::{Accident, Action};
use crate::scene::task::{Task, TaskFile};
use crate::scene::{Gripper, Scene, Workcell};

impl Recording {
    /// A scene as it is believed to stand: one frame. `targets` are indices of boxes.
    ///
    /// # Errors
    /// When it is empty or holds a number that cannot be drawn.
    pub fn from_scene(title: &str, scene: &Scene, targets: &[usize]) -> Result<Self, ReplayError> {
        let frame = RecordedFrame {
            t: 0.0,
            step: 0,
            boxes: scene.boxes.iter().map(|b| Some(b.pose)).collect(),
            hand: None,
        };
        Self {
            title: title.to_owned(),
            origin: Origin::Scene,
            targets: targets.to_vec(),
            frames: vec![frame],
            ..empty(scene)
        }
        .checked()
    }

    /// A task file: its scene, what is wanted, and where a box is to go.
    ///
    /// # Errors
    /// As [`Self::from_scene`].
    pub fn from_task(file: &TaskFile) -> Result<Self, ReplayError> {
        let (targets, goal) = match &file.task {
            None => (Vec::new(), None),
            // Where everything is wanted, nothing stands out.
            Some(Task::Clear { boxes }) if boxes.len() == file.workcell.scene.boxes.len() => {
                (Vec::new(), None)
            }
            Some(Task::Clear { boxes }) => (boxes.clone(), None),
            Some(Task::Retrieve { box_index }) => (vec![*box_index], None),
            Some(Task::Move { box_index, target }) => {
                (vec![*box_index], Some((*box_index, *target)))
            }
        };
        let mut recording = Self::from_scene(&file.name, &file.workcell.scene, &targets)?;
        if let Some((index, target)) = goal {
            let mut boxes = vec![None; recording.boxes.len()];
            boxes[index] = Some(target);
            recording.imagined.push(RecordedFrame {
                t: 0.0,
                step: 0,
                boxes,
                hand: None,
            });
        }
        recording.checked()
    }

    /// What came of one action under one draw.
    ///
    /// # Errors
    /// When it has no frames, or holds a number that cannot be drawn.
    pub fn from_episode(episode: &Episode) -> Result<Self, ReplayError> {
        let scene = &episode.workcell.scene;
        let target = episode.action.box_index();
        let Some(spec) = scene.boxes.get(target) else {
            return Err(ReplayError::Inconsistent {
                what: format!("the action is on box {target} of {}", scene.boxes.len()),
            });
        };
        let what = action_in_words(&episode.workcell, &episode.action);
        let hand = episode.action.grasp().and_then(|grasp| {
            let gripper = episode.workcell.robot.grippers.get(grasp.gripper)?;
            Some(HandShape::holding(gripper, grasp, spec.size))
        });
        let step = RecordedStep {
            title: what.clone(),
            target: Some(target),
            hand,
            risk: None,
            risk_bound: None,
        };
        let ids = |i: usize| scene.boxes.get(i).map(|b| b.id.as_str());
        let accidents = episode.rollout.accidents.iter();
        Self {
            title: format!("episode {} · {} · {what}", episode.index, episode.family),
            origin: Origin::Sandbox,
            targets: vec![target],
            steps: vec![step],
            frames: episode_frames(episode),
            events: accidents.map(|a| event_of(a, ids(a.box_index))).collect(),
            ..empty(scene)
        }
        .checked()
    }
}

/// An accident as it is shown, on the clock of step 0.
fn event_of(accident: &Accident, id: Option<&str>) -> Event {
    Event {
        t: accident.t,
        kind: accident.kind,
        box_index: id.map(|_| accident.box_index),
        step: 0,
        text: event_text(accident.kind.name(), id, accident.t),
    }
}

/// "tilt: b at 1.25 s".
pub(super) fn event_text(kind: &str, id: Option<&str>, t: f64) -> String {
    match id {
        Some(id) => format!("{kind}: {id} at {t:.2} s"),
        None => format!("{kind} at {t:.2} s"),
    }
}

/// "remove a with suction on its top".
pub fn action_in_words(workcell: &Workcell, action: &Action) -> String {
    let boxes = &workcell.scene.boxes;
    let id = boxes
        .get(action.box_index())
        .map_or("a box", |b| b.id.as_str());
    match action {
        Action::Remove { grasp, .. } | Action::Place { grasp, .. } => {
            let gripper = match workcell.robot.grippers.get(grasp.gripper) {
                Some(Gripper::Suction { .. }) => "suction",
                Some(Gripper::ParallelJaw { .. }) => "parallel jaw",
                None => "an unknown gripper",
            };
            let face = grasp.face.name();
            format!("{} {id} with {gripper} on its {face}", action.name())
        }
        Action::Nudge { by, .. } => {
            format!("nudge {id} by ({:.3}, {:.3}, {:.3}) m", by.x, by.y, by.z)
        }
        Action::Push { force, .. } => {
            let f = force;
            format!("push {id} with ({:.1}, {:.1}, {:.1}) N", f.x, f.y, f.z)
        }
    }
}

fn empty(scene: &Scene) -> Recording {
    let boxes = scene.boxes.iter().map(|b| RecordedBox {
        id: b.id.clone(),
        size: b.size,
    });
    let fixtures = scene.fixtures.iter().map(|f| RecordedFixture {
        id: f.id.clone(),
        size: f.size,
        pose: f.pose,
    });
    Recording {
        title: String::new(),
        origin: Origin::Scene,
        boxes: boxes.collect(),
        fixtures: fixtures.collect(),
        targets: Vec::new(),
        steps: Vec::new(),
        frames: Vec::new(),
        imagined: Vec::new(),
        events: Vec::new(),
    }
}

fn episode_frames(episode: &Episode) -> Vec<RecordedFrame> {
    let rollout = &episode.rollout;
    let first_t = rollout.frames.first().map_or(0.0, |f| f.t);
    let mut frames = match episode.action.motion() {
        Some(motion) if !motion.keys.is_empty() => {
            // Not the references: a box that was put down belongs at its target.
            let standing: Vec<_> = match rollout.frames.first() {
                Some(first) => first.boxes.iter().map(|b| Some(b.pose)).collect(),
                None => rollout.reference.iter().map(|&p| Some(p)).collect(),
            };
            let approach = Approach {
                step: 0,
                start_s: 0.0,
                until_s: first_t,
                standing: &standing,
            };
            approach.frames(|t| Some(motion.at(t).pose))
        }
        _ => Vec::new(),
    };
    let target = episode.action.box_index();
    let removes = matches!(episode.action, Action::Remove { .. }) && rollout.completed;
    let mut hand_was_there = !frames.is_empty();
    for frame in &rollout.frames {
        hand_was_there |= frame.hand.is_some();
        // The hand and the box that it carried vanish together (design, section 2).
        let carried_away = removes && hand_was_there && frame.hand.is_none();
        let poses = frame.boxes.iter().enumerate();
        frames.push(RecordedFrame {
            t: frame.t,
            step: 0,
            boxes: poses
                .map(|(i, b)| (!(carried_away && i == target)).then_some(b.pose))
                .collect(),
            hand: frame.hand,
        });
    }
    frames
}

#[cfg(test)]
pub(crate) mod tests;
