//! Episodes and scenes as recordings, on a lift whose every moment is known.

use super::*;
use crate::grasp::GraspCandidate;
use crate::pose::{Pose, Vec3, level, rotation_with_z};
use crate::rollout::{AccidentKind, BodyState, Frame, Grip, HandKey, Motion, Rollout};
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
