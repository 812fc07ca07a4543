//! `topple merge`: the shards of one data set, made apart, into one.
//!
//! Owns the flags and what is said at the end. The work is [`crate::dataset::merge`]'s.

use std::path::PathBuf;

use clap::Args;
use indicatif::ProgressBar;
use serde_json::json;

use super::interrupt::Interrupt;
use super::{Exit, Failure, Outcome, print};
use crate::dataset::{self, Ending, Report};

/// Put the shards that `topple generate --shard i/n` made into one data set.
///
/// The result is the same, byte for byte, as if it had been made in one go. Gaps, duplicates
/// and shards of another seed, config or version are refused. A folder that holds this same result
/// already is left as it is, and an interrupted merge is taken up; anything else in it is refused.
#[derive(Args, Debug)]
pub struct MergeArgs {
    /// All shards, in any order.
    #[arg(required = true, value_name = "SHARD")]
    pub shards: Vec<PathBuf>,
    /// The folder to write to: new, empty, or with this same result in it, whole or in part; anything
    /// else in it is refused.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Print what was done as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Merges.
///
/// # Errors
/// When the shards do not make up one data set, the disk is full, or a signal came.
pub fn run(args: &MergeArgs) -> Outcome {
    let interrupt = Interrupt::install()?;
    let bar = ProgressBar::new(0);
    let report = dataset::merge(&args.out, &args.shards, &interrupt.stop, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let report = report?;
    if report.ending == Ending::Stopped {
        print::note("interrupted: give the same command again to go on");
        return Err(Failure::Interrupted(interrupt.signal().unwrap_or(2)));
    }
    print(args, &report)?;
    Ok(Exit::Done)
}

fn print(args: &MergeArgs, report: &Report) -> Result<(), Failure> {
    let (count, out) = (args.shards.len(), args.out.display());
    let Report {
        episodes, found, ..
    } = report;
    if args.json {
        return print::json(&json!({
            "out": out.to_string(),
            "shards": count,
            "episodes": episodes,
            "found": found,
        }));
    }
    print::text(&match found {
        0 => format!("{count} shards merged into {out}: {episodes} episodes\n"),
        n if n == episodes => {
            format!("{out} already holds these {count} shards as one: {episodes} episodes\n")
        }
        n => format!(
            "{count} shards merged into {out}: {episodes} episodes ({n} were there already)\n"
        ),
    })
}
