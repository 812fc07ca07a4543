//! What the network sees: one graph for each action, in the action's own frame.
//!
//! Owns [`GraphInput`] and the columns of its tables. Nodes are the boxes and fixtures that a
//! chain of contacts ties to the target, or that the hand or the target passes near; edges join
//! neighbours, both ways. All columns are unchanged when the whole scene is turned about the
//! vertical, shifted or mirrored. Unknown quantities enter as mean and spread.

use nalgebra::Matrix3;

use crate::grasp::{approach_opening, hand_shape};
use crate::pose::Vec3;
use crate::rollout::Action;
use crate::scene::Workcell;

use super::contacts::{Body, Contact, SceneGraph};
use super::course::{Course, STRIDE_FEATURES, STRIDES, Waypoint};
use super::frame::ActionFrame;
use super::grip::{GRIP_FEATURES, Gripped, grip_features, grip_width};
use super::loads::Loads;
use super::slide::Slides;
use super::sweep::{Clearance, FAR_M, Moving};

const GRAVITY: f64 = 9.81;
/// What passes nearer than this is part of the graph without a chain of contacts, m.
const NEAR_M: f64 = 0.03;
/// Nodes in one graph; beyond it the farthest by contact hops are left out.
pub const MAX_NODES: usize = 48;

/// Columns of a node.
pub const NODE_FEATURES: usize = 72;
/// Columns of an edge.
pub const EDGE_FEATURES: usize = 34;
/// Columns of an action: kind, motion, grip, limits.
pub const ACTION_FEATURES: usize = 40 + GRIP_FEATURES.len();

/// One action in one belief, as numbers. The target is node 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphInput {
    /// Which body of the scene each node is: boxes in order, then fixtures. `[N]`
    pub bodies: Vec<u32>,
    /// `[N, NODE_FEATURES]`.
    pub nodes: Vec<f32>,
    /// `[E]`, ascending.
    pub receivers: Vec<u32>,
    /// `[E]`.
    pub senders: Vec<u32>,
    /// `[E, EDGE_FEATURES]`.
    pub edges: Vec<f32>,
    /// `[ACTION_FEATURES]`.
    pub action: Vec<f32>,
    /// `[STRIDES, STRIDE_FEATURES]`.
    pub strides: Vec<f32>,
}

/// A belief made ready for its candidates, and what depends on which box is acted on.
#[derive(Clone, Debug)]
pub struct Encoder {
    workcell: Workcell,
    graph: SceneGraph,
    standing: Loads,
    /// For each box: the loads once it is gone, and the hops from it; made when first asked for.
    targets: Vec<std::sync::OnceLock<TargetView>>,
}

#[derive(Clone, Debug)]
struct TargetView {
    without: Loads,
    hops: Vec<Option<usize>>,
}

/// An action with its frame and course.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The frame that the numbers are in.
    pub frame: ActionFrame,
    /// Where target and hand are meant to go.
    pub course: Course,
    /// The numbers.
    pub input: GraphInput,
}

impl Seen {
    /// An empty graph, for an action that cannot be seen.
    pub fn nothing() -> Self {
        let nowhere = crate::pose::Pose::identity();
        let still = Action::Nudge {
            box_index: 0,
            by: Vec3::zeros(),
        };
        Self {
            frame: ActionFrame::new(&nowhere, &[]),
            course: Course::new(&still, &nowhere),
            input: GraphInput::default(),
        }
    }
}

impl Encoder {
    /// Takes in a belief.
    pub fn new(workcell: &Workcell) -> Self {
        let graph = SceneGraph::new(&workcell.scene);
        let standing = Loads::new(&graph, None);
        let targets = (0..graph.boxes)
            .map(|_| std::sync::OnceLock::new())
            .collect();
        Self {
            workcell: workcell.clone(),
            graph,
            standing,
            targets,
        }
    }

    /// How many boxes the belief has.
    pub fn boxes(&self) -> usize {
        self.graph.boxes
    }

    /// The belief itself.
    pub fn workcell(&self) -> &Workcell {
        &self.workcell
    }

    /// `action` as the network sees it; `None` if it is on a box that is not there.
    pub fn see(&self, action: &Action) -> Option<Seen> {
        let target = action.box_index();
        let view = self.targets.get(target)?.get_or_init(|| TargetView {
            without: Loads::new(&self.graph, Some(target)),
            hops: self.graph.hops_from(target),
        });
        let body = &self.graph.bodies[target];
        let course = Course::new(action, &body.obb.pose);
        let frame = ActionFrame::new(&body.obb.pose, &hints(action, &course, body));
        let clearances = self.clearances_on(action, &course, target);
        let loads = if action.grasp().is_some() {
            &view.without
        } else {
            &self.standing
        };
        let slides = Slides::new(&self.graph, action, target, loads, &clearances);
        let chosen = self.choose(target, &view.hops, &clearances);
        let look = Look {
            encoder: self,
            view,
            frame,
            course: &course,
            slides: &slides,
            target,
        };
        let mut input = GraphInput {
            bodies: chosen.iter().map(|&i| i as u32).collect(),
            ..GraphInput::default()
        };
        for &i in &chosen {
            look.push_node(i, &clearances[i], &mut input.nodes);
        }
        look.push_edges(&chosen, &mut input);
        look.push_action(action, &mut input.action);
        look.push_strides(&mut input.strides);
        sanitise(&mut input);
        Some(Seen {
            frame,
            course,
            input,
        })
    }

    /// How near hand and target of `action` come to each body.
    pub fn clearances(&self, action: &Action, target: usize) -> Vec<Clearance> {
        let course = Course::new(action, &self.graph.bodies[target].obb.pose);
        self.clearances_on(action, &course, target)
    }

    fn clearances_on(&self, action: &Action, course: &Course, target: usize) -> Vec<Clearance> {
        let obb = self.graph.bodies[target].obb;
        let robot = &self.workcell.robot;
        let held = action
            .grasp()
            .and_then(|g| Some((robot.grippers.get(g.gripper)?, g)));
        let shapes = held.map(|(gripper, grasp)| {
            let width = grip_width(&obb, &grasp.hand_in_world(&obb.pose));
            let opening = approach_opening(&self.workcell, grasp);
            (hand_shape(gripper, opening), hand_shape(gripper, width))
        });
        let (open, closed) = shapes.unwrap_or_default();
        let moving = Moving::new(course, obb, &open, &closed);
        (0..self.graph.bodies.len())
            .map(|i| {
                if i == target {
                    Moving::none()
                } else {
                    moving.clearance(&self.graph.bodies[i].obb)
                }
            })
            .collect()
    }

    /// The bodies of the graph: the target, then the others in the scene's order.
    fn choose(&self, target: usize, hops: &[Option<usize>], near: &[Clearance]) -> Vec<usize> {
        let rank = |i: usize| -> Option<usize> {
            let passes = near[i].approach.min(near[i].carry).min(near[i].least) < NEAR_M;
            match hops[i] {
                Some(h) => Some(h),
                None if passes => Some(1),
                None => None,
            }
        };
        let mut others: Vec<(usize, usize)> = (0..self.graph.bodies.len())
            .filter(|&i| i != target)
            .filter_map(|i| rank(i).map(|r| (r, i)))
            .collect();
        others.sort_unstable();
        others.truncate(MAX_NODES - 1);
        let mut chosen: Vec<usize> = others.into_iter().map(|(_, i)| i).collect();
        chosen.sort_unstable();
        chosen.insert(0, target);
        chosen
    }
}

/// Directions that the frame is turned to, the weightiest first.
fn hints(action: &Action, course: &Course, body: &Body) -> Vec<Vec3> {
    let mut hints = vec![course.first_leg, course.force];
    if let Some(grasp) = action.grasp() {
        let hand = grasp.hand_in_world(&body.obb.pose);
        hints.push(hand.rotation * Vec3::z());
        let last = course.strides[STRIDES].target.translation.vector;
        hints.push(last - body.obb.pose.translation.vector);
        let offset = hand.translation.vector - body.obb.pose.translation.vector;
        hints.push(Vec3::new(offset.x, offset.y, 0.0));
    }
    hints
}

/// One action being looked at.
struct Look<'a> {
    encoder: &'a Encoder,
    view: &'a TargetView,
    frame: ActionFrame,
    course: &'a Course,
    slides: &'a Slides,
    target: usize,
}

fn push(out: &mut Vec<f32>, values: &[f64]) {
    out.extend(values.iter().map(|&x| x as f32));
}

fn push3(out: &mut Vec<f32>, v: Vec3) {
    push(out, v.as_slice());
}

fn flag(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

fn log_force(newton: f64) -> f64 {
    newton.max(0.0).ln_1p()
}

impl Look<'_> {
    fn push_node(&self, i: usize, near: &Clearance, out: &mut Vec<f32>) {
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
        self.push_clearance(near, out);
        self.push_slide(i, out);
        debug_assert_eq!(out.len() - start, NODE_FEATURES);
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

    fn push_edges(&self, chosen: &[usize], input: &mut GraphInput) {
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

    fn push_action(&self, action: &Action, out: &mut Vec<f32>) {
        let start = out.len();
        let kind = |name: &str| flag(action.name() == name);
        push(
            out,
            &[kind("remove"), kind("place"), kind("nudge"), kind("push")],
        );
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
        let safety = &self.encoder.workcell.safety;
        push(
            out,
            &[
                self.course.speed.min(3.0),
                self.course.duration.min(10.0),
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
        debug_assert_eq!(out.len() - start, ACTION_FEATURES);
    }

    fn push_strides(&self, out: &mut Vec<f32>) {
        let body = &self.encoder.graph.bodies[self.target];
        let weight = body.mass_mean.max(1e-3) * GRAVITY;
        for (k, pair) in self.course.strides.windows(2).enumerate() {
            let (moved, turned) = self.step(&pair[0], &pair[1]);
            // Centimetres and tenths of a radian: numbers near one, in no need of a normaliser.
            push3(out, moved * 20.0);
            push3(out, turned * 5.0);
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

/// Numbers that are not finite become a mark far outside every range, which the bound refuses.
fn sanitise(input: &mut GraphInput) {
    for table in [
        &mut input.nodes,
        &mut input.edges,
        &mut input.action,
        &mut input.strides,
    ] {
        for x in table.iter_mut() {
            if !x.is_finite() {
                *x = 6e4;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture_scenes::{box_at, scene_of, workcell_of};
    use crate::pose::{Pose, level, rotation_with_z};
    use crate::rollout::{Grip, HandKey, Motion};
    use crate::scene::geometry::Face;
    use crate::scene::{CenterOfMass, Scene};

    fn scene() -> Scene {
        let mut scene = scene_of(vec![
            box_at("low", [0.4, 0.3, 0.2], [0.0, 0.0, 0.1], 5.0),
            box_at("beside", [0.3, 0.3, 0.25], [0.36, 0.02, 0.125], 4.0),
            box_at("top", [0.3, 0.2, 0.1], [0.05, 0.03, 0.25], 2.0),
        ]);
        scene.boxes[1].com = CenterOfMass::Known(Vec3::new(0.02, -0.03, 0.01));
        scene
    }

    fn pull(scene: &Scene, moved_by: &Pose) -> Action {
        let hand_in_box = Pose::from_parts(
            Vec3::new(-0.2, 0.03, 0.02).into(),
            rotation_with_z(Vec3::x(), Vec3::z()),
        );
        let at = scene.boxes[0].pose * hand_in_box;
        let back = moved_by.rotation * Vec3::new(-1.0, 0.15, 0.3);
        let key = |t: f64, by: f64, grip: Grip| {
            let mut pose = at;
            pose.translation.vector += back * by;
            HandKey { t, pose, grip }
        };
        Action::Remove {
            grasp: crate::grasp::GraspCandidate {
                box_index: 0,
                gripper: 0,
                face: Face::Back,
                hand_in_box,
            },
            motion: Motion {
                keys: vec![
                    key(0.0, 0.3, Grip::Open),
                    key(1.0, 0.0, Grip::Closed),
                    key(3.0, 0.5, Grip::Closed),
                ],
            },
        }
    }

    fn moved(scene: &Scene, by: &Pose) -> Scene {
        let mut out = scene.clone();
        for b in &mut out.boxes {
            b.pose = by * b.pose;
        }
        out
    }

    fn difference(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter()
            .zip(b)
            .map(|(x, y)| (x - y).abs())
            .fold(0.0, f32::max)
    }

    #[test]
    fn a_scene_that_is_turned_about_the_vertical_and_shifted_looks_the_same() {
        let here = scene();
        let by = level(Vec3::new(2.0, -1.0, 0.0), 2.2);
        let there = moved(&here, &by);
        let see = |scene: &Scene, by: &Pose| {
            let action = pull(scene, by);
            let encoder = Encoder::new(&workcell_of(scene.clone()));
            encoder.see(&action).unwrap().input
        };
        let (a, b) = (see(&here, &Pose::identity()), see(&there, &by));
        assert_eq!(a.bodies, b.bodies);
        assert_eq!(a.senders, b.senders);
        assert!(difference(&a.nodes, &b.nodes) < 1e-4);
        assert!(difference(&a.edges, &b.edges) < 1e-4);
        assert!(difference(&a.action, &b.action) < 1e-3);
        assert!(difference(&a.strides, &b.strides) < 1e-4);
    }

    #[test]
    fn boxes_that_nothing_ties_to_the_action_are_left_out() {
        let mut scene = scene();
        scene
            .boxes
            .push(box_at("far", [0.2, 0.2, 0.2], [2.0, 0.0, 0.1], 1.0));
        let encoder = Encoder::new(&workcell_of(scene.clone()));
        let seen = encoder.see(&pull(&scene, &Pose::identity())).unwrap();
        assert_eq!(seen.input.bodies, vec![0, 1, 2]);
    }

    #[test]
    fn a_box_that_is_not_there_cannot_be_seen() {
        let encoder = Encoder::new(&workcell_of(scene()));
        let action = Action::Nudge {
            box_index: 7,
            by: Vec3::x(),
        };
        assert!(encoder.see(&action).is_none());
    }
}
