//! What an action takes: of each box, of the grip and of the hand, as seen along the way.
//!
//! Owns [`Toll`] and who keeps it ([`Keeper`]): the quantities that accidents are told by (design, section 2), at the
//! belief's means. What presses is looked at in each substep, as in the sandbox; where boxes are, once a step.

use crate::pose::{Pose, Vec3, tilt_between};

use super::world::{STEP_S, SUBSTEP_S, World};

/// Sides of a box.
const FACES: usize = 6;

/// What an action takes of one box while nobody holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BoxToll {
    /// How far its middle was from where it should be, at most, m.
    pub farthest: f64,
    /// How far it had tilted, at most, rad.
    pub tilted: f64,
    /// How far its middle went, m.
    pub path: f64,
    /// How fast it went, at most, m/s.
    pub speed: f64,
    /// What pressed on one of its faces, as means of 12.5 ms go, at most, N; held or not.
    pub pressed: f64,
}

/// What an action takes of the grip.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GripToll {
    /// Share of what it holds, at most.
    pub share: f64,
    /// Share of how far it may give, at most.
    pub slip: f64,
    /// Whether it never formed, or ended before it was told to.
    pub is_lost: bool,
    /// Whether the motion ended with the box still in the way.
    pub is_unclear: bool,
}

/// What an action takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toll {
    /// `[N]`, fixtures too.
    pub boxes: Vec<BoxToll>,
    /// None where nothing grips.
    pub grip: GripToll,
    /// What the hand presses with on anything but its target, as such means go, at most, N.
    pub strike: f64,
}

/// Who is exempt, and what belongs to the hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exempt {
    /// The box that is held, whose way is the hand's.
    pub held: Option<usize>,
    /// The hand and what it is meant to press on.
    pub hand: Option<(usize, usize)>,
    /// What the held box is squeezed with, N, and along which direction.
    pub squeeze: Option<(f64, Vec3)>,
}

/// The larger of the two; no number where one is none, so that it is found.
pub(super) fn most(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// Who looks on.
pub struct Keeper {
    toll: Toll,
    /// Where each box should be.
    references: Vec<Pose>,
    /// Where its middle was at the last look, m.
    before: Vec<Vec3>,
    /// What presses on each face in this part of a step, N.
    faces: Vec<[f64; FACES]>,
}

impl Keeper {
    /// Looks on from where the boxes are, which is where they should be.
    pub fn new(references: &[Pose]) -> Self {
        let count = references.len();
        Self {
            toll: Toll {
                boxes: vec![BoxToll::default(); count],
                ..Toll::default()
            },
            references: references.to_vec(),
            before: references.iter().map(|p| p.translation.vector).collect(),
            faces: vec![[0.0; FACES]; count],
        }
    }

    /// Has a box belong there from now on.
    pub fn refer(&mut self, body: usize, to: Pose) {
        self.references[body] = to;
    }

    /// Takes in a step that has just ended.
    pub fn look(&mut self, world: &World, exempt: Exempt) {
        for (i, toll) in self.toll.boxes.iter_mut().enumerate() {
            let shape = &world.shapes[i];
            let body = &world.bodies[shape.body];
            if !body.is_awake() {
                continue;
            }
            let now = body.frame() * shape.at;
            let middle = now.translation.vector;
            let gone = (middle - self.before[i]).norm();
            self.before[i] = middle;
            if exempt.held == Some(i) {
                continue;
            }
            let should = &self.references[i];
            toll.farthest = toll
                .farthest
                .max((middle - should.translation.vector).norm());
            toll.tilted = most(toll.tilted, tilt_between(&should.rotation, &now.rotation));
            toll.path += gone;
            toll.speed = most(toll.speed, gone / STEP_S);
        }
    }

    /// Takes in what the grip has been through.
    pub fn look_at_grip(&mut self, grip: GripToll) {
        self.toll.grip = grip;
    }

    /// The motion has ended with the box still in the way.
    pub fn leave_unclear(&mut self) {
        self.toll.grip.is_unclear = true;
    }

    /// Takes in a part of a step.
    pub fn look_at_forces(&mut self, world: &World, exempt: Exempt) {
        self.faces.iter_mut().for_each(|f| f.fill(0.0));
        let mut strike = 0.0;
        for contact in world.contacts() {
            let force = contact.pressing() / SUBSTEP_S;
            if force == 0.0 {
                continue;
            }
            let (i, j) = contact.shapes;
            for (shape, out) in [(i, contact.normal()), (j, -contact.normal())] {
                if let (Some(faces), Some(laid)) = (self.faces.get_mut(shape), world.laid(shape)) {
                    let local = laid.axes.transpose() * out;
                    let axis = local.iamax();
                    faces[2 * axis + usize::from(local[axis] > 0.0)] += force;
                }
            }
            if let Some((hand, target)) = exempt.hand
                && contact.ends.contains(&hand)
                && !contact.ends.contains(&target)
            {
                strike += force;
            }
        }
        if let (Some(held), Some((force, along))) = (exempt.held, exempt.squeeze)
            && let Some(laid) = world.laid(held)
        {
            let axis = (laid.axes.transpose() * along).iamax();
            self.faces[held][2 * axis] += force;
            self.faces[held][2 * axis + 1] += force;
        }
        self.toll.strike = most(self.toll.strike, strike);
        for (toll, faces) in self.toll.boxes.iter_mut().zip(&self.faces) {
            toll.pressed = faces.iter().fold(toll.pressed, |sum, f| most(sum, *f));
        }
    }

    /// What was taken.
    pub fn tell(self) -> Toll {
        self.toll
    }
}

#[cfg(test)]
mod tests;
