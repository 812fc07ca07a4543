//! The columns of the imagination: where the sketch, followed stride by stride, takes each box.
//!
//! Owns [`Encoder::follow`]. Screening has no use for them, and they cost as much as the rest: only what is imagined
//! is followed.

use crate::grasp::compliance;
use crate::pose::Pose;
use crate::rollout::{Action, PUSH_S};

use super::super::course::{Carry, STRIDES};
use super::super::scale::to_scale;
use super::super::sketch::{Gone, Guide, Hold};
use super::{Encoder, Seen, sanitise};

/// Numbers of a box after a stride: displacement, rotation vector.
pub const WAY_FEATURES: usize = 6;

impl Encoder {
    /// Fills in where the boxes of `seen` get to by the sketch, on the decoder's scale; of the target beyond its
    /// course.
    pub fn follow(&self, action: &Action, seen: &mut Seen) {
        let target = action.box_index();
        let start = self.graph.bodies[target].obb.pose;
        let max_force = self.workcell.robot.max_hand_force;
        let carry = match (action.grasp(), action.motion()) {
            (Some(grasp), Some(motion)) if !motion.keys.is_empty() => {
                Some(Carry::new(motion, &start, &grasp.hand_in_box))
            }
            _ => None,
        };
        // Once it is let go, or out of the scene, it is held where it is: what stands there is not the sketch's.
        let carried = |t: f64| -> Pose {
            carry
                .as_ref()
                .map_or(start, |c| c.target(&c.hand((c.onset + t).min(c.end))))
        };
        let guide = match action {
            Action::Remove { grasp, .. } | Action::Place { grasp, .. } => {
                let Some(gripper) = self.workcell.robot.grippers.get(grasp.gripper) else {
                    seen.input.ways = vec![0.0; seen.input.bodies.len() * STRIDES * WAY_FEATURES];
                    return;
                };
                let hold = Hold {
                    hand_in_box: grasp.hand_in_box.translation.vector,
                    gives: compliance(gripper),
                    max_force,
                };
                Guide::Hand(hold, &carried)
            }
            Action::Nudge { by, .. } => Guide::Nudge { by: *by, max_force },
            Action::Push { force, .. } => Guide::Push(*force, PUSH_S),
        };
        let ways = self.sketch.follow(target, &guide, STRIDES);
        let strides = &seen.course.strides;
        let mut out = Vec::with_capacity(seen.input.bodies.len() * STRIDES * WAY_FEATURES);
        for (node, &body) in seen.input.bodies.iter().enumerate() {
            for (k, ways) in ways.iter().enumerate() {
                let Gone { mut moved, turned } = ways[body as usize];
                let meant =
                    strides[k + 1].target.translation.vector - strides[0].target.translation.vector;
                if node == 0 {
                    moved -= meant;
                }
                let (moved, turned) = (seen.frame.vector(&moved), seen.frame.axial(&turned));
                let numbers = [moved.x, moved.y, moved.z, turned.x, turned.y, turned.z];
                out.extend(to_scale(&numbers));
            }
        }
        seen.input.ways = out;
        sanitise(&mut seen.input);
    }
}
