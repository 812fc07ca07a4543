//! The sandbox beside itself at half the time step: how often both say the same of an episode.
//!
//! Owns two ignored tests that a contributor runs by hand beside `tests/crosscheck`, whose data sets
//! they read and write. Another engine cannot be asked to agree more often than this one does with
//! itself. They assert nothing of the share: it is a figure to report.
//!
//! ```sh
//! TOPPLE_DATASET=/tmp/standard cargo test --release --test half_step agreement -- --ignored --nocapture
//! TOPPLE_DATASET=/tmp/hard TOPPLE_EPISODES=800 \
//!     cargo test --release --test half_step hard_split -- --ignored --nocapture
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use rayon::prelude::*;
use serde_json::{Value, json};
use topple::dataset::{Dataset, Episode, EpisodeSource, SourceError, generate};
use topple::eval::suite::{DrawPurpose, Split, Suite};
use topple::rollout::{AccidentKind, Rollout};
use topple::sandbox::exact::standing_draws;
use topple::sandbox::{self, Extent, Recording, SANDBOX_VERSION};

/// The folder that a test reads or writes, from the environment.
fn folder() -> PathBuf {
    let set = std::env::var_os("TOPPLE_DATASET");
    PathBuf::from(set.expect("set TOPPLE_DATASET to the data set's folder"))
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
#[ignore = "reads TOPPLE_DATASET and prints figures"]
fn agreement_of_the_sandbox_with_itself_at_half_the_time_step() {
    let dataset = Dataset::open(&folder()).unwrap();
    let (mut all, mut groups) = (Tally::default(), BTreeMap::<String, Tally>::new());
    for file in 0..dataset.file_count() {
        let episodes = dataset.read_file(file).unwrap();
        let again: Vec<Rollout> = episodes.par_iter().map(at_half_step).collect();
        for (episode, again) in episodes.iter().zip(&again) {
            let (recorded, again) = (judged(&episode.rollout), judged(again));
            let action = episode.action.name();
            for name in [episode.family.as_str(), action] {
                let group = groups.entry(name.to_owned()).or_default();
                group.count(recorded, again);
            }
            all.count(recorded, again);
            if recorded != again {
                let index = episode.index;
                eprintln!(
                    "episode {index}: {}, {action}: {recorded:?} and {again:?}",
                    episode.family
                );
            }
        }
    }
    println!("{:28} {:>6}  disturb    tilt    both, % the same", "", "n");
    println!("{}", all.line("all"));
    for (name, tally) in &groups {
        println!("{}", tally.line(name));
    }
    assert!(all.episodes > 0, "the data set is empty");
}

/// Cases of the `hard` split, each under one draw that had no part in choosing it.
struct HardSplit(Suite);

/// A stack of the split yields no case or a few: the wanted number is found by going on.
const STACKS_A_CASE: u64 = 64;

impl EpisodeSource for HardSplit {
    fn config_json(&self) -> Value {
        json!({"source": "hard split", "sandbox_version": SANDBOX_VERSION})
    }

    fn seed(&self) -> u64 {
        self.0.seed
    }

    fn episodes_per_stack(&self) -> u64 {
        2
    }

    fn stack(&self, stack: u64) -> Result<Vec<Episode>, SourceError> {
        let per_stack = self.episodes_per_stack();
        for number in stack * STACKS_A_CASE..(stack + 1) * STACKS_A_CASE {
            let cases = self.0.cases_of(number)?;
            // Undecided cases come first, decided ones fill up: one of each is the split's mixture.
            let (Some(first), Some(last)) = (cases.first(), cases.last()) else {
                continue;
            };
            if cases.len() < 2 {
                continue;
            }
            let seed = self.0.draw_seed(DrawPurpose::Label, number);
            let draws = standing_draws(&first.workcell, seed, 1)?;
            let world = sandbox::settled(&first.workcell, &draws[0], 1)?;
            return [first, last]
                .into_iter()
                .zip(0..)
                .map(|(case, k)| {
                    let (extent, recording) = (Extent::Whole, Recording::Strides);
                    Ok(Episode {
                        index: stack * per_stack + k,
                        stack,
                        family: case.family.clone(),
                        workcell: case.workcell.clone(),
                        action: case.action.clone(),
                        draw: draws[0].clone(),
                        rollout: sandbox::run(
                            &case.workcell,
                            &world,
                            &case.action,
                            extent,
                            recording,
                        )?,
                    })
                })
                .collect();
        }
        Err(format!("no undecided case in {STACKS_A_CASE} stacks").into())
    }
}

#[test]
#[ignore = "writes TOPPLE_DATASET: a minute and more"]
fn hard_split_written_as_a_data_set_for_the_cross_check() {
    let episodes: u64 = std::env::var("TOPPLE_EPISODES")
        .map_or(400, |n| n.parse().expect("TOPPLE_EPISODES is no number"));
    let source = HardSplit(Suite {
        split: Split::Hard,
        seed: 990_001,
    });
    let stop = AtomicBool::new(false);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let stacks = episodes.div_ceil(source.episodes_per_stack());
    generate(&source, &folder(), stacks, threads, None, &stop, |_| {}).unwrap();
}
