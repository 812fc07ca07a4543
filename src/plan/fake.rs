//! Ten lines of physics for the planner's tests: what has a box on it falls when it is taken.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::support::SupportGraph;
use crate::dynamics::{
    BoxFate, Dynamics, DynamicsError, Imagined, ImaginedFrame, Prediction, PredictionFailure, Risk,
    SceneDynamics,
};
use crate::rollout::Action;
use crate::scene::Workcell;

/// Counts what it was asked.
#[derive(Debug)]
pub(crate) struct Fake {
    pub screened: AtomicUsize,
    /// Boxes that no prediction is given for.
    pub lost: Vec<String>,
    /// Boxes that topple whatever is done to them.
    pub cursed: Vec<String>,
    /// Risk of what topples.
    pub toppling: f64,
    /// A box and where it is seen along x: once it is a centimetre from there, whatever is done within so
    /// many seconds topples.
    pub nervous: Option<(String, f64, f64)>,
    /// So many beliefs stand, the others do not.
    pub standing: usize,
    pub believed: AtomicUsize,
    /// So many draws stand of those that a screening asks for.
    pub worlds: Option<usize>,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            screened: AtomicUsize::new(0),
            lost: Vec::new(),
            cursed: Vec::new(),
            toppling: 0.9,
            nervous: None,
            standing: usize::MAX,
            believed: AtomicUsize::new(0),
            worlds: None,
        }
    }
}

pub(crate) struct FakeScene<'a> {
    fake: &'a Fake,
    workcell: Workcell,
    graph: SupportGraph,
}

impl Dynamics for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn believe<'a>(
        &'a self,
        workcell: &Workcell,
        _seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        if self.believed.fetch_add(1, Ordering::Relaxed) >= self.standing {
            let reason = "it was asked too often".to_owned();
            return Err(DynamicsError::DoesNotStand { reason });
        }
        Ok(Box::new(FakeScene {
            fake: self,
            graph: SupportGraph::of(&workcell.scene),
            workcell: workcell.clone(),
        }))
    }
}

impl FakeScene<'_> {
    /// Topples what rests on the box; a fast lift and a hard push are a little riskier.
    fn risk(&self, action: &Action) -> Prediction<Risk> {
        let index = action.box_index();
        let id = &self.workcell.scene.boxes[index].id;
        if self.fake.lost.contains(id) {
            return Err(PredictionFailure::NotFinite);
        }
        let effort = match action {
            Action::Nudge { by, .. } => by.norm(),
            Action::Push { force, .. } => force.norm() / 100.0,
            _ => 0.01 / action.motion().map_or(1.0, |m| m.duration()),
        };
        let topples = !self.graph.is_free(index)
            || self.fake.cursed.contains(id)
            || self.is_too_quick(action);
        let risk = if topples {
            self.fake.toppling
        } else {
            (0.1 * effort).min(1.0)
        };
        Ok(Risk {
            risk,
            bound: (1.05 * risk).min(1.0),
            by_accident: [0.2 * risk, risk, 0.0, 0.0, 0.0],
            path_length: effort,
            peak_speed: effort,
            disagreement: 0.0,
        })
    }
}

impl FakeScene<'_> {
    fn is_too_quick(&self, action: &Action) -> bool {
        let Some((id, x, seconds)) = &self.fake.nervous else {
            return false;
        };
        let scene = &self.workcell.scene;
        let seen = scene
            .box_index(id)
            .map(|i| scene.boxes[i].pose.translation.x);
        let quick = action.motion().is_some_and(|m| m.duration() < *seconds);
        quick && seen.is_some_and(|seen| (seen - x).abs() > 0.01)
    }
}

impl SceneDynamics for FakeScene<'_> {
    fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>> {
        self.fake
            .screened
            .fetch_add(actions.len(), Ordering::Relaxed);
        actions.iter().map(|a| self.risk(a)).collect()
    }

    fn draws(&self) -> Option<usize> {
        self.fake.worlds
    }

    fn imagine(&self, actions: &[Action], _horizon: usize) -> Vec<Prediction<Imagined>> {
        let boxes: Vec<_> = self.workcell.scene.boxes.iter().map(|b| b.pose).collect();
        let imagine = |action: &Action| {
            let risk = self.risk(action)?;
            let mut fates = vec![BoxFate::default(); boxes.len()];
            for above in self.graph.above(action.box_index()) {
                fates[above].p_falls = risk.risk;
            }
            let frame = |t| ImaginedFrame {
                t,
                boxes: boxes.clone(),
                position_std: vec![0.0; boxes.len()],
            };
            Ok(Imagined {
                risk,
                frames: vec![frame(0.0), frame(0.25)],
                fates,
            })
        };
        actions.iter().map(imagine).collect()
    }
}
