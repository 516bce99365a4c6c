//! What Markdown says and where it points, code aside.

use crate::lexer::is_word;
use crate::tree;

/// Numbered lines outside fenced blocks, as written.
fn unfenced(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    tree::numbered(text).filter(move |(_, line)| {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        let prose = fence.is_none() && mark.is_none();
        if fence.is_none() {
            fence = mark;
        } else if fence == mark {
            fence = None;
        }
        prose
    })
}

/// A line without what stands between backticks.
pub(crate) fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}

/// What stands between backticks, each with its line; fenced blocks aside.
pub(crate) fn inline_code(text: &str) -> Vec<(usize, String)> {
    let pieces = |(line, text): (usize, &str)| {
        let inside = text.split('`').skip(1).step_by(2).map(str::to_owned);
        inside.map(|piece| (line, piece)).collect::<Vec<_>>()
    };
    unfenced(text).flat_map(pieces).collect()
}

/// Numbered lines of prose, fenced and inline code removed.
pub(crate) fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    unfenced(text).map(|(line, text)| (line, without_code(text)))
}

/// The targets of inline links, images and reference definitions, each with its line.
pub(crate) fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, text) in prose(text) {
        let inline = text.split("](").skip(1).map(destination);
        let defined = text.trim_start().strip_prefix('[').filter(|rest| !rest.starts_with('^'));
        let defined = defined.and_then(|rest| rest.split_once("]:")).map(|(_, rest)| rest.trim());
        let all = inline.chain(defined.map(str::to_owned));
        found.extend(all.filter_map(|target| {
            let first = target.split_whitespace().next()?;
            Some((line, first.trim_matches(['<', '>']).to_owned()))
        }));
    }
    found
}

/// What comes before the parenthesis that closes a link; the destination may hold pairs of them.
fn destination(rest: &str) -> String {
    let mut depth = 1_i32;
    let inside = rest.chars().take_while(|c| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth > 0
    });
    inside.collect()
}

/// The anchors a page offers: its headings as GitHub names them, and explicit ids.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, line) in unfenced(text) {
        for attribute in ["id=\"", "name=\""] {
            let ids = line.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(ids.map(str::to_owned));
        }
        let level = line.chars().take_while(|c| *c == '#').count();
        let Some(title) = line.get(level..).filter(|rest| level > 0 && rest.starts_with(' '))
        else {
            continue;
        };
        let slug = slug(title);
        let repeated = (1..).map(|n| format!("{slug}-{n}"));
        let free = std::iter::once(slug.clone()).chain(repeated).find(|name| !found.contains(name));
        found.extend(free);
    }
    found
}

fn slug(title: &str) -> String {
    let mut parts = title.split("](");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.extend(part.chars().skip(destination(part).chars().count()));
    }
    let kept = shown.trim().chars().filter(|c| is_word(*c) || matches!(c, ' ' | '-'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn code_is_neither_prose_nor_a_link() {
    let page = "a `[x](b)`\n```\n[x](c)\n```\n[`x`](d \"t\") ![i](e_(f).png)\n[r]: <g>\n[^n]: h";
    let found: Vec<_> = targets(page).into_iter().collect();
    let wanted = [(5, "d"), (5, "e_(f).png"), (6, "g")];
    assert_eq!(found, wanted.map(|(line, target)| (line, target.to_owned())));
}

#[test]
fn headings_become_the_anchors_github_gives_them() {
    let page = "# A `b_c`: §1.2, d!\n## Same\n## Same\n```\n# no\n```\n## [L](x.md) m\n<a id=\"Own\"></a>\n#no";
    assert_eq!(anchors(page), ["a-b_c-12-d", "same", "same-1", "l-m", "Own"]);
}
