//! From the bytes of a file to a checked document: text, YAML, version, types, ranges.
//!
//! Owns the order of these passes, the limits on what a file may unfold to, and the words for
//! what the YAML reader and garde report. Refuses to look at more than one document, at
//! anything but UTF-8, and at files above 16 MiB.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_saphyr::Error as YamlError;

use super::error::{Mistake, MistakeKind, TaskError, mistake, nearest, shown};
use super::locate::{FieldPath, Located, Place, SourceText, byte_at, place_of};
use super::schema::field_words;

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

/// The document of `source`, with the spans of its values; `schema` gives the words for them.
pub(super) fn read_document<T>(
    source: &SourceText,
    what: &str,
    schema: &Value,
) -> Result<(T, Located), TaskError>
where
    T: DeserializeOwned + garde::Validate<Context = ()>,
{
    check_yaml(source, what)?;
    let located = Located::new(source.clone());
    check_version(&located, what)?;
    let document: T = serde_saphyr::from_str_with_options(&source.text, options())
        .map_err(|error| explain(&error, &located, schema))?;
    if let Err(report) = document.validate() {
        let mistakes = report
            .iter()
            .map(|(path, error)| out_of_range(path, error, &located, schema))
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

/// Whether it is YAML at all, and within its limits, whatever its keys.
fn check_yaml(source: &SourceText, what: &str) -> Result<(), TaskError> {
    if source.text.trim().is_empty() {
        let remedy = format!("Write {what}; `topple schema` prints what goes in.");
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
fn check_version(located: &Located, what: &str) -> Result<(), TaskError> {
    let path = FieldPath::default().key("version");
    let source = &located.source;
    if !located.is_mapping() {
        let message = format!("this is YAML, but not {what}: it has no keys");
        let remedy = "Begin with `version: 1`; `topple schema` prints what goes in.";
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

fn place_of_error(error: &YamlError, text: &str) -> Option<Place> {
    let location = error.location()?;
    let line = usize::try_from(location.line()).ok()?;
    let column = usize::try_from(location.column()).ok()?;
    if line == 0 {
        return None;
    }
    let start = byte_at(text, line, column);
    // At least one character, so that there is something to underline.
    let end = text[start..]
        .char_indices()
        .nth(1)
        .map_or(text.len(), |(at, _)| start + at);
    let mut place = place_of(text, start..end);
    place.line = line;
    Some(place)
}

/// The words for what is wrong with the YAML itself.
fn not_yaml(error: &YamlError, source: &SourceText, place: Option<Place>) -> Mistake {
    match error.without_snippet() {
        YamlError::DuplicateMappingKey { key, .. } => {
            let key = shown(key.as_deref().unwrap_or("?"));
            let message = format!("the key `{key}` is there twice");
            mistake(
                source,
                MistakeKind::Duplicate,
                place,
                message,
                "Keep one of the two.",
            )
        }
        YamlError::MultipleDocuments { .. } => {
            let message = "a second YAML document begins here";
            let remedy = "Put each document into a file of its own; take the `---` away.";
            mistake(source, MistakeKind::Syntax, place, message, remedy)
        }
        YamlError::Budget { .. }
        | YamlError::AliasReplayLimitExceeded { .. }
        | YamlError::AliasReplayStackDepthExceeded { .. }
        | YamlError::AliasReplayCounterOverflow { .. }
        | YamlError::AliasExpansionLimitExceeded { .. } => too_large(error, source, place),
        other => {
            let reason = plain(other);
            if reason.contains("nest") || reason.contains("limit") || reason.contains("depth") {
                return too_large(error, source, place);
            }
            let message = format!("not readable as YAML: {reason}");
            let remedy = "Look at indentation, colons, brackets and quotes around this place.";
            mistake(source, MistakeKind::Syntax, place, message, remedy)
        }
    }
}

fn too_large(error: &YamlError, source: &SourceText, place: Option<Place>) -> Mistake {
    let message = format!(
        "the file unfolds to more than a task file may hold: {}",
        plain(error.without_snippet())
    );
    let remedy = "At most 32 levels deep, 200 000 values and 1000 boxes; write aliases out.";
    mistake(source, MistakeKind::TooLarge, place, message, remedy)
}

/// The reader's own words, without the location that is told elsewhere.
fn plain(error: &YamlError) -> String {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    let text = text[..end].trim_end_matches([',', ':', ' ']);
    let start = text.strip_prefix("error: ").unwrap_or(text);
    start.to_owned()
}

/// The words for a value that does not fit its type.
fn explain(error: &YamlError, located: &Located, schema: &Value) -> TaskError {
    let error = error.without_snippet();
    if let YamlError::AliasError { error, .. } = error {
        return explain(error, located, schema);
    }
    let source = &located.source;
    let at_error = place_of_error(error, &source.text);
    let path = at_error
        .as_ref()
        .map_or_else(FieldPath::default, |p| located.path_at(p.bytes.start));
    let (kind, place, message, remedy) = match error {
        YamlError::SerdeUnknownField {
            field, expected, ..
        } => {
            let message = format!("`{}` is no key of {}", shown(field), parent(&path, field));
            let place = at_error.map(|p| {
                let bytes = p.bytes.start..p.bytes.start + field.len();
                place_of(&source.text, bytes)
            });
            (
                MistakeKind::UnknownKey,
                place,
                message,
                suggestion(field, expected),
            )
        }
        YamlError::SerdeUnknownVariant {
            variant, expected, ..
        } => {
            let message = format!("`{path}` cannot be `{}`", shown(variant));
            let remedy = suggestion(variant, expected);
            (
                MistakeKind::WrongType,
                Some(located.place(&path)),
                message,
                remedy,
            )
        }
        YamlError::SerdeMissingField { field, .. } => {
            let lacking = lacks(&path, field, located, schema);
            let message = format!("`{field}` is missing from {lacking}");
            let remedy = format!("Add {}", words(schema, &lacking.key(field)));
            (
                MistakeKind::MissingKey,
                Some(located.place(&lacking)),
                message,
                remedy,
            )
        }
        YamlError::QuotingRequired { value, .. } => {
            let value = shown(value);
            let message = format!("`{path}` is {value}, which YAML does not read as text");
            let remedy = format!("Put it into quotes: \"{value}\".");
            (
                MistakeKind::WrongType,
                Some(located.place(&path)),
                message,
                remedy,
            )
        }
        YamlError::NonFiniteFloat { value, .. } => {
            let message = format!("`{path}` is {}, which is not finite", shown(value));
            let remedy = words(schema, &path);
            (
                MistakeKind::OutOfRange,
                Some(located.place(&path)),
                message,
                remedy,
            )
        }
        other => {
            let found = shown(first_line(located.value_text(&path).unwrap_or_default()));
            let message = format!("`{path}` is {found}, not {}", wanted(other));
            let remedy = words(schema, &path);
            (
                MistakeKind::WrongType,
                Some(located.place(&path)),
                message,
                remedy,
            )
        }
    };
    mistake(source, kind, place, message, remedy).into()
}

fn words(schema: &Value, path: &FieldPath) -> String {
    field_words(schema, path).unwrap_or_else(|| "`topple schema` prints what goes in.".to_owned())
}

/// What should have been there.
fn wanted(error: &YamlError) -> String {
    match error {
        YamlError::SerdeInvalidType { expected, .. }
        | YamlError::SerdeInvalidValue { expected, .. }
        | YamlError::SerdeInvalidLength { expected, .. } => {
            let size = expected.strip_prefix("an array of length ");
            match size.or_else(|| expected.strip_prefix("a tuple of size ")) {
                Some(size) => format!("a list of {size} values"),
                None => expected.clone(),
            }
        }
        YamlError::InvalidScalar { .. } => "a number".to_owned(),
        YamlError::NullIntoString { .. } => "text".to_owned(),
        YamlError::Unexpected { expected, .. } if expected.contains("sequence") => {
            "a list [ … ]".to_owned()
        }
        YamlError::Unexpected { expected, .. } if expected.contains("mapping") => {
            "keys with values { … }".to_owned()
        }
        YamlError::Unexpected { .. } => "a single value".to_owned(),
        other => format!("what belongs there ({})", plain(other)),
    }
}

/// The mapping that lacks `field`: the error names the last key that was read in it.
fn lacks(path: &FieldPath, field: &str, located: &Located, schema: &Value) -> FieldPath {
    let mut at = path.clone();
    loop {
        let missing = at.key(field);
        if located.value_text(&missing).is_none() && field_words(schema, &missing).is_some() {
            return at;
        }
        if at.0.pop().is_none() {
            return path.clone();
        }
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// What an unknown key was found in.
fn parent(path: &FieldPath, key: &str) -> FieldPath {
    let mut path = path.clone();
    if path.last_key() == Some(key) {
        path.0.pop();
    }
    path
}

fn suggestion(word: &str, known: &[&str]) -> String {
    let list = known.join(", ");
    match nearest(word, known) {
        Some(near) => format!("Did you mean `{near}`? Known here: {list}."),
        None => format!("Known here: {list}."),
    }
}

/// The words for a number out of its range, or a list or text of the wrong length.
fn out_of_range(
    path: &garde::Path,
    error: &garde::Error,
    located: &Located,
    schema: &Value,
) -> Mistake {
    let path = FieldPath::parse(&path.to_string());
    let found = located.value_text(&path).unwrap_or_default();
    let message = format!(
        "`{path}` is {}: {}",
        shown(first_line(found)),
        error.message()
    );
    let remedy = field_words(schema, &path).unwrap_or_default();
    let place = Some(located.place(&path));
    mistake(
        &located.source,
        MistakeKind::OutOfRange,
        place,
        message,
        remedy,
    )
}
