//! `audience.json` and `guardrail.json`, which lie beside the team folders; and `document.json`, which picks.

use crate::shapes::{
    audience, condition, document, duration, filled, list, map, name, optional, required, scope,
    text, whole, word,
};
use serde_json::{Value, json};
use sts_jose::SigningAlgorithm;

pub(crate) fn audiences() -> Value {
    let algorithms = SigningAlgorithm::ALL.map(SigningAlgorithm::name);
    document(
        "Audience",
        "A target: who owns it, who may grant it, and what its tokens look like.",
        [
            required("audience", audience("`aud` of its tokens, exactly.")),
            required(
                "granted_by",
                list(
                    "Team folders whose policies may grant it.",
                    text("A folder under policies/."),
                ),
            ),
            optional("scopes", list("What can be granted.", scope("A scope."))),
            optional(
                "token",
                map(
                    "What its tokens look like.",
                    [
                        optional(
                            "algorithm",
                            word(
                                "RS256 where whoever receives them needs it. Default: ES256.",
                                &algorithms,
                            ),
                        ),
                        optional("ttl_max", duration("The longest that one may live; at most 1h.")),
                    ],
                ),
            ),
            optional(
                "introspection",
                list(
                    "Policies whose tokens authenticate those that ask for introspection.",
                    name("Name of a trust policy."),
                ),
            ),
        ],
    )
}

pub(crate) fn guardrail() -> Value {
    document(
        "Guardrail",
        "What nobody may do, whatever policies say. It can only deny, and never expires.",
        [
            required(
                "applies_to",
                map(
                    "Which exchanges it is held against.",
                    [
                        required(
                            "trust_bundles",
                            filled(
                                "Names of trust bundles, or [\"*\"] for all.",
                                text("A trust bundle."),
                            ),
                        ),
                        required(
                            "audiences",
                            filled("Audiences, or [\"*\"] for all.", text("An audience.")),
                        ),
                    ],
                ),
            ),
            required(
                "deny_if",
                filled("One that holds denies, and so does an error.", condition()),
            ),
        ],
    )
}

/// Any file: by its kind, or a file of test cases, which has none.
pub(crate) fn any() -> Value {
    let of = |kind: &str, file: &str| {
        json!({
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"$ref": file},
        })
    };
    let kinds = ["TrustBundle", "Audience", "TrustPolicy", "Guardrail"];
    let shape = json!({
        "description": "Any document under the folders of trust bundles and policies.",
        "type": "object",
        "if": {"required": ["policy", "tests"]},
        "then": {"$ref": "cases.json"},
        "else": {
            "required": ["apiVersion", "kind", "metadata"],
            "properties": {"kind": word("What the document is.", &kinds)},
            "allOf": [
                of("TrustBundle", "trust-bundle.json"),
                of("Audience", "audience.json"),
                of("TrustPolicy", "trust-policy.json"),
                of("Guardrail", "guardrail.json"),
            ],
        },
    });
    whole("Document", shape)
}
