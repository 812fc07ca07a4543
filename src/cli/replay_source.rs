//! What `topple replay` shows: a task, a plan or an episode of a data set.
//!
//! Owns how a file's kind is told: a folder is a data set, JSON and whatever else begins with a brace and a quoted key a plan, unless it is a
//! task written in JSON, and the rest a task.

use std::fs;
use std::ops::Range;
use std::path::Path;

use serde_json::Value;

use super::Failure;
use crate::dataset::Dataset;
use crate::replay::Recording;
use crate::scene::task::{self, TaskFile};

/// What `file` shows.
///
/// # Errors
/// When it is none of the kinds that are known, or damaged.
pub fn read_recording(file: &Path, episode: Option<u64>) -> Result<Recording, Failure> {
    read(file, episode).map(|(recording, _)| recording)
}

/// The same, and the task where it is one.
pub(super) fn read(
    file: &Path,
    episode: Option<u64>,
) -> Result<(Recording, Option<TaskFile>), Failure> {
    let metadata = fs::metadata(file).map_err(|e| {
        Failure::input_message(
            format!("cannot read {}: {e}", file.display()),
            "give a task (YAML), a plan (JSON) or the folder of a data set",
        )
    })?;
    if metadata.is_dir() {
        return Ok((read_episode(file, episode)?, None));
    }
    if episode.is_some() {
        return Err(Failure::input_message(
            format!("{} is no data set, so it has no episodes", file.display()),
            "leave --episode out, or give the folder of a data set",
        ));
    }
    if is_task(file) {
        return of_task(file, task::load(file).map_err(Failure::input)?);
    }
    let text = read_text(file)?;
    if (is_named(file, &["json"]) || begins_as_json(&text)) && !is_task_in_json(&text) {
        let recording = Recording::from_plan_json(&text).map_err(|e| in_file(file, e))?;
        return Ok((recording, None));
    }
    of_task(file, task::parse(&text, file).map_err(Failure::input)?)
}

fn of_task(file: &Path, task: TaskFile) -> Result<(Recording, Option<TaskFile>), Failure> {
    let recording = Recording::from_task(&task).map_err(|e| in_file(file, e))?;
    Ok((recording, Some(task)))
}

fn is_named(file: &Path, endings: &[&str]) -> bool {
    let ending = file.extension().and_then(|e| e.to_str());
    ending.is_some_and(|e| endings.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// A key of JSON is in quotation marks, which few write in YAML.
fn begins_as_json(text: &str) -> bool {
    let inside = text.trim_start().strip_prefix('{');
    inside.is_some_and(|rest| rest.trim_start().starts_with(['"', '}']))
}

/// JSON is YAML too, so a task may be written in it: that has a name and no verdict. What is damaged is taken for a plan.
fn is_task_in_json(text: &str) -> bool {
    let whole: Option<Value> = serde_json::from_str(text).ok();
    whole.is_some_and(|v| v.get("name").is_some() && v.get("verdict").is_none())
}

fn is_task(file: &Path) -> bool {
    is_named(file, &["yaml", "yml"])
}

fn read_text(file: &Path) -> Result<String, Failure> {
    let remedy = "give a task (YAML), a plan (JSON) or the folder of a data set";
    let bytes = fs::read(file).map_err(|e| {
        Failure::input_message(format!("cannot read {}: {e}", file.display()), remedy)
    })?;
    String::from_utf8(bytes).map_err(|_| {
        Failure::input_message(format!("{} is not a text file", file.display()), remedy)
    })
}

/// Episode `index` of a data set, or the first that is there.
fn read_episode(folder: &Path, index: Option<u64>) -> Result<Recording, Failure> {
    let data = Dataset::open(folder).map_err(Failure::input)?;
    let ranges = data.ranges();
    let Some(first) = ranges.first() else {
        let remedy = match data.is_complete() {
            true => "it is a shard that no file of its set fell to; give another one",
            false => "run the `topple generate` that began it again: it goes on",
        };
        let what = format!("{} holds no episodes", folder.display());
        return Err(Failure::input_message(what, remedy));
    };
    let index = index.unwrap_or(first.start);
    let Some(episode) = data.episode(index).map_err(Failure::input)? else {
        return Err(Failure::input_message(
            format!("{} has no episode {index}", folder.display()),
            format!("it holds episodes {}", in_words(&ranges)),
        ));
    };
    Recording::from_episode(&episode).map_err(|e| in_file(folder, e))
}

/// "0 to 127, 256 to 263".
fn in_words(ranges: &[Range<u64>]) -> String {
    let words = |range: &Range<u64>| match range.end - 1 {
        last if last == range.start => last.to_string(),
        last => format!("{} to {last}", range.start),
    };
    ranges.iter().map(words).collect::<Vec<_>>().join(", ")
}

fn in_file(file: &Path, error: crate::replay::ReplayError) -> Failure {
    let remedy = miette::Diagnostic::help(&error).map_or(String::new(), |h| h.to_string());
    Failure::input_message(format!("{}: {error}", file.display()), remedy)
}
