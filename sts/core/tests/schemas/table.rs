//! A schema as rows: one a key, with its path, what it is, its values and an example.

use serde_json::Value;
use std::fmt::Write as _;

/// A key of a map, somewhere in a document.
pub(crate) struct Row {
    /// Its path: `metadata.name`, `tests[].name`, `claims.CLAIM.type`.
    pub(crate) key: String,
    required: bool,
    says: String,
    value: String,
    example: Option<Value>,
    holds_keys: bool,
    listed: bool,
}

/// What forms say at their end, for editors; the page says it once, at its head.
const SAID_ONCE: [&str; 3] = [
    " A whole number with a unit: 30s, 15m, 12h or 7d.",
    " As 2027-06-30.",
    " CEL; policies/EXPRESSIONS.md says what it may say.",
];

impl Row {
    /// The key of the document that it is, or lies under.
    pub(crate) fn first(&self) -> &str {
        self.key.split(['.', '[']).next().unwrap()
    }

    /// Whether a reader sees a value: an example, a list of all, or keys below.
    pub(crate) fn is_shown(&self) -> bool {
        self.example.is_some() || self.listed || self.holds_keys
    }

    /// Whether a reader who leaves it out knows what is then.
    pub(crate) fn says_what_is_without_it(&self) -> bool {
        let said = ["Default: ", "eft out", "needs it", "never expires"];
        self.required || self.holds_keys || said.iter().any(|word| self.says.contains(word))
    }
}

/// Every key of a schema, parents before what they hold.
pub(crate) fn rows(schema: &Value) -> Vec<Row> {
    let mut found = Vec::new();
    below(schema, schema, "", &mut found);
    found
}

/// The schema that a reference stands for.
fn followed<'a>(shape: &'a Value, root: &'a Value) -> &'a Value {
    match shape.get("$ref").and_then(Value::as_str) {
        Some(target) => root.pointer(target.trim_start_matches('#')).unwrap(),
        None => shape,
    }
}

fn below(shape: &Value, root: &Value, at: &str, into: &mut Vec<Row>) {
    let required = |key: &str| {
        shape["required"].as_array().is_some_and(|all| all.iter().any(|one| one == key))
    };
    for (key, inner) in shape["properties"].as_object().into_iter().flatten() {
        let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        // Claims hold claims: the rows above tell of both.
        let again = inner.get("$ref").is_some() && at.ends_with(".CLAIM");
        let inner = followed(inner, root);
        into.push(row(path.clone(), required(key), inner, again));
        if !again {
            inside(inner, root, &path, into);
        }
    }
}

fn inside(shape: &Value, root: &Value, path: &str, into: &mut Vec<Row>) {
    below(shape, root, path, into);
    if let Some(items) = shape.get("items") {
        below(items, root, &format!("{path}[]"), into);
    }
    if let Some(named @ Value::Object(_)) = shape.get("additionalProperties") {
        below(named, root, &format!("{path}.CLAIM"), into);
    }
}

fn holds_keys(shape: &Value) -> bool {
    let inner = |key: &str| shape.get(key).is_some_and(|inner| inner.get("properties").is_some());
    shape.get("properties").is_some() || inner("items") || inner("additionalProperties")
}

fn row(key: String, required: bool, shape: &Value, again: bool) -> Row {
    let mut says = shape["description"].as_str().unwrap().to_owned();
    for once in SAID_ONCE {
        says = says.replace(once, "");
    }
    if again {
        says = "The claims in an object, each with the same keys; an object needs it.".to_owned();
    }
    let value = value(shape);
    let listed = value.starts_with('`') || value == "true or false" || shape.get("not").is_some();
    let example = shape.pointer("/examples/0").cloned();
    Row { key, required, says, value, example, holds_keys: holds_keys(shape), listed }
}

/// What a value is, and its limits.
fn value(shape: &Value) -> String {
    if let Some(only) = shape.get("const").and_then(Value::as_str) {
        return format!("`{only}`");
    }
    if let Some(words) = shape.get("enum").and_then(Value::as_array) {
        let words: Vec<_> =
            words.iter().map(|word| format!("`{}`", word.as_str().unwrap())).collect();
        return words.join(", ");
    }
    let number = |key: &str| shape.get(key).and_then(Value::as_u64);
    match shape["type"].as_str() {
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => {
            format!(
                "whole number, {} to {}",
                number("minimum").unwrap(),
                number("maximum").unwrap()
            )
        }
        Some("array") => {
            let items = &shape["items"];
            let what =
                if items.get("properties").is_some() { "map".to_owned() } else { value(items) };
            let least = number("minItems").map_or("", |_| ", not empty");
            let most =
                number("maxItems").map(|most| format!(", at most {most}")).unwrap_or_default();
            format!("list of {what}{least}{most}")
        }
        Some("object") => {
            let most = number("maxProperties").map(|most| format!(", at most {most} keys"));
            format!("map{}", most.unwrap_or_default())
        }
        Some("string") => text(shape),
        _ => "text, whole number, true or false".to_owned(),
    }
}

/// The form of a text, by the pattern that its maker gave it.
fn text(shape: &Value) -> String {
    let says = shape["description"].as_str().unwrap_or_default();
    let form = match shape["pattern"].as_str().unwrap_or_default() {
        "^[0-9]+[smhd]$" => "duration",
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => "date",
        "^[a-z0-9][a-z0-9_-]*$" => return "name".to_owned(),
        "^[!-~]+$" => return "audience".to_owned(),
        "^[!#-\\[\\]-~]+$" => return "scope".to_owned(),
        _ if says.ends_with(SAID_ONCE[2]) => "expression",
        _ => "text",
    };
    form.to_owned()
}

/// Rows as a table.
pub(crate) fn markdown(rows: impl Iterator<Item = Row>) -> String {
    let mut table = "| key | what it is | value | example |\n|---|---|---|---|\n".to_owned();
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    for row in rows {
        let needed = if row.required { " (required)" } else { "" };
        let example = row.example.map(|example| format!("`{}`", yaml(&example)));
        let cells = [row.says, row.value, example.unwrap_or_default()].map(|text| cell(&text));
        writeln!(table, "| `{}`{needed} | {} |", row.key, cells.join(" | ")).unwrap();
    }
    table
}

/// A value as a person would write it, on one line.
fn yaml(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(yaml).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{key}: {}", yaml(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_date = text.split('-').count() == 3 && text.len() == 10;
    let is_duration = text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_alphabetic());
    let quiet =
        !text.contains([',', '[', ']', '{', '}', '#', '"', '\'', '?']) && !text.contains(": ");
    quiet && (first || is_date || is_duration)
}
