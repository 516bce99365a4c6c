//! Faults in files that people write: what, where, what to do. They come all at once.

use crate::limits::FAULTS_TOLD_MAX;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// A file's name as people know it, and its text.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Name for messages: a path relative to the configuration.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A place in a file: line and column count from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    source: Arc<Source>,
    place: Place,
    message: String,
    help: Option<String>,
    code: Option<&'static str>,
}

impl Diagnostic {
    fn new(source: &Arc<Source>, place: Place, message: String) -> Self {
        Self { source: Arc::clone(source), place, message, help: None, code: None }
    }

    /// The fault without its place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do, when that is known.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// What its page calls it, where it has one: `L001` … of a lint, `C001` … of the checker.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        self.code
    }

    /// The file's name.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// Where in the file.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }
}

/// `file:line:column: message`, the line with a caret, and the help.
impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        let name = harmless(&self.source.name);
        write!(formatter, "{name}:{line}:{column}: {}", self.message)?;
        if let Some(code) = self.code {
            write!(formatter, " [{code}]")?;
        }
        let text = self.source.text.lines().nth(line.saturating_sub(1));
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            let (shown, caret) = excerpt(text, column.saturating_sub(1));
            write!(formatter, "\n    {shown}\n    {}^", " ".repeat(caret))?;
        }
        match &self.help {
            Some(help) => write!(formatter, "\n    help: {help}"),
            None => Ok(()),
        }
    }
}

/// Most names that a message lists: more than a screen of them helps nobody.
const NAMES_SHOWN_MAX: usize = 24;

/// Most characters of a line that are shown.
const EXCERPT_CHARS: usize = 160;

/// The part of a line around a column, and the column in it. Control characters
/// are not shown raw: the file may be somebody else's.
fn excerpt(line: &str, column: usize) -> (String, usize) {
    let from = if column < EXCERPT_CHARS { 0 } else { column.saturating_sub(EXCERPT_CHARS / 2) };
    let part: String = line.chars().skip(from).take(EXCERPT_CHARS).collect();
    (harmless(&part), column.saturating_sub(from))
}

fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Collects faults, so that a person sees all of them in one run.
///
/// Of one file at most [`FAULTS_TOLD_MAX`] are told, and how many more there are.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Found>);

#[derive(Debug, Default)]
struct Found {
    told: Vec<Diagnostic>,
    /// How many each file has, by its name.
    of_files: HashMap<String, usize>,
}

impl Problems {
    /// Adds a fault.
    pub fn add(&self, source: &Arc<Source>, place: Place, message: impl Into<String>) {
        self.push(Diagnostic::new(source, place, message.into()));
    }

    /// Adds a fault and says what to do.
    pub fn add_with_help(
        &self,
        source: &Arc<Source>,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let help = Some(help.into());
        self.push(Diagnostic { help, ..Diagnostic::new(source, place, message.into()) });
    }

    /// Adds a fault that has a page: its code, what is wrong, and what to do.
    pub fn add_with_code(
        &self,
        source: &Arc<Source>,
        place: Place,
        found: (&'static str, String, Option<String>),
    ) {
        let (code, message, help) = found;
        let fault = Diagnostic::new(source, place, message);
        self.push(Diagnostic { help, code: Some(code), ..fault });
    }

    fn push(&self, diagnostic: Diagnostic) {
        let mut found = self.0.borrow_mut();
        // Looked up first: a name is copied once for each file.
        let of_file = match found.of_files.get_mut(&diagnostic.source.name) {
            Some(count) => {
                *count = count.saturating_add(1);
                *count
            }
            None => {
                found.of_files.insert(diagnostic.source.name.clone(), 1);
                1
            }
        };
        if of_file <= FAULTS_TOLD_MAX {
            found.told.push(diagnostic);
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.borrow().told.is_empty()
    }

    /// How many there are, also of those that are not told.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.borrow().of_files.values().fold(0, |all, count| all.saturating_add(*count))
    }

    /// All of them, in the order of files and places.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let Found { told: mut all, of_files } = self.0.into_inner();
        all.sort_by(|a, b| (&a.source.name, a.place).cmp(&(&b.source.name, b.place)));
        let mut told = Vec::with_capacity(all.len());
        let mut all = all.into_iter().peekable();
        while let Some(one) = all.next() {
            let is_last = all.peek().is_none_or(|next| next.source.name != one.source.name);
            let untold = of_files.get(&one.source.name).filter(|_| is_last);
            let untold = untold.map_or(0, |count| count.saturating_sub(FAULTS_TOLD_MAX));
            let more = (untold > 0).then(|| {
                Diagnostic::new(&one.source, one.place, format!("and {untold} more in this file"))
            });
            told.push(one);
            told.extend(more);
        }
        told
    }
}

/// The candidate nearest to `text`, when it is near enough to be a slip of the pen.
#[must_use]
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates.into_iter().map(|candidate| (distance(text, candidate), candidate));
    let (edits, candidate) = near.min_by_key(|(edits, _)| *edits)?;
    (edits <= 2 && edits < text.chars().count()).then_some(candidate)
}

/// What to do about a name that there is not: `did you mean ref?`, or else [`listed`] those there are.
#[must_use]
pub fn meant<'a>(
    text: &str,
    there_are: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let near = nearest(text, known.clone());
    near.map_or_else(|| listed(there_are, known), |near| format!("did you mean {near}?"))
}

/// `there are a, b, c`, and no more than a screen can hold.
#[must_use]
pub fn listed<'a>(there_are: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known = known.into_iter();
    let shown: Vec<_> = known.by_ref().take(NAMES_SHOWN_MAX).collect();
    let more = if known.next().is_some() { ", …" } else { "" };
    let shown = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
    format!("{there_are} {shown}{more}")
}

/// Levenshtein distance.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, a) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut previous = index.saturating_add(1);
        let mut next = vec![previous];
        for (b, above) in right.chars().zip(row.iter().copied().skip(1)) {
            let replace = diagonal.saturating_add(usize::from(a != b));
            previous = replace.min(above.saturating_add(1)).min(previous.saturating_add(1));
            next.push(previous);
            diagonal = above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_points_at_its_place() {
        let source =
            Arc::new(Source { name: "sts.yaml".into(), text: "issuer: x\nisuer: y\n".into() });
        let problems = Problems::default();
        problems.add_with_help(
            &source,
            Place { line: 2, column: 1 },
            "unknown key isuer",
            "did you mean issuer?",
        );
        let shown = problems.into_sorted().first().unwrap().to_string();
        assert_eq!(
            shown,
            "sts.yaml:2:1: unknown key isuer\n    isuer: y\n    ^\n    help: did you mean issuer?"
        );
    }

    #[test]
    fn a_file_cannot_steer_a_terminal_by_its_name_or_its_text() {
        let source = |name: &str| Arc::new(Source { name: name.into(), text: "a\u{1b}b".into() });
        let problems = Problems::default();
        problems.add(&source("a\u{1b}[2J\nb.yaml"), Place { line: 1, column: 1 }, "wrong");
        problems.add(&source("é.yaml"), Place { line: 1, column: 1 }, "wrong");
        let shown: Vec<_> = problems.into_sorted().iter().map(ToString::to_string).collect();
        assert_eq!(shown[0], "a\u{fffd}[2J\u{fffd}b.yaml:1:1: wrong\n    a\u{fffd}b\n    ^");
        assert!(shown[1].starts_with("é.yaml:1:1: "));
    }

    #[test]
    fn a_fault_far_to_the_right_is_shown_in_its_surroundings() {
        let text = format!("{}x{}", " ".repeat(70_000), "y".repeat(70_000));
        let source = Arc::new(Source { name: "x.yaml".into(), text });
        let problems = Problems::default();
        problems.add(&source, Place { line: 1, column: 70_001 }, "wrong");
        let shown = problems.into_sorted().first().unwrap().to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "x.yaml:1:70001: wrong");
        assert_eq!(lines[1].find('x'), lines[2].find('^'));
        assert!(shown.len() < 500);
    }

    #[test]
    fn of_a_file_with_many_faults_some_are_told_and_how_many_more_there_are() {
        let source = |name: &str| Arc::new(Source { name: name.into(), text: "x".into() });
        let (many, few) = (source("a.yaml"), source("b.yaml"));
        let problems = Problems::default();
        for line in 1..=FAULTS_TOLD_MAX + 7 {
            problems.add(&many, Place { line, column: 1 }, "wrong");
        }
        for line in 1..=FAULTS_TOLD_MAX {
            problems.add(&few, Place { line, column: 1 }, "wrong");
        }
        assert_eq!(problems.len(), FAULTS_TOLD_MAX * 2 + 7);
        let told = problems.into_sorted();
        assert_eq!(told.len(), FAULTS_TOLD_MAX * 2 + 1);
        assert_eq!(
            (told[FAULTS_TOLD_MAX].file(), told[FAULTS_TOLD_MAX].message()),
            ("a.yaml", "and 7 more in this file")
        );
        assert!(told[FAULTS_TOLD_MAX + 1..].iter().all(|one| one.message() == "wrong"));
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        assert_eq!(nearest("repositry", ["repository", "ref"]), Some("repository"));
        assert_eq!(nearest("xyz", ["repository", "ref"]), None);
        assert_eq!(nearest("ab", ["cd"]), None);
    }
}
