//! Where a cup can seal: near a face, flat on it, and whole within it.
//!
//! Owns [`Lip`], what of each it bridges.

use crate::pose::{Pose, Vec3};

/// What the lip of a cup bridges.
#[derive(Clone, Copy, Debug)]
pub struct Lip {
    /// Air between it and the face, m.
    pub gap_m: f64,
    /// An angle between both, rad.
    pub angle_rad: f64,
    /// How far it may stand over an edge, m.
    pub edge_m: f64,
}

impl Lip {
    /// Whether a cup of `radius` metres lies on a face of a box with half edge lengths `half`, in whose frame its own is
    /// `on_box`.
    pub fn seals(&self, radius: f64, on_box: &Pose, half: &Vec3) -> bool {
        let inward = on_box.rotation * Vec3::z();
        let axis = inward.iamax();
        let outward = -inward[axis].signum();
        let at = on_box.translation.vector;
        let gap = at[axis] * outward - half[axis];
        let fits = (0..3)
            .filter(|&k| k != axis)
            .all(|k| at[k].abs() + radius <= half[k] + self.edge_m);
        inward[axis].abs() >= self.angle_rad.cos() && gap.abs() <= self.gap_m && fits
    }
}
