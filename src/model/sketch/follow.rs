//! The sketch followed for as long as the imagination looks: where each box would be, stride by stride.
//!
//! Owns the steps and [`Gone`]; what moves the target is [`guide`]'s. A forecast asks what an action bears and stirs at
//! first, in five steps for any candidate; this one asks where boxes get to, in steps of an eighth of a second, round
//! the corners of the target's way, and only for what is imagined. What falls farther than gaps are watched lands on
//! the ground alone; and a pushed box comes up against what stands within [`PUSHED_M`](super::forecast::PUSHED_M) of it
//! and goes through what stands farther off.

mod guide;

pub use guide::Guide;

use crate::pose::{Quat, Vec3};
use crate::rollout::STRIDE_S;

use super::super::course::STRIDES;
use super::Sketch;
use super::solve::Solver;

/// Ends of the steps of the first stride, s after the onset: blows fall there.
const FIRST_S: [f64; 5] = [0.0126, 0.05, 0.1, 0.17, STRIDE_S];
/// Steps of each later stride.
const LATER: usize = 2;
/// How deep a corner may be in the ground before its box has landed, m: contacts there give a little.
const DEEP_M: f64 = 0.002;
/// What a landing leaves of speed along the ground and of spin.
const LANDED: f64 = 0.5;

/// How far a body has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gone {
    /// Its middle, m.
    pub moved: Vec3,
    /// Rotation vector, rad.
    pub turned: Vec3,
}

impl Sketch {
    /// Where each body is after each of so many strides, `[strides, N]`; the first ones are the same however many are
    /// asked for.
    pub fn follow(&self, target: usize, guide: &Guide<'_>, strides: usize) -> Vec<Vec<Gone>> {
        let start = self.shapes[target].pose;
        // What it comes to in the end is among the contacts from the first on.
        let ends = (0..=STRIDES).map(|k| guide.target(&start, k as f64 * STRIDE_S));
        let ends: Vec<Vec3> = ends.map(|pose| pose.translation.vector).collect();
        let legs: Vec<Vec3> = ends.windows(2).map(|w| w[1] - w[0]).collect();
        let (patches, resting) = self.met(target, &legs);
        let arm = start.translation.vector - self.bodies[target].com;
        let (act, care) = guide.act(start, arm);
        let mut solver = Solver::new(self, &patches, &resting, Some((target, act)));
        let mut out = Vec::with_capacity(strides);
        let mut now = 0.0;
        for stride in 0..strides {
            for end in step_ends(stride) {
                guide.drive(&mut solver, &start, (now, end));
                solver.step(end - now, care);
                solver.land();
                now = end;
            }
            out.push(solver.whereabouts());
        }
        out
    }
}

/// When the steps of a stride end, s after the onset.
fn step_ends(stride: usize) -> Vec<f64> {
    let begin = stride as f64 * STRIDE_S;
    match stride {
        0 => FIRST_S.to_vec(),
        _ => (1..=LATER)
            .map(|k| begin + STRIDE_S * k as f64 / LATER as f64)
            .collect(),
    }
}

impl Solver<'_> {
    /// Puts what has gone into the ground on it; what was seen in the ground rests as deep as it was seen.
    fn land(&mut self) {
        for (i, shape) in self.sketch.shapes.iter().enumerate() {
            if self.bodies[i].inverse_mass <= 0.0 {
                continue;
            }
            let gone = self.gone(i);
            if gone.moved.z >= 0.0 && gone.turned.xy().norm() < 1e-3 {
                continue;
            }
            let rotation = Quat::from_scaled_axis(gone.turned) * shape.pose.rotation;
            let height = shape.pose.translation.z;
            let lowest = height + gone.moved.z - reach_down(&rotation, &shape.half);
            let ground = (height - reach_down(&shape.pose.rotation, &shape.half)).min(0.0);
            if lowest < ground - DEEP_M {
                let state = &mut self.states[i];
                state.moved.z += ground - lowest;
                state.linear.z = state.linear.z.max(0.0);
                state.linear.x *= LANDED;
                state.linear.y *= LANDED;
                state.angular *= LANDED;
            }
        }
    }

    fn whereabouts(&self) -> Vec<Gone> {
        (0..self.states.len()).map(|i| self.gone(i)).collect()
    }

    /// How far the middle of a body has gone.
    fn gone(&self, i: usize) -> Gone {
        let state = &self.states[i];
        let arm = self.sketch.shapes[i].pose.translation.vector - self.bodies[i].com;
        Gone {
            moved: state.moved + Quat::from_scaled_axis(state.turned) * arm - arm,
            turned: state.turned,
        }
    }
}

/// How far the lowest corner of a box so turned is below its middle, m.
fn reach_down(rotation: &Quat, half: &Vec3) -> f64 {
    (rotation.to_rotation_matrix().matrix().row(2).abs() * half)[0]
}

#[cfg(test)]
mod tests {
    use super::super::super::contacts::SceneGraph;
    use super::super::super::loads::Loads;
    use super::super::grip::Hold;
    use super::*;
    use crate::grasp::Compliance;
    use crate::model::fixture_scenes::{box_at, scene_of};
    use crate::pose::level;
    use crate::scene::Scene;

    fn follow(scene: &Scene, guide: &Guide<'_>) -> Vec<Vec<Gone>> {
        let graph = SceneGraph::new(scene);
        Sketch::new(&graph, &Loads::new(&graph, None)).follow(0, guide, 8)
    }

    /// A stiff hand.
    const HOLD: Hold = Hold {
        hand_in_box: Vec3::new(0.0, 0.0, 0.0),
        gives: Compliance {
            linear: (1.0e6, 1.0e4),
            angular: (1.0e5, 1.0e3),
        },
        max_force: 1.0e4,
    };

    #[test]
    fn a_box_on_top_goes_up_with_what_it_stands_on_and_one_beside_stays() {
        let scene = scene_of(vec![
            box_at("a", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 5.0),
            box_at("on", [0.2, 0.2, 0.2], [0.0, 0.0, 0.3], 2.0),
            box_at("beside", [0.2, 0.2, 0.2], [0.6, 0.0, 0.1], 2.0),
        ]);
        let up = |t: f64| level(Vec3::new(0.0, 0.0, 0.1 + 0.1 * t), 0.0);
        let ways = follow(&scene, &Guide::Hand(HOLD, &up));
        for (k, boxes) in ways.iter().enumerate() {
            let meant = 0.1 * STRIDE_S * (k + 1) as f64;
            assert!((boxes[1].moved.z - meant).abs() < 0.01, "{k} {boxes:?}");
            assert_eq!(boxes[2], Gone::default());
        }
    }

    #[test]
    fn a_plank_whose_counterweight_goes_tips_and_ends_on_the_ground() {
        let scene = scene_of(vec![
            box_at("weight", [0.1, 0.3, 0.2], [-0.1, 0.0, 0.34], 20.0),
            box_at("plank", [0.5, 0.3, 0.04], [0.15, 0.0, 0.22], 1.0),
            box_at("base", [0.3, 0.3, 0.2], [-0.15, 0.0, 0.1], 20.0),
        ]);
        let up = |t: f64| level(Vec3::new(-0.1, 0.0, 0.34 + 0.3 * t), 0.0);
        let ways = follow(&scene, &Guide::Hand(HOLD, &up));
        let end = ways[7][1];
        assert!(end.turned.y > 0.3, "{end:?}");
        // No corner is below the ground by more than contacts give.
        let turned = Quat::from_scaled_axis(end.turned);
        let reach = reach_down(&turned, &Vec3::new(0.25, 0.15, 0.02));
        assert!(0.22 + end.moved.z - reach > -0.01, "{end:?}");
        assert!(ways[7][2].moved.norm() < 0.02, "{:?}", ways[7][2]);
    }

    #[test]
    fn a_nudged_box_goes_as_far_as_it_is_nudged_and_takes_along_what_stands_on_it() {
        let scene = scene_of(vec![
            box_at("a", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 2.0),
            box_at("on", [0.2, 0.2, 0.1], [0.0, 0.0, 0.25], 1.0),
        ]);
        let by = Vec3::new(0.05, 0.0, 0.0);
        let max_force = 250.0;
        let ways = follow(&scene, &Guide::Nudge { by, max_force });
        for gone in &ways[7] {
            assert!((gone.moved - by).norm() < 0.005, "{:?}", ways[7]);
        }
        // It takes 0.1 s to set out, at half its speed.
        assert!((ways[0][0].moved.x - 0.02).abs() < 0.004, "{:?}", ways[0]);
    }

    #[test]
    fn a_pushed_box_slides_until_friction_has_stopped_it() {
        let scene = scene_of(vec![box_at("a", [0.3, 0.3, 0.1], [0.0, 0.0, 0.05], 2.0)]);
        let ways = follow(&scene, &Guide::Push(Vec3::new(30.0, 0.0, 0.0), 0.2));
        let (early, late) = (ways[5][0].moved.x, ways[7][0].moved.x);
        assert!(early > 0.05, "{early}");
        assert!((late - early).abs() < 1e-3, "{early} {late}");
    }

    #[test]
    fn a_box_that_is_seen_in_the_ground_slides_as_far_as_one_on_it() {
        let slides = |z: f64| {
            let scene = scene_of(vec![box_at("a", [0.3, 0.3, 0.1], [0.0, 0.0, z], 2.0)]);
            follow(&scene, &Guide::Push(Vec3::new(30.0, 0.0, 0.0), 0.2))[7][0].moved
        };
        let (on, under) = (slides(0.05), slides(0.0455));
        assert!((under.x / on.x - 1.0).abs() < 0.05, "{on} {under}");
        assert!(under.z.abs() < 0.002, "{under}");
    }

    #[test]
    fn the_first_strides_are_the_same_however_many_are_asked_for() {
        let scene = scene_of(vec![
            box_at("a", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 5.0),
            box_at("far", [0.3, 0.3, 0.2], [0.7, 0.0, 0.1], 5.0),
        ]);
        let graph = SceneGraph::new(&scene);
        let along = |t: f64| level(Vec3::new(0.25 * t, 0.0, 0.1), 0.0);
        let asked = |strides: usize| {
            let sketch = Sketch::new(&graph, &Loads::new(&graph, None));
            sketch.follow(0, &Guide::Hand(HOLD, &along), strides)
        };
        let (few, all) = (asked(3), asked(STRIDES));
        assert_eq!(few[..], all[..3]);
        assert!(all[STRIDES - 1][1].moved.x > 0.01, "it is met in the end");
    }
}
