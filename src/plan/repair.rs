//! A safe plan with the effect of somebody else's.
//!
//! Owns [`repair`]: what the steps amount to, in an order in which it can be done, one goal after the other; where there is no
//! safe plan like that, as the steps have it, with each box that is put aside for a while put there. Which of the steps are
//! unsafe is for [`super::vet`] to say.

use crate::scene::task::{Fault, Neighbour, find_box_faults};
use crate::scene::{Scene, Workcell};

use super::goal::Goal;
use super::planner::{Plan, PlanError, Planner, Verdict, scene_after};
use super::risk::of_plan;
use super::support::SupportGraph;
use super::vet::StepToVet;

/// A safe plan with the same effect: what was taken out is taken out, what was put somewhere stands there. Of the boxes
/// `misjudged`, by id, a draw has shown the judgement wrong, as when the steps were vetted: wherever one is taken, all
/// draws are asked.
///
/// # Errors
/// When a box is not there, or the physics cannot take the scene in.
pub fn repair(
    planner: &Planner,
    workcell: &Workcell,
    steps: &[StepToVet],
    misjudged: &[String],
) -> Result<Plan, PlanError> {
    let direct = in_order(&workcell.scene, effects(steps, Places::Last));
    let mut plan = reached_in_turn(planner, workcell, &direct, misjudged)?;
    let in_stops = effects(steps, Places::All);
    if plan.verdict == Verdict::Safe || in_stops == direct {
        return Ok(plan);
    }
    // A refusal before any search has lost them.
    plan.doubt(misjudged.to_vec());
    let mut other = reached_in_turn(planner, workcell, &in_stops, &plan.misjudged)?;
    if other.verdict == Verdict::Safe {
        std::mem::swap(&mut plan, &mut other);
    }
    plan.timing.add(&other.timing);
    plan.doubt(other.misjudged);
    Ok(plan)
}

/// A safe plan for all of `goals`, one after the other.
fn reached_in_turn(
    planner: &Planner,
    workcell: &Workcell,
    goals: &[Goal],
    misjudged: &[String],
) -> Result<Plan, PlanError> {
    let mut whole: Option<Plan> = None;
    let mut now = workcell.clone();
    // Of a box that is put aside before it is taken out nothing is to stand in the end.
    let stays = |(i, goal): (usize, &Goal)| match goal {
        Goal::Move { box_id, .. } => {
            let mut later = goals[i + 1..].iter();
            (!later.any(|g| g.box_ids().contains(&box_id.as_str()))).then(|| box_id.clone())
        }
        Goal::Retrieve { .. } | Goal::Clear { .. } => None,
    };
    let to_stay: Vec<String> = goals.iter().enumerate().filter_map(stays).collect();
    for goal in goals {
        let is_gone = |id: &String| now.scene.box_index(id).is_none();
        if matches!(goal, Goal::Retrieve { box_id } if is_gone(box_id)) {
            continue;
        }
        let spent = whole.as_ref().map_or(0.0, |p| p.risk_bound);
        let doubted = whole.as_ref().map_or(misjudged, |p| &p.misjudged);
        let planned = match cannot_stand(&now.scene, goal) {
            Some(why) => Ok(Plan::refused(why)),
            None => planner.plan_on(&now, goal, (spent, doubted)),
        };
        let plan = match planned {
            // Only what is imagined after the first goal may fall down by itself.
            Err(PlanError::Dynamics(why)) if whole.is_some() && why.is_dead_end() => {
                Plan::refused(format!("by then {why}"))
            }
            other => other?,
        };
        for planned in &plan.steps {
            now = scene_after(&now, &planned.step);
        }
        let mut sum = match whole.take() {
            None => plan,
            Some(before) => joined(before, plan),
        };
        let is_lost = |id: &&String| now.scene.box_index(id).is_none();
        let lost = to_stay.iter().find(is_lost);
        if let (Verdict::Safe, Some(box_id)) = (sum.verdict, lost) {
            let why =
                format!("`{box_id}`, which is to stand elsewhere, would have to be taken out");
            sum = joined(sum, Plan::refused(why));
        }
        let goes_on = sum.verdict == Verdict::Safe;
        whole = Some(sum);
        if !goes_on {
            break;
        }
    }
    match whole {
        Some(plan) => Ok(plan),
        None => planner.plan(
            workcell,
            &Goal::Clear {
                box_ids: Vec::new(),
            },
        ),
    }
}

/// Why the box of `goal` cannot stand where it is to, whatever is taken away.
fn cannot_stand(scene: &Scene, goal: &Goal) -> Option<String> {
    let Goal::Move { box_id, target } = goal else {
        return None;
    };
    let faults = find_box_faults(scene, scene.box_index(box_id)?, target);
    // A box that stands there may be taken away.
    let in_a_box = |fault: &&Fault| {
        matches!(
            fault,
            Fault::Overlap {
                with: Neighbour::Box(_),
                ..
            }
        )
    };
    let fault = faults
        .iter()
        .find(|fault| !in_a_box(fault))?
        .in_words(scene);
    Some(format!("`{box_id}`, where it is to stand, {fault}"))
}

/// Which of the places that a box is put to one after the other count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Places {
    /// Where it stands in the end.
    Last,
    /// Each that it is left at while something is done to another box.
    All,
}

/// What the steps amount to: boxes that are gone in the end, and boxes that stand elsewhere, in the order of the steps.
fn effects(steps: &[StepToVet], places: Places) -> Vec<Goal> {
    let mut goals: Vec<Goal> = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        let of_box = |other: &StepToVet| other.box_id == step.box_id;
        let removal = (steps.iter()).position(|s| of_box(s) && s.target.is_none());
        let later = &steps[i + 1..];
        let is_last_word = match removal {
            Some(first) => first == i,
            None => !later.iter().any(of_box),
        };
        let is_gone = removal.is_some_and(|first| first < i);
        let is_left_there = later.first().is_some_and(|next| !of_box(next));
        let counts = is_last_word || (places == Places::All && is_left_there && !is_gone);
        if !counts {
            continue;
        }
        let box_id = step.box_id.clone();
        match (step.target, goals.last_mut()) {
            (Some(target), _) => goals.push(Goal::Move { box_id, target }),
            (None, Some(Goal::Clear { box_ids })) => box_ids.push(box_id),
            (None, _) => goals.push(Goal::Clear {
                box_ids: vec![box_id],
            }),
        }
    }
    // What is in the way of one box may go first, as for a task that retrieves it.
    for goal in &mut goals {
        if let Goal::Clear { box_ids } = goal
            && let [box_id] = box_ids.as_slice()
        {
            *goal = Goal::Retrieve {
                box_id: box_id.clone(),
            };
        }
    }
    goals
}

/// A box that is put elsewhere goes there before what it rests on is taken out or put elsewhere itself, or it would be
/// taken out with that; but after what it is to rest on in the end.
fn in_order(scene: &Scene, mut goals: Vec<Goal>) -> Vec<Goal> {
    let mut after = scene.clone();
    for goal in &goals {
        if let Goal::Move { box_id, target } = goal
            && let Some(index) = scene.box_index(box_id)
        {
            after.boxes[index].pose = *target;
        }
    }
    let (now, then) = (SupportGraph::of(scene), SupportGraph::of(&after));
    let rests_on_one = |graph: &SupportGraph, id: &str, goal: &Goal| {
        let Some(above) = scene.box_index(id) else {
            return false;
        };
        let below = goal
            .box_ids()
            .into_iter()
            .filter_map(|b| scene.box_index(b));
        below.into_iter().any(|b| graph.above(b).contains(&above))
    };
    for at in 1..goals.len() {
        let Goal::Move { box_id, .. } = &goals[at] else {
            continue;
        };
        let takes_support = |goal: &Goal| rests_on_one(&now, box_id, goal);
        let Some(first) = goals[..at].iter().position(takes_support) else {
            continue;
        };
        let gives_support =
            |goal: &Goal| matches!(goal, Goal::Move { .. }) && rests_on_one(&then, box_id, goal);
        if !goals[first..at].iter().any(gives_support) {
            goals[first..=at].rotate_right(1);
        }
    }
    goals
}

/// Two plans, one after the other.
fn joined(mut before: Plan, mut after: Plan) -> Plan {
    before.verdict = after.verdict;
    before.reason = after.reason.take();
    before.remedies.append(&mut after.remedies);
    before.steps.append(&mut after.steps);
    before.rejected.append(&mut after.rejected);
    before.doubt(after.misjudged);
    before.risk = of_plan([before.risk, after.risk]);
    before.risk_bound = of_plan([before.risk_bound, after.risk_bound]);
    before.timing.add(&after.timing);
    before
}
