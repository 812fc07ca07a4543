//! What the robot does not know for certain, and one sample of it.
//!
//! Owns [`Quantity`] and [`CenterOfMass`] (a number or a distribution) and [`Draw`], the plain
//! values that one sample fixes. Sampling here is blind to physics; that a draw has to stand for
//! two seconds is the sandbox's business (design, section 2).

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::{PoseNoise, Scene};
use crate::pose::{Pose, Quat, Vec3};

/// A number that may be known only as a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// Exactly this.
    Known(f64),
    /// A normal: draws beyond 3σ are drawn again, those below what is physical are moved up to it.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        std: f64,
    },
    /// Anything in between, equally likely.
    Uniform {
        /// Lower end.
        min: f64,
        /// Upper end.
        max: f64,
    },
}

impl Quantity {
    /// Its mean.
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Known(value) => value,
            Self::Normal { mean, .. } => mean,
            Self::Uniform { min, max } => 0.5 * (min + max),
        }
    }

    /// Its standard deviation; zero when known.
    pub fn std(&self) -> f64 {
        match *self {
            Self::Known(_) => 0.0,
            Self::Normal { std, .. } => std,
            // A uniform's standard deviation is its width over √12.
            Self::Uniform { min, max } => (max - min) / 12f64.sqrt(),
        }
    }

    /// The largest value that a draw can take.
    pub fn upper(&self) -> f64 {
        match *self {
            Self::Known(value) => value,
            Self::Normal { mean, std } => mean + 3.0 * std,
            Self::Uniform { max, .. } => max,
        }
    }

    /// The smallest value that a draw can take, not below `floor`.
    pub fn lower(&self, floor: f64) -> f64 {
        match *self {
            Self::Known(value) => value,
            Self::Normal { mean, std } => (mean - 3.0 * std).max(floor),
            Self::Uniform { min, .. } => min,
        }
    }

    /// One sample, not below `floor` (what is physical: a mass is positive).
    pub fn sample(&self, floor: f64, rng: &mut impl Rng) -> f64 {
        match *self {
            Self::Known(value) => value,
            Self::Normal { mean, std } => (mean + std * cut_normal(rng)).max(floor),
            Self::Uniform { min, max } => min + (max - min) * rng.random::<f64>(),
        }
    }
}

/// Where a box's centre of mass lies from its geometric centre, in the box's frame, m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CenterOfMass {
    /// Exactly there.
    Known(Vec3),
    /// Around the centre, each axis with this standard deviation, m.
    Normal {
        /// m.
        std: f64,
    },
}

impl CenterOfMass {
    /// Its mean, m.
    pub fn mean(&self) -> Vec3 {
        match *self {
            Self::Known(offset) => offset,
            Self::Normal { .. } => Vec3::zeros(),
        }
    }

    /// The standard deviation of each axis, m.
    pub fn std(&self) -> f64 {
        match *self {
            Self::Known(_) => 0.0,
            Self::Normal { std } => std,
        }
    }

    /// One sample, kept within the middle 80 % of a box of `size`.
    pub fn sample(&self, size: Vec3, rng: &mut impl Rng) -> Vec3 {
        match *self {
            Self::Known(offset) => offset,
            Self::Normal { std } => {
                let raw = Vec3::from_fn(|_, _| std * cut_normal(rng));
                raw.zip_map(&size, |o, s| o.clamp(-0.4 * s, 0.4 * s))
            }
        }
    }
}

/// A standard normal, drawn again until it lies within 3σ.
fn cut_normal(rng: &mut impl Rng) -> f64 {
    loop {
        let x: f64 = StandardNormal.sample(rng);
        if x.abs() <= 3.0 {
            return x;
        }
    }
}

/// One box with nothing left open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawnBox {
    /// True pose of the geometric centre.
    pub pose: Pose,
    /// kg.
    pub mass: f64,
    /// Friction coefficient.
    pub friction: f64,
    /// Centre of mass in the box's frame, m.
    pub com: Vec3,
}

/// One sample of what a belief leaves open: a value for every box, in the scene's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// `[N]`, in the order of [`Scene::boxes`].
    pub boxes: Vec<DrawnBox>,
}

/// The lightest box, kg: below it a cut normal would make masses that no solver handles.
pub const MIN_MASS_KG: f64 = 0.02;
/// The least friction.
pub const MIN_FRICTION: f64 = 0.02;

/// One blind sample of `scene`'s belief; the sandbox decides whether it stands.
///
/// Poses vary in x, y and yaw. Height, roll and pitch are not drawn: they follow from what a
/// box rests on, which the sandbox's settling works out.
pub fn sample(scene: &Scene, rng: &mut impl Rng) -> Draw {
    let boxes = scene
        .boxes
        .iter()
        .map(|spec| DrawnBox {
            pose: noisy_pose(&spec.pose, scene.pose_noise, rng),
            mass: spec.mass.sample(MIN_MASS_KG, rng),
            friction: spec.friction.sample(MIN_FRICTION, rng),
            com: spec.com.sample(spec.size, rng),
        })
        .collect();
    Draw { boxes }
}

/// `pose` moved by `noise` in the plane and about the vertical.
pub fn noisy_pose(pose: &Pose, noise: PoseNoise, rng: &mut impl Rng) -> Pose {
    let dx = noise.position_m * cut_normal(rng);
    let dy = noise.position_m * cut_normal(rng);
    let yaw = noise.rotation_rad * cut_normal(rng);
    let turned = Quat::from_axis_angle(&Vec3::z_axis(), yaw) * pose.rotation;
    Pose::from_parts(
        (pose.translation.vector + Vec3::new(dx, dy, 0.0)).into(),
        turned,
    )
}
