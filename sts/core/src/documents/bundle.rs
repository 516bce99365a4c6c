//! `kind: TrustBundle`.

mod claims;
mod location;

use super::lint::claims_where;
use super::{Document, Loader, characters};
use crate::limits::SUBJECT_TOKEN_LIFETIME_DEFAULT;
use crate::trust::{
    IdClaim, KeySetSource, Pin, PinValue, Profile, ReplayMode, SpecType, TrustBundle,
};
use std::sync::Arc;
use sts_jose::Algorithm;
use sts_wire::diagnostic::meant;
use sts_wire::names::{Audience, Issuer, Name};
use sts_wire::spiffe::SpiffeId;
use sts_wire::time::Seconds;
use sts_wire::yaml::{Kind, Lower, Node};

/// Host suffix of issuers that serve everyone: without an allow-list of
/// tenants, a token of anyone in the world would be looked at further.
const SHARED_ISSUERS: [&str; 3] = [
    "https://token.actions.githubusercontent.com",
    "https://gitlab.com",
    "https://accounts.google.com",
];

impl Loader<'_> {
    pub(super) fn add_bundle(&mut self, document: &Document<'_>) {
        let Some(bundle) = self.read_bundle(document) else {
            return;
        };
        let lower = document.lower(&self.problems);
        if self.bundles.contains_key(bundle.name.as_str()) {
            lower.fault(
                document.place(),
                format!("there is another trust bundle named {}", bundle.name),
            );
            return;
        }
        let clash = self.bundles.values().find(|other| {
            other.issuer == bundle.issuer
                && other.audiences.iter().any(|own| bundle.audiences.contains(own))
        });
        if let Some(other) = clash {
            let message =
                format!("the trust bundle {} has the same issuer and audience", other.name);
            lower.fault_with_help(
                document.place(),
                message,
                "one token must belong to one bundle: tell them apart by audiences",
            );
        }
        self.bundles.insert(bundle.name.as_str().to_owned(), Arc::new(bundle));
    }

    fn read_bundle(&self, document: &Document<'_>) -> Option<TrustBundle> {
        let lower = document.lower(&self.problems);
        let mut fields = lower.fields(&document.node, "a TrustBundle")?;
        for head in ["apiVersion", "kind", "metadata"] {
            fields.optional(head);
        }
        let issuer_node = fields.required("issuer");
        let issuer = issuer_node.and_then(|node| lower.parsed(node, "issuer", Issuer::new));
        let audiences = fields.list("audiences");
        let folder = document.file.relative.rsplit_once('/').map_or("", |(folder, _)| folder);
        let keys = fields.required("keys").and_then(|node| location::read(lower, node, folder));
        let algorithms = fields.required("algorithms").map(|node| algorithms(lower, node));
        let profile =
            fields.optional("profile").map_or(Some(Profile::Generic), |node| profile(lower, node));
        let admit = fields.optional("admit");
        let subject_token = fields.optional("subject_token").map(|node| subject_token(lower, node));
        let claims = fields.required("claims").and_then(|node| claims::read(lower, node));
        fields.finish();
        let issuer = issuer?;
        if issuer.is_plain_http() && !(self.target.development && issuer.is_loopback()) {
            let place = issuer_node.map_or(document.place(), |node| node.place);
            let help = "use https; http is for development: true only, and for loopback hosts";
            lower.fault_with_help(place, "the issuer is plain http", help);
        }
        let admits_all =
            admit.is_none_or(|node| matches!(&node.kind, Kind::Map(rules) if rules.is_empty()));
        if admits_all && SHARED_ISSUERS.contains(&issuer.as_str()) {
            let help =
                "add admit: {repository_owner_id: [\"…\"]}, or the tenant claim of this platform";
            lower.fault_with_help(
                document.place(),
                "this issuer serves the world, so admit is required",
                help,
            );
        }
        let subject_token = subject_token.unwrap_or_default();
        let claims = claims?;
        let mut bundle = TrustBundle {
            name: document.head.name.clone(),
            audiences: self.audiences_of(lower, audiences),
            keys: keys?,
            algorithms: algorithms?,
            profile: profile?,
            admit: Vec::new(),
            max_lifetime: subject_token.max_lifetime,
            replay: subject_token.replay,
            id_claim: subject_token.id_claim,
            claims,
            expires: document.head.expires,
            care: document.head.care.clone(),
            issuer,
        };
        check_profile(lower, document, &bundle);
        check_spiffe(lower, document, &bundle);
        bundle.admit = admit.map(|node| admission(lower, node, &bundle)).unwrap_or_default();
        Some(bundle)
    }

    fn audiences_of(&self, lower: Lower<'_>, nodes: &[Node]) -> Vec<Audience> {
        if nodes.is_empty() {
            return Audience::new(self.target.issuer.as_str()).into_iter().collect();
        }
        nodes.iter().filter_map(|node| lower.parsed(node, "an audience", Audience::new)).collect()
    }
}

fn algorithms(lower: Lower<'_>, node: &Node) -> Vec<Algorithm> {
    let items = lower.list(node, "algorithms").unwrap_or_default();
    if items.is_empty() {
        lower.fault(node.place, "algorithms lists at least one, such as RS256");
    }
    let read = |item: &Node| {
        let text = item.scalar().unwrap_or_default();
        let found = Algorithm::from_name(text);
        if found.is_none() {
            let known = Algorithm::ALL.map(Algorithm::name).join(", ");
            lower.fault_with_help(
                item.place,
                format!("the algorithm {text} is not served"),
                format!("served are {known}"),
            );
        }
        found
    };
    let mut found: Vec<Algorithm> = Vec::new();
    for (item, algorithm) in items.iter().filter_map(|item| Some((item, read(item)?))) {
        if found.contains(&algorithm) {
            lower.fault(item.place, format!("{algorithm} is listed twice"));
        } else {
            found.push(algorithm);
        }
    }
    found
}

fn profile(lower: Lower<'_>, node: &Node) -> Option<Profile> {
    match lower.string(node, "profile")? {
        "generic" => Some(Profile::Generic),
        "github-actions" => Some(Profile::GithubActions),
        other => {
            lower.fault_with_help(
                node.place,
                format!("there is no profile {other}"),
                "profiles are generic and github-actions",
            );
            None
        }
    }
}

struct SubjectToken {
    max_lifetime: Seconds,
    replay: ReplayMode,
    id_claim: IdClaim,
}

impl Default for SubjectToken {
    fn default() -> Self {
        Self {
            max_lifetime: SUBJECT_TOKEN_LIFETIME_DEFAULT,
            replay: ReplayMode::Reusable,
            id_claim: IdClaim::Jti,
        }
    }
}

fn subject_token(lower: Lower<'_>, node: &Node) -> SubjectToken {
    let mut read = SubjectToken::default();
    let Some(mut fields) = lower.fields(node, "subject_token") else {
        return read;
    };
    if let Some(lifetime) = fields.duration("max_lifetime") {
        read.max_lifetime = lifetime;
    }
    if let Some(mode) = fields.optional("replay").and_then(|node| replay_mode(lower, node)) {
        read.replay = mode;
    }
    if let Some(node) = fields.optional("id_claim") {
        match node.scalar() {
            Some("jti") => read.id_claim = IdClaim::Jti,
            Some("signing_input") => read.id_claim = IdClaim::SigningInput,
            _ => lower.fault(node.place, "id_claim is jti or signing_input"),
        }
    }
    fields.finish();
    read
}

pub(super) fn replay_mode(lower: Lower<'_>, node: &Node) -> Option<ReplayMode> {
    match node.scalar() {
        Some("single_use") => Some(ReplayMode::SingleUse),
        Some("once_per_audience") => Some(ReplayMode::OncePerAudience),
        Some("reusable") => Some(ReplayMode::Reusable),
        _ => {
            lower.fault(node.place, "replay is single_use, once_per_audience or reusable");
            None
        }
    }
}

/// Every token of GitHub Actions has a `jti`, so nothing else needs to tell them apart.
fn check_profile(lower: Lower<'_>, document: &Document<'_>, bundle: &TrustBundle) {
    if bundle.profile != Profile::GithubActions {
        return;
    }
    if bundle.id_claim != IdClaim::Jti {
        lower.fault(document.place(), "tokens of the profile github-actions are identified by jti");
    }
}

/// JWT-SVID §2.1 knows no EdDSA, and a trust domain has no discovery document.
fn check_spiffe(lower: Lower<'_>, document: &Document<'_>, bundle: &TrustBundle) {
    if !bundle.issuer.as_str().starts_with("spiffe:") {
        return;
    }
    let place = |key: &str| document.node.get(key).map_or(document.place(), |node| node.place);
    if SpiffeId::parse(bundle.issuer.as_str()).is_none_or(|id| !id.path().is_empty()) {
        lower.fault(place("issuer"), "the issuer of a SPIFFE bundle is spiffe://trust-domain");
    }
    if bundle.keys.source == KeySetSource::Discovery {
        let help =
            "write keys: {jwks_uri: …} with its bundle endpoint, or keys: {file: bundle.json}";
        lower.fault_with_help(place("keys"), "a trust domain has no discovery document", help);
    }
    if bundle.algorithms.contains(&Algorithm::EdDsa) {
        lower.fault(place("algorithms"), "an SVID is signed with RSA or ECDSA");
    }
}

fn admission(lower: Lower<'_>, node: &Node, bundle: &TrustBundle) -> Vec<Pin<Vec<PinValue>>> {
    let Kind::Map(entries) = &node.kind else {
        lower.fault(node.place, "admit is a map from claims to lists of values");
        return Vec::new();
    };
    let mut rules = Vec::new();
    for (key, values) in entries {
        let path = path_of(key);
        let items = lower.list(values, "the values of a claim").unwrap_or_default();
        if items.is_empty() {
            lower.fault(values.place, "a claim of admit lists at least one value");
        }
        let values = items.iter().filter_map(|item| pin_value(lower, key, item, bundle)).collect();
        rules.push(Pin { path, value: values });
    }
    rules
}

/// `k8s.namespace` as its segments.
pub(super) fn path_of(key: &Node) -> Vec<String> {
    key.scalar().unwrap_or_default().split('.').map(str::to_owned).collect()
}

/// A value for a claim, in the claim's own type.
pub(super) fn pin_value(
    lower: Lower<'_>,
    key: &Node,
    value: &Node,
    bundle: &TrustBundle,
) -> Option<PinValue> {
    let name = key.scalar().unwrap_or_default();
    let Some(spec) = bundle.claim(&path_of(key)) else {
        let message = format!("the trust bundle {} declares no claim {name}", bundle.name);
        let known = claims_where(bundle, |spec, _| !matches!(spec.claim_type, SpecType::Object(_)));
        let known: Vec<String> = known.into_iter().map(|(path, _)| path).collect();
        let inside = known.iter().find(|path| path.rsplit('.').next() == Some(name));
        let help = match inside {
            Some(path) => format!("did you mean {path}?"),
            None => meant(name, "it declares", known.iter().map(String::as_str)),
        };
        lower.fault_with_help(key.place, message, help);
        return None;
    };
    match &spec.claim_type {
        SpecType::String(values) => {
            let text = lower.string(value, name)?;
            characters::plain(lower, value, text);
            if values.as_ref().is_some_and(|values| !values.iter().any(|known| known == text)) {
                lower.fault(
                    value.place,
                    format!(
                        "{text} is not among the values that the trust bundle lists for {name}"
                    ),
                );
            }
            Some(PinValue::String(text.to_owned()))
        }
        SpecType::Bool => lower.boolean(value, name).map(PinValue::Bool),
        SpecType::Int => lower
            .number(value, name)
            .and_then(|number| i64::try_from(number).ok())
            .map(PinValue::Int),
        SpecType::List(..) | SpecType::Object(_) => {
            lower.fault(
                key.place,
                format!(
                    "{name} is a {}: only strings, booleans and integers are compared here",
                    name_of(&spec.claim_type)
                ),
            );
            None
        }
    }
}

const fn name_of(claim_type: &SpecType) -> &'static str {
    match claim_type {
        SpecType::String(_) => "string",
        SpecType::Bool => "boolean",
        SpecType::Int => "integer",
        SpecType::List(..) => "list",
        SpecType::Object(_) => "object",
    }
}

/// Reads the name that a document refers to another by.
pub(super) fn reference(lower: Lower<'_>, node: &Node, what: &str) -> Option<Name> {
    lower.parsed(node, what, Name::new)
}
