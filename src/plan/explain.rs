//! In words: what a step came closest to, and why there is no plan.
//!
//! Owns the sentences; what would help is `remedies`'. Every one of them comes from numbers of the search; none is a guess
//! at what a person might like to hear.

use crate::dynamics::{BoxFate, Imagined};
use crate::rollout::{AccidentKind, Action};
use crate::scene::{Scene, Workcell};

use super::alone::out_of_hand;
use super::goal::Goal;
use super::reason::{Reason, RejectedCandidate, above, nearest, worst_accident};
use super::step::StepPlan;
use super::support::SupportGraph;
use super::wanted::blocker;

/// Under this a box is not worth naming, probability.
const CONCERNED: f64 = 0.002;

/// The accident that a step came closest to, and the boxes concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosestAccident {
    /// The kind.
    pub kind: AccidentKind,
    /// Its probability.
    pub probability: f64,
    /// The box in the hand where it is that one's grip or, put down, does not stay; for `crush` those that can be crushed;
    /// else the others most likely to move or fall, most likely first, at most three.
    pub boxes: Vec<String>,
}

/// What `step` came closest to, in the scene that it is taken in.
pub fn closest_accident(step: &StepPlan, scene: &Scene) -> ClosestAccident {
    let kind = worst_accident(&step.risk);
    ClosestAccident {
        kind,
        probability: step.risk.by_accident[kind.index()],
        boxes: match kind {
            AccidentKind::Drop => vec![step.box_id.clone()],
            AccidentKind::Crush => crushable(step, scene),
            _ if is_of_what_is_put_down(step, kind) => vec![step.box_id.clone()],
            _ => concerned(&step.imagined, scene, step.grasp.box_index),
        },
    }
}

/// Whether the box itself is the one that would tilt or be out of place once it is put down: no other comes near to making up
/// that risk, and of itself its fate tells the carrying too.
fn is_of_what_is_put_down(step: &StepPlan, kind: AccidentKind) -> bool {
    let danger = |fate: &BoxFate| match kind {
        AccidentKind::Disturb => fate.p_moves,
        _ => fate.p_falls,
    };
    let can_be = matches!(kind, AccidentKind::Disturb | AccidentKind::Tilt);
    let fates = step.imagined.fates.iter().enumerate();
    let others = fates.filter(|(i, fate)| *i != step.grasp.box_index && !fate.unseen);
    let of_others: f64 = others.map(|(_, fate)| danger(fate)).sum();
    let is_put_down = matches!(step.action, Action::Place { .. });
    is_put_down && can_be && 2.0 * of_others < step.risk.by_accident[kind.index()]
}

/// Of the boxes that `step` touches or moves, its own first, those that can be crushed; where none of them can, the only one
/// of the scene that can.
fn crushable(step: &StepPlan, scene: &Scene) -> Vec<String> {
    let can_be = |id: &String| {
        let index = scene.box_index(id);
        index.is_some_and(|i| scene.boxes[i].max_force_n.is_some())
    };
    let others = concerned(&step.imagined, scene, step.grasp.box_index);
    let near: Vec<String> = std::iter::once(step.box_id.clone())
        .chain(others)
        .filter(can_be)
        .collect();
    let all = scene.boxes.iter().map(|b| b.id.clone());
    match (near.is_empty(), all.filter(can_be).collect::<Vec<_>>()) {
        (true, all) if all.len() == 1 => all,
        _ => near,
    }
}

/// The boxes but `held` that are most likely to move or fall, at most three; none that nobody looked at.
pub fn concerned(imagined: &Imagined, scene: &Scene, held: usize) -> Vec<String> {
    let danger = |i: usize| imagined.fates[i].p_moves.max(imagined.fates[i].p_falls);
    let mut order: Vec<usize> = (0..imagined.fates.len().min(scene.boxes.len()))
        .filter(|i| *i != held && !imagined.fates[*i].unseen && danger(*i) > CONCERNED)
        .collect();
    order.sort_by(|a, b| danger(*b).total_cmp(&danger(*a)));
    order.truncate(3);
    order.iter().map(|i| scene.boxes[*i].id.clone()).collect()
}

/// What a search that found no plan has to say for it.
pub(super) struct Vain<'a> {
    /// The least risky step, with the scene that it would be taken in.
    pub(super) least_risky: Option<(&'a Scene, &'a StepPlan)>,
    /// What was turned down.
    pub(super) rejected: &'a [RejectedCandidate],
    /// The boxes that could be taken, by id.
    pub(super) taken: &'a [&'a str],
    /// Whether it ended before it had looked at everything.
    pub(super) cut_short: bool,
}

/// Why there is no safe plan, in a sentence, and the risk and the bound of the step that it names, where these were predicted; what
/// a check had against a box that was taken another way is not it.
pub(super) fn no_plan_reason(
    workcell: &Workcell,
    goal: &Goal,
    vain: &Vain,
) -> (String, Option<(f64, f64)>) {
    let Vain {
        least_risky,
        rejected,
        taken,
        cut_short,
    } = *vain;
    let limit = workcell.safety.max_risk;
    let over_plan_limit = least_over_plan_limit(rejected);
    let what = match over_plan_limit {
        Some(_) => format!("{} within the limit on the whole plan", goal.in_words()),
        None => goal.in_words(),
    };
    let no_way = match cut_short {
        false => format!("there is no safe way to {what}"),
        true => {
            format!("no safe way to {what} was found before the search ended, with more to look at")
        }
    };
    let of_rejected = |r: &RejectedCandidate| Some((r.risk?, r.reason.bound()?));
    if let Some((r, _)) = over_plan_limit {
        let sentence = format!("{no_way}: `{}`: {}", r.box_id, r.reason);
        return (sentence, of_rejected(r));
    }
    let not_taken = |r: &&RejectedCandidate| !taken.contains(&r.box_id.as_str());
    let by_check = |r: &&RejectedCandidate| r.reason.kind() == "shield" && not_taken(r);
    let have_to_go = that_have_to_go(workcell, goal);
    let by_end = |r: &&RejectedCandidate| {
        let index = workcell.scene.box_index(&r.box_id);
        let has_to_go = index.is_some_and(|i| have_to_go.contains(&i));
        r.reason.kind() == "dead_end" && has_to_go && not_taken(r)
    };
    let bound = |r: &RejectedCandidate| r.reason.bound().unwrap_or(1.0);
    let by_bound = |a: &&RejectedCandidate, b: &&RejectedCandidate| bound(a).total_cmp(&bound(b));
    let found_later = rejected.iter().filter(by_check).min_by(by_bound);
    if let Some(r) = found_later.or_else(|| rejected.iter().find(by_end)) {
        let sentence = format!("{no_way}: `{}`: {}", r.box_id, r.reason);
        return (sentence, of_rejected(r));
    }
    if let Some((scene, step)) = least_risky {
        let told = (step.risk.risk, step.risk.bound);
        let (id, face) = (&step.box_id, step.grasp.face.name());
        let least = format!("{no_way}: the least risky step, `{id}` by its {face} face");
        if step.risk.abstains() {
            let why = Reason::risky(&step.risk, limit);
            return (format!("{least}: {why}"), Some(told));
        }
        let closest = closest_accident(step, scene);
        let boxes = match closest.boxes.as_slice() {
            [] => String::new(),
            boxes => format!(" of `{}`", boxes.join("`, `")),
        };
        let sentence = format!(
            "{least}, has a risk of {:.4} (bound {}, limit {limit}); it comes closest to {}{boxes}",
            step.risk.risk,
            above(step.risk.bound, limit),
            closest.kind.name(),
        );
        return (sentence, Some(told));
    }
    let others = workcell.scene.boxes.len() > 1;
    let is_beyond_help = others && !out_of_hand(workcell, goal).is_empty();
    let of_open = nearest(rejected.iter().filter(not_taken));
    match of_open.or_else(|| nearest(rejected)) {
        Some(nearest) => {
            let none = match nearest.reason {
                Reason::Geometry(_) if is_beyond_help => {
                    "even with all other boxes gone no grasp can be carried out; "
                }
                Reason::Geometry(_) => "no grasp can be carried out; ",
                // After steps that were safe.
                _ => "",
            };
            let sentence = format!(
                "{no_way}: {none}nearest comes `{}` by its {} face: {}",
                nearest.box_id,
                nearest.face.name(),
                nearest.reason
            );
            (sentence, of_rejected(nearest))
        }
        None => (format!("{no_way}: no grasp can be carried out"), None),
    }
}

/// The boxes that have a say in whether `goal` is reached: those that have to go, those that are in the way of these or rest
/// on what is, those in the way of them, and so on. What was had against another, which was only to make room, is no
/// reason that there is no plan.
pub(super) fn that_matter(
    workcell: &Workcell,
    goal: &Goal,
    rejected: &[RejectedCandidate],
) -> Vec<String> {
    let scene = &workcell.scene;
    let graph = SupportGraph::of(scene);
    let mut boxes = that_have_to_go(workcell, goal);
    let mut looked_at = 0;
    while let Some(&index) = boxes.get(looked_at) {
        looked_at += 1;
        let of_box = rejected
            .iter()
            .filter(|r| r.box_id == scene.boxes[index].id);
        for r in of_box {
            if let Reason::Geometry(why) = &r.reason
                && let Some(by) = blocker(why).and_then(|id| scene.box_index(&id))
                && !boxes.contains(&by)
            {
                boxes.push(by);
                boxes.extend(graph.above(by));
            }
        }
    }
    boxes.iter().map(|&i| scene.boxes[i].id.clone()).collect()
}

/// The boxes that are the goal's, and those that rest on one: others are only taken to make room.
fn that_have_to_go(workcell: &Workcell, goal: &Goal) -> Vec<usize> {
    let graph = SupportGraph::of(&workcell.scene);
    let ids = goal.box_ids().into_iter();
    let mut boxes: Vec<usize> = ids.filter_map(|id| workcell.scene.box_index(id)).collect();
    let on_top: Vec<usize> = boxes.iter().flat_map(|&i| graph.above(i)).collect();
    boxes.extend(on_top);
    boxes
}

/// The step that was safe by itself and came least over the limit on the whole plan, and what all came to with it;
/// none where that limit was in nobody's way.
pub(super) fn least_over_plan_limit<'a>(
    rejected: impl IntoIterator<Item = &'a RejectedCandidate>,
) -> Option<(&'a RejectedCandidate, f64)> {
    let over = rejected.into_iter().filter_map(|r| match r.reason {
        Reason::PlanRisk { bound, .. } => Some((r, bound)),
        _ => None,
    });
    over.min_by(|a, b| a.1.total_cmp(&b.1))
}
