//! The unknowns of a patch: how an impulse along each changes two velocities.
//!
//! Owns [`Row`]. Points that press come first, then two directions and a turn in which they rub.

use crate::pose::Vec3;

use super::body::Inert;
use super::patch::{GROUND, POINTS, Patch, ROWS, Spot};

/// A row's way to the two velocities.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Zero for a turn.
    pub direction: Vec3,
    /// The first body's lever arm crossed with the direction.
    pub turn_a: Vec3,
    /// The second body's.
    pub turn_b: Vec3,
    /// `turn_a` times the first body's inverse inertia.
    pub spin_a: Vec3,
    /// `turn_b` times the second body's.
    pub spin_b: Vec3,
    /// 1 over what an impulse of one changes.
    pub effective: f64,
}

impl Patch {
    /// How each of its unknowns meets the two bodies where they stood, pressing at its spot.
    pub fn first_rows(&self, bodies: &[Inert]) -> [Row; ROWS] {
        let gone = self.tangents[0] * self.slid[0] + self.tangents[1] * self.slid[1];
        self.rows(bodies, &self.spot, (&-gone, &Vec3::zeros()))
    }

    /// How each of its unknowns meets the two bodies, pressing at `spot` and that far on as seen from each.
    pub fn rows(&self, bodies: &[Inert], spot: &Spot, on: (&Vec3, &Vec3)) -> [Row; ROWS] {
        std::array::from_fn(|r| {
            let point = if r < POINTS {
                spot.points[r]
            } else {
                spot.centre
            };
            let (direction, is_turn) = match r {
                _ if r < POINTS => (self.normal, false),
                _ if r < ROWS - 1 => (self.tangents[r - POINTS], false),
                _ => (self.normal, true),
            };
            let turn = |i: usize, point: Vec3| {
                if is_turn {
                    direction
                } else {
                    (point - bodies[i].com).cross(&direction)
                }
            };
            let linear = if is_turn { Vec3::zeros() } else { direction };
            let turn_a = turn(self.a, point + on.0);
            let spin_a = bodies[self.a].inverse_inertia * turn_a;
            let mut give = turn_a.dot(&spin_a);
            let (mut turn_b, mut spin_b) = (Vec3::zeros(), Vec3::zeros());
            if !is_turn {
                give += bodies[self.a].inverse_mass;
            }
            if self.b != GROUND {
                turn_b = turn(self.b, point + on.1);
                spin_b = bodies[self.b].inverse_inertia * turn_b;
                give += turn_b.dot(&spin_b);
                if !is_turn {
                    give += bodies[self.b].inverse_mass;
                }
            }
            Row {
                direction: linear,
                turn_a,
                turn_b,
                spin_a,
                spin_b,
                effective: if give > 1e-12 { 1.0 / give } else { 0.0 },
            }
        })
    }
}
