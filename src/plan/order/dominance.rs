//! Which scenes need no look: those in which only some of the boxes are gone that are gone in one that led nowhere.
//!
//! Owns the dominance between scenes. A box that is gone is in nobody's way and rests on nobody, so where nothing leads on
//! with more boxes gone, nothing is expected to with fewer. What is gone may still have been what another box leant on. So a
//! scene is looked at all the same if all that is gone there rested on some box that was asked about in vain where more was
//! gone: there it can be taken before its neighbours are.

use super::super::support::SupportGraph;
use super::OrderSearch;
use super::node::{Branch, Node};

impl OrderSearch<'_> {
    /// Whether a scene that led nowhere speaks for the one that `branch` leads to.
    pub(super) fn is_dominated(&self, branch: &Branch) -> bool {
        let scene = &self.nodes[0].workcell.scene;
        let mut gone = self.gone(branch.parent);
        gone.push(&branch.step.box_id);
        let all_in = |ids: &[&str]| gone.iter().all(|id| ids.contains(id));
        let mut graph = None;
        let mut rested_on = |id: &String| {
            let graph = graph.get_or_insert_with(|| SupportGraph::of(scene));
            let above = scene.box_index(id).map(|i| graph.above(i));
            let above = above.into_iter().flatten();
            all_in(&above.map(|i| &*scene.boxes[i].id).collect::<Vec<_>>())
        };
        (0..self.nodes.len()).any(|node| {
            self.led_nowhere(node)
                && all_in(&self.gone(node))
                && !self.nodes[node].wished.iter().any(&mut rested_on)
        })
    }

    /// The ids of the boxes that were taken on the way to `node`.
    fn gone(&self, node: usize) -> Vec<&str> {
        let steps = self.path(node).into_iter();
        steps.map(|s| &*s.step.box_id).collect()
    }

    /// Whether all that was wished for in a scene was asked about, and none of it may be done. Nothing is known of a scene
    /// that does not stand, nor of one with steps that were left out for another's sake.
    fn led_nowhere(&self, node: usize) -> bool {
        let Node {
            dead_end,
            dominated,
            ..
        } = &self.nodes[node];
        dead_end.is_none() && !dominated && !self.leads_on(node)
    }
}
