//! Team folders at fault: the mistakes of a team are its own.

use sts_core::documents::{DocumentFile, HeldTeam, Loaded, load_held};
use sts_testkit::Documents;
use sts_wire::diagnostic::Diagnostic;

const SHOP: &str = "policies/shop/deploy-prod.yaml";
const OTHER: &str = "policies/tools/deploy.yaml";
const TTL: &str = "ttl: {max: 10m}";

/// The sample, and a second team with a policy of its own.
fn two_teams() -> Documents {
    let pin = ("repository_id: \"74\"", "repository_id: \"75\"");
    let policy = include_str!("../../../testkit/src/documents/deploy-prod.yaml");
    let policy =
        policy.replace("name: shop-deploy-prod", "name: tools-deploy").replace(pin.0, pin.1);
    Documents::sample()
        .platform("granted_by: [shop]", "granted_by: [shop, tools]")
        .with(OTHER, &policy)
}

type Outcome = Result<(Loaded, Vec<HeldTeam>), Vec<Diagnostic>>;

fn held(documents: &Documents, last: &[DocumentFile]) -> Outcome {
    load_held(documents.files(), last, &Documents::target(false))
}

fn lifetimes(loaded: &Loaded) -> Vec<(String, String)> {
    let policies = loaded.snapshot.policies().iter();
    let named = policies.filter(|policy| policy.name.as_str().contains("deploy"));
    named.map(|policy| (policy.name.to_string(), policy.grant.ttl_max.to_string())).collect()
}

fn pairs(expected: [(&str, &str); 2]) -> Vec<(String, String)> {
    expected.map(|(name, ttl)| (name.to_owned(), ttl.to_owned())).to_vec()
}

#[test]
fn a_set_without_fault_is_in_force_as_it_is() {
    let set = two_teams();
    let (loaded, held) = held(&set, &[]).unwrap();
    assert_eq!(held, []);
    assert_eq!(loaded.snapshot.digest(), set.load().unwrap().snapshot.digest());
}

#[test]
fn a_broken_team_folder_keeps_its_last_good_version_and_delays_nobody() {
    let before = two_teams();
    let changed = before.clone().change(OTHER, TTL, "ttl: {max: 5m}");
    let broken = changed.clone().change(SHOP, TTL, "ttl: {maximum: 2m}");
    let (loaded, held_teams) = held(&broken, before.files()).unwrap();
    assert_eq!(lifetimes(&loaded), pairs([("shop-deploy-prod", "10m"), ("tools-deploy", "5m")]));
    let [team] = held_teams.as_slice() else { panic!("{held_teams:?}") };
    assert_eq!((team.team.as_str(), team.kept), ("shop", true));
    assert!(team.faults.iter().all(|fault| fault.file() == SHOP));
    // The twin: mended, it is in force.
    let mended = changed.change(SHOP, TTL, "ttl: {max: 2m}");
    let (loaded, held_teams) = held(&mended, before.files()).unwrap();
    assert_eq!(lifetimes(&loaded), pairs([("shop-deploy-prod", "2m"), ("tools-deploy", "5m")]));
    assert_eq!(held_teams, []);
}

#[test]
fn a_file_that_cannot_be_read_is_the_fault_of_its_team_alone() {
    let before = two_teams();
    let changed = before.clone().change(OTHER, TTL, "ttl: {max: 5m}");
    for path in [SHOP, "policies/shop/new.yml", "policies/shop/", "policies/shop/fixtures/x.json"] {
        let (loaded, held_teams) =
            held(&changed.clone().unreadable(path, "it is not UTF-8"), before.files()).unwrap();
        let expected = pairs([("shop-deploy-prod", "10m"), ("tools-deploy", "5m")]);
        assert_eq!(lifetimes(&loaded), expected, "{path}");
        let [team] = held_teams.as_slice() else { panic!("{held_teams:?}") };
        assert_eq!((team.team.as_str(), team.kept, team.faults.len()), ("shop", true, 1));
        let shown = team.faults[0].to_string();
        assert!(
            shown
                .starts_with(&format!("{path}:1:1: it cannot be read: it is not UTF-8\n    help:")),
            "{shown}"
        );
    }
    // The twin: with files that can be read the same set is in force as it is.
    let (loaded, held_teams) = held(&changed, before.files()).unwrap();
    assert_eq!(lifetimes(&loaded)[1].1, "5m");
    assert_eq!(held_teams, []);
}

#[test]
fn every_file_that_cannot_be_read_is_told_at_once_and_a_shared_one_refuses_the_set() {
    let broken = two_teams()
        .unreadable(SHOP, "no")
        .unreadable(OTHER, "no")
        .unreadable("trust-bundles/x/bundle.yaml", "no");
    let faults = broken.load().err().unwrap();
    let files: Vec<_> = faults.iter().map(Diagnostic::file).collect();
    assert_eq!(files, [SHOP, OTHER, "trust-bundles/x/bundle.yaml"]);
    assert!(held(&broken, two_teams().files()).is_err());
}

#[test]
fn what_is_in_force_says_what_the_digest_says() {
    let before = two_teams();
    let broken = before.clone().change(SHOP, TTL, "ttl: {maximum: 2m}");
    let (loaded, _) = held(&broken, before.files()).unwrap();
    assert_eq!(loaded.snapshot.digest(), before.load().unwrap().snapshot.digest());
    // What the store keeps of it is the last good version of whoever comes next.
    let kept = loaded.snapshot.to_row().files().unwrap();
    let (again, held_teams) = held(&broken, &kept).unwrap();
    assert_eq!((again.snapshot.digest(), held_teams.len()), (loaded.snapshot.digest(), 1));
}

#[test]
fn a_team_that_was_never_good_grants_nothing() {
    let broken = two_teams().change(OTHER, TTL, "ttl: 5m");
    let (loaded, held_teams) = held(&broken, Documents::sample().files()).unwrap();
    assert_eq!(lifetimes(&loaded).len(), 1);
    assert_eq!((held_teams[0].team.as_str(), held_teams[0].kept), ("tools", false));
}

#[test]
fn a_team_folder_that_is_gone_is_gone() {
    let (loaded, held_teams) = held(&Documents::sample(), two_teams().files()).unwrap();
    assert_eq!((lifetimes(&loaded).len(), held_teams.len()), (1, 0));
}

#[test]
fn a_broken_bundle_audience_or_guardrail_refuses_the_whole_set() {
    let before = two_teams();
    for broken in [
        before.clone().bundle("trust: platform", "trust: nobody"),
        before.clone().platform("ttl_max: 15m", "ttl_max: 15"),
        before.clone().platform("deny_if", "deny_when"),
    ] {
        let faults = held(&broken, before.files()).err().unwrap();
        assert!(faults.iter().any(|fault| !fault.file().contains("/shop/")), "{faults:?}");
    }
}

#[test]
fn shared_documents_that_no_longer_fit_a_team_take_nothing_away_from_it() {
    let before = two_teams();
    let without = before.clone().bundle("  ref:", "  reference:");
    let faults = held(&without, before.files()).err().unwrap();
    assert!(
        faults.iter().any(|fault| fault.file() == format!("{SHOP} (last good version)")),
        "{faults:?}"
    );
}

#[test]
fn a_name_that_two_teams_want_stays_with_the_one_that_had_it() {
    let before = two_teams();
    let taken = before.clone().change(OTHER, "name: tools-deploy", "name: shop-deploy-prod");
    let (_, held_teams) = held(&taken, before.files()).unwrap();
    assert_eq!(held_teams[0].team, "tools");
    let taken = before.clone().change(SHOP, "name: shop-deploy-prod", "name: tools-deploy");
    let (_, held_teams) = held(&taken, before.files()).unwrap();
    assert_eq!(held_teams[0].team, "shop");
}

/// A waiver of what is unsound, in the policy that deploys.
fn waived(until: &str) -> Documents {
    let waive = format!("waive: [{{lint: L004, reason: x, expires: {until}}}]\ntrust_bundle:");
    let open = "assertion.ref.startsWith('refs/heads/main')";
    two_teams().change(SHOP, "assertion.ref == 'refs/heads/main'", open).change(
        SHOP,
        "trust_bundle:",
        &waive,
    )
}

#[test]
fn a_policy_ends_with_the_waiver_that_it_needs() {
    let (loaded, _) = held(&waived("2099-01-01"), &[]).unwrap();
    let policy =
        loaded.snapshot.policies().iter().find(|one| one.name.as_str() == "shop-deploy-prod");
    assert_eq!(policy.unwrap().expires.unwrap().to_string(), "2099-01-02T00:00:00.000Z");
}

#[test]
fn a_waiver_that_ends_takes_its_policy_out_of_force_and_nothing_else() {
    // In force once, and its waiver has ended since: the last good version loads, and has ended.
    let ended = waived("2026-01-01");
    let faults = held(&ended, &[]).unwrap().1;
    assert_eq!((faults.len(), faults[0].kept), (1, false));
    let (loaded, held_teams) = held(&ended, ended.files()).unwrap();
    assert_eq!((held_teams[0].team.as_str(), held_teams[0].kept), ("shop", true));
    assert_eq!(lifetimes(&loaded).len(), 2);
    let policy =
        loaded.snapshot.policies().iter().find(|one| one.name.as_str() == "shop-deploy-prod");
    assert!(policy.unwrap().has_ended(Documents::target(false).now));
}

#[test]
fn a_team_that_overlaps_with_another_one_is_held_and_not_the_other() {
    let before = two_teams();
    let same = ("repository_id: \"75\"", "repository_id: \"74\"");
    let overlapping = before.clone().change(OTHER, same.0, same.1);
    let (_, held_teams) = held(&overlapping, before.files()).unwrap();
    assert_eq!((held_teams.len(), held_teams[0].team.as_str()), (1, "tools"));
    let overlapping = before.clone().change(SHOP, same.1, same.0);
    let (_, held_teams) = held(&overlapping, before.files()).unwrap();
    assert_eq!((held_teams.len(), held_teams[0].team.as_str()), (1, "shop"));
}
