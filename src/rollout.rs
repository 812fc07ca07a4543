//! What the robot does and what comes of it, as plain numbers without engine types.
//!
//! Owns [`Action`], [`Frame`], [`Rollout`] and [`Accident`], and what passes between an action and who watches it,
//! [`Glance`] and [`Onward`]. With the scene and the grasp they are the words that the sandbox, the data set, the model
//! and the planner share. Definitions: design, section 2. Motions of the hand are `motion`'s, the way between their
//! keys `smooth`'s, that of a nudge `nudge`'s; what counts as a fall is `fall`'s.

mod fall;
mod motion;
mod nudge;
mod smooth;

#[cfg(test)]
pub(crate) use fall::fixture as fixture_for_tests;
pub use motion::{BRAKE, Grip, HandKey, Motion};
pub use nudge::{NUDGE_DRIVE, nudge_seconds, nudge_speed, nudge_travel};

use serde::{Deserialize, Serialize};

use crate::grasp::GraspCandidate;
use crate::pose::{Pose, Vec3};

/// The world model's time step, s: several physics steps, since long strides are both faster
/// and more accurate than short ones (RigidFormer, 2026).
pub const STRIDE_S: f64 = 0.25;

/// What is seen of the scene while a hand carries a box.
#[derive(Clone, Debug, PartialEq)]
pub struct Glance {
    /// s from the action's start.
    pub t: f64,
    /// `[N]` in the scene's order.
    pub boxes: Vec<Pose>,
}

/// What is done about a [`Glance`].
#[derive(Clone, Debug, PartialEq)]
pub enum Onward {
    /// The motion goes on as it is.
    CarryOn,
    /// Another motion takes its place; up to the glance it is the same.
    Change(Motion),
    /// The hand stays where it is and holds on.
    Stop,
}

/// What is done to the scene.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Grip a box and carry it out of the scene.
    Remove {
        /// Where and with what it is gripped.
        grasp: GraspCandidate,
        /// From home to where it is clear.
        motion: Motion,
    },
    /// Grip a box, put it down somewhere else and let go.
    Place {
        /// Where and with what it is gripped.
        grasp: GraspCandidate,
        /// From home to after the retreat.
        motion: Motion,
        /// Where the box shall stand afterwards.
        target: Pose,
    },
    /// Drive a box's centre by `by` metres at up to 0.1 m/s, free to rotate, with no more than the robot's
    /// force, and let go.
    Nudge {
        /// Index into the scene's boxes.
        box_index: usize,
        /// m.
        by: Vec3,
    },
    /// A force on a box's centre for 0.5 s.
    Push {
        /// Index into the scene's boxes.
        box_index: usize,
        /// N.
        force: Vec3,
    },
}

/// How long a push lasts, s (design, section 3).
pub const PUSH_S: f64 = 0.5;
/// A removed box this far from everything is out of the scene, m (design, section 2).
pub const CLEAR_M: f64 = 0.10;

impl Action {
    /// The box that is acted on.
    pub fn box_index(&self) -> usize {
        match self {
            Self::Remove { grasp, .. } | Self::Place { grasp, .. } => grasp.box_index,
            Self::Nudge { box_index, .. } | Self::Push { box_index, .. } => *box_index,
        }
    }

    /// The hand's motion, if a hand takes part.
    pub fn motion(&self) -> Option<&Motion> {
        match self {
            Self::Remove { motion, .. } | Self::Place { motion, .. } => Some(motion),
            Self::Nudge { .. } | Self::Push { .. } => None,
        }
    }

    /// The grasp, if a hand takes part.
    pub fn grasp(&self) -> Option<&GraspCandidate> {
        match self {
            Self::Remove { grasp, .. } | Self::Place { grasp, .. } => Some(grasp),
            Self::Nudge { .. } | Self::Push { .. } => None,
        }
    }

    /// As reports name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Remove { .. } => "remove",
            Self::Place { .. } => "place",
            Self::Nudge { .. } => "nudge",
            Self::Push { .. } => "push",
        }
    }

    /// When what matters begins, s from the action's start: the grip closing, or the start itself.
    ///
    /// Strides are counted from here; before it the hand only flies through free space.
    pub fn onset(&self) -> f64 {
        self.motion().and_then(Motion::grip_time).unwrap_or(0.0)
    }
}

/// The five ways in which a step goes wrong (design, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccidentKind {
    /// A box that is not held moved too far.
    Disturb,
    /// A box that is not held tilted too far.
    Tilt,
    /// The grip never formed, slipped, or ended before release.
    Drop,
    /// A face bore more than it can.
    Crush,
    /// The hand pressed on something else.
    Strike,
}

impl AccidentKind {
    /// All five, in the order of every array that is indexed by kind.
    pub const ALL: [Self; 5] = [
        Self::Disturb,
        Self::Tilt,
        Self::Drop,
        Self::Crush,
        Self::Strike,
    ];

    /// Its place in [`Self::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// What a box does in it, for sentences.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Disturb => "moves",
            Self::Tilt => "tilts",
            Self::Drop => "is dropped",
            Self::Crush => "is crushed",
            Self::Strike => "is struck",
        }
    }

    /// As files and reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disturb => "disturb",
            Self::Tilt => "tilt",
            Self::Drop => "drop",
            Self::Crush => "crush",
            Self::Strike => "strike",
        }
    }
}

/// The first time that something went wrong in one way with one box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accident {
    /// In which way.
    pub kind: AccidentKind,
    /// Index into the scene's boxes; for `strike` the box that the hand was after.
    pub box_index: usize,
    /// s from the action's start.
    pub t: f64,
}

/// One box at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyState {
    /// Pose of the geometric centre.
    pub pose: Pose,
    /// m/s.
    pub linear: Vec3,
    /// rad/s, in the world.
    pub angular: Vec3,
    /// Largest summed normal force on one of its faces since the frame before (3-step mean), N.
    pub force: f64,
}

/// The scene at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// s from the action's start, before which the scene has settled.
    pub t: f64,
    /// `[N]` in the scene's order; a removed box keeps its last state.
    pub boxes: Vec<BodyState>,
    /// The hand, while there is one.
    pub hand: Option<Pose>,
    /// Whether the hand holds the box it is after.
    pub held: bool,
    /// Share of the gripper's capacity that the load leaves, least since the frame before;
    /// 1 where nothing is held, 0 at the limit.
    pub grip_margin: f64,
}

/// One action carried out under one draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// Where each box belongs, `[N]`: where it stood after settling; one that was put down, at its target.
    pub reference: Vec<Pose>,
    /// Every [`STRIDE_S`] from [`Action::onset`], the onset first, or at the rate that was asked for; and last where it ends,
    /// which may be between two of these.
    pub frames: Vec<Frame>,
    /// Each latched once for each kind and box, in order of time.
    pub accidents: Vec<Accident>,
    /// Whether the box was carried clear (remove) or released at its target (place). Of a nudge or a push whether it was
    /// carried out to its end, which it is not where nothing was left to happen.
    pub completed: bool,
    /// Path length of the centres of all boxes not held, summed, m.
    pub path_length: f64,
    /// The highest speed of each box not held, summed over boxes, m/s (under 1 mm/s counts as rest).
    pub peak_speed: f64,
    /// Number of physics steps that it took.
    pub physics_steps: u64,
}

impl Rollout {
    /// Whether any accident of `kind` happened.
    pub fn has(&self, kind: AccidentKind) -> bool {
        self.accidents.iter().any(|a| a.kind == kind)
    }

    /// Whether nothing went wrong.
    pub fn is_safe(&self) -> bool {
        self.accidents.is_empty()
    }

    /// `[5]` in the order of [`AccidentKind::ALL`].
    pub fn by_kind(&self) -> [bool; 5] {
        AccidentKind::ALL.map(|kind| self.has(kind))
    }
}
