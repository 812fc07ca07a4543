//! `topple bench`: the speed of the sandbox, the model and the planner on this machine.
//!
//! Owns the flags and the order in which things are measured; how that reads is `bench_text`'s. The figures are
//! [`crate::eval::bench`]'s.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;

use super::eval::sandbox_failed;
use super::interrupt::Interrupt;
use super::{Exit, Failure, Outcome, bench_text, models, print};
use crate::eval::EVAL_SEED;
use crate::eval::bench::{
    BenchError, BenchReport, Effort, GROWTH_STACKS, SANDBOX_STACKS, growth, model_speed, planning,
    risk_query, sandbox_speed, training,
};
use crate::eval::suite::{Split, Suite};
use crate::model::{DeviceChoice, LearnedDynamics};

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Physics steps and episodes on stacks of 8 to 100 cubes.
    Sandbox,
    /// Screening and imagining, and how screening grows with the stack.
    Model,
    /// The model beside the sandbox with as many draws as are as good.
    Risk,
    /// One planned step.
    Plan,
    /// Gradient steps.
    Train,
}

/// Measure the speed of the sandbox, the model and the planner on this machine.
///
/// Figures of the sandbox, the model and training are of one thread, planning has all. Other work
/// on the machine makes them worse: nothing else should run.
#[derive(Args, Debug)]
pub struct BenchArgs {
    /// Only this part.
    #[arg(long, value_enum)]
    pub only: Option<Part>,
    /// A model's folder, in place of the one inside the binary.
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Physics steps in a round on each stack.
    #[arg(long, value_name = "N", default_value_t = Effort::default().steps, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub steps: u64,
    /// Rounds, of which the quickest counts.
    #[arg(long, value_name = "N", default_value_t = Effort::default().rounds as u64, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub rounds: u64,
    /// Beliefs that the model and the planner are timed on.
    #[arg(long, value_name = "N", default_value_t = Effort::default().beliefs as u64, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub beliefs: u64,
    /// Candidates screened at once.
    #[arg(long, value_name = "N", default_value_t = Effort::default().batch as u64, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub batch: u64,
    /// Cases of each split that the risk query is held on.
    #[arg(long, value_name = "N", default_value_t = Effort::default().cases as u64, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub cases: u64,
    /// The most draws that the sandbox is given there.
    #[arg(long, value_name = "N", default_value_t = Effort::default().draws as u64, value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub draws: u64,
    /// Gradient steps.
    #[arg(long, value_name = "N", default_value_t = Effort::default().train_steps as u64, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub train_steps: u64,
    /// Seeds the beliefs, the cases and the candidates.
    #[arg(long, default_value_t = EVAL_SEED)]
    pub seed: u64,
    /// Where the model computes: auto, cpu or cuda; auto takes a GPU where it can [default: auto]
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

impl BenchArgs {
    fn effort(&self) -> Effort {
        Effort {
            steps: self.steps,
            rounds: self.rounds as usize,
            beliefs: self.beliefs as usize,
            batch: self.batch as usize,
            cases: self.cases as usize,
            draws: self.draws as usize,
            train_steps: self.train_steps as usize,
        }
    }
}

/// Measures what was asked for.
///
/// # Errors
/// When a model cannot be read or is not asked for, the sandbox fails, or a signal came.
pub fn run(args: &BenchArgs) -> Outcome {
    for (part, who) in [
        (Part::Sandbox, "--only sandbox"),
        (Part::Train, "--only train"),
    ] {
        if args.only == Some(part) {
            models::refuse_idle(who, args.model.as_deref(), args.device)?;
        }
    }
    let interrupt = Interrupt::install()?;
    let effort = args.effort();
    let mut report = BenchReport {
        seed: args.seed,
        threads: rayon::current_num_threads(),
        ..BenchReport::default()
    };
    let spinner = ProgressBar::new_spinner();
    let say = |what: &str| {
        spinner.set_message(what.to_owned());
        spinner.tick();
        interrupt.check()
    };
    let stop = &*interrupt.stop;
    let failed = |error| failed(error, &interrupt);
    let wants = |part: Part| args.only.is_none_or(|only| only == part);
    if wants(Part::Sandbox) {
        for stack in SANDBOX_STACKS {
            say(&format!("the sandbox on {} cubes", stack.boxes()))?;
            report
                .sandbox
                .push(sandbox_speed(stack, &effort).map_err(failed)?);
            let touching = sandbox_speed(stack.touching(), &effort).map_err(failed)?;
            report.sandbox_touching.push(touching);
        }
    }
    if wants(Part::Model) || wants(Part::Risk) || wants(Part::Plan) {
        let device = args.device.unwrap_or_default();
        let dynamics = LearnedDynamics::new(models::world_model(args.model.as_deref(), device)?);
        if wants(Part::Model) {
            say("the model on 12 boxes")?;
            report.model = Some(model_speed(&dynamics, args.seed, &effort, stop).map_err(failed)?);
            for stack in GROWTH_STACKS {
                say(&format!("the model on {} cubes", stack.boxes()))?;
                report
                    .growth
                    .push(growth(&dynamics, stack, &effort).map_err(failed)?);
            }
        }
        if wants(Part::Risk) {
            for split in [Split::Standard, Split::Hard] {
                say(&format!("the price of a risk on {}", split.name()))?;
                let seed = args.seed;
                let query = risk_query(&dynamics, Suite { split, seed }, &effort, stop);
                report
                    .risk_query
                    .insert(split.name(), query.map_err(failed)?);
            }
        }
        if wants(Part::Plan) {
            say("planning")?;
            report.plan_ms = Some(planning(&dynamics, args.seed, &effort, stop).map_err(failed)?);
        }
    }
    if wants(Part::Train) {
        say("training")?;
        report.train = Some(training(args.seed, &effort, stop).map_err(failed)?);
    }
    spinner.finish_and_clear();
    interrupt.check()?;
    if args.json {
        print::json(&report)?;
    } else {
        print::text(&bench_text::in_words(&report))?;
    }
    Ok(Exit::Done)
}

fn failed(error: BenchError, interrupt: &Interrupt) -> Failure {
    if let Err(interrupted) = interrupt.check() {
        return interrupted;
    }
    match error {
        BenchError::System { .. } => {
            Failure::failed_message(error, "Is there room in the folder for temporary files?")
        }
        _ => sandbox_failed(error),
    }
}
