//! What schemas are made of.

use serde_json::{Map, Value, json};

/// The dialect of every file.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// A key of a map.
pub(crate) struct Key {
    name: &'static str,
    required: bool,
    shape: Value,
}

impl Key {
    /// Shows editors, and readers of the page, such a value.
    pub(crate) fn like(mut self, example: impl Into<Value>) -> Self {
        self.shape["examples"] = json!([example.into()]);
        self
    }
}

/// A key that must be there.
pub(crate) fn required(name: &'static str, shape: Value) -> Key {
    Key { name, required: true, shape }
}

/// A key that may be left out.
pub(crate) fn optional(name: &'static str, shape: Value) -> Key {
    Key { name, required: false, shape }
}

/// A map with these keys and no others.
pub(crate) fn map(says: &str, keys: impl IntoIterator<Item = Key>) -> Value {
    let mut properties = Map::new();
    let mut needed = Vec::new();
    for key in keys {
        if key.required {
            needed.push(key.name);
        }
        properties.insert(key.name.to_owned(), key.shape);
    }
    json!({
        "description": says, "type": "object", "properties": properties,
        "required": needed, "additionalProperties": false,
    })
}

/// A map whose keys are names of the author's, each with such a value.
pub(crate) fn names(says: &str, value: Value) -> Value {
    json!({"description": says, "type": "object", "additionalProperties": value})
}

/// A list.
pub(crate) fn list(says: &str, items: Value) -> Value {
    json!({"description": says, "type": "array", "items": items})
}

/// A list that is not empty.
pub(crate) fn filled(says: &str, items: Value) -> Value {
    json!({"description": says, "type": "array", "items": items, "minItems": 1})
}

/// Text.
pub(crate) fn text(says: &str) -> Value {
    json!({"description": says, "type": "string"})
}

/// Text of a form.
pub(crate) fn formed(says: &str, pattern: &str) -> Value {
    json!({"description": says, "type": "string", "pattern": pattern})
}

/// `true` or `false`.
pub(crate) fn flag(says: &str) -> Value {
    json!({"description": says, "type": "boolean"})
}

/// One of these words.
pub(crate) fn word(says: &str, words: &[&str]) -> Value {
    json!({"description": says, "enum": words})
}

/// `wire::names::Name`.
pub(crate) fn name(says: &str) -> Value {
    json!({"description": says, "type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$", "maxLength": 100})
}

/// `wire::names::Audience`: visible ASCII without blanks.
pub(crate) fn audience(says: &str) -> Value {
    json!({
        "description": says, "type": "string", "pattern": "^[!-~]+$", "maxLength": 1024,
        "not": {"const": "*"},
    })
}

/// `wire::names::Scope`.
pub(crate) fn scope(says: &str) -> Value {
    json!({"description": says, "type": "string", "pattern": "^[!#-\\[\\]-~]+$", "maxLength": 1024})
}

/// `wire::time::Seconds`, whose bounds a pattern cannot say.
pub(crate) fn duration(says: &str) -> Value {
    let says = format!("{says} A whole number with a unit: 30s, 15m, 12h or 7d.");
    formed(&says, "^[0-9]+[smhd]$")
}

/// A date, which lasts until its end.
pub(crate) fn date(says: &str) -> Value {
    formed(&format!("{says} As 2027-06-30."), "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
}

/// CEL.
pub(crate) fn expression(says: &str) -> Value {
    text(&format!("{says} CEL; policies/EXPRESSIONS.md says what it may say."))
}

/// A value that a claim is compared with.
pub(crate) fn value(says: &str) -> Value {
    json!({"description": says, "type": ["string", "boolean", "integer"]})
}

/// `{id, expr}`.
pub(crate) fn condition() -> Value {
    map(
        "One condition. Its id appears in answers, its expression never.",
        [
            required("id", name("What answers and entries call it.")).like("main-branch"),
            required("expr", expression("Holds or does not; an error counts as not."))
                .like("assertion.ref == 'refs/heads/main'"),
        ],
    )
}

/// A document of a kind: what every document begins with, and its own keys.
pub(crate) fn document(kind: &str, says: &str, own: impl IntoIterator<Item = Key>) -> Value {
    // Its reader knows the key, in order to say why it is refused; editors do not offer it.
    let never =
        json!({"description": "A guardrail never expires.", "not": {}, "doNotSuggest": true});
    let guardrail = kind == "Guardrail";
    let review =
        date("When somebody looks at it again: warned of from 30 days before. Default: never.");
    let expires =
        date("The last day on which it is in force: warned of from 14 days before. Default: none.");
    let metadata = [
        required("name", name("The name by which other documents, answers and entries call it."))
            .like("shop-deploy-prod"),
        required("owner", text("The team that is asked about it.")).like("team-shop"),
        optional("review_by", review).like("2027-06-30"),
        if guardrail {
            optional("expires", never)
        } else {
            optional("expires", expires).like("2027-06-30")
        },
    ];
    let head = [
        required(
            "apiVersion",
            json!({"description": "The version of the format.", "const": "sts/v1"}),
        ),
        required("kind", json!({"description": "What the document is.", "const": kind})),
        required("metadata", map("Whose document it is.", metadata)),
    ];
    whole(kind, map(says, head.into_iter().chain(own)))
}

/// A file of its own.
pub(crate) fn whole(title: &str, shape: Value) -> Value {
    let mut file = Map::new();
    file.insert("$schema".to_owned(), json!(DIALECT));
    file.insert("title".to_owned(), json!(title));
    if let Value::Object(members) = shape {
        file.extend(members);
    }
    Value::Object(file)
}
