//! Lowering: a map's keys are taken one by one, and what nobody took is a fault.

use super::{Kind, Node};
use crate::diagnostic::{Place, Problems, Source, nearest};
use crate::time::Seconds;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What lowering needs everywhere: the file, and where faults go.
#[derive(Clone, Copy)]
pub struct Lower<'a> {
    /// The file.
    pub source: &'a Arc<Source>,
    /// Where faults go.
    pub problems: &'a Problems,
}

impl<'a> Lower<'a> {
    /// Reports a fault.
    pub fn fault(&self, at: Place, message: impl Into<String>) {
        self.problems.add(self.source, at, message);
    }

    /// Reports a fault and what to do.
    pub fn fault_with_help(&self, at: Place, message: impl Into<String>, help: impl Into<String>) {
        self.problems.add_with_help(self.source, at, message, help);
    }

    /// Reports a fault that has a page, and what to do.
    pub fn fault_with_code(
        &self,
        at: Place,
        code: &'static str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.problems.add_with_code(self.source, at, (code, message.into(), help));
    }

    /// Begins to read a map; anything else is a fault.
    #[must_use]
    pub fn fields(self, node: &'a Node, what: &'static str) -> Option<Fields<'a>> {
        match &node.kind {
            Kind::Map(entries) => {
                Some(Fields { lower: self, node, entries, taken: BTreeSet::new(), what })
            }
            Kind::Scalar { .. } | Kind::List(_) => {
                self.fault(node.place, format!("{what} is a map, not {}", node.describe()));
                None
            }
        }
    }

    /// A string; numbers and booleans must be quoted, so that `"0123"` stays what it is.
    #[must_use]
    pub fn string(self, node: &'a Node, what: &str) -> Option<&'a str> {
        match &node.kind {
            Kind::Scalar { text, .. } if node.describe() == "a string" => Some(text),
            Kind::Scalar { text, .. } if !node.is_null() => {
                let message = format!("{what} is a string, not {}", node.describe());
                self.fault_with_help(
                    node.place,
                    message,
                    format!("write it in quotes: \"{text}\""),
                );
                None
            }
            Kind::Scalar { .. } | Kind::List(_) | Kind::Map(_) => {
                self.fault(node.place, format!("{what} is a string, not {}", node.describe()));
                None
            }
        }
    }

    /// A string that `read` understands; its fault is shown in place.
    #[must_use]
    pub fn parsed<T, E: std::fmt::Display>(
        self,
        node: &'a Node,
        what: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.string(node, what)?;
        match read(text) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(node.place, format!("{what}: {fault}"));
                None
            }
        }
    }

    /// The items of a list.
    #[must_use]
    pub fn list(self, node: &'a Node, what: &str) -> Option<&'a [Node]> {
        match &node.kind {
            Kind::List(items) => Some(items),
            Kind::Scalar { .. } | Kind::Map(_) => {
                self.fault(node.place, format!("{what} is a list, not {}", node.describe()));
                None
            }
        }
    }

    /// `true` or `false`.
    #[must_use]
    pub fn boolean(self, node: &'a Node, what: &str) -> Option<bool> {
        match &node.kind {
            Kind::Scalar { text, quoted: false } if text == "true" => Some(true),
            Kind::Scalar { text, quoted: false } if text == "false" => Some(false),
            Kind::Scalar { .. } | Kind::List(_) | Kind::Map(_) => {
                let message = format!("{what} is true or false, not {}", node.describe());
                self.fault_with_help(node.place, message, "write true or false, without quotes");
                None
            }
        }
    }

    /// A whole number.
    #[must_use]
    pub fn number(self, node: &'a Node, what: &str) -> Option<u64> {
        let number = match &node.kind {
            Kind::Scalar { text, quoted: false } => text.parse().ok(),
            Kind::Scalar { .. } | Kind::List(_) | Kind::Map(_) => None,
        };
        if number.is_none() {
            self.fault(node.place, format!("{what} is a whole number, not {}", node.describe()));
        }
        number
    }

    /// A duration such as `15m`.
    #[must_use]
    pub fn duration(self, node: &'a Node, what: &str) -> Option<Seconds> {
        match node.scalar() {
            Some(text) => match Seconds::parse(text) {
                Ok(duration) => Some(duration),
                Err(fault) => {
                    self.fault(node.place, format!("{what}: {fault}"));
                    None
                }
            },
            None => {
                self.fault(node.place, format!("{what} is a duration, not {}", node.describe()));
                None
            }
        }
    }
}

/// A map being read.
pub struct Fields<'a> {
    lower: Lower<'a>,
    node: &'a Node,
    entries: &'a [(Node, Node)],
    taken: BTreeSet<&'static str>,
    what: &'static str,
}

impl<'a> Fields<'a> {
    /// Where the map begins.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.node.place
    }

    /// Takes a key that may be absent.
    pub fn optional(&mut self, key: &'static str) -> Option<&'a Node> {
        self.taken.insert(key);
        self.node.get(key)
    }

    /// Takes a key that must be there.
    pub fn required(&mut self, key: &'static str) -> Option<&'a Node> {
        let found = self.optional(key);
        if found.is_none() {
            self.lower.fault(self.node.place, format!("{} needs the key {key}", self.what));
        }
        found
    }

    /// Takes a key that must be there; its fault says what to write.
    pub fn required_with_help(
        &mut self,
        key: &'static str,
        help: impl FnOnce() -> String,
    ) -> Option<&'a Node> {
        let found = self.optional(key);
        if found.is_none() {
            let message = format!("{} needs the key {key}", self.what);
            self.lower.fault_with_help(self.node.place, message, help());
        }
        found
    }

    /// Takes a required key and reads its string.
    pub fn parsed<T, E: std::fmt::Display>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let node = self.required(key)?;
        self.lower.parsed(node, key, read)
    }

    /// Takes an optional duration.
    pub fn duration(&mut self, key: &'static str) -> Option<Seconds> {
        let node = self.optional(key)?;
        self.lower.duration(node, key)
    }

    /// Takes an optional boolean.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let node = self.optional(key)?;
        self.lower.boolean(node, key)
    }

    /// Takes a list that may be absent, which means empty.
    pub fn list(&mut self, key: &'static str) -> &'a [Node] {
        self.optional(key).and_then(|node| self.lower.list(node, key)).unwrap_or_default()
    }

    /// Reports every key that nobody took, with the nearest one that exists.
    pub fn finish(self) {
        for (key, _) in self.entries {
            let name = key.scalar().unwrap_or_default();
            if self.taken.contains(name) {
                continue;
            }
            let message = format!("{} has no key {name}", self.what);
            match nearest(name, self.taken.iter().copied()) {
                Some(near) => {
                    self.lower.fault_with_help(key.place, message, format!("did you mean {near}?"))
                }
                None => {
                    let known = self.taken.iter().copied().collect::<Vec<_>>().join(", ");
                    self.lower.fault_with_help(key.place, message, format!("its keys are {known}"));
                }
            }
        }
    }
}
