//! What can be wrong with a task file, told so that a person can put it right.
//!
//! Owns [`TaskError`]: the kind of the mistake, the file, the line, what is wrong with which
//! value, the remedy, and the lines around it, so that `miette` can underline the place. One error
//! carries every mistake that was found in the same pass over the file.

use std::fmt;

use miette::SourceSpan;

use super::excerpt::{Excerpt, push_visibly};
use super::place::{Place, SourceText};
use crate::scene::Scene;

/// The kinds of mistakes that a file can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MistakeKind {
    /// The file cannot be opened, is a folder, or is not text.
    Unreadable,
    /// It is not YAML.
    Syntax,
    /// It unfolds to more than a task file may hold (nesting, aliases, size).
    TooLarge,
    /// Another version of the format.
    Version,
    /// A key that means nothing there.
    UnknownKey,
    /// A key that has to be there.
    MissingKey,
    /// Text where a number belongs, two numbers where three belong.
    WrongType,
    /// A number out of its range, or not finite.
    OutOfRange,
    /// Keys that exclude each other, or that do not go with this kind.
    Conflict,
    /// The same id or key twice.
    Duplicate,
    /// A box shares space with another box, a fixture or the ground.
    Overlap,
    /// Nothing is under a box.
    Hover,
    /// An id, a gripper or a file that is named but is not there.
    NotThere,
}

/// One mistake and where it is.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{at}: {message}")]
pub struct Mistake {
    /// Its kind.
    pub kind: MistakeKind,
    /// The file and the line.
    pub at: FileLine,
    /// What is wrong, with the value.
    pub message: String,
    /// What to do about it.
    #[help]
    pub remedy: String,
    #[source_code]
    source_text: Excerpt,
    #[label("here")]
    span: Option<SourceSpan>,
    /// The other mistakes of the same file.
    #[related]
    pub others: Vec<Mistake>,
}

/// A file, and a line in it where one is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLine {
    /// As it was given.
    pub file: String,
    /// Counted from one.
    pub line: Option<usize>,
}

impl fmt::Display for FileLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// Why a task file or a list of steps was not taken.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error(transparent)]
#[diagnostic(transparent)]
pub struct TaskError(Box<Mistake>);

impl TaskError {
    /// The first mistake in the file, with the others behind it; `None` when there is none.
    pub(super) fn from_mistakes(mut mistakes: Vec<Mistake>) -> Option<Self> {
        mistakes.sort_by_key(|m| m.at.line);
        let mut mistakes = mistakes.into_iter();
        let mut first = mistakes.next()?;
        first.others.extend(mistakes);
        Some(Self(Box::new(first)))
    }

    /// The first mistake; [`Mistake::others`] has the rest.
    pub fn first(&self) -> &Mistake {
        &self.0
    }

    /// All mistakes in the order of their lines.
    pub fn mistakes(&self) -> impl Iterator<Item = &Mistake> {
        std::iter::once(&*self.0).chain(&self.0.others)
    }

    /// The kind of the first mistake.
    pub fn kind(&self) -> MistakeKind {
        self.0.kind
    }

    /// The line of the first mistake, counted from one, where it has one.
    pub fn line(&self) -> Option<usize> {
        self.0.at.line
    }
}

impl From<Mistake> for TaskError {
    fn from(mistake: Mistake) -> Self {
        Self(Box::new(mistake))
    }
}

/// A mistake of `source`, at `place` where it has one.
pub(super) fn mistake(
    source: &SourceText,
    kind: MistakeKind,
    place: Option<Place>,
    message: impl Into<String>,
    remedy: impl Into<String>,
) -> Mistake {
    let (source_text, span) = Excerpt::around(source, place.as_ref());
    Mistake {
        kind,
        at: FileLine {
            file: source.name.clone(),
            line: place.as_ref().map(|p| p.line),
        },
        message: message.into(),
        remedy: remedy.into(),
        source_text,
        span,
        others: Vec::new(),
    }
}

/// A number as it is told: three hundred digits say nothing to anybody.
pub(super) fn shown_number(value: f64) -> String {
    match value == 0.0 || (1e-6..1e15).contains(&value.abs()) {
        true => value.to_string(),
        false => format!("{value:e}"),
    }
}

/// `value` as a message shows it: printable, in one line, at most 40 characters.
pub(super) fn shown(value: &str) -> String {
    let mut text = String::new();
    value
        .chars()
        .take(40)
        .for_each(|c| push_visibly(&mut text, c));
    if value.chars().nth(40).is_some() {
        text.push('…');
    }
    text
}

/// How like two words are, from 0 to 1.
fn likeness(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b)
}

/// The word of `known` that is most like `word`, if any is like it.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|&candidate| (likeness(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// That `scene` has no box `id`, and as remedy those that it has, the ones that are most like it first.
pub fn no_such_box(scene: &Scene, id: &str) -> (String, String) {
    /// More do not fit a line.
    const SHOWN: usize = 12;
    let mut ids: Vec<&str> = scene.boxes.iter().map(|b| b.id.as_str()).collect();
    let is_fixture = scene.fixtures.iter().any(|f| f.id == id);
    let message = match is_fixture {
        true => format!("`{}` is a fixture, not a box", shown(id)),
        false => format!("there is no box `{}`", shown(id)),
    };
    let near = nearest(id, &ids).map_or(String::new(), |near| format!("Did you mean `{near}`? "));
    ids.sort_by(|a, b| likeness(id, b).total_cmp(&likeness(id, a)));
    let more = if ids.len() > SHOWN { ", …" } else { "" };
    ids.truncate(SHOWN);
    let remedy = format!("{near}The boxes are {}{more}.", ids.join(", "));
    (message, remedy)
}
