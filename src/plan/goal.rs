//! What shall be reached, and whether it is.

use crate::pose::Pose;
use crate::scene::Scene;
use crate::scene::task::tolerance_m;

use super::step::StepPlan;

/// Standard deviations of an orientation within which a box counts as turned as it shall be; and what is let pass where poses
/// are exact, rad.
const TURNED_STDS: f64 = 2.0;
const TURNED_RAD: f64 = 0.01;

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

    /// Whether it is reached in `scene` once the boxes `placed` were put down; one that stands where it shall, as well as can
    /// be seen, need not be put there.
    pub fn is_reached(&self, scene: &Scene, placed: &[String]) -> bool {
        match self {
            Self::Retrieve { box_id } => scene.box_index(box_id).is_none(),
            Self::Clear { box_ids } => box_ids.iter().all(|id| scene.box_index(id).is_none()),
            Self::Move { box_id, target } => {
                placed.contains(box_id) || stands_at(scene, box_id, target)
            }
        }
    }

    /// Whether `step` does what the goal asks of its box.
    pub(super) fn ends_with(&self, step: &StepPlan) -> bool {
        match self {
            Self::Retrieve { box_id } | Self::Move { box_id, .. } => *box_id == step.box_id,
            Self::Clear { .. } => false,
        }
    }
}

/// Whether box `id` is seen at `target`.
fn stands_at(scene: &Scene, id: &str, target: &Pose) -> bool {
    scene.box_index(id).is_some_and(|index| {
        let pose = &scene.boxes[index].pose;
        let off = (pose.translation.vector - target.translation.vector).norm();
        let turned = pose.rotation.angle_to(&target.rotation);
        let noise = TURNED_STDS * scene.pose_noise.rotation_rad;
        off <= tolerance_m(scene) && turned <= TURNED_RAD + noise
    })
}
