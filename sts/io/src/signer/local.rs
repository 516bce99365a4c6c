//! Signing in this process, with a key that was prepared once: parsing it for
//! every signature would cost half as much again.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use sts_core::ports::{Answer, Signer, Unavailable};
use sts_jose::SigningAlgorithm;
use sts_wire::jwk::PublishedJwk;
use zeroize::Zeroizing;

/// A private key cannot be made or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the private key cannot be made or is not usable")]
pub struct KeyFault;

/// A private key in this process.
pub struct LocalSigner {
    key: PrivateKey,
    random: SystemRandom,
}

enum PrivateKey {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// A fresh key pair.
pub struct NewKey {
    /// PKCS #8, to be sealed at once.
    pub private: Zeroizing<Vec<u8>>,
    /// The public half, its thumbprint as `kid`.
    pub public: PublishedJwk,
}

/// Makes a key pair.
///
/// # Errors
/// The library refuses.
pub fn generate(algorithm: SigningAlgorithm) -> Result<NewKey, KeyFault> {
    let private = match algorithm {
        SigningAlgorithm::Es256 => {
            let pair =
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyFault)?;
            Zeroizing::new(pair.to_pkcs8v1().map_err(|_| KeyFault)?.as_ref().to_vec())
        }
        SigningAlgorithm::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyFault)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyFault)?;
            Zeroizing::new(der.as_ref().to_vec())
        }
    };
    let public = LocalSigner::from_pkcs8(algorithm, &private)?.public(algorithm)?;
    Ok(NewKey { private, public })
}

impl LocalSigner {
    /// Prepares a private key.
    ///
    /// # Errors
    /// It is no key of this algorithm.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<Self, KeyFault> {
        let key = match algorithm {
            SigningAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8);
                PrivateKey::Ec(pair.map_err(|_| KeyFault)?)
            }
            SigningAlgorithm::Rs256 => {
                PrivateKey::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| KeyFault)?)
            }
        };
        Ok(Self { key, random: SystemRandom::new() })
    }

    /// The public half, its thumbprint as `kid` (RFC 7638).
    ///
    /// # Errors
    /// The library shows the key in a form that we do not know.
    pub fn public(&self, algorithm: SigningAlgorithm) -> Result<PublishedJwk, KeyFault> {
        let public = match &self.key {
            PrivateKey::Ec(pair) => super::public::ec(pair.public_key().as_ref())?,
            PrivateKey::Rsa(pair) => {
                let public = pair.public_key();
                let n = public.modulus().big_endian_without_leading_zero();
                super::public::rsa(n, public.exponent().big_endian_without_leading_zero())
            }
        };
        if public.alg == algorithm.name() { Ok(public) } else { Err(KeyFault) }
    }

    fn sign_now(&self, message: &[u8]) -> Result<Vec<u8>, Unavailable> {
        let fault = |_| Unavailable("the signing key failed".to_owned());
        match &self.key {
            PrivateKey::Ec(pair) => {
                Ok(pair.sign(&self.random, message).map_err(fault)?.as_ref().to_vec())
            }
            PrivateKey::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature)
                    .map_err(fault)?;
                Ok(signature)
            }
        }
    }
}

impl Signer for LocalSigner {
    fn sign<'a>(&'a self, signing_input: &'a [u8]) -> Answer<'a, Result<Vec<u8>, Unavailable>> {
        Box::pin(std::future::ready(self.sign_now(signing_input)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sts_jose::VerifyingKeySet;
    use sts_wire::jwk::parse_set;

    #[test]
    fn a_fresh_key_verifies_through_its_published_form() {
        for algorithm in SigningAlgorithm::ALL {
            let key = generate(algorithm).unwrap();
            let set = format!(r#"{{"keys":[{}]}}"#, serde_json::to_string(&key.public).unwrap());
            let verified_as = sts_jose::Algorithm::from_name(algorithm.name()).unwrap();
            let parsed = parse_set(set.as_bytes()).unwrap();
            assert_eq!(parsed.unknown, 0);
            let (keys, refused) = VerifyingKeySet::load(&parsed.keys, &[verified_as]);
            assert_eq!((keys.len(), refused.len()), (1, 0), "{algorithm}");
            let again = LocalSigner::from_pkcs8(algorithm, &key.private).unwrap();
            assert_eq!(again.public(algorithm).unwrap(), key.public);
            assert_eq!(
                again.sign_now(b"x").unwrap().len(),
                if algorithm == SigningAlgorithm::Es256 { 64 } else { 256 }
            );
        }
        assert!(LocalSigner::from_pkcs8(SigningAlgorithm::Es256, b"not a key").is_err());
    }
}
