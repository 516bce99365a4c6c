//! Blocks: switches that stop exchanges at once, whatever the documents say.

use crate::admit::Principal;
use crate::policy::Grant;
use crate::trust::claim_at;
use serde_json::Value;
use std::collections::BTreeMap;
use sts_wire::time::Timestamp;

/// What a block stops: the exchanges for which all that is given holds.
/// At least one member is given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockTarget {
    /// Name of a trust bundle.
    pub bundle: Option<String>,
    /// A value of a claim that the bundle's `admit` asks for.
    pub tenant: Option<String>,
    /// `sub` of the subject token, or of what it would be exchanged for.
    pub subject: Option<String>,
    /// Name of a policy.
    pub policy: Option<String>,
    /// An audience.
    pub audience: Option<String>,
}

impl BlockTarget {
    /// What is given, by name.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("bundle", &self.bundle),
            ("tenant", &self.tenant),
            ("subject", &self.subject),
            ("policy", &self.policy),
            ("audience", &self.audience),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Gives a member of [`BlockTarget::members`]; says whether there is one of this name.
    pub fn set(&mut self, name: &str, value: String) -> bool {
        let member = match name {
            "bundle" => &mut self.bundle,
            "tenant" => &mut self.tenant,
            "subject" => &mut self.subject,
            "policy" => &mut self.policy,
            "audience" => &mut self.audience,
            _ => return false,
        };
        *member = Some(value);
        true
    }
}

impl BlockTarget {
    /// As a JSON object: what is given, by name.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.members().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
    }

    /// From [`BlockTarget::to_json`]; none for what it does not write, as a
    /// block that is read in part would stop more or less than was meant.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let members: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
        let mut target = Self::default();
        let known = members.into_iter().all(|(name, value)| target.set(&name, value));
        known.then_some(target)
    }
}

/// A block that an operator put up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its id, UUIDv7.
    pub id: String,
    /// What it stops.
    pub target: BlockTarget,
    /// Why, in the operator's words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none: until it is removed.
    pub until: Option<Timestamp>,
}

/// What blocks look at in an exchange that would be permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blockable {
    /// Name of the trust bundle.
    pub bundle: String,
    /// Values of the claims that its `admit` asks for.
    pub tenants: Vec<String>,
    /// `sub` of the subject token, and of what is granted.
    pub subjects: [String; 2],
    /// The policy that permits.
    pub policy: String,
    /// The audience.
    pub audience: String,
    /// When it was decided.
    pub now: Timestamp,
}

impl Blockable {
    /// What blocks look at in this grant.
    #[must_use]
    pub fn new(principal: &Principal, grant: &Grant, now: Timestamp) -> Self {
        let bundle = principal.bundle();
        let tenants =
            bundle.admit.iter().filter_map(|rule| claim_at(principal.claims(), &rule.path));
        Self {
            bundle: bundle.name.as_str().to_owned(),
            tenants: tenants.map(text).collect(),
            subjects: [principal.subject().to_owned(), grant.subject().to_owned()],
            policy: grant.policy().as_str().to_owned(),
            audience: grant.audience().as_str().to_owned(),
            now,
        }
    }
}

/// A claim as an operator names it.
fn text(claim: &Value) -> String {
    claim.as_str().map_or_else(|| claim.to_string(), str::to_owned)
}

impl Block {
    /// Whether it stops this exchange.
    #[must_use]
    pub fn stops(&self, exchange: &Blockable) -> bool {
        let target = &self.target;
        let given = |wanted: &Option<String>, found: &[String]| {
            wanted.as_ref().is_none_or(|wanted| found.contains(wanted))
        };
        let one = |wanted: &Option<String>, found: &String| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        self.until.is_none_or(|until| exchange.now < until)
            && target.members().next().is_some()
            && one(&target.bundle, &exchange.bundle)
            && given(&target.tenant, &exchange.tenants)
            && given(&target.subject, &exchange.subjects)
            && one(&target.policy, &exchange.policy)
            && one(&target.audience, &exchange.audience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1000);

    fn exchange() -> Blockable {
        Blockable {
            bundle: "github".into(),
            tenants: vec!["65".into(), "66".into()],
            subjects: ["repo:a".into(), "gha:74".into()],
            policy: "deploy".into(),
            audience: "https://a.example".into(),
            now: NOW,
        }
    }

    fn stops(members: &[(&str, &str)], until: Option<i64>) -> bool {
        let mut target = BlockTarget::default();
        for (name, value) in members {
            assert!(target.set(name, (*value).to_owned()));
        }
        let until = until.map(Timestamp::from_seconds);
        let block = Block { id: "1".into(), target, reason: String::new(), since: NOW, until };
        block.stops(&exchange())
    }

    #[test]
    fn each_member_stops_what_it_names_and_nothing_else() {
        let given = [
            ("bundle", "github"),
            ("tenant", "65"),
            ("tenant", "66"),
            ("subject", "repo:a"),
            ("subject", "gha:74"),
            ("policy", "deploy"),
            ("audience", "https://a.example"),
        ];
        for (name, value) in given {
            assert!(stops(&[(name, value)], None), "{name}");
            assert!(!stops(&[(name, "other")], None), "{name}");
        }
        assert!(!BlockTarget::default().set("repository", String::new()));
    }

    #[test]
    fn all_that_is_given_must_hold_and_nothing_given_stops_nothing() {
        assert!(stops(&[("bundle", "github"), ("tenant", "65")], None));
        assert!(!stops(&[("bundle", "other"), ("tenant", "65")], None));
        assert!(!stops(&[("bundle", "github"), ("tenant", "67")], None));
        assert!(!stops(&[], None));
    }

    #[test]
    fn a_target_comes_back_whole_or_not_at_all() {
        let text = r#"{"audience":"https://a.example","tenant":"65"}"#;
        assert_eq!(BlockTarget::from_json(text).unwrap().to_json().to_string(), text);
        assert_eq!(BlockTarget::from_json(r#"{"tenant":"65","region":"eu"}"#), None);
        assert_eq!(BlockTarget::from_json("[]"), None);
    }

    #[test]
    fn a_block_ends_when_it_says() {
        assert!(stops(&[("policy", "deploy")], Some(1001)));
        assert!(!stops(&[("policy", "deploy")], Some(1000)));
    }
}
