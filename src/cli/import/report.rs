//! What an import came to, stack by stack.
//!
//! Owns [`Judged`], the JSON object and the words. Refuses to judge: that was done before.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Options;
use super::standing::Faller;
use crate::cli::{Exit, Outcome, print};

/// One stack's outcome.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Judged {
    /// It stands, and a scenario was written.
    Written {
        name: String,
        file: PathBuf,
        boxes: usize,
        targets: usize,
        /// The box of the file's task.
        retrieve: Option<String>,
        /// By the cut.
        left_out: usize,
        /// In the order in which they fell and were left out.
        fallers: Vec<Faller>,
        overloaded: Vec<String>,
        /// Whether the file of an earlier import was there.
        replaced: bool,
    },
    /// It does not stand: no file.
    Fallen {
        name: String,
        boxes: usize,
        fallers: Vec<Faller>,
        why: String,
        /// Whether the file of an earlier import was there, and went.
        removed: bool,
    },
    /// The cut leaves nothing of it: no file.
    Emptied {
        name: String,
        /// As of one that falls.
        removed: bool,
    },
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    source: &'a Path,
    out: &'a Path,
    stacks: Vec<Judged>,
}

/// Prints the outcome; not one standing stack means that the answer is "not safe".
pub(super) fn report(options: &Options, stacks: Vec<Judged>) -> Outcome {
    let written = |j: &&Judged| matches!(j, Judged::Written { .. });
    let standing = stacks.iter().filter(written).count();
    let exit = if standing > 0 {
        Exit::Done
    } else {
        Exit::NotSafe
    };
    if options.json {
        let report = Report {
            version: 1,
            source: &options.file,
            out: &options.out,
            stacks,
        };
        print::indented_json(&report)?;
        return Ok(exit);
    }
    let head = format!("{standing} of {} stacks were written\n", stacks.len());
    let lines: String = stacks.iter().map(in_words).collect();
    print::text(&(head + &lines))?;
    Ok(exit)
}

/// What is said where the file of an earlier import went.
fn removal(removed: bool) -> &'static str {
    match removed {
        true => "; the file of an earlier import was removed",
        false => "",
    }
}

fn in_words(stack: &Judged) -> String {
    let mut out = String::new();
    let fallers = match stack {
        Judged::Written {
            file,
            boxes,
            retrieve,
            fallers,
            replaced,
            ..
        } => {
            let task = match retrieve {
                Some(id) => format!("retrieve `{id}`"),
                None => "nothing: all are too heavy".into(),
            };
            // Writing to a String cannot fail.
            let earlier = match replaced {
                true => ", in place of an earlier import",
                false => "",
            };
            let file = file.display();
            let _ = writeln!(out, "  {file}: {boxes} boxes, task: {task}{earlier}");
            fallers
        }
        Judged::Fallen {
            name,
            boxes,
            fallers,
            why,
            removed,
        } => {
            let earlier = removal(*removed);
            let _ = writeln!(out, "  {name}: {boxes} boxes, not written: {why}{earlier}");
            fallers
        }
        Judged::Emptied { name, removed } => {
            let earlier = removal(*removed);
            return format!("  {name}: not written: no box of it is left{earlier}\n");
        }
    };
    for faller in fallers {
        let _ = writeln!(out, "    `{}` does not stand: {}", faller.id, faller.how);
    }
    out
}
