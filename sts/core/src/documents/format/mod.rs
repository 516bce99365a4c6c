//! The layout of documents: one way to write them, that keeps every comment and never changes what they say.
//!
//! Lines are mended one by one, and only where they are understood: what runs over several lines (a quoted text, a
//! list in brackets, a block) is left as it is. Afterwards the result is read again, and given only when it says the
//! same, in the same words.

mod indent;
mod line;
mod order;
mod scan;

use super::canonical;
use line::{Line, read_lines};
use serde_json::Value;
use std::sync::Arc;
use sts_wire::diagnostic::{Diagnostic, Problems, Source};
use sts_wire::yaml::read_documents;

/// What says that a file is UTF-8, which documents are anyway.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Why a file is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatFault {
    /// It cannot be read.
    Unreadable(Vec<Diagnostic>),
    /// It is written in a way that is not understood: it would say something else, or never come to rest.
    Meaning,
}

/// Lays out the text of a file of documents; `name` is for messages. What is laid out already stays, byte by byte.
///
/// # Errors
/// [`FormatFault`].
pub fn format(name: &str, text: &str) -> Result<String, FormatFault> {
    let before = documents(name, text).map_err(FormatFault::Unreadable)?;
    // What some editors put before a text is no part of it.
    let formatted = lay_out(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text));
    let same = documents(name, &formatted).is_ok_and(|after| after == before);
    if same && words(text) == words(&formatted) && lay_out(&formatted) == formatted {
        Ok(formatted)
    } else {
        Err(FormatFault::Meaning)
    }
}

fn lay_out(text: &str) -> String {
    join(&order::sort(indent::mend(read_lines(text))))
}

fn documents(name: &str, text: &str) -> Result<Vec<Value>, Vec<Diagnostic>> {
    let source = Arc::new(Source { name: name.to_owned(), text: text.to_owned() });
    let problems = Problems::default();
    let found = read_documents(&source, &problems);
    if problems.is_empty() {
        Ok(found.iter().map(canonical).collect())
    } else {
        Err(problems.into_sorted())
    }
}

/// What is written, comments included, whatever the order of lines and the blanks between words.
fn words(text: &str) -> Vec<String> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let squeezed = text.lines().map(|line| line.split_whitespace().collect::<String>());
    let mut words: Vec<_> = squeezed.filter(|line| !line.is_empty() && line != "---").collect();
    words.sort();
    words
}

/// No empty line at the beginning, at the end or after another, and no separator with nothing on one side.
fn join(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut separated = true;
    let mut waiting: Option<&str> = None;
    for line in lines {
        match line {
            Line::Blank if separated => {}
            Line::Blank => waiting = waiting.or(Some("")),
            Line::Separator if text.is_empty() => {}
            Line::Separator => {
                waiting = Some("---");
                separated = true;
            }
            Line::Comment { .. } | Line::Plain(_) | Line::Raw(_) => {
                if let Some(waiting) = waiting.take() {
                    text.push_str(waiting);
                    text.push('\n');
                }
                separated = false;
                text.push_str(&line.text());
                text.push('\n');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests;
