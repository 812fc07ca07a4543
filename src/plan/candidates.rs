//! The actions that a step chooses from: grasps times lifts, built and pruned.
//!
//! Owns [`Wish`] (what shall be done to a box) and the order in which the budget is spent: the
//! plain lift of every grasp of every box comes before anybody's second lift.

use crate::grasp::{GraspCandidate, Rejection, propose};
use crate::motion::{self, Lift, lift_options};
use crate::pose::Pose;
use crate::rollout::Action;
use crate::scene::Workcell;
use crate::scene::geometry::Face;

use super::reason::{Reason, RejectedCandidate};

/// Which grasps may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraspFilter {
    /// Indices into the robot's grippers; empty for any.
    pub grippers: Vec<usize>,
    /// The face; `None` for any.
    pub face: Option<Face>,
}

impl GraspFilter {
    /// Whether a grasp with this gripper on this face may be used.
    pub fn allows(&self, gripper: usize, face: Face) -> bool {
        (self.grippers.is_empty() || self.grippers.contains(&gripper))
            && self.face.is_none_or(|f| f == face)
    }
}

/// What shall be done to one box.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// Index into the scene's boxes.
    pub box_index: usize,
    /// Where it shall stand; `None` takes it out of the scene.
    pub target: Option<Pose>,
    /// How it may be gripped.
    pub filter: GraspFilter,
}

impl Wish {
    /// Box `box_index` taken out, however it may be gripped.
    pub fn remove(box_index: usize) -> Self {
        Self {
            box_index,
            target: None,
            filter: GraspFilter::default(),
        }
    }

    /// Box `box_index` put to `target`, however it may be gripped.
    pub fn place(box_index: usize, target: Pose) -> Self {
        Self {
            target: Some(target),
            ..Self::remove(box_index)
        }
    }

    /// The whole action.
    ///
    /// # Errors
    /// Why the motion cannot be.
    pub fn action(
        &self,
        workcell: &Workcell,
        grasp: &GraspCandidate,
        lift: &Lift,
    ) -> Result<Action, Rejection> {
        Ok(match self.target {
            None => Action::Remove {
                grasp: *grasp,
                motion: motion::remove(workcell, grasp, lift)?,
            },
            Some(target) => Action::Place {
                grasp: *grasp,
                motion: motion::put(workcell, grasp, lift, &target)?,
                target,
            },
        })
    }
}

/// An action with what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Index into the wishes.
    pub wish: usize,
    /// The grasp.
    pub grasp: GraspCandidate,
    /// The lift.
    pub lift: Lift,
    /// The action.
    pub action: Action,
}

/// Up to `budget` actions for `wishes`, and what geometry turned down.
pub fn gather(
    workcell: &Workcell,
    wishes: &[Wish],
    budget: usize,
) -> (Vec<Candidate>, Vec<RejectedCandidate>) {
    let mut rejected = Vec::new();
    let grasps: Vec<Vec<GraspCandidate>> = wishes
        .iter()
        .map(|wish| allowed_grasps(workcell, wish, &mut rejected))
        .collect();
    let mut candidates = Vec::new();
    let deepest = grasps.iter().map(Vec::len).max().unwrap_or(0);
    let mut lift_rank = 0;
    let mut lifts_left = true;
    while lifts_left && candidates.len() < budget {
        lifts_left = false;
        for grasp_rank in 0..deepest {
            for (wish, of_wish) in grasps.iter().enumerate() {
                let Some(grasp) = of_wish.get(grasp_rank) else {
                    continue;
                };
                let Some(lift) = lift_options(workcell, grasp).get(lift_rank).copied() else {
                    continue;
                };
                lifts_left = true;
                if candidates.len() >= budget {
                    return (candidates, rejected);
                }
                match wishes[wish].action(workcell, grasp, &lift) {
                    Ok(action) => candidates.push(Candidate {
                        wish,
                        grasp: *grasp,
                        lift,
                        action,
                    }),
                    Err(why) => rejected.push(turned_down(workcell, grasp, why)),
                }
            }
        }
        lift_rank += 1;
    }
    (candidates, rejected)
}

/// The grasps that geometry and the wish's filter allow.
pub(super) fn allowed_grasps(
    workcell: &Workcell,
    wish: &Wish,
    rejected: &mut Vec<RejectedCandidate>,
) -> Vec<GraspCandidate> {
    let proposals = propose(workcell, wish.box_index);
    let spec = &workcell.scene.boxes[wish.box_index];
    let of_filter = |r: &crate::grasp::RejectedGrasp| wish.filter.allows(r.gripper, r.face);
    for r in proposals.rejected.into_iter().filter(of_filter) {
        // That nothing is gripped from below is no news.
        if r.reason != Rejection::FaceDown || wish.filter.face.is_some() {
            rejected.push(RejectedCandidate {
                box_id: spec.id.clone(),
                gripper: r.gripper,
                face: r.face,
                grasp: r.candidate,
                hand: r.candidate.map(|c| c.hand_in_world(&spec.pose)),
                reason: r.reason.into(),
                risk: None,
            });
        }
    }
    let candidates = proposals.candidates.into_iter();
    candidates
        .filter(|g| wish.filter.allows(g.gripper, g.face))
        .collect()
}

/// A rejection of `grasp` for `why`.
pub(super) fn turned_down(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    why: impl Into<Reason>,
) -> RejectedCandidate {
    let spec = &workcell.scene.boxes[grasp.box_index];
    RejectedCandidate {
        box_id: spec.id.clone(),
        gripper: grasp.gripper,
        face: grasp.face,
        grasp: Some(*grasp),
        hand: Some(grasp.hand_in_world(&spec.pose)),
        reason: why.into(),
        risk: None,
    }
}
