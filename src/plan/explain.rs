//! In words: what a step came closest to, and why there is no plan.
//!
//! Owns the sentences; what would help is `remedies`'. Every one of them comes from numbers of the search; none is a guess
//! at what a person might like to hear.

use crate::dynamics::Imagined;
use crate::rollout::AccidentKind;
use crate::scene::{Scene, Workcell};

use super::goal::Goal;
use super::reason::{Reason, RejectedCandidate, nearest, worst_accident};
use super::step::StepPlan;
use super::support::SupportGraph;

/// Under this a box is not worth naming, probability.
const CONCERNED: f64 = 0.002;

/// The accident that a step came closest to, and the boxes concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosestAccident {
    /// The kind.
    pub kind: AccidentKind,
    /// Its probability.
    pub probability: f64,
    /// The boxes most likely to move or fall, most likely first, at most three.
    pub boxes: Vec<String>,
}

/// What `step` came closest to, in the scene that it is taken in.
pub fn closest_accident(step: &StepPlan, scene: &Scene) -> ClosestAccident {
    let kind = worst_accident(&step.risk);
    ClosestAccident {
        kind,
        probability: step.risk.by_accident[kind.index()],
        boxes: concerned(&step.imagined, scene, step.grasp.box_index),
    }
}

/// The boxes but `held` that are most likely to move or fall, at most three.
pub fn concerned(imagined: &Imagined, scene: &Scene, held: usize) -> Vec<String> {
    let danger = |i: usize| imagined.fates[i].p_moves.max(imagined.fates[i].p_falls);
    let mut order: Vec<usize> = (0..imagined.fates.len().min(scene.boxes.len()))
        .filter(|i| *i != held && danger(*i) > CONCERNED)
        .collect();
    order.sort_by(|a, b| danger(*b).total_cmp(&danger(*a)));
    order.truncate(3);
    order.iter().map(|i| scene.boxes[*i].id.clone()).collect()
}

/// Why there is no safe plan, in a sentence; what a check had against a box that was `taken` another way is not it. The least
/// risky step comes with the scene that it would be taken in.
pub(super) fn no_plan_reason(
    workcell: &Workcell,
    goal: &Goal,
    least_risky: Option<(&Scene, &StepPlan)>,
    rejected: &[RejectedCandidate],
    taken: &[&str],
) -> String {
    let what = goal.in_words();
    let limit = workcell.safety.max_risk;
    if let Some((r, _)) = least_over_plan_limit(rejected) {
        return format!(
            "there is no safe way to {what} within the limit on the whole plan: `{}`: {}",
            r.box_id, r.reason
        );
    }
    let not_taken = |r: &&RejectedCandidate| !taken.contains(&r.box_id.as_str());
    let by_check = |r: &&RejectedCandidate| r.reason.kind() == "shield" && not_taken(r);
    let by_end = |r: &&RejectedCandidate| {
        r.reason.kind() == "dead_end" && has_to_go(workcell, goal, &r.box_id)
    };
    let found_later = rejected.iter().find(by_check);
    if let Some(r) = found_later.or_else(|| rejected.iter().find(by_end)) {
        return format!(
            "there is no safe way to {what}: `{}`: {}",
            r.box_id, r.reason
        );
    }
    if let Some((_, step)) = least_risky.filter(|(_, step)| step.risk.abstains()) {
        return format!(
            "there is no safe way to {what}: the least risky step, `{}` by its {} face: {}",
            step.box_id,
            step.grasp.face.name(),
            Reason::risky(&step.risk, limit),
        );
    }
    if let Some((scene, step)) = least_risky {
        let closest = closest_accident(step, scene);
        let boxes = match closest.boxes.as_slice() {
            [] => String::new(),
            boxes => format!(" of `{}`", boxes.join("`, `")),
        };
        return format!(
            "there is no safe way to {what}: the least risky step, `{}` by its {} face, has a risk of \
             {:.4} (bound {:.4}, limit {limit}); it comes closest to {}{boxes}",
            step.box_id,
            step.grasp.face.name(),
            step.risk.risk,
            step.risk.bound,
            closest.kind.name(),
        );
    }
    match nearest(rejected) {
        Some(nearest) => {
            let none = match nearest.reason {
                Reason::Geometry(_) => "no grasp can be carried out; ",
                // After steps that were safe.
                _ => "",
            };
            format!(
                "there is no safe way to {what}: {none}nearest comes `{}` by its {} face: {}",
                nearest.box_id,
                nearest.face.name(),
                nearest.reason
            )
        }
        None => format!("there is no safe way to {what}: no grasp can be carried out"),
    }
}

/// Whether a box is the goal's, or rests on one that is: others are only taken to make room.
fn has_to_go(workcell: &Workcell, goal: &Goal, box_id: &str) -> bool {
    let (scene, graph) = (&workcell.scene, SupportGraph::of(&workcell.scene));
    let ids = goal.box_ids();
    let on_top = ids
        .iter()
        .filter_map(|id| scene.box_index(id))
        .flat_map(|index| graph.above(index));
    let above: Vec<usize> = on_top.collect();
    ids.contains(&box_id) || scene.box_index(box_id).is_some_and(|i| above.contains(&i))
}

/// The step that was safe by itself and came least over the limit on the whole plan, and what all came to with it;
/// none where that limit was in nobody's way.
pub(super) fn least_over_plan_limit(
    rejected: &[RejectedCandidate],
) -> Option<(&RejectedCandidate, f64)> {
    let over = rejected.iter().filter_map(|r| match r.reason {
        Reason::PlanRisk { bound, .. } => Some((r, bound)),
        _ => None,
    });
    over.min_by(|a, b| a.1.total_cmp(&b.1))
}
