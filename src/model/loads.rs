//! Who carries whom: weights handed down the support graph, and how near each box is to tipping.
//!
//! Owns [`Loads`], the statics of a standing scene with or without one body. It is an estimate
//! (how a rigid box shares its load between more than three supports is not determined): forces
//! go to the corners of the patches, as even as balance allows. The network takes it as a hint.

use nalgebra::{Matrix3, Vector3};

use super::contacts::SceneGraph;
use super::polygon::{Margin, Point2, hull, margin};
use crate::gravity::GRAVITY;

/// What one body carries and how it stands.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Weight of the body and of all that rests on it, N.
    pub total: f64,
    /// Weight of what rests on it, N.
    pub above: f64,
    /// Standard deviation of `above`, N.
    pub above_std: f64,
    /// Where the line of its total weight goes, seen from above.
    pub centre: Point2,
    /// How far that line lies within its support.
    pub margin: Margin,
    /// Standard deviation of where that line is, m.
    pub margin_std: f64,
    /// How many bodies carry it, the ground counted as one.
    pub supporters: usize,
}

/// The statics of all bodies.
#[derive(Clone, Debug)]
pub struct Loads {
    /// `[N]`.
    pub bodies: Vec<Load>,
    /// For each of the graph's contacts the share of the upper body's total that goes through it.
    pub share: Vec<f64>,
}

/// Running sums for one body while loads come down.
#[derive(Clone, Copy, Default)]
struct Sum {
    above: f64,
    above_variance: f64,
    /// Σ force · position, N·m.
    moment: Point2,
    /// Σ variance of (force · position) about the mean, (N·m)².
    moment_variance: f64,
}

impl Loads {
    /// The statics of `graph`, as if body `gone` were not there.
    pub fn new(graph: &SceneGraph, gone: Option<usize>) -> Self {
        let n = graph.bodies.len();
        let mut order: Vec<usize> = (0..n).filter(|&i| Some(i) != gone).collect();
        order.sort_by(|&i, &j| {
            let z = |k: usize| graph.bodies[k].obb.pose.translation.z;
            z(j).total_cmp(&z(i)).then(i.cmp(&j))
        });
        let mut sums = vec![Sum::default(); n];
        let mut loads = Self {
            bodies: vec![Load::none(); n],
            share: vec![0.0; graph.contacts.len()],
        };
        let carried = carriers(graph, gone);
        for i in order {
            loads.hand_down(graph, &carried[i], i, &mut sums);
        }
        loads
    }

    fn hand_down(&mut self, graph: &SceneGraph, carriers: &[usize], i: usize, sums: &mut [Sum]) {
        let body = &graph.bodies[i];
        let sum = sums[i];
        let own = body.mass_mean * GRAVITY;
        let total = (own + sum.above).max(1e-6);
        let com = Point2::new(body.com.x, body.com.y);
        let centre = (com * own + sum.moment) / total;
        let own_spread = (body.mass_std * GRAVITY * (com - centre).norm() / total).powi(2)
            + (own / total * body.com_std).powi(2);
        let noise = graph.pose_noise.position_m.powi(2);
        let variance = own_spread + sum.moment_variance / (total * total) + noise;
        let mut points: Vec<Point2> = body.on_ground.clone();
        let mut owners = vec![usize::MAX; points.len()];
        for &c in carriers {
            for p in &graph.contacts[c].patch {
                points.push(Point2::new(p.x, p.y));
                owners.push(c);
            }
        }
        let bare = body.obb.half.min();
        self.bodies[i] = Load {
            total,
            above: sum.above,
            above_std: sum.above_variance.sqrt(),
            centre,
            margin: margin(centre, &hull(&points), bare),
            margin_std: variance.sqrt(),
            supporters: carriers.len() + usize::from(!body.on_ground.is_empty()),
        };
        if body.fixed {
            return;
        }
        let weights = shares(&points, centre);
        let total_variance = sum.above_variance + (body.mass_std * GRAVITY).powi(2);
        for ((&p, &owner), &w) in points.iter().zip(&owners).zip(&weights) {
            if owner == usize::MAX {
                continue;
            }
            self.share[owner] += w;
            let contact = &graph.contacts[owner];
            let lower = if contact.a == i { contact.b } else { contact.a };
            let below = &mut sums[lower];
            let force = w * total;
            below.above += force;
            below.above_variance += w * w * total_variance;
            below.moment += p * force;
            let arm = p - Point2::new(graph.bodies[lower].com.x, graph.bodies[lower].com.y);
            below.moment_variance += w * w * total_variance * arm.norm_squared()
                + (force * variance.sqrt()).powi(2) * 0.25;
        }
    }
}

impl Load {
    fn none() -> Self {
        Self {
            total: 0.0,
            above: 0.0,
            above_std: 0.0,
            centre: Point2::zeros(),
            margin: Margin {
                distance: 0.0,
                outward: Point2::zeros(),
            },
            margin_std: 1e-3,
            supporters: 0,
        }
    }
}

/// For each body the contacts through which others carry it.
fn carriers(graph: &SceneGraph, gone: Option<usize>) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new(); graph.bodies.len()];
    for (k, contact) in graph.contacts.iter().enumerate() {
        if Some(contact.a) == gone || Some(contact.b) == gone {
            continue;
        }
        if let Some((upper, _)) = contact.upper_lower() {
            out[upper].push(k);
        }
    }
    out
}

/// Weights of `points` that add up to one and balance at `centre`, as even as that allows.
///
/// The least change from even weights that balances (a 3 × 3 system); what comes out negative
/// is cut, which is where the body would tip.
fn shares(points: &[Point2], centre: Point2) -> Vec<f64> {
    let n = points.len();
    if n == 0 {
        return Vec::new();
    }
    let even = 1.0 / n as f64;
    let row = |p: &Point2| Vector3::new(1.0, p.x - centre.x, p.y - centre.y);
    let mut gram = Matrix3::identity() * 1e-9;
    let mut mean = Vector3::zeros();
    for p in points {
        gram += row(p) * row(p).transpose();
        mean += row(p) * even;
    }
    let missing = Vector3::new(1.0, 0.0, 0.0) - mean;
    let multipliers = gram
        .cholesky()
        .map_or(Vector3::zeros(), |c| c.solve(&missing));
    let mut weights: Vec<f64> = points
        .iter()
        .map(|p| (even + multipliers.dot(&row(p))).max(0.0))
        .collect();
    let sum: f64 = weights.iter().sum();
    if sum > 1e-9 {
        weights.iter_mut().for_each(|w| *w /= sum);
    } else {
        weights.fill(even);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture_scenes::{box_at, scene_of};

    #[test]
    fn a_bridge_hands_each_pier_its_half() {
        let scene = scene_of(vec![
            box_at("left", [0.2, 0.2, 0.2], [-0.3, 0.0, 0.1], 2.0),
            box_at("right", [0.2, 0.2, 0.2], [0.3, 0.0, 0.1], 2.0),
            box_at("deck", [0.8, 0.2, 0.1], [0.0, 0.0, 0.25], 4.0),
        ]);
        let graph = SceneGraph::new(&scene);
        let standing = Loads::new(&graph, None);
        assert!((standing.bodies[0].above - 2.0 * GRAVITY).abs() < 1e-6);
        assert!(standing.bodies[2].margin.distance > 0.09);
        let pulled = Loads::new(&graph, Some(0));
        assert!((pulled.bodies[2].margin.distance + 0.2).abs() < 1e-6);
        assert_eq!(pulled.bodies[2].supporters, 1);
    }

    #[test]
    fn a_counterweight_keeps_an_overhang_in_balance_until_it_is_taken() {
        let scene = scene_of(vec![
            box_at("base", [0.4, 0.4, 0.2], [0.0, 0.0, 0.1], 5.0),
            box_at("plank", [0.8, 0.2, 0.05], [0.25, 0.0, 0.225], 2.0),
            box_at("weight", [0.1, 0.1, 0.1], [-0.1, 0.0, 0.3], 4.0),
        ]);
        let graph = SceneGraph::new(&scene);
        assert!((Loads::new(&graph, None).bodies[1].margin.distance - 0.1).abs() < 1e-6);
        let pulled = Loads::new(&graph, Some(2)).bodies[1].margin;
        assert!((pulled.distance + 0.05).abs() < 1e-6);
        assert!((pulled.outward - Point2::new(1.0, 0.0)).norm() < 1e-6);
    }
}
