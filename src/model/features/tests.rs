//! What features must not depend on, and what they leave out.

use super::*;
use crate::model::fixture_scenes::{box_at, scene_of, workcell_of};
use crate::pose::{Pose, level, rotation_with_z};
use crate::rollout::{Grip, HandKey, Motion};
use crate::scene::geometry::Face;
use crate::scene::{CenterOfMass, Scene};

fn scene() -> Scene {
    let mut scene = scene_of(vec![
        box_at("low", [0.4, 0.3, 0.2], [0.0, 0.0, 0.1], 5.0),
        box_at("beside", [0.3, 0.3, 0.25], [0.36, 0.02, 0.125], 4.0),
        box_at("top", [0.3, 0.2, 0.1], [0.05, 0.03, 0.25], 2.0),
    ]);
    scene.boxes[1].com = CenterOfMass::Known(Vec3::new(0.02, -0.03, 0.01));
    scene
}

fn pull(scene: &Scene, moved_by: &Pose) -> Action {
    let hand_in_box = Pose::from_parts(
        Vec3::new(-0.2, 0.03, 0.02).into(),
        rotation_with_z(Vec3::x(), Vec3::z()),
    );
    let at = scene.boxes[0].pose * hand_in_box;
    let back = moved_by.rotation * Vec3::new(-1.0, 0.15, 0.3);
    let key = |t: f64, by: f64, grip: Grip| {
        let mut pose = at;
        pose.translation.vector += back * by;
        HandKey { t, pose, grip }
    };
    Action::Remove {
        grasp: crate::grasp::GraspCandidate {
            box_index: 0,
            gripper: 0,
            face: Face::Back,
            hand_in_box,
        },
        motion: Motion {
            keys: vec![
                key(0.0, 0.3, Grip::Open),
                key(1.0, 0.0, Grip::Closed),
                key(3.0, 0.5, Grip::Closed),
            ],
        },
    }
}

fn moved(scene: &Scene, by: &Pose) -> Scene {
    let mut out = scene.clone();
    for b in &mut out.boxes {
        b.pose = by * b.pose;
    }
    out
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, f32::max)
}

#[test]
fn a_scene_that_is_turned_about_the_vertical_and_shifted_looks_the_same() {
    let here = scene();
    let by = level(Vec3::new(2.0, -1.0, 0.0), 2.2);
    let there = moved(&here, &by);
    let see = |scene: &Scene, by: &Pose| {
        let action = pull(scene, by);
        let encoder = Encoder::new(&workcell_of(scene.clone()));
        encoder.see(&action).unwrap().input
    };
    let (a, b) = (see(&here, &Pose::identity()), see(&there, &by));
    assert_eq!(a.bodies, b.bodies);
    assert_eq!(a.senders, b.senders);
    assert!(difference(&a.nodes, &b.nodes) < 1e-4);
    assert!(difference(&a.edges, &b.edges) < 1e-4);
    assert!(difference(&a.action, &b.action) < 1e-3);
    assert!(difference(&a.strides, &b.strides) < 1e-4);
}

#[test]
fn boxes_that_nothing_ties_to_the_action_are_left_out() {
    let mut scene = scene();
    scene
        .boxes
        .push(box_at("far", [0.2, 0.2, 0.2], [2.0, 0.0, 0.1], 1.0));
    let encoder = Encoder::new(&workcell_of(scene.clone()));
    let seen = encoder.see(&pull(&scene, &Pose::identity())).unwrap();
    assert_eq!(seen.input.bodies, vec![0, 1, 2]);
}

#[test]
fn a_box_that_is_not_there_cannot_be_seen() {
    let encoder = Encoder::new(&workcell_of(scene()));
    let action = Action::Nudge {
        box_index: 7,
        by: Vec3::x(),
    };
    assert!(encoder.see(&action).is_none());
}
