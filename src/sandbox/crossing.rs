//! What crosses into the engine and back: numbers, shapes, and which collider is what.
//!
//! Owns the crossing between nalgebra (f64) and the engine's glam (f32), the names of a joint's axes, and [`Part`].

use nalgebra::Quaternion;
use rapier3d::dynamics::{JointAxis, MassProperties};
use rapier3d::geometry::ColliderBuilder;
use rapier3d::math::{Pose as EnginePose, Rotation, Vector};

use crate::pose::{Pose, Quat, Vec3};

/// The axes that a joint moves along, x, y and z of its first frame.
pub(super) const LINEAR: [JointAxis; 3] = [JointAxis::LinX, JointAxis::LinY, JointAxis::LinZ];
/// Those that it turns about.
pub(super) const ANGULAR: [JointAxis; 3] = [JointAxis::AngX, JointAxis::AngY, JointAxis::AngZ];

/// What a collider belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The ground plane.
    Ground,
    /// A fixture, by index.
    Fixture(usize),
    /// A box, by index.
    Box(usize),
    /// Any piece of the hand.
    Hand,
}

impl Part {
    pub(super) fn encode(self) -> u128 {
        match self {
            Self::Ground => 0,
            Self::Hand => 1,
            Self::Fixture(i) => (i as u128) << 8 | 2,
            Self::Box(i) => (i as u128) << 8 | 3,
        }
    }

    pub(super) fn decode(data: u128) -> Self {
        let index = (data >> 8) as usize;
        match data & 0xff {
            0 => Self::Ground,
            1 => Self::Hand,
            2 => Self::Fixture(index),
            _ => Self::Box(index),
        }
    }
}

/// A cuboid collider of full edge lengths `size`.
pub(super) fn cuboid(size: Vec3) -> ColliderBuilder {
    let half = size * 0.5;
    ColliderBuilder::cuboid(half.x as f32, half.y as f32, half.z as f32)
}

/// A uniform cuboid's inertia, its centre of mass moved to `com`.
pub(super) fn mass_properties(size: Vec3, mass: f64, com: Vec3) -> MassProperties {
    let sq = size.component_mul(&size);
    let inertia = Vec3::new(sq.y + sq.z, sq.x + sq.z, sq.x + sq.y) * (mass / 12.0);
    MassProperties::new(to_vector(com), mass as f32, to_vector(inertia))
}

pub(super) fn to_vector(v: Vec3) -> Vector {
    Vector::new(v.x as f32, v.y as f32, v.z as f32)
}

pub(super) fn from_vector(v: Vector) -> Vec3 {
    Vec3::new(f64::from(v.x), f64::from(v.y), f64::from(v.z))
}

pub(super) fn to_engine(pose: &Pose) -> EnginePose {
    let q = pose.rotation.coords;
    EnginePose::from_parts(
        to_vector(pose.translation.vector),
        Rotation::from_xyzw(q.x as f32, q.y as f32, q.z as f32, q.w as f32),
    )
}

pub(super) fn from_engine(pose: &EnginePose) -> Pose {
    let r = pose.rotation;
    let q = Quaternion::new(
        f64::from(r.w),
        f64::from(r.x),
        f64::from(r.y),
        f64::from(r.z),
    );
    Pose::from_parts(
        from_vector(pose.translation).into(),
        Quat::from_quaternion(q),
    )
}
