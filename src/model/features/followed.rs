//! The columns of the imagination: where the sketch, followed stride by stride, takes each box.
//!
//! Owns [`Encoder::follow`]. Screening has no use for them, and they cost as much as the rest: only what is imagined
//! is followed.

use crate::pose::Pose;
use crate::rollout::{Action, PUSH_S};

use super::super::course::{Carry, STRIDES};
use super::super::samples::{POSE_NUMBERS, intended};
use super::super::scale::to_scale;
use super::super::sketch::{Gone, Guide};
use super::{Encoder, Seen, sanitise};

/// Numbers of a box after a stride: displacement, rotation vector.
pub const WAY_FEATURES: usize = POSE_NUMBERS;

impl Encoder {
    /// Fills in where the boxes of `seen` get to by the sketch within so many `strides`, on the decoder's scale: how they
    /// turn, and how far they go, the target beyond its course. Strides that nobody asked for are left at zero.
    ///
    /// The target's turn is the whole one, not beyond its course as it is labelled: so the default model learned it, by
    /// leaving most of it out.
    pub fn follow(&self, action: &Action, seen: &mut Seen, strides: usize) {
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
                let Some(hold) = self.hold(grasp) else {
                    seen.input.ways = vec![0.0; seen.input.bodies.len() * STRIDES * WAY_FEATURES];
                    return;
                };
                Guide::Hand(hold, &carried)
            }
            Action::Nudge { by, .. } => Guide::Nudge { by: *by, max_force },
            Action::Push { force, .. } => Guide::Push(*force, PUSH_S),
        };
        let ways = self.sketch.follow(target, &guide, strides.min(STRIDES));
        let course = &seen.course.strides;
        let mut out = Vec::with_capacity(seen.input.bodies.len() * STRIDES * WAY_FEATURES);
        for (node, &body) in seen.input.bodies.iter().enumerate() {
            for (k, ways) in ways.iter().enumerate() {
                let Gone { mut moved, turned } = ways[body as usize];
                if node == 0 {
                    moved -= intended(&course[0].target, &course[k + 1].target).0;
                }
                let (moved, turned) = (seen.frame.vector(&moved), seen.frame.axial(&turned));
                let numbers = [moved.x, moved.y, moved.z, turned.x, turned.y, turned.z];
                out.extend(to_scale(&numbers));
            }
            out.resize((node + 1) * STRIDES * WAY_FEATURES, 0.0);
        }
        seen.input.ways = out;
        sanitise(&mut seen.input);
    }
}
