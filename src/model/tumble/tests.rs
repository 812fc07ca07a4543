//! What comes of bodies that are moved by short steps.

use super::super::contacts::SceneGraph;
use super::super::course::STRIDES;
use super::super::fixture_scenes::{box_at, scene_of};
use super::*;
use crate::gravity::GRAVITY;
use crate::pose::{Pose, Quat, Vec3, level};
use crate::rollout::STRIDE_S;
use crate::scene::geometry::Obb;
use crate::scene::{BoxSpec, Gripper, Scene};

/// A strong cup.
pub(super) const CUP: Gripper = Gripper::Suction {
    cup_radius: 0.04,
    max_pull: 400.0,
    max_shear: 300.0,
    max_moment: 12.0,
};

fn cup_shape() -> Vec<Obb> {
    crate::grasp::hand_shape(&CUP, 0.0)
}

/// A hand with a grip that never opens.
fn hand<'a>(
    gripper: &'a Gripper,
    shapes: [&'a [Obb]; 2],
    (in_box, begins): (Pose, f64),
    way: &'a dyn Fn(f64) -> Pose,
) -> Guide<'a> {
    Guide::Hand(HandWay {
        way,
        begins,
        opens: f64::INFINITY,
        ends: STRIDES as f64 * STRIDE_S,
        goal: None,
        shapes,
        in_box,
        gripper,
        max_force: 250.0,
    })
}

/// Where the boxes of `scene` get to when something is done to the first.
fn follow(scene: &Scene, guide: &Guide<'_>) -> Vec<Vec<Gone>> {
    outcome(scene, guide).ways
}

/// What comes of it.
pub(super) fn outcome(scene: &Scene, guide: &Guide<'_>) -> Outcome {
    Tumble::new(&SceneGraph::new(scene)).carry_out(0, guide, STRIDES)
}

/// But for the rounding of its turn.
fn stays(gone: &Gone) -> bool {
    gone.moved == Vec3::zeros() && gone.turned.norm() < 1e-12
}

/// Where the boxes get to when the first is [`lifted`].
fn lift(scene: &Scene, gripper: &Gripper, way: impl Fn(f64) -> Vec3) -> Vec<Vec<Gone>> {
    lifted(scene, gripper, way).ways
}

/// A cup on top of the first box that goes `way` after the onset, and comes down from 0.3 s before.
pub(super) fn lifted(scene: &Scene, gripper: &Gripper, way: impl Fn(f64) -> Vec3) -> Outcome {
    let first = &scene.boxes[0];
    let down = Pose::rotation(Vec3::x() * std::f64::consts::PI);
    let in_box = Pose::translation(0.0, 0.0, 0.5 * first.size.z) * down;
    let grip = first.pose * in_box;
    let path = |t: f64| {
        let mut pose = grip;
        pose.translation.vector += if t < 0.0 {
            Vec3::z() * (-0.1 * t)
        } else {
            way(t)
        };
        pose
    };
    let shape = cup_shape();
    let hand = hand(gripper, [&shape, &shape], (in_box, -0.3), &path);
    outcome(scene, &hand)
}

fn stack(count: usize, mass: impl Fn(usize) -> f64) -> Vec<BoxSpec> {
    (0..count)
        .map(|i| {
            let at = [0.0, 0.0, 0.1 + 0.2 * i as f64];
            box_at(&format!("s{i}"), [0.3, 0.3, 0.2], at, mass(i))
        })
        .collect()
}

#[test]
fn a_box_on_top_goes_up_with_what_it_stands_on_and_one_beside_stays() {
    let mut boxes = vec![box_at("a", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 5.0)];
    boxes.push(box_at("on", [0.1, 0.1, 0.2], [0.09, 0.09, 0.3], 1.0));
    boxes.push(box_at("beside", [0.2, 0.2, 0.2], [0.6, 0.0, 0.1], 2.0));
    let ways = lift(&scene_of(boxes), &CUP, |t| Vec3::z() * (0.1 * t));
    for (k, boxes) in ways.iter().enumerate() {
        let meant = 0.1 * STRIDE_S * (k + 1) as f64;
        for gone in &boxes[..2] {
            assert!((gone.moved.z - meant).abs() < 0.01, "{k} {boxes:?}");
        }
        assert!(stays(&boxes[2]), "{boxes:?}");
    }
}

#[test]
fn a_hand_that_is_put_where_noise_has_its_box_already_holds_it_and_does_not_shove_it() {
    let spec = box_at("a", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 0.3);
    let down = Pose::rotation(Vec3::x() * std::f64::consts::PI);
    let in_box = Pose::translation(0.0, 0.0, 0.1) * down;
    let deep = Vec3::z() * 0.006;
    let grip = spec.pose * in_box;
    let path = |t: f64| {
        let mut pose = grip;
        pose.translation.vector += Vec3::z() * (0.1 * t) - deep;
        pose
    };
    let weak = Gripper::Suction {
        cup_radius: 0.04,
        max_pull: 30.0,
        max_shear: 20.0,
        max_moment: 0.6,
    };
    let shape = cup_shape();
    let guide = hand(&weak, [&shape, &shape], (in_box, 0.0), &path);
    let Outcome { ways, toll } = outcome(&scene_of(vec![spec]), &guide);
    assert!(!toll.grip.is_lost && toll.grip.share < 0.5, "{toll:?}");
    let off = (ways[0][0].moved - Vec3::z() * (0.1 * STRIDE_S)).norm();
    assert!(off < 2e-3, "{:?}", ways[0]);
}

#[test]
fn a_box_that_is_too_heavy_for_the_cup_stays_where_it_is() {
    let scene = scene_of(vec![box_at("a", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 12.0)]);
    let weak = Gripper::Suction {
        cup_radius: 0.04,
        max_pull: 100.0,
        max_shear: 60.0,
        max_moment: 2.0,
    };
    let up = |t: f64| Vec3::z() * (0.1 * t);
    let weakly = lift(&scene, &weak, up);
    assert!(weakly[9][0].moved.norm() < 0.01, "{:?}", weakly[9]);
    let strongly = lift(&scene, &CUP, up);
    assert!(strongly[9][0].moved.z > 0.23, "{:?}", strongly[9]);
}

#[test]
fn a_hand_that_comes_in_from_the_side_shoves_what_is_in_its_way() {
    let mut boxes = vec![box_at("a", [0.2, 0.2, 0.2], [0.0, 0.0, 0.1], 5.0)];
    boxes.push(box_at("way", [0.1, 0.1, 0.1], [0.3, 0.0, 0.05], 0.5));
    let scene = scene_of(boxes);
    let facing = Pose::rotation(Vec3::y() * -std::f64::consts::FRAC_PI_2);
    let in_box = Pose::translation(0.1, 0.0, -0.02) * facing;
    let grip = scene.boxes[0].pose * in_box;
    // Along y at the height of the other, past where it stands, and no nearer to the target.
    let path = |t: f64| {
        let mut pose = grip;
        pose.translation.vector += Vec3::new(0.15, -0.3 - 0.3 * t.min(0.0), 0.0);
        pose.translation.vector.z = 0.06;
        pose
    };
    let shape = cup_shape();
    let hand = hand(&CUP, [&shape, &shape], (in_box, -1.5), &path);
    let gone = follow(&scene, &hand);
    // It came from 0.15 m on one side and ends 0.3 m on the other; stem, palm and box are in between.
    let shoved = gone[3][1].moved;
    assert!(shoved.y < -0.25 && shoved.y > -0.6, "{shoved:?}");
    assert!(gone[3][0].moved.norm() < 0.002, "{:?}", gone[3][0]);
}

#[test]
fn a_plank_whose_counterweight_goes_tips_and_ends_on_the_ground() {
    let scene = scene_of(vec![
        box_at("weight", [0.1, 0.3, 0.2], [-0.1, 0.0, 0.34], 20.0),
        box_at("plank", [0.5, 0.3, 0.04], [0.15, 0.0, 0.22], 1.0),
        box_at("base", [0.3, 0.3, 0.2], [-0.15, 0.0, 0.1], 20.0),
    ]);
    let ways = lift(&scene, &CUP, |t| Vec3::z() * (0.3 * t));
    let end = ways[9][1];
    assert!(end.turned.y > 0.3, "{end:?}");
    let pose = Pose::from_parts(
        (Vec3::new(0.15, 0.0, 0.22) + end.moved).into(),
        Quat::from_scaled_axis(end.turned),
    );
    let (lowest, _) = Obb::new(Vec3::new(0.5, 0.3, 0.04), pose).aabb();
    assert!(lowest.z > -0.005 && lowest.z < 0.01, "{lowest:?}");
    assert!(ways[9][2].moved.norm() < 0.005, "{:?}", ways[9][2]);
}

#[test]
fn a_nudged_box_goes_as_far_as_it_is_nudged_and_takes_along_what_stands_on_it() {
    let scene = scene_of(vec![
        box_at("a", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 2.0),
        box_at("on", [0.2, 0.2, 0.1], [0.0, 0.0, 0.25], 1.0),
    ]);
    let by = Vec3::new(0.05, 0.0, 0.0);
    let max_force = 250.0;
    let ways = follow(&scene, &Guide::Nudge { by, max_force });
    for gone in &ways[7] {
        assert!((gone.moved - by).norm() < 0.003, "{:?}", ways[7]);
    }
    // It takes 0.1 s to set out, at half its speed.
    assert!((ways[0][0].moved.x - 0.02).abs() < 0.003, "{:?}", ways[0]);
}

#[test]
fn a_pushed_box_slides_as_far_as_friction_lets_it() {
    let (mass, force, seconds) = (2.0, 20.0, crate::rollout::PUSH_S);
    let scene = scene_of(vec![box_at("a", [0.3, 0.3, 0.1], [0.0, 0.0, 0.05], mass)]);
    let ways = follow(&scene, &Guide::Push(Vec3::new(force, 0.0, 0.0)));
    let friction = 0.5 * GRAVITY;
    let faster = force / mass - friction;
    let speed = faster * seconds;
    let meant = 0.5 * faster * seconds * seconds + speed * speed / (2.0 * friction);
    let gone = ways[9][0].moved;
    assert!((gone.x / meant - 1.0).abs() < 0.05, "{gone:?} for {meant}");
    assert!(gone.z.abs() < 0.002, "{gone:?}");
}

#[test]
fn a_push_that_friction_bears_moves_nothing() {
    let scene = scene_of(vec![box_at("a", [0.3, 0.3, 0.1], [0.0, 0.0, 0.05], 2.0)]);
    let force = 0.95 * 0.5 * 2.0 * GRAVITY;
    let ways = follow(&scene, &Guide::Push(Vec3::new(force, 0.0, 0.0)));
    assert!(ways[9][0].moved.norm() < 0.001, "{:?}", ways[9]);
}

#[test]
fn a_cup_that_hangs_over_an_edge_does_not_hold() {
    let scene = scene_of(vec![box_at("a", [0.06, 0.3, 0.2], [0.0, 0.0, 0.1], 1.0)]);
    let ways = lift(&scene, &CUP, |t| Vec3::z() * (0.1 * t));
    assert!(ways[9][0].moved.norm() < 0.005, "{:?}", ways[9]);
}

#[test]
fn a_box_that_pads_hold_off_its_middle_is_lost_when_that_is_more_than_they_bear() {
    let scene = scene_of(vec![box_at("a", [0.1, 0.5, 0.1], [0.0, 0.0, 0.05], 3.0)]);
    let turned = |max_force: f64, off: f64| {
        let finger = Vec3::new(0.02, 0.04, 0.08);
        let jaw = Gripper::ParallelJaw {
            max_opening: 0.3,
            max_force,
            finger,
            pad_friction: 0.8,
        };
        let down = Pose::rotation(Vec3::x() * std::f64::consts::PI);
        let in_box = Pose::translation(0.0, off, 0.06) * down;
        let grip = scene.boxes[0].pose * in_box;
        let path = |t: f64| Pose::translation(0.0, 0.0, 0.1 * t.max(0.0)) * grip;
        let [open, closed] = [0.12, 0.1].map(|wide| crate::grasp::hand_shape(&jaw, wide));
        let hand = hand(&jaw, [&open, &closed], (in_box, 0.0), &path);
        let Outcome { ways, toll } = outcome(&scene, &hand);
        let (turned, up) = (ways[2][0].turned.norm(), ways[9][0].moved.z);
        (turned, up, toll.grip.is_lost)
    };
    let (middle, up, is_lost) = turned(100.0, 0.0);
    assert!(middle < 0.01 && up > 0.22 && !is_lost, "{middle} {up}");
    // What turns it takes one and a half times what the pads hold.
    let (weak, up, is_lost) = turned(100.0, 0.15);
    assert!(up < 0.2 && is_lost, "{weak} {up}");
    let (strong, up, is_lost) = turned(400.0, 0.15);
    assert!(strong < 0.05 && up > 0.22 && !is_lost, "{strong} {up}");
}

#[test]
fn a_box_that_is_seen_in_the_ground_slides_as_far_as_one_on_it() {
    let slides = |z: f64| {
        let scene = scene_of(vec![box_at("a", [0.3, 0.3, 0.1], [0.0, 0.0, z], 2.0)]);
        follow(&scene, &Guide::Push(Vec3::new(20.0, 0.0, 0.0)))[9][0].moved
    };
    let (on, under, above) = (slides(0.05), slides(0.0455), slides(0.054));
    for other in [under, above] {
        assert!((other.x / on.x - 1.0).abs() < 0.02, "{on} {other}");
        assert!(other.z.abs() < 0.002, "{other}");
    }
}

#[test]
fn heavy_boxes_stand_on_light_ones_while_something_else_moves() {
    let mut boxes = vec![box_at("a", [0.2, 0.2, 0.2], [1.0, 0.0, 0.1], 2.0)];
    boxes.extend(stack(6, |i| [1.0, 20.0][i % 2]));
    let by = Vec3::new(0.05, 0.0, 0.0);
    let guide = Guide::Nudge {
        by,
        max_force: 250.0,
    };
    let far = follow(&scene_of(boxes.clone()), &guide);
    assert!(far[9][1..].iter().all(stays));
    // Woken by what leans on it, it stands as well.
    boxes[0].pose = level(Vec3::new(-0.2501, 0.0, 0.1), 0.0);
    let touched = follow(&scene_of(boxes), &Guide::Push(Vec3::new(9.0, 0.0, 0.0)));
    // The light ones give by a few millimetres, and nothing goes over.
    for gone in &touched[9][1..] {
        assert!(gone.moved.xy().norm() < 0.005, "{gone:?}");
        assert!(
            gone.moved.z > -0.02 && gone.turned.norm() < 0.01,
            "{gone:?}"
        );
    }
}

#[test]
fn a_row_of_boxes_is_shoved_by_the_first() {
    let boxes = (0..4).map(|i| {
        let at = [0.2 * f64::from(i), 0.0, 0.1];
        box_at(&format!("r{i}"), [0.2, 0.2, 0.2], at, 2.0)
    });
    let by = Vec3::new(0.04, 0.0, 0.0);
    let ways = follow(
        &scene_of(boxes.collect()),
        &Guide::Nudge {
            by,
            max_force: 250.0,
        },
    );
    for gone in &ways[9] {
        assert!((gone.moved - by).norm() < 0.004, "{:?}", ways[9]);
    }
}

#[test]
fn the_first_strides_are_the_same_however_many_are_asked_for() {
    let scene = scene_of(stack(3, |_| 2.0));
    let tumble = Tumble::new(&SceneGraph::new(&scene));
    let guide = Guide::Push(Vec3::new(60.0, 0.0, 0.0));
    let [few, all] = [3, STRIDES].map(|strides| tumble.carry_out(0, &guide, strides).ways);
    assert_eq!(few[..], all[..3]);
    assert!(all[STRIDES - 1][2].moved.norm() > 0.05, "{all:?}");
}
