//! Which claims a drafted policy pins, and which it compares: chosen by the marks that the
//! trust bundle gives them, so that no platform is known by its name.

use crate::output::{Failure, clean};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use sts_core::trust::{ClaimSpec, SpecType, Trust, TrustBundle};

/// A claim that is there, not itself an object.
#[derive(Debug, Clone)]
pub(super) struct Leaf<'a> {
    /// Its path in expressions.
    pub(super) path: Vec<String>,
    pub(super) spec: &'a ClaimSpec,
    pub(super) value: &'a Value,
    /// Those of its path that may be absent, as paths.
    pub(super) optional: Vec<String>,
}

impl Leaf<'_> {
    /// As `k8s.namespace`.
    pub(super) fn dotted(&self) -> String {
        self.path.join(".")
    }

    /// The values that the bundle lists for it.
    pub(super) fn listed(&self) -> Option<&[String]> {
        match &self.spec.claim_type {
            SpecType::String(values) => values.as_deref(),
            SpecType::Bool | SpecType::Int | SpecType::List(..) | SpecType::Object(_) => None,
        }
    }

    /// Whether it is one value, which may be an empty text.
    const fn is_single(&self) -> bool {
        matches!(self.value, Value::String(_) | Value::Bool(_) | Value::Number(_))
    }

    /// Whether the platform gave it an empty text: it says nothing of the caller, and another text would.
    pub(super) fn is_empty(&self) -> bool {
        self.value.as_str().is_some_and(str::is_empty)
    }

    /// Whether it has one value, and the platform gave it one.
    fn comparable(&self) -> bool {
        self.is_single() && !self.is_empty()
    }

    fn last(&self) -> &str {
        self.path.last().map(String::as_str).unwrap_or_default()
    }

    /// The path of the object that it lies in.
    fn above(&self) -> &[String] {
        self.path.split_last().map_or(&[], |(_, above)| above)
    }

    /// What a job deploys to: whoever can write to the project chooses it, and platforms guard it.
    fn is_environment(&self) -> bool {
        let named = self.last().to_ascii_lowercase().contains("environment");
        named && self.listed().is_none() && self.value.is_string()
    }

    /// Made anew for each run, or the moving name of what another claim holds.
    fn is_passing(&self) -> bool {
        let Some(text) = self.value.as_str() else { return false };
        let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let commit = matches!(text.len(), 40 | 64) && hex;
        commit || text.contains("@refs/") || self.last() == "email"
    }
}

/// What is made of the claims.
pub(super) struct Chosen<'a> {
    pub(super) pins: Vec<Leaf<'a>>,
    pub(super) conditions: Vec<Leaf<'a>>,
    /// Claims that say who somebody is, and are not held to.
    pub(super) left: Vec<String>,
}

/// Every claim that is there.
pub(super) fn leaves<'a>(bundle: &'a TrustBundle, claims: &'a Map<String, Value>) -> Vec<Leaf<'a>> {
    let mut found = Vec::new();
    collect(&bundle.claims, claims, (&[], &[]), &mut found);
    found
}

fn collect<'a>(
    specs: &'a BTreeMap<String, ClaimSpec>,
    claims: &'a Map<String, Value>,
    (above, absent): (&[String], &[String]),
    into: &mut Vec<Leaf<'a>>,
) {
    for (name, spec) in specs {
        let Some(value) = claims.get(name) else { continue };
        let path = [above, std::slice::from_ref(name)].concat();
        let mut optional = absent.to_vec();
        if !spec.required {
            optional.push(path.join("."));
        }
        match (&spec.claim_type, value) {
            (SpecType::Object(specs), Value::Object(claims)) => {
                collect(specs, claims, (&path, &optional), into);
            }
            _ => into.push(Leaf { path, spec, value, optional }),
        }
    }
}

/// Pins are the claims that every token has and that say who the caller is, what it deploys to,
/// and what was asked for. Who started something is not the caller; an identity that only some tokens have is
/// often that of one run.
///
/// # Errors
/// Nothing says who the caller is, or what was asked for is not there.
pub(super) fn choose<'a>(
    bundle: &TrustBundle,
    leaves: &[Leaf<'a>],
    asked: &[String],
) -> Result<Chosen<'a>, Failure> {
    for name in asked {
        if !leaves.iter().any(|leaf| leaf.dotted() == *name && leaf.is_single()) {
            let text =
                format!("--pin {}: no such claim with one value was seen", clean(name, false));
            let help = "an entry of the ledger holds no sensitive values: --from-token does";
            return Err(Failure::usage(format!("{text}\n    help: {help}")));
        }
    }
    let open = |leaf: &&Leaf<'_>| leaf.is_single() && !leaf.spec.sensitive;
    let known = |leaf: &&Leaf<'_>| open(leaf) && leaf.spec.identity && !leaf.spec.actor;
    let always =
        leaves.iter().any(|leaf| known(&leaf) && leaf.comparable() && leaf.optional.is_empty());
    let identity = |leaf: &Leaf<'_>| known(&leaf) && (!always || leaf.optional.is_empty());
    let wanted = |leaf: &Leaf<'_>| asked.contains(&leaf.dotted());
    if !leaves.iter().any(|leaf| leaf.comparable() && (identity(leaf) || wanted(leaf))) {
        let help = "mark it in the trust bundle by identity: true, or name it by --pin CLAIM";
        let text = "no claim that was seen says who the caller is";
        return Err(Failure::usage(format!("{text}\n    help: {help}")));
    }
    let is_held =
        |leaf: &Leaf<'_>| identity(leaf) || wanted(leaf) || (open(&leaf) && leaf.is_environment());
    let is_pin = |leaf: &Leaf<'_>| is_held(leaf) && leaf.comparable();
    let (mut pins, others): (Vec<_>, Vec<_>) = leaves.iter().cloned().partition(is_pin);
    let tenant = |leaf: &Leaf<'_>| bundle.admit.iter().any(|rule| rule.path == leaf.path);
    // From the widest to the narrowest, as people read them.
    pins.sort_by_key(|leaf| (leaf.is_environment(), !tenant(leaf)));
    let compared = |leaf: &Leaf<'_>| {
        let some = leaf.listed().is_some() || !leaf.spec.outside.is_empty();
        let told = leaf.spec.trust == Trust::Writer || some;
        let choice = leaf.listed().is_none_or(|values| values.len() > 1);
        let person = leaf.spec.identity || leaf.spec.actor;
        let open = open(&leaf) && !person && !is_of_a_run(leaf, leaves);
        let told = told && choice && !leaf.is_passing() && !names_an_identity(leaf, leaves);
        // What would be pinned and is empty is held to that: with a value it is another caller.
        is_held(leaf) || (open && told)
    };
    let (conditions, left): (Vec<_>, Vec<_>) = others.into_iter().partition(compared);
    let left = left.iter().filter(|leaf| leaf.spec.identity).map(Leaf::dotted).collect();
    Ok(Chosen { pins, conditions, left })
}

/// Whether a claim is the name, which can change hands, of what another claim identifies:
/// `repository` beside `repository_id`, `name` beside `uid`.
fn names_an_identity(leaf: &Leaf<'_>, leaves: &[Leaf<'_>]) -> bool {
    let stems = ["", "_path", "_name", "_login", "_slug", "name"];
    leaves.iter().filter(|other| other.spec.identity).any(|other| {
        let beside = leaf.above() == other.above();
        let named = stems.iter().filter_map(|end| leaf.last().strip_suffix(end)).any(|stem| {
            let id = other.last().strip_prefix(stem).map(|rest| rest.trim_start_matches('_'));
            matches!(id, Some("id" | "uid" | "number"))
        });
        beside && named
    })
}

/// Whether a claim lies beside the identity of something that only some tokens name, as a pod's: of one
/// run, then.
fn is_of_a_run(leaf: &Leaf<'_>, leaves: &[Leaf<'_>]) -> bool {
    leaf.path.len() > 1
        && leaves.iter().any(|other| {
            let beside = leaf.above() == other.above();
            beside && other.spec.identity && !other.optional.is_empty()
        })
}
