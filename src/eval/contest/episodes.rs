//! What a planner on the sandbox does with so many episodes for a plan.
//!
//! Owns [`of_episodes`]. A budget in episodes, not in seconds: what is decided does not depend on the clock.

use crate::plan::PlannerSettings;
use crate::sandbox::{CloserLook, SandboxDynamics};

/// Draws under which one candidate is looked at more closely at most.
const CLOSELY: usize = 8;

/// Half of the `episodes` to look at the best candidate more closely, under draws that it was not looked at under yet; the
/// others to look at candidates once each. One episode is taken for two.
pub(super) fn of_episodes(
    episodes: usize,
    settings: PlannerSettings,
) -> (SandboxDynamics, PlannerSettings) {
    let closely = (episodes / 2).clamp(1, CLOSELY);
    let physics = SandboxDynamics {
        screen_draws: 1,
        imagine_draws: closely,
        closer_look: CloserLook::OtherDraws,
        ..SandboxDynamics::default()
    };
    let settings = PlannerSettings {
        screen: episodes.saturating_sub(closely).max(1),
        imagine: 1,
        iterations: 0,
        elites: 1,
        untried: 0,
        ..settings
    };
    (physics, settings)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::dynamics::{Dynamics, DynamicsError, Imagined, Prediction, Risk, SceneDynamics};
    use crate::grasp::fixtures_for_tests::{a_box, workcell};
    use crate::plan::{Objective, Planner, Wish};
    use crate::rollout::Action;
    use crate::scene::Workcell;

    /// The sandbox, which counts the actions that it screens and imagines.
    struct Counted {
        physics: SandboxDynamics,
        screened: AtomicUsize,
        imagined: AtomicUsize,
    }

    struct Scene<'a> {
        counted: &'a Counted,
        scene: Box<dyn SceneDynamics + 'a>,
    }

    impl Dynamics for Counted {
        fn name(&self) -> &'static str {
            "counted"
        }

        fn believe<'a>(
            &'a self,
            workcell: &Workcell,
            seed: u64,
        ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
            let scene = self.physics.believe(workcell, seed)?;
            let counted = self;
            Ok(Box::new(Scene { counted, scene }))
        }
    }

    impl SceneDynamics for Scene<'_> {
        fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>> {
            let screened = &self.counted.screened;
            screened.fetch_add(actions.len(), Ordering::Relaxed);
            self.scene.screen(actions)
        }

        fn imagine(&self, actions: &[Action], horizon: usize) -> Vec<Prediction<Imagined>> {
            let imagined = &self.counted.imagined;
            imagined.fetch_add(actions.len(), Ordering::Relaxed);
            self.scene.imagine(actions, horizon)
        }
    }

    /// What is simulated to take the lower one of two boxes, which always throws the other off: once each, and closely.
    fn spent(episodes: usize) -> (usize, usize) {
        let (physics, settings) = of_episodes(episodes, PlannerSettings::default());
        let counted = Counted {
            physics,
            screened: AtomicUsize::new(0),
            imagined: AtomicUsize::new(0),
        };
        let planner = Planner {
            dynamics: &counted,
            shield: None,
            settings,
            objective: Objective::default(),
            seed: 1,
        };
        let low = a_box("low", [0.3; 3], [0.0, 0.0, 0.15], 2.0);
        let high = a_box("high", [0.1; 3], [0.05, 0.0, 0.35], 0.5);
        let cell = workcell(vec![low, high], vec![]);
        let plan = planner.single_step(&cell, &Wish::remove(0)).unwrap();
        assert!(plan.steps.is_empty());
        let once = counted.screened.into_inner();
        (once, physics.imagine_draws * counted.imagined.into_inner())
    }

    #[test]
    fn who_has_as_much_time_spends_its_episodes_also_where_the_first_go_wrong() {
        assert_eq!(spent(2), (1, 1));
        assert_eq!(spent(4), (2, 2));
        assert_eq!(spent(7), (4, 3));
    }
}
