//! What the YAML reader and garde report, in words that a person can act on.
//!
//! Owns the way from an error's location to the value's name, and from there to the schema's
//! description and range. It decides nothing: that a document is wrong was found before.

use serde_saphyr::granit_parser::ErrorKind;
use serde_saphyr::{Error as YamlError, ExternalMessageSource};

use super::error::{Mistake, MistakeKind, TaskError, mistake, nearest, shown};
use super::locate::Located;
use super::place::{FieldPath, Place, SourceText, byte_at, place_of};
use super::schema::{DocumentKind, field_words, is_required};

/// Where `error` says that it is, one character wide.
pub(super) fn place_of_error(error: &YamlError, text: &str) -> Option<Place> {
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
pub(super) fn not_yaml(error: &YamlError, source: &SourceText, place: Option<Place>) -> Mistake {
    let error = at_its_root(error);
    match error {
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
        other if is_over_a_limit(other) => too_large(error, source, place),
        other => {
            let message = format!("not readable as YAML: {}", plain(other));
            let remedy = "Look at indentation, colons, brackets and quotes around this place.";
            mistake(source, MistakeKind::Syntax, place, message, remedy)
        }
    }
}

/// The mistake itself, without where an alias was used and what the text around it is.
fn at_its_root(error: &YamlError) -> &YamlError {
    match error.without_snippet() {
        YamlError::AliasError { error, .. } => at_its_root(error),
        other => other,
    }
}

/// Whether the scanner, below the reader and its budget, met one of its own limits.
fn is_over_a_limit(error: &YamlError) -> bool {
    let YamlError::ExternalMessage { source, .. } = error else {
        return false;
    };
    let ExternalMessageSource::Parser(scan) = &**source else {
        return false;
    };
    matches!(
        scan.kind(),
        ErrorKind::RecursionLimitExceeded
            | ErrorKind::AnchorCountOverflow
            | ErrorKind::DirectiveByteLimitExceeded { .. }
            | ErrorKind::TooManyReservedDirectiveParams { .. }
    )
}

fn too_large(error: &YamlError, source: &SourceText, place: Option<Place>) -> Mistake {
    let message = format!(
        "the file unfolds to more than a task file may hold: {}",
        plain(error)
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
pub(super) fn explain(error: &YamlError, located: &Located, document: DocumentKind) -> TaskError {
    let error = at_its_root(error);
    let source = &located.source;
    let at_error = place_of_error(error, &source.text);
    let path = at_error
        .as_ref()
        .map_or_else(FieldPath::default, |p| located.path_at(p.bytes.start));
    if let Some(path) = needed_and_empty(error, &path, located, document) {
        let message = format!("nothing is written for `{path}`");
        let (place, remedy) = (Some(located.place(&path)), words(document, &path));
        return mistake(source, MistakeKind::WrongType, place, message, remedy).into();
    }
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
            let lacking = lacks(&path, field, located, document);
            let message = format!("`{field}` is missing from {lacking}");
            let remedy = format!("Add {}", words(document, &lacking.key(field)));
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
            let remedy = words(document, &path);
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
            let remedy = words(document, &path);
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

/// The key that has to have a value and has none, where `error` at `path` is of that: what is wanted and not there is
/// reported of the mapping around it. What may be left out may be left empty too.
fn needed_and_empty(
    error: &YamlError,
    path: &FieldPath,
    located: &Located,
    document: DocumentKind,
) -> Option<FieldPath> {
    let is_of_a_name = matches!(
        error,
        YamlError::SerdeUnknownField { .. } | YamlError::SerdeMissingField { .. }
    );
    let mut empty = located.left_empty(path).into_iter();
    empty.find(|path| !is_of_a_name && is_required(document.schema(), path))
}

fn words(kind: DocumentKind, path: &FieldPath) -> String {
    let command = kind.schema_command();
    field_words(kind.schema(), path).unwrap_or_else(|| format!("`{command}` prints what goes in."))
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
fn lacks(path: &FieldPath, field: &str, located: &Located, kind: DocumentKind) -> FieldPath {
    let mut at = path.clone();
    loop {
        let missing = at.key(field);
        if located.value_text(&missing).is_none() && field_words(kind.schema(), &missing).is_some()
        {
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
pub(super) fn out_of_range(
    path: &garde::Path,
    error: &garde::Error,
    located: &Located,
    kind: DocumentKind,
) -> Mistake {
    let path = FieldPath::parse(&path.to_string());
    let message = match wrong_length(error.message(), located.is_list(&path)) {
        Some(why) => format!("`{path}` {why}"),
        None => {
            let found = located.value_text(&path).unwrap_or_default();
            let found = shown(first_line(found));
            format!("`{path}` is {found}: {}", error.message())
        }
    };
    let remedy = words(kind, &path);
    let place = Some(located.place(&path));
    mistake(
        &located.source,
        MistakeKind::OutOfRange,
        place,
        message,
        remedy,
    )
}

/// garde's words for a list or a text of the wrong length, as a person would say it.
fn wrong_length(message: &str, is_list: bool) -> Option<String> {
    if message.starts_with("length is lower than ") {
        // No list and no text here needs more than one.
        let least = if is_list { "entry" } else { "character" };
        return Some(format!("is empty: at least one {least} belongs there"));
    }
    let most = message.strip_prefix("length is greater than ")?;
    let what = if is_list { "entries" } else { "characters" };
    Some(format!("has more than {most} {what}"))
}
