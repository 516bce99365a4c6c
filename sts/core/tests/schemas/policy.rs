//! `trust-policy.json` and `cases.json`.

use crate::shapes::{
    audience, condition, date, document, duration, expression, flag, formed, list, map, name,
    names, optional, required, scope, text, value, whole, word,
};
use serde_json::{Value, json};
use sts_core::limits::{CONDITIONS_MAX, MINTED_CLAIMS_MAX, TTL_CAP};

pub(crate) fn schema() -> Value {
    let mut conditions = list("All must hold. Default: none.", condition());
    conditions["maxItems"] = json!(CONDITIONS_MAX);
    let pins = "Equality, by claim; a member of an object by its path, as k8s.namespace. A token that does not match all of them is no candidate, and learns nothing. Default: none.";
    document(
        "TrustPolicy",
        "Who may have what.",
        [
            required("trust_bundle", name("Whose tokens it speaks of.")).like("github-actions"),
            optional("pins", names(pins, value("The value, in the claim's own type.")))
                .like(json!({"repository_owner_id": "65", "repository_id": "74"})),
            optional("conditions", conditions),
            required("grant", grant()),
            optional(
                "mode",
                word(
                    "shadow: decided and recorded, and never grants. Default: it grants.",
                    &["shadow"],
                ),
            ),
            optional(
                "replay",
                word(
                    "single_use: refused when the token was used for anything before. Default: what the trust bundle says.",
                    &["single_use"],
                ),
            ),
            optional(
                "waive",
                list("Lints that are let pass, and until when. Default: none.", waiver()),
            ),
            optional("tests", tests()),
        ],
    )
}

pub(crate) fn cases() -> Value {
    let shape = map(
        "Test cases of a policy, in a file of their own: NAME.cases.yaml.",
        [
            required("policy", name("Name of the trust policy.")).like("shop-deploy-prod"),
            required("tests", tests()),
        ],
    );
    whole("Cases", shape)
}

fn grant() -> Value {
    let claims =
        "Claims of the issued token beside those that the server sets, by name. Default: none.";
    let mut claims = names(claims, expression("The value."));
    claims["maxProperties"] = json!(MINTED_CLAIMS_MAX);
    map(
        "What is issued.",
        [
            required(
                "audience",
                audience("The one audience; a document of kind Audience declares it."),
            ).like("https://deploy.example.com"),
            required(
                "subject",
                expression(
                    "`sub` of the issued token, at most 127 bytes, as subject('gha', assertion.repository_id).",
                ),
            ).like("subject('gha', assertion.repository_id)"),
            optional("scopes", list("Of those that the audience has. Default: none.", scope("A scope."))).like(json!(["deploy:shop"])),
            required(
                "ttl",
                map(
                    "How long the issued token lives.",
                    [
                        required("max", duration(&format!("The longest that it may live, as are the audience's and the server's: the least of them holds; at most {TTL_CAP}."))).like("10m"),
                        optional(
                            "within_subject_token",
                            flag("Whether it ends with the subject token at the latest. Default: false."),
                        ),
                    ],
                ),
            ),
            optional("claims", claims).like(json!({"run_id": "has(assertion.run_id) ? assertion.run_id : ''"})),
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
            )
            .like("L004"),
            required("reason", formed("Why the policy is right all the same.", "\\S"))
                .like("tags are protected, only the release bot makes them"),
            required("expires", date("The last day on which it is let pass.")).like("2027-06-30"),
        ],
    )
}

fn tests() -> Value {
    let claims = |says: &str| json!({"description": says, "type": "object"});
    let mut case = map(
        "Claims, as policies see them, against this policy alone.",
        [
            required("name", text("What it shows.")).like("a branch"),
            optional("claims", claims("All of the claims; left out, those of the first case."))
                .like(json!({"repository_owner_id": "65", "repository_id": "74"})),
            optional(
                "from",
                text(
                    "A fixture to take the claims from: the payload of a token, as fixtures/main.json beside the file or in the folder of policies. Default: none.",
                ),
            ).like("fixtures/github-actions.json"),
            optional("set", claims("What is different. Default: nothing.")).like(json!({"ref": "refs/heads/x"})),
            optional("unset", list("What is not there. Default: nothing.", text("A claim, by its path."))).like(json!(["environment"])),
            required("expect", word("What must come out.", &["permit", "deny"])),
            optional(
                "failed",
                list(
                    "With deny: exactly the conditions that do not hold; pins.CLAIM for a pin. Default: any.",
                    text("Id of a condition."),
                ),
            ).like(json!(["main-branch"])),
            optional("minted", claims("With permit: claims that the issued token must have. Default: any.")).like(json!({"sub": "gha:74:production"})),
            optional("ttl", duration("With permit: how long it would live. Default: any.")).like("10m"),
        ],
    );
    let only = |expect: &str, other: &str| json!({"if": {"properties": {"expect": {"const": expect}}}, "then": {"properties": {other: false}}});
    case["allOf"] = json!([only("permit", "failed"), only("deny", "minted")]);
    list(
        "Run by sts policy check and sts policy test. set and unset change the first case, or what from names. Default: none.",
        case,
    )
}
