//! The public conformance tests of CEL, for the library as we configure it: its
//! parser, its evaluator, and the environment of [`Engine`], without our checker,
//! which lets far less through. They show that what we let through means what CEL
//! says; a result where the specification demands an error is a failure.
//!
//! The vectors lie outside the repository, in the folder that `STS_VECTORS`
//! names; without it the test says so and passes.

#[cfg(test)]
mod textproto;

#[cfg(test)]
mod conformance {
    use super::textproto::{self, Field, Message};
    use crate::compile::{Engine, on_large_stack};
    use cel::objects::Key;
    use cel::{Context, Value};
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    #[expect(clippy::disallowed_methods, reason = "these tests are the adapter of their vectors")]
    fn files() -> Option<BTreeMap<String, Message>> {
        let folder = std::env::var_os("STS_VECTORS").map(PathBuf::from);
        let Some(folder) = folder.filter(|path| path.is_dir()) else {
            eprintln!("skipped: vectors are absent (STS_VECTORS names no folder)");
            return None;
        };
        let entries = std::fs::read_dir(folder.join("cel-spec/tests/simple/testdata")).unwrap();
        let files = entries.map(|entry| entry.unwrap().path()).filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(".textproto")?.to_owned();
            Some((name, textproto::read(&std::fs::read_to_string(&path).unwrap())))
        });
        Some(files.collect())
    }

    /// Why a whole file is left out.
    const LEFT_OUT: [(&str, &str); 10] = [
        ("bindings_ext", "an extension"),
        ("block_ext", "an extension"),
        ("encoders_ext", "an extension"),
        ("macros2", "an extension"),
        ("math_ext", "an extension"),
        ("network_ext", "an extension"),
        ("proto2_ext", "an extension"),
        ("string_ext", "an extension"),
        ("optionals", "optional values are off"),
        ("type_deduction", "the specification's checker, ours is another"),
    ];

    /// What a test is left out for; None for one that runs.
    fn reason(test: &Message, expression: &str) -> Option<&'static str> {
        let messages = ["google.protobuf", "TestAllTypes", "cel.expr.", "GlobalEnum", "NestedEnum"];
        let value = test.message("value");
        let bound =
            test.messages("bindings").filter_map(|one| one.message("value")?.message("value"));
        if test.has("container") || messages.iter().any(|name| expression.contains(name)) {
            return Some("messages");
        }
        if bound.chain(value).any(|value| value.has("object_value") || value.has("enum_value")) {
            return Some("messages");
        }
        if value.is_some_and(|value| value.has("type_value")) {
            return Some("types as results");
        }
        if test.has("check_only") || test.has("typed_result") {
            return Some("the specification's checker, ours is another");
        }
        if expression.contains(".`") {
            return Some("quoted names are off");
        }
        test.has("disable_macros").then_some("macros are always on")
    }

    fn to_value(message: &Message) -> Value {
        let Some((name, field)) = message.only() else { return Value::Null };
        match (name, field) {
            ("null_value", _) => Value::Null,
            ("bool_value", Field::Word(word)) => Value::Bool(word == "true"),
            ("int64_value", Field::Word(word)) => Value::Int(integer(word)),
            ("uint64_value", Field::Word(word)) => Value::UInt(word.parse().unwrap()),
            ("double_value", Field::Word(word)) => Value::Float(match word.as_str() {
                "Infinity" => f64::INFINITY,
                "-Infinity" => f64::NEG_INFINITY,
                number => number.parse().unwrap(),
            }),
            ("string_value", Field::Text(text)) => {
                Value::String(String::from_utf8(text.clone()).unwrap().into())
            }
            ("bytes_value", Field::Text(bytes)) => Value::Bytes(bytes.clone().into()),
            ("list_value", Field::Message(list)) => {
                Value::List(list.messages("values").map(to_value).collect::<Vec<_>>().into())
            }
            ("map_value", Field::Message(map)) => {
                let entry = |entry: &Message| {
                    let part = |name| to_value(entry.message(name).unwrap());
                    (key(part("key")), part("value"))
                };
                Value::Map(
                    map.messages("entries")
                        .map(entry)
                        .collect::<std::collections::HashMap<_, _>>()
                        .into(),
                )
            }
            other => panic!("no value: {other:?}"),
        }
    }

    fn integer(word: &str) -> i64 {
        let hex = word.strip_prefix("0x").map(|digits| i64::from_str_radix(digits, 16));
        hex.unwrap_or_else(|| word.parse()).unwrap()
    }

    fn key(value: Value) -> Key {
        match value {
            Value::Int(number) => Key::Int(number),
            Value::UInt(number) => Key::Uint(number),
            Value::Bool(flag) => Key::Bool(flag),
            Value::String(text) => Key::String(text),
            other => panic!("no key: {other:?}"),
        }
    }

    /// The same type and the same value: CEL's own `==` holds between 1 and 1u.
    fn same(left: &Value, right: &Value) -> bool {
        match (left, right) {
            (Value::Float(left), Value::Float(right)) => {
                left == right || (left.is_nan() && right.is_nan())
            }
            (Value::List(left), Value::List(right)) => {
                left.len() == right.len() && left.iter().zip(right.iter()).all(|(l, r)| same(l, r))
            }
            (Value::Map(left), Value::Map(right)) => {
                let found =
                    |(key, value)| right.map.get(key).is_some_and(|other| same(value, other));
                left.map.len() == right.map.len() && left.map.iter().all(found)
            }
            _ => left.type_of().to_string() == right.type_of().to_string() && left == right,
        }
    }

    fn run(engine: &Engine, test: &Message, expression: &str) -> bool {
        let mut context = Context::with_env(engine.env.clone());
        for binding in test.messages("bindings") {
            let value = binding.message("value").and_then(|value| value.message("value"));
            context.add_variable_from_value(binding.text("key").unwrap(), to_value(value.unwrap()));
        }
        let program = engine.env.compile(expression);
        let result = program.map(|program| Value::resolve(program.expression(), &context));
        let wrong = test.has("eval_error");
        match (result, test.message("value")) {
            (Ok(Ok(result)), Some(expected)) => !wrong && same(&result, &to_value(expected)),
            (Ok(Ok(result)), None) => !wrong && same(&result, &Value::Bool(true)),
            (Ok(Err(_)) | Err(_), _) => wrong,
        }
    }

    /// A file, how many of its tests pass, and how many are left out and why.
    type Row = (&'static str, usize, &'static [(&'static str, usize)]);

    const EXPECTED: [Row; 30] = [
        ("basic", 43, &[]),
        ("bindings_ext", 0, &[("an extension", 8)]),
        ("block_ext", 0, &[("an extension", 37)]),
        ("comparisons", 334, &[("messages", 72)]),
        ("conversions", 87, &[("types as results", 22)]),
        ("dynamic", 0, &[("messages", 226)]),
        ("encoders_ext", 0, &[("an extension", 4)]),
        ("enums", 0, &[("messages", 85)]),
        ("fields", 54, &[("quoted names are off", 6)]),
        ("fp_math", 30, &[]),
        ("integer_math", 64, &[]),
        ("lists", 39, &[]),
        ("logic", 30, &[]),
        ("macros", 44, &[]),
        ("macros2", 0, &[("an extension", 46)]),
        ("math_ext", 0, &[("an extension", 199)]),
        ("namespace", 3, &[("messages", 11)]),
        ("network_ext", 0, &[("an extension", 69)]),
        ("optionals", 0, &[("optional values are off", 70)]),
        ("parse", 193, &[("messages", 26)]),
        ("plumbing", 5, &[]),
        ("proto2", 0, &[("messages", 118)]),
        ("proto2_ext", 0, &[("an extension", 18)]),
        ("proto3", 0, &[("messages", 85)]),
        ("string", 51, &[]),
        ("string_ext", 0, &[("an extension", 216)]),
        ("timestamps", 73, &[("messages", 3), ("types as results", 2)]),
        ("type_deduction", 0, &[("the specification's checker, ours is another", 47)]),
        ("unknowns", 0, &[]),
        ("wrappers", 0, &[("messages", 36)]),
    ];

    #[derive(Debug, Default)]
    struct Tally {
        passed: usize,
        failed: Vec<String>,
        skipped: BTreeMap<&'static str, usize>,
    }

    fn tally(engine: &Engine, file: &str, message: &Message) -> Tally {
        let mut tally = Tally::default();
        let whole = LEFT_OUT.iter().find(|(name, _)| *name == file).map(|(_, reason)| *reason);
        for section in message.messages("section") {
            for test in section.messages("test") {
                let expression = test.text("expr").unwrap_or_default();
                if let Some(reason) = whole.or_else(|| reason(test, &expression)) {
                    *tally.skipped.entry(reason).or_default() += 1;
                } else if run(engine, test, &expression) {
                    tally.passed += 1;
                } else {
                    let names = [section, test].map(|one| one.text("name").unwrap_or_default());
                    tally.failed.push(names.join("/"));
                }
            }
        }
        tally
    }

    #[test]
    fn what_we_evaluate_means_what_the_specification_says() {
        let Some(files) = files() else { return };
        let engine = Engine::default();
        let tallies: BTreeMap<_, _> = on_large_stack(|| {
            files.iter().map(|(name, file)| (name.as_str(), tally(&engine, name, file))).collect()
        });
        let failed: Vec<_> = tallies.iter().filter(|(_, tally)| !tally.failed.is_empty()).collect();
        assert!(failed.is_empty(), "{failed:?}");
        let counts = tallies.iter().map(|(name, tally)| {
            let skipped: Vec<_> = tally.skipped.iter().map(|(why, count)| (*why, *count)).collect();
            (*name, tally.passed, skipped)
        });
        let expected =
            EXPECTED.iter().map(|(name, passed, skipped)| (*name, *passed, skipped.to_vec()));
        assert_eq!(counts.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        let passed: usize = tallies.values().map(|tally| tally.passed).sum();
        assert_eq!(passed, 1050);
    }

    #[test]
    fn a_test_is_failed_by_another_value_another_type_and_a_missing_error() {
        let engine = Engine::default();
        for (text, passes) in [
            ("expr: '1 + 1' value { int64_value: 2 }", true),
            ("expr: '1 + 1' value { int64_value: 3 }", false),
            ("expr: '1 + 1' value { uint64_value: 2 }", false),
            ("expr: '[1]' value { list_value { values { double_value: 1 } } }", false),
            ("expr: '1 / 0' eval_error { errors { message: 'divide by zero' } }", true),
            ("expr: '1 / 0' value { int64_value: 0 }", false),
            ("expr: '1' eval_error { errors { message: 'x' } }", false),
            ("expr: '1 == 1'", true),
            ("expr: '1 == 2'", false),
            ("expr: 'x' bindings { key: 'x' value { value { bool_value: true } } }", true),
            ("expr: 'size(\\'\\\\303\\\\251\\') == 2'  # octal", true),
        ] {
            let test = textproto::read(text);
            let passed = on_large_stack(|| run(&engine, &test, &test.text("expr").unwrap()));
            assert_eq!(passed, passes, "{text}");
        }
    }
}
