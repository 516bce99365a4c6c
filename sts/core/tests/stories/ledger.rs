//! What the ledger keeps of what is sensitive, and how numbers survive.

use serde_json::json;
use sts_testkit::{Documents, World};

#[test]
fn sensitive_claims_are_kept_only_as_a_keyed_hash() {
    let world = World::sample();
    world.ask(&world.token().build()).permitted();
    world.ask(&world.token().claim("ref", "refs/heads/x").build()).refused();
    world.ask(&world.token().claim("actor_email", "other@example.com").build()).permitted();
    for leaf in world.store.leaves() {
        let leaf = String::from_utf8(leaf).unwrap();
        assert!(!leaf.contains("mona") && !leaf.contains("other@"), "{leaf}");
    }
    let kept: Vec<_> = world.entries().iter().map(|e| e["claims"]["actor_email"].clone()).collect();
    assert_eq!(kept[0], kept[1], "equal values are recognised");
    assert_ne!(kept[0], kept[2]);
    assert_eq!(
        world.entries()[0]["claims"]["repository"],
        "octo-org/octo-repo",
        "others are shown"
    );
}

#[test]
fn sensitive_claims_inside_an_object_are_hashed_too() {
    let nested = "claims:\n  kubernetes.io: {as: k8s, type: object, claims: {namespace: {type: string, sensitive: true}, node: {type: string}}}";
    let world = World::of(&Documents::sample().bundle("claims:", nested));
    let token =
        world.token().claim("kubernetes.io", json!({"namespace": "payroll", "node": "n1", "x": 1}));
    world.ask(&token.build()).permitted();
    let kept = world.entries()[0]["claims"]["k8s"].clone();
    assert_eq!(kept["node"], "n1");
    assert!(kept["namespace"]["keyed_hash"].is_string());
    assert_eq!(kept.get("x"), None, "what is not declared does not exist");
    assert!(!world.entries()[0].to_string().contains("payroll"));
}

#[test]
fn undeclared_claims_are_in_no_entry() {
    let world = World::sample();
    world.ask(&world.token().claim("password", "hunter2").build()).permitted();
    assert!(!world.entries()[0].to_string().contains("hunter2"));
}

#[test]
fn large_integers_keep_their_digits_as_text() {
    let world = World::sample();
    world.ask(&world.token().claim("attempt", 9_007_199_254_740_993_u64).build()).permitted();
    world.ask(&world.token().claim("attempt", 3).build()).permitted();
    assert_eq!(world.entries()[0]["claims"]["attempt"], "9007199254740993");
    assert_eq!(world.entries()[1]["claims"]["attempt"], 3);
}

#[test]
fn every_leaf_is_its_own_canonical_form() {
    let world = World::sample();
    world.ask(&world.token().claim("ref", "refs/heads/ä€\u{1f600}\n").build()).refused();
    world.ask(&world.token().build()).permitted();
    for (leaf, entry) in world.store.leaves().iter().skip(2).zip(world.entries()) {
        assert_eq!(serde_json_canonicalizer::to_vec(&entry).unwrap(), *leaf);
    }
}
