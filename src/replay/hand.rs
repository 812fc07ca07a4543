//! The hand's looks: a few boxes and cylinders in the hand's frame.
//!
//! Owns [`HandShape`] and its [`Part`]s, which the page and the pictures both draw, so that the
//! hand looks the same everywhere. The shape is for the eye: the sandbox has its own bodies.

use serde::Serialize;

use crate::grasp::GraspCandidate;
use crate::pose::Vec3;
use crate::scene::Gripper;

/// What the hand looks like during a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HandShape {
    /// A round suction cup.
    Cup {
        /// m.
        radius_m: f64,
    },
    /// Two parallel fingers.
    Jaw {
        /// The gap between the pads, m.
        gap_m: f64,
        /// Thickness along x, width along y, length along z, m.
        finger: Vec3,
    },
}

/// How a part is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartForm {
    /// A box.
    Box,
    /// A cylinder along the hand's z; its size is diameter, diameter, height.
    Cylinder,
}

/// One piece of the hand, in the hand's frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Part {
    /// How it is made.
    pub form: PartForm,
    /// m.
    pub centre: [f64; 3],
    /// Full edge lengths, m.
    pub size: [f64; 3],
    /// Whether it is the soft part that touches.
    pub soft: bool,
}

impl HandShape {
    /// The gripper's shape while it holds a box of `size` by `grasp`.
    pub fn holding(gripper: &Gripper, grasp: &GraspCandidate, size: Vec3) -> Self {
        match *gripper {
            Gripper::Suction { cup_radius, .. } => Self::Cup {
                radius_m: cup_radius,
            },
            Gripper::ParallelJaw {
                max_opening,
                finger,
                ..
            } => {
                let closing = grasp.hand_in_box.rotation * Vec3::x();
                let gap_m = closing.abs().dot(&size).min(max_opening);
                Self::Jaw { gap_m, finger }
            }
        }
    }

    /// Its pieces, from the one that touches to the wrist.
    pub fn parts(&self) -> Vec<Part> {
        let cylinder = |radius: f64, from: f64, to: f64, soft: bool| Part {
            form: PartForm::Cylinder,
            centre: [0.0, 0.0, 0.5 * (from + to)],
            size: [2.0 * radius, 2.0 * radius, to - from],
            soft,
        };
        let block = |centre: [f64; 3], size: [f64; 3], soft: bool| Part {
            form: PartForm::Box,
            centre,
            size,
            soft,
        };
        match *self {
            Self::Cup { radius_m: r } => vec![
                cylinder(r, -0.012, 0.0, true),
                cylinder(0.72 * r, -0.026, -0.012, true),
                cylinder(0.85 * r, -0.038, -0.026, true),
                cylinder(0.3 * r, -0.1, -0.038, false),
                block([0.0, 0.0, -0.13], [0.11, 0.11, 0.06], false),
                cylinder(0.036, -0.26, -0.16, false),
            ],
            Self::Jaw { gap_m, finger } => {
                let x = 0.5 * (gap_m + finger.x);
                let mid = 0.5 * finger.z - 0.01;
                let long = finger.z + 0.02;
                vec![
                    block([-x, 0.0, mid], [finger.x, finger.y, long], true),
                    block([x, 0.0, mid], [finger.x, finger.y, long], true),
                    block(
                        [0.0, 0.0, -0.045],
                        [gap_m + 2.0 * finger.x + 0.02, finger.y * 1.1, 0.05],
                        false,
                    ),
                    block([0.0, 0.0, -0.1], [0.12, 0.1, 0.06], false),
                    cylinder(0.036, -0.24, -0.13, false),
                ]
            }
        }
    }
}

impl Default for HandShape {
    /// A cup of 4 cm, where a plan does not tell.
    fn default() -> Self {
        Self::Cup { radius_m: 0.04 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::{Pose, rotation_with_z};
    use crate::scene::geometry::Face;

    #[test]
    fn a_jaw_is_drawn_as_wide_as_the_box_that_it_holds() {
        let grasp = GraspCandidate {
            box_index: 0,
            gripper: 0,
            face: Face::Top,
            hand_in_box: Pose::from_parts(
                Vec3::new(0.0, 0.0, 0.1).into(),
                rotation_with_z(-Vec3::z(), Vec3::y()),
            ),
        };
        let jaw = Gripper::ParallelJaw {
            max_opening: 0.5,
            max_force: 100.0,
            finger: Vec3::new(0.02, 0.06, 0.12),
            pad_friction: 0.8,
        };
        let shape = HandShape::holding(&jaw, &grasp, Vec3::new(0.4, 0.3, 0.2));
        let HandShape::Jaw { gap_m, .. } = shape else {
            panic!("a jaw is a jaw");
        };
        assert!(
            (gap_m - 0.3).abs() < 1e-9,
            "the hand closes along the box's y"
        );
        assert!(
            shape
                .parts()
                .iter()
                .all(|p| p.size.iter().all(|&s| s > 0.0))
        );
    }

    #[test]
    fn the_cup_ends_where_the_hand_frame_begins() {
        let parts = HandShape::default().parts();
        let lip = parts[0].centre[2] + 0.5 * parts[0].size[2];
        assert!(lip.abs() < 1e-12);
    }
}
