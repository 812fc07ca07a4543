//! A parallel jaw: two force-limited fingers that hold by friction.
//!
//! Owns the fingers' slides and when a squeeze counts as a grip. Once it has formed, one finger
//! holds its place and the other goes on squeezing with the set force: two fingers that both only
//! push would leave the box free to wander between them, which a real jaw's coupling prevents.
//! The squeeze presses on the box's faces and so counts for `crush`.

use rapier3d::dynamics::{
    GenericJoint, ImpulseJointHandle, JointAxesMask, JointAxis, MotorModel, RigidBodyBuilder,
    RigidBodyHandle,
};
use rapier3d::geometry::ColliderHandle;

use super::engine::{Engine, from_engine, mass_properties, to_engine};
use super::hand::insert_piece;
use crate::pose::{Pose, Vec3};
use crate::scene::geometry::Obb;

/// Mass of a finger, kg. Friction has to travel through it to the palm within the solver's four
/// iterations: at 0.5 kg 24 of 65 boxes crept out of a jaw that holds them twice over, at 2 kg none.
const FINGER_KG: f64 = 2.0;
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
    /// Hangs the two `fingers` (in the hand frame, the one on +x first) on `palm`.
    pub fn new(
        engine: &mut Engine,
        palm: RigidBodyHandle,
        hand: &Pose,
        fingers: [&Obb; 2],
        max_force: f64,
        pad_friction: f64,
    ) -> Self {
        let fingers = fingers.map(|piece| {
            let centre = hand * piece.pose;
            let body = RigidBodyBuilder::dynamic()
                .pose(to_engine(&centre))
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
        true
    }

    /// Whether a pad still touches box `target`.
    pub fn holds(&self, engine: &Engine, target: usize) -> bool {
        self.fingers
            .iter()
            .any(|finger| pad_force(engine, finger, target) > 0.0)
    }

    /// Moves both fingers apart.
    pub fn open(&mut self, engine: &mut Engine) {
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
