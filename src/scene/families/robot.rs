//! The hand for a generated scene: strong enough for some of its grasps, not for all.
//!
//! Owns the ranges of both grippers. A gripper's strength is drawn relative to the weight of the
//! first target, so that it holds by a factor of 0.8 to 4 and dropping is a real question.

use rand::Rng;

use super::draft::{Access, Draft, MASS_KG, Part, between, log_between};
use crate::gravity::GRAVITY;
use crate::pose::{Pose, Vec3, rotation_with_z};
use crate::scene::{Gripper, Reach, Robot, Scene};

/// A gripper holds between so many times what the first target needs, the logarithm equally likely.
const STRENGTH: (f64, f64) = (0.8, 4.0);

/// A hand that suits `draft`.
pub(super) fn robot(draft: &Draft, scene: &Scene, rng: &mut impl Rng) -> Robot {
    let target = &draft.parts[draft.targets.first().copied().unwrap_or(0)];
    let home = home(draft, scene, rng);
    // Freight is handled by a stronger robot than cartons.
    let strong = if draft.mass_max_kg > MASS_KG.1 {
        2.5
    } else {
        1.0
    };
    let grippers = match rng.random_range(0..20) {
        0..7 => vec![suction(target, strong, rng)],
        7..11 => vec![jaw(target, strong, rng)],
        _ => vec![suction(target, strong, rng), jaw(target, strong, rng)],
    };
    let weight = target.mass * GRAVITY;
    Robot {
        home,
        max_hand_force: between(rng, 150.0, 400.0).max((1.4 * weight).min(400.0 * strong)),
        grippers,
        reach: reach(&home, scene, rng),
    }
}

/// A cup that fits on the target; `strong` widens the limits on what it holds.
fn suction(target: &Part, strong: f64, rng: &mut impl Rng) -> Gripper {
    let needed = target.mass * GRAVITY;
    let widest = (0.45 * target.size.min()).clamp(0.02, 0.06);
    let cup_radius = between(rng, 0.02, widest);
    let max_pull = (needed * log_between(rng, STRENGTH.0, STRENGTH.1)).clamp(30.0, 300.0 * strong);
    Gripper::Suction {
        cup_radius,
        max_pull,
        max_shear: (max_pull * between(rng, 0.4, 1.0)).clamp(20.0, 200.0 * strong),
        max_moment: 0.5 * cup_radius * max_pull * between(rng, 0.7, 1.5),
    }
}

/// A jaw that opens around the target's narrower side where it can.
fn jaw(target: &Part, strong: f64, rng: &mut impl Rng) -> Gripper {
    let narrow = target.size.x.min(target.size.y);
    let pad_friction = between(rng, 0.4, 1.0);
    let mean_friction = 0.5 * (pad_friction + target.friction);
    let needed = target.mass * GRAVITY / (2.0 * mean_friction);
    Gripper::ParallelJaw {
        max_opening: (narrow + between(rng, 0.01, 0.1)).clamp(0.15, 0.5),
        max_force: (needed * log_between(rng, STRENGTH.0, STRENGTH.1)).clamp(40.0, 200.0 * strong),
        finger: Vec3::new(
            between(rng, 0.012, 0.025),
            between(rng, 0.04, 0.08),
            between(rng, 0.09, 0.14),
        ),
        pad_friction,
    }
}

/// Palm down, a quarter of a metre above the middle, or in front of what is open only there.
fn home(draft: &Draft, scene: &Scene, rng: &mut impl Rng) -> Pose {
    let count = draft.parts.len() as f64;
    let middle = draft
        .parts
        .iter()
        .map(|p| p.pose.translation.vector)
        .sum::<Vec3>()
        / count;
    let jitter = Vec3::new(between(rng, -0.1, 0.1), between(rng, -0.1, 0.1), 0.0);
    let position = match draft.access {
        Access::Above => Vec3::new(middle.x, middle.y, scene.top_m() + between(rng, 0.22, 0.3)),
        Access::Front(point) => point,
    };
    Pose::from_parts(
        (position + jitter).into(),
        rotation_with_z(-Vec3::z(), Vec3::x()),
    )
}

/// Everywhere, or generously around the scene.
fn reach(home: &Pose, scene: &Scene, rng: &mut impl Rng) -> Option<Reach> {
    if rng.random_bool(0.6) {
        return None;
    }
    let angle = between(rng, 0.0, std::f64::consts::TAU);
    let distance = between(rng, 0.6, 1.0);
    let aside = Vec3::new(angle.cos(), angle.sin(), 0.0) * distance;
    let base = Vec3::new(home.translation.x, home.translation.y, 0.4) + aside;
    let farthest = scene
        .boxes
        .iter()
        .map(|b| (b.pose.translation.vector - base).norm())
        .fold((home.translation.vector - base).norm(), f64::max);
    Some(Reach {
        base,
        max: farthest + between(rng, 0.5, 1.0),
    })
}
