//! Where bodies meet: the pairs that are near each other, and the patches of their features.
//!
//! Owns [`find_contacts`], [`patch`] and [`feature`]. Looks at shapes and poses, and at what never moves.

use crate::pose::Vec3;
use crate::scene::geometry::{Obb, separation};

use super::super::polygon::{Point2, clip, hull};
use super::{Body, Contact, FEATURE_DEPTH_M, NEIGHBOUR_GAP_M};

/// All pairs that are near enough, in order, and where they meet.
pub(super) fn find_contacts(bodies: &[Body]) -> Vec<Contact> {
    let around: Vec<(Vec3, Vec3)> = bodies
        .iter()
        .map(|b| b.obb.grown(0.5 * NEIGHBOUR_GAP_M).aabb())
        .collect();
    let mut contacts = Vec::new();
    for a in 0..bodies.len() {
        for b in a + 1..bodies.len() {
            let apart =
                (0..3).any(|k| around[a].0[k] > around[b].1[k] || around[b].0[k] > around[a].1[k]);
            if apart || (bodies[a].fixed && bodies[b].fixed) {
                continue;
            }
            let separation = separation(&bodies[a].obb, &bodies[b].obb);
            if separation.gap > NEIGHBOUR_GAP_M {
                continue;
            }
            let patch = patch(&bodies[a].obb, &bodies[b].obb, &separation.axis);
            let centre = patch.iter().sum::<Vec3>() / patch.len() as f64;
            contacts.push(Contact {
                a,
                b,
                separation,
                patch,
                centre,
            });
        }
    }
    contacts
}

/// Where two bodies meet: the overlap of the features that face each other, never empty.
pub(in super::super) fn patch(a: &Obb, b: &Obb, axis: &Vec3) -> Vec<Vec3> {
    let n = *axis;
    let t1 = if n.z.abs() > 0.9 {
        Vec3::x()
    } else {
        Vec3::z()
    };
    let t1 = (t1 - n * n.dot(&t1)).normalize();
    let t2 = n.cross(&t1);
    let (feature_a, depth_a) = feature(a, &n);
    let (feature_b, depth_b) = feature(b, &-n);
    // Both depths along n: the patch lies in the plane half way.
    let plane = 0.5 * (depth_a - depth_b);
    let flat = |points: &[Vec3]| -> Vec<Point2> {
        hull(
            &points
                .iter()
                .map(|p| Point2::new(p.dot(&t1), p.dot(&t2)))
                .collect::<Vec<_>>(),
        )
    };
    let (fa, fb) = (flat(&feature_a), flat(&feature_b));
    let shared = if fa.len() < fb.len() {
        clip(&fa, &fb)
    } else {
        clip(&fb, &fa)
    };
    let shared = hull(&shared);
    if shared.is_empty() {
        let middle = |points: &[Vec3]| points.iter().sum::<Vec3>() / points.len() as f64;
        return vec![0.5 * (middle(&feature_a) + middle(&feature_b))];
    }
    shared
        .iter()
        .map(|p| t1 * p.x + t2 * p.y + n * plane)
        .collect()
}

/// The corners of `obb` that reach farthest along `n`, and how far that is.
pub(in super::super) fn feature(obb: &Obb, n: &Vec3) -> (Vec<Vec3>, f64) {
    let corners = obb.corners();
    let depth = corners
        .iter()
        .map(|c| c.dot(n))
        .fold(f64::NEG_INFINITY, f64::max);
    let touching = corners
        .into_iter()
        .filter(|c| c.dot(n) > depth - FEATURE_DEPTH_M)
        .collect();
    (touching, depth)
}
