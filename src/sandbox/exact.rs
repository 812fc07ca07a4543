//! The sandbox as a [`Dynamics`]: slow, exact, and asked under many draws.
//!
//! Owns the worlds, settled once for each draw and branched for each action, and the race among actions. What
//! their outcomes tell together is `count`'s.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::count::{counted_risk, fates, mean_frames};
use super::engine::Engine;
use super::{Extent, Recording, SandboxError, episode, stand};
use crate::dynamics::{
    Dynamics, DynamicsError, Imagined, Prediction, PredictionFailure, Risk, SceneDynamics,
};
use crate::rollout::{Action, Rollout};
use crate::scene::{Draw, Workcell};

/// The sandbox under a number of draws.
#[derive(Clone, Copy, Debug)]
pub struct SandboxDynamics {
    /// Draws for each screened action.
    pub screen_draws: usize,
    /// Draws for each imagined action.
    pub imagine_draws: usize,
    /// Draws after which an action is not looked at any further if what went wrong is over the task's limit already,
    /// however the rest of the draws would end; after twice as many again, and so on. Of such an action the share
    /// of what was simulated is told, which leans upwards.
    pub first_rung: usize,
}

/// At a limit of 2 % one accident decides; with fewer draws at a time threads would wait for each other.
const FIRST_RUNG: usize = 8;

impl Default for SandboxDynamics {
    /// 4 draws to screen, 32 to imagine, judged by the share.
    fn default() -> Self {
        Self {
            screen_draws: 4,
            imagine_draws: 32,
            first_rung: FIRST_RUNG,
        }
    }
}

impl SandboxDynamics {
    /// As reports name it.
    pub const NAME: &str = "sandbox";

    /// The same draws, and all of them simulated whatever comes of them, for whoever tells the share to a person.
    pub fn unhurried(self) -> Self {
        Self {
            first_rung: self.screen_draws.max(self.imagine_draws),
            ..self
        }
    }

    /// Beside another physics: so many draws to screen what that one chose, judged by their share. All of
    /// them are simulated, since whoever asks counts them.
    pub fn beside_another(draws: usize) -> Self {
        Self {
            screen_draws: draws,
            imagine_draws: 1,
            first_rung: draws,
        }
    }
}

impl Dynamics for SandboxDynamics {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn believe<'a>(
        &'a self,
        workcell: &Workcell,
        seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        let count = self.screen_draws.max(self.imagine_draws).max(1);
        let worlds = standing_worlds(workcell, seed, count)?;
        Ok(Box::new(Drawn {
            config: self,
            workcell: workcell.clone(),
            worlds,
        }))
    }
}

impl From<SandboxError> for DynamicsError {
    /// Only what falls by itself does not stand; whoever plans takes that for a dead end, and no other failure.
    fn from(error: SandboxError) -> Self {
        let reason = error.to_string();
        match error {
            SandboxError::DoesNotStand { .. } => Self::DoesNotStand { reason },
            _ => Self::Simulation(reason),
        }
    }
}

/// Up to `count` settled worlds of draws that stand, each from its own stream of `seed`.
///
/// # Errors
/// When the scene does not stand.
pub fn standing_worlds(
    workcell: &Workcell,
    seed: u64,
    count: usize,
) -> Result<Vec<Engine>, SandboxError> {
    let draws = standing_draws(workcell, seed, count)?;
    draws
        .par_iter()
        .map(|draw| episode::settled(workcell, draw, 1))
        .collect()
}

/// Up to `count` draws that stand, each from its own stream of `seed`: the same whatever the thread count.
///
/// They are fewer where a belief is so tight that a stream finds none in its tries: one twice would count as what it
/// is not.
///
/// # Errors
/// When no stream finds a draw that stands.
pub fn standing_draws(
    workcell: &Workcell,
    seed: u64,
    count: usize,
) -> Result<Vec<Draw>, SandboxError> {
    let found: Vec<Result<Draw, SandboxError>> = (0..count)
        .into_par_iter()
        .map(|k| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(k as u64);
            stand::draw(workcell, &mut rng)
        })
        .collect();
    let (stood, fell): (Vec<_>, Vec<_>) = found.into_iter().partition(Result::is_ok);
    match fell.into_iter().find_map(Result::err) {
        Some(error) if stood.is_empty() => Err(error),
        _ => Ok(stood.into_iter().flatten().collect()),
    }
}

struct Drawn<'a> {
    config: &'a SandboxDynamics,
    workcell: Workcell,
    worlds: Vec<Engine>,
}

impl Drawn<'_> {
    fn rollouts(
        &self,
        action: &Action,
        draws: usize,
        extent: Extent,
        recording: Recording,
    ) -> Prediction<Vec<Rollout>> {
        let worlds = &self.worlds[..draws.clamp(1, self.worlds.len())];
        let mut rollouts: Vec<Rollout> = Vec::with_capacity(worlds.len());
        let mut rung = self.config.first_rung.max(1);
        let allowed = self.workcell.safety.max_risk * worlds.len() as f64;
        let is_open = |rollouts: &[Rollout]| {
            let accidents = rollouts.iter().filter(|r| !r.is_safe()).count();
            rollouts.len() < worlds.len() && accidents as f64 <= allowed
        };
        while is_open(&rollouts) {
            let next: Vec<Rollout> = worlds[rollouts.len()..rung.min(worlds.len())]
                .par_iter()
                .map(|world| episode::run(&self.workcell, world, action, extent, recording))
                .collect::<Result<_, _>>()
                .map_err(|e| PredictionFailure::Simulation(e.to_string()))?;
            rollouts.extend(next);
            rung *= 2;
        }
        Ok(rollouts)
    }
}

impl SceneDynamics for Drawn<'_> {
    fn draws(&self) -> Option<usize> {
        Some(self.config.screen_draws.clamp(1, self.worlds.len()))
    }

    fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>> {
        actions
            .par_iter()
            .map(|action| {
                let draws = self.config.screen_draws;
                let rollouts =
                    self.rollouts(action, draws, Extent::FirstAccident, Recording::Nothing)?;
                Ok(counted_risk(&rollouts))
            })
            .collect()
    }

    fn imagine(&self, actions: &[Action], horizon: usize) -> Vec<Prediction<Imagined>> {
        actions
            .par_iter()
            .map(|action| {
                let draws = self.config.imagine_draws;
                let rollouts = self.rollouts(action, draws, Extent::Whole, Recording::Strides)?;
                Ok(Imagined {
                    risk: counted_risk(&rollouts),
                    frames: mean_frames(&rollouts, horizon),
                    fates: fates(&self.workcell, &rollouts),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grasp::fixtures_for_tests::{a_box, on_the_edge, workcell};
    use crate::pose::Vec3;

    #[test]
    fn a_belief_of_which_few_draws_stand_is_told_with_as_many_and_no_draw_twice() {
        let draws = standing_draws(&on_the_edge(), 3, 12).unwrap();
        assert!((1..12).contains(&draws.len()), "{}", draws.len());
        let twice = |i: usize| draws[..i].contains(&draws[i]);
        assert!(!(0..draws.len()).any(twice));
    }

    #[test]
    fn an_engine_that_lost_a_body_is_no_scene_that_does_not_stand() {
        let lost = DynamicsError::from(SandboxError::NotFinite);
        assert!(matches!(lost, DynamicsError::Simulation(_)), "{lost}");
        let fell = DynamicsError::from(SandboxError::DoesNotStand {
            id: "a".to_owned(),
            kind: crate::rollout::AccidentKind::Tilt,
            tries: 64,
        });
        let told = fell.to_string();
        assert!(told.contains("`a` tilts first"), "{told}");
    }

    #[test]
    fn what_is_over_the_limit_is_out_of_the_race_and_the_rest_is_simulated_under_every_draw() {
        let size = [0.1, 0.1, 0.3];
        let boxes = vec![
            a_box("low", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 5.0),
            a_box("high", size, [0.0, 0.0, 0.35], 0.5),
        ];
        let workcell = workcell(boxes, vec![]);
        let nudge = |by: f64| Action::Nudge {
            box_index: 0,
            by: Vec3::new(by, 0.0, 0.0),
        };
        let simulated = |by: f64, first_rung: usize, max_risk: f64| {
            let mut workcell = workcell.clone();
            workcell.safety.max_risk = max_risk;
            let config = SandboxDynamics {
                first_rung,
                ..SandboxDynamics::default()
            };
            let drawn = Drawn {
                config: &config,
                worlds: standing_worlds(&workcell, 1, 6).unwrap(),
                workcell,
            };
            let extent = Extent::FirstAccident;
            let done = drawn.rollouts(&nudge(by), 6, extent, Recording::Nothing);
            done.unwrap().len()
        };
        // Carried 20 cm along, what stands on it is disturbed.
        assert_eq!([1, 2, 8].map(|rung| simulated(0.2, rung, 0.02)), [1, 2, 6]);
        assert_eq!(simulated(0.002, 1, 0.02), 6);
        // Two of six may: only the third that goes wrong is one too many.
        assert_eq!([1, 2].map(|rung| simulated(0.2, rung, 0.34)), [4, 4]);
        // Whoever tells a person the share spares none.
        let unhurried = SandboxDynamics {
            first_rung: 1,
            ..SandboxDynamics::default()
        }
        .unhurried();
        assert_eq!(simulated(0.2, unhurried.first_rung, 0.02), 6);
    }
}
