//! Grippers and grasp candidates, from geometry alone.
//!
//! Owns [`GraspCandidate`], the proposal of candidates over faces, contact points, hand rotations
//! and grippers, and the pruning that needs no dynamics: reach, collision of the hand (also on
//! the way in), and the gripper's statics at the worst that the belief allows. Every candidate
//! that is turned down keeps its [`Rejection`]. Refuses to say what will fall: that is for the
//! dynamics.

mod access;
pub mod compliance;
pub mod drive;
mod hand;
mod obstacles;
mod propose;
mod rejection;
mod seal;
mod statics;

pub use access::{Access, PRE_GRASP_M, access, back_off_m};
pub(crate) use access::{
    at_height, flight_height, flight_height_within, shortest_way_in, within_reach,
};
pub use compliance::{Compliance, compliance, tool_compliance};
pub(crate) use hand::placed;
pub use hand::{approach_opening, hand_shape, width_between_pads};
pub use obstacles::{CLEARANCE_M, Obstacle, Obstacles};
pub use propose::{Proposals, RejectedGrasp, propose};
pub use rejection::{GripLimit, Moment, Rejection};
pub use seal::Lip;
pub use statics::{Load, cup_shares, grip_load, pad_torsion_arm, pads_bear};

use crate::pose::{Pose, Vec3};
use crate::scene::geometry::Face;

/// Where and with what a box is gripped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GraspCandidate {
    /// Index into the scene's boxes.
    pub box_index: usize,
    /// Index into the robot's grippers.
    pub gripper: usize,
    /// The face that the hand approaches.
    pub face: Face,
    /// The hand frame in the box's frame: +z points out of the palm into the box. For suction its
    /// origin lies on the face; for a jaw it is the palm's middle, the fingers reach along +z and close along x.
    pub hand_in_box: Pose,
}

impl GraspCandidate {
    /// The hand in the world when the box is at `box_pose`.
    pub fn hand_in_world(&self, box_pose: &Pose) -> Pose {
        box_pose * self.hand_in_box
    }

    /// The direction in which the hand approaches, in the world: its +z.
    pub fn approach(&self, box_pose: &Pose) -> Vec3 {
        self.hand_in_world(box_pose).rotation * Vec3::z()
    }
}

#[cfg(test)]
pub(crate) mod fixtures_for_tests;
#[cfg(test)]
mod tests;
