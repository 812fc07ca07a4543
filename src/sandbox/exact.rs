//! The sandbox as a [`Dynamics`]: slow, exact, and asked under many draws.
//!
//! Owns the worlds, settled once for each draw and branched for each action, and the race among actions. How many draws
//! there are for what is `budget`'s, what their outcomes tell together `count`'s.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::budget::{CloserLook, SandboxDynamics};
use super::count::{counted_risk, fates, mean_frames};
use super::engine::Engine;
use super::{Extent, Recording, SandboxError, episode, stand};
use crate::dynamics::{
    Dynamics, DynamicsError, Imagined, Prediction, PredictionFailure, Risk, SceneDynamics,
};
use crate::rollout::{Action, Rollout};
use crate::scene::{Draw, Workcell};

impl Dynamics for SandboxDynamics {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn believe<'a>(
        &'a self,
        workcell: &Workcell,
        seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        let count = match self.closer_look {
            CloserLook::FromTheFirst => self.screen_draws.max(self.imagine_draws).max(1),
            CloserLook::OtherDraws => (self.screen_draws + self.imagine_draws).max(1),
        };
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

/// The draw of stream `stream` of `seed`.
///
/// # Errors
/// When none of its tries stands, or the engine lost a body.
pub fn draw_of(workcell: &Workcell, seed: u64, stream: u64) -> Result<Draw, SandboxError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    stand::draw(workcell, &mut rng)
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
        .map(|k| draw_of(workcell, seed, k as u64))
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
        worlds: &[Engine],
        extent: Extent,
        recording: Recording,
    ) -> Prediction<Vec<Rollout>> {
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

    /// The worlds that an action is screened in.
    fn screened_in(&self) -> &[Engine] {
        &self.worlds[..self.config.screen_draws.clamp(1, self.worlds.len())]
    }

    /// The worlds that one is imagined in.
    fn imagined_in(&self) -> &[Engine] {
        let first = match self.config.closer_look {
            CloserLook::FromTheFirst => 0,
            // Where hardly any draw stands there may be no other.
            CloserLook::OtherDraws => self.config.screen_draws.min(self.worlds.len() - 1),
        };
        let left = self.worlds.len() - first;
        &self.worlds[first..first + self.config.imagine_draws.clamp(1, left)]
    }
}

impl SceneDynamics for Drawn<'_> {
    fn draws(&self) -> Option<usize> {
        Some(self.screened_in().len())
    }

    fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>> {
        actions
            .par_iter()
            .map(|action| {
                let worlds = self.screened_in();
                let rollouts =
                    self.rollouts(action, worlds, Extent::FirstAccident, Recording::Nothing)?;
                Ok(counted_risk(&rollouts))
            })
            .collect()
    }

    fn imagine(&self, actions: &[Action], horizon: usize) -> Vec<Prediction<Imagined>> {
        actions
            .par_iter()
            .map(|action| {
                let worlds = self.imagined_in();
                let rollouts = self.rollouts(action, worlds, Extent::Whole, Recording::Strides)?;
                Ok(Imagined {
                    risk: counted_risk(&rollouts),
                    frames: mean_frames(&rollouts, horizon),
                    fates: fates(&self.workcell, &rollouts),
                    told_for: self.workcell.safety,
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
    fn a_closer_look_is_under_the_same_draws_or_under_others_as_long_as_there_are_any() {
        let boxes = vec![a_box("low", [0.3; 3], [0.0, 0.0, 0.15], 5.0)];
        let workcell = workcell(boxes, vec![]);
        let looked = |closer_look: CloserLook, stand: usize| {
            let config = SandboxDynamics {
                screen_draws: 2,
                imagine_draws: 3,
                closer_look,
                ..SandboxDynamics::default()
            };
            let drawn = Drawn {
                config: &config,
                worlds: standing_worlds(&workcell, 1, stand).unwrap(),
                workcell: workcell.clone(),
            };
            let first = drawn.imagined_in().as_ptr();
            let place = drawn.worlds.iter().position(|w| std::ptr::eq(w, first));
            (place.unwrap(), drawn.imagined_in().len())
        };
        assert_eq!(looked(CloserLook::FromTheFirst, 5), (0, 3));
        assert_eq!(looked(CloserLook::OtherDraws, 5), (2, 3));
        assert_eq!(looked(CloserLook::OtherDraws, 3), (2, 1));
        assert_eq!(looked(CloserLook::OtherDraws, 1), (0, 1));
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
            let done = drawn.rollouts(&nudge(by), &drawn.worlds, extent, Recording::Nothing);
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
