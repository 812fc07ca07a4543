//! Whether a goal's boxes could be taken if nothing else were there: no order of steps helps one that could not.
//!
//! Owns [`out_of_hand`]. It is asked before any search across steps, which would take apart all that stands on such a box or
//! around it to find out the same.

use crate::scene::Workcell;

use super::candidates::{Wish, gather};
use super::goal::Goal;
use super::reason::RejectedCandidate;

/// Why no grasp of the first of the goal's boxes that is like that can be carried out, with all other boxes gone too; empty
/// where each has one. What is cleared already is none of them.
pub(super) fn out_of_hand(workcell: &Workcell, goal: &Goal) -> Vec<RejectedCandidate> {
    let target = match goal {
        Goal::Move { target, .. } => Some(*target),
        Goal::Retrieve { .. } | Goal::Clear { .. } => None,
    };
    let alone = |index: usize| {
        let mut cell = workcell.clone();
        cell.scene.boxes = vec![workcell.scene.boxes[index].clone()];
        cell
    };
    let ids = goal.box_ids().into_iter();
    let mut boxes = ids.filter_map(|id| workcell.scene.box_index(id));
    let turned_down = boxes.find_map(|index| {
        let wish = Wish {
            target,
            ..Wish::remove(0)
        };
        let (candidates, rejected) = gather(&alone(index), &[wish], 1);
        candidates.is_empty().then_some(rejected)
    });
    turned_down.unwrap_or_default()
}
