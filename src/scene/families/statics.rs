//! Who carries whom, by hand statics: the load on every box, and how near each is to tipping.
//!
//! Owns what level boxes stand on, whose outlines are `plane`'s, and the passing down of loads from the top. Where a
//! box has more supports than statics can tell apart, its load is spread as over an elastic
//! foundation (least squares over the patches' corners, none pulling). Refuses friction and
//! leaning boxes: those are taken to stand, and what leans on a box is not counted.

mod plane;

use nalgebra::{Matrix3, Vector3};

use super::draft::{Draft, Part, is_level};
use crate::gravity::GRAVITY;
use plane::{Point, area, clip, depth_in_hull, footprint, plane_height};

/// How far above its support a box may seem to be and still stand on it, m: planks that tilt by
/// a degree between piers of different heights touch only at an edge.
const CONTACT_M: f64 = 0.008;
/// A patch smaller than this carries nothing, m².
const PATCH_MIN_M2: f64 = 1e-6;

/// What holds a box up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Footing {
    /// Weight of all that rests on it, its own left out, N.
    pub carried_n: f64,
    /// Distance of the resultant from the edge of the support, m: positive inside, -∞ in the air.
    pub margin_m: f64,
}

/// The part of a support's top that a box stands on.
struct Patch {
    /// Index into the parts; `None` for the ground and fixtures.
    below: Option<usize>,
    /// Corners in the plane, counter-clockwise.
    polygon: Vec<Point>,
}

/// A vertical force at a point of the plane.
#[derive(Clone, Copy)]
struct Load {
    at: Point,
    newtons: f64,
}

/// A corner of a patch: what is below it, where it is, and its share of the patch's area, m².
type Corner = (Option<usize>, Point, f64);

/// The footing of every part, in the draft's order.
pub(super) fn footings(draft: &Draft) -> Vec<Footing> {
    let parts = &draft.parts;
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let height = |i: &usize| parts[*i].pose.translation.vector.z;
    order.sort_by(|a, b| height(b).total_cmp(&height(a)));
    let mut loads: Vec<Vec<Load>> = vec![Vec::new(); parts.len()];
    let mut footings = vec![
        Footing {
            carried_n: 0.0,
            margin_m: f64::INFINITY,
        };
        parts.len()
    ];
    for i in order {
        footings[i].carried_n = loads[i].iter().map(|l| l.newtons).sum();
        if !is_level(&parts[i].pose.rotation) {
            continue;
        }
        let total = resultant(&parts[i], &loads[i]);
        let patches = patches(draft, i);
        let corners: Vec<Point> = patches.iter().flat_map(|p| p.polygon.clone()).collect();
        footings[i].margin_m = depth_in_hull(total.at, &corners);
        for (below, load) in spread(total, &patches) {
            if let Some(below) = below {
                loads[below].push(load);
            }
        }
    }
    footings
}

/// The weight of a part and of all that presses on it, as one force.
fn resultant(part: &Part, loads: &[Load]) -> Load {
    let weight = part.mass * GRAVITY;
    let com = part.pose * nalgebra::Point3::from(part.com);
    let mut newtons = weight;
    let mut moment = com.coords.xy() * weight;
    for load in loads {
        newtons += load.newtons;
        moment += load.at * load.newtons;
    }
    Load {
        at: moment / newtons,
        newtons,
    }
}

/// What part `i` stands on.
fn patches(draft: &Draft, i: usize) -> Vec<Patch> {
    let part = &draft.parts[i];
    let sole = footprint(part.size, &part.pose);
    if part.pose.translation.vector.z - 0.5 * part.size.z < CONTACT_M {
        return vec![Patch {
            below: None,
            polygon: sole,
        }];
    }
    let parts = draft.parts.iter().enumerate();
    let others = parts
        .filter(|&(j, _)| j != i)
        .map(|(j, p)| (Some(j), p.size, p.pose));
    let fixtures = draft.fixtures.iter().map(|f| (None, f.size, f.pose));
    others
        .chain(fixtures)
        .filter(|(_, _, pose)| is_level(&pose.rotation))
        .filter_map(|(below, size, pose)| {
            let polygon = clip(&sole, &footprint(size, &pose));
            if area(&polygon) < PATCH_MIN_M2 {
                return None;
            }
            let middle = polygon.iter().sum::<Point>() / polygon.len() as f64;
            let sole_z = plane_height(part.size, &part.pose, -1.0, middle);
            let top_z = plane_height(size, &pose, 1.0, middle);
            ((sole_z - top_z).abs() < CONTACT_M).then_some(Patch { below, polygon })
        })
        .collect()
}

/// `total` spread over the corners of the patches: `f = w·(λ·[1, x, y])`, corners that would pull left out.
fn spread(total: Load, patches: &[Patch]) -> Vec<(Option<usize>, Load)> {
    let all = corners_of(patches);
    let mut corners = all.clone();
    while !corners.is_empty() {
        let Some(lambda) = pressure(total, &corners) else {
            break;
        };
        let force = |(_, p, w): &Corner| w * lambda.dot(&lifted(*p, total.at));
        if !corners.iter().all(|c| force(c).is_finite()) {
            break;
        }
        let worst = corners
            .iter()
            .enumerate()
            .min_by(|a, b| force(a.1).total_cmp(&force(b.1)));
        match worst {
            Some((index, corner)) if force(corner) < 0.0 => {
                corners.remove(index);
            }
            _ => {
                return corners
                    .iter()
                    .map(|c| {
                        let load = Load {
                            at: c.1,
                            newtons: force(c),
                        };
                        (c.0, load)
                    })
                    .collect();
            }
        }
    }
    all_on_nearest(total, &all)
}

/// The corners of all patches, each with its share of the area.
fn corners_of(patches: &[Patch]) -> Vec<Corner> {
    let mut corners: Vec<Corner> = Vec::new();
    for patch in patches {
        let share = area(&patch.polygon) / patch.polygon.len() as f64;
        // Pulled in by 1 %, so that a load passed on never lies outside by rounding.
        let middle = patch.polygon.iter().sum::<Point>() / patch.polygon.len() as f64;
        for p in &patch.polygon {
            corners.push((patch.below, middle + (p - middle) * 0.99, share));
        }
    }
    corners
}

/// `λ`: the pressure on an elastic foundation under all `corners`; `None` where they lie on a line.
fn pressure(total: Load, corners: &[Corner]) -> Option<Vector3<f64>> {
    let mut normal = Matrix3::zeros();
    for (_, p, w) in corners {
        let v = lifted(*p, total.at);
        normal += v * v.transpose() * *w;
    }
    let wanted = Vector3::new(total.newtons, 0.0, 0.0);
    normal.lu().solve(&wanted)
}

/// Outside its support, or on a line: the nearest corner takes it all.
fn all_on_nearest(total: Load, corners: &[Corner]) -> Vec<(Option<usize>, Load)> {
    let distance = |c: &&Corner| (c.1 - total.at).norm();
    corners
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .map(|c| {
            let load = Load {
                at: c.1,
                newtons: total.newtons,
            };
            (c.0, load)
        })
        .into_iter()
        .collect()
}

/// `[1, x, y]` about `origin`, which keeps the normal matrix well scaled.
fn lifted(p: Point, origin: Point) -> Vector3<f64> {
    let d = p - origin;
    Vector3::new(1.0, d.x, d.y)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::pose::Vec3;

    fn plank_on_two_posts(load_x: f64) -> Draft {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut d = Draft::new(&mut rng);
        for x in [-0.2, 0.2] {
            d.stand(Vec3::new(0.1, 0.2, 0.3), x, 0.0, 0.0, &mut rng);
        }
        d.stand(Vec3::new(0.5, 0.2, 0.1), 0.0, 0.0, 0.3, &mut rng);
        d.stand(Vec3::new(0.1, 0.1, 0.1), load_x, 0.0, 0.4, &mut rng);
        for part in &mut d.parts {
            part.mass = 2.0;
        }
        d
    }

    #[test]
    fn two_posts_share_the_load_by_the_lever() {
        let f = footings(&plank_on_two_posts(0.0));
        assert!((f[0].carried_n - 2.0 * GRAVITY).abs() < 1e-6);
        let shifted = footings(&plank_on_two_posts(0.15));
        let both = shifted[0].carried_n + shifted[1].carried_n;
        assert!((both - 4.0 * GRAVITY).abs() < 1e-6);
        assert!(shifted[1].carried_n > shifted[0].carried_n + 5.0);
        assert!((shifted[2].carried_n - 2.0 * GRAVITY).abs() < 1e-6);
    }

    #[test]
    fn an_overhang_past_its_balance_point_has_a_negative_margin() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut d = Draft::new(&mut rng);
        d.stand(Vec3::repeat(0.2), 0.0, 0.0, 0.0, &mut rng);
        let plank = d.stand(Vec3::new(0.4, 0.2, 0.1), 0.09, 0.0, 0.2, &mut rng);
        assert!((footings(&d)[plank].margin_m - 0.01).abs() < 1e-9);
        d.parts[plank].pose.translation.x = 0.11;
        assert!((footings(&d)[plank].margin_m + 0.01).abs() < 1e-9);
    }

    #[test]
    fn a_box_in_the_air_has_no_footing() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut d = Draft::new(&mut rng);
        d.stand(Vec3::repeat(0.2), 0.0, 0.0, 0.5, &mut rng);
        assert_eq!(footings(&d)[0].margin_m, f64::NEG_INFINITY);
    }
}
