//! What a token of an issuer says about the claims of its bundle.

use crate::cli::quoting::quoted;
use serde_json::{Map, Value};
use sts_wire::jws::UnverifiedToken;
use sts_wire::time::Seconds;

/// Claims that are always read, so that a bundle need not name them.
const ALWAYS_READ: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// Lifetimes that a bundle may be given, in seconds: the next one above what was seen.
const LIFETIMES: [u64; 7] = [300, 900, 1800, 3600, 3 * 3600, 12 * 3600, 25 * 3600];

/// Lifetime when no token was seen.
const LIFETIME_UNSEEN: u64 = 3600;

/// Deepest object whose members are written down: deeper ones are not typed.
const DEPTH_MAX: usize = 4;

/// The claims of one token; it is not believed, only looked at.
pub(super) struct Sample(Map<String, Value>);

impl Sample {
    /// Reads a token.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub(super) fn read(token: &str) -> Result<Self, String> {
        let (_, claims) = UnverifiedToken::peek(token.trim_end())
            .map_err(|fault| format!("--token-sample holds no token: {fault}"))?;
        Ok(Self(claims))
    }

    /// Its issuer.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.0.get("iss").and_then(Value::as_str)
    }

    /// How long its tokens live and how often each may be used.
    pub(super) fn subject_token(&self) -> String {
        let time = |name| self.0.get(name).and_then(Value::as_u64);
        let life = time("exp").zip(time("iat")).map(|(exp, iat)| exp.saturating_sub(iat));
        let id =
            if self.0.get("jti").is_some_and(Value::is_string) { "jti" } else { "signing_input" };
        usage(life.unwrap_or(LIFETIME_UNSEEN), id)
    }

    /// The same when no token was seen: the hash of what was signed is always there.
    pub(super) fn unknown_use() -> String {
        usage(LIFETIME_UNSEEN, "signing_input")
    }

    /// Its claims with their types.
    pub(super) fn claims(&self) -> String {
        let lines = members(&self.0, 1);
        if lines.is_empty() { Self::unknown_claims() } else { format!("claims:\n{lines}") }
    }

    /// The one claim that OIDC requires.
    pub(super) fn unknown_claims() -> String {
        "claims:\n  sub: {type: string, required: true}\n".to_owned()
    }
}

fn usage(life: u64, id: &str) -> String {
    let fits = LIFETIMES.into_iter().find(|lifetime| *lifetime >= life);
    let lifetime = Seconds::new(fits.unwrap_or(life));
    format!(
        "subject_token: {{max_lifetime: {lifetime}, replay: once_per_audience, id_claim: {id}}}"
    )
}

fn members(claims: &Map<String, Value>, depth: usize) -> String {
    let named =
        claims.iter().filter(|(name, _)| depth > 1 || !ALWAYS_READ.contains(&name.as_str()));
    named.map(|(name, value)| member(name, value, depth)).collect()
}

fn member(name: &str, value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let (key, alias) = key(name);
    let sensitive = if name.contains("email") { ", sensitive: true" } else { "" };
    let required = if name == "sub" { ", required: true" } else { "" };
    let plain = |claim_type: &str| {
        format!("{indent}{key}: {{{alias}type: {claim_type}{required}{sensitive}}}\n")
    };
    match value {
        Value::String(_) => plain("string"),
        Value::Bool(_) => plain("bool"),
        Value::Number(number) if number.is_i64() => plain("int"),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            plain("list, items: string, max: 64")
        }
        Value::Object(inner) if depth < DEPTH_MAX && !inner.is_empty() => {
            let alias = alias.trim_end_matches(", ");
            let alias =
                if alias.is_empty() { String::new() } else { format!("{indent}  {alias}\n") };
            let inner = members(inner, depth.saturating_add(2));
            format!("{indent}{key}:\n{alias}{indent}  type: object\n{indent}  claims:\n{inner}")
        }
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            format!("{indent}# {}: its value has no type that a policy can read\n", quoted(name))
        }
    }
}

/// The name in the token, and the plain one for expressions where it needs one.
fn key(name: &str) -> (String, String) {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let plain = name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit());
    if plain {
        return (name.to_owned(), String::new());
    }
    let text: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    (quoted(name), format!("as: claim_{text}, "))
}
