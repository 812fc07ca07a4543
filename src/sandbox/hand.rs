//! The hand as bodies: a palm that motors drive after a commanded pose, with a tool on it.
//!
//! Owns the drive (a free joint to a kinematic anchor, its motors capped at `max_hand_force`; a
//! kinematic hand would have infinite force: 47 kN when 5 mm into a wall) and which tool is
//! fitted. The grips themselves are [`super::suction`] and [`super::jaw`].

use rapier3d::dynamics::{
    GenericJoint, ImpulseJointHandle, JointAxesMask, JointAxis, MotorModel, RigidBodyBuilder,
    RigidBodyHandle,
};

use super::contact::Forces;
use super::crossing::{
    ANGULAR, LINEAR, Part, cuboid, from_engine, from_vector, mass_properties, to_engine,
};
use super::engine::{Engine, LOOK_AHEAD_M, SWEEPS, hand_groups};
use super::jaw::Jaw;
use super::suction::Suction;
use crate::grasp::compliance::{DRIVE, MAX_SLIP_M, MAX_SLIP_RAD, TURN};
use crate::grasp::drive::{GUARD_N, LEVER_M, PALM_EDGE_M, PALM_FRICTION, PALM_KG};
use crate::grasp::hand_shape;
use crate::pose::{Pose, Vec3};
use crate::scene::geometry::Obb;
use crate::scene::{Gripper, Scene};

/// How much force the drive may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Up to `max_hand_force`.
    Full,
    /// Up to [`GUARD_N`].
    Guarded,
}

/// How the grip stands after a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GripStatus {
    /// Not formed yet, or let go as told.
    Free,
    /// The box is held.
    Holding {
        /// The share of capacity that is left: 1 unloaded, 0 at the limit.
        margin: f64,
    },
    /// It was held, and is no longer.
    Lost,
}

#[derive(Clone)]
enum Tool {
    Suction(Suction),
    Jaw(Jaw),
}

/// The hand's bodies in one engine.
#[derive(Clone)]
pub struct Hand {
    anchor: RigidBodyHandle,
    palm: RigidBodyHandle,
    drive: ImpulseJointHandle,
    tool: Tool,
    max_force: f64,
    /// Where the grip formed off the commanded pose; carried along so that closing does not jerk.
    offset: Pose,
    command: Pose,
    /// The box in the hand when the grip formed.
    held_at: Option<Pose>,
}

impl Hand {
    /// Puts a hand with `gripper` into `engine`, at `pose`, its jaw `opening` metres wide.
    pub fn new(
        engine: &mut Engine,
        gripper: &Gripper,
        max_force: f64,
        opening: f64,
        pose: &Pose,
    ) -> Self {
        let anchor = engine
            .bodies
            .insert(RigidBodyBuilder::kinematic_position_based().pose(to_engine(pose)));
        let palm = RigidBodyBuilder::dynamic()
            .pose(to_engine(pose))
            .soft_ccd_prediction(LOOK_AHEAD_M)
            .gravity_scale(0.0)
            .can_sleep(false)
            .additional_mass_properties(mass_properties(
                Vec3::repeat(PALM_EDGE_M),
                PALM_KG,
                Vec3::zeros(),
            ));
        let palm = engine.bodies.insert(palm);
        let shape = hand_shape(gripper, opening);
        let drive = {
            let mut joint = GenericJoint::new(JointAxesMask::empty());
            joint.set_contacts_enabled(false);
            set_spring(&mut joint, LINEAR, DRIVE);
            set_spring(&mut joint, ANGULAR, TURN);
            engine.joints.insert(anchor, palm, joint, true)
        };
        let tool = match *gripper {
            Gripper::Suction {
                cup_radius,
                max_pull,
                max_shear,
                max_moment,
            } => {
                for piece in &shape {
                    insert_piece(engine, palm, piece, PALM_FRICTION);
                }
                Tool::Suction(Suction::new(cup_radius, max_pull, max_shear, max_moment))
            }
            Gripper::ParallelJaw {
                max_force,
                pad_friction,
                ..
            } => {
                insert_piece(engine, palm, &shape[0], PALM_FRICTION);
                let fingers = [&shape[1], &shape[2]];
                Tool::Jaw(Jaw::new(
                    engine,
                    palm,
                    pose,
                    fingers,
                    max_force,
                    pad_friction,
                ))
            }
        };
        let mut hand = Self {
            anchor,
            palm,
            drive,
            tool,
            max_force,
            offset: Pose::identity(),
            command: *pose,
            held_at: None,
        };
        hand.steer(engine, pose, Effort::Full);
        hand
    }

    /// Commands the hand to be at `pose` at the end of the coming step.
    pub fn steer(&mut self, engine: &mut Engine, pose: &Pose, effort: Effort) {
        let command = pose * self.offset;
        let limit = match effort {
            Effort::Full => self.max_force,
            Effort::Guarded => self.max_force.min(GUARD_N),
        };
        let palm = &engine.bodies[self.palm];
        let at = from_engine(palm.position());
        let velocity = from_vector(palm.linvel());
        let command_velocity =
            (command.translation.vector - self.command.translation.vector) / engine.dt();
        let wanted = (command.translation.vector - at.translation.vector) * DRIVE.0
            + (command_velocity - velocity) * DRIVE.1;
        let wanted = command.rotation.inverse() * wanted;
        if let Some(joint) = engine.joints.get_mut(self.drive, true) {
            cap_force(&mut joint.data, &wanted, limit);
            for axis in ANGULAR {
                joint
                    .data
                    .set_motor_max_force(axis, (limit * LEVER_M) as f32);
            }
        }
        engine.bodies[self.anchor].set_next_kinematic_position(to_engine(&command));
        self.command = command;
    }

    /// The palm's pose: the hand frame.
    pub fn pose(&self, engine: &Engine) -> Pose {
        from_engine(engine.bodies[self.palm].position())
    }

    /// Tries to grip box `target`; call once a step while the grip is told to close.
    pub fn close(
        &mut self,
        engine: &mut Engine,
        scene: &Scene,
        target: usize,
        forces: &Forces,
    ) -> GripStatus {
        let Some(box_pose) = engine.box_pose(target) else {
            return GripStatus::Free;
        };
        let hand_pose = self.pose(engine);
        let size = scene.boxes[target].size;
        let formed = match &mut self.tool {
            Tool::Suction(cup) => cup.seal(engine, self.palm, &hand_pose, target, size, &box_pose),
            Tool::Jaw(jaw) => forces.hand_touches(target) && jaw.squeeze(engine, target),
        };
        if !formed {
            if let Tool::Jaw(jaw) = &self.tool {
                jaw.close(engine);
            }
            return GripStatus::Free;
        }
        // From here on the commanded path is followed from where the hand really is.
        self.offset *= self.command.inverse() * hand_pose;
        // The anchor is put there, not moved: its way in one step would count as a velocity, and the
        // drive's damper gave the palm a kick of 150 mm/s.
        self.command = hand_pose;
        engine.bodies[self.anchor].set_position(to_engine(&hand_pose), true);
        self.held_at = Some(hand_pose.inverse() * box_pose);
        GripStatus::Holding { margin: 1.0 }
    }

    /// Looks at the load on a formed grip after a step; lets go where it is too much.
    pub fn hold(&mut self, engine: &mut Engine, target: usize) -> GripStatus {
        let (Some(held_at), Some(box_pose)) = (self.held_at, engine.box_pose(target)) else {
            return GripStatus::Free;
        };
        let hand_pose = self.pose(engine);
        let slip = held_at.inverse() * (hand_pose.inverse() * box_pose);
        let slipped =
            slip.translation.vector.norm() > MAX_SLIP_M || slip.rotation.angle() > MAX_SLIP_RAD;
        let margin = match &mut self.tool {
            Tool::Suction(cup) => cup.load(engine, self.palm, target),
            Tool::Jaw(jaw) => jaw.load(engine, target),
        };
        match margin {
            Some(margin) if !slipped => GripStatus::Holding { margin },
            _ => {
                self.open(engine);
                GripStatus::Lost
            }
        }
    }

    /// Lets go.
    pub fn open(&mut self, engine: &mut Engine) {
        self.held_at = None;
        match &mut self.tool {
            Tool::Suction(cup) => cup.release(engine, self.palm),
            Tool::Jaw(jaw) => jaw.open(engine),
        }
    }

    /// Takes the hand out of the world.
    pub fn vanish(self, engine: &mut Engine) {
        if let Tool::Jaw(jaw) = &self.tool {
            jaw.vanish(engine);
        }
        engine.remove_body(self.palm);
        engine.remove_body(self.anchor);
        // A cup that held its box to the end was never told to let go.
        engine.set_sweeps(SWEEPS);
    }
}

/// Makes `axes` of a joint springs towards zero: `(stiffness, damping)`.
pub(super) fn set_spring(joint: &mut GenericJoint, axes: [JointAxis; 3], spring: (f64, f64)) {
    for axis in axes {
        joint.set_motor_model(axis, MotorModel::ForceBased);
        joint.set_motor(axis, 0.0, 0.0, spring.0 as f32, spring.1 as f32);
    }
}

/// Caps the force of a spring along the axes at `limit` newtons, where it is about to be `wanted` (in the
/// joint's first frame).
///
/// The cap is on the force's length, so it is shared out along the direction it is wanted in.
pub(super) fn cap_force(joint: &mut GenericJoint, wanted: &Vec3, limit: f64) {
    let strength = wanted.norm();
    let share = wanted.abs() / strength.max(1e-9);
    for (k, axis) in LINEAR.into_iter().enumerate() {
        let cap = if strength > 0.5 * limit {
            limit * share[k]
        } else {
            limit
        };
        joint.set_motor_max_force(axis, cap as f32);
    }
}

/// Hangs one piece of the hand's shape, given in the hand frame, on `body`.
pub(super) fn insert_piece(
    engine: &mut Engine,
    body: RigidBodyHandle,
    piece: &Obb,
    friction: f64,
) -> rapier3d::geometry::ColliderHandle {
    let collider = cuboid(piece.half * 2.0)
        .position(to_engine(&piece.pose))
        .friction(friction as f32)
        .density(0.0)
        .collision_groups(hand_groups())
        .user_data(Part::Hand.encode());
    engine
        .colliders
        .insert_with_parent(collider, body, &mut engine.bodies)
}
