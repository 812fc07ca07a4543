//! The frame that one action is seen in: at the target's centre, upright, turned to the action.
//!
//! Owns [`ActionFrame`]. Physics does not care where a scene stands, which way it is turned about
//! the vertical, or whether it is seen in a mirror, so the network is never shown any of it:
//! every vector is expressed along the target's own horizontal axes, the first of them the one
//! nearest to where the action goes, the second the side to which it leans.

use nalgebra::Matrix3;

use crate::pose::{Pose, Vec3};

/// Shares of a direction below this are taken for noise when the frame is chosen.
const LEAST_SHARE: f64 = 0.2;

/// An upright frame, right- or left-handed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActionFrame {
    origin: Vec3,
    /// Its axes in the world, as rows.
    rows: Matrix3<f64>,
    /// 1, or -1 where the frame is a mirror image.
    handedness: f64,
}

impl ActionFrame {
    /// The frame of a target at `target`, for hints in order of weight: the first whose
    /// horizontal share is worth the name decides the first axis, the first that leans sideways the second.
    pub fn new(target: &Pose, hints: &[Vec3]) -> Self {
        let axis = level_axis(target);
        let side = Vec3::z().cross(&axis);
        let mut x = axis;
        if let Some(hint) = hints.iter().find(|h| is_level_enough(h)) {
            let candidates = [axis, side, -axis, -side];
            for candidate in candidates {
                if candidate.dot(hint) > x.dot(hint) + 1e-9 {
                    x = candidate;
                }
            }
        }
        let mut y = Vec3::z().cross(&x);
        let mut handedness = 1.0;
        let leans = |h: &&Vec3| h.dot(&y).abs() > LEAST_SHARE * h.norm() && h.norm() > 1e-6;
        if hints.iter().find(leans).is_some_and(|h| h.dot(&y) < 0.0) {
            y = -y;
            handedness = -1.0;
        }
        Self {
            origin: target.translation.vector,
            rows: Matrix3::from_rows(&[x.transpose(), y.transpose(), Vec3::z().transpose()]),
            handedness,
        }
    }

    /// A point of the world, seen from the target's centre.
    pub fn point(&self, world: &Vec3) -> Vec3 {
        self.rows * (world - self.origin)
    }

    /// A direction or displacement of the world.
    pub fn vector(&self, world: &Vec3) -> Vec3 {
        self.rows * world
    }

    /// A rotation vector of the world: an axial vector, which a mirror turns round.
    pub fn axial(&self, world: &Vec3) -> Vec3 {
        self.rows * world * self.handedness
    }

    /// A displacement in the frame, back in the world.
    pub fn vector_to_world(&self, local: &Vec3) -> Vec3 {
        self.rows.transpose() * local
    }

    /// A rotation vector in the frame, back in the world.
    pub fn axial_to_world(&self, local: &Vec3) -> Vec3 {
        self.rows.transpose() * local * self.handedness
    }

    /// A symmetric tensor of the world, e.g. of a box's extents.
    pub fn tensor(&self, world: &Matrix3<f64>) -> Matrix3<f64> {
        self.rows * world * self.rows.transpose()
    }
}

/// The target's axis with the largest horizontal part, laid flat.
fn level_axis(target: &Pose) -> Vec3 {
    let r = target.rotation.to_rotation_matrix();
    let mut best = Vec3::zeros();
    for k in 0..3 {
        let column: Vec3 = r.matrix().column(k).into();
        let flat = Vec3::new(column.x, column.y, 0.0);
        // A margin, so that rounding does not decide between two level axes.
        if flat.norm() > best.norm() + 1e-6 {
            best = flat;
        }
    }
    best.normalize()
}

fn is_level_enough(hint: &Vec3) -> bool {
    let flat = (hint.x * hint.x + hint.y * hint.y).sqrt();
    flat > 1e-6 && flat > LEAST_SHARE * hint.norm()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::level;

    #[test]
    fn a_turned_and_a_mirrored_pull_look_the_same() {
        let plain = ActionFrame::new(&level(Vec3::zeros(), 0.0), &[Vec3::new(1.0, 0.4, 0.2)]);
        let mirrored = ActionFrame::new(&level(Vec3::zeros(), 0.0), &[Vec3::new(1.0, -0.4, 0.2)]);
        let turn = level(Vec3::new(3.0, 1.0, 0.0), 1.1);
        let turned = ActionFrame::new(&turn, &[turn.rotation * Vec3::new(1.0, 0.4, 0.2)]);
        let v = Vec3::new(0.3, 0.1, 0.7);
        let seen = plain.vector(&v);
        assert!((mirrored.vector(&Vec3::new(0.3, -0.1, 0.7)) - seen).norm() < 1e-12);
        assert!((turned.vector(&(turn.rotation * v)) - seen).norm() < 1e-12);
        assert!((mirrored.vector_to_world(&mirrored.vector(&v)) - v).norm() < 1e-12);
        assert!((mirrored.axial_to_world(&mirrored.axial(&v)) - v).norm() < 1e-12);
    }

    #[test]
    fn the_first_axis_is_the_targets_own_nearest_to_the_action() {
        let frame = ActionFrame::new(&level(Vec3::zeros(), 0.3), &[Vec3::new(-1.0, 0.1, 0.0)]);
        let x = frame.vector_to_world(&Vec3::x());
        assert!((x - level(Vec3::zeros(), 0.3).rotation * -Vec3::x()).norm() < 1e-12);
    }
}
