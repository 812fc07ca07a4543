//! The sandbox beside itself at half the time step: how often both say the same of an episode.
//!
//! Another engine cannot be asked to agree more often than this one does with itself, so this is
//! what `tests/crosscheck` is held against. Without more said it makes 48 episodes; a contributor
//! names a data set to have them all looked at and the figures by family printed:
//!
//! ```sh
//! TOPPLE_DATASET=/tmp/standard cargo test --release --test half_step -- --nocapture
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use topple::dataset::recipe::{Mixture, Recipe, Scenes};
use topple::dataset::{Dataset, Episode, EpisodeSource};
use topple::rollout::{AccidentKind, Rollout};
use topple::sandbox::{self, Extent, Recording};
use topple::scene::families::{BOXES_MAX, Family};

/// Stacks of eight episodes that are made where no data set is named.
const STACKS: u64 = 6;
/// The least share of episodes on which both have to agree: far under what the engine does, far
/// over what outcomes that hang on the step would.
const LEAST_AGREEMENT: f64 = 0.9;

/// The named data set's episodes, or some of the training families on a seed of their own.
fn episodes() -> Vec<Episode> {
    if let Some(folder) = std::env::var_os("TOPPLE_DATASET") {
        let dataset = Dataset::open(Path::new(&folder)).unwrap();
        return dataset.episodes().collect::<Result<_, _>>().unwrap();
    }
    let recipe = Recipe {
        seed: 990_003,
        scenes: Scenes::generated(&Family::ALL, BOXES_MAX),
        mixture: Mixture::Standard,
    };
    let made = (0..STACKS).into_par_iter();
    let stacks: Vec<Vec<Episode>> = made.map(|n| recipe.stack(n).unwrap()).collect();
    stacks.into_iter().flatten().collect()
}

/// What the accidents of one kind are compared by.
fn judged(rollout: &Rollout) -> [bool; 2] {
    [AccidentKind::Disturb, AccidentKind::Tilt].map(|kind| rollout.has(kind))
}

/// `episode` once more, at half the time step.
fn at_half_step(episode: &Episode) -> Rollout {
    let world = sandbox::settled(&episode.workcell, &episode.draw, 2).unwrap();
    sandbox::run(
        &episode.workcell,
        &world,
        &episode.action,
        Extent::Whole,
        Recording::Nothing,
    )
    .unwrap()
}

/// Episodes, and on how many of them both agree: `disturb`, `tilt`, both.
#[derive(Clone, Copy, Default)]
struct Tally {
    episodes: usize,
    agree: [usize; 3],
}

impl Tally {
    fn count(&mut self, recorded: [bool; 2], again: [bool; 2]) {
        self.episodes += 1;
        let [disturb, tilt] = [0, 1].map(|k| recorded[k] == again[k]);
        for (sum, same) in self.agree.iter_mut().zip([disturb, tilt, disturb && tilt]) {
            *sum += usize::from(same);
        }
    }

    fn line(&self, name: &str) -> String {
        let [disturb, tilt, both] = self
            .agree
            .map(|n| 100.0 * n as f64 / self.episodes.max(1) as f64);
        format!(
            "{name:28} {:6}  {disturb:6.1}  {tilt:6.1}  {both:6.1}",
            self.episodes
        )
    }
}

#[test]
fn halving_the_time_step_seldom_changes_what_falls() {
    let episodes = episodes();
    let again: Vec<Rollout> = episodes.par_iter().map(at_half_step).collect();
    let (mut all, mut groups) = (Tally::default(), BTreeMap::<String, Tally>::new());
    for (episode, again) in episodes.iter().zip(&again) {
        let (recorded, again) = (judged(&episode.rollout), judged(again));
        let action = episode.action.name();
        for name in [episode.family.as_str(), action] {
            let group = groups.entry(name.to_owned()).or_default();
            group.count(recorded, again);
        }
        all.count(recorded, again);
    }
    println!("{:28} {:>6}  disturb    tilt    both, % the same", "", "n");
    println!("{}", all.line("all"));
    for (name, tally) in &groups {
        println!("{}", tally.line(name));
    }
    let share = all.agree[2] as f64 / all.episodes as f64;
    assert!(share >= LEAST_AGREEMENT, "they agree on {share} only");
}
