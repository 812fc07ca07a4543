//! Nudges and pushes: something acts on a box's centre, without a hand.
//!
//! Owns both as design, section 3, defines them: a nudge drives the centre at 0.1 m/s with the box
//! free to rotate and then lets go; a push is a constant force on the centre for 0.5 s.

use rapier3d::dynamics::{
    GenericJoint, ImpulseJointHandle, JointAxesMask, RigidBodyBuilder, RigidBodyHandle,
};

use super::engine::{Engine, to_engine, to_vector};
use super::hand::{LINEAR, set_spring};
use crate::pose::{Pose, Quat, Vec3};
use crate::rollout::{Action, NUDGE_DRIVE, NUDGE_SPEED, PUSH_S};

/// A nudge or push under way.
pub enum Poke {
    /// A box's centre tied to a moving anchor.
    Nudge {
        /// The kinematic body that moves.
        anchor: RigidBodyHandle,
        /// Between anchor and box.
        joint: ImpulseJointHandle,
        /// Where the centre was.
        from: Vec3,
        /// m.
        by: Vec3,
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
    /// Begins; `None` for actions of the hand, or when the box is gone.
    pub fn start(engine: &mut Engine, action: &Action) -> Option<Self> {
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
                    anchor,
                    joint,
                    from,
                    by,
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
                anchor,
                joint,
                from,
                by,
            } => {
                let duration = by.norm() / NUDGE_SPEED;
                if t >= duration {
                    engine.joints.remove(joint, true);
                    engine.remove_body(anchor);
                    return None;
                }
                let share = ((t + engine.dt()) / duration).min(1.0);
                let at = Pose::from_parts((from + by * share).into(), Quat::identity());
                engine.bodies[anchor].set_next_kinematic_position(to_engine(&at));
                Some(Self::Nudge {
                    anchor,
                    joint,
                    from,
                    by,
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
