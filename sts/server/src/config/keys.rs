//! Every key of `sts.yaml`, once: what faults advise, and what the page
//! `sts/CONFIGURATION.md` says.

mod kinds;
#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;

use sts_wire::yaml::{Fields, Kind, Lower, Node};

/// A key of the configuration.
#[cfg_attr(not(test), expect(dead_code, reason = "the page shows what faults do not"))]
pub(super) struct Key {
    /// Its path: `listen.public`.
    path: &'static str,
    /// What it is, as a sentence.
    says: &'static str,
    /// What its value is, and its limits.
    value: &'static str,
    /// What holds when it is left out.
    without: Without,
    /// A value, as it is written.
    example: &'static str,
}

/// What holds when a key is left out.
#[cfg_attr(not(test), expect(dead_code, reason = "the page shows what faults do not"))]
enum Without {
    /// The configuration is refused.
    Refused,
    /// This value, as it would be written.
    Value(&'static str),
    /// What words say.
    Words(&'static str),
}

use Without::{Refused, Value, Words};

/// By path: what it is, its value, what holds without it, an example.
const fn key(
    path: &'static str,
    without: Without,
    [says, value, example]: [&'static str; 3],
) -> Key {
    Key { path, says, value, without, example }
}

const PATH: &str = "path";
const DURATION: &str = "duration";
const SOCKET: &str = "address and port";

/// Every key, in the order of the page.
const KEYS: &[Key] = &[
    key(
        "issuer",
        Refused,
        [
            "`iss` of every token that the server issues, letter by letter. Whoever verifies them finds the keys through it.",
            "https URL",
            "https://sts.example.com",
        ],
    ),
    key(
        "environment",
        Refused,
        [
            "Bound into everything that is sealed, and into every entry: what one environment sealed, another cannot open.",
            "name",
            "prod",
        ],
    ),
    key(
        "development",
        Value("false"),
        [
            "Makes plain http legal, of the server and of issuers, on loopback only.",
            "true or false",
            "false",
        ],
    ),
    key(
        "trust_bundles",
        Refused,
        ["Folder of the documents that say whose tokens count.", PATH, "trust-bundles"],
    ),
    key(
        "policies",
        Refused,
        ["Folder of audiences, guardrails and, in team folders, trust policies.", PATH, "policies"],
    ),
    key("listen", Refused, ["Where the server listens.", "map", "{public: \"127.0.0.1:8443\"}"]),
    key(
        "listen.public",
        Refused,
        [
            "Exchange, key set, discovery, probes. Port 0 takes any free one.",
            SOCKET,
            "\"0.0.0.0:8443\"",
        ],
    ),
    key(
        "listen.metrics",
        Words("no metrics"),
        [
            "Prometheus' metrics. Not on the public address, unless that is loopback.",
            SOCKET,
            "\"127.0.0.1:8402\"",
        ],
    ),
    key(
        "listen.admin",
        Value("\"unix:state/admin.sock\""),
        [
            "Socket of administrators, for the user that the server runs as, and root.",
            "unix: and a path of at most 107 bytes",
            "\"unix:/run/sts/admin.sock\"",
        ],
    ),
    key(
        "tls",
        Words("refused, unless `proxy` or `development`"),
        [
            "Certificate of the public listener. The files are read again when they are replaced.",
            "map",
            "{cert_file: tls.crt, key_file: tls.key}",
        ],
    ),
    key(
        "tls.cert_file",
        Refused,
        ["The certificate, and those that lead to its root, in PEM.", PATH, "tls.crt"],
    ),
    key("tls.key_file", Refused, ["Its private key, in PEM.", PATH, "tls.key"]),
    key(
        "proxy",
        Words("no header is believed"),
        [
            "In place of `tls`, behind balancers that end TLS: the caller's address in entries is from their `X-Forwarded-For`.",
            "map",
            "{trusted: [10.0.0.0/8]}",
        ],
    ),
    key(
        "proxy.trusted",
        Refused,
        ["Networks of the balancers.", "list of networks, not empty", "[10.0.0.0/8]"],
    ),
    key(
        "store",
        Refused,
        ["Where keys, ledger and used tokens are kept.", "map", "{url: \"sqlite:state/sts.db\"}"],
    ),
    key(
        "store.url",
        Refused,
        [
            "A file of the embedded database, created at the first start, for one server at a time; or a PostgreSQL database that replicas share: `postgres://USER@HOST/DATABASE`.",
            "`sqlite:` and a path, or a PostgreSQL URL without a password",
            "\"postgres://sts@db.example.com/sts\"",
        ],
    ),
    key(
        "store.password_file",
        Words("none: the server is known by other means"),
        [
            "The password for PostgreSQL, read again at each connection.",
            PATH,
            "/etc/sts/db-password",
        ],
    ),
    key(
        "store.ca_file",
        Words("the authorities of the system"),
        [
            "The authorities by which PostgreSQL's certificate is verified, as PEM.",
            PATH,
            "db-ca.pem",
        ],
    ),
    key(
        "seal",
        Refused,
        ["What signing keys are sealed with in the store.", "map", "{kind: file, key_file: kek}"],
    ),
    key(
        "seal.kind",
        Refused,
        [
            "Where the key-encryption key is. The keys of each kind but `file` are in the table below.",
            "`file`, `pkcs11`, `transit` or `aws_kms`",
            "file",
        ],
    ),
    key(
        "seal.key_file",
        Refused,
        [
            "With `file`: 32 random bytes that only the server's user may read. Created with the store, and never for one that holds keys. Keep it on another volume than the store.",
            PATH,
            "/etc/sts/kek",
        ],
    ),
    key(
        "seal.previous",
        Words("what another key sealed is refused"),
        [
            "The key that sealed before this one, of any kind, with the same keys as `seal`. It only opens, until `sts keys rewrap` has sealed everything under the new one.",
            "map",
            "{kind: file, key_file: old-kek}",
        ],
    ),
    key(
        "keys",
        Words("the defaults below"),
        ["The server's own signing keys.", "map", "{rotation_period: 7d}"],
    ),
    key(
        "keys.algorithms",
        Value("[ES256]"),
        [
            "What keys are kept for. Audiences ask for RS256 where whoever receives their tokens needs it.",
            "list of `ES256`, `RS256`, not empty",
            "[ES256, RS256]",
        ],
    ),
    key(
        "keys.rotation_period",
        Value("7d"),
        [
            "How long one key signs. At least `publish_ahead`, and at least `verifier_cache` + `leeway`; not so short that more than 5 keys of an algorithm would be published at once.",
            DURATION,
            "7d",
        ],
    ),
    key(
        "keys.publish_ahead",
        Value("24h"),
        ["How long a key is published before it signs, at least.", DURATION, "24h"],
    ),
    key(
        "keys.verifier_cache",
        Value("1h"),
        [
            "How long verifiers may keep the key set. A key stays published this long after its last token ended.",
            DURATION,
            "1h",
        ],
    ),
    key(
        "keys.signer",
        Words("the server's process signs"),
        [
            "A PKCS #11 token that generates signing keys and signs; they never leave it. Its keys are in the table below.",
            "map",
            "{kind: pkcs11, module: /usr/lib/softhsm/libsofthsm2.so, token: hsm, pin_file: pin}",
        ],
    ),
    key(
        "tokens",
        Words("the defaults below"),
        ["The tokens that the server issues, and those that it is shown.", "map", "{ttl_max: 15m}"],
    ),
    key(
        "tokens.ttl_max",
        Value("15m"),
        [
            "The longest life of an issued token. Audiences and policies can only shorten it.",
            "duration, at most 1h",
            "15m",
        ],
    ),
    key(
        "tokens.leeway",
        Value("30s"),
        [
            "How far the clocks of issuers, verifiers and this server may differ.",
            "duration, at most 5m",
            "30s",
        ],
    ),
    key(
        "endpoints",
        Words("the issuer, followed by `/token` and `/jwks`"),
        [
            "URLs that discovery publishes, where they are not below the issuer.",
            "map",
            "{token: \"https://sts-private.example.com/token\"}",
        ],
    ),
    key(
        "endpoints.token",
        Words("the issuer, followed by `/token`"),
        ["Where tokens are exchanged.", "https URL", "https://sts-private.example.com/token"],
    ),
    key(
        "endpoints.jwks",
        Words("the issuer, followed by `/jwks`"),
        ["Where the key set is.", "https URL", "https://sts.example.com/jwks"],
    ),
];

fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().chain(kinds::KEYS).find(|key| key.path == path)
}

/// The key itself, without the map that it stands in.
fn last(path: &'static str) -> &'static str {
    path.rsplit_once('.').map_or(path, |(_, key)| key)
}

/// What to write for a key, and what it is.
pub(super) fn advice(path: &'static str) -> String {
    find(path).map(|key| format!("write {}: {}", last(path), key.example)).unwrap_or_default()
}

/// What a configuration cannot do without, for one that is empty.
pub(super) fn needed() -> String {
    let refused = |key: &&Key| matches!(key.without, Refused) && !key.path.contains('.');
    let paths: Vec<_> = KEYS.iter().filter(refused).map(|key| key.path).collect();
    format!("it needs {}; sts dev --once writes a whole one: .sts-dev/sts.yaml", paths.join(", "))
}

/// Takes a key that must be there; its fault shows what to write.
pub(super) fn required<'a>(fields: &mut Fields<'a>, path: &'static str) -> Option<&'a Node> {
    fields.required_with_help(last(path), || advice(path))
}

/// Begins to read a map; the fault of anything else shows one.
pub(super) fn map<'a>(lower: Lower<'a>, node: &'a Node, path: &'static str) -> Option<Fields<'a>> {
    if !matches!(node.kind, Kind::Map(_)) {
        let message = format!("{path} is a map, not {}", node.describe());
        lower.fault_with_help(node.place, message, advice(path));
        return None;
    }
    lower.fields(node, path)
}

/// The items of a list; the fault of anything else shows one.
pub(super) fn list<'a>(lower: Lower<'a>, node: &'a Node, path: &'static str) -> Option<&'a [Node]> {
    if !matches!(node.kind, Kind::List(_)) {
        let message = format!("{path} is a list, not {}", node.describe());
        lower.fault_with_help(node.place, message, advice(path));
        return None;
    }
    Some(node.items())
}
