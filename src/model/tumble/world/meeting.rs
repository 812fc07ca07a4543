//! Who meets whom in a step: which boxes are near enough, and what goes on from the step before.
//!
//! Owns the order of contacts, which is that of the shapes, and what of an old one is kept: all of it where both bodies sleep,
//! its points where neither has gone far.

use super::{STEP_S, World};
use crate::model::tumble::body::Shape;
use crate::model::tumble::contact::Contact;
use crate::model::tumble::manifold::{Laid, between, on_ground};

/// Bodies that are nearer than this may meet within a step, whatever their speed, m.
const NEAR_M: f64 = 0.003;
/// Points go on being those of two bodies that have gone no farther, m.
const KEPT_M: f64 = 3e-4;
/// The ground's place among shapes: after all of them.
const GROUND: usize = usize::MAX;

impl World {
    /// Finds who meets whom.
    pub(super) fn meet(&mut self) {
        let before = std::mem::take(&mut self.contacts);
        self.lay();
        let mut before = before.into_iter().peekable();
        for i in 0..self.shapes.len() {
            for j in (i + 1..self.shapes.len()).chain([GROUND]) {
                let mut old = None;
                while before.peek().is_some_and(|c| c.shapes <= (i, j)) {
                    old = before.next().filter(|c| c.shapes == (i, j));
                }
                let Some(contact) = self.contact_of(i, j, old) else {
                    continue;
                };
                self.contacts.push(contact);
            }
        }
        self.look_who_is_busy();
    }

    /// Makes the boxes of what is awake ready where they are now.
    fn lay(&mut self) {
        let all = self.laid.len() != self.shapes.len();
        if all {
            self.laid = self.shapes.iter().map(|s| self.laid_now(s)).collect();
            return;
        }
        for k in 0..self.shapes.len() {
            if self.bodies[self.shapes[k].body].is_awake() {
                self.laid[k] = self.laid_now(&self.shapes[k]);
            }
        }
    }

    fn laid_now(&self, shape: &Shape) -> Laid {
        Laid::new(&shape.half, &(self.bodies[shape.body].frame() * shape.at))
    }

    /// Where shape `i` meets shape `j` or the ground, which goes on from `old`.
    fn contact_of(&self, i: usize, j: usize, old: Option<Box<Contact>>) -> Option<Box<Contact>> {
        let a = self.shapes[i].body;
        let b = self.shapes.get(j).map_or(0, |s| s.body);
        let (p, q) = (&self.bodies[a], &self.bodies[b]);
        let pair = Some((a.min(b), a.max(b)));
        if a == b || self.apart == pair {
            return None;
        }
        if !(p.is_awake() || q.is_awake()) {
            // As it rests until something wakes it.
            return old;
        }
        let margin = NEAR_M + (p.reach() + q.reach()) * STEP_S;
        let first = &self.laid[i];
        if self
            .laid
            .get(j)
            .is_some_and(|second| !first.is_near(second, margin))
        {
            return None;
        }
        let old = match old {
            Some(old) if old.is_fresh(&self.bodies, KEPT_M) => return Some(old),
            old => old,
        };
        let met = match self.laid.get(j) {
            Some(second) => between(first, second, margin)?,
            None => on_ground(first, margin)?,
        };
        let friction = match self.slick == pair {
            true => 0.0,
            false => 0.5 * (p.friction + q.friction),
        };
        let ends = [a, b];
        let old = old.as_deref();
        let contact = Contact::new((i, j), ends, &met, friction, &self.bodies, old);
        Some(Box::new(contact))
    }
}
