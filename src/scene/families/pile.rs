//! Heaps and mixed stacks: each box is let down at a random place onto whatever is highest there.
//!
//! Boxes of one scene come in few heights, so that many rest on two or three others at once. A
//! place is kept only if statics says that the whole pile still stands; half of the time the
//! barest of several such places is taken.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::draft::{Draft, between, carton, interleave};
use crate::pose::{Pose, Vec3, level};
use crate::scene::geometry::{Obb, overlaps};

/// How boxes of a pile lie.
#[derive(Clone, Copy)]
enum Order {
    /// At any angle.
    Dropped,
    /// Within a few degrees of the axes.
    Aligned,
}

/// Boxes at any angle on a small floor, so that they end up on each other.
pub(super) fn heap(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    pile(Order::Dropped, boxes_max, rng)
}

/// The same with boxes nearly aligned.
pub(super) fn mixed_stack(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    pile(Order::Aligned, boxes_max, rng)
}

fn pile(order: Order, boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let mut d = Draft::new(rng);
    let kinds: Vec<Vec3> = kinds(rng);
    let count = rng.random_range(3..=boxes_max);
    let radius = between(rng, 0.05, 0.13) * (count as f64).sqrt();
    for _ in 0..count {
        let size = kinds.choose(rng).copied()?;
        let best = if rng.random_bool(0.5) { 4 } else { 1 };
        let Some(pose) = place(&mut d, size, order, radius, best, rng) else {
            continue;
        };
        d.put(size, pose, rng);
    }
    if !d.is_sound() {
        return None;
    }
    d.targets = by_load(&d);
    Some(d)
}

/// Three or four kinds of boxes in two heights.
fn kinds(rng: &mut impl Rng) -> Vec<Vec3> {
    let heights = [between(rng, 0.09, 0.16), between(rng, 0.14, 0.26)];
    (0..rng.random_range(3..=4))
        .map(|_| {
            let mut size = carton(rng, 0.12, 0.4);
            size.z = heights[rng.random_range(0..2)];
            size
        })
        .collect()
}

/// A pose for a box of `size`: of `best` places where the pile stands, the one with the least margin.
fn place(
    d: &mut Draft,
    size: Vec3,
    order: Order,
    radius: f64,
    best: usize,
    rng: &mut impl Rng,
) -> Option<Pose> {
    let mut found: Option<(f64, Pose)> = None;
    let mut left = best;
    for _ in 0..16 {
        let pose = let_down(d, size, order, radius, rng);
        if let Some(margin) = margin_with(d, size, pose)
            && pose.translation.z < 1.2
        {
            if found.is_none_or(|(least, _)| margin < least) {
                found = Some((margin, pose));
            }
            left -= 1;
            if left == 0 {
                break;
            }
        }
    }
    found.map(|(_, pose)| pose)
}

/// A random place, at the height at which the box first touches.
fn let_down(d: &Draft, size: Vec3, order: Order, radius: f64, rng: &mut impl Rng) -> Pose {
    let quarter = std::f64::consts::FRAC_PI_2;
    let yaw = match order {
        Order::Dropped => between(rng, -quarter, quarter),
        Order::Aligned => quarter * f64::from(rng.random_range(0..2u8)) + between(rng, -0.05, 0.05),
    };
    let angle = between(rng, 0.0, 4.0 * quarter);
    let out = radius * rng.random::<f64>().sqrt();
    let at = Vec3::new(out * angle.cos(), out * angle.sin(), 0.0);
    // Seen from above: two level boxes are in each other's way if their footprints are.
    let tall = |size: Vec3, at: Vec3, yaw_pose: &Pose| {
        let flat = Pose::from_parts(Vec3::new(at.x, at.y, 0.0).into(), yaw_pose.rotation);
        Obb::new(Vec3::new(size.x, size.y, 1.0), flat)
    };
    let turned = level(at, yaw);
    let sole = tall(size, at, &turned);
    let z = d
        .parts
        .iter()
        .enumerate()
        .filter(|(_, p)| {
            overlaps(
                &sole,
                &tall(p.size, p.pose.translation.vector, &p.pose),
                0.0,
            )
        })
        .map(|(i, _)| d.top(i))
        .fold(0.0, f64::max);
    level(Vec3::new(at.x, at.y, z + 0.5 * size.z), yaw)
}

/// The least margin in the pile once the box stands there; `None` where something would tip.
fn margin_with(d: &mut Draft, size: Vec3, pose: Pose) -> Option<f64> {
    let nominal = d.parts.first().map_or(1.0, |p| p.mass);
    d.parts.push(super::draft::Part {
        size,
        pose,
        mass: nominal,
        friction: 0.5,
        com: Vec3::zeros(),
    });
    let least = d
        .footings()
        .iter()
        .map(|f| f.margin_m)
        .fold(f64::INFINITY, f64::min);
    d.parts.pop();
    (least > 0.003).then_some(least)
}

/// Those that carry something and those that carry nothing in turn, the least loaded leading: they
/// are the close calls.
pub(super) fn by_load(d: &Draft) -> Vec<usize> {
    let footings = d.footings();
    let carried = |i: &usize| footings[*i].carried_n;
    let (free, mut loaded): (Vec<usize>, Vec<usize>) =
        (0..d.parts.len()).partition(|i| carried(i) == 0.0);
    loaded.sort_by(|a, b| carried(a).total_cmp(&carried(b)));
    interleave(loaded, free)
}
