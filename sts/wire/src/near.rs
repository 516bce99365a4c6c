//! Near misses: how a text differs from the expected one, when it nearly is it.

/// Says what the difference is, when it is one that people make. Both are only
/// looked at: nothing is ever taken for the other.
#[must_use]
pub fn differs_only_by(expected: &str, found: &str) -> Option<&'static str> {
    if expected == found {
        None
    } else if expected.trim_end_matches('/') == found.trim_end_matches('/') {
        Some("a trailing slash")
    } else if expected.eq_ignore_ascii_case(found) {
        Some("letter case")
    } else if expected.trim() == found.trim() {
        Some("white space")
    } else if without_ids(expected) == without_ids(found) && expected.starts_with("repo:") {
        Some("the form of GitHub's sub, which names ids since July 2026")
    } else {
        None
    }
}

/// `repo:octo-org@65/octo-repo@74:…` as `repo:octo-org/octo-repo:…`.
fn without_ids(subject: &str) -> String {
    let mut kept = String::new();
    let mut in_id = false;
    for c in subject.chars() {
        in_id = c == '@' || (in_id && c.is_ascii_digit());
        if !in_id {
            kept.push(c);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::differs_only_by;

    #[test]
    fn near_misses_are_named_and_others_are_not() {
        for (expected, found, named) in [
            ("https://a.example", "https://a.example/", Some("a trailing slash")),
            ("https://a.example", "https://A.example", Some("letter case")),
            ("main", "main ", Some("white space")),
            ("https://a.example", "https://a.example", None),
            ("https://a.example", "https://b.example", None),
            (
                "repo:o/r:ref:x",
                "repo:o@65/r@74:ref:x",
                Some("the form of GitHub's sub, which names ids since July 2026"),
            ),
            ("repo:o/r:ref:x", "repo:o@65/s@74:ref:x", None),
        ] {
            assert_eq!(differs_only_by(expected, found), named, "{expected} {found}");
        }
    }
}
