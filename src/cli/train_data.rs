//! Data sets as what a training run learns from.
//!
//! Owns reading them into samples, file by file and with a bar, and what keeps several of them apart:
//! the numbers of their stacks and their hashes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::interrupt::Interrupt;
use super::train_progress::bar;
use super::{Failure, print};
use crate::dataset::given::is_of_given;
use crate::dataset::{Dataset, DatasetError, Episode, Split, is_of_doubted};
use crate::model::features::Encoder;
use crate::model::retell::retold;
use crate::model::{Purpose, Sample, SetSource, TrainConfig, TrainingData, WarmStart};

/// The data sets as samples, one after the other and each for its purpose, for a run that goes on from `warm_start`
/// where there is one.
pub(super) fn read<'a>(
    sets: impl Iterator<Item = (&'a PathBuf, Purpose)>,
    warm_start: Option<WarmStart>,
    config: &TrainConfig,
    interrupt: &Interrupt,
) -> Result<TrainingData, Failure> {
    let learned: Vec<SetSource> = (warm_start.iter())
        .flat_map(|model| model.card.line())
        .flat_map(|ancestor| ancestor.data.sets)
        .collect();
    let mut data = TrainingData {
        retold: vec![Vec::new(); config.tellings - 1],
        warm_start,
        ..TrainingData::default()
    };
    let mut numbers = Numbers::default();
    for (dir, purpose) in sets {
        let dataset = Dataset::open(dir)?;
        if !dataset.is_complete() {
            print::note(format!(
                "{} is not finished; training on what is there",
                dir.display()
            ));
        }
        let info = dataset.info();
        if purpose == Purpose::Calibration {
            refuse_what_cannot_calibrate(dir, &info.config)?;
        }
        // A set that a model chose is trained on whole, and one to calibrate on is that whole: it must have no stack
        // of one that is taken otherwise. Those of given scenes are for the same whatever the seed.
        let made_up = |config: &Value| !is_of_given(config);
        let taken = |config: &Value, purpose: Purpose| (is_of_doubted(config), purpose);
        let unlike = |set: &SetSource| {
            set.seed == info.seed
                && made_up(&set.config)
                && made_up(&info.config)
                && taken(&set.config, set.purpose) != taken(&info.config, purpose)
        };
        let same =
            |set: &SetSource| set.seed == info.seed && has_stacks_of(&set.config, &info.config);
        let repeated = (data.source.sets.iter()).any(|set| same(set) || unlike(set));
        if repeated {
            return Err(Failure::input_message(
                format!(
                    "{} repeats the stacks of another data set: both are of seed {}",
                    dir.display(),
                    info.seed
                ),
                "generate with another --seed; put shards together with `topple merge`",
            ));
        }
        // What was learned from once may be learned from again: its splits are the same.
        if let Some(set) = learned.iter().find(|set| unlike(set)) {
            return Err(Failure::input_message(
                format!(
                    "{} repeats the stacks of data set {}, which the model to go on from learned from: both are of seed {}",
                    dir.display(),
                    set.hash,
                    info.seed
                ),
                "generate with another --seed",
            ));
        }
        data.source.sets.push(SetSource {
            hash: dataset.hash()?,
            topple_version: info.topple_version.clone(),
            seed: info.seed,
            config: info.config.clone(),
            stacks: dataset.len() / info.episodes_per_stack.max(1),
            complete: dataset.is_complete(),
            purpose,
        });
        let numbering = numbers.next(info.stacks, dataset.packings());
        read_into(&mut data, &dataset, purpose, &numbering, config, interrupt)?;
    }
    data.source.hash = joint_hash(&data.source.sets);
    data.source.train = data.train.len();
    data.source.validation = data.validation.len();
    data.source.calibration = data.calibration.len();
    Ok(data)
}

/// Whether two sets of one seed hold the same stacks, which would count as two: limits are certified by how many there
/// are. What a model chose is trained on whole, so that two models' choices on one stack certify nothing.
fn has_stacks_of(config: &Value, other: &Value) -> bool {
    let made_up = !is_of_given(config) && !is_of_given(other);
    let chosen = is_of_doubted(config) && is_of_doubted(other);
    let drawn_alike = ["families", "boxes_max"]
        .iter()
        .all(|k| config[k] == other[k]);
    config == other || (made_up && !chosen && drawn_alike)
}

/// What a model chose is no sample of what will be asked, and a packing is for the same in whatever set.
fn refuse_what_cannot_calibrate(dir: &Path, config: &Value) -> Result<(), Failure> {
    let why = if is_of_doubted(config) {
        "a model chose its actions, so they are no sample of what will be asked"
    } else if is_of_given(config) {
        "it is of given scenes, each of whose packings is for the same in every run"
    } else {
        return Ok(());
    };
    Err(Failure::input_message(
        format!("{} cannot be calibrated on whole: {why}", dir.display()),
        "give it beside the data sets to learn from, and --calibrate-on one of made-up stacks that no model chose",
    ))
}

/// Hands out numbers, so that stacks of two data sets are not taken for one, and those of one packing for one.
#[derive(Default)]
struct Numbers {
    next: u64,
    of_packing: BTreeMap<String, u64>,
}

impl Numbers {
    /// The numbering of a set of `stacks`, which are unpacked from `packings` in turn where it has any.
    fn next(&mut self, stacks: u64, packings: Option<&[String]>) -> Numbering {
        let first = self.next;
        self.next += stacks.max(packings.map_or(0, <[String]>::len) as u64);
        let number_of =
            |(new, packing): (u64, &String)| *self.of_packing.entry(packing.clone()).or_insert(new);
        let of_packings = packings.map(|all| (first..).zip(all).map(number_of).collect());
        Numbering { first, of_packings }
    }
}

/// The numbers of one data set's stacks.
struct Numbering {
    first: u64,
    of_packings: Option<Vec<u64>>,
}

impl Numbering {
    /// What limits are certified by: stacks of one packing, of whatever data set, say the same and count as one.
    fn group_of(&self, stack: u64) -> u64 {
        match &self.of_packings {
            Some(numbers) => numbers[(stack % numbers.len() as u64) as usize],
            None => self.first + stack,
        }
    }
}

/// One name for all data sets and what they are for: that of the only one where there is one.
fn joint_hash(sets: &[SetSource]) -> String {
    let name = |set: &SetSource| match set.purpose {
        Purpose::Splits => set.hash.clone(),
        Purpose::Calibration => format!("{} for calibration", set.hash),
    };
    match sets {
        [only] => only.hash.clone(),
        _ => {
            let all: Vec<String> = sets.iter().map(name).collect();
            crate::model::folder::hash(all.join(" ").as_bytes())
        }
    }
}

/// Reads file by file, so that its episodes are never in memory together.
fn read_into(
    data: &mut TrainingData,
    dataset: &Dataset,
    purpose: Purpose,
    numbering: &Numbering,
    config: &TrainConfig,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let bar = bar(dataset.len(), "{wide_bar} {pos}/{len} episodes read");
    let files: Vec<usize> = (0..dataset.file_count()).collect();
    // A few files at once: the order of samples is the data set's, whatever the threads.
    for group in files.chunks(4) {
        interrupt.check()?;
        let read: Vec<Read> = group
            .par_iter()
            .map(|&n| samples_of(dataset, purpose, numbering, config, n))
            .collect::<Result<_, DatasetError>>()?;
        for file in read {
            bar.inc(file.len() as u64);
            for (split, family, sample, others) in file {
                data.source.episodes += 1;
                *data.source.families.entry(family).or_default() += 1;
                match (split, sample) {
                    (_, None) => tracing::warn!(
                        "an episode without frames, or with a number that is not finite, was left out"
                    ),
                    (Split::Train, Some(s)) => {
                        data.train.push(s);
                        for (all, other) in data.retold.iter_mut().zip(others) {
                            all.push(other);
                        }
                    }
                    (Split::Validation, Some(s)) => data.validation.push(s),
                    (Split::Calibration, Some(s)) => data.calibration.push(s),
                }
            }
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// Split, family, the episode as recorded, and as other looks tell it.
type Read = Vec<(Split, String, Option<Sample>, Vec<Sample>)>;

fn samples_of(
    dataset: &Dataset,
    purpose: Purpose,
    numbering: &Numbering,
    config: &TrainConfig,
    file: usize,
) -> Result<Read, DatasetError> {
    let mut encoder: Option<Encoder> = None;
    let read = |mut e: Episode| {
        let split = match purpose {
            Purpose::Splits => dataset.split_of(e.stack),
            Purpose::Calibration => Split::Calibration,
        };
        let group = numbering.group_of(e.stack);
        e.stack += numbering.first;
        let known = encoder.take().filter(|seen| *seen.workcell() == e.workcell);
        let known = encoder.insert(known.unwrap_or_else(|| Encoder::new(&e.workcell)));
        let mut sample = Sample::seen_by(known, &e);
        if let Some(sample) = &mut sample {
            sample.stack = group;
        }
        let looks = match split {
            Split::Train => 1..config.tellings as u64,
            Split::Validation | Split::Calibration => 0..0,
        };
        // A look in which the target cannot be told falls back on the recorded one.
        let others = looks
            .filter_map(|look| retold(&e, config.seed, look).or_else(|| sample.clone()))
            .collect();
        (split, e.family, sample, others)
    };
    Ok(dataset.read_file(file)?.into_iter().map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_sets_of_a_seed_share_is_told_by_what_their_stacks_are_drawn_from() {
        let recipe = |version: u32, boxes: u32| {
            let families = ["bridge"];
            serde_json::json!({ "families": families, "boxes_max": boxes, "sandbox_version": version })
        };
        assert!(has_stacks_of(&recipe(6, 12), &recipe(6, 12)));
        assert!(has_stacks_of(&recipe(5, 12), &recipe(6, 12)));
        assert!(!has_stacks_of(&recipe(6, 24), &recipe(6, 12)));
    }

    #[test]
    fn stacks_of_one_packing_count_as_one_in_whatever_set_they_are_and_all_others_by_themselves() {
        let named = |names: [&str; 2]| names.map(str::to_owned);
        let mut numbers = Numbers::default();
        let made_up = numbers.next(10, None);
        let given = numbers.next(4, Some(&named(["a", "b"])));
        // Fewer stacks than packings.
        let again = numbers.next(1, Some(&named(["b", "c"])));
        let last = numbers.next(5, None);
        assert_eq!([0, 9].map(|s| made_up.group_of(s)), [0, 9]);
        assert_eq!([0, 1, 2, 3].map(|s| given.group_of(s)), [10, 11, 10, 11]);
        assert_eq!([0, 1].map(|s| again.group_of(s)), [11, 15]);
        assert_eq!([0, 4].map(|s| last.group_of(s)), [16, 20]);
    }
}
