//! What a body opposes to being moved, as the solver wants it.
//!
//! Owns [`Inert`].

use nalgebra::Matrix3;

use crate::gravity::GRAVITY;
use crate::pose::Vec3;

use super::super::contacts::Body;

/// A body is no less inert than this share of what it carries.
const CARRIED: f64 = 1.0;

/// What a body opposes to a change of its motion.
#[derive(Clone, Copy, Debug)]
pub struct Inert {
    /// What pulls it down, N.
    pub weight: f64,
    /// 1/kg; 0 for what never moves.
    pub inverse_mass: f64,
    /// In the world, 1/(kg·m²).
    pub inverse_inertia: Matrix3<f64>,
    /// Centre of mass in the world, m.
    pub com: Vec3,
    /// Mean friction coefficient.
    pub friction: f64,
}

impl Inert {
    /// Of a body of even density about its mean centre of mass, on which `above` newtons rest.
    ///
    /// It is as inert as a share of what it carries at least ([`CARRIED`]): what is slow hangs on weights and
    /// friction, not on inertia, and light boxes under heavy ones take the search very long.
    pub fn new(body: &Body, above: f64) -> Self {
        let r = body.obb.pose.rotation.to_rotation_matrix();
        let (inverse_mass, inverse_inertia) = if body.fixed || body.mass_mean <= 0.0 {
            (0.0, Matrix3::zeros())
        } else {
            let mass = body.mass_mean.max(CARRIED * above / GRAVITY);
            let third = 3.0 / mass;
            let local = Matrix3::from_diagonal(&body.gyration().map(|s| third / s.max(1e-8)));
            let world = r.matrix() * local * r.matrix().transpose();
            (1.0 / mass, world)
        };
        Self {
            weight: body.mass_mean * GRAVITY,
            inverse_mass,
            inverse_inertia,
            com: body.com,
            friction: body.friction_mean,
        }
    }
}
