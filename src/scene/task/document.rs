//! From the bytes of a file to a checked document: text, YAML, version, types, ranges.
//!
//! Owns the order of these passes and the limits on what a file may unfold to. Refuses to look at more than one
//! document, at anything but UTF-8, and at files above 16 MiB.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::error::{MistakeKind, TaskError, mistake, shown};
use super::explain::{explain, not_yaml, out_of_range, place_of_error};
use super::locate::Located;
use super::place::{FieldPath, Place, SourceText};
use super::schema::DocumentKind;

/// More than a thousand boxes with all their keys need.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The text of the file at `path`.
pub(super) fn read_text(path: &Path) -> Result<SourceText, TaskError> {
    let source = |text: &str| SourceText {
        name: path.display().to_string(),
        text: Arc::from(text),
    };
    let refuse = |kind, place, message: String, remedy: &str| {
        TaskError::from(mistake(&source(""), kind, place, message, remedy))
    };
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    if let Err(reason) = read {
        let remedy = "Give the path of a YAML file that can be read.";
        let message = format!("cannot be read: {reason}");
        return Err(refuse(MistakeKind::Unreadable, None, message, remedy));
    }
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = format!("is larger than {} MiB", MAX_FILE_BYTES >> 20);
        let remedy = "A task file holds at most 1000 boxes; cut the scene.";
        return Err(refuse(MistakeKind::TooLarge, None, message, remedy));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(source(text)),
        Err(reason) => {
            let byte = reason.valid_up_to();
            let line = bytes[..byte].iter().filter(|&&b| b == b'\n').count() + 1;
            let message = format!("is no text: byte {byte}, in line {line}, is not UTF-8");
            let remedy = "Task files are YAML in UTF-8. Was a model, an image or an archive given?";
            let place = Place { line, bytes: 0..0 };
            let mut error = mistake(&source(""), MistakeKind::Unreadable, None, message, remedy);
            error.at.line = Some(place.line);
            Err(error.into())
        }
    }
}

/// The document of `source`, with the spans of its values; the schema of `kind` gives the words for them.
pub(super) fn read_document<T>(
    source: &SourceText,
    kind: DocumentKind,
) -> Result<(T, Located), TaskError>
where
    T: DeserializeOwned + garde::Validate<Context = ()>,
{
    refuse_answer(source, kind)?;
    check_yaml(source, kind)?;
    let located = Located::new(source.clone());
    check_version(&located, kind)?;
    refuse_other(&located, kind)?;
    let document: T = serde_saphyr::from_str_with_options(&source.text, options())
        .map_err(|error| explain(&error, &located, kind))?;
    if let Err(report) = document.validate() {
        let mistakes = report
            .iter()
            .map(|(path, error)| out_of_range(path, error, &located, kind))
            .collect();
        if let Some(error) = TaskError::from_mistakes(mistakes) {
            return Err(error);
        }
    }
    Ok((document, located))
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 32,
            flow_nesting_limit: 32,
            max_nodes: 200_000,
            max_events: 400_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 100_000,
            max_replay_stack_depth: 16,
        },
        no_schema: true,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// Refuses what `plan --json` and `vet --json` print, which is easily taken for what they read.
fn refuse_answer(source: &SourceText, kind: DocumentKind) -> Result<(), TaskError> {
    /// The keys that tell them.
    #[derive(Deserialize)]
    struct Answer {
        #[serde(rename = "verdict")]
        _verdict: IgnoredAny,
        #[serde(rename = "steps")]
        _steps: IgnoredAny,
        // Of vetted steps alone; nothing where all are safe.
        #[serde(default, deserialize_with = "is_there")]
        first_unsafe: bool,
    }
    if !source.text.trim_start().starts_with('{') {
        return Ok(());
    }
    let Ok(answer) = serde_json::from_str::<Answer>(&source.text) else {
        return Ok(());
    };
    let (what, remedy) = match answer.first_unsafe {
        false => ("a plan", "To see it, use `topple replay`."),
        true => (
            "an answer of `topple vet`",
            "Give the list of steps that it judged.",
        ),
    };
    let message = format!("this is {what}, not {}", kind.name());
    Err(mistake(source, MistakeKind::WrongType, None, message, remedy).into())
}

/// True of a key that is there, whatever its value.
fn is_there<'de, D: serde::Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

/// Refuses a list of steps where a task is read, and the other way round: `vet` takes both, in this order.
fn refuse_other(located: &Located, kind: DocumentKind) -> Result<(), TaskError> {
    let (other, key, remedy) = match kind {
        DocumentKind::Task => (
            DocumentKind::Steps,
            "steps",
            "Give a task file here; a list of steps comes second: `topple vet TASK.yaml STEPS.yaml`.",
        ),
        DocumentKind::Steps => (
            DocumentKind::Task,
            "scene",
            "Give a list of steps here; the task file comes first: `topple vet TASK.yaml STEPS.yaml`.",
        ),
    };
    let keys = located.keys();
    // Of a misspelt key its own name tells more.
    if !keys.contains(&key) || !keys.iter().all(|key| other.has_key(key)) {
        return Ok(());
    }
    let message = format!("this is {}, not {}", other.name(), kind.name());
    let place = Some(located.place(&FieldPath::default().key(key)));
    let source = &located.source;
    Err(mistake(source, MistakeKind::WrongType, place, message, remedy).into())
}

/// Whether it is YAML at all, and within its limits, whatever its keys.
fn check_yaml(source: &SourceText, kind: DocumentKind) -> Result<(), TaskError> {
    if source.text.trim().is_empty() {
        let (what, command) = (kind.name(), kind.schema_command());
        let remedy = format!("Write {what}; `{command}` prints what goes in.");
        let message = "the file is empty";
        return Err(mistake(source, MistakeKind::Syntax, None, message, remedy).into());
    }
    let mut options = options();
    // Told better by the typed pass, which knows the value's name.
    options.non_finite_float_policy = serde_saphyr::NonFiniteFloatPolicy::PassThrough;
    match serde_saphyr::from_str_with_options::<IgnoredAny>(&source.text, options) {
        Ok(IgnoredAny) => Ok(()),
        Err(error) => {
            let place = place_of_error(&error, &source.text);
            Err(not_yaml(&error, source, place).into())
        }
    }
}

/// A version is looked at before all other keys: a later version may have keys unknown here.
fn check_version(located: &Located, kind: DocumentKind) -> Result<(), TaskError> {
    let what = kind.name();
    let path = FieldPath::default().key("version");
    let source = &located.source;
    if !located.is_mapping() {
        let message = format!("this is YAML, but not {what}: it has no keys");
        let command = kind.schema_command();
        let remedy = format!("Begin with `version: 1`; `{command}` prints what goes in.");
        let place = Some(located.place(&FieldPath::default()));
        return Err(mistake(source, MistakeKind::WrongType, place, message, remedy).into());
    }
    let place = Some(located.place(&path));
    let Some(written) = located.value_text(&path) else {
        let message = format!("`version` is missing, so this may not be {what}");
        let remedy = "Write `version: 1` in the first line.";
        return Err(mistake(source, MistakeKind::MissingKey, place, message, remedy).into());
    };
    if written == "1" {
        return Ok(());
    }
    let message = format!("version {} is not version 1", shown(written));
    let remedy = match written.parse::<u64>() {
        Ok(version) if version > 1 => {
            "It was written for a newer topple: update topple, or write the file for version 1."
        }
        _ => "Write `version: 1`.",
    };
    Err(mistake(source, MistakeKind::Version, place, message, remedy).into())
}
