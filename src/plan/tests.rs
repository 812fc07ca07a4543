//! The planner on physics that fits on one screen.
//!
//! Owns what the tests share; each file below holds those of one part.

mod execute;
mod expected;
mod fickle;
mod order;
mod probe;
mod refusal;
mod report;
mod shield;
mod step;
mod telling;
mod toy;
mod turning_back;
mod vet;
mod watch;

use super::fake::Fake;
use super::*;
use crate::dynamics::{Dynamics, DynamicsError};
use crate::grasp::fixtures_for_tests::{a_box, a_fixture, workcell};
use crate::pose::{Pose, Quat, Vec3, level};
use crate::rollout::{Accident, AccidentKind, Action, Glance, Onward, Rollout, STRIDE_S};
use crate::scene::Workcell;
use crate::scene::geometry::Face;

const SIZE: [f64; 3] = [0.3, 0.3, 0.2];

/// `low`, on it `mid`, on it `high`; `aside` stands alone.
fn tower() -> Workcell {
    workcell(
        vec![
            a_box("low", SIZE, [0.0, 0.0, 0.1], 0.6),
            a_box("mid", SIZE, [0.0, 0.0, 0.3], 0.6),
            a_box("high", SIZE, [0.0, 0.0, 0.5], 0.6),
            a_box("aside", SIZE, [1.0, 0.0, 0.1], 0.6),
        ],
        vec![],
    )
}

fn quick() -> PlannerSettings {
    PlannerSettings {
        screen: 48,
        imagine: 12,
        iterations: 2,
        ..PlannerSettings::default()
    }
}

fn planner<'a>(dynamics: &'a dyn Dynamics, shield: Option<&'a dyn Dynamics>) -> Planner<'a> {
    Planner {
        dynamics,
        shield: shield.map(|physics| Shield { physics, draws: 4 }),
        settings: quick(),
        objective: Objective::default(),
        seed: 7,
    }
}

/// What becomes of `goal` in the tower.
fn planned(judge: &Fake, shield: Option<&Fake>, goal: &Goal) -> Plan {
    let shield = shield.map(|s| s as &dyn Dynamics);
    planner(judge, shield).plan(&tower(), goal).unwrap()
}

fn retrieve(id: &str) -> Goal {
    Goal::Retrieve { box_id: id.into() }
}

fn order(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|s| s.step.box_id.as_str()).collect()
}

/// Draws that each step was checked under.
fn draws(plan: &Plan) -> Vec<Option<usize>> {
    let draws = |step: &PlannedStep| step.shield.map(|w| w.draws);
    plan.steps.iter().map(draws).collect()
}

/// `wanted`, which nothing rests on, and a centimetre from it `beside`.
fn side_by_side() -> Workcell {
    workcell(
        vec![
            a_box("wanted", SIZE, [0.0, 0.0, 0.1], 0.6),
            a_box("beside", SIZE, [0.31, 0.0, 0.1], 0.6),
        ],
        vec![],
    )
}

/// s that the first step of a plan takes.
fn duration_of_the_first(plan: &Plan) -> f64 {
    plan.steps[0].step.action.motion().unwrap().duration()
}

/// s, of the way that is liked best where nothing is checked.
fn duration_of_the_quickest(id: &str) -> f64 {
    let plan = planned(&Fake::default(), None, &retrieve(id));
    duration_of_the_first(&plan)
}

/// A candidate for box `id` that was turned down.
fn turned_down(id: &str, reason: Reason) -> RejectedCandidate {
    RejectedCandidate {
        box_id: id.into(),
        gripper: 0,
        face: Face::Top,
        grasp: None,
        hand: None,
        risk: reason.bound(),
        reason,
    }
}
