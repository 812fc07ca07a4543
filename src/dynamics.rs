//! The one thing that the planner knows of physics: a belief and actions in, risk out.
//!
//! Owns the traits that the sandbox and the world model both implement, and the values that they
//! answer with. A prediction is finite or a typed failure, never a number that can win by being
//! NaN; mean and uncertainty come back together.

use serde::Serialize;

use crate::pose::Pose;
use crate::rollout::{AccidentKind, Action};
use crate::scene::{Safety, Workcell};

/// How likely an action is to end in an accident under the belief.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Risk {
    /// P(any accident), calibrated.
    pub risk: f64,
    /// What is held against `max_risk`: a bound on the risk, never below it. 1 bounds nothing: so answers
    /// who abstains.
    pub bound: f64,
    /// P of each kind, in the order of [`crate::rollout::AccidentKind::ALL`]; kinds may coincide. The sandbox, where it
    /// screens, counts what came first alone.
    pub by_accident: [f64; 5],
    /// Expected path length of the boxes not held, m.
    pub path_length: f64,
    /// Expected sum of their peak speeds, m/s.
    pub peak_speed: f64,
    /// Standard deviation of the risk over ensemble members (learned) or its standard error over draws (sandbox).
    pub disagreement: f64,
}

impl Risk {
    /// Whether nothing bounds a risk that is not held for high: it lies outside what whoever judged has learned,
    /// or has had certified.
    pub fn abstains(&self) -> bool {
        self.bound >= 1.0 && self.risk < 0.5
    }

    /// Whether every number is finite and every probability lies in `[0, 1]`.
    pub fn is_valid(&self) -> bool {
        let probability = |p: f64| (0.0..=1.0).contains(&p);
        probability(self.risk)
            && probability(self.bound)
            && self.by_accident.iter().all(|&p| probability(p))
            && [self.path_length, self.peak_speed, self.disagreement]
                .iter()
                .all(|x| x.is_finite())
    }
}

/// What becomes of one box over all members and draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BoxFate {
    /// P(its centre moves by more than the `max_displacement` of [`Imagined::told_for`]).
    pub p_moves: f64,
    /// P(it tilts by more than the `max_tilt` of [`Imagined::told_for`], or its centre sinks by more than half its height):
    /// [`Rollout::falls`](crate::rollout::Rollout::falls).
    pub p_falls: f64,
    /// Expected displacement of its centre, m.
    pub displacement_mean: f64,
    /// 95th percentile of the displacement, m.
    pub displacement_p95: f64,
    /// Whether whoever imagined the action did not look at this box: nothing more is known of it than what the action's
    /// risk allows.
    #[serde(skip)]
    pub unseen: bool,
}

impl BoxFate {
    fn is_valid(&self) -> bool {
        let probabilities = [self.p_moves, self.p_falls];
        probabilities.iter().all(|p| (0.0..=1.0).contains(p))
            && self.displacement_mean.is_finite()
            && self.displacement_p95.is_finite()
    }
}

/// The boxes at one moment as they are imagined: the mean over members or draws.
#[derive(Clone, Debug, PartialEq)]
pub struct ImaginedFrame {
    /// s from the action's start.
    pub t: f64,
    /// `[N]` in the scene's order.
    pub boxes: Vec<Pose>,
    /// Standard deviation of each box's position over members or draws, m, `[N]`.
    pub position_std: Vec<f64>,
}

/// An action carried out in the mind.
#[derive(Clone, Debug, PartialEq)]
pub struct Imagined {
    /// The action's risk, seen with the trajectory.
    pub risk: Risk,
    /// From the action's onset, every [`crate::rollout::STRIDE_S`], and last at the action's end.
    pub frames: Vec<ImaginedFrame>,
    /// `[N]` in the scene's order.
    pub fates: Vec<BoxFate>,
    /// The limits that risk and fates are told for: the task's, or stricter ones where no others were learned.
    pub told_for: Safety,
}

impl Imagined {
    /// Whether every number is finite and every probability lies in `[0, 1]`.
    pub fn is_valid(&self) -> bool {
        let finite_pose = |p: &Pose| {
            let all = p.translation.vector.iter().chain(p.rotation.coords.iter());
            all.into_iter().all(|x| x.is_finite())
        };
        let finite_frame = |f: &ImaginedFrame| {
            f.boxes.iter().all(finite_pose) && f.position_std.iter().all(|s| s.is_finite())
        };
        self.risk.is_valid()
            && self.frames.iter().all(finite_frame)
            && self.fates.iter().all(BoxFate::is_valid)
    }

    /// The same once `risk` is known better, as by the draws of a check: no box falls more likely than there is an accident, and
    /// none but `target` moves more likely than any box does.
    pub fn allowed_by(mut self, risk: &Risk, target: usize) -> Self {
        let max_displacement = self.told_for.max_displacement;
        let disturb = risk.by_accident[AccidentKind::Disturb.index()];
        for (i, fate) in self.fates.iter_mut().enumerate() {
            fate.p_falls = fate.p_falls.min(risk.risk);
            if i == target {
                continue;
            }
            fate.p_moves = fate.p_moves.min(disturb);
            if fate.unseen {
                fate.displacement_mean = fate.p_moves * max_displacement;
            }
            // One in twenty goes farther than the 95th percentile.
            if fate.p_moves <= 0.05 {
                fate.displacement_p95 = fate.displacement_p95.min(max_displacement);
            }
        }
        self
    }
}

/// Why an action has no prediction.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PredictionFailure {
    /// Some number of the prediction was not finite.
    #[error("the prediction is not finite")]
    NotFinite,
    /// The engine lost a body, or no draw could be simulated.
    #[error("the simulation failed: {0}")]
    Simulation(String),
}

/// A prediction or the reason why there is none.
pub type Prediction<T> = Result<T, PredictionFailure>;

/// Why nothing at all can be predicted of a scene.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DynamicsError {
    /// No draw of the belief stood by itself for two seconds.
    #[error("the scene does not stand by itself: {reason}")]
    DoesNotStand {
        /// Which box moves first and how.
        reason: String,
    },
    /// The engine lost a body.
    #[error("the simulation failed: {0}")]
    Simulation(String),
    /// The tensor library refused.
    #[error("the world model failed: {0}")]
    Model(String),
}

impl DynamicsError {
    /// Whether it is the scene's own: one that is only imagined, and does not stand or that no engine can hold, is a dead
    /// end and no failure.
    pub fn is_dead_end(&self) -> bool {
        match self {
            Self::DoesNotStand { .. } | Self::Simulation(_) => true,
            Self::Model(_) => false,
        }
    }
}

/// A physics, exact or learned.
pub trait Dynamics: Sync {
    /// "sandbox" or "learned".
    fn name(&self) -> &'static str;

    /// Takes in a belief once, so that its candidates share the cost.
    ///
    /// # Errors
    /// When the scene does not stand, or the model cannot run.
    fn believe<'a>(
        &'a self,
        workcell: &Workcell,
        seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError>;

    /// The same in the middle of an action, where boxes have used up some of what they may move: the limits of `workcell` are
    /// what is left of the task's own, `whole`.
    ///
    /// # Errors
    /// As [`Self::believe`].
    fn believe_under_way<'a>(
        &'a self,
        workcell: &Workcell,
        _whole: &Safety,
        seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        self.believe(workcell, seed)
    }
}

/// A physics that has one belief in mind.
pub trait SceneDynamics {
    /// The cheap price: the risk of each whole action in one pass. `[B]` in, `[B]` out.
    fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>>;

    /// How many independent draws of the belief an answer of [`Self::screen`] rests on, where they can be fewer than
    /// were asked for.
    fn draws(&self) -> Option<usize> {
        None
    }

    /// The full price: the trajectory of each action and its risk. `[B]` in, `[B]` out.
    ///
    /// Trajectories are looked at for `horizon` strides at most, and what comes later follows the action's
    /// intention; the risk is that of the whole action.
    fn imagine(&self, actions: &[Action], horizon: usize) -> Vec<Prediction<Imagined>>;

    /// How the risk of what is imagined stands to that which [`Self::screen`] gave.
    fn regard(&self) -> Regard {
        Regard::Another
    }
}

/// How a second look at an action stands to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regard {
    /// It is as good, so what either saw counts: the best of many looked the better for chance.
    Another,
    /// It saw all that the first did and more, and takes its place.
    Closer,
}

impl Regard {
    /// The risk of an action that was `screened` and then `imagined`.
    pub fn risk(self, screened: &Risk, imagined: Risk) -> Risk {
        match self {
            Self::Closer => imagined,
            Self::Another => Risk {
                bound: imagined.bound.max(screened.bound),
                ..imagined
            },
        }
    }
}

#[cfg(test)]
pub(crate) mod fixed {
    //! A physics for tests: a risk that follows from the action alone.

    use super::*;

    /// So likely to disturb something; of nothing else anything is expected.
    pub(crate) fn disturbing(risk: f64, bound: f64) -> Risk {
        Risk {
            risk,
            bound,
            by_accident: [risk, 0.0, 0.0, 0.0, 0.0],
            path_length: 0.0,
            peak_speed: 0.0,
            disagreement: 0.0,
        }
    }

    /// Judges by a rule; `None` is no prediction. Imagines nothing.
    #[derive(Clone, Copy)]
    pub(crate) struct Rule(pub fn(&Action) -> Option<f64>);

    impl Dynamics for Rule {
        fn name(&self) -> &'static str {
            "rule"
        }

        fn believe<'a>(
            &'a self,
            _: &Workcell,
            _: u64,
        ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
            Ok(Box::new(*self))
        }
    }

    impl SceneDynamics for Rule {
        fn screen(&self, actions: &[Action]) -> Vec<Prediction<Risk>> {
            let judged = actions.iter().map(self.0);
            let of =
                |risk: Option<f64>| Ok(disturbing(risk.ok_or(PredictionFailure::NotFinite)?, 1.0));
            judged.map(of).collect()
        }

        fn imagine(&self, _: &[Action], _: usize) -> Vec<Prediction<Imagined>> {
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_fares_no_worse_than_the_accident_that_it_would_be_but_for_the_one_that_is_acted_on() {
        let risk = Risk {
            by_accident: [0.01, 0.02, 0.0, 0.0, 0.0],
            ..fixed::disturbing(0.02, 0.02)
        };
        let fate = BoxFate {
            p_moves: 0.12,
            p_falls: 0.09,
            displacement_mean: 0.001,
            displacement_p95: 0.102,
            unseen: false,
        };
        let imagined = Imagined {
            risk,
            frames: Vec::new(),
            fates: vec![fate; 2],
            told_for: Safety::default(),
        };
        let told = imagined.allowed_by(&risk, 0).fates;
        // How far it goes is what is done to it; that it falls is an accident all the same.
        let p_falls = 0.02;
        assert_eq!(told[0], BoxFate { p_falls, ..fate });
        let other = (told[1].p_moves, told[1].p_falls, told[1].displacement_p95);
        assert_eq!(other, (0.01, 0.02, 0.05));
    }

    #[test]
    fn what_is_imagined_is_no_answer_where_any_number_of_it_is_none() {
        let frame = ImaginedFrame {
            t: 0.0,
            boxes: vec![Pose::identity()],
            position_std: vec![0.0],
        };
        let imagined = Imagined {
            risk: fixed::disturbing(0.1, 0.1),
            frames: vec![frame],
            fates: vec![BoxFate::default()],
            told_for: Safety::default(),
        };
        assert!(imagined.is_valid());
        let spoil: [fn(&mut Imagined); 6] = [
            |i| i.risk.bound = f64::NAN,
            |i| i.frames[0].boxes[0].translation.x = f64::INFINITY,
            |i| {
                i.frames[0].boxes[0].rotation = nalgebra::Unit::new_unchecked(
                    nalgebra::Quaternion::new(f64::NAN, 0.0, 0.0, 0.0),
                )
            },
            |i| i.frames[0].position_std[0] = f64::NAN,
            |i| i.fates[0].p_falls = 1.5,
            |i| i.fates[0].displacement_mean = f64::NAN,
        ];
        for spoil in spoil {
            let mut spoilt = imagined.clone();
            spoil(&mut spoilt);
            assert!(!spoilt.is_valid(), "{spoilt:?}");
        }
    }

    #[test]
    fn of_two_looks_of_the_same_worth_the_more_careful_bound_counts_and_a_closer_one_alone() {
        let (first, second) = (fixed::disturbing(0.2, 0.3), fixed::disturbing(0.01, 0.02));
        assert_eq!(Regard::Closer.risk(&first, second), second);
        let both = Regard::Another.risk(&first, second);
        assert_eq!((both.risk, both.bound), (0.01, 0.3));
        assert_eq!(Regard::Another.risk(&second, first).bound, 0.3);
    }
}
