//! Places in a text, and the ways to a value that name them.
//!
//! Owns [`SourceText`] (a file's name and text), [`Place`] (a stretch of one line), [`FieldPath`]
//! (`scene.boxes[2].mass`), and the counting of lines, columns and bytes. Which value stands where
//! is `locate`'s.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde_saphyr::granit_parser::Span;

/// A file as it was read.
#[derive(Clone, Debug)]
pub(super) struct SourceText {
    /// As the user named it.
    pub name: String,
    /// All of it.
    pub text: Arc<str>,
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Counted from one.
    pub line: usize,
    /// Within one line.
    pub bytes: Range<usize>,
}

/// One step down into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// Into a mapping.
    Key(String),
    /// Into a sequence.
    Index(usize),
}

/// The way to a value, from the document's root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldPath(pub Vec<Segment>);

impl FieldPath {
    /// This path, one key further.
    pub fn key(&self, key: &str) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Key(key.to_owned()));
        path
    }

    /// This path, one item further.
    pub fn index(&self, index: usize) -> Self {
        let mut path = self.clone();
        path.0.push(Segment::Index(index));
        path
    }

    /// Reads what [`fmt::Display`] writes, `a.b[3].c`; keys hold neither dots nor brackets.
    pub fn parse(text: &str) -> Self {
        let segments =
            text.split(['.', '['])
                .filter(|part| !part.is_empty())
                .map(|part| match part.strip_suffix(']').map(str::parse) {
                    Some(Ok(index)) => Segment::Index(index),
                    _ => Segment::Key(part.to_owned()),
                });
        Self(segments.collect())
    }

    /// The last key on the way, for messages.
    pub fn last_key(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        })
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if i == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        if self.0.is_empty() {
            f.write_str("the file")?;
        }
        Ok(())
    }
}

/// What a parser's span covers of `text`.
pub(super) fn bytes_of(span: &Span, text: &str) -> Range<usize> {
    let bytes = span.byte_range().unwrap_or(0..0);
    let end = bytes.end.min(text.len());
    bytes.start.min(end)..end
}

/// The part of `bytes` that lies in its first line.
pub(super) fn place_of(text: &str, bytes: Range<usize>) -> Place {
    let start = bytes.start.min(text.len());
    let before = text.get(..start).unwrap_or("");
    let after = text.get(start..bytes.end.min(text.len())).unwrap_or("");
    let length = after.lines().next().unwrap_or("").trim_end().len();
    Place {
        line: before.matches('\n').count() + 1,
        bytes: start..start + length,
    }
}

/// The byte at which `column` (in characters) of `line` stands, both counted from one.
pub(super) fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let start = match line {
        0 | 1 => 0,
        _ => text
            .match_indices('\n')
            .nth(line - 2)
            .map_or(text.len(), |(at, _)| at + 1),
    };
    let rest = text.get(start..).unwrap_or("");
    let within = rest
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(rest.len(), |(at, _)| at);
    start + within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters() {
        let text = "é: 1\nüü: 2\n";
        assert_eq!(&text[byte_at(text, 2, 5)..], "2\n");
        assert_eq!(byte_at(text, 9, 9), text.len());
    }
}
