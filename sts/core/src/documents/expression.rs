//! Expressions inside documents: compiled where they stand, so that a fault
//! points into the file.

use super::Loader;
use crate::limits::CONDITIONS_MAX;
use crate::policy::Condition;
use std::collections::BTreeSet;
use sts_expr::{Compiled, Schema, Use};
use sts_wire::diagnostic::Place;
use sts_wire::names::Name;
use sts_wire::yaml::{Kind, Lower, Node};

impl Loader<'_> {
    /// Compiles the expression in a scalar.
    pub(super) fn expression(
        &self,
        lower: Lower<'_>,
        node: &Node,
        usage: Use,
        schema: &Schema,
    ) -> Option<Compiled> {
        let text = lower.string(node, "an expression")?;
        match self.engine.compile(text, usage, schema) {
            Ok(compiled) => Some(compiled),
            Err(faults) => {
                for fault in faults {
                    let place = inside(node, fault.offset, text);
                    lower.fault_with_code(place, fault.code, fault.message, fault.help);
                }
                None
            }
        }
    }

    /// Compiles a list of `{id, expr}`.
    pub(super) fn conditions(
        &self,
        lower: Lower<'_>,
        items: &[Node],
        (usage, schema): (Use, &Schema),
    ) -> Vec<Condition> {
        let mut ids = BTreeSet::new();
        let mut conditions = Vec::new();
        for item in items {
            let Some(mut fields) = lower.fields(item, "a condition") else {
                continue;
            };
            let id = fields.parsed("id", Name::new);
            let expression = fields.required("expr");
            fields.finish();
            let compiled = expression.and_then(|node| self.expression(lower, node, usage, schema));
            let (Some(id), Some(node), Some(expression)) = (id, expression, compiled) else {
                continue;
            };
            if !ids.insert(id.clone()) {
                lower.fault(item.place, format!("the condition id {id} is used twice"));
            }
            let text = expression.source();
            let range = (inside(node, 0, text), inside(node, text.chars().count(), text));
            conditions.push(Condition { id, expression, range });
        }
        let together = conditions.iter().map(|condition| &condition.expression);
        if let (Some(fault), Some(first)) = (Compiled::too_costly_together(together), items.first())
        {
            lower.fault_with_code(first.place, fault.code, fault.message, fault.help);
        }
        conditions.shrink_to_fit();
        if let Some(extra) = items.get(CONDITIONS_MAX) {
            lower.fault(extra.place, "more than 32 conditions");
        }
        conditions
    }
}

/// The place of a character of an expression in its file. Exact for text on
/// one line, which is how conditions are written; for others the beginning.
pub(super) fn inside(node: &Node, offset: usize, text: &str) -> Place {
    let quoted = matches!(&node.kind, Kind::Scalar { quoted: true, .. });
    if text.contains('\n') {
        return node.place;
    }
    let column = node.place.column.saturating_add(usize::from(quoted)).saturating_add(offset);
    Place { line: node.place.line, column }
}
