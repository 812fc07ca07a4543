//! Which boxes are worth taking next, from geometry alone: the search's heuristic.
//!
//! Owns [`Wanted`]: wishes in tiers. A tier is only looked at when the ones before it hold
//! nothing safe, so that the usual case costs one batch.

use crate::grasp::{Rejection, propose};
use crate::motion::{lift_options, put};
use crate::pose::Pose;
use crate::scene::Workcell;
use crate::scene::geometry::{Obb, separation};
use crate::scene::task::tolerance_m;

use super::candidates::Wish;
use super::goal::Goal;
use super::support::SupportGraph;

/// The most boxes in one tier: they share the screening budget.
const TIER_BOXES: usize = 6;
/// A box nearer than this may drag on its neighbour, m.
const NEIGHBOUR_M: f64 = 0.02;

/// What to try in a scene, and how much is left to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Wishes, tier by tier.
    pub tiers: Vec<Vec<Wish>>,
    /// Boxes that have to go before the goal is reached, the goal's own included.
    pub left: usize,
}

impl Wanted {
    /// What `goal` makes of a scene in which the boxes `placed` already stand at their targets.
    pub fn of(workcell: &Workcell, goal: &Goal, placed: &[String]) -> Self {
        let graph = SupportGraph::of(&workcell.scene);
        match goal {
            Goal::Retrieve { box_id } => single(workcell, &graph, box_id, None),
            Goal::Move { box_id, target } if !placed.contains(box_id) => {
                single(workcell, &graph, box_id, Some(*target))
            }
            Goal::Move { .. } => Self {
                tiers: Vec::new(),
                left: 0,
            },
            Goal::Clear { box_ids } => several(workcell, &graph, box_ids),
        }
    }
}

/// One box, and what is on it or in its way; what it is to rest on stays.
fn single(workcell: &Workcell, graph: &SupportGraph, id: &str, target: Option<Pose>) -> Wanted {
    let Some(index) = workcell.scene.box_index(id) else {
        return Wanted {
            tiers: Vec::new(),
            left: 0,
        };
    };
    let wish = Wish {
        target,
        ..Wish::remove(index)
    };
    let above = graph.above(index);
    let stay = target.map_or_else(Vec::new, |target| bearing(workcell, index, target));
    let mut free_above = free_ones(workcell, graph, &above);
    free_above.retain(|i| !stay.contains(i));
    let mut tiers = vec![vec![wish]];
    push_tiers(&mut tiers, free_above.into_iter());
    let mut around = neighbours(workcell, index);
    around.extend(in_the_way(workcell, index, target));
    for other in around.clone() {
        around.extend(graph.above(other));
    }
    around.retain(|i| *i != index && !above.contains(i) && !stay.contains(i));
    push_tiers(&mut tiers, free_ones(workcell, graph, &around).into_iter());
    Wanted {
        tiers,
        left: above.len() + 1,
    }
}

/// The boxes that box `index` is to rest on at `target`, directly or through others: without them it would be let go in the air.
/// What is beside its place, or in it, is none of them.
fn bearing(workcell: &Workcell, index: usize, target: Pose) -> Vec<usize> {
    let mut scene = workcell.scene.clone();
    scene.boxes[index].pose = target;
    let graph = SupportGraph::of(&scene);
    let slack = tolerance_m(&scene);
    let (low, high) = scene.boxes[index].obb().aabb();
    let is_under = |i: usize| {
        let (lo, hi) = scene.boxes[i].obb().aabb();
        let overlap = |k: usize| high[k].min(hi[k]) - low[k].max(lo[k]);
        overlap(0) > slack && overlap(1) > slack && hi.z - low.z <= slack
    };
    let direct = |i: &usize| graph.on[*i].contains(&index) && is_under(*i);
    let others = (0..scene.boxes.len()).filter(|i| *i != index);
    let bearers: Vec<usize> = others.clone().filter(direct).collect();
    let below = |i: &usize| bearers.iter().any(|b| graph.above(*i).contains(b));
    others.filter(|i| bearers.contains(i) || below(i)).collect()
}

/// What `goal` needs to stay where it is, by index: what its box is to rest on.
pub(super) fn to_stay(workcell: &Workcell, goal: &Goal) -> Vec<usize> {
    match goal {
        Goal::Move { box_id, target } => {
            let index = workcell.scene.box_index(box_id);
            index.map_or_else(Vec::new, |index| bearing(workcell, index, *target))
        }
        Goal::Retrieve { .. } | Goal::Clear { .. } => Vec::new(),
    }
}

/// Several boxes: the free ones from the top, then the others, in case one can be pulled out. Whoever lists boxes names all
/// that may go: what is only in the hand's way stays.
fn several(workcell: &Workcell, graph: &SupportGraph, ids: &[String]) -> Wanted {
    let named: Vec<usize> = ids
        .iter()
        .filter_map(|id| workcell.scene.box_index(id))
        .collect();
    let mut wanted = named.clone();
    for index in &named {
        wanted.extend(graph.above(*index));
    }
    wanted.sort_unstable();
    wanted.dedup();
    let mut tiers = Vec::new();
    let free = free_ones(workcell, graph, &wanted);
    push_tiers(&mut tiers, free.iter().copied());
    let buried = from_the_top(
        workcell,
        wanted.iter().copied().filter(|i| !free.contains(i)),
    );
    push_tiers(&mut tiers, buried.into_iter());
    Wanted {
        tiers,
        left: wanted.len(),
    }
}

fn push_tiers(tiers: &mut Vec<Vec<Wish>>, boxes: impl Iterator<Item = usize>) {
    let wishes: Vec<Wish> = boxes.map(Wish::remove).collect();
    tiers.extend(wishes.chunks(TIER_BOXES).map(<[Wish]>::to_vec));
}

/// Those of `boxes` that nothing rests on, highest first.
fn free_ones(workcell: &Workcell, graph: &SupportGraph, boxes: &[usize]) -> Vec<usize> {
    from_the_top(
        workcell,
        boxes.iter().copied().filter(|i| graph.is_free(*i)),
    )
}

/// `boxes` without repeats, highest first, ties in order of index.
pub(super) fn from_the_top(workcell: &Workcell, boxes: impl Iterator<Item = usize>) -> Vec<usize> {
    let top = |i: usize| {
        let spec = &workcell.scene.boxes[i];
        Obb::new(spec.size, spec.pose).aabb().1.z
    };
    let mut sorted: Vec<usize> = boxes.collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.sort_by(|a, b| top(*b).total_cmp(&top(*a)));
    sorted
}

/// The boxes that touch box `index` or nearly do.
fn neighbours(workcell: &Workcell, index: usize) -> Vec<usize> {
    let obb = |i: usize| {
        let spec = &workcell.scene.boxes[i];
        Obb::new(spec.size, spec.pose)
    };
    let target = obb(index);
    (0..workcell.scene.boxes.len())
        .filter(|i| *i != index && separation(&target, &obb(*i)).gap < NEIGHBOUR_M)
        .collect()
}

/// The boxes that geometry names as being in the way of the hand, or at the target.
fn in_the_way(workcell: &Workcell, index: usize, target: Option<Pose>) -> Vec<usize> {
    let proposals = propose(workcell, index);
    let mut names: Vec<String> = proposals
        .rejected
        .iter()
        .filter_map(|r| blocker(&r.reason))
        .collect();
    if let Some(target) = target {
        for grasp in &proposals.candidates {
            // The first lift that gets the box anywhere.
            let lifts = lift_options(workcell, grasp).into_iter();
            let mut ways = lifts.map(|lift| put(workcell, grasp, &lift, &target));
            let way = ways.find(|way| !matches!(way, Err(Rejection::NeverClear { .. })));
            names.extend(way.and_then(Result::err).as_ref().and_then(blocker));
        }
    }
    let index_of = |name: &String| workcell.scene.box_index(name);
    names.iter().filter_map(index_of).collect()
}

/// What a rejection says is in the way.
pub(super) fn blocker(why: &Rejection) -> Option<String> {
    match why {
        Rejection::HandBlocked { by, .. } | Rejection::BoxBlocked { by } => Some(by.clone()),
        _ => None,
    }
}
