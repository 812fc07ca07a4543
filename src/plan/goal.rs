//! What shall be reached, and whether it is.

use crate::pose::{Pose, apart};
use crate::scene::task::tolerance_m;
use crate::scene::{Scene, Workcell};

use super::step::StepPlan;

/// Standard deviations of an orientation within which a box counts as turned as it shall be; and what is let pass where poses
/// are exact, rad.
const TURNED_STDS: f64 = 2.0;
const TURNED_RAD: f64 = 0.01;
/// However poorly a box is seen, it does not stand at its target beyond this share of the task's limits.
const MOST_OF_LIMIT: f64 = 0.5;

/// What shall be reached. Boxes are named by id, since indices change as boxes leave.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// One box out of the scene.
    Retrieve {
        /// Its id.
        box_id: String,
    },
    /// All of these out of the scene.
    Clear {
        /// Their ids.
        box_ids: Vec<String>,
    },
    /// One box to another place.
    Move {
        /// Its id.
        box_id: String,
        /// Where its centre shall be.
        target: Pose,
    },
}

impl Goal {
    /// The boxes that it names.
    pub fn box_ids(&self) -> Vec<&str> {
        match self {
            Self::Retrieve { box_id } | Self::Move { box_id, .. } => vec![box_id],
            Self::Clear { box_ids } => box_ids.iter().map(String::as_str).collect(),
        }
    }

    /// What it asks for, as a person says it.
    pub fn in_words(&self) -> String {
        match self {
            Self::Retrieve { box_id } => format!("retrieve `{box_id}`"),
            Self::Clear { box_ids } => match box_ids.as_slice() {
                [only] => format!("clear `{only}`"),
                all => format!("clear {} boxes", all.len()),
            },
            Self::Move { box_id, .. } => format!("move `{box_id}`"),
        }
    }

    /// Whether it is reached in `scene` once the boxes `placed` were put down.
    pub fn is_reached(&self, scene: &Scene, placed: &[String]) -> bool {
        match self {
            Self::Retrieve { box_id } => scene.box_index(box_id).is_none(),
            Self::Clear { box_ids } => box_ids.iter().all(|id| scene.box_index(id).is_none()),
            Self::Move { box_id, .. } => placed.contains(box_id),
        }
    }

    /// Whether its box stands where it shall already, as well as can be seen. That is asked of a task as it is given and not
    /// of each look at it, of which one or another is so by chance.
    pub fn is_met(&self, workcell: &Workcell) -> bool {
        let Self::Move { box_id, target } = self else {
            return false;
        };
        let (noise, safety) = (workcell.scene.pose_noise, &workcell.safety);
        let way = tolerance_m(&workcell.scene).min(MOST_OF_LIMIT * safety.max_displacement);
        let turn = TURNED_RAD + TURNED_STDS * noise.rotation_rad;
        let turn = turn.min(MOST_OF_LIMIT * safety.max_tilt);
        let off = off_target(&workcell.scene, box_id, target);
        off.is_some_and(|(way_m, turn_rad)| way_m <= way && turn_rad <= turn)
    }

    /// Whether `step` does what the goal asks of its box.
    pub(super) fn ends_with(&self, step: &StepPlan) -> bool {
        match self {
            Self::Retrieve { box_id } | Self::Move { box_id, .. } => *box_id == step.box_id,
            Self::Clear { .. } => false,
        }
    }
}

/// How far box `id` is seen from `target`: m, and rad.
pub fn off_target(scene: &Scene, id: &str, target: &Pose) -> Option<(f64, f64)> {
    Some(apart(&scene.boxes[scene.box_index(id)?].pose, target))
}
