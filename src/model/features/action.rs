//! The columns of an action and of its strides: kind, motion, grip, limits.

use crate::gravity::GRAVITY;
use crate::pose::Vec3;
use crate::rollout::Action;

use super::super::course::{STRIDE_FEATURES, STRIDES, Waypoint};
use super::super::grip::{GRIP_FEATURES, Gripped, grip_features};
use super::super::scale::in_units;
use super::super::sweep::FAR_M;
use super::foreseen::FORESEEN_ACTION;
use super::{Look, flag, push, push3};

/// Columns of an action: kind, motion, goal, limits, grip.
pub const ACTION_FEATURES: usize = 60 + GRIP_FEATURES.len() + FORESEEN_ACTION;

/// Where in an action's columns the limits on displacement, tilt and strike force stand.
pub const SAFETY_AT: usize = 33;

/// Where in an action's columns [`GRIP_FEATURES`] begin.
pub const GRIP_AT: usize = 52;

impl Look<'_> {
    pub(super) fn push_action(&self, action: &Action, chosen: &[usize], out: &mut Vec<f32>) {
        let start = out.len();
        push(out, &kind_columns(action));
        let first = self.course.strides[0];
        for k in [1, 2, 4, 6, 8] {
            push3(out, self.step(&first, &self.course.strides[k]).0);
        }
        let (moved, turned) = self.step(&first, &self.course.strides[STRIDES]);
        push3(out, moved);
        push3(out, turned);
        push3(out, self.frame.vector(&self.course.first_leg));
        let body = &self.encoder.graph.bodies[self.target];
        let weight = body.mass_mean.max(1e-3) * GRAVITY;
        let push_force = self.frame.vector(&self.course.force) / weight;
        push3(out, push_force.map(|x| x.clamp(-5.0, 5.0)));
        push(
            out,
            &[self.course.speed.min(3.0), self.course.duration.min(10.0)],
        );
        debug_assert_eq!(out.len() - start, SAFETY_AT);
        let safety = &self.encoder.workcell.safety;
        push(
            out,
            &[
                safety.max_displacement,
                safety.max_tilt,
                safety.max_strike_force,
            ],
        );
        let slide = &self.slides.bodies[self.target];
        push(
            out,
            &[
                slide.by.norm(),
                slide.margin.distance.clamp(-0.15, 0.15),
                self.slides.tip_share,
                flag(action.grasp().is_none()),
            ],
        );
        self.push_goal(out);
        debug_assert_eq!(out.len() - start, GRIP_AT);
        match (action.grasp(), action.motion()) {
            (Some(grasp), Some(motion)) => {
                let gripped = Gripped {
                    graph: &self.encoder.graph,
                    loads: &self.encoder.standing,
                    robot: &self.encoder.workcell.robot,
                    grasp,
                    motion,
                    pull: self.course.first_leg,
                };
                out.extend(grip_features(&gripped, &self.frame));
            }
            _ => out.extend([0.0; GRIP_FEATURES.len()]),
        }
        self.push_way(out);
        self.push_foreseen_action(action, chosen, out);
        debug_assert_eq!(out.len() - start, ACTION_FEATURES);
    }

    /// 8 columns: whether and when a carried target is clear of everything, and what it comes to first.
    fn push_way(&self, out: &mut Vec<f32>) {
        let Some(way) = self.way else {
            push(out, &[0.0; 8]);
            return;
        };
        let others = way.bodies.iter();
        let target = others.clone().map(|p| p.target).fold(FAR_M, f64::min);
        let hand = others.map(|p| p.hand).fold(FAR_M, f64::min);
        let (travel, time) = way.clear.unwrap_or((way.length, self.course.duration));
        push(
            out,
            &[
                flag(way.clear.is_some()),
                travel.min(3.0),
                time.min(10.0),
                way.best,
                target.clamp(-0.2, FAR_M),
                target.clamp(-0.01, 0.02),
                hand.clamp(-0.2, FAR_M),
                hand.clamp(-0.01, 0.02),
            ],
        );
    }

    /// 12 columns: where the target is put down, and how it then stands; zeros where it is not.
    fn push_goal(&self, out: &mut Vec<f32>) {
        let Some(placed) = self.placed else {
            push(out, &[0.0; 12]);
            return;
        };
        let body = &self.encoder.graph.bodies[self.target];
        let start = body.obb.pose;
        let moved = placed.goal.translation.vector - start.translation.vector;
        let turn = placed.goal.rotation * start.rotation.inverse();
        let load = &placed.loads.bodies[self.target];
        let far = 1.5;
        push3(out, self.frame.vector(&moved).map(|x| x.clamp(-far, far)));
        push3(out, self.frame.axial(&turn.scaled_axis()));
        push(
            out,
            &[
                placed.drop_m.min(0.2),
                load.margin.distance.clamp(-0.3, 0.3),
                (load.margin.distance / load.margin_std.max(1e-4)).clamp(-8.0, 8.0),
                load.supporters as f64,
                placed.worst_crush.clamp(0.0, 4.0),
                placed.worst_tip.clamp(-8.0, 8.0),
            ],
        );
    }

    pub(super) fn push_strides(&self, out: &mut Vec<f32>) {
        let body = &self.encoder.graph.bodies[self.target];
        let weight = body.mass_mean.max(1e-3) * GRAVITY;
        for (k, pair) in self.course.strides.windows(2).enumerate() {
            let (moved, turned) = self.step(&pair[0], &pair[1]);
            // Numbers near one, in no need of a normaliser; what leads the imagination adds them up.
            let step = [moved.x, moved.y, moved.z, turned.x, turned.y, turned.z];
            push(out, &in_units(&step));
            push(out, &[flag(self.course.closed[k])]);
            let pushes = k as f64 * crate::rollout::STRIDE_S < crate::rollout::PUSH_S;
            let force = self.frame.vector(&self.course.force) / weight * flag(pushes);
            push3(out, force.map(|x| x.clamp(-5.0, 5.0)));
        }
        debug_assert_eq!(out.len(), STRIDES * STRIDE_FEATURES);
    }

    /// Step and turn from one waypoint to another, in the frame.
    fn step(&self, from: &Waypoint, to: &Waypoint) -> (Vec3, Vec3) {
        let moved = to.target.translation.vector - from.target.translation.vector;
        let turn = to.target.rotation * from.target.rotation.inverse();
        (
            self.frame.vector(&moved),
            self.frame.axial(&turn.scaled_axis()),
        )
    }
}

/// One column for each kind of action.
fn kind_columns(action: &Action) -> [f64; 4] {
    match action {
        Action::Remove { .. } => [1.0, 0.0, 0.0, 0.0],
        Action::Place { .. } => [0.0, 1.0, 0.0, 0.0],
        Action::Nudge { .. } => [0.0, 0.0, 1.0, 0.0],
        Action::Push { .. } => [0.0, 0.0, 0.0, 1.0],
    }
}
