//! A rough forecast by hand: a few long steps of rigid bodies, solved for the belief's means.
//!
//! Owns [`Sketch`] (a belief made ready); [`Forecast`] (what its bodies and contacts would do and bear) is
//! [`mod@forecast`]'s. Contacts are taken as they lie before anything moves and are kept while they part, slide and
//! press; a step is implicit in time (Stewart and Trinkle, "An implicit time-stepping scheme", IJNME 1996), so that
//! it may be a hundred times the sandbox's. It is wrong in detail and cheap; the network takes it as a hint and
//! learns where it errs. What a body is made of is [`mod@body`]'s, where it presses [`mod@patch`]'s and [`gaps`]'s,
//! what is done to the target [`act`]'s and [`grip`]'s, the steps are [`clock`]'s, [`solve`]'s, [`reseat`]'s and
//! [`relax`]'s. What is imagined is led by finer steps, [`tumble`](super::tumble)'s.

mod act;
mod body;
mod clock;
mod forecast;
mod gaps;
mod grip;
mod patch;
mod reading;
mod relax;
mod reseat;
mod rows;
mod solve;

pub use clock::{CARRY_M, STEPS, carry_times};
pub use forecast::{Borne, Fate, Forecast, Load, Mover};
pub use grip::{Held, Hold};

use crate::pose::Vec3;
use crate::scene::geometry::Obb;

use super::contacts::SceneGraph;
use super::loads::Loads;
use body::Inert;
use gaps::{close_gaps, islands, watch_gaps};
use patch::{GROUND, Patch, ROWS, between, on_ground};
use rows::Row;
use solve::{Care, Solver};

/// Once for a belief, and all that stands still in a forecast rests on it.
const STANDING: Care = Care {
    sweeps: 400,
    enough: 1e-6,
    rounds: 1,
};
/// A belief made ready: its bodies and contacts, and the forces with which it stands.
#[derive(Clone, Debug)]
pub struct Sketch {
    bodies: Vec<Inert>,
    shapes: Vec<Obb>,
    patches: Vec<Patch>,
    rows: Vec<[Row; ROWS]>,
    /// How many contacts the belief's graph has.
    contacts: usize,
    /// Which island each body belongs to.
    islands: Vec<usize>,
    /// Impulse per second of each patch's rows at rest, N.
    resting: Vec<[f64; ROWS]>,
    /// What those forces leave of each body's weight, m/s² and rad/s²: the belief stands, so this is
    /// the search's own error, and is taken out of every forecast.
    unbalanced: Vec<(Vec3, Vec3)>,
}

impl Sketch {
    /// Takes in a belief, which stands; who carries whom is where the search for its forces begins.
    pub fn new(graph: &SceneGraph, loads: &Loads) -> Self {
        let mut out = Self::at_rest(graph, loads);
        let mut solver = Solver::new(&out, &out.patches, &out.resting, None);
        solver.step(0.05, STANDING);
        let unbalanced = solver.accelerations();
        out.resting = solver.forces();
        out.unbalanced = unbalanced;
        out
    }

    /// The same bodies with `target` somewhere else, in `graph`: who knows whether that stands. What is
    /// taken out of forecasts is what is taken out of those of the belief, `before`.
    pub fn moved(before: &Self, graph: &SceneGraph, loads: &Loads, target: usize) -> Self {
        let mut out = Self::at_rest(graph, loads);
        out.unbalanced.clone_from(&before.unbalanced);
        out.unbalanced[target] = (Vec3::zeros(), Vec3::zeros());
        out
    }

    /// The same belief for when `target` is gone: what it weighed makes nothing below it more inert.
    ///
    /// `loads` are those without it. What is taken out of forecasts are forces that the search did not
    /// find; they speed up a lighter body by more.
    pub fn relieved(&self, graph: &SceneGraph, loads: &Loads) -> Self {
        let mut out = self.clone();
        out.bodies = inert_bodies(graph, loads);
        out.rows = (self.patches.iter())
            .map(|p| p.first_rows(&out.bodies))
            .collect();
        let pairs = self.bodies.iter().zip(&out.bodies);
        for ((linear, angular), (was, is)) in out.unbalanced.iter_mut().zip(pairs) {
            if was.inverse_mass > 0.0 {
                let lighter = is.inverse_mass / was.inverse_mass;
                *linear *= lighter;
                *angular *= lighter;
            }
        }
        out
    }

    fn at_rest(graph: &SceneGraph, loads: &Loads) -> Self {
        let bodies = inert_bodies(graph, loads);
        let shapes: Vec<Obb> = graph.bodies.iter().map(|b| b.obb).collect();
        let mut patches: Vec<Patch> = Vec::new();
        for (i, body) in graph.bodies.iter().enumerate() {
            patches.extend(on_ground(i, body, graph.ground_friction));
        }
        for (k, contact) in graph.contacts.iter().enumerate() {
            let pair = (&graph.bodies[contact.a], &graph.bodies[contact.b]);
            patches.extend(between(k, contact, pair));
        }
        watch_gaps(graph, &bodies, &shapes, &mut patches);
        close_gaps(graph, &mut patches);
        for p in &mut patches {
            p.spot.count = if p.is_beside() { 0 } else { p.spot.count };
        }
        // From the top down, since what weighs is known before what carries. In tenths of a millimetre,
        // lest rounding decide.
        patches.sort_by_key(|p| -(p.spot.centre.z * 1e4 + 0.37).floor() as i64);
        Self {
            unbalanced: vec![(Vec3::zeros(), Vec3::zeros()); bodies.len()],
            resting: patches
                .iter()
                .map(|p| first_guess(p, graph, loads))
                .collect(),
            rows: patches.iter().map(|p| p.first_rows(&bodies)).collect(),
            islands: islands(&bodies, &patches),
            contacts: graph.contacts.len(),
            shapes,
            bodies,
            patches,
        }
    }
}

fn inert_bodies(graph: &SceneGraph, loads: &Loads) -> Vec<Inert> {
    let pairs = graph.bodies.iter().zip(&loads.bodies);
    pairs
        .map(|(body, load)| Inert::new(body, load.above))
        .collect()
}

/// The weight that comes through a patch, evenly over its points, N.
fn first_guess(patch: &Patch, graph: &SceneGraph, loads: &Loads) -> [f64; ROWS] {
    let mut out = [0.0; ROWS];
    let through = match patch.contact.map(|k| (k, graph.contacts[k].upper_lower())) {
        Some((k, Some((upper, _)))) => loads.share[k] * loads.bodies[upper].total,
        Some((_, None)) => 0.0,
        None if patch.b != GROUND => 0.0,
        None => {
            let upper_of = |c: &super::contacts::Contact| c.upper_lower().map(|(upper, _)| upper);
            let shares = graph.contacts.iter().zip(&loads.share);
            let carried: f64 = shares
                .filter(|(c, _)| upper_of(c) == Some(patch.a))
                .map(|(_, share)| share)
                .sum();
            (1.0 - carried).max(0.0) * loads.bodies[patch.a].total
        }
    };
    out[..patch.spot.count].fill(through / patch.spot.count as f64);
    out
}

#[cfg(test)]
mod tests;
