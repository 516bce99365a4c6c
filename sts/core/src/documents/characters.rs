//! Characters that make a document mean something else than a person reads.

use std::sync::Arc;
use sts_expr::codes;
use sts_wire::characters::{Deceit, breaks_lines, deceit_in, turns_order};
use sts_wire::diagnostic::{Place, Problems, Source};
use sts_wire::yaml::{Lower, Node};

/// Whether the lines of a file are those that are seen, in their order; if not, nothing of it is believed.
///
/// SECURITY: whoever reviews a change would see another one (CVE-2021-42574). Comments count: a
/// value can be made to look like a part of one. A carriage return alone ends a line, and a comment, for YAML
/// and for few editors. Of `\r\n` nothing is left in a line.
pub(super) fn in_order(source: &Arc<Source>, problems: &Problems) -> bool {
    let found = source.text.lines().enumerate().find_map(|(number, line)| {
        let (index, c) =
            line.chars().enumerate().find(|(_, c)| turns_order(*c) || breaks_lines(*c))?;
        let place = Place { line: number.saturating_add(1), column: index.saturating_add(1) };
        Some((place, Deceit::Hidden(c)))
    });
    if let Some((place, deceit)) = found {
        report(problems, (source, place), deceit);
    }
    found.is_none()
}

/// Refuses a text that is compared with claims and is not what it looks like.
pub(super) fn plain(lower: Lower<'_>, node: &Node, text: &str) {
    if let Some((_, deceit)) = deceit_in(text) {
        report(lower.problems, (lower.source, node.place), deceit);
    }
}

fn report(problems: &Problems, at: (&Arc<Source>, Place), deceit: Deceit) {
    let help =
        "write it anew, as it is meant: it may have been copied from where it deceives on purpose";
    let message = format!("the text has {deceit}");
    problems.add_with_code(at.0, at.1, (codes::DECEIT, message, Some(help.to_owned())));
}
