//! Where each value of a YAML text stands.
//!
//! Owns [`Located`], a tree of spans over a text, which turns `scene.boxes[2].mass` into a line and
//! a line into `scene.boxes[2].mass`. It holds no values: those are read by serde, straight into
//! types. Checks that run later, on the values, find their way back to the text through this tree.

use std::ops::Range;
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Parser};

use super::place::{FieldPath, Place, Segment, SourceText, bytes_of, place_of};

#[derive(Debug)]
enum Content {
    Map(Vec<(String, Range<usize>, Node)>),
    Seq(Vec<Node>),
    Leaf,
}

#[derive(Debug)]
struct Node {
    bytes: Range<usize>,
    content: Content,
}

/// The spans of a document.
#[derive(Debug)]
pub(super) struct Located {
    /// What was parsed.
    pub source: SourceText,
    root: Node,
}

/// A mapping or sequence whose end has not come yet.
struct Unfinished {
    node: Node,
    key: Option<(String, Range<usize>)>,
}

impl Located {
    /// The spans of `source`; of an unfinished document those that came before its mistake.
    ///
    /// Meant for texts that passed the reader's budget: it sets no limits of its own, but
    /// unfolds no aliases, so its size is that of the text.
    pub fn new(source: SourceText) -> Self {
        let text = Arc::clone(&source.text);
        let mut open: Vec<Unfinished> = Vec::new();
        let mut root = None;
        for event in Parser::new_from_str(&text) {
            let Ok((event, span)) = event else { break };
            let bytes = bytes_of(&span, &text);
            match event {
                Event::MappingStart(..) => open.push(Unfinished::new(bytes, Content::Map(vec![]))),
                Event::SequenceStart(..) => open.push(Unfinished::new(bytes, Content::Seq(vec![]))),
                Event::MappingEnd | Event::SequenceEnd => {
                    if let Some(mut done) = open.pop() {
                        done.node.bytes.end = bytes.end.max(done.node.bytes.start);
                        put(&mut open, &mut root, done.node, None);
                    }
                }
                Event::Scalar(value, ..) => {
                    let node = Node {
                        bytes,
                        content: Content::Leaf,
                    };
                    put(&mut open, &mut root, node, Some(value.as_ref()));
                }
                Event::Alias(..) => {
                    let node = Node {
                        bytes,
                        content: Content::Leaf,
                    };
                    put(&mut open, &mut root, node, None);
                }
                _ => {}
            }
        }
        while let Some(cut) = open.pop() {
            put(&mut open, &mut root, cut.node, None);
        }
        let root = root.unwrap_or(Node {
            bytes: 0..0,
            content: Content::Leaf,
        });
        Self { source, root }
    }

    /// Where the value at `path` stands; where it is missing, the nearest value around it.
    pub fn place(&self, path: &FieldPath) -> Place {
        let mut bytes = self.root.bytes.clone();
        let mut node = &self.root;
        for segment in &path.0 {
            match (&node.content, segment) {
                (Content::Map(entries), Segment::Key(wanted)) => {
                    let Some((_, key, value)) = entries.iter().find(|e| e.0 == *wanted) else {
                        break;
                    };
                    node = value;
                    bytes = match value.content {
                        Content::Leaf if !value.bytes.is_empty() => value.bytes.clone(),
                        // A whole block is not underlined: its key stands for it.
                        _ => key.clone(),
                    };
                }
                (Content::Seq(items), Segment::Index(index)) => {
                    let Some(item) = items.get(*index) else { break };
                    node = item;
                    bytes = item.bytes.clone();
                }
                _ => break,
            }
        }
        place_of(&self.source.text, bytes)
    }

    /// The text of the scalar or flow value at `path`, if it is there.
    pub fn value_text(&self, path: &FieldPath) -> Option<&str> {
        let node = self.node(path)?;
        self.source.text.get(node.bytes.clone()).map(str::trim)
    }

    /// Whether the value at `path` is a list.
    pub fn is_list(&self, path: &FieldPath) -> bool {
        let node = self.node(path);
        node.is_some_and(|node| matches!(node.content, Content::Seq(_)))
    }

    /// What nothing is written for: the value at `path` itself, or of a mapping there those of its keys.
    pub fn left_empty(&self, path: &FieldPath) -> Vec<FieldPath> {
        let is_empty = |node: &Node| {
            let text = self.source.text.get(node.bytes.clone());
            matches!(node.content, Content::Leaf) && text.is_some_and(|t| t.trim().is_empty())
        };
        match self.node(path) {
            Some(Node {
                content: Content::Map(entries),
                ..
            }) => {
                let empty = entries.iter().filter(|(_, _, value)| is_empty(value));
                empty.map(|(key, ..)| path.key(key)).collect()
            }
            Some(node) if is_empty(node) => vec![path.clone()],
            _ => Vec::new(),
        }
    }

    /// Whether the document has keys.
    pub fn is_mapping(&self) -> bool {
        matches!(self.root.content, Content::Map(_))
    }

    /// The document's own keys.
    pub fn keys(&self) -> Vec<&str> {
        match &self.root.content {
            Content::Map(entries) => entries.iter().map(|(key, ..)| key.as_str()).collect(),
            Content::Seq(_) | Content::Leaf => Vec::new(),
        }
    }

    /// The path of the value that starts at `byte`, or of the smallest one around it.
    pub fn path_at(&self, byte: usize) -> FieldPath {
        let mut path = FieldPath::default();
        let mut node = &self.root;
        while node.bytes.start != byte {
            let next = match &node.content {
                Content::Map(entries) => entries
                    .iter()
                    .find(|(_, key, value)| {
                        key.start <= byte && byte < value.bytes.end.max(key.end)
                    })
                    .map(|(name, _, value)| (Segment::Key(name.clone()), value)),
                Content::Seq(items) => items
                    .iter()
                    .enumerate()
                    .find(|(_, item)| item.bytes.contains(&byte))
                    .map(|(index, item)| (Segment::Index(index), item)),
                Content::Leaf => None,
            };
            let Some((segment, child)) = next else { break };
            path.0.push(segment);
            node = child;
        }
        path
    }

    fn node(&self, path: &FieldPath) -> Option<&Node> {
        let mut node = &self.root;
        for segment in &path.0 {
            node = match (&node.content, segment) {
                (Content::Map(entries), Segment::Key(wanted)) => {
                    &entries.iter().find(|e| e.0 == *wanted)?.2
                }
                (Content::Seq(items), Segment::Index(index)) => items.get(*index)?,
                _ => return None,
            };
        }
        Some(node)
    }
}

impl Unfinished {
    fn new(bytes: Range<usize>, content: Content) -> Self {
        Self {
            node: Node { bytes, content },
            key: None,
        }
    }
}

/// Hands a finished node to what is open around it; `scalar` is its text if it can be a key.
fn put(open: &mut [Unfinished], root: &mut Option<Node>, node: Node, scalar: Option<&str>) {
    let Some(parent) = open.last_mut() else {
        root.get_or_insert(node);
        return;
    };
    match &mut parent.node.content {
        Content::Seq(items) => items.push(node),
        Content::Map(entries) => match parent.key.take() {
            Some((key, at)) => entries.push((key, at, node)),
            // A key that is no scalar keeps its place, but no path leads there.
            None => parent.key = Some((scalar.unwrap_or("?").to_owned(), node.bytes)),
        },
        Content::Leaf => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(text: &str) -> Located {
        Located::new(SourceText {
            name: "test".to_owned(),
            text: Arc::from(text),
        })
    }

    #[test]
    fn a_value_is_found_by_its_path_and_the_path_by_its_place() {
        let text = "a: 1\nüber:\n  - {x: 2, y: [3, \"vier\"]}\n  - 5\n";
        let tree = located(text);
        for (path, value, line) in [
            ("a", "1", 1),
            ("über[0].x", "2", 3),
            ("über[0].y[1]", "\"vier\"", 3),
            ("über[1]", "5", 4),
        ] {
            let path = FieldPath::parse(path);
            let place = tree.place(&path);
            assert_eq!((place.line, &text[place.bytes.clone()]), (line, value));
            assert_eq!(tree.path_at(place.bytes.start), path);
        }
    }

    #[test]
    fn what_is_missing_is_placed_at_what_is_around_it() {
        let tree = located("a:\n  b: {c: 1}\n");
        let place = tree.place(&FieldPath::parse("a.b.d"));
        assert_eq!(place, tree.place(&FieldPath::parse("a.b")));
        assert_eq!(place.line, 2);
    }
}
