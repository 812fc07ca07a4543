//! What would make a plan possible where there is none: changes that were really asked about.
//!
//! Owns [`advise`]. Each piece of advice is a hypothesis (a box that is gone, another gripper, a
//! stronger one, a slower lift, a box that is known exactly, higher limits) that the same planner was asked about,
//! the shield included, with the answer that it gave: a change that would not help is told too.
//! Which are asked, and on how many threads, is `questions`'s. Refuses to guess: what was not asked is not said.

mod grippers;
mod hypotheses;
mod questions;
#[cfg(test)]
mod tests;

pub use grippers::gripper_in_words;

use serde::Serialize;

use super::goal::Goal;
use super::planner::{Plan, PlanError, Planner, Verdict};
use crate::scene::Workcell;

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
    /// The task allows more risk in the whole plan.
    HigherPlanLimit {
        /// What `safety.max_plan_risk` would be; `None` where no limit would help.
        max_plan_risk: Option<f64>,
    },
    /// The task allows more risk in a step.
    HigherLimit {
        /// What `safety.max_risk` would be.
        max_risk: f64,
    },
}

/// What would help to reach `goal`, and what would not; empty where there is a plan already. What
/// helps comes first. Each change is named to `asks` before it is asked about, which may take as long as the plan did; on
/// several cores several are asked about at a time.
///
/// # Errors
/// When the goal names a box that is not there, or the physics fails.
pub fn advise(
    planner: &Planner<'_>,
    workcell: &Workcell,
    goal: &Goal,
    plan: &Plan,
    asks: impl Fn(&str) + Sync,
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
    let mut advice = asking.ask_all(&asking.questions(), &asks)?;
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
    /// Why there is nothing to predict, where there is not.
    dead_end: String,
}

impl Answer {
    fn of(asked: Result<Plan, PlanError>) -> Result<Self, PlanError> {
        match asked {
            Ok(plan) => Ok(Self {
                possible: plan.verdict == Verdict::Safe,
                risk: Some(plan.risk),
                risk_bound: Some(plan.risk_bound),
                steps: plan.steps.iter().map(|s| s.step.box_id.clone()).collect(),
                dead_end: String::new(),
            }),
            // A change after which nothing stands is no help, and no failure either.
            Err(PlanError::Dynamics(why)) if why.is_dead_end() => Ok(Self {
                possible: false,
                risk: None,
                risk_bound: None,
                steps: Vec::new(),
                dead_end: why.to_string(),
            }),
            Err(why) => Err(why),
        }
    }

    /// The advice that `change`, told as `what`, would come to.
    fn advice(self, change: Change, what: &str) -> Advice {
        let sentence = match (self.possible, self.risk_bound) {
            (true, Some(bound)) => {
                let steps = self.steps.join("`, `");
                // Limits are on one step: who compares the two is to know that this is of more.
                let of_all = if self.steps.len() > 1 { " for all" } else { "" };
                format!("{what}: then it is safe (take `{steps}`; bound {bound:.3}{of_all})")
            }
            (_, None) => format!("{what}: then {}", self.dead_end),
            // It is not held for high, and nothing bounds it: the change leads out of what was learned from.
            (_, Some(1.0..)) if self.risk.is_some_and(|risk| risk < 0.5) => {
                format!("{what}: still not known to be safe")
            }
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
