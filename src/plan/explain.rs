//! In words: what a step came closest to, why there is no plan, and what would help.
//!
//! Owns the sentences. Every one of them comes from numbers of the search; none is a guess at
//! what a person might like to hear.

use crate::dynamics::Imagined;
use crate::grasp::Rejection;
use crate::gravity::GRAVITY;
use crate::rollout::AccidentKind;
use crate::scene::{Scene, Workcell};

use super::goal::Goal;
use super::reason::{Reason, RejectedCandidate, nearest, worst_accident};
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

/// The highest limit on the risk of a step that is worth proposing.
const HIGHEST_LIMIT: f64 = 0.2;

/// Why there is no safe plan, in a sentence.
pub(super) fn no_plan_reason(
    workcell: &Workcell,
    goal: &Goal,
    least_risky: Option<&StepPlan>,
    rejected: &[RejectedCandidate],
) -> String {
    let what = goal.in_words();
    let limit = workcell.safety.max_risk;
    if let Some((r, _)) = least_over_plan_limit(rejected) {
        return format!(
            "there is no safe way to {what} within the limit on the whole plan: `{}`: {}",
            r.box_id, r.reason
        );
    }
    if let Some(r) = rejected
        .iter()
        .find(|r| matches!(r.reason, Reason::Shield { .. }))
    {
        return format!(
            "there is no safe way to {what}: `{}`: {}",
            r.box_id, r.reason
        );
    }
    if let Some(step) = least_risky.filter(|step| step.risk.abstains()) {
        return format!(
            "there is no safe way to {what}: the least risky step, `{}` by its {} face: {}",
            step.box_id,
            step.grasp.face.name(),
            Reason::risky(&step.risk, limit),
        );
    }
    if let Some(step) = least_risky {
        let closest = closest_accident(step, &workcell.scene);
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

/// What stands in the way and what would have to be otherwise, by what the search met alone (changes that are asked
/// about are `advice`'s), in sentences, the most telling first; `taken` are the boxes that the search found
/// a safe step for.
pub(super) fn remedies(
    workcell: &Workcell,
    goal: &Goal,
    least_risky: Option<&StepPlan>,
    rejected: &[RejectedCandidate],
    taken: &[&str],
) -> Vec<String> {
    // A step that was safe by itself asks for no other gripper or order.
    if let Some((r, bound)) = least_over_plan_limit(rejected) {
        return vec![format!(
            "a higher limit on the whole plan (safety.max_plan_risk): with `{}` its steps come to {bound:.4}; \
             or more draws of the check (--verify N), which lower what bounds a step",
            r.box_id
        )];
    }
    let mut advice = Vec::new();
    let ids = goal.box_ids();
    let about_goal = |r: &&RejectedCandidate| ids.contains(&r.box_id.as_str());
    let of_goal: Vec<&RejectedCandidate> = rejected.iter().filter(about_goal).collect();
    if let Some(sentence) = take_first(workcell, &ids, taken) {
        advice.push(sentence);
    }
    advice.extend(unblock(&of_goal));
    advice.extend(stronger_hand(workcell, &ids));
    advice.extend(lighter_load(&of_goal));
    advice.extend(nearer(&of_goal));
    advice.extend(wider_jaw(&of_goal));
    // A limit that nobody would set is no advice.
    if let Some(step) = least_risky.filter(|step| step.risk.bound <= HIGHEST_LIMIT) {
        advice.push(format!(
            "a limit (safety.max_risk) of {:.3} would allow `{}` by its {} face",
            // Rounded up: the limit has to be one that allows it.
            (1e3 * step.risk.bound - 1e-9).ceil() * 1e-3,
            step.box_id,
            step.grasp.face.name()
        ));
    }
    advice
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

/// What rests on the goal's boxes without being part of the goal, and was not taken safely either.
fn take_first(workcell: &Workcell, ids: &[&str], taken: &[&str]) -> Option<String> {
    let graph = SupportGraph::of(&workcell.scene);
    let mut on_top: Vec<&str> = Vec::new();
    // While a plan is carried out, what is cleared already is gone.
    let still_there = ids.iter().filter_map(|id| workcell.scene.box_index(id));
    for index in still_there {
        for above in graph.above(index) {
            let name = workcell.scene.boxes[above].id.as_str();
            if ![ids, taken, &on_top]
                .iter()
                .any(|known| known.contains(&name))
            {
                on_top.push(name);
            }
        }
    }
    let list = on_top.join("`, `");
    (!on_top.is_empty())
        .then(|| format!("`{list}` rests on it, and cannot be taken safely here either"))
}

/// Who stands in the hand's way most often.
fn unblock(rejected: &[&RejectedCandidate]) -> Option<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for r in rejected {
        let Reason::Geometry(why) = &r.reason else {
            continue;
        };
        let Some(by) = blocker(why) else { continue };
        match counts.iter_mut().find(|(name, _)| *name == by) {
            Some((_, n)) => *n += 1,
            None => counts.push((by, 1)),
        }
    }
    let (name, n) = counts.into_iter().max_by_key(|(_, n)| *n)?;
    Some(format!("`{name}` is in the way of {n} of the grasps"))
}

/// How much stronger the hand would have to be for what it cannot even hold up, whatever grips it.
fn stronger_hand(workcell: &Workcell, ids: &[&str]) -> Option<String> {
    let boxes = &workcell.scene.boxes;
    let asked = boxes.iter().filter(|b| ids.contains(&b.id.as_str()));
    let heaviest = asked.max_by(|a, b| a.mass.upper().total_cmp(&b.mass.upper()))?;
    let (mass_kg, has_n) = (heaviest.mass.upper(), workcell.robot.max_hand_force);
    let needs_n = mass_kg * GRAVITY;
    (needs_n > has_n).then(|| {
        format!(
            "the hand is too weak for `{}`, which may weigh {mass_kg:.2} kg: it takes more than {:.0} N to lift, \
             robot.max_hand_force is {has_n:.0} N",
            heaviest.id,
            needs_n.ceil()
        )
    })
}

/// How much stronger the gripper would have to be, or how much better the mass known. Of a box that some face holds, or
/// that lies out of reach, it is not the load that has to change.
fn lighter_load(rejected: &[&RejectedCandidate]) -> Option<String> {
    let is_no_matter_of_load = |reason: &Reason| match reason {
        Reason::Geometry(why) => matches!(why, Rejection::OutOfReach { .. }),
        _ => true,
    };
    let is_held = |id: &str| {
        let mut all = rejected.iter();
        all.any(|r| r.box_id == id && is_no_matter_of_load(&r.reason))
    };
    let mut best: Option<(f64, f64, String)> = None;
    for r in rejected.iter().filter(|r| !is_held(&r.box_id)) {
        if let Reason::Geometry(Rejection::TooHeavy {
            mass_kg,
            used,
            limit,
        }) = &r.reason
            && best.as_ref().is_none_or(|(u, ..)| used < u)
        {
            best = Some((*used, *mass_kg, limit.to_string()));
        }
    }
    let (used, mass_kg, limit) = best?;
    Some(stronger_or_lighter(used, mass_kg, &limit))
}

/// Rounded to where it helps: a load that takes 1.004 of the capacity is not helped by 1.00 of it.
fn stronger_or_lighter(used: f64, mass_kg: f64, limit: &str) -> String {
    let times = (100.0 * used).ceil() / 100.0;
    let light_kg = (100.0 * mass_kg / used).floor() / 100.0;
    format!(
        "the lightest load that a face allows takes {times:.2} times a gripper's capacity ({limit}), at the {mass_kg:.2} kg that it may weigh: {light_kg:.2} kg would do"
    )
}

/// How much further the robot would have to reach.
fn nearer(rejected: &[&RejectedCandidate]) -> Option<String> {
    let mut least = f64::INFINITY;
    for r in rejected {
        if let Reason::Geometry(Rejection::OutOfReach { distance_m, max_m }) = r.reason {
            least = least.min(distance_m - max_m);
        }
    }
    least
        .is_finite()
        // Rounded up: 4 mm are not 0.00 m.
        .then(|| {
            format!(
                "what is nearest lies {:.2} m out of reach",
                (100.0 * least).ceil() / 100.0
            )
        })
}

/// How wide a jaw would have to open.
fn wider_jaw(rejected: &[&RejectedCandidate]) -> Option<String> {
    let mut least = f64::INFINITY;
    for r in rejected {
        if let Reason::Geometry(Rejection::JawTooNarrow { width_m, .. }) = r.reason {
            least = least.min(width_m);
        }
    }
    least
        .is_finite()
        .then(|| format!("a jaw would have to open {:.2} m", least + 0.02))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_just_over_the_capacity_is_not_helped_by_once_the_capacity() {
        let sentence = stronger_or_lighter(1.0004, 6.3, "its pull");
        assert!(sentence.contains("1.01 times"), "{sentence}");
        assert!(
            sentence.contains("at the 6.30 kg that it may weigh: 6.29 kg would do"),
            "{sentence}"
        );
    }
}
