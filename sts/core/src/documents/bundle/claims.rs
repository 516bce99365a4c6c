//! `claims:` of a trust bundle: a closed list.

use crate::documents::characters;
use crate::limits::{LIST_ITEMS_DEFAULT, LIST_ITEMS_MAX};
use crate::trust::{ClaimSpec, SpecType, Trust};
use std::collections::BTreeMap;
use sts_wire::yaml::{Fields, Kind, Lower, Node};

/// Reads a map of claims; the keys are names in the token, `as` renames them for expressions.
pub(super) fn read(lower: Lower<'_>, node: &Node) -> Option<BTreeMap<String, ClaimSpec>> {
    let Kind::Map(entries) = &node.kind else {
        lower.fault(node.place, format!("claims is a map, not {}", node.describe()));
        return None;
    };
    let mut claims = BTreeMap::new();
    let mut sound = true;
    for (key, value) in entries {
        let Some((alias, spec)) = claim(lower, key, value) else {
            sound = false;
            continue;
        };
        if claims.insert(alias.clone(), spec).is_some() {
            lower.fault(key.place, format!("two claims are called {alias} in expressions"));
        }
    }
    // With a claim missing, every policy that reads it would seem to be at fault.
    sound.then_some(claims)
}

fn claim(lower: Lower<'_>, key: &Node, node: &Node) -> Option<(String, ClaimSpec)> {
    let wire_name = key.scalar().unwrap_or_default();
    let mut fields = lower.fields(node, "a claim")?;
    let alias =
        fields.optional("as").and_then(|node| lower.string(node, "as")).unwrap_or(wire_name);
    if !is_identifier(alias) {
        let help = "give it a plain name for expressions, as in {as: k8s}";
        lower.fault_with_help(
            key.place,
            format!("{alias} cannot be written in an expression"),
            help,
        );
    }
    let claim_type = claim_type(lower, &mut fields);
    let outside = fields.optional("outside");
    let actor = fields.boolean("actor").unwrap_or(false);
    let required = fields.boolean("required").unwrap_or(false);
    let identity = fields.boolean("identity").unwrap_or(false);
    let sensitive = fields.boolean("sensitive").unwrap_or(false);
    let trust = match fields.optional("trust") {
        None => Some(Trust::Caller),
        Some(node) => trust(lower, node),
    };
    fields.finish();
    let claim_type = claim_type?;
    let spec = ClaimSpec {
        wire_name: wire_name.to_owned(),
        outside: outside.map(|node| outsiders(lower, node, &claim_type)).unwrap_or_default(),
        claim_type,
        actor,
        required,
        trust: trust?,
        identity,
        sensitive,
    };
    Some((alias.to_owned(), spec))
}

/// Values that outsiders can bring about: some of the `enum`, where there is one.
fn outsiders(lower: Lower<'_>, node: &Node, claim_type: &SpecType) -> Vec<String> {
    let SpecType::String(known) = claim_type else {
        lower.fault(node.place, "outside belongs to type: string");
        return Vec::new();
    };
    let listed = |item: &Node| {
        let text = lower.string(item, "a value")?;
        if known.as_ref().is_some_and(|known| !known.iter().any(|value| value == text)) {
            lower.fault(item.place, format!("{text} is not among the values of enum"));
            return None;
        }
        Some(text.to_owned())
    };
    lower.list(node, "outside").unwrap_or_default().iter().filter_map(listed).collect()
}

fn trust(lower: Lower<'_>, node: &Node) -> Option<Trust> {
    match node.scalar() {
        Some("platform") => Some(Trust::Platform),
        Some("writer") => Some(Trust::Writer),
        Some("caller") => Some(Trust::Caller),
        _ => {
            lower.fault(node.place, "trust is platform, writer or caller");
            None
        }
    }
}

/// The values of `enum`: texts that claims are compared with.
fn enumerated(lower: Lower<'_>, node: &Node) -> Vec<String> {
    for item in node.items() {
        characters::plain(lower, item, item.scalar().unwrap_or_default());
    }
    strings(lower, node)
}

fn claim_type(lower: Lower<'_>, fields: &mut Fields<'_>) -> Option<SpecType> {
    let node = fields.required("type")?;
    let values = fields.optional("enum");
    let items = fields.optional("items");
    let max = fields.optional("max");
    let members = fields.optional("claims");
    let misplaced = |node: Option<&Node>, message: &str| {
        if let Some(node) = node {
            lower.fault(node.place, message);
        }
    };
    let text = lower.string(node, "type")?;
    if text != "string" {
        misplaced(values, "enum belongs to type: string");
    }
    if text != "list" {
        misplaced(items, "items belongs to type: list");
        misplaced(max, "max belongs to type: list");
    }
    if text != "object" {
        misplaced(members, "claims belongs to type: object");
    }
    match text {
        "string" => Some(SpecType::String(values.map(|node| enumerated(lower, node)))),
        "bool" => Some(SpecType::Bool),
        "int" => Some(SpecType::Int),
        "list" => list(lower, node, items, max),
        "object" => match members {
            Some(members) => read(lower, members).map(SpecType::Object),
            None => {
                lower.fault(node.place, "an object lists its claims");
                None
            }
        },
        other => {
            let help = "types are string, bool, int, list and object";
            lower.fault_with_help(node.place, format!("there is no claim type {other}"), help);
            None
        }
    }
}

fn list(
    lower: Lower<'_>,
    node: &Node,
    items: Option<&Node>,
    max: Option<&Node>,
) -> Option<SpecType> {
    let item = match items.map(|node| (node, node.scalar())) {
        None => {
            lower.fault(node.place, "a list says the type of its items");
            return None;
        }
        Some((_, Some("string"))) => SpecType::String(None),
        Some((_, Some("int"))) => SpecType::Int,
        Some((_, Some("bool"))) => SpecType::Bool,
        Some((node, _)) => {
            lower.fault(node.place, "items are string, int or bool");
            return None;
        }
    };
    let limit = match max {
        None => LIST_ITEMS_DEFAULT,
        Some(node) => match lower.number(node, "max")? {
            limit @ 1..=LIST_ITEMS_MAX => limit,
            _ => {
                lower.fault(node.place, "max is between 1 and 256");
                return None;
            }
        },
    };
    Some(SpecType::List(Box::new(item), limit))
}

pub(super) fn strings(lower: Lower<'_>, node: &Node) -> Vec<String> {
    let items = lower.list(node, "a list of strings").unwrap_or_default();
    items.iter().filter_map(|item| lower.string(item, "an item")).map(str::to_owned).collect()
}

/// A name that can be selected in CEL.
fn is_identifier(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let first = text.bytes().next().is_some_and(letter);
    let reserved = [
        "in",
        "true",
        "false",
        "null",
        "has",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ];
    let selectable = !reserved.contains(&text) || text == "namespace";
    first && selectable && text.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}
