//! The robot and the limits of a task file, defaults filled in.
//!
//! Owns what is taken where a file leaves the hand, a gripper or a limit out, and the checks
//! that need the scene: a home within reach, above the ground and inside of nothing.

use super::build::{Builder, vec3};
use super::check::inside_of;
use super::check::neighbour_name;
use super::error::MistakeKind;
use super::format::{GripperBlock, GripperKind, RobotBlock, SafetyBlock};
use super::kinds::GRIPPER_KEYS;
use super::place::FieldPath;
use super::value::Number;
use super::{DEFAULT_HAND_FORCE_N, default_gripper, default_home, palm_down, suction_cup};
use crate::pose::Vec3;
use crate::scene::{Gripper, Reach, Robot, Safety, Scene};

impl Builder<'_> {
    /// The robot over `scene`, defaults filled in.
    pub fn robot(&mut self, block: Option<&RobotBlock>, scene: &Scene) -> Robot {
        let at = FieldPath::default().key("robot");
        let home = block.and_then(|b| b.home.as_ref());
        let home = match home {
            Some(home) => self.pose_block(home, &at.key("home"), palm_down()),
            None => default_home(scene),
        };
        let reach = block.and_then(|b| b.reach.as_ref()).map(|reach| Reach {
            base: vec3(reach.base),
            max: reach.max.0,
        });
        let force = block.and_then(|b| b.max_hand_force);
        let robot = Robot {
            home,
            max_hand_force: force.map_or(DEFAULT_HAND_FORCE_N, |f| f.0),
            grippers: self.grippers(block, &at),
            reach,
        };
        self.check_home(&robot, scene, &at);
        robot
    }

    fn check_home(&mut self, robot: &Robot, scene: &Scene, at: &FieldPath) {
        let home = robot.home.translation.vector;
        let path = at.key("home").key("position");
        if let Some(reach) = robot.reach {
            let distance = (home - reach.base).norm();
            if distance > reach.max {
                let max = reach.max;
                let message = format!("the hand's home is {distance:.3} m from the reach's base");
                let remedy = format!("Move `robot.home` within {max} m of it, or raise `max`.");
                self.note(MistakeKind::OutOfRange, &path, message, remedy);
            }
        }
        if home.z <= 0.0 {
            let message = format!("the hand's home is {:.3} m into the ground", home.z.abs());
            let remedy = "Raise `robot.home`, best above the boxes.".to_owned();
            self.note(MistakeKind::Overlap, &path, message, remedy);
        }
        if let Some(with) = inside_of(scene, &home) {
            let message = format!(
                "the hand's home lies inside {}",
                neighbour_name(scene, with)
            );
            let remedy = "Move `robot.home` to where the hand is free.".to_owned();
            self.note(MistakeKind::Overlap, &path, message, remedy);
        }
    }

    fn grippers(&mut self, block: Option<&RobotBlock>, at: &FieldPath) -> Vec<Gripper> {
        let Some(block) = block else {
            return vec![default_gripper()];
        };
        let (one, many) = (block.gripper.as_ref(), block.grippers.as_ref());
        if one.is_some() && many.is_some() {
            let message = "`robot` has both `gripper` and `grippers`".to_owned();
            let remedy = "Keep `grippers` and list them all there.".to_owned();
            self.note(MistakeKind::Conflict, &at.key("gripper"), message, remedy);
        }
        let one = one.map(|g| (g, at.key("gripper")));
        let list = at.key("grippers");
        let many = many.into_iter().flatten().enumerate();
        let all: Vec<Gripper> = many
            .map(|(i, g)| (g, list.index(i)))
            .chain(one)
            .map(|(gripper, path)| self.gripper(gripper, &path))
            .collect();
        if all.is_empty() {
            vec![default_gripper()]
        } else {
            all
        }
    }

    fn gripper(&mut self, block: &GripperBlock, at: &FieldPath) -> Gripper {
        let given = [
            ("cup_radius", block.cup_radius.is_some()),
            ("max_pull", block.max_pull.is_some()),
            ("max_shear", block.max_shear.is_some()),
            ("max_moment", block.max_moment.is_some()),
            ("max_opening", block.max_opening.is_some()),
            ("max_force", block.max_force.is_some()),
            ("finger", block.finger.is_some()),
            ("pad_friction", block.pad_friction.is_some()),
        ];
        self.keys_of_kind(&GRIPPER_KEYS[block.kind as usize], &given, at);
        let or = |value: Option<Number>, default: f64| value.map_or(default, |v| v.0);
        match block.kind {
            GripperKind::Suction => suction_cup(
                [
                    block.cup_radius,
                    block.max_pull,
                    block.max_shear,
                    block.max_moment,
                ]
                .map(|given| given.map(|v| v.0)),
            ),
            GripperKind::ParallelJaw => Gripper::ParallelJaw {
                max_opening: or(block.max_opening, 0.0),
                max_force: or(block.max_force, 0.0),
                finger: block.finger.map_or(Vec3::new(0.02, 0.06, 0.12), vec3),
                pad_friction: or(block.pad_friction, 0.8),
            },
        }
    }
}

/// Whether any gripper is written there.
pub(super) fn names_gripper(block: &RobotBlock) -> bool {
    block.gripper.is_some() || block.grippers.as_ref().is_some_and(|all| !all.is_empty())
}

/// The limits, defaults filled in.
pub(super) fn safety(block: Option<&SafetyBlock>) -> Safety {
    let default = Safety::default();
    let Some(block) = block else {
        return default;
    };
    let or = |value: Option<Number>, default: f64| value.map_or(default, |v| v.0);
    Safety {
        max_risk: or(block.max_risk, default.max_risk),
        max_plan_risk: block.max_plan_risk.map(|r| r.0),
        max_displacement: or(block.max_displacement, default.max_displacement),
        max_tilt: block
            .max_tilt_deg
            .map_or(default.max_tilt, |t| t.0.to_radians()),
        max_strike_force: or(block.max_strike_force, default.max_strike_force),
    }
}
