//! Where two bodies press on each other, as the solver wants it: points, normals, lever arms.
//!
//! Owns [`Patch`] and how one is made. A patch has up to four points that press, and at its middle two
//! directions and a turn in which it rubs: [`ROWS`] unknowns. As one body slides over the other the
//! patch shrinks to what they still share ([`Spot`]): a box that is pulled over an edge loses its hold point by
//! point, and one that comes to another finds it.

mod spot;

pub use spot::Spot;

use crate::pose::Vec3;
use crate::scene::geometry::{Face, Obb, Separation};

use super::super::contacts::{Body, Contact, feature, patch};
use super::body::Inert;
use spot::{Span, span};

/// Points of a patch.
pub const POINTS: usize = 4;
/// Unknowns of a patch: points, two tangents, a turn.
pub const ROWS: usize = POINTS + 3;
/// The body that is not one.
pub const GROUND: usize = usize::MAX;
/// Axes this near to being equally level are taken in their order.
const TIE: f64 = 1e-6;

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
    /// Where it presses.
    pub spot: Spot,
    /// Gap before anything moves, m.
    pub gap: f64,
    /// Friction coefficient.
    pub friction: f64,
    /// Which face of each body it lies on.
    pub faces: [usize; 2],
    /// Index of the graph's contact.
    pub contact: Option<usize>,
    /// How far `a` has slid along the tangents when `spot` is what they share, m.
    pub slid: [f64; 2],
    /// The face of `a` along the tangents before anything moves.
    face_a: [Span; 2],
    /// That of `b`.
    face_b: [Span; 2],
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
        let face = |corners: &[Vec3]| tangents.map(|t| span(corners, &centre, &t));
        let (corners, _) = feature(shapes.0, &normal);
        let face_a = face(&corners);
        let face_b = shapes
            .1
            .map_or([(f64::NEG_INFINITY, f64::INFINITY); 2], |obb| {
                face(&feature(obb, &-normal).0)
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
            spot: Spot::new(points, count, centre),
            gap: 0.0,
            friction: 0.0,
            faces,
            contact: None,
            slid: [0.0; 2],
            face_a,
            face_b,
        })
    }

    /// The patch of two bodies that are `apart` and may meet.
    pub fn ahead(
        ends: (usize, usize),
        apart: &Separation,
        bodies: &[Inert],
        shapes: (&Obb, &Obb),
    ) -> Option<Self> {
        let points = patch(shapes.0, shapes.1, &apart.axis);
        let patch = Self::new(ends, apart.axis, &points, (shapes.0, Some(shapes.1)))?;
        Some(Self {
            gap: apart.gap.max(0.0),
            friction: 0.5 * (bodies[ends.0].friction + bodies[ends.1].friction),
            ..patch
        })
    }

    /// The patch of a body above the ground.
    pub fn above_ground(i: usize, shape: &Obb, friction: f64) -> Option<Self> {
        let (corners, depth) = feature(shape, &-Vec3::z());
        let patch = Self::new((i, GROUND), -Vec3::z(), &corners, (shape, None))?;
        Some(Self {
            gap: (-depth).max(0.0),
            friction,
            ..patch
        })
    }

    /// The same, of a first body whose way `gone` has taken it there: told from where it stood.
    pub fn met_after(self, gone: &Vec3) -> Self {
        let slid = self.tangents.map(|t| gone.dot(&t));
        let back = |spans: [Span; 2]| {
            let [first, second] = spans;
            [
                (first.0 - slid[0], first.1 - slid[0]),
                (second.0 - slid[1], second.1 - slid[1]),
            ]
        };
        Self {
            gap: self.gap + gone.dot(&self.normal),
            face_a: back(self.face_a),
            slid,
            ..self
        }
    }

    /// How steeply it pushes `body` up: 1 from straight below, 0 where it does not touch it.
    pub fn rise_of(&self, body: usize) -> f64 {
        match (self.a == body, self.b == body) {
            (true, _) => -self.normal.z,
            (_, true) => self.normal.z,
            _ => 0.0,
        }
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
