//! One finger of a jaw: a body that slides on the palm, and the motor that moves it.
//!
//! Owns the slide's joint, how its motor closes, opens and holds a place, and how hard the pad presses on a box.
//! Refuses to say when: that is the jaw's.

use rapier3d::dynamics::{
    GenericJoint, ImpulseJointHandle, JointAxesMask, JointAxis, MotorModel, RigidBodyBuilder,
    RigidBodyHandle,
};
use rapier3d::geometry::ColliderHandle;

use crate::pose::{Pose, Vec3};
use crate::sandbox::crossing::{from_engine, mass_properties, to_engine};
use crate::sandbox::engine::{Engine, LOOK_AHEAD_M};
use crate::sandbox::hand::insert_piece;
use crate::scene::geometry::Obb;

/// Mass of a finger, kg.
const FINGER_KG: f64 = 1.0;
/// Speed of closing and opening, m/s.
const CLOSING_SPEED: f64 = 0.12;
/// Damping of the closing motor, N·s/m: at rest it presses with its whole limit.
const CLOSING_DAMPING: f64 = 5.0e4;
/// The finger that holds its place: N/m and N·s/m.
const LOCK: (f64, f64) = (2.0e5, 4.0e3);
/// Everything but the sliding axis.
const SLIDE: JointAxesMask = JointAxesMask::LOCKED_PRISMATIC_AXES;

#[derive(Clone)]
pub(super) struct Finger {
    pub(super) body: RigidBodyHandle,
    pub(super) collider: ColliderHandle,
    slide: ImpulseJointHandle,
    /// Which way along the hand's x this finger opens.
    pub(super) side: f64,
}

impl Finger {
    /// Hangs one finger, shaped and placed in the hand frame as `piece`, on `palm`.
    pub(super) fn hang(
        engine: &mut Engine,
        palm: RigidBodyHandle,
        hand: &Pose,
        piece: &Obb,
        pad_friction: f64,
    ) -> Self {
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
        let joint = slide_of(piece);
        Self {
            body,
            collider,
            slide: engine.joints.insert(palm, body, joint, true),
            side: piece.pose.translation.vector.x.signum(),
        }
    }

    /// Where it is on the palm, which is at `palm`.
    pub(super) fn on_palm(&self, engine: &Engine, palm: &Pose) -> Pose {
        palm.inverse() * from_engine(engine.bodies[self.body].position())
    }

    /// Moves it along the hand's x, `towards` 1 or -1, with up to `max_force`.
    pub(super) fn press(&self, engine: &mut Engine, towards: f64, max_force: f64) {
        if let Some(joint) = engine.joints.get_mut(self.slide, true) {
            joint.data.set_motor(
                JointAxis::LinX,
                0.0,
                (towards * CLOSING_SPEED) as f32,
                0.0,
                CLOSING_DAMPING as f32,
            );
            joint
                .data
                .set_motor_max_force(JointAxis::LinX, max_force as f32);
        }
    }

    /// Has it hold the place where it is, against the other one's `max_force`.
    pub(super) fn hold_place(&self, engine: &mut Engine, palm: &Pose, max_force: f64) {
        let at = self.on_palm(engine, palm);
        if let Some(joint) = engine.joints.get_mut(self.slide, true) {
            let x = at.translation.vector.x - self.side * max_force / LOCK.0;
            joint
                .data
                .set_motor(JointAxis::LinX, x as f32, 0.0, LOCK.0 as f32, LOCK.1 as f32);
            joint
                .data
                .set_motor_max_force(JointAxis::LinX, (4.0 * max_force) as f32);
        }
    }

    /// The normal force between it and box `target` in the latest step, N.
    pub(super) fn pad_force(&self, engine: &Engine, target: usize) -> f64 {
        let Some(collider) =
            engine.boxes[target].and_then(|b| engine.bodies[b].colliders().first())
        else {
            return 0.0;
        };
        let pair = engine.narrow_phase.contact_pair(self.collider, *collider);
        let impulse: f32 = pair.map_or(0.0, |pair| {
            pair.solver_manifolds()
                .iter()
                .flat_map(|m| &m.points)
                .map(|p| p.data.impulse)
                .sum()
        });
        f64::from(impulse) / engine.dt()
    }
}

/// The joint that a finger slides in, which keeps it in its place until it is told to move.
fn slide_of(piece: &Obb) -> GenericJoint {
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
    joint
}
