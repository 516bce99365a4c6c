//! What must hold between values: durations that rotation rests on, and what is
//! exposed to the network.

use super::Config;
use sts_core::keys::KeySchedule;
use sts_core::limits::{PUBLISHED_KEYS_MAX, TTL_CAP};
use sts_wire::time::Seconds;
use sts_wire::yaml::{Lower, Node};

/// Longest clock skew that may be allowed: it lengthens every token's life.
const LEEWAY_MAX: Seconds = Seconds::new(300);

/// The inequalities between durations; each says which other it must exceed, and why.
pub(super) fn schedule(lower: Lower<'_>, node: &Node, schedule: &KeySchedule) {
    let KeySchedule { rotation_period, verifier_cache, ttl_max, leeway, .. } = *schedule;
    let fault = |message: String, help: &str| lower.fault_with_help(node.place, message, help);
    if ttl_max > TTL_CAP {
        fault(format!("tokens.ttl_max is {ttl_max}"), "a token lives at most 1h");
    }
    if leeway > LEEWAY_MAX {
        fault(
            format!("tokens.leeway is {leeway}"),
            "a leeway of more than 5m would accept tokens long after their end",
        );
    }
    if rotation_period < schedule.lead() {
        let message =
            format!("keys.rotation_period ({rotation_period}) is shorter than {}", schedule.lead());
        fault(
            message,
            "the next key must be published for publish_ahead before it signs, and at least for verifier_cache + leeway, and the seconds in which replicas learn of it",
        );
    }
    let period = rotation_period.get().max(1);
    let retired = schedule.retention().get().div_ceil(period);
    let per_algorithm = retired.saturating_add(2);
    if usize::try_from(per_algorithm).unwrap_or(usize::MAX) > PUBLISHED_KEYS_MAX / 2 {
        let message = format!("{per_algorithm} keys of one algorithm would be published at once");
        let help = format!(
            "lengthen keys.rotation_period, or shorten tokens.ttl_max ({ttl_max}) or keys.verifier_cache ({verifier_cache})"
        );
        fault(message, &help);
    }
}

/// Outside development nothing secret crosses the network in the clear.
pub(super) fn exposure(lower: Lower<'_>, node: &Node, config: &Config, proxied: bool) {
    let place = |key: &str| node.get(key).map_or(node.place, |value| value.place);
    if config.development {
        if config.issuer.is_plain_http() && !config.issuer.is_loopback() {
            let help = "write http://127.0.0.1:PORT, or an https URL";
            lower.fault_with_help(place("issuer"), "plain http is for loopback hosts only", help);
        }
        if !config.listen.public.ip().is_loopback() {
            let help = "listen on 127.0.0.1, or drop development: true and configure tls";
            lower.fault_with_help(
                place("listen"),
                "development: true listens on loopback only",
                help,
            );
        }
        return;
    }
    if config.issuer.is_plain_http() {
        let help = "write an https URL; plain http is for development: true only";
        lower.fault_with_help(place("issuer"), "the issuer is plain http", help);
    }
    if config.tls.is_none() && !proxied {
        let help = "add tls: {cert_file: tls.crt, key_file: tls.key}, or behind a balancer that ends TLS: proxy: {trusted: [10.0.0.0/8]}";
        lower.fault_with_help(node.place, "the public listener has no tls", help);
    }
    if config.listen.metrics.is_some_and(|metrics| {
        !metrics.ip().is_loopback() && metrics.ip() == config.listen.public.ip()
    }) {
        lower.fault(
            place("listen"),
            "metrics are not for the public address: use loopback or an inner one",
        );
    }
}
