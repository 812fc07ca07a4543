//! The sandbox as a [`Dynamics`]: slow, exact, and asked under many draws.
//!
//! Owns the risk that is counted instead of learned. Worlds are settled once for each draw and
//! branched for each action. The bound is the upper end of a one-sided 95 % Clopper-Pearson
//! interval: with `d` draws and no accident it is 1 − 0.05^(1/d).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::engine::Engine;
use super::{Extent, Recording, SandboxError, episode, stand};
use crate::dynamics::{
    BoxFate, Dynamics, DynamicsError, Imagined, ImaginedFrame, Prediction, PredictionFailure, Risk,
    SceneDynamics,
};
use crate::pose::{Pose, Vec3, tilt_between};
use crate::rollout::{AccidentKind, Action, Rollout};
use crate::scene::{Draw, Workcell};

/// How the counted share of accidents becomes the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundRule {
    /// The share itself: how the ceiling and the `sandbox` reference judge ("0 of 32").
    Share,
    /// The upper end of the one-sided 95 % interval: a promise, at the price of draws.
    Confidence,
}

/// The sandbox under a number of draws.
#[derive(Clone, Copy, Debug)]
pub struct SandboxDynamics {
    /// Draws for each screened action.
    pub screen_draws: usize,
    /// Draws for each imagined action.
    pub imagine_draws: usize,
    /// How the bound follows from the count.
    pub bound: BoundRule,
    /// Draws after which an action that went wrong is not looked at any further; after twice as many
    /// again, and so on.
    pub first_rung: usize,
}

/// One accident in eight is more than any limit allows, so more draws would only say how much more.
const FIRST_RUNG: usize = 8;

impl Default for SandboxDynamics {
    /// 4 draws to screen, 32 to imagine, judged by the share.
    fn default() -> Self {
        Self {
            screen_draws: 4,
            imagine_draws: 32,
            bound: BoundRule::Share,
            first_rung: FIRST_RUNG,
        }
    }
}

impl SandboxDynamics {
    /// Beside another physics: so many draws to screen what that one chose, judged by their share. All of
    /// them are simulated, since whoever asks counts them.
    pub fn beside_another(draws: usize) -> Self {
        Self {
            screen_draws: draws,
            imagine_draws: 1,
            bound: BoundRule::Share,
            first_rung: draws,
        }
    }
}

impl Dynamics for SandboxDynamics {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn believe<'a>(
        &'a self,
        workcell: &Workcell,
        seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        let count = self.screen_draws.max(self.imagine_draws).max(1);
        let worlds = standing_worlds(workcell, seed, count).map_err(not_standing)?;
        Ok(Box::new(Drawn {
            config: self,
            workcell: workcell.clone(),
            worlds,
        }))
    }
}

fn not_standing(error: SandboxError) -> DynamicsError {
    DynamicsError::DoesNotStand {
        reason: error.to_string(),
    }
}

/// `count` settled worlds of draws that stand, each from its own stream of `seed`.
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

/// `count` draws that stand, each from its own stream of `seed`: the same whatever the thread count.
///
/// Where a belief is so tight that a stream finds none in its tries, one of the others' stands in.
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
        _ => Ok(stood.into_iter().flatten().cycle().take(count).collect()),
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
        while rollouts.len() < worlds.len() && rollouts.iter().all(Rollout::is_safe) {
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
    fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>> {
        actions
            .iter()
            .map(|action| {
                let draws = self.config.screen_draws;
                let rollouts =
                    self.rollouts(action, draws, Extent::FirstAccident, Recording::Nothing)?;
                Ok(counted_risk(&rollouts, self.config.bound))
            })
            .collect()
    }

    fn imagine(&self, actions: &[Action], horizon: usize) -> Vec<Prediction<Imagined>> {
        actions
            .iter()
            .map(|action| {
                let draws = self.config.imagine_draws;
                let rollouts = self.rollouts(action, draws, Extent::Whole, Recording::Strides)?;
                Ok(Imagined {
                    risk: counted_risk(&rollouts, self.config.bound),
                    frames: mean_frames(&rollouts, horizon),
                    fates: fates(&self.workcell, action, &rollouts),
                })
            })
            .collect()
    }
}

/// The share of `rollouts` with an accident, and what follows from it.
pub fn counted_risk(rollouts: &[Rollout], rule: BoundRule) -> Risk {
    let n = rollouts.len().max(1) as f64;
    let share =
        |hit: &dyn Fn(&Rollout) -> bool| rollouts.iter().filter(|r| hit(r)).count() as f64 / n;
    let mean = |value: &dyn Fn(&Rollout) -> f64| rollouts.iter().map(value).sum::<f64>() / n;
    let risk = share(&|r| !r.is_safe());
    let bound = match rule {
        BoundRule::Share => risk,
        BoundRule::Confidence => upper_bound(risk * n, n),
    };
    Risk {
        risk,
        bound,
        by_accident: AccidentKind::ALL.map(|kind| share(&|r| r.has(kind))),
        path_length: mean(&|r| r.path_length),
        peak_speed: mean(&|r| r.peak_speed),
        disagreement: (risk * (1.0 - risk) / n).sqrt(),
    }
}

/// The one-sided 95 % Clopper-Pearson upper bound for `hits` of `n`, by bisection on the binomial tail.
fn upper_bound(hits: f64, n: f64) -> f64 {
    let (hits, n) = (hits.round() as u64, n as u64);
    if hits >= n {
        return 1.0;
    }
    let tail = |p: f64| {
        // P(X ≤ hits) for X ~ Bin(n, p), terms by recurrence.
        let mut term = (1.0 - p).powi(n as i32);
        let mut sum = term;
        for k in 0..hits {
            term *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
            sum += term;
        }
        sum
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let mid = 0.5 * (low + high);
        if tail(mid) > 0.05 {
            low = mid;
        } else {
            high = mid;
        }
    }
    high
}

/// The mean trajectory for `horizon` strides, then the end of the longest rollout; shorter ones rest at
/// their last frame.
fn mean_frames(rollouts: &[Rollout], horizon: usize) -> Vec<ImaginedFrame> {
    let longest = rollouts.iter().max_by_key(|r| r.frames.len());
    let Some(longest) = longest else {
        return Vec::new();
    };
    let n = rollouts.len() as f64;
    let last = longest.frames.len().saturating_sub(1);
    (0..longest.frames.len())
        .filter(|&f| f <= horizon || f == last)
        .map(|f| {
            let at = |r: &Rollout, i: usize| -> Pose {
                let frame = &r.frames[f.min(r.frames.len() - 1)];
                frame.boxes[i].pose
            };
            let mut boxes = Vec::new();
            let mut position_std = Vec::new();
            for i in 0..longest.reference.len() {
                let points = || rollouts.iter().map(|r| at(r, i).translation.vector);
                let mean: Vec3 = points().sum::<Vec3>() / n;
                let variance = points().map(|p| (p - mean).norm_squared()).sum::<f64>() / n;
                // Rotations are averaged towards the member nearest to the mean position.
                let nearest = rollouts
                    .iter()
                    .map(|r| at(r, i))
                    .min_by(|a, b| {
                        let d = |p: &Pose| (p.translation.vector - mean).norm_squared();
                        d(a).total_cmp(&d(b))
                    })
                    .unwrap_or_else(Pose::identity);
                boxes.push(Pose::from_parts(mean.into(), nearest.rotation));
                position_std.push(variance.sqrt());
            }
            ImaginedFrame {
                t: longest.frames[f].t,
                boxes,
                position_std,
            }
        })
        .collect()
}

/// What becomes of each box, counted over `rollouts`.
fn fates(workcell: &Workcell, action: &Action, rollouts: &[Rollout]) -> Vec<BoxFate> {
    let n = rollouts.len().max(1) as f64;
    let safety = &workcell.safety;
    (0..workcell.scene.boxes.len())
        .map(|i| {
            let height = workcell.scene.boxes[i].size.min();
            let mut displacements = Vec::with_capacity(rollouts.len());
            let (mut moves, mut falls) = (0.0, 0.0);
            for rollout in rollouts {
                let reference = &rollout.reference[i];
                let Some(last) = rollout.frames.last() else {
                    continue;
                };
                let pose = &last.boxes[i].pose;
                let moved = pose.translation.vector - reference.translation.vector;
                let tilt = tilt_between(&reference.rotation, &pose.rotation);
                displacements.push(moved.norm());
                // At any time, as the accident has it; of a box that is acted on, where it ends up.
                let disturbed = rollout
                    .accidents
                    .iter()
                    .any(|a| a.kind == AccidentKind::Disturb && a.box_index == i);
                moves += f64::from(disturbed || moved.norm() > safety.max_displacement);
                let carried = i == action.box_index() && action.grasp().is_some();
                let fell = tilt > safety.max_tilt || moved.z < -0.5 * height;
                falls += f64::from(fell && !carried);
            }
            displacements.sort_by(f64::total_cmp);
            let p95 = displacements
                .get((displacements.len() * 95 / 100).min(displacements.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0.0);
            BoxFate {
                p_moves: moves / n,
                p_falls: falls / n,
                displacement_mean: displacements.iter().sum::<f64>() / n,
                displacement_p95: p95,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grasp::fixtures_for_tests::{a_box, workcell};

    #[test]
    fn what_goes_wrong_is_out_of_the_race_and_what_does_not_is_simulated_under_every_draw() {
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
        let simulated = |by: f64, first_rung: usize| {
            let config = SandboxDynamics {
                first_rung,
                ..SandboxDynamics::default()
            };
            let drawn = Drawn {
                config: &config,
                worlds: standing_worlds(&workcell, 1, 6).unwrap(),
                workcell: workcell.clone(),
            };
            let extent = Extent::FirstAccident;
            let done = drawn.rollouts(&nudge(by), 6, extent, Recording::Nothing);
            done.unwrap().len()
        };
        // Carried 20 cm along, what stands on it is disturbed.
        assert_eq!([1, 2, 8].map(|rung| simulated(0.2, rung)), [1, 2, 6]);
        assert_eq!(simulated(0.002, 1), 6);
    }

    #[test]
    fn no_accident_in_thirty_two_draws_still_leaves_nine_percent() {
        assert!((upper_bound(0.0, 32.0) - (1.0 - 0.05f64.powf(1.0 / 32.0))).abs() < 1e-9);
        assert_eq!(upper_bound(4.0, 4.0), 1.0);
        assert!(upper_bound(1.0, 32.0) > upper_bound(0.0, 32.0));
    }
}
