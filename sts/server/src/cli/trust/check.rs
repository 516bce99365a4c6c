//! `sts trust check`: fetches, and says what was found and what is unusual about it.

use crate::config::Config;
use crate::output::{Exit, Failure, clean, line};
use crate::service::{StartFault, key_source, load_snapshot};
use serde_json::{Value, json};
use std::sync::Arc;
use sts_core::ports::Unavailable;
use sts_core::trust::TrustBundle;
use sts_io::entropy::SystemEntropy;
use sts_io::key_source::KeyReport;

/// Fetches every key set, or the one of a name.
pub(super) async fn run(config: &Config, name: Option<&str>, json: bool) -> Result<Exit, Failure> {
    let snapshot = load_snapshot(config).map_err(StartFault::from)?;
    let wanted = |bundle: &&Arc<TrustBundle>| name.is_none_or(|name| bundle.name.as_str() == name);
    let bundles: Vec<_> = snapshot.bundles().iter().filter(wanted).collect();
    if bundles.is_empty() {
        return Err(Failure::usage("there is no such trust bundle"));
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

fn show(bundle: &TrustBundle, report: &Result<KeyReport, Unavailable>) {
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
    for remark in remarks(report) {
        line(format!("  unusual: {remark}"));
    }
}

fn object(bundle: &TrustBundle, report: &Result<KeyReport, Unavailable>) -> Value {
    let (name, issuer) = (bundle.name.as_str(), bundle.issuer.as_str());
    match report {
        Err(fault) => json!({"trust_bundle": name, "issuer": issuer, "fault": fault.to_string()}),
        Ok(report) => {
            let key = |(kid, algorithm): &(String, sts_jose::Algorithm)| json!({"kid": kid, "alg": algorithm.name()});
            json!({
                "trust_bundle": name, "issuer": issuer, "source": report.source,
                "keys": report.keys.iter().map(key).collect::<Vec<_>>(),
                "ignored": report.ignored, "unusual": remarks(report),
            })
        }
    }
}

/// What an operator may want to ask the issuer about.
fn remarks(report: &KeyReport) -> Vec<&'static str> {
    match report.keys.as_slice() {
        [] => vec!["no key may verify: every token of this trust domain is refused"],
        [_] => vec!["there is only one key, so its successor is not published ahead"],
        _ => Vec::new(),
    }
}
