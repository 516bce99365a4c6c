//! What people and scripts read: results on standard output, everything else
//! on standard error.

use serde_json::{Value, json};
use std::io::Write as _;
use sts_wire::diagnostic::Diagnostic;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Ok,
    /// Refused, or a check failed.
    Refused,
    /// Usage or configuration.
    Usage,
    /// Something that is needed is not there now.
    Unavailable,
}

impl Exit {
    /// As a process says it.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unavailable => 3,
        }
    }
}

/// Hands over what was printed: nothing is printed afterwards.
pub(crate) fn flush() {
    let _closed = std::io::stdout().flush();
}

/// A command that did not succeed: what to say, and how to exit.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How to exit.
    pub exit: Exit,
    /// What to say on standard error.
    pub message: String,
}

/// Whether a message begins with `file:line:column: `.
fn begins_with_place(message: &str) -> bool {
    let place = message.split(": ").next().unwrap_or_default();
    let mut parts = place.rsplitn(3, ':');
    let mut number = || parts.next().is_some_and(|part| part.parse::<usize>().is_ok());
    number() && number() && parts.next().is_some()
}

/// Faults of files stand alone on their lines, as editors jump to them.
impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if begins_with_place(&self.message) {
            return formatter.write_str(&clean(&self.message, true));
        }
        write!(formatter, "sts: {}", clean(&self.message, true))
    }
}

impl Failure {
    /// Usage or configuration.
    pub(crate) fn usage(message: impl ToString) -> Self {
        Self { exit: Exit::Usage, message: message.to_string() }
    }

    /// Refused, or a check failed.
    pub(crate) fn refused(message: impl ToString) -> Self {
        Self { exit: Exit::Refused, message: message.to_string() }
    }

    /// Something that is needed is not there now.
    pub(crate) fn unavailable(message: impl ToString) -> Self {
        Self { exit: Exit::Unavailable, message: message.to_string() }
    }
}

/// Text of others for a terminal: control characters, and those that turn the
/// direction of writing or hide, are replaced. Line breaks are kept on request.
#[must_use]
pub(crate) fn clean(text: &str, line_breaks: bool) -> String {
    let kept = |c: char| !is_odd(c) || (line_breaks && c == '\n');
    text.chars().map(|c| if kept(c) { c } else { '\u{fffd}' }).collect()
}

/// Whether a character steers a terminal, turns the direction of writing, or hides.
#[must_use]
pub(crate) fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// A finding for scripts, with the text that people read; `severity` is `error` or `warning`.
#[must_use]
pub(crate) fn describe(fault: &Diagnostic, severity: &str) -> Value {
    let place = fault.place();
    json!({
        "file": fault.file(), "line": place.line, "column": place.column, "message": fault.message(),
        "help": fault.help(), "code": fault.code(), "severity": severity, "text": fault.to_string(),
    })
}

/// Prints a line of a result. A reader that went away ends nothing.
pub(crate) fn line(text: impl AsRef<str>) {
    let _closed = writeln!(std::io::stdout().lock(), "{}", text.as_ref());
}

/// Prints a line for a person who waits.
pub(crate) fn note(text: impl AsRef<str>) {
    let _closed = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}

/// A text member of an object of ours; empty when there is none.
#[must_use]
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A time span as a person says it: the largest unit of which there are two.
#[must_use]
pub(crate) fn rough(seconds: u64) -> String {
    let units = [(86_400, "days"), (3600, "hours"), (60, "minutes")];
    let unit = units.into_iter().find(|(size, _)| seconds >= size * 2);
    unit.map_or_else(|| format!("{seconds} s"), |(size, name)| format!("{} {name}", seconds / size))
}

#[cfg(test)]
mod tests {
    use super::{Failure, clean, rough};

    #[test]
    fn a_fault_with_a_place_stands_alone_and_anything_else_says_who_speaks() {
        for alone in ["sts.yaml:1:1: the configuration is empty", "a b.yaml:12:3: x: y\n    ^"] {
            assert_eq!(Failure::usage(alone).to_string(), alone);
        }
        for other in [
            "cannot listen on 127.0.0.1:80: Address already in use",
            "cannot listen on [::1]:80: Address already in use",
            "https://127.0.0.1:8401/token: no answer",
            "1:2: x",
            "no place",
            "",
        ] {
            assert_eq!(Failure::usage(other).to_string(), format!("sts: {other}"));
        }
    }

    #[test]
    fn text_of_others_cannot_steer_a_terminal() {
        let odd = "a\u{1b}[2J\u{9b}b\u{202e}c\u{2028}d\u{feff}\n";
        assert_eq!(clean(odd, false), "a\u{fffd}[2J\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}\u{fffd}");
        assert_eq!(clean("é ✓\n", true), "é ✓\n");
    }

    #[test]
    fn time_spans_are_told_in_the_largest_unit_of_which_there_are_two() {
        let told = [0, 119, 120, 7199, 7200, 172_799, 172_800].map(rough);
        assert_eq!(
            told,
            ["0 s", "119 s", "2 minutes", "119 minutes", "2 hours", "47 hours", "2 days"]
        );
    }
}
