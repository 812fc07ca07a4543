//! A suite of `topple eval planner`, from its tasks to its figures.
//!
//! Owns the order in which the contestants act. The figures are [`crate::eval::closed_loop`]'s, the budget of
//! `sandbox_equal_time` is [`crate::eval::equal_time`]'s, the flags are `eval_planner`'s.

use std::fmt::Write;

use indicatif::ProgressBar;
use serde::Serialize;

use super::eval::{Common, Told, bar, go_on, reference_failed, sandbox_failed};
use super::eval_kept::{choices, keep, note_missing};
use super::eval_planner::PlannerArgs;
use super::interrupt::Interrupt;
use super::{Failure, eval_text, print};
use crate::dynamics::Dynamics;
use crate::eval::closed_loop::{
    self, ContestError, Turns, deeds_of, reference_deeds, without_deed,
};
use crate::eval::contest::{Contestant, Deed, Ring};
use crate::eval::equal_time::{EqualTime, Origin, Wanted, equal_time, measured_episodes, recorded};
use crate::eval::tasks::{PlannerSuite, PlannerTask, tasks};
use crate::scene::task::PlannerSettings;

/// What each contestant made of a suite's tasks.
type Deeds = Vec<(Contestant, Vec<Deed>)>;

/// A run of the command.
pub(super) struct Contest<'a> {
    /// What was asked for.
    pub args: &'a PlannerArgs,
    /// Whether to go on.
    pub interrupt: &'a Interrupt,
    /// The world model, where one is needed.
    pub learned: Option<&'a dyn Dynamics>,
}

impl Contest<'_> {
    /// One suite, from its tasks to its figures.
    ///
    /// # Errors
    /// When a stored reference cannot be read, a planner or the sandbox fails, or a signal came.
    pub(super) fn hold(&self, suite: PlannerSuite, told: &mut Told) -> Result<(), Failure> {
        let Common {
            reference, seed, ..
        } = &self.args.common;
        if !self.args.reference_only && self.args.asks_for(Contestant::LearnedUnverified) {
            // What is stored and cannot be read is told before the hours, not after them.
            recorded(reference, (suite, *seed)).map_err(|e| self.failed(e.into()))?;
        }
        let tasks = self.tasks(suite)?;
        let ring = Ring {
            learned: self.learned,
            settings: PlannerSettings::default(),
            // Until the learned planner has been timed nobody simulates in its time.
            equal_episodes: 1,
            held_out_draws: self.args.held_out_draws.map(|n| n as usize),
        };
        let deeds = self.reference(suite, &tasks, &ring)?;
        if self.args.reference_only {
            let short = InShort::of(&deeds);
            let _ = writeln!(told.text, "{}", short.in_words(suite));
            return told.add(suite.name(), &short);
        }
        let (all, equal) = self.all(suite, &tasks, &deeds, ring)?;
        let report = closed_loop::report(&tasks, &deeds, &all, equal);
        eval_text::suite(&mut told.text, suite.name(), &report);
        if let Some(equal) = equal {
            // Writing to a String cannot fail, here and above.
            let _ = writeln!(told.text, "{}\n", origin_in_words(suite, equal.origin));
        }
        told.add(suite.name(), &report)
    }

    fn tasks(&self, suite: PlannerSuite) -> Result<Vec<PlannerTask>, Failure> {
        let count = self.args.count(suite);
        let looked_for = bar(count, &format!("tasks of {}", suite.name()));
        let choices = choices(&self.args.common, suite.name(), self.interrupt)?;
        let found = tasks(suite, self.args.common.seed, count, &choices, |found| {
            keep(&choices);
            go_on(found, &looked_for, self.interrupt)
        });
        looked_for.finish_and_clear();
        let found = found.map_err(sandbox_failed)?;
        self.interrupt.check()?;
        Ok(found)
    }

    /// What the reference makes of `tasks`: the slow part.
    fn reference(
        &self,
        suite: PlannerSuite,
        tasks: &[PlannerTask],
        ring: &Ring,
    ) -> Result<Vec<Deed>, Failure> {
        let (dir, seed) = (&self.args.common.reference, self.args.common.seed);
        let missing = without_deed(dir, (suite, seed), tasks).map_err(|e| self.failed(e.into()))?;
        note_missing(missing, tasks.len(), suite.name(), dir);
        let bar = bar_of(suite, Contestant::Sandbox, tasks.len());
        let stop = &*self.interrupt.stop;
        let done = reference_deeds(dir, suite, seed, tasks, ring, stop, || bar.inc(1));
        bar.finish_and_clear();
        done.map_err(|e| self.failed(e))
    }

    /// What everybody who takes part makes of `tasks`, one planner after the other, and the equal time once
    /// `learned_unverified` has acted.
    fn all(
        &self,
        suite: PlannerSuite,
        tasks: &[PlannerTask],
        reference: &[Deed],
        mut ring: Ring,
    ) -> Result<(Deeds, Option<EqualTime>), Failure> {
        let mut equal = None;
        let mut all = Deeds::new();
        for who in Contestant::ALL {
            if !self.args.asks_for(who) {
                continue;
            }
            let deeds = match who {
                Contestant::Sandbox => reference.to_vec(),
                _ => self.deeds(suite, who, tasks, &ring)?,
            };
            if who == Contestant::LearnedUnverified {
                equal = self.equal_time(suite, &deeds, tasks)?;
                ring.equal_episodes = equal.map_or(ring.equal_episodes, |known| known.episodes);
            }
            all.push((who, deeds));
        }
        Ok((all, equal))
    }

    fn deeds(
        &self,
        suite: PlannerSuite,
        who: Contestant,
        tasks: &[PlannerTask],
        ring: &Ring,
    ) -> Result<Vec<Deed>, Failure> {
        let bar = bar_of(suite, who, tasks.len());
        // Their latency is a figure of its own, on all threads; the others take what is left by the tasks beside.
        let turns = match who.plans_here() {
            true => Turns::InTurn,
            false => Turns::Together,
        };
        let stop = &*self.interrupt.stop;
        let done = deeds_of(ring, who, tasks, turns, stop, || bar.inc(1));
        bar.finish_and_clear();
        done.map_err(|e| self.failed(e))
    }

    /// The stored number, or that of the learned planner's `deeds`.
    fn equal_time(
        &self,
        suite: PlannerSuite,
        deeds: &[Deed],
        tasks: &[PlannerTask],
    ) -> Result<Option<EqualTime>, Failure> {
        let Common {
            reference, seed, ..
        } = &self.args.common;
        let wanted = match self.args.measure_equal_time {
            true => Wanted::Measured,
            false => Wanted::Recorded,
        };
        let measure = || measured_episodes(deeds, tasks);
        let known = equal_time(reference, (suite, *seed), (wanted, tasks.len()), measure);
        let is_needed =
            self.args.measure_equal_time || self.args.asks_for(Contestant::SandboxEqualTime);
        let (known, unwritten) = match known {
            Ok(known) => known,
            // Nobody's figures hang on it.
            Err(why @ ContestError::Failed { .. }) if !is_needed => {
                print::note(format!("no time of {} to equal: {why}", suite.name()));
                return Ok(None);
            }
            Err(why) => return Err(self.failed(why)),
        };
        if let Some(why) = unwritten {
            print::note(format!(
                "{why}; the equal time of {} holds for this run alone",
                suite.name()
            ));
        }
        Ok(Some(known))
    }

    fn failed(&self, error: ContestError) -> Failure {
        match error {
            ContestError::Reference(error) => reference_failed(error, self.interrupt.signal()),
            ContestError::Failed { .. } => sandbox_failed(error),
        }
    }
}

fn bar_of(suite: PlannerSuite, who: Contestant, count: usize) -> ProgressBar {
    bar(count, &format!("{}: {}", suite.name(), who.name()))
}

/// What is said of a reference that was only stored.
#[derive(Serialize)]
struct InShort {
    n: usize,
    solvable: usize,
}

impl InShort {
    fn of(reference: &[Deed]) -> Self {
        Self {
            n: reference.len(),
            solvable: reference.iter().filter(|d| d.shows_solvable()).count(),
        }
    }

    fn in_words(&self, suite: PlannerSuite) -> String {
        let Self { n, solvable } = self;
        format!("{}: {n} tasks, {solvable} of them solvable", suite.name())
    }
}

fn origin_in_words(suite: PlannerSuite, origin: Origin) -> String {
    let how = match origin {
        Origin::Recorded => "was measured once and recorded; --measure-equal-time measures it anew",
        Origin::Measured => "was measured in this run, and is recorded for the next",
        Origin::Unrecorded => {
            "was measured in this run and is not recorded: it is of too few tasks, or could not be written"
        }
    };
    format!("The equal time of {} {how}.", suite.name())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_that_is_only_stored_is_told_in_short() {
        let safe = Deed {
            predicted_risk: Some(0.0),
            ..Deed::default()
        };
        let told = InShort::of(&[safe, Deed::default()]);
        let object = serde_json::to_value(&told).unwrap();
        assert_eq!(object, json!({ "n": 2, "solvable": 1 }));
        let words = told.in_words(PlannerSuite::Steps);
        assert_eq!(words, "steps: 2 tasks, 1 of them solvable");
    }

    #[test]
    fn a_reader_is_told_whether_the_equal_time_was_measured_or_recorded() {
        let recorded = origin_in_words(PlannerSuite::Steps, Origin::Recorded);
        assert!(recorded.contains("recorded; --measure-equal-time"));
        let measured = origin_in_words(PlannerSuite::Steps, Origin::Measured);
        assert!(measured.contains("in this run"));
    }
}
