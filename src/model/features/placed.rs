//! The scene as it is meant to be once a box has been put down at its goal.
//!
//! Owns [`Placed`]: who then carries whom. An estimate like [`Loads`], which it is made of.

use crate::pose::{Pose, Vec3};
use crate::scene::Scene;
use crate::scene::geometry::{Obb, separation};

use super::super::contacts::SceneGraph;
use super::super::loads::Loads;
use super::super::sketch::{Forecast, Sketch};

/// A gap to what is below up to this is contact, m: what pose noise and the release leave.
const LANDING_M: f64 = 0.004;

/// A scene with one box at its goal.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Where the box is put.
    pub goal: Pose,
    /// What comes of it.
    pub settling: Forecast,
    /// The statics then.
    pub loads: Loads,
    /// The bodies that the box touches there.
    pub touching: Vec<usize>,
    /// How far it falls from its goal until it rests on something, m.
    pub drop_m: f64,
    /// The largest share of what a box bears that then rests on it.
    pub worst_crush: f64,
    /// The least margin, in standard deviations, of any box that touches the one put down.
    pub worst_tip: f64,
}

impl Placed {
    /// `scene`, which stands as `standing` has it, with box `target` at `goal`, lowered onto what is below it.
    pub fn new(scene: &Scene, standing: &Sketch, target: usize, goal: Pose) -> Self {
        let mut after = scene.clone();
        let drop_m = drop_to_rest(scene, target, &goal);
        let mut landed = goal;
        // Contacts are looked for at their gap, so a box that comes to rest is put there first.
        landed.translation.vector.z -= if drop_m > LANDING_M { drop_m } else { 0.0 };
        after.boxes[target].pose = landed;
        let graph = SceneGraph::new(&after);
        let loads = Loads::new(&graph, None);
        let touching: Vec<usize> = graph
            .contacts
            .iter()
            .filter(|c| c.touches() && (c.a == target || c.b == target))
            .map(|c| if c.a == target { c.b } else { c.a })
            .collect();
        let worst_crush = graph
            .bodies
            .iter()
            .zip(&loads.bodies)
            .filter_map(|(body, load)| Some((load.above + load.above_std) / body.max_force?))
            .fold(0.0, f64::max);
        let worst_tip = touching
            .iter()
            .filter(|&&i| !graph.bodies[i].fixed)
            .map(|&i| loads.bodies[i].margin.distance / loads.bodies[i].margin_std.max(1e-4))
            .fold(8.0, f64::min);
        let settling = Sketch::moved(standing, &graph, &loads, target).settling();
        Self {
            goal,
            settling,
            loads,
            touching,
            drop_m,
            worst_crush,
            worst_tip,
        }
    }
}

/// How far box `target` at `goal` is above the first thing that it meets going down, m.
fn drop_to_rest(scene: &Scene, target: usize, goal: &Pose) -> f64 {
    let there = Obb::new(scene.boxes[target].size, *goal);
    let (low, _) = there.aabb();
    let boxes = scene.boxes.iter().enumerate();
    let others = boxes
        .filter(|(i, _)| *i != target)
        .map(|(_, b)| Obb::new(b.size, b.pose))
        .chain(scene.fixtures.iter().map(|f| Obb::new(f.size, f.pose)));
    // What lies below the footprint: the same box, stretched down to the ground, meets it.
    let depth = low.z.max(0.0);
    let stretched = Obb {
        half: there.half + Vec3::new(0.0, 0.0, 0.5 * depth),
        pose: Pose::translation(0.0, 0.0, -0.5 * depth) * goal,
    };
    others
        .filter(|other| separation(&stretched, other).gap < -1e-3)
        .map(|other| low.z - other.aabb().1.z)
        .chain([low.z])
        .fold(f64::INFINITY, f64::min)
        .max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture_scenes::{box_at, scene_of};
    use crate::pose::level;

    fn placed(scene: &Scene, goal: Pose) -> Placed {
        let graph = SceneGraph::new(scene);
        let standing = Sketch::new(&graph, &Loads::new(&graph, None));
        Placed::new(scene, &standing, 0, goal)
    }

    #[test]
    fn a_box_put_on_another_weighs_on_it_and_falls_by_the_gap_below() {
        let scene = scene_of(vec![
            box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 4.0),
            box_at("b", [0.3, 0.3, 0.2], [1.0, 0.0, 0.1], 5.0),
        ]);
        let on_top = placed(&scene, level(Vec3::new(1.0, 0.0, 0.3), 0.0));
        assert!((on_top.loads.bodies[1].above - 4.0 * 9.81).abs() < 1e-6);
        assert!(on_top.drop_m.abs() < 1e-9);
        assert_eq!(on_top.touching, vec![1]);
        let above = placed(&scene, level(Vec3::new(1.0, 0.0, 0.35), 0.0));
        assert!((above.drop_m - 0.05).abs() < 1e-9);
        assert!((above.loads.bodies[1].above - 4.0 * 9.81).abs() < 1e-6);
    }

    #[test]
    fn a_box_past_the_edge_of_what_is_below_has_no_margin_and_falls() {
        let scene = scene_of(vec![
            box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 4.0),
            box_at("b", [0.3, 0.3, 0.2], [1.0, 0.0, 0.1], 5.0),
        ]);
        let past = placed(&scene, level(Vec3::new(1.2, 0.0, 0.3), 0.0));
        assert!(past.loads.bodies[0].margin.distance < 0.0);
        let fate = past.settling.bodies[0];
        assert!(fate.moved.z < -0.05, "{fate:?}");
        let beside = placed(&scene, level(Vec3::new(0.5, 0.0, 0.1), 0.0));
        assert!(beside.settling.bodies[0].moved.norm() < 1e-3);
    }
}
