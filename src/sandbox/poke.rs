//! Nudges and pushes: something acts on a box's centre, without a hand.
//!
//! Owns both as design, section 3, defines them: a nudge drives the centre at up to 0.1 m/s with the box
//! free to rotate, sets out and comes to rest gently, with no more than the robot's force, and then lets go; a push is
//! a constant force on the centre for 0.5 s.

use rapier3d::dynamics::{
    GenericJoint, ImpulseJointHandle, JointAxesMask, RigidBodyBuilder, RigidBodyHandle,
};

use super::crossing::{LINEAR, from_vector, to_engine, to_vector};
use super::engine::Engine;
use super::hand::{cap_force, set_spring};
use crate::pose::{Pose, Quat, Vec3};
use crate::rollout::{Action, NUDGE_DRIVE, PUSH_S, nudge_seconds, nudge_travel};

/// A nudge or push under way.
pub enum Poke {
    /// A box's centre tied to a moving anchor.
    Nudge {
        /// The box.
        body: RigidBodyHandle,
        /// The kinematic body that moves.
        anchor: RigidBodyHandle,
        /// Between anchor and box.
        joint: ImpulseJointHandle,
        /// Where the centre was.
        from: Vec3,
        /// m.
        by: Vec3,
        /// The most that it drives with, N.
        max_force: f64,
    },
    /// A force.
    Push {
        /// The box.
        body: RigidBodyHandle,
        /// N.
        force: Vec3,
    },
}

impl Poke {
    /// Begins, a nudge with up to `max_force` newtons; `None` for actions of the hand, or when the box is gone.
    pub fn start(engine: &mut Engine, action: &Action, max_force: f64) -> Option<Self> {
        match *action {
            Action::Nudge { box_index, by } => {
                let body = engine.boxes[box_index]?;
                let from = engine.box_pose(box_index)?.translation.vector;
                let at = to_engine(&Pose::from_parts(from.into(), Quat::identity()));
                let anchor = engine
                    .bodies
                    .insert(RigidBodyBuilder::kinematic_position_based().pose(at));
                let mut joint = GenericJoint::new(JointAxesMask::empty());
                set_spring(&mut joint, LINEAR, NUDGE_DRIVE);
                let joint = engine.joints.insert(anchor, body, joint, true);
                Some(Self::Nudge {
                    body,
                    anchor,
                    joint,
                    from,
                    by,
                    max_force,
                })
            }
            Action::Push { box_index, force } => Some(Self::Push {
                body: engine.boxes[box_index]?,
                force,
            }),
            Action::Remove { .. } | Action::Place { .. } => None,
        }
    }

    /// Prepares the step that begins at `t` (s since the start); `None` once it is over.
    pub fn advance(self, engine: &mut Engine, t: f64) -> Option<Self> {
        match self {
            Self::Nudge {
                body,
                anchor,
                joint,
                from,
                by,
                max_force,
            } => {
                let way = by.norm();
                if t >= nudge_seconds(way) {
                    engine.joints.remove(joint, true);
                    engine.remove_body(anchor);
                    return None;
                }
                let travel = |t: f64| by * (nudge_travel(way, t) / way.max(1e-12));
                let (now, next) = (travel(t), travel(t + engine.dt()));
                let item = &engine.bodies[body];
                let centre = item.position().translation;
                let behind = from + next - from_vector(centre);
                let slower =
                    (next - now) / engine.dt() - from_vector(item.velocity_at_point(centre));
                let wanted = behind * NUDGE_DRIVE.0 + slower * NUDGE_DRIVE.1;
                if let Some(joint) = engine.joints.get_mut(joint, true) {
                    cap_force(&mut joint.data, &wanted, max_force);
                }
                let at = Pose::from_parts((from + next).into(), Quat::identity());
                engine.bodies[anchor].set_next_kinematic_position(to_engine(&at));
                Some(Self::Nudge {
                    body,
                    anchor,
                    joint,
                    from,
                    by,
                    max_force,
                })
            }
            Self::Push { body, force } => {
                let item = &mut engine.bodies[body];
                item.reset_forces(true);
                item.reset_torques(true);
                if t >= PUSH_S {
                    return None;
                }
                let centre = item.translation();
                item.add_force_at_point(to_vector(force), centre, true);
                Some(Self::Push { body, force })
            }
        }
    }
}
