//! Trust bundles: whose tokens we accept, how their keys are found, what their claims mean.

use ipnet::IpNet;
use std::collections::BTreeMap;
use std::sync::Arc;
use sts_expr::{Claim, ClaimType, Schema};
use sts_jose::{Algorithm, KeyUse};
use sts_wire::names::{Audience, Issuer, Name};
use sts_wire::spiffe::SpiffeId;
use sts_wire::time::{Seconds, Timestamp};

/// One issuer that we accept.
#[derive(Debug, PartialEq, Eq)]
pub struct TrustBundle {
    /// Name of the document.
    pub name: Name,
    /// `iss` of its tokens, exactly.
    pub issuer: Issuer,
    /// `aud` that its tokens must have, exactly one of these.
    pub audiences: Vec<Audience>,
    /// How its keys are found.
    pub keys: KeyLocation,
    /// Algorithms that its keys may sign with.
    pub algorithms: Vec<Algorithm>,
    /// Shape rules that need code.
    pub profile: Profile,
    /// Tenants that are let in: each claim must have one of its values; empty means all.
    pub admit: Vec<Pin<Vec<PinValue>>>,
    /// Longest life of a subject token, `exp` - `iat`.
    pub max_lifetime: Seconds,
    /// How often one token may be exchanged.
    pub replay: ReplayMode,
    /// What identifies a token.
    pub id_claim: IdClaim,
    /// Claims by their name in expressions; what is not here is invisible.
    pub claims: BTreeMap<String, ClaimSpec>,
    /// When the document ends.
    pub expires: Option<Timestamp>,
    /// Who looks after it.
    pub care: Care,
}

/// Who looks after a document: it decides nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Care {
    /// Who is asked about it.
    pub owner: String,
    /// When it is looked at again.
    pub review_by: Option<Timestamp>,
}

/// Which shape rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// None beyond the claims' types.
    Generic,
    /// GitHub Actions: a `jti` is always there.
    GithubActions,
}

/// Where an issuer's key set is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLocation {
    /// Discovery, a fixed URL, or a file.
    pub source: KeySetSource,
    /// Hosts beside the issuer's own that may serve the key set.
    pub hosts: Vec<String>,
    /// Certificates that the issuer's host is verified with, instead of the public ones.
    pub ca_file: Option<String>,
    /// How long a key set is used when it cannot be refreshed.
    pub max_stale: Seconds,
    /// Private networks whose addresses may be connected to.
    pub network: Vec<IpNet>,
    /// Bearer token for the key set's host only, read anew for each fetch.
    pub token_file: Option<String>,
}

/// How a key set is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySetSource {
    /// Through the issuer's discovery document.
    Discovery,
    /// At this URL.
    Url(String),
    /// In this file, relative to the folder of trust bundles.
    File(String),
}

/// How often one token may be exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReplayMode {
    /// Any number of times until it expires.
    Reusable,
    /// Once for each audience: one job token serves several targets.
    OncePerAudience,
    /// Once.
    SingleUse,
}

/// What identifies a token for replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdClaim {
    /// Its `jti`.
    Jti,
    /// The hash of what was signed, where the platform gives no id.
    SigningInput,
}

/// A claim as the bundle declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimSpec {
    /// Its name in the token.
    pub wire_name: String,
    /// Its type.
    pub claim_type: SpecType,
    /// Whether a token without it is refused.
    pub required: bool,
    /// Who chooses its value.
    pub trust: Trust,
    /// Whether it says who the caller is, for good.
    pub identity: bool,
    /// Whether it says who started the workload, rather than which one it is.
    pub actor: bool,
    /// Values that outsiders can bring about.
    pub outside: Vec<String>,
    /// Whether the ledger keeps only a keyed hash of it.
    pub sensitive: bool,
}

/// The type of a declared claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecType {
    /// Text, of these values only when they are listed.
    String(Option<Vec<String>>),
    /// A boolean.
    Bool,
    /// A 64-bit integer.
    Int,
    /// A list of at most so many items.
    List(Box<SpecType>, u64),
    /// Named members.
    Object(BTreeMap<String, ClaimSpec>),
}

/// Who chooses the value of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The platform: nobody else can.
    Platform,
    /// Whoever can write to the repository or project.
    Writer,
    /// The workload itself.
    Caller,
}

/// A claim's path, as `["k8s", "namespace"]`, and what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin<T> {
    /// The path in expressions.
    pub path: Vec<String>,
    /// The value, or values.
    pub value: T,
}

impl Pin<PinValue> {
    /// Whether the claim is there and has the value.
    #[must_use]
    pub fn matches(&self, claims: &Claims) -> bool {
        claim_at(claims, &self.path).is_some_and(|claim| self.value.equals(claim))
    }

    /// Whether the claim is there and has another value.
    #[must_use]
    pub fn contradicts(&self, claims: &Claims) -> bool {
        claim_at(claims, &self.path).is_some_and(|claim| !self.value.equals(claim))
    }
}

impl Pin<Vec<PinValue>> {
    /// Whether the claim is there and has one of the values.
    #[must_use]
    pub fn admits(&self, claims: &Claims) -> bool {
        let claim = claim_at(claims, &self.path);
        claim.is_some_and(|claim| self.value.iter().any(|value| value.equals(claim)))
    }
}

/// A value that a claim is compared with: same type, same value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PinValue {
    /// Text.
    String(String),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
}

impl PinValue {
    /// From a typed claim; lists and objects are no pins.
    #[must_use]
    pub fn from_claim(value: &serde_json::Value) -> Option<Self> {
        match value {
            serde_json::Value::String(text) => Some(Self::String(text.clone())),
            serde_json::Value::Bool(flag) => Some(Self::Bool(*flag)),
            serde_json::Value::Number(number) => number.as_i64().map(Self::Int),
            serde_json::Value::Null
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => None,
        }
    }

    /// As it is in a token.
    #[must_use]
    pub fn to_claim(&self) -> serde_json::Value {
        match self {
            Self::String(text) => serde_json::Value::from(text.as_str()),
            Self::Bool(flag) => serde_json::Value::from(*flag),
            Self::Int(number) => serde_json::Value::from(*number),
        }
    }

    /// Whether a typed claim is this value.
    #[must_use]
    pub fn equals(&self, claim: &serde_json::Value) -> bool {
        match self {
            Self::String(text) => claim.as_str() == Some(text),
            Self::Bool(flag) => claim.as_bool() == Some(*flag),
            Self::Int(number) => claim.as_i64() == Some(*number),
        }
    }
}

impl TrustBundle {
    /// The trust domain, when this is a SPIFFE bundle: `issuer: spiffe://trust-domain`.
    #[must_use]
    pub fn trust_domain(&self) -> Option<&str> {
        SpiffeId::parse(self.issuer.as_str()).map(|id| id.trust_domain())
    }

    /// What the keys of its set must say they are for.
    #[must_use]
    pub fn key_use(&self) -> KeyUse {
        if self.trust_domain().is_some() { KeyUse::JwtSvid } else { KeyUse::Signature }
    }

    /// What expressions may read.
    #[must_use]
    pub fn schema(&self) -> Schema {
        Schema { claims: members(&self.claims) }
    }

    /// The declared claim at a path.
    #[must_use]
    pub fn claim(&self, path: &[String]) -> Option<&ClaimSpec> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.claims.get(first)?, |claim, name| match &claim.claim_type {
            SpecType::Object(members) => members.get(name),
            SpecType::String(_) | SpecType::Bool | SpecType::Int | SpecType::List(..) => None,
        })
    }

    /// Whether it differs from another by who looks after it at most.
    #[must_use]
    pub fn decides_as(&self, other: &Self) -> bool {
        // Without `..`, so that nothing that decides is forgotten.
        let Self {
            name,
            issuer,
            audiences,
            keys,
            algorithms,
            profile,
            admit,
            max_lifetime,
            replay,
            id_claim,
            claims,
            expires,
            care: _,
        } = self;
        (name, issuer, audiences) == (&other.name, &other.issuer, &other.audiences)
            && (keys, algorithms) == (&other.keys, &other.algorithms)
            && (profile, id_claim) == (&other.profile, &other.id_claim)
            && (admit, claims) == (&other.admit, &other.claims)
            && (max_lifetime, replay, expires)
                == (&other.max_lifetime, &other.replay, &other.expires)
    }

    /// Whether the document has ended.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }
}

fn members(claims: &BTreeMap<String, ClaimSpec>) -> BTreeMap<String, Claim> {
    let claim = |spec: &ClaimSpec| Claim {
        claim_type: schema_type(&spec.claim_type),
        present: spec.required,
        sensitive: spec.sensitive,
    };
    claims.iter().map(|(name, spec)| (name.clone(), claim(spec))).collect()
}

fn schema_type(spec: &SpecType) -> ClaimType {
    match spec {
        SpecType::String(values) => ClaimType::String { values: values.clone() },
        SpecType::Bool => ClaimType::Bool,
        SpecType::Int => ClaimType::Int,
        SpecType::List(item, max) => ClaimType::List(Box::new(schema_type(item)), *max),
        SpecType::Object(inner) => ClaimType::Object(members(inner)),
    }
}

/// Typed claims, by their names in expressions.
pub type Claims = serde_json::Map<String, serde_json::Value>;

/// The value at a path of typed claims.
#[must_use]
pub fn claim_at<'a>(claims: &'a Claims, path: &[String]) -> Option<&'a serde_json::Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(claims.get(first)?, |value, name| value.get(name))
}

/// Sets the claim at a path; nothing where a claim on the way is no object.
pub fn set_claim(claims: &mut Claims, path: &[String], value: serde_json::Value) {
    match path {
        [] => {}
        [name] => drop(claims.insert(name.clone(), value)),
        [name, rest @ ..] => {
            let inner = claims.entry(name.clone()).or_insert_with(|| Claims::new().into());
            if let serde_json::Value::Object(inner) = inner {
                set_claim(inner, rest, value);
            }
        }
    }
}

/// All bundles, found by exact issuer before any network is touched.
#[derive(Debug, Default)]
pub struct TrustBundleSet {
    by_issuer: BTreeMap<String, Vec<Arc<TrustBundle>>>,
}

impl TrustBundleSet {
    /// Collects bundles whose (issuer, audience) pairs are known to be unique.
    #[must_use]
    pub fn new(bundles: Vec<Arc<TrustBundle>>) -> Self {
        let mut by_issuer: BTreeMap<String, Vec<Arc<TrustBundle>>> = BTreeMap::new();
        for bundle in bundles {
            by_issuer.entry(bundle.issuer.as_str().to_owned()).or_default().push(bundle);
        }
        Self { by_issuer }
    }

    /// The bundle of this issuer that has this audience, both byte by byte.
    #[must_use]
    pub fn find(&self, issuer: &str, audience: &str) -> Option<&Arc<TrustBundle>> {
        let bundles = self.by_issuer.get(issuer)?;
        bundles.iter().find(|bundle| bundle.audiences.iter().any(|own| own.as_str() == audience))
    }

    /// Whether any bundle has this issuer.
    #[must_use]
    pub fn knows(&self, issuer: &str) -> bool {
        self.by_issuer.contains_key(issuer)
    }

    /// Every bundle.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<TrustBundle>> {
        self.by_issuer.values().flatten()
    }
}
