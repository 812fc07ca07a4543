//! The friction of a jaw's pads, from when they have gripped until they open.
//!
//! Owns [`Hold`]: what the pads hold, and what share of their friction a load leaves.
//!
//! The pads' friction is a compliant joint that yields at Coulomb's limit for soft pads (each pad's
//! shear and torsion within an ellipsoid; Howe and Cutkosky, IJRR 1996), from the normal forces that
//! the pads really feel. The engine's own friction would not do: it is solved once a substep and
//! against a light finger, and boxes crept out of grips with half their capacity to spare (273 of
//! 389 lone lifts, measured).

use rapier3d::dynamics::{
    CoefficientCombineRule, GenericJoint, ImpulseJointHandle, JointAxesMask, JointAxis, MotorModel,
};

use super::Jaw;
use crate::grasp::compliance::{SHEAR, TWIST};
use crate::grasp::pads_bear;
use crate::pose::{Pose, Quat};
use crate::sandbox::contact::window;
use crate::sandbox::crossing::{ANGULAR, from_engine, from_vector, to_engine, to_vector};
use crate::sandbox::engine::Engine;

/// What the pads do to a box between them.
#[derive(Clone)]
pub(super) struct Hold {
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

impl Hold {
    /// Takes in both pads' normal force in the latest step; the mean of the latest steps, N.
    fn mean_normal(&mut self, latest: f64) -> f64 {
        self.cursor = (self.cursor + 1) % self.normal.len();
        self.normal[self.cursor] = latest;
        self.normal.iter().sum::<f64>() / self.normal.len() as f64
    }
}

impl Jaw {
    /// Lets the pads' friction act as a joint from here on, in place of the engine's.
    pub(super) fn stick(&mut self, engine: &mut Engine, target: usize, palm: &Pose) -> bool {
        let (Some(body), Some(box_pose)) = (engine.boxes[target], engine.box_pose(target)) else {
            return false;
        };
        let xs = [0, 1].map(|k| self.fingers[k].on_palm(engine, palm).translation.x);
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

    /// Gives the pads' friction back to the engine, where it was taken from it.
    pub(super) fn unstick(&mut self, engine: &mut Engine) {
        if let Some(hold) = self.hold.take() {
            engine.joints.remove(hold.joint, true);
            self.set_pad_friction(engine, self.pad_friction, CoefficientCombineRule::Average);
        }
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
            .map(|f| f.pad_force(engine, target))
            .sum();
        let hold = self.hold.as_mut()?;
        let normal = hold.mean_normal(normal);
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
        // Not what the joint bore, as of a cup: read so, 16 more of 827 boxes slip, of which eight sweeps bear out six.
        let mut force = stretch.translation.vector * SHEAR.0 + slide * SHEAR.1;
        force.x = 0.0;
        let moment = stretch.rotation.scaled_axis() * TWIST.0 + turn * TWIST.1;
        let used = pads_bear(&force, &moment, hold.width, self.torsion_arm)
            / (0.5 * hold.friction * normal);
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
}
