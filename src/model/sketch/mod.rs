//! A rough forecast by hand: a few long steps of rigid bodies, solved for the belief's means.
//!
//! Owns [`Sketch`] (a belief made ready) and [`Forecast`] (what its bodies and contacts would do and
//! bear). Contacts are taken as they lie before anything moves and are kept while they part, slide
//! and press; a step is implicit in time (Stewart and Trinkle, "An implicit time-stepping scheme",
//! IJNME 1996), so that it may be a hundred times the sandbox's. It is wrong in detail and cheap; the
//! network takes it as a hint and learns where it errs. What a body is made of is [`rows`]'s, how
//! a hand holds is [`grip`]'s, the steps are [`solve`]'s.

mod grip;
mod rows;
mod solve;

pub use grip::Held;

use crate::pose::Vec3;
use crate::scene::geometry::{Obb, separation};

use super::contacts::{SceneGraph, patch};
use super::loads::Loads;
use rows::{Inert, Patch, between, on_ground};
use solve::{Care, Solver};

/// Ends of the steps in which something is carried, nudged or pushed, as shares of the time looked
/// at: short first, where blows fall.
const CLOCK: [f64; 5] = [0.03, 0.17, 0.4, 0.7, 1.0];
/// How long a carried box is followed, s.
pub const CARRY_S: f64 = 0.42;
/// How long a scene is followed from which a box has gone, s.
const GONE_S: f64 = 0.6;
/// Once for a belief, and all that stands still in a forecast rests on it.
const STANDING: Care = Care {
    sweeps: 400,
    enough: 1e-6,
};
/// In each step of a forecast for one candidate.
const MOVING: Care = Care {
    sweeps: 16,
    enough: 2e-4,
};
/// In each step of what all candidates for one target share.
const SHARED: Care = Care {
    sweeps: 60,
    enough: 1e-5,
};

/// A belief made ready: its bodies and contacts, and the forces with which it stands.
#[derive(Clone, Debug)]
pub struct Sketch {
    bodies: Vec<Inert>,
    shapes: Vec<Obb>,
    patches: Vec<Patch>,
    rows: Vec<[rows::Row; rows::ROWS]>,
    /// How many contacts the belief's graph has.
    contacts: usize,
    /// Impulse per second of each patch's rows at rest, N.
    resting: Vec<[f64; rows::ROWS]>,
    /// What those forces leave of each body's weight, m/s² and rad/s²: the belief stands, so this is
    /// the search's own error, and is taken out of every forecast.
    unbalanced: Vec<(Vec3, Vec3)>,
}

/// What moves the target.
#[derive(Clone, Copy, Debug)]
pub enum Mover<'a> {
    /// A hand, by a grip that gives.
    Hand(Held<'a>),
    /// A nudge of its centre of mass by so much over so many seconds, free to turn.
    Nudge(Vec3, f64),
    /// A force on its centre of mass for so many seconds, N.
    Push(Vec3, f64),
    /// It is not there.
    Gone,
}

/// Steps of a forecast.
pub const STEPS: usize = CLOCK.len();

/// What became of one body.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fate {
    /// Displacement of its centre of mass, m.
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

/// When the steps of a carried box end, s after the onset; the onset first.
pub fn carry_times() -> [f64; STEPS + 1] {
    std::array::from_fn(|k| if k == 0 { 0.0 } else { CLOCK[k - 1] * CARRY_S })
}

impl Sketch {
    /// Takes in a belief; who carries whom is where the search for its forces begins.
    pub fn new(graph: &SceneGraph, loads: &Loads) -> Self {
        let bodies: Vec<Inert> = graph.bodies.iter().map(Inert::new).collect();
        let mut patches: Vec<Patch> = Vec::new();
        for (i, body) in graph.bodies.iter().enumerate() {
            patches.extend(on_ground(i, body, graph.ground_friction));
        }
        for (k, contact) in graph.contacts.iter().enumerate() {
            let pair = (&graph.bodies[contact.a], &graph.bodies[contact.b]);
            patches.extend(between(k, contact, pair));
        }
        // From the top down, since what weighs is known before what carries. In tenths of a millimetre, lest rounding decide.
        patches.sort_by_key(|p| -(p.centre.z * 1e4).round() as i64);
        let mut out = Self {
            unbalanced: vec![(Vec3::zeros(), Vec3::zeros()); bodies.len()],
            shapes: graph.bodies.iter().map(|b| b.obb).collect(),
            resting: patches
                .iter()
                .map(|p| first_guess(p, graph, loads))
                .collect(),
            rows: patches.iter().map(|p| p.rows(&bodies)).collect(),
            contacts: graph.contacts.len(),
            bodies,
            patches,
        };
        let mut solver = Solver::new(&out, &out.patches, &out.resting, None);
        solver.step(0.05, STANDING);
        let unbalanced = solver.accelerations();
        out.resting = solver.forces();
        out.unbalanced = unbalanced;
        out
    }

    /// What comes of the scene if nothing acts: by what is taken out of every forecast it stays, so this
    /// tells what contacts and faces bear, and not whether it stands.
    pub fn settling(&self) -> Forecast {
        let solver = Solver::new(self, &self.patches, &self.resting, None);
        self.run(solver, GONE_S, SHARED)
    }

    /// What comes of moving body `target` so.
    pub fn forecast(&self, target: usize, mover: Mover<'_>) -> Forecast {
        let (clock, care) = match mover {
            Mover::Hand(_) => (CARRY_S, MOVING),
            Mover::Nudge(_, seconds) => (seconds, MOVING),
            // As long again to come to rest.
            Mover::Push(_, seconds) => (2.0 * seconds, MOVING),
            Mover::Gone => (GONE_S, SHARED),
        };
        let met = self.met(target, mover);
        let (patches, resting) = match &met {
            Some((patches, resting)) => (patches.as_slice(), resting.as_slice()),
            None => (self.patches.as_slice(), self.resting.as_slice()),
        };
        let solver = Solver::new(self, patches, resting, Some((target, mover)));
        self.run(solver, clock, care)
    }

    fn run(&self, mut solver: Solver<'_>, clock: f64, care: Care) -> Forecast {
        let mut out = Forecast {
            bodies: vec![Fate::default(); self.bodies.len()],
            contacts: vec![Borne::default(); self.contacts],
            grip: [Load::default(); STEPS],
        };
        let mut before = 0.0;
        for (k, share) in CLOCK.into_iter().enumerate() {
            let h = (share - before) * clock;
            before = share;
            solver.drive(k, share, h);
            solver.step(h, care);
            out.grip[k] = solver.borne();
            solver.peaks(&mut out);
        }
        solver.ends(&mut out);
        out
    }

    /// With what the target comes to on its way, where that is beyond the neighbours that the belief's
    /// graph knows.
    fn met(&self, target: usize, mover: Mover<'_>) -> Option<(Vec<Patch>, Vec<[f64; rows::ROWS]>)> {
        let way = match mover {
            Mover::Hand(Held { poses, .. }) => {
                poses[STEPS].translation.vector - poses[0].translation.vector
            }
            Mover::Nudge(by, _) => by,
            Mover::Push(force, _) => force.try_normalize(1e-9)? * 0.1,
            Mover::Gone => return None,
        };
        let shape = &self.shapes[target];
        let (low, high) = shape.aabb();
        let (low, high) = (low.inf(&(low + way)), high.sup(&(high + way)));
        let mut more = Vec::new();
        for (i, other) in self.shapes.iter().enumerate() {
            if i == target || self.patches.iter().any(|p| p.is_between(target, i)) {
                continue;
            }
            let (olow, ohigh) = other.aabb();
            if (0..3).any(|k| olow[k] > high[k] || ohigh[k] < low[k]) {
                continue;
            }
            let apart = separation(shape, other);
            // Only what lies ahead: what the target passes is the sweep's to tell.
            if apart.gap < 0.0 || apart.axis.dot(&way) < apart.gap {
                continue;
            }
            let points = patch(shape, other, &apart.axis);
            more.extend(Patch::ahead(
                (target, i),
                &apart,
                &points,
                &self.bodies,
                (shape, other),
            ));
        }
        if more.is_empty() {
            return None;
        }
        let mut patches = self.patches.clone();
        let mut resting = self.resting.clone();
        resting.resize(resting.len() + more.len(), [0.0; rows::ROWS]);
        patches.extend(more);
        Some((patches, resting))
    }
}

/// The weight that comes through a patch, evenly over its points, N.
fn first_guess(patch: &Patch, graph: &SceneGraph, loads: &Loads) -> [f64; rows::ROWS] {
    let mut out = [0.0; rows::ROWS];
    let through = match patch.contact.map(|k| (k, graph.contacts[k].upper_lower())) {
        Some((k, Some((upper, _)))) => loads.share[k] * loads.bodies[upper].total,
        Some((_, None)) => 0.0,
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
    out[..patch.count].fill(through / patch.count as f64);
    out
}

#[cfg(test)]
mod tests;
