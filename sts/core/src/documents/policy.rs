//! `kind: TrustPolicy`.

mod grant;

use super::bundle::{path_of, pin_value, reference, replay_mode};
use super::lint::{self, Origin, Subject, waivers};
use super::{Document, Loader};
use crate::policy::TrustPolicy;
use crate::trust::{Pin, PinValue, ReplayMode, TrustBundle};
use std::sync::Arc;
use sts_expr::{Schema, Use};
use sts_wire::diagnostic::{Place, listed, nearest};
use sts_wire::yaml::{Kind, Lower, Node};

impl Loader<'_> {
    pub(super) fn add_policy(&mut self, document: &Document<'_>) {
        let name = document.head.name.as_str().to_owned();
        if self.policies.contains_key(&name) {
            let lower = document.lower(&self.problems);
            lower.fault(document.place(), format!("there is another trust policy named {name}"));
            return;
        }
        if let Some((policy, tests, origin)) = self.read_policy(document) {
            self.origins.insert(name.clone(), origin);
            self.policies.insert(name, Arc::new(policy));
            if let Some(tests) = tests {
                let cases =
                    self.read_cases((document.file, document.source), tests, &document.head.name);
                self.cases.extend(cases);
            }
        }
    }

    fn read_policy<'d>(
        &self,
        document: &'d Document<'_>,
    ) -> Option<(TrustPolicy, Option<&'d Node>, Origin)> {
        let lower = Lower { source: document.source, problems: &self.problems };
        let mut fields = lower.fields(&document.node, "a TrustPolicy")?;
        for head in ["apiVersion", "kind", "metadata"] {
            fields.optional(head);
        }
        let bundle = fields.required("trust_bundle").and_then(|node| self.bundle_of(lower, node));
        let pins = fields.optional("pins");
        let condition_nodes = fields.list("conditions");
        let grant = fields.required("grant");
        let mode = fields.optional("mode");
        let replay = fields.optional("replay").and_then(|node| tightened(lower, node));
        let waive = fields.list("waive");
        let tests = fields.optional("tests");
        fields.finish();
        let mut waivers = waivers(lower, waive, document.file.was_good);
        let shadow = mode.is_some_and(|node| is_shadow(lower, node));
        let bundle = bundle?;
        let pins = pins.map(|node| read_pins(lower, node, &bundle)).unwrap_or_default();
        let (pins, pin_places): (Vec<_>, Vec<_>) = pins.into_iter().unzip();
        let schema = pinned_schema(&bundle, &pins);
        let conditions = self.conditions(lower, condition_nodes, (Use::Condition, &schema));
        let grant = self.grant(lower, grant?, document, &schema)?;
        // The tests are read from the same document, whose nodes outlive this loader.
        let tests = tests.and_then(|_| document.node.get("tests"));
        let mut policy = TrustPolicy {
            name: document.head.name.clone(),
            bundle,
            pins,
            conditions,
            grant,
            shadow,
            replay,
            expires: document.head.expires,
            team: document.file.team().unwrap_or_default().to_owned(),
            waives: waivers.iter().map(|waiver| waiver.id.clone()).collect(),
            care: document.head.care.clone(),
            location: document.location(),
            pin_places,
        };
        let mut found =
            Subject::new(&policy, &document.node, self.is_for_ourselves(&policy)).find();
        found.extend(lint::dates(&document.node, &document.head, self.target.now));
        let waived_until = self.outlet(document.source).report(found, &mut waivers);
        policy.expires = policy.expires.into_iter().chain(waived_until).min();
        let origin = Origin {
            source: Arc::clone(document.source),
            place: document.place(),
            order: self.origins.len(),
            was_good: document.file.was_good,
            conditions: condition_nodes.iter().map(id_place).collect(),
            waivers,
        };
        Some((policy, tests, origin))
    }

    /// Whether it grants our own issuer, which no bundle trusts.
    fn is_for_ourselves(&self, policy: &TrustPolicy) -> bool {
        let own = self.target.issuer.as_str();
        let trusted = || self.bundles.values().any(|bundle| bundle.issuer.as_str() == own);
        policy.grant.audience.audience.as_str() == own && !trusted()
    }

    pub(super) fn bundle_of(&self, lower: Lower<'_>, node: &Node) -> Option<Arc<TrustBundle>> {
        let name = reference(lower, node, "trust_bundle")?;
        let found = self.bundles.get(name.as_str());
        if found.is_none() && !self.declared.contains(name.as_str()) {
            let message = format!("there is no trust bundle {name}");
            let known = self.bundles.keys().map(String::as_str);
            let all = listed("there are", known.clone());
            let near = nearest(name.as_str(), known).map(|near| format!("did you mean {near}? "));
            lower.fault_with_help(node.place, message, near.unwrap_or_default() + &all);
        }
        found.map(Arc::clone)
    }
}

fn id_place(condition: &Node) -> Place {
    condition.get("id").unwrap_or(condition).place
}

fn read_pins(lower: Lower<'_>, node: &Node, bundle: &TrustBundle) -> Vec<(Pin<PinValue>, Place)> {
    let Kind::Map(entries) = &node.kind else {
        lower.fault(node.place, format!("pins is a map, not {}", node.describe()));
        return Vec::new();
    };
    let pin = |(key, value): &(Node, Node)| {
        let value = pin_value(lower, key, value, bundle)?;
        Some((Pin { path: path_of(key), value }, key.place))
    };
    entries.iter().filter_map(pin).collect()
}

fn pinned_schema(bundle: &TrustBundle, pins: &[Pin<PinValue>]) -> Schema {
    let mut schema = bundle.schema();
    for pin in pins {
        schema.pin(pin.path.iter().map(String::as_str));
    }
    schema
}

fn tightened(lower: Lower<'_>, node: &Node) -> Option<ReplayMode> {
    let mode = replay_mode(lower, node)?;
    if mode != ReplayMode::SingleUse {
        lower.fault(node.place, "a policy can only tighten replay: single_use");
    }
    Some(mode)
}

fn is_shadow(lower: Lower<'_>, node: &Node) -> bool {
    let shadow = node.scalar() == Some("shadow");
    if !shadow {
        lower.fault(node.place, "mode is shadow, or absent");
    }
    shadow
}
