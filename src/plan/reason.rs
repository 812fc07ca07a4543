//! Why a candidate was turned down, by whatever part of the planner did.
//!
//! Owns [`Reason`] and the choice of what a person is shown: the best candidate of each reason.

use crate::dynamics::{PredictionFailure, Risk};
use crate::grasp::{GraspCandidate, Rejection};
use crate::rollout::AccidentKind;
use crate::scene::geometry::Face;

/// Why a candidate is not carried out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Reason {
    /// Geometry or statics.
    #[error("{0}")]
    Geometry(#[from] Rejection),
    /// The bound on its risk is over the limit.
    #[error("{worst} cannot be ruled out: the bound on the risk is {}, the limit {max_risk}", above(*bound, *max_risk), worst = .worst.name())]
    Risky {
        /// The bound on the risk, probability.
        bound: f64,
        /// The limit, probability.
        max_risk: f64,
        /// The accident that it comes closest to.
        worst: AccidentKind,
    },
    /// Whoever judges it abstains.
    #[error(
        "nothing bounds its risk, which lies outside what was learned and certified (judged {risk:.4} all the same; the limit is {max_risk})"
    )]
    Unfamiliar {
        /// The risk without a bound, probability.
        risk: f64,
        /// The limit, probability.
        max_risk: f64,
    },
    /// There is no prediction of it.
    #[error("{0}")]
    Unpredicted(#[from] PredictionFailure),
    /// The shield disagrees with what was imagined.
    #[error("the check found an accident in {accidents:.0} of {draws} draws, {worst} in most: with that the bound on the risk is {}, the limit {max_risk}", above(*bound, *max_risk), worst = .worst.name())]
    Shield {
        /// Draws that ended in an accident.
        accidents: f64,
        /// Draws that were simulated.
        draws: usize,
        /// The bound on the risk with what was seen, probability.
        bound: f64,
        /// The limit, probability.
        max_risk: f64,
        /// The accident that they ended in most.
        worst: AccidentKind,
    },
    /// Too few draws stand for the shield to vouch for it.
    #[error(
        "only {draws} of the {wanted} draws that would have to vouch for it stand: with these the bound on the risk is {}, the limit {max_risk}", above(*bound, *max_risk)
    )]
    FewDraws {
        /// Draws that stand, and ended well.
        draws: usize,
        /// Draws that were asked for.
        wanted: usize,
        /// The bound on the risk with what was seen, probability.
        bound: f64,
        /// The limit, probability.
        max_risk: f64,
    },
    /// It would be safe by itself, but leads to where nothing more can be told.
    #[error("once it is done, {why}")]
    DeadEnd {
        /// What is wrong with the scene that is imagined after it.
        why: String,
    },
    /// It would be safe by itself, but not in a plan with this total.
    #[error("with it the plan's bound is {}, the limit {max_plan_risk}", above(*bound, *max_plan_risk))]
    PlanRisk {
        /// The plan's bound with this step, probability.
        bound: f64,
        /// The limit on plans, probability.
        max_plan_risk: f64,
    },
}

impl Reason {
    /// The reason without its numbers.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Geometry(rejection) => rejection.kind(),
            Self::Risky { .. } => "risky",
            Self::Unfamiliar { .. } => "unfamiliar",
            Self::Unpredicted(_) => "unpredicted",
            Self::Shield { .. } | Self::FewDraws { .. } => "shield",
            Self::DeadEnd { .. } => "dead_end",
            Self::PlanRisk { .. } => "plan_risk",
        }
    }

    /// The bound that it was turned down for, where there was one, probability.
    pub fn bound(&self) -> Option<f64> {
        match *self {
            Self::Risky { bound, .. }
            | Self::Shield { bound, .. }
            | Self::FewDraws { bound, .. }
            | Self::PlanRisk { bound, .. } => Some(bound),
            Self::Unfamiliar { .. } => Some(1.0),
            Self::Geometry(_) | Self::Unpredicted(_) | Self::DeadEnd { .. } => None,
        }
    }

    /// That `risk` is over the limit, or that nothing bounds it.
    pub(crate) fn risky(risk: &Risk, max_risk: f64) -> Self {
        if risk.abstains() {
            return Self::Unfamiliar {
                risk: risk.risk,
                max_risk,
            };
        }
        Self::Risky {
            bound: risk.bound,
            max_risk,
            worst: worst_accident(risk),
        }
    }
}

/// A bound over `limit` with four digits, or as many more as tell the two apart.
pub(super) fn above(bound: f64, limit: f64) -> String {
    let told = |digits: usize| format!("{bound:.digits$}");
    let is_above = |told: &String| told.parse().is_ok_and(|read: f64| read > limit);
    let all = (4..12).map(told);
    let mut telling = all.skip_while(|told| bound > limit && !is_above(told));
    telling.next().unwrap_or_else(|| bound.to_string())
}

/// The kind of accident that is most likely.
pub fn worst_accident(risk: &Risk) -> AccidentKind {
    let by = |kind: &AccidentKind| risk.by_accident[kind.index()];
    let mut worst = AccidentKind::Disturb;
    for kind in AccidentKind::ALL {
        if by(&kind) > by(&worst) {
            worst = kind;
        }
    }
    worst
}

/// A candidate that is not carried out, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectedCandidate {
    /// The box.
    pub box_id: String,
    /// Index into the robot's grippers.
    pub gripper: usize,
    /// The face.
    pub face: Face,
    /// The grasp, where it got as far as being one.
    pub grasp: Option<GraspCandidate>,
    /// The hand at the grasp in the world, where there is one.
    pub hand: Option<crate::pose::Pose>,
    /// Why.
    pub reason: Reason,
    /// Its risk, where one was predicted, probability.
    pub risk: Option<f64>,
}

/// The candidate that came nearest to being carried out: of those that came as far the one that misses by least, then the one
/// with the lowest bound on its risk, then the first.
pub fn nearest<'a>(
    rejected: impl IntoIterator<Item = &'a RejectedCandidate>,
) -> Option<&'a RejectedCandidate> {
    let stage = |r: &RejectedCandidate| match &r.reason {
        // What is a grasp already is turned down for its motion.
        Reason::Geometry(why) => (false, r.grasp.is_some(), why.stage()),
        _ => (true, true, 0),
    };
    let bound = |r: &RejectedCandidate| r.reason.bound().unwrap_or(1.0);
    // `min_by` takes the first of equals.
    rejected.into_iter().min_by(|a, b| {
        (stage(b).cmp(&stage(a)))
            .then_with(|| shortfall(a).total_cmp(&shortfall(b)))
            .then_with(|| bound(a).total_cmp(&bound(b)))
    })
}

/// By how much a candidate misses what geometry asks for.
fn shortfall(r: &RejectedCandidate) -> f64 {
    match &r.reason {
        Reason::Geometry(why) => why.shortfall(),
        _ => 0.0,
    }
}

/// The least risky candidate of each box and reason, and where no risk was predicted the one that misses by least; in the
/// order in which they first came up.
pub fn best_of_each(rejected: &[RejectedCandidate]) -> Vec<RejectedCandidate> {
    let mut best: Vec<RejectedCandidate> = Vec::new();
    for candidate in rejected {
        let same = |b: &&mut RejectedCandidate| {
            b.box_id == candidate.box_id && b.reason.kind() == candidate.reason.kind()
        };
        let merit = |c: &RejectedCandidate| (c.risk.unwrap_or(f64::INFINITY), shortfall(c));
        match best.iter_mut().find(same) {
            Some(known) if merit(candidate) < merit(known) => *known = candidate.clone(),
            Some(_) => {}
            None => best.push(candidate.clone()),
        }
    }
    best
}
