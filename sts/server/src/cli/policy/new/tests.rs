//! Drafts after the tokens of every platform that the project ships a bundle for.

use super::claims::{choose, leaves};
use super::draft::Draft;
use crate::catalogue::PLATFORMS;
use crate::dev::profiles;
use serde_json::{Map, Value, json};
use sts_core::documents::{DocumentFile, Folder, Loaded, Target, load, run_cases, untested};
use sts_core::policy::{TrustPolicy, examine};
use sts_core::ports::Clock as _;
use sts_core::verify::fit_wire_claims;
use sts_io::clock::SystemClock;
use sts_jose::SigningAlgorithm;
use sts_wire::names::{Issuer, Name};
use sts_wire::time::{Seconds, Timestamp};

const AUDIENCE: &str = "apiVersion: sts/v1\nkind: Audience\nmetadata: {name: a, owner: o}\n\
                        audience: https://a.example\ngranted_by: [team]\nscopes: [\"deploy:a\"]\n";

fn compile(files: &[(Folder, &str, &str)]) -> Loaded {
    let file = |(folder, path, text): &(Folder, &str, &str)| {
        DocumentFile::new(*folder, (*path).to_owned(), (*path).to_owned(), (*text).to_owned())
    };
    let files: Vec<_> = files.iter().map(file).collect();
    let target = Target {
        now: Timestamp::from_seconds(0),
        issuer: Issuer::new("https://sts.example.com").unwrap(),
        development: false,
        algorithms: vec![SigningAlgorithm::Es256],
    };
    let last = files.last().map(|file| file.text.clone()).unwrap();
    load(&files, &target).map_err(|faults| format!("{faults:#?}\n{last}")).unwrap()
}

/// The draft after a token of this bundle with these claims: the set with it, and its text.
fn draft(bundle_text: &str, token: &Map<String, Value>) -> (Loaded, String) {
    let set = [
        (Folder::TrustBundles, "b/bundle.yaml", bundle_text),
        (Folder::Policies, "audience.yaml", AUDIENCE),
    ];
    let base = compile(&set).snapshot;
    let bundle = base.bundles().iter().next().unwrap();
    let claims = fit_wire_claims(bundle, token).unwrap();
    let leaves = leaves(bundle, &claims);
    let draft = Draft {
        name: &Name::new("drafted").unwrap(),
        owner: "team",
        bundle,
        claims: &claims,
        chosen: choose(bundle, &leaves, &[]).map_err(|fault| fault.message).unwrap(),
        audience: &base.audiences()[0],
        scopes: base.audiences()[0].scopes.iter().collect(),
        ttl_max: Seconds::new(900),
    };
    let text = draft.text();
    let loaded = compile(&[set[0], set[1], (Folder::Policies, "team/drafted.yaml", &text)]);
    let failures = run_cases(&loaded.snapshot, &loaded.cases);
    assert!(failures.is_empty(), "{failures:#?}\n{text}");
    let untested = untested(&loaded, |_| true);
    let warnings: Vec<_> =
        loaded.warnings.iter().chain(&untested).map(ToString::to_string).collect();
    assert!(warnings.is_empty(), "{warnings:#?}\n{text}");
    let (_, found) = examine(&loaded.snapshot, &bundle.name, &claims, None, SystemClock.now());
    assert_eq!(found[0].misses(), 0, "{text}");
    (loaded, text)
}

fn only(loaded: &Loaded) -> &TrustPolicy {
    &loaded.snapshot.policies()[0]
}

#[test]
fn a_token_of_every_platform_is_drafted_after_and_the_draft_passes_its_tests() {
    for platform in PLATFORMS {
        let mut token = profiles::claims(platform.id).unwrap();
        token.insert("iss".to_owned(), json!("unread"));
        let (loaded, text) = draft(platform.bundle, &token);
        let policy = only(&loaded);
        assert!(!policy.pins.is_empty(), "{}", platform.id);
        // One is permitted; every pin and every condition is the only one to deny some other.
        for part in policy.pins.iter().map(|pin| format!("[pins.{}]", pin.path.join("."))) {
            assert!(text.contains(&part), "{part}\n{text}");
        }
        for condition in &policy.conditions {
            assert!(text.contains(&format!("failed: [{}]", condition.id)), "{text}");
        }
    }
}

#[test]
fn who_triggered_a_run_and_what_belongs_to_one_run_is_not_held_to() {
    let shipped = |id: &str| {
        let platform = PLATFORMS.iter().find(|platform| platform.id == id).unwrap();
        draft(platform.bundle, &profiles::claims(id).unwrap()).1
    };
    let github = shipped("github-actions");
    assert!(github.contains(
        "pins: {repository_owner_id: \"65\", repository_id: \"74\", environment: production}"
    ));
    for part in ["actor", "run_id", "@refs", "{id: repository,"] {
        assert!(!github.contains(part), "{part}\n{github}");
    }
    assert!(
        github
            .contains("subject('github-actions', assertion.repository_id, assertion.environment)")
    );
    let pod = shipped("kubernetes");
    assert!(pod.contains("pins: {k8s.serviceaccount.uid: "), "{pod}");
    assert!(!pod.contains("pod") && !pod.contains("node"), "{pod}");
    let machine = shipped("gcp");
    assert!(!machine.contains("zone"), "{machine}");
    let gitlab = shipped("gitlab");
    assert!(!gitlab.contains("user_") && !gitlab.contains("project_path =="), "{gitlab}");
}

#[test]
fn a_claim_that_may_be_absent_is_guarded_and_a_boolean_is_no_text() {
    let bundle = "apiVersion: sts/v1\nkind: TrustBundle\nmetadata: {name: b, owner: o}\nissuer: https://b.example\n\
        keys: {discovery: true}\nalgorithms: [RS256]\nclaims:\n  id: {type: int, required: true, identity: true}\n  \
        flag: {type: bool, trust: writer}\n  off: {type: bool, required: true, trust: writer}\n  \
        level: {type: int, trust: writer}\n  lone: {type: string, enum: [one]}\n  \
        deep: {type: object, claims: {x_y: {type: string, trust: writer}}}\n  deep_x: {type: object, claims: {y: {type: string, trust: writer}}}\n";
    let token = json!({"id": 7, "flag": true, "off": false, "level": i64::MAX, "lone": "one", "deep": {"x_y": "a"}, "deep_x": {"y": "b"}});
    let (loaded, text) = draft(bundle, token.as_object().unwrap());
    let conditions = &only(&loaded).conditions;
    let found: Vec<_> =
        conditions.iter().map(|one| (one.id.as_str(), one.expression.source())).collect();
    assert_eq!(
        found,
        [
            (
                "deep-x-y",
                "has(assertion.deep) && has(assertion.deep.x_y) && assertion.deep.x_y == 'a'"
            ),
            (
                "deep-x-y-2",
                "has(assertion.deep_x) && has(assertion.deep_x.y) && assertion.deep_x.y == 'b'"
            ),
            ("flag", "has(assertion.flag) && assertion.flag"),
            ("level", "has(assertion.level) && assertion.level == 9223372036854775807"),
            ("off", "!assertion.off"),
        ],
        "{text}"
    );
    assert!(text.contains("subject('b', 'drafted')"), "{text}");
}

#[test]
fn a_caller_of_whom_nothing_says_who_it_is_is_not_drafted_after() {
    let bundle = "apiVersion: sts/v1\nkind: TrustBundle\nmetadata: {name: b, owner: o}\nissuer: https://b.example\n\
        keys: {discovery: true}\nalgorithms: [RS256]\nclaims: {name: {type: string}}\n";
    let snapshot = compile(&[(Folder::TrustBundles, "b/bundle.yaml", bundle)]).snapshot;
    let bundle = snapshot.bundles().iter().next().unwrap();
    let claims = json!({"name": "x"});
    let leaves = leaves(bundle, claims.as_object().unwrap());
    assert!(choose(bundle, &leaves, &[]).is_err_and(|fault| fault.message.contains("--pin CLAIM")));
    assert!(choose(bundle, &leaves, &["name".to_owned()]).is_ok());
}

#[test]
fn what_was_empty_is_demanded_to_be_so_and_is_never_the_subject() {
    let platform = PLATFORMS.iter().find(|platform| platform.id == "github-actions").unwrap();
    let mut token = profiles::claims(platform.id).unwrap();
    let environment = "  environment: ";
    assert!(platform.bundle.contains(environment));
    let more = format!("  head_ref: {{type: string, trust: writer}}\n{environment}");
    let bundle = platform.bundle.replace(environment, &more);
    let full = draft(&bundle, &token).1;
    assert!(full.contains("environment: production}"), "{full}");
    token.insert("environment".to_owned(), json!(""));
    token.insert("head_ref".to_owned(), json!(""));
    let (loaded, text) = draft(&bundle, &token);
    let conditions = &only(&loaded).conditions;
    let said = |id: &str| {
        conditions.iter().find(|one| one.id.as_str() == id).unwrap().expression.source().to_owned()
    };
    for claim in ["environment", "head_ref"] {
        let id = claim.replace('_', "-");
        assert_eq!(said(&id), format!("has(assertion.{claim}) && assertion.{claim} == \'\'"));
        assert!(text.contains(&format!("failed: [{id}]")), "{text}");
    }
    assert!(text.contains("subject('github-actions', assertion.repository_id)"), "{text}");
    let bare = "apiVersion: sts/v1\nkind: TrustBundle\nmetadata: {name: b, owner: o}\nissuer: https://b.example\n\
        keys: {discovery: true}\nalgorithms: [RS256]\nclaims: {id: {type: string, identity: true}}\n";
    let snapshot = compile(&[(Folder::TrustBundles, "b/bundle.yaml", bare)]).snapshot;
    let bundle = snapshot.bundles().iter().next().unwrap();
    let choice = |value: &str| {
        let claims = json!({"id": value});
        let leaves = leaves(bundle, claims.as_object().unwrap());
        choose(bundle, &leaves, &["id".to_owned()]).is_ok()
    };
    assert!(choice("x"));
    assert!(!choice(""), "what is empty says nothing of the caller");
}
