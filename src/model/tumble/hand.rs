//! A hand in the world: a body that springs take along its commanded way, and a tool that holds the target.
//!
//! Owns [`Hand`]. The robot's force drives it, and less while it feels its way; its tool is a spring that takes hold of
//! the target at the onset and lets go of what is too much for it. All of that is as in the sandbox, whose numbers it takes.

use crate::grasp::compliance::{DRIVE, MAX_SLIP_M, MAX_SLIP_RAD, TRAVEL_M, TURN};
use crate::grasp::drive::{GUARD_N, GUARD_S, LEVER_M, PALM_EDGE_M, PALM_FRICTION, PALM_KG};
use crate::grasp::{Compliance, Lip, pad_torsion_arm, tool_compliance};
use crate::pose::{Pose, Vec3};
use crate::scene::Gripper;
use crate::scene::geometry::{Obb, separation};

use super::body::{Body, Shape};
use super::guide::{place, send};
use super::spring::{Holds, Spring};
use super::toll::{Exempt, GripToll};
use super::world::{STEP_S, World};

/// What the lip of a cup bridges, with what the poses' noise makes of it.
const LIP: Lip = Lip {
    gap_m: 0.012,
    angle_rad: 0.2,
    edge_m: 0.006,
};

/// A hand that takes its box along; times are s after the onset.
pub struct HandWay<'a> {
    /// Where the hand is told to be at a time, before the onset too.
    pub way: &'a dyn Fn(f64) -> Pose,
    /// When it comes near anything: at the onset or before.
    pub begins: f64,
    /// When it lets go.
    pub opens: f64,
    /// When its motion ends.
    pub ends: f64,
    /// Where the target's middle should be once it is let go; `None` where it is taken out of the scene.
    pub goal: Option<Pose>,
    /// Its boxes in its own frame, as it comes and as it holds the target.
    pub shapes: [&'a [Obb]; 2],
    /// Where it is meant to be in the target's frame when it grips.
    pub in_box: Pose,
    /// What holds the target.
    pub gripper: &'a Gripper,
    /// What the robot drives it with at most, N.
    pub max_force: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Grip {
    /// Not formed yet.
    Before,
    Holding,
    /// Let go, as told.
    After,
    /// Lost: the hand stays where it is.
    Lost,
}

/// A hand in the world.
pub struct Hand<'a> {
    way: &'a HandWay<'a>,
    /// The body that is acted on, and its box.
    target: usize,
    shape: Shape,
    /// What goes along the commanded way; the hand itself.
    anchor: usize,
    palm: usize,
    /// Where the grip formed off the commanded pose.
    offset: Pose,
    /// Where the target's middle was in its frame then.
    held_at: Pose,
    grip: Grip,
    toll: GripToll,
    is_secure: bool,
}

impl<'a> Hand<'a> {
    /// Puts a hand into `world` where it begins, to act on the body whose box is `shape`.
    pub(super) fn new(world: &mut World, way: &'a HandWay<'a>, shape: &Shape) -> Self {
        let anchor = world.bodies.len();
        let palm = anchor + 1;
        let at = (way.way)(way.begins);
        world.bodies.push(Body::fixed(0.0));
        place(&mut world.bodies[anchor], &at);
        let inertia = Vec3::repeat(PALM_KG * PALM_EDGE_M * PALM_EDGE_M / 6.0);
        let mut body = Body::free(PALM_KG, &inertia, &at, PALM_FRICTION);
        body.gravity = 0.0;
        let reach = |p: &Obb| p.pose.translation.vector.norm() + p.half.norm();
        body.radius = way.shapes[0].iter().map(reach).fold(0.0, f64::max);
        world.bodies.push(body);
        put_on(world, palm, way.shapes[0]);
        let drive = Compliance {
            linear: DRIVE,
            angular: TURN,
        };
        let spring = Spring::new([anchor, palm], [Pose::identity(); 2], drive);
        world.springs.push(spring);
        Self {
            way,
            target: shape.body,
            shape: *shape,
            anchor,
            palm,
            offset: Pose::identity(),
            held_at: Pose::identity(),
            grip: Grip::Before,
            toll: GripToll::default(),
            is_secure: false,
        }
    }

    /// Goes its way in the step from `now` on, s after the onset.
    pub(super) fn drive(&mut self, world: &mut World, now: f64) {
        if self.grip == Grip::Before && now > -1e-9 {
            self.take_hold(world);
        }
        if self.grip == Grip::Holding {
            if now >= self.way.opens - 1e-9 {
                self.let_go(world, Grip::After);
            } else if !self.is_secure && self.is_lost(world) {
                self.let_go(world, Grip::Lost);
            }
        }
        if self.grip == Grip::Lost {
            let anchor = &mut world.bodies[self.anchor];
            anchor.linear = Vec3::zeros();
            anchor.angular = Vec3::zeros();
            return;
        }
        let guarded = self.grip == Grip::Before && now > -GUARD_S;
        let drive = &mut world.springs[0];
        drive.max_force = if guarded {
            self.way.max_force.min(GUARD_N)
        } else {
            self.way.max_force
        };
        drive.max_moment = drive.max_force * LEVER_M;
        let to = (self.way.way)(now + STEP_S) * self.offset;
        send(&mut world.bodies[self.anchor], &to);
    }

    fn take_hold(&mut self, world: &mut World) {
        let mut hand = world.bodies[self.palm].frame();
        let (body, gives) = (
            &world.bodies[self.target],
            tool_compliance(self.way.gripper),
        );
        let middle = body.frame() * self.shape.at;
        let is_held = self.grips(&middle, &hand);
        if is_held && matches!(self.way.gripper, Gripper::Suction { .. }) {
            hand *= Pose::translation(0.0, 0.0, -self.depth(&middle, &hand));
        }
        self.offset = (self.way.way)(0.0).inverse() * hand;
        for i in [self.anchor, self.palm] {
            world.bodies[i].com = hand.translation.vector;
            world.bodies[i].rotation = hand.rotation;
        }
        if !is_held {
            self.grip = Grip::Lost;
            return;
        }
        let body = &world.bodies[self.target];
        let pads = match self.way.gripper {
            Gripper::Suction { .. } => Pose::identity(),
            Gripper::ParallelJaw { finger, .. } => Pose::translation(0.0, 0.0, 0.5 * finger.z),
        };
        let on_box = body.frame().inverse() * hand * pads;
        let mut spring = Spring::new([self.palm, self.target], [pads, on_box], gives);
        spring.strain.holds = match self.way.gripper {
            Gripper::Suction {
                max_pull,
                max_shear,
                max_moment,
                ..
            } => Holds::Cup([*max_pull, *max_shear, *max_moment]),
            Gripper::ParallelJaw {
                max_force,
                pad_friction,
                finger,
                ..
            } => {
                let [_, left, right] = self.way.shapes[1] else {
                    unreachable!("a jaw is a bar and two fingers");
                };
                let apart = right.pose.translation.x - left.pose.translation.x;
                Holds::Pads {
                    most: 0.5 * (pad_friction + body.friction) * max_force,
                    width: (apart - finger.x).max(1e-3),
                    torsion_arm: pad_torsion_arm(finger.y, finger.z),
                }
            }
        };
        world.springs.push(spring);
        // It is held now, whatever it stood on.
        world.unrest[self.target] = (Vec3::zeros(), Vec3::zeros());
        let pair = (self.target.min(self.palm), self.target.max(self.palm));
        match self.way.gripper {
            // A box sags against the stem of its cup, whose lip is all that holds it sideways.
            Gripper::Suction { .. } => world.slick = Some(pair),
            Gripper::ParallelJaw { .. } => world.apart = Some(pair),
        }
        self.held_at = hand.inverse() * (body.frame() * self.shape.at);
        reshape(world, self.palm, self.way.shapes[1]);
        self.grip = Grip::Holding;
    }

    /// Whether a hand there gets at a box whose middle is at `middle`: a cup lies whole on a face, pads reach it.
    fn grips(&self, middle: &Pose, hand: &Pose) -> bool {
        let on_box = middle.inverse() * hand;
        match self.way.gripper {
            Gripper::Suction { cup_radius, .. } => {
                LIP.seals(*cup_radius, &on_box, &self.shape.half)
            }
            Gripper::ParallelJaw { finger, .. } => {
                let off = on_box.inverse() * self.way.in_box;
                off.translation.vector.norm() < finger.z
            }
        }
    }

    /// How deep the hand is in the box whose middle is at `middle`, m: it was put where the poses' noise has a face that
    /// is farther out, and would tear itself off again as it is pushed out.
    fn depth(&self, middle: &Pose, hand: &Pose) -> f64 {
        let held = Obb::new(self.shape.half * 2.0, *middle);
        let pieces = self.way.shapes[0].iter();
        let gaps = pieces.map(|p| separation(&Obb::new(p.half * 2.0, hand * p.pose), &held).gap);
        gaps.fold(0.0, |deep, gap| deep.max(-gap))
    }

    /// The target's middle now.
    fn middle(&self, world: &World) -> Pose {
        world.bodies[self.target].frame() * self.shape.at
    }

    /// Whether the load is more than the grip holds.
    fn is_lost(&mut self, world: &World) -> bool {
        let Some(tool) = world.springs.get(1) else {
            return false;
        };
        let now = world.bodies[self.palm].frame().inverse() * self.middle(world);
        let off = self.held_at.inverse() * now;
        let slip =
            (off.translation.vector.norm() / MAX_SLIP_M).max(off.rotation.angle() / MAX_SLIP_RAD);
        self.toll.slip = self.toll.slip.max(slip);
        self.toll.share = tool.strain.share;
        let is_cup = matches!(self.way.gripper, Gripper::Suction { .. });
        slip > 1.0 || is_cup && (tool.stretch() > TRAVEL_M || tool.strain.is_too_much())
    }

    /// Who is exempt from what is looked at.
    pub(super) fn exempt(&self, world: &World) -> Exempt {
        let target = self.target;
        Exempt {
            // Bodies begin with the ground.
            held: (self.grip == Grip::Holding).then_some(target - 1),
            hand: Some((self.palm, target)),
            squeeze: match self.way.gripper {
                Gripper::ParallelJaw { max_force, .. } => {
                    Some((*max_force, world.bodies[self.palm].rotation * Vec3::x()))
                }
                Gripper::Suction { .. } => None,
            },
        }
    }

    /// What of the grip has been taken so far.
    pub(super) fn toll(&self) -> GripToll {
        GripToll {
            is_lost: self.grip == Grip::Lost,
            ..self.toll
        }
    }

    /// Its box is out of the scene: nobody asks any more whether it is lost.
    pub(super) fn secure(&mut self) {
        self.is_secure = true;
    }

    fn let_go(&mut self, world: &mut World, then: Grip) {
        world.springs.truncate(1);
        world.apart = None;
        world.slick = None;
        if matches!(self.way.gripper, Gripper::ParallelJaw { .. }) {
            reshape(world, self.palm, self.way.shapes[0]);
        }
        world.make_stale(self.palm);
        self.grip = then;
    }
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
    world.make_stale(body);
}
