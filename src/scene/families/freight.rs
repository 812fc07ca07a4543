//! Air freight: crates of 0.2 to 3 m, packed corner to corner on a unit load device, or put down roughly.
//!
//! Owns the sizes and fillings of freight, in which a carton of 5 kg stands beside a crate of half a
//! tonne. The ranges are those of cargo in general (IATA's main-deck devices are 3.18 by 2.44 m);
//! no packing of `scenarios/real` is copied. Only what a robot may lift is a target.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::draft::{Draft, Packing, Part, between, log_between};
use super::pile::by_load;
use crate::pose::{Vec3, level};
use crate::scene::geometry::{Obb, overlaps};

/// The heaviest crate, kg.
pub(super) const CRATE_MAX_KG: f64 = 1500.0;
/// The heaviest target, kg.
const TARGET_MAX_KG: f64 = 45.0;
/// The loosest and the densest filling, kg/m³: clothes, and machine parts.
const DENSITY: (f64, f64) = (25.0, 900.0);
/// Nothing is stacked higher, m.
const TOP_M: f64 = 2.3;
/// Seen from above, crates may share this much, m: what rounding leaves.
const TOUCH_M: f64 = 1e-4;
/// Places that are tried for a crate.
const PLACES: usize = 24;

/// How closely crates stand.
#[derive(Clone, Copy, PartialEq)]
enum Closeness {
    /// Side by side, 0 to 3 mm apart.
    Packed,
    /// Centimetres apart, and over each other's edges.
    Rough,
}

/// Crates corner to corner.
pub(super) fn packed(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    freight(Closeness::Packed, boxes_max, rng)
}

/// Crates as a fork lift leaves them.
pub(super) fn rough(boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    freight(Closeness::Rough, boxes_max, rng)
}

/// A kind of crate: pieces of one consignment are alike.
#[derive(Clone, Copy)]
struct Kind {
    size: Vec3,
    mass: f64,
    friction: f64,
}

fn freight(closeness: Closeness, boxes_max: usize, rng: &mut impl Rng) -> Option<Draft> {
    let mut d = Draft::new(rng);
    d.mass_max_kg = CRATE_MAX_KG;
    if closeness == Closeness::Packed {
        d.packing = Packing::Tight;
    }
    let count = rng.random_range(3..=boxes_max);
    let deck = deck(count, rng);
    let floor = Vec3::new(deck.x, deck.y, 0.02);
    let under = level(Vec3::new(0.0, 0.0, 0.5 * floor.z), 0.0);
    d.fix("uld".into(), floor, under, rng);
    let kinds: Vec<Kind> = (0..rng.random_range(2..=4))
        .map(|_| kind(deck, rng))
        .collect();
    for _ in 0..count {
        let kind = kinds.choose(rng).copied()?;
        put(&mut d, kind, deck, closeness, rng);
    }
    let light = |i: &usize| d.parts[*i].mass <= TARGET_MAX_KG;
    d.targets = by_load(&d).into_iter().filter(light).collect();
    (d.targets.len() >= 2).then_some(d)
}

/// The part of a device's deck that `count` crates are put on, m.
fn deck(count: usize, rng: &mut impl Rng) -> Vec3 {
    let share = (count as f64 / 12.0).sqrt();
    Vec3::new(
        (3.18 * share * between(rng, 0.6, 1.1)).clamp(1.0, 3.18),
        (2.44 * share * between(rng, 0.6, 1.1)).clamp(1.0, 2.44),
        0.0,
    )
}

fn kind(deck: Vec3, rng: &mut impl Rng) -> Kind {
    let short = log_between(rng, 0.18, 1.3).min(0.95 * deck.y);
    let long = (short * log_between(rng, 1.0, 2.6)).min(0.95 * deck.x);
    let height = log_between(rng, 0.15, 1.3).min(1.8 * short);
    let size = Vec3::new(long, short, height);
    // Half of the kinds are what a robot lifts.
    let heaviest = if rng.random_bool(0.5) {
        TARGET_MAX_KG
    } else {
        CRATE_MAX_KG
    };
    let mass = size.product() * log_between(rng, DENSITY.0, DENSITY.1);
    Kind {
        size,
        mass: mass.clamp(1.0, heaviest * between(rng, 0.5, 1.0)),
        friction: between(rng, 0.3, 0.65),
    }
}

/// Puts a crate at the lowest of some places where the load still stands, or at any of them.
fn put(d: &mut Draft, kind: Kind, deck: Vec3, closeness: Closeness, rng: &mut impl Rng) {
    let tidy = rng.random_bool(0.7);
    let mut best: Option<(f64, Part)> = None;
    for _ in 0..PLACES {
        let Some(part) = place(d, kind, deck, closeness, rng) else {
            continue;
        };
        let at = part.pose.translation.vector;
        let rank = if tidy {
            at.z + 0.1 * (at.x + at.y)
        } else {
            rng.random()
        };
        if best.as_ref().is_none_or(|(least, _)| rank < *least) && stands_with(d, &part) {
            best = Some((rank, part));
        }
    }
    d.parts.extend(best.map(|(_, part)| part));
}

/// A crate against the sides of others or of the deck, let down; `None` where it does not fit.
fn place(
    d: &Draft,
    kind: Kind,
    deck: Vec3,
    closeness: Closeness,
    rng: &mut impl Rng,
) -> Option<Part> {
    let mut size = kind.size;
    if rng.random_bool(0.5) {
        size = Vec3::new(size.y, size.x, size.z);
    }
    let mut low = [0.0; 2];
    for (axis, low) in low.iter_mut().enumerate() {
        let side = |p: &Part, way: f64| p.pose.translation.vector[axis] + way * p.size[axis];
        let sides = d.parts.iter().flat_map(|p| [side(p, 0.5), side(p, -0.5)]);
        let all: Vec<f64> = sides.chain([-0.5 * deck[axis]]).collect();
        let gap = match closeness {
            Closeness::Packed if rng.random_bool(0.4) => 0.0,
            Closeness::Packed => between(rng, 0.0, 0.003),
            Closeness::Rough => between(rng, -0.15, 0.15),
        };
        *low = (all.choose(rng)? + gap).max(-0.5 * deck[axis]);
        if *low + size[axis] > 0.5 * deck[axis] {
            return None;
        }
    }
    let yaw = match closeness {
        Closeness::Packed => 0.0,
        Closeness::Rough => between(rng, -0.06, 0.06),
    };
    let centre = Vec3::new(low[0] + 0.5 * size.x, low[1] + 0.5 * size.y, 0.0);
    let column = |size: Vec3, at: Vec3, yaw: f64| {
        Obb::new(
            Vec3::new(size.x, size.y, 1.0),
            level(Vec3::new(at.x, at.y, 0.0), yaw),
        )
    };
    let sole = column(size, centre, yaw);
    let below = d.parts.iter().enumerate().filter(|(_, p)| {
        let heading = p.pose.rotation.euler_angles().2;
        let other = column(p.size, p.pose.translation.vector, heading);
        overlaps(&sole, &other, TOUCH_M)
    });
    let z = below.map(|(i, _)| d.top(i)).fold(0.02, f64::max);
    if z + size.z > TOP_M {
        return None;
    }
    Some(Part {
        size,
        pose: level(Vec3::new(centre.x, centre.y, z + 0.5 * size.z), yaw),
        mass: kind.mass,
        friction: kind.friction,
        com: Vec3::zeros(),
    })
}

/// Whether everything stands, by statics, once `part` is there.
fn stands_with(d: &mut Draft, part: &Part) -> bool {
    d.parts.push(part.clone());
    let stands = d.footings().iter().all(|f| f.margin_m > 0.005);
    d.parts.pop();
    stands
}
