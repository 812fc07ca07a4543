//! `topple inspect`: what a data set, a model or a task file holds.
//!
//! Owns telling them apart and, for data sets, the question that takes the sandbox to answer: how
//! many of its beliefs are undecided.

use std::fmt::Display;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::interrupt::Interrupt;
use super::{Exit, Failure, Outcome, print};
use crate::dataset::given::in_brief;
use crate::dataset::summary::Undecided;
use crate::dataset::{Dataset, Episode, Summary, info_path};
use crate::dynamics::Dynamics;
use crate::model::card::CARD_FILE;
use crate::model::promise::Promise;
use crate::model::train::is_under_way;
use crate::model::{Ancestor, DataSource, ModelCard, Purpose, SetSource, TrainConfig};
use crate::sandbox::SandboxDynamics;

/// Show what a data set, a model or a task file holds.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// A folder that `generate` or `train` wrote, or a task file.
    pub path: PathBuf,
    /// For a data set: try N of its beliefs, evenly spread, under 32 fresh draws each, and give the
    /// share that is undecided (risk between 0.05 and 0.95). Takes seconds for each.
    #[arg(long, value_name = "N")]
    pub undecided: Option<u64>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Draws of each belief that is tried (design, section 7).
const DRAWS: usize = 32;
/// Keeps these draws apart from those that made the data set.
const FRESH_SEED: u64 = 0x1d8a_f066_6b3c_2f01;

/// Shows what lies at the path.
///
/// # Errors
/// When it is none of what topple writes or reads, or is damaged.
pub fn run(args: &InspectArgs) -> Outcome {
    let path = &args.path;
    if info_path(path).is_file() {
        return inspect_dataset(args);
    }
    if args.undecided.is_some() {
        return Err(Failure::input_message(
            format!(
                "{} is no data set, so it has no beliefs to try",
                path.display()
            ),
            "leave --undecided out, or give the folder of a data set",
        ));
    }
    if path.join(CARD_FILE).is_file() {
        return inspect_model(args);
    }
    if is_under_way(path) {
        return Err(super::models::not_finished(path));
    }
    if path.is_dir() {
        return Err(Failure::input_message(
            format!("{} is neither a data set nor a model", path.display()),
            "a data set has meta/info.json, a model has model.json",
        ));
    }
    inspect_task(args)
}

fn inspect_model(args: &InspectArgs) -> Outcome {
    let card = super::models::card(&args.path)?;
    if args.json {
        return print::indented_json(&card).map(|()| Exit::Done);
    }
    let (data, figures) = (&card.data, &card.validation);
    let share = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.4}"));
    let levels = in_percent(card.calibration.ladder.iter().map(|rung| rung.level));
    let promise = card.promise.as_ref().map_or_else(String::new, promise_of);
    let weighed = weighed_of(&card);
    let sets = sets_of(data);
    let calibrated = match card.config.keep_judgement {
        true => "the judgement as it was calibrated before".to_owned(),
        false => format!("calibrated on {}", data.calibration),
    };
    let before = ancestors_of(&card);
    let tools = &card.normaliser.tools;
    let hands = [
        ("cups of radius", tools.cup),
        ("jaws with fingers as wide as", tools.jaw),
    ]
    .into_iter()
    .filter_map(|(what, range)| Some((what, range?)))
    .map(|(what, range)| {
        let [narrow, wide] = range.size.map(|m| 100.0 * m);
        let [weak, strong] = range.log_strength.map(f32::exp);
        format!("knows {what} {narrow:.1} to {wide:.1} cm that hold {weak:.0} to {strong:.0} N\n")
    })
    .collect::<String>();
    print::text(&format!(
        "{} members of width {} and {} rounds, strides of {} s; weights {}\n\
         made by {} in {} epochs (kept: epoch {}), seed {}\n\
         {} on {} of {} episodes, chosen on {}, {}\n\
         {sets}{before}\
         held out: AUC {}, Brier {}, ECE {} (floor {})\n\
         certified limits on risk: {}\n{promise}{weighed}{hands}",
        card.members,
        card.architecture.width,
        card.architecture.rounds,
        card.stride_s,
        card.weights_hash,
        card.program,
        card.config.epochs,
        card.epoch,
        card.config.seed,
        what_was_trained(&card.config),
        data.followed(card.epoch),
        data.episodes,
        data.validation,
        calibrated,
        share(figures.auc),
        share(figures.brier),
        share(figures.ece),
        share(figures.ece_floor),
        levels,
    ))?;
    Ok(Exit::Done)
}

/// How what is imagined is judged.
fn weighed_of(card: &ModelCard) -> String {
    let (Some(weighed), Some(figures)) = (&card.weighed, &card.validation.weighed) else {
        return String::new();
    };
    let share = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.4}"));
    let levels = in_percent(weighed.calibration.ladder.iter().map(|rung| rung.level));
    format!(
        "once imagined: AUC {}, Brier {}, ECE {} (floor {}); certified limits on risk: {levels}\n{}",
        share(figures.auc),
        share(figures.brier),
        share(figures.ece),
        share(figures.ece_floor),
        weighed
            .promise
            .as_ref()
            .map_or_else(String::new, promise_of)
    )
}

/// Limits on risk in words.
fn in_percent(levels: impl Iterator<Item = f64>) -> String {
    let all: Vec<String> = levels.map(|p| format!("{} %", 100.0 * p)).collect();
    match all.is_empty() {
        true => "none".to_owned(),
        false => all.join(", "),
    }
}

/// What came of testing the promise behind the bound.
fn promise_of(promise: &Promise) -> String {
    let level = 100.0 * promise.level;
    let halves = format!("{} random halves of the calibration data", promise.splits);
    let Some(false_safe) = promise.false_safe else {
        return format!("at {level} %: nothing was judged safe on any of {halves}\n");
    };
    let empty = match promise.empty {
        0 => String::new(),
        n => format!("; on {n} halves nothing was judged safe"),
    };
    format!(
        "at {level} %: broken on {} of {halves} (chance allows {}); \
         {:.1} % judged safe, of which {:.2} % went wrong{empty}\n",
        promise.broken,
        promise.allowed,
        100.0 * promise.coverage,
        100.0 * false_safe
    )
}

/// Which half of a model followed a run's episodes.
fn what_was_trained(config: &TrainConfig) -> &'static str {
    match config.keep_judgement {
        true => "its imagination alone trained",
        false => "trained",
    }
}

/// A line for each data set.
fn sets_of(data: &DataSource) -> String {
    let line = |set: &SetSource| {
        let what_for = match set.purpose {
            Purpose::Splits => "",
            Purpose::Calibration => " for calibration alone",
        };
        format!(
            "  {}: {} stacks of seed {} by topple {}{what_for}, from {}\n",
            set.hash,
            set.stacks,
            set.seed,
            set.topple_version,
            in_brief(&set.config)
        )
    };
    data.sets.iter().map(line).collect()
}

/// The models that this one went on from, the last one first.
fn ancestors_of(card: &ModelCard) -> String {
    let of = |ancestor: &Ancestor| {
        format!(
            "went on from {}, epoch {} of {}, seed {}, {} on {} of {} episodes\n{}",
            ancestor.weights_hash,
            ancestor.epoch,
            ancestor.config.epochs,
            ancestor.config.seed,
            what_was_trained(&ancestor.config),
            ancestor.data.followed(ancestor.epoch),
            ancestor.data.episodes,
            sets_of(&ancestor.data)
        )
    };
    card.ancestors.iter().rev().map(of).collect()
}

fn inspect_dataset(args: &InspectArgs) -> Outcome {
    let set = Dataset::open(&args.path)?;
    set.check()?;
    let mut summary = Summary::of(&set)?;
    if let Some(count) = args.undecided {
        summary.undecided = try_beliefs(&set, count)?;
    }
    print(args, &summary)
}

fn inspect_task(args: &InspectArgs) -> Outcome {
    let file = crate::scene::task::load(&args.path).map_err(Failure::input)?;
    let report = super::inspect_task::report(&file);
    print(args, &report)
}

fn print(args: &InspectArgs, report: &(impl Serialize + Display)) -> Outcome {
    if args.json {
        print::indented_json(report)?;
    } else {
        print::text(&report.to_string())?;
    }
    Ok(Exit::Done)
}

/// Tries `count` of the set's beliefs, evenly spread, under fresh draws.
fn try_beliefs(set: &Dataset, count: u64) -> Result<Undecided, Failure> {
    let interrupt = Interrupt::install()?;
    let dynamics = SandboxDynamics {
        screen_draws: DRAWS,
        imagine_draws: DRAWS,
        ..SandboxDynamics::default()
    }
    .unhurried();
    let total = set.len();
    let count = count.min(total);
    let mut chosen =
        (0..count).map(|i| (u128::from(i) * u128::from(total) / u128::from(count)) as u64);
    let mut next = chosen.next();
    let (mut tried, mut undecided) = (0u64, 0u64);
    let mut position = 0;
    for n in 0..set.file_count() {
        for (episode, _) in set.read_outlines(n)? {
            if next == Some(position) {
                interrupt.check()?;
                next = chosen.next();
                let seed = FRESH_SEED ^ episode.index;
                // A belief that cannot be simulated afresh is neither decided nor undecided.
                if let Some(risk) = risk_of(&dynamics, &episode, seed) {
                    tried += 1;
                    undecided += u64::from(Undecided::is_open(risk));
                }
            }
            position += 1;
        }
    }
    Ok(Undecided {
        beliefs: tried,
        draws: (tried > 0).then_some(DRAWS as f64),
        share: (tried > 0).then(|| undecided as f64 / tried as f64),
    })
}

fn risk_of(dynamics: &SandboxDynamics, episode: &Episode, seed: u64) -> Option<f64> {
    let believed = dynamics.believe(&episode.workcell, seed).ok()?;
    let predictions = believed.screen(std::slice::from_ref(&episode.action));
    Some(predictions.into_iter().next()?.ok()?.risk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_without_certified_limits_is_said_to_have_none() {
        assert_eq!(in_percent([].into_iter()), "none");
        assert_eq!(in_percent([0.02, 0.5].into_iter()), "2 %, 50 %");
    }

    #[test]
    fn a_promise_is_told_of_the_halves_on_which_something_was_judged_safe() {
        let mut promise = Promise {
            level: 0.02,
            splits: 200,
            empty: 5,
            broken: 3,
            allowed: 17,
            coverage: 0.344,
            false_safe: Some(0.0057),
            worst: Some(0.03),
        };
        assert!(promise_of(&promise).contains("went wrong; on 5 halves nothing was judged safe"));
        promise.false_safe = None;
        assert!(promise_of(&promise).contains("nothing was judged safe on any of 200"));
    }
}
