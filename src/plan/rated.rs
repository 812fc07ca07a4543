//! A candidate with its risk, and what counts as a risk at all.
//!
//! Owns [`Rated`], and that a prediction with a number that is not finite is a failure and cannot win.

use crate::dynamics::{Imagined, Prediction, PredictionFailure, Risk};
use crate::grasp::GraspCandidate;
use crate::scene::Workcell;

use super::candidates::{Candidate, turned_down};
use super::objective::Score;
use super::reason::{Reason, RejectedCandidate};

/// A bound over which nothing is worth improving: not one draw or member sees it end well.
pub(super) const HOPELESS: f64 = 0.95;

/// A candidate with its risk.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rated {
    pub(super) candidate: Candidate,
    pub(super) risk: Risk,
    pub(super) score: Score,
}

impl Rated {
    /// What speaks against it, the limit aside: how likely an accident is, then how much everything moves.
    pub(super) fn doubt(&self) -> (f64, f64, f64) {
        let stir = self.risk.path_length + self.risk.peak_speed;
        (self.risk.bound, self.risk.risk, stir)
    }
}

/// How many of `finalists` are about this box.
pub(super) fn of_box(finalists: &[Rated], box_index: usize) -> usize {
    let is_of = |f: &&Rated| f.candidate.grasp.box_index == box_index;
    finalists.iter().filter(is_of).count()
}

/// That a grasp is turned down for its risk.
pub(super) fn for_its_risk(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    risk: &Risk,
) -> RejectedCandidate {
    let reason = Reason::risky(risk, workcell.safety.max_risk);
    RejectedCandidate {
        risk: Some(risk.risk),
        ..turned_down(workcell, grasp, reason)
    }
}

/// That those of `rated` that are not safe are turned down for their risk: each grasp once, and not what was `told`
/// already.
pub(super) fn too_risky(
    rated: &[Rated],
    mut told: Vec<GraspCandidate>,
    workcell: &Workcell,
) -> Vec<RejectedCandidate> {
    let mut out = Vec::new();
    for r in rated.iter().filter(|r| !r.score.is_safe()) {
        let grasp = r.candidate.grasp;
        if told.contains(&grasp) {
            continue;
        }
        told.push(grasp);
        out.push(for_its_risk(workcell, &grasp, &r.risk));
    }
    out
}

/// Whether nothing that was rated leaves any hope; of what no prediction was given nothing is known.
pub(super) fn is_hopeless(rated: &[Rated]) -> bool {
    let hopeless = |r: &Rated| r.risk.bound >= HOPELESS && !r.risk.abstains();
    !rated.is_empty() && rated.iter().all(hopeless)
}

/// A risk whose numbers are all finite, or a failure that cannot win.
pub(super) fn valid(risk: Risk) -> Prediction<Risk> {
    if risk.is_valid() {
        Ok(risk)
    } else {
        Err(PredictionFailure::NotFinite)
    }
}

/// A trajectory whose numbers are all finite, or a failure that cannot win.
pub(super) fn valid_trajectory(imagined: Imagined) -> Prediction<Imagined> {
    if imagined.is_valid() {
        Ok(imagined)
    } else {
        Err(PredictionFailure::NotFinite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_could_be_predicted_what_is_left_may_still_be() {
        assert!(!is_hopeless(&[]));
    }
}
