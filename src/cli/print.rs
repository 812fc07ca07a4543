//! Data to stdout: JSON in one line or in many, or text; a reader that has seen enough is no failure. What is said
//! beside it goes to stderr, where nobody has to listen.
//!
//! The only writer to either: `println!` and `eprintln!` panic when a disk is full or a pipe is closed, so clippy
//! keeps them out of the crate.

use std::io::Write;

use serde::Serialize;

use super::Failure;
use crate::scene::task::visible;

/// Writes `text` to stdout; what of it a terminal would obey, which can only come from a file or a flag, as escapes.
///
/// # Errors
/// When stdout cannot be written, other than because its reader went away.
pub fn text(text: &str) -> Result<(), Failure> {
    write(&shown(text))
}

/// Says a line on stderr. A run of hours does not end because nobody reads what it says of its progress.
pub fn note(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Says `text`, as [`text`] would print it, on stderr: for when something else has stdout.
pub fn aside(text: &str) {
    note(shown(text.trim_end()));
}

/// `text` with its line ends and nothing else that moves a cursor.
fn shown(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(visible).collect();
    lines.join("\n")
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::failed_message(
                format!("cannot write to stdout: {error}"),
                "Is the disk full?",
            ))
        }
        _ => Ok(()),
    }
}

/// Writes `report` to stdout as one line of JSON.
///
/// # Errors
/// When stdout cannot be written.
pub fn json(report: &impl Serialize) -> Result<(), Failure> {
    let line = serde_json::to_string(report).map_err(unwritable)?;
    write(&(line + "\n"))
}

/// Writes `report` to stdout as JSON that people read.
///
/// # Errors
/// When stdout cannot be written.
pub fn indented_json(report: &impl Serialize) -> Result<(), Failure> {
    let lines = serde_json::to_string_pretty(report).map_err(unwritable)?;
    write(&(lines + "\n"))
}

fn unwritable(error: serde_json::Error) -> Failure {
    Failure::failed_message(
        format!("the report cannot be written as JSON: {error}"),
        "Please report this with the file that was given.",
    )
}

/// How wide a column of boxes' ids has to be, its head included.
pub fn id_width<'a>(ids: impl Iterator<Item = &'a str>) -> usize {
    ids.map(|id| id.chars().count())
        .max()
        .unwrap_or(0)
        .max("box".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_that_is_printed_but_line_ends() {
        assert_eq!(
            shown("a\u{1b}[2J\nb\u{9b}31m\n"),
            "a\\u{1b}[2J\nb\\u{9b}31m\n"
        );
    }
}
