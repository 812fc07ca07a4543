//! A face cut off by the sides of another: polygon clipping (Sutherland and Hodgman, "Reentrant polygon clipping",
//! CACM 1974), and the four corners of what is left that matter most.
//!
//! Owns [`clip`]. [`polygon`](super::super::polygon) cuts flat shapes by any other, once for a belief; here how deep a
//! corner lies goes along, and nothing is allocated, since faces meet sixty times a second.

use crate::pose::Vec3;

use super::manifold::POINTS;

/// A quadrilateral that four sides cut has so many corners at most.
const CORNERS: usize = 8;

/// A polygon seen along a face's normal: across it, and out of it.
struct Polygon {
    corners: [Vec3; CORNERS],
    count: usize,
}

impl Polygon {
    fn add(&mut self, corner: Vec3) {
        if self.count < CORNERS {
            self.corners[self.count] = corner;
            self.count += 1;
        }
    }

    /// What of it lies within `side` of the middle along axis `k`, on the side that `sign` tells.
    fn cut(&self, k: usize, sign: f64, side: f64) -> Self {
        let mut out = Self {
            corners: [Vec3::zeros(); CORNERS],
            count: 0,
        };
        let beyond = |p: &Vec3| sign * p[k] - side;
        for n in 0..self.count {
            let (from, to) = (&self.corners[n], &self.corners[(n + 1) % self.count]);
            let (d, e) = (beyond(from), beyond(to));
            if d <= 0.0 {
                out.add(*from);
            }
            if (d < 0.0 && e > 0.0) || (d > 0.0 && e < 0.0) {
                out.add(from + (to - from) * (d / (d - e)));
            }
        }
        out
    }
}

/// What of a face (`corners`, as seen from another: across it, and out of it) lies within `sides` of that one's middle
/// and no more than `margin` out of it: up to four points, the deepest first.
pub fn clip(corners: &[Vec3; 4], sides: &[f64; 2], margin: f64) -> ([Vec3; POINTS], usize) {
    let mut polygon = Polygon {
        corners: [Vec3::zeros(); CORNERS],
        count: 4,
    };
    polygon.corners[..4].copy_from_slice(corners);
    for (k, &side) in sides.iter().enumerate() {
        for sign in [1.0, -1.0] {
            polygon = polygon.cut(k, sign, side);
        }
    }
    let mut near = [Vec3::zeros(); CORNERS];
    let mut count = 0;
    for corner in &polygon.corners[..polygon.count] {
        if corner.z <= margin {
            near[count] = *corner;
            count += 1;
        }
    }
    fewest(&near[..count])
}

/// The deepest, the one farthest from it, and the two farthest to either side of the line through both.
fn fewest(points: &[Vec3]) -> ([Vec3; POINTS], usize) {
    let mut out = [Vec3::zeros(); POINTS];
    if points.len() <= POINTS {
        out[..points.len()].copy_from_slice(points);
        return (out, points.len());
    }
    let most = |value: &dyn Fn(&Vec3) -> f64| {
        let mut best = points[0];
        for p in &points[1..] {
            if value(p) > value(&best) {
                best = *p;
            }
        }
        best
    };
    out[0] = most(&|p| -p.z);
    out[1] = most(&|p| (p - out[0]).xy().norm_squared());
    let (from, line) = (out[0], (out[1] - out[0]).xy());
    let side = |p: &Vec3| line.perp(&(p - from).xy());
    out[2] = most(&side);
    out[3] = most(&|p| -side(p));
    (out, POINTS)
}
