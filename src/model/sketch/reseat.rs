//! Where a patch's two bodies meet once they have moved.
//!
//! Owns its rows made anew as boxes slide along each other or apart, and the gaps that a step may close.

use super::patch::{POINTS, ROWS};
use super::rows::Row;
use super::solve::{SHARED_ROWS, Solver, State};

use crate::pose::Vec3;

/// No more of an overlap than this is undone in one step, m.
const DEEPEST_M: f64 = 0.002;
/// A patch has slid when it has by this much, m.
const SLID_M: f64 = 5e-4;
/// What a gap lets through that nothing closes, m/s.
const OPEN: f64 = 1e3;

impl Solver<'_> {
    /// A row of a patch, as it is now.
    pub(super) fn row(&self, k: usize, r: usize) -> &Row {
        match self.rows[k] {
            SHARED_ROWS => &self.sketch.rows[k][r],
            own => &self.own[own as usize][r],
        }
    }

    /// Moves a patch to where its bodies meet now.
    pub(super) fn slide(&mut self, k: usize) {
        let patch = &self.patches[k];
        let centre = patch.spot.centre;
        let still = State::default();
        let (a, b) = (
            &self.states[patch.a],
            self.states.get(patch.b).unwrap_or(&still),
        );
        let com = |i: usize| self.bodies.get(i).map_or(centre, |b| b.com);
        let gone_a = a.moved + a.turned.cross(&(centre - com(patch.a)));
        let gone_b = b.moved + b.turned.cross(&(centre - com(patch.b)));
        let along = |v: Vec3| patch.tangents.map(|t| v.dot(&t));
        let ([a0, a1], [b0, b1]) = (along(gone_b - a.moved), along(gone_b - b.moved));
        let on = [a0, a1, b0, b1];
        let as_before = on
            .iter()
            .zip(&self.on[k])
            .all(|(now, then)| (now - then).abs() < SLID_M);
        if as_before && self.points[k] > 0 {
            return;
        }
        self.on[k] = on;
        let Some(spot) = patch.spot_at(along(gone_a - gone_b)) else {
            self.points[k] = 0;
            self.impulses[k] = [0.0; ROWS];
            return;
        };
        let [u, v] = patch.tangents;
        let rows = patch.rows(
            &self.bodies,
            &spot,
            (&(u * a0 + v * a1), &(u * b0 + v * b1)),
        );
        self.turn_arms[k] = spot.turn_arm;
        self.points[k] = spot.count;
        match self.rows[k] {
            SHARED_ROWS => {
                self.own.push(rows);
                self.rows[k] = self.own.len() as u32 - 1;
            }
            own => self.own[own as usize] = rows,
        }
    }

    /// What each point's gap lets through in this step, m/s.
    pub(super) fn gaps(&self, k: usize, h: f64) -> [f64; POINTS] {
        let patch = &self.patches[k];
        let mut out = [OPEN; POINTS];
        let still = State::default();
        let a = &self.states[patch.a];
        let b = self.states.get(patch.b).unwrap_or(&still);
        for (p, out) in out.iter_mut().enumerate().take(self.points[k]) {
            let row = self.row(k, p);
            let opened = row.direction.dot(&(b.moved - a.moved)) + row.turn_b.dot(&b.turned)
                - row.turn_a.dot(&a.turned);
            *out = (patch.gap + opened).max(-DEEPEST_M) / h;
        }
        out
    }
}
