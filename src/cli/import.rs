//! `topple import`: real packings to task files.
//!
//! Owns the settling of each stack, and the check that it then stands under a draw of its belief
//! and passes the program's own checks. Packing algorithms do not ask whether a box
//! stands: those that fall are left out with what rests on them, and listed; or, with
//! `--falling skip`, the whole stack gets no file.

mod report;
mod standing;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::{Args, Subcommand};
use indicatif::{ParallelProgressIterator, ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::interrupt::Interrupt;
use super::{Failure, Outcome, print};
use crate::files::write_whole;
use crate::scene::import::{self, Cut, Imported, ImportedStack};
use crate::scene::task::{self, SceneSource, Task, TaskFile};
use report::{Judged, report};
pub use standing::Falling;
use standing::{Faller, Standing, stand};

/// What the first line of every imported file begins with.
const HEAD: &str = "# Derived from ";

/// `topple import bed-bpp|aclpp FILE --out DIR`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Whose packings.
    #[command(subcommand)]
    pub format: Format,
}

/// The data sets that are understood.
#[derive(Subcommand, Debug)]
pub enum Format {
    /// Grocery orders: a packing_plans.json (an orders.json beside it tells what they stand on)
    BedBpp(Options),
    /// Air cargo: a flight's *.schedule.yaml; every built ULD becomes a scenario
    Aclpp(Options),
}

/// What both have in common.
#[derive(Args, Debug)]
pub struct Options {
    /// The file to read
    pub file: PathBuf,
    /// The folder that the scenarios are written to, one file a stack; those of an earlier import are
    /// replaced, or removed where nothing of the stack is left or it does not stand any more
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Leave out boxes whose top is higher above the floor, m
    ///
    /// What rests on a box that is left out is higher still, so it is left out too.
    #[arg(long, value_name = "M", value_parser = positive)]
    pub max_height: Option<f64>,
    /// Make no target of heavier boxes, kg
    ///
    /// They stay in the scene: without them what they carry would hang in the air.
    #[arg(long, value_name = "KG", value_parser = positive)]
    pub max_mass: Option<f64>,
    /// What becomes of a stack in which a box falls
    #[arg(long, value_enum, default_value_t = Falling::LeaveOut)]
    pub falling: Falling,
    /// Seed of the draw that each settled stack has to stand under
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Imports what `args` name.
///
/// # Errors
/// Unreadable or foreign input (2), a folder that cannot be written to (1 or 2), a signal.
pub fn run(args: &ImportArgs) -> Outcome {
    let interrupt = Interrupt::install()?;
    let (options, imported) = match &args.format {
        Format::BedBpp(options) => (options, bed_bpp(options)?),
        Format::Aclpp(options) => (options, aclpp(options)?),
    };
    make_folder(&options.out)?;
    let Imported { stacks, emptied } = imported;
    let is_there = |name: &String| stacks.iter().any(|s| s.name.eq_ignore_ascii_case(name));
    let emptied: Vec<String> = emptied.into_iter().filter(|name| !is_there(name)).collect();
    let mut judged = judge_all(stacks, options, &interrupt)?;
    for name in emptied {
        let removed = remove_import(&file_of(options, &name))?;
        judged.push(Judged::Emptied { name, removed });
    }
    report(options, judged)
}

/// Where the scenario of the stack `name` goes.
fn file_of(options: &Options, name: &str) -> PathBuf {
    options.out.join(format!("{name}.yaml"))
}

fn make_folder(out: &Path) -> Result<(), Failure> {
    let remedy = "give a folder that is there or can be made, in a place that can be written to";
    if out.exists() && !out.is_dir() {
        let what = format!("--out {} is a file, not a folder", out.display());
        return Err(Failure::input_message(what, remedy));
    }
    std::fs::create_dir_all(out).map_err(|e| {
        let what = format!("the folder --out {} cannot be made: {e}", out.display());
        match e.kind() {
            // There is a file in its path.
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                Failure::input_message(what, remedy)
            }
            _ => Failure::failed_message(what, remedy),
        }
    })
}

fn bed_bpp(options: &Options) -> Result<Imported, Failure> {
    let packing = read(&options.file)?;
    let beside = options.file.with_file_name("orders.json");
    let orders = if beside.is_file() {
        Some(read(&beside)?)
    } else {
        None
    };
    import::bed_bpp(&packing, orders.as_deref(), &options.file, &cut(options))
        .map_err(Failure::input)
}

fn aclpp(options: &Options) -> Result<Imported, Failure> {
    let text = read(&options.file)?;
    import::aclpp(&text, &options.file, &cut(options)).map_err(Failure::input)
}

fn cut(options: &Options) -> Cut {
    Cut {
        max_height_m: options.max_height,
        max_mass_kg: options.max_mass,
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let remedy =
        "give a packing_plans.json (bed-bpp) or a *.schedule.yaml (aclpp) that can be read";
    if path.is_dir() {
        let what = format!("{shown} is a folder, not a file");
        return Err(Failure::input_message(what, remedy));
    }
    let bytes = std::fs::read(path)
        .map_err(|e| Failure::input_message(format!("cannot read {shown}: {e}"), remedy))?;
    String::from_utf8(bytes).map_err(|e| {
        let byte = e.utf8_error().valid_up_to();
        let what = format!("{shown} is no text: byte {byte} is not UTF-8");
        Failure::input_message(what, format!("{remedy}; unpack it where it is an archive"))
    })
}

/// Settles, checks and writes every stack, side by side; in the order of the file. Where not all can be, says how many
/// were.
fn judge_all(
    stacks: Vec<ImportedStack>,
    options: &Options,
    interrupt: &Interrupt,
) -> Result<Vec<Judged>, Failure> {
    let style = ProgressStyle::with_template("settling {bar:30} {pos}/{len} stacks, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(stacks.len() as u64).with_style(style);
    let judged: Vec<Result<Judged, Failure>> = stacks
        .into_par_iter()
        .progress_with(bar)
        .map(|stack| {
            if interrupt.stop.load(Ordering::Relaxed) {
                interrupt.check()?;
            }
            judge(stack, options)
        })
        .collect();
    let all = judged.len();
    let is_written = |j: &&Result<Judged, Failure>| matches!(j, Ok(Judged::Written { .. }));
    let written = judged.iter().filter(is_written).count();
    let ended = interrupt
        .check()
        .and_then(|()| judged.into_iter().collect::<Result<Vec<_>, _>>());
    if ended.is_err() {
        let out = options.out.display();
        print::note(format!("{written} of {all} stacks were written to {out}"));
    }
    ended
}

/// One stack: settled, checked, written; where it does not stand, the file that an earlier import made of it goes, or
/// whoever reads the folder would take it for this one's.
fn judge(stack: ImportedStack, options: &Options) -> Result<Judged, Failure> {
    let (name, boxes) = (stack.name.clone(), stack.workcell.scene.boxes.len());
    let Standing { stack, fallers } = stand(stack, options.falling, options.seed);
    let file = file_of(options, &name);
    let fallen = |fallers, why| {
        Ok(Judged::Fallen {
            name: name.clone(),
            boxes,
            fallers,
            why,
            removed: remove_import(&file)?,
        })
    };
    let stack = match stack {
        Ok(stack) => stack,
        Err(why) => return fallen(fallers, why),
    };
    let text = yaml(&stack, &fallers, &file);
    if let Err(error) = task::parse(&text, &file) {
        return fallen(fallers, error.to_string());
    }
    let replaced = write(&file, &text)?;
    let question = stack.question();
    Ok(Judged::Written {
        name,
        file,
        boxes: stack.workcell.scene.boxes.len(),
        targets: stack.targets.len(),
        retrieve: question.map(|i| stack.workcell.scene.boxes[i].id.clone()),
        left_out: stack.left_out,
        fallers,
        overloaded: stack.overloaded,
        replaced,
    })
}

/// The stack as a task file that opens with where it comes from.
fn yaml(stack: &ImportedStack, fallers: &[Faller], path: &Path) -> String {
    let mut comment = stack.origin.clone();
    if stack.left_out > 0 {
        comment += &format!("\nBoxes left out by the cut: {}.", stack.left_out);
    }
    if !fallers.is_empty() {
        let ids: Vec<&str> = fallers.iter().map(|f| f.id.as_str()).collect();
        let ids = ids.join(", ");
        comment += &format!("\nLeft out with what rested on them, since they fall: {ids}.");
    }
    if !stack.overloaded.is_empty() {
        let ids = stack.overloaded.join(", ");
        comment +=
            &format!("\nLoaded beyond what the data says they bear, so no max_force: {ids}.");
    }
    let file = TaskFile {
        name: stack.name.clone(),
        workcell: stack.workcell.clone(),
        task: stack
            .question()
            .map(|box_index| Task::Retrieve { box_index }),
        planner: None,
        names_gripper: true,
        path: path.to_owned(),
        scene_source: SceneSource::Inline,
        scene_through: Vec::new(),
    };
    task::to_yaml(&file, &comment)
}

/// Whether an import wrote what is there.
fn is_import(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|old| old.starts_with(HEAD))
}

/// Removes what an import wrote, and nothing else; whether there was such a file.
fn remove_import(path: &Path) -> Result<bool, Failure> {
    if !is_import(path) {
        return Ok(false);
    }
    std::fs::remove_file(path).map(|()| true).map_err(|e| {
        let what = format!(
            "{} does not stand any more and cannot be removed: {e}",
            path.display()
        );
        Failure::failed_message(what, "remove it, or choose another --out")
    })
}

/// Writes whole or not at all; a file that was not imported is never replaced. Whether one that was is.
fn write(path: &Path, text: &str) -> Result<bool, Failure> {
    let replaced = is_import(path);
    if path.exists() && !replaced {
        let what = format!("{}: there is another file of this name", path.display());
        let remedy = "choose another --out: only what an import wrote is replaced";
        return Err(Failure::input_message(what, remedy));
    }
    let written = write_whole(path, text.as_bytes());
    written.map(|()| replaced).map_err(|e| {
        let what = format!("cannot write {}: {e}", path.display());
        Failure::failed_message(what, "make room or choose another --out, and run it again")
    })
}

/// A length or a mass from the command line.
fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value > 0.0 => Ok(value),
        Ok(value) => Err(format!("{value} is not above zero")),
        Err(e) => Err(e.to_string()),
    }
}
