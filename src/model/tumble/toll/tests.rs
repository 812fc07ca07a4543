//! What a motion takes of the grip and of what it touches, as it is counted in short steps.

use super::super::Guide;
use super::super::tests::{CUP, lifted, outcome};
use crate::grasp::drive::PALM_KG;
use crate::gravity::GRAVITY;
use crate::model::fixture_scenes::{box_at, scene_of};
use crate::pose::Vec3;
use crate::scene::Gripper;

/// A cup that holds so much.
fn cup(max_pull: f64) -> Gripper {
    Gripper::Suction {
        cup_radius: 0.04,
        max_pull,
        max_shear: max_pull,
        max_moment: 0.02 * max_pull,
    }
}

fn up(t: f64) -> Vec3 {
    Vec3::z() * (0.1 * t)
}

#[test]
fn a_box_in_the_air_takes_its_weight_of_what_the_cup_holds_and_is_out_of_the_way() {
    let scene = scene_of(vec![box_at("a", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 4.0)]);
    let toll = lifted(&scene, &cup(100.0), up).toll;
    let share = 4.0 * GRAVITY / 100.0;
    // It sets out at once, so for a moment it bears more.
    assert!(
        toll.grip.share > share && toll.grip.share < 1.4 * share,
        "{toll:?}"
    );
    assert!(!toll.grip.is_lost && !toll.grip.is_unclear, "{toll:?}");
    assert!(toll.boxes[0].farthest < 1e-4, "it is held: {toll:?}");
    // It bears its weight, and for a window's length what the palm lands with at 0.1 m/s.
    let lands = PALM_KG * 0.1 / 0.0125;
    let beyond = toll.boxes[0].pressed - 4.0 * GRAVITY;
    assert!(beyond > -0.5 && beyond < 1.2 * lands, "{toll:?}");
}

#[test]
fn a_box_that_is_too_heavy_is_lost_and_one_that_is_not_lifted_high_enough_is_left_in_the_way() {
    let scene = scene_of(vec![box_at("a", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 4.0)]);
    let lost = lifted(&scene, &cup(30.0), up).toll.grip;
    assert!(lost.is_lost && lost.share > 1.0, "{lost:?}");
    let low = lifted(&scene, &CUP, |t| up(t.min(0.5))).toll.grip;
    assert!(low.is_unclear && !low.is_lost, "{low:?}");
}

#[test]
fn what_a_taken_box_held_up_falls_and_what_stands_on_another_presses_on_it() {
    let scene = scene_of(vec![
        box_at("under", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 4.0),
        box_at("beside", [0.2, 0.2, 0.2], [0.4, 0.0, 0.1], 4.0),
        box_at("bridge", [0.6, 0.2, 0.1], [0.3, 0.0, 0.25], 2.0),
        box_at("far", [0.2, 0.2, 0.2], [2.0, 0.0, 0.1], 4.0),
    ]);
    let by = Vec3::new(-0.25, 0.0, 0.0);
    let guide = Guide::Nudge {
        by,
        max_force: 250.0,
    };
    let boxes = outcome(&scene, &guide).toll.boxes;
    assert!(
        boxes[2].tilted > 0.2 || boxes[2].farthest > 0.05,
        "{boxes:?}"
    );
    assert!(boxes[1].pressed > 0.8 * GRAVITY, "{boxes:?}");
    let pressed = (4.0 * GRAVITY - boxes[3].pressed).abs();
    assert!(pressed < 0.5, "the ground bears it: {boxes:?}");
    assert_eq!((boxes[3].farthest, boxes[3].path), (0.0, 0.0));
    // Taken to the end, though only 2.5 s of it were asked for.
    assert!((boxes[0].farthest - 0.25).abs() < 0.01, "{boxes:?}");
}

/// What a box of 4 kg takes that a push sends 20 cm against one of `mass` kg.
fn hit(mass: f64) -> super::BoxToll {
    let scene = scene_of(vec![
        box_at("hits", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 4.0),
        box_at("hit", [0.2, 0.2, 0.2], [0.4, 0.0, 0.1], mass),
    ]);
    outcome(&scene, &Guide::Push(Vec3::x() * PUSHED_N))
        .toll
        .boxes[0]
}

/// N.
const PUSHED_N: f64 = 100.0;

#[test]
fn what_is_hit_gives_way_as_it_is_hit_and_does_not_wait_as_a_wall_would() {
    // Two of a mass share what one of them would give a wall.
    let (alike, wall) = (hit(4.0).pressed, hit(4000.0).pressed);
    assert!(
        alike > 0.4 * wall && alike < 0.65 * wall,
        "{alike} N of {wall} N"
    );
}

#[test]
fn a_blow_is_told_as_its_mean_over_as_long_as_the_sandbox_averages() {
    let wall = hit(4000.0);
    let mean = |speed: f64| 4.0 * speed / 0.0125;
    // Its speed is told as that of a whole step, in which it may have gained a little more.
    let gained = PUSHED_N / 4.0 / 60.0;
    let most = mean(wall.speed + gained) + PUSHED_N;
    assert!(
        wall.pressed > mean(wall.speed) && wall.pressed < most,
        "{wall:?}"
    );
}
