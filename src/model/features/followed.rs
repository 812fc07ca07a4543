//! The columns of the imagination: where short steps of rigid bodies take each box, stride by stride, and what that takes.
//!
//! Owns [`Encoder::follow`]. Screening has no use for them, and they cost as much as the rest: only what is imagined
//! is followed.

use crate::grasp::placed;
use crate::pose::{Pose, Quat};
use crate::rollout::Action;
use crate::scene::geometry::Obb;

use super::super::course::{Carry, STRIDES};
use super::super::samples::{POSE_NUMBERS, intended};
use super::super::scale::to_scale;
use super::super::sweep::face_gap;
use super::super::tumble::{Gone, Guide, HandWay, Outcome, Tumble};
use super::taken::{ACT_FEATURES, TOLL_FEATURES, of_act, of_box};
use super::{Encoder, Seen, sanitise};

/// Numbers of a box after a stride: displacement, rotation vector.
pub const WAY_FEATURES: usize = POSE_NUMBERS;
/// What the hand comes so near to on its way in it may shove, m.
const SHOVES_M: f64 = 0.01;
/// Spacing of the looks at that, s; how many there are: what it did earlier than that is not looked at.
const LOOKS: (f64, usize) = (0.05, 50);

impl Encoder {
    /// Fills in where the boxes of `seen` get to within so many `strides`, on the decoder's scale: how they
    /// turn, and how far they go, the target beyond its course; and what the action takes of them. Strides that nobody
    /// asked for are left at zero.
    pub fn follow(&self, action: &Action, seen: &mut Seen, strides: usize) {
        let nodes = seen.input.bodies.len();
        let Some(Outcome { ways, toll }) = self.carry_out(action, strides.min(STRIDES)) else {
            seen.input.ways = vec![0.0; nodes * STRIDES * WAY_FEATURES];
            seen.input.tolls = vec![0.0; nodes * TOLL_FEATURES];
            seen.input.act = vec![0.0; ACT_FEATURES];
            return;
        };
        let course = &seen.course.strides;
        let mut out = Vec::with_capacity(seen.input.bodies.len() * STRIDES * WAY_FEATURES);
        for (node, &body) in seen.input.bodies.iter().enumerate() {
            for (k, ways) in ways.iter().enumerate() {
                let Gone {
                    mut moved,
                    mut turned,
                } = ways[body as usize];
                if node == 0 {
                    let (by, turn) = intended(&course[0].target, &course[k + 1].target);
                    moved -= by;
                    turned = (Quat::from_scaled_axis(turned) * turn.inverse()).scaled_axis();
                }
                let (moved, turned) = (seen.frame.vector(&moved), seen.frame.axial(&turned));
                let numbers = [moved.x, moved.y, moved.z, turned.x, turned.y, turned.z];
                out.extend(to_scale(&numbers));
            }
            out.resize((node + 1) * STRIDES * WAY_FEATURES, 0.0);
        }
        seen.input.ways = out;
        let safety = &self.workcell.safety;
        let of_node = |&body: &u32| {
            let body = body as usize;
            of_box(&toll.boxes[body], self.graph.bodies[body].max_force, safety)
        };
        let tolls = seen.input.bodies.iter().flat_map(of_node);
        seen.input.tolls = tolls.map(|x| x as f32).collect();
        seen.input.act = of_act(&toll, safety).map(|x| x as f32).to_vec();
        sanitise(&mut seen.input);
    }

    /// Where each body of the belief gets to within so many strides by the [`tumble`](super::super::tumble), and what
    /// the whole action takes; `None` where the robot has no such gripper, or a hand is never told to close.
    pub fn carry_out(&self, action: &Action, strides: usize) -> Option<Outcome> {
        let target = action.box_index();
        let obb = self.graph.bodies[target].obb;
        let max_force = self.workcell.robot.max_hand_force;
        let tumble = self.tumble.get_or_init(|| Tumble::new(&self.graph));
        let (grasp, motion) = match action {
            Action::Nudge { by, .. } => {
                let guide = Guide::Nudge { by: *by, max_force };
                return Some(tumble.carry_out(target, &guide, strides));
            }
            Action::Push { force, .. } => {
                return Some(tumble.carry_out(target, &Guide::Push(*force), strides));
            }
            Action::Remove { grasp, motion } | Action::Place { grasp, motion, .. } => {
                (grasp, motion)
            }
        };
        motion.grip_time()?;
        let gripper = self.workcell.robot.grippers.get(grasp.gripper)?;
        let carry = Carry::new(motion, &obb.pose, &grasp.hand_in_box);
        let (open, closed) = self.hand_shapes(action, &obb)?;
        let way = |t: f64| motion.at(carry.onset + t).pose;
        let hand = HandWay {
            way: &way,
            begins: self.comes_near(&way, &open, (target, carry.onset)),
            // Out of the scene a box is held where it is: what becomes of it there is nobody's business.
            opens: match action {
                Action::Place { .. } if carry.end < motion.duration() => carry.end - carry.onset,
                _ => f64::INFINITY,
            },
            ends: motion.duration() - carry.onset,
            goal: match action {
                Action::Place { target, .. } => Some(*target),
                _ => None,
            },
            shapes: [&open, &closed],
            in_box: grasp.hand_in_box,
            gripper,
            max_force,
        };
        Some(tumble.carry_out(target, &Guide::Hand(hand), strides))
    }

    /// When a hand with boxes `pieces` first comes near anything but its `target`, s after the onset, which it reaches
    /// after `onset` seconds; the onset itself where it does not.
    fn comes_near(
        &self,
        way: &dyn Fn(f64) -> Pose,
        pieces: &[Obb],
        (target, onset): (usize, f64),
    ) -> f64 {
        let near = |t: f64| {
            placed(pieces, &way(t)).iter().any(|piece| {
                let others = self.graph.bodies.iter().enumerate();
                others
                    .filter(|(i, _)| *i != target)
                    .any(|(_, body)| face_gap(piece, &body.obb).0 < SHOVES_M)
            })
        };
        let (every, most) = LOOKS;
        let count = most.min((onset / every) as usize);
        let first = (1..=count).rev().find(|&k| near(-every * k as f64));
        first.map_or(0.0, |k| (-every * (k + 1) as f64).max(-onset))
    }
}
