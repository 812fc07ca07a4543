//! What would make a plan possible where there is none: changes that were really asked about.
//!
//! Owns [`advise`]. Each piece of advice is a hypothesis (a box that is gone, another gripper, a
//! stronger one, a slower lift, a box that is known exactly) that the same planner was asked about,
//! the shield included, with the answer that it gave: a change that would not help is told too.
//! Refuses to guess: what was not asked is not said.

use serde::Serialize;

use super::candidates::Wish;
use super::goal::Goal;
use super::objective::{Score, violation};
use super::planner::{Plan, PlanError, Planner, Verdict, mixed};
use super::reason::Reason;
use super::report::gripper_name;
use super::step::{StepPlan, valid};
use super::support::SupportGraph;
use super::wanted::blocker;
use crate::dynamics::{DynamicsError, Imagined};
use crate::motion::{Lift, MIN_LIFT_SPEED};
use crate::pose::Vec3;
use crate::rollout::Action;
use crate::scene::{CenterOfMass, Gripper, Quantity, Workcell};

/// Sets of boxes that are thought away at most: each costs a whole search.
const SETS: usize = 4;
/// How many times stronger a gripper is asked about.
const STRONGER: f64 = 2.0;
/// Slower lifts that are asked about, as shares of the speed that was too risky.
const SLOWER: [f64; 3] = [0.5, 0.25, 0.1];
/// Keeps the draws of the question about slower lifts apart from all others.
const SLOWER_SALT: u64 = 0x736c_6f77;

/// A change and what it would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// What is changed.
    #[serde(flatten)]
    pub change: Change,
    /// Whether there is a safe plan, or for a slower lift a safe step, then.
    pub possible: bool,
    /// Its risk, or that of the least risky step; `None` where nothing can be predicted.
    pub risk: Option<f64>,
    /// The same for the bound.
    pub risk_bound: Option<f64>,
    /// The boxes that are taken then, in order; empty where it is not possible.
    pub steps: Vec<String>,
    /// The same for a person.
    pub sentence: String,
}

/// What is thought to be different.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Boxes are gone.
    WithoutBoxes {
        /// Their ids.
        boxes: Vec<String>,
        /// Whether this robot can take them safely itself; asked only where it would help.
        by_itself: Option<bool>,
    },
    /// The least risky step is carried out more slowly.
    SlowerLift {
        /// The box.
        #[serde(rename = "box")]
        box_id: String,
        /// The face that it is gripped by.
        face: &'static str,
        /// m/s.
        from: f64,
        /// m/s.
        to: f64,
    },
    /// The robot has this gripper in place of its own.
    OtherGripper {
        /// "suction" or "parallel_jaw".
        gripper: &'static str,
    },
    /// All its grippers are so many times as strong.
    StrongerGripper {
        /// How many times.
        times: f64,
    },
    /// Mass, friction and centre of mass of a box are known to be what they are on average.
    KnownBox {
        /// The box.
        #[serde(rename = "box")]
        box_id: String,
        /// kg.
        mass_kg: f64,
    },
}

/// What would help to reach `goal`, and what would not; empty where there is a plan already. What
/// helps comes first.
///
/// # Errors
/// When the goal names a box that is not there, or the physics fails.
pub fn advise(
    planner: &Planner<'_>,
    workcell: &Workcell,
    goal: &Goal,
    plan: &Plan,
) -> Result<Vec<Advice>, PlanError> {
    if plan.verdict == Verdict::Safe {
        return Ok(Vec::new());
    }
    let asking = Asking {
        planner,
        workcell,
        goal,
        plan,
    };
    let mut advice = Vec::new();
    for set in asking.sets_in_the_way() {
        advice.push(asking.without(&set)?);
    }
    advice.extend(asking.slower_lift()?);
    for gripper in other_grippers(&workcell.robot.grippers) {
        advice.push(asking.with_gripper(gripper)?);
    }
    advice.push(asking.stronger()?);
    advice.extend(asking.known_box()?);
    advice.sort_by_key(|a| !a.possible);
    Ok(advice)
}

/// What was asked and refused.
struct Asking<'a> {
    planner: &'a Planner<'a>,
    workcell: &'a Workcell,
    goal: &'a Goal,
    plan: &'a Plan,
}

/// What the planner says of a changed workcell.
struct Answer {
    possible: bool,
    risk: Option<f64>,
    risk_bound: Option<f64>,
    steps: Vec<String>,
}

impl Answer {
    fn of(asked: Result<Plan, PlanError>) -> Result<Self, PlanError> {
        match asked {
            Ok(plan) => Ok(Self {
                possible: plan.verdict == Verdict::Safe,
                risk: Some(plan.risk),
                risk_bound: Some(plan.risk_bound),
                steps: plan.steps.iter().map(|s| s.step.box_id.clone()).collect(),
            }),
            // A change after which nothing stands is no help, and no failure either.
            Err(PlanError::Dynamics(DynamicsError::DoesNotStand { .. })) => Ok(Self {
                possible: false,
                risk: None,
                risk_bound: None,
                steps: Vec::new(),
            }),
            Err(why) => Err(why),
        }
    }

    /// The advice that `change`, told as `what`, would come to.
    fn advice(self, change: Change, what: &str) -> Advice {
        let sentence = match (self.possible, self.risk_bound) {
            (true, Some(bound)) => {
                let steps = self.steps.join("`, `");
                format!("{what}: then it is safe (take `{steps}`; bound {bound:.3})")
            }
            (_, None) => format!("{what}: then the scene does not stand by itself"),
            (_, Some(bound)) => format!("{what}: still not safe (bound {bound:.3})"),
        };
        Advice {
            change,
            possible: self.possible,
            risk: self.risk,
            risk_bound: self.risk_bound,
            steps: self.steps,
            sentence,
        }
    }
}

impl Asking<'_> {
    fn ask(&self, workcell: &Workcell) -> Result<Answer, PlanError> {
        Answer::of(self.planner.plan(workcell, self.goal))
    }

    /// Sets of boxes that stand on the goal's, or in the hand's way, or are most in danger: each
    /// with whatever rests on it, none with a box of the goal.
    fn sets_in_the_way(&self) -> Vec<Vec<usize>> {
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
            let ids = super::explain::concerned(&step.imagined, scene, held);
            ids.into_iter().filter_map(move |id| scene.box_index(&id))
        });
        let mut sets: Vec<Vec<usize>> = Vec::new();
        let mut add = |mut set: Vec<usize>| {
            set.sort_unstable();
            set.dedup();
            let free_of_goal = set.iter().all(|i| !goal.contains(i));
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

    fn without(&self, set: &[usize]) -> Result<Advice, PlanError> {
        let scene = &self.workcell.scene;
        let boxes: Vec<String> = set.iter().map(|&i| scene.boxes[i].id.clone()).collect();
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
    fn slower_lift(&self) -> Result<Option<Advice>, PlanError> {
        let Some(step) = &self.plan.least_risky else {
            return Ok(None);
        };
        let seed = mixed(self.planner.seed, SLOWER_SALT);
        let scene = self.planner.dynamics.believe(self.workcell, seed)?;
        let slower: Vec<StepPlan> = SLOWER
            .iter()
            .map(|share| (share * step.lift.speed).max(MIN_LIFT_SPEED))
            .filter(|speed| *speed < step.lift.speed)
            .filter_map(|speed| {
                let lift = Lift { speed, ..step.lift };
                let action = again(self.workcell, step, &lift)?;
                let imagined = scene.imagine(std::slice::from_ref(&action)).pop()?.ok()?;
                valid(imagined.risk).ok()?;
                Some(self.as_step(step, lift, action, imagined))
            })
            .collect();
        let mut best: Option<Advice> = None;
        for slow in slower {
            let (_, objection) = match slow.score.is_safe() {
                true => self.planner.verify(self.workcell, &slow, SLOWER_SALT)?,
                false => (None, None),
            };
            let possible = slow.score.is_safe() && objection.is_none();
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

    fn with_gripper(&self, gripper: Gripper) -> Result<Advice, PlanError> {
        let mut changed = self.workcell.clone();
        changed.robot.grippers = vec![gripper];
        let change = Change::OtherGripper {
            gripper: gripper_name(&gripper),
        };
        let what = format!("with {}", gripper_in_words(&gripper));
        Ok(self.ask(&changed)?.advice(change, &what))
    }

    fn stronger(&self) -> Result<Advice, PlanError> {
        let mut changed = self.workcell.clone();
        for gripper in &mut changed.robot.grippers {
            gripper.strengthen(STRONGER);
        }
        let what = format!("with grippers {STRONGER:.0} times as strong");
        let change = Change::StrongerGripper { times: STRONGER };
        Ok(self.ask(&changed)?.advice(change, &what))
    }

    /// The goal's only box at the belief's means; `None` where it is known already.
    fn known_box(&self) -> Result<Option<Advice>, PlanError> {
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

/// A common gripper of each kind that the robot does not have.
fn other_grippers(grippers: &[Gripper]) -> Vec<Gripper> {
    let common = [
        Gripper::Suction {
            cup_radius: 0.04,
            max_pull: 180.0,
            max_shear: 120.0,
            max_moment: 3.6,
        },
        Gripper::ParallelJaw {
            max_opening: 0.45,
            max_force: 150.0,
            finger: Vec3::new(0.02, 0.06, 0.12),
            pad_friction: 0.8,
        },
    ];
    let has = |kind: &Gripper| {
        grippers
            .iter()
            .any(|g| gripper_name(g) == gripper_name(kind))
    };
    common.into_iter().filter(|g| !has(g)).collect()
}

fn gripper_in_words(gripper: &Gripper) -> String {
    match *gripper {
        Gripper::Suction {
            cup_radius,
            max_pull,
            max_shear,
            ..
        } => format!(
            "a suction cup (radius {cup_radius:.3} m, {max_pull:.0} N of pull, {max_shear:.0} N of shear)"
        ),
        Gripper::ParallelJaw {
            max_opening,
            max_force,
            ..
        } => format!("a parallel jaw (opens {max_opening:.2} m, squeezes {max_force:.0} N)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grasp::fixtures_for_tests::{a_box, workcell};
    use crate::plan::fake::Fake;
    use crate::plan::{Objective, PlannerSettings};

    const SIZE: [f64; 3] = [0.3, 0.3, 0.2];

    fn asked(fake: &Fake, cell: &Workcell, id: &str) -> (Plan, Vec<Advice>) {
        let planner = Planner {
            dynamics: fake,
            shield: None,
            settings: PlannerSettings {
                screen: 48,
                imagine: 12,
                iterations: 2,
                ..PlannerSettings::default()
            },
            objective: Objective::default(),
            seed: 3,
        };
        let goal = Goal::Retrieve { box_id: id.into() };
        let plan = planner.plan(cell, &goal).unwrap();
        let advice = advise(&planner, cell, &goal, &plan).unwrap();
        (plan, advice)
    }

    fn pair(mass_of_high: f64) -> Workcell {
        let boxes = vec![
            a_box("low", SIZE, [0.0, 0.0, 0.1], 0.6),
            a_box("high", SIZE, [0.0, 0.0, 0.3], mass_of_high),
        ];
        workcell(boxes, vec![])
    }

    #[test]
    fn a_box_that_cannot_be_taken_is_left_to_somebody_else_and_then_the_goal_is_safe() {
        let fake = Fake {
            cursed: vec!["high".into()],
            ..Fake::default()
        };
        let (plan, advice) = asked(&fake, &pair(0.6), "low");
        assert_eq!(plan.verdict, Verdict::NoSafePlan);
        let first = &advice[0];
        let without_high = Change::WithoutBoxes {
            boxes: vec!["high".into()],
            by_itself: Some(false),
        };
        assert_eq!(first.change, without_high);
        assert!(first.possible && first.steps == ["low"], "{first:?}");
        assert!(first.risk_bound.unwrap() <= 0.02);
        // A stronger gripper was asked about, and no curse is lifted by it.
        let stronger = Change::StrongerGripper { times: STRONGER };
        let stronger = advice.iter().find(|a| a.change == stronger).unwrap();
        assert!(!stronger.possible && stronger.steps.is_empty());
    }

    #[test]
    fn what_is_too_heavy_can_be_taken_by_a_stronger_gripper() {
        // 180 N of pull hold 18 kg at rest, at best.
        let (plan, advice) = asked(&Fake::default(), &pair(22.0), "high");
        assert_eq!(plan.verdict, Verdict::NoSafePlan);
        let stronger = advice
            .iter()
            .find(|a| matches!(a.change, Change::StrongerGripper { .. }));
        let stronger = stronger.unwrap();
        assert!(stronger.possible, "{advice:?}");
        assert!(stronger.sentence.contains("2 times as strong"));
    }

    #[test]
    fn a_slower_lift_is_found_where_speed_is_what_makes_it_risky() {
        let mut cell = pair(0.6);
        let fake = Fake::default();
        // The fake's risk is 0.001 over the motion's duration: slow is safer than fast.
        let (mut plan, none) = asked(&fake, &cell, "high");
        assert!(none.is_empty() && plan.verdict == Verdict::Safe);
        let step = plan.steps.remove(0).step;
        cell.safety.max_risk = 0.9 * step.risk.bound;
        let speed = step.lift.speed;
        plan.verdict = Verdict::NoSafePlan;
        plan.least_risky = Some(step);
        let planner = Planner {
            dynamics: &fake,
            shield: None,
            settings: PlannerSettings::default(),
            objective: Objective::default(),
            seed: 3,
        };
        let asking = Asking {
            planner: &planner,
            workcell: &cell,
            goal: &Goal::Retrieve {
                box_id: "high".into(),
            },
            plan: &plan,
        };
        let slower = asking.slower_lift().unwrap().unwrap();
        assert!(slower.possible, "{slower:?}");
        assert!(slower.risk_bound.unwrap() <= cell.safety.max_risk);
        assert!(
            matches!(slower.change, Change::SlowerLift { from, to, .. } if from == speed && to < from)
        );
    }
}
