//! What shall be reached, and whether it is.

use crate::pose::Pose;
use crate::scene::Scene;

use super::step::StepPlan;

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

    /// Whether `step` does what the goal asks of its box.
    pub(super) fn ends_with(&self, step: &StepPlan) -> bool {
        match self {
            Self::Retrieve { box_id } | Self::Move { box_id, .. } => *box_id == step.box_id,
            Self::Clear { .. } => false,
        }
    }
}
