//! Bodies under way, step by step.
//!
//! Owns [`World`]: who meets whom is found once a step (`meeting`), what they do to each other in several parts of it (Macklin et
//! al., "Small Steps in Physics Simulation", SCA 2019), one sweep before bodies go on and some after. A body sleeps until
//! it feels one that does not, or is about to be hit by one: a belief stands, and most of a stack never hears of what is done
//! to it. Who touches a body that is about to be hit wakes a part of a step after it, and is a wall until then.

mod meeting;

use super::body::{Body, Shape};
use super::contact::{Contact, Softness};
use super::manifold::Laid;
use super::spring::Spring;

use crate::pose::{Pose, Vec3};

/// One step, s: who meets whom is looked up anew after it.
pub const STEP_S: f64 = 1.0 / 60.0;
/// Into how many parts a step is divided.
const SUBSTEPS: usize = 4;
/// One of them, s.
pub const SUBSTEP_S: f64 = STEP_S / SUBSTEPS as f64;
/// Sweeps after bodies have gone on; there is one before.
const AFTER: usize = 3;
/// What has gone so far does not lie as it did, m.
const UNREST_M: f64 = 0.01;
/// Sweeps in which a belief that has sunk together finds how it rests.
const RESTING: usize = 50;
/// Who is about to be hit faster than this is awake by then, m/s.
const TOUCH: f64 = 0.01;

/// Bodies under way.
#[derive(Clone, Debug)]
pub struct World {
    /// The ground first.
    pub bodies: Vec<Body>,
    /// Their boxes, in order of bodies.
    pub shapes: Vec<Shape>,
    /// Springs between them.
    pub springs: Vec<Spring>,
    /// Two bodies that go through each other.
    pub apart: Option<(usize, usize)>,
    /// Two bodies that do not rub on each other.
    pub slick: Option<(usize, usize)>,
    /// A body that is pushed, with what force (N), where in its frame (m).
    pub pushed: Option<(usize, Vec3, Vec3)>,
    /// What each is not pulled by though nothing holds it, m/s² and rad/s²: see [`Self::settle`].
    pub unrest: Vec<(Vec3, Vec3)>,
    /// Where they lay then.
    rested: Vec<Pose>,
    #[expect(
        clippy::vec_box,
        reason = "they are large, and most are handed on from step to step"
    )]
    contacts: Vec<Box<Contact>>,
    /// Which of them have an awake body, in order: the others neither give nor take.
    busy: Vec<usize>,
    laid: Vec<Laid>,
    soft: Softness,
}

impl World {
    /// A world of ground alone.
    pub fn new(ground_friction: f64) -> Self {
        Self {
            bodies: vec![Body::fixed(ground_friction)],
            shapes: Vec::new(),
            springs: Vec::new(),
            apart: None,
            slick: None,
            pushed: None,
            unrest: Vec::new(),
            rested: Vec::new(),
            contacts: Vec::new(),
            busy: Vec::new(),
            laid: Vec::new(),
            soft: Softness::new(SUBSTEP_S),
        }
    }

    /// One step, in each part of which somebody looks on.
    pub fn step(&mut self, mut look: impl FnMut(&Self)) {
        self.meet();
        self.rouse(|contact, bodies, _| contact.is_hit(bodies, STEP_S, TOUCH));
        for _ in 0..SUBSTEPS {
            self.substep();
            self.each_busy(|contact, _| contact.remember());
            look(self);
            self.rouse(|contact, _, weight| contact.is_felt(weight));
        }
        self.arrive();
    }

    /// What meets in this step.
    pub fn contacts(&self) -> impl Iterator<Item = &Contact> {
        self.contacts.iter().map(Box::as_ref)
    }

    /// Box `shape` as it lay when the step began; `None` for the ground.
    pub fn laid(&self, shape: usize) -> Option<&Laid> {
        self.laid.get(shape)
    }

    fn substep(&mut self) {
        self.set_out();
        self.sweep(true);
        for body in &mut self.bodies {
            body.go_on(SUBSTEP_S);
        }
        self.each_busy(|contact, bodies| contact.measure(bodies));
        for _ in 0..AFTER {
            self.sweep(false);
        }
        for spring in &mut self.springs {
            spring.feel(&self.bodies, SUBSTEP_S);
        }
    }

    /// Whether of the first `boxes` boxes none but body `held` moves faster than so many m/s.
    pub fn is_calm(&self, boxes: usize, held: Option<usize>, speed: f64) -> bool {
        let mut bodies = self.shapes[..boxes].iter().map(|s| s.body);
        bodies.all(|i| Some(i) == held || self.bodies[i].reach() < speed)
    }

    /// Pulls all down, and gives them what they gave each other before.
    fn set_out(&mut self) {
        let nothing = (Vec3::zeros(), Vec3::zeros());
        for (i, body) in self.bodies.iter_mut().enumerate() {
            if body.is_awake() {
                let (linear, angular) = self.unrest.get(i).unwrap_or(&nothing);
                body.linear.z -= body.gravity * SUBSTEP_S;
                body.linear -= linear * SUBSTEP_S;
                body.angular -= angular * SUBSTEP_S;
            }
        }
        if let Some((i, force, at)) = &self.pushed {
            let arm = self.bodies[*i].rotation * at;
            self.bodies[*i].push(&(force * SUBSTEP_S), &Vec3::zeros(), &arm);
        }
        self.each_busy(|contact, bodies| contact.start_warm(bodies));
        for spring in &mut self.springs {
            spring.begin(&mut self.bodies, SUBSTEP_S);
        }
    }

    /// Forwards with what pushes out, backwards without.
    fn sweep(&mut self, pushes_out: bool) {
        let (bodies, soft) = (&mut self.bodies, &self.soft);
        if pushes_out {
            for &k in &self.busy {
                self.contacts[k].relax(bodies, soft, true);
            }
        } else {
            for &k in self.busy.iter().rev() {
                self.contacts[k].relax(bodies, soft, false);
            }
        }
        for spring in &mut self.springs {
            spring.relax(bodies, SUBSTEP_S);
        }
    }

    /// Does something to each contact that has an awake body.
    fn each_busy(&mut self, mut act: impl FnMut(&mut Contact, &mut [Body])) {
        for &k in &self.busy {
            act(&mut self.contacts[k], &mut self.bodies);
        }
    }

    fn look_who_is_busy(&mut self) {
        self.busy.clear();
        let busy = (self.contacts.iter().enumerate()).filter(|(_, c)| c.is_busy(&self.bodies));
        self.busy.extend(busy.map(|(k, _)| k));
    }

    fn arrive(&mut self) {
        self.each_busy(|contact, _| contact.arrive());
        for body in &mut self.bodies {
            body.arrive();
        }
        for ((unrest, at), body) in self.unrest.iter_mut().zip(&self.rested).zip(&self.bodies) {
            let turned = body.rotation.angle_to(&at.rotation) * body.radius;
            if (body.com - at.translation.vector).norm() + turned > UNREST_M {
                *unrest = (Vec3::zeros(), Vec3::zeros());
            }
        }
    }

    /// Has a body take part from now on.
    pub fn wake(&mut self, i: usize) {
        self.bodies[i].wake();
        for contact in self.contacts.iter_mut().filter(|c| c.ends.contains(&i)) {
            contact.refit(&self.bodies);
            contact.make_stale();
        }
        self.look_who_is_busy();
    }

    /// Has all that a body meets found anew: it gives way as it did not, or has other boxes.
    pub fn make_stale(&mut self, i: usize) {
        for contact in self.contacts.iter_mut().filter(|c| c.ends.contains(&i)) {
            contact.make_stale();
        }
    }

    /// Wakes who sleeps and meets an awake body so that it `feels` it, told its weight (N·s in a substep).
    fn rouse(&mut self, feels: impl Fn(&Contact, &[Body], f64) -> bool) {
        let mut woken = Vec::new();
        for contact in self.busy.iter().map(|&k| &*self.contacts[k]) {
            for (i, other) in [(0, 1), (1, 0)].map(|(k, l)| (contact.ends[k], contact.ends[l])) {
                let (body, by) = (&self.bodies[i], &self.bodies[other]);
                if body.is_free()
                    && !body.is_awake()
                    && by.is_awake()
                    && feels(contact, &self.bodies, body.weight_in(SUBSTEP_S))
                {
                    woken.push(i);
                }
            }
        }
        for i in woken {
            self.wake(i);
        }
    }

    /// Lets all sink onto what is below it, too slowly for anything to fall over, and takes out what still pulls at
    /// bodies then: the belief stands. All sleep afterwards.
    pub fn settle(&mut self, steps: usize) {
        for _ in 0..steps {
            self.meet();
            for _ in 0..SUBSTEPS {
                self.substep();
                self.stop();
            }
            self.arrive();
        }
        self.meet();
        self.unrest.clear();
        self.set_out();
        for _ in 0..RESTING {
            self.sweep(false);
        }
        self.unrest = (self.bodies.iter())
            .map(|b| (b.linear / SUBSTEP_S, b.angular / SUBSTEP_S))
            .collect();
        self.rested = self.bodies.iter().map(Body::frame).collect();
        self.stop();
        for contact in &mut self.contacts {
            contact.rest();
            contact.make_stale();
        }
        for body in &mut self.bodies {
            body.put_to_sleep();
            body.travel = 0.0;
        }
        self.laid.clear();
    }

    fn stop(&mut self) {
        for body in &mut self.bodies {
            body.linear = Vec3::zeros();
            body.angular = Vec3::zeros();
        }
    }
}
