//! A relative link in the documentation leads somewhere.

use crate::markdown;
use crate::tree::{self, File, Offence, offence};

/// The path `target` names from the page at `from`, relative to the root; none if it leaves it.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        parts.clear();
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// What is wrong with a link from `page` to `target`, given all pages and what exists.
fn objection(
    page: &File,
    target: &str,
    pages: &[&File],
    exists: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let scheme = target.split_once(':').is_some_and(|(head, _)| !head.contains(['/', '#', '.']));
    if scheme || target.starts_with("//") {
        return None;
    }
    let decoded = target.replace("%20", " ");
    let (path, anchor) = decoded.split_once('#').unwrap_or((&decoded, ""));
    let Some(full) =
        (if path.is_empty() { Some(page.path.clone()) } else { resolve(&page.path, path) })
    else {
        return Some(format!("{target} leaves the repository"));
    };
    if !exists(&full) {
        return Some(format!("{target}: there is no {full}; link to what exists"));
    }
    let there = pages.iter().find(|file| file.path == full)?;
    let missing =
        !anchor.is_empty() && !markdown::anchors(&there.text).iter().any(|have| have == anchor);
    missing.then(|| format!("{target}: {full} has no heading #{anchor}"))
}

fn dead_links(pages: &[&File], exists: &dyn Fn(&str) -> bool) -> Vec<Offence> {
    let mut found = Vec::new();
    for page in pages {
        for (line, target) in markdown::targets(&page.text) {
            let advice = objection(page, &target, pages, exists);
            found.extend(advice.map(|advice| offence(page, line, advice)));
        }
    }
    found
}

#[test]
fn every_relative_link_leads_somewhere() {
    let pages: Vec<&File> = tree::files().iter().filter(|file| file.ends_with("md")).collect();
    let root = tree::root();
    tree::expect_none(&dead_links(&pages, &|path| root.join(path).exists()));
}

#[test]
fn link_rule_rejects_missing_files_and_anchors() {
    let other = File::new("docs/b.md", "# Top\n");
    let count = |target: &str| {
        let page = File::new("docs/a.md", &format!("# Here\n[x]({target})"));
        dead_links(&[&page, &other], &|path| ["docs/a.md", "docs/b.md", "c.rs"].contains(&path))
            .len()
    };
    for bad in ["no.md", "b.md#bottom", "#there", "../../x", "/docs/no.md"] {
        assert_eq!(count(bad), 1, "{bad}");
    }
    for good in
        ["b.md", "b.md#top", "#here", "../c.rs#L1", "/docs/b.md", "https://x.y/z", "mailto:a@b"]
    {
        assert_eq!(count(good), 0, "{good}");
    }
}
