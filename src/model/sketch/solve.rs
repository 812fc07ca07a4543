//! The steps: velocities that satisfy contacts and friction, by projected Gauss–Seidel.
//!
//! Owns [`Solver`], one forecast under way. Impulses start from those of the step before, so that
//! what stands still is solved at once.

use crate::gravity::GRAVITY;
use crate::pose::Vec3;

use super::Sketch;
use super::act::Act;
use super::body::Inert;
use super::gaps::reached;
use super::grip::Grip;
use super::patch::{GROUND, POINTS, Patch, ROWS};
use super::rows::Row;

/// Impulses smaller than this share of what gravity gives a kilogram do not count.
const LEAST_OF_A_KILOGRAM: f64 = 1e-4;
/// Speeds below this are rounding, m/s and rad/s.
const STILL: f64 = 1e-9;
/// Rows that are still the sketch's own.
pub(super) const SHARED_ROWS: u32 = u32::MAX;

/// How well a step is solved.
#[derive(Clone, Copy, Debug)]
pub struct Care {
    /// Sweeps over all contacts, at most.
    pub sweeps: usize,
    /// A patch is settled when no impulse of it changes by more than this share of what presses there.
    pub enough: f64,
    /// Turns that the grip and what its box touches take in each sweep.
    pub rounds: usize,
}

/// How a body moves, and how far it has.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// m/s.
    pub linear: Vec3,
    /// rad/s.
    pub angular: Vec3,
    /// m.
    pub moved: Vec3,
    /// Rotation vector, rad.
    pub turned: Vec3,
}

/// One forecast under way.
pub struct Solver<'a> {
    pub(super) sketch: &'a Sketch,
    pub(super) patches: &'a [Patch],
    pub(super) bodies: Vec<Inert>,
    pub(super) states: Vec<State>,
    /// For each patch which of `own` are its rows; [`SHARED_ROWS`] for the sketch's.
    pub(super) rows: Vec<u32>,
    pub(super) own: Vec<[Row; ROWS]>,
    /// How far each patch had gone on along its tangents, as seen from either body, when its rows were made,
    /// m.
    pub(super) on: Vec<[f64; 4]>,
    /// The lever of each patch's friction against a turn, m.
    pub(super) turn_arms: Vec<f64>,
    /// How many points press; none where nothing is shared any more or yet.
    pub(super) points: Vec<usize>,
    /// Impulses of each row, N·s.
    pub(super) impulses: Vec<[f64; ROWS]>,
    /// What each point's gap lets through in this step, m/s.
    pub(super) biases: Vec<[f64; POINTS]>,
    /// Patches that take part.
    pub(super) active: Vec<usize>,
    /// Bodies that take part.
    live: Vec<usize>,
    /// The sweep in which each body was last pushed.
    pushed: Vec<usize>,
    pub(super) target: Option<(usize, Act)>,
    pub(super) grip: Option<Grip>,
    pub(super) elapsed: f64,
    pub(super) last_h: f64,
}

impl<'a> Solver<'a> {
    /// A world at rest that stands with `resting` forces, N. `patches` are the sketch's own, and more.
    pub fn new(
        sketch: &'a Sketch,
        patches: &'a [Patch],
        resting: &[[f64; ROWS]],
        target: Option<(usize, Act)>,
    ) -> Self {
        let bodies = sketch.bodies.clone();
        let gone = match target {
            Some((i, Act::Gone)) => Some(i),
            _ => None,
        };
        let reached = reached(sketch, patches, target.map(|(i, _)| i));
        let takes_part =
            |i: usize| sketch.bodies[i].inverse_mass > 0.0 && reached(i) && Some(i) != gone;
        let live: Vec<usize> = (0..bodies.len()).filter(|&i| takes_part(i)).collect();
        let active: Vec<usize> = (0..patches.len())
            .filter(|&k| {
                let p = &patches[k];
                let is_gone = Some(p.a) == gone || Some(p.b) == gone;
                !is_gone && (takes_part(p.a) || (p.b != GROUND && takes_part(p.b)))
            })
            .collect();
        let mut out = Self {
            sketch,
            patches,
            states: vec![State::default(); bodies.len()],
            rows: vec![SHARED_ROWS; patches.len()],
            own: Vec::new(),
            on: patches
                .iter()
                .map(|p| [-p.slid[0], -p.slid[1], 0.0, 0.0])
                .collect(),
            turn_arms: patches.iter().map(|p| p.spot.turn_arm).collect(),
            points: patches.iter().map(|p| p.spot.count).collect(),
            impulses: vec![[0.0; ROWS]; patches.len()],
            biases: vec![[0.0; POINTS]; patches.len()],
            pushed: vec![0; bodies.len()],
            grip: match &target {
                Some((i, Act::Held(held) | Act::Nudged(held))) => {
                    Some(Grip::new(held.poses[0], &held.hold, &bodies[*i]))
                }
                _ => None,
            },
            bodies,
            active,
            live,
            target,
            elapsed: 0.0,
            last_h: 1.0,
        };
        for &k in &out.active {
            out.impulses[k] = resting[k];
            if k >= sketch.rows.len() {
                out.own.push(patches[k].first_rows(&out.bodies));
                out.rows[k] = out.own.len() as u32 - 1;
            }
        }
        out
    }

    /// One step of `h` seconds.
    pub fn step(&mut self, h: f64, care: Care) {
        let ratio = h / self.last_h;
        self.last_h = h;
        self.elapsed += h;
        // A hand bears its box, so what the search left of its weight would be felt twice.
        let held = self.grip.as_ref().and(self.target.as_ref()).map(|t| t.0);
        for &i in &self.live {
            if self.bodies[i].inverse_mass <= 0.0 {
                continue;
            }
            let state = &mut self.states[i];
            state.linear.z -= self.bodies[i].weight * self.bodies[i].inverse_mass * h;
            if held != Some(i) {
                let (linear, angular) = &self.sketch.unbalanced[i];
                state.linear -= linear * h;
                state.angular -= angular * h;
            }
        }
        for n in 0..self.active.len() {
            let k = self.active[n];
            self.slide(k);
            for x in &mut self.impulses[k] {
                *x *= ratio;
            }
            self.biases[k] = self.gaps(k, h);
            self.start_warm(k);
        }
        if let (Some((i, _)), Some(grip)) = (&self.target, &mut self.grip) {
            let i = *i;
            grip.start_warm(ratio, &mut self.states[i], &self.bodies[i]);
        }
        let least = LEAST_OF_A_KILOGRAM * GRAVITY * h;
        // What nobody touched is solved already: warm forces leave it at rest.
        self.pushed.fill(0);
        for &i in &self.live {
            let state = &self.states[i];
            let stirs = state.linear.amax() > STILL || state.angular.amax() > STILL;
            self.pushed[i] = usize::from(stirs);
        }
        let count = self.active.len();
        let about_target = match (&self.target, &self.grip) {
            (Some((i, _)), Some(_)) if care.rounds > 1 => self.patches_of(*i),
            _ => Vec::new(),
        };
        for sweep in 1..=care.sweeps {
            let mut busy = false;
            for n in 0..count {
                // Downwards, then upwards: weight goes one way, pressure from below the other.
                let k = self.active[if sweep % 2 == 1 { n } else { count - 1 - n }];
                let (a, b) = (self.patches[k].a, self.patches[k].b);
                let last = self.pushed[a].max(self.pushed.get(b).copied().unwrap_or(0));
                if last == 0 || last + 1 < sweep {
                    continue;
                }
                busy |= self.visit(k, sweep, least, care);
            }
            for _ in 1..care.rounds {
                self.relax_grip();
                for &k in &about_target {
                    busy |= self.visit(k, sweep, least, care);
                }
            }
            if let (Some((i, _)), Some(grip)) = (&self.target, &mut self.grip) {
                let change = grip.relax(&mut self.states[*i], &self.bodies[*i]);
                if change > least.max(care.enough * grip.load()) {
                    busy = true;
                    self.pushed[*i] = sweep;
                }
            }
            if !busy {
                break;
            }
        }
        for &i in &self.live {
            let state = &mut self.states[i];
            state.moved += state.linear * h;
            state.turned += state.angular * h;
        }
    }

    /// Solves one patch in a sweep, and has those of its two bodies looked at again if that changed anything.
    fn visit(&mut self, k: usize, sweep: usize, least: f64, care: Care) -> bool {
        let (change, pressed) = self.relax(k);
        if change <= least.max(care.enough * pressed) {
            return false;
        }
        for i in [self.patches[k].a, self.patches[k].b] {
            let body = self.sketch.bodies.get(i);
            if body.is_some_and(|b| b.inverse_mass > 0.0) {
                self.pushed[i] = sweep;
            }
        }
        true
    }

    fn patches_of(&self, i: usize) -> Vec<usize> {
        let is_of = |&&k: &&usize| self.patches[k].a == i || self.patches[k].b == i;
        self.active.iter().filter(is_of).copied().collect()
    }

    fn relax_grip(&mut self) {
        if let (Some((i, _)), Some(grip)) = (&self.target, &mut self.grip) {
            grip.relax(&mut self.states[*i], &self.bodies[*i]);
        }
    }
}
