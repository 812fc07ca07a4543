//! In words: what stands in the way of a plan, and what would have to be otherwise.
//!
//! Owns [`remedies`], by what the search met alone; changes that are asked about are `advice`'s. Refuses to propose what
//! would not help: a lighter load where a face holds it.

use crate::grasp::Rejection;
use crate::gravity::GRAVITY;
use crate::scene::Workcell;

use super::explain::least_over_plan_limit;
use super::goal::Goal;
use super::reason::{Reason, RejectedCandidate, above};
use super::support::SupportGraph;
use super::wanted::blocker;

/// What stands in the way and what would have to be otherwise, by what the search met alone (changes that are asked
/// about are `advice`'s), in sentences, the most telling first; `taken` are the boxes that the search found
/// a safe step for.
pub(super) fn remedies(
    workcell: &Workcell,
    goal: &Goal,
    rejected: &[RejectedCandidate],
    taken: &[&str],
) -> Vec<String> {
    // A step that was safe by itself asks for no other gripper or order.
    if let Some((r, bound)) = least_over_plan_limit(rejected) {
        return vec![format!(
            "a higher limit on the whole plan (safety.max_plan_risk): up to `{}`, which need not be the last, its steps \
             come to {}; or more draws of the check (--verify N), which lower what bounds a step",
            r.box_id,
            above(bound, workcell.safety.max_plan_risk.unwrap_or(1.0))
        )];
    }
    let mut advice = Vec::new();
    let ids = goal.box_ids();
    if let Some(sentence) = take_first(workcell, &ids, rejected, taken) {
        advice.push(sentence);
    }
    // What could be taken asks for nothing.
    let open: Vec<&str> = (ids.iter().copied().filter(|id| !taken.contains(id))).collect();
    for id in &open {
        let of_box: Vec<&RejectedCandidate> = rejected.iter().filter(|r| r.box_id == *id).collect();
        let sentences = [
            unblock(&of_box),
            lighter_load(&of_box),
            nearer(&of_box),
            wider_jaw(&of_box),
        ];
        // Of the only box there is everybody knows which it is.
        advice.extend(sentences.into_iter().flatten().map(|s| match ids.len() {
            1 => s,
            _ => format!("`{id}`: {s}"),
        }));
    }
    advice.extend(stronger_hand(workcell, &open));
    advice
}

/// What rests on the goal's boxes without being part of the goal, and was tried and not taken safely either.
fn take_first(
    workcell: &Workcell,
    ids: &[&str],
    rejected: &[RejectedCandidate],
    taken: &[&str],
) -> Option<String> {
    let graph = SupportGraph::of(&workcell.scene);
    // Where a step leads nowhere that is the reason, and the step no remedy.
    let was_tried = |name: &str| {
        let mut of_box = rejected.iter().filter(|r| r.box_id == name).peekable();
        of_box.peek().is_some() && of_box.all(|r| r.reason.kind() != "dead_end")
    };
    let mut on_top: Vec<&str> = Vec::new();
    // While a plan is carried out, what is cleared already is gone.
    let still_there = ids.iter().filter_map(|id| workcell.scene.box_index(id));
    for index in still_there {
        for above in graph.above(index) {
            let name = workcell.scene.boxes[above].id.as_str();
            let is_known = [ids, taken, &on_top]
                .iter()
                .any(|known| known.contains(&name));
            if !is_known && was_tried(name) {
                on_top.push(name);
            }
        }
    }
    let list = on_top.join("`, `");
    let rest = if on_top.len() == 1 { "rests" } else { "rest" };
    (!on_top.is_empty())
        .then(|| format!("`{list}` {rest} on it, and cannot be taken safely here either"))
}

/// Who stands in the way of most grasps: one that was turned down with several lifts, or in several scenes, is one.
fn unblock(rejected: &[&RejectedCandidate]) -> Option<String> {
    let mut blocked: Vec<(String, Vec<&RejectedCandidate>)> = Vec::new();
    for r in rejected {
        let Reason::Geometry(why) = &r.reason else {
            continue;
        };
        let Some(by) = blocker(why) else { continue };
        let same_grasp = |k: &&RejectedCandidate| (k.gripper, k.hand) == (r.gripper, r.hand);
        match blocked.iter_mut().find(|(name, _)| *name == by) {
            Some((_, grasps)) if grasps.iter().any(same_grasp) => {}
            Some((_, grasps)) => grasps.push(r),
            None => blocked.push((by, vec![r])),
        }
    }
    let (name, grasps) = blocked.into_iter().max_by_key(|(_, g)| g.len())?;
    Some(format!(
        "`{name}` is in the way of {} of the grasps",
        grasps.len()
    ))
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
            "the hand is too weak for `{}`, which may weigh {mass_kg:.2} kg: it takes at least {:.0} N to lift, \
             robot.max_hand_force is {has_n:.0} N",
            heaviest.id,
            needs_n.ceil()
        )
    })
}

/// How much stronger the gripper would have to be, or how much better the mass known. Of a box that some face holds it is
/// not the load that has to change.
fn lighter_load(rejected: &[&RejectedCandidate]) -> Option<String> {
    let holds = |reason: &Reason| match reason {
        Reason::Geometry(why) => why.is_past_the_load(),
        _ => true,
    };
    let is_held = |id: &str| {
        let mut all = rejected.iter();
        all.any(|r| r.box_id == id && holds(&r.reason))
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
    use crate::grasp::{GripLimit, Moment};
    use crate::scene::geometry::Face;

    fn turned_down(reason: Rejection) -> RejectedCandidate {
        RejectedCandidate {
            box_id: "a".to_owned(),
            gripper: 0,
            face: Face::Top,
            grasp: None,
            hand: None,
            reason: reason.into(),
            risk: None,
        }
    }

    #[test]
    fn a_lighter_load_is_proposed_where_no_face_holds_it_and_nowhere_else() {
        let heavy = turned_down(Rejection::TooHeavy {
            mass_kg: 8.0,
            used: 1.3,
            limit: GripLimit::Shear,
        });
        let proposed = lighter_load(&[&heavy]);
        assert!(proposed.is_some_and(|s| s.contains("6.15 kg would do")));
        let held = turned_down(Rejection::HandBlocked {
            by: "shelf".to_owned(),
            when: Moment::AtContact,
        });
        assert_eq!(lighter_load(&[&heavy, &held]), None);
    }

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
