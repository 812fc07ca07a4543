//! What the network sees: one graph for each action, in the action's own frame.
//!
//! Owns [`GraphInput`] and the columns of its tables; how one is made is [`mod@encoder`]'s. Nodes are the boxes and
//! fixtures that a chain of contacts ties to the target, or that the hand or the target passes near; edges join
//! neighbours, both ways. All columns are unchanged when the whole scene is turned about the vertical or shifted,
//! and when it is mirrored, but for what the sketch's search leaves open. Unknown quantities enter as mean and
//! spread. The columns themselves are [`node`]'s, [`edge`]'s, [`action`]'s and [`foreseen`]'s; where a box is put
//! down is [`placed`]'s; where boxes get to while it goes on, for what is imagined, is [`followed`]'s, and what that takes
//! [`taken`]'s.

mod action;
mod edge;
mod encoder;
mod followed;
mod foreseen;
mod node;
mod placed;
mod taken;

pub use action::{ACTION_FEATURES, GRIP_AT, SAFETY_AT};
pub use edge::EDGE_FEATURES;
pub use encoder::Encoder;
pub use followed::WAY_FEATURES;
pub use node::NODE_FEATURES;
pub use taken::{ACT_FEATURES, TOLL_FEATURES};

use crate::pose::Vec3;
use crate::rollout::Action;

use super::course::Course;
use super::frame::ActionFrame;
use super::slide::Slides;
use super::way::Way;
use encoder::TargetView;
use foreseen::Foreseen;
use placed::Placed;

/// Nodes in one graph; beyond it the farthest by contact hops are left out.
pub const MAX_NODES: usize = 48;

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
    /// `[N, STRIDES, WAY_FEATURES]` where it was followed ([`Encoder::follow`]), else empty.
    pub ways: Vec<f32>,
    /// `[N, TOLL_FEATURES]`, the same.
    pub tolls: Vec<f32>,
    /// `[ACT_FEATURES]`, the same.
    pub act: Vec<f32>,
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
    /// Bodies that are tied to the action and have no node: there were more than [`MAX_NODES`].
    pub cut: Vec<u32>,
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
            cut: Vec::new(),
        }
    }
}

/// One action being looked at.
struct Look<'a> {
    encoder: &'a Encoder,
    view: &'a TargetView,
    frame: ActionFrame,
    course: &'a Course,
    slides: &'a Slides,
    placed: Option<&'a Placed>,
    foreseen: Foreseen<'a>,
    /// The way of a carried target.
    way: Option<&'a Way>,
    /// Whether a hand takes the target from where it stands.
    is_taken: bool,
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

/// Stands for what is no number, or one so far out that half the precision of a sample has none for it.
const MARK: f32 = 6e4;

impl GraphInput {
    /// Nodes, edges, action, strides, ways, tolls and act, as a sample lays them one after the other.
    pub fn tables(&self) -> [&Vec<f32>; 7] {
        [
            &self.nodes,
            &self.edges,
            &self.action,
            &self.strides,
            &self.ways,
            &self.tolls,
            &self.act,
        ]
    }

    /// Whether a number of it is a mark: nothing to learn from, since no range that holds a mark refuses one.
    pub fn is_marked(&self) -> bool {
        let mut all = self.tables().into_iter().flatten();
        all.any(|x| x.abs() >= MARK)
    }

    /// Whether a box was lost on its way, so that nothing can be imagined.
    pub fn is_lost(&self) -> bool {
        let mut told = self.ways.iter().chain(&self.tolls).chain(&self.act);
        told.any(|x| x.abs() >= MARK)
    }
}

/// Numbers that are not finite become a mark far outside every range: in nodes, edges and action the bound refuses it, in
/// ways and tolls the imagination does ([`GraphInput::is_lost`]), and strides are steps of what the action's columns tell too.
fn sanitise(input: &mut GraphInput) {
    for table in [
        &mut input.nodes,
        &mut input.edges,
        &mut input.action,
        &mut input.strides,
        &mut input.ways,
        &mut input.tolls,
        &mut input.act,
    ] {
        for x in table.iter_mut() {
            if !x.is_finite() {
                *x = MARK;
            }
        }
    }
}

#[cfg(test)]
mod tests;
