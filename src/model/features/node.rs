//! The columns of a node: what one body is, how it stands, and what the action does to it.

use nalgebra::Matrix3;

use crate::gravity::GRAVITY;
use crate::pose::Vec3;

use super::super::contacts::Body;
use super::super::loads::Loads;
use super::super::sweep::{Clearance, FAR_M};
use super::foreseen::FORESEEN_NODE;
use super::{Look, flag, log_force, push, push3};

/// Columns of a node.
pub const NODE_FEATURES: usize = 84 + FORESEEN_NODE;

impl Look<'_> {
    pub(super) fn push_node(&self, i: usize, near: &Clearance, out: &mut Vec<f32>) {
        let start = out.len();
        let graph = &self.encoder.graph;
        let body = &graph.bodies[i];
        self.push_shape(body, out);
        let own = body.mass_mean.max(1e-3);
        let target_mass = graph.bodies[self.target].mass_mean.max(1e-3);
        push(
            out,
            &[
                if body.fixed { 0.0 } else { own.ln() },
                if body.fixed { 0.0 } else { body.mass_std / own },
                if body.fixed {
                    0.0
                } else {
                    (own / target_mass).ln()
                },
                body.friction_mean,
                body.friction_std,
                body.com_std,
                flag(body.max_force.is_some()),
                body.max_force.map_or(0.0, log_force),
                graph.pose_noise.position_m,
                graph.pose_noise.rotation_rad,
                flag(i == self.target),
                flag(body.fixed),
                body.lowest.min(2.0),
                flag(!body.on_ground.is_empty()),
                graph.ground_friction,
                self.view.hops[i].map_or(8.0, |h| h.min(8) as f64),
            ],
        );
        push3(
            out,
            self.frame
                .vector(&(body.com - body.obb.pose.translation.vector)),
        );
        self.push_statics(i, &self.encoder.standing, out);
        self.push_statics(i, &self.view.without, out);
        self.push_statics(i, self.afterwards(), out);
        self.push_clearance(near, out);
        self.push_slide(i, out);
        self.push_passing(i, out);
        self.push_foreseen_node(i, out);
        debug_assert_eq!(out.len() - start, NODE_FEATURES);
    }

    /// The loads once the action has gone as it is meant to.
    fn afterwards(&self) -> &Loads {
        match self.placed {
            Some(placed) => &placed.loads,
            None if self.is_taken => &self.view.without,
            None => &self.encoder.standing,
        }
    }

    /// 18 columns.
    fn push_shape(&self, body: &Body, out: &mut Vec<f32>) {
        let r = body.obb.pose.rotation.to_rotation_matrix();
        let spread = Matrix3::from_diagonal(&body.obb.half.component_mul(&body.obb.half));
        let tensor = self
            .frame
            .tensor(&(r.matrix() * spread * r.matrix().transpose()));
        let size = body.obb.half.norm().max(1e-6);
        let extent = |axis: Vec3| body.obb.support(&self.frame.vector_to_world(&axis));
        let mut sorted = [body.obb.half.x, body.obb.half.y, body.obb.half.z];
        sorted.sort_by(f64::total_cmp);
        let up = (r.matrix().row(2)).abs().max();
        push3(out, self.frame.point(&body.obb.pose.translation.vector));
        push(
            out,
            &[extent(Vec3::x()), extent(Vec3::y()), extent(Vec3::z())],
        );
        push(
            out,
            &[
                tensor[(0, 0)] / size,
                tensor[(1, 1)] / size,
                tensor[(2, 2)] / size,
                tensor[(0, 1)] / size,
                tensor[(0, 2)] / size,
                tensor[(1, 2)] / size,
                sorted[0],
                sorted[1],
                sorted[2],
                // 0 when a face lies level, whichever it is.
                up.clamp(-1.0, 1.0).acos(),
                (sorted[0] * sorted[1] * sorted[2]).max(1e-9).ln(),
                extent(Vec3::z()) / extent(Vec3::x()).min(extent(Vec3::y())).max(1e-3),
            ],
        );
    }

    /// 8 columns.
    fn push_statics(&self, i: usize, loads: &Loads, out: &mut Vec<f32>) {
        let load = &loads.bodies[i];
        let body = &self.encoder.graph.bodies[i];
        let outward = Vec3::new(load.margin.outward.x, load.margin.outward.y, 0.0);
        let outward = self.frame.vector(&outward);
        let sigma = load.margin_std.max(1e-4);
        push(
            out,
            &[
                log_force(load.above),
                body.max_force
                    .map_or(0.0, |f| ((load.above + load.above_std) / f).min(4.0)),
                load.margin.distance.clamp(-0.3, 0.3),
                (load.margin.distance / sigma).clamp(-8.0, 8.0),
                load.margin_std.min(0.2),
                outward.x,
                outward.y,
                load.supporters as f64,
            ],
        );
    }

    /// 8 columns: a slide, what it leaves of the support, and what the box bears in weights.
    fn push_slide(&self, i: usize, out: &mut Vec<f32>) {
        let slide = &self.slides.bodies[i];
        let body = &self.encoder.graph.bodies[i];
        let sigma = self.encoder.standing.bodies[i].margin_std.max(1e-4);
        push3(out, self.frame.vector(&slide.by));
        let bears = |weight: f64| {
            body.max_force
                .map_or(0.0, |f| (f / weight.max(0.1)).max(1e-2).ln())
        };
        let target = &self.encoder.graph.bodies[self.target];
        push(
            out,
            &[
                slide.by.norm(),
                slide.margin.distance.clamp(-0.15, 0.15),
                (slide.margin.distance / sigma).clamp(-8.0, 8.0),
                bears(body.mass_mean * GRAVITY),
                bears(target.mass_mean * GRAVITY),
            ],
        );
    }

    /// 4 columns: how near it is passed on the rest of a carried target's way.
    fn push_passing(&self, i: usize, out: &mut Vec<f32>) {
        let Some(passing) = self.way.map(|way| way.bodies[i]) else {
            push(out, &[FAR_M, FAR_M, 0.02, 0.0]);
            return;
        };
        push(
            out,
            &[
                passing.target.clamp(-0.2, FAR_M),
                passing.hand.clamp(-0.2, FAR_M),
                passing.target.clamp(-0.01, 0.02),
                passing.at.min(3.0),
            ],
        );
    }

    /// 11 columns.
    fn push_clearance(&self, near: &Clearance, out: &mut Vec<f32>) {
        push(
            out,
            &[
                near.approach.clamp(-0.1, FAR_M),
                near.carry.clamp(-0.1, FAR_M),
                near.start.clamp(-0.02, FAR_M),
                near.first.clamp(-0.02, 0.02),
                near.least.clamp(-0.3, FAR_M),
                near.least_at,
                // The last centimetre decides; the same numbers, spread out.
                near.approach.clamp(-0.01, 0.02),
                near.carry.clamp(-0.01, 0.02),
            ],
        );
        push3(out, self.frame.vector(&near.axis));
    }
}
