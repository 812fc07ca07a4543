//! A plan held against draws of the belief that it was not chosen by.
//!
//! Owns [`held_out`]. One world tells little of a plan that goes wrong once in fifty; and whoever chose a plan for going
//! well in some draws knows it by these. Each step is simulated in the scene that it was planned in, to the end
//! under every draw, as the reference's steps are before they are called safe.

use super::PlannerTask;
use crate::dynamics::{Dynamics, DynamicsError};
use crate::plan::{Plan, of_plan};
use crate::sandbox::SandboxDynamics;
use crate::scene::Workcell;

/// Keeps these draws apart from those of planners and shields, and from the world that is acted on.
const SALT: u64 = 0x686f_6c64_5f6f_7574;

/// P(any step of `plan` goes wrong), each by its share of `draws` fresh draws that end in an accident; `None` where a
/// scene that was imagined on the way stands in none of them.
///
/// # Errors
/// In a sentence, when the sandbox fails.
pub(super) fn held_out(
    plan: &Plan,
    task: &PlannerTask,
    draws: usize,
) -> Result<Option<f64>, String> {
    let physics = SandboxDynamics::beside_another(draws);
    let mut risks = Vec::with_capacity(plan.steps.len());
    for planned in &plan.steps {
        let workcell = Workcell {
            scene: planned.scene.clone(),
            ..task.workcell.clone()
        };
        let scene = match physics.believe(&workcell, task.planner_seed ^ SALT) {
            Ok(scene) => scene,
            Err(DynamicsError::DoesNotStand { .. }) => return Ok(None),
            Err(why) => return Err(why.to_string()),
        };
        for judged in scene.screen(std::slice::from_ref(&planned.step.action)) {
            risks.push(judged.map_err(|why| why.to_string())?.risk);
        }
    }
    Ok(Some(of_plan(risks)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::tasks::fixture::one_box;
    use crate::grasp::fixtures_for_tests::a_box;
    use crate::plan::{Objective, Planner, PlannerSettings};

    /// One box to fetch, and a plan that fetches it.
    fn fetched() -> (PlannerTask, Plan) {
        let task = one_box(1);
        let physics = SandboxDynamics::default();
        let planner = Planner {
            dynamics: &physics,
            shield: None,
            settings: PlannerSettings {
                screen: 4,
                imagine: 2,
                iterations: 0,
                ..PlannerSettings::default()
            },
            objective: Objective::default(),
            seed: 1,
        };
        let plan = planner.plan(&task.workcell, &task.goal).unwrap();
        assert_eq!(plan.steps.len(), 1, "{:?}", plan.reason);
        (task, plan)
    }

    #[test]
    fn a_plan_that_goes_well_in_every_draw_has_no_risk_there() {
        let (task, plan) = fetched();
        assert_eq!(held_out(&plan, &task, 6), Ok(Some(0.0)));
    }

    #[test]
    fn a_step_whose_scene_holds_what_falls_off_goes_wrong_in_every_draw() {
        let (task, mut plan) = fetched();
        let on_the_rim = a_box("high", [0.1, 0.1, 0.3], [0.12, 0.12, 0.45], 0.5);
        plan.steps[0].scene.boxes.push(on_the_rim);
        assert_eq!(held_out(&plan, &task, 6), Ok(Some(1.0)));
    }

    #[test]
    fn of_a_step_whose_scene_stands_in_no_draw_nothing_is_told() {
        let (task, mut plan) = fetched();
        let in_the_air = a_box("high", [0.1; 3], [0.0, 0.0, 1.5], 0.5);
        plan.steps[0].scene.boxes.push(in_the_air);
        assert_eq!(held_out(&plan, &task, 6), Ok(None));
    }
}
