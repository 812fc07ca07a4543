//! What a planner's plans come to under draws that they were not chosen by, over a set of tasks.
//!
//! Owns [`HeldOut`]: what of its plans for solvable tasks goes wrong, with an interval, and of the others how many the
//! reference missed by its own rule. The draws themselves are simulated by the contest.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::figures::Entry;
use crate::model::metrics::bootstrap;

/// Rounds of the bootstrap.
const ROUNDS: usize = 1000;
/// Its seed: the same plans have the same interval.
const SEED: u64 = 0x6865_6c64;

/// Plans under draws that they were not chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HeldOut {
    /// Plans for solvable tasks.
    pub plans: usize,
    /// Share of the draws that end in an accident, the mean over the solvable tasks of which it is known: what is refused
    /// before anything is done has none.
    pub accident_rate: Option<f64>,
    /// Its 95 % interval, by a bootstrap of tasks; none where all tasks have the same share.
    pub accident_ci: Option<(f64, f64)>,
    /// Plans for solvable tasks with a scene on the way that stands in no draw, of which nothing is known.
    pub untold: usize,
    /// Plans for tasks that are not solvable.
    pub plans_beyond: usize,
    /// Share of the draws that end in an accident, the mean over these.
    pub risk_beyond: Option<f64>,
    /// Of these, how many end with no accident in any draw: the reference missed them by its own rule.
    pub safe_beyond: usize,
}

impl HeldOut {
    /// Of what was held against draws; `None` where nothing was.
    pub(super) fn of(can: &[&Entry], cannot: &[&Entry]) -> Option<Self> {
        let planned = |of: &[&Entry]| -> Vec<f64> {
            of.iter().filter_map(|e| e.deed.held_out_risk).collect()
        };
        let (plans, beyond) = (planned(can), planned(cannot));
        if plans.is_empty() && beyond.is_empty() {
            return None;
        }
        let is_untold =
            |e: &&Entry| e.deed.predicted_risk.is_some() && e.deed.held_out_risk.is_none();
        let known = |e: &&&Entry| !is_untold(e);
        let of_task = |e: &&Entry| e.deed.held_out_risk.unwrap_or(0.0);
        let accidents: Vec<f64> = can.iter().filter(known).map(of_task).collect();
        let each_its_own: Vec<u64> = (0..accidents.len() as u64).collect();
        let drawn_mean = |drawn: &[usize]| mean(drawn.iter().map(|&i| accidents[i]));
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let differ = accidents.windows(2).any(|pair| pair[0] != pair[1]);
        let interval = || bootstrap(&each_its_own, ROUNDS, &mut rng, drawn_mean);
        Some(Self {
            plans: plans.len(),
            accident_rate: mean(accidents.iter().copied()),
            accident_ci: differ.then(interval).flatten(),
            untold: can.iter().filter(|e| is_untold(e)).count(),
            plans_beyond: beyond.len(),
            risk_beyond: mean(beyond.iter().copied()),
            safe_beyond: beyond.iter().filter(|risk| **risk == 0.0).count(),
        })
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = values.len();
    (n > 0).then(|| values.sum::<f64>() / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::contest::Deed;
    use crate::eval::suite::Split;
    use crate::eval::tasks::{PlannerTask, TaskKind};
    use crate::plan::Goal;

    /// The figures of tasks: held-out risk, whether there was a plan, solvable.
    fn figures(of: &[(Option<f64>, bool, bool)]) -> Option<HeldOut> {
        let task = PlannerTask {
            split: Split::Standard,
            kind: TaskKind::Step,
            workcell: crate::grasp::fixtures_for_tests::workcell(vec![], vec![]),
            goal: Goal::Retrieve { box_id: "a".into() },
            world_seed: 0,
            planner_seed: 0,
        };
        let deeds: Vec<Deed> = of
            .iter()
            .map(|&(held_out_risk, planned, _)| Deed {
                held_out_risk,
                predicted_risk: planned.then_some(0.01),
                refused: !planned,
                ..Deed::default()
            })
            .collect();
        let entries: Vec<Entry> = deeds
            .iter()
            .zip(of)
            .map(|(deed, &(_, _, solvable))| Entry {
                task: &task,
                deed,
                solvable,
            })
            .collect();
        let (can, cannot): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|e| e.solvable);
        HeldOut::of(&can, &cannot)
    }

    #[test]
    fn a_refused_task_has_no_accident_and_the_others_are_told_apart() {
        let told = figures(&[
            (Some(0.25), true, true),
            (Some(0.5), true, true),
            (None, false, true),
            (Some(0.0), true, false),
            (Some(0.5), true, false),
            (None, false, false),
        ]);
        let told = told.unwrap();
        assert_eq!((told.plans, told.untold), (2, 0));
        assert_eq!(told.accident_rate, Some(0.25));
        let beyond = (told.plans_beyond, told.risk_beyond, told.safe_beyond);
        assert_eq!(beyond, (2, Some(0.25), 1));
        let (low, high) = told.accident_ci.unwrap();
        assert!((0.0..0.25).contains(&low) && high > 0.25, "{low} to {high}");
    }

    #[test]
    fn a_plan_that_could_not_be_held_against_draws_is_counted_and_is_no_clean_one() {
        let told = figures(&[(Some(1.0), true, true), (None, true, true)]).unwrap();
        assert_eq!((told.plans, told.untold), (1, 1));
        assert_eq!(told.accident_rate, Some(1.0));
        assert_eq!(figures(&[(None, true, true)]), None);
    }

    #[test]
    fn where_nothing_went_wrong_nothing_is_told_of_how_sure_that_is() {
        let told = figures(&[(Some(0.0), true, true), (Some(0.0), true, true)]).unwrap();
        assert_eq!((told.accident_rate, told.accident_ci), (Some(0.0), None));
    }
}
