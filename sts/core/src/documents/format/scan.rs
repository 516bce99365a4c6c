//! One line, character by character: blanks inside brackets are mended, quotes and comments are left alone.

/// How a line ends: what the next one begins in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum End {
    /// In nothing.
    #[default]
    Closed,
    /// In brackets, this deep, or in a text in such quotes.
    Open { depth: usize, quote: Option<char> },
    /// In a block, which lasts as long as lines are indented more than this.
    Block { parent: usize },
}

impl End {
    /// Whether the next line goes on with something.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// The same, with the place of a block known.
    pub(super) fn in_block_of(self, parent: usize) -> Self {
        match self {
            Self::Block { .. } => Self::Block { parent },
            Self::Closed | Self::Open { .. } => self,
        }
    }
}

/// What came before a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The line begins.
    Nothing,
    /// `{` or `[`.
    Opened,
    /// `,`.
    Comma,
    /// The `:` after a key.
    Colon,
    /// The end of a quoted text, `}` or `]`.
    Closed,
    /// Text.
    Text,
}

/// A line that was looked at.
pub(super) struct Scan {
    out: String,
    depth: usize,
    quote: Option<char>,
    before: Before,
    block: bool,
    key_end: Option<usize>,
}

impl Scan {
    /// Looks at a line that begins in what the one before it ended in.
    pub(super) fn new(line: &str, begin: &End) -> Self {
        let (depth, quote) = match begin {
            End::Open { depth, quote } => (*depth, *quote),
            End::Closed | End::Block { .. } => (0, None),
        };
        let mut scan = Self {
            out: String::new(),
            depth,
            quote,
            before: Before::Nothing,
            block: false,
            key_end: None,
        };
        scan.run(line);
        scan
    }

    /// The line, mended. Only good where it began in nothing.
    pub(super) fn text(&self) -> &str {
        self.out.trim_end_matches([' ', '\t'])
    }

    /// The plain key that it begins with.
    pub(super) fn key(&self) -> Option<&str> {
        self.out.get(..self.key_end?)
    }

    /// How it ends.
    pub(super) const fn end(&self) -> End {
        if self.block {
            End::Block { parent: 0 }
        } else if self.depth > 0 || self.quote.is_some() {
            End::Open { depth: self.depth, quote: self.quote }
        } else {
            End::Closed
        }
    }

    fn run(&mut self, line: &str) {
        let mut blanks = String::new();
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            if let Some(quote) = self.quote {
                self.out.push(c);
                match c {
                    '\\' if quote == '"' => self.out.extend(rest.next()),
                    '\'' if quote == '\'' && rest.peek() == Some(&'\'') => {
                        self.out.extend(rest.next())
                    }
                    c if c == quote => {
                        self.quote = None;
                        self.before = Before::Closed;
                    }
                    _ => {}
                }
                continue;
            }
            if matches!(c, ' ' | '\t') {
                blanks.push(c);
                continue;
            }
            let begins = blanks.is_empty() && self.before != Before::Nothing;
            if c == '#' && !begins {
                self.out.push_str(&blanks.replace('\t', " "));
                self.out.push(c);
                self.out.extend(rest);
                return;
            }
            let next = rest.peek().copied();
            let inside = self.depth > 0;
            let after = self.classify(c, next);
            self.space(&blanks, c, inside);
            blanks.clear();
            if after == Before::Colon && self.key_end.is_none() && self.depth == 0 {
                self.key_end = Some(self.out.len());
            }
            self.out.push(c);
            self.before = after;
        }
    }

    /// What a character outside of quotes is, and what it opens or closes.
    fn classify(&mut self, c: char, next: Option<char>) -> Before {
        let node =
            matches!(self.before, Before::Nothing | Before::Opened | Before::Comma | Before::Colon);
        let inside = self.depth > 0;
        match c {
            '{' | '[' if node || inside => {
                self.depth = self.depth.saturating_add(1);
                Before::Opened
            }
            '}' | ']' if inside => {
                self.depth = self.depth.saturating_sub(1);
                Before::Closed
            }
            ',' if inside => Before::Comma,
            ':' => {
                let ends = next.is_none_or(|next| {
                    matches!(next, ' ' | '\t')
                        || (inside && matches!(next, ',' | '}' | ']' | '{' | '['))
                });
                if ends || (inside && self.before == Before::Closed) {
                    Before::Colon
                } else {
                    Before::Text
                }
            }
            '"' | '\'' if node => {
                self.quote = Some(c);
                Before::Text
            }
            '|' | '>' if node && !inside => {
                self.block = true;
                Before::Text
            }
            _ => Before::Text,
        }
    }

    /// The blanks before a character. Inside brackets there are none after what opens and before what closes, and
    /// one after a comma or a key; outside of them people align.
    fn space(&mut self, blanks: &str, c: char, inside: bool) {
        match self.before {
            Before::Text if !inside => self.out.push_str(blanks),
            _ if !inside => self.out.push_str(&blanks.replace('\t', " ")),
            Before::Opened => {}
            // Also with no value after it: some readers take `{a:}` for something else.
            Before::Colon => self.out.push(' '),
            _ if matches!(c, ',' | '}' | ']') => {}
            Before::Comma => self.out.push(' '),
            Before::Nothing | Before::Closed | Before::Text => self.out.push_str(blanks),
        }
    }
}
