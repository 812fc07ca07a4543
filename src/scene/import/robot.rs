//! A hand for an imported stack: strong and wide enough for at least 60 % of its targets.
//!
//! The limits are percentiles of what the targets weigh and measure, so that a fifth of them stays
//! out of reach of the gripper and abstaining is the right answer there.

use crate::gravity::GRAVITY;
use crate::pose::{Pose, Vec3, rotation_with_z};
use crate::scene::{BoxSpec, Fixture, Gripper, Reach, Robot, Scene};

/// Share of the targets that each gripper limit is made for.
const SHARE: f64 = 0.8;
/// A cup is made for this many times the weight, a jaw's friction too: lifting accelerates and
/// neighbours drag.
const RESERVE: f64 = 1.5;
/// What an ejector leaves of the atmosphere's pressure on a cup, Pa.
const VACUUM_PA: f64 = 60e3;
/// Widest jaw that is offered, m.
const JAW_MAX_M: f64 = 0.6;
/// Friction coefficient of rubber pads.
const PAD_FRICTION: f64 = 0.8;

/// A hand for `targets` of `scene`, or for all boxes where there are none.
pub(super) fn for_targets(scene: &Scene, targets: &[usize]) -> Robot {
    let chosen: Vec<&BoxSpec> = if targets.is_empty() {
        scene.boxes.iter().collect()
    } else {
        targets.iter().map(|&i| &scene.boxes[i]).collect()
    };
    let weights = chosen.iter().map(|b| b.mass.upper() * GRAVITY);
    let weight = percentile(weights.collect(), SHARE);
    let mut grippers = vec![cup(&chosen, weight)];
    grippers.extend(jaw(&chosen, weight));
    let home = home(scene);
    Robot {
        home,
        max_hand_force: (2.0 * weight).max(250.0),
        grippers,
        reach: Some(reach(scene, &home)),
    }
}

/// A cup that fits on most faces, and is as large as its pull needs.
fn cup(chosen: &[&BoxSpec], weight: f64) -> Gripper {
    let edges = chosen.iter().map(|b| b.size.min()).collect();
    let edge = percentile(edges, 1.0 - SHARE);
    let max_pull = (RESERVE * weight).max(60.0).ceil();
    let needed = (max_pull / (std::f64::consts::PI * VACUUM_PA)).sqrt();
    let cup_radius = (0.3 * edge).min(0.05).max(needed).min(0.4 * edge);
    Gripper::Suction {
        cup_radius,
        max_pull,
        max_shear: (0.7 * max_pull).ceil(),
        max_moment: 0.5 * cup_radius * max_pull,
    }
}

/// A jaw, where most boxes are narrow enough for one.
fn jaw(chosen: &[&BoxSpec], weight: f64) -> Option<Gripper> {
    let widths = chosen.iter().map(|b| b.size.x.min(b.size.y)).collect();
    let max_opening = percentile(widths, SHARE) + 0.03;
    let friction =
        0.5 * (PAD_FRICTION + chosen.iter().map(|b| b.friction.mean()).fold(1.0, f64::min));
    (max_opening <= JAW_MAX_M).then(|| Gripper::ParallelJaw {
        max_opening,
        max_force: (RESERVE * weight / (2.0 * friction)).max(60.0).ceil(),
        finger: Vec3::new(0.02, 0.06, 0.12),
        pad_friction: PAD_FRICTION,
    })
}

/// Palm down above the middle of the stack.
fn home(scene: &Scene) -> Pose {
    let position = Vec3::new(0.0, 0.0, scene.top_m() + 0.35);
    Pose::from_parts(position.into(), rotation_with_z(-Vec3::z(), Vec3::x()))
}

/// A base beside the long side, and an arm that gets a little past every corner.
fn reach(scene: &Scene, home: &Pose) -> Reach {
    let solids = || {
        let boxes = scene.boxes.iter().map(BoxSpec::obb);
        boxes.chain(scene.fixtures.iter().map(Fixture::obb))
    };
    let side = solids().map(|o| o.aabb().1.y).fold(0.0, f64::max);
    let base = Vec3::new(0.0, -(side + 0.3), 0.5 * scene.top_m());
    let farthest = solids()
        .flat_map(|o| o.corners())
        .map(|corner| (corner - base).norm())
        .fold((home.translation.vector - base).norm(), f64::max);
    Reach {
        base,
        max: farthest + 0.3,
    }
}

/// The value below which `share` of the numbers lie; 0 for none.
fn percentile(mut numbers: Vec<f64>, share: f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let last = numbers.len().saturating_sub(1);
    let index = (share * last as f64).round() as usize;
    numbers.get(index).copied().unwrap_or(0.0)
}
