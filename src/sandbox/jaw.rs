//! A parallel jaw: two force-limited fingers, and the friction of their pads.
//!
//! Owns the fingers' slides, when a squeeze counts as a grip, and what the pads then hold. Once the
//! grip has formed, one finger holds its place and the other goes on squeezing with the set force:
//! two fingers that both only push would leave the box free to wander between them, which a real
//! jaw's coupling prevents. The squeeze presses on the box's faces and so counts for `crush`.
//!
//! The pads' friction is a compliant joint that yields at Coulomb's limit for soft pads (each pad's
//! shear and torsion within an ellipsoid; Howe and Cutkosky, IJRR 1996), from the normal forces that
//! the pads really feel. The engine's own friction would not do: it is solved once a substep and
//! against a light finger, and boxes crept out of grips with half their capacity to spare (273 of
//! 389 lone lifts, measured).

use rapier3d::dynamics::{
    CoefficientCombineRule, GenericJoint, ImpulseJointHandle, JointAxesMask, JointAxis, MotorModel,
    RigidBodyBuilder, RigidBodyHandle,
};
use rapier3d::geometry::ColliderHandle;

use super::contact::window;
use super::crossing::{from_engine, from_vector, mass_properties, to_engine, to_vector};
use super::engine::{Engine, LOOK_AHEAD_M};
use super::hand::{ANGULAR, insert_piece};
use crate::grasp::compliance::{SHEAR, TWIST};
use crate::grasp::pad_torsion_arm;
use crate::pose::{Pose, Quat, Vec3};
use crate::scene::geometry::Obb;

/// Mass of a finger, kg.
const FINGER_KG: f64 = 1.0;
/// Speed of closing and opening, m/s.
const CLOSING_SPEED: f64 = 0.12;
/// Damping of the closing motor, N·s/m: at rest it presses with its whole limit.
const CLOSING_DAMPING: f64 = 5.0e4;
/// The finger that holds its place: N/m and N·s/m.
const LOCK: (f64, f64) = (2.0e5, 4.0e3);
/// Share of the set squeeze that both pads must feel before the grip counts as formed.
const FORMED: f64 = 0.7;
/// Everything but the sliding axis.
const SLIDE: JointAxesMask = JointAxesMask::LOCKED_PRISMATIC_AXES;

/// Two fingers on a palm.
#[derive(Clone)]
pub struct Jaw {
    palm: RigidBodyHandle,
    fingers: [Finger; 2],
    max_force: f64,
    pad_friction: f64,
    /// The pads' middle in the hand frame.
    pads: Pose,
    /// Thickness of a finger, m.
    thickness: f64,
    /// The arm of a pad's torsional friction, m.
    torsion_arm: f64,
    hold: Option<Hold>,
}

/// What the pads do to a box between them.
#[derive(Clone)]
struct Hold {
    joint: ImpulseJointHandle,
    /// Where the pads stick, on the box.
    on_box: Pose,
    /// Mean of the pads' coefficient and the box's.
    friction: f64,
    /// Between the pads, m.
    width: f64,
    /// Both pads' normal force in the latest steps, N.
    normal: Vec<f64>,
    cursor: usize,
}

#[derive(Clone)]
struct Finger {
    body: RigidBodyHandle,
    collider: ColliderHandle,
    slide: ImpulseJointHandle,
    /// Which way along the hand's x this finger opens.
    side: f64,
}

impl Jaw {
    /// Hangs the two `fingers` (in the hand frame, the one on -x first, as [`crate::grasp::hand_shape`] has them)
    /// on `palm`.
    pub fn new(
        engine: &mut Engine,
        palm: RigidBodyHandle,
        hand: &Pose,
        fingers: [&Obb; 2],
        max_force: f64,
        pad_friction: f64,
    ) -> Self {
        let pad = fingers[0].half * 2.0;
        let pads = Pose::translation(0.0, 0.0, fingers[0].pose.translation.z);
        let fingers = fingers.map(|piece| {
            let centre = hand * piece.pose;
            let body = RigidBodyBuilder::dynamic()
                .pose(to_engine(&centre))
                .soft_ccd_prediction(LOOK_AHEAD_M)
                .gravity_scale(0.0)
                .can_sleep(false)
                .additional_mass_properties(mass_properties(
                    Vec3::repeat(0.1),
                    FINGER_KG,
                    Vec3::zeros(),
                ));
            let body = engine.bodies.insert(body);
            let local = Obb {
                pose: Pose::identity(),
                ..*piece
            };
            let collider = insert_piece(engine, body, &local, pad_friction);
            let mut joint = GenericJoint::new(SLIDE);
            joint.set_contacts_enabled(false);
            // The joint's coordinate is the finger's x in the hand; the rest of its place is fixed.
            let mut on_palm = piece.pose;
            on_palm.translation.vector.x = 0.0;
            joint.set_local_frame1(to_engine(&on_palm));
            joint.set_motor_model(JointAxis::LinX, MotorModel::ForceBased);
            let reach = piece.pose.translation.vector.x as f32;
            joint.set_limits(JointAxis::LinX, [reach.min(0.0), reach.max(0.0)]);
            joint.set_motor(
                JointAxis::LinX,
                piece.pose.translation.vector.x as f32,
                0.0,
                LOCK.0 as f32,
                LOCK.1 as f32,
            );
            Finger {
                body,
                collider,
                slide: engine.joints.insert(palm, body, joint, true),
                side: piece.pose.translation.vector.x.signum(),
            }
        });
        Self {
            palm,
            fingers,
            max_force,
            pad_friction,
            pads,
            thickness: pad.x,
            torsion_arm: pad_torsion_arm(pad.y, pad.z),
            hold: None,
        }
    }

    /// Moves both fingers inwards with the set force.
    pub fn close(&self, engine: &mut Engine) {
        for finger in &self.fingers {
            self.press(engine, finger, -finger.side);
        }
    }

    /// Whether both pads press on box `target`; if so, the jaw turns from closing to holding.
    pub fn squeeze(&mut self, engine: &mut Engine, target: usize) -> bool {
        let firm = |finger: &Finger| pad_force(engine, finger, target) >= FORMED * self.max_force;
        if !self.fingers.iter().all(firm) {
            return false;
        }
        let palm = from_engine(engine.bodies[self.palm].position());
        let holder = &self.fingers[0];
        let at = palm.inverse() * from_engine(engine.bodies[holder.body].position());
        if let Some(joint) = engine.joints.get_mut(holder.slide, true) {
            let x = at.translation.vector.x - holder.side * self.max_force / LOCK.0;
            joint
                .data
                .set_motor(JointAxis::LinX, x as f32, 0.0, LOCK.0 as f32, LOCK.1 as f32);
            joint
                .data
                .set_motor_max_force(JointAxis::LinX, (4.0 * self.max_force) as f32);
        }
        self.stick(engine, target, &palm)
    }

    /// Lets the pads' friction act as a joint from here on, in place of the engine's.
    fn stick(&mut self, engine: &mut Engine, target: usize, palm: &Pose) -> bool {
        let (Some(body), Some(box_pose)) = (engine.boxes[target], engine.box_pose(target)) else {
            return false;
        };
        let xs = [0, 1].map(|k| {
            let finger = from_engine(engine.bodies[self.fingers[k].body].position());
            (palm.inverse() * finger).translation.x
        });
        let box_friction = engine.bodies[body]
            .colliders()
            .first()
            .map_or(0.0, |&c| f64::from(engine.colliders[c].friction()));
        let on_box = box_pose.inverse() * palm * self.pads;
        let mut joint = GenericJoint::new(JointAxesMask::empty());
        joint.set_local_frame1(to_engine(&self.pads));
        joint.set_local_frame2(to_engine(&on_box));
        let springs = [JointAxis::LinY, JointAxis::LinZ].map(|axis| (axis, SHEAR));
        for (axis, spring) in springs.into_iter().chain(ANGULAR.map(|axis| (axis, TWIST))) {
            joint.set_motor_model(axis, MotorModel::ForceBased);
            joint.set_motor(axis, 0.0, 0.0, spring.0 as f32, spring.1 as f32);
        }
        self.set_pad_friction(engine, 0.0, CoefficientCombineRule::Min);
        self.hold = Some(Hold {
            joint: engine.joints.insert(self.palm, body, joint, true),
            on_box,
            friction: 0.5 * (self.pad_friction + box_friction),
            width: ((xs[0] - xs[1]).abs() - self.thickness).max(1e-3),
            normal: vec![2.0 * self.max_force; window(engine)],
            cursor: 0,
        });
        true
    }

    fn set_pad_friction(&self, engine: &mut Engine, friction: f64, rule: CoefficientCombineRule) {
        for finger in &self.fingers {
            if let Some(collider) = engine.colliders.get_mut(finger.collider) {
                collider.set_friction(friction as f32);
                collider.set_friction_combine_rule(rule);
            }
        }
    }

    /// The share of the pads' friction that the load leaves, 0 while they slip; `None` once no pad
    /// touches box `target`.
    pub fn load(&mut self, engine: &mut Engine, target: usize) -> Option<f64> {
        let normal: f64 = self
            .fingers
            .iter()
            .map(|f| pad_force(engine, f, target))
            .sum();
        let hold = self.hold.as_mut()?;
        hold.cursor = (hold.cursor + 1) % hold.normal.len();
        hold.normal[hold.cursor] = normal;
        let normal = hold.normal.iter().sum::<f64>() / hold.normal.len() as f64;
        if normal <= 0.0 {
            return None;
        }
        let (hand, item) = (
            &engine.bodies[self.palm],
            &engine.bodies[engine.boxes[target]?],
        );
        let frame = from_engine(hand.position()) * self.pads;
        let box_pose = from_engine(item.position());
        let stuck = box_pose * hold.on_box;
        let stretch = frame.inverse() * stuck;
        let point = to_vector(stuck.translation.vector);
        let into_hand = frame.rotation.inverse();
        let slide =
            into_hand * from_vector(item.velocity_at_point(point) - hand.velocity_at_point(point));
        let turn = into_hand * from_vector(item.angvel() - hand.angvel());
        let mut force = stretch.translation.vector * SHEAR.0 + slide * SHEAR.1;
        force.x = 0.0;
        let moment = stretch.rotation.scaled_axis() * TWIST.0 + turn * TWIST.1;
        let used =
            pads_used(force, moment, hold.width, self.torsion_arm) / (0.5 * hold.friction * normal);
        if used > 1.0 {
            // The pads slip: what is left of the stretch is what friction bears.
            let mut kept = (force / used - slide * SHEAR.1) / SHEAR.0;
            kept.x = stretch.translation.x;
            let turned = (moment / used - turn * TWIST.1) / TWIST.0;
            let kept = Pose::from_parts(kept.into(), Quat::from_scaled_axis(turned));
            hold.on_box = box_pose.inverse() * frame * kept;
            if let Some(joint) = engine.joints.get_mut(hold.joint, true) {
                joint.data.set_local_frame2(to_engine(&hold.on_box));
            }
        }
        Some((1.0 - used).max(0.0))
    }

    /// Moves both fingers apart.
    pub fn open(&mut self, engine: &mut Engine) {
        if let Some(hold) = self.hold.take() {
            engine.joints.remove(hold.joint, true);
            self.set_pad_friction(engine, self.pad_friction, CoefficientCombineRule::Average);
        }
        for finger in &self.fingers {
            self.press(engine, finger, finger.side);
        }
    }

    /// Takes the fingers out of the world.
    pub fn vanish(&self, engine: &mut Engine) {
        for finger in &self.fingers {
            engine.remove_body(finger.body);
        }
    }

    fn press(&self, engine: &mut Engine, finger: &Finger, towards: f64) {
        if let Some(joint) = engine.joints.get_mut(finger.slide, true) {
            joint.data.set_motor(
                JointAxis::LinX,
                0.0,
                (towards * CLOSING_SPEED) as f32,
                0.0,
                CLOSING_DAMPING as f32,
            );
            joint
                .data
                .set_motor_max_force(JointAxis::LinX, self.max_force as f32);
        }
    }
}

/// The larger of the two pads' friction, N: shear and torsion of each as one ellipsoid.
///
/// `force` and `moment` act on the middle between the pads (hand frame, closing along x); a moment
/// across x loads the pads in opposite directions, `width` apart.
fn pads_used(force: Vec3, moment: Vec3, width: f64, torsion_arm: f64) -> f64 {
    let shared = force.yz() * 0.5;
    let couple = Vec3::new(0.0, moment.z, -moment.y).yz() / width;
    let torsion = 0.5 * moment.x / torsion_arm;
    (shared + couple)
        .norm()
        .max((shared - couple).norm())
        .hypot(torsion)
}

/// The normal force between a finger and box `target` in the latest step, N.
fn pad_force(engine: &Engine, finger: &Finger, target: usize) -> f64 {
    let Some(collider) = engine.boxes[target].and_then(|b| engine.bodies[b].colliders().first())
    else {
        return 0.0;
    };
    let pair = engine.narrow_phase.contact_pair(finger.collider, *collider);
    let impulse: f32 = pair.map_or(0.0, |pair| {
        pair.solver_manifolds()
            .iter()
            .flat_map(|m| &m.points)
            .map(|p| p.data.impulse)
            .sum()
    });
    f64::from(impulse) / engine.dt()
}
