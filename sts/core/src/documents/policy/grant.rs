//! `grant:` of a trust policy.

use crate::documents::audience::read_scopes;
use crate::documents::{Document, Loader};
use crate::limits::{MINTED_CLAIMS_MAX, TTL_CAP};
use crate::policy::{AudienceSpec, GrantSpec};
use crate::prepare::RESERVED_CLAIMS;
use std::sync::Arc;
use sts_expr::{Compiled, Schema, Use};
use sts_wire::diagnostic::nearest;
use sts_wire::names::Scope;
use sts_wire::time::Seconds;
use sts_wire::yaml::{Kind, Lower, Node};

impl Loader<'_> {
    pub(super) fn grant(
        &self,
        lower: Lower<'_>,
        node: &Node,
        document: &Document<'_>,
        schema: &Schema,
    ) -> Option<GrantSpec> {
        let mut fields = lower.fields(node, "grant")?;
        let audience = fields.required("audience");
        let subject = fields.required("subject");
        let scope_nodes = fields.list("scopes");
        let ttl = fields.required("ttl");
        let claims = fields.optional("claims");
        fields.finish();
        let audience = audience.and_then(|node| self.granted_audience(lower, node, document));
        let subject = subject.and_then(|node| self.expression(lower, node, Use::Subject, schema));
        let claims = claims.map(|node| self.minted_claims(lower, node, schema)).unwrap_or_default();
        let ttl = ttl.and_then(|node| lifetime(lower, node));
        let audience = audience?;
        let scopes = scope_nodes.iter().zip(read_scopes(lower, scope_nodes));
        let scopes =
            scopes.filter_map(|(node, scope)| known_scope(lower, node, scope, &audience)).collect();
        let (ttl_max, within_subject_token) = ttl?;
        Some(GrantSpec {
            audience,
            subject: subject?,
            scopes,
            ttl_max,
            within_subject_token,
            claims,
        })
    }

    /// The audience is declared, and its owner lets this folder grant it.
    fn granted_audience(
        &self,
        lower: Lower<'_>,
        node: &Node,
        document: &Document<'_>,
    ) -> Option<Arc<AudienceSpec>> {
        let text = lower.string(node, "audience")?;
        let Some(spec) = self.find_audience(text) else {
            if self.declared.contains(text) {
                return None;
            }
            let message = format!("the audience {text} is not declared");
            match nearest(text, self.audiences.iter().map(|spec| spec.audience.as_str())) {
                Some(near) => {
                    lower.fault_with_help(node.place, message, format!("did you mean {near}?"))
                }
                None => lower.fault_with_help(
                    node.place,
                    message,
                    "declare it with kind: Audience beside the team folders",
                ),
            }
            return None;
        };
        let team = document.file.team().unwrap_or_default();
        let placed = !team.is_empty();
        if placed && !spec.granted_by.iter().any(|folder| folder == team) {
            let message =
                format!("the audience {} may not be granted by the folder {team}", spec.audience);
            lower.fault_with_help(
                node.place,
                message,
                format!("its owner lists the folders in granted_by of {}", spec.name),
            );
        }
        Some(Arc::clone(spec))
    }

    fn minted_claims(
        &self,
        lower: Lower<'_>,
        node: &Node,
        schema: &Schema,
    ) -> Vec<(String, Compiled)> {
        let Kind::Map(entries) = &node.kind else {
            lower.fault(node.place, "claims is a map from names to expressions");
            return Vec::new();
        };
        if entries.len() > MINTED_CLAIMS_MAX {
            lower.fault(node.place, "more than 50 claims");
        }
        let mut claims = Vec::new();
        for (key, value) in entries {
            let name = key.scalar().unwrap_or_default();
            if name.is_empty() {
                lower.fault(key.place, "a claim has a name");
            }
            if RESERVED_CLAIMS.contains(&name) {
                lower.fault(key.place, format!("the claim {name} is set by the server"));
            }
            let compiled = self.expression(lower, value, Use::MintedClaim, schema);
            claims.extend(compiled.map(|compiled| (name.to_owned(), compiled)));
        }
        claims
    }
}

fn known_scope(
    lower: Lower<'_>,
    node: &Node,
    scope: Scope,
    audience: &AudienceSpec,
) -> Option<Scope> {
    if audience.scopes.contains(&scope) {
        return Some(scope);
    }
    let known: Vec<_> = audience.scopes.iter().map(Scope::as_str).collect();
    let help =
        format!("it has {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") });
    let message = format!("the audience {} has no scope {scope}", audience.name);
    lower.fault_with_help(node.place, message, help);
    None
}

/// `ttl: {max: 10m, within_subject_token: true}`.
fn lifetime(lower: Lower<'_>, node: &Node) -> Option<(Seconds, bool)> {
    if let Some(text) = node.scalar() {
        let help = format!("write ttl: {{max: {text}}}");
        lower.fault_with_help(node.place, "ttl is a map", help);
        return None;
    }
    let mut fields = lower.fields(node, "ttl")?;
    let max_node = fields.required("max");
    let within = fields.boolean("within_subject_token").unwrap_or(false);
    fields.finish();
    let max = lower.duration(max_node?, "max")?;
    if max > TTL_CAP {
        lower.fault(max_node?.place, format!("longer than the {TTL_CAP} that any token lives"));
    }
    Some((max, within))
}
