//! What a data set holds, in numbers: for `topple inspect`, and to judge whether it is hard enough.
//!
//! Owns [`Summary`]. Reads the episodes' rows only, never their frames, one file at a time.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{Dataset, DatasetError, Episode, Shard, Split, Status};
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
    /// Boxes that were removed in several ways.
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

/// Sums on the way to a [`Summary`].
#[derive(Default)]
struct Tally {
    stacks: u64,
    frames: u64,
    boxes_min: Option<usize>,
    boxes_max: usize,
    boxes_sum: usize,
    all: Counts,
    by_family: BTreeMap<String, Counts>,
    by_action: BTreeMap<&'static str, Counts>,
    beliefs: u64,
    undecided: u64,
    draws: u64,
    boxes_removed: u64,
    both_ways: u64,
    splits: BTreeMap<&'static str, u64>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    episodes: u64,
    accidents: u64,
    by_kind: [u64; 5],
    completed: u64,
}

impl Counts {
    fn add(&mut self, episode: &Episode) {
        self.episodes += 1;
        self.accidents += u64::from(!episode.rollout.is_safe());
        self.completed += u64::from(episode.rollout.completed);
        for (count, happened) in self.by_kind.iter_mut().zip(episode.rollout.by_kind()) {
            *count += u64::from(happened);
        }
    }

    fn rates(&self) -> Rates {
        let share = |count: u64| (self.episodes > 0).then(|| count as f64 / self.episodes as f64);
        let kinds = AccidentKind::ALL.iter().zip(self.by_kind);
        Rates {
            episodes: self.episodes,
            accidents: share(self.accidents),
            by_kind: kinds
                .filter_map(|(kind, count)| Some((kind.name(), share(count)?)))
                .collect(),
            completed: share(self.completed),
        }
    }
}

impl Tally {
    fn add_stack(&mut self, stack: &[(Episode, usize)], set: &Dataset) {
        let episodes: Vec<&Episode> = stack.iter().map(|(episode, _)| episode).collect();
        self.frames += stack.iter().map(|(_, frames)| *frames as u64).sum::<u64>();
        self.stacks += 1;
        for episode in &episodes {
            self.all.add(episode);
            let family = self.by_family.entry(episode.family.clone());
            family.or_default().add(episode);
            let action = self.by_action.entry(episode.action.name());
            action.or_default().add(episode);
        }
        if let Some(first) = episodes.first() {
            let boxes = first.workcell.scene.boxes.len();
            self.boxes_min = Some(self.boxes_min.map_or(boxes, |min| min.min(boxes)));
            self.boxes_max = self.boxes_max.max(boxes);
            self.boxes_sum += boxes;
            let split = match set.split_of(first.stack) {
                Split::Train => "train",
                Split::Validation => "validation",
                Split::Calibration => "calibration",
            };
            *self.splits.entry(split).or_default() += episodes.len() as u64;
        }
        self.add_beliefs(&episodes);
        self.add_removals(&episodes);
    }

    /// Groups the stack's episodes by belief and action.
    fn add_beliefs(&mut self, episodes: &[&Episode]) {
        let same = |a: &Episode, b: &Episode| a.action == b.action && a.workcell == b.workcell;
        for group in groups(episodes, same) {
            let draws = group.len() as u64;
            let accidents = group.iter().filter(|e| !e.rollout.is_safe()).count() as u64;
            self.beliefs += 1;
            self.draws += draws;
            self.undecided += u64::from(Undecided::is_open(accidents as f64 / draws as f64));
        }
    }

    /// Groups the stack's removals by box.
    fn add_removals(&mut self, episodes: &[&Episode]) {
        let is_removal = |e: &&Episode| e.action.name() == "remove";
        let removals: Vec<&Episode> = episodes.iter().copied().filter(is_removal).collect();
        let same = |a: &Episode, b: &Episode| a.action.box_index() == b.action.box_index();
        for group in groups(&removals, same) {
            let safe = group.iter().filter(|e| e.rollout.is_safe()).count();
            self.boxes_removed += 1;
            self.both_ways += u64::from(0 < safe && safe < group.len());
        }
    }

    fn finish(self, set: &Dataset) -> Summary {
        let info = set.info();
        let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
        Summary {
            status: info.status,
            shard: info.shard,
            schema_version: info.schema_version,
            topple_version: info.topple_version.clone(),
            seed: info.seed,
            config: info.config.clone(),
            episodes: self.all.episodes,
            stacks: self.stacks,
            frames: self.frames,
            boxes: Spread {
                min: self.boxes_min.unwrap_or_default(),
                mean: share(self.boxes_sum as u64, self.stacks).unwrap_or_default(),
                max: self.boxes_max,
            },
            all: self.all.rates(),
            by_family: self
                .by_family
                .into_iter()
                .map(|(k, c)| (k, c.rates()))
                .collect(),
            by_action: self
                .by_action
                .into_iter()
                .map(|(k, c)| (k, c.rates()))
                .collect(),
            undecided: Undecided {
                beliefs: self.beliefs,
                draws: share(self.draws, self.beliefs),
                share: share(self.undecided, self.beliefs),
            },
            removals: BothWays {
                boxes: self.boxes_removed,
                share: share(self.both_ways, self.boxes_removed),
            },
            splits: self.splits,
        }
    }
}

/// The groups of at least two that are the same.
fn groups<'a>(
    episodes: &[&'a Episode],
    same: impl Fn(&Episode, &Episode) -> bool,
) -> Vec<Vec<&'a Episode>> {
    let mut groups: Vec<Vec<&Episode>> = Vec::new();
    for &episode in episodes {
        match groups.iter_mut().find(|group| same(group[0], episode)) {
            Some(group) => group.push(episode),
            None => groups.push(vec![episode]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
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
            self.topple_version, self.seed, self.config
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
