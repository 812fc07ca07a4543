//! Task files exactly as they are written: the types that serde reads, garde
//! checks and schemars describes, so that the three cannot disagree.
//!
//! Owns the keys, their ranges and their words (design, section 4), but for those of the scene,
//! which are `scene_format`'s. What depends on more than one value (exclusive keys, geometry,
//! names) is left to `build` and `check`.

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;

use super::kinds::{gripper_kinds, one_gripper_key, one_orientation, task_kinds};
use super::planner::PlannerSettings;
use super::value::{Number, SceneEntry};

/// The least limit on risk that can be asked for: no data certify a lower one.
pub const LEAST_LIMIT: f64 = 0.0001;

/// How far from the world's origin anything may stand, m: the engine's numbers have 24 bits, so that at 70 m a stack
/// trembles until it falls.
pub(super) const FARTHEST_M: f64 = 20.0;

/// A task for topple: what stands before the robot, the robot, and what it is to do.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(title = "topple task file", rename = "TaskFile")]
pub(super) struct TaskDocument {
    /// The version of this format: 1.
    #[garde(range(min = 1, max = 1))]
    #[allow(
        dead_code,
        reason = "checked before the typed pass, kept for the schema"
    )]
    pub version: u64,
    /// What reports call this task.
    #[garde(length(min = 1, max = 200))]
    pub name: String,
    /// What stands there: a scene, or the path of another task file whose scene is taken.
    #[garde(dive)]
    pub scene: SceneEntry,
    /// The hand. Left out: one suction cup that starts 0.4 m above the scene.
    #[garde(dive)]
    pub robot: Option<RobotBlock>,
    /// What to do. Left out where a command needs only the scene.
    #[garde(dive)]
    pub task: Option<TaskBlock>,
    /// What counts as an accident, and how likely one may be.
    #[garde(dive)]
    pub safety: Option<SafetyBlock>,
    /// How hard to think.
    #[garde(dive)]
    pub planner: Option<PlannerSettings>,
}

/// The hand and where it can be.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Robot", transform = one_gripper_key)]
pub(super) struct RobotBlock {
    /// Where the hand starts each step (0.4 m above the middle of the scene, palm down).
    #[garde(dive)]
    pub home: Option<PoseBlock>,
    /// N: the hand's motors give up there (250).
    #[garde(range(min = 1.0, max = 1e5))]
    pub max_hand_force: Option<Number>,
    /// The only gripper.
    #[garde(dive)]
    pub gripper: Option<GripperBlock>,
    /// One or more grippers, instead of `gripper`.
    #[garde(length(min = 1, max = 8), dive)]
    pub grippers: Option<Vec<GripperBlock>>,
    /// A ball that the hand has to stay in. Left out: it reaches everywhere.
    #[garde(dive)]
    pub reach: Option<ReachBlock>,
}

/// A pose. Left without yaw_deg and rotation, a box stands level and the hand's palm looks down.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pose", transform = one_orientation)]
pub(super) struct PoseBlock {
    /// [x, y, z], m.
    #[garde(inner(range(min = -FARTHEST_M, max = FARTHEST_M)))]
    pub position: [Number; 3],
    /// Turn about the vertical, degrees (0).
    #[garde(range(min = -360.0, max = 360.0))]
    pub yaw_deg: Option<Number>,
    /// Unit quaternion [x, y, z, w], instead of yaw_deg.
    #[garde(inner(inner(range(min = -1.01, max = 1.01))))]
    #[schemars(inner(range(min = -1.01, max = 1.01)))]
    pub rotation: Option<[Number; 4]>,
}

/// Where the hand's origin can be.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reach")]
pub(super) struct ReachBlock {
    /// The ball's centre [x, y, z], m.
    #[garde(inner(range(min = -FARTHEST_M, max = FARTHEST_M)))]
    pub base: [Number; 3],
    /// Its radius, m.
    #[garde(range(min = 0.05, max = 200.0))]
    pub max: Number,
}

/// The kinds of grippers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GripperKind {
    /// One round vacuum cup.
    Suction,
    /// Two parallel fingers.
    ParallelJaw,
}

/// A gripper: `kind` says which of the other keys belong to it.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Gripper", transform = gripper_kinds)]
pub(super) struct GripperBlock {
    /// suction or parallel_jaw.
    #[garde(skip)]
    pub kind: GripperKind,
    /// Radius of the cup, m (0.04).
    #[garde(range(min = 0.002, max = 0.5))]
    pub cup_radius: Option<Number>,
    /// Pull along the palm's normal at which the cup lets go, N (180).
    #[garde(range(min = 0.1, max = 1e5))]
    pub max_pull: Option<Number>,
    /// Shear at which the cup lets go, N (120).
    #[garde(range(min = 0.1, max = 1e5))]
    pub max_shear: Option<Number>,
    /// Moment at which the cup lets go when nothing pulls, N·m (½ · cup_radius · max_pull).
    #[garde(range(min = 0.001, max = 1e5))]
    pub max_moment: Option<Number>,
    /// Widest gap between the pads, m.
    #[garde(range(min = 0.005, max = 5.0))]
    pub max_opening: Option<Number>,
    /// Squeeze of the jaw, N.
    #[garde(range(min = 0.1, max = 1e5))]
    pub max_force: Option<Number>,
    /// A finger's thickness, width and length, m ([0.02, 0.06, 0.12]).
    #[garde(inner(inner(range(min = 0.002, max = 1.0))))]
    #[schemars(inner(range(min = 0.002, max = 1.0)))]
    pub finger: Option<[Number; 3]>,
    /// Friction coefficient of the pads (0.8).
    #[garde(range(min = 0.02, max = 2.0))]
    pub pad_friction: Option<Number>,
}

/// What the robot is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TaskKind {
    /// Bring one box out of the scene, taking first what has to go first.
    Retrieve,
    /// Take away every box, or those in `boxes`.
    Clear,
    /// Put one box somewhere else.
    Move,
}

/// A job: `kind` says which of the other keys belong to it.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Task", transform = task_kinds)]
pub(super) struct TaskBlock {
    /// retrieve, clear or move.
    #[garde(skip)]
    pub kind: TaskKind,
    /// The id of the box to retrieve or move.
    #[garde(skip)]
    pub r#box: Option<String>,
    /// The ids of the boxes to clear. Left out: all of them.
    #[garde(length(min = 1))]
    pub boxes: Option<Vec<String>>,
    /// Where the box is to stand.
    #[garde(dive)]
    pub to: Option<PoseBlock>,
}

/// What counts as an accident, and how likely one may be.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Safety")]
pub(super) struct SafetyBlock {
    /// The most that the bound on a step's risk may be, a probability (0.02).
    #[garde(range(min = LEAST_LIMIT, max = 1.0))]
    pub max_risk: Option<Number>,
    /// The most that a whole plan's bound may be. Left out: only the steps are limited.
    #[garde(range(min = LEAST_LIMIT, max = 1.0))]
    pub max_plan_risk: Option<Number>,
    /// How far a box that is not held may move, m (0.05).
    #[garde(range(min = 0.001, max = 10.0))]
    pub max_displacement: Option<Number>,
    /// How far a box that is not held may tilt, degrees (15).
    #[garde(range(min = 0.1, max = 90.0))]
    pub max_tilt_deg: Option<Number>,
    /// How hard the hand may press on anything but its target, N (30).
    #[garde(range(min = 0.1, max = 1e5))]
    pub max_strike_force: Option<Number>,
}
