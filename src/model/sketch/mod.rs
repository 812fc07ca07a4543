//! A rough forecast by hand: a few long steps of rigid bodies, solved for the belief's means.
//!
//! Owns [`Sketch`] (a belief made ready) and [`Forecast`] (what its bodies and contacts would do and
//! bear). Contacts are taken as they lie before anything moves and are kept while they part, slide
//! and press; a step is implicit in time (Stewart and Trinkle, "An implicit time-stepping scheme",
//! IJNME 1996), so that it may be a hundred times the sandbox's. It is wrong in detail and cheap; the
//! network takes it as a hint and learns where it errs. What a body is
//! made of is [`mod@body`]'s, where it presses [`mod@patch`]'s and [`gaps`]'s, what is done to the target
//! [`act`]'s and [`grip`]'s, the steps are [`clock`]'s, [`solve`]'s, [`reseat`]'s and [`relax`]'s.

mod act;
mod body;
mod clock;
mod gaps;
mod grip;
mod patch;
mod reading;
mod relax;
mod reseat;
mod rows;
mod solve;

pub use clock::{CARRY_M, STEPS, carry_times};
pub use grip::Held;

use crate::pose::Vec3;
use crate::scene::geometry::Obb;

use super::contacts::SceneGraph;
use super::loads::Loads;
use act::Act;
use body::Inert;
use clock::{GONE_S, PUSH, between_ends, nudge_steps};
use gaps::{close_gaps, islands, meeting, watch_gaps};
use patch::{GROUND, Patch, ROWS, between, on_ground};
use rows::Row;
use solve::{Care, Solver};

/// Once for a belief, and all that stands still in a forecast rests on it.
const STANDING: Care = Care {
    sweeps: 400,
    enough: 1e-6,
    rounds: 1,
};
/// In each step of a forecast for one candidate.
const MOVING: Care = Care {
    sweeps: 100,
    enough: 2e-4,
    rounds: 1,
};
/// In each step of a nudge: a stiff drive and what it wedges have to find each other.
const WEDGED: Care = Care {
    sweeps: 100,
    enough: 1e-4,
    rounds: 3,
};
/// In each step of what all candidates for one target share.
const SHARED: Care = Care {
    sweeps: 200,
    enough: 1e-5,
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

/// What moves the target.
#[expect(
    clippy::large_enum_variant,
    reason = "one for each forecast, on the stack"
)]
#[derive(Clone, Copy, Debug)]
pub enum Mover {
    /// A hand, by a grip that gives, and when its steps end: s after the onset, the onset first.
    Hand(Held, [f64; STEPS + 1]),
    /// A nudge of its middle, free to turn, then let go.
    Nudge {
        /// m.
        by: Vec3,
        /// How long it takes, s.
        seconds: f64,
        /// What the robot drives it with at most, N.
        max_force: f64,
    },
    /// A force on its middle for so many seconds, N.
    Push(Vec3, f64),
    /// It is not there.
    Gone,
}

/// What became of one body.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fate {
    /// Displacement of its centre of mass, m; limits on displacement are of the middle of a box.
    pub moved: Vec3,
    /// Rotation vector, rad.
    pub turned: Vec3,
    /// Largest sum of normal forces on one of its faces, N.
    pub face_force: f64,
    /// Speed at the end, m/s.
    pub speed: f64,
}

/// What a contact bore.
#[derive(Clone, Copy, Debug, Default)]
pub struct Borne {
    /// Largest normal force, N.
    pub normal: f64,
    /// Largest tangential force, N.
    pub tangential: f64,
}

/// What a hand does to its box in one step, at the hand's origin and in the world.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    /// N.
    pub force: Vec3,
    /// N·m.
    pub moment: Vec3,
}

/// A forecast.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// `[N]`.
    pub bodies: Vec<Fate>,
    /// For each of the graph's contacts.
    pub contacts: Vec<Borne>,
    /// What the hand did to the target in each step; zeros where there is none.
    pub grip: [Load; STEPS],
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

    /// What comes of the scene if nothing acts. A belief stays as it is, by what is taken out of every
    /// forecast of it; that tells what contacts and faces bear. With a box put somewhere else it may fall.
    pub fn settling(&self) -> Forecast {
        let solver = Solver::new(self, &self.patches, &self.resting, None);
        self.run(solver, &between_ends(&GONE_S), SHARED)
    }

    /// What comes of moving body `target` so. What nothing ties to it or brings to it is not looked at: there
    /// nothing moves, and contacts and faces are told to bear nothing.
    pub fn forecast(&self, target: usize, mover: Mover) -> Forecast {
        let (lasting, care) = match &mover {
            Mover::Hand(held, times) => (held.lasting(times), MOVING),
            Mover::Nudge { by, seconds, .. } => (nudge_steps(by.norm(), *seconds), WEDGED),
            Mover::Push(_, seconds) => (between_ends(&PUSH.map(|share| share * seconds)), MOVING),
            Mover::Gone => (between_ends(&GONE_S), SHARED),
        };
        let off_centre = self.shapes[target].pose.translation.vector - self.bodies[target].com;
        let act = match mover {
            Mover::Hand(held, _) => Act::Held(held),
            Mover::Nudge { by, max_force, .. } => {
                let start = &self.shapes[target].pose;
                Act::Nudged(Held::nudged(start, &by, max_force))
            }
            Mover::Push(force, seconds) => Act::Pushed {
                force,
                arm: off_centre,
                until: seconds,
            },
            Mover::Gone => Act::Gone,
        };
        let met = self.met(target, mover);
        let (patches, resting) = match &met {
            Some((patches, resting)) => (patches.as_slice(), resting.as_slice()),
            None => (self.patches.as_slice(), self.resting.as_slice()),
        };
        let solver = Solver::new(self, patches, resting, Some((target, act)));
        self.run(solver, &lasting, care)
    }

    fn run(&self, mut solver: Solver<'_>, lasting: &[f64; STEPS], care: Care) -> Forecast {
        let mut out = Forecast {
            bodies: vec![Fate::default(); self.bodies.len()],
            contacts: vec![Borne::default(); self.contacts],
            grip: [Load::default(); STEPS],
        };
        for (k, &h) in lasting.iter().enumerate() {
            solver.drive(k, h);
            solver.step(h, care);
            out.grip[k] = solver.borne();
            solver.peaks(&mut out);
        }
        solver.ends(&mut out);
        out
    }

    /// With what the target comes to on its way, where that is beyond what is watched anyhow.
    fn met(&self, target: usize, mover: Mover) -> Option<(Vec<Patch>, Vec<[f64; ROWS]>)> {
        let way = match mover {
            Mover::Hand(Held { poses, .. }, _) => {
                poses[STEPS].translation.vector - poses[0].translation.vector
            }
            Mover::Nudge { by, .. } => by,
            Mover::Push(force, _) => force.try_normalize(1e-9)? * 0.1,
            Mover::Gone => return None,
        };
        let shape = &self.shapes[target];
        let (low, high) = shape.aabb();
        let (low, high) = (low.inf(&(low + way)), high.sup(&(high + way)));
        let mut more = Vec::new();
        for (i, other) in self.shapes.iter().enumerate() {
            let (olow, ohigh) = other.aabb();
            if i == target || (0..3).any(|k| olow[k] > high[k] || ohigh[k] < low[k]) {
                continue;
            }
            if self.patches.iter().any(|p| p.is_between(target, i)) {
                continue;
            }
            more.extend(meeting(&self.bodies, (target, i), (shape, other), &way));
        }
        if more.is_empty() {
            return None;
        }
        let mut patches = self.patches.clone();
        let mut resting = self.resting.clone();
        resting.resize(resting.len() + more.len(), [0.0; ROWS]);
        patches.extend(more);
        Some((patches, resting))
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
