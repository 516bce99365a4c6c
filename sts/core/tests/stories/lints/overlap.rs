//! Policies that permit the same tokens.

use super::found;
use sts_testkit::Documents;

const SECOND: &str = "policies/shop/shop-x.yaml";
const SAFE: &str =
    "- {id: safe-event, expr: \"assertion.event_name in ['push', 'workflow_dispatch']\"}";
const PINS: &str = "repository_owner_id: \"65\", repository_id: \"74\", environment: production";

/// The sample, and a copy of its policy under a later name.
fn twice(from: &str, to: &str) -> Documents {
    Documents::sample().second_policy("shop-x", from, to)
}

/// The copy lies in the folder of another team.
fn apart(from: &str, to: &str) -> Documents {
    let text = include_str!("../../../../testkit/src/documents/deploy-prod.yaml");
    let text = text.replace("name: shop-deploy-prod", "name: web-x").replace(from, to);
    let set = Documents::sample()
        .platform("granted_by: [shop]\nscopes", "granted_by: [shop, web]\nscopes");
    set.with("policies/web/x.yaml", &text)
}

#[test]
fn two_of_a_team_that_permit_the_same_are_warned_of() {
    let message = "what shop-x permits, shop-deploy-prod permits as well: a request that names neither is ambiguous (shop-deploy-prod is in policies/shop/deploy-prod.yaml) [L017]";
    assert_eq!(found(&twice("max: 10m", "max: 3m")), [format!("{SECOND}:1:1: {message}")]);
    let wider = found(&twice(SAFE, "").change(SECOND, "max: 10m", "max: 3m"));
    let message = "what shop-deploy-prod permits, shop-x permits as well: a request that names neither is ambiguous (shop-deploy-prod is in policies/shop/deploy-prod.yaml) [L017]";
    assert_eq!(wider, [format!("{SECOND}:1:1: {message}")]);
    let pins = found(
        &twice(PINS, "repository_owner_id: \"65\", environment: production")
            .change(SECOND, "max: 10m", "max: 3m"),
    );
    assert_eq!(pins.len(), 1, "{pins:?}");
}

#[test]
fn policies_that_ask_for_different_things_are_no_overlap() {
    for (from, to) in [
        ("refs/heads/main", "refs/heads/dev"),
        ("environment: production}", "environment: staging}"),
        ("https://deploy.example.com", "https://registry.example.com"),
        ("trust_bundle:", "mode: shadow\ntrust_bundle:"),
    ] {
        let set = twice(from, to);
        let set = if from.starts_with("https") {
            set.change(SECOND, "scopes: [\"deploy:shop\", \"deploy:read\"]\n  ", "")
        } else {
            set
        };
        let overlaps = |text: &String| text.contains("L017") && !text.contains("push-image");
        assert_eq!(found(&set).iter().filter(|text| overlaps(text)).count(), 0, "{to}");
    }
}

#[test]
fn two_teams_that_permit_the_same_are_not_loaded() {
    let message = "what web-x permits, shop-deploy-prod permits as well: a request that names neither is ambiguous (shop-deploy-prod is in policies/shop/deploy-prod.yaml) [L017]";
    assert_eq!(
        found(&apart("max: 10m", "max: 3m")),
        [format!("policies/web/x.yaml:1:1: {message}")]
    );
    assert_eq!(found(&apart("max: 10m", "max: 10m")).len(), 1, "also with the same grant");
    assert_eq!(found(&apart("refs/heads/main", "refs/heads/dev")), [""; 0]);
}

#[test]
fn between_teams_both_documents_waive_an_overlap_and_within_one_either() {
    let waive = "waive: [{lint: L017, reason: x, expires: 2099-01-01}]\ntrust_bundle:";
    let set = apart("max: 10m", "max: 3m");
    let both = |set: Documents| set.change("policies/web/x.yaml", "trust_bundle:", waive);
    let one = set.clone().policy("trust_bundle:", waive);
    assert_eq!(found(&one).len(), 1);
    assert_eq!(found(&both(set)).len(), 1);
    assert_eq!(found(&both(one)), [""; 0]);
    let set = twice("max: 10m", "max: 3m");
    assert_eq!(found(&set).len(), 1);
    assert_eq!(found(&set.clone().policy("trust_bundle:", waive)), [""; 0]);
    assert_eq!(found(&set.change(SECOND, "trust_bundle:", waive)), [""; 0]);
}

#[test]
fn a_caller_that_is_told_in_other_words_is_the_same_caller() {
    let repository = "repository_id: \"74\", environment: production}\nconditions:\n";
    let with = |expression: &str| {
        let to = format!(
            "environment: production}}\nconditions:\n  - {{id: who, expr: \"{expression}\"}}\n"
        );
        let waive = "waive: [{lint: L008, reason: x, expires: 2099-01-01}, {lint: L002, reason: x, expires: 2099-01-01}]\ntrust_bundle:";
        let set = apart(repository, &to);
        let unsound = expression.contains("75") || expression.contains('+');
        if unsound { set.change("policies/web/x.yaml", "trust_bundle:", waive) } else { set }
    };
    let proven = "what web-x permits, shop-deploy-prod permits as well";
    let possible = "a token may be permitted by";
    for (expression, message) in [
        ("assertion.repository_id.fullMatch('74')", Some(proven)),
        ("assertion.repository_id.glob('74')", Some(proven)),
        ("subject(assertion.repository_id) == '74'", Some(proven)),
        (
            "assertion.repository_id.fullMatch('7[0-9]+')",
            Some("what shop-deploy-prod permits, web-x permits as well"),
        ),
        ("subject(assertion.repository_id) != '75'", Some(possible)),
        ("assertion.repository_id.fullMatch('76|77')", None),
        ("subject(assertion.repository_id) == '76'", None),
    ] {
        let found = found(&with(expression));
        let overlaps = found.iter().filter(|text| text.contains("[L017]")).collect::<Vec<_>>();
        match message {
            Some(message) => {
                assert!(
                    overlaps.len() == 1 && overlaps[0].contains(message),
                    "{expression} {found:?}"
                );
            }
            None => assert_eq!(found, [""; 0], "{expression}"),
        }
    }
}

#[test]
fn a_policy_that_another_makes_needless_is_warned_of() {
    let message = "shop-deploy-prod grants the same, to these tokens and perhaps to others (it is in policies/shop/deploy-prod.yaml) [L016]";
    assert_eq!(found(&twice("x: 10m", "x: 10m")), [format!("{SECOND}:1:1: {message}")]);
    let wide = found(&twice(SAFE, ""));
    let message = "shop-x grants the same, to these tokens and perhaps to others (it is in policies/shop/shop-x.yaml) [L016]";
    assert_eq!(wide, [format!("policies/shop/deploy-prod.yaml:1:1: {message}")]);
}

/// The copy of another team, with another lifetime, and its main condition in other words.
fn reworded(from: &str, to: &str) -> Vec<String> {
    found(&apart("max: 10m", "max: 3m").change("policies/web/x.yaml", from, to))
}

const MAIN: &str = "assertion.ref == 'refs/heads/main'";
const EVENTS: &str = "assertion.event_name in ['push', 'workflow_dispatch']";

#[test]
fn the_same_in_other_words_is_the_same() {
    for (from, to) in [
        (EVENTS, "assertion.event_name in ['workflow_dispatch', 'push']"),
        (EVENTS, "assertion.event_name == 'workflow_dispatch' || 'push' == assertion.event_name"),
        (EVENTS, "!(assertion.event_name in ['pull_request', 'pull_request_target'])"),
        (EVENTS, "!assertion.event_name.startsWith('pull_request')"),
        (EVENTS, "assertion.event_name == 'push'"),
        (MAIN, "assertion.ref in ['refs/heads/main']"),
        (MAIN, "'refs/heads/main' == assertion.ref"),
        (MAIN, "assertion.ref == \\\"refs/heads/main\\\""),
        (MAIN, "assertion.ref.fullMatch('refs/heads/main')"),
        (MAIN, "assertion.ref == 'refs/heads/main' && assertion.ref.startsWith('refs/heads/')"),
        (MAIN, "assertion.ref == 'refs/heads/main' && has(assertion.environment)"),
        (MAIN, "assertion.ref == 'refs/heads/main' && assertion.repository_id == '74'"),
        (MAIN, "has(assertion.run_id) ? assertion.ref == 'refs/heads/main' : false"),
        (MAIN, "assertion.ref.startsWith('refs/heads/')"),
        (
            "repository_id: \"74\", environment: production}\nconditions:",
            "repository_id: \"74\"}\nconditions:\n  - {id: place, expr: \"has(assertion.environment) && assertion.environment == 'production'\"}",
        ),
    ] {
        let subject = "assertion.repository_id, assertion.environment";
        let set = apart("max: 10m", "max: 3m").change("policies/web/x.yaml", from, to);
        let set = set.change("policies/web/x.yaml", subject, "assertion.repository_id");
        let found = found(&set);
        assert_eq!(found.len(), 1, "{to} {found:?}");
        assert!(found[0].contains("permits as well") && found[0].ends_with("[L017]"), "{found:?}");
    }
}

#[test]
fn what_a_claim_keeps_apart_is_no_overlap_in_whatever_words() {
    for (from, to) in [
        (MAIN, "assertion.ref in ['refs/heads/dev', 'refs/heads/test']"),
        (MAIN, "assertion.ref.startsWith('refs/tags/')"),
        (MAIN, "assertion.ref.fullMatch('refs/tags/v[0-9]+')"),
        (MAIN, "assertion.ref.glob('refs/heads/release/*')"),
        (MAIN, "assertion.ref != 'refs/heads/main' && assertion.ref.startsWith('refs/heads/')"),
        (EVENTS, "assertion.event_name == 'pull_request'"),
        (EVENTS, "!(assertion.event_name in ['push', 'workflow_dispatch'])"),
        ("environment: production}", "environment: staging}"),
        ("repository_id: \"74\"", "repository_id: \"75\""),
    ] {
        assert_eq!(reworded(from, to), [""; 0], "{to}");
    }
}

#[test]
fn two_teams_that_may_meet_on_a_token_of_one_caller_are_warned_of() {
    let run = "has(assertion.run_id) && assertion.run_id.startsWith('1/')";
    let meet = |to: &str| {
        let set = apart("max: 10m", "max: 3m").change("policies/web/x.yaml", SAFE, to);
        found(&set.change("policies/web/x.yaml", ", environment: production}", "}").change(
            "policies/web/x.yaml",
            "assertion.repository_id, assertion.environment",
            "assertion.repository_id",
        ))
    };
    let message = "a token may be permitted by shop-deploy-prod and by web-x: a request that names neither is ambiguous then (shop-deploy-prod is in policies/shop/deploy-prod.yaml) [L017]";
    let by_run = format!("- {{id: run, expr: \"{run}\"}}");
    assert_eq!(meet(&by_run), [format!("policies/web/x.yaml:1:1: {message}")]);
    let apart = format!("- {{id: run, expr: \"{run} && assertion.event_name == 'pull_request'\"}}");
    assert_eq!(meet(&apart), [""; 0]);
}
