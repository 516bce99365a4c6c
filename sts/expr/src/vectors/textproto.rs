//! As much of the text format of protocol buffers as the vectors use: names and
//! values, without a schema.

/// A message: its fields in order, a repeated one several times.
#[derive(Debug, Clone, Default)]
pub(super) struct Message(Vec<(String, Field)>);

/// What a field holds.
#[derive(Debug, Clone)]
pub(super) enum Field {
    /// A string, or bytes.
    Text(Vec<u8>),
    /// A number, an enum's name, true or false.
    Word(String),
    /// A message.
    Message(Message),
}

impl Message {
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Field> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, field)| field)
    }

    pub(super) fn messages<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.all(name)
            .filter_map(|field| if let Field::Message(m) = field { Some(m) } else { None })
    }

    pub(super) fn message<'a>(&'a self, name: &'a str) -> Option<&'a Self> {
        self.messages(name).next()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = |field: &Field| if let Field::Text(t) = field { Some(t.clone()) } else { None };
        String::from_utf8(self.all(name).find_map(text)?).ok()
    }

    /// The one field of a message that says one of several things.
    pub(super) fn only(&self) -> Option<(&str, &Field)> {
        self.0.first().map(|(name, field)| (name.as_str(), field))
    }
}

/// Reads a file.
pub(super) fn read(text: &str) -> Message {
    let mut reader = Reader { rest: text.as_bytes() };
    let message = reader.fields();
    assert!(reader.rest.is_empty(), "not read to its end");
    message
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn skip(&mut self) {
        loop {
            match self.rest.first() {
                Some(b'#') => {
                    let end = self.rest.iter().position(|byte| *byte == b'\n');
                    self.rest = &self.rest[end.unwrap_or(self.rest.len())..];
                }
                Some(byte) if byte.is_ascii_whitespace() || matches!(byte, b',' | b';') => {
                    self.rest = &self.rest[1..];
                }
                _ => return,
            }
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.skip();
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn word(&mut self) -> String {
        self.skip();
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(byte);
        let end = self.rest.iter().position(|byte| !part(byte)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        String::from_utf8(word.to_vec()).unwrap()
    }

    fn fields(&mut self) -> Message {
        let mut message = Message::default();
        loop {
            self.skip();
            if self.rest.is_empty() || self.rest[0] == b'}' {
                return message;
            }
            let name = if self.eat(b'[') {
                let end = self.rest.iter().position(|byte| *byte == b']').unwrap();
                let (name, rest) = self.rest.split_at(end);
                self.rest = &rest[1..];
                format!("[{}]", String::from_utf8_lossy(name))
            } else {
                self.word()
            };
            self.eat(b':');
            if self.eat(b'[') {
                while !self.eat(b']') {
                    let field = self.field();
                    message.0.push((name.clone(), field));
                }
            } else {
                let field = self.field();
                message.0.push((name, field));
            }
        }
    }

    fn field(&mut self) -> Field {
        if self.eat(b'{') {
            let message = self.fields();
            assert!(self.eat(b'}'), "a message has no end");
            return Field::Message(message);
        }
        self.skip();
        match self.rest.first() {
            Some(b'"' | b'\'') => {
                let mut bytes = Vec::new();
                while let Some(quote @ (b'"' | b'\'')) = self.rest.first().copied() {
                    self.rest = &self.rest[1..];
                    self.quoted(quote, &mut bytes);
                    self.skip();
                }
                Field::Text(bytes)
            }
            _ => Field::Word(self.word()),
        }
    }

    fn byte(&mut self) -> u8 {
        let (byte, rest) = self.rest.split_first().unwrap();
        self.rest = rest;
        *byte
    }

    fn quoted(&mut self, quote: u8, bytes: &mut Vec<u8>) {
        loop {
            match self.byte() {
                byte if byte == quote => return,
                b'\\' => self.escape(bytes),
                byte => bytes.push(byte),
            }
        }
    }

    fn digits(&mut self, most: usize, radix: u32) -> u32 {
        let digit = |byte: &u8| char::from(*byte).is_digit(radix);
        let length = self.rest.iter().take(most).take_while(|byte| digit(byte)).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        u32::from_str_radix(std::str::from_utf8(digits).unwrap(), radix).unwrap()
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) {
        let mut point = |code: u32| {
            let mut buffer = [0; 4];
            let text = char::from_u32(code).unwrap().encode_utf8(&mut buffer);
            bytes.extend_from_slice(text.as_bytes());
        };
        let escaped = match self.byte() {
            b'u' => return point(self.digits(4, 16)),
            b'U' => return point(self.digits(8, 16)),
            b'x' | b'X' => u8::try_from(self.digits(2, 16)).unwrap(),
            b'a' => 7,
            b'b' => 8,
            b't' => 9,
            b'n' => 10,
            b'v' => 11,
            b'f' => 12,
            b'r' => 13,
            digit @ b'0'..=b'7' => {
                let more: Vec<u8> = self
                    .rest
                    .iter()
                    .take(2)
                    .copied()
                    .take_while(|b| (b'0'..=b'7').contains(b))
                    .collect();
                self.rest = &self.rest[more.len()..];
                let code = more
                    .iter()
                    .fold(u32::from(digit - b'0'), |code, b| code * 8 + u32::from(b - b'0'));
                u8::try_from(code).unwrap()
            }
            other => other,
        };
        bytes.push(escaped);
    }
}
