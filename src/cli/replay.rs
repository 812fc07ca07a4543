//! `topple replay`: a scenario, a recorded episode or a plan, shown.
//!
//! Owns the flags, which outputs are refused, and what the command prints; what is shown is read by `replay_source`. A file
//! that is named for output is replaced when it exists.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::overwrite::{
    is_same_place, is_stdout, refuse_beside_json, refuse_input, refuse_no_place, refuse_task,
};
use super::replay_source::read;
use super::{Exit, Failure, Outcome, print};
use crate::replay::export::{ExportError, Format};
use crate::replay::picture::{LARGEST_PX, PictureSize, SMALLEST_PX};
use crate::replay::{Recording, screen};
use crate::scene::task::TaskFile;

/// Show a scenario, a recorded episode or a plan.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  topple replay scenarios/bridge.yaml
  topple plan scenarios/bridge.yaml --execute --json > plan.json; topple replay plan.json --html plan.html
  topple replay data/train --episode 12 --gif episode.gif")]
pub struct ReplayArgs {
    /// A task (YAML), a plan (the JSON that `topple plan --json` prints) or a data set's folder
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which episode of a data set [default: the first that is there]
    #[arg(long, value_name = "N")]
    pub episode: Option<u64>,
    /// Write one page that needs nothing else; an existing file is replaced, as by all of these
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
    /// Write an animated GIF
    #[arg(long, value_name = "OUT")]
    pub gif: Option<PathBuf>,
    /// Write a picture of one moment
    #[arg(long, value_name = "OUT")]
    pub png: Option<PathBuf>,
    /// Write a log that Foxglove opens
    #[arg(long, value_name = "OUT")]
    pub mcap: Option<PathBuf>,
    /// Size of GIF and PNG in pixels [default: 480x360]
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    pub size: Option<PictureSize>,
    /// The moment of the PNG in seconds [default: shortly after the first accident, else two thirds through]
    #[arg(long, value_name = "T", value_parser = parse_time, allow_negative_numbers = true)]
    pub at: Option<f64>,
    /// Print what was shown as JSON
    #[arg(long)]
    pub json: bool,
}

fn parse_size(text: &str) -> Result<PictureSize, String> {
    let help = format!("give WIDTHxHEIGHT, each from {SMALLEST_PX} to {LARGEST_PX}, as in 480x360");
    let (width, height) = text.split_once(['x', '×']).ok_or_else(|| help.clone())?;
    let edge = |s: &str| s.trim().parse().map_err(|_| help.clone());
    PictureSize::new(edge(width)?, edge(height)?).map_err(|_| help.clone())
}

fn parse_time(text: &str) -> Result<f64, String> {
    let t: f64 = text.parse().map_err(|_| "give seconds".to_owned())?;
    if t.is_finite() {
        Ok(t)
    } else {
        Err("give a finite number of seconds".to_owned())
    }
}

/// Runs the command.
///
/// # Errors
/// When the file cannot be shown (bad input), or an output cannot be written (failed).
pub fn run(args: &ReplayArgs) -> Outcome {
    let (recording, task) = read(&args.file, args.episode)?;
    let size = args.size.unwrap_or_default();
    let wanted = [
        (&args.html, Format::Html),
        (&args.gif, Format::Gif(size)),
        (&args.png, Format::Png(size, args.at)),
        (&args.mcap, Format::Mcap),
    ];
    refuse_outputs(args, task.as_ref(), &wanted)?;
    refuse_no_moment(args, &recording)?;
    // Asked before it is replaced: a file that stdout was turned to is another one afterwards.
    let mut paths = wanted.iter().filter_map(|(path, _)| path.as_deref());
    let is_stdout_taken = paths.any(is_stdout);
    let mut written = serde_json::Map::new();
    for (path, format) in wanted {
        if let Some(path) = path {
            let bytes = format.write(&recording, path).map_err(output_failure)?;
            let entry = json!({"path": path.display().to_string(), "bytes": bytes});
            written.insert(format.name().to_owned(), entry);
        }
    }
    if args.json {
        print::indented_json(&report(&recording, written))?;
    } else if written.is_empty() {
        print::text(&screen::text(&recording))?;
    } else {
        let line = |(_, w): (_, Value)| {
            let path = w["path"].as_str().unwrap_or_default().to_owned();
            format!(
                "wrote {path} ({} kB)\n",
                w["bytes"].as_u64().unwrap_or(0).div_ceil(1000)
            )
        };
        let lines: String = written.into_iter().map(line).collect();
        match is_stdout_taken {
            // After a page or a log it would be a part of it.
            true => print::aside(&lines),
            false => print::text(&lines)?,
        }
    }
    Ok(Exit::Done)
}

/// Refuses a moment before the recording begins or after it ends, but for rounding.
fn refuse_no_moment(args: &ReplayArgs, recording: &Recording) -> Result<(), Failure> {
    /// What a time is told to, s.
    const DIGITS_S: f64 = 0.01;
    let (start, end) = (recording.start_s(), recording.end_s());
    match args.at {
        Some(t) if !(start - DIGITS_S..=end + DIGITS_S).contains(&t) => {
            Err(Failure::input_message(
                format!("{}: there is no moment at {t} s", args.file.display()),
                format!("The recording goes from {start:.2} to {end:.2} s."),
            ))
        }
        _ => Ok(()),
    }
}

/// Refuses outputs that cannot be files, that would replace what they are made from or each other, or that --json would
/// follow, and flags of an output that nobody asks for.
fn refuse_outputs(
    args: &ReplayArgs,
    task: Option<&TaskFile>,
    wanted: &[(&Option<PathBuf>, Format)],
) -> Result<(), Failure> {
    let outputs: Vec<(&PathBuf, String)> = wanted
        .iter()
        .filter_map(|(path, format)| Some((path.as_ref()?, format!("--{}", format.name()))))
        .collect();
    for (i, (path, flag)) in outputs.iter().enumerate() {
        match task {
            Some(task) => refuse_task(path, flag, task)?,
            None => refuse_input(path, flag, &args.file)?,
        }
        refuse_no_place(path, flag)?;
        refuse_beside_json(path, flag, args.json)?;
        let is_one = |o: &&(&PathBuf, String)| {
            is_same_place(o.0, path) || (is_stdout(o.0) && is_stdout(path))
        };
        if let Some((_, other)) = outputs[..i].iter().find(is_one) {
            return Err(Failure::input_message(
                format!("{other} and {flag} both name {}", path.display()),
                "give each output a file of its own",
            ));
        }
    }
    let unasked = match (&args.png, &args.gif) {
        (None, _) if args.at.is_some() => {
            Some("--at names the moment of a picture, but no --png asks for one")
        }
        (None, None) if args.size.is_some() => {
            Some("--size is of a picture, but neither --png nor --gif asks for one")
        }
        _ => None,
    };
    match unasked {
        Some(what) => Err(Failure::input_message(
            what,
            "name a file for it, or leave it out",
        )),
        None => Ok(()),
    }
}

fn report(recording: &Recording, written: serde_json::Map<String, Value>) -> Value {
    let events = recording.events.iter().map(|e| {
        let id = e.box_index.map(|i| recording.boxes[i].id.as_str());
        json!({"t": e.t, "kind": e.kind.name(), "box": id, "step": e.step})
    });
    let steps = recording
        .steps
        .iter()
        .map(|s| json!({"title": s.title, "risk": s.risk, "risk_bound": s.risk_bound}));
    json!({
        "title": recording.title,
        "origin": recording.origin.name(),
        "boxes": recording.boxes.len(),
        "fixtures": recording.fixtures.len(),
        "frames": recording.frames.len(),
        "duration_s": recording.end_s() - recording.start_s(),
        "steps": steps.collect::<Vec<_>>(),
        "accidents": events.collect::<Vec<_>>(),
        "written": written,
    })
}

fn output_failure(error: ExportError) -> Failure {
    match error {
        ExportError::IsFolder { .. } => Failure::input(error),
        ExportError::Write { .. } | ExportError::Encode { .. } => Failure::Failed(error.into()),
    }
}
