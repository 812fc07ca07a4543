//! Flat convex polygons: where two faces touch, and how far a point is from tipping over an edge.
//!
//! Owns clipping (Sutherland and Hodgman, CACM 1974), hulls (Andrew's monotone chain, 1979) and
//! the signed distance to a hull. Degenerate input (points, segments) is answered, not refused.

use nalgebra::Vector2;

/// A point of a plane, m.
pub type Point2 = Vector2<f64>;

fn cross(a: Point2, b: Point2) -> f64 {
    a.x * b.y - a.y * b.x
}

/// The convex hull, counter-clockwise; one or two points where there is no area.
pub fn hull(points: &[Point2]) -> Vec<Point2> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    sorted.dedup_by(|a, b| (*a - *b).norm() < 1e-9);
    if sorted.len() < 3 {
        return sorted;
    }
    let mut out: Vec<Point2> = Vec::with_capacity(sorted.len() + 1);
    let extend = |points: &mut dyn Iterator<Item = Point2>, out: &mut Vec<Point2>| {
        let floor = out.len() + 1;
        for p in points {
            while out.len() > floor
                && cross(
                    out[out.len() - 1] - out[out.len() - 2],
                    p - out[out.len() - 1],
                ) <= 1e-12
            {
                out.pop();
            }
            out.push(p);
        }
        out.pop();
    };
    extend(&mut sorted.iter().copied(), &mut out);
    extend(&mut sorted.iter().rev().copied(), &mut out);
    out
}

/// What of `subject` lies within the counter-clockwise convex `window`.
pub fn clip(subject: &[Point2], window: &[Point2]) -> Vec<Point2> {
    let mut current = subject.to_vec();
    if window.len() < 3 {
        return Vec::new();
    }
    for (k, &a) in window.iter().enumerate() {
        let edge = window[(k + 1) % window.len()] - a;
        let side = |p: Point2| cross(edge, p - a);
        let mut kept = Vec::with_capacity(current.len() + 2);
        let count = current.len();
        for i in 0..count {
            let (p, q) = (current[i], current[(i + 1) % count]);
            let (sp, sq) = (side(p), side(q));
            if sp >= 0.0 {
                kept.push(p);
            }
            // A lone point has no edge to cut.
            if count > 1 && (sp > 0.0) != (sq > 0.0) && (sp - sq).abs() > 1e-15 {
                kept.push(p + (q - p) * (sp / (sp - sq)));
            }
        }
        current = kept;
        if current.is_empty() {
            break;
        }
    }
    current
}

/// The area of a counter-clockwise polygon, m².
pub fn area(polygon: &[Point2]) -> f64 {
    let n = polygon.len();
    (0..n)
        .map(|i| 0.5 * cross(polygon[i], polygon[(i + 1) % n]))
        .sum::<f64>()
        .abs()
}

/// How far a point lies within a hull, and over which edge it leaves it first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin {
    /// m; negative outside.
    pub distance: f64,
    /// Unit vector out of the hull over the nearest edge.
    pub outward: Point2,
}

/// The margin of `point` in the hull of a support; without any support it is `-bare`.
pub fn margin(point: Point2, hull: &[Point2], bare: f64) -> Margin {
    match hull {
        [] => Margin {
            distance: -bare,
            outward: Point2::zeros(),
        },
        [only] => away_from(point - only),
        [a, b] => {
            let along = b - a;
            let s = ((point - a).dot(&along) / along.norm_squared()).clamp(0.0, 1.0);
            away_from(point - (a + along * s))
        }
        _ => {
            let mut best = Margin {
                distance: f64::INFINITY,
                outward: Point2::zeros(),
            };
            for (k, a) in hull.iter().enumerate() {
                let edge = (hull[(k + 1) % hull.len()] - a).normalize();
                let distance = cross(edge, point - a);
                if distance < best.distance {
                    best = Margin {
                        distance,
                        outward: Point2::new(edge.y, -edge.x),
                    };
                }
            }
            best
        }
    }
}

fn away_from(offset: Point2) -> Margin {
    let distance = offset.norm();
    Margin {
        distance: -distance,
        outward: offset / distance.max(1e-9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64, half: f64) -> Vec<Point2> {
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
            .map(|(a, b)| Point2::new(x + a * half, y + b * half))
            .to_vec()
    }

    #[test]
    fn two_squares_share_the_area_that_they_share() {
        let shared = clip(&square(0.0, 0.0, 1.0), &square(1.5, 0.5, 1.0));
        assert!((area(&shared) - 0.5 * 1.5).abs() < 1e-12);
        assert!(clip(&square(0.0, 0.0, 1.0), &square(3.0, 0.0, 1.0)).is_empty());
    }

    #[test]
    fn an_edge_on_a_face_leaves_a_segment() {
        let segment = [Point2::new(-2.0, 0.0), Point2::new(0.5, 0.0)];
        let shared = hull(&clip(&segment, &square(0.0, 0.0, 1.0)));
        assert_eq!(shared.len(), 2);
        assert!((shared[0].x + 1.0).abs() < 1e-12 && (shared[1].x - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_margin_changes_sign_at_the_edge() {
        let support = hull(&square(0.0, 0.0, 1.0));
        let inside = margin(Point2::new(0.7, 0.1), &support, 1.0);
        assert!((inside.distance - 0.3).abs() < 1e-12);
        assert!((inside.outward - Point2::new(1.0, 0.0)).norm() < 1e-12);
        assert!(margin(Point2::new(1.2, 0.0), &support, 1.0).distance < 0.0);
        assert!((margin(Point2::zeros(), &[], 0.4).distance + 0.4).abs() < 1e-12);
    }
}
