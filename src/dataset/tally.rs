//! Counting a data set's episodes, stack by stack, into a [`Summary`].
//!
//! Owns [`Tally`]. Holds sums only, so its size does not depend on that of the data set.

use std::collections::BTreeMap;

use super::summary::{BothWays, Rates, Spread, Summary, Undecided};
use super::{Dataset, Episode, Split};
use crate::rollout::{AccidentKind, Action};

/// Sums on the way to a [`Summary`].
#[derive(Default)]
pub(super) struct Tally {
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
    /// Adds a stack's episodes, each with the number of its frames.
    pub fn add_stack(&mut self, stack: &[(Episode, usize)], set: &Dataset) {
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
        let is_removal = |e: &&Episode| matches!(e.action, Action::Remove { .. });
        let removals: Vec<&Episode> = episodes.iter().copied().filter(is_removal).collect();
        let same = |a: &Episode, b: &Episode| a.action.box_index() == b.action.box_index();
        for group in groups(&removals, same) {
            let safe = group.iter().filter(|e| e.rollout.is_safe()).count();
            self.boxes_removed += 1;
            self.both_ways += u64::from(0 < safe && safe < group.len());
        }
    }

    /// The figures of what was added, beside what `set` says of itself.
    pub fn finish(self, set: &Dataset) -> Summary {
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
