//! The questions about the hand: another kind of gripper, a stronger one.
//!
//! Owns what is asked of each; the grippers are common ones of makers' catalogues, not the best for the task.

use super::{Advice, Asking, Change};
use crate::plan::planner::PlanError;
use crate::pose::Vec3;
use crate::scene::Gripper;
use crate::scene::task::{GripperKind, default_gripper};

/// How many times stronger a gripper is asked about.
pub(super) const STRONGER: f64 = 2.0;

impl Asking<'_> {
    pub(super) fn with_gripper(&self, gripper: Gripper) -> Result<Advice, PlanError> {
        let mut changed = self.workcell.clone();
        changed.robot.grippers = vec![gripper];
        let change = Change::OtherGripper {
            gripper: GripperKind::of(&gripper).name(),
        };
        let what = format!("with {}", gripper_in_words(&gripper));
        Ok(self.ask(&changed)?.advice(change, &what))
    }

    pub(super) fn stronger(&self) -> Result<Advice, PlanError> {
        let mut changed = self.workcell.clone();
        for gripper in &mut changed.robot.grippers {
            gripper.strengthen(STRONGER);
        }
        let what = format!("with grippers {STRONGER:.0} times as strong");
        let change = Change::StrongerGripper { times: STRONGER };
        Ok(self.ask(&changed)?.advice(change, &what))
    }
}

/// A common gripper of each kind that the robot does not have.
pub(super) fn other_grippers(grippers: &[Gripper]) -> Vec<Gripper> {
    let common = [
        default_gripper(),
        Gripper::ParallelJaw {
            max_opening: 0.45,
            max_force: 150.0,
            finger: Vec3::new(0.02, 0.06, 0.12),
            pad_friction: 0.8,
        },
    ];
    let has = |kind: &Gripper| {
        grippers
            .iter()
            .any(|g| GripperKind::of(g) == GripperKind::of(kind))
    };
    common.into_iter().filter(|g| !has(g)).collect()
}

/// A gripper with what it can do, for a sentence.
pub fn gripper_in_words(gripper: &Gripper) -> String {
    match *gripper {
        Gripper::Suction {
            cup_radius,
            max_pull,
            max_shear,
            ..
        } => format!(
            "a suction cup (radius {cup_radius:.3} m, {max_pull:.0} N of pull, {max_shear:.0} N of shear)"
        ),
        Gripper::ParallelJaw {
            max_opening,
            max_force,
            ..
        } => format!("a parallel jaw (opens {max_opening:.2} m, squeezes {max_force:.0} N)"),
    }
}
