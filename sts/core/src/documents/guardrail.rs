//! `kind: Guardrail`: deny-only, above every policy.

use super::bundle::reference;
use super::{Document, Loader};
use crate::policy::Guardrail;
use std::sync::Arc;
use sts_expr::Use;
use sts_wire::diagnostic::meant;
use sts_wire::names::Audience;
use sts_wire::yaml::{Lower, Node};

impl Loader<'_> {
    /// Adds the guardrail once for each bundle that it applies to: its
    /// conditions are checked against the claims of each.
    pub(super) fn add_guardrail(&mut self, document: &Document<'_>) {
        let lower = document.lower(&self.problems);
        let Some(mut fields) = lower.fields(&document.node, "a Guardrail") else {
            return;
        };
        for head in ["apiVersion", "kind", "metadata"] {
            fields.optional(head);
        }
        let applies_to = fields.required("applies_to");
        let deny_if = fields.list("deny_if");
        fields.finish();
        let name = &document.head.name;
        if self.guardrails.iter().any(|other| other.name == *name) {
            lower.fault(document.place(), format!("there is another guardrail named {name}"));
            return;
        }
        if deny_if.is_empty() {
            lower.fault(document.place(), "deny_if lists at least one condition");
        }
        let Some((bundles, audiences)) = applies_to.and_then(|node| self.applies_to(lower, node))
        else {
            return;
        };
        let mut added = Vec::new();
        for bundle in bundles {
            let Some(bundle) = self.bundles.get(&bundle) else {
                continue;
            };
            let conditions = self.conditions(lower, deny_if, (Use::Denial, &bundle.schema()));
            added.push(Arc::new(Guardrail {
                name: name.clone(),
                bundle: Arc::clone(bundle),
                audiences: audiences.clone(),
                deny_if: conditions,
                care: document.head.care.clone(),
                location: document.location(),
            }));
        }
        self.guardrails.extend(added);
    }

    /// The bundles, and the audiences (None for all).
    fn applies_to(
        &self,
        lower: Lower<'_>,
        node: &Node,
    ) -> Option<(Vec<String>, Option<Vec<Audience>>)> {
        let mut fields = lower.fields(node, "applies_to")?;
        let bundles =
            fields.required("trust_bundles").and_then(|node| lower.list(node, "trust_bundles"));
        let audiences = fields.required("audiences").and_then(|node| lower.list(node, "audiences"));
        fields.finish();
        let (bundles, audiences) = (bundles?, audiences?);
        if bundles.is_empty() || audiences.is_empty() {
            let help = "name them, or write [\"*\"] for all";
            lower.fault_with_help(node.place, "a guardrail over nothing guards nothing", help);
        }
        let every = |nodes: &[Node]| nodes.iter().any(|node| node.scalar() == Some("*"));
        let bundles = if every(bundles) {
            self.bundles.keys().cloned().collect()
        } else {
            bundles.iter().filter_map(|node| self.known_bundle(lower, node)).collect()
        };
        let audiences = (!every(audiences)).then(|| {
            audiences.iter().filter_map(|node| self.known_audience(lower, node)).collect()
        });
        Some((bundles, audiences))
    }

    /// SECURITY: a guardrail that names what does not exist would guard nothing.
    fn known_bundle(&self, lower: Lower<'_>, node: &Node) -> Option<String> {
        let name = reference(lower, node, "a trust bundle")?;
        self.bundle_of(lower, node)?;
        Some(name.as_str().to_owned())
    }

    fn known_audience(&self, lower: Lower<'_>, node: &Node) -> Option<Audience> {
        let audience = lower.parsed(node, "an audience", Audience::new)?;
        let text = audience.as_str();
        if self.find_audience(text).is_none() && !self.declared.contains(text) {
            let known = self.audiences.iter().map(|spec| spec.audience.as_str());
            let help = meant(text, "declared are", known);
            let message = format!("the audience {audience} is not declared");
            lower.fault_with_help(node.place, message, help);
        }
        Some(audience)
    }
}
