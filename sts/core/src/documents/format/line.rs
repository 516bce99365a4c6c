//! The lines of a file, as far as they are understood.

use super::scan::{End, Scan};

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing.
    Blank,
    /// `---`.
    Separator,
    /// Only a comment.
    Comment {
        /// Blanks before it.
        indent: usize,
        /// From `#` on.
        text: String,
    },
    /// A line that begins outside of what runs over several lines.
    Plain(Plain),
    /// A line of a quoted text, a list in brackets or a block that began before.
    Raw(String),
}

/// A line of a map or list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain {
    /// Blanks before it.
    pub(super) indent: usize,
    /// For each `- ` that it begins with, how far what follows is from it.
    pub(super) dashes: Vec<usize>,
    /// What follows.
    pub(super) text: String,
    /// The key that it begins with.
    pub(super) key: Option<String>,
}

impl Line {
    /// As it is written.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Blank => String::new(),
            Self::Separator => "---".to_owned(),
            Self::Comment { indent, text } => format!("{}{text}", " ".repeat(*indent)),
            Self::Plain(plain) => {
                let dashes = "- ".repeat(plain.dashes.len());
                format!("{}{dashes}{}", " ".repeat(plain.indent), plain.text).trim_end().to_owned()
            }
            Self::Raw(text) => text.clone(),
        }
    }
}

/// Cuts a text into lines.
pub(super) fn read_lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut end = End::default();
    for text in text.lines() {
        let (line, after) = read(text, &end);
        lines.push(line);
        end = after;
    }
    lines
}

fn read(text: &str, before: &End) -> (Line, End) {
    let trimmed = text.trim_matches([' ', '\t']);
    let indent = text.chars().take_while(|c| *c == ' ').count();
    if let End::Block { parent } = before {
        if trimmed.is_empty() || indent > *parent {
            return (Line::Raw(text.to_owned()), before.clone());
        }
    } else if before.is_open() {
        let scan = Scan::new(text, before);
        return (Line::Raw(text.to_owned()), scan.end());
    }
    if trimmed.is_empty() {
        return (Line::Blank, End::default());
    }
    if trimmed == "---" && indent == 0 {
        return (Line::Separator, End::default());
    }
    if trimmed.starts_with('#') {
        return (Line::Comment { indent, text: trimmed.to_owned() }, End::default());
    }
    let (dashes, rest) = dashes(trimmed);
    let width: usize = dashes.iter().sum();
    let scan = Scan::new(rest, &End::default());
    let key = scan.key().map(str::to_owned);
    // A block belongs to its key, or to its dash where it has none.
    let column = indent.saturating_add(width);
    let last = dashes.last().copied().unwrap_or_default();
    let parent = if key.is_some() { column } else { column.saturating_sub(last) };
    let end = scan.end().in_block_of(parent);
    let text = scan.text().to_owned();
    (Line::Plain(Plain { indent, dashes, text, key }), end)
}

/// The dashes that a line begins with, and what follows them.
fn dashes(line: &str) -> (Vec<usize>, &str) {
    let mut widths = Vec::new();
    let mut rest = line;
    while let Some(after) = rest.strip_prefix('-') {
        let inner = after.trim_start_matches([' ', '\t']);
        if inner.len() == after.len() && !after.is_empty() {
            break;
        }
        widths.push(rest.len().saturating_sub(inner.len()));
        rest = inner;
    }
    (widths, rest)
}
