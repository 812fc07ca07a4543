//! What comes of moving a box: the steps of a forecast, one after the other.
//!
//! Owns [`Mover`] (what is done) and [`Forecast`] (what comes of it), and what the target meets on its way beyond
//! what rests in contact. The belief made ready is [`Sketch`], the steps themselves are `solve`'s.

use std::borrow::Cow;

use crate::pose::Vec3;

use super::Sketch;
use super::act::Act;
use super::clock::{GONE_S, PUSH, STEPS, between_ends, nudge_steps};
use super::gaps::meeting;
use super::grip::Held;
use super::patch::{Patch, ROWS};
use super::solve::{Care, Solver};

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

/// How far a pushed box is looked ahead of, m.
const PUSHED_M: f64 = 0.1;

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
        let (patches, resting) = self.met(target, straight_way(&mover));
        let solver = Solver::new(self, &patches, &resting, Some((target, act)));
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

    /// What is watched, and what the target comes to besides on its straight way.
    fn met(&self, target: usize, way: Option<Vec3>) -> (Cow<'_, [Patch]>, Cow<'_, [[f64; ROWS]]>) {
        let shape = &self.shapes[target];
        let mut more: Vec<Patch> = Vec::new();
        if let Some(way) = way {
            let (low, high) = shape.aabb();
            let (low, high) = (low.inf(&(low + way)), high.sup(&(high + way)));
            for (i, other) in self.shapes.iter().enumerate() {
                let (olow, ohigh) = other.aabb();
                if i == target || (0..3).any(|k| olow[k] > high[k] || ohigh[k] < low[k]) {
                    continue;
                }
                let known = |p: &Patch| p.is_between(target, i);
                if self.patches.iter().any(known) {
                    continue;
                }
                let ends = (target, i);
                more.extend(meeting(&self.bodies, ends, (shape, other), &way));
            }
        }
        if more.is_empty() {
            return (Cow::from(&self.patches), Cow::from(&self.resting));
        }
        let mut patches = self.patches.clone();
        let mut resting = self.resting.clone();
        resting.resize(resting.len() + more.len(), [0.0; ROWS]);
        patches.extend(more);
        (Cow::from(patches), Cow::from(resting))
    }
}

/// Where the target is meant to go, m; `None` where it goes nowhere.
fn straight_way(mover: &Mover) -> Option<Vec3> {
    match mover {
        Mover::Hand(Held { poses, .. }, _) => {
            Some(poses[STEPS].translation.vector - poses[0].translation.vector)
        }
        Mover::Nudge { by, .. } => Some(*by),
        Mover::Push(force, _) => Some(force.try_normalize(1e-9)? * PUSHED_M),
        Mover::Gone => None,
    }
}
