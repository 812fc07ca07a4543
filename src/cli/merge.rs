//! `topple merge`: the shards of one data set, made apart, into one.
//!
//! Owns the flags and what is said at the end. The work is [`crate::dataset::merge`]'s.

use std::path::PathBuf;

use clap::Args;
use indicatif::ProgressBar;

use super::interrupt::Interrupt;
use super::{Exit, Failure, Outcome};
use crate::dataset::{self, Ending};

/// Put the shards that `topple generate --shard i/n` made into one data set.
///
/// The result is the same, byte for byte, as if it had been made in one go. Gaps, duplicates
/// and shards of another seed, config or version are refused.
#[derive(Args, Debug)]
pub struct MergeArgs {
    /// The folder to write to: new or empty.
    pub out: PathBuf,
    /// All shards, in any order.
    #[arg(required = true, value_name = "SHARD")]
    pub shards: Vec<PathBuf>,
}

/// Merges.
///
/// # Errors
/// When the shards do not make up one data set, the disk is full, or a signal came.
pub fn run(args: &MergeArgs) -> Outcome {
    let interrupt = Interrupt::install()
        .map_err(|e| Failure::failed_message(e, "the system refused a signal handler"))?;
    let bar = ProgressBar::new(0);
    let ending = dataset::merge(&args.out, &args.shards, &interrupt.stop, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    if ending? == Ending::Stopped {
        eprintln!("interrupted: give the same command again to go on");
        return Err(Failure::Interrupted(interrupt.signal().unwrap_or(2)));
    }
    let (count, out) = (args.shards.len(), args.out.display());
    println!("{count} shards merged into {out}");
    Ok(Exit::Done)
}
