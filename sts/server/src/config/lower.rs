//! From the tree to a [`Config`], collecting faults.

use super::store::{StoreLocation, store};
use super::{Config, Listen, TlsFiles};
use super::{check, keys, seal, signer};
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use sts_core::keys::KeySchedule;
use sts_jose::SigningAlgorithm;
use sts_wire::names::{Issuer, Name};
use sts_wire::time::Seconds;
use sts_wire::yaml::{Fields, Lower, Node};

/// Defaults of design: a week of signing, a day of notice, an hour of caching, a quarter of an hour of life.
const SCHEDULE: KeySchedule = KeySchedule {
    rotation_period: Seconds::new(7 * 86_400),
    publish_ahead: Seconds::new(86_400),
    verifier_cache: Seconds::new(3600),
    ttl_max: Seconds::new(900),
    leeway: Seconds::new(30),
    // SQLite has one process.
    poll: Seconds::new(0),
};

pub(super) fn config(lower: Lower<'_>, node: &Node, folder: &Path) -> Option<Config> {
    let mut fields = lower.fields(node, "the configuration")?;
    let development = fields.boolean("development").unwrap_or(false);
    let issuer_node = keys::required(&mut fields, "issuer");
    let endpoints = fields.optional("endpoints");
    let environment = keys::required(&mut fields, "environment")
        .and_then(|node| lower.parsed(node, "environment", Name::new));
    let trust_bundles = path(lower, &mut fields, "trust_bundles", folder);
    let policies = path(lower, &mut fields, "policies", folder);
    let listen = keys::required(&mut fields, "listen").and_then(|node| listen(lower, node, folder));
    let tls = fields.optional("tls").and_then(|node| tls(lower, node, folder));
    let proxy = fields.optional("proxy").and_then(|node| proxy(lower, node));
    let store = keys::required(&mut fields, "store")
        .and_then(|node| store(lower, node, folder, development));
    let seal_keys = keys::required(&mut fields, "seal")
        .and_then(|node| seal::read(lower, node, folder, development));
    let key_node = fields.optional("keys");
    let tokens = fields.optional("tokens");
    fields.finish();
    let mut schedule = SCHEDULE;
    let signer = key_node.and_then(|node| node.get("signer"));
    let signer = signer.and_then(|node| signer::read(lower, node, folder));
    let algorithms = key_node.map_or_else(
        || vec![SigningAlgorithm::Es256],
        |node| read_keys(lower, node, &mut schedule),
    );
    if let Some(node) = tokens {
        read_tokens(lower, node, &mut schedule);
    }
    if store.as_ref().is_some_and(StoreLocation::is_shared) {
        schedule = schedule.shared();
    }
    check::schedule(lower, key_node.unwrap_or(node), &schedule);
    let issuer = issuer_node.and_then(|node| lower.parsed(node, "issuer", Issuer::new))?;
    let (token_endpoint, jwks_uri) = read_endpoints(lower, endpoints, &issuer);
    let config = Config {
        token_endpoint,
        jwks_uri,
        environment: environment?.as_str().to_owned(),
        trust_bundles: trust_bundles?,
        policies: policies?,
        listen: listen?,
        tls,
        trusted_proxies: proxy.clone().unwrap_or_default(),
        store: store?,
        seal: seal_keys?,
        signer,
        algorithms,
        schedule,
        development,
        issuer,
    };
    check::exposure(lower, node, &config, proxy.is_some());
    Some(config)
}

pub(super) fn path(
    lower: Lower<'_>,
    fields: &mut Fields<'_>,
    key: &'static str,
    folder: &Path,
) -> Option<PathBuf> {
    let node = keys::required(fields, key)?;
    lower.string(node, key).map(|text| folder.join(text))
}

fn listen(lower: Lower<'_>, node: &Node, folder: &Path) -> Option<Listen> {
    let mut fields = keys::map(lower, node, "listen")?;
    let public = keys::required(&mut fields, "listen.public");
    let public = public.and_then(|node| address(lower, node, "listen.public"));
    let metrics = fields.optional("metrics");
    let metrics = metrics.and_then(|node| address(lower, node, "listen.metrics"));
    let admin = match fields.optional("admin") {
        None => Some("state/admin.sock"),
        Some(node) => {
            let socket = lower.string(node, "admin").and_then(|text| text.strip_prefix("unix:"));
            if socket.is_none() {
                let help = "write admin: \"unix:state/admin.sock\"";
                lower.fault_with_help(
                    node.place,
                    "administrators come through a unix socket",
                    help,
                );
            }
            socket
        }
    };
    fields.finish();
    Some(Listen { public: public?, metrics, admin: folder.join(admin?) })
}

fn address(lower: Lower<'_>, node: &Node, what: &str) -> Option<SocketAddr> {
    let read = node.scalar().and_then(|text| text.parse().ok());
    if read.is_none() {
        let message = format!("{what} is an address and a port, without a name");
        let help =
            "write \"127.0.0.1:8400\", or \"[::1]:8400\"; 0.0.0.0 is every address of this machine";
        lower.fault_with_help(node.place, message, help);
    }
    read
}

fn tls(lower: Lower<'_>, node: &Node, folder: &Path) -> Option<TlsFiles> {
    let mut fields = keys::map(lower, node, "tls")?;
    let cert_file = path(lower, &mut fields, "tls.cert_file", folder);
    let key_file = path(lower, &mut fields, "tls.key_file", folder);
    fields.finish();
    Some(TlsFiles { cert_file: cert_file?, key_file: key_file? })
}

fn proxy(lower: Lower<'_>, node: &Node) -> Option<Vec<IpNet>> {
    let mut fields = keys::map(lower, node, "proxy")?;
    let trusted = keys::required(&mut fields, "proxy.trusted");
    fields.finish();
    let network = |text: &str| text.parse::<IpNet>().map_err(|_| "it is a network like 10.0.0.0/8");
    let items = keys::list(lower, trusted?, "proxy.trusted")?;
    if items.is_empty() {
        let message = "proxy.trusted lists the networks of the balancers";
        lower.fault_with_help(node.place, message, keys::advice("proxy.trusted"));
    }
    Some(items.iter().filter_map(|node| lower.parsed(node, "proxy.trusted", network)).collect())
}

fn read_endpoints(lower: Lower<'_>, node: Option<&Node>, issuer: &Issuer) -> (String, String) {
    let base = issuer.as_str().trim_end_matches('/');
    let (mut token, mut jwks) = (format!("{base}/token"), format!("{base}/jwks"));
    let Some(mut fields) = node.and_then(|node| keys::map(lower, node, "endpoints")) else {
        return (token, jwks);
    };
    for (key, value) in [("token", &mut token), ("jwks", &mut jwks)] {
        let url = |text: &str| Issuer::new(text).map(|url| url.as_str().to_owned());
        if let Some(url) = fields.optional(key).and_then(|node| lower.parsed(node, key, url)) {
            *value = url;
        }
    }
    fields.finish();
    (token, jwks)
}

fn read_keys(lower: Lower<'_>, node: &Node, schedule: &mut KeySchedule) -> Vec<SigningAlgorithm> {
    let Some(mut fields) = keys::map(lower, node, "keys") else {
        return Vec::new();
    };
    let algorithms = fields.optional("algorithms");
    // Read beside this, where the folder is known.
    let _signer = fields.optional("signer");
    for (key, value) in [
        ("rotation_period", &mut schedule.rotation_period),
        ("publish_ahead", &mut schedule.publish_ahead),
        ("verifier_cache", &mut schedule.verifier_cache),
    ] {
        *value = fields.duration(key).unwrap_or(*value);
    }
    fields.finish();
    let Some(algorithms) = algorithms else {
        return vec![SigningAlgorithm::Es256];
    };
    let mut read = Vec::new();
    let fault = |node: &Node, message: &str| {
        lower.fault_with_help(node.place, message, keys::advice("keys.algorithms"));
    };
    let Some(items) = keys::list(lower, algorithms, "keys.algorithms") else {
        return vec![SigningAlgorithm::Es256];
    };
    for item in items {
        match item.scalar().and_then(SigningAlgorithm::from_name) {
            Some(algorithm) if !read.contains(&algorithm) => read.push(algorithm),
            Some(_) => lower.fault(item.place, "the algorithm is listed twice"),
            None => fault(item, "keys.algorithms are ES256 and RS256"),
        }
    }
    if items.is_empty() {
        fault(algorithms, "keys.algorithms lists at least one of ES256 and RS256");
    }
    read
}

fn read_tokens(lower: Lower<'_>, node: &Node, schedule: &mut KeySchedule) {
    let Some(mut fields) = keys::map(lower, node, "tokens") else {
        return;
    };
    schedule.ttl_max = fields.duration("ttl_max").unwrap_or(schedule.ttl_max);
    schedule.leeway = fields.duration("leeway").unwrap_or(schedule.leeway);
    fields.finish();
}
