//! What draws of a belief tell together: risks that are counted, means of where boxes go.
//!
//! Owns the sums over rollouts of one action under many draws. The bound is the share itself ("0 of 32"), as the
//! ceiling and the `sandbox` reference judge; a promise beyond what was counted is not made here.

use crate::dynamics::{BoxFate, ImaginedFrame, Risk};
use crate::pose::{Pose, Vec3};
use crate::quantiles::Quantiles;
use crate::rollout::{AccidentKind, Rollout};
use crate::scene::Workcell;

/// The share of `rollouts` with an accident, and what follows from it.
pub fn counted_risk(rollouts: &[Rollout]) -> Risk {
    let n = rollouts.len().max(1) as f64;
    let share =
        |hit: &dyn Fn(&Rollout) -> bool| rollouts.iter().filter(|r| hit(r)).count() as f64 / n;
    let mean = |value: &dyn Fn(&Rollout) -> f64| rollouts.iter().map(value).sum::<f64>() / n;
    let risk = share(&|r| !r.is_safe());
    Risk {
        risk,
        bound: risk,
        by_accident: AccidentKind::ALL.map(|kind| share(&|r| r.has(kind))),
        path_length: mean(&|r| r.path_length),
        peak_speed: mean(&|r| r.peak_speed),
        disagreement: (risk * (1.0 - risk) / n).sqrt(),
    }
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
                let Some(last) = rollout.frames.last() else {
                    continue;
                };
                // From where it settled, since the hand may move it before the first frame; of one that was put down
                // that is where it belongs now, and the first frame tells where it was.
                let at = |pose: &Pose| pose.translation.vector;
                let off = (at(&last.boxes[i].pose) - at(&rollout.reference[i])).norm();
                displacements.push(off.max(rollout.way(i, last)));
                moves += f64::from(rollout.moves(i, safety.max_displacement));
                let size = workcell.scene.boxes[i].size;
                falls += f64::from(rollout.falls(i, size, safety.max_tilt));
            }
            // Summed in this order, so that the mean does not hang on that of the draws.
            displacements.sort_by(f64::total_cmp);
            BoxFate {
                p_moves: moves / n,
                p_falls: falls / n,
                displacement_mean: displacements.iter().sum::<f64>() / n,
                displacement_p95: Quantiles::of(displacements).map_or(0.0, |q| q.p95),
                unseen: false,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grasp::fixtures_for_tests::{a_box, workcell};
    use crate::pose::level;
    use crate::rollout::Accident;
    use crate::rollout::fixture_for_tests::one_box;

    /// A box that is at these heights, m, one stride after the other.
    fn sinking(heights: &[f64]) -> Rollout {
        let poses: Vec<Pose> = heights
            .iter()
            .map(|&z| level(Vec3::new(0.0, 0.0, z), 0.0))
            .collect();
        one_box(&poses)
    }

    #[test]
    fn a_box_falls_in_the_draws_in_which_it_sinks_by_half_its_height_at_any_time() {
        let upright = a_box("a", [0.2, 0.2, 0.6], [0.0, 0.0, 1.3], 1.0);
        let workcell = workcell(vec![upright], vec![]);
        // By more than half its shortest edge; by more than half its height, and up again; not at all.
        let rollouts = [[1.3, 1.1, 1.1], [1.3, 0.9, 1.3], [1.3, 1.3, 1.3]].map(|h| sinking(&h));
        let share = |rollouts: &[Rollout]| fates(&workcell, rollouts)[0].p_falls;
        assert_eq!(share(&rollouts[..1]), 0.0);
        assert_eq!(share(&rollouts[1..]), 0.5);
    }

    #[test]
    fn what_the_hand_moves_on_its_way_in_has_gone_and_so_has_what_it_puts_down() {
        let workcell = workcell(vec![a_box("a", [0.2; 3], [0.0, 0.0, 1.0], 1.0)], vec![]);
        let gone = |rollout: Rollout| fates(&workcell, &[rollout])[0].displacement_mean;
        let from = |z: f64, rollout: Rollout| Rollout {
            reference: vec![level(Vec3::new(0.0, 0.0, z), 0.0)],
            ..rollout
        };
        // Three centimetres before the first frame, none after it.
        assert!((gone(from(1.03, sinking(&[1.0, 1.0]))) - 0.03).abs() < 1e-12);
        // Half a metre to its target, where it now belongs.
        assert!((gone(from(0.5, sinking(&[1.0, 0.5]))) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_bound_is_the_share_that_was_counted() {
        let wrong = Rollout {
            accidents: vec![Accident {
                kind: AccidentKind::Drop,
                box_index: 0,
                t: 0.0,
            }],
            ..sinking(&[1.0])
        };
        let risk = counted_risk(&[wrong, sinking(&[1.0])]);
        assert_eq!((risk.risk, risk.bound), (0.5, 0.5));
        assert_eq!(risk.by_accident, [0.0, 0.0, 0.5, 0.0, 0.0]);
    }
}
