use super::*;
use crate::grasp::Compliance;
use crate::model::fixture_scenes::{box_at, scene_of};
use crate::pose::{Pose, level};
use crate::scene::Scene;

const GRAVITY: f64 = 9.81;

fn tower() -> Scene {
    scene_of(vec![
        box_at("low", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 5.0),
        box_at("middle", [0.2, 0.2, 0.2], [0.0, 0.0, 0.3], 3.0),
        box_at("high", [0.2, 0.2, 0.2], [0.02, 0.0, 0.5], 2.0),
    ])
}

fn sketch_of(graph: &SceneGraph) -> Sketch {
    Sketch::new(graph, &Loads::new(graph, None))
}

fn forecast(scene: &Scene, target: usize, mover: Mover<'_>) -> Forecast {
    let graph = SceneGraph::new(scene);
    sketch_of(&graph).forecast(target, mover)
}

/// Poses of a box that goes off evenly along `by`.
fn taken(scene: &Scene, target: usize, by: Vec3) -> [Pose; STEPS + 1] {
    let start = scene.boxes[target].pose;
    carry_times().map(|t| level(by * (t / CARRY_S), 0.0) * start)
}

/// A stiff hand on the middle of the box.
fn held(poses: &[Pose; STEPS + 1]) -> Held<'_> {
    Held {
        poses,
        hand_in_box: Vec3::zeros(),
        gives: Compliance {
            linear: (1.0e6, 1.0e4),
            angular: (1.0e5, 1.0e3),
        },
    }
}

#[test]
fn a_tower_stands_by_forces_that_the_search_finds_and_each_box_bears_what_is_above_it() {
    let graph = SceneGraph::new(&tower());
    let sketch = sketch_of(&graph);
    // What is taken out of every forecast is the search's error and nothing else: a hundredth of gravity.
    for (linear, angular) in &sketch.unbalanced {
        assert!(
            linear.norm() < 0.1 && angular.norm() < 0.1,
            "{linear} {angular}"
        );
    }
    let still = sketch.settling();
    let on_middle = still.contacts[1].normal;
    assert!((on_middle - 2.0 * GRAVITY).abs() < 0.5, "{on_middle}");
    assert!((still.bodies[0].face_force - 10.0 * GRAVITY).abs() < 2.0);
}

#[test]
fn what_stood_on_a_box_falls_once_it_is_gone() {
    let fates = forecast(&tower(), 1, Mover::Gone).bodies;
    assert!(fates[2].moved.z < -0.1, "{:?}", fates[2]);
    assert!(fates[0].moved.norm() < 2e-4);
}

#[test]
fn a_hand_that_lifts_a_free_box_feels_no_contact_and_moves_nothing_else() {
    let scene = tower();
    let poses = taken(&scene, 2, Vec3::new(0.0, 0.0, 0.1));
    let seen = forecast(&scene, 2, Mover::Hand(held(&poses)));
    let lifted = seen.grip[STEPS - 1].force;
    assert!((lifted.z - 2.0 * GRAVITY).abs() < 0.5, "{lifted}");
    assert!(seen.bodies[1].moved.norm() < 1e-3, "{seen:?}");
    assert!((seen.bodies[2].moved.z - 0.1).abs() < 1e-3);
}

#[test]
fn a_hand_that_pulls_a_loaded_box_sideways_is_held_back_by_friction() {
    let scene = tower();
    let poses = taken(&scene, 1, Vec3::new(0.1, 0.0, 0.0));
    let seen = forecast(&scene, 1, Mover::Hand(held(&poses)));
    // Friction of 0.5: above at least, where 2 kg press, and at most below too, where 5 kg do.
    let back = seen.grip[STEPS - 1].force.x;
    assert!(
        back > 0.4 * 2.0 * GRAVITY && back < 0.6 * 7.0 * GRAVITY,
        "{back}"
    );
    assert!(seen.bodies[2].moved.x > 0.02, "{:?}", seen.bodies[2]);
}

#[test]
fn a_nudged_box_shoves_its_neighbour_and_the_one_behind_that() {
    let scene = scene_of(vec![
        box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 2.0),
        box_at("b", [0.2; 3], [0.21, 0.0, 0.1], 2.0),
        box_at("c", [0.2; 3], [0.46, 0.0, 0.1], 2.0),
    ]);
    let seen = forecast(&scene, 0, Mover::Nudge(Vec3::new(0.1, 0.0, 0.0), 1.0));
    assert!((seen.bodies[0].moved.x - 0.1).abs() < 1e-9);
    assert!(
        (seen.bodies[1].moved.x - 0.09).abs() < 0.005,
        "{:?}",
        seen.bodies[1]
    );
    assert!(seen.bodies[2].moved.norm() < 0.045);
    // What it takes to slide the neighbour: half its weight.
    let force = seen.contacts[0].normal;
    assert!(force > 0.4 * 2.0 * GRAVITY, "{force}");
}

#[test]
fn a_push_high_on_a_tall_box_tips_it_and_a_weak_one_does_not() {
    let scene = scene_of(vec![box_at("tall", [0.1, 0.1, 0.4], [0.0, 0.0, 0.2], 2.0)]);
    let push = |newton: f64| {
        let force = Vec3::new(newton, 0.0, 0.0);
        forecast(&scene, 0, Mover::Push(force, 0.5)).bodies[0]
    };
    assert!(push(3.0).moved.norm() < 1e-3, "{:?}", push(3.0));
    // Tips at m·g·w/(2h) = 4.9 N, slides at 9.8 N.
    assert!(push(8.0).turned.y > 0.1, "{:?}", push(8.0));
}

#[test]
fn a_box_that_hangs_beside_its_cup_droops_as_far_as_the_bellows_gives() {
    let scene = scene_of(vec![box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 2.0)]);
    let poses = taken(&scene, 0, Vec3::new(0.0, 0.0, 0.1));
    let seen = forecast(
        &scene,
        0,
        Mover::Hand(Held {
            poses: &poses,
            hand_in_box: Vec3::new(0.05, 0.0, 0.1),
            gives: Compliance {
                linear: (2.0e4, 4.0e2),
                angular: (1.2e2, 3.0),
            },
        }),
    );
    // m·g·d over the stiffness.
    let droop = 2.0 * GRAVITY * 0.05 / 1.2e2;
    let turned = -seen.bodies[0].turned.y;
    assert!((turned - droop).abs() < 0.3 * droop, "{turned} {droop}");
    let moment = seen.grip[STEPS - 1].moment.y.abs();
    assert!((moment - 2.0 * GRAVITY * 0.05).abs() < 0.2, "{moment}");
}
