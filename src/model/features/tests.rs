//! What features must not depend on, and what they leave out.

use super::*;
use crate::model::course::STRIDES;
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

/// What is seen of the pull in a scene that was moved `by`, and where it leads.
fn followed(scene: &Scene, by: &Pose) -> Seen {
    let action = pull(scene, by);
    let encoder = Encoder::new(&workcell_of(scene.clone()));
    let mut seen = encoder.see(&action).unwrap();
    encoder.follow(&action, &mut seen, STRIDES);
    seen
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
    let see = |scene: &Scene, by: &Pose| followed(scene, by).input;
    let (a, b) = (see(&here, &Pose::identity()), see(&there, &by));
    assert_eq!(a.bodies, b.bodies);
    assert_eq!(a.senders, b.senders);
    assert!(difference(&a.nodes, &b.nodes) < 1e-4);
    assert!(difference(&a.edges, &b.edges) < 1e-4);
    assert!(difference(&a.action, &b.action) < 1e-3);
    assert!(difference(&a.strides, &b.strides) < 1e-4);
    assert!(difference(&a.ways, &b.ways) < 1e-2);
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
fn boxes_that_a_graph_has_no_room_for_are_told_apart_from_those_that_nothing_ties_to_the_action() {
    let place = |i: usize| [0.2 * i as f64, 0.0, 0.1];
    let row = (0..MAX_NODES + 2).map(|i| box_at(&format!("b{i}"), [0.2; 3], place(i), 1.0));
    let far = box_at("far", [0.2; 3], [0.0, 5.0, 0.1], 1.0);
    let encoder = Encoder::new(&workcell_of(scene_of(row.chain([far]).collect())));
    let nudge = Action::Nudge {
        box_index: 0,
        by: Vec3::new(0.0, 0.05, 0.0),
    };
    let seen = encoder.see(&nudge).unwrap();
    let nodes: Vec<u32> = (0..MAX_NODES as u32).collect();
    assert_eq!(seen.input.bodies, nodes);
    assert_eq!(seen.cut, [MAX_NODES as u32, MAX_NODES as u32 + 1]);
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

#[test]
fn the_ways_tell_the_target_beyond_its_course_and_the_others_as_they_go() {
    let mut workcell = workcell_of(scene());
    // One that bears both boxes from the side.
    workcell.robot.grippers[0] = crate::scene::Gripper::Suction {
        cup_radius: 0.03,
        max_pull: 600.0,
        max_shear: 400.0,
        max_moment: 60.0,
    };
    let action = pull(&workcell.scene, &Pose::identity());
    let encoder = Encoder::new(&workcell);
    let mut seen = encoder.see(&action).unwrap();
    encoder.follow(&action, &mut seen, STRIDES);
    let way = |node: usize, stride: usize| {
        &seen.input.ways[(node * STRIDES + stride) * WAY_FEATURES..][..3]
    };
    // On a scale of 5 cm, 1.5 s of a pull of 0.25 m/s: the box droops at its cup, but does not lag behind.
    let along = |way: &[f32]| way[0].hypot(way[1]);
    assert!(along(way(0, 5)) < 0.1, "{:?}", way(0, 5));
    let top = seen.input.bodies.iter().position(|&b| b == 2).unwrap();
    assert!(along(way(top, 5)) > 1.0, "{:?}", way(top, 5));
}

#[test]
fn strides_that_nobody_asked_for_are_left_at_zero_and_the_others_are_the_same() {
    let scene = scene();
    let action = pull(&scene, &Pose::identity());
    let encoder = Encoder::new(&workcell_of(scene.clone()));
    let all = followed(&scene, &Pose::identity()).input.ways;
    let mut few = encoder.see(&action).unwrap();
    encoder.follow(&action, &mut few, 4);
    let rows = few.input.ways.chunks_exact(STRIDES * WAY_FEATURES);
    for (few, all) in rows.zip(all.chunks_exact(STRIDES * WAY_FEATURES)) {
        let (asked, rest) = few.split_at(4 * WAY_FEATURES);
        assert_eq!(asked, &all[..4 * WAY_FEATURES]);
        assert!(rest.iter().all(|x| *x == 0.0));
    }
}

#[test]
fn a_hand_that_the_robot_does_not_have_leads_nowhere() {
    let scene = scene();
    let mut action = pull(&scene, &Pose::identity());
    let encoder = Encoder::new(&workcell_of(scene.clone()));
    let mut seen = encoder.see(&action).unwrap();
    if let Action::Remove { grasp, .. } = &mut action {
        grasp.gripper = 3;
    }
    encoder.follow(&action, &mut seen, STRIDES);
    let nodes = seen.input.bodies.len();
    assert_eq!(seen.input.ways, vec![0.0; nodes * STRIDES * WAY_FEATURES]);
}
