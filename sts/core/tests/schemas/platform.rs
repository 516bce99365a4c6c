//! `audience.json` and `guardrail.json`, which lie beside the team folders; and `document.json`, which picks.

use crate::shapes::{
    audience, condition, document, duration, filled, list, map, name, optional, required, scope,
    text, whole, word,
};
use serde_json::{Value, json};
use sts_core::limits::{CONDITIONS_MAX, TTL_CAP};
use sts_jose::SigningAlgorithm;

pub(crate) fn audiences() -> Value {
    let algorithms = SigningAlgorithm::ALL.map(SigningAlgorithm::name);
    document(
        "Audience",
        "A target: who owns it, who may grant it, and what its tokens look like.",
        [
            required("audience", audience("`aud` of its tokens, exactly.")).like("https://deploy.example.com"),
            required(
                "granted_by",
                list(
                    "Team folders whose policies may grant it.",
                    text("A folder under policies/."),
                ),
            ).like(json!(["shop"])),
            optional("scopes", list("What can be granted. Default: none.", scope("A scope."))).like(json!(["deploy:shop"])),
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
                        optional("ttl_max", duration(&format!("The longest that one may live; at most {TTL_CAP}. Default: tokens.ttl_max of the server."))).like("15m"),
                    ],
                ),
            ),
            optional(
                "introspection",
                list(
                    "Policies whose tokens would authenticate those that ask for introspection, which is not served: without effect. Default: none.",
                    name("Name of a trust policy."),
                ),
            ).like(json!(["shop-deploy-prod"])),
        ],
    )
}

pub(crate) fn guardrail() -> Value {
    let mut deny_if = filled("One that holds denies, and so does an error.", condition());
    deny_if["maxItems"] = json!(CONDITIONS_MAX);
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
                        )
                        .like(json!(["github-actions"])),
                        required(
                            "audiences",
                            filled("Audiences, or [\"*\"] for all.", text("An audience.")),
                        )
                        .like(json!(["*"])),
                    ],
                ),
            ),
            required("deny_if", deny_if),
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
