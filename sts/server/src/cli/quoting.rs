//! Text of others inside documents that we write: it stays one value, whatever it holds.

use crate::output::is_odd;
use serde_json::Value;
use std::fmt::Write as _;

/// Words that some reader of YAML takes for something else than text.
const WORDS: [&str; 10] =
    ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "undefined"];

/// A JSON string is a YAML string with one reading. What cannot be seen is escaped.
#[must_use]
pub(crate) fn quoted(text: &str) -> String {
    let json = Value::from(text).to_string();
    json.chars().fold(String::new(), |mut text, c| {
        escape_or_push(&mut text, c);
        text
    })
}

/// Without quotes where these are not needed.
#[must_use]
pub(crate) fn plain(text: &str) -> String {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let word = WORDS.contains(&text.to_ascii_lowercase().as_str()) || text.parse::<f64>().is_ok();
    // One blank between words: more would look like an alignment, which people mend.
    let parts = || text.split(' ').all(|part| !part.is_empty() && part.chars().all(inner));
    if first && !word && parts() { text.to_owned() } else { quoted(text) }
}

/// A value on one line.
#[must_use]
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| format!("{}: {}", plain(name), flow(value));
            let members: Vec<_> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text of an expression.
#[must_use]
pub(crate) fn cel(text: &str) -> String {
    let mut literal = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\\') {
            literal.push('\\');
        }
        escape_or_push(&mut literal, c);
    }
    literal.push('\'');
    literal
}

/// The escapes of YAML and CEL are the same.
fn escape_or_push(text: &mut String, c: char) {
    let code = u32::from(c);
    if !is_odd(c) {
        text.push(c);
    } else if code > 0xffff {
        let _always = write!(text, "\\U{code:08x}");
    } else {
        let _always = write!(text, "\\u{code:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;
    use sts_expr::{Claim, ClaimType, Engine, Inputs, Schema, Use};
    use sts_wire::diagnostic::{Problems, Source};
    use sts_wire::yaml::read_documents;

    const HOSTILE: [&str; 20] = [
        "x'] || true",
        "x\"}\nadmit: {}",
        "\\",
        "\\'",
        "# no comment",
        "a: b",
        "{a}",
        "line\nbreak\r\t",
        "\u{85}\u{2028}\u{feff}\u{202e}\u{7f}\u{1}\u{e0041}",
        "é ✓ 🦀",
        "true",
        "No",
        "inf",
        "65",
        "",
        "refs/heads/main",
        "two words",
        "a  b",
        "a ",
        "a - b",
    ];

    fn scalar(text: String) -> Option<String> {
        let source = Arc::new(Source { name: "x".to_owned(), text });
        let problems = Problems::default();
        let documents = read_documents(&source, &problems);
        assert!(problems.is_empty(), "{}", source.text);
        documents.first()?.get("k")?.scalar().map(str::to_owned)
    }

    #[test]
    fn text_of_others_is_read_back_as_it_was() {
        for text in HOSTILE {
            assert_eq!(scalar(format!("k: {}\n", quoted(text))).as_deref(), Some(text));
            assert_eq!(scalar(format!("k: {} # x\n", plain(text))).as_deref(), Some(text));
            assert_eq!(
                scalar(format!("{{a: {}, k: {}}}\n", plain(text), plain(text))).as_deref(),
                Some(text)
            );
        }
        assert_eq!(
            (plain("refs/heads/main"), plain("65")),
            ("refs/heads/main".into(), "\"65\"".into())
        );
        assert_eq!(flow(&json!({"a": {"b c": [1, true, "no"]}})), r#"{a: {b c: [1, true, "no"]}}"#);
    }

    #[test]
    fn text_of_others_is_only_compared_with_in_an_expression() {
        let engine = Engine::default();
        let claim = Claim {
            claim_type: ClaimType::String { values: None },
            present: true,
            sensitive: false,
        };
        let schema = Schema { claims: [("a".to_owned(), claim)].into() };
        for text in HOSTILE {
            let source = format!("assertion.a == {}", cel(text));
            assert!(!source.chars().any(char::is_control));
            let compiled = match engine.compile(&source, Use::Condition, &schema) {
                Ok(compiled) => compiled,
                Err(faults) => {
                    let deceives = |c: char| is_odd(c) && !c.is_ascii_control();
                    assert!(text.chars().any(deceives), "{source}");
                    assert_eq!(faults.first().map(|fault| fault.code), Some("C018"));
                    continue;
                }
            };
            for (value, holds) in [(text, true), ("anything else", false)] {
                let claims = json!({"a": value});
                let inputs = Inputs::new(&engine, claims.as_object().unwrap());
                assert_eq!(compiled.holds(&inputs), Ok(holds), "{source}");
            }
        }
    }
}
