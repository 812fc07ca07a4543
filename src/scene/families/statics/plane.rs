//! Level boxes seen from above: their outlines, where those meet, and how deep a point lies in them.
//!
//! Owns convex polygons in the plane, corners counter-clockwise, and how high a box's top or sole is above a point of
//! it. Refuses loads: those are `statics`'.

use nalgebra::Vector2;

use crate::pose::{Pose, Vec3};

/// A point of the plane, m.
pub(super) type Point = Vector2<f64>;

/// The height of a level box's top (`side` 1) or sole (`side` -1) above a point of the plane, m.
pub(super) fn plane_height(size: Vec3, pose: &Pose, side: f64, at: Point) -> f64 {
    let up = pose.rotation * Vec3::z();
    let on_plane = pose.translation.vector + up * (0.5 * side * size.z);
    on_plane.z - (up.xy().dot(&(at - on_plane.xy()))) / up.z
}

/// A level box seen from above, counter-clockwise.
pub(super) fn footprint(size: Vec3, pose: &Pose) -> Vec<Point> {
    let corner = |sx: f64, sy: f64| {
        let local = nalgebra::Point3::new(0.5 * sx * size.x, 0.5 * sy * size.y, 0.0);
        (pose * local).coords.xy()
    };
    vec![
        corner(-1.0, -1.0),
        corner(1.0, -1.0),
        corner(1.0, 1.0),
        corner(-1.0, 1.0),
    ]
}

/// The intersection of two convex polygons (Sutherland and Hodgman, CACM 1974).
pub(super) fn clip(subject: &[Point], window: &[Point]) -> Vec<Point> {
    let mut polygon = subject.to_vec();
    for k in 0..window.len() {
        let from = window[k];
        let along = window[(k + 1) % window.len()] - from;
        let inside = |p: &Point| along.perp(&(p - from));
        let mut kept = Vec::with_capacity(polygon.len() + 1);
        for i in 0..polygon.len() {
            let (a, b) = (polygon[i], polygon[(i + 1) % polygon.len()]);
            let (da, db) = (inside(&a), inside(&b));
            if da >= 0.0 {
                kept.push(a);
            }
            if (da >= 0.0) != (db >= 0.0) {
                kept.push(a + (b - a) * (da / (da - db)));
            }
        }
        polygon = kept;
    }
    polygon
}

/// The area of a counter-clockwise polygon, m².
pub(super) fn area(polygon: &[Point]) -> f64 {
    let n = polygon.len();
    (0..n)
        .map(|i| 0.5 * polygon[i].perp(&polygon[(i + 1) % n]))
        .sum()
}

/// How deep `at` lies inside the convex hull of `points`, m; negative outside.
pub(super) fn depth_in_hull(at: Point, points: &[Point]) -> f64 {
    // A point is inside when no direction separates it; the hull's edges are the only candidates.
    let mut depth = f64::INFINITY;
    for (i, a) in points.iter().enumerate() {
        for b in &points[i + 1..] {
            let Some(along) = (b - a).try_normalize(1e-9) else {
                continue;
            };
            let side = |p: &Point| along.perp(&(p - a));
            let low = points.iter().map(side).fold(f64::INFINITY, f64::min);
            let high = points.iter().map(side).fold(f64::NEG_INFINITY, f64::max);
            if low > -1e-9 {
                depth = depth.min(side(&at));
            }
            if high < 1e-9 {
                depth = depth.min(-side(&at));
            }
        }
    }
    if depth.is_finite() {
        depth
    } else {
        f64::NEG_INFINITY
    }
}
