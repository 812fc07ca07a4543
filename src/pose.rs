//! Poses as the whole program passes them: nalgebra values inside, plain arrays at the edges.
//!
//! Owns the aliases, the way between two poses ([`blend`]), and the one conversion between a pose and the
//! `{position, rotation}` of every file format (quaternions `[x, y, z, w]`, metres). Refuses rotations that cannot be
//! normalised; nothing else in the program builds a quaternion from raw numbers, but the sandbox from the engine's
//! own, which are normalised.

use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion, Vector3};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A vector in metres, newtons or whatever its name says.
pub type Vec3 = Vector3<f64>;
/// A rotation.
pub type Quat = UnitQuaternion<f64>;
/// A rigid transform: of a box's geometric centre, or of the hand, in the world unless named otherwise.
pub type Pose = Isometry3<f64>;

/// A pose as files write it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoseData {
    /// Position `[x, y, z]` in metres.
    pub position: [f64; 3],
    /// Unit quaternion `[x, y, z, w]`.
    pub rotation: [f64; 4],
}

impl From<Pose> for PoseData {
    fn from(pose: Pose) -> Self {
        let q = pose.rotation.coords;
        Self {
            position: pose.translation.vector.into(),
            rotation: [q.x, q.y, q.z, q.w],
        }
    }
}

/// A rotation whose quaternion has no direction: its norm is zero or not finite.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("rotation {0:?} is not a quaternion [x, y, z, w] of length 1")]
pub struct NotARotation(pub [f64; 4]);

/// The rotation of a quaternion `[x, y, z, w]`, normalised.
///
/// # Errors
/// When its norm is more than 1 % from one, which is a mistake in the file rather than rounding.
pub fn rotation_from_xyzw(q: [f64; 4]) -> Result<Quat, NotARotation> {
    let raw = Quaternion::new(q[3], q[0], q[1], q[2]);
    let norm = raw.norm();
    if !norm.is_finite() || (norm - 1.0).abs() > 0.01 {
        return Err(NotARotation(q));
    }
    Ok(Quat::from_quaternion(raw))
}

/// The rotation of a quaternion `[x, y, z, w]` that was normalised when it was written: bits are kept.
///
/// # Errors
/// When its norm is more than 1e-6 from one: then it was not.
pub fn rotation_from_normalised(q: [f64; 4]) -> Result<Quat, NotARotation> {
    let raw = Quaternion::new(q[3], q[0], q[1], q[2]);
    if (raw.norm() - 1.0).abs() <= 1e-6 {
        return Ok(Quat::new_unchecked(raw));
    }
    Err(NotARotation(q))
}

impl TryFrom<PoseData> for Pose {
    type Error = NotARotation;

    fn try_from(data: PoseData) -> Result<Self, NotARotation> {
        Ok(Pose::from_parts(
            Translation3::from(Vec3::from(data.position)),
            rotation_from_xyzw(data.rotation)?,
        ))
    }
}

/// A pose that is level, turned by `yaw_rad` about the world's z.
pub fn level(position: Vec3, yaw_rad: f64) -> Pose {
    Pose::from_parts(
        Translation3::from(position),
        Quat::from_axis_angle(&Vec3::z_axis(), yaw_rad),
    )
}

/// The rotation whose z axis is `z`, and whose x axis lies as near as can be to `x_hint`.
///
/// Where the hint is parallel to `z`, another axis is taken in its place.
pub fn rotation_with_z(z: Vec3, x_hint: Vec3) -> Quat {
    let z = z.normalize();
    let mut x = x_hint - z * z.dot(&x_hint);
    if x.norm() < 1e-6 {
        let other = if z.x.abs() < 0.9 {
            Vec3::x()
        } else {
            Vec3::y()
        };
        x = other - z * z.dot(&other);
    }
    let x = x.normalize();
    let y = z.cross(&x);
    let m = nalgebra::Matrix3::from_columns(&[x, y, z]);
    Quat::from_rotation_matrix(&nalgebra::Rotation3::from_matrix_unchecked(m))
}

/// The pose a share `s` of the way from `from` to `to`: straight, and turning evenly.
pub fn blend(from: &Pose, to: &Pose, s: f64) -> Pose {
    let position = from.translation.vector.lerp(&to.translation.vector, s);
    let rotation = from
        .rotation
        .try_slerp(&to.rotation, s, 1e-9)
        .unwrap_or(to.rotation);
    Pose::from_parts(position.into(), rotation)
}

/// How far two poses are apart: m, and rad of the whole turn between them.
pub fn apart(a: &Pose, b: &Pose) -> (f64, f64) {
    let way = (a.translation.vector - b.translation.vector).norm();
    (way, a.rotation.angle_to(&b.rotation))
}

/// The tilt between two rotations: the angle between the world's vertical as each body sees it, rad.
///
/// A turn about the vertical is no tilt (design, section 2).
pub fn tilt_between(then: &Quat, now: &Quat) -> f64 {
    let up_then = then.inverse() * Vec3::z();
    let up_now = now.inverse() * Vec3::z();
    up_then.angle(&up_now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaw_is_no_tilt_but_roll_is() {
        let level = Quat::identity();
        let yawed = Quat::from_axis_angle(&Vec3::z_axis(), 1.0);
        let rolled = Quat::from_axis_angle(&Vec3::x_axis(), 0.3);
        assert!(tilt_between(&level, &yawed) < 1e-9);
        assert!((tilt_between(&level, &rolled) - 0.3).abs() < 1e-9);
        assert!((tilt_between(&yawed, &(yawed * rolled)) - 0.3).abs() < 1e-9);
    }

    #[test]
    fn half_way_is_in_the_middle_and_half_turned() {
        let from = level(Vec3::zeros(), 0.2);
        let to = level(Vec3::new(1.0, -2.0, 4.0), 0.6);
        let middle = blend(&from, &to, 0.5);
        let expected = level(Vec3::new(0.5, -1.0, 2.0), 0.4);
        assert!((middle.translation.vector - expected.translation.vector).norm() < 1e-12);
        assert!(middle.rotation.angle_to(&expected.rotation) < 1e-7);
    }

    #[test]
    fn a_pose_survives_its_file_form() {
        let pose = Pose::new(Vec3::new(0.1, -2.0, 3.0), Vec3::new(0.3, 0.2, -0.4));
        let back = Pose::try_from(PoseData::from(pose)).unwrap();
        assert!((back.translation.vector - pose.translation.vector).norm() < 1e-12);
        assert!(back.rotation.angle_to(&pose.rotation) < 1e-7);
    }

    #[test]
    fn a_normalised_quaternion_keeps_its_bits() {
        let q = Quat::from_euler_angles(0.1, 0.7, -2.0);
        let c = q.coords;
        let back = rotation_from_normalised([c.x, c.y, c.z, c.w]).unwrap();
        assert_eq!(back.coords, c);
        assert!(rotation_from_normalised([0.0, 0.0, 0.0, 1.001]).is_err());
        assert!(rotation_from_normalised([f64::NAN, 0.0, 0.0, 1.0]).is_err());
    }

    #[test]
    fn a_zero_quaternion_is_refused() {
        assert!(rotation_from_xyzw([0.0; 4]).is_err());
        assert!(rotation_from_xyzw([f64::NAN, 0.0, 0.0, 1.0]).is_err());
    }

    #[test]
    fn the_z_axis_is_where_it_was_asked_for() {
        for z in [Vec3::z(), -Vec3::z(), Vec3::x(), Vec3::new(1.0, 2.0, 3.0)] {
            let q = rotation_with_z(z, Vec3::x());
            assert!((q * Vec3::z() - z.normalize()).norm() < 1e-9);
        }
    }
}
