//! Two blanks a level.

use super::line::{Line, Plain};

/// A list or map that is open: its column before, and the one it gets.
#[derive(Clone, Copy)]
struct Level {
    is_list: bool,
    old: usize,
    new: usize,
}

/// Gives every line the indentation of its level. What runs over several lines moves with the line that it
/// begins in, and a comment with the line that it stands above.
pub(super) fn mend(lines: Vec<Line>) -> Vec<Line> {
    let mut levels: Vec<Level> = Vec::new();
    let mut mended: Vec<Line> = Vec::new();
    // Where a line came from and went to, for what goes on with it.
    let mut moved = (0, 0);
    let mut comments = Vec::new();
    for line in lines {
        match line {
            Line::Comment { indent, text } => {
                comments.push((mended.len(), indent));
                mended.push(Line::Comment { indent, text });
            }
            Line::Plain(plain) => {
                let old = plain.indent;
                place_comments(&mut mended, &comments, &levels, None);
                let plain = place(plain, &mut levels);
                moved = (old, plain.indent);
                place_comments(&mut mended, &comments, &levels, Some(moved));
                comments.clear();
                mended.push(Line::Plain(plain));
            }
            Line::Raw(text) => mended.push(Line::Raw(shift(&text, moved))),
            Line::Separator => {
                levels.clear();
                mended.push(Line::Separator);
            }
            Line::Blank => mended.push(Line::Blank),
        }
    }
    place_comments(&mut mended, &comments, &levels, None);
    mended
}

/// The line at its new place; `levels` are those that are open after it.
fn place(plain: Plain, levels: &mut Vec<Level>) -> Plain {
    let is_list = !plain.dashes.is_empty();
    let column = plain.indent;
    while levels.last().is_some_and(|top| top.old > column) {
        levels.pop();
    }
    // A list may stand in the column of the key that it belongs to.
    if levels.last().is_some_and(|top| top.old == column && top.is_list && !is_list) {
        levels.pop();
    }
    let known = levels.last().is_some_and(|top| top.old == column && top.is_list == is_list);
    if !known {
        let new = levels.last().map_or(0, |top| top.new.saturating_add(2));
        levels.push(Level { is_list, old: column, new });
    }
    let indent = levels.last().map_or(0, |top| top.new);
    let (mut old, mut new) = (column, indent);
    let mut dashes = plain.dashes.iter().peekable();
    // A dash alone opens nothing in its own line.
    let alone = plain.text.is_empty() || plain.text.starts_with('#');
    while let Some(width) = dashes.next() {
        if alone && dashes.peek().is_none() {
            break;
        }
        old = old.saturating_add(*width);
        new = new.saturating_add(2);
        levels.push(Level { is_list: dashes.peek().is_some(), old, new });
    }
    Plain { indent, ..plain }
}

/// Comments in the column of the line below go with it; others with the level in whose column they stand.
fn place_comments(
    lines: &mut [Line],
    comments: &[(usize, usize)],
    levels: &[Level],
    below: Option<(usize, usize)>,
) {
    for (index, old) in comments {
        let of_level = || levels.iter().find(|level| level.old == *old).map(|level| level.new);
        let new = match below {
            Some((column, new)) if column == *old => Some(new),
            Some(_) => None,
            None => of_level(),
        };
        if let (Some(new), Some(Line::Comment { indent, .. })) = (new, lines.get_mut(*index)) {
            *indent = new;
        }
    }
}

/// Moves a line as far as the one that it goes on with.
fn shift(text: &str, (old, new): (usize, usize)) -> String {
    let blanks = text.chars().take_while(|c| *c == ' ').count();
    if blanks == text.len() || old == new {
        return text.to_owned();
    }
    let rest = text.trim_start_matches(' ');
    let moved = blanks.saturating_add(new).saturating_sub(old);
    format!("{}{rest}", " ".repeat(moved))
}
