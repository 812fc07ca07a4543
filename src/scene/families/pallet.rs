//! Pallets as packers build them: interlocking layers with gaps of 0 to 4 mm, and columns, whose boxes lie that far inside of
//! where their column ends.
//!
//! The gaps are what makes them hard: a box that is pulled askew drags its neighbours, and one
//! that is taken from under a seam leaves two boxes half supported.

use rand::Rng;
use rand::seq::SliceRandom;

use super::draft::{Draft, Packing, between, interleave};
use crate::pose::{Vec3, level};

/// The deck of a EUR pallet, m.
pub(super) const PALLET: [f64; 3] = [1.2, 0.8, 0.144];

/// A draft with a pallet, or with the bare floor; and the height to build from.
fn base(rng: &mut impl Rng) -> (Draft, f64) {
    let mut d = Draft::new(rng);
    d.packing = Packing::Tight;
    if rng.random_bool(0.25) {
        return (d, 0.0);
    }
    let size = Vec3::from(PALLET);
    let pose = level(Vec3::new(0.0, 0.0, 0.5 * size.z), 0.0);
    d.fix("pallet".into(), size, pose, rng);
    (d, size.z)
}

/// A gap between neighbours, m: some touch.
fn gap(rng: &mut impl Rng) -> f64 {
    if rng.random_bool(0.25) {
        0.0
    } else {
        between(rng, 0.0, 0.004)
    }
}

/// Layers that cross, or rows in which a box stands over a seam of the one below where they differ in number.
pub(super) fn brick(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let (mut d, floor) = base(rng);
    let layers = if rng.random_bool(0.5) || boxes_max < 9 {
        running_bond(&mut d, floor, boxes_max, rng)
    } else {
        crossed_layers(&mut d, floor, rng)
    };
    if layers.len() < 2 {
        return None;
    }
    vary_masses(&mut d, rng);
    // Middle layers first: what they carry depends on the seam.
    let last = layers.len() - 1;
    let mut order: Vec<usize> = layers[last - 1].clone();
    order.shuffle(rng);
    let mut top = layers[last].clone();
    top.shuffle(rng);
    d.targets = interleave(order, top);
    Some(d)
}

/// Rows of bricks, the next of fewer or as many, never of more; the indices layer by layer. A row of one brick less than that
/// below stands over its seams, one of as many in columns.
fn running_bond(
    d: &mut Draft,
    floor: f64,
    boxes_max: usize,
    rng: &mut impl Rng,
) -> Vec<Vec<usize>> {
    let rows = if boxes_max >= 8 {
        rng.random_range(1..=2)
    } else {
        1
    };
    let columns = rng.random_range(2..=4.min(boxes_max / rows / 2 + 1));
    let width = 0.38 * between(rng, 0.4, 1.0);
    let length = (1.16 / columns as f64).min(0.5) * between(rng, 0.6, 1.0);
    let height = between(rng, 0.1, 0.28);
    let pitch_y = width + 0.004;
    let mut layers = Vec::new();
    let mut z = floor;
    let mut count = if rng.random_bool(0.7) {
        columns
    } else {
        columns - 1
    };
    while d.parts.len() + count * rows <= boxes_max && count > 0 && layers.len() < 4 {
        let mut layer = Vec::new();
        for row in 0..rows {
            let y = (row as f64 - 0.5 * (rows - 1) as f64) * pitch_y + between(rng, -0.001, 0.001);
            let pitch = length + 0.004;
            let mut x = -0.5 * pitch * count as f64 + between(rng, 0.0, 0.003);
            for _ in 0..count {
                let size = Vec3::new(length, width - 0.002, height);
                layer.push(d.stand(size, x + 0.5 * length, y, z, rng));
                x += length + gap(rng);
            }
        }
        layers.push(layer);
        z += height;
        count = if count == columns {
            columns - 1
        } else {
            columns
        };
        // A row of n on n - 1 would hang half over the edge.
        if count == columns && columns > 1 {
            count = columns.saturating_sub(layers.len()).max(1);
        }
    }
    layers
}

/// Boxes of 3:2, two rows one way and three the other, turned in every second layer.
fn crossed_layers(d: &mut Draft, floor: f64, rng: &mut impl Rng) -> Vec<Vec<usize>> {
    let unit = between(rng, 0.06, 0.128);
    let height = between(rng, 0.1, 0.28);
    let turned_first = rng.random_bool(0.5);
    let mut layers = Vec::new();
    for k in 0..2 {
        let turned = turned_first != (k == 1);
        let (nx, ny) = if turned { (3, 2) } else { (2, 3) };
        let gaps = if turned { [2.0, 3.0] } else { [3.0, 2.0] };
        let size = Vec3::new(gaps[0] * unit, gaps[1] * unit, height);
        let mut layer = Vec::new();
        let mut xs = 0.0;
        for _ in 0..nx {
            let mut ys = between(rng, 0.0, 0.002);
            for _ in 0..ny {
                let x = xs + 0.5 * size.x - 3.0 * unit;
                let y = ys + 0.5 * size.y - 3.0 * unit;
                layer.push(d.stand(size, x, y, floor + k as f64 * height, rng));
                ys += size.y + gap(rng);
            }
            xs += size.x + gap(rng);
        }
        layers.push(layer);
    }
    thin_out(d, &mut layers, rng);
    layers
}

/// Takes up to three boxes off the top layer, so that its neighbours can be reached.
fn thin_out(d: &mut Draft, layers: &mut [Vec<usize>], rng: &mut impl Rng) {
    let Some(top) = layers.last_mut() else {
        return;
    };
    for _ in 0..rng.random_range(0..=3) {
        // Parts are removed from the end of the list, so that the other indices stay.
        let victim = rng.random_range(0..top.len());
        let last = d.parts.len() - 1;
        d.parts.swap(top[victim], last);
        d.parts.pop();
        top.retain(|&i| i != last);
    }
}

/// Columns of boxes side by side, each with its own footprint.
pub(super) fn column(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let (mut d, floor) = base(rng);
    let columns = rng.random_range(2..=4);
    let depth = between(rng, 0.15, 0.4);
    let mut x = -0.55;
    let mut interior = Vec::new();
    let mut tops = Vec::new();
    for _ in 0..columns {
        let width = between(rng, 0.14, 0.32);
        if x + width > 0.6 {
            break;
        }
        let room = boxes_max - d.parts.len();
        if room < 2 {
            break;
        }
        let storeys = rng.random_range(2..=5.min(room));
        let (lower, top) = one_column(&mut d, [x, width, depth, floor], storeys, rng);
        interior.extend(lower);
        tops.push(top);
        x += width + gap(rng);
    }
    vary_masses(&mut d, rng);
    interior.shuffle(rng);
    tops.shuffle(rng);
    d.targets = interleave(interior, tops);
    Some(d)
}

/// A column of `storeys` boxes: the indices of the lower ones, and of the top one.
///
/// `frame` is its left side, width, depth and floor, m. Boxes are inset by up to 4 mm at random,
/// so that some touch the next column and some do not.
fn one_column(
    d: &mut Draft,
    frame: [f64; 4],
    storeys: usize,
    rng: &mut impl Rng,
) -> (Vec<usize>, usize) {
    let [left, width, depth, floor] = frame;
    let mut z = floor;
    let mut lower = Vec::new();
    for _ in 0..storeys {
        let inset = [gap(rng), gap(rng)];
        let size = Vec3::new(
            width - inset[0] - inset[1],
            depth * between(rng, 0.85, 1.0),
            between(rng, 0.09, 0.26),
        );
        let x = left + inset[0] + 0.5 * size.x;
        let y = between(rng, -0.03, 0.03);
        lower.push(d.stand(size, x, y, z, rng));
        z += size.z;
    }
    let top = lower.pop().unwrap_or_default();
    (lower, top)
}

/// One product has one filling; a few boxes are much heavier or lighter.
fn vary_masses(d: &mut Draft, rng: &mut impl Rng) {
    let density = super::draft::log_between(rng, 80.0, 450.0);
    for part in &mut d.parts {
        if rng.random_bool(0.75) {
            let mass = density * part.size.product() * between(rng, 0.9, 1.1);
            part.mass = mass.clamp(super::draft::MASS_KG.0, super::draft::MASS_KG.1);
        }
    }
}
