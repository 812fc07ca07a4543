//! An action from where it begins to where all is still again.
//!
//! Owns [`Run`]: the clock of design, section 2. A removed box is out of it once it is clear of everything, a placed
//! one belongs to its place once it is let go, and what has been set going is looked at until it rests.

use crate::pose::Pose;
use crate::rollout::{CLEAR_M, STRIDE_S};
use crate::scene::geometry::{Obb, separation};

use super::body::Shape;
use super::guide::{Driven, Guide};
use super::toll::{Exempt, Keeper};
use super::world::{STEP_S, World};
use super::{Gone, Outcome, Tumble, middles};

/// Steps of a stride.
const STRIDE_STEPS: i64 = steps(STRIDE_S);
/// Steps from one look at whether the box is clear to the next.
const CLEAR_STEPS: i64 = steps(0.05);
/// Who is slower than this rests, m/s.
const REST_SPEED: f64 = 0.005;
/// For so long on end, and at most so long, steps.
const REST_STEPS: (i64, i64) = (steps(0.25), steps(3.0));

/// No motion is carried on for longer, steps.
const LONGEST: i64 = steps(60.0);

const fn steps(seconds: f64) -> i64 {
    (seconds / STEP_S + 0.5) as i64
}

/// How far an action has got.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// It goes on.
    Acting,
    /// The grip is lost: the hand stays where it is.
    Stopped,
    /// The box is clear, and nobody cares for it any more, nor for the hand.
    Cleared,
    /// It is over, and the hand is gone.
    Over,
}

/// An action under way.
pub struct Run<'a> {
    world: World,
    guide: &'a Guide<'a>,
    driven: Driven<'a>,
    target: usize,
    shape: Shape,
    /// Where each body's middle was, the target's at the onset.
    starts: Vec<Pose>,
    keeper: Keeper,
    phase: Phase,
    /// Since when nothing is done any more, and since when all is slow.
    since: i64,
    calm: i64,
    is_held: bool,
}

impl<'a> Run<'a> {
    /// Before an action on box `target` begins.
    pub fn new(tumble: &Tumble, target: usize, guide: &'a Guide<'a>) -> Self {
        let mut world = tumble.world.clone();
        let shape = world.shapes[target];
        world.wake(shape.body);
        let driven = Driven::new(&mut world, guide, &shape);
        Self {
            world,
            guide,
            driven,
            target,
            shape,
            starts: tumble.starts.clone(),
            keeper: Keeper::new(&tumble.starts),
            phase: Phase::Acting,
            since: 0,
            calm: 0,
            is_held: false,
        }
    }

    /// Goes through it, `strides` at least; what it takes does not hang on how many.
    pub fn finish(mut self, strides: usize) -> Outcome {
        // Steps before the onset are counted back from it.
        let mut step = -(-self.guide.begins() / STEP_S).ceil() as i64;
        let mut ways = Vec::with_capacity(strides);
        let mut is_told = false;
        while ways.len() < strides || !is_told {
            if step == 0 {
                // Its course begins here, wherever the hand has shoved it.
                self.starts[self.target] = self.middle();
            }
            let exempt = self.go_on(step, is_told);
            if !is_told {
                self.look(step, exempt);
                is_told = self.is_still(step);
            }
            step += 1;
            if step > 0 && step % STRIDE_STEPS == 0 && ways.len() < strides {
                ways.push(self.gone());
            }
        }
        Outcome {
            ways,
            toll: self.keeper.tell(),
        }
    }

    /// Takes a step, and looks at what presses in each part of it unless all is told. Returns who was exempt from that.
    fn go_on(&mut self, step: i64, is_told: bool) -> Exempt {
        if self.phase != Phase::Over {
            self.driven.drive(&mut self.world, step as f64 * STEP_S);
        }
        let exempt = match self.phase {
            Phase::Acting | Phase::Stopped => self.driven.exempt(&self.world),
            // It is gone, and the hand with it.
            Phase::Cleared => Exempt {
                held: Some(self.target),
                ..Exempt::default()
            },
            Phase::Over => Exempt::default(),
        };
        let keeper = &mut self.keeper;
        self.world.step(|world| {
            if !is_told {
                keeper.look_at_forces(world, exempt);
            }
        });
        exempt
    }

    /// Takes in a step that has just ended.
    fn look(&mut self, step: i64, exempt: Exempt) {
        if self.phase == Phase::Acting {
            self.look_at_grip(exempt);
        }
        self.keeper.look(&self.world, exempt);
        if self.phase == Phase::Acting {
            self.phase = self.next_phase(step);
            self.since = step;
        }
        let held = exempt.held.map(|held| self.world.shapes[held].body);
        let is_calm = self.world.is_calm(self.starts.len(), held, REST_SPEED);
        self.calm = if is_calm { self.calm + 1 } else { 0 };
    }

    fn look_at_grip(&mut self, exempt: Exempt) {
        let grip = self.driven.grip();
        let is_let_go = self.is_held && exempt.held.is_none() && !grip.is_lost;
        if let (true, Some(goal)) = (is_let_go, self.guide.goal()) {
            self.keeper.refer(self.target, goal);
        }
        self.is_held = exempt.held.is_some();
        self.keeper.look_at_grip(grip);
    }

    /// What comes after a step of the action itself.
    fn next_phase(&mut self, step: i64) -> Phase {
        let (ends, is_removed) = self.guide.ends();
        let may_vanish = is_removed && self.is_held && step % CLEAR_STEPS == 0;
        if self.driven.grip().is_lost {
            return Phase::Stopped;
        }
        if may_vanish && self.is_clear() {
            self.driven.secure();
            return Phase::Cleared;
        }
        let is_over = (step + 1) as f64 * STEP_S >= ends - 1e-9 || step >= LONGEST;
        if !is_over {
            return Phase::Acting;
        }
        if self.is_held {
            // It ends with the box still in the way.
            self.keeper.leave_unclear();
        }
        self.driven.vanish(&mut self.world, self.starts.len());
        Phase::Over
    }

    /// Whether the held box is as far from everything and the ground as one that is taken out has to be.
    fn is_clear(&self) -> bool {
        let obb = |i: usize| {
            let shape = &self.world.shapes[i];
            let pose = self.world.bodies[shape.body].frame() * shape.at;
            Obb::new(shape.half * 2.0, pose)
        };
        let held = obb(self.target);
        let (low, _) = held.aabb();
        let mut others = (0..self.starts.len()).filter(|&i| i != self.target);
        low.z >= CLEAR_M && others.all(|i| separation(&held, &obb(i)).gap >= CLEAR_M)
    }

    /// Whether all that is to come is rest.
    fn is_still(&self, step: i64) -> bool {
        let (rested, most) = REST_STEPS;
        let waited = step - self.since;
        self.phase != Phase::Acting && (waited >= most || waited.min(self.calm) >= rested)
    }

    fn middle(&self) -> Pose {
        self.world.bodies[self.shape.body].frame() * self.shape.at
    }

    /// How far each body has gone.
    fn gone(&self) -> Vec<Gone> {
        let now = middles(&self.world, self.starts.len());
        let pairs = self.starts.iter().zip(now);
        pairs
            .map(|(start, now)| Gone {
                moved: now.translation.vector - start.translation.vector,
                turned: (now.rotation * start.rotation.inverse()).scaled_axis(),
            })
            .collect()
    }
}
