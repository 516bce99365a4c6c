//! Team folders at fault: the mistakes of a team are its own.

use sts_core::documents::{DocumentFile, HeldTeam, KeptPolicy, Loaded, load_held};
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

#[test]
fn a_name_stays_with_the_team_that_had_it_also_when_that_team_changed_as_well() {
    let before = two_teams();
    let shorter = "ttl: {max: 5m}";
    for (thief, victim, names) in [
        (SHOP, OTHER, ("name: shop-deploy-prod", "name: tools-deploy")),
        (OTHER, SHOP, ("name: tools-deploy", "name: shop-deploy-prod")),
    ] {
        let taken = before.clone().change(thief, names.0, names.1).change(victim, TTL, shorter);
        let (loaded, held_teams) = held(&taken, before.files()).unwrap();
        let [team] = held_teams.as_slice() else { panic!("{held_teams:?}") };
        assert!(thief.contains(&team.team) && team.kept, "{held_teams:?}");
        assert!(team.faults[0].message().contains("another trust policy named"), "{held_teams:?}");
        let of_victim = lifetimes(&loaded).into_iter().find(|(name, _)| names.1.ends_with(name));
        assert_eq!(of_victim.unwrap().1, "5m");
    }
}

#[test]
fn a_copied_policy_holds_the_team_that_copied_also_when_the_other_changed_as_well() {
    let before = two_teams();
    let same = ("repository_id: \"75\"", "repository_id: \"74\"");
    for (copies, other, (from, to)) in [(OTHER, SHOP, same), (SHOP, OTHER, (same.1, same.0))] {
        let copied = before.clone().change(copies, from, to).change(other, TTL, "ttl: {max: 5m}");
        let (_, held_teams) = held(&copied, before.files()).unwrap();
        let [team] = held_teams.as_slice() else { panic!("{held_teams:?}") };
        assert!(copies.contains(&team.team), "{held_teams:?}");
    }
}

#[test]
fn a_name_that_its_team_gave_up_or_that_two_teams_swap_is_nobodys_fault() {
    let before = two_teams();
    let given_up = before.clone().change(SHOP, "name: shop-deploy-prod", "name: shop-deploy");
    let taken = given_up.change(OTHER, "name: tools-deploy", "name: shop-deploy-prod");
    assert_eq!(held(&taken, before.files()).unwrap().1, []);
    let swapped = taken.change(SHOP, "name: shop-deploy", "name: tools-deploy");
    assert_eq!(held(&swapped, before.files()).unwrap().1, []);
    // Who gives it up in a version that does not load has it still.
    let broken = swapped.change(SHOP, TTL, "ttl: {maximum: 2m}");
    let (_, held_teams) = held(&broken, before.files()).unwrap();
    assert_eq!(held_teams.len(), 2);
}

#[test]
fn of_two_teams_that_want_a_new_name_one_is_held() {
    let before = two_teams();
    let both = before.clone().change(SHOP, "name: shop-deploy-prod", "name: deploy").change(
        OTHER,
        "name: tools-deploy",
        "name: deploy",
    );
    let (loaded, held_teams) = held(&both, before.files()).unwrap();
    assert_eq!((held_teams.len(), lifetimes(&loaded).len()), (1, 2));
}

#[test]
fn many_teams_at_fault_beside_each_other_end_in_a_set_all_the_same() {
    let teams: Vec<_> = (0..20).map(|number| format!("t{number:02}")).collect();
    let policy = include_str!("../../../testkit/src/documents/deploy-prod.yaml");
    let policy = policy.replace("repository_id: \"74\"", "repository_id: \"75\"");
    let set = Documents::sample()
        .without("policies/shop/push-image.yaml")
        .platform("granted_by: [shop]", &format!("granted_by: [shop, {}]", teams.join(", ")));
    let all = teams.iter().fold(set, |set, team| {
        set.with(&format!("policies/{team}/x.yaml"), &policy.replace("shop-deploy-prod", "taken"))
    });
    let (loaded, held_teams) = held(&all, &[]).unwrap();
    let policies: Vec<_> = loaded.snapshot.policies().iter().map(|one| one.name.as_str()).collect();
    assert_eq!((policies.as_slice(), held_teams.len()), (&["shop-deploy-prod", "taken"][..], 19));
}

#[test]
fn cases_of_another_teams_policy_are_a_fault_of_who_wrote_them() {
    let cases = "policy: tools-deploy\ntests: [{name: x, claims: {}, expect: permit}]\n";
    let before = two_teams();
    let meddling = before.clone().with("policies/shop/tools-shared.cases.yaml", cases);
    let (loaded, held_teams) = held(&meddling, before.files()).unwrap();
    let [team] = held_teams.as_slice() else { panic!("{held_teams:?}") };
    assert_eq!((team.team.as_str(), team.kept, loaded.cases.len()), ("shop", true, 0));
    let message = "tools-deploy is a policy of tools, which alone says what it is tested by";
    assert_eq!(team.faults.iter().map(Diagnostic::message).collect::<Vec<_>>(), [message]);
    for own in ["policies/tools/shared.cases.yaml", "policies/shared.cases.yaml"] {
        let (loaded, held_teams) = held(&before.clone().with(own, cases), before.files()).unwrap();
        assert_eq!((held_teams, loaded.cases.len()), (Vec::new(), 1), "{own}");
    }
}

#[test]
fn a_policy_that_is_tested_from_outside_of_team_folders_can_be_renamed_with_its_cases() {
    let cases = "policy: tools-deploy\ntests: [{name: x, claims: {}, expect: deny}]\n";
    let before = two_teams().with("policies/tools.cases.yaml", cases);
    let renamed = before.clone().change(OTHER, "name: tools-deploy", "name: tools-x");
    let renamed = renamed.change("policies/tools.cases.yaml", "tools-deploy", "tools-x");
    assert_eq!(held(&renamed, before.files()).unwrap().1, []);
}

#[test]
fn policies_that_go_on_though_their_file_is_gone_are_named() {
    let before = two_teams();
    let removed = before.clone().without("policies/shop/push-image.yaml");
    let broken = removed.clone().change(SHOP, TTL, "ttl: {maximum: 2m}");
    let (loaded, held_teams) = held(&broken, before.files()).unwrap();
    let file = "policies/shop/push-image.yaml".to_owned();
    let gone = KeptPolicy { policy: "shop-push-image".to_owned(), file };
    assert_eq!(held_teams[0].gone, [gone]);
    assert!(loaded.snapshot.policy("shop-push-image").is_some());
    // The twin: without the mistake it is gone.
    let (loaded, held_teams) = held(&removed, before.files()).unwrap();
    assert_eq!((held_teams.len(), loaded.snapshot.policy("shop-push-image").is_none()), (0, true));
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

/// Adds as many policies with the pins of the sample's, each with a condition of its own.
fn with_crowd(set: Documents, (path, name): (&str, &str), count: usize, more: &str) -> Documents {
    let policy = include_str!("../../../testkit/src/documents/deploy-prod.yaml");
    let named = |number: usize| {
        let condition = format!("assertion.ref == 'refs/heads/{name}{number}'");
        policy
            .split("tests:")
            .next()
            .unwrap()
            .replace("name: shop-deploy-prod", &format!("name: {name}-{number}"))
            .replace("assertion.ref == 'refs/heads/main'", &condition)
            .replace("trust_bundle:", &format!("{more}trust_bundle:"))
    };
    let text: Vec<_> = (0..count).map(named).collect();
    set.with(path, &text.join("---\n"))
}

const CROWD: (&str, &str) = ("policies/shop/crowd.yaml", "crowd");

#[test]
fn more_policies_for_the_same_tokens_than_a_request_weighs_are_a_fault_of_the_later_ones() {
    let fits = with_crowd(two_teams(), CROWD, 63, "");
    assert!(fits.load().is_ok());
    // One that only watches is weighed like the others.
    for more in ["", "mode: shadow\n"] {
        let faults = with_crowd(two_teams(), CROWD, 66, more).load().err().unwrap();
        let shown: Vec<_> = faults.iter().map(|fault| (fault.file(), fault.message())).collect();
        let message = "67 policies of the team match the same tokens for the same audience, and at most 64 may: a request that names none of them would be decided without them";
        // `crowd.yaml` lies before `deploy-prod.yaml` in its folder, but not in this set.
        assert_eq!(shown, [(CROWD.0, message); 3], "{more}");
        assert!(faults[0].help().unwrap().starts_with("make one policy of several"));
    }
    let ended = with_crowd(two_teams(), CROWD, 66, "").change(
        CROWD.0,
        "team-shop}",
        "team-shop, expires: 2026-01-31}",
    );
    assert!(ended.load().is_ok());
}

#[test]
fn policies_that_ask_for_less_are_of_the_same_crowd() {
    let few = with_crowd(two_teams(), CROWD, 40, "");
    let more = ("policies/shop/wide.yaml", "wide");
    let with_wide = |count: usize| {
        let wide = with_crowd(few.clone(), more, count, "");
        let wide = wide.change(more.0, ", environment: production}", "}");
        wide.change(
            more.0,
            "assertion.repository_id, assertion.environment",
            "assertion.repository_id",
        )
    };
    assert!(with_wide(23).load().is_ok());
    let faults = with_wide(25).load().err().unwrap();
    assert_eq!(faults.len(), 2);
    assert!(
        faults.iter().all(|fault| fault.file() == more.0 && fault.message().starts_with("66 "))
    );
}

#[test]
fn a_team_that_crowds_tokens_is_held_and_neither_others_nor_what_was_in_force_is() {
    let before = with_crowd(two_teams(), ("policies/tools/crowd.yaml", "crowd"), 60, "");
    // The folder that comes first by name is not the one that was there first.
    let crowded = with_crowd(
        before.clone().platform("[shop, tools]", "[shop, tools, any]"),
        ("policies/any/crowd.yaml", "any"),
        64,
        "",
    );
    assert!(crowded.load().is_ok(), "each team has a limit of its own");
    let more = with_crowd(crowded.clone(), ("policies/any/more.yaml", "more"), 7, "");
    let (_, held_teams) = held(&more, before.files()).unwrap();
    assert_eq!(
        (held_teams.len(), held_teams[0].team.as_str(), held_teams[0].faults.len()),
        (1, "any", 7)
    );
    // A crowd of before is told, and stays.
    let crowded = with_crowd(two_teams(), CROWD, 66, "");
    let (loaded, held_teams) = held(&crowded, crowded.files()).unwrap();
    assert_eq!((held_teams.len(), held_teams[0].kept), (1, true));
    assert_eq!(
        loaded.snapshot.policies().len(),
        two_teams().load().unwrap().snapshot.policies().len() + 66
    );
}
