//! A key-encryption key in a PKCS #11 token, AES-256-GCM: generated there, and
//! never outside.

use super::header::{KeyKind, Named};
use super::{Context, KeyEncryptionKey, SealFault, Secret};
use crate::pkcs11::{Token, TokenFault, TokenSettings};
use aws_lc_rs::aead::NONCE_LEN;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use std::sync::Arc;
use sts_core::ports::{Answer, Entropy};
use sts_wire::base64url;
use zeroize::Zeroizing;

/// Bits of the authentication tag.
const TAG_BITS: u64 = 128;
/// Bytes of the key.
const KEY_BYTES: u64 = 32;
/// Bytes of a fresh key's `CKA_ID`.
const ID_BYTES: usize = 12;
/// Longest `CKA_ID` that names a key here: it is written beside everything that it seals.
const ID_BYTES_MAX: usize = 150;

/// Encrypts or decrypts in a session.
type Operation = fn(&Session, &Mechanism<'_>, ObjectHandle, &[u8]) -> Result<Vec<u8>, Error>;

/// Where the key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkcs11Settings {
    /// The token.
    pub token: TokenSettings,
    /// Label of the key.
    pub key: String,
}

/// A key in a token.
pub(super) struct Pkcs11Key {
    token: Arc<Token>,
    label: String,
    /// `CKA_ID`, which outlives a new label.
    id: Vec<u8>,
    named: Named,
    shown: String,
    entropy: Arc<dyn Entropy>,
}

impl Pkcs11Key {
    /// Finds the key; generates it in the token only when that `may_create`.
    ///
    /// # Errors
    /// [`SealFault`].
    pub(super) async fn open(
        settings: &Pkcs11Settings,
        may_create: bool,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SealFault> {
        let label = settings.key.clone();
        let shown = format!("the key {label} of the token {}", settings.token.token);
        let told = |fault| told(&shown, fault);
        let refused = |cause: &str, help| SealFault::Refused {
            key: shown.clone(),
            cause: cause.to_owned(),
            help,
        };
        let token = Token::open(&settings.token).map_err(told)?;
        let mut fresh = vec![0; ID_BYTES];
        entropy.fill(&mut fresh)?;
        let wanted = label.clone();
        let find = move |session: &Session| match find(session, &wanted, None)?.as_slice() {
            [] if may_create => generate(session, &wanted, fresh).map(|id| vec![id]),
            found => found.iter().map(|key| id(session, *key)).collect(),
        };
        let ids = token.run(find).await.map_err(told)?;
        let [id] = ids.as_slice() else {
            if ids.is_empty() {
                let help = "where it is to be a new key, name the old one as seal.previous, and make this one with the token's tools: AES, 256 bits, sensitive, with an id";
                return Err(SealFault::Missing { key: shown, help });
            }
            let help = "give the keys of the token labels of their own";
            return Err(refused("several keys have this label", help));
        };
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            let help = "set CKA_ID of the key with the token's tools: 1 to 150 bytes that no other key has";
            return Err(refused("it has no id that tells it from others", help));
        }
        let named = Named::new(KeyKind::Pkcs11, base64url::encode(id));
        Ok(Self { id: id.clone(), token, label, named, shown, entropy })
    }

    /// Runs one AES-GCM operation with the key.
    async fn run(
        &self,
        context: Context<'_>,
        mut nonce: [u8; NONCE_LEN],
        data: Secret,
        operation: Operation,
    ) -> Result<Secret, TokenFault> {
        let (label, id, associated) = (self.label.clone(), self.id.clone(), context.associated());
        let work = move |session: &Session| {
            let found = find(session, &label, Some(id))?;
            let Some(key) = found.first() else { return Ok(None) };
            let params = GcmParams::new(&mut nonce, &associated, TAG_BITS.into())?;
            operation(session, &Mechanism::AesGcm(params), *key, &data).map(Some)
        };
        let done = self.token.run(work).await?;
        done.map(Zeroizing::new).ok_or_else(|| {
            // A token that was away and is back shows nothing to sessions of before.
            self.token.distrust();
            TokenFault::Unavailable {
                token: String::new(),
                cause: "the token does not hold the key now".to_owned(),
            }
        })
    }
}

impl KeyEncryptionKey for Pkcs11Key {
    fn named(&self) -> &Named {
        &self.named
    }

    fn shown(&self) -> &str {
        &self.shown
    }

    fn seal<'a>(
        &'a self,
        context: Context<'a>,
        secret: &'a [u8],
    ) -> Answer<'a, Result<Vec<u8>, SealFault>> {
        Box::pin(async move {
            // 96 random bits: far fewer than 2^32 secrets are ever sealed under one key.
            let mut nonce = [0; NONCE_LEN];
            self.entropy.fill(&mut nonce)?;
            let data = Zeroizing::new(secret.to_vec());
            let sealed = self.run(context, nonce, data, Session::encrypt).await;
            let sealed = sealed.map_err(|fault| told(&self.shown, fault))?;
            Ok([nonce.as_slice(), sealed.as_slice()].concat())
        })
    }

    fn open<'a>(
        &'a self,
        context: Context<'a>,
        sealed: &'a [u8],
    ) -> Answer<'a, Result<Secret, SealFault>> {
        Box::pin(async move {
            let corrupt =
                || SealFault::Corrupt { what: context.purpose.to_owned(), key: self.shown.clone() };
            let (nonce, rest) = sealed.split_first_chunk().ok_or_else(corrupt)?;
            let data = Zeroizing::new(rest.to_vec());
            let opened = self.run(context, *nonce, data, Session::decrypt).await;
            opened.map_err(|fault| match fault {
                TokenFault::Work(Error::Pkcs11(
                    // What SoftHSM answers to a wrong tag.
                    RvError::GeneralError
                    | RvError::EncryptedDataInvalid
                    | RvError::EncryptedDataLenRange,
                    _,
                )) => SealFault::Open {
                    key: self.shown.clone(),
                    what: context.purpose.to_owned(),
                    environment: context.environment.to_owned(),
                },
                fault => told(&self.shown, fault),
            })
        })
    }
}

/// A fault of the token is one of the key.
fn told(key: &str, fault: TokenFault) -> SealFault {
    let key = key.to_owned();
    match fault {
        TokenFault::File(fault) => SealFault::File(fault),
        TokenFault::Refused { cause, help, .. } => SealFault::Refused { key, cause, help },
        TokenFault::Unavailable { cause, .. } => {
            let help = "sts_keys_run_out_seconds says for how long; see that the token is there";
            SealFault::Unavailable { key, cause, help }
        }
        TokenFault::Module { .. } | TokenFault::Work(_) => SealFault::Refused {
            key,
            cause: fault.to_string(),
            help: "seal names module, token and key; the key is AES, of 256 bits, and the token offers CKM_AES_GCM",
        },
    }
}

/// The AES keys of a label, and of an id where one is wanted.
fn find(session: &Session, label: &str, id: Option<Vec<u8>>) -> Result<Vec<ObjectHandle>, Error> {
    let mut template = vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(true),
        Attribute::Label(label.as_bytes().to_vec()),
    ];
    template.extend(id.map(Attribute::Id));
    session.find_objects(&template)
}

fn id(session: &Session, key: ObjectHandle) -> Result<Vec<u8>, Error> {
    let read = session.get_attributes(key, &[AttributeType::Id])?;
    let id = read.into_iter().find_map(|attribute| match attribute {
        Attribute::Id(id) => Some(id),
        _ => None,
    });
    Ok(id.unwrap_or_default())
}

fn generate(session: &Session, label: &str, id: Vec<u8>) -> Result<Vec<u8>, Error> {
    let template = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
        Attribute::ValueLen(KEY_BYTES.into()),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Id(id.clone()),
    ];
    session.generate_key(&Mechanism::AesKeyGen, &template)?;
    Ok(id)
}
