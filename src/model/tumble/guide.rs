//! What is done to the target while it is followed: a hand, a nudge, a push.
//!
//! Owns [`Guide`], and [`Driven`]: what of it is in the world. A hand is a body that springs take along its commanded
//! way with no more than the robot's force, and less while it feels its way; its tool is a spring that takes hold of the
//! target at the onset. All of that is as in the sandbox, whose numbers it takes.

use crate::grasp::compliance::{DRIVE, MAX_SLIP_M, MAX_SLIP_RAD, TURN};
use crate::grasp::{Compliance, tool_compliance};
use crate::pose::{Pose, Quat, Vec3};
use crate::rollout::{NUDGE_DRIVE, PUSH_S, nudge_seconds, nudge_travel};
use crate::scene::Gripper;
use crate::scene::geometry::Obb;

use super::body::{Body, Shape};
use super::spring::Spring;
use super::world::{STEP_S, SUBSTEP_S, World};

/// Mass of the hand, kg, and half the edge of a block that is as inert, m.
const HAND: (f64, f64) = (2.0, 0.06);
/// Friction coefficient of the hand.
const HAND_FRICTION: f64 = 0.5;
/// The arm's lever, m: caps its torque at its force times this.
const LEVER_M: f64 = 0.25;
/// How long before the grip the hand feels its way, s, and with what force, N.
const GUARD: (f64, f64) = (0.3, 15.0);
/// A cup seals no farther from where it is meant to, m and rad: what its lip bridges, and noise.
const SEALS: (f64, f64) = (0.012, 0.2);
/// A cup has let go once it was over its limits for a step.
const PATIENCE: usize = 1;

/// A hand that takes its box along; times are s after the onset.
pub struct HandWay<'a> {
    /// Where the hand is told to be at a time, before the onset too.
    pub way: &'a dyn Fn(f64) -> Pose,
    /// When it comes near anything: at the onset or before.
    pub begins: f64,
    /// When it lets go.
    pub opens: f64,
    /// Its boxes in its own frame, as it comes and as it holds the target.
    pub shapes: [&'a [Obb]; 2],
    /// Where it is meant to be in the target's frame when it grips.
    pub in_box: Pose,
    /// What holds the target.
    pub gripper: &'a Gripper,
    /// What the robot drives it with at most, N.
    pub max_force: f64,
}

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

/// What of a guide is in the world.
pub struct Driven<'a> {
    guide: &'a Guide<'a>,
    /// The body that is acted on, and where its middle is in its frame.
    target: usize,
    middle: Pose,
    /// What goes along the commanded way; the hand.
    anchor: usize,
    hand: usize,
    /// Where the grip formed off the commanded pose.
    offset: Pose,
    /// Where the target's middle was at the onset.
    start: Pose,
    grip: Grip,
    over: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Grip {
    /// Not formed yet.
    Before,
    Holding,
    /// Let go, as told or not.
    After,
    /// Lost: the hand stays where it is.
    Lost,
}

impl<'a> Driven<'a> {
    /// Puts into `world` what `guide` needs to act on body `target`, whose box is `shape`.
    pub fn new(world: &mut World, guide: &'a Guide<'a>, target: usize, shape: &Shape) -> Self {
        let middle = shape.at;
        let start = world.bodies[target].frame() * middle;
        let anchor = world.bodies.len();
        let hand = anchor + 1;
        world.bodies.push(Body::fixed(0.0));
        if let Guide::Hand(way) = guide {
            let at = (way.way)(way.begins);
            let square = 2.0 * HAND.1 * HAND.1 * HAND.0 / 3.0;
            let mut body = Body::free(HAND.0, &Vec3::repeat(square), &at, HAND_FRICTION);
            body.gravity = 0.0;
            body.radius = way.shapes[0]
                .iter()
                .map(|p| p.pose.translation.vector.norm() + p.half.norm())
                .fold(0.0, f64::max);
            world.bodies.push(body);
            put_on(world, hand, way.shapes[0]);
            place(&mut world.bodies[anchor], &at);
            let drive = Compliance {
                linear: DRIVE,
                angular: TURN,
            };
            let mut spring = Spring::new([anchor, hand], [Pose::identity(); 2], drive);
            spring.max_moment = way.max_force * LEVER_M;
            world.springs.push(spring);
        }
        Self {
            guide,
            target,
            middle,
            anchor,
            hand,
            offset: Pose::identity(),
            start,
            grip: Grip::Before,
            over: 0,
        }
    }

    /// When it begins, s after the onset.
    pub fn begins(&self) -> f64 {
        match self.guide {
            Guide::Hand(way) => way.begins,
            Guide::Nudge { .. } | Guide::Push(_) => 0.0,
        }
    }

    /// Acts in the step from `now` on.
    pub fn drive(&mut self, world: &mut World, now: f64) {
        match self.guide {
            Guide::Hand(way) => self.hand(world, way, now),
            Guide::Nudge { by, max_force } => self.nudge(world, by, *max_force, now),
            Guide::Push(force) => {
                let lasting = (PUSH_S - now).clamp(0.0, STEP_S);
                let body = &mut world.bodies[self.target];
                let arm = body.rotation * self.middle.translation.vector;
                body.push(&(force * lasting), &Vec3::zeros(), &arm);
            }
        }
    }

    fn nudge(&mut self, world: &mut World, by: &Vec3, max_force: f64, now: f64) {
        let way = by.norm();
        if now >= nudge_seconds(way) - 1e-9 {
            world.springs.clear();
            return;
        }
        if world.springs.is_empty() {
            place(&mut world.bodies[self.anchor], &self.start);
            let gives = Compliance {
                linear: NUDGE_DRIVE,
                angular: (0.0, 0.0),
            };
            let places = [Pose::identity(), self.middle];
            let mut spring = Spring::new([self.anchor, self.target], places, gives);
            spring.max_force = max_force;
            world.springs.push(spring);
        }
        let gone = by * (nudge_travel(way, now + STEP_S) / way.max(1e-9));
        let mut to = self.start;
        to.translation.vector += gone;
        send(&mut world.bodies[self.anchor], &to);
    }

    fn hand(&mut self, world: &mut World, way: &HandWay<'_>, now: f64) {
        if self.grip == Grip::Before && now > -1e-9 {
            self.take_hold(world, way);
        }
        if self.grip == Grip::Holding {
            if now >= way.opens - 1e-9 {
                self.let_go(world, way, Grip::After);
            } else if self.is_lost(world, way) {
                self.let_go(world, way, Grip::Lost);
            }
        }
        if self.grip == Grip::Lost {
            let anchor = &mut world.bodies[self.anchor];
            anchor.linear = Vec3::zeros();
            anchor.angular = Vec3::zeros();
            return;
        }
        let guarded = self.grip == Grip::Before && now > -GUARD.0;
        world.springs[0].max_force = if guarded {
            way.max_force.min(GUARD.1)
        } else {
            way.max_force
        };
        let to = (way.way)(now + STEP_S) * self.offset;
        send(&mut world.bodies[self.anchor], &to);
    }

    fn take_hold(&mut self, world: &mut World, way: &HandWay<'_>) {
        let hand = world.bodies[self.hand].frame();
        self.offset = (way.way)(0.0).inverse() * hand;
        place(&mut world.bodies[self.anchor], &hand);
        let (body, gives) = (&world.bodies[self.target], tool_compliance(way.gripper));
        if let Gripper::Suction { .. } = way.gripper {
            let off = (body.frame() * self.middle * way.in_box).inverse() * hand;
            if off.translation.z.abs() > SEALS.0 || off.rotation.angle() > SEALS.1 {
                self.grip = Grip::Lost;
                return;
            }
        }
        let pads = match way.gripper {
            Gripper::Suction { .. } => Pose::identity(),
            Gripper::ParallelJaw { finger, .. } => Pose::translation(0.0, 0.0, 0.5 * finger.z),
        };
        let on_box = body.frame().inverse() * hand * pads;
        let mut spring = Spring::new([self.hand, self.target], [pads, on_box], gives);
        if let Gripper::ParallelJaw {
            max_force,
            pad_friction,
            ..
        } = way.gripper
        {
            spring.max_force = (pad_friction + body.friction) * max_force;
        }
        world.springs.push(spring);
        world.apart = Some((self.target.min(self.hand), self.target.max(self.hand)));
        reshape(world, self.hand, way.shapes[1]);
        self.grip = Grip::Holding;
    }

    /// Whether the load is more than the grip holds.
    fn is_lost(&mut self, world: &World, way: &HandWay<'_>) -> bool {
        let Some(tool) = world.springs.get(1) else {
            return false;
        };
        let (stretch, twist) = tool.slip();
        if stretch > MAX_SLIP_M || twist > MAX_SLIP_RAD {
            return true;
        }
        let Gripper::Suction {
            max_pull,
            max_shear,
            max_moment,
            ..
        } = way.gripper
        else {
            return false;
        };
        let (force, moment) = tool.load(&world.bodies, SUBSTEP_S);
        // What pulls the box back to the hand.
        let pull = (-force.z).max(0.0);
        let used =
            (force.xy().norm() / max_shear).max(pull / max_pull + moment.norm() / max_moment);
        self.over = if used > 1.0 { self.over + 1 } else { 0 };
        self.over > PATIENCE
    }

    fn let_go(&mut self, world: &mut World, way: &HandWay<'_>, then: Grip) {
        world.springs.truncate(1);
        world.apart = None;
        if matches!(way.gripper, Gripper::ParallelJaw { .. }) {
            reshape(world, self.hand, way.shapes[0]);
        }
        self.grip = then;
    }
}

/// Puts a body that nothing moves where it is told.
fn place(body: &mut Body, at: &Pose) {
    body.com = at.translation.vector;
    body.rotation = at.rotation;
    body.linear = Vec3::zeros();
    body.angular = Vec3::zeros();
}

/// Has it get to `to` in the coming step.
fn send(body: &mut Body, to: &Pose) {
    body.linear = (to.translation.vector - body.com) / STEP_S;
    body.angular = turn(&body.rotation, &to.rotation) / STEP_S;
}

fn turn(from: &Quat, to: &Quat) -> Vec3 {
    (to * from.inverse()).scaled_axis()
}

fn put_on(world: &mut World, body: usize, pieces: &[Obb]) {
    let shapes = pieces.iter().map(|p| Shape {
        body,
        half: p.half,
        at: p.pose,
    });
    world.shapes.extend(shapes);
}

/// Gives the last body of `world` other boxes.
fn reshape(world: &mut World, body: usize, pieces: &[Obb]) {
    world.shapes.retain(|s| s.body != body);
    put_on(world, body, pieces);
}
