//! Characters that make a text mean something else than a person reads (CVE-2021-42574,
//! Unicode Technical Standard 39).

use std::fmt;

/// What is wrong with a text that is compared with others, and with which character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deceit {
    /// Nobody sees it, or it changes the order in which the others are seen.
    Hidden(char),
    /// It looks like a letter of another script, beside which it stands in one word.
    Posing(char),
}

/// Named, never shown as itself.
impl fmt::Display for Deceit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden(c) => {
                write!(formatter, "the character U+{:04X}, which nobody sees", u32::from(*c))
            }
            Self::Posing(c) => write!(
                formatter,
                "the character U+{:04X}, which looks like a letter of another script beside it",
                u32::from(*c)
            ),
        }
    }
}

/// The first deceit in a text that is compared with claims, and where, in characters.
#[must_use]
pub fn deceit_in(text: &str) -> Option<(usize, Deceit)> {
    let mut word: Option<Script> = None;
    for (index, c) in text.chars().enumerate() {
        if is_hidden(c) {
            return Some((index, Deceit::Hidden(c)));
        }
        if is_form_of_ascii(c) {
            return Some((index, Deceit::Posing(c)));
        }
        if !c.is_alphanumeric() {
            word = None;
        } else if let Some(script) = Script::of(c) {
            if word.is_some_and(|before| before != script) {
                return Some((index, Deceit::Posing(c)));
            }
            word = Some(script);
        }
    }
    None
}

/// The first character that is not seen, and where, in characters: nowhere in an expression, also
/// not in its comments.
#[must_use]
pub fn hidden_in(text: &str) -> Option<(usize, Deceit)> {
    let (index, c) = text.chars().enumerate().find(|(_, c)| is_hidden(*c))?;
    Some((index, Deceit::Hidden(c)))
}

/// Whether it changes the order in which a text is seen: it has no place in any text that people review.
#[must_use]
pub const fn turns_order(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether it breaks a line for some who read a text and not for others, or does something to a screen: what stands
/// behind it in a comment may be read as more than one. A carriage return is none before a line feed.
#[must_use]
pub fn breaks_lines(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n')) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Controls, format characters, variation selectors, fillers, and blanks that are not the blank.
/// Line breaks and tabs are seen.
fn is_hidden(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let blank = c.is_whitespace() && !c.is_ascii();
    control || blank || turns_order(c) || is_format(c) || is_filler(c)
}

/// General category Cf.
const fn is_format(c: char) -> bool {
    matches!(c,
        '\u{ad}'
        | '\u{600}'..='\u{605}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'..='\u{891}'
        | '\u{8e2}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{110bd}'
        | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e007f}')
}

const fn is_filler(c: char) -> bool {
    matches!(c,
        '\u{34f}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{e0100}'..='\u{e01ef}')
}

/// Wide and mathematical forms of what a keyboard has: numerals that are letters, a dotless i, slashes, dots
/// and hyphens that are not those of names.
const fn is_form_of_ascii(c: char) -> bool {
    matches!(c,
        '\u{131}'
        | '\u{2010}'..='\u{2011}'
        | '\u{2024}'
        | '\u{2044}'
        | '\u{2160}'..='\u{217f}'
        | '\u{2212}'
        | '\u{2215}'
        | '\u{ff01}'..='\u{ff5e}'
        | '\u{1d400}'..='\u{1d7ff}')
}

/// Scripts with letters that look alike.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
}

impl Script {
    const fn of(c: char) -> Option<Self> {
        match c {
            'A'..='Z'
            | 'a'..='z'
            | '\u{c0}'..='\u{d6}'
            | '\u{d8}'..='\u{f6}'
            | '\u{f8}'..='\u{2af}'
            | '\u{1d00}'..='\u{1d25}'
            | '\u{1e00}'..='\u{1eff}'
            | '\u{2c60}'..='\u{2c7f}'
            | '\u{a722}'..='\u{a7ff}' => Some(Self::Latin),
            '\u{370}'..='\u{3ff}' | '\u{1d26}'..='\u{1d2a}' | '\u{1f00}'..='\u{1fff}' => {
                Some(Self::Greek)
            }
            '\u{400}'..='\u{52f}'
            | '\u{1c80}'..='\u{1c8f}'
            | '\u{1d2b}'
            | '\u{2de0}'..='\u{2dff}'
            | '\u{a640}'..='\u{a69f}' => Some(Self::Cyrillic),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Deceit, deceit_in, hidden_in};

    #[test]
    fn what_is_not_seen_or_poses_as_something_else_is_found_where_it_stands() {
        for (text, expected) in [
            ("main\u{200b}", (4, Deceit::Hidden('\u{200b}'))),
            ("\u{202e}niam", (0, Deceit::Hidden('\u{202e}'))),
            ("refs/heads/main\u{2066}", (15, Deceit::Hidden('\u{2066}'))),
            ("a\u{a0}b", (1, Deceit::Hidden('\u{a0}'))),
            ("a\u{0}b", (1, Deceit::Hidden('\u{0}'))),
            ("ma\u{fe0f}in", (2, Deceit::Hidden('\u{fe0f}'))),
            ("m\u{430}in", (1, Deceit::Posing('\u{430}'))),
            ("refs/heads/m\u{430}in", (12, Deceit::Posing('\u{430}'))),
            ("\u{43e}cto", (1, Deceit::Posing('c'))),
            ("\u{3bf}cto", (1, Deceit::Posing('c'))),
            ("\u{ff4d}ain", (0, Deceit::Posing('\u{ff4d}'))),
            ("\u{217f}ain", (0, Deceit::Posing('\u{217f}'))),
            ("refs\u{2215}heads", (4, Deceit::Posing('\u{2215}'))),
            ("v1\u{2024}2", (2, Deceit::Posing('\u{2024}'))),
            ("ma\u{131}n", (2, Deceit::Posing('\u{131}'))),
            ("a\u{2010}b", (1, Deceit::Posing('\u{2010}'))),
        ] {
            assert_eq!(deceit_in(text), Some(expected), "{text:?}");
        }
        assert_eq!(hidden_in("a\u{200b}").map(|found| found.0), Some(1));
    }

    #[test]
    fn letters_of_every_script_are_text() {
        for text in
            ["refs/heads/main", "größe", "ветка/main", "δέλτα-alpha", "日本語", "a b\tc\n", ""]
        {
            assert_eq!(deceit_in(text), None, "{text}");
            assert_eq!(hidden_in(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_seen_is_named_by_its_number() {
        let found = deceit_in("x\u{202e}").unwrap().1.to_string();
        assert_eq!(found, "the character U+202E, which nobody sees");
    }
}
