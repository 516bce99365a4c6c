//! Faults of trust bundles, audiences and guardrails, each in its place.

use super::documents::{Row, check};

const BUNDLE: &str = "trust-bundles/github-actions/bundle.yaml";
const PLATFORM: &str = "policies/platform.yaml";

const ADMIT: &str = "admit: {repository_owner_id: [\"65\"]";
const ADMIT_LINE: &str = "admit: {repository_owner_id: [\"65\"]}\n";
const RUN_ID: &str = "run_id: {type: string";

#[test]
fn a_faulty_head_or_location_of_a_bundle_is_shown_in_its_place() {
    let rows: &[Row<'_>] = &[
        ("apiVersion: sts/v1", "apiVersion: sts/v2", &["1:13: apiVersion is sts/v1"]),
        (
            "name: github-actions",
            "name: GitHub",
            &[
                "3:18: name: a name is made of a-z, 0-9, - and _, begins with a letter or digit, and has at most 100",
            ],
        ),
        (", owner: platform", "", &["3:11: metadata needs the key owner"]),
        (
            "owner: platform",
            "owner: platform, expires: 2027-02-30",
            &["3:60: expires is a date like 2027-06-30"],
        ),
        ("issuer: https:", "issuer: ftp:", &["4:9: issuer: an issuer is an https URL"]),
        (
            "keys: {discovery",
            "keys: {discovry",
            &[
                "5:7: keys has exactly one of discovery: true, jwks_uri and file",
                "5:8: keys has no key discovry | did you mean discovery?",
            ],
        ),
        (
            "discovery: true}",
            "discovery: true, file: k.json}",
            &["5:7: keys has exactly one of discovery: true, jwks_uri and file"],
        ),
        (
            "discovery: true}",
            "discovery: true, network: [nonsense]}",
            &["5:35: network: it is a network like 10.0.0.0/8"],
        ),
        (
            "algorithms: [ES256]",
            "algorithms: [HS256]",
            &["6:14: the algorithm HS256 is not served"],
        ),
        (
            "algorithms: [ES256]",
            "algorithms: []",
            &["6:13: algorithms lists at least one, such as RS256"],
        ),
        (
            "algorithms: [ES256]",
            "algorithms: [ES256]\nprofile: github",
            &["7:10: there is no profile github"],
        ),
    ];
    check(BUNDLE, rows);
}

#[test]
fn a_faulty_allow_list_or_replay_of_a_bundle_is_shown_in_its_place() {
    let rows: &[Row<'_>] = &[
        (ADMIT_LINE, "", &["1:1: this issuer serves the world, so admit is required"]),
        ("[\"65\"]", "[65]", &["7:31: repository_owner_id is a string, not a number"]),
        ("[\"65\"]", "[]", &["7:30: a claim of admit lists at least one value"]),
        (
            "admit: {repository_owner_id:",
            "admit: {repository_ownerid:",
            &[
                "7:9: the trust bundle github-actions declares no claim repository_ownerid | did you mean repository_owner_id?",
            ],
        ),
        (
            ADMIT,
            "admit: {event_name: [schedule]",
            &["7:22: schedule is not among the values that the trust bundle lists for event_name"],
        ),
        (
            ADMIT,
            "admit: {groups: [a]",
            &["7:9: groups is a list: only strings, booleans and integers are compared here"],
        ),
        (
            "max_lifetime: 15m",
            "max_lifetime: 15",
            &[
                "8:31: max_lifetime: a duration is a whole number with a unit, like 30s, 15m, 12h or 7d",
            ],
        ),
        (
            "once_per_audience",
            "once",
            &["8:44: replay is single_use, once_per_audience or reusable"],
        ),
        (
            "once_per_audience",
            "reusable, id_claim: sub",
            &["8:64: id_claim is jti or signing_input"],
        ),
    ];
    check(BUNDLE, rows);
}

#[test]
fn a_faulty_claim_of_a_bundle_is_shown_in_its_place() {
    let rows: &[Row<'_>] = &[
        (RUN_ID, "run_id: {type: text", &["16:18: there is no claim type text"]),
        (
            "run_id: {type: string, trust: platform",
            "run_id: {type: string, trust: vendor",
            &["16:33: trust is platform, writer or caller"],
        ),
        (RUN_ID, "run-id: {type: string", &["16:3: run-id cannot be written in an expression"]),
        (
            RUN_ID,
            "run_id: {type: string, as: ref",
            &["16:3: two claims are called ref in expressions"],
        ),
        (
            RUN_ID,
            "run_id: {type: string, required: yes",
            &["16:36: required is true or false, not a string"],
        ),
        (
            RUN_ID,
            "run_id: {type: string, sensitve: true",
            &["16:26: a claim has no key sensitve | did you mean sensitive?"],
        ),
        (RUN_ID, "run_id: {type: object", &["16:18: an object lists its claims"]),
        ("max: 4", "max: 257", &["18:44: max is between 1 and 256"]),
        ("items: string, ", "", &["18:18: a list says the type of its items"]),
        ("items: string", "items: list", &["18:31: items are string, int or bool"]),
        (
            "attempt: {type: int",
            "attempt: {type: int, enum: [a]",
            &["17:30: enum belongs to type: string"],
        ),
    ];
    check(BUNDLE, rows);
}

#[test]
fn other_bundles_are_without_fault() {
    let rows: &[Row<'_>] = &[
        ("owner: platform", "owner: platform, expires: 2027-02-28, review_by: 2027-01-01", &[]),
        ("keys: {discovery: true}", "keys: {file: keys.json}", &[]),
        ("discovery: true}", "discovery: true, network: [10.0.0.0/8, \"fd00::/8\"]}", &[]),
        (
            "keys: {discovery: true}",
            "keys: {jwks_uri: \"https://keys.example/jwks\", hosts: [a.example], max_stale: 1h}",
            &[],
        ),
        ("algorithms: [ES256]", "algorithms: [RS256, ES256]", &[]),
        ("[\"65\"]", "[\"65\", \"66\"]", &[]),
        (ADMIT, "admit: {event_name: [push], attempt: [1]", &[]),
        ("max_lifetime: 15m", "max_lifetime: 1d", &[]),
        ("once_per_audience", "reusable, id_claim: signing_input", &[]),
        (RUN_ID, "run-id: {as: run_id, type: string, required: true", &[]),
        ("max: 4", "max: 256", &[]),
    ];
    check(BUNDLE, rows);
}

#[test]
fn a_faulty_audience_is_shown_in_its_place() {
    let rows: &[Row<'_>] = &[
        (
            "audience: https://deploy.example.com",
            "audience: \"https://deploy example.com\"",
            &["4:11: audience: it holds a blank, a control character or a character outside ASCII"],
        ),
        (
            "audience: https://registry.example.com",
            "audience: https://deploy.example.com",
            &["9:1: the audience https://deploy.example.com is declared already, as deploy"],
        ),
        (
            "granted_by: [shop]\nscopes",
            "granted_by: shop\nscopes",
            &["5:13: granted_by is a list, not a string"],
        ),
        ("algorithm: ES256", "algorithm: PS256", &["7:20: tokens are signed with ES256 or RS256"]),
        ("ttl_max: 15m", "ttl_max: 2h", &["7:36: a token lives at most 1h"]),
    ];
    check(PLATFORM, rows);
}

#[test]
fn a_faulty_guardrail_is_shown_in_its_place() {
    let guard = "[{id: fork-event, expr: \"assertion.event_name == 'pull_request_target'\"}]";
    let rows: &[Row<'_>] = &[
        ("[github-actions]", "[gitlab]", &["18:30: there is no trust bundle gitlab"]),
        (
            "audiences: [\"*\"]",
            "audiences: [\"https://x.example\"]",
            &["18:59: the audience https://x.example is not declared"],
        ),
        (
            "trust_bundles: [github-actions], ",
            "",
            &["18:13: applies_to needs the key trust_bundles"],
        ),
        (
            "owner: security",
            "owner: security, expires: 2027-01-01",
            &["17:68: a guardrail never expires: remove it when it is no longer wanted"],
        ),
        (guard, "[]", &["15:1: deny_if lists at least one condition"]),
        (
            "event_name ==",
            "event_nam ==",
            &[
                "19:45: the trust bundle declares no claim event_nam [C002] | did you mean event_name?",
            ],
        ),
        (
            "== 'pull_request_target'",
            "== 'fork'",
            &[
                "19:35: fork is not among push, workflow_dispatch, pull_request, pull_request_target [C006]",
            ],
        ),
    ];
    check(PLATFORM, rows);
}

#[test]
fn other_audiences_and_guardrails_are_without_fault() {
    let rows: &[Row<'_>] = &[
        ("granted_by: [shop]\nscopes", "granted_by: [shop, billing]\nscopes", &[]),
        ("algorithm: ES256", "algorithm: RS256", &[]),
        ("ttl_max: 15m", "ttl_max: 1h", &[]),
        ("[github-actions]", "[\"*\"]", &[]),
        ("audiences: [\"*\"]", "audiences: [\"https://registry.example.com\"]", &[]),
    ];
    check(PLATFORM, rows);
}
