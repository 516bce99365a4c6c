//! `trust-bundle.json`.

use crate::shapes::{
    Key, audience, document, duration, filled, flag, formed, list, map, names, optional, required,
    text, value, word,
};
use serde_json::{Value, json};
use sts_core::limits::{LIST_ITEMS_DEFAULT, LIST_ITEMS_MAX, SUBJECT_TOKEN_LIFETIME_DEFAULT};
use sts_jose::Algorithm;

pub(crate) fn schema() -> Value {
    let mut schema = document(
        "TrustBundle",
        "Whose tokens count, how their keys are found, and what their claims mean.",
        own(),
    );
    schema["$defs"] = json!({"claims": names(
        "A closed list, by the claim's name in the token: what is not named here is invisible to policies.",
        claim(),
    )});
    schema
}

fn own() -> Vec<Key> {
    let algorithms = Algorithm::ALL.map(Algorithm::name);
    let algorithm = word("What a key of the issuer signs with.", &algorithms);
    vec![
        required(
            "issuer",
            formed(
                "`iss` of its tokens, letter by letter: a slash at the end counts. spiffe://trust-domain for a trust domain.",
                "^(https?|spiffe)://[^/?#\\s][^?#\\s]*$",
            ),
        ).like("https://token.actions.githubusercontent.com"),
        optional(
            "audiences",
            list(
                "`aud` of its tokens: exactly one of these. Left out, it is our own issuer.",
                audience("An audience, exactly."),
            ),
        ).like(json!(["https://sts.example.com"])),
        required("keys", keys()),
        required("algorithms", filled("What its keys may sign with, and no more.", algorithm)).like(json!(["RS256"])),
        optional(
            "profile",
            word("Rules about the shape of tokens that need code. Default: generic.", &["generic", "github-actions"]),
        ),
        optional(
            "admit",
            names(
                "Who is let in: claims to lists of values. All claims must fit. Required where the issuer serves the world; left out elsewhere, every token of the issuer is let in.",
                filled("The values that are let in.", value("A value, in the claim's own type.")),
            ),
        ).like(json!({"repository_owner_id": ["65"]})),
        optional("subject_token", subject_token()),
        required("claims", json!({"$ref": "#/$defs/claims"})),
    ]
}

fn keys() -> Value {
    let mut keys = map(
        "Where the issuer's key set is: exactly one of discovery, jwks_uri and file.",
        [
            optional("discovery", flag("true: through the issuer's discovery document. Default: false.")),
            optional("jwks_uri", text("At this URL. Default: none.")).like("https://login.example.com/keys"),
            optional("file", text("In this file; its path begins at the document. sts trust pin writes one. Default: none.")).like("keys.json"),
            optional(
                "hosts",
                list("Hosts beside the issuer's own that may serve the key set. Default: none.", text("A host.")),
            ).like(json!(["keys.example.com"])),
            optional(
                "network",
                list(
                    "Private networks that may be connected to, also by an address in place of a host name. Default: none.",
                    text("A network, as 10.0.0.0/8."),
                ),
            ).like(json!(["10.0.0.0/8"])),
            optional(
                "ca_file",
                text(
                    "File of the certificates that the issuer's host is verified with. Default: the public ones.",
                ),
            ).like("ca.pem"),
            optional(
                "token_file",
                text("File of a bearer token for the host of the key set only, read again at each fetch. Default: none is sent."),
            ).like("/var/run/secrets/kubernetes.io/serviceaccount/token"),
            optional(
                "max_stale",
                duration("How long known keys are used in an outage. Default: 6h."),
            ).like("6h"),
        ],
    );
    let no_discovery = json!({"properties": {"discovery": {"const": false}}});
    keys["oneOf"] = json!([
        {"required": ["discovery"], "properties": {"discovery": {"const": true}, "jwks_uri": false, "file": false}},
        {"required": ["jwks_uri"], "properties": {"file": false}, "allOf": [no_discovery]},
        {"required": ["file"], "properties": {"jwks_uri": false}, "allOf": [no_discovery]},
    ]);
    keys
}

fn subject_token() -> Value {
    map(
        "How long a token of the issuer may live, and how often it may be used.",
        [
            optional(
                "max_lifetime",
                duration(&format!("A token that lives longer is refused. Default: {SUBJECT_TOKEN_LIFETIME_DEFAULT}.")),
            )
            .like("15m"),
            optional(
                "replay",
                word(
                    "How often one token may be exchanged. Default: reusable.",
                    &["single_use", "once_per_audience", "reusable"],
                ),
            ),
            optional(
                "id_claim",
                word(
                    "What identifies a token: its jti, or the hash of what was signed where the platform gives no id. Default: jti.",
                    &["jti", "signing_input"],
                ),
            ),
        ],
    )
}

fn claim() -> Value {
    let mut claim = map("One claim.", claim_keys());
    let only = |wanted: &str, needs: &[&str], others: &[&str]| {
        let never: Value = others.iter().map(|key| ((*key).to_owned(), json!(false))).collect();
        json!({
            "if": {"properties": {"type": {"const": wanted}}, "required": ["type"]},
            "then": {"required": needs, "properties": never},
        })
    };
    claim["allOf"] = json!([
        only("string", &[], &["items", "max", "claims"]),
        only("bool", &[], &["enum", "outside", "items", "max", "claims"]),
        only("int", &[], &["enum", "outside", "items", "max", "claims"]),
        only("list", &["items"], &["enum", "outside", "claims"]),
        only("object", &["claims"], &["enum", "outside", "items", "max"]),
    ]);
    claim
}

fn claim_keys() -> Vec<Key> {
    let types = ["string", "bool", "int", "list", "object"];
    vec![
        optional(
            "as",
            formed(
                "Its name in expressions, where its own cannot be written there. Default: its own.",
                "^[A-Za-z_][A-Za-z0-9_]*$",
            ),
        ).like("k8s"),
        required("type", word("Its type. A token whose claim has another one is refused.", &types)),
        optional("required", flag("Whether a token without it is refused. Default: false.")),
        optional(
            "identity",
            flag(
                "Whether it says who the caller is, and is never given to somebody else. Default: false.",
            ),
        ),
        optional(
            "sensitive",
            flag(
                "Whether entries hold only a keyed hash of it. Such a claim is usable in pins, and in == and in with literals. Default: false.",
            ),
        ),
        optional(
            "trust",
            word(
                "Who chooses its value: the platform alone; whoever can write to the project; or the workload itself. Default: caller.",
                &["platform", "writer", "caller"],
            ),
        ),
        optional(
            "enum",
            list(
                "The values that a string may have; a token with another one is refused. Default: any.",
                text("A value."),
            ),
        ).like(json!(["push", "workflow_dispatch", "pull_request"])),
        optional(
            "outside",
            list(
                "The values that people without write access can bring about; some of enum, where there is one. Default: none.",
                text("A value."),
            ),
        ).like(json!(["pull_request"])),
        optional(
            "actor",
            flag(
                "Whether it says who started the workload, rather than which one it is. Default: false.",
            ),
        ),
        optional("items", word("The type of a list's items; a list needs it.", &["string", "int", "bool"])),
        optional(
            "max",
            json!({"description": format!("The most items that a list may have. Default: {LIST_ITEMS_DEFAULT}."), "type": "integer", "minimum": 1, "maximum": LIST_ITEMS_MAX}),
        ).like(64),
        optional("claims", json!({"$ref": "#/$defs/claims"})),
    ]
}
