//! One patch solved for all the others as they are: the turn of a sweep.
//!
//! Owns the impulses of a patch on its two bodies: points press and never pull, what rubs does so up to
//! friction times what presses
//! (Jourdan, Alart and Jean, "A Gauss-Seidel like algorithm to solve frictional contact problems", CMAME 1998).

use crate::pose::Vec3;

use super::patch::{GROUND, POINTS};
use super::rows::Row;
use super::solve::{SHARED_ROWS, Solver};

/// Velocities of a patch's two bodies, and their inverse masses.
struct Pair {
    a: (Vec3, Vec3, f64),
    b: (Vec3, Vec3, f64),
}

impl Pair {
    /// How fast a row's points part, m/s or rad/s.
    fn opening(&self, row: &Row) -> f64 {
        row.direction.dot(&(self.b.0 - self.a.0)) + row.turn_b.dot(&self.b.1)
            - row.turn_a.dot(&self.a.1)
    }

    /// Gives both an impulse along a row.
    fn push(&mut self, row: &Row, impulse: f64) {
        self.a.0 -= row.direction * (impulse * self.a.2);
        self.a.1 -= row.spin_a * impulse;
        self.b.0 += row.direction * (impulse * self.b.2);
        self.b.1 += row.spin_b * impulse;
    }
}

impl Solver<'_> {
    /// Gives the two bodies of a patch what it gave them in the step before.
    pub(super) fn start_warm(&mut self, k: usize) {
        let mut pair = self.pair(k);
        for (r, &impulse) in self.impulses[k].iter().enumerate() {
            if impulse != 0.0 {
                pair.push(self.row(k, r), impulse);
            }
        }
        self.put_back(k, &pair);
    }

    /// The two bodies of a patch as they move now; what never moves in place of the ground.
    fn pair(&self, k: usize) -> Pair {
        let patch = &self.patches[k];
        let of = |i: usize| match self.states.get(i) {
            Some(s) => (s.linear, s.angular, self.bodies[i].inverse_mass),
            None => (Vec3::zeros(), Vec3::zeros(), 0.0),
        };
        Pair {
            a: of(patch.a),
            b: of(patch.b),
        }
    }

    fn put_back(&mut self, k: usize, pair: &Pair) {
        let (a, b) = (self.patches[k].a, self.patches[k].b);
        (self.states[a].linear, self.states[a].angular) = (pair.a.0, pair.a.1);
        if b != GROUND {
            (self.states[b].linear, self.states[b].angular) = (pair.b.0, pair.b.1);
        }
    }

    /// Solves one patch for the others as they are; how much changed, and what presses there, N·s.
    pub(super) fn relax(&mut self, k: usize) -> (f64, f64) {
        let mut pair = self.pair(k);
        let rows = match self.rows[k] {
            SHARED_ROWS => &self.sketch.rows[k],
            own => &self.own[own as usize],
        };
        let before = self.impulses[k];
        let mut impulses = before;
        let count = self.points[k];
        let points = rows.iter().zip(&self.biases[k]).take(count);
        let (friction, turn_arm) = (self.patches[k].friction, self.turn_arms[k]);
        let mut pressed = 0.0;
        for (impulse, (row, bias)) in impulses.iter_mut().zip(points) {
            let wrong = pair.opening(row) + bias;
            let new = at_least(*impulse - wrong * row.effective, 0.0);
            pressed += new;
            if new != *impulse {
                pair.push(row, new - *impulse);
                *impulse = new;
            }
        }
        let bound = friction * pressed;
        let limits = [bound, bound, bound * turn_arm];
        let across = impulses[POINTS..].iter_mut().zip(&rows[POINTS..]);
        for ((impulse, row), limit) in across.zip(limits) {
            if limit == 0.0 && *impulse == 0.0 {
                continue;
            }
            let asked = *impulse - pair.opening(row) * row.effective;
            let new = at_most(at_least(asked, -limit), limit);
            if new != *impulse {
                pair.push(row, new - *impulse);
                *impulse = new;
            }
        }
        self.put_back(k, &pair);
        self.impulses[k] = impulses;
        let change = before.iter().zip(&impulses).map(|(b, a)| (a - b).abs());
        (change.fold(0.0, |most, c| at_least(c, most)), pressed)
    }
}

/// The larger of two numbers, `low` where the other is none: one instruction, where `f64::max` takes five, of which the
/// solver has to wait for each.
#[inline]
fn at_least(x: f64, low: f64) -> f64 {
    if x > low { x } else { low }
}

/// The smaller of two numbers, `high` where the other is none.
#[inline]
fn at_most(x: f64, high: f64) -> f64 {
    if x < high { x } else { high }
}
