//! How near the hand and the carried target come to everything else along their course.
//!
//! Owns [`Clearance`]: for each body the gaps that predict a strike or a drag. Gaps are over the
//! six face axes only, a lower bound that is exact for boxes that stand parallel.

use crate::grasp::placed;
use crate::pose::Vec3;
use crate::scene::geometry::Obb;

use super::course::{Course, SWEEP_M};

/// Gaps are not told apart beyond this, m.
pub const FAR_M: f64 = 0.25;

/// What one body sees of the course.
#[derive(Clone, Copy, Debug)]
pub struct Clearance {
    /// Least gap to the hand on its way in, m.
    pub approach: f64,
    /// Least gap to the hand while it carries, m.
    pub carry: f64,
    /// Gap to the target before it moves, m.
    pub start: f64,
    /// How much that gap changes over the first centimetre, m.
    pub first: f64,
    /// Least gap to the target along the way, m.
    pub least: f64,
    /// Travel at which it is least, m.
    pub least_at: f64,
    /// Direction from the target to the body there, in the world.
    pub axis: Vec3,
}

/// The gap of two boxes and its axis from `a` to `b`, over the face axes of both.
pub fn face_gap(a: &Obb, b: &Obb) -> (f64, Vec3) {
    let between = b.pose.translation.vector - a.pose.translation.vector;
    let reach = a.half.norm() + b.half.norm();
    if between.norm_squared() > (reach + FAR_M).powi(2) {
        let distance = between.norm();
        return (distance - reach, between / distance);
    }
    let ra = a.pose.rotation.to_rotation_matrix();
    let rb = b.pose.rotation.to_rotation_matrix();
    // Entry (i, j) is the cosine between the axes i of a and j of b.
    let cosines = (ra.matrix().transpose() * rb.matrix()).abs();
    let in_a = ra.matrix().tr_mul(&between);
    let in_b = rb.matrix().tr_mul(&between);
    let extent_b = cosines * b.half;
    let extent_a = cosines.tr_mul(&a.half);
    let mut best = (f64::NEG_INFINITY, Vec3::z());
    for k in 0..3 {
        let gap = in_a[k].abs() - a.half[k] - extent_b[k];
        if gap > best.0 {
            best = (gap, ra.matrix().column(k) * in_a[k].signum());
        }
    }
    for k in 0..3 {
        let gap = in_b[k].abs() - b.half[k] - extent_a[k];
        if gap > best.0 + 1e-9 {
            best = (gap, rb.matrix().column(k) * in_b[k].signum());
        }
    }
    best
}

/// The shapes that move along a course.
pub struct Moving {
    target: Obb,
    /// The hand's boxes at each pose of the approach.
    approach: Vec<Vec<Obb>>,
    /// The hand's boxes at each waypoint of the sweep.
    carry: Vec<Vec<Obb>>,
    sweep: Vec<Obb>,
}

impl Moving {
    /// The target as it stands, and the hand's boxes in its own frame: open on the way in, closed
    /// while it carries.
    pub fn new(course: &Course, target: Obb, open: &[Obb], closed: &[Obb]) -> Self {
        let carried = |pose| Obb {
            half: target.half,
            pose,
        };
        Self {
            target,
            approach: course.approach.iter().map(|h| placed(open, h)).collect(),
            carry: course
                .sweep
                .iter()
                .filter_map(|w| w.hand.as_ref())
                .map(|h| placed(closed, h))
                .collect(),
            sweep: course.sweep.iter().map(|w| carried(w.target)).collect(),
        }
    }

    /// What `body` sees of it.
    pub fn clearance(&self, body: &Obb) -> Clearance {
        let least_of = |poses: &[Vec<Obb>]| {
            poses
                .iter()
                .flatten()
                .map(|part| face_gap(part, body).0)
                .fold(FAR_M, f64::min)
        };
        let (start, axis) = face_gap(&self.target, body);
        let mut out = Clearance {
            approach: least_of(&self.approach),
            carry: least_of(&self.carry),
            start,
            first: 0.0,
            least: start,
            least_at: 0.0,
            axis,
        };
        for (k, moved) in self.sweep.iter().enumerate() {
            let (gap, axis) = face_gap(moved, body);
            if k == 0 {
                out.first = gap - start;
            }
            if gap < out.least - 1e-6 {
                out.least = gap;
                out.least_at = SWEEP_M[k];
                out.axis = axis;
            }
        }
        out
    }

    /// What the target itself sees: only the hand's way in, which ends on it.
    pub fn none() -> Clearance {
        Clearance {
            approach: FAR_M,
            carry: FAR_M,
            start: FAR_M,
            first: 0.0,
            least: FAR_M,
            least_at: 0.0,
            axis: Vec3::zeros(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::level;
    use crate::scene::geometry::separation;

    #[test]
    fn the_face_gap_is_the_separation_of_parallel_boxes() {
        let at = |x: f64, y: f64, z: f64| {
            Obb::new(Vec3::new(0.4, 0.3, 0.2), level(Vec3::new(x, y, z), 0.0))
        };
        for other in [at(0.42, 0.1, 0.0), at(0.1, 0.0, 0.2), at(-0.1, 0.31, 0.05)] {
            let exact = separation(&at(0.0, 0.0, 0.0), &other);
            let (gap, axis) = face_gap(&at(0.0, 0.0, 0.0), &other);
            assert!((gap - exact.gap).abs() < 1e-9);
            assert!((axis - exact.axis).norm() < 1e-9);
        }
    }
}
