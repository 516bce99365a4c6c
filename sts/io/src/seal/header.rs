//! What stands before everything sealed: which kind of key, which key, and for
//! which environment, so that a fault can name them. It proves nothing: the
//! environment is bound into what is sealed as well.

/// First byte of what the first release sealed: a file's key, which no name follows.
const FORMAT_UNNAMED: u8 = 1;
/// First byte of everything sealed since.
const FORMAT: u8 = 2;

/// Where a key-encryption key is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// In a file.
    File,
    /// In a PKCS #11 token.
    Pkcs11,
    /// By the transit engine of OpenBao or Vault.
    Transit,
    /// By AWS KMS.
    AwsKms,
}

impl KeyKind {
    const ALL: [Self; 4] = [Self::File, Self::Pkcs11, Self::Transit, Self::AwsKms];

    /// As the configuration writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Pkcs11 => "pkcs11",
            Self::Transit => "transit",
            Self::AwsKms => "aws_kms",
        }
    }

    /// For good: it is in stores.
    const fn byte(self) -> u8 {
        match self {
            Self::File => 1,
            Self::Pkcs11 => 2,
            Self::Transit => 3,
            Self::AwsKms => 4,
        }
    }
}

/// Which key-encryption key: what is written beside everything that it seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    kind: KeyKind,
    id: String,
}

impl Named {
    /// The key of this id, of at most 255 bytes.
    #[must_use]
    pub const fn new(kind: KeyKind, id: String) -> Self {
        Self { kind, id }
    }

    /// Whether something says that this key sealed it.
    #[must_use]
    pub fn sealed(&self, sealed: &[u8]) -> bool {
        read(sealed).is_some_and(|sealed| sealed.id.is_some() && sealed.is_of(self))
    }
}

/// What is to be written.
pub(super) struct Header<'a> {
    pub named: &'a Named,
    pub environment: &'a str,
}

impl Header<'_> {
    pub(super) fn write(&self, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![FORMAT, self.named.kind.byte()];
        for text in [&self.named.id, self.environment] {
            // Cut, it would still be bound in full, and only name less.
            let text = text.as_bytes();
            let text = text.get(..text.len().min(255)).unwrap_or_default();
            bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(text);
        }
        bytes.extend_from_slice(body);
        bytes
    }
}

/// What was read.
pub(super) struct Sealed<'a> {
    pub kind: KeyKind,
    /// None in the first format.
    pub id: Option<&'a str>,
    /// None in the first format.
    pub environment: Option<&'a str>,
    pub body: &'a [u8],
}

impl Sealed<'_> {
    /// Whether this key may have sealed it.
    pub(super) fn is_of(&self, named: &Named) -> bool {
        self.kind == named.kind && self.id.is_none_or(|id| id == named.id)
    }

    /// The key that sealed it, for operators.
    pub(super) fn shown(&self) -> String {
        match self.id {
            Some(id) => format!("the {} key {id}", self.kind.word()),
            None => format!("a {} key", self.kind.word()),
        }
    }
}

/// Reads what stands before something sealed; none that we ever wrote.
pub(super) fn read(sealed: &[u8]) -> Option<Sealed<'_>> {
    let (format, rest) = sealed.split_first()?;
    if *format == FORMAT_UNNAMED {
        return Some(Sealed { kind: KeyKind::File, id: None, environment: None, body: rest });
    }
    let (kind, rest) = rest.split_first().filter(|_| *format == FORMAT)?;
    let kind = KeyKind::ALL.into_iter().find(|known| known.byte() == *kind)?;
    let (id, rest) = text(rest)?;
    let (environment, body) = text(rest)?;
    Some(Sealed { kind, id: Some(id), environment: Some(environment), body })
}

fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((std::str::from_utf8(text).ok()?, rest))
}
