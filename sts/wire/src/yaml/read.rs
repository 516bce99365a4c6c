//! Events of the YAML parser become a tree.

use super::{Kind, Node};
use crate::diagnostic::{Place, Problems, Source};
use crate::limits::{YAML_BYTES_MAX, YAML_DEPTH_MAX, YAML_NODES_MAX};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::HashSet;
use std::sync::Arc;

/// Reads every document of a file; faults go to `problems`, and what could
/// not be read is left out.
#[must_use]
pub fn read_documents(source: &Arc<Source>, problems: &Problems) -> Vec<Node> {
    if source.text.len() > YAML_BYTES_MAX {
        problems.add(source, Place { line: 1, column: 1 }, "the file is larger than 1 MiB");
        return Vec::new();
    }
    let mut builder =
        Builder { source, problems, stack: Vec::new(), documents: Vec::new(), nodes: 0 };
    for event in Parser::new_from_str(&source.text) {
        let accepted = match event {
            Ok((event, span)) => builder.accept(event, place(span)),
            Err(error) => {
                let mark = error.marker();
                let at = Place { line: mark.line(), column: mark.col().saturating_add(1) };
                problems.add(source, at, format!("not YAML: {}", error.info()));
                None
            }
        };
        if accepted.is_none() {
            return Vec::new();
        }
    }
    builder.documents
}

fn place(span: Span) -> Place {
    Place { line: span.start.line(), column: span.start.col().saturating_add(1) }
}

/// A list or map that is not closed yet.
enum Open {
    List(Place, Vec<Node>),
    Map(Place, Entries),
}

/// The entries of a map so far.
#[derive(Default)]
struct Entries {
    read: Vec<(Node, Node)>,
    key: Option<Node>,
    /// The keys that were met: a large map would take the square of its keys without.
    known: HashSet<String>,
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    problems: &'a Problems,
    stack: Vec<Open>,
    documents: Vec<Node>,
    nodes: usize,
}

impl Builder<'_> {
    /// Takes one event; None ends the reading of this file.
    fn accept(&mut self, event: Event<'_>, at: Place) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.plain(at, anchor, tag.is_some())?;
                let quoted = style != ScalarStyle::Plain;
                let mut text = text.into_owned();
                text.shrink_to_fit();
                self.close(Node { place: at, kind: Kind::Scalar { text, quoted } })
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain(at, anchor, tag.is_some())?;
                self.open(Open::List(at, Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.plain(at, anchor, tag.is_some())?;
                self.open(Open::Map(at, Entries::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop()? {
                Open::List(place, mut items) => {
                    items.shrink_to_fit();
                    self.close(Node { place, kind: Kind::List(items) })
                }
                Open::Map(place, mut entries) => {
                    entries.read.shrink_to_fit();
                    self.close(Node { place, kind: Kind::Map(entries.read) })
                }
            },
            Event::Alias(_) => self.refuse(at, "aliases are not accepted: write the value out"),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Some(()),
        }
    }

    fn plain(&self, at: Place, anchor: usize, tagged: bool) -> Option<()> {
        if anchor != 0 {
            return self.refuse(at, "anchors are not accepted: write the value out");
        }
        if tagged {
            return self.refuse(at, "tags are not accepted");
        }
        Some(())
    }

    fn refuse(&self, at: Place, message: &str) -> Option<()> {
        self.problems.add(self.source, at, message);
        None
    }

    fn open(&mut self, open: Open) -> Option<()> {
        if self.stack.len() >= YAML_DEPTH_MAX {
            let (Open::List(at, _) | Open::Map(at, ..)) = open;
            return self.refuse(at, "nested deeper than 24 levels");
        }
        self.stack.push(open);
        Some(())
    }

    fn close(&mut self, node: Node) -> Option<()> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > YAML_NODES_MAX {
            return self.refuse(node.place, "more than 200000 values in one file");
        }
        match self.stack.last_mut() {
            None => {
                if !node.is_null() {
                    self.documents.push(node);
                }
            }
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, entries)) => match entries.key.take() {
                None => {
                    let new =
                        node.scalar().is_none_or(|name| entries.known.insert(name.to_owned()));
                    if !new {
                        let message =
                            format!("the key {} appears twice", node.scalar().unwrap_or_default());
                        self.problems.add(self.source, node.place, message);
                    }
                    if node.scalar().is_none_or(|name| name == "<<") {
                        return self.refuse(node.place, "a key is plain text");
                    }
                    entries.key = Some(node);
                }
                Some(name) => entries.read.push((name, node)),
            },
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Node>, Vec<String>) {
        let source = Arc::new(Source { name: "x.yaml".into(), text: text.into() });
        let problems = Problems::default();
        let documents = read_documents(&source, &problems);
        (
            documents,
            problems
                .into_sorted()
                .iter()
                .map(|p| format!("{}:{} {}", p.place().line, p.place().column, p.message()))
                .collect(),
        )
    }

    #[test]
    fn documents_keep_their_places() {
        let (documents, faults) = read("a: 1\n---\nb:\n  - {c: \"2\"}\n---\n# nothing\n");
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(documents.len(), 2);
        let Kind::List(items) = &documents[1].get("b").unwrap().kind else { panic!("a list") };
        let inner = items[0].get("c").unwrap();
        assert_eq!((inner.place.line, inner.place.column), (4, 9));
        assert_eq!(inner.kind, Kind::Scalar { text: "2".into(), quoted: true });
    }

    #[test]
    fn ambiguous_yaml_is_refused_in_its_place() {
        for (text, fault) in [
            ("a: 1\na: 2\n", "the key a appears twice"),
            ("a: &x 1\nb: *x\n", "anchors are not accepted: write the value out"),
            ("a: !!str 1\n", "tags are not accepted"),
            ("<<: {a: 1}\n", "a key is plain text"),
        ] {
            let (_, faults) = read(text);
            assert!(
                faults.first().is_some_and(|first| first.ends_with(fault)),
                "{text:?} gave {faults:?}"
            );
        }
        assert!(!read("a: [1\n").1.is_empty());
        assert!(!read(&"[".repeat(100)).1.is_empty());
    }
}
