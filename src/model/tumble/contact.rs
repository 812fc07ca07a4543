//! Two bodies that press on each other: what they may not do, and the impulses that keep them from it.
//!
//! Owns [`Contact`]. Points press and never pull; at their middle two directions and a turn rub, up to friction times
//! what presses, as in the sandbox. What overlaps is pushed out as by a spring (Catto, "Solver2D", 2024: soft contacts,
//! one sweep with that bias before bodies go on, some without it after).

use crate::pose::Vec3;

use super::body::Body;
use super::manifold::{Manifold, POINTS};
use super::row::{Pair, Row};

/// How stiff contacts are, Hz, and how much they are damped.
const STIFF_HZ: f64 = 80.0;
/// Damping ratio of contacts.
const DAMPED: f64 = 10.0;
/// What overlaps is pushed out no faster, m/s.
const PUSHED_OUT: f64 = 0.5;
/// A point so near to one of the step before is the same, m.
const SAME_M: f64 = 0.03;
/// Normals whose cosine is less are of other contacts.
const SAME_NORMAL: f64 = 0.95;
/// A body that rests feels a change by this share of its weight.
const FELT: f64 = 0.03;
/// Over so many substeps what presses is averaged, as over the sandbox's steps (design, section 2).
const WINDOW: usize = 3;

/// How contacts give in a substep.
#[derive(Clone, Copy, Debug)]
pub struct Softness {
    rate: f64,
    mass: f64,
    impulse: f64,
    /// 1 over the substep, 1/s.
    per_second: f64,
}

impl Softness {
    /// Of substeps of `h` seconds.
    pub fn new(h: f64) -> Self {
        let omega = 2.0 * std::f64::consts::PI * STIFF_HZ;
        let damping = 2.0 * DAMPED + h * omega;
        let both = h * omega * damping;
        Self {
            rate: omega / damping,
            mass: both / (1.0 + both),
            impulse: 1.0 / (1.0 + both),
            per_second: 1.0 / h,
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Point {
    row: Row,
    /// From each centre of mass, m.
    arms: [Vec3; 2],
    /// m, when the step began.
    gap: f64,
    /// m, where its bodies had got to when it was last measured: since then they have not gone on.
    now: f64,
    /// From the middle of all points, m.
    off: f64,
}

/// Two bodies that meet.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Indices of the bodies.
    pub ends: [usize; 2],
    /// Which two shapes of them, in ascending order.
    pub shapes: (usize, usize),
    normal: Vec3,
    tangents: [Vec3; 2],
    points: [Point; POINTS],
    count: usize,
    rubs: [Row; 3],
    friction: f64,
    /// How far both bodies' surfaces had gone when its points were found, m.
    found_after: f64,
    /// What it bore when its bodies came to rest, N·s in a substep.
    rested: Vec3,
    /// What pressed in the last substeps, N·s. It ends with the contact, where the sandbox keeps it with the face.
    lately: [f64; WINDOW],
}

impl Contact {
    /// The contact of two shapes of two bodies where they meet, which goes on from `before`.
    pub fn new(
        shapes: (usize, usize),
        ends: [usize; 2],
        met: &Manifold,
        friction: f64,
        bodies: &[Body],
        before: Option<&Self>,
    ) -> Self {
        let pair = ends.map(|i| &bodies[i]);
        let carried = before.map(|b| (b.rested, b.lately));
        let (rested, lately) = carried.unwrap_or_default();
        let before = before.filter(|b| b.normal.dot(&met.normal) > SAME_NORMAL);
        let n = met.normal;
        let x = n.iamin();
        let first = n.cross(&Vec3::ith(x, 1.0)).normalize();
        let tangents = [first, n.cross(&first)];
        let middle = met.points[..met.count].iter().map(|p| p.at).sum::<Vec3>() / met.count as f64;
        let mut points = [Point::default(); POINTS];
        let mut taken = [false; POINTS];
        for (out, p) in points.iter_mut().zip(&met.points[..met.count]) {
            let arms = pair.map(|b| p.at - b.com);
            let warm = before.map_or(0.0, |b| b.pressed_at(&p.at, bodies, &mut taken));
            *out = Point {
                row: Row::along(&n, [&arms[0], &arms[1]], pair, warm),
                arms,
                gap: p.gap,
                now: p.gap,
                off: (p.at - middle).norm(),
            };
        }
        let rubbed = before.map_or(Vec3::zeros(), |b| {
            b.tangents[0] * b.rubs[0].impulse + b.tangents[1] * b.rubs[1].impulse
        });
        let arms = pair.map(|b| middle - b.com);
        let arms = [&arms[0], &arms[1]];
        let rubs = [
            Row::along(&tangents[0], arms, pair, rubbed.dot(&tangents[0])),
            Row::along(&tangents[1], arms, pair, rubbed.dot(&tangents[1])),
            Row::about(&n, pair, before.map_or(0.0, |b| b.rubs[2].impulse)),
        ];
        Self {
            ends,
            shapes,
            normal: n,
            tangents,
            points,
            count: met.count,
            rubs,
            friction,
            found_after: pair[0].travel + pair[1].travel,
            rested,
            lately,
        }
    }

    /// What the nearest point presses with, if that is the same one and nobody took it yet.
    fn pressed_at(&self, at: &Vec3, bodies: &[Body], taken: &mut [bool; POINTS]) -> f64 {
        let com = bodies[self.ends[0]].com;
        let off = |k: usize| (self.points[k].arms[0] + com - at).norm_squared();
        let nearest = (0..self.count).min_by(|&k, &l| off(k).total_cmp(&off(l)));
        match nearest {
            Some(k) if off(k) < SAME_M * SAME_M && !taken[k] => {
                taken[k] = true;
                self.points[k].row.impulse
            }
            _ => 0.0,
        }
    }

    /// Whether its bodies have gone less than `way` metres since its points were found.
    pub fn is_fresh(&self, bodies: &[Body], way: f64) -> bool {
        let now: f64 = self.ends.iter().map(|&i| bodies[i].travel).sum();
        now - self.found_after < way
    }

    /// Has its points found anew before the next step.
    pub fn make_stale(&mut self) {
        self.found_after = f64::NEG_INFINITY;
    }

    /// Takes in that one of its bodies has woken.
    pub fn refit(&mut self, bodies: &[Body]) {
        let pair = self.ends.map(|i| &bodies[i]);
        let mass = pair[0].inverse_mass + pair[1].inverse_mass;
        for p in &mut self.points[..self.count] {
            p.row.refit(mass, pair);
        }
        let [s, t, twist] = &mut self.rubs;
        s.refit(mass, pair);
        t.refit(mass, pair);
        twist.refit(0.0, pair);
    }

    /// Whether its bodies hit each other within so many seconds as they go, faster than a touch, m/s.
    pub fn is_hit(&self, bodies: &[Body], seconds: f64, touch: f64) -> bool {
        let [a, b] = self.ends.map(|i| &bodies[i]);
        self.points[..self.count].iter().any(|p| {
            let parts = b.speed_at(&p.arms[1]) - a.speed_at(&p.arms[0]);
            let closes = -self.normal.dot(&parts);
            closes > touch && closes * seconds > p.gap
        })
    }

    /// Ends a step whose last part it was measured in.
    pub fn arrive(&mut self) {
        for p in &mut self.points[..self.count] {
            p.gap = p.now;
        }
    }

    /// Unit vector from the first body to the second.
    pub fn normal(&self) -> Vec3 {
        self.normal
    }

    /// What presses in a substep, N·s: mean of the last ones.
    pub fn pressing(&self) -> f64 {
        self.lately.iter().sum::<f64>() / WINDOW as f64
    }

    /// Takes in what presses in a substep that has just ended.
    pub fn remember(&mut self) {
        self.lately.rotate_left(1);
        self.lately[WINDOW - 1] = self.presses();
    }

    fn presses(&self) -> f64 {
        let points = &self.points[..self.count];
        points.iter().map(|p| p.row.impulse).sum()
    }

    /// What it gives its second body, N·s in a substep.
    fn bears(&self) -> Vec3 {
        let pressed = self.presses();
        let [s, t] = &self.tangents;
        self.normal * pressed + s * self.rubs[0].impulse + t * self.rubs[1].impulse
    }

    /// Its bodies rest as they are.
    pub fn rest(&mut self) {
        self.rested = self.bears();
        self.lately = [self.presses(); WINDOW];
    }

    /// Whether it bears more or less than when it came to rest, beside the weight of who rests (N·s in a substep).
    pub fn is_felt(&self, weight: f64) -> bool {
        (self.bears() - self.rested).norm() > FELT * weight
    }

    /// Whether one of its bodies takes part.
    pub fn is_busy(&self, bodies: &[Body]) -> bool {
        self.ends.iter().any(|&i| bodies[i].is_awake())
    }

    /// Takes in where its bodies are within the step.
    pub fn measure(&mut self, bodies: &[Body]) {
        let [a, b] = self.ends.map(|i| &bodies[i]);
        for p in &mut self.points[..self.count] {
            let way = b.way_of(&p.arms[1]) - a.way_of(&p.arms[0]);
            p.now = p.gap + self.normal.dot(&way);
        }
    }

    /// Gives its bodies what it gave them in the substep before.
    pub fn start_warm(&self, bodies: &mut [Body]) {
        let mut pair = Pair::of(self.ends.map(|i| &bodies[i]));
        for p in &self.points[..self.count] {
            if p.row.impulse != 0.0 {
                pair.push(&self.normal, &p.row, p.row.impulse);
            }
        }
        for (row, t) in self.rubs.iter().zip(&self.tangents) {
            pair.push(t, row, row.impulse);
        }
        pair.turn(&self.rubs[2], self.rubs[2].impulse);
        pair.give_back(bodies, self.ends);
    }

    /// Solves it for all the others as they are, with gaps as they were last [measured](Self::measure); what overlaps is
    /// pushed out, or only kept from going on.
    pub fn relax(&mut self, bodies: &mut [Body], soft: &Softness, pushes_out: bool) {
        let mut pair = Pair::of(self.ends.map(|i| &bodies[i]));
        let mut pressed = 0.0;
        let mut turned = 0.0;
        for p in &mut self.points[..self.count] {
            let gap = p.now;
            let (bias, mass, give) = if gap > 0.0 {
                (gap * soft.per_second, 1.0, 0.0)
            } else if pushes_out {
                ((gap * soft.rate).max(-PUSHED_OUT), soft.mass, soft.impulse)
            } else {
                (0.0, 1.0, 0.0)
            };
            let wrong = pair.parts(&self.normal, &p.row) + bias;
            let was = p.row.impulse;
            let asked = was - wrong * p.row.effective * mass - give * was;
            let new = if asked > 0.0 { asked } else { 0.0 };
            if new != was {
                pair.push(&self.normal, &p.row, new - was);
                p.row.impulse = new;
            }
            pressed += new;
            turned += new * p.off;
        }
        if pressed == 0.0 && self.rubs.iter().all(|r| r.impulse == 0.0) {
            pair.give_back(bodies, self.ends);
            return;
        }
        let most = self.friction * pressed;
        let [u, v, twist] = &mut self.rubs;
        // Both directions share one limit.
        let was = (u.impulse, v.impulse);
        let [s, t] = &self.tangents;
        let asked = (
            was.0 - pair.parts(s, u) * u.effective,
            was.1 - pair.parts(t, v) * v.effective,
        );
        let size = (asked.0 * asked.0 + asked.1 * asked.1).sqrt();
        let share = if size > most { most / size } else { 1.0 };
        (u.impulse, v.impulse) = (asked.0 * share, asked.1 * share);
        pair.push(s, u, u.impulse - was.0);
        pair.push(t, v, v.impulse - was.1);
        let was = twist.impulse;
        let limit = self.friction * turned;
        twist.impulse = (was - pair.turns(twist) * twist.effective)
            .min(limit)
            .max(-limit);
        pair.turn(twist, twist.impulse - was);
        pair.give_back(bodies, self.ends);
    }
}
