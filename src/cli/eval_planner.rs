//! `topple eval planner`: the planner in the sandbox, beside planners that simulate and policies that do not.
//!
//! Owns its flags and the order in which the contestants act. The figures are [`crate::eval::closed_loop`]'s, the
//! budget of `sandbox_equal_time` is [`crate::eval::equal_time`]'s.

use std::fmt::Write;

use clap::Args;
use serde_json::{Value, json};

use super::eval::{Common, bar, go_on, open, reference_failed, sandbox_failed, to_value};
use super::interrupt::Interrupt;
use super::{Exit, Failure, Outcome, eval_text, print};
use crate::eval::closed_loop::{self, ContestError, Turns, deeds_of, reference_deeds};
use crate::eval::contest::{Contestant, Deed, Ring};
use crate::eval::equal_time::{EqualTime, Origin, Wanted, equal_time, measured_episodes};
use crate::eval::tasks::{PlannerSuite, tasks};
use crate::model::LearnedDynamics;
use crate::scene::task::PlannerSettings;

/// Flags of `eval planner`.
#[derive(Args, Debug)]
pub struct PlannerArgs {
    #[command(flatten)]
    common: Common,
    /// How many tasks of each suite; left out: 200 steps and 60 tasks.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    tasks: Option<u64>,
    /// Only this suite; left out: both.
    #[arg(long, value_name = "NAME", value_parser = suite)]
    suite: Option<PlannerSuite>,
    /// Only these planners, separated by commas; left out: all. `sandbox_equal_time` needs `learned_unverified`, whose
    /// time it has.
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = contestant)]
    planners: Vec<Contestant>,
    /// Also hold each first plan of learned, learned_unverified and sandbox_equal_time against so many draws that it was not
    /// chosen by.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096), conflicts_with = "reference_only")]
    held_out_draws: Option<u64>,
    /// Only store what the reference planner does: the slow part, which needs no model.
    #[arg(long)]
    reference_only: bool,
    /// Measure anew how many episodes the sandbox simulates in the learned planner's time, and record that.
    #[arg(long, conflicts_with = "reference_only")]
    measure_equal_time: bool,
}

fn suite(name: &str) -> Result<PlannerSuite, String> {
    PlannerSuite::ALL
        .into_iter()
        .find(|s| s.name() == name)
        .ok_or_else(|| "there is no such suite; choose from steps, tasks".to_owned())
}

fn contestant(name: &str) -> Result<Contestant, String> {
    let all = || Contestant::ALL.into_iter();
    let names: Vec<&str> = all().map(Contestant::name).collect();
    let there_is_none = || format!("there is no such planner; choose from {}", names.join(", "));
    all().find(|c| c.name() == name).ok_or_else(there_is_none)
}

/// Whether the command line asks for `who`.
fn is_wanted(planners: &[Contestant], who: Contestant) -> bool {
    planners.is_empty() || planners.contains(&who)
}

/// How many tasks a suite has unless the command line says otherwise.
fn default_count(suite: PlannerSuite) -> usize {
    match suite {
        PlannerSuite::Steps => 200,
        PlannerSuite::Tasks => 60,
    }
}

/// Measures what was asked for.
///
/// # Errors
/// When a model cannot be read, a planner or the sandbox fails, or a signal came.
pub fn run(args: &PlannerArgs) -> Outcome {
    let interrupt = Interrupt::install()?;
    let takes_part = |who| is_wanted(&args.planners, who);
    if takes_part(Contestant::SandboxEqualTime) && !takes_part(Contestant::LearnedUnverified) {
        return Err(Failure::input_message(
            "sandbox_equal_time has the time of learned_unverified, which is not among --planners",
            "Name both.",
        ));
    }
    let plans = |who: &Contestant| takes_part(*who) && who.plans_here();
    if args.held_out_draws.is_some() && !Contestant::ALL.iter().any(plans) {
        return Err(Failure::input_message(
            "--held-out-draws is for plans, and none of --planners makes one in this run",
            "Name learned, learned_unverified or sandbox_equal_time, or leave it out.",
        ));
    }
    let dynamics = match args.reference_only {
        true => None,
        false => Some(LearnedDynamics::new(open(&args.common)?)),
    };
    let mut ring = Ring {
        learned: dynamics.as_ref().map(|d| d as _),
        settings: PlannerSettings::default(),
        equal_episodes: 1,
        held_out_draws: args.held_out_draws.map(|n| n as usize),
    };
    let wanted_time = match args.measure_equal_time {
        true => Wanted::Measured,
        false => Wanted::Recorded,
    };
    let mut suites = serde_json::Map::new();
    let mut text = String::new();
    let wanted = |suite: &PlannerSuite| args.suite.is_none_or(|only| only == *suite);
    for suite in PlannerSuite::ALL.into_iter().filter(wanted) {
        let count = args.tasks.map_or(default_count(suite), |n| n as usize);
        let looked_for = bar(count, &format!("tasks of {}", suite.name()));
        let tasks = tasks(suite, args.common.seed, count, |found| {
            go_on(found, &looked_for, &interrupt)
        });
        looked_for.finish_and_clear();
        let tasks = tasks.map_err(sandbox_failed)?;
        interrupt.check()?;
        let failed = |e| contest_failed(e, &interrupt);
        let bar_of = |who: Contestant| bar(count, &format!("{}: {}", suite.name(), who.name()));
        let reference = {
            let bar = bar_of(Contestant::Sandbox);
            let dir = &args.common.reference;
            let (seed, stop) = (args.common.seed, &*interrupt.stop);
            let done = reference_deeds(dir, suite, seed, &tasks, &ring, stop, || bar.inc(1));
            bar.finish_and_clear();
            done.map_err(failed)?
        };
        if args.reference_only {
            suites.insert(suite.name().to_owned(), in_short(&reference));
            continue;
        }
        // Until the learned planner has been timed nobody simulates in its time.
        let mut equal = EqualTime {
            episodes: ring.equal_episodes,
            origin: Origin::Unrecorded,
        };
        let mut all: Vec<(Contestant, Vec<Deed>)> = Vec::new();
        for who in Contestant::ALL.into_iter().filter(|who| takes_part(*who)) {
            let bar = bar_of(who);
            let stop = &*interrupt.stop;
            // The learned planner's latency is a figure of its own.
            let turns = match who {
                Contestant::Learned | Contestant::LearnedUnverified => Turns::InTurn,
                _ => Turns::Together,
            };
            let deeds = match who {
                Contestant::Sandbox => Ok(reference.clone()),
                _ => deeds_of(&ring, who, &tasks, turns, stop, || bar.inc(1)),
            };
            bar.finish_and_clear();
            let deeds = deeds.map_err(failed)?;
            if who == Contestant::LearnedUnverified {
                let key = (suite, args.common.seed);
                let measure = || measured_episodes(&deeds, &tasks);
                let wanted = (wanted_time, tasks.len());
                equal = equal_time(&args.common.reference, key, wanted, measure).map_err(failed)?;
                ring.equal_episodes = equal.episodes;
            }
            all.push((who, deeds));
        }
        let report = closed_loop::report(&tasks, &reference, &all, equal);
        eval_text::suite(&mut text, suite.name(), &report);
        // Writing to a String cannot fail.
        if takes_part(Contestant::LearnedUnverified) {
            let _ = writeln!(text, "{}\n", origin_in_words(suite, equal.origin));
        }
        suites.insert(suite.name().to_owned(), to_value(&report)?);
    }
    if args.common.json {
        let what = if args.reference_only {
            "reference"
        } else {
            "suites"
        };
        print::json(&json!({ "seed": args.common.seed, what: suites }))?;
    } else {
        print::text(&text)?;
    }
    Ok(Exit::Done)
}

/// What is said of a reference that was only stored.
fn in_short(reference: &[Deed]) -> Value {
    let solvable = reference.iter().filter(|d| d.shows_solvable()).count();
    json!({ "n": reference.len(), "solvable": solvable })
}

fn origin_in_words(suite: PlannerSuite, origin: Origin) -> String {
    let how = match origin {
        Origin::Recorded => "was measured once and recorded; --measure-equal-time measures it anew",
        Origin::Measured => "was measured in this run, and is recorded for the next",
        Origin::Unrecorded => "was measured in this run, which is of too few tasks to record it",
    };
    format!("The equal time of {} {how}.", suite.name())
}

fn contest_failed(error: ContestError, interrupt: &Interrupt) -> Failure {
    match error {
        ContestError::Reference(error) => reference_failed(error, interrupt),
        ContestError::Failed { .. } => {
            Failure::failed_message(error, "Try another --seed, and please report this one.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_that_is_only_stored_is_told_in_short() {
        let safe = Deed {
            predicted_risk: Some(0.0),
            ..Deed::default()
        };
        let told = in_short(&[safe, Deed::default()]);
        assert_eq!(told, json!({ "n": 2, "solvable": 1 }));
    }

    #[test]
    fn a_reader_is_told_whether_the_equal_time_was_measured_or_recorded() {
        let recorded = origin_in_words(PlannerSuite::Steps, Origin::Recorded);
        assert!(recorded.contains("recorded; --measure-equal-time"));
        let measured = origin_in_words(PlannerSuite::Steps, Origin::Measured);
        assert!(measured.contains("in this run"));
    }
}
