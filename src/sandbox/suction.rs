//! A vacuum cup: a compliant joint that lets go at its limits, as a real cup does.
//!
//! Owns the seal (the whole cup on the face, near enough and flat enough), the load on it, and
//! the limit: |shear| ≤ max_shear and pull / max_pull + |moment| / max_moment ≤ 1. Caps on single
//! axes would not do: 100 N of shear then holds 142 N at 45° (measured; design, section 6).
//!
//! The load is what the joint's motors bore in the step's last substep, where section 6 asks for stretch and speed at the
//! step's end. Those do not tell it: what the engine solves after the damper leaves a speed that the damper never had, which
//! in one light box was read as three times the moment there was. Of 691 boxes that cups lost 52 were lost by that,
//! nearly all of them lighter than 1 kg, and 48 of these the engine holds too if it sweeps sixteen times in place of once.
//! A jump of the load shorter than a step may be missed, as the three steps of patience would have it anyway; the
//! joint's own impulses, which read zero, are of locked axes, and this one has none.

use rapier3d::dynamics::{
    CoefficientCombineRule, GenericJoint, ImpulseJointHandle, JointAxesMask, RigidBodyHandle,
};

use super::crossing::{ANGULAR, LINEAR, from_engine, to_engine};
use super::engine::{DT_S, Engine, SWEEPS};
use super::hand::set_spring;
use crate::grasp::compliance::{Compliance, TRAVEL_M, cup_compliance};
use crate::grasp::drive::PALM_FRICTION;
use crate::grasp::{Lip, cup_shares};
use crate::pose::{Pose, Vec3};

/// What the lip bridges: 10° of an angle, and less of an edge than it is wide.
const LIP: Lip = Lip {
    gap_m: 0.008,
    angle_rad: 0.175,
    edge_m: 0.002,
};
/// How long the limit has to be passed before the seal breaks, s: three steps.
const PATIENCE_S: f64 = 3.0 * DT_S;

/// A damper is stiff where its force at the start of a substep, if it stayed, would take more than so many times the box's
/// speed in that substep: it and what else touches the box shake each other up. By mass alone, as the losses went: boxes under
/// 0.2 kg were lost before they were lifted by cups that hold 150 N (0.3 kg, 400 N), which is from 2.1 on.
const STIFF: f64 = 1.5;
/// The sweeps of a substep where it is stiff: with four, cups of 150 and 400 N lose no box down to 50 g so.
const STIFF_SWEEPS: usize = 4;

/// The cup and, while it holds, its joint.
#[derive(Clone)]
pub struct Suction {
    radius: f64,
    max_pull: f64,
    max_shear: f64,
    max_moment: f64,
    gives: Compliance,
    seal: Option<Seal>,
}

#[derive(Clone)]
struct Seal {
    joint: ImpulseJointHandle,
    /// The sealed point and its frame on the box.
    on_box: Pose,
    over: u32,
}

impl Suction {
    /// A cup with its limits in N and N·m.
    pub fn new(radius: f64, max_pull: f64, max_shear: f64, max_moment: f64) -> Self {
        Self {
            radius,
            max_pull,
            max_shear,
            max_moment,
            gives: cup_compliance(max_pull, max_shear, max_moment),
            seal: None,
        }
    }

    /// Seals onto box `target` if the lip lies on its face; says whether it did.
    pub fn seal(
        &mut self,
        engine: &mut Engine,
        palm: RigidBodyHandle,
        hand: &Pose,
        target: usize,
        size: Vec3,
        box_pose: &Pose,
    ) -> bool {
        let on_box = box_pose.inverse() * hand;
        if !LIP.seals(self.radius, &on_box, &(size * 0.5)) {
            return false;
        }
        let Some(body) = engine.boxes[target] else {
            return false;
        };
        let mut joint = GenericJoint::new(JointAxesMask::empty());
        joint.set_local_frame2(to_engine(&on_box));
        set_spring(&mut joint, LINEAR, self.gives.linear);
        set_spring(&mut joint, ANGULAR, self.gives.angular);
        let stiffness =
            self.gives.linear.1 * engine.substep() / f64::from(engine.bodies[body].mass());
        if stiffness > STIFF {
            engine.set_sweeps(STIFF_SWEEPS);
        }
        let joint = engine.joints.insert(palm, body, joint, true);
        set_lip_friction(engine, palm, 0.0, CoefficientCombineRule::Min);
        self.seal = Some(Seal {
            joint,
            on_box,
            over: 0,
        });
        true
    }

    /// The share of the capacity that the load leaves; `None` once the seal is broken.
    pub fn load(&mut self, engine: &Engine, palm: RigidBodyHandle, target: usize) -> Option<f64> {
        let seal = self.seal.as_mut()?;
        let (hand, item) = (&engine.bodies[palm], &engine.bodies[engine.boxes[target]?]);
        let frame = from_engine(hand.position());
        let sealed = from_engine(item.position()) * seal.on_box;
        let stretch = (sealed.translation.vector - frame.translation.vector).norm();
        let (force, moment) = engine.borne(seal.joint)?;
        let limits = [self.max_pull, self.max_shear, self.max_moment];
        let [shear, pull] = cup_shares(limits, &force, &moment);
        let used = shear.max(pull);
        seal.over = if used > 1.0 { seal.over + 1 } else { 0 };
        let broken = f64::from(seal.over) * engine.dt() > PATIENCE_S - 0.5 * engine.dt()
            || stretch > TRAVEL_M;
        (!broken).then_some(1.0 - used)
    }

    /// Vents the cup.
    pub fn release(&mut self, engine: &mut Engine, palm: RigidBodyHandle) {
        if let Some(seal) = self.seal.take() {
            engine.joints.remove(seal.joint, true);
            engine.set_sweeps(SWEEPS);
            set_lip_friction(engine, palm, PALM_FRICTION, CoefficientCombineRule::Average);
        }
    }
}

/// Sets the friction of what is rigid on the palm.
///
/// While sealed it is none: `max_shear` is all that the cup holds sideways, and the stem's own
/// friction added 7 % to it where a box sagged against the stem.
fn set_lip_friction(
    engine: &mut Engine,
    palm: RigidBodyHandle,
    friction: f64,
    rule: CoefficientCombineRule,
) {
    let pieces: Vec<_> = engine.bodies[palm].colliders().to_vec();
    for piece in pieces {
        if let Some(collider) = engine.colliders.get_mut(piece) {
            collider.set_friction(friction as f32);
            collider.set_friction_combine_rule(rule);
        }
    }
}
