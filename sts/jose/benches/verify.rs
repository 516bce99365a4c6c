//! What belief costs: a token of 2 KB beside the bare signature check.
//!
//! `cargo bench -p sts-jose`

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use divan::{Bencher, black_box};
use sts_jose::{Algorithm, SignedToken, VerifyingKeySet};
use sts_wire::base64url;
use sts_wire::jwk::{PublicJwk, PublicParams};
use sts_wire::jws::UnverifiedToken;
use sts_wire::names::KeyId;

fn main() {
    divan::main();
}

struct Sample {
    pair: RsaKeyPair,
    token: String,
}

impl Sample {
    /// A token of a real one's size; None when the library makes no key.
    fn new() -> Option<Self> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
        let part = |text: &str| base64url::encode(text.as_bytes());
        let claims: Vec<String> =
            (0..40).map(|n| format!("\"claim_{n:02}\":\"value of {n:02}\"")).collect();
        let payload = format!("{{\"iss\":\"https://a.example\",{}}}", claims.join(","));
        let signing_input =
            format!("{}.{}", part(r#"{"alg":"RS256","kid":"k","typ":"JWT"}"#), part(&payload));
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signing_input.as_bytes(),
            &mut signature,
        )
        .ok()?;
        let token = format!("{signing_input}.{}", base64url::encode(&signature));
        Some(Self { pair, token })
    }

    fn components(&self) -> (Vec<u8>, Vec<u8>) {
        let public = self.pair.public_key();
        let bytes = |part: &[u8]| part.to_vec();
        (
            bytes(public.modulus().big_endian_without_leading_zero()),
            bytes(public.exponent().big_endian_without_leading_zero()),
        )
    }

    fn keys(&self) -> VerifyingKeySet {
        let (n, e) = self.components();
        let jwk = PublicJwk {
            key_id: KeyId::new("k").ok(),
            algorithm: None,
            usage: None,
            may_verify: true,
            params: PublicParams::Rsa { n, e },
        };
        VerifyingKeySet::load(&[jwk], &[Algorithm::Rs256]).0
    }
}

#[divan::bench]
fn bare_signature_check(bencher: Bencher<'_, '_>) {
    let Some(sample) = Sample::new() else { return };
    let (n, e) = sample.components();
    let parsed = UnverifiedToken::parse(&sample.token);
    let Ok(token) = parsed else { return };
    let key = RsaPublicKeyComponents { n, e };
    bencher.bench(|| {
        key.verify(&RSA_PKCS1_2048_8192_SHA256, black_box(token.signing_input()), token.signature())
            .is_ok()
    });
}

#[divan::bench]
fn from_text_to_signed_token(bencher: Bencher<'_, '_>) {
    let Some(sample) = Sample::new() else { return };
    let keys = sample.keys();
    bencher.bench(|| {
        let token = UnverifiedToken::parse(black_box(&sample.token)).ok()?;
        let id = SignedToken::key_id_of(&token, &[Algorithm::Rs256]).ok()?.clone();
        SignedToken::verify(token, keys.find(&id)?).ok()
    });
}
