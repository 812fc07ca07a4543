//! Slabs that lean on a wall, on a stack or on each other, near the angle at which they slip.
//!
//! A slab of height `L` and thickness `t` at an angle θ from upright presses on a tall support
//! with `N = W·(L/2·sin θ - t/2·cos θ) / (L·cos θ + µw·L·sin θ)` and slips once `N > µ·(W - µw·N)`.
//! θ is chosen so that the friction needed is a share of the friction there is; where it is more,
//! a chock at the foot holds it, which is then the box not to take.

use rand::Rng;

use super::balance::crowd_to;
use super::draft::{Draft, between, carton, log_between};
use crate::pose::{Pose, Quat, Vec3};
use crate::scene::geometry::Obb;

/// The steepest and the flattest lean, rad from upright.
const LEAN_RAD: (f64, f64) = (0.1, 0.6);

/// One to three slabs against one support at x = 0.
pub(super) fn leaning(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let mut d = Draft::new(rng);
    let slab = Vec3::new(
        between(rng, 0.08, 0.14),
        between(rng, 0.15, 0.4),
        between(rng, 0.3, 0.6),
    );
    let support = support(&mut d, slab.z, rng);
    let slab_friction = between(rng, 0.3, 0.7);
    let floor = 0.5 * (slab_friction + d.ground_friction);
    let chocked = rng.random_bool(0.55);
    let share = if chocked {
        between(rng, 0.9, 1.35)
    } else {
        between(rng, 0.45, 0.95)
    };
    let lean = lean_angle(slab, share * floor, 0.5 * (slab_friction + 0.5))?;
    let first = lean_on_plane(&mut d, slab, lean, slab_friction, rng);
    let mut foot = first;
    let mut slabs = vec![first];
    if !chocked && share < 0.7 && rng.random_bool(0.4) {
        foot = lean_on_slab(&mut d, first, lean, rng);
        slabs.push(foot);
    }
    if chocked {
        let chock = chock(&mut d, foot, rng);
        d.targets.push(chock);
    }
    d.targets.extend(support);
    if rng.random_bool(0.5) {
        let wedged = underneath(&mut d, first, lean, rng);
        d.targets.extend(wedged);
    }
    d.targets.extend(slabs.iter().rev());
    crowd_to(&mut d, boxes_max, rng);
    Some(d)
}

/// What is leaned on, its face at x = 0: a wall, or a stack heavy enough to bear it.
fn support(d: &mut Draft, slab_height: f64, rng: &mut impl Rng) -> Option<usize> {
    if rng.random_bool(0.35) {
        let size = Vec3::new(0.06, between(rng, 0.5, 1.0), slab_height + 0.1);
        let pose = crate::pose::level(Vec3::new(0.03, 0.0, 0.5 * size.z), 0.0);
        d.fix("wall".into(), size, pose, rng);
        return None;
    }
    let base = Vec3::new(
        between(rng, 0.25, 0.4),
        between(rng, 0.25, 0.4),
        between(rng, 0.25, 0.35),
    );
    let lower = d.stand(base, 0.5 * base.x, 0.0, 0.0, rng);
    let top = Vec3::new(base.x, base.y, (slab_height + 0.02 - base.z).max(0.15));
    let upper = d.stand(top, 0.5 * base.x, 0.0, base.z, rng);
    d.parts[lower].mass = between(rng, 8.0, 30.0);
    d.parts[upper].mass = between(rng, 4.0, 20.0);
    Some(upper)
}

/// The angle at which a slab needs `friction` at its foot, with `wall` friction at its top.
fn lean_angle(slab: Vec3, friction: f64, wall: f64) -> Option<f64> {
    let needed = |angle: f64| {
        let (sin, cos) = angle.sin_cos();
        let press = (0.5 * slab.z * sin - 0.5 * slab.x * cos) / (slab.z * (cos + wall * sin));
        press / (1.0 - wall * press)
    };
    let upright = (slab.x / slab.z).atan() + 0.02;
    let (mut low, mut high) = (upright.max(LEAN_RAD.0), LEAN_RAD.1);
    if low >= high {
        return None;
    }
    if needed(high) < friction {
        return Some(high);
    }
    if needed(low) > friction {
        return None;
    }
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if needed(middle) < friction {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// The rotation that leans a slab towards +x.
fn leaned(lean: f64) -> Quat {
    Quat::from_axis_angle(&Vec3::y_axis(), lean)
}

/// A slab with its lower right edge on the floor and its upper right edge at x = 0.
fn lean_on_plane(d: &mut Draft, size: Vec3, lean: f64, friction: f64, rng: &mut impl Rng) -> usize {
    let turn = leaned(lean);
    let pivot = Vec3::new(-size.z * lean.sin(), between(rng, -0.05, 0.05), 0.0);
    let centre = pivot - turn * Vec3::new(0.5 * size.x, 0.0, -0.5 * size.z);
    let index = d.put(size, Pose::from_parts(centre.into(), turn), rng);
    d.parts[index].friction = friction;
    d.parts[index].mass = d.parts[index].mass.min(8.0);
    index
}

/// A slab flat against the left face of slab `on`, its lower right edge on the floor.
fn lean_on_slab(d: &mut Draft, on: usize, lean: f64, rng: &mut impl Rng) -> usize {
    let host = d.parts[on].clone();
    let size = Vec3::new(
        between(rng, 0.08, 0.11),
        host.size.y * between(rng, 0.7, 1.0),
        host.size.z * between(rng, 0.7, 0.95),
    );
    let turn = leaned(lean);
    let beside =
        host.pose.translation.vector - turn * Vec3::new(0.5 * (host.size.x + size.x), 0.0, 0.0);
    // Slide along the face until the lower right edge is on the floor.
    let edge = beside + turn * Vec3::new(0.5 * size.x, 0.0, -0.5 * size.z);
    let centre = beside - turn * Vec3::z() * (edge.z / lean.cos());
    let index = d.put(size, Pose::from_parts(centre.into(), turn), rng);
    d.parts[index].friction = host.friction;
    d.parts[index].mass = d.parts[index].mass.min(0.5 * host.mass).max(0.2);
    index
}

/// A box against the raised left edge of a slab's foot.
fn chock(d: &mut Draft, slab: usize, rng: &mut impl Rng) -> usize {
    let host = d.parts[slab].clone();
    let edge = host.pose * nalgebra::Point3::new(-0.5 * host.size.x, 0.0, -0.5 * host.size.z);
    let low = edge.z + 0.02;
    let size = Vec3::new(
        between(rng, 0.12, 0.3),
        between(rng, 0.12, 0.3),
        between(rng, low.max(0.08), low.max(0.08) + 0.12),
    );
    let index = d.stand(size, edge.x - 0.5 * size.x, edge.y, 0.0, rng);
    d.parts[index].mass = log_between(rng, 2.0, 12.0);
    index
}

/// A small box in the wedge under the lean, where it fits with a few millimetres to spare.
fn underneath(d: &mut Draft, slab: usize, lean: f64, rng: &mut impl Rng) -> Option<usize> {
    let host = d.parts[slab].clone();
    let size = carton(rng, 0.08, 0.13);
    let foot = host.pose * nalgebra::Point3::new(0.5 * host.size.x, 0.0, -0.5 * host.size.z);
    // At height h the slab's right face is h·tan θ further right.
    let left = foot.x + size.z * lean.tan() + between(rng, 0.001, 0.02);
    let pose = crate::pose::level(Vec3::new(left + 0.5 * size.x, foot.y, 0.5 * size.z), 0.0);
    d.is_free(&Obb::new(size, pose), 0.0005)
        .then(|| d.put(size, pose, rng))
}
