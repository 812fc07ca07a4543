//! What is done to the target while it is followed: a hand, a nudge, a push.
//!
//! Owns [`Guide`], and [`Driven`]: what of it is in the world. Nudges and pushes are as the sandbox has them; hands are
//! [`hand`](super::hand)'s.

use crate::grasp::Compliance;
use crate::pose::{Pose, Quat, Vec3};
use crate::rollout::{NUDGE_DRIVE, PUSH_S, nudge_seconds, nudge_travel};

use super::body::{Body, Shape};
use super::hand::{Hand, HandWay};
use super::spring::Spring;
use super::toll::{Exempt, GripToll};
use super::world::{STEP_S, World};

/// What is done to the target; times are s after the onset.
pub enum Guide<'a> {
    /// A hand takes it along.
    Hand(HandWay<'a>),
    /// A nudge of its middle, free to turn, then let go.
    Nudge {
        /// m.
        by: Vec3,
        /// What the robot drives it with at most, N.
        max_force: f64,
    },
    /// A force on its middle, N.
    Push(Vec3),
}

impl Guide<'_> {
    /// Where the target's middle should be once it is let go.
    pub(super) fn goal(&self) -> Option<Pose> {
        match self {
            Self::Hand(way) => way.goal,
            Self::Nudge { .. } | Self::Push(_) => None,
        }
    }

    /// When it is over, s after the onset, and whether it takes the target out of the scene.
    pub(super) fn ends(&self) -> (f64, bool) {
        match self {
            Self::Hand(way) => (way.ends, way.goal.is_none()),
            Self::Nudge { by, .. } => (nudge_seconds(by.norm()), false),
            Self::Push(_) => (PUSH_S, false),
        }
    }

    /// When it begins, s after the onset: a hand before it.
    pub(super) fn begins(&self) -> f64 {
        match self {
            Self::Hand(way) => way.begins,
            Self::Nudge { .. } | Self::Push(_) => 0.0,
        }
    }
}

/// What of a guide is in the world.
pub enum Driven<'a> {
    /// A hand.
    Hand(Hand<'a>),
    /// A spring that takes a middle along.
    Nudge(Nudge),
    /// A force (N) on body `target`, at `middle` in its frame (m).
    Push {
        /// N.
        force: Vec3,
        /// The body.
        target: usize,
        /// m.
        middle: Vec3,
    },
}

impl<'a> Driven<'a> {
    /// Puts into `world` what `guide` needs to act on the body whose box is `shape`.
    pub fn new(world: &mut World, guide: &'a Guide<'a>, shape: &Shape) -> Self {
        match guide {
            Guide::Hand(way) => Self::Hand(Hand::new(world, way, shape)),
            Guide::Nudge { by, max_force } => {
                Self::Nudge(Nudge::new(world, *by, *max_force, shape))
            }
            Guide::Push(force) => Self::Push {
                force: *force,
                target: shape.body,
                middle: shape.at.translation.vector,
            },
        }
    }

    /// Acts in the step from `now` on, s after the onset.
    pub fn drive(&mut self, world: &mut World, now: f64) {
        match self {
            Self::Hand(hand) => hand.drive(world, now),
            Self::Nudge(nudge) => nudge.drive(world, now),
            Self::Push {
                force,
                target,
                middle,
            } => {
                let is_on = now < PUSH_S - 0.5 * STEP_S;
                world.pushed = is_on.then_some((*target, *force, *middle));
            }
        }
    }
}

impl Driven<'_> {
    /// Holds what it holds from here on, whatever it bears.
    pub fn secure(&mut self) {
        if let Self::Hand(hand) = self {
            hand.secure();
        }
    }

    /// Leaves a world in which only its first `boxes` boxes are left.
    pub fn vanish(&mut self, world: &mut World, boxes: usize) {
        world.springs.clear();
        world.pushed = None;
        world.shapes.truncate(boxes);
    }

    /// Who is exempt from what is looked at.
    pub fn exempt(&self, world: &World) -> Exempt {
        match self {
            Self::Hand(hand) => hand.exempt(world),
            Self::Nudge(_) | Self::Push { .. } => Exempt::default(),
        }
    }

    /// What the grip has been through.
    pub fn grip(&self) -> GripToll {
        match self {
            Self::Hand(hand) => hand.toll(),
            Self::Nudge(_) | Self::Push { .. } => GripToll::default(),
        }
    }
}

/// A spring that takes the middle of a box along, free to turn.
pub struct Nudge {
    by: Vec3,
    /// What goes along the commanded way.
    anchor: usize,
    start: Pose,
}

impl Nudge {
    fn new(world: &mut World, by: Vec3, max_force: f64, shape: &Shape) -> Self {
        let start = world.bodies[shape.body].frame() * shape.at;
        let anchor = world.bodies.len();
        world.bodies.push(Body::fixed(0.0));
        place(&mut world.bodies[anchor], &start);
        let gives = Compliance {
            linear: NUDGE_DRIVE,
            angular: (0.0, 0.0),
        };
        let mut spring = Spring::new([anchor, shape.body], [Pose::identity(), shape.at], gives);
        spring.max_force = max_force;
        world.springs.push(spring);
        Self { by, anchor, start }
    }

    fn drive(&self, world: &mut World, now: f64) {
        let way = self.by.norm();
        if now >= nudge_seconds(way) - 1e-9 {
            world.springs.clear();
            return;
        }
        let mut to = self.start;
        to.translation.vector += self.by * (nudge_travel(way, now + STEP_S) / way.max(1e-9));
        send(&mut world.bodies[self.anchor], &to);
    }
}

/// Puts a body that nothing moves where it is told.
pub(super) fn place(body: &mut Body, at: &Pose) {
    body.com = at.translation.vector;
    body.rotation = at.rotation;
    body.linear = Vec3::zeros();
    body.angular = Vec3::zeros();
}

/// Has it get to `to` in the coming step.
pub(super) fn send(body: &mut Body, to: &Pose) {
    body.linear = (to.translation.vector - body.com) / STEP_S;
    body.angular = turn(&body.rotation, &to.rotation) / STEP_S;
}

fn turn(from: &Quat, to: &Quat) -> Vec3 {
    (to * from.inverse()).scaled_axis()
}
