//! Episodes as the network is trained on them: a graph and its labels, small enough that a
//! hundred thousand stay in memory.
//!
//! Owns [`Sample`]. Numbers are kept in half precision (a relative error of 0.05 %, far below the
//! noise of the poses); what is not known is NaN there, and only there.

use half::f16;

use crate::dataset::Episode;
use crate::pose::{Pose, Vec3};
use crate::rollout::{AccidentKind, Frame};

use super::course::{STRIDE_FEATURES, STRIDES};
use super::features::{
    ACT_FEATURES, ACTION_FEATURES, EDGE_FEATURES, Encoder, GraphInput, NODE_FEATURES, Seen,
    TOLL_FEATURES,
};

/// Numbers that describe one box's pose after a stride: displacement, rotation vector.
pub const POSE_NUMBERS: usize = 6;

/// What is true of one node, as bits.
pub mod node_bit {
    /// A box, not a fixture.
    pub const BOX: u8 = 1;
    /// It was the subject of a `disturb`.
    pub const DISTURB: u8 = 2;
    /// It was the subject of a `tilt`.
    pub const TILT: u8 = 4;
    /// It was the subject of a `crush`.
    pub const CRUSH: u8 = 8;
    /// Its centre moved by more than `max_displacement`.
    pub const MOVES: u8 = 16;
    /// It tilted by more than `max_tilt`, or sank by more than half its height:
    /// [`Rollout::falls`](crate::rollout::Rollout::falls).
    pub const FALLS: u8 = 32;
}

/// What came of an episode, in the action's frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    /// In the order of [`AccidentKind::ALL`].
    pub accidents: [bool; 5],
    /// ln(1 + path length / 0.01 m).
    pub path_log: f32,
    /// ln(1 + summed peak speed / 0.01 m/s).
    pub speed_log: f32,
    /// `[N]`, see [`node_bit`].
    pub nodes: Box<[u8]>,
    /// `[N, STRIDES, POSE_NUMBERS]`: pose after each stride relative to where it stood before anything was done, for the
    /// target relative to its course from the onset on; NaN where nothing is known.
    pub poses: Box<[f16]>,
}

/// One episode in compact form.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The stack that it comes from, or the packing where many are unpacked from one: what limits and intervals are
    /// grouped by.
    pub stack: u64,
    /// `[E]` receiving node of each edge, ascending.
    pub receivers: Box<[u8]>,
    /// `[E]` sending node.
    pub senders: Box<[u8]>,
    /// Nodes, edges, action, strides, ways, tolls and act, one after the other.
    numbers: Box<[f16]>,
    /// What came of it.
    pub labels: Labels,
}

impl Sample {
    /// The sample of an episode; `None` where it has no target or no frames to learn from, or a number of it is not
    /// finite.
    pub fn new(episode: &Episode) -> Option<Self> {
        Self::seen_by(&Encoder::new(&episode.workcell), episode)
    }

    /// The same where the episode's belief has been taken in already: those of a stack share theirs.
    pub fn seen_by(encoder: &Encoder, episode: &Episode) -> Option<Self> {
        let mut seen = encoder.see(&episode.action)?;
        encoder.follow(&episode.action, &mut seen, STRIDES);
        if seen.input.is_marked() {
            return None;
        }
        let labels = labels(episode, &seen)?;
        Some(Self::pack(episode.stack, &seen.input, labels))
    }

    fn pack(stack: u64, input: &GraphInput, labels: Labels) -> Self {
        let numbers = (input.tables().into_iter().flatten())
            .map(|&x| f16::from_f32(x))
            .collect();
        let short = |ids: &[u32]| ids.iter().map(|&i| i as u8).collect();
        Self {
            stack,
            receivers: short(&input.receivers),
            senders: short(&input.senders),
            numbers,
            labels,
        }
    }

    /// How many nodes it has.
    pub fn nodes(&self) -> usize {
        self.labels.nodes.len()
    }

    /// How many directed edges it has.
    pub fn edges(&self) -> usize {
        self.receivers.len()
    }

    /// `[N, NODE_FEATURES]`.
    pub fn node_numbers(&self) -> &[f16] {
        &self.numbers[..self.nodes() * NODE_FEATURES]
    }

    /// `[E, EDGE_FEATURES]`.
    pub fn edge_numbers(&self) -> &[f16] {
        let start = self.nodes() * NODE_FEATURES;
        &self.numbers[start..start + self.edges() * EDGE_FEATURES]
    }

    /// `[ACTION_FEATURES]`.
    pub fn action_numbers(&self) -> &[f16] {
        let start = self.after_edges();
        &self.numbers[start..start + ACTION_FEATURES]
    }

    /// `[STRIDES, STRIDE_FEATURES]`.
    pub fn stride_numbers(&self) -> &[f16] {
        let start = self.after_edges() + ACTION_FEATURES;
        &self.numbers[start..start + STRIDES * STRIDE_FEATURES]
    }

    /// `[N, STRIDES, WAY_FEATURES]`.
    pub fn way_numbers(&self) -> &[f16] {
        let start = self.after_edges() + ACTION_FEATURES + STRIDES * STRIDE_FEATURES;
        &self.numbers[start..self.after_ways()]
    }

    /// `[N, TOLL_FEATURES]`.
    pub fn toll_numbers(&self) -> &[f16] {
        &self.numbers[self.after_ways()..self.numbers.len() - ACT_FEATURES]
    }

    /// `[ACT_FEATURES]`.
    pub fn act_numbers(&self) -> &[f16] {
        &self.numbers[self.numbers.len() - ACT_FEATURES..]
    }

    fn after_ways(&self) -> usize {
        self.numbers.len() - ACT_FEATURES - self.nodes() * TOLL_FEATURES
    }

    fn after_edges(&self) -> usize {
        self.nodes() * NODE_FEATURES + self.edges() * EDGE_FEATURES
    }

    /// Whether anything went wrong.
    pub fn accident(&self) -> bool {
        self.labels.accidents.iter().any(|&a| a)
    }
}

fn labels(episode: &Episode, seen: &Seen) -> Option<Labels> {
    let rollout = &episode.rollout;
    let first = rollout.frames.first()?;
    let boxes = episode.workcell.scene.boxes.len();
    if first.boxes.len() != boxes {
        return None;
    }
    let bodies: Vec<usize> = seen.input.bodies.iter().map(|&i| i as usize).collect();
    let mut poses = Vec::with_capacity(bodies.len() * STRIDES * POSE_NUMBERS);
    for (node, &body) in bodies.iter().enumerate() {
        for k in 1..=STRIDES {
            let known = body < boxes;
            let numbers = known.then(|| pose_after(episode, seen, node == 0, body, k));
            match numbers.flatten() {
                Some(n) => poses.extend(n.map(f16::from_f64)),
                None => poses.extend([f16::NAN; POSE_NUMBERS]),
            }
        }
    }
    let log = |x: f64| (x.max(0.0) / 0.01).ln_1p() as f32;
    let finite = rollout.path_length.is_finite() && rollout.peak_speed.is_finite();
    finite.then(|| Labels {
        accidents: rollout.by_kind(),
        path_log: log(rollout.path_length),
        speed_log: log(rollout.peak_speed),
        nodes: bodies.iter().map(|&b| node_bits(episode, b)).collect(),
        poses: poses.into(),
    })
}

fn node_bits(episode: &Episode, body: usize) -> u8 {
    let scene = &episode.workcell.scene;
    if body >= scene.boxes.len() {
        return 0;
    }
    let mut bits = node_bit::BOX;
    for accident in episode
        .rollout
        .accidents
        .iter()
        .filter(|a| a.box_index == body)
    {
        bits |= match accident.kind {
            AccidentKind::Disturb => node_bit::DISTURB,
            AccidentKind::Tilt => node_bit::TILT,
            AccidentKind::Crush => node_bit::CRUSH,
            AccidentKind::Drop | AccidentKind::Strike => 0,
        };
    }
    let safety = &episode.workcell.safety;
    if episode.rollout.moves(body, safety.max_displacement) {
        bits |= node_bit::MOVES;
    }
    let size = scene.boxes[body].size;
    if episode.rollout.falls(body, size, safety.max_tilt) {
        bits |= node_bit::FALLS;
    }
    bits
}

/// Displacement and turn of `body` after `k` strides, in the frame; for the target beyond its course.
fn pose_after(
    episode: &Episode,
    seen: &Seen,
    is_target: bool,
    body: usize,
    k: usize,
) -> Option<[f64; POSE_NUMBERS]> {
    let frames = &episode.rollout.frames;
    let last = frames.len() - 1;
    let frame: &Frame = &frames[k.min(last)];
    // Not the first frame's: the hand may have shoved others on its way in. The target's course begins there.
    let start = match is_target {
        true => &frames[0].boxes[body].pose,
        false => &episode.rollout.reference[body],
    };
    let now = &frame.boxes[body].pose;
    let mut moved = now.translation.vector - start.translation.vector;
    let mut turn = now.rotation * start.rotation.inverse();
    if is_target {
        let carried = episode.action.motion().is_some();
        // Once it is clear the box vanishes, and its last pose says nothing about the course.
        if carried && (frame.hand.is_none() || k > last) {
            return None;
        }
        let (course_moved, course_turn) = intended(
            &seen.course.strides[0].target,
            &seen.course.strides[k].target,
        );
        moved -= course_moved;
        turn *= course_turn.inverse();
    }
    let moved = seen.frame.vector(&moved);
    let turned = seen.frame.axial(&turn.scaled_axis());
    let numbers = [moved.x, moved.y, moved.z, turned.x, turned.y, turned.z];
    numbers.iter().all(|x| x.is_finite()).then_some(numbers)
}

/// How far and how a course takes its target between two poses.
pub fn intended(from: &Pose, to: &Pose) -> (Vec3, crate::pose::Quat) {
    (
        to.translation.vector - from.translation.vector,
        to.rotation * from.rotation.inverse(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::EpisodeSource;
    use crate::dataset::recipe::{Recipe, Scenes};
    use crate::scene::Quantity;
    use crate::scene::families::{BOXES_MAX, Family};

    #[test]
    fn what_a_hand_shoved_on_its_way_in_is_told_from_where_it_stood_and_the_target_from_its_course()
    {
        let recipe = Recipe {
            seed: 3,
            scenes: Scenes::generated(&[Family::MixedStack], BOXES_MAX),
            mixture: Default::default(),
        };
        let carried = |e: &Episode| e.action.motion().is_some() && e.rollout.frames.len() > 2;
        let stacks = (0..).map(|i| recipe.stack(i).unwrap());
        let episode = stacks.flatten().find(carried).unwrap();
        let target = episode.action.box_index();
        let way = |sample: &Sample, node: usize| {
            let row = &sample.labels.poses[node * STRIDES * POSE_NUMBERS..][..3];
            Vec3::from_fn(|k, _| row[k].to_f64())
        };
        let mut shoved = episode.clone();
        for (i, stood) in shoved.rollout.reference.iter_mut().enumerate() {
            stood.translation.vector.z -= if i == target { 0.2 } else { 0.1 };
        }
        let (before, after) = (
            Sample::new(&episode).unwrap(),
            Sample::new(&shoved).unwrap(),
        );
        assert_eq!(way(&before, 0), way(&after, 0));
        let up = way(&after, 1) - way(&before, 1);
        assert!((up - Vec3::new(0.0, 0.0, 0.1)).norm() < 1e-3, "{up}");
    }

    #[test]
    fn an_episode_with_a_number_that_is_not_finite_is_nothing_to_learn_from() {
        let recipe = Recipe {
            seed: 3,
            scenes: Scenes::generated(&[Family::MixedStack], BOXES_MAX),
            mixture: Default::default(),
        };
        let mut episode = recipe.stack(0).unwrap().remove(0);
        assert!(Sample::new(&episode).is_some());
        for spec in &mut episode.workcell.scene.boxes {
            spec.mass = Quantity::Known(f64::INFINITY);
        }
        assert!(Sample::new(&episode).is_none());
    }
}
