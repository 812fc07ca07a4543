//! The chosen grasps of a plan in the fields of MoveIt's `moveit_msgs/Grasp`, as YAML.
//!
//! Owns [`GraspMessage`] and [`to_yaml`]. The fields are those of `moveit_msgs/msg/Grasp.msg` and
//! `GripperTranslation.msg`, in their order; of headers only `frame_id` is written, so that the
//! text fits ROS 1 and ROS 2 alike. Refuses to say where a wrist is: that depends on how the gripper
//! is mounted, and the comment at the head of the file says what to add.

use serde::Serialize;

use super::planner::{Plan, PlannedStep};
use crate::grasp::{
    Access, GraspCandidate, access, approach_opening, back_off_m, shortest_way_in,
    width_between_pads,
};
use crate::pose::{Pose, PoseData, Vec3};
use crate::rollout::Action;
use crate::scene::task::GripperKind;
use crate::scene::{Gripper, Workcell};

/// The frame that every pose and direction is in: the task file's world.
pub const FRAME: &str = "world";
/// The joint of a parallel jaw: the gap between its pads, m.
pub const JAW_JOINT: &str = "gripper_opening";

/// `std_msgs/Header`, as far as it means something here.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Header {
    /// The frame.
    pub frame_id: &'static str,
}

const WORLD: Header = Header { frame_id: FRAME };

/// `geometry_msgs/Point` and `geometry_msgs/Vector3`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Xyz {
    /// m, or a direction's part.
    pub x: f64,
    /// As x.
    pub y: f64,
    /// As x.
    pub z: f64,
}

/// `geometry_msgs/Quaternion`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Xyzw {
    /// Imaginary.
    pub x: f64,
    /// Imaginary.
    pub y: f64,
    /// Imaginary.
    pub z: f64,
    /// Real.
    pub w: f64,
}

/// `geometry_msgs/Pose`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PoseMessage {
    /// m.
    pub position: Xyz,
    /// Of length 1.
    pub orientation: Xyzw,
}

/// `geometry_msgs/PoseStamped`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PoseStamped {
    /// Its frame.
    pub header: Header,
    /// The pose.
    pub pose: PoseMessage,
}

/// `geometry_msgs/Vector3Stamped`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Vector3Stamped {
    /// Its frame.
    pub header: Header,
    /// The vector.
    pub vector: Xyz,
}

/// `moveit_msgs/GripperTranslation`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GripperTranslation {
    /// Of length 1.
    pub direction: Vector3Stamped,
    /// m.
    pub desired_distance: f64,
    /// What has to be feasible, m.
    pub min_distance: f64,
}

/// `trajectory_msgs/JointTrajectoryPoint`, as far as it means something here.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JointTrajectoryPoint {
    /// m.
    pub positions: Vec<f64>,
    /// N; empty where only the position counts.
    pub effort: Vec<f64>,
}

/// `trajectory_msgs/JointTrajectory`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JointTrajectory {
    /// Its frame.
    pub header: Header,
    /// Empty for a hand without joints.
    pub joint_names: Vec<&'static str>,
    /// As many as it takes.
    pub points: Vec<JointTrajectoryPoint>,
}

/// `moveit_msgs/Grasp`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GraspMessage {
    /// Number of the step, what is done, and the box.
    pub id: String,
    /// The jaw open around the box; nothing for suction.
    pub pre_grasp_posture: JointTrajectory,
    /// The jaw closed on the box with its squeeze; nothing for suction.
    pub grasp_posture: JointTrajectory,
    /// The hand at the contact.
    pub grasp_pose: PoseStamped,
    /// 1 − the bound on the step's risk.
    pub grasp_quality: f64,
    /// Straight in, along the hand's +z.
    pub pre_grasp_approach: GripperTranslation,
    /// The first leg of the lift.
    pub post_grasp_retreat: GripperTranslation,
    /// Straight back, once the box was let go.
    pub post_place_retreat: GripperTranslation,
    /// N; 0 where neither gripper nor box limits it.
    pub max_contact_force: f64,
    /// The box itself.
    pub allowed_touch_objects: Vec<String>,
}

/// The file: all grasps of a plan, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Grasps {
    grasps: Vec<GraspMessage>,
}

/// The chosen grasps of `plan`, in order; none where no plan is safe.
pub fn grasps(workcell: &Workcell, plan: &Plan) -> Vec<GraspMessage> {
    let message = |(i, step)| message(workcell, i, step);
    plan.steps.iter().enumerate().map(message).collect()
}

/// The text of the file that holds the grasps of `plan` for the task called `task`.
///
/// # Errors
/// When the YAML writer refuses.
pub fn to_yaml(
    task: &str,
    workcell: &Workcell,
    plan: &Plan,
) -> Result<String, serde_saphyr::ser::Error> {
    let grasps = grasps(workcell, plan);
    let body = serde_saphyr::to_string(&Grasps { grasps })?;
    // A name could hold a line break, and what follows it would be no comment.
    let name: String = task
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut text = format!("# Grasps for `{name}`, in the order in which they are to be made.\n");
    for line in CONVENTION.lines() {
        text += &format!("# {line}\n");
    }
    Ok(text + &body)
}

/// What a reader has to know; every line becomes a comment.
const CONVENTION: &str = "Each has the fields of moveit_msgs/Grasp. SI units.
Frame `world`: the task file's, right-handed, z up, ground at z = 0.
grasp_pose is the hand frame at the contact: its origin in the middle of the gripper's contact
surface (suction: the lip of the cup, on the face; jaw: the palm, between the fingers), +z out of
the palm along the approach, +x along a jaw's closing direction. MoveIt means the link that the
gripper is mounted on: multiply by the transform from the contact surface to that link.
grasp_quality is 1 - the bound on the step's risk. The retreat is the lift's first leg; its speed,
its tilt and what follows are in `topple plan --json`. Poses hold once the steps before are done.
An id ends in the gripper and its place among the task's `grippers`, counted from 0.";

fn message(workcell: &Workcell, index: usize, planned: &PlannedStep) -> GraspMessage {
    let PlannedStep { step, scene, .. } = planned;
    let cell = Workcell {
        scene: scene.clone(),
        ..workcell.clone()
    };
    let spec = &scene.boxes[step.grasp.box_index];
    let hand = step.grasp.hand_in_world(&spec.pose);
    let approach = step.grasp.approach(&spec.pose);
    let let_go = match &step.action {
        Action::Place { target, .. } => step.grasp.approach(target),
        _ => approach,
    };
    let gripper = &workcell.robot.grippers[step.grasp.gripper];
    let open = approach_opening(&cell, &step.grasp);
    let width = width_between_pads(&cell, &step.grasp);
    let first = step.lift.first;
    GraspMessage {
        id: format!(
            "{}-{}-{}-by-{}-{}",
            index + 1,
            step.action.name(),
            step.box_id,
            GripperKind::of(gripper).name(),
            step.grasp.gripper
        ),
        pre_grasp_posture: posture(gripper, open, None),
        grasp_posture: posture(gripper, width, squeeze(gripper)),
        grasp_pose: PoseStamped {
            header: WORLD,
            pose: pose(&hand),
        },
        grasp_quality: 1.0 - step.risk.bound,
        pre_grasp_approach: translation(approach, way_in_m(&cell, &step.grasp)),
        post_grasp_retreat: translation(first, first.norm()),
        post_place_retreat: translation(-let_go, back_off_m(gripper)),
        max_contact_force: [squeeze(gripper), spec.max_force_n]
            .into_iter()
            .flatten()
            .reduce(f64::min)
            .unwrap_or(0.0),
        allowed_touch_objects: vec![step.box_id.clone()],
    }
}

/// How far before the contact the hand's straight way in begins, m.
fn way_in_m(workcell: &Workcell, grasp: &GraspCandidate) -> f64 {
    let long = |way: Access| (way.contact.translation.vector - way.entry.translation.vector).norm();
    // A step that was planned in this scene has its way in; without one, no shorter than the fingers.
    let shortest = shortest_way_in(&workcell.robot.grippers[grasp.gripper]);
    access(workcell, grasp).map_or(shortest, long)
}

/// What a jaw's pads press with, N.
fn squeeze(gripper: &Gripper) -> Option<f64> {
    match *gripper {
        Gripper::Suction { .. } => None,
        Gripper::ParallelJaw { max_force, .. } => Some(max_force),
    }
}

fn posture(gripper: &Gripper, opening_m: f64, effort_n: Option<f64>) -> JointTrajectory {
    let (joint_names, points) = match gripper {
        Gripper::Suction { .. } => (Vec::new(), Vec::new()),
        Gripper::ParallelJaw { .. } => {
            let point = JointTrajectoryPoint {
                positions: vec![opening_m],
                effort: effort_n.into_iter().collect(),
            };
            (vec![JAW_JOINT], vec![point])
        }
    };
    JointTrajectory {
        header: WORLD,
        joint_names,
        points,
    }
}

fn pose(pose: &Pose) -> PoseMessage {
    let PoseData { position, rotation } = PoseData::from(*pose);
    let [x, y, z, w] = rotation;
    PoseMessage {
        position: xyz(Vec3::from(position)),
        orientation: Xyzw { x, y, z, w },
    }
}

fn xyz(v: Vec3) -> Xyz {
    Xyz {
        x: v.x,
        y: v.y,
        z: v.z,
    }
}

/// `distance` along `direction`, all of it required: that is what was judged.
fn translation(direction: Vec3, distance: f64) -> GripperTranslation {
    let unit = direction.try_normalize(1e-9).unwrap_or_else(Vec3::z);
    GripperTranslation {
        direction: Vector3Stamped {
            header: WORLD,
            vector: xyz(unit),
        },
        desired_distance: distance,
        min_distance: distance,
    }
}
