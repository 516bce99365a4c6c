//! `trust-policy.json` and `cases.json`.

use crate::shapes::{
    audience, condition, date, document, duration, expression, flag, formed, list, map, name,
    names, optional, required, scope, text, value, whole, word,
};
use serde_json::{Value, json};
use sts_core::limits::{CONDITIONS_MAX, MINTED_CLAIMS_MAX};

pub(crate) fn schema() -> Value {
    let mut conditions = list("All must hold.", condition());
    conditions["maxItems"] = json!(CONDITIONS_MAX);
    let pins = "Equality, by claim; a member of an object by its path, as k8s.namespace. A token that does not match all of them is no candidate, and learns nothing.";
    document(
        "TrustPolicy",
        "Who may have what.",
        [
            required("trust_bundle", name("Whose tokens it speaks of.")),
            optional("pins", names(pins, value("The value, in the claim's own type."))),
            optional("conditions", conditions),
            required("grant", grant()),
            optional("mode", word("shadow: decided and recorded, and never grants.", &["shadow"])),
            optional(
                "replay",
                word(
                    "single_use: refused when the token was used for anything before.",
                    &["single_use"],
                ),
            ),
            optional("waive", list("Lints that are let pass, and until when.", waiver())),
            optional("tests", tests()),
        ],
    )
}

pub(crate) fn cases() -> Value {
    let shape = map(
        "Test cases of a policy, in a file of their own: NAME.cases.yaml.",
        [required("policy", name("Name of the trust policy.")), required("tests", tests())],
    );
    whole("Cases", shape)
}

fn grant() -> Value {
    let claims = "Claims of the issued token beside those that the server sets, by name.";
    let mut claims = names(claims, expression("The value."));
    claims["maxProperties"] = json!(MINTED_CLAIMS_MAX);
    map(
        "What is issued.",
        [
            required(
                "audience",
                audience("The one audience; a document of kind Audience declares it."),
            ),
            required(
                "subject",
                expression(
                    "`sub` of the issued token, at most 127 bytes, as subject('gha', assertion.repository_id).",
                ),
            ),
            optional("scopes", list("Of those that the audience has.", scope("A scope."))),
            required(
                "ttl",
                map(
                    "How long the issued token lives.",
                    [
                        required("max", duration("At most this long.")),
                        optional(
                            "within_subject_token",
                            flag("Whether it ends with the subject token at the latest."),
                        ),
                    ],
                ),
            ),
            optional("claims", claims),
        ],
    )
}

fn waiver() -> Value {
    map(
        "One lint that is let pass.",
        [
            required(
                "lint",
                formed("Its id; policies/LINTS.md has a section for each.", "^L[0-9]{3}$"),
            ),
            required("reason", formed("Why the policy is right all the same.", "\\S")),
            required("expires", date("The last day on which it is let pass.")),
        ],
    )
}

fn tests() -> Value {
    let claims = |says: &str| json!({"description": says, "type": "object"});
    let mut case = map(
        "Claims, as policies see them, against this policy alone.",
        [
            required("name", text("What it shows.")),
            optional("claims", claims("All of the claims; left out, those of the first case.")),
            optional(
                "from",
                text(
                    "A fixture to take the claims from: the payload of a token, as fixtures/main.json beside the file or in the folder of policies.",
                ),
            ),
            optional("set", claims("What is different.")),
            optional("unset", list("What is not there.", text("A claim, by its path."))),
            required("expect", word("What must come out.", &["permit", "deny"])),
            optional(
                "failed",
                list(
                    "With deny: exactly the conditions that do not hold; pins.CLAIM for a pin.",
                    text("Id of a condition."),
                ),
            ),
            optional("minted", claims("With permit: claims that the issued token must have.")),
            optional("ttl", duration("With permit: how long it would live.")),
        ],
    );
    let only = |expect: &str, other: &str| json!({"if": {"properties": {"expect": {"const": expect}}}, "then": {"properties": {other: false}}});
    case["allOf"] = json!([only("permit", "failed"), only("deny", "minted")]);
    list(
        "Run by sts policy check and sts policy test. set and unset change the first case, or what from names.",
        case,
    )
}
