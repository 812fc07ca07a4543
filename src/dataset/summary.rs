//! What a data set holds, in numbers: for `topple inspect`, and to judge whether it is hard enough.
//!
//! Owns [`Summary`]. Reads the episodes' rows only, never their frames, one file at a time.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::given::in_brief;
use super::tally::Tally;
use super::{Dataset, DatasetError, Shard, Status};
use crate::rollout::AccidentKind;

/// A data set in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Whether all files are there.
    pub status: Status,
    /// Which part of a larger set it is.
    pub shard: Option<Shard>,
    /// The layout's version.
    pub schema_version: u64,
    /// The program that made it.
    pub topple_version: String,
    /// What every random number came from.
    pub seed: u64,
    /// The generator's config.
    pub config: Value,
    /// Episodes that can be read.
    pub episodes: u64,
    /// Stacks that they come from.
    pub stacks: u64,
    /// Frames of all episodes.
    pub frames: u64,
    /// Boxes in a scene.
    pub boxes: Spread,
    /// Rates over all episodes.
    pub all: Rates,
    /// Rates for each family.
    pub by_family: BTreeMap<String, Rates>,
    /// Rates for each action.
    pub by_action: BTreeMap<&'static str, Rates>,
    /// Beliefs that were tried under several draws: the same stack and the same action.
    pub undecided: Undecided,
    /// Boxes that were removed more than once, by other grasps or under other draws.
    pub removals: BothWays,
    /// Episodes for each purpose.
    pub splits: BTreeMap<&'static str, u64>,
}

/// Least, mean and most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Least.
    pub min: usize,
    /// Mean.
    pub mean: f64,
    /// Most.
    pub max: usize,
}

/// How often something went wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rates {
    /// Of how many episodes.
    pub episodes: u64,
    /// Share with any accident; null of none.
    pub accidents: Option<f64>,
    /// Share with an accident of each kind.
    pub by_kind: BTreeMap<&'static str, f64>,
    /// Share that did what was intended (carried clear, released at the target).
    pub completed: Option<f64>,
}

/// Beliefs whose outcome is open: their share of accidents lies between 0.05 and 0.95.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Undecided {
    /// Beliefs with at least two draws.
    pub beliefs: u64,
    /// Draws of each, on average; with few, many an open belief looks decided.
    pub draws: Option<f64>,
    /// Share of these beliefs that are undecided; null of none.
    pub share: Option<f64>,
}

impl Undecided {
    /// Whether a belief with this risk counts as undecided (design, section 7).
    pub fn is_open(risk: f64) -> bool {
        (0.05..=0.95).contains(&risk)
    }
}

/// Boxes of which some removals are safe and some are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BothWays {
    /// Boxes that were removed at least twice.
    pub boxes: u64,
    /// Share of these with both outcomes; null of none.
    pub share: Option<f64>,
}

impl Summary {
    /// Reads the data set's episodes.
    ///
    /// # Errors
    /// When a file is truncated, damaged or not of this set.
    pub fn of(set: &Dataset) -> Result<Self, DatasetError> {
        let mut tally = Tally::default();
        for n in 0..set.file_count() {
            let outlines = set.read_outlines(n)?;
            for stack in outlines.chunk_by(|(a, _), (b, _)| a.stack == b.stack) {
                tally.add_stack(stack, set);
            }
        }
        Ok(tally.finish(set))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.status {
            Status::Complete => "complete",
            Status::Unfinished => "unfinished: run the command that began it again to go on",
        };
        let shard = self.shard.map_or(String::new(), |s| format!("shard {s}, "));
        writeln!(f, "{shard}{status}")?;
        writeln!(
            f,
            "made by topple {} with seed {} from {}",
            self.topple_version,
            self.seed,
            in_brief(&self.config)
        )?;
        let Spread { min, mean, max } = self.boxes;
        writeln!(
            f,
            "{} episodes of {} stacks, {} frames; {min} to {max} boxes a scene, {mean:.1} on average",
            self.episodes, self.stacks, self.frames
        )?;
        let splits = self.splits.iter().map(|(name, n)| format!("{n} {name}"));
        writeln!(f, "splits: {}", splits.collect::<Vec<_>>().join(", "))?;
        self.undecided.fmt_line(f)?;
        if let Some(share) = self.removals.share {
            let (percent, boxes) = (100.0 * share, self.removals.boxes);
            writeln!(
                f,
                "both safe and unsafe removals: {percent:.1} % of the {boxes} boxes that were removed twice or more"
            )?;
        }
        let kinds = AccidentKind::ALL.map(|kind| format!("{:>8}", kind.name()));
        writeln!(
            f,
            "\n{:26}episodes  accident{}  completed",
            "",
            kinds.concat()
        )?;
        rates_line(f, "all", &self.all)?;
        for (name, rates) in &self.by_action {
            rates_line(f, name, rates)?;
        }
        for (name, rates) in &self.by_family {
            rates_line(f, name, rates)?;
        }
        Ok(())
    }
}

impl Undecided {
    fn fmt_line(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.share, self.draws) {
            (Some(share), Some(draws)) => writeln!(
                f,
                "undecided: {:.1} % of {} beliefs, under {draws:.1} draws each",
                100.0 * share,
                self.beliefs
            ),
            _ => writeln!(f, "undecided: not known, since no belief has several draws"),
        }
    }
}

fn rates_line(f: &mut fmt::Formatter<'_>, name: &str, rates: &Rates) -> fmt::Result {
    let percent = |share: Option<f64>| match share {
        Some(share) => format!("{:.1} %", 100.0 * share),
        None => "-".to_owned(),
    };
    write!(
        f,
        "{name:24}{:>10}{:>10}",
        rates.episodes,
        percent(rates.accidents)
    )?;
    for kind in AccidentKind::ALL {
        write!(f, "{:>8}", percent(rates.by_kind.get(kind.name()).copied()))?;
    }
    writeln!(f, "{:>11}", percent(rates.completed))
}
