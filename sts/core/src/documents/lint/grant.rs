//! What is granted: L006, L014.

use super::{Finding, Subject};
use sts_wire::yaml::Node;

/// L006. A token for ourselves could be exchanged again, where nobody meant it.
pub(super) fn own_audience(subject: &Subject<'_>) -> Option<Finding> {
    subject.for_ourselves.then(|| {
        Finding::unsound(
            "L006",
            subject.place("grant"),
            "the policy grants a token for this server itself, which no trust bundle accepts"
                .to_owned(),
            "grant the audience of whoever is to receive the token",
        )
    })
}

/// L014. What the audience does not permit would be cut without a word.
pub(super) fn cut_lifetime(subject: &Subject<'_>) -> Option<Finding> {
    let grant = &subject.policy.grant;
    let cap = grant.audience.ttl_max.filter(|cap| grant.ttl_max > *cap)?;
    let ttl = subject.node.get("grant").and_then(|grant| grant.get("ttl"));
    let written = ttl.and_then(|ttl| ttl.get("max"));
    Some(Finding::unsound(
        "L014",
        written.map_or(subject.node.place, |node: &Node| node.place),
        format!("longer than the {cap} that the audience permits"),
        "it would be cut: write what is granted, or ask the owner of the audience",
    ))
}
