//! Where two boxes meet, as they lie now: the axis that parts them best, and up to four points there.
//!
//! Owns [`Laid`] (a box made ready to be asked), [`Manifold`], [`between`] and [`on_ground`]. The axis is found by
//! separating axes (Gottschalk, Lin, Manocha, "OBBTree", SIGGRAPH 1996); where faces meet, the one that faces the other
//! is clipped by its sides (`clip`); edges that cross meet in a point.

use nalgebra::Matrix3;

use crate::pose::{Pose, Vec3};

use super::clip::clip;

/// Points of a manifold, at most.
pub const POINTS: usize = 4;
/// An edge's axis has to part the boxes by so much more than a face's, m: faces give points that stay.
const EDGE_M: f64 = 5e-4;
/// The same for the faces of the second box.
const SECOND_M: f64 = 1e-4;
/// Edges whose directions' cross product is shorter than this count as parallel.
const PARALLEL: f64 = 0.05;

/// A box where it lies.
#[derive(Clone, Copy, Debug)]
pub struct Laid {
    /// Half edge lengths, m.
    pub half: Vec3,
    /// Its axes, as columns.
    pub axes: Matrix3<f64>,
    /// Its middle, m.
    pub centre: Vec3,
    /// Half the extent of the axis-aligned box around it, m.
    pub extent: Vec3,
}

impl Laid {
    /// A box with these half edge lengths at `pose`.
    pub fn new(half: &Vec3, pose: &Pose) -> Self {
        let axes = *pose.rotation.to_rotation_matrix().matrix();
        Self {
            half: *half,
            axes,
            centre: pose.translation.vector,
            extent: axes.abs() * half,
        }
    }

    /// Whether the axis-aligned boxes come within `margin` of each other.
    pub fn is_near(&self, other: &Self, margin: f64) -> bool {
        let apart = (other.centre - self.centre).abs() - self.extent - other.extent;
        apart.max() < margin
    }
}

/// A point where two bodies meet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meeting {
    /// In the world, m: midway.
    pub at: Vec3,
    /// How far they are apart there, m; negative where they overlap.
    pub gap: f64,
}

/// Where two boxes meet.
#[derive(Clone, Copy, Debug)]
pub struct Manifold {
    /// Unit vector from the first to the second.
    pub normal: Vec3,
    /// Where they meet.
    pub points: [Meeting; POINTS],
    /// How many of them count.
    pub count: usize,
}

/// The axis that parts two boxes best.
enum Axis {
    /// A face of the first.
    First(usize),
    /// A face of the second.
    Second(usize),
    /// One edge of each.
    Edges(usize, usize),
}

/// Where boxes that come within `margin` metres of each other meet.
pub fn between(a: &Laid, b: &Laid, margin: f64) -> Option<Manifold> {
    // Entry (i, j) is the cosine between the axes i of a and j of b.
    let cosines = a.axes.tr_mul(&b.axes);
    let steep = cosines.abs();
    let apart = b.centre - a.centre;
    let (in_a, in_b) = (a.axes.tr_mul(&apart), b.axes.tr_mul(&apart));
    let gaps_a = in_a.abs() - a.half - steep * b.half;
    let gaps_b = in_b.abs() - b.half - steep.tr_mul(&a.half);
    let (first, second) = (gaps_a.imax(), gaps_b.imax());
    let mut best = Axis::First(first);
    let mut gap = gaps_a[first];
    if gaps_b[second] > gap + SECOND_M {
        (best, gap) = (Axis::Second(second), gaps_b[second]);
    }
    if gap > margin {
        return None;
    }
    for i in 0..3 {
        for j in 0..3 {
            let length = (1.0 - cosines[(i, j)].powi(2)).max(0.0).sqrt();
            if length < PARALLEL {
                continue;
            }
            let (i1, i2, j1, j2) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
            let reach = a.half[i1] * steep[(i2, j)]
                + a.half[i2] * steep[(i1, j)]
                + b.half[j1] * steep[(i, j2)]
                + b.half[j2] * steep[(i, j1)];
            let between = in_a[i2] * cosines[(i1, j)] - in_a[i1] * cosines[(i2, j)];
            let edges = (between.abs() - reach) / length;
            if edges > gap + EDGE_M {
                (best, gap) = (Axis::Edges(i, j), edges);
            }
        }
    }
    if gap > margin {
        return None;
    }
    match best {
        Axis::First(k) => {
            let normal = a.axes.column(k) * in_a[k].signum();
            faces(a, b, (k, normal), margin)
        }
        Axis::Second(k) => {
            let normal = b.axes.column(k) * -in_b[k].signum();
            let mut met = faces(b, a, (k, normal), margin)?;
            met.normal = -met.normal;
            Some(met)
        }
        Axis::Edges(i, j) => Some(edges(a, b, (i, j), gap)),
    }
}

/// Where the face of `reference` that `normal` sticks out of meets `other`.
fn faces(
    reference: &Laid,
    other: &Laid,
    (k, normal): (usize, Vec3),
    margin: f64,
) -> Option<Manifold> {
    let towards = other.axes.tr_mul(&normal);
    let m = towards.iamax();
    let out = -towards[m].signum();
    let centre = other.centre + other.axes.column(m) * (out * other.half[m]) - reference.centre;
    let (u, v) = ((m + 1) % 3, (m + 2) % 3);
    let along_u = other.axes.column(u) * other.half[u];
    let along_v = other.axes.column(v) * other.half[v];
    let (x, y) = (
        reference.axes.column((k + 1) % 3),
        reference.axes.column((k + 2) % 3),
    );
    // Across the face, and out of it.
    let seen = |p: Vec3| Vec3::new(p.dot(&x), p.dot(&y), p.dot(&normal) - reference.half[k]);
    let corners = [
        seen(centre + along_u + along_v),
        seen(centre - along_u + along_v),
        seen(centre - along_u - along_v),
        seen(centre + along_u - along_v),
    ];
    let sides = [reference.half[(k + 1) % 3], reference.half[(k + 2) % 3]];
    let (points, count) = clip(&corners, &sides, margin);
    if count == 0 {
        return None;
    }
    let mut met = Manifold {
        normal,
        points: [Meeting::default(); POINTS],
        count,
    };
    for (out, p) in met.points.iter_mut().zip(&points[..count]) {
        let out_of_it = reference.half[k] + 0.5 * p.z;
        *out = Meeting {
            at: reference.centre + x * p.x + y * p.y + normal * out_of_it,
            gap: p.z,
        };
    }
    Some(met)
}

/// Where two edges cross.
fn edges(a: &Laid, b: &Laid, (i, j): (usize, usize), gap: f64) -> Manifold {
    let (along_a, along_b) = (a.axes.column(i), b.axes.column(j));
    let cross = along_a.cross(&along_b).normalize();
    let apart = b.centre - a.centre;
    let normal = cross * apart.dot(&cross).signum();
    // A point of each edge: the corner farthest along the normal, and that farthest against it.
    let edge = |body: &Laid, skip: usize, towards: &Vec3| {
        let mut at = body.centre;
        for k in (0..3).filter(|&k| k != skip) {
            let axis = body.axes.column(k);
            at += axis * (body.half[k] * axis.dot(towards).signum());
        }
        at
    };
    let (p, q) = (edge(a, i, &normal), edge(b, j, &-normal));
    let between = q - p;
    let cosine = along_a.dot(&along_b);
    let (s, t) = (between.dot(&along_a), between.dot(&along_b));
    let denominator = 1.0 - cosine * cosine;
    let on_a = (s - cosine * t) / denominator;
    let on_b = (cosine * s - t) / denominator;
    let middle = (p + along_a * on_a + q + along_b * on_b) * 0.5;
    let mut points = [Meeting::default(); POINTS];
    points[0] = Meeting { at: middle, gap };
    Manifold {
        normal,
        points,
        count: 1,
    }
}

/// Where a box within `margin` metres of the ground meets it; from the box to the ground.
pub fn on_ground(body: &Laid, margin: f64) -> Option<Manifold> {
    if body.centre.z - body.extent.z > margin {
        return None;
    }
    // The face that looks down most.
    let towards = -body.axes.row(2).transpose();
    let m = towards.iamax();
    let out = towards[m].signum();
    let centre = body.centre + body.axes.column(m) * (out * body.half[m]);
    let (u, v) = ((m + 1) % 3, (m + 2) % 3);
    let along_u = body.axes.column(u) * body.half[u];
    let along_v = body.axes.column(v) * body.half[v];
    let mut met = Manifold {
        normal: -Vec3::z(),
        points: [Meeting::default(); POINTS],
        count: 0,
    };
    for corner in [
        centre + along_u + along_v,
        centre - along_u + along_v,
        centre - along_u - along_v,
        centre + along_u - along_v,
    ] {
        if corner.z < margin {
            met.points[met.count] = Meeting {
                at: Vec3::new(corner.x, corner.y, 0.5 * corner.z),
                gap: corner.z,
            };
            met.count += 1;
        }
    }
    (met.count > 0).then_some(met)
}

#[cfg(test)]
mod tests;
