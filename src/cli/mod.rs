//! The command line: one file a command, and what they share in how they end.
//!
//! Owns the exit codes of design, section 3, and the order in which a command does its work: the figures are library
//! code's, which returns values; this asks for them, puts them into words and prints. Data goes to stdout, progress
//! and logs to stderr.
//!
//! A command `NAME` is in the file of that name, its words for a person in `NAME_text`. [`physics`] is the one place where
//! sandbox, model and planner are put together, `models` where a model is opened; [`mod@print`], [`interrupt`], `overwrite`
//! and `waiting` are for all of them.

pub mod bench;
mod bench_text;
pub mod eval;
mod eval_contest;
mod eval_kept;
pub mod eval_planner;
pub mod eval_risk;
mod eval_text;
pub mod generate;
mod given_scenes;
pub mod import;
pub mod inspect;
pub mod inspect_task;
pub mod interrupt;
pub mod merge;
pub mod models;
mod overwrite;
pub mod physics;
pub mod plan;
mod plan_text;
pub mod poke_args;
pub mod print;
pub mod replay;
pub mod replay_source;
pub mod schema;
pub mod train;
mod train_data;
mod train_progress;
mod train_text;
pub mod vet;
mod waiting;
pub mod what_if;
mod what_if_text;

use clap::{Parser, Subcommand};

/// If I pull this box, what else comes down?
#[derive(Parser, Debug)]
#[command(name = "topple", version, about, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of design, section 3.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Choose grasps and motions that bring nothing else down.
    Plan(plan::PlanArgs),
    /// Imagine one action: who moves, who falls.
    WhatIf(what_if::WhatIfArgs),
    /// Judge somebody else's steps.
    Vet(vet::VetArgs),
    /// Make rollouts in the sandbox, for `train` to learn from.
    Generate(generate::GenerateArgs),
    /// Put the shards of a data set together.
    Merge(merge::MergeArgs),
    /// Tell what a data set, a model or a task file holds.
    Inspect(inspect::InspectArgs),
    /// Show a scenario, a recorded episode or a plan: on the screen, as a page, a clip, a picture or a log.
    Replay(replay::ReplayArgs),
    /// Train a world model on a data set.
    Train(train::TrainArgs),
    /// Turn real packings into scenarios.
    Import(import::ImportArgs),
    /// Measure the model or the planner against the sandbox, with intervals.
    Eval(eval::EvalArgs),
    /// Measure the speed of the sandbox, the model and the planner on this machine.
    Bench(bench::BenchArgs),
    /// Print the JSON Schema of task files.
    Schema(schema::SchemaArgs),
}

/// How a command ended when nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; for `plan`, `what-if` and `vet`: and it is safe. Code 0.
    Done,
    /// It worked, and the answer is "not safe". Code 3.
    NotSafe,
    /// What was asked for was carried out and went wrong (an accident in `--execute`), or stopped early. Code 1.
    Accident,
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Bad usage or bad input: unreadable, truncated, foreign, future. Code 2.
    #[error("{0}")]
    Input(miette::Report),
    /// The work itself failed: a full disk. Code 1.
    #[error("{0}")]
    Failed(miette::Report),
    /// Stopped by a signal; what was finished is kept. Code 128 + its number.
    #[error("interrupted")]
    Interrupted(i32),
}

impl Failure {
    /// Bad input, code 2.
    pub fn input(error: impl miette::Diagnostic + Send + Sync + 'static) -> Self {
        Self::Input(error.into())
    }

    /// Bad input told in one sentence with its remedy, code 2.
    pub fn input_message(message: impl std::fmt::Display, remedy: impl std::fmt::Display) -> Self {
        Self::Input(miette::miette!(help = remedy.to_string(), "{message}"))
    }

    /// Failed work told in one sentence with its remedy, code 1.
    pub fn failed_message(message: impl std::fmt::Display, remedy: impl std::fmt::Display) -> Self {
        Self::Failed(miette::miette!(help = remedy.to_string(), "{message}"))
    }

    /// The process's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Input(_) => 2,
            Self::Failed(_) => 1,
            Self::Interrupted(signal) => 128 + *signal as u8,
        }
    }
}

/// What every command's `run` returns.
pub type Outcome = Result<Exit, Failure>;

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Accident => 1,
            Self::NotSafe => 3,
        }
    }
}

/// Runs the command that was asked for.
///
/// # Errors
/// As its exit code says: bad input, failed work, or an interruption.
pub fn run(cli: Cli) -> Outcome {
    match cli.command {
        Command::Plan(args) => plan::run(&args),
        Command::WhatIf(args) => what_if::run(&args),
        Command::Vet(args) => vet::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Schema(args) => schema::run(args),
    }
}
