//! What a step of a forecast tells: forces at their largest, and where everything ends.
//!
//! Owns the readings of a [`Solver`].

use crate::pose::Vec3;

use super::patch::{GROUND, POINTS, ROWS};
use super::solve::{Solver, State};
use super::{Forecast, Load};

impl Solver<'_> {
    /// How each body was sped up, of a scene that was at rest and has taken one step.
    pub fn accelerations(&self) -> Vec<(Vec3, Vec3)> {
        let per_second = 1.0 / self.last_h;
        let of = |s: &State| (s.linear * per_second, s.angular * per_second);
        self.states.iter().map(of).collect()
    }

    /// Forces of the last step, N.
    pub fn forces(&self) -> Vec<[f64; ROWS]> {
        let per_second = 1.0 / self.last_h;
        self.impulses
            .iter()
            .map(|rows| rows.map(|x| x * per_second))
            .collect()
    }

    /// What the hand had to do to the target in the last step.
    pub fn borne(&self) -> Load {
        let per_second = 1.0 / self.last_h;
        self.grip.as_ref().map_or_else(Load::default, |grip| Load {
            force: grip.force * per_second,
            moment: grip.moment * per_second,
        })
    }

    /// Keeps the largest forces.
    pub fn peaks(&self, out: &mut Forecast) {
        let per_second = 1.0 / self.last_h;
        let mut faces = vec![[0.0; 6]; self.bodies.len()];
        for &k in &self.active {
            let patch = &self.patches[k];
            let rows = &self.impulses[k];
            let normal = rows[..self.points[k]].iter().sum::<f64>() * per_second;
            faces[patch.a][patch.faces[0]] += normal;
            if patch.b != GROUND {
                faces[patch.b][patch.faces[1]] += normal;
            }
            if let Some(contact) = patch.contact {
                let tangential = rows[POINTS].hypot(rows[POINTS + 1]) * per_second;
                let borne = &mut out.contacts[contact];
                borne.normal = borne.normal.max(normal);
                borne.tangential = borne.tangential.max(tangential);
            }
        }
        for (fate, faces) in out.bodies.iter_mut().zip(&faces) {
            let most = faces.iter().copied().fold(0.0, f64::max);
            fate.face_force = fate.face_force.max(most);
        }
    }

    /// Where everything is in the end.
    pub fn ends(&self, out: &mut Forecast) {
        for (fate, state) in out.bodies.iter_mut().zip(&self.states) {
            fate.moved = state.moved;
            fate.turned = state.turned;
            fate.speed = state.linear.norm();
        }
    }
}
