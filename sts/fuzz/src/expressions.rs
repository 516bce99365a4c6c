//! Expressions: whatever is written, and whatever a token says.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use sts_expr::limits::STEPS_MAX;
use sts_expr::{Claim, ClaimType, Compiled, Engine, Inputs, Schema, Use, codes, on_large_stack};
use sts_wire::json;

static SCHEMA: LazyLock<Schema> = LazyLock::new(schema);
const USES: [Use; 4] = [Use::Condition, Use::Denial, Use::Subject, Use::MintedClaim];

/// A claim of each type, some of which may be absent.
fn schema() -> Schema {
    let claim = |claim_type, present| Claim { claim_type, present, sensitive: false };
    let list = |item| ClaimType::List(Box::new(item), 8);
    let events = ["push", "release"].map(str::to_owned).to_vec();
    let inner = BTreeMap::from([("name".to_owned(), claim(ClaimType::STRING, false))]);
    let claims = [
        ("ref", claim(ClaimType::STRING, true)),
        ("environment", claim(ClaimType::STRING, false)),
        ("event_name", claim(ClaimType::String { values: Some(events) }, true)),
        ("attempt", claim(ClaimType::Int, true)),
        ("flag", claim(ClaimType::Bool, true)),
        ("groups", claim(list(ClaimType::STRING), true)),
        ("ports", claim(list(ClaimType::Int), false)),
        ("k8s", claim(ClaimType::Object(inner), true)),
        ("email", Claim { sensitive: true, ..claim(ClaimType::STRING, true) }),
    ];
    Schema { claims: claims.into_iter().map(|(name, claim)| (name.to_owned(), claim)).collect() }
}

/// An expression compiles, or each fault has a code and a place inside the text;
/// what compiles is bounded, and is evaluated without a claim as well.
pub(crate) fn compile(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let engine = Engine::default();
    let compiled = USES.map(|usage| compiled(&engine, text, usage));
    let empty = Map::new();
    let inputs = Inputs::new(&engine, &empty);
    for compiled in compiled.iter().flatten() {
        assert!(compiled.steps() <= STEPS_MAX, "the bound holds");
        assert_eq!(compiled.source(), text);
        drop((compiled.holds(&inputs), compiled.value(&inputs)));
    }
    compiled.iter().any(Option::is_some)
}

fn compiled(engine: &Engine, text: &str, usage: Use) -> Option<Compiled> {
    let faults = match on_large_stack(|| engine.compile(text, usage, &SCHEMA)) {
        Ok(compiled) => return Some(compiled),
        Err(faults) => faults,
    };
    assert!(!faults.is_empty(), "a refusal says why");
    let length = text.chars().count();
    for fault in faults {
        assert!(codes::ALL.contains(&fault.code), "{fault:?}");
        assert!(fault.offset <= length, "{fault:?} of {length} characters");
        assert!(!fault.message.is_empty() && !fault.message.contains("Syntax error"), "{fault:?}");
    }
    None
}

/// The first line is a condition, the rest are claims. With claims of the types
/// that were declared, no evaluation goes wrong for its types, and none twice differently.
pub(crate) fn evaluate(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let Some((condition, claims)) = text.split_once('\n') else { return false };
    let Ok(claims) = json::parse_object(claims.as_bytes()) else { return false };
    // One that lives on would keep what every input said.
    let engine = Engine::default();
    let Some(compiled) = compiled(&engine, condition, Use::Condition) else { return false };
    let inputs = Inputs::new(&engine, &claims);
    let result = compiled.holds(&inputs);
    assert_eq!(result, compiled.holds(&inputs), "the same claims have the same answer");
    if fits(&SCHEMA.claims, &claims) {
        let odd = result.err().filter(|error| error.to_string() != "value");
        assert_eq!(odd, None, "{condition} on claims that fit");
    }
    result.is_ok()
}

/// Whether the claims are of the types that are declared, as every verified token's are.
fn fits(declared: &BTreeMap<String, Claim>, claims: &Map<String, Value>) -> bool {
    declared.iter().all(|(name, claim)| match claims.get(name) {
        None => !claim.present,
        Some(value) => is_of(&claim.claim_type, value),
    })
}

fn is_of(claim_type: &ClaimType, value: &Value) -> bool {
    match (claim_type, value) {
        (ClaimType::String { values }, Value::String(text)) => {
            values.as_ref().is_none_or(|values| values.contains(text))
        }
        (ClaimType::Bool, Value::Bool(_)) => true,
        (ClaimType::Int, Value::Number(number)) => number.is_i64(),
        (ClaimType::List(item, max), Value::Array(items)) => {
            let few = u64::try_from(items.len()).is_ok_and(|length| length <= *max);
            few && items.iter().all(|value| is_of(item, value))
        }
        (ClaimType::Object(members), Value::Object(object)) => fits(members, object),
        _ => false,
    }
}

const CONDITIONS: [&str; 10] = [
    "assertion.ref == 'refs/heads/main' && assertion.event_name in ['push', 'release']",
    "has(assertion.environment) ? assertion.environment != 'x' : assertion.flag",
    "assertion.groups.exists(g, g == 'a' || g.startsWith('b/')) && !('c' in assertion.groups)",
    "has(assertion.ports) && assertion.ports.all(p, p > 1 && p <= 443)",
    "assertion.ref.fullMatch('refs/tags/v[0-9]+') || assertion.ref.glob('refs/heads/*')",
    "has(assertion.k8s.name) && size(assertion.k8s.name) < 9 && assertion.email == 'a@b.example'",
    "spiffe.path(assertion.ref) == '/a' || spiffe.trustDomain(assertion.ref) == 'a.example'",
    "arn.account(assertion.ref) == '1' || gh.workflow(assertion.ref).repo.endsWith('/b')",
    "cidr.contains('10.0.0.0/8', assertion.ref) == assertion.flag",
    "subject('gha', assertion.ref) == 'gha:x' && assertion.attempt in [1, 2]",
];

pub(crate) fn compile_seeds() -> Vec<Vec<u8>> {
    let grants = ["subject('gha', assertion.ref)", "assertion.groups", "1"];
    CONDITIONS.iter().chain(&grants).map(|text| text.as_bytes().to_vec()).collect()
}

pub(crate) fn evaluate_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "refs/heads/main",
        "x",
        "a/b",
        "y",
        "refs/tags/v1",
        "z",
        "spiffe://a.example/a",
        "arn:aws:iam::1:role/x",
        "10.0.0.1",
        "x",
    ];
    let both = CONDITIONS.iter().zip(texts);
    let seed = |(condition, text): (&&str, &str)| {
        let claims = json!({
            "ref": text, "event_name": "push", "attempt": 1, "flag": true, "email": "a@b.example",
            "groups": ["a", "b/c"], "ports": [80], "k8s": {"name": "n"}, "environment": "e",
        });
        format!("{condition}\n{claims}").into_bytes()
    };
    both.map(seed).collect()
}
