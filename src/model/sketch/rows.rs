//! Bodies and patches as the solver wants them: inverse masses, normals, lever arms.
//!
//! Owns [`Inert`], [`Patch`] and [`Row`]. A patch has up to four points that press, and at its middle two
//! directions and a turn in which it rubs: [`ROWS`] unknowns.

use nalgebra::Matrix3;

use crate::pose::Vec3;
use crate::scene::geometry::{Face, Obb, Separation};

use super::super::contacts::{Body, Contact};

/// Points of a patch.
pub const POINTS: usize = 4;
/// Unknowns of a patch: points, two tangents, a turn.
pub const ROWS: usize = POINTS + 3;
/// The body that is not one.
pub const GROUND: usize = usize::MAX;
/// Axes this near to being equally level are taken in their order.
const TIE: f64 = 1e-6;

/// What a body opposes to a change of its motion.
#[derive(Clone, Copy, Debug)]
pub struct Inert {
    /// 1/kg; 0 for what never moves.
    pub inverse_mass: f64,
    /// In the world, 1/(kg·m²).
    pub inverse_inertia: Matrix3<f64>,
    /// Centre of mass in the world, m.
    pub com: Vec3,
    /// Mean friction coefficient.
    pub friction: f64,
}

impl Inert {
    /// Of a body of even density about its mean centre of mass.
    pub fn new(body: &Body) -> Self {
        let h = body.obb.half;
        let square = h.component_mul(&h);
        let r = body.obb.pose.rotation.to_rotation_matrix();
        let (inverse_mass, inverse_inertia) = if body.fixed || body.mass_mean <= 0.0 {
            (0.0, Matrix3::zeros())
        } else {
            let third = 3.0 / body.mass_mean;
            let sums = Vec3::new(
                square.y + square.z,
                square.x + square.z,
                square.x + square.y,
            );
            let local = Matrix3::from_diagonal(&sums.map(|s| third / s.max(1e-8)));
            let world = r.matrix() * local * r.matrix().transpose();
            (1.0 / body.mass_mean, world)
        };
        Self {
            inverse_mass,
            inverse_inertia,
            com: body.com,
            friction: body.friction_mean,
        }
    }
}

/// A row's way to the two velocities.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Zero for a turn.
    pub direction: Vec3,
    /// Lever arms crossed with the direction.
    pub turn_a: Vec3,
    pub turn_b: Vec3,
    /// Those times the inverse inertias.
    pub spin_a: Vec3,
    pub spin_b: Vec3,
    /// 1 over what an impulse of one changes.
    pub effective: f64,
}

/// Where two bodies may press on each other.
#[derive(Clone, Debug)]
pub struct Patch {
    /// First body.
    pub a: usize,
    /// Second body, or [`GROUND`].
    pub b: usize,
    /// Unit vector from `a` to `b`.
    pub normal: Vec3,
    /// Two unit vectors across.
    pub tangents: [Vec3; 2],
    /// Where it presses, m.
    pub points: [Vec3; POINTS],
    /// How many of `points` count.
    pub count: usize,
    /// Middle of the points, m.
    pub centre: Vec3,
    /// Gap before anything moves, m.
    pub gap: f64,
    /// Friction coefficient.
    pub friction: f64,
    /// Lever of the friction against a turn, m.
    pub turn_arm: f64,
    /// How far `a` may slide along each tangent before the patch is left, m.
    pub extent: [f64; 2],
    /// Which face of each body it lies on.
    pub faces: [usize; 2],
    /// Index of the graph's contact.
    pub contact: Option<usize>,
}

/// Index of the face of `obb` that looks along `direction`.
fn face_towards(obb: &Obb, direction: &Vec3) -> usize {
    let face = Face::nearest(obb.pose.rotation.inverse() * direction);
    Face::ALL.iter().position(|f| *f == face).unwrap_or(0)
}

/// The patch of a neighbour.
pub fn between(index: usize, contact: &Contact, pair: (&Body, &Body)) -> Option<Patch> {
    let carries = contact.upper_lower().is_some();
    // Settling closes the gaps below boxes; those beside them are as they were seen.
    let gap = if carries {
        0.0
    } else {
        contact.separation.gap.max(0.0)
    };
    Patch::new(
        (contact.a, contact.b),
        contact.separation.axis,
        &contact.patch,
        (&pair.0.obb, Some(&pair.1.obb)),
    )
    .map(|patch| Patch {
        gap,
        friction: 0.5 * (pair.0.friction_mean + pair.1.friction_mean),
        contact: Some(index),
        ..patch
    })
}

/// The patch of a body that stands on the ground.
pub fn on_ground(i: usize, body: &Body, ground_friction: f64) -> Option<Patch> {
    if body.fixed {
        return None;
    }
    let points: Vec<Vec3> = body
        .on_ground
        .iter()
        .map(|p| Vec3::new(p.x, p.y, body.lowest))
        .collect();
    Patch::new((i, GROUND), -Vec3::z(), &points, (&body.obb, None)).map(|patch| Patch {
        friction: 0.5 * (ground_friction + body.friction_mean),
        ..patch
    })
}

impl Patch {
    fn new(
        (a, b): (usize, usize),
        normal: Vec3,
        all: &[Vec3],
        shapes: (&Obb, Option<&Obb>),
    ) -> Option<Self> {
        if all.is_empty() {
            return None;
        }
        // The first body's own axes, so that a scene that is turned gives the same rows.
        let axes = shapes.0.pose.rotation.to_rotation_matrix();
        let flattest = |k: &usize| axes.matrix().column(*k).dot(&normal).abs();
        let across = (0..3).min_by(|i, j| (flattest(i) + TIE).total_cmp(&flattest(j)))?;
        let across: Vec3 = axes.matrix().column(across).into();
        let first = (across - normal * normal.dot(&across)).normalize();
        let tangents = [first, normal.cross(&first)];
        let centre = all.iter().sum::<Vec3>() / all.len() as f64;
        let (points, count) = outermost(all, &centre, &tangents);
        let arms = points[..count].iter().map(|p| (p - centre).norm());
        let turn_arm = 0.7 * arms.sum::<f64>() / count as f64;
        let extent = tangents.map(|t| {
            let reach = |p: &Vec3| (p - centre).dot(&t);
            let high = points[..count].iter().map(reach).fold(0.0, f64::max);
            let low = points[..count].iter().map(reach).fold(0.0, f64::min);
            (high - low).max(0.01)
        });
        let faces = [
            face_towards(shapes.0, &normal),
            shapes.1.map_or(0, |obb| face_towards(obb, &-normal)),
        ];
        Some(Self {
            a,
            b,
            normal,
            tangents,
            points,
            count,
            centre,
            gap: 0.0,
            friction: 0.0,
            turn_arm,
            extent,
            faces,
            contact: None,
        })
    }

    /// The patch of two bodies that will meet.
    pub fn ahead(
        ends: (usize, usize),
        apart: &Separation,
        points: &[Vec3],
        bodies: &[Inert],
        shapes: (&Obb, &Obb),
    ) -> Option<Self> {
        let patch = Self::new(ends, apart.axis, points, (shapes.0, Some(shapes.1)))?;
        Some(Self {
            gap: apart.gap.max(0.0),
            friction: 0.5 * (bodies[ends.0].friction + bodies[ends.1].friction),
            ..patch
        })
    }

    /// How each of its unknowns meets the two bodies.
    pub fn rows(&self, bodies: &[Inert]) -> [Row; ROWS] {
        std::array::from_fn(|r| {
            let point = if r < POINTS {
                self.points[r]
            } else {
                self.centre
            };
            let (direction, is_turn) = match r {
                _ if r < POINTS => (self.normal, false),
                _ if r < ROWS - 1 => (self.tangents[r - POINTS], false),
                _ => (self.normal, true),
            };
            let turn = |i: usize| {
                if is_turn {
                    direction
                } else {
                    (point - bodies[i].com).cross(&direction)
                }
            };
            let linear = if is_turn { Vec3::zeros() } else { direction };
            let turn_a = turn(self.a);
            let spin_a = bodies[self.a].inverse_inertia * turn_a;
            let mut give = turn_a.dot(&spin_a);
            let (mut turn_b, mut spin_b) = (Vec3::zeros(), Vec3::zeros());
            if !is_turn {
                give += bodies[self.a].inverse_mass;
            }
            if self.b != GROUND {
                turn_b = turn(self.b);
                spin_b = bodies[self.b].inverse_inertia * turn_b;
                give += turn_b.dot(&spin_b);
                if !is_turn {
                    give += bodies[self.b].inverse_mass;
                }
            }
            Row {
                direction: linear,
                turn_a,
                turn_b,
                spin_a,
                spin_b,
                effective: if give > 1e-12 { 1.0 / give } else { 0.0 },
            }
        })
    }

    /// Whether it is of these two bodies.
    pub fn is_between(&self, i: usize, j: usize) -> bool {
        (self.a == i && self.b == j) || (self.a == j && self.b == i)
    }
}

/// The points that reach farthest along the tangents' diagonals, each once, in that order.
fn outermost(all: &[Vec3], centre: &Vec3, tangents: &[Vec3; 2]) -> ([Vec3; POINTS], usize) {
    let mut out = [*centre; POINTS];
    let mut chosen: Vec<usize> = Vec::with_capacity(POINTS);
    for (s, t) in [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)] {
        let direction = tangents[0] * s + tangents[1] * t;
        let reach = |i: &usize| (all[*i] - centre).dot(&direction);
        let free = (0..all.len()).filter(|i| !chosen.contains(i));
        chosen.extend(free.max_by(|i, j| reach(i).total_cmp(&reach(j))));
    }
    for (o, &i) in out.iter_mut().zip(&chosen) {
        *o = all[i];
    }
    (out, chosen.len())
}
