//! `topple eval risk`: grasps of every predicted risk, carried out regardless.
//!
//! Owns the flags and how the ten bins read. The figures are [`crate::eval::risk_sweep`]'s.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;

use super::eval::{bar, sandbox_failed, split, to_value};
use super::eval_text::{interval, percent};
use super::interrupt::Interrupt;
use super::{Exit, Failure, Outcome, models, print};
use crate::eval::EVAL_SEED;
use crate::eval::risk_sweep::{Asked, RiskReport, Sweep, SweepError, sweep};
use crate::eval::suite::{Split, Suite};
use crate::model::{DeviceChoice, LearnedDynamics};

/// Beliefs that are searched for each grasp that is asked for, before rare risks are given up.
const STACKS_PER_GRASP: u64 = 8;

/// Flags of `eval risk`.
#[derive(Args, Debug)]
pub struct RiskArgs {
    /// How many grasps are carried out, a tenth of them in each tenth of predicted risk.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(10..=1_000_000))]
    grasps: u64,
    /// Whose beliefs: any split's but `hard`.
    #[arg(long, value_name = "SPLIT", default_value = "standard", value_parser = split)]
    split: Split,
    /// Ask for the risk of screening alone, which chooses what is imagined, in place of the one that a plan is chosen by.
    #[arg(long)]
    screened: bool,
    /// A model's folder, in place of the one inside the binary.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Where the model computes: auto, cpu or cuda; auto takes a GPU where it can.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
    /// Seeds beliefs, grasps and draws.
    #[arg(long, default_value_t = EVAL_SEED)]
    seed: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Searches, carries out and prints.
///
/// # Errors
/// When a model cannot be read, the sandbox fails, or a signal came.
pub fn run(args: &RiskArgs) -> Outcome {
    refuse_chosen_cases(args.split)?;
    let interrupt = Interrupt::install()?;
    let model = models::world_model(args.model.as_deref(), args.device)?;
    let plan = Sweep {
        suite: Suite {
            split: args.split,
            seed: args.seed,
        },
        grasps: args.grasps as usize,
        max_stacks: args.grasps * STACKS_PER_GRASP,
        asked: match args.screened {
            true => Asked::Screening,
            false => Asked::Deciding,
        },
    };
    let bar = bar(2 * plan.grasps, "grasps found and carried out");
    let dynamics = LearnedDynamics::new(model);
    let done = sweep(plan, &dynamics, &interrupt.stop, |n| bar.inc(n as u64));
    bar.finish_and_clear();
    interrupt.check()?;
    let report = done.map_err(|error| match error {
        SweepError::Interrupted => Failure::Interrupted(interrupt.signal().unwrap_or(2)),
        SweepError::Sandbox(error) => sandbox_failed(error),
    })?;
    if args.json {
        let report = to_value(&report)?;
        let split = args.split.name();
        print::json(&serde_json::json!({ "seed": args.seed, "split": split, "risk": report }))?;
    } else {
        print::text(&text(args.split.name(), &report))?;
    }
    Ok(Exit::Done)
}

/// Refuses the split whose cases are chosen by their draws. The sweep draws actions of its own on whatever beliefs the
/// families give, which for `hard` would be those of `standard` under another name.
fn refuse_chosen_cases(split: Split) -> Result<(), Failure> {
    if split != Split::Hard {
        return Ok(());
    }
    Err(Failure::input_message(
        "the hard split is of chosen cases, and grasps of every predicted risk cannot be had of those alone",
        "Name another --split; `topple eval model --splits hard` tells how the model judges these cases.",
    ))
}

fn text(split: &str, report: &RiskReport) -> String {
    // Writing to a String cannot fail.
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{split}: {} grasps on {} beliefs, carried out whatever was predicted {}; {} predictions failed",
        report.grasps,
        report.stacks,
        match report.asked {
            Asked::Deciding => "of what is imagined",
            Asked::Screening => "in screening",
        },
        report.failed
    );
    let _ = writeln!(
        out,
        "  {:>11} {:>6} {:>10} {:>9} {:>16}",
        "risk", "n", "predicted", "observed", "95 % interval"
    );
    for bin in &report.bins {
        let interval = bin.ci.map_or("-".to_owned(), interval);
        let verdict = match bin.agrees {
            Some(true) => "agrees",
            Some(false) => "differs",
            None => "no such grasp",
        };
        let _ = writeln!(
            out,
            "  {:>4.1} to {:.1} {:>6} {:>10} {:>9} {interval:>16}  {verdict}",
            bin.from,
            bin.to,
            bin.n,
            percent(bin.predicted),
            percent(bin.observed),
        );
    }
    let _ = writeln!(
        out,
        "  predicted and observed rates agree in {} of {} bins",
        report.agreeing,
        report.bins.len()
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_of_chosen_cases_is_refused_and_every_other_is_swept() {
        for split in Split::ALL {
            let failure = refuse_chosen_cases(split).err();
            let code = failure.map(|failure| failure.code());
            assert_eq!(
                code,
                (split == Split::Hard).then_some(2),
                "{}",
                split.name()
            );
        }
    }
}
