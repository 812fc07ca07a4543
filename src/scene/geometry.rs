//! Oriented boxes: do they overlap, how far apart are they, which face looks where.
//!
//! Owns the separating-axis test (Gottschalk, Lin, Manocha, "OBBTree", SIGGRAPH 1996) that
//! validation, grasp pruning and the model's graph all ask. Exact for overlap; for separated
//! boxes it gives a lower bound of the distance, which is all that a neighbour search needs.

use crate::pose::{Pose, Vec3};

/// A box in space: half edge lengths and the pose of its centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Obb {
    /// Half edge lengths, m.
    pub half: Vec3,
    /// Pose of the centre in the world.
    pub pose: Pose,
}

impl Obb {
    /// A box of full edge lengths `size`.
    pub fn new(size: Vec3, pose: Pose) -> Self {
        Self {
            half: size * 0.5,
            pose,
        }
    }

    /// The same box with every face moved out by `margin` metres.
    pub fn grown(self, margin: f64) -> Self {
        Self {
            half: self.half.add_scalar(margin).map(|h| h.max(0.0)),
            ..self
        }
    }

    /// The corners of the axis-aligned box around it: lowest and highest.
    pub fn aabb(&self) -> (Vec3, Vec3) {
        let r = self.pose.rotation.to_rotation_matrix();
        let extent = r.matrix().abs() * self.half;
        let c = self.pose.translation.vector;
        (c - extent, c + extent)
    }

    /// The eight corners in the world.
    pub fn corners(&self) -> [Vec3; 8] {
        std::array::from_fn(|i| {
            let sign = |bit: usize| if i >> bit & 1 == 1 { 1.0 } else { -1.0 };
            let local = self
                .half
                .component_mul(&Vec3::new(sign(0), sign(1), sign(2)));
            self.pose * nalgebra::Point3::from(local)
        })
        .map(|p: nalgebra::Point3<f64>| p.coords)
    }

    /// How far its surface reaches from its centre along the unit vector `axis`, m.
    pub fn support(&self, axis: &Vec3) -> f64 {
        let local = self.pose.rotation.inverse() * axis;
        local.abs().dot(&self.half)
    }
}

/// The gap between two boxes along the axis that separates them best, m.
///
/// Positive: they are apart by at least this much. Negative: they overlap, and moving one by
/// this much along [`Separation::axis`] ends it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Separation {
    /// m.
    pub gap: f64,
    /// Unit vector from the first box to the second.
    pub axis: Vec3,
}

#[cfg(test)]
thread_local! {
    /// How often this thread has asked for a separation: what a check costs, whatever else the machine does.
    pub(crate) static SEPARATIONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The separation of `a` and `b` over the fifteen candidate axes.
pub fn separation(a: &Obb, b: &Obb) -> Separation {
    #[cfg(test)]
    SEPARATIONS.set(SEPARATIONS.get() + 1);
    let ra = a.pose.rotation.to_rotation_matrix();
    let rb = b.pose.rotation.to_rotation_matrix();
    let between = b.pose.translation.vector - a.pose.translation.vector;
    let mut best = Separation {
        gap: f64::NEG_INFINITY,
        axis: Vec3::z(),
    };
    let mut try_axis = |axis: Vec3, bias: f64| {
        let gap = axis.dot(&between).abs() - a.support(&axis) - b.support(&axis);
        // Face axes win ties against the cross products of nearly parallel edges.
        if gap > best.gap + bias {
            let axis = if axis.dot(&between) < 0.0 {
                -axis
            } else {
                axis
            };
            best = Separation { gap, axis };
        }
    };
    for i in 0..3 {
        try_axis(ra.matrix().column(i).into(), 0.0);
        try_axis(rb.matrix().column(i).into(), 1e-9);
    }
    for i in 0..3 {
        for j in 0..3 {
            let cross = ra.matrix().column(i).cross(&rb.matrix().column(j));
            if let Some(axis) = cross.try_normalize(1e-4) {
                try_axis(axis, 1e-6);
            }
        }
    }
    best
}

/// Whether two boxes share more than `slack` metres of depth.
pub fn overlaps(a: &Obb, b: &Obb, slack: f64) -> bool {
    let (alo, ahi) = a.aabb();
    let (blo, bhi) = b.aabb();
    if (0..3).any(|k| alo[k] > bhi[k] || blo[k] > ahi[k]) {
        return false;
    }
    separation(a, b).gap < -slack
}

/// One of a box's six faces, named in its own frame.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Face {
    /// +x.
    Front,
    /// -x.
    Back,
    /// +y.
    Left,
    /// -y.
    Right,
    /// +z.
    Top,
    /// -z.
    Bottom,
}

impl Face {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::Front,
        Self::Back,
        Self::Left,
        Self::Right,
        Self::Top,
        Self::Bottom,
    ];

    /// The box's axis that it stands on: 0, 1 or 2.
    pub fn axis(self) -> usize {
        match self {
            Self::Front | Self::Back => 0,
            Self::Left | Self::Right => 1,
            Self::Top | Self::Bottom => 2,
        }
    }

    /// Its outward normal in the box's frame.
    pub fn normal(self) -> Vec3 {
        let sign = match self {
            Self::Front | Self::Left | Self::Top => 1.0,
            Self::Back | Self::Right | Self::Bottom => -1.0,
        };
        let mut n = Vec3::zeros();
        n[self.axis()] = sign;
        n
    }

    /// The face whose outward normal is nearest to `direction` (in the box's frame).
    pub fn nearest(direction: Vec3) -> Self {
        let mut best = Self::Top;
        for face in Self::ALL {
            if face.normal().dot(&direction) > best.normal().dot(&direction) {
                best = face;
            }
        }
        best
    }

    /// As it is written in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Back => "back",
            Self::Left => "left",
            Self::Right => "right",
            Self::Top => "top",
            Self::Bottom => "bottom",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::level;

    fn unit_at(x: f64, y: f64, z: f64) -> Obb {
        Obb::new(Vec3::repeat(1.0), level(Vec3::new(x, y, z), 0.0))
    }

    #[test]
    fn stacked_boxes_touch_without_overlapping() {
        let s = separation(&unit_at(0.0, 0.0, 0.5), &unit_at(0.2, 0.1, 1.5));
        assert!(s.gap.abs() < 1e-12);
        assert!((s.axis - Vec3::z()).norm() < 1e-12);
    }

    #[test]
    fn the_gap_of_separated_boxes_is_measured_along_the_axis() {
        let s = separation(&unit_at(0.0, 0.0, 0.0), &unit_at(-1.25, 0.0, 0.0));
        assert!((s.gap - 0.25).abs() < 1e-12);
        assert!((s.axis + Vec3::x()).norm() < 1e-12);
    }

    #[test]
    fn a_corner_between_two_boxes_is_seen_only_by_an_edge_axis() {
        let turned = Obb::new(
            Vec3::repeat(1.0),
            level(Vec3::new(1.1, 0.0, 0.0), std::f64::consts::FRAC_PI_4),
        );
        // The turned box's corner reaches 0.707 towards the other, which ends at 0.5.
        assert!(overlaps(&unit_at(0.0, 0.0, 0.0), &turned, 0.0));
        assert!(!overlaps(&unit_at(-0.2, 0.0, 0.0), &turned, 0.0));
    }

    #[test]
    fn each_face_is_the_nearest_to_its_own_normal() {
        for face in Face::ALL {
            assert_eq!(Face::nearest(face.normal()), face);
        }
    }
}
