//! The steps: velocities that satisfy contacts and friction, by projected Gauss–Seidel.
//!
//! Owns [`Solver`], one forecast under way. Impulses start from those of the step before, so that
//! what stands still is solved at once.

use crate::pose::Vec3;

use super::Sketch;
use super::act::Act;
use super::body::Inert;
use super::gaps::reached;
use super::grip::Grip;
use super::patch::{GROUND, POINTS, Patch, ROWS};
use super::rows::Row;

const GRAVITY: f64 = 9.81;
/// Impulses smaller than this share of what gravity gives a kilogram do not count.
const LEAST_OF_A_KILOGRAM: f64 = 1e-4;
/// No more of an overlap than this is undone in one step, m.
const DEEPEST_M: f64 = 0.002;
/// A patch has slid when it has by this much, m.
const SLID_M: f64 = 5e-4;
/// Speeds below this are rounding, m/s and rad/s.
const STILL: f64 = 1e-9;
/// What a gap lets through that nothing closes, m/s.
const OPEN: f64 = 1e3;
/// Rows that are still the sketch's own.
const SHARED_ROWS: u32 = u32::MAX;

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
    rows: Vec<u32>,
    own: Vec<[Row; ROWS]>,
    /// How far each patch had gone on along its tangents, as seen from either body, when its rows were made,
    /// m.
    on: Vec<[f64; 4]>,
    /// The lever of each patch's friction against a turn, m.
    turn_arms: Vec<f64>,
    /// How many points press; none where nothing is shared any more or yet.
    pub(super) points: Vec<usize>,
    /// Impulses of each row, N·s.
    pub(super) impulses: Vec<[f64; ROWS]>,
    /// What each point's gap lets through in this step, m/s.
    biases: Vec<[f64; POINTS]>,
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
                    Some(Grip::new(held, &bodies[*i]))
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

    fn row(&self, k: usize, r: usize) -> &Row {
        match self.rows[k] {
            SHARED_ROWS => &self.sketch.rows[k][r],
            own => &self.own[own as usize][r],
        }
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

    /// Moves a patch to where its bodies meet now.
    fn slide(&mut self, k: usize) {
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
    fn gaps(&self, k: usize, h: f64) -> [f64; POINTS] {
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

    fn start_warm(&mut self, k: usize) {
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
    fn relax(&mut self, k: usize) -> (f64, f64) {
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
            let new = (*impulse - wrong * row.effective).max(0.0);
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
            let new = asked.max(-limit).min(limit);
            if new != *impulse {
                pair.push(row, new - *impulse);
                *impulse = new;
            }
        }
        self.put_back(k, &pair);
        self.impulses[k] = impulses;
        let change = before.iter().zip(&impulses).map(|(b, a)| (a - b).abs());
        (change.fold(0.0, f64::max), pressed)
    }
}
