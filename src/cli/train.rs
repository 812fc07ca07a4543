//! `topple train`: a world model from a data set.
//!
//! Owns the flags and the order of the work. The settings behind the flags are [`mod@config`]'s, what to do about a run
//! that fails [`mod@failure`]'s. The data is [`super::train_data`]'s, what is said on the way
//! [`super::train_progress`]'s and at the end [`super::train_text`]'s, the work [`mod@crate::model::train`]'s.

mod config;
mod failure;

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::interrupt::Interrupt;
use super::train_progress::Display;
use super::train_text::in_words;
use super::{Exit, Failure, Outcome, models, print, train_data};
use crate::model::card::CARD_FILE;
use crate::model::checkpoint::CHECKPOINT_FILE;
use crate::model::ensemble::Price;
use crate::model::folder::WEIGHTS_FILE;
use crate::model::log::{self, LOG_FILE};
use crate::model::train::{can_begin, may_write_to};
use crate::model::{
    DeviceChoice, ModelCard, Purpose, Start, TrainConfig, Trained, WarmStart, train,
};
use crate::plots::{self, PlotError};
use config::config;
use failure::{failure, log_remedy};

/// Train a world model on data sets that `topple generate` made.
///
/// Leaves model.safetensors, model.json and train.jsonl in the output folder, a checkpoint after
/// every epoch, plots as SVG in plots/, and the same figures for TensorBoard in tensorboard/. The
/// same data, settings and seed give the same weights, whatever the number of threads, and also
/// when a run was interrupted and resumed.
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// The data set's folder; several are learned from together.
    #[arg(required = true, value_name = "DATASET")]
    pub datasets: Vec<PathBuf>,
    /// The folder of the model: new, or that of an interrupted run with --resume.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// A data set that risks and limits are calibrated on whole, beside the share of the others that is kept for it:
    /// low limits take tens of thousands of episodes, of which there is nothing more to learn. Given once for each.
    #[arg(long, value_name = "DATASET")]
    pub calibrate_on: Vec<PathBuf>,
    /// Go on from the weights of a finished model, with as many members of its width and rounds. What it learned
    /// from need not be given again; but risks and limits are calibrated on the data sets given here alone, so that
    /// some thousand episodes of them have to be of no model's choice (--doubted-by).
    #[arg(long, value_name = "MODEL")]
    pub from: Option<PathBuf>,
    /// A YAML file with any of the settings below from epochs to device, named as their flags with _ for -, and
    /// weight_decay, which has no flag; flags win over it.
    #[arg(long, value_name = "YAML")]
    pub config: Option<PathBuf>,
    /// Passes over the training split [default: 16].
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Width of every latent [default: 64, or that of --from].
    #[arg(long, value_name = "N")]
    pub width: Option<usize>,
    /// Rounds of messages [default: 3, or those of --from].
    #[arg(long, value_name = "N")]
    pub rounds: Option<usize>,
    /// Members of the ensemble [default: 3, or those of --from].
    #[arg(long, value_name = "N")]
    pub members: Option<usize>,
    /// Actions in one gradient step [default: 64].
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Peak learning rate [default: 0.002].
    #[arg(long, value_name = "RATE")]
    pub lr: Option<f64>,
    /// Tellings of each training episode: the recorded one and others, seen with other noise [default: 2].
    #[arg(long, value_name = "N")]
    pub tellings: Option<usize>,
    /// The imagination learns from every N-th batch: 1 is best for it, and dearest [default: 4].
    #[arg(long, value_name = "N")]
    pub imagine_every: Option<usize>,
    /// Only the imagination learns, and how its risk is weighed: the judgement of what is screened, and what was calibrated
    /// and certified of that, stay those of --from.
    #[arg(long, requires = "from")]
    pub keep_judgement: bool,
    /// Share of latents left out while training [default: 0].
    #[arg(long, value_name = "SHARE")]
    pub dropout: Option<f64>,
    /// What weights and order come from [default: 1].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Members that train at once; 0: as many as the machine has cores [default: 0].
    #[arg(long, value_name = "T")]
    pub threads: Option<usize>,
    /// Where the network computes: auto, cpu or cuda; auto takes a GPU where it can [default: auto].
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
    /// Go on from the last checkpoint in the output folder; settings and data sets are to be given as before.
    #[arg(long)]
    pub resume: bool,
    /// Print the finished model's figures as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Trains, or goes on training.
///
/// # Errors
/// When the settings, the data set or the output folder are no good, the disk is full, or a
/// signal came.
pub fn run(args: &TrainArgs) -> Outcome {
    let interrupt = Interrupt::install()?;
    let warm_start = args.from.as_deref().map(models::warm_start).transpose()?;
    let config = trainable(args, warm_start.as_ref(), &interrupt)?;
    // Told before hours of data are read, as all that can be told by then.
    let start = start(args, &interrupt)?;
    let limits = warm_start
        .as_ref()
        .map_or_else(Vec::new, |m| levels(&m.card));
    let sets = (args.datasets.iter().map(|dir| (dir, Purpose::Splits))).chain(
        args.calibrate_on
            .iter()
            .map(|dir| (dir, Purpose::Calibration)),
    );
    let data = train_data::read(sets, warm_start, &config, &interrupt)?;
    let display = Display::new(config.epochs, &args.out);
    let trained = train(&data, &config, &args.out, start, &interrupt.stop, &display);
    display.finish();
    let trained = trained.map_err(|e| failure(e, args, &interrupt))?;
    finish(args, &trained, &limits)
}

/// The settings, held to be good for a run before anything is read that takes long.
fn trainable(
    args: &TrainArgs,
    warm_start: Option<&WarmStart>,
    interrupt: &Interrupt,
) -> Result<TrainConfig, Failure> {
    let (config, said) = config(args, warm_start)?;
    can_begin(&config, warm_start).map_err(|e| failure(e, args, interrupt))?;
    config.validate().map_err(|e| {
        let told = match said.get(e.field) {
            Some(place) => format!("{place}: {e}"),
            None => e.to_string(),
        };
        Failure::input_message(told, "see `topple train --help` for what each setting does")
    })?;
    // Before the data set, which takes longer to read than a wrong device to find.
    config
        .device
        .open()
        .map_err(|e| Failure::input_message(e, models::DEVICE_REMEDY))?;
    Ok(config)
}

/// Whether the run is begun or gone on with, in a folder that it may write to; says so where there is nothing to go on
/// with.
fn start(args: &TrainArgs, interrupt: &Interrupt) -> Result<Start, Failure> {
    let out = args.out.display();
    let goes_on = args.resume && args.out.join(CHECKPOINT_FILE).exists();
    if !goes_on {
        refuse_what_is_not_a_runs(&args.out)?;
    }
    let start = match args.resume {
        true => Start::Resume,
        false => Start::Fresh,
    };
    may_write_to(&args.out, start).map_err(|e| failure(e, args, interrupt))?;
    if args.resume && !goes_on {
        print::note(format!("{out} holds no checkpoint: this run begins anew"));
    }
    if goes_on {
        let damaged = log::damaged(&args.out);
        let is_there = args.out.join(LOG_FILE).exists();
        match damaged.map_err(|e| failure(e.into(), args, interrupt))? {
            0 if is_there => {}
            0 => print::note(format!(
                "{out}/{LOG_FILE} is gone: the plots lack what it told"
            )),
            lines => print::note(format!(
                "{out}/{LOG_FILE} is damaged: the plots lack what {lines} of its lines told"
            )),
        }
    }
    Ok(start)
}

/// Draws the run, says which of the `limits` of the model before it were lost, and prints what it came to.
fn finish(args: &TrainArgs, trained: &Trained, limits: &[f64]) -> Outcome {
    plots::finish(&args.out, trained).map_err(|e| {
        let of_log = match &e {
            PlotError::File(why) => log_remedy(why, args),
            PlotError::Drawing { .. } => None,
        };
        match of_log {
            Some(remedy) => Failure::input_message(e, remedy),
            None => Failure::failed_message(e, "the model is whole; free some space and resume"),
        }
    })?;
    let now = levels(&trained.card);
    for lost in limits.iter().filter(|level| !now.contains(level)) {
        print::note(format!(
            "no limit of {} % could be certified, which the model that it went on from had: give more episodes that no model chose, of more stacks, or --calibrate-on such a set",
            100.0 * lost
        ));
    }
    print(args, &trained.card)?;
    Ok(Exit::Done)
}

/// A folder that holds what no training run made is somebody else's: a data set, say.
fn refuse_what_is_not_a_runs(out: &Path) -> Result<(), Failure> {
    let own = [
        WEIGHTS_FILE,
        CARD_FILE,
        LOG_FILE,
        CHECKPOINT_FILE,
        plots::PLOTS_DIR,
        plots::TENSORBOARD_DIR,
        // Beside the default model lies what `eval` holds it against.
        "reference",
    ];
    if out.exists() && !out.is_dir() {
        return Err(Failure::input_message(
            format!("{} is no folder", out.display()),
            "name a new folder with --out",
        ));
    }
    // A folder that is not there is made, and one that cannot be read is told of where it is written to.
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let strange = |name: &String| !name.starts_with('.') && !own.contains(&name.as_str());
    match names.filter(strange).min() {
        None => Ok(()),
        Some(name) => Err(Failure::input_message(
            format!(
                "{} holds `{name}`, which no training run made",
                out.display()
            ),
            "name a new folder with --out",
        )),
    }
}

/// The limits on risk that a model's calibration of what it imagines certifies.
fn levels(card: &ModelCard) -> Vec<f64> {
    let weighed = card.calibration_at(Price::Imagining);
    weighed.ladder.iter().map(|r| r.level).collect()
}

fn print(args: &TrainArgs, card: &ModelCard) -> Result<(), Failure> {
    if args.json {
        let object = json!({
            "out": args.out.display().to_string(),
            "weights_hash": card.weights_hash,
            "epoch": card.epoch,
            "data": card.data,
            "ancestors": card.ancestors,
            "validation": card.validation,
            "ladder": card.calibration.ladder,
            "design_effect": card.calibration.design_effect,
            "weighed_ladder": card.weighed.as_ref().map(|w| &w.calibration.ladder),
        });
        return print::json(&object);
    }
    print::text(&in_words(&args.out, card))
}
