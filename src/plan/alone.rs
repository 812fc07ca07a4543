//! Whether a hand could grip a goal's boxes if no other box were there: no order of steps helps one that it could not.
//!
//! Owns [`out_of_hand`]. It is asked before any search across steps, which would take apart all that stands on such a box or
//! around it to find out the same. Only grips count: a way out, or to a target, may be there just because of what stands
//! elsewhere.

use crate::grasp::{Moment, Rejection};
use crate::scene::Workcell;

use super::candidates::{Wish, allowed_grasps};
use super::goal::Goal;
use super::reason::{Reason, RejectedCandidate};

/// Why no hand grips the first of the goal's boxes that is like that, with all other boxes gone either; empty where each can be
/// gripped. What is cleared already is none of them.
pub(super) fn out_of_hand(workcell: &Workcell, goal: &Goal) -> Vec<RejectedCandidate> {
    let grips = |cell: &Workcell, index: usize| {
        let mut rejected = Vec::new();
        let any = !allowed_grasps(cell, &Wish::remove(index), &mut rejected).is_empty();
        (any, rejected)
    };
    let ids = goal.box_ids().into_iter();
    let mut boxes = ids.filter_map(|id| workcell.scene.box_index(id));
    let turned_down = boxes.find_map(|index| {
        let mut alone = workcell.clone();
        alone.scene.boxes = vec![workcell.scene.boxes[index].clone()];
        let (can_be_gripped, why) = grips(&alone, 0);
        let for_good = !can_be_gripped && why.iter().all(|r| is_for_good(&r.reason));
        (for_good && !grips(workcell, index).0).then_some(why)
    });
    turned_down.unwrap_or_default()
}

/// Whether other boxes have no part in it. The hand's flight is as high as what it passes over, and may miss a fixture for it.
fn is_for_good(reason: &Reason) -> bool {
    let in_transit = Moment::InTransit;
    !matches!(reason, Reason::Geometry(Rejection::HandBlocked { when, .. }) if *when == in_transit)
}
