//! What a change of documents widens.

use sts_core::difference::{Effect, difference};
use sts_testkit::Documents;

/// Each change as `effect kind name: what`.
fn changes(before: &Documents, after: &Documents) -> Vec<String> {
    let compiled = |documents: &Documents| documents.load().ok().unwrap().snapshot;
    let changes = difference(&compiled(before), &compiled(after));
    let shown = |change: sts_core::difference::Change| {
        format!("{} {} {}: {}", change.effect.word(), change.kind, change.name, change.what)
    };
    changes.into_iter().map(shown).collect()
}

/// The change, and what undoing it does.
#[track_caller]
fn check(after: &Documents, there: &[&str], back: &[&str]) {
    let before = Documents::sample();
    assert_eq!(changes(&before, after), there);
    assert_eq!(changes(after, &before), back);
}

#[test]
fn a_set_is_no_different_from_itself() {
    check(&Documents::sample(), &[], &[]);
    check(&Documents::sample().policy("metadata:", "# a comment\nmetadata:"), &[], &[]);
}

#[test]
fn without_a_guardrail_more_is_let_in() {
    let platform = include_str!("../../../testkit/src/documents/platform.yaml");
    let guardrail = platform.split("---").find(|part| part.contains("kind: Guardrail")).unwrap();
    check(
        &Documents::sample().platform(guardrail, "\n"),
        &["widens guardrail no-pull-request-target: is removed"],
        &["narrows guardrail no-pull-request-target: is new"],
    );
}

#[test]
fn without_a_pin_or_a_condition_more_is_let_in() {
    check(
        &Documents::sample().policy("repository_owner_id: \"65\", ", ""),
        &["widens policy shop-deploy-prod: no longer pins repository_owner_id: \"65\""],
        &["narrows policy shop-deploy-prod: pins repository_owner_id: \"65\""],
    );
    let condition = "  - {id: main-branch, expr: \"assertion.ref == 'refs/heads/main'\"}\n";
    check(
        &Documents::sample().policy(condition, ""),
        &[
            "widens policy shop-deploy-prod: no longer demands main-branch: assertion.ref == 'refs/heads/main'",
        ],
        &[
            "narrows policy shop-deploy-prod: demands main-branch: assertion.ref == 'refs/heads/main'",
        ],
    );
}

#[test]
fn an_expression_that_changed_is_for_a_person_to_read() {
    check(
        &Documents::sample().policy("refs/heads/main", "refs/heads/x"),
        &[
            "changes policy shop-deploy-prod: demands main-branch: assertion.ref == 'refs/heads/main' -> assertion.ref == 'refs/heads/x'",
        ],
        &[
            "changes policy shop-deploy-prod: demands main-branch: assertion.ref == 'refs/heads/x' -> assertion.ref == 'refs/heads/main'",
        ],
    );
}

#[test]
fn longer_lives_are_wider() {
    check(
        &Documents::sample().policy("max: 10m", "max: 11m"),
        &["widens policy shop-deploy-prod: ttl: 10m -> 11m"],
        &["narrows policy shop-deploy-prod: ttl: 11m -> 10m"],
    );
    check(
        &Documents::sample()
            .policy("name: shop-deploy-prod, ", "name: shop-deploy-prod, expires: 2099-01-01, "),
        &["narrows policy shop-deploy-prod: expires: no limit -> 2099-01-02T00:00:00.000Z"],
        &["widens policy shop-deploy-prod: expires: 2099-01-02T00:00:00.000Z -> no limit"],
    );
}

#[test]
fn a_policy_that_only_watched_and_now_grants_is_wider() {
    check(
        &Documents::sample().policy("trust_bundle:", "mode: shadow\ntrust_bundle:"),
        &["narrows policy shop-deploy-prod: mode: shadow"],
        &["widens policy shop-deploy-prod: no longer mode: shadow"],
    );
}

#[test]
fn a_tenant_more_is_wider() {
    check(
        &Documents::sample().bundle("[\"65\"]", "[\"65\", \"66\"]"),
        &["widens trust bundle github-actions: admits repository_owner_id = \"66\""],
        &["narrows trust bundle github-actions: no longer admits repository_owner_id = \"66\""],
    );
}

#[test]
fn who_may_grant_is_told() {
    check(
        &Documents::sample().platform("granted_by: [shop]", "granted_by: [shop, tools]"),
        &[
            "widens audience deploy: may be granted by tools",
            "widens audience registry: may be granted by tools",
        ],
        &[
            "narrows audience deploy: no longer may be granted by tools",
            "narrows audience registry: no longer may be granted by tools",
        ],
    );
}

#[test]
fn what_widens_comes_first() {
    let after =
        Documents::sample().policy("max: 10m", "max: 9m").policy("refs/heads/main", "refs/heads/x");
    let after = after.second_policy("second", "max: 10m", "max: 5m");
    let compiled = |documents: &Documents| documents.load().ok().unwrap().snapshot;
    let effects: Vec<_> = difference(&compiled(&Documents::sample()), &compiled(&after))
        .iter()
        .map(|one| one.effect)
        .collect();
    assert_eq!(effects, [Effect::Widens, Effect::Changes, Effect::Narrows]);
}
