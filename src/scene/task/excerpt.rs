//! The lines around a mistake, as a screen can show them.
//!
//! Owns [`Excerpt`], which `miette` draws an error's place from: long lines are cut around the
//! place (a plan's JSON is one line of 100 kB), and what a terminal would obey or hide is written
//! as an escape, with the caret still under what it means.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::place::{Place, SourceText};

/// A line of so many characters is shown whole.
const WHOLE_CHARS: usize = 120;
/// Of a longer line so many are shown on each side of the place, and so many of the place itself.
const AROUND_CHARS: usize = 60;

/// A few lines of a file, and where they were in it.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// Lines of the file before these.
    first_line: usize,
    /// Bytes before the place in its line of the file.
    column: usize,
}

impl Excerpt {
    /// The line of `place`, one before and one after it, and where the place is among them.
    pub fn around(source: &SourceText, place: Option<&Place>) -> (Self, Option<SourceSpan>) {
        let mut excerpt = Self {
            name: source.name.clone(),
            text: String::new(),
            first_line: 0,
            column: 0,
        };
        let Some(place) = place else {
            return (excerpt, None);
        };
        let all = &*source.text;
        let start = all.floor_char_boundary(place.bytes.start);
        let line_start = all[..start].rfind('\n').map_or(0, |at| at + 1);
        let (line, after) = split_line(&all[line_start..]);
        excerpt.column = (start - line_start).min(line.len());
        excerpt.first_line = all[..line_start].matches('\n').count();
        if let Some(before) = all[..line_start].strip_suffix('\n') {
            let (before, _) = split_line(&before[before.rfind('\n').map_or(0, |at| at + 1)..]);
            excerpt.push_start(before);
            excerpt.text.push('\n');
            excerpt.first_line -= 1;
        }
        let end = excerpt.column + place.bytes.len();
        let span = excerpt.push_around(line, line.floor_char_boundary(end));
        if let Some(after) = after {
            excerpt.text.push('\n');
            excerpt.push_start(split_line(after).0);
        }
        (excerpt, Some(span))
    }

    /// What is around the bytes from `column` to `end` of `line`.
    fn push_around(&mut self, line: &str, end: usize) -> SourceSpan {
        let (mut from, mut end, mut to) = (0, end.max(self.column), line.len());
        if line.chars().nth(WHOLE_CHARS).is_some() {
            let before = line[..self.column].char_indices().rev();
            from = before
                .take(AROUND_CHARS)
                .last()
                .map_or(self.column, |c| c.0);
            end = end.min(self.column + cut(&line[self.column..]).len());
            to = end + cut(&line[end..]).len();
        }
        if from > 0 {
            self.text.push('…');
        }
        self.push(&line[from..self.column]);
        let span_start = self.text.len();
        self.push(&line[self.column..end]);
        let span = (span_start, self.text.len() - span_start).into();
        self.push(&line[end..to]);
        if to < line.len() {
            self.text.push('…');
        }
        span
    }

    fn push_start(&mut self, line: &str) {
        let shown = match line.char_indices().nth(WHOLE_CHARS) {
            None => line.len(),
            Some((at, _)) => at,
        };
        self.push(&line[..shown]);
        if shown < line.len() {
            self.text.push('…');
        }
    }

    fn push(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                // Drawn as blanks, by whoever draws the caret.
                '\t' => self.text.push(c),
                _ => push_visibly(&mut self.text, c),
            }
        }
    }
}

/// The first line, and the rest where there is any.
fn split_line(text: &str) -> (&str, Option<&str>) {
    let (line, rest) = match text.split_once('\n') {
        Some((line, rest)) => (line, Some(rest)),
        None => (text, None),
    };
    (line.strip_suffix('\r').unwrap_or(line), rest)
}

fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(AROUND_CHARS);
    end.map_or(text, |(at, _)| &text[..at])
}

/// `text` with escapes where a terminal would obey it or not show it; whatever is printed of a file passes here.
pub fn visible(text: &str) -> String {
    let mut out = String::new();
    text.chars().for_each(|c| push_visibly(&mut out, c));
    out
}

/// Adds `c`, as an escape where a terminal would obey it or not show it.
pub(super) fn push_visibly(out: &mut String, c: char) {
    let hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    if c.is_control() || hidden {
        out.extend(c.escape_debug());
    } else {
        out.push(c);
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = SourceCode::read_span(self.text.as_str(), span, lines_before, lines_after)?;
        let column = match lines_before {
            0 => self.column,
            _ => inner.column(),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            self.first_line + inner.line(),
            column,
            inner.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn excerpt(text: &str, line: usize, bytes: std::ops::Range<usize>) -> (String, String) {
        let source = SourceText {
            name: "test".to_owned(),
            text: Arc::from(text),
        };
        let (excerpt, span) = Excerpt::around(&source, Some(&Place { line, bytes }));
        let span = span.unwrap();
        let marked = excerpt.text[span.offset()..span.offset() + span.len()].to_owned();
        (excerpt.text, marked)
    }

    #[test]
    fn a_long_line_is_cut_around_the_place_and_the_place_is_still_marked() {
        let line = format!("{}wrong{}", "é".repeat(5000), "b".repeat(5000));
        let text = format!("first\r\n{line}\n{}", "c".repeat(500));
        let start = text.find("wrong").unwrap();
        let (shown, marked) = excerpt(&text, 2, start..start + 5);
        assert_eq!(marked, "wrong");
        let lines: Vec<&str> = shown.lines().collect();
        let [e, b, c] = [("é", 60), ("b", 60), ("c", 120)].map(|(c, n)| c.repeat(n));
        assert_eq!(
            lines,
            ["first", &format!("…{e}wrong{b}…"), &format!("{c}…")]
        );
        // The place itself may be as long as the line.
        let (shown, marked) = excerpt(&line, 1, 0..line.len());
        assert_eq!((marked.chars().count(), shown.chars().count()), (60, 121));
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_the_place_behind_it_still_marked() {
        let text = "a: \u{0}\u{1b}[31m \"x\\y\"\tred\n";
        let start = text.find("red").unwrap();
        let (shown, marked) = excerpt(text, 1, start..start + 3);
        assert_eq!(marked, "red");
        assert_eq!(shown, "a: \\0\\u{1b}[31m \"x\\y\"\tred\n");
    }
}
