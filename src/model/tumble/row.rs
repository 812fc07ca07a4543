//! One unknown of a contact: how an impulse along a direction, or about an axis, changes two velocities.
//!
//! Owns [`Row`], and [`Pair`], the two velocities while they are solved for.

use crate::pose::Vec3;

use super::body::Body;

/// One direction, or turn, in which two bodies act on each other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row {
    /// The lever arms crossed with the direction; the axis itself for a turn.
    turn: [Vec3; 2],
    /// Those times the inverse inertias.
    spin: [Vec3; 2],
    /// 1 over what an impulse of one changes.
    pub effective: f64,
    /// What it has given in this substep, N·s or N·m·s.
    pub impulse: f64,
}

impl Row {
    /// Along a direction, at points that lie `arms` from the centres of mass; it gave `impulse` before.
    pub fn along(direction: &Vec3, arms: [&Vec3; 2], bodies: [&Body; 2], impulse: f64) -> Self {
        let turn = arms.map(|arm| arm.cross(direction));
        let mass = bodies[0].inverse_mass + bodies[1].inverse_mass;
        Self::new(turn, mass, bodies, impulse)
    }

    /// About an axis.
    pub fn about(axis: &Vec3, bodies: [&Body; 2], impulse: f64) -> Self {
        Self::new([*axis; 2], 0.0, bodies, impulse)
    }

    fn new(turn: [Vec3; 2], mass: f64, bodies: [&Body; 2], impulse: f64) -> Self {
        let mut row = Self {
            turn,
            impulse,
            ..Self::default()
        };
        row.refit(mass, bodies);
        row
    }

    /// Takes in that one of its bodies gives way as it did not; `mass` is the sum of inverse masses along a direction,
    /// none about an axis.
    pub fn refit(&mut self, mass: f64, bodies: [&Body; 2]) {
        let turn = &self.turn;
        self.spin = [0, 1].map(|k| bodies[k].inverse_inertia * turn[k]);
        let gives = mass + turn[0].dot(&self.spin[0]) + turn[1].dot(&self.spin[1]);
        self.effective = if gives > 1e-12 { 1.0 / gives } else { 0.0 };
    }
}

/// Velocities of two bodies and their inverse masses, while a contact is solved.
pub struct Pair {
    linear: [Vec3; 2],
    angular: [Vec3; 2],
    inverse_mass: [f64; 2],
}

impl Pair {
    /// As two bodies move now.
    pub fn of(bodies: [&Body; 2]) -> Self {
        Self {
            linear: bodies.map(|b| b.linear),
            angular: bodies.map(|b| b.angular),
            inverse_mass: bodies.map(|b| b.inverse_mass),
        }
    }

    /// How fast the two part along a row, m/s.
    pub fn parts(&self, direction: &Vec3, row: &Row) -> f64 {
        direction.dot(&(self.linear[1] - self.linear[0])) + self.turns(row)
    }

    /// How fast one turns against the other about a row's axis, rad/s.
    pub fn turns(&self, row: &Row) -> f64 {
        row.turn[1].dot(&self.angular[1]) - row.turn[0].dot(&self.angular[0])
    }

    /// Gives both an impulse along a row, N·s.
    pub fn push(&mut self, direction: &Vec3, row: &Row, impulse: f64) {
        self.linear[0] -= direction * (impulse * self.inverse_mass[0]);
        self.linear[1] += direction * (impulse * self.inverse_mass[1]);
        self.turn(row, impulse);
    }

    /// Gives both one about it, N·m·s.
    pub fn turn(&mut self, row: &Row, impulse: f64) {
        self.angular[0] -= row.spin[0] * impulse;
        self.angular[1] += row.spin[1] * impulse;
    }

    /// Has the bodies move so.
    pub fn give_back(&self, bodies: &mut [Body], ends: [usize; 2]) {
        for (k, &i) in ends.iter().enumerate() {
            if self.inverse_mass[k] > 0.0 {
                bodies[i].linear = self.linear[k];
                bodies[i].angular = self.angular[k];
            }
        }
    }
}
