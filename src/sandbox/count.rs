//! What draws of a belief tell together: risks that are counted, means of where boxes go.
//!
//! Owns [`BoundRule`] and the sums over rollouts of one action under many draws. The cautious bound is the
//! upper end of a one-sided 95 % Clopper-Pearson interval: with `d` draws and no accident it is 1 − 0.05^(1/d).

use crate::dynamics::{BoxFate, ImaginedFrame, Risk};
use crate::pose::{Pose, Vec3};
use crate::rollout::{AccidentKind, Rollout};
use crate::scene::Workcell;

/// How the counted share of accidents becomes the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundRule {
    /// The share itself: how the ceiling and the `sandbox` reference judge ("0 of 32").
    Share,
    /// The upper end of the one-sided 95 % interval: a promise, at the price of draws.
    Confidence,
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
pub(super) fn mean_frames(rollouts: &[Rollout], horizon: usize) -> Vec<ImaginedFrame> {
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
pub(super) fn fates(workcell: &Workcell, rollouts: &[Rollout]) -> Vec<BoxFate> {
    let n = rollouts.len().max(1) as f64;
    let safety = &workcell.safety;
    (0..workcell.scene.boxes.len())
        .map(|i| {
            let mut displacements = Vec::with_capacity(rollouts.len());
            let (mut moves, mut falls) = (0.0, 0.0);
            for rollout in rollouts {
                let reference = &rollout.reference[i];
                let Some(last) = rollout.frames.last() else {
                    continue;
                };
                let pose = &last.boxes[i].pose;
                let moved = pose.translation.vector - reference.translation.vector;
                displacements.push(moved.norm());
                // At any time, as the accident has it; of a box that is acted on, where it ends up.
                let disturbed = rollout
                    .accidents
                    .iter()
                    .any(|a| a.kind == AccidentKind::Disturb && a.box_index == i);
                moves += f64::from(disturbed || moved.norm() > safety.max_displacement);
                let size = workcell.scene.boxes[i].size;
                falls += f64::from(rollout.falls(i, size, safety.max_tilt));
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

    #[test]
    fn no_accident_in_thirty_two_draws_still_leaves_nine_percent() {
        assert!((upper_bound(0.0, 32.0) - (1.0 - 0.05f64.powf(1.0 / 32.0))).abs() < 1e-9);
        assert_eq!(upper_bound(4.0, 4.0), 1.0);
        assert!(upper_bound(1.0, 32.0) > upper_bound(0.0, 32.0));
    }
}
