//! `topple eval planner`: the planner in the sandbox, beside planners that simulate and policies that do not.
//!
//! Owns its flags and which of them contradict each other. How a suite goes is `eval_contest`'s.

use clap::Args;
use serde_json::json;

use super::eval::{Common, Told, open};
use super::eval_contest::Contest;
use super::interrupt::Interrupt;
use super::{Failure, Outcome};
use crate::dynamics::Dynamics;
use crate::eval::contest::Contestant;
use crate::eval::tasks::PlannerSuite;
use crate::model::LearnedDynamics;

/// Flags of `eval planner`.
#[derive(Args, Debug)]
pub struct PlannerArgs {
    #[command(flatten)]
    pub(super) common: Common,
    /// How many tasks of each suite; left out: 200 steps and 60 tasks.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(super) tasks: Option<u64>,
    /// Only this suite; left out: both.
    #[arg(long, value_name = "NAME", value_parser = suite)]
    pub(super) suite: Option<PlannerSuite>,
    /// Only these planners, separated by commas; left out: all. `sandbox_equal_time` needs `learned_unverified`, whose
    /// time it has.
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = contestant)]
    pub(super) planners: Vec<Contestant>,
    /// Also hold each first plan of learned, learned_unverified and sandbox_equal_time against so many draws that it was not
    /// chosen by.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096), conflicts_with = "reference_only")]
    pub(super) held_out_draws: Option<u64>,
    /// Only store what the reference planner does: the slow part, which needs no model.
    #[arg(long, conflicts_with_all = ["planners", "model", "device"])]
    pub(super) reference_only: bool,
    /// Measure anew how many episodes the sandbox simulates in the time of learned_unverified, and record that.
    #[arg(long, conflicts_with = "reference_only")]
    pub(super) measure_equal_time: bool,
}

impl PlannerArgs {
    /// Whether the command line asks for `who`.
    pub(super) fn asks_for(&self, who: Contestant) -> bool {
        self.planners.is_empty() || self.planners.contains(&who)
    }

    /// How many tasks of `suite` are wanted.
    pub(super) fn count(&self, suite: PlannerSuite) -> usize {
        let usual = match suite {
            PlannerSuite::Steps => 200,
            PlannerSuite::Tasks => 60,
        };
        self.tasks.map_or(usual, |n| n as usize)
    }
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

/// Measures what was asked for.
///
/// # Errors
/// When a model or a stored reference cannot be read, a planner or the sandbox fails, or a signal came. What was
/// finished before is printed all the same.
pub fn run(args: &PlannerArgs) -> Outcome {
    refuse_contradictions(args)?;
    let interrupt = Interrupt::install()?;
    let learned = match args.reference_only {
        true => None,
        false => Some(LearnedDynamics::new(open(&args.common)?)),
    };
    let contest = Contest {
        args,
        interrupt: &interrupt,
        learned: learned.as_ref().map(|d| d as &dyn Dynamics),
    };
    let wanted = |suite: &PlannerSuite| args.suite.is_none_or(|only| only == *suite);
    let mut told = Told::default();
    let ended = PlannerSuite::ALL
        .into_iter()
        .filter(wanted)
        .try_for_each(|suite| contest.hold(suite, &mut told));
    let what = match args.reference_only {
        true => "reference",
        false => "suites",
    };
    let seed = args.common.seed;
    told.print(
        args.common.json,
        |suites| json!({ "seed": seed, what: suites }),
        ended,
    )
}

/// Refuses flags that ask for what cannot be had together.
fn refuse_contradictions(args: &PlannerArgs) -> Result<(), Failure> {
    let takes_part = |who| args.asks_for(who);
    let is_timed = takes_part(Contestant::LearnedUnverified);
    if takes_part(Contestant::SandboxEqualTime) && !is_timed {
        return Err(Failure::input_message(
            "sandbox_equal_time has the time of learned_unverified, which is not among --planners",
            "Name both.",
        ));
    }
    if args.measure_equal_time && !is_timed {
        return Err(Failure::input_message(
            "--measure-equal-time times learned_unverified, which is not among --planners",
            "Name it, or leave the flag out.",
        ));
    }
    let plans = |who: &Contestant| takes_part(*who) && who.plans_here();
    if args.held_out_draws.is_some() && !Contestant::ALL.iter().any(plans) {
        return Err(Failure::input_message(
            "--held-out-draws is for plans, and none of --planners makes one in this run",
            "Name learned, learned_unverified or sandbox_equal_time, or leave it out.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser, Debug)]
    struct Line {
        #[command(flatten)]
        planner: PlannerArgs,
    }

    fn parse(flags: &[&str]) -> Result<Line, clap::Error> {
        let line = std::iter::once("planner").chain(flags.iter().copied());
        <Line as clap::Parser>::try_parse_from(line)
    }

    /// Whether the flags are refused, with a word of why.
    fn refused(flags: &[&str]) -> Option<String> {
        let line = parse(flags).expect("known flags");
        let failure = refuse_contradictions(&line.planner).err()?;
        assert_eq!(failure.code(), 2);
        Some(failure.to_string())
    }

    #[test]
    fn a_time_is_neither_equalled_nor_measured_of_a_planner_that_takes_no_part() {
        let why = refused(&["--planners", "random", "--measure-equal-time"]).unwrap();
        assert!(
            why.contains("learned_unverified, which is not among"),
            "{why}"
        );
        let why = refused(&["--planners", "sandbox_equal_time"]).unwrap();
        assert!(
            why.contains("learned_unverified, which is not among"),
            "{why}"
        );
        let fine = ["--planners", "learned_unverified", "--measure-equal-time"];
        assert_eq!(refused(&fine), None);
        assert_eq!(refused(&["--measure-equal-time"]), None);
    }

    #[test]
    fn where_only_references_are_stored_neither_planners_nor_a_model_are_asked_for() {
        for (flag, value) in [
            ("--planners", "random"),
            ("--model", "m"),
            ("--device", "cpu"),
        ] {
            let refused = parse(&["--reference-only", flag, value]).unwrap_err();
            let conflict = clap::error::ErrorKind::ArgumentConflict;
            assert_eq!(refused.kind(), conflict, "{refused}");
        }
        assert!(parse(&["--reference-only", "--tasks", "5"]).is_ok());
    }
}
