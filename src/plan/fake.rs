//! Ten lines of physics for the planner's tests: what has a box on it falls when it is taken.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::support::SupportGraph;
use crate::dynamics::{
    BoxFate, Dynamics, DynamicsError, Imagined, ImaginedFrame, Prediction, PredictionFailure,
    Regard, Risk, SceneDynamics,
};
use crate::pose::Pose;
use crate::rollout::Action;
use crate::scene::{Safety, Workcell};

/// Counts what it was asked.
#[derive(Debug)]
pub(crate) struct Fake {
    pub screened: AtomicUsize,
    /// Boxes that no prediction is given for.
    pub lost: Vec<String>,
    /// Boxes that topple whatever is done to them.
    pub cursed: Vec<String>,
    /// A box that all but surely topples, whatever is done to it, once another one is gone.
    pub leans: Option<(String, String)>,
    /// Risk of what topples.
    pub toppling: f64,
    /// A box and where it is seen along x: once it is a centimetre from there, whatever is done within so
    /// many seconds topples.
    pub nervous: Option<(String, f64, f64)>,
    /// Whether that is not so once it is imagined, which takes the place of what was screened.
    pub looks_closer: bool,
    /// What is done to a box and lasts from so many seconds to so many topples in what is imagined, and only there.
    pub dreads: Option<(String, f64, f64)>,
    /// A box that is imagined to be dragged along x by 5 cm by whatever is done within so many seconds.
    pub drags: Option<(String, f64)>,
    /// A box and where it stands along x: no scene stands in which it is a centimetre from there, or gone.
    pub unsteady: Option<(String, f64)>,
    /// So many beliefs stand, the others do not.
    pub standing: usize,
    pub believed: AtomicUsize,
    /// The limits and the seed of each belief that it was asked to take in.
    pub asked: Mutex<Vec<(Safety, u64)>>,
    /// So many draws stand of those that a screening asks for.
    pub worlds: Option<usize>,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            screened: AtomicUsize::new(0),
            lost: Vec::new(),
            cursed: Vec::new(),
            leans: None,
            toppling: 0.9,
            nervous: None,
            looks_closer: false,
            dreads: None,
            drags: None,
            unsteady: None,
            standing: usize::MAX,
            believed: AtomicUsize::new(0),
            asked: Mutex::new(Vec::new()),
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
        seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        self.asked.lock().unwrap().push((workcell.safety, seed));
        if let Some((id, x)) = &self.unsteady
            && (workcell.scene.box_index(id).is_none() || is_off(workcell, id, *x))
        {
            let reason = format!("`{id}` is not where it stood");
            return Err(DynamicsError::DoesNotStand { reason });
        }
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
    fn risk(&self, action: &Action, is_too_quick: bool) -> Prediction<Risk> {
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
        let topples = !self.graph.is_free(index) || self.fake.cursed.contains(id) || is_too_quick;
        let risk = if self.lacks_support(id) {
            0.9
        } else if topples {
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
    fn lacks_support(&self, id: &String) -> bool {
        let leans = self.fake.leans.as_ref();
        leans.is_some_and(|(of, on)| of == id && self.workcell.scene.box_index(on).is_none())
    }

    fn is_too_quick(&self, action: &Action) -> bool {
        let Some((id, x, seconds)) = &self.fake.nervous else {
            return false;
        };
        lasts(action, 0.0, *seconds) && is_off(&self.workcell, id, *x)
    }

    fn is_dreaded(&self, action: &Action) -> bool {
        let dreads = self.fake.dreads.as_ref();
        let id = &self.workcell.scene.boxes[action.box_index()].id;
        dreads.is_some_and(|(of, from, to)| of == id && lasts(action, *from, *to))
    }

    /// Where the boxes are imagined to end.
    fn left_by(&self, action: &Action) -> Vec<Pose> {
        let scene = &self.workcell.scene;
        let mut boxes: Vec<Pose> = scene.boxes.iter().map(|b| b.pose).collect();
        if let Some((id, seconds)) = &self.fake.drags
            && lasts(action, 0.0, *seconds)
            && let Some(dragged) = scene.box_index(id)
        {
            boxes[dragged].translation.x += 0.05;
        }
        boxes
    }
}

/// Whether a box is a centimetre from `x`.
fn is_off(workcell: &Workcell, id: &str, x: f64) -> bool {
    let scene = &workcell.scene;
    let seen = scene.box_index(id).map(|i| &scene.boxes[i].pose);
    seen.is_some_and(|pose| (pose.translation.x - x).abs() > 0.01)
}

/// Whether an action takes at least `from` and less than `to`, s.
fn lasts(action: &Action, from: f64, to: f64) -> bool {
    let duration = action.motion().map(|m| m.duration());
    duration.is_some_and(|seconds| (from..to).contains(&seconds))
}

impl SceneDynamics for FakeScene<'_> {
    fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>> {
        self.fake
            .screened
            .fetch_add(actions.len(), Ordering::Relaxed);
        let risk = |a: &Action| self.risk(a, self.is_too_quick(a));
        actions.iter().map(risk).collect()
    }

    fn draws(&self) -> Option<usize> {
        self.fake.worlds
    }

    fn regard(&self) -> Regard {
        match self.fake.looks_closer {
            true => Regard::Closer,
            false => Regard::Another,
        }
    }

    fn imagine(&self, actions: &[Action], _horizon: usize) -> Vec<Prediction<Imagined>> {
        let imagine = |action: &Action| {
            let is_seen = self.is_too_quick(action) && !self.fake.looks_closer;
            let mut risk = self.risk(action, is_seen)?;
            if self.is_dreaded(action) {
                (risk.risk, risk.bound) = (self.fake.toppling, self.fake.toppling);
            }
            let boxes = self.left_by(action);
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
                told_for: Safety::default(),
            })
        };
        actions.iter().map(imagine).collect()
    }
}
