//! The JSON Schema of task files and step lists, and the words of a field taken from it.
//!
//! Owns [`task_schema`] and [`steps_schema`], both made from the types that the reader itself
//! uses, and the look-up by which an error's remedy quotes the schema.

use std::sync::LazyLock;

use serde_json::Value;

use super::format::TaskDocument;
use super::place::{FieldPath, Segment};
use super::step_format::StepsDocument;

/// The JSON Schema (draft 2020-12) of a task file.
pub fn task_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> =
        LazyLock::new(|| schemars::schema_for!(TaskDocument).to_value());
    &SCHEMA
}

/// The JSON Schema (draft 2020-12) of a list of steps.
pub fn steps_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> =
        LazyLock::new(|| schemars::schema_for!(StepsDocument).to_value());
    &SCHEMA
}

/// The kinds of files that people write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DocumentKind {
    /// What `plan` and its like read.
    Task,
    /// What `vet` reads beside it.
    Steps,
}

impl DocumentKind {
    /// With its article, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Task => "a task file",
            Self::Steps => "a list of steps",
        }
    }

    /// Whether `key` is one of its own.
    pub fn has_key(self, key: &str) -> bool {
        field_words(self.schema(), &FieldPath::default().key(key)).is_some()
    }

    /// What its keys mean.
    pub fn schema(self) -> &'static Value {
        match self {
            Self::Task => task_schema(),
            Self::Steps => steps_schema(),
        }
    }

    /// The command that prints [`Self::schema`].
    pub fn schema_command(self) -> &'static str {
        match self {
            Self::Task => "topple schema",
            Self::Steps => "topple schema steps",
        }
    }
}

/// What `schema` says of the value at `path`: its description and its range.
pub(super) fn field_words(schema: &Value, path: &FieldPath) -> Option<String> {
    let key = path.last_key()?;
    let at = below(schema, &path.0);
    // What has no words of its own is told by those of what it is a part of.
    let description = (1..=path.0.len()).rev().find_map(|depth| {
        let is_key = matches!(path.0[depth - 1], Segment::Key(_));
        is_key.then(|| first_str(schema, &below(schema, &path.0[..depth]), "description"))?
    });
    if at.is_empty() {
        return None;
    }
    let description = description.unwrap_or_default().replace('\n', " ");
    let mut words = format!("`{key}`: {description}");
    let all: Vec<&Value> = at.iter().flat_map(|s| alternatives(schema, s)).collect();
    let bound = |name: &str| all.iter().find_map(|s| s[name].as_f64());
    match (bound("minimum"), bound("maximum")) {
        (Some(min), Some(max)) if min == max => words.push_str(&format!(" Only {min}.")),
        (Some(min), Some(max)) => words.push_str(&format!(" From {min} to {max}.")),
        _ => {}
    }
    Some(words)
}

/// Whether `schema` wants the key at `path` to be there.
pub(super) fn is_required(schema: &Value, path: &FieldPath) -> bool {
    let Some((Segment::Key(key), around)) = path.0.split_last() else {
        return false;
    };
    let at = below(schema, around);
    let mut all = at.iter().flat_map(|s| alternatives(schema, s));
    all.any(|s| {
        let mut required = s["required"].as_array().into_iter().flatten();
        required.any(|name| name == key)
    })
}

fn first_str<'a>(root: &'a Value, at: &[&'a Value], name: &str) -> Option<&'a str> {
    let own = at.iter().find_map(|s| s[name].as_str());
    own.or_else(|| {
        let all = at.iter().flat_map(|s| alternatives(root, s));
        all.into_iter().find_map(|s| s[name].as_str())
    })
}

/// The sub-schemas of `schema` that a value at the end of `path` may follow.
fn below<'a>(schema: &'a Value, path: &[Segment]) -> Vec<&'a Value> {
    path.iter().fold(vec![schema], |at, segment| {
        let next = at.iter().flat_map(|s| children(schema, s, segment));
        next.collect()
    })
}

/// The sub-schemas of `schema` that a value one `segment` further down may follow.
fn children<'a>(root: &'a Value, schema: &'a Value, segment: &Segment) -> Vec<&'a Value> {
    let all = alternatives(root, schema);
    let found = all.iter().filter_map(|s| match segment {
        Segment::Key(key) => s["properties"].get(key),
        Segment::Index(_) => s.get("items"),
    });
    found.collect()
}

/// `schema`, what it refers to, and all of its alternatives; schemas here refer in no circles.
fn alternatives<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let mut all = vec![schema];
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|r| r.strip_prefix("#/$defs/"))
    {
        all.extend(alternatives(root, &root["$defs"][name]));
    }
    for group in ["anyOf", "oneOf"] {
        let inner = schema[group].as_array().into_iter().flatten();
        all.extend(inner.flat_map(|s| alternatives(root, s)));
    }
    all
}
