//! Recordings of what the program itself holds: a scene, a task, an episode.
//!
//! Owns their constructors and the naming of actions in a person's words. An episode's frames
//! begin when the grip closes, so the hand's flight to the box is put before them from the
//! action's own motion: the scene stands still meanwhile.

use super::{
    Event, HandShape, Origin, RecordedBox, RecordedFixture, RecordedFrame, RecordedStep, Recording,
    ReplayError,
};
use crate::dataset::Episode;
use crate::pose::Pose;
use crate::rollout::{Accident, Action, Motion};
use crate::scene::task::{Task, TaskFile};
use crate::scene::{Gripper, Scene, Workcell};

/// How often the flight to a box is shown, s.
const APPROACH_S: f64 = 0.1;

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
        Some(motion) => approach(motion, &rollout.reference, first_t),
        None => Vec::new(),
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

/// The hand on its way from the motion's start to time `until`, over a scene that stands still.
fn approach(motion: &Motion, standing: &[Pose], until: f64) -> Vec<RecordedFrame> {
    if motion.keys.is_empty() || !until.is_finite() {
        return Vec::new();
    }
    // An approach of more than a minute is shown coarser, not longer.
    let count = ((until / APPROACH_S).ceil().max(0.0) as usize).min(600);
    let times = (0..count).map(|k| until * k as f64 / count as f64);
    times
        .map(|t| RecordedFrame {
            t,
            step: 0,
            boxes: standing.iter().map(|&p| Some(p)).collect(),
            hand: Some(motion.at(t).pose),
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::grasp::GraspCandidate;
    use crate::pose::{Vec3, level, rotation_with_z};
    use crate::rollout::{AccidentKind, BodyState, Frame, Grip, HandKey, Rollout};
    use crate::scene::geometry::Face;
    use crate::scene::{BoxSpec, CenterOfMass, Draw, PoseNoise, Quantity, Robot, Safety};

    fn spec(id: &str, z: f64) -> BoxSpec {
        BoxSpec {
            id: id.to_owned(),
            size: Vec3::new(0.3, 0.3, 0.2),
            pose: level(Vec3::new(0.0, 0.0, z), 0.0),
            mass: Quantity::Known(2.0),
            friction: Quantity::Known(0.5),
            com: CenterOfMass::Known(Vec3::zeros()),
            max_force_n: None,
        }
    }

    fn workcell() -> Workcell {
        Workcell {
            scene: Scene {
                ground_friction: 0.5,
                pose_noise: PoseNoise::default(),
                fixtures: Vec::new(),
                boxes: vec![spec("a", 0.1), spec("b", 0.3)],
            },
            robot: Robot {
                home: level(Vec3::new(-0.5, 0.0, 1.0), 0.0),
                max_hand_force: 200.0,
                grippers: vec![Gripper::Suction {
                    cup_radius: 0.04,
                    max_pull: 180.0,
                    max_shear: 120.0,
                    max_moment: 3.6,
                }],
                reach: None,
            },
            safety: Safety::default(),
        }
    }

    /// An episode in which `b` is lifted off `a`, and `a` is said to tilt.
    pub(crate) fn lifting_b() -> Episode {
        let workcell = workcell();
        let down = rotation_with_z(-Vec3::z(), Vec3::x());
        let hand_at = |z: f64| Pose::from_parts(Vec3::new(0.0, 0.0, z).into(), down);
        let key = |t: f64, z: f64, grip: Grip| HandKey {
            t,
            pose: hand_at(z),
            grip,
        };
        let motion = Motion {
            keys: vec![
                key(0.0, 1.0, Grip::Open),
                key(1.0, 0.4, Grip::Closed),
                key(2.0, 0.8, Grip::Closed),
            ],
        };
        let grasp = GraspCandidate {
            box_index: 1,
            gripper: 0,
            face: Face::Top,
            hand_in_box: Pose::from_parts(Vec3::new(0.0, 0.0, 0.1).into(), down),
        };
        let body = |z: f64| BodyState {
            pose: level(Vec3::new(0.0, 0.0, z), 0.0),
            linear: Vec3::zeros(),
            angular: Vec3::zeros(),
            force: 20.0,
        };
        let frame = |t: f64, lift: f64, hand: bool| Frame {
            t,
            boxes: vec![body(0.1), body(0.3 + lift)],
            hand: hand.then(|| hand_at(0.4 + lift)),
            held: hand,
            grip_margin: 0.5,
        };
        Episode {
            index: 7,
            stack: 3,
            family: "column".to_owned(),
            action: Action::Remove { grasp, motion },
            draw: Draw { boxes: Vec::new() },
            rollout: Rollout {
                reference: workcell.scene.boxes.iter().map(|b| b.pose).collect(),
                frames: vec![
                    frame(1.0, 0.0, true),
                    frame(1.25, 0.1, true),
                    frame(1.5, 0.2, false),
                ],
                accidents: vec![Accident {
                    kind: AccidentKind::Tilt,
                    box_index: 0,
                    t: 1.2,
                }],
                completed: true,
                path_length: 0.0,
                peak_speed: 0.0,
                physics_steps: 360,
            },
            workcell,
        }
    }

    #[test]
    fn an_episode_shows_the_flight_to_the_box_and_then_what_happened() {
        let recording = Recording::from_episode(&lifting_b()).unwrap();
        assert_eq!(recording.frames[0].t, 0.0);
        assert_eq!(recording.frames.len(), 10 + 3);
        let hand = recording.at(0.5).hand.unwrap().translation.z;
        assert!((hand - 0.7).abs() < 1e-6, "half way down, got {hand}");
        assert_eq!(recording.events[0].text, "tilt: a at 1.20 s");
        assert_eq!(recording.steps[0].title, "remove b with suction on its top");
    }

    #[test]
    fn the_removed_box_vanishes_with_the_hand_but_only_when_it_was_carried_clear() {
        let episode = lifting_b();
        let recording = Recording::from_episode(&episode).unwrap();
        assert!(recording.at(1.4).boxes[1].is_some());
        assert!(recording.at(1.5).boxes[1].is_none());
        let mut dropped = episode;
        dropped.rollout.completed = false;
        let recording = Recording::from_episode(&dropped).unwrap();
        assert!(recording.at(1.5).boxes[1].is_some());
    }

    #[test]
    fn a_scene_is_a_recording_of_one_frame() {
        let scene = workcell().scene;
        let recording = Recording::from_scene("two", &scene, &[1]).unwrap();
        assert_eq!(recording.frames.len(), 1);
        assert_eq!(recording.targets, [1]);
        let nothing = Scene {
            boxes: Vec::new(),
            ..scene
        };
        assert!(Recording::from_scene("none", &nothing, &[]).is_err());
    }
}
