//! Signing in a PKCS #11 token: the private key is generated there and never
//! outside. In the store is a reference to it, sealed as a private key would be.

mod objects;

use super::{KeyFault, NewKey, public};
use crate::limits::TOKEN_GENERATE_TIME_MAX;
use crate::pkcs11::{Token, TokenFault, TokenSettings};
use cryptoki::mechanism::Mechanism;
use cryptoki::session::Session;
use std::sync::Arc;
use sts_core::ports::{Answer, Entropy, EntropyFault, Signer, Unavailable};
use sts_jose::{SigningAlgorithm, sha256};
use sts_wire::base64url;
use sts_wire::jwk::PublishedJwk;
use zeroize::Zeroizing;

/// What a reference begins with; PKCS #8 begins with an ASN.1 sequence, 0x30.
const REFERENCE: &[u8] = b"pkcs11:";
/// Bytes of a key's `CKA_ID`: random, so that no two are the same.
const ID_BYTES: usize = 16;
/// What is signed to see that a key signs; no token of ours looks like it.
const TRIAL: &[u8] = b"sts: does this key sign?";

/// A key in a token cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TokenKeyFault {
    /// The token.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// What it holds, or signs, does not fit.
    #[error(
        "the token {0} holds a key that is not what it was generated as, or signs what does not verify"
    )]
    Unfit(String),
    /// The private key is gone.
    #[error(
        "the token {0} does not hold the private key any more\n    help: restore the token from its backup, or revoke the key: sts keys compromise"
    )]
    Gone(String),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyFault),
}

impl TokenKeyFault {
    /// Whether it may pass by itself.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Token(TokenFault::Unavailable { .. }) | Self::Entropy(_))
    }
}

/// Makes and opens keys in a token.
pub struct TokenKeys {
    token: Arc<Token>,
    shown: String,
    label: String,
    entropy: Arc<dyn Entropy>,
}

/// Whether an unsealed private half is a reference to one in a token.
#[must_use]
pub fn is_token_reference(private: &[u8]) -> bool {
    private.starts_with(REFERENCE)
}

impl TokenKeys {
    /// Prepares the token; its keys are labelled with the environment.
    ///
    /// # Errors
    /// [`TokenKeyFault`].
    pub fn open(
        settings: &TokenSettings,
        environment: &str,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, TokenKeyFault> {
        let token = Token::open(settings)?;
        let label = format!("sts/{environment}");
        Ok(Self { token, shown: settings.token.clone(), label, entropy })
    }

    /// Generates a key pair, and signs with it once: `private` is a reference.
    ///
    /// # Errors
    /// [`TokenKeyFault`]; a key that does not sign is destroyed.
    pub async fn generate(&self, algorithm: SigningAlgorithm) -> Result<NewKey, TokenKeyFault> {
        let mut id = vec![0; ID_BYTES];
        self.entropy.fill(&mut id)?;
        let private = Zeroizing::new([REFERENCE, base64url::encode(&id).as_bytes()].concat());
        let (label, own) = (self.label.clone(), id.clone());
        let made = self.token.run_within(TOKEN_GENERATE_TIME_MAX, move |session| {
            objects::generate(session, algorithm, &label, &own)?;
            objects::public(session, algorithm, &own)
        });
        let outcome = match made.await?.ok_or_else(|| self.unfit()) {
            Ok(public) => self.signer(algorithm, id, &public).await.map(|_| public),
            Err(fault) => Err(fault),
        };
        if outcome.is_err() {
            // Where this fails as well, the next start names the key.
            let _named = self.discard(&private).await;
        }
        Ok(NewKey { private, public: outcome? })
    }

    /// The signer of a reference, once it has signed for this very key.
    ///
    /// # Errors
    /// [`TokenKeyFault`].
    pub async fn from_reference(
        &self,
        algorithm: SigningAlgorithm,
        private: &[u8],
        public: &PublishedJwk,
    ) -> Result<Arc<dyn Signer>, TokenKeyFault> {
        let id = id_of(private).ok_or_else(|| self.unfit())?;
        Ok(Arc::new(self.signer(algorithm, id, public).await?))
    }

    /// Destroys a key pair that nobody refers to.
    ///
    /// # Errors
    /// [`TokenKeyFault`].
    pub async fn discard(&self, private: &[u8]) -> Result<(), TokenKeyFault> {
        let id = id_of(private).ok_or_else(|| self.unfit())?;
        Ok(self.token.run(move |session| objects::destroy(session, &id)).await?)
    }

    /// The `kid`s of every key of this environment in the token.
    ///
    /// # Errors
    /// [`TokenKeyFault`].
    pub async fn kids(&self) -> Result<Vec<String>, TokenKeyFault> {
        let label = self.label.clone();
        Ok(self.token.run(move |session| objects::kids(session, &label)).await?)
    }

    async fn signer(
        &self,
        algorithm: SigningAlgorithm,
        id: Vec<u8>,
        public: &PublishedJwk,
    ) -> Result<TokenSigner, TokenKeyFault> {
        let signer = TokenSigner { token: Arc::clone(&self.token), algorithm, id };
        let signature = signer.sign_now(TRIAL).await?;
        let signature = signature.ok_or_else(|| TokenKeyFault::Gone(self.shown.clone()))?;
        public::verify(public, TRIAL, &signature).map_err(|KeyFault| self.unfit())?;
        Ok(signer)
    }

    fn unfit(&self) -> TokenKeyFault {
        TokenKeyFault::Unfit(self.shown.clone())
    }
}

fn id_of(private: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(private.strip_prefix(REFERENCE)?).ok()?;
    base64url::decode(text).ok()
}

/// A private key in a token.
struct TokenSigner {
    token: Arc<Token>,
    algorithm: SigningAlgorithm,
    id: Vec<u8>,
}

impl TokenSigner {
    /// A signature; none when the token does not hold the key.
    async fn sign_now(&self, message: &[u8]) -> Result<Option<Vec<u8>>, TokenFault> {
        let (id, algorithm) = (self.id.clone(), self.algorithm);
        let message = message.to_vec();
        let sign = move |session: &Session| {
            let Some(key) = objects::private(session, &id)? else { return Ok(None) };
            // Few tokens hash for ECDSA; for RSA all do.
            match algorithm {
                SigningAlgorithm::Es256 => session.sign(&Mechanism::Ecdsa, key, &sha256(&message)),
                SigningAlgorithm::Rs256 => session.sign(&Mechanism::Sha256RsaPkcs, key, &message),
            }
            .map(Some)
        };
        let signature = self.token.run(sign).await?;
        if signature.is_none() {
            // A token that was away and is back shows nothing to sessions of before.
            self.token.distrust();
        }
        Ok(signature)
    }
}

impl Signer for TokenSigner {
    fn sign<'a>(&'a self, signing_input: &'a [u8]) -> Answer<'a, Result<Vec<u8>, Unavailable>> {
        Box::pin(async move {
            let signature = self.sign_now(signing_input).await;
            let signature = signature.map_err(|fault| Unavailable(fault.to_string()))?;
            signature.ok_or_else(|| {
                Unavailable("the token does not hold the private key now".to_owned())
            })
        })
    }
}
