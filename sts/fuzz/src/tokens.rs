//! Tokens: as text, by their header, by their claims.

use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};
use sts_core::trust::TrustBundle;
use sts_core::verify::{fit_wire_claims, verify};
use sts_jose::{Algorithm, SignedToken, VerifyingKeySet};
use sts_testkit::{Documents, FakeIssuer, ISSUER, OUR_ISSUER, TestKey};
use sts_wire::base64url;
use sts_wire::json;
use sts_wire::jwk::parse_set;
use sts_wire::jws::UnverifiedToken;
use sts_wire::limits::TOKEN_BYTES_MAX;
use sts_wire::time::{Seconds, Timestamp};

/// When every token is looked at.
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// The clock skew that is allowed.
const LEEWAY: Seconds = Seconds::new(30);
/// The one key that is believed.
const KEY: u64 = 1;

/// What does not change from input to input.
struct World {
    bundle: Arc<TrustBundle>,
    keys: VerifyingKeySet,
    key: TestKey,
    token: String,
}

static WORLD: LazyLock<Option<World>> = LazyLock::new(|| {
    let issuer = FakeIssuer::new(ISSUER, KEY);
    let set = serde_json::json!({"keys": [issuer.public()]}).to_string();
    let set = parse_set(set.as_bytes()).ok()?;
    let loaded = Documents::sample().load().ok()?;
    Some(World {
        bundle: loaded.snapshot.bundles().iter().next().map(Arc::clone)?,
        keys: VerifyingKeySet::load(&set.keys, &Algorithm::ALL).0,
        key: TestKey::numbered(KEY),
        token: issuer.token(NOW, "id").build(),
    })
});

fn world() -> &'static World {
    let world = WORLD.as_ref();
    assert!(world.is_some(), "the sample documents compile");
    world.unwrap_or_else(|| std::process::abort())
}

/// A token that is parsed has one spelling, and only what the one key signed is signed.
pub(crate) fn jws(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let Ok(token) = UnverifiedToken::parse(text) else { return false };
    assert!(text.len() <= TOKEN_BYTES_MAX, "the cap holds");
    let again: Vec<_> = text
        .split('.')
        .map(|segment| base64url::decode(segment).map(|bytes| base64url::encode(&bytes)))
        .collect::<Result<_, _>>()
        .unwrap_or_default();
    assert_eq!(again.join("."), text, "base64url is canonical");
    assert_eq!(again.len(), 3, "there are three segments");
    let peeked = UnverifiedToken::peek(text);
    let parts = (token.unverified_header().clone(), token.unverified_claims().clone());
    assert_eq!(peeked, Ok(parts), "what a person is shown is what is verified");
    let signed_by_us = world().token.as_bytes().starts_with(token.signing_input());
    if let Some(signed) = signed(token) {
        assert!(signed_by_us, "nobody else has the key");
        assert!(verify(&signed, &world().bundle, NOW, LEEWAY).is_ok(), "the seed is believed");
    }
    true
}

/// The token if its signature holds under the key that it names.
fn signed(token: UnverifiedToken) -> Option<SignedToken> {
    let id = SignedToken::key_id_of(&token, &world().bundle.algorithms).ok()?.clone();
    SignedToken::verify(token, world().keys.find(&id)?).ok()
}

/// A header that is accepted names its algorithm once, and asks for nothing that we do not do.
pub(crate) fn header(input: &[u8]) -> bool {
    let text = format!("{}.{}.AA", base64url::encode(input), base64url::encode(b"{}"));
    let Ok(token) = UnverifiedToken::parse(&text) else { return false };
    let header = agreed(input, token.unverified_header());
    assert_eq!(header.get("alg").and_then(Value::as_str), Some(token.unverified_algorithm()));
    for name in ["crit", "b64", "cty", "zip", "enc"] {
        assert!(!header.contains_key(name), "{name} is refused");
    }
    let kid = header.get("kid").map(|kid| kid.as_str().unwrap_or_default().to_owned());
    assert_eq!(kid.as_deref(), token.unverified_key_id().map(|id| id.as_str()));
    true
}

/// Claims that are believed say what was checked, by another reader's reading.
pub(crate) fn claims(input: &[u8]) -> bool {
    let Ok(claims) = json::parse_object(input) else { return false };
    let claims = agreed(input, &claims);
    let bundle = &world().bundle;
    if let Ok(typed) = fit_wire_claims(bundle, &claims) {
        assert!(typed.keys().all(|name| bundle.claims.contains_key(name)), "claims are closed");
    }
    let header = serde_json::json!({"alg": "ES256", "kid": world().key.public().kid}).to_string();
    let input = [base64url::encode(header.as_bytes()), base64url::encode(input)].join(".");
    let signature = base64url::encode(&world().key.sign(input.as_bytes()));
    let Ok(token) = UnverifiedToken::parse(&format!("{input}.{signature}")) else { return false };
    let Some(signed) = signed(token) else { return false };
    let Ok(verified) = verify(&signed, bundle, NOW, LEEWAY) else { return false };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name).and_then(Value::as_f64);
    assert_eq!(text("iss"), Some(ISSUER));
    assert_eq!(text("sub"), Some(verified.subject()));
    let sole = claims.get("aud").and_then(Value::as_array).map_or(text("aud"), |audiences| {
        audiences.first().filter(|_| audiences.len() == 1).and_then(Value::as_str)
    });
    assert_eq!(sole, Some(OUR_ISSUER));
    let (now, leeway) = (1_800_000_000.0, 30.0);
    assert!(time("exp").is_some_and(|exp| exp > now - leeway), "it has not expired");
    assert!(time("iat").is_some_and(|iat| iat < now + leeway + 1.0), "it was issued");
    assert!(time("nbf").is_none_or(|nbf| nbf < now + leeway + 1.0), "it is valid already");
    true
}

/// What a reader that is known and lenient makes of the same text.
pub(crate) fn agreed(text: &[u8], ours: &Map<String, Value>) -> Map<String, Value> {
    let theirs: Option<Map<String, Value>> = serde_json::from_slice(text).ok();
    assert_eq!(theirs.as_ref(), Some(ours), "two readers agree on what we accept");
    theirs.unwrap_or_default()
}

pub(crate) fn jws_seeds() -> Vec<Vec<u8>> {
    let issuer = FakeIssuer::new(ISSUER, KEY);
    let other = issuer.token(NOW, "x").forged_with(TestKey::numbered(KEY.wrapping_add(1)));
    let short = "eyJhbGciOiJFUzI1NiJ9.e30.AA".to_owned();
    vec![world().token.clone(), short, other.build()].into_iter().map(String::into_bytes).collect()
}

pub(crate) fn header_seeds() -> Vec<Vec<u8>> {
    [
        r#"{"alg":"RS256","typ":"JWT","kid":"k"}"#,
        r#"{ "typ" : "jwt" , "alg":"ES256", "x5t":"AA", "x": [1, {"y": null}] }"#,
        r#"{"alg":"none"}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

pub(crate) fn claims_seeds() -> Vec<Vec<u8>> {
    let token = FakeIssuer::new(ISSUER, KEY).token(NOW, "id");
    let claims = token.claims().clone();
    let listed = token.claim("aud", vec![OUR_ISSUER]).claim("nbf", 1_800_000_010).claim("x", 1.5);
    [claims, listed.claims().clone()]
        .map(|claims| Value::Object(claims).to_string().into_bytes())
        .into()
}
