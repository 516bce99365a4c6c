//! Dates in documents, and waivers that outlive their reason. The set is compiled on 2026-11-18.

use super::found;
use sts_testkit::Documents;

const POLICY: &str = "policies/shop/deploy-prod.yaml";

#[test]
fn a_review_that_is_due_within_a_month_is_warned_of_in_every_kind_of_document() {
    let by = |date: &str| format!("owner: platform, review_by: {date}");
    let bundle = |date: &str| found(&Documents::sample().bundle("owner: platform", &by(date)));
    let file = "trust-bundles/github-actions/bundle.yaml";
    let soon = format!("{file}:3:62: the review of this document is due soon [L018]");
    let overdue = format!("{file}:3:62: the review of this document is overdue [L018]");
    assert_eq!(bundle("2026-12-10"), [soon]);
    assert_eq!(bundle("2026-11-01"), [overdue]);
    assert_eq!(bundle("2027-01-10"), [""; 0]);
    let guardrail =
        Documents::sample().platform("owner: security", "owner: security, review_by: 2026-12-01");
    assert_eq!(found(&guardrail).len(), 1);
}

#[test]
fn the_end_of_a_document_is_warned_of_before_and_after() {
    let policy = |date: &str| {
        found(
            &Documents::sample()
                .policy("owner: team-shop", &format!("owner: team-shop, expires: {date}")),
        )
    };
    let soon = "the document ends soon, and what it lets in is refused from then on [L019]";
    let ended = "the document has ended: it grants nothing any more [L020]";
    assert_eq!(policy("2026-11-25"), [format!("{POLICY}:3:63: {soon}")]);
    assert_eq!(policy("2026-11-01"), [format!("{POLICY}:3:63: {ended}")]);
    assert_eq!(policy("2027-01-10"), [""; 0]);
}

#[test]
fn only_a_policy_waives_its_dates() {
    let waive = "waive: [{lint: L020, reason: x, expires: 2099-01-01}]\ntrust_bundle:";
    let set =
        Documents::sample().policy("owner: team-shop", "owner: team-shop, expires: 2026-11-01");
    assert_eq!(found(&set.policy("trust_bundle:", waive)), [""; 0]);
}

#[test]
fn a_waiver_that_nothing_needs_is_warned_of() {
    let waived = |lint: &str| {
        let waive =
            format!("waive: [{{lint: {lint}, reason: x, expires: 2099-01-01}}]\ntrust_bundle:");
        found(&Documents::sample().policy("trust_bundle:", &waive))
    };
    let idle = "the lint L004 does not apply, so nothing is waived [L021]";
    assert_eq!(waived("L004"), [format!("{POLICY}:4:9: {idle}")]);
    // Where tests have not run, or a bundle says nothing of outsiders, nothing is known of these.
    assert_eq!(waived("L015"), [""; 0]);
    assert_eq!(waived("L005"), [""; 0]);
    let needed = Documents::sample()
        .policy("assertion.ref == 'refs/heads/main'", "assertion.ref.startsWith('x')");
    let waive = "waive: [{lint: L004, reason: x, expires: 2099-01-01}]\ntrust_bundle:";
    assert_eq!(found(&needed.policy("trust_bundle:", waive)), [""; 0]);
}
