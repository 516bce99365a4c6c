//! The index finds what a scan of every policy would find.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use sts_core::trust::claim_at;
use sts_testkit::{DEPLOY, Documents, REGISTRY};
use sts_wire::names::{Audience, Name};

const BUNDLE: &str = "apiVersion: sts/v1
kind: TrustBundle
metadata: {name: NAME, owner: platform}
issuer: https://NAME.example
keys: {discovery: true}
algorithms: [ES256]
claims:
  a: {type: string}
  b: {type: string}
  n: {type: int}
  flag: {type: bool}
  k8s: {type: object, claims: {namespace: {type: string}}}
";

const BUNDLES: [&str; 2] = ["one", "two"];
const AUDIENCES: [&str; 2] = [DEPLOY, REGISTRY];

/// Bundle, audience, and the pin of each claim or none.
type Policy = (usize, usize, [Option<&'static str>; 5]);

fn policy() -> impl Strategy<Value = Policy> {
    let pin = |name: &'static str, values: [&'static str; 3]| {
        prop::option::of(select(values.to_vec())).prop_map(move |value| (name, value))
    };
    let pins = (
        pin("a", ["x", "y", "z"]),
        pin("b", ["x", "y", "z"]),
        pin("n", ["0", "1", "2"]),
        pin("flag", ["true", "false", "true"]),
        pin("k8s.namespace", ["x", "y", "z"]),
    );
    let pins = pins.prop_map(|(a, b, n, flag, k8s)| [a, b, n, flag, k8s].map(|(_, value)| value));
    (0..BUNDLES.len(), 0..AUDIENCES.len(), pins)
}

fn claims() -> impl Strategy<Value = Map<String, Value>> {
    let text = || prop::option::of(select(vec!["x", "y", "z", "1", "true"]));
    (text(), text(), prop::option::of(-1..3_i64), prop::option::of(any::<bool>()), text()).prop_map(
        |(a, b, n, flag, namespace)| {
            let all = json!({"a": a, "b": b, "n": n, "flag": flag,
                "k8s": namespace.map(|namespace| json!({"namespace": namespace}))});
            let present = all.as_object().cloned().unwrap().into_iter();
            present.filter(|(_, value)| !value.is_null()).collect()
        },
    )
}

fn documents(policies: &[Policy]) -> Documents {
    let audience = |name: &str, audience: &str| {
        format!(
            "apiVersion: sts/v1\nkind: Audience\nmetadata: {{name: {name}, owner: o}}\naudience: {audience}\ngranted_by: [t]\n---\n"
        )
    };
    let platform = AUDIENCES.iter().zip(["d", "r"]).map(|(url, name)| audience(name, url));
    let set = Documents::none().with("policies/platform.yaml", &platform.collect::<String>());
    let set = BUNDLES.iter().fold(set, |set, name| {
        set.with(&format!("trust-bundles/{name}.yaml"), &BUNDLE.replace("NAME", name))
    });
    let names = ["a", "b", "n", "flag", "k8s.namespace"];
    let mut text = String::new();
    for (number, (bundle, audience, pins)) in policies.iter().enumerate() {
        let pins = names.iter().zip(pins).filter_map(|(name, value)| Some((name, (*value)?)));
        let pins: Vec<_> = pins
            .map(|(name, value)| match *name {
                "n" | "flag" => format!("{name}: {value}"),
                _ => format!("{name}: \"{value}\""),
            })
            .collect();
        write!(
            text,
            "apiVersion: sts/v1\nkind: TrustPolicy\nmetadata: {{name: p{number}, owner: o}}\ntrust_bundle: {}\nwaive: [{{lint: L001, reason: generated, expires: 2099-01-01}}, {{lint: L002, reason: generated, expires: 2099-01-01}}]\npins: {{{}}}\ngrant: {{audience: {}, subject: \"'s'\", ttl: {{max: 5m}}}}\n---\n",
            BUNDLES[*bundle], pins.join(", "), AUDIENCES[*audience],
        )
        .unwrap();
    }
    set.with("policies/t/policies.yaml", &text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_exactly_what_a_scan_finds(
        policies in prop::collection::vec(policy(), 0..16),
        tokens in prop::collection::vec(claims(), 1..12),
    ) {
        let loaded = documents(&policies).load();
        let snapshot = loaded.map_err(|faults| TestCaseError::fail(format!("{faults:?}")))?.snapshot;
        for (claims, bundle, audience) in tokens.iter().flat_map(|claims| {
            BUNDLES.iter().flat_map(move |b| AUDIENCES.iter().map(move |a| (claims, *b, *a)))
        }) {
            let (bundle, audience) = (Name::new(bundle).unwrap(), Audience::new(audience).unwrap());
            let scanned = snapshot.policies().iter().filter(|policy| {
                let pinned = policy.pins.iter().all(|pin| {
                    claim_at(claims, &pin.path).is_some_and(|claim| pin.value.equals(claim))
                });
                policy.bundle.name == bundle && policy.grant.audience.audience == audience && pinned
            });
            let scanned: Vec<_> = scanned.map(|policy| policy.name.as_str()).collect();
            let found = snapshot.index().candidates(&bundle, &audience, claims);
            let found: Vec<_> = found.iter().map(|policy| policy.name.as_str()).collect();
            prop_assert_eq!(found, scanned);
        }
    }
}
