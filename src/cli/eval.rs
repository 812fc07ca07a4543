//! `topple eval model|planner|risk`: figures against the sandbox.
//!
//! Owns the flags that they share and those of `model`, and the order in which that is measured; the other two are
//! `eval_planner`'s and `eval_risk`'s. The figures are [`crate::eval`]'s.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::eval_planner::{self, PlannerArgs};
use super::eval_risk::{self, RiskArgs};
use super::interrupt::Interrupt;
use super::{Exit, Failure, Outcome, eval_text, physics, print};
use crate::eval::reference::{ReferenceError, ceiling};
use crate::eval::suite::{Split, Suite};
use crate::eval::{EVAL_SEED, open_loop};
use crate::model::{DeviceChoice, LearnedDynamics, WorldModel};
use crate::sandbox::SandboxError;
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
    let splits = if args.splits.is_empty() {
        vec![Split::Standard, Split::Hard, Split::Real]
    } else {
        args.splits.clone()
    };
    let mut reports = serde_json::Map::new();
    let mut text = String::new();
    for split in splits {
        let suite = Suite {
            split,
            seed: args.common.seed,
        };
        let count = args.episodes as usize;
        let looked_for = bar(count, &format!("cases of {}", split.name()));
        let cases = suite.cases(count, |found| go_on(found, &looked_for, &interrupt));
        looked_for.finish_and_clear();
        let cases = cases.map_err(sandbox_failed)?;
        interrupt.check()?;
        let ceiling = if args.no_ceiling {
            None
        } else {
            let bar = bar(cases.len(), &format!("ceiling of {}", split.name()));
            let dir = &args.common.reference;
            let known = ceiling(dir, suite, &cases, &interrupt.stop, |done, _| {
                bar.set_position(done as u64);
            });
            bar.finish_and_clear();
            Some(known.map_err(|e| reference_failed(e, &interrupt))?)
        };
        let bar = bar(cases.len(), split.name());
        let (ceiling, stop) = (ceiling.as_deref(), &*interrupt.stop);
        let judged = open_loop::judge(suite, &cases, ceiling, &dynamics, stop, || bar.inc(1));
        bar.finish_and_clear();
        interrupt.check()?;
        let report =
            open_loop::report(&judged.map_err(sandbox_failed)?, Safety::default().max_risk);
        eval_text::split(&mut text, split.name(), &report);
        reports.insert(split.name().to_owned(), to_value(&report)?);
    }
    if args.common.json {
        print::json(&serde_json::json!({ "splits": reports }))?;
    } else {
        print::text(&text)?;
    }
    Ok(Exit::Done)
}

pub(super) fn open(common: &Common) -> Result<WorldModel, Failure> {
    physics::world_model(common.model.as_deref(), common.device)
}

pub(super) fn sandbox_failed(error: SandboxError) -> Failure {
    Failure::failed_message(error, "Try another --seed, and please report this one.")
}

pub(super) fn reference_failed(error: ReferenceError, interrupt: &Interrupt) -> Failure {
    match (&error, interrupt.signal()) {
        (ReferenceError::Interrupted, Some(signal)) => {
            print::note("what the reference has stored is found again, all but the last few");
            Failure::Interrupted(signal)
        }
        (ReferenceError::Write { .. }, _) => Failure::failed_message(
            error,
            "Free some space, or name another folder with --reference.",
        ),
        _ => Failure::failed_message(error, "Try another --seed, and please report this one."),
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
