//! `sts trust check`: fetches, and says what was found and what is unusual about it.

use crate::cli::unknown_bundle;
use crate::config::Config;
use crate::output::{Exit, Failure, clean, line, note};
use crate::service::{StartFault, key_source, load_snapshot};
use serde_json::{Value, json};
use std::sync::Arc;
use sts_core::ports::Unavailable;
use sts_core::trust::TrustBundle;
use sts_io::entropy::SystemEntropy;
use sts_io::key_source::KeyReport;
use sts_jose::Algorithm;

/// Fetches every key set, or the one of a name.
pub(super) async fn run(config: &Config, name: Option<&str>, json: bool) -> Result<Exit, Failure> {
    let snapshot = load_snapshot(config).map_err(StartFault::from)?;
    let wanted = |bundle: &&Arc<TrustBundle>| name.is_none_or(|name| bundle.name.as_str() == name);
    let bundles: Vec<_> = snapshot.bundles().iter().filter(wanted).collect();
    if let (Some(name), true) = (name, bundles.is_empty()) {
        return Err(unknown_bundle(&snapshot, name));
    }
    if bundles.is_empty() {
        note(
            "there is no trust bundle: nobody's tokens count\n    help: sts trust add URL writes one",
        );
    }
    let source = key_source(config, Arc::new(SystemEntropy::default()));
    let mut exit = Exit::Ok;
    for bundle in bundles {
        let report = source.report(bundle).await;
        if report.is_err() {
            exit = Exit::Refused;
        }
        if json { line(object(bundle, &report).to_string()) } else { show(bundle, &report) }
    }
    Ok(exit)
}

pub(super) fn show(bundle: &TrustBundle, report: &Result<KeyReport, Unavailable>) {
    line(format!("{}  {}", bundle.name, bundle.issuer));
    let report = match report {
        Ok(report) => report,
        Err(fault) => return line(format!("  FAILED  {}", clean(&fault.to_string(), false))),
    };
    line(format!("  key set  {}", clean(&report.source, false)));
    for (kid, algorithm) in &report.keys {
        line(format!("  {algorithm:6}   {}", clean(kid, false)));
    }
    for reason in &report.ignored {
        line(format!("  not used: {reason}"));
    }
    for remark in remarks(bundle, report) {
        line(format!("  unusual: {remark}"));
    }
}

pub(super) fn object(bundle: &TrustBundle, report: &Result<KeyReport, Unavailable>) -> Value {
    let (name, issuer) = (bundle.name.as_str(), bundle.issuer.as_str());
    match report {
        Err(fault) => json!({"trust_bundle": name, "issuer": issuer, "fault": fault.to_string()}),
        Ok(report) => {
            let key = |(kid, algorithm): &(String, Algorithm)| json!({"kid": kid, "alg": algorithm.name()});
            json!({
                "trust_bundle": name, "issuer": issuer, "source": report.source,
                "keys": report.keys.iter().map(key).collect::<Vec<_>>(),
                "ignored": report.ignored, "unusual": remarks(bundle, report),
            })
        }
    }
}

/// What an operator may want to ask the issuer about.
fn remarks(bundle: &TrustBundle, report: &KeyReport) -> Vec<String> {
    let mut remarks = Vec::new();
    match report.keys.as_slice() {
        [] => remarks.push("no key may verify: every token of this trust domain is refused".into()),
        [_] => remarks
            .push("there is only one key, so its successor is not published ahead".to_owned()),
        _ => {}
    }
    let used = |algorithm: &&Algorithm| report.keys.iter().any(|(_, of_key)| of_key == *algorithm);
    let idle: Vec<_> =
        bundle.algorithms.iter().filter(|alg| !used(alg)).map(|alg| alg.name()).collect();
    if !report.keys.is_empty() && !idle.is_empty() {
        remarks.push(format!("no key for {}, which the bundle lists", idle.join(", ")));
    }
    let host = |url: &str| url::Url::parse(url).ok()?.host_str().map(str::to_owned);
    let (own, other) = (host(bundle.issuer.as_str()), host(&report.source));
    if let Some(other) = other.filter(|other| own.as_ref().is_some_and(|own| own != other)) {
        remarks.push(format!("the key set lies on another host than the issuer: {other}"));
    }
    remarks
}
