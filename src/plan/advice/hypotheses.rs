//! The changes that are asked about, one question each.
//!
//! Owns the hypotheses of [`Asking`] but for those about the hand (`grippers`): boxes that are gone, a slower lift, a box
//! that is known exactly, higher limits.

use super::{Advice, Answer, Asking, Change};
use crate::dynamics::Imagined;
use crate::motion::{Lift, MIN_LIFT_SPEED};
use crate::plan::candidates::Wish;
use crate::plan::explain::concerned;
use crate::plan::goal::Goal;
use crate::plan::objective::{Score, violation};
use crate::plan::planner::{PlanError, mixed};
use crate::plan::rated::valid;
use crate::plan::reason::Reason;
use crate::plan::step::StepPlan;
use crate::plan::support::SupportGraph;
use crate::plan::wanted::{blocker, to_stay};
use crate::rollout::Action;
use crate::scene::{CenterOfMass, Quantity, Workcell};

/// Sets of boxes that are thought away at most: each costs a whole search.
const SETS: usize = 4;
/// Slower lifts that are asked about, as shares of the speed that was too risky.
const SLOWER: [f64; 3] = [0.5, 0.25, 0.1];
/// The highest limit on the risk of a step that is worth asking about: a higher one nobody would set.
const HIGHEST_LIMIT: f64 = 0.2;
/// Keeps the draws of the question about slower lifts apart from all others.
const SLOWER_SALT: u64 = 0x736c_6f77;

impl Asking<'_> {
    pub(super) fn ask(&self, workcell: &Workcell) -> Result<Answer, PlanError> {
        Answer::of(self.planner.plan(workcell, self.goal))
    }

    /// Sets of boxes that stand on the goal's, or in the hand's way, or are most in danger: each
    /// with whatever rests on it, none with a box of the goal or one that is to bear it.
    pub(super) fn sets_in_the_way(&self) -> Vec<Vec<usize>> {
        let scene = &self.workcell.scene;
        let graph = SupportGraph::of(scene);
        let index = |id: &str| scene.box_index(id);
        let goal: Vec<usize> = self
            .goal
            .box_ids()
            .into_iter()
            .filter_map(|id| scene.box_index(id))
            .collect();
        let on_goal = goal.iter().flat_map(|&g| graph.on[g].iter().copied());
        let blockers = self.plan.rejected.iter().filter_map(|r| match &r.reason {
            Reason::Geometry(why) => blocker(why).and_then(|id| index(&id)),
            _ => None,
        });
        let in_danger = self.plan.least_risky.iter().flat_map(|step| {
            let held = step.grasp.box_index;
            let ids = concerned(&step.imagined, scene, held);
            ids.into_iter().filter_map(move |id| scene.box_index(&id))
        });
        let stay = to_stay(self.workcell, self.goal);
        let mut sets: Vec<Vec<usize>> = Vec::new();
        let mut add = |mut set: Vec<usize>| {
            set.sort_unstable();
            set.dedup();
            let free_of_goal = set.iter().all(|i| !goal.contains(i) && !stay.contains(i));
            if !set.is_empty() && free_of_goal && !sets.contains(&set) && sets.len() < SETS {
                sets.push(set);
            }
        };
        // All that stands on the goal is the surest, so it is asked about in any case.
        add(goal.iter().flat_map(|&g| graph.above(g)).collect());
        for first in on_goal.chain(in_danger).chain(blockers) {
            add(std::iter::once(first).chain(graph.above(first)).collect());
        }
        sets
    }

    pub(super) fn ids_of(&self, set: &[usize]) -> Vec<String> {
        let boxes = &self.workcell.scene.boxes;
        set.iter().map(|&i| boxes[i].id.clone()).collect()
    }

    pub(super) fn without(&self, boxes: Vec<String>) -> Result<Advice, PlanError> {
        let mut changed = self.workcell.clone();
        let gone = |id: &String| boxes.contains(id);
        changed.scene.boxes.retain(|b| !gone(&b.id));
        let answer = self.ask(&changed)?;
        let by_itself = match answer.possible {
            true => {
                let clear = Goal::Clear {
                    box_ids: boxes.clone(),
                };
                let first = Answer::of(self.planner.plan(self.workcell, &clear))?;
                Some(first.possible)
            }
            false => None,
        };
        let names = boxes.join("`, `");
        let what = match by_itself {
            Some(true) => format!("take `{names}` first, which is safe by itself"),
            Some(false) => format!("let somebody else take `{names}` first"),
            None => format!("without `{names}`"),
        };
        Ok(answer.advice(Change::WithoutBoxes { boxes, by_itself }, &what))
    }

    /// The least risky step, ever more slowly, until it is safe.
    pub(super) fn slower_lift(&self) -> Result<Option<Advice>, PlanError> {
        let Some(step) = &self.plan.least_risky else {
            return Ok(None);
        };
        let seed = mixed(self.planner.seed, SLOWER_SALT);
        let scene = match self.planner.dynamics.believe(self.workcell, seed) {
            // Other draws than the plan's: of so tight a belief none of them may stand.
            Err(why) if why.is_dead_end() => return Ok(None),
            scene => scene?,
        };
        let horizon = self.planner.settings.horizon;
        let slower: Vec<StepPlan> = SLOWER
            .iter()
            .map(|share| (share * step.lift.speed).max(MIN_LIFT_SPEED))
            .filter(|speed| *speed < step.lift.speed)
            .filter_map(|speed| {
                let lift = Lift { speed, ..step.lift };
                let action = again(self.workcell, step, &lift)?;
                let actions = std::slice::from_ref(&action);
                let imagined = scene.imagine(actions, horizon).pop()?.ok()?;
                valid(imagined.risk).ok()?;
                Some(self.as_step(step, lift, action, imagined))
            })
            .collect();
        let mut best: Option<Advice> = None;
        let mut guard = self.planner.guard(self.workcell, SLOWER_SALT);
        for slow in slower {
            let vouched = match guard.vouch(&slow) {
                Err(why) if why.is_dead_end() => break,
                vouched => vouched?,
            };
            let possible = vouched.objection.is_none();
            let slow = StepPlan {
                risk: vouched.risk,
                ..slow
            };
            let advice = slower_advice(step, &slow, possible);
            if possible {
                return Ok(Some(advice));
            }
            if best
                .as_ref()
                .is_none_or(|b| advice.risk_bound < b.risk_bound)
            {
                best = Some(advice);
            }
        }
        Ok(best)
    }

    fn as_step(&self, of: &StepPlan, lift: Lift, action: Action, imagined: Imagined) -> StepPlan {
        let risk = imagined.risk;
        let motion = action.motion();
        StepPlan {
            score: Score {
                violation: violation(&risk, &self.workcell.safety),
                cost: motion.map_or(0.0, |m| self.planner.objective.cost(m, &risk)),
            },
            lift,
            action,
            risk,
            imagined,
            ..of.clone()
        }
    }

    /// The goal's only box at the belief's means; `None` where it is known already.
    pub(super) fn known_box(&self) -> Result<Option<Advice>, PlanError> {
        let ids = self.goal.box_ids();
        let [id] = ids.as_slice() else {
            return Ok(None);
        };
        let Some(index) = self.workcell.scene.box_index(id) else {
            return Ok(None);
        };
        let mut changed = self.workcell.clone();
        let spec = &mut changed.scene.boxes[index];
        if spec.mass.std() + spec.friction.std() + spec.com.std() == 0.0 {
            return Ok(None);
        }
        let mass_kg = spec.mass.mean();
        spec.mass = Quantity::Known(mass_kg);
        spec.friction = Quantity::Known(spec.friction.mean());
        spec.com = CenterOfMass::Known(spec.com.mean());
        let what = format!(
            "if `{id}` were known to weigh {mass_kg:.1} kg, its friction and its centre of mass too"
        );
        let change = Change::KnownBox {
            box_id: (*id).to_owned(),
            mass_kg,
        };
        Ok(Some(self.ask(&changed)?.advice(change, &what)))
    }

    /// The limit on the whole plan that all of its steps together would keep.
    pub(super) fn higher_plan_limit(&self) -> Result<Advice, PlanError> {
        let mut changed = self.workcell.clone();
        changed.safety.max_plan_risk = None;
        let without = self.ask(&changed)?;
        let needed = without.risk_bound.filter(|_| without.possible);
        let Some(bound) = needed else {
            let change = Change::HigherPlanLimit {
                max_plan_risk: None,
            };
            let what = "without a limit on the whole plan (safety.max_plan_risk)";
            return Ok(without.advice(change, what));
        };
        let limit = rounded_up(bound, 1e4);
        changed.safety.max_plan_risk = Some(limit);
        let what = format!("with a limit on the whole plan (safety.max_plan_risk) of {limit:.4}");
        let change = Change::HigherPlanLimit {
            max_plan_risk: Some(limit),
        };
        Ok(self.ask(&changed)?.advice(change, &what))
    }

    /// The limit that the least risky step would keep; `None` where nobody would set it.
    pub(super) fn higher_limit(&self) -> Result<Option<Advice>, PlanError> {
        let least = self.plan.least_risky.as_ref().map(|step| step.risk.bound);
        let max_risk = self.workcell.safety.max_risk;
        let Some(bound) = least.filter(|bound| (max_risk..=HIGHEST_LIMIT).contains(bound)) else {
            return Ok(None);
        };
        let limit = rounded_up(bound, 1e3);
        let mut changed = self.workcell.clone();
        changed.safety.max_risk = limit;
        let what = format!("with a limit (safety.max_risk) of {limit:.3}");
        let change = Change::HigherLimit { max_risk: limit };
        Ok(Some(self.ask(&changed)?.advice(change, &what)))
    }
}

/// A limit that allows a `bound`, in whole parts of so many.
fn rounded_up(bound: f64, parts: f64) -> f64 {
    (parts * bound).ceil() / parts
}

/// The action of `step` with another lift; `None` where its motion cannot be.
fn again(workcell: &Workcell, step: &StepPlan, lift: &Lift) -> Option<Action> {
    let wish = Wish {
        target: match &step.action {
            Action::Place { target, .. } => Some(*target),
            _ => None,
        },
        ..Wish::remove(step.grasp.box_index)
    };
    wish.action(workcell, &step.grasp, lift).ok()
}

fn slower_advice(step: &StepPlan, slow: &StepPlan, possible: bool) -> Advice {
    let (from, to) = (step.lift.speed, slow.lift.speed);
    let face = step.grasp.face.name();
    let verdict = if possible {
        "then this step is safe"
    } else {
        "still not safe"
    };
    Advice {
        sentence: format!(
            "take `{}` by its {face} face at {to:.2} m/s instead of {from:.2}: {verdict} (bound {:.3})",
            step.box_id, slow.risk.bound
        ),
        change: Change::SlowerLift {
            box_id: step.box_id.clone(),
            face,
            from,
            to,
        },
        possible,
        risk: Some(slow.risk.risk),
        risk_bound: Some(slow.risk.bound),
        steps: possible.then(|| step.box_id.clone()).into_iter().collect(),
    }
}
