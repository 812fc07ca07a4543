//! Which of what was rated is imagined, and which is kept for when that is turned down.
//!
//! Owns the choice; what is safe and what it costs was settled by [`super::step`] before.

use std::cmp::Ordering;

use super::candidates::Candidate;
use super::rated::{Rated, of_box};
use super::step::Search;

/// So many finalists for one box at most where several are asked for; one alone has all the elites.
const FINALISTS_PER_BOX: usize = 3;
/// Of actions that are not safe so many are imagined, where none is safe.
const DOUBTFUL: usize = 3;

impl Search<'_> {
    /// The best of each grasp, a few for each box, then other lifts of the same grasps; `rated` is in order
    /// of score.
    pub(super) fn finalists(&self, rated: &[Rated]) -> Vec<Rated> {
        let elites = self.settings.elites.max(1);
        let per_box = FINALISTS_PER_BOX.max(elites / self.wishes.len().max(1));
        let mut finalists: Vec<Rated> = Vec::new();
        for next in rated {
            let grasp = &next.candidate.grasp;
            let same_grasp = |f: &Rated| f.candidate.grasp == *grasp;
            if !self.is_hopeful(next, &finalists) || finalists.iter().any(same_grasp) {
                continue;
            }
            if finalists.len() < elites && of_box(&finalists, grasp.box_index) < per_box {
                finalists.push(next.clone());
            }
        }
        // Where few grasps are to be had, a second lift of one, the safest: its first may be turned down yet.
        let mut safest: Vec<&Rated> = rated.iter().collect();
        safest.sort_by(|a, b| a.doubt().partial_cmp(&b.doubt()).unwrap_or(Ordering::Equal));
        for next in safest {
            let grasp = &next.candidate.grasp;
            let of_grasp: Vec<&Rated> = finalists
                .iter()
                .filter(|f| f.candidate.grasp == *grasp)
                .collect();
            let [first] = of_grasp[..] else { continue };
            let other = first.candidate.lift != next.candidate.lift;
            if other
                && self.is_hopeful(next, &finalists)
                && finalists.len() < elites
                && of_box(&finalists, grasp.box_index) < FINALISTS_PER_BOX
            {
                finalists.push(next.clone());
            }
        }
        finalists
    }

    /// Whether it is safe, or one of a few that are not where none is.
    fn is_hopeful(&self, next: &Rated, finalists: &[Rated]) -> bool {
        let doubtful = finalists.iter().filter(|f| !f.score.is_safe()).count();
        let any_safe = finalists.len() > doubtful;
        next.score.is_safe() || !(any_safe || doubtful == DOUBTFUL)
    }
}

/// At most so many of `rated` that are not among what was `imagined`, what is judged safe first and of that the least
/// doubtful: a grasp of which nothing was imagined before another lift of one, since what is wrong with one lift is
/// likely to be wrong with the next.
pub(super) fn untried(rated: &[Rated], imagined: &[Rated], most: usize) -> Vec<Rated> {
    let mut safest: Vec<&Rated> = rated.iter().collect();
    safest.sort_by(|a, b| a.doubt().partial_cmp(&b.doubt()).unwrap_or(Ordering::Equal));
    let mut out: Vec<Rated> = Vec::new();
    for of_each in 1..=most + imagined.len() {
        for next in &safest {
            let Candidate { grasp, lift, .. } = &next.candidate;
            let of_grasp = |r: &&Rated| r.candidate.grasp == *grasp;
            let known: Vec<&Rated> = imagined.iter().chain(&out).filter(of_grasp).collect();
            let is_new = known.iter().all(|r| r.candidate.lift != *lift);
            if is_new && known.len() < of_each && out.len() < most {
                out.push((*next).clone());
            }
        }
    }
    // What is safe comes first wherever it is.
    out.sort_by_key(|r| !r.score.is_safe());
    out
}
