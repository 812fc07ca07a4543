//! Gaps between bodies: which are watched, which a belief closes, where a moving box meets another.
//!
//! Owns the patches beyond those of the belief's graph, and the [`islands`] that all of them tie.

use crate::pose::{Pose, Vec3};
use crate::scene::geometry::{Obb, separation};

use super::super::contacts::SceneGraph;
use super::Sketch;
use super::body::Inert;
use super::patch::Patch;

/// Gaps above something are watched up to this, m: what falls farther has fallen.
const BELOW_M: f64 = 0.10;
/// Gaps beside something are watched up to this, m.
const BESIDE_M: f64 = 0.05;
/// What is seen up to this far above the nearest thing below rests on it, m, and on all that is not
/// farther than [`SEEN_M`] below that.
const HOVER_M: f64 = 0.02;
/// m.
const SEEN_M: f64 = 0.003;
/// Shapes this near touch, m.
const TOUCH_M: f64 = 1e-4;
/// Turns of the search for where two shapes meet.
const ADVANCES: usize = 12;

fn shifted(pose: &Pose, by: &Vec3) -> Pose {
    Pose::from_parts((pose.translation.vector + by).into(), pose.rotation)
}

/// Patches of what has a gap between it that a body could close by falling, tipping or sliding.
pub fn watch_gaps(graph: &SceneGraph, bodies: &[Inert], shapes: &[Obb], patches: &mut Vec<Patch>) {
    for (i, body) in graph.bodies.iter().enumerate() {
        if !body.fixed && body.on_ground.is_empty() && body.lowest < BELOW_M {
            let friction = 0.5 * (graph.ground_friction + body.friction_mean);
            patches.extend(Patch::above_ground(i, &shapes[i], friction));
        }
    }
    let boxes: Vec<(Vec3, Vec3)> = shapes.iter().map(Obb::aabb).collect();
    for a in 0..shapes.len() {
        for b in a + 1..shapes.len() {
            let apart =
                |k: usize| (boxes[a].0[k] - boxes[b].1[k]).max(boxes[b].0[k] - boxes[a].1[k]);
            if apart(2) > BELOW_M
                || apart(0) > BESIDE_M
                || apart(1) > BESIDE_M
                || (graph.bodies[a].fixed && graph.bodies[b].fixed)
                || graph.contacts.iter().any(|c| c.a == a && c.b == b)
            {
                continue;
            }
            let apart = separation(&shapes[a], &shapes[b]);
            let most = if apart.axis.z.abs() > 0.5 {
                BELOW_M
            } else {
                BESIDE_M
            };
            if apart.gap < most {
                let pair = (&shapes[a], &shapes[b]);
                patches.extend(Patch::ahead((a, b), &apart, bodies, pair));
            }
        }
    }
}

/// A belief stands, so what is seen a little above what is below it rests there.
pub fn close_gaps(graph: &SceneGraph, patches: &mut [Patch]) {
    for (i, _) in graph.bodies.iter().enumerate().filter(|(_, b)| !b.fixed) {
        if patches.iter().any(|p| p.gap <= 0.0 && p.rise_of(i) > 0.1) {
            continue;
        }
        let below = |p: &Patch| p.rise_of(i) > 0.5 && !p.is_beside();
        let gaps = patches.iter().filter(|p| below(p)).map(|p| p.gap);
        let least = gaps.fold(f64::INFINITY, f64::min);
        if least < HOVER_M {
            for p in patches.iter_mut().filter(|p| below(p)) {
                p.gap = if p.gap < least + SEEN_M { 0.0 } else { p.gap };
            }
        }
    }
}

/// For each body the island it belongs to: what moves in one is not felt in another. What never moves
/// ties none together.
pub fn islands(bodies: &[Inert], patches: &[Patch]) -> Vec<usize> {
    let mut of: Vec<usize> = (0..bodies.len()).collect();
    let moves = |i: usize| bodies.get(i).is_some_and(|b| b.inverse_mass > 0.0);
    for p in patches.iter().filter(|p| moves(p.a) && moves(p.b)) {
        let (from, to) = (of[p.a].max(of[p.b]), of[p.a].min(of[p.b]));
        of.iter_mut().filter(|o| **o == from).for_each(|o| *o = to);
    }
    of
}

/// The patch of a shape that goes along `way` and comes to another: conservative advancement
/// (Mirtich, "Impulse-based dynamic simulation of rigid body systems", 1996), until they touch or pass.
pub fn meeting(
    bodies: &[Inert],
    ends: (usize, usize),
    (shape, other): (&Obb, &Obb),
    way: &Vec3,
) -> Option<Patch> {
    let mut gone = 0.0;
    for _ in 0..ADVANCES {
        let so_far = way * gone;
        let there = Obb {
            half: shape.half,
            pose: shifted(&shape.pose, &so_far),
        };
        let apart = separation(&there, other);
        if apart.gap <= TOUCH_M {
            let patch = Patch::ahead(ends, &apart, bodies, (&there, other))?;
            return Some(patch.met_after(&so_far));
        }
        let nears = apart.axis.dot(way);
        if nears <= apart.gap * 1e-3 {
            return None;
        }
        gone += apart.gap / nears;
        if gone > 1.0 {
            return None;
        }
    }
    None
}

/// Which bodies what is done to `target` can reach: those of its island and of the islands that it comes to
/// in `patches` beyond the sketch's own; all of them without a target.
pub fn reached<'a>(
    sketch: &'a Sketch,
    patches: &[Patch],
    target: Option<usize>,
) -> impl Fn(usize) -> bool + 'a {
    let mut islands: Vec<usize> = Vec::new();
    if let Some(target) = target {
        islands.push(sketch.islands[target]);
        let met = &patches[sketch.patches.len()..];
        islands.extend(
            met.iter()
                .filter(|p| p.a == target)
                .map(|p| sketch.islands[p.b]),
        );
    }
    move |i| target.is_none() || islands.contains(&sketch.islands[i])
}
