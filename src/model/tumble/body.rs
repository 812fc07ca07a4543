//! What moves: rigid bodies, and the boxes that they are made of.
//!
//! Owns [`Body`] and [`Shape`]. A body's frame lies at its centre of mass, along the axes of its box.

use nalgebra::Matrix3;

use crate::pose::{Pose, Quat, Vec3};

use super::super::contacts::Body as Believed;

/// A rigid body under way.
#[derive(Clone, Debug)]
pub struct Body {
    /// 1/kg; 0 for what does not move, or not yet.
    pub inverse_mass: f64,
    /// In the world, 1/(kg·m²), as it lay when the step began.
    pub inverse_inertia: Matrix3<f64>,
    /// What it opposes once it is awake: 1/kg, and 1/(kg·m²) about its own axes.
    own: (f64, Vec3),
    /// Centre of mass when the step began, m.
    pub com: Vec3,
    /// How it lay then.
    pub rotation: Quat,
    /// m/s.
    pub linear: Vec3,
    /// rad/s.
    pub angular: Vec3,
    /// How far it has gone within the step, m.
    pub moved: Vec3,
    /// How far it has turned within the step, as a rotation vector.
    pub turned: Vec3,
    /// How far its surface has gone since it was made, at most, m.
    pub travel: f64,
    /// From its centre of mass to its farthest corner, m.
    pub radius: f64,
    /// What pulls it down, m/s².
    pub gravity: f64,
    /// Friction coefficient.
    pub friction: f64,
}

/// A box of a body.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Whose it is.
    pub body: usize,
    /// Half edge lengths, m.
    pub half: Vec3,
    /// Where it lies in the body's frame.
    pub at: Pose,
}

impl Body {
    /// What never moves.
    pub fn fixed(friction: f64) -> Self {
        Self {
            inverse_mass: 0.0,
            inverse_inertia: Matrix3::zeros(),
            own: (0.0, Vec3::zeros()),
            com: Vec3::zeros(),
            rotation: Quat::identity(),
            linear: Vec3::zeros(),
            angular: Vec3::zeros(),
            moved: Vec3::zeros(),
            turned: Vec3::zeros(),
            travel: 0.0,
            radius: 0.0,
            gravity: 0.0,
            friction,
        }
    }

    /// A body with its centre of mass and axes at `pose`; inertia about these axes in kg·m².
    pub fn free(mass: f64, inertia: &Vec3, pose: &Pose, friction: f64) -> Self {
        let mut out = Self {
            own: (1.0 / mass, inertia.map(|i| 1.0 / i.max(1e-9))),
            com: pose.translation.vector,
            rotation: pose.rotation,
            gravity: crate::gravity::GRAVITY,
            ..Self::fixed(friction)
        };
        out.wake();
        out
    }

    /// A box or a fixture of the belief, at its means, and its shape as that of body `index`.
    pub fn believed(body: &Believed, index: usize) -> (Self, Shape) {
        let pose = body.obb.pose;
        let frame = Pose::from_parts(body.com.into(), pose.rotation);
        let mass = body.mass_mean;
        let mut out = if body.fixed || mass <= 0.0 {
            Self {
                com: body.com,
                rotation: pose.rotation,
                ..Self::fixed(body.friction_mean)
            }
        } else {
            let inertia = body.gyration() * (mass / 3.0);
            Self::free(mass, &inertia, &frame, body.friction_mean)
        };
        let at = frame.inverse() * pose;
        out.radius = at.translation.vector.norm() + body.obb.half.norm();
        let shape = Shape {
            body: index,
            half: body.obb.half,
            at,
        };
        (out, shape)
    }

    /// Whether it moves, or would if it were awake.
    pub fn is_free(&self) -> bool {
        self.own.0 > 0.0
    }

    /// Whether it takes part.
    pub fn is_awake(&self) -> bool {
        self.inverse_mass > 0.0
    }

    /// Has it take part.
    pub fn wake(&mut self) {
        self.inverse_mass = self.own.0;
        self.turn_inertia();
    }

    /// Has it stand where it is, whatever presses on it.
    pub fn put_to_sleep(&mut self) {
        self.inverse_mass = 0.0;
        self.inverse_inertia = Matrix3::zeros();
        self.linear = Vec3::zeros();
        self.angular = Vec3::zeros();
    }

    /// Its frame when the step began.
    pub fn frame(&self) -> Pose {
        Pose::from_parts(self.com.into(), self.rotation)
    }

    /// Its frame now, within a step.
    pub fn frame_now(&self) -> Pose {
        let turned = Quat::from_scaled_axis(self.turned);
        Pose::from_parts((self.com + self.moved).into(), turned * self.rotation)
    }

    /// Goes on for `h` seconds as it moves.
    pub fn go_on(&mut self, h: f64) {
        self.moved += self.linear * h;
        self.turned += self.angular * h;
    }

    /// Ends a step.
    pub fn arrive(&mut self) {
        self.travel += self.moved.norm() + self.turned.norm() * self.radius;
        self.com += self.moved;
        self.rotation = Quat::from_scaled_axis(self.turned) * self.rotation;
        self.moved = Vec3::zeros();
        self.turned = Vec3::zeros();
        if self.is_awake() {
            self.turn_inertia();
        }
    }

    /// What gravity gives it in so many seconds, N·s.
    pub fn weight_in(&self, seconds: f64) -> f64 {
        self.gravity * seconds / self.own.0.max(1e-9)
    }

    /// How fast its surface goes at most, m/s.
    pub fn reach(&self) -> f64 {
        self.linear.norm() + self.angular.norm() * self.radius
    }

    fn turn_inertia(&mut self) {
        let r = self.rotation.to_rotation_matrix();
        let local = Matrix3::from_diagonal(&self.own.1);
        self.inverse_inertia = r.matrix() * local * r.matrix().transpose();
    }

    /// How fast a point of it goes that lies `arm` from its centre of mass, m/s.
    pub fn speed_at(&self, arm: &Vec3) -> Vec3 {
        self.linear + self.angular.cross(arm)
    }

    /// How far such a point has gone within the step, m.
    pub fn way_of(&self, arm: &Vec3) -> Vec3 {
        self.moved + self.turned.cross(arm)
    }

    /// Takes an impulse (N·s) at such a point, and one that turns it (N·m·s).
    pub fn push(&mut self, impulse: &Vec3, turn: &Vec3, arm: &Vec3) {
        self.linear += impulse * self.inverse_mass;
        self.angular += self.inverse_inertia * (arm.cross(impulse) + turn);
    }
}
