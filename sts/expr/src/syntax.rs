//! What the parser could not read, in our words: its own name the rules of a
//! grammar that nobody who writes policies has seen.

use crate::codes;
use crate::compile::Fault;
use cel::ParseErrors;

/// The first fault of a text that is no expression. What follows it in the
/// text is read wrongly because of it, and would only mislead.
pub(crate) fn fault(source: &str, errors: &ParseErrors) -> Fault {
    let known = errors.errors.iter().filter_map(|error| {
        let offset = offset(source, error.pos);
        Some((offset, Said::by(&error.msg, source, offset)?))
    });
    let first = known.min_by_key(|(offset, _)| *offset);
    let (offset, said) = first.unwrap_or_else(|| (0, Said::plain("this is not an expression")));
    let fault = Fault::new(said.code, offset, said.message);
    match said.help {
        Some(help) => fault.with_help(help),
        None => fault,
    }
}

/// The parser counts lines and columns from 1; we count characters from 0.
fn offset(source: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    let before: usize =
        source.split_inclusive('\n').take(line).map(|text| text.chars().count()).sum();
    before.saturating_add(usize::try_from(column).unwrap_or(1).saturating_sub(1))
}

struct Said {
    code: &'static str,
    message: String,
    help: Option<&'static str>,
}

impl Said {
    fn plain(message: impl Into<String>) -> Self {
        Self { code: codes::SYNTAX, message: message.into(), help: None }
    }

    fn helped(message: impl Into<String>, help: &'static str) -> Self {
        Self { help: Some(help), ..Self::plain(message) }
    }

    /// None for what only says that the parser gave up.
    fn by(message: &str, source: &str, offset: usize) -> Option<Self> {
        if message.contains("Recursion limit") {
            let deep = Self::helped("the expression is nested too deep", "take parentheses away");
            return Some(Self { code: codes::TOO_LARGE, ..deep });
        }
        let rest = message.strip_prefix("Syntax error: ").unwrap_or(message);
        let about = |beginning: &str| rest.strip_prefix(beginning);
        if let Some(text) = about("token recognition error at: '") {
            return Some(Self::stray_character(text.strip_suffix('\'').unwrap_or(text)));
        }
        if let Some((closing, _)) = about("missing '").and_then(|rest| rest.split_once('\'')) {
            return Some(Self::plain(format!("{closing} is missing")));
        }
        if about("no viable alternative at input '.").is_some() {
            let help = "a word of the language, as in, is no name";
            return Some(Self::helped("a name is missing after the dot", help));
        }
        let unexpected = ["mismatched input '", "extraneous input '", "no viable alternative"];
        if unexpected.into_iter().any(|beginning| rest.starts_with(beginning)) {
            return Some(Self::unexpected(rest, source, offset));
        }
        Self::by_macro(rest)
    }

    /// A character that begins no word of the language.
    fn stray_character(text: &str) -> Self {
        match text.chars().next() {
            Some('\'' | '"') if text.contains('\\') => {
                let help = "write a backslash twice, or put r before the text, as in r'a\\.b'";
                Self::helped("a backslash in this text stands before something unknown", help)
            }
            Some('\'' | '"') => {
                let help = "close it with the quote that it begins with";
                Self::helped("the text that begins here has no end", help)
            }
            Some('=') => Self::helped("a single = means nothing here", "write == to compare"),
            Some(sign @ ('&' | '|')) => {
                let help = "write && for and, || for or";
                Self::helped(format!("a single {sign} means nothing here"), help)
            }
            Some(quote @ ('“' | '”' | '‘' | '’' | '„')) => {
                let help = "a text stands in straight quotes, as in 'refs/heads/main'";
                Self::helped(format!("{quote} means nothing here"), help)
            }
            Some(sign) if sign.is_control() => {
                Self::plain("a control character means nothing here")
            }
            Some(sign) => Self::plain(format!("{sign} means nothing here")),
            None => Self::plain("this is not an expression"),
        }
    }

    /// `mismatched input 'X' expecting …`: a word that cannot stand here, or the end.
    fn unexpected(rest: &str, source: &str, offset: usize) -> Self {
        if source.trim().is_empty() {
            return Self::plain("the expression is empty");
        }
        let expected = rest.split_once(" expecting ").map(|(_, expected)| expected);
        if source.chars().nth(offset).is_none() {
            let closing = match expected {
                Some(wanted) if wanted.starts_with("{'['") => {
                    return Self::plain("something is missing at the end, after an operator");
                }
                Some(wanted) if wanted.contains("':'") => ":",
                Some(wanted) if wanted.contains("')'") => ")",
                Some(wanted) if wanted.contains("']'") => "]",
                _ => return Self::plain("the expression ends too early"),
            };
            return Self::plain(format!("{closing} is missing at the end"));
        }
        let found = word_at(source, offset);
        let before: String = source.chars().take(offset).collect();
        let spelt_out = matches!(found.to_ascii_lowercase().as_str(), "and" | "or" | "not")
            || before.trim_end().to_ascii_lowercase().ends_with("not");
        let message = format!("{found} cannot stand here");
        if spelt_out {
            return Self::helped(message, "write && for and, || for or, ! for not");
        }
        Self::plain(message)
    }

    /// What is wrong with the words that take names, and with literals.
    fn by_macro(message: &str) -> Option<Self> {
        if message.starts_with("invalid argument to has() macro") {
            let help = "as in has(assertion.environment)";
            return Some(Self::helped("has takes the name of a claim", help));
        }
        if message.starts_with("argument must be a simple name") {
            let help = "as in assertion.groups.exists(g, g == 'sre')";
            return Some(Self::helped("a name for the item is missing", help));
        }
        if message.starts_with("invalid int literal") {
            return Some(Self::plain("the number is too large"));
        }
        if let Some(word) = message.strip_prefix("reserved identifier: ") {
            return Some(Self::plain(format!("{word} is a reserved word")));
        }
        let quoted = message.starts_with("unsupported syntax");
        quoted.then(|| Self::plain("optional and quoted names are not offered"))
    }
}

/// The word, operator or sign at an offset, for a message.
fn word_at(source: &str, offset: usize) -> String {
    let rest = || source.chars().skip(offset);
    let of = |kind: fn(char) -> bool| -> String { rest().take_while(|c| kind(*c)).collect() };
    let word = of(|c| c.is_alphanumeric() || c == '_');
    let operator = of(|c| "&|=<>!".contains(c));
    match rest().next() {
        Some('\'' | '"') => "a text".to_owned(),
        _ if !word.is_empty() => word,
        _ if !operator.is_empty() => operator,
        sign => sign.into_iter().collect(),
    }
}
