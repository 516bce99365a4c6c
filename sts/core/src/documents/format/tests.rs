//! Layouts before and after, and what is left alone.

use super::*;

fn formatted(text: &str) -> String {
    let once = format("x.yaml", text).unwrap_or_else(|fault| panic!("{fault:?}\n{text}"));
    assert_eq!(format("x.yaml", &once).as_deref(), Ok(once.as_str()), "twice is once");
    once
}

#[test]
fn blanks_are_mended_and_words_are_kept() {
    for (before, after) in [
        ("a: 1   \n\n\n\nb: 2", "a: 1\n\nb: 2\n"),
        ("\n\n---\na: 1\n---\n\n---\nb: 2\n---\n", "a: 1\n---\nb: 2\n"),
        ("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
        ("a: { b: 1,c: [ 2 ,3 ],  d:  x }\n", "a: {b: 1, c: [2, 3], d: x}\n"),
        ("a: {}\nb: [ ]\nc: { }\n", "a: {}\nb: []\nc: {}\n"),
        ("a:   {b: c}   # aligned, {as: it,is}\n", "a:   {b: c}   # aligned, {as: it,is}\n"),
        ("a: { b: 'x , y', c: \"{ , }\" }\n", "a: {b: 'x , y', c: \"{ , }\"}\n"),
        ("a: { b: it's  so , c: x#y }\n", "a: {b: it's  so, c: x#y}\n"),
        ("a: x{ y\nb: x , y\n", "a: x{ y\nb: x , y\n"),
        ("a: {\"b\":1, c: http://x:1/y}\n", "a: {\"b\": 1, c: http://x:1/y}\n"),
        ("a: {b: ,c: }\n", "a: {b: , c: }\n"),
        ("a: 1\t# tab\n", "a: 1 # tab\n"),
        ("- {a: b ,c: d}\n-   [ 1,2 ]\n", "- {a: b, c: d}\n- [1, 2]\n"),
    ] {
        assert_eq!(formatted(before), after, "{before:?}");
    }
}

#[test]
fn every_level_is_two_blanks_further_in() {
    let before = "a:\n    b:\n        - c: 1\n          d:\n              e: 2\n        # of the list\n        -   f: 3\n            # of g\n            g: 4\n# of h\nh:\n- i\n- j: 1\n  k:\n  - l\n";
    let after = "a:\n  b:\n    - c: 1\n      d:\n        e: 2\n    # of the list\n    - f: 3\n      # of g\n      g: 4\n# of h\nh:\n  - i\n  - j: 1\n    k:\n      - l\n";
    assert_eq!(formatted(before), after);
    assert_eq!(formatted("- -\n     - a\n"), "- -\n    - a\n");
    assert_eq!(formatted("-\n    - a\n- # b\n    c: d\n"), "-\n  - a\n- # b\n  c: d\n");
    assert_eq!(
        formatted("a:\n- - b\n  - c\n-   -   d: 1\n        e: 2\n"),
        "a:\n  - - b\n    - c\n  - - d: 1\n      e: 2\n"
    );
}

#[test]
fn what_runs_over_several_lines_is_moved_and_left_as_it_is() {
    let before = "a:\n    b: |\n        one  \n          two {a,b}\n\n        # no comment\n    c: [1,\n        2 ,3]\n    d: \"x\n        y  { \"\n    e: z\n";
    let after = "a:\n  b: |\n      one  \n        two {a,b}\n\n      # no comment\n  c: [1,\n      2 ,3]\n  d: \"x\n      y  { \"\n  e: z\n";
    assert_eq!(formatted(before), after);
}

#[test]
fn keys_are_sorted_with_the_comments_above_them() {
    let before = "# the file\nkind: Audience\n# who\nmetadata: {name: a, owner: b}\n\n# which\naudience: x\nother: 1\n# how\ntoken:\n  # inside\n  ttl_max: 5m\napiVersion: sts/v1 # first\n# the end\n";
    let after = "# the file\napiVersion: sts/v1 # first\nkind: Audience\n# who\nmetadata: {name: a, owner: b}\n\n# which\naudience: x\n# how\ntoken:\n  # inside\n  ttl_max: 5m\nother: 1\n# the end\n";
    assert_eq!(formatted(before), after);
    let cases = formatted("tests: []\npolicy: a\n---\ntests: []\npolicy: b\n");
    assert_eq!(cases, "policy: a\ntests: []\n---\npolicy: b\ntests: []\n");
    let configuration = "policies: p\nissuer: x\n";
    assert_eq!(formatted(configuration), configuration, "no document, so no order");
}

#[test]
fn what_cannot_be_read_is_left_as_it_is_and_said() {
    let fault = format("x.yaml", "a: [1\n");
    assert!(matches!(fault, Err(FormatFault::Unreadable(faults)) if faults[0].file() == "x.yaml"));
    assert!(matches!(format("x.yaml", "a: 1\na: 2\n"), Err(FormatFault::Unreadable(_))));
    assert!(format("x.yaml", "a: 1\nb: 2\n").is_ok());
    assert_eq!(format("x.yaml", ""), Ok(String::new()));
    assert_eq!(formatted("# only this"), "# only this\n");
}

#[test]
fn a_byte_order_mark_is_taken_away_at_the_beginning_and_nowhere_else() {
    assert_eq!(
        formatted("\u{feff}kind: a\nname:  \"\u{feff}b\"\n"),
        "kind: a\nname:  \"\u{feff}b\"\n"
    );
    assert_eq!(formatted("\u{feff}\nkind: a\n"), "kind: a\n");
    assert_eq!(formatted("\u{feff}# only this\n"), "# only this\n");
}
