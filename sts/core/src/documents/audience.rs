//! `kind: Audience`.

use super::{Document, Loader};
use crate::limits::TTL_CAP;
use crate::policy::AudienceSpec;
use std::sync::Arc;
use sts_jose::SigningAlgorithm;
use sts_wire::names::{Audience, Name, Scope};
use sts_wire::time::Seconds;
use sts_wire::yaml::{Lower, Node};

impl Loader<'_> {
    pub(super) fn add_audience(&mut self, document: &Document<'_>) {
        let Some(spec) = self.read_audience(document) else {
            return;
        };
        let lower = document.lower(&self.problems);
        if let Some(other) = self.by_audience.get(&spec.audience) {
            lower.fault(
                document.place(),
                format!("the audience {} is declared already, as {}", spec.audience, other.name),
            );
        }
        if !self.audience_names.insert(spec.name.clone()) {
            lower.fault(document.place(), format!("there is another audience named {}", spec.name));
        }
        let spec = Arc::new(spec);
        self.by_audience.entry(spec.audience.clone()).or_insert_with(|| Arc::clone(&spec));
        self.audiences.push(spec);
    }

    fn read_audience(&self, document: &Document<'_>) -> Option<AudienceSpec> {
        let lower = document.lower(&self.problems);
        let mut fields = lower.fields(&document.node, "an Audience")?;
        for head in ["apiVersion", "kind", "metadata"] {
            fields.optional(head);
        }
        let audience = fields.parsed("audience", Audience::new);
        let granted_by = fields.optional("granted_by");
        if granted_by.is_none() {
            let help =
                "list the folders under policies/ whose policies may grant it: granted_by: [shop]";
            let message = "an Audience needs the key granted_by";
            lower.fault_with_help(document.place(), message, help);
        }
        let granted_by = granted_by.and_then(|node| lower.list(node, "granted_by"));
        let scopes = fields.list("scopes");
        let token = fields.optional("token").map(|node| token(lower, node));
        let introspection = fields.list("introspection");
        fields.finish();
        let folders =
            granted_by?.iter().filter_map(|node| lower.string(node, "a folder")).map(str::to_owned);
        let (algorithm, ttl_max) = token.unwrap_or((SigningAlgorithm::Es256, None));
        if !self.target.algorithms.contains(&algorithm) {
            let help = format!(
                "add it to keys.algorithms of the server's configuration: [..., {algorithm}]"
            );
            lower.fault_with_help(document.place(), format!("no key signs with {algorithm}"), help);
        }
        Some(AudienceSpec {
            name: document.head.name.clone(),
            audience: audience?,
            granted_by: folders.collect(),
            scopes: read_scopes(lower, scopes),
            algorithm,
            ttl_max,
            expires: document.head.expires,
            care: document.head.care.clone(),
            introspection: introspection
                .iter()
                .filter_map(|node| lower.parsed(node, "a policy", Name::new))
                .collect(),
        })
    }
}

pub(super) fn read_scopes(lower: Lower<'_>, nodes: &[Node]) -> Vec<Scope> {
    nodes.iter().filter_map(|node| lower.parsed(node, "a scope", Scope::new)).collect()
}

fn token(lower: Lower<'_>, node: &Node) -> (SigningAlgorithm, Option<Seconds>) {
    let mut algorithm = SigningAlgorithm::Es256;
    let Some(mut fields) = lower.fields(node, "token") else {
        return (algorithm, None);
    };
    if let Some(node) = fields.optional("algorithm") {
        match node.scalar().and_then(SigningAlgorithm::from_name) {
            Some(named) => algorithm = named,
            None => lower.fault(node.place, "tokens are signed with ES256 or RS256"),
        }
    }
    let ttl_node = fields.optional("ttl_max");
    fields.finish();
    let ttl_max = ttl_node.and_then(|node| lower.duration(node, "ttl_max"));
    if let (Some(node), Some(_)) = (ttl_node, ttl_max.filter(|ttl| *ttl > TTL_CAP)) {
        lower.fault(node.place, "a token lives at most 1h");
    }
    (algorithm, ttl_max)
}
