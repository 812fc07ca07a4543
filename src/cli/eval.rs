//! `topple eval model|planner|risk`: figures against the sandbox.
//!
//! Owns the flags that they share and those of `model`, and the order in which that is measured; the other two are
//! `eval_planner`'s and `eval_risk`'s. Owns as well that what is finished is printed, whatever failed after it. The figures
//! are [`crate::eval`]'s.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::eval_kept::{choices, keep, note_missing};
use super::eval_planner::{self, PlannerArgs};
use super::eval_risk::{self, RiskArgs};
use super::interrupt::Interrupt;
use super::{Exit, Failure, Outcome, eval_text, models, print};
use crate::eval::choices::Choices;
use crate::eval::open_loop::SplitReport;
use crate::eval::reference::{ReferenceError, ceiling, without_ceiling};
use crate::eval::suite::{Split, Suite};
use crate::eval::{EVAL_SEED, open_loop};
use crate::model::{DeviceChoice, LearnedDynamics, WorldModel};
use crate::scene::Safety;

/// Measure the model or the planner against the sandbox.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// What is measured.
    #[command(subcommand)]
    pub what: What,
}

/// What is measured.
#[derive(Subcommand, Debug)]
pub enum What {
    /// The model's forecasts, beside the sandbox under 32 draws and the base rate.
    Model(ModelArgs),
    /// The planner in the sandbox, beside planners that simulate and policies that do not.
    Planner(PlannerArgs),
    /// Whether a risk means what it says: grasps of every predicted risk, carried out regardless.
    Risk(RiskArgs),
}

/// Flags that the model's and the planner's share.
#[derive(Args, Debug)]
pub struct Common {
    /// A model's folder, in place of the one inside the binary.
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Where slow references are kept; what is missing there is computed and stored.
    #[arg(long, value_name = "DIR", default_value = "models/default/reference")]
    pub reference: PathBuf,
    /// Seeds the cases; another one makes references be computed anew, which takes long.
    #[arg(long, default_value_t = EVAL_SEED)]
    pub seed: u64,
    /// Where the model computes: auto, cpu or cuda; auto takes a GPU where it can.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `eval model`.
#[derive(Args, Debug)]
pub struct ModelArgs {
    #[command(flatten)]
    common: Common,
    /// How many cases of each split.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(20..=1_000_000))]
    episodes: u64,
    /// Only these splits, separated by commas.
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = split)]
    splits: Vec<Split>,
    /// Leave the ceiling out: it simulates 32 draws of each case that is not stored.
    #[arg(long)]
    no_ceiling: bool,
}

pub(super) fn split(name: &str) -> Result<Split, String> {
    Split::ALL
        .into_iter()
        .find(|s| s.name() == name)
        .ok_or_else(|| {
            let names = Split::ALL.map(Split::name).join(", ");
            format!("there is no such split; choose from {names}")
        })
}

/// Measures what was asked for.
///
/// # Errors
/// When a model cannot be read, the sandbox fails, or a signal came.
pub fn run(args: &EvalArgs) -> Outcome {
    match &args.what {
        What::Model(args) => model(args),
        What::Planner(args) => eval_planner::run(args),
        What::Risk(args) => eval_risk::run(args),
    }
}

fn model(args: &ModelArgs) -> Outcome {
    let interrupt = Interrupt::install()?;
    let dynamics = LearnedDynamics::new(open(&args.common)?);
    let usual = [Split::Standard, Split::Hard, Split::Real];
    let splits = match args.splits.as_slice() {
        [] => &usual[..],
        some => some,
    };
    let mut told = Told::default();
    let ended = splits.iter().try_for_each(|&split| {
        let report = of_split(args, split, &dynamics, &interrupt)?;
        eval_text::split(&mut told.text, split.name(), &report);
        told.add(split.name(), &report)
    });
    told.print(
        args.common.json,
        |splits| json!({ "splits": splits }),
        ended,
    )
}

/// The figures of one split.
fn of_split(
    args: &ModelArgs,
    split: Split,
    dynamics: &LearnedDynamics,
    interrupt: &Interrupt,
) -> Result<SplitReport, Failure> {
    let suite = Suite {
        split,
        seed: args.common.seed,
    };
    let count = args.episodes as usize;
    let looked_for = bar(count, &format!("cases of {}", split.name()));
    let choices = match split {
        Split::Hard => choices(&args.common, split.name(), interrupt)?,
        _ => Choices::of_this_run(),
    };
    let cases = suite.cases(count, &choices, |found| {
        keep(&choices);
        go_on(found, &looked_for, interrupt)
    });
    looked_for.finish_and_clear();
    let cases = cases.map_err(sandbox_failed)?;
    interrupt.check()?;
    let ceiling = if args.no_ceiling {
        None
    } else {
        let dir = &args.common.reference;
        let failed = |e| reference_failed(e, interrupt.signal());
        let missing = without_ceiling(dir, suite, &cases).map_err(failed)?;
        note_missing(
            missing,
            cases.len(),
            &format!("cases of {}", split.name()),
            dir,
        );
        let bar = bar(cases.len(), &format!("ceiling of {}", split.name()));
        let known = ceiling(dir, suite, &cases, &interrupt.stop, |done| {
            bar.set_position(done as u64);
        });
        bar.finish_and_clear();
        Some(known.map_err(failed)?)
    };
    let bar = bar(cases.len(), split.name());
    let (ceiling, stop) = (ceiling.as_deref(), &*interrupt.stop);
    let judged = open_loop::judge(suite, &cases, ceiling, dynamics, stop, || bar.inc(1));
    bar.finish_and_clear();
    interrupt.check()?;
    let judged = judged.map_err(sandbox_failed)?;
    Ok(open_loop::report(&judged, Safety::default().max_risk))
}

/// What was measured so far, split by split or suite by suite.
#[derive(Default)]
pub(super) struct Told {
    reports: Map<String, Value>,
    /// How it reads.
    pub(super) text: String,
}

impl Told {
    /// Notes what is told of `name` as JSON.
    pub(super) fn add(
        &mut self,
        name: &str,
        report: &impl serde::Serialize,
    ) -> Result<(), Failure> {
        self.reports.insert(name.to_owned(), to_value(report)?);
        Ok(())
    }

    /// Prints what is finished, as text or as the `object` of the reports, and ends as the measuring `ended`: what took
    /// hours is not lost to what failed after it.
    pub(super) fn print(
        self,
        as_json: bool,
        object: impl FnOnce(Map<String, Value>) -> Value,
        ended: Result<(), Failure>,
    ) -> Outcome {
        if ended.is_ok() || !self.reports.is_empty() {
            match as_json {
                true => print::json(&object(self.reports))?,
                false => print::text(&self.text)?,
            }
        }
        ended.map(|()| Exit::Done)
    }
}

pub(super) fn open(common: &Common) -> Result<WorldModel, Failure> {
    models::world_model(common.model.as_deref(), common.device)
}

/// The sandbox or a planner in it failed, or what is timed: as a rule on one of many scenes.
pub(super) fn sandbox_failed(error: impl std::fmt::Display) -> Failure {
    Failure::failed_message(error, "Try another --seed, and please report this one.")
}

/// What a failed reference ends a command with, where `signal` came, if any.
pub(super) fn reference_failed(error: ReferenceError, signal: Option<i32>) -> Failure {
    match (&error, signal) {
        (ReferenceError::Interrupted, Some(signal)) => {
            print::note("what the reference has stored is found again, all but the last few");
            Failure::Interrupted(signal)
        }
        (ReferenceError::Read { .. }, _) => Failure::input_message(
            error,
            "Restore it, or move it away to have it computed anew.",
        ),
        (ReferenceError::Write { .. }, _) => Failure::failed_message(
            error,
            "Free some space, or name another folder with --reference.",
        ),
        _ => sandbox_failed(error),
    }
}

pub(super) fn to_value(report: &impl serde::Serialize) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(report)
        .map_err(|e| Failure::failed_message(e, "Please report this with the command."))
}

/// Shows how many were `found`, and whether to look for more.
pub(super) fn go_on(found: usize, bar: &ProgressBar, interrupt: &Interrupt) -> ControlFlow<()> {
    bar.set_position(found as u64);
    match interrupt.check() {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

pub(super) fn bar(length: usize, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length as u64)
        .with_style(style)
        .with_message(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_finished_is_told_and_the_run_ends_as_what_came_after_it_did() {
        let mut told = Told::default();
        told.add("standard", &json!({ "episodes": 20 })).unwrap();
        let stopped = || Err(Failure::Interrupted(2));
        let mut seen = None;
        let ended = told.print(
            true,
            |reports| {
                seen = Some(Value::Object(reports));
                Value::Null
            },
            stopped(),
        );
        assert_eq!(ended.unwrap_err().code(), 130);
        assert_eq!(seen, Some(json!({ "standard": { "episodes": 20 } })));
        // Where nothing was finished there is nothing to print.
        let none = Told::default().print(true, |_| panic!("printed all the same"), stopped());
        assert_eq!(none.unwrap_err().code(), 130);
    }

    #[test]
    fn a_stored_reference_that_cannot_be_read_is_bad_input_with_a_remedy() {
        let error = ReferenceError::Read {
            path: "kept/ceiling-hard-1.json".into(),
            reason: "cut short".to_owned(),
        };
        let failure = reference_failed(error, None);
        assert_eq!(failure.code(), 2);
        let Failure::Input(report) = failure else {
            panic!("not bad input");
        };
        let told = format!("{report:?}");
        assert!(
            told.contains("ceiling-hard-1.json") && told.contains("move it away"),
            "{told}"
        );
    }
}
