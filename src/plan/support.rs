//! Who stands on whom: the support graph, from geometry alone.
//!
//! Owns [`SupportGraph`], the heuristic of the search across steps. It only orders what is tried
//! first; whether taking a box is safe is for the dynamics.

use crate::scene::Scene;
use crate::scene::geometry::{Obb, Separation, separation};

/// How far apart two boxes may be and still count as touching, m, beside the pose noise.
const TOUCH_M: f64 = 0.004;
/// The least vertical part of a contact's normal for one box to bear the other.
const BEARING_Z: f64 = 0.25;

/// For each box, what rests on it directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportGraph {
    /// `[N]`: the indices of the boxes that rest on box i.
    pub on: Vec<Vec<usize>>,
}

impl SupportGraph {
    /// The graph of a scene as it is observed.
    pub fn of(scene: &Scene) -> Self {
        let reach = TOUCH_M + 3.0 * scene.pose_noise.position_m;
        let boxes: Vec<Obb> = scene
            .boxes
            .iter()
            .map(|b| Obb::new(b.size, b.pose))
            .collect();
        let aabbs: Vec<_> = boxes.iter().map(Obb::aabb).collect();
        let mut on = vec![Vec::new(); boxes.len()];
        for below in 0..boxes.len() {
            for above in 0..boxes.len() {
                let (low, high) = (aabbs[below], aabbs[above]);
                let near =
                    (0..3).all(|k| low.0[k] <= high.1[k] + reach && high.0[k] <= low.1[k] + reach);
                if below == above || !near {
                    continue;
                }
                let Separation { gap, axis } = separation(&boxes[below], &boxes[above]);
                if gap <= reach && axis.z >= BEARING_Z {
                    on[below].push(above);
                }
            }
        }
        Self { on }
    }

    /// Whether nothing rests on box `index`.
    pub fn is_free(&self, index: usize) -> bool {
        self.on[index].is_empty()
    }

    /// Everything that rests on box `index`, directly or through others, in order of index.
    pub fn above(&self, index: usize) -> Vec<usize> {
        let mut seen = vec![false; self.on.len()];
        let mut open = self.on[index].clone();
        while let Some(next) = open.pop() {
            if next != index && !seen[next] {
                seen[next] = true;
                open.extend(&self.on[next]);
            }
        }
        (0..seen.len()).filter(|i| seen[*i]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grasp::fixtures_for_tests::{a_box, workcell};

    #[test]
    fn a_bridge_rests_on_both_piers_and_what_stands_on_it_on_all() {
        let cell = workcell(
            vec![
                a_box("left", [0.2, 0.2, 0.2], [-0.3, 0.0, 0.1], 1.0),
                a_box("right", [0.2, 0.2, 0.2], [0.3, 0.0, 0.1], 1.0),
                a_box("plank", [0.8, 0.2, 0.05], [0.0, 0.0, 0.225], 1.0),
                a_box("top", [0.1, 0.1, 0.1], [0.0, 0.0, 0.3], 1.0),
                a_box("beside", [0.1, 0.1, 0.1], [0.0, 0.0, 0.05], 1.0),
            ],
            vec![],
        );
        let graph = SupportGraph::of(&cell.scene);
        assert_eq!(graph.above(0), vec![2, 3]);
        assert_eq!(graph.above(1), vec![2, 3]);
        assert_eq!(graph.above(2), vec![3]);
        assert!(graph.is_free(3) && graph.is_free(4));
    }
}
