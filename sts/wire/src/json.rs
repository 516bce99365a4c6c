//! JSON as it must be where trust depends on it: one meaning per text.
//!
//! RFC 8259 §4 leaves duplicate members to the receiver and §6 leaves large
//! numbers to it; we refuse both, as two parsers that disagree are an attack
//! (RFC 8725 §2.4 and §3.12 are about the same class of confusion).

use crate::limits::JSON_DEPTH_MAX;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};
use std::fmt;

/// Above this magnitude a floating-point number no longer names one integer.
const EXACT_FLOAT_MAX: f64 = 9_007_199_254_740_992.0;

/// The text is not JSON that we accept; the message names the fault, not the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotStrictJson(String);

/// Reads one JSON value and nothing after it.
///
/// # Errors
/// Not UTF-8, not JSON, a member twice in one object at any depth, deeper than
/// [`JSON_DEPTH_MAX`], an integer that cannot be held exactly, or trailing text.
/// Fractions are read as doubles.
pub fn parse(bytes: &[u8]) -> Result<Value, NotStrictJson> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotStrictJson("not UTF-8".to_owned()))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0 }
        .deserialize(&mut reader)
        .map_err(|error| NotStrictJson(error.to_string()))?;
    reader.end().map_err(|error| NotStrictJson(error.to_string()))?;
    Ok(value)
}

/// Reads one JSON object; see [`parse`].
///
/// # Errors
/// As [`parse`], or the value is not an object.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, NotStrictJson> {
    match parse(bytes)? {
        Value::Object(members) => Ok(members),
        _ => Err(NotStrictJson("not a JSON object".to_owned())),
    }
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= JSON_DEPTH_MAX {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { depth: self.depth.saturating_add(1) })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let exact = value.abs() < EXACT_FLOAT_MAX;
        let number = Number::from_f64(value).filter(|_| exact);
        number.map(Value::Number).ok_or_else(|| E::custom("number cannot be held exactly"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            match members.entry(name) {
                Entry::Vacant(member) => {
                    member.insert(entries.next_value_seed(inner)?);
                }
                Entry::Occupied(_) => {
                    return Err(A::Error::custom("a member appears twice in one object"));
                }
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_json_is_read_exactly() {
        let value = parse(br#" {"a":[1,-2,0.5,true,null,"x"],"b":{"a":9007199254740993}} "#);
        assert_eq!(
            value.unwrap().to_string(),
            r#"{"a":[1,-2,0.5,true,null,"x"],"b":{"a":9007199254740993}}"#
        );
    }

    #[test]
    fn a_member_twice_is_refused_at_any_depth_also_through_escapes() {
        for text in
            [r#"{"sub":1,"sub":1}"#, r#"{"sub":1,"\u0073ub":2}"#, r#"[{"x":{"y":1,"y":2}}]"#]
        {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(br#"{"a":{"x":1},"b":{"x":1}}"#).is_ok());
    }

    #[test]
    fn numbers_that_lose_digits_are_refused() {
        for text in ["1e400", "18446744073709551616", "1e16", "NaN", "01", "+1", "-"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        for text in ["18446744073709551615", "-9223372036854775808", "1e3", "1700000000.5"] {
            assert!(parse(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn trailing_text_bad_utf8_and_lone_surrogates_are_refused() {
        assert!(parse(b"{} x").is_err());
        assert!(parse(b"{}{}").is_err());
        assert!(parse(b"\"\xff\"").is_err());
        assert!(parse(br#""\ud800""#).is_err());
        assert!(parse(b"\xef\xbb\xbf{}").is_err());
        assert!(parse(b"{} \n").is_ok());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(JSON_DEPTH_MAX).as_bytes()).is_ok());
        assert!(parse(nested(JSON_DEPTH_MAX + 1).as_bytes()).is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }
}
