//! A spring and damper as the solvers want it: implicit in the step, as a softness and a bias (Catto, "Soft Constraints",
//! GDC 2011).
//!
//! Owns [`Soft`], which the grips of the [`sketch`](super::sketch) and of what [tumbles](super::tumble) share.

use nalgebra::Matrix3;

use crate::grasp::compliance::Spring;

/// A spring and damper in one step.
#[derive(Clone, Debug, Default)]
pub struct Soft {
    /// What an impulse gives way, 1/kg or 1/(kg·m²).
    pub softness: f64,
    /// Speed for each unit of stretch, 1/s.
    pub bias: f64,
    /// What a wrong speed asks for.
    pub effective: Matrix3<f64>,
}

impl Soft {
    /// A spring in a step of `h` seconds between what an impulse moves by `mobility`; none of stiffness and damping is
    /// nothing at all.
    pub fn new((stiffness, damping): Spring, h: f64, mobility: &Matrix3<f64>) -> Self {
        if stiffness <= 0.0 && damping <= 0.0 {
            return Self::default();
        }
        let softness = 1.0 / (h * h * stiffness + h * damping);
        let gives = mobility + Matrix3::identity() * softness;
        Self {
            softness,
            bias: h * stiffness * softness,
            effective: gives.try_inverse().unwrap_or_default(),
        }
    }
}
