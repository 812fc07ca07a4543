//! The flags that say which physics a planning command asks, and of what.
//!
//! Owns what `plan`, `what-if` and `vet` share, and the limit on risk that a flag puts in place of the task's. Refuses
//! a limit that is no probability.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};

use crate::cli::Failure;
use crate::model::DeviceChoice;
use crate::scene::task::{self, LEAST_LIMIT, TaskFile};

/// Limits on risk, as the task file's format has them.
const MAX_RISKS: RangeInclusive<f64> = LEAST_LIMIT..=1.0;

/// What imagines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DynamicsKind {
    /// The world model: learned, fast.
    Learned,
    /// The rapier sandbox: exact, slow.
    Sandbox,
}

/// The flags that the planning commands share.
#[derive(Args, Clone, Debug)]
pub struct PhysicsArgs {
    /// What imagines: the world model, or the sandbox under draws of the belief.
    #[arg(long, value_enum, default_value_t = DynamicsKind::Learned)]
    pub dynamics: DynamicsKind,
    /// A model's folder, in place of the one inside the binary.
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Where the world model computes: auto, cpu or cuda; auto takes a GPU where it can [default: auto]
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
    /// Let the sandbox check what was chosen under N draws, up to six times as many where the case
    /// is not clear (4 beside the world model; 0: don't; at most 4096).
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(0..=4096))]
    pub verify: Option<usize>,
    /// Seeds everything random: the same seed gives the same answer.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// The most that a step's risk bound may be, in place of the task's `safety.max_risk`.
    #[arg(long, value_name = "P")]
    pub max_risk: Option<f64>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The task file, with the flags' limit on risk.
///
/// # Errors
/// When the file is wrong, or the limit is no probability.
pub fn load_task(path: &std::path::Path, args: &PhysicsArgs) -> Result<TaskFile, Failure> {
    let mut file = task::load(path).map_err(Failure::input)?;
    if let Some(max_risk) = args.max_risk {
        if !MAX_RISKS.contains(&max_risk) {
            return Err(Failure::input_message(
                format!("--max-risk {max_risk} is no probability that a limit can have"),
                format!(
                    "Give a number from {} to {}, as for a task's `safety.max_risk`.",
                    MAX_RISKS.start(),
                    MAX_RISKS.end()
                ),
            ));
        }
        file.workcell.safety.max_risk = max_risk;
    }
    Ok(file)
}
