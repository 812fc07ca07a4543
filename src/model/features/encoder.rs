//! From a belief and an action to a graph.
//!
//! Owns [`Encoder`]: what the candidates of a belief share is worked out once, what those for one target share when
//! the first of them is looked at. It chooses the nodes and the frame; the columns are the other files'.

use std::borrow::Cow;

use crate::grasp::{GraspCandidate, approach_opening, compliance, hand_shape};
use crate::pose::Vec3;
use crate::rollout::Action;
use crate::scene::Workcell;
use crate::scene::geometry::Obb;

use super::super::contacts::{Body, SceneGraph};
use super::super::course::{Carry, Course, STRIDES};
use super::super::frame::ActionFrame;
use super::super::grip::grip_width;
use super::super::loads::Loads;
use super::super::sketch::{Forecast, Hold, Sketch};
use super::super::slide::Slides;
use super::super::sweep::{Clearance, Moving};
use super::super::tumble::Tumble;
use super::super::way::{Carried, Way};
use super::placed::Placed;
use super::{GraphInput, Look, MAX_NODES, Seen, sanitise};

/// What passes nearer than this is part of the graph without a chain of contacts, m.
const NEAR_M: f64 = 0.03;
/// A belief made ready for its candidates, and what depends on which box is acted on.
#[derive(Clone, Debug)]
pub struct Encoder {
    pub(super) workcell: Workcell,
    pub(super) graph: SceneGraph,
    pub(super) standing: Loads,
    pub(super) sketch: Sketch,
    /// Made when something is imagined first.
    pub(super) tumble: std::sync::OnceLock<Tumble>,
    /// For each box: the loads once it is gone, and the hops from it; made when first asked for.
    targets: Vec<std::sync::OnceLock<TargetView>>,
}

#[derive(Clone, Debug)]
pub(super) struct TargetView {
    pub(super) without: Loads,
    pub(super) hops: Vec<Option<usize>>,
    /// What comes of the rest once it is gone.
    pub(super) gone: std::sync::OnceLock<Forecast>,
    /// The first goal that was asked about: the candidates of one step share theirs.
    placed: std::sync::OnceLock<Placed>,
}

impl Encoder {
    /// Takes in a belief.
    pub fn new(workcell: &Workcell) -> Self {
        let graph = SceneGraph::new(&workcell.scene);
        let standing = Loads::new(&graph, None);
        let sketch = Sketch::new(&graph, &standing);
        let targets = (0..graph.boxes)
            .map(|_| std::sync::OnceLock::new())
            .collect();
        Self {
            workcell: workcell.clone(),
            graph,
            standing,
            sketch,
            tumble: std::sync::OnceLock::new(),
            targets,
        }
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
            gone: std::sync::OnceLock::new(),
            placed: std::sync::OnceLock::new(),
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
        let way = self.way(action, target);
        let slides = Slides::new(&self.graph, action, target, loads, &clearances);
        let placed = self.placed(view, action);
        let (chosen, cut) = self.choose(
            target,
            &view.hops,
            (&clearances, way.as_ref()),
            placed.as_deref(),
        );
        let foreseen = self.foresee(action, &course, view, placed.as_deref());
        let look = Look {
            encoder: self,
            foreseen,
            way: way.as_ref(),
            view,
            frame,
            course: &course,
            slides: &slides,
            placed: placed.as_deref(),
            is_taken: action.grasp().is_some(),
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
        look.push_action(action, &chosen, &mut input.action);
        look.push_strides(&mut input.strides);
        sanitise(&mut input);
        Some(Seen {
            frame,
            course,
            input,
            cut,
        })
    }

    /// The scene as `action` means to leave it, where it puts its target down somewhere.
    fn placed<'a>(&self, view: &'a TargetView, action: &Action) -> Option<Cow<'a, Placed>> {
        let Action::Place { grasp, target, .. } = action else {
            return None;
        };
        let new = || Placed::new(&self.workcell.scene, &self.sketch, grasp.box_index, *target);
        let first = view.placed.get_or_init(new);
        Some(if first.goal == *target {
            Cow::Borrowed(first)
        } else {
            Cow::Owned(new())
        })
    }

    /// How near hand and target of `action` come to each body.
    pub fn clearances(&self, action: &Action, target: usize) -> Vec<Clearance> {
        let course = Course::new(action, &self.graph.bodies[target].obb.pose);
        self.clearances_on(action, &course, target)
    }

    fn clearances_on(&self, action: &Action, course: &Course, target: usize) -> Vec<Clearance> {
        let obb = self.graph.bodies[target].obb;
        let (open, closed) = self.hand_shapes(action, &obb).unwrap_or_default();
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

    /// How the sketch has a hand hold its box; `None` where the robot has no such gripper.
    pub(super) fn hold(&self, grasp: &GraspCandidate) -> Option<Hold> {
        let robot = &self.workcell.robot;
        Some(Hold {
            hand_in_box: grasp.hand_in_box.translation.vector,
            gives: compliance(robot.grippers.get(grasp.gripper)?),
            max_force: robot.max_hand_force,
        })
    }

    /// The hand's boxes in its own frame, as it comes and as it holds the target; none without a hand.
    pub(super) fn hand_shapes(
        &self,
        action: &Action,
        target: &Obb,
    ) -> Option<(Vec<Obb>, Vec<Obb>)> {
        let grasp = action.grasp()?;
        let gripper = self.workcell.robot.grippers.get(grasp.gripper)?;
        let width = grip_width(target, &grasp.hand_in_world(&target.pose));
        let opening = approach_opening(&self.workcell, grasp);
        Some((hand_shape(gripper, opening), hand_shape(gripper, width)))
    }

    /// The way of a box that a hand carries.
    fn way(&self, action: &Action, target: usize) -> Option<Way> {
        let (grasp, motion) = (action.grasp()?, action.motion()?);
        if motion.keys.is_empty() {
            return None;
        }
        let obb = self.graph.bodies[target].obb;
        let (_, closed) = self.hand_shapes(action, &obb)?;
        let carried = Carried {
            carry: Carry::new(motion, &obb.pose, &grasp.hand_in_box),
            hand: &closed,
            is_removed: matches!(action, Action::Remove { .. }),
        };
        Some(Way::new(&self.graph, target, &carried))
    }

    /// The bodies of the graph (the target, then the others in the scene's order), and those that it has no room for.
    fn choose(
        &self,
        target: usize,
        hops: &[Option<usize>],
        (near, way): (&[Clearance], Option<&Way>),
        placed: Option<&Placed>,
    ) -> (Vec<usize>, Vec<u32>) {
        let rank = |i: usize| -> Option<usize> {
            let late = way.map_or(NEAR_M, |way| way.bodies[i].target.min(way.bodies[i].hand));
            let near = &near[i];
            let passes = near.approach.min(near.carry).min(near.least).min(late) < NEAR_M;
            let at_goal = placed.is_some_and(|p| p.touching.contains(&i));
            match hops[i] {
                Some(h) => Some(h),
                None if passes || at_goal => Some(1),
                None => None,
            }
        };
        let mut others: Vec<(usize, usize)> = (0..self.graph.bodies.len())
            .filter(|&i| i != target)
            .filter_map(|i| rank(i).map(|r| (r, i)))
            .collect();
        others.sort_unstable();
        let cut = others.split_off(others.len().min(MAX_NODES - 1));
        let mut chosen: Vec<usize> = others.into_iter().map(|(_, i)| i).collect();
        chosen.sort_unstable();
        chosen.insert(0, target);
        (chosen, cut.into_iter().map(|(_, i)| i as u32).collect())
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
