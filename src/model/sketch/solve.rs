//! The steps: velocities that satisfy contacts and friction, by projected Gauss–Seidel.
//!
//! Owns [`Solver`], one forecast under way. Impulses start from those of the step before, so that
//! what stands still is solved at once.

use crate::pose::Vec3;

use super::grip::Grip;
use super::rows::{GROUND, Inert, POINTS, Patch, ROWS, Row};
use super::{Forecast, Load, Mover, Sketch};

const GRAVITY: f64 = 9.81;
/// Turns of a patch's points in one sweep: they depend on each other most.
const ROUNDS: usize = 3;
/// Impulses smaller than this share of what gravity gives a kilogram do not count.
const LEAST_OF_A_KILOGRAM: f64 = 1e-4;

/// No more of an overlap than this is undone in one step, m.
const DEEPEST_M: f64 = 0.002;

/// How well a step is solved.
#[derive(Clone, Copy, Debug)]
pub struct Care {
    /// Sweeps over all contacts, at most.
    pub sweeps: usize,
    /// A patch is settled when no impulse of it changes by more than this share of what presses there.
    pub enough: f64,
}

/// How a body moves, and how far it has.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    pub linear: Vec3,
    pub angular: Vec3,
    pub moved: Vec3,
    pub turned: Vec3,
}

/// One forecast under way.
pub struct Solver<'a> {
    patches: &'a [Patch],
    unbalanced: &'a [(Vec3, Vec3)],
    bodies: Vec<Inert>,
    states: Vec<State>,
    rows: Vec<[Row; ROWS]>,
    /// Impulses of each row, N·s.
    impulses: Vec<[f64; ROWS]>,
    /// What each point's gap lets through in this step, m/s.
    biases: Vec<[f64; POINTS]>,
    /// Patches that take part.
    active: Vec<usize>,
    /// The sweep in which each body was last pushed.
    pushed: Vec<usize>,
    target: Option<(usize, Mover<'a>)>,
    grip: Option<Grip>,
    elapsed: f64,
    last_h: f64,
}

impl<'a> Solver<'a> {
    /// A world at rest that stands with `resting` forces, N.
    pub fn new(
        sketch: &'a Sketch,
        patches: &'a [Patch],
        resting: &[[f64; ROWS]],
        target: Option<(usize, Mover<'a>)>,
    ) -> Self {
        let mut bodies = sketch.bodies.clone();
        let mut gone = None;
        if let Some((i, mover)) = target {
            match mover {
                Mover::Nudge(..) => bodies[i].inverse_mass = 0.0,
                Mover::Hand(_) | Mover::Push(..) => {}
                Mover::Gone => gone = Some(i),
            }
        }
        let active: Vec<usize> = (0..patches.len())
            .filter(|&k| Some(patches[k].a) != gone && Some(patches[k].b) != gone)
            .collect();
        let moved = target.map_or(GROUND, |(i, _)| i);
        let known = sketch.rows.len();
        let rows = patches
            .iter()
            .enumerate()
            .map(|(k, p)| {
                if k < known && p.a != moved && p.b != moved {
                    sketch.rows[k]
                } else {
                    p.rows(&bodies)
                }
            })
            .collect();
        let mut impulses = vec![[0.0; ROWS]; patches.len()];
        for &k in &active {
            impulses[k] = resting[k];
        }
        Self {
            patches,
            unbalanced: &sketch.unbalanced,
            states: vec![State::default(); bodies.len()],
            grip: match target {
                Some((i, Mover::Hand(held))) => Some(Grip::new(&held, &bodies[i])),
                _ => None,
            },
            bodies,
            rows,
            impulses,
            biases: vec![[0.0; POINTS]; patches.len()],
            active,
            pushed: vec![0; sketch.bodies.len()],
            target,
            elapsed: 0.0,
            last_h: 1.0,
        }
    }

    /// Tells the target what to do in step `k`, which ends at `share` of the time and lasts `h`.
    pub fn drive(&mut self, k: usize, share: f64, h: f64) {
        let Some((i, mover)) = self.target else {
            return;
        };
        let inverse_mass = self.bodies[i].inverse_mass;
        match mover {
            Mover::Hand(held) => {
                if let Some(grip) = &mut self.grip {
                    let step = (&held.poses[k], &held.poses[k + 1]);
                    grip.follow(step, h, &self.states[i], &self.bodies[i]);
                }
            }
            Mover::Nudge(by, _) => {
                let state = &mut self.states[i];
                state.linear = (by * share - state.moved) / h;
            }
            Mover::Push(force, until) => {
                let lasting = (until - self.elapsed).clamp(0.0, h);
                self.states[i].linear += force * (inverse_mass * lasting);
            }
            Mover::Gone => {}
        }
    }

    /// One step of `h` seconds.
    pub fn step(&mut self, h: f64, care: Care) {
        let ratio = h / self.last_h;
        self.last_h = h;
        self.elapsed += h;
        let bodies = self.bodies.iter().zip(self.unbalanced);
        for (state, (body, unbalanced)) in self.states.iter_mut().zip(bodies) {
            if body.inverse_mass > 0.0 {
                state.linear.z -= GRAVITY * h;
                state.linear -= unbalanced.0 * h;
                state.angular -= unbalanced.1 * h;
            }
        }
        for n in 0..self.active.len() {
            let k = self.active[n];
            for x in &mut self.impulses[k] {
                *x *= ratio;
            }
            self.biases[k] = self.gaps(k, h);
            self.start_warm(k);
        }
        if let (Some((i, _)), Some(grip)) = (self.target, &mut self.grip) {
            grip.start_warm(ratio, &mut self.states[i], &self.bodies[i]);
        }
        let least = LEAST_OF_A_KILOGRAM * GRAVITY * h;
        // The sweep in which each body was last pushed: what nobody touched is solved already.
        self.pushed.fill(0);
        let count = self.active.len();
        for sweep in 1..=care.sweeps {
            let mut busy = false;
            for n in 0..count {
                // Downwards, then upwards: weight goes one way, pressure from below the other.
                let k = self.active[if sweep % 2 == 1 { n } else { count - 1 - n }];
                let (a, b) = (self.patches[k].a, self.patches[k].b);
                let last = self.pushed[a].max(self.pushed.get(b).copied().unwrap_or(0));
                if last + 1 < sweep {
                    continue;
                }
                let (change, pressed) = self.relax(k);
                if change <= least.max(care.enough * pressed) {
                    continue;
                }
                busy = true;
                self.pushed[a] = sweep;
                if let Some(pushed) = self.pushed.get_mut(b) {
                    *pushed = sweep;
                }
            }
            if let (Some((i, _)), Some(grip)) = (self.target, &mut self.grip) {
                let change = grip.relax(&mut self.states[i], &self.bodies[i]);
                if change > least.max(care.enough * grip.load()) {
                    busy = true;
                    self.pushed[i] = sweep;
                }
            }
            if !busy {
                break;
            }
        }
        for state in &mut self.states {
            state.moved += state.linear * h;
            state.turned += state.angular * h;
        }
    }

    /// What each point's gap lets through in this step, m/s.
    fn gaps(&self, k: usize, h: f64) -> [f64; POINTS] {
        let patch = &self.patches[k];
        let mut out = [0.0; POINTS];
        let still = State::default();
        let a = &self.states[patch.a];
        let b = self.states.get(patch.b).unwrap_or(&still);
        let slid = (b.moved - a.moved).dot(&patch.tangents[0]).abs() / patch.extent[0];
        let across = (b.moved - a.moved).dot(&patch.tangents[1]).abs() / patch.extent[1];
        let left = slid > 1.0 || across > 1.0;
        for (p, out) in out.iter_mut().enumerate().take(patch.count) {
            let row = &self.rows[k][p];
            let opened = row.direction.dot(&(b.moved - a.moved)) + row.turn_b.dot(&b.turned)
                - row.turn_a.dot(&a.turned);
            *out = if left {
                1e3
            } else {
                (patch.gap + opened).max(-DEEPEST_M) / h
            };
        }
        out
    }

    fn start_warm(&mut self, k: usize) {
        for r in 0..ROWS {
            let impulse = self.impulses[k][r];
            if impulse != 0.0 {
                self.push(k, r, impulse);
            }
        }
    }

    fn push(&mut self, k: usize, r: usize, impulse: f64) {
        let patch = &self.patches[k];
        let row = &self.rows[k][r];
        let a = &mut self.states[patch.a];
        a.linear -= row.direction * (impulse * self.bodies[patch.a].inverse_mass);
        a.angular -= row.spin_a * impulse;
        if patch.b != GROUND {
            let b = &mut self.states[patch.b];
            b.linear += row.direction * (impulse * self.bodies[patch.b].inverse_mass);
            b.angular += row.spin_b * impulse;
        }
    }

    fn opening_speed(&self, k: usize, r: usize) -> f64 {
        let patch = &self.patches[k];
        let row = &self.rows[k][r];
        let a = &self.states[patch.a];
        let mut speed = -row.direction.dot(&a.linear) - row.turn_a.dot(&a.angular);
        if patch.b != GROUND {
            let b = &self.states[patch.b];
            speed += row.direction.dot(&b.linear) + row.turn_b.dot(&b.angular);
        }
        speed
    }

    /// Solves one patch for the others as they are; how much changed, and what presses there, N·s.
    fn relax(&mut self, k: usize) -> (f64, f64) {
        let bias = self.biases[k];
        let count = self.patches[k].count;
        let mut change: f64 = 0.0;
        for round in 0..ROUNDS {
            for (r, bias) in bias.iter().enumerate().take(count) {
                let speed = self.opening_speed(k, r) + bias;
                let old = self.impulses[k][r];
                let new = (old - speed * self.rows[k][r].effective).max(0.0);
                if new != old {
                    self.impulses[k][r] = new;
                    self.push(k, r, new - old);
                    if round == 0 {
                        change = change.max((new - old).abs());
                    }
                }
            }
        }
        let pressed: f64 = self.impulses[k][..count].iter().sum();
        let bound = self.patches[k].friction * pressed;
        let turn_bound = bound * self.patches[k].turn_arm;
        for r in POINTS..ROWS {
            let limit = if r == ROWS - 1 { turn_bound } else { bound };
            let old = self.impulses[k][r];
            if limit == 0.0 && old == 0.0 {
                continue;
            }
            let effective = self.rows[k][r].effective;
            let new = (old - self.opening_speed(k, r) * effective)
                .max(-limit)
                .min(limit);
            if new != old {
                self.impulses[k][r] = new;
                self.push(k, r, new - old);
                change = change.max((new - old).abs());
            }
        }
        (change, pressed)
    }

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
            let normal = rows[..patch.count].iter().sum::<f64>() * per_second;
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
