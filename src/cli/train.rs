//! `topple train`: a world model from a data set.
//!
//! Owns the flags, the YAML config behind them, reading the data set into samples, the progress
//! and the figures at the end. The work is [`crate::model::train`]'s.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde_json::json;

use super::interrupt::Interrupt;
use super::{Exit, Failure, Outcome, physics};
use crate::dataset::{Dataset, Episode, Split};
use crate::model::features::Encoder;
use crate::model::retell::retold;
use crate::model::{
    DeviceChoice, EpochLog, ModelCard, Observer, Sample, SetSource, Start, TrainConfig, TrainError,
    TrainingData, train,
};
use crate::plots;
use crate::rollout::AccidentKind;

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
    /// A YAML file with any of the settings below; flags win over it.
    #[arg(long, value_name = "YAML")]
    pub config: Option<PathBuf>,
    /// Passes over the training split.
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Width of every latent.
    #[arg(long, value_name = "N")]
    pub width: Option<usize>,
    /// Rounds of messages.
    #[arg(long, value_name = "N")]
    pub rounds: Option<usize>,
    /// Members of the ensemble.
    #[arg(long, value_name = "N")]
    pub members: Option<usize>,
    /// Actions in one gradient step.
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Peak learning rate.
    #[arg(long, value_name = "RATE")]
    pub lr: Option<f64>,
    /// Tellings of each training episode: the recorded one and others, seen with other noise.
    #[arg(long, value_name = "N")]
    pub tellings: Option<usize>,
    /// Share of latents left out while training.
    #[arg(long, value_name = "SHARE")]
    pub dropout: Option<f64>,
    /// What weights and order come from.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Members that train at once; 0: as many as the machine has cores.
    #[arg(long, value_name = "T")]
    pub threads: Option<usize>,
    /// Where the network computes: auto, cpu or cuda; auto takes a GPU where it can.
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
    /// Go on from the last checkpoint in the output folder.
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
    let interrupt = Interrupt::install()
        .map_err(|e| Failure::failed_message(e, "the system refused a signal handler"))?;
    let config = config(args)?;
    config.validate().map_err(|e| {
        Failure::input_message(e, "see `topple train --help` for what each setting does")
    })?;
    // Before the data set, which takes longer to read than a wrong device to find.
    config
        .device
        .open()
        .map_err(|e| Failure::input_message(e, physics::DEVICE_REMEDY))?;
    let data = read(&args.datasets, &config, &interrupt)?;
    let start = if args.resume {
        Start::Resume
    } else {
        Start::Fresh
    };
    let display = Display::new(config.epochs, &args.out);
    let trained = train(&data, &config, &args.out, start, &interrupt.stop, &display);
    display.finish();
    match trained {
        Ok(trained) => {
            plots::finish(&args.out, &trained).map_err(|e| {
                Failure::failed_message(e, "the model is whole; free some space and resume")
            })?;
            print(args, &trained.card);
            Ok(Exit::Done)
        }
        Err(error) => Err(failure(error, args, &interrupt)),
    }
}

fn config(args: &TrainArgs) -> Result<TrainConfig, Failure> {
    let mut config = match &args.config {
        None => TrainConfig::default(),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| {
                let what = format!("cannot read {}: {e}", path.display());
                Failure::input_message(what, "give --config a YAML file of training settings")
            })?;
            serde_saphyr::from_str(&text).map_err(|e| {
                let what = format!("{}: {e}", path.display());
                Failure::input_message(what, "settings have the names of the flags")
            })?
        }
    };
    let set = |to: &mut usize, from: Option<usize>| *to = from.unwrap_or(*to);
    set(&mut config.epochs, args.epochs);
    set(&mut config.width, args.width);
    set(&mut config.rounds, args.rounds);
    set(&mut config.members, args.members);
    set(&mut config.batch, args.batch);
    set(&mut config.tellings, args.tellings);
    set(&mut config.threads, args.threads);
    config.lr = args.lr.unwrap_or(config.lr);
    config.dropout = args.dropout.unwrap_or(config.dropout);
    config.seed = args.seed.unwrap_or(config.seed);
    config.device = args.device.unwrap_or(config.device);
    Ok(config)
}

/// The data sets as samples, one after the other.
fn read(
    dirs: &[PathBuf],
    config: &TrainConfig,
    interrupt: &Interrupt,
) -> Result<TrainingData, Failure> {
    let mut data = TrainingData {
        retold: vec![Vec::new(); config.tellings - 1],
        ..TrainingData::default()
    };
    let mut stacks = 0;
    for dir in dirs {
        let dataset = Dataset::open(dir)?;
        if !dataset.is_complete() {
            eprintln!(
                "{} is not finished; training on what is there",
                dir.display()
            );
        }
        let info = dataset.info();
        let same = |set: &SetSource| set.seed == info.seed && set.config == info.config;
        if data.source.sets.iter().any(same) {
            return Err(Failure::input_message(
                format!(
                    "{} repeats the stacks of another data set: both are of seed {} with the same settings",
                    dir.display(),
                    info.seed
                ),
                "generate with another --seed; put shards together with `topple merge`",
            ));
        }
        data.source.sets.push(SetSource {
            hash: dataset.hash()?,
            topple_version: info.topple_version.clone(),
            seed: info.seed,
            config: info.config.clone(),
            stacks: dataset.len() / info.episodes_per_stack.max(1),
            complete: dataset.is_complete(),
        });
        read_into(&mut data, &dataset, stacks, config, interrupt)?;
        stacks += info.stacks;
    }
    data.source.hash = joint_hash(&data.source.sets);
    data.source.train = data.train.len();
    data.source.validation = data.validation.len();
    data.source.calibration = data.calibration.len();
    Ok(data)
}

/// One name for all data sets: that of the only one where there is one.
fn joint_hash(sets: &[SetSource]) -> String {
    match sets {
        [only] => only.hash.clone(),
        _ => {
            let all: Vec<&str> = sets.iter().map(|set| set.hash.as_str()).collect();
            crate::model::folder::hash(all.join(" ").as_bytes())
        }
    }
}

/// Reads file by file, so that its episodes are never in memory together; stacks are numbered from
/// `first`, so that those of two data sets are not taken for one.
fn read_into(
    data: &mut TrainingData,
    dataset: &Dataset,
    first: u64,
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
            .map(|&n| samples_of(dataset, first, config, n))
            .collect::<Result<_, crate::dataset::DatasetError>>()?;
        for file in read {
            bar.inc(file.len() as u64);
            for (split, family, sample, others) in file {
                data.source.episodes += 1;
                *data.source.families.entry(family).or_default() += 1;
                match (split, sample) {
                    (_, None) => tracing::warn!("an episode without frames was left out"),
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
    first: u64,
    config: &TrainConfig,
    file: usize,
) -> Result<Read, crate::dataset::DatasetError> {
    let mut encoder: Option<Encoder> = None;
    let read = |mut e: Episode| {
        let split = dataset.split_of(e.stack);
        e.stack += first;
        let known = encoder.take().filter(|seen| *seen.workcell() == e.workcell);
        let known = encoder.insert(known.unwrap_or_else(|| Encoder::new(&e.workcell)));
        let sample = Sample::seen_by(known, &e);
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

fn failure(error: TrainError, args: &TrainArgs, interrupt: &Interrupt) -> Failure {
    let out = args.out.display();
    match error {
        TrainError::Interrupted { epochs } => {
            eprintln!(
                "interrupted: {epochs} epochs are kept in {out}; give the same command with --resume to go on"
            );
            Failure::Interrupted(interrupt.signal().unwrap_or(2))
        }
        TrainError::Occupied(_) => Failure::input_message(
            error,
            "give --resume to go on with it, or another folder with --out",
        ),
        TrainError::Resume(_) => Failure::input_message(
            error,
            "resume with the settings and the data set that the run began with, or start anew in another folder",
        ),
        TrainError::Device(_) => Failure::input_message(error, physics::DEVICE_REMEDY),
        TrainError::Knob(_) => Failure::input_message(error, "see `topple train --help`"),
        TrainError::TooFew { .. } => {
            Failure::input_message(error, "make more episodes with `topple generate`")
        }
        TrainError::File(_) => Failure::failed_message(
            error,
            "the last checkpoint is whole; free some space and resume",
        ),
        TrainError::Tensor(_) | TrainError::Thread(_) => {
            Failure::failed_message(error, "the last checkpoint is whole; try a lower --lr")
        }
    }
}

fn print(args: &TrainArgs, card: &ModelCard) {
    if args.json {
        let object = json!({
            "out": args.out.display().to_string(),
            "weights_hash": card.weights_hash,
            "epoch": card.epoch,
            "data": card.data,
            "validation": card.validation,
            "ladder": card.calibration.ladder,
            "design_effect": card.calibration.design_effect,
        });
        println!("{object}");
        return;
    }
    let v = &card.validation;
    let show = |x: Option<f64>| x.map_or("too few".to_owned(), |x| format!("{x:.4}"));
    println!(
        "{}: the weights of epoch {}, {} members, trained on {} episodes",
        args.out.display(),
        card.epoch,
        card.members,
        card.data.train
    );
    println!(
        "on {} episodes of stacks not trained on ({:.1} % accidents):",
        v.episodes,
        100.0 * v.base_rate
    );
    println!("  AUC {}, Brier score {}", show(v.auc), show(v.brier));
    let kinds = AccidentKind::ALL.map(|k| {
        let auc = v.auc_by_accident[k.index()];
        format!("{} {}", k.name(), show(auc))
    });
    println!("  AUC by accident: {}", kinds.join(", "));
    println!(
        "  calibration error {}, of which {} is noise",
        show(v.ece),
        show(v.ece_floor)
    );
    if let Some(side) = v.safe_side {
        println!(
            "  judged safe at 2 %: {:.1} % of them, of which {} ended in an accident",
            100.0 * side.coverage,
            show(side.false_safe)
        );
    }
    let at = |v: &[Option<f64>]| show(v.get(5).copied().flatten());
    println!(
        "  imagined at 1.5 s: what stays is off by {} m, what moves by {} of its way (medians)",
        at(&v.poses.still_m),
        at(&v.poses.moved_share)
    );
}

fn bar(length: u64, template: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length);
    // The template is a constant; the default serves if it were ever wrong.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// A bar over all epochs on a terminal, lines in a log, events for TensorBoard.
struct Display<'a> {
    folder: &'a Path,
    bar: ProgressBar,
    epochs: usize,
    began: Instant,
    last: Mutex<Instant>,
}

impl<'a> Display<'a> {
    fn new(epochs: usize, folder: &'a Path) -> Self {
        let bar = bar(0, "{wide_bar} {msg}, {eta} left");
        bar.enable_steady_tick(Duration::from_millis(500));
        Self {
            folder,
            bar,
            epochs,
            began: Instant::now(),
            last: Mutex::new(Instant::now()),
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, line: String) {
        if self.bar.is_hidden() {
            eprintln!("{line}");
        } else {
            self.bar.println(line);
        }
    }
}

impl Observer for Display<'_> {
    fn batch(&self, epoch: usize, done: usize, total: usize, loss: f64) {
        let all = (total * self.epochs) as u64;
        let position = ((epoch - 1) * total + done) as u64;
        if !self.bar.is_hidden() {
            if self.bar.length() != Some(all) {
                self.bar.set_length(all);
                // Epochs of an earlier run took no time of this one.
                self.bar.set_position(position);
                self.bar.reset_eta();
            }
            self.bar.set_position(position);
            self.bar
                .set_message(format!("epoch {epoch}/{}, loss {loss:.3}", self.epochs));
            return;
        }
        let Ok(mut last) = self.last.lock() else {
            return;
        };
        if last.elapsed() > Duration::from_secs(30) {
            *last = Instant::now();
            eprintln!(
                "epoch {epoch}/{}: {done}/{total} batches, loss {loss:.3}",
                self.epochs
            );
        }
    }

    fn epoch(&self, log: &EpochLog) {
        // Only looking on fails here; the run's end writes the file again, and minds.
        if let Err(e) = plots::follow(self.folder) {
            self.say(format!("no events for TensorBoard: {e}"));
        }
        let v = &log.validation;
        let show = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.4}"));
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
        let kinds = v.auc_by_accident.map(show).join(" ");
        let share = v.poses.moved_share.get(5).copied().flatten();
        let still = v.poses.still_m.get(5).copied().flatten();
        self.say(format!(
            "epoch {}/{}: loss {:.4}, held out {:.4}; AUC {} ({kinds}), Brier {}; poses {:.4}, still {} m, moved {}; {:.0} s, {:.0} s in all",
            log.epoch,
            self.epochs,
            mean(&log.loss),
            v.log_loss,
            show(v.auc),
            show(v.brier),
            mean(&log.imagination_loss),
            show(still),
            show(share),
            log.seconds,
            self.began.elapsed().as_secs_f64(),
        ));
    }
}
