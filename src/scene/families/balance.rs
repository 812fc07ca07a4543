//! Families that hang on a balance point: overhangs, posts with props, off-centre towers, heavy on light.
//!
//! Each solves its lever for the one mass or offset that leaves a chosen margin, a few
//! millimetres to a few centimetres, so that what is taken away decides.

use rand::Rng;

use super::draft::{Draft, MASS_KG, between, carton, log_between, sign};
use crate::pose::Vec3;

/// A plank past its pier's edge, held by a counterweight that is just heavy enough.
pub(super) fn counterweighted_overhang(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let mut d = Draft::new(rng);
    let foot = Vec3::new(
        between(rng, 0.12, 0.3),
        between(rng, 0.15, 0.35),
        between(rng, 0.1, 0.3),
    );
    let pier = pier(&mut d, foot, 0.0, rng);
    let top = d.top(pier);
    let size = Vec3::new(
        between(rng, 0.35, 0.6),
        between(rng, 0.12, 0.3),
        between(rng, 0.08, 0.14),
    );
    let edge = 0.5 * foot.x;
    let middle = edge + between(rng, -0.03, 0.12);
    if middle - 0.5 * size.x > edge - 0.06 {
        return None;
    }
    let plank = d.stand(size, middle, between(rng, -0.03, 0.03), top, rng);
    let deck = d.top(plank);
    let outer = rng.random_bool(0.5).then(|| {
        let load = carton(rng, 0.08, 0.16);
        let x = middle + 0.5 * size.x - 0.5 * load.x - between(rng, 0.0, 0.05);
        d.stand(load, x, 0.0, deck, rng)
    });
    let weights = counterweights(&mut d, plank, edge - log_between(rng, 0.003, 0.04), rng)?;
    d.targets.extend(weights);
    d.targets.push(pier);
    if rng.random_bool(0.4) {
        let gap = log_between(rng, 0.002, 0.04);
        let height = (top - gap).min(between(rng, 0.1, 0.4));
        let under = Vec3::new(between(rng, 0.08, 0.2), between(rng, 0.1, 0.3), height);
        if height >= 0.08 {
            let x = edge + 0.5 * under.x + between(rng, 0.002, 0.05);
            let under = d.stand(under, x, 0.0, 0.0, rng);
            d.targets.push(under);
        }
    }
    d.targets.extend(outer);
    d.targets.push(plank);
    crowd_to(&mut d, boxes_max, rng);
    Some(d)
}

/// One box or two on each other at `x`; the index of the upper one.
fn pier(d: &mut Draft, size: Vec3, x: f64, rng: &mut impl Rng) -> usize {
    let lower = d.stand(size, x, 0.0, 0.0, rng);
    if rng.random_bool(0.6) {
        return lower;
    }
    let upper = Vec3::new(size.x, size.y, between(rng, 0.08, 0.2));
    let z = d.top(lower);
    d.stand(upper, x, 0.0, z, rng)
}

/// Boxes on the inner end of `plank` that put the resultant of all on it at `resultant_x`.
///
/// The last one, if there are two, makes up the final few hundred grams. Their indices.
fn counterweights(
    d: &mut Draft,
    plank: usize,
    resultant_x: f64,
    rng: &mut impl Rng,
) -> Option<Vec<usize>> {
    let size = carton(rng, 0.08, 0.2);
    let (left, width) = {
        let p = &d.parts[plank];
        (p.pose.translation.x - 0.5 * p.size.x, p.size.y)
    };
    let x = left + 0.5 * size.x + between(rng, 0.0, 0.06);
    let moment: f64 = d.parts[plank..]
        .iter()
        .map(|p| p.mass * (p.pose.translation.x - resultant_x))
        .sum();
    let lever = resultant_x - x;
    if lever < 0.03 {
        return None;
    }
    let needed = moment / lever;
    let y = between(rng, -0.2, 0.2) * width;
    let deck = d.top(plank);
    let first = d.stand(size, x, y, deck, rng);
    // Without an overhang to balance, any weight will do.
    if needed < MASS_KG.0 {
        return Some(vec![first]);
    }
    if needed > MASS_KG.1 {
        return None;
    }
    d.parts[first].mass = needed;
    if needed < 0.6 || rng.random_bool(0.6) {
        return Some(vec![first]);
    }
    let extra = between(rng, MASS_KG.0, (0.5 * needed).min(1.5));
    d.parts[first].mass = needed - extra;
    let lid = Vec3::new(size.x * 0.9, size.y * 0.9, 0.08).map(|e| e.max(0.08));
    let on_top = d.top(first);
    let second = d.stand(lid, x, y, on_top, rng);
    d.parts[second].mass = extra;
    Some(vec![second, first])
}

/// A wide box on a narrow post, propped by a neighbour of the same height.
pub(super) fn prop_tee(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let mut d = Draft::new(rng);
    let height = between(rng, 0.16, 0.42);
    let foot = Vec3::new(between(rng, 0.1, 0.17), between(rng, 0.12, 0.3), height);
    let post = d.stand(foot, 0.0, 0.0, 0.0, rng);
    let size = Vec3::new(
        between(rng, 0.34, 0.6),
        between(rng, 0.15, 0.35),
        between(rng, 0.08, 0.25),
    );
    let edge = 0.5 * foot.x;
    // Past the edge it needs its prop, before it the prop is idle.
    let middle = edge + between(rng, -0.025, 0.025);
    let tee = d.stand(size, middle, 0.0, height, rng);
    let reach = middle + 0.5 * size.x;
    let overlap = log_between(rng, 0.006, 0.06);
    let width = between(rng, 0.08, 0.2);
    let x = reach - overlap + 0.5 * width;
    if x - 0.5 * width < edge + 0.005 {
        return None;
    }
    let prop = prop(
        &mut d,
        Vec3::new(width, between(rng, 0.1, 0.3), height),
        x,
        rng,
    );
    d.targets.extend([prop, tee, post]);
    for _ in 0..rng.random_range(0..3) {
        let load = carton(rng, 0.08, 0.2);
        let at = middle + between(rng, -0.4, 0.4) * size.x;
        let deck = d.top(tee);
        let pose = crate::pose::level(Vec3::new(at, 0.0, deck + 0.5 * load.z), 0.0);
        if d.is_free(&crate::scene::geometry::Obb::new(load, pose), 0.0) {
            let load = d.put(load, pose, rng);
            d.targets.push(load);
        }
    }
    crowd_to(&mut d, boxes_max, rng);
    Some(d)
}

/// A prop of `size` in one piece or two; the index of the lower one.
fn prop(d: &mut Draft, size: Vec3, x: f64, rng: &mut impl Rng) -> usize {
    if size.z < 0.17 || rng.random_bool(0.5) {
        return d.stand(size, x, 0.0, 0.0, rng);
    }
    let first = between(rng, 0.08, size.z - 0.08);
    let lower = d.stand(Vec3::new(size.x, size.y, first), x, 0.0, 0.0, rng);
    d.stand(
        Vec3::new(size.x, size.y, size.z - first),
        x,
        0.0,
        first,
        rng,
    );
    lower
}

/// A tower from the top down: each box's far edge is put just past the resultant above it.
pub(super) fn off_centre_mass(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let mut d = Draft::new(rng);
    let storeys = rng.random_range(3..=5.min(boxes_max));
    let mut placed = Vec::new();
    let (mut moment_x, mut moment_y, mut total) = (0.0, 0.0, 0.0);
    for k in 0..storeys {
        let size = tower_box(k, rng);
        let com = Vec3::new(
            sign(rng) * between(rng, 0.0, 0.36) * size.x,
            sign(rng) * between(rng, 0.0, 0.15) * size.y,
            between(rng, -0.2, 0.2) * size.z,
        );
        let (x, y) = if k == 0 {
            (0.0, 0.0)
        } else {
            let margin = log_between(rng, 0.004, 0.08).min(0.4 * size.x);
            let x = moment_x / total + sign(rng) * (0.5 * size.x - margin);
            (x, moment_y / total + between(rng, -0.2, 0.2) * size.y)
        };
        let index = d.stand(size, x, y, 0.0, rng);
        d.parts[index].com = com;
        let mass = d.parts[index].mass;
        total += mass;
        moment_x += mass * (x + com.x);
        moment_y += mass * (y + com.y);
        placed.push(index);
    }
    let mut z = 0.0;
    for &index in placed.iter().rev() {
        let height = d.parts[index].size.z;
        d.parts[index].pose.translation.z = z + 0.5 * height;
        z += height;
    }
    d.targets = placed;
    crowd_to(&mut d, boxes_max, rng);
    Some(d)
}

/// The `k`-th box from the top of a tower: lower ones are a little larger.
fn tower_box(k: usize, rng: &mut impl Rng) -> Vec3 {
    let grow = 0.03 * k as f64;
    Vec3::new(
        between(rng, 0.15, 0.36) + grow,
        between(rng, 0.15, 0.3) + grow,
        between(rng, 0.08, 0.22),
    )
}

/// Light boxes that nearly give way under heavy ones, packed side by side.
pub(super) fn heavy_on_light(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let mut d = Draft::new(rng);
    let columns = rng.random_range(1..=3.min(boxes_max / 2));
    let depth = between(rng, 0.2, 0.4);
    let height = between(rng, 0.12, 0.35);
    let mut x = 0.0;
    let mut light = Vec::new();
    for _ in 0..columns {
        let size = Vec3::new(
            between(rng, 0.2, 0.4),
            depth * between(rng, 0.8, 1.0),
            height,
        );
        let index = d.stand(size, x + 0.5 * size.x, 0.0, 0.0, rng);
        d.parts[index].mass = log_between(rng, 0.6, 4.0);
        light.push(index);
        x += size.x + log_between(rng, 0.0003, 0.01);
    }
    let mut heavy_at = 0.0;
    let mut heavy = Vec::new();
    while heavy_at < x - 0.12 && heavy.len() < columns + 1 {
        let size = Vec3::new(
            between(rng, 0.15, 0.35),
            between(rng, 0.15, 0.35),
            between(rng, 0.1, 0.3),
        );
        let at = heavy_at + 0.5 * size.x + between(rng, -0.05, 0.04);
        let index = d.stand(size, at, between(rng, -0.04, 0.04), height, rng);
        d.parts[index].mass = between(rng, 8.0, MASS_KG.1);
        heavy.push(index);
        heavy_at = at + 0.5 * size.x + 0.055;
    }
    if rng.random_bool(0.5) && d.parts.len() < boxes_max {
        let below = heavy[rng.random_range(0..heavy.len())];
        let at = d.parts[below].pose.translation.vector;
        let z = d.top(below);
        let lid = carton(rng, 0.1, 0.25);
        d.stand(lid, at.x + between(rng, -0.05, 0.05), at.y, z, rng);
    }
    d.fragile = light.clone();
    d.targets = light;
    d.targets.extend(heavy);
    crowd_to(&mut d, boxes_max, rng);
    Some(d)
}

/// Neighbours, up to `boxes_max` in all, often few.
pub(super) fn crowd_to(d: &mut Draft, boxes_max: usize, rng: &mut impl Rng) {
    let room = boxes_max.saturating_sub(d.parts.len());
    let least = 3usize.saturating_sub(d.parts.len()).min(room);
    let count = rng.random_range(least..=room);
    d.crowd(count, rng);
}
