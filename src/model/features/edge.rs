//! The columns of an edge: what a body is told of its neighbour.

use crate::gravity::GRAVITY;
use crate::pose::Vec3;

use super::super::contacts::Contact;
use super::super::loads::Loads;
use super::foreseen::FORESEEN_EDGE;
use super::{GraphInput, Look, flag, log_force, push, push3};

/// Columns of an edge.
pub const EDGE_FEATURES: usize = 34 + FORESEEN_EDGE;

impl Look<'_> {
    pub(super) fn push_edges(&self, chosen: &[usize], input: &mut GraphInput) {
        let graph = &self.encoder.graph;
        let mut node_of = vec![u32::MAX; graph.bodies.len()];
        for (node, &body) in chosen.iter().enumerate() {
            node_of[body] = node as u32;
        }
        let mut ends: Vec<(u32, u32, usize)> = Vec::new();
        for (k, contact) in graph.contacts.iter().enumerate() {
            let (a, b) = (node_of[contact.a], node_of[contact.b]);
            if a != u32::MAX && b != u32::MAX {
                ends.push((a, b, k));
                ends.push((b, a, k));
            }
        }
        ends.sort_unstable();
        for (receiver, sender, k) in ends {
            input.receivers.push(receiver);
            input.senders.push(sender);
            let (i, j) = (chosen[receiver as usize], chosen[sender as usize]);
            self.push_edge(i, j, k, &mut input.edges);
        }
    }

    /// What body `i` is told of its neighbour `j`.
    fn push_edge(&self, i: usize, j: usize, k: usize, out: &mut Vec<f32>) {
        let start = out.len();
        let graph = &self.encoder.graph;
        let contact = &graph.contacts[k];
        let (me, other) = (&graph.bodies[i], &graph.bodies[j]);
        let sign = if contact.a == i { 1.0 } else { -1.0 };
        let axis = self.frame.vector(&(contact.separation.axis * sign));
        let between = other.obb.pose.translation.vector - me.obb.pose.translation.vector;
        push3(out, self.frame.vector(&between));
        push3(out, axis);
        push(
            out,
            &[
                contact.separation.gap.clamp(-0.02, 0.03),
                flag(contact.touches()),
            ],
        );
        push3(out, self.frame.vector(&(contact.centre - me.com)));
        push3(out, self.extents(contact));
        let rests = contact.upper_lower();
        let standing = self.force(&self.encoder.standing, k, contact);
        let without = if i == self.target || j == self.target {
            0.0
        } else {
            self.force(&self.view.without, k, contact)
        };
        let weight = me.mass_mean.max(1e-3) * GRAVITY;
        let mu_mean = 0.5 * (me.friction_mean + other.friction_mean);
        let mu_std = 0.5 * me.friction_std.hypot(other.friction_std);
        push(
            out,
            &[
                flag(rests == Some((i, j))),
                flag(rests == Some((j, i))),
                self.encoder.standing.share[k],
                self.view.without.share[k],
                log_force(standing),
                log_force(without),
                if me.fixed {
                    0.0
                } else {
                    (standing / weight).min(10.0)
                },
                if me.fixed {
                    0.0
                } else {
                    (mu_mean * standing / weight).min(10.0)
                },
                mu_mean,
                mu_std,
                flag(i == self.target),
                flag(j == self.target),
                flag(other.fixed),
                if me.fixed || other.fixed {
                    0.0
                } else {
                    (other.mass_mean.max(1e-3) / me.mass_mean.max(1e-3)).ln()
                },
            ],
        );
        self.push_pull(i, j, contact, sign, out);
        self.push_foreseen_edge(k, mu_mean, out);
        debug_assert_eq!(out.len() - start, EDGE_FEATURES);
    }

    /// 6 columns: how the target's first leg meets this contact.
    fn push_pull(&self, i: usize, j: usize, contact: &Contact, sign: f64, out: &mut Vec<f32>) {
        if i != self.target && j != self.target {
            push(out, &[0.0; 6]);
            return;
        }
        let leg = self.course.first_leg;
        let axis = contact.separation.axis * sign;
        // From the target's side: positive presses on the neighbour, negative parts from it.
        let into = if i == self.target {
            leg.dot(&axis)
        } else {
            -leg.dot(&axis)
        };
        let slide = leg - axis * leg.dot(&axis);
        push3(out, self.frame.vector(&leg));
        push(
            out,
            &[into, slide.norm(), into.max(0.0) * self.course.speed],
        );
    }

    fn extents(&self, contact: &Contact) -> Vec3 {
        let mut extent = Vec3::zeros();
        for p in &contact.patch {
            let d = self.frame.vector(&(p - contact.centre));
            extent = extent.zip_map(&d, |a: f64, b: f64| a.max(b.abs()));
        }
        extent
    }

    fn force(&self, loads: &Loads, k: usize, contact: &Contact) -> f64 {
        contact
            .upper_lower()
            .map_or(0.0, |(upper, _)| loads.share[k] * loads.bodies[upper].total)
    }
}
