//! `trust-bundle.json`.

use crate::shapes::{
    Key, audience, document, duration, filled, flag, formed, list, map, names, optional, required,
    text, value, word,
};
use serde_json::{Value, json};
use sts_core::limits::LIST_ITEMS_MAX;
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
        ),
        optional(
            "audiences",
            list(
                "`aud` of its tokens: exactly one of these. Left out, it is our own issuer.",
                audience("An audience, exactly."),
            ),
        ),
        required("keys", keys()),
        required("algorithms", filled("What its keys may sign with, and no more.", algorithm)),
        optional(
            "profile",
            word("Rules about the shape of tokens that need code.", &["generic", "github-actions"]),
        ),
        optional(
            "admit",
            names(
                "Who is let in where others than you can get tokens of the issuer: claims to lists of values. All claims must fit.",
                filled("The values that are let in.", value("A value, in the claim's own type.")),
            ),
        ),
        optional("subject_token", subject_token()),
        required("claims", json!({"$ref": "#/$defs/claims"})),
    ]
}

fn keys() -> Value {
    let mut keys = map(
        "Where the issuer's key set is: exactly one of discovery, jwks_uri and file.",
        [
            optional("discovery", flag("Through the issuer's discovery document.")),
            optional("jwks_uri", text("At this URL.")),
            optional("file", text("In this file, beside the document; sts trust pin writes one.")),
            optional(
                "hosts",
                list("Hosts beside the issuer's own that may serve the key set.", text("A host.")),
            ),
            optional(
                "network",
                list(
                    "Private networks that may be connected to.",
                    text("A network, as 10.0.0.0/8."),
                ),
            ),
            optional(
                "ca_file",
                text(
                    "Certificates that the issuer's host is verified with, instead of the public ones.",
                ),
            ),
            optional(
                "token_file",
                text("A bearer token for the host of the key set only, read again at each fetch."),
            ),
            optional(
                "max_stale",
                duration("How long known keys are used in an outage. Default: 6h."),
            ),
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
                duration("A token that lives longer is refused. Default: 1h."),
            ),
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
                "Its name in expressions, where its own cannot be written there.",
                "^[A-Za-z_][A-Za-z0-9_]*$",
            ),
        ),
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
                "Whether entries hold only a keyed hash of it. Such a claim is usable in pins, and in == and in with literals.",
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
                "The values that a string may have; a token with another one is refused.",
                text("A value."),
            ),
        ),
        optional(
            "outside",
            list(
                "The values that people without write access can bring about; some of enum, where there is one.",
                text("A value."),
            ),
        ),
        optional(
            "actor",
            flag(
                "Whether it says who started the workload, rather than which one it is. Default: false.",
            ),
        ),
        optional("items", word("The type of a list's items.", &["string", "int", "bool"])),
        optional(
            "max",
            json!({"description": "The most items that a list may have. Default: 64.", "type": "integer", "minimum": 1, "maximum": LIST_ITEMS_MAX}),
        ),
        optional("claims", json!({"$ref": "#/$defs/claims"})),
    ]
}
