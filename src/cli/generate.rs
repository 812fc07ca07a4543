//! `topple generate`: rollouts in the sandbox, to a data set.
//!
//! Owns the flags, the progress bar and what is said at the end. The work is
//! [`crate::dataset::generate`]'s.

use std::io::IsTerminal;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::interrupt::Interrupt;
use super::models::world_model;
use super::{Exit, Failure, Outcome, given_scenes, print};
use crate::dataset::recipe::{EPISODES_PER_STACK, Mixture, Recipe, Scenes};
use crate::dataset::{
    self, DatasetError, Doubt, Doubted, Ending, EpisodeSource, Progress, Report, STACKS_PER_FILE,
    Shard,
};
use crate::model::{DeviceChoice, LearnedDynamics};
use crate::scene::families::{BOXES_MAX, Family};

/// Make rollouts in the sandbox, for `topple train` to learn from.
///
/// The same seed and flags give the same bytes, whatever the number of threads or shards. An
/// interrupted run is taken up by giving the same command again.
#[derive(Args, Debug)]
pub struct GenerateArgs {
    /// The folder to write to: new, empty, or begun by this same command.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How many episodes at least; rounded up to whole stacks of eight.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub episodes: u64,
    /// What every random number comes from.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// How many threads; left out: as many as the machine has.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub threads: Option<u64>,
    /// Make only part i of n (i from 1 to n), for `topple merge` to put together. Files of 128 episodes are not parted:
    /// where there are more shards than files some stay empty.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Only these families of scenes, separated by commas; left out: all of them.
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = family)]
    pub families: Vec<Family>,
    /// Instead of made-up scenes, those of these task files, or of all *.yaml in these folders: stacks of your own, or
    /// what `topple import` wrote. Each is taken in turn and unpacked part of the way, as seen anew. All episodes of a
    /// packing are for the same: training, validation or calibration. A scene's name and folder's name are part of the
    /// set; the same file in two folders is two scenes.
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["families", "max_boxes"])]
    pub scenes: Vec<PathBuf>,
    /// The most boxes in a scene.
    #[arg(long, value_name = "N", default_value_t = BOXES_MAX as u64, value_parser = clap::value_parser!(u64).range(5..=100))]
    pub max_boxes: u64,
    /// Only hard cases: for each stack two grasps of one box, of which the draws of the belief
    /// disagree on at least one, each carried out under four draws. Slower: most stacks are sifted out. Where none is
    /// found in 64 beliefs, as in some given scenes (--scenes), the stack is acted on as without this flag.
    #[arg(long)]
    pub hard: bool,
    /// Only what this world model is not sure of: of 64 actions on each stack eight, drawn by p(1 - p) of
    /// their risk p. `topple train` learns from such a set beside others of other seeds, and neither
    /// validates nor calibrates on it. Shards of one set are to be made on the same kind of processor.
    #[arg(long, value_name = "MODEL", conflicts_with = "hard")]
    pub doubted_by: Option<PathBuf>,
    /// Which doubt counts: whether there is any accident, or half that and half which kinds of it, all alike.
    #[arg(long, value_name = "any|kinds", default_value = "any", value_parser = doubt, requires = "doubted_by")]
    pub doubt: Doubt,
    /// Print what was done as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// How many episodes a file has, the last one of a set left out: what is kept of an interrupted run, and shared out to
/// shards, is whole files.
const EPISODES_PER_FILE: u64 = STACKS_PER_FILE * EPISODES_PER_STACK as u64;

fn family(name: &str) -> Result<Family, String> {
    let unknown = || unknown("family", &Family::ALL.map(Family::name));
    Family::from_name(name).ok_or_else(unknown)
}

fn doubt(name: &str) -> Result<Doubt, String> {
    let unknown = || unknown("doubt", &Doubt::ALL.map(Doubt::name));
    Doubt::from_name(name).ok_or_else(unknown)
}

fn unknown(what: &str, names: &[&str]) -> String {
    format!("there is no such {what}; choose from {}", names.join(", "))
}

impl From<DatasetError> for Failure {
    fn from(error: DatasetError) -> Self {
        if error.is_failed_work() {
            Self::Failed(error.into())
        } else {
            Self::input(error)
        }
    }
}

/// Makes the data set, or goes on with it.
///
/// # Errors
/// When the folder holds something else, the disk is full, or a signal came.
pub fn run(args: &GenerateArgs) -> Outcome {
    let interrupt = Interrupt::install()?;
    let recipe = recipe(args, &interrupt)?;
    let report = match &args.doubted_by {
        None => generate(args, &recipe, &interrupt)?,
        Some(folder) => {
            // Where there is a GPU its numbers may differ in the last bits, and the set's bytes with them.
            let model = world_model(Some(folder), DeviceChoice::Cpu)?;
            let hash = model.card.weights_hash.clone();
            let dynamics = LearnedDynamics::new(model);
            let source = Doubted::new(recipe, &dynamics, hash, args.doubt);
            generate(args, &source, &interrupt)?
        }
    };
    if report.ending == Ending::Stopped {
        print::note(format!(
            "interrupted: {} of {} episodes are kept in {}, in whole files of {EPISODES_PER_FILE}; give the same command again to go on",
            report.episodes,
            report.total,
            args.out.display()
        ));
        return Err(Failure::Interrupted(interrupt.signal().unwrap_or(2)));
    }
    print(args, &report)?;
    Ok(Exit::Done)
}

fn generate(
    args: &GenerateArgs,
    source: &impl EpisodeSource,
    interrupt: &Interrupt,
) -> Result<Report, Failure> {
    let stacks = args.episodes.div_ceil(EPISODES_PER_STACK as u64);
    let threads = args.threads.map_or_else(default_threads, |t| t as usize);
    let display = Display::new();
    let report = dataset::generate(
        source,
        &args.out,
        stacks,
        threads,
        args.shard,
        &interrupt.stop,
        |progress| display.show(progress),
    );
    display.finish();
    Ok(report?)
}

fn recipe(args: &GenerateArgs, interrupt: &Interrupt) -> Result<Recipe, Failure> {
    let scenes = if args.scenes.is_empty() {
        made_up(args)
    } else {
        let whole = args.doubted_by.is_some();
        let given = given_scenes::read(&args.scenes, whole, interrupt)?;
        Scenes::given(given).ok_or_else(|| {
            Failure::input_message("no scene is given", "Name task files, or folders of them.")
        })?
    };
    Ok(Recipe {
        seed: args.seed,
        scenes,
        mixture: if args.hard {
            Mixture::Hard
        } else {
            Mixture::Standard
        },
    })
}

fn made_up(args: &GenerateArgs) -> Scenes {
    let mut families = args.families.clone();
    if families.is_empty() {
        families = Family::ALL.to_vec();
    }
    // The order in which they are named must not matter for what comes out.
    families.sort_unstable();
    families.dedup();
    Scenes::generated(&families, args.max_boxes as usize)
}

fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn print(args: &GenerateArgs, report: &Report) -> Result<(), Failure> {
    let out = args.out.display();
    if args.json {
        let object = json!({
            "out": out.to_string(),
            "episodes": report.episodes,
            "found": report.found,
            "seed": args.seed,
            "shard": args.shard.map(|s| s.to_string()),
        });
        return print::json(&object);
    }
    let found = match report.found {
        0 => String::new(),
        n => format!(" ({n} were there already)"),
    };
    if report.total == 0 {
        print::note(format!(
            "this shard is empty: {} episodes fill fewer files of {EPISODES_PER_FILE} than there are shards; it is to be merged all the same",
            args.episodes
        ));
    }
    print::text(&format!(
        "{} episodes in {out}{found}\nlook at them with `topple inspect {out}`\n",
        report.episodes
    ))
}

/// A bar on a terminal, a line now and then in a log.
struct Display {
    bar: Option<ProgressBar>,
    log: Mutex<Log>,
}

struct Log {
    began: Instant,
    last: Instant,
}

/// How often a log gets a line.
const LOG_EVERY: Duration = Duration::from_secs(10);

impl Display {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            let template = "{wide_bar} {pos}/{len} episodes, {per_sec} a second, {eta} left";
            // The template is a constant; the default serves if it were ever wrong.
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.with_key("per_sec", per_second));
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            log: Mutex::new(Log {
                began: now,
                last: now,
            }),
        }
    }

    fn show(&self, progress: Progress) {
        let position = progress.found + progress.made;
        match &self.bar {
            Some(bar) if progress.made == 0 => {
                bar.set_length(progress.total);
                bar.set_position(position);
                // Found episodes took no time: the rate starts from here.
                bar.reset_eta();
            }
            Some(bar) => bar.set_position(position.max(bar.position())),
            None => self.log(progress),
        }
    }

    fn log(&self, progress: Progress) {
        let Ok(mut log) = self.log.lock() else {
            return;
        };
        if log.last.elapsed() < LOG_EVERY || progress.made == 0 {
            return;
        }
        log.last = Instant::now();
        let rate = progress.made as f64 / log.began.elapsed().as_secs_f64();
        let position = progress.found + progress.made;
        let left = progress.total.saturating_sub(position) as f64 / rate;
        print::note(format!(
            "{position}/{} episodes, {rate:.0} a second, {left:.0} s left",
            progress.total
        ));
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn per_second(state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write) {
    // A bar that cannot be drawn is no reason to fail.
    let _ = write!(out, "{:.0}", state.per_sec());
}
