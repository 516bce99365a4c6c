//! A set of documents as a whole: every fault at once, links between files, the digest.

use sts_testkit::Documents;
use sts_wire::diagnostic::Diagnostic;

const BUNDLE: &str = include_str!("../../../testkit/src/documents/bundle.yaml");
const POLICY: &str = include_str!("../../../testkit/src/documents/deploy-prod.yaml");

/// Each fault as `file:line:column: message`, and the name it offers behind ` | `.
/// Other help is prose, which may be reworded.
pub(super) fn faults(documents: &Documents) -> Vec<String> {
    match documents.load() {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(show).collect(),
    }
}

pub(super) fn show(fault: &Diagnostic) -> String {
    let (file, place, message) = (fault.file(), fault.place(), fault.message());
    let near = fault.help().filter(|help| help.starts_with("did you mean"));
    let help = near.map(|help| format!(" | {help}")).unwrap_or_default();
    let code = fault.code().map(|code| format!(" [{code}]")).unwrap_or_default();
    format!("{file}:{}:{}: {message}{code}{help}", place.line, place.column)
}

#[test]
fn the_sample_is_without_fault() {
    assert_eq!(faults(&Documents::sample()), Vec::<String>::new());
    assert_eq!(faults(&Documents::none()), Vec::<String>::new());
}

/// What to change in a file of the sample, and the faults that follow there.
pub(super) type Row<'a> = (&'static str, &'static str, &'a [&'a str]);

/// Documents that refer to a broken one have faults of their own: only those
/// of the changed file are compared.
#[track_caller]
pub(super) fn check(file: &str, rows: &[Row<'_>]) {
    for (from, to, expected) in rows {
        let found = faults(&Documents::sample().change(file, from, to));
        let own = found.iter().filter_map(|fault| fault.strip_prefix(&format!("{file}:")));
        assert_eq!(own.collect::<Vec<_>>(), *expected, "{from} -> {to}");
        assert_eq!(found.is_empty(), expected.is_empty(), "{from} -> {to}: {found:?}");
    }
}

#[test]
fn every_fault_of_every_file_is_reported_in_one_run() {
    let documents = Documents::sample()
        .bundle("[\"65\"]", "[65]")
        .bundle("once_per_audience", "onec_per_audience")
        .platform("owner: security", "owner: security, owner: nobody")
        .platform("[github-actions]", "[gitlab]")
        .policy("assertion.ref ==", "assertion.reff ==")
        .policy("max: 10m", "max: 16m")
        .policy("{run_id: \"", "{exp: \"")
        .with("policies/shop/broken.yaml", "a: [\n")
        .with("policies/shop/other.yaml", "kind: TrustPolciy\nmetadata: {name: X}\n");
    assert_eq!(
        faults(&documents),
        [
            "policies/platform.yaml:17:59: the key owner appears twice",
            "policies/platform.yaml:18:30: there is no trust bundle gitlab",
            "policies/shop/broken.yaml:2:1: not YAML: while parsing a node, did not find expected node content",
            "policies/shop/deploy-prod.yaml:7:40: the trust bundle declares no claim reff [C002] | did you mean ref?",
            "policies/shop/deploy-prod.yaml:13:14: longer than the 15m that the audience permits [L014]",
            "policies/shop/deploy-prod.yaml:14:12: the claim exp is set by the server",
            "policies/shop/other.yaml:1:1: a document needs the key apiVersion",
            "policies/shop/other.yaml:1:7: there is no kind TrustPolciy | did you mean TrustPolicy?",
            "trust-bundles/github-actions/bundle.yaml:7:31: repository_owner_id is a string, not a number",
            "trust-bundles/github-actions/bundle.yaml:8:44: replay is single_use, once_per_audience or reusable",
        ]
    );
}

#[test]
fn a_fault_is_shown_with_its_line_and_a_caret() {
    let documents = Documents::sample().bundle("algorithms:", "algoritms:");
    let shown = documents.load().err().unwrap().last().unwrap().to_string();
    let line = "trust-bundles/github-actions/bundle.yaml:6:1: a TrustBundle has no key algoritms";
    assert_eq!(
        shown,
        format!("{line}\n    algoritms: [ES256]\n    ^\n    help: did you mean algorithms?")
    );
}

#[test]
fn a_plain_http_issuer_is_for_development_only() {
    let documents = Documents::sample().bundle(
        "issuer: https://token.actions.githubusercontent.com",
        "issuer: http://127.0.0.1:9",
    );
    let place = "trust-bundles/github-actions/bundle.yaml:4:9";
    assert_eq!(faults(&documents), [format!("{place}: the issuer is plain http")]);
    assert!(documents.load_for(true).is_ok());
}

#[test]
fn two_bundles_with_one_issuer_and_audience_clash() {
    let second = BUNDLE.replace("name: github-actions", "name: second");
    let clash = "the trust bundle github-actions has the same issuer and audience";
    let documents = Documents::sample().with("trust-bundles/second.yaml", &second);
    assert_eq!(faults(&documents), [format!("trust-bundles/second.yaml:1:1: {clash}")]);
    // The default audience is our issuer: written out it clashes all the same.
    let written = second
        .replace("keys:", "audiences: [\"https://x.example\", \"https://sts.example.com\"]\nkeys:");
    let documents = Documents::sample().with("trust-bundles/second.yaml", &written);
    assert_eq!(faults(&documents), [format!("trust-bundles/second.yaml:1:1: {clash}")]);
    let apart = second.replace("keys:", "audiences: [\"https://x.example\"]\nkeys:");
    assert_eq!(faults(&Documents::sample().with("trust-bundles/second.yaml", &apart)).len(), 0);
}

#[test]
fn names_are_unique() {
    let documents = Documents::sample()
        .with("trust-bundles/twice.yaml", &BUNDLE.replace("keys:", "audiences: [\"https://x.example\"]\nkeys:"))
        .with("policies/shop/twice.yaml", POLICY)
        .platform("name: registry", "name: deploy")
        .with("policies/guards.yaml", "apiVersion: sts/v1\nkind: Guardrail\nmetadata: {name: no-pull-request-target, owner: x}\napplies_to: {trust_bundles: [\"*\"], audiences: [\"*\"]}\ndeny_if: [{id: x, expr: \"assertion.ref == 'x'\"}]\n");
    assert_eq!(
        faults(&documents),
        [
            "policies/guards.yaml:1:1: there is another guardrail named no-pull-request-target",
            "policies/platform.yaml:9:1: there is another audience named deploy",
            "policies/shop/twice.yaml:1:1: there is another trust policy named shop-deploy-prod",
            "trust-bundles/twice.yaml:1:1: there is another trust bundle named github-actions",
        ]
    );
}

#[test]
fn documents_lie_where_their_kind_belongs() {
    let documents = Documents::none()
        .with("trust-bundles/policy.yaml", POLICY)
        .with("policies/bundle.yaml", BUNDLE)
        .with("policies/loose.yaml", &POLICY.replace("shop-deploy-prod", "loose"))
        .with(
            "policies/shop/platform.yaml",
            include_str!("../../../testkit/src/documents/platform.yaml"),
        );
    let found = faults(&documents);
    for (place, message) in [
        (
            "trust-bundles/policy.yaml:1:1",
            "only TrustBundle documents lie in the folder of trust bundles",
        ),
        ("policies/bundle.yaml:1:1", "a TrustBundle lies in the folder of trust bundles"),
        ("policies/loose.yaml:1:1", "a TrustPolicy lies in a team folder"),
        (
            "policies/shop/platform.yaml:1:1",
            "audiences and guardrails lie beside the team folders, not in one",
        ),
        (
            "policies/shop/platform.yaml:15:1",
            "audiences and guardrails lie beside the team folders, not in one",
        ),
    ] {
        assert!(found.contains(&format!("{place}: {message}")), "{place} in {found:#?}");
    }
}

fn digest(documents: &Documents) -> String {
    documents.load().ok().unwrap().snapshot.digest().to_string()
}

#[test]
fn the_digest_depends_on_the_documents_and_their_paths_only() {
    let sample = digest(&Documents::sample());
    assert_eq!(sample.len(), 64);
    let laid_out = Documents::sample().policy("pins: {", "# of the shop\npins:   {");
    assert_eq!(digest(&laid_out), sample, "comments and layout do not count");
    let reversed = Documents::sample()
        .files()
        .iter()
        .rev()
        .fold(Documents::none(), |set, file| set.with(&file.path(), &file.text));
    assert_eq!(digest(&reversed), sample, "nor does the order of files");
    let others = [
        Documents::sample().policy("max: 10m", "max: 9m"),
        Documents::sample().policy("owner: team-shop", "owner: team-shoq"),
        Documents::sample().policy("environment: production", "environment: \"production\""),
        Documents::sample().with("policies/shop/empty.yaml", "# nothing\n"),
        Documents::sample()
            .with("policies/shop/x.cases.yaml", "policy: shop-deploy-prod\ntests: []\n"),
    ];
    for other in others {
        assert_ne!(digest(&other), sample, "{other:?}");
    }
}

#[test]
fn a_snapshot_keeps_the_text_of_every_document() {
    let row = Documents::sample().load().ok().unwrap().snapshot.to_row();
    let texts: serde_json::Value = serde_json::from_str(&row.documents).unwrap();
    assert_eq!(texts["policies/shop/deploy-prod.yaml"], POLICY);
    assert_eq!(texts.as_object().unwrap().len(), 4);
}
