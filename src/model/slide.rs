//! Where a nudge, a push or a drag takes boxes along the ground they stand on, and whether they
//! still stand there.
//!
//! Owns [`Slides`]: a guess of each body's displacement (the nudge itself; what a push does against
//! friction; how deep the target's way cuts into a neighbour) and the support margin after it.

use crate::gravity::GRAVITY;
use crate::pose::Vec3;
use crate::rollout::{Action, PUSH_S};
use crate::scene::geometry::Obb;

use super::contacts::{SceneGraph, patch};
use super::loads::Loads;
use super::polygon::{Margin, Point2, hull, margin};
use super::sweep::Clearance;

/// Slides are not followed farther than this, m.
const FARTHEST_M: f64 = 0.5;
/// Tops and bottoms closer than this may carry, m.
const LEVEL_M: f64 = 0.012;

/// What a slide does to one body.
#[derive(Clone, Copy, Debug)]
pub struct Slide {
    /// m, in the world.
    pub by: Vec3,
    /// The support margin afterwards.
    pub margin: Margin,
}

/// The slides of all bodies.
pub struct Slides {
    /// `[N]`.
    pub bodies: Vec<Slide>,
    /// Force over what tips the target over its own edge; 0 for hands and nudges.
    pub tip_share: f64,
}

impl Slides {
    /// What `action` on `target` may do; `loads` are those of the scene as it stands, or without
    /// the target where that is carried away.
    pub fn new(
        graph: &SceneGraph,
        action: &Action,
        target: usize,
        loads: &Loads,
        near: &[Clearance],
    ) -> Self {
        let mut by = vec![Vec3::zeros(); graph.bodies.len()];
        let mut tip_share = 0.0;
        let gone = action.grasp().map(|_| target);
        match action {
            Action::Nudge { by: nudge, .. } => by[target] = *nudge,
            Action::Push { force, .. } => {
                by[target] = pushed(graph, loads, target, force);
                tip_share = tipping(graph, target, force);
            }
            Action::Remove { .. } | Action::Place { .. } => {}
        }
        for (i, near) in near.iter().enumerate() {
            // What the target's way cuts into sideways is shoved out of it.
            if i != target && near.least < 0.0 && near.axis.z.abs() < 0.5 && !graph.bodies[i].fixed
            {
                by[i] = near.axis * (-near.least).min(FARTHEST_M);
            }
        }
        let moved: Vec<Obb> = graph
            .bodies
            .iter()
            .zip(&by)
            .map(|(b, d)| {
                let mut obb = b.obb;
                obb.pose.translation.vector += d;
                obb
            })
            .collect();
        let bodies = (0..graph.bodies.len())
            .map(|i| Slide {
                by: by[i],
                margin: margin_after(graph, loads, i, gone, &by, &moved),
            })
            .collect();
        Self { bodies, tip_share }
    }
}

/// The margin of body `i` once everything has slid.
fn margin_after(
    graph: &SceneGraph,
    loads: &Loads,
    i: usize,
    gone: Option<usize>,
    by: &[Vec3],
    moved: &[Obb],
) -> Margin {
    let standing = loads.bodies[i].margin;
    let body = &graph.bodies[i];
    let touched = |j: usize| by[j] != Vec3::zeros();
    let disturbed = touched(i)
        || graph
            .contacts
            .iter()
            .any(|c| (c.a == i && touched(c.b)) || (c.b == i && touched(c.a)));
    if body.fixed || Some(i) == gone || !disturbed {
        return standing;
    }
    let shift = Point2::new(by[i].x, by[i].y);
    let mut points: Vec<Point2> = body.on_ground.iter().map(|p| p + shift).collect();
    let (low, high) = moved[i].aabb();
    for (j, under) in moved.iter().enumerate() {
        if j == i || Some(j) == gone {
            continue;
        }
        let (under_low, under_high) = under.aabb();
        let apart = (0..2).any(|k| low[k] > under_high[k] || under_low[k] > high[k]);
        if apart || (low.z - under_high.z).abs() > LEVEL_M {
            continue;
        }
        let corners = patch(under, &moved[i], &Vec3::z());
        points.extend(corners.iter().map(|p| Point2::new(p.x, p.y)));
    }
    let centre = loads.bodies[i].centre + shift;
    margin(centre, &hull(&points), body.obb.half.min())
}

/// Friction that resists a slide of `target`, N: below it, and under what rests on it.
fn resistance(graph: &SceneGraph, loads: &Loads, target: usize) -> f64 {
    let body = &graph.bodies[target];
    let mut carried = 0.0;
    let mut force = 0.0;
    for (contact, share) in graph.contacts.iter().zip(&loads.share) {
        let Some((upper, lower)) = contact.upper_lower() else {
            continue;
        };
        if upper != target && lower != target {
            continue;
        }
        let mean = |i: usize| graph.bodies[i].friction_mean;
        let normal = share * loads.bodies[upper].total;
        force += 0.5 * (mean(upper) + mean(lower)) * normal;
        if upper == target {
            carried += share;
        }
    }
    let ground = (1.0 - carried).max(0.0) * loads.bodies[target].total;
    force + 0.5 * (graph.ground_friction + body.friction_mean) * ground
}

/// How far a push of [`PUSH_S`] slides `target`, coasting included.
fn pushed(graph: &SceneGraph, loads: &Loads, target: usize, force: &Vec3) -> Vec3 {
    let mass = graph.bodies[target].mass_mean.max(1e-3);
    let friction = resistance(graph, loads, target);
    let drive = (force.norm() - friction) / mass;
    if drive <= 0.0 {
        return Vec3::zeros();
    }
    let speed = drive * PUSH_S;
    let coasting = speed * speed * mass / (2.0 * friction.max(0.05 * mass * GRAVITY));
    let length = (0.5 * speed * PUSH_S + coasting).min(FARTHEST_M);
    force.try_normalize(1e-9).unwrap_or_default() * length
}

/// The moment of a push about the target's lower edge over that of its weight.
fn tipping(graph: &SceneGraph, target: usize, force: &Vec3) -> f64 {
    let body = &graph.bodies[target];
    let Some(direction) = force.try_normalize(1e-9) else {
        return 0.0;
    };
    let height = body.obb.support(&Vec3::z());
    let arm = body.obb.support(&direction)
        - (body.com - body.obb.pose.translation.vector).dot(&direction);
    let weight = body.mass_mean.max(1e-3) * GRAVITY;
    (force.norm() * height / (weight * arm.max(1e-3))).min(5.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::features::Encoder;
    use crate::model::fixture_scenes::{box_at, scene_of, workcell_of};

    #[test]
    fn a_box_nudged_half_over_the_edge_is_at_its_margin() {
        let scene = scene_of(vec![
            box_at("table", [0.4, 0.4, 0.3], [0.0, 0.0, 0.15], 20.0),
            box_at("a", [0.2, 0.2, 0.2], [0.0, 0.0, 0.4], 2.0),
        ]);
        let graph = SceneGraph::new(&scene);
        let loads = Loads::new(&graph, None);
        let nudged = |x: f64| {
            let action = Action::Nudge {
                box_index: 1,
                by: Vec3::new(x, 0.0, 0.0),
            };
            let near = Encoder::new(&workcell_of(scene.clone())).clearances(&action, 1);
            Slides::new(&graph, &action, 1, &loads, &near).bodies[1]
                .margin
                .distance
        };
        assert!((nudged(0.05) - 0.1).abs() < 1e-6);
        assert!((nudged(0.18) - 0.02).abs() < 1e-6);
        assert!(nudged(0.25) < -0.04);
    }

    #[test]
    fn a_push_weaker_than_friction_moves_nothing() {
        let scene = scene_of(vec![box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 2.0)]);
        let graph = SceneGraph::new(&scene);
        let loads = Loads::new(&graph, None);
        let weight = 2.0 * GRAVITY;
        let slid = |share: f64| pushed(&graph, &loads, 0, &Vec3::new(share * weight, 0.0, 0.0)).x;
        assert_eq!(slid(0.49), 0.0);
        // a = (0.6 - 0.5) g for 0.5 s, then braked at 0.5 g.
        let speed = 0.1 * GRAVITY * 0.5;
        let expected = 0.5 * speed * 0.5 + speed * speed / (2.0 * 0.5 * GRAVITY);
        assert!((slid(0.6) - expected).abs() < 1e-6);
    }
}
