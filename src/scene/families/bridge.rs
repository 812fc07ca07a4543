//! Bridges: planks that rest on a few millimetres to centimetres of their piers.
//!
//! Piers differ in height by up to 6 mm; a plank then lies on the inner edge of the higher one
//! and by its end on the lower one, tilted by up to a degree, and touches exactly there.

use rand::Rng;

use super::balance::crowd_to;
use super::draft::{Draft, between, carton, log_between};
use crate::pose::{Pose, Quat, Vec3};
use crate::scene::geometry::Obb;

/// A pier's top and inner edge, from which the next plank starts.
#[derive(Clone, Copy)]
struct Bank {
    edge_x: f64,
    top_z: f64,
}

/// One or two spans, what lies on them, and what stands below.
pub(super) fn bridge(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let mut d = Draft::new(rng);
    let height = between(rng, 0.16, 0.4);
    let spans = if boxes_max >= 7 && rng.random_bool(0.35) {
        2
    } else {
        1
    };
    let first = Vec3::new(between(rng, 0.1, 0.25), between(rng, 0.12, 0.3), height);
    let mut piers = vec![pier(&mut d, first, -0.5 * first.x, rng)];
    let mut bank = Bank {
        edge_x: 0.0,
        top_z: height,
    };
    let mut planks = Vec::new();
    for _ in 0..spans {
        let span = span(&mut d, bank, rng)?;
        piers.push(span.pier);
        planks.push(span.plank);
        bank = span.bank;
    }
    let mut loads = Vec::new();
    for &plank in &planks {
        let room = boxes_max.saturating_sub(d.parts.len()).min(3);
        for _ in 0..rng.random_range(0..=room) {
            loads.extend(load(&mut d, plank, rng));
        }
    }
    if d.parts.len() < boxes_max && rng.random_bool(0.5) {
        piers.extend(middle_pier(&mut d, planks[0], rng));
    }
    piers.reverse();
    d.targets = piers;
    d.targets.extend(loads.iter().rev().chain(&planks));
    crowd_to(&mut d, boxes_max, rng);
    Some(d)
}

/// A plank from `from` to a new pier.
struct Span {
    plank: usize,
    pier: usize,
    bank: Bank,
}

fn span(d: &mut Draft, from: Bank, rng: &mut impl Rng) -> Option<Span> {
    let size = Vec3::new(
        between(rng, 0.34, 0.6),
        between(rng, 0.1, 0.28),
        between(rng, 0.08, 0.12),
    );
    let drop = if rng.random_bool(0.5) {
        0.0
    } else {
        between(rng, 0.0003, 0.006)
    };
    let width = between(rng, 0.1, 0.25);
    let near = log_between(rng, 0.01, 0.045);
    let far = log_between(rng, 0.01, 0.045);
    let free = size.x - near;
    let tilt = (drop / free).asin();
    let turn = Quat::from_axis_angle(&Vec3::y_axis(), tilt);
    let y = between(rng, -0.02, 0.02);
    let start = Vec3::new(from.edge_x, y, from.top_z);
    let centre = start + turn * Vec3::new(0.5 * size.x - near, 0.0, 0.5 * size.z);
    let plank = d.put(size, Pose::from_parts(centre.into(), turn), rng);
    let end_x = from.edge_x + free * tilt.cos();
    let foot = Vec3::new(width, between(rng, 0.12, 0.3), from.top_z - drop);
    if foot.z < 0.1 {
        return None;
    }
    let x = end_x - far + 0.5 * width;
    let pier = pier(d, foot, x, rng);
    Some(Span {
        plank,
        pier,
        bank: Bank {
            edge_x: x + 0.5 * width,
            top_z: foot.z,
        },
    })
}

/// A pier of `size` at `x` in one piece or two; the index of the upper one.
fn pier(d: &mut Draft, size: Vec3, x: f64, rng: &mut impl Rng) -> usize {
    if size.z < 0.18 || rng.random_bool(0.6) {
        return d.stand(size, x, 0.0, 0.0, rng);
    }
    let first = between(rng, 0.08, size.z - 0.08);
    d.stand(Vec3::new(size.x, size.y, first), x, 0.0, 0.0, rng);
    d.stand(
        Vec3::new(size.x, size.y, size.z - first),
        x,
        0.0,
        first,
        rng,
    )
}

/// A box on `plank`, where there is room.
fn load(d: &mut Draft, plank: usize, rng: &mut impl Rng) -> Option<usize> {
    let size = carton(rng, 0.08, 0.22);
    let deck = d.parts[plank].clone();
    let along = 0.5 * (deck.size.x - size.x);
    let local = Pose::translation(
        between(rng, -along, along),
        between(rng, -0.3, 0.3) * deck.size.y,
        0.5 * (deck.size.z + size.z),
    );
    let pose = deck.pose * local;
    d.is_free(&Obb::new(size, pose), 0.0)
        .then(|| d.put(size, pose, rng))
}

/// A pier that touches `plank` from below, or misses it by up to 10 mm.
fn middle_pier(d: &mut Draft, plank: usize, rng: &mut impl Rng) -> Option<usize> {
    let deck = d.parts[plank].clone();
    let level = deck.pose.rotation.angle() < 1e-9;
    let gap = if level && rng.random_bool(0.5) {
        0.0
    } else {
        log_between(rng, 0.0005, 0.01)
    };
    let at = deck.pose * nalgebra::Point3::new(between(rng, -0.15, 0.15), 0.0, 0.0);
    let width = between(rng, 0.08, 0.12);
    let tilt = deck.pose.rotation.angle();
    let height = at.z - 0.5 * deck.size.z * tilt.cos() - 0.5 * width * tilt.sin() - gap;
    let size = Vec3::new(width, between(rng, 0.1, 0.25), height);
    let centre = Vec3::new(at.x, 0.0, 0.5 * height);
    let pose = crate::pose::level(centre, 0.0);
    (height >= 0.1 && d.is_free(&Obb::new(size, pose), 0.0)).then(|| d.put(size, pose, rng))
}
