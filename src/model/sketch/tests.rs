//! Forecasts of scenes whose outcome can be written down.

use super::*;
use crate::grasp::Compliance;
use crate::gravity::GRAVITY;
use crate::model::fixture_scenes::{box_at, scene_of};
use crate::pose::level;
use crate::scene::Scene;

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

fn forecast(scene: &Scene, target: usize, mover: Mover) -> Forecast {
    let graph = SceneGraph::new(scene);
    sketch_of(&graph).forecast(target, mover)
}

#[test]
fn what_a_counterweight_held_tips_as_fast_as_it_would_without_it() {
    // A plank half over an edge, held down by a box on its inner end.
    let scene = scene_of(vec![
        box_at("weight", [0.1, 0.3, 0.2], [-0.1, 0.0, 0.34], 20.0),
        box_at("plank", [0.5, 0.3, 0.04], [0.1, 0.0, 0.22], 1.0),
        box_at("base", [0.3, 0.3, 0.2], [-0.15, 0.0, 0.1], 20.0),
    ]);
    let graph = SceneGraph::new(&scene);
    let without = Loads::new(&graph, Some(0));
    let relieved = sketch_of(&graph).relieved(&graph, &without);
    let plank = relieved.forecast(0, Mover::Gone).bodies[1];
    // The same plank in a scene that never had the weight, and so does not stand.
    let mut bare = scene.clone();
    bare.boxes.remove(0);
    let bare = SceneGraph::new(&bare);
    let standing = Sketch::new(&bare, &Loads::new(&bare, None));
    let alone = Sketch::moved(&standing, &bare, &Loads::new(&bare, None), 0);
    let free = alone.settling().bodies[0];
    let (held, free) = (plank.turned.norm(), free.turned.norm());
    assert!(free > 0.3, "{free}");
    assert!((held / free - 1.0).abs() < 0.15, "{held} {free}");
}

/// A stiff hand on the middle of the box, which goes off evenly along `by` within 0.42 s.
fn taken(scene: &Scene, target: usize, by: Vec3) -> (Held, [f64; STEPS + 1]) {
    let start = scene.boxes[target].pose;
    let times = carry_times(&[0.0; STEPS], 1.0);
    let held = Held {
        poses: times.map(|t| level(by * (t / times[STEPS]), 0.0) * start),
        hold: Hold {
            hand_in_box: Vec3::zeros(),
            gives: Compliance {
                linear: (1.0e6, 1.0e4),
                angular: (1.0e5, 1.0e3),
            },
            max_force: 1.0e4,
        },
    };
    (held, times)
}

/// With a robot that pushes with up to 250 N.
fn nudge(by: Vec3, seconds: f64) -> Mover {
    Mover::Nudge {
        by,
        seconds,
        max_force: 250.0,
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
    let (held, times) = taken(&scene, 2, Vec3::new(0.0, 0.0, 0.1));
    let seen = forecast(&scene, 2, Mover::Hand(held, times));
    let lifted = seen.grip[STEPS - 1].force;
    assert!((lifted.z - 2.0 * GRAVITY).abs() < 0.5, "{lifted}");
    assert!(seen.bodies[1].moved.norm() < 1e-3, "{seen:?}");
    assert!((seen.bodies[2].moved.z - 0.1).abs() < 1e-3);
}

#[test]
fn a_hand_that_pulls_a_loaded_box_sideways_is_held_back_by_friction() {
    let scene = tower();
    let (held, times) = taken(&scene, 1, Vec3::new(0.1, 0.0, 0.0));
    let seen = forecast(&scene, 1, Mover::Hand(held, times));
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
        box_at("c", [0.2; 3], [0.45, 0.0, 0.1], 2.0),
    ]);
    let seen = forecast(&scene, 0, nudge(Vec3::new(0.1, 0.0, 0.0), 1.0));
    assert!((seen.bodies[0].moved.x - 0.1).abs() < 2e-3, "{seen:?}");
    assert!(
        (seen.bodies[1].moved.x - 0.09).abs() < 0.005,
        "{:?}",
        seen.bodies[1]
    );
    let third = seen.bodies[2].moved.x;
    assert!(third > 0.035 && third < 0.055, "{third}");
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
    let (held, times) = taken(&scene, 0, Vec3::new(0.0, 0.0, 0.1));
    let held = Held {
        hold: Hold {
            hand_in_box: Vec3::new(0.05, 0.0, 0.1),
            gives: Compliance {
                linear: (2.0e4, 4.0e2),
                angular: (1.2e2, 3.0),
            },
            ..held.hold
        },
        ..held
    };
    let seen = forecast(&scene, 0, Mover::Hand(held, times));
    // m·g·d over the stiffness.
    let droop = 2.0 * GRAVITY * 0.05 / 1.2e2;
    let turned = -seen.bodies[0].turned.y;
    assert!((turned - droop).abs() < 0.3 * droop, "{turned} {droop}");
    let moment = seen.grip[STEPS - 1].moment.y.abs();
    assert!((moment - 2.0 * GRAVITY * 0.05).abs() < 0.2, "{moment}");
}

#[test]
fn a_box_that_is_nudged_past_the_edge_tips_once_it_is_let_go() {
    let scene = scene_of(vec![
        box_at("table", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 20.0),
        box_at("a", [0.2; 3], [0.1, 0.0, 0.3], 1.0),
    ]);
    let nudged = |by: f64| {
        let mover = nudge(Vec3::new(by, 0.0, 0.0), by / 0.1);
        forecast(&scene, 1, mover).bodies[1]
    };
    assert!(nudged(0.04).turned.norm() < 0.02, "{:?}", nudged(0.04));
    assert!(nudged(0.08).turned.y > 0.2, "{:?}", nudged(0.08));
}

#[test]
fn a_nudge_against_what_does_not_give_way_stalls_with_the_robots_force() {
    let scene = scene_of(vec![
        box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 2.0),
        box_at("heavy", [0.2; 3], [0.205, 0.0, 0.1], 80.0),
    ]);
    let seen = forecast(&scene, 0, nudge(Vec3::new(0.1, 0.0, 0.0), 1.0));
    // Half of what 80 kg weigh is more than 250 N, of which the box's own friction takes a tenth.
    // The search leaves it a few millimetres; a nudge that did not stall would take it along by 95.
    assert!(seen.bodies[1].moved.norm() < 5e-3, "{:?}", seen.bodies[1]);
    let gone = seen.bodies[0].moved.x;
    assert!(gone > 0.001 && gone < 0.010, "{gone}");
    let pressed = seen.contacts[0].normal;
    assert!(pressed > 200.0 && pressed < 255.0, "{pressed}");
    assert!((seen.grip[2].force.norm() - 250.0).abs() < 1.0, "{seen:?}");
}

#[test]
fn a_plank_that_tips_is_caught_by_what_it_comes_down_on() {
    let plank = |post: f64| {
        let scene = scene_of(vec![
            box_at("pillar", [0.2, 0.2, 0.3], [0.0, 0.0, 0.15], 5.0),
            box_at("plank", [0.6, 0.2, 0.04], [0.15, 0.0, 0.32], 1.0),
            box_at("weight", [0.1; 3], [-0.09, 0.0, 0.39], 4.0),
            box_at("post", [0.1, 0.2, post], [0.35, 0.0, 0.5 * post], 5.0),
        ]);
        forecast(&scene, 2, Mover::Gone).bodies[1]
    };
    let (caught, falls) = (plank(0.28), plank(0.1));
    assert!(
        caught.turned.y < 0.1 && caught.turned.y > 0.03,
        "{caught:?}"
    );
    assert!(falls.turned.y > 0.3, "{falls:?}");
}

#[test]
fn a_box_that_is_seen_a_little_above_its_place_still_weighs() {
    let scene = scene_of(vec![
        box_at("low", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 5.0),
        box_at("high", [0.2; 3], [0.0, 0.0, 0.307], 3.0),
    ]);
    let (held, times) = taken(&scene, 1, Vec3::new(0.0, 0.0, 0.1));
    let lifted = forecast(&scene, 1, Mover::Hand(held, times)).grip[STEPS - 1].force;
    assert!((lifted.z - 3.0 * GRAVITY).abs() < 0.5, "{lifted}");
    let gone = forecast(&scene, 0, Mover::Gone).bodies[1];
    assert!(gone.moved.z < -0.1, "{gone:?}");
}

#[test]
fn a_nudge_meets_what_lies_in_its_way_at_every_yaw_and_nothing_beside_it() {
    for yaw in [0.0, 0.4, 0.8, 1.2] {
        for (across, meets) in [(0.0, true), (0.3, false)] {
            let turn = level(Vec3::zeros(), yaw);
            let mut scene = scene_of(vec![
                box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 2.0),
                box_at("b", [0.2; 3], [0.33, across, 0.1], 2.0),
            ]);
            for spec in &mut scene.boxes {
                spec.pose = turn * spec.pose;
            }
            let by = turn * Vec3::new(0.2, 0.0, 0.0);
            let seen = forecast(&scene, 0, nudge(by, 2.0));
            let moved = seen.bodies[1].moved.norm();
            assert_eq!(moved > 0.05, meets, "{yaw} {across} {moved}");
        }
    }
}

#[test]
fn a_push_beside_the_centre_of_mass_turns_the_box() {
    let mut scene = scene_of(vec![box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 2.0)]);
    let push = Mover::Push(Vec3::new(30.0, 0.0, 0.0), 0.5);
    assert!(forecast(&scene, 0, push).bodies[0].turned.z.abs() < 1e-3);
    scene.boxes[0].com = crate::scene::CenterOfMass::Known(Vec3::new(0.0, 0.05, 0.0));
    // The force goes by on the right of the mass as seen along x: anticlockwise from above.
    let turned = forecast(&scene, 0, push).bodies[0].turned.z;
    assert!(turned > 0.02, "{turned}");
}

#[test]
fn a_nudge_of_nothing_is_finite_and_moves_nothing() {
    let seen = forecast(&tower(), 1, nudge(Vec3::zeros(), 0.01));
    assert!(
        seen.bodies.iter().all(|b| b.moved.norm() < 1e-4),
        "{seen:?}"
    );
}

#[test]
fn a_slow_pull_is_followed_until_the_box_has_gone_a_hands_breadth() {
    let quick = carry_times(&[0.0, 0.03, 0.06, 0.1, 0.2], 2.0);
    assert!((quick[STEPS] - 0.42).abs() < 1e-9);
    let slow = carry_times(&[0.0, 0.8, 2.5, 7.0, 16.0], 40.0);
    assert!((slow[STEPS] - 16.0).abs() < 1e-9);
    let short = carry_times(&[0.0, 9.0, 9.0, 9.0, 9.0], 0.3);
    assert!(short.windows(2).all(|w| w[1] > w[0]), "{short:?}");
}
