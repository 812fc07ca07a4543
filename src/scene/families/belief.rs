//! From true values to what the robot knows of them: numbers, or distributions around the truth.
//!
//! Owns how wide beliefs are, and which boxes can be crushed. Means are the true nominal values.
//! Refuses observation noise on poses: whoever records an episode draws it.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::draft::{Draft, Packing, Part, between, log_between};
use crate::gravity::GRAVITY;
use crate::pose::Vec3;
use crate::scene::{BoxSpec, CenterOfMass, PoseNoise, Quantity, Scene};

/// Share of scenes whose masses, frictions and centres of mass are known exactly.
const KNOWN_SHARE: f64 = 0.2;
/// A fragile box bears this many times what it carries, its own weight included.
const STRENGTH: (f64, f64) = (1.15, 4.0);

/// How much of a scene is left open.
#[derive(Clone, Copy)]
enum Width {
    /// Nothing.
    Known,
    /// Standard deviations, relative for mass, absolute for friction and, relative to the
    /// shortest edge, for the centre of mass.
    Spread { mass: f64, friction: f64, com: f64 },
}

/// The belief about `draft`.
pub(super) fn scene(draft: &Draft, rng: &mut impl Rng) -> Scene {
    let width = width(rng);
    let footings = draft.footings();
    let fragile_share = if rng.random_bool(0.4) { 0.4 } else { 0.08 };
    let boxes = draft
        .parts
        .iter()
        .enumerate()
        .map(|(i, part)| {
            let mut spec = known_box(i, part);
            open(&mut spec, part, width, rng);
            if draft.fragile.contains(&i) || rng.random_bool(fragile_share) {
                let bears = footings[i].carried_n + part.mass * GRAVITY;
                spec.max_force_n = Some(bears * log_between(rng, STRENGTH.0, STRENGTH.1));
            }
            spec
        })
        .collect();
    Scene {
        ground_friction: draft.ground_friction,
        pose_noise: pose_noise(draft.packing, rng),
        fixtures: draft.fixtures.clone(),
        boxes,
    }
}

/// A part of which everything is known.
fn known_box(i: usize, part: &Part) -> BoxSpec {
    BoxSpec {
        id: format!("b{i}"),
        size: part.size,
        pose: part.pose,
        mass: Quantity::Known(part.mass),
        friction: Quantity::Known(part.friction),
        com: CenterOfMass::Known(part.com),
        max_force_n: None,
    }
}

/// How much is left open in this scene.
fn width(rng: &mut impl Rng) -> Width {
    if rng.random_bool(KNOWN_SHARE) {
        return Width::Known;
    }
    Width::Spread {
        mass: log_between(rng, 0.02, 0.25),
        friction: log_between(rng, 0.02, 0.12),
        com: if rng.random_bool(0.5) {
            log_between(rng, 0.005, 0.06)
        } else {
            0.0
        },
    }
}

/// Replaces what is known of a box by distributions around it.
fn open(spec: &mut BoxSpec, part: &Part, width: Width, rng: &mut impl Rng) {
    let Width::Spread {
        mass,
        friction,
        com,
    } = width
    else {
        return;
    };
    let mass_std = part.mass * mass * between(rng, 0.6, 1.4);
    spec.mass = if rng.random_bool(0.5) {
        Quantity::Normal {
            mean: part.mass,
            std: mass_std,
        }
    } else {
        around(part.mass, mass_std * 3f64.sqrt())
    };
    spec.friction = around(
        part.friction,
        (friction * 3f64.sqrt()).min(part.friction - 0.1),
    );
    // A distribution of the centre of mass has no mean of its own: off-centre boxes stay known.
    if part.com == Vec3::zeros() && com > 0.0 {
        spec.com = CenterOfMass::Normal {
            std: com * part.size.min(),
        };
    }
}

/// A uniform distribution of half width `half`.
fn around(middle: f64, half: f64) -> Quantity {
    Quantity::Uniform {
        min: middle - half,
        max: middle + half,
    }
}

/// The default in most scenes; tight packings are mostly better known, since noise that is larger
/// than the gaps would let neighbours overlap.
fn pose_noise(packing: Packing, rng: &mut impl Rng) -> PoseNoise {
    let factors: &[f64] = match packing {
        Packing::Loose => &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.3, 2.0],
        Packing::Tight => &[1.0, 1.0, 1.0, 0.4, 0.2, 0.2],
    };
    let factor = factors.choose(rng).copied().unwrap_or(1.0);
    let usual = PoseNoise::default();
    PoseNoise {
        position_m: usual.position_m * factor,
        rotation_rad: usual.rotation_rad * factor,
    }
}
