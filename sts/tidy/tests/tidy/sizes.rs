//! Files and functions small enough to be read whole.

use crate::syntax;
use crate::tree::{self, File, Offence, offence};

/// Lines a file may have, its test modules aside.
const FILE_LINES: usize = 500;
/// Lines half of the files must fit in.
const MEDIAN_LINES: usize = 150;
/// Lines a function may have, signature and braces included.
const FUNCTION_LINES: usize = 70;
/// Lines an HTTP handler may have: it decodes, calls and encodes.
const HANDLER_LINES: usize = 30;
/// Where the HTTP handlers are.
const HANDLERS: &str = "sts/server/src/http/";

/// Lines that are not in a test module of the file.
fn own_lines(file: &File) -> usize {
    let tests: usize =
        syntax::test_modules(file.code()).iter().map(|r| r.end() - r.start() + 1).sum();
    file.text.lines().count().saturating_sub(tests)
}

fn long_files<'a>(files: impl Iterator<Item = &'a File>) -> Vec<Offence> {
    files
        .map(|file| (file, own_lines(file)))
        .filter(|(_, lines)| *lines > FILE_LINES)
        .map(|(file, lines)| {
            offence(
                file,
                FILE_LINES + 1,
                format!("{lines} lines, at most {FILE_LINES}: split it by concept"),
            )
        })
        .collect()
}

fn median_offence<'a>(files: impl Iterator<Item = &'a File>) -> Vec<Offence> {
    let mut sizes: Vec<(usize, &File)> = files
        .filter(|file| file.in_src() && !file.is_test())
        .map(|file| (own_lines(file), file))
        .collect();
    sizes.sort_by_key(|(lines, _)| *lines);
    let half = sizes.split_off(sizes.len() / 2);
    match half.first() {
        Some((lines, _)) if *lines > MEDIAN_LINES => half
            .iter()
            .map(|(own, file)| {
                offence(
                    file,
                    1,
                    format!("{own} lines; the median is {lines}, at most {MEDIAN_LINES}: split"),
                )
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn long_functions<'a>(files: impl Iterator<Item = &'a File>) -> Vec<Offence> {
    let mut found = Vec::new();
    for file in files {
        for function in syntax::functions(file.code()) {
            let handler = function.is_async && file.path.starts_with(HANDLERS) && {
                let tests = syntax::test_modules(file.code());
                !file.is_test() && !tests.iter().any(|range| range.contains(&function.line))
            };
            let most = if handler { HANDLER_LINES } else { FUNCTION_LINES };
            if function.lines > most {
                let (name, lines) = (function.name, function.lines);
                let advice = format!("fn {name} has {lines} lines, at most {most}: name its steps");
                found.push(offence(file, function.line, advice));
            }
        }
    }
    found
}

#[test]
fn a_file_is_short_enough_to_read_whole() {
    tree::expect_none(&long_files(tree::rust()));
}

#[test]
fn half_of_the_files_fit_on_two_screens() {
    tree::expect_none(&median_offence(tree::rust()));
}

#[test]
fn a_function_is_short_and_an_http_handler_shorter() {
    tree::expect_none(&long_functions(tree::rust()));
}

#[test]
fn size_rules_reject_one_line_more_and_accept_the_limit() {
    let tests = "#[cfg(test)]\nmod tests {\n}\n";
    let file = |lines| File::new("sts/core/src/a.rs", &("x;\n".repeat(lines) + tests));
    assert_eq!(long_files([&file(FILE_LINES + 1)].into_iter()).len(), 1);
    assert_eq!(long_files([&file(FILE_LINES)].into_iter()).len(), 0);
    let (short, limit, long) = (file(1), file(MEDIAN_LINES), file(MEDIAN_LINES + 1));
    assert_eq!(median_offence([&short, &long, &long].into_iter()).len(), 2);
    assert_eq!(median_offence([&short, &limit, &long].into_iter()).len(), 0);
    for (path, most) in
        [("sts/core/src/a.rs", FUNCTION_LINES), ("sts/server/src/http/a.rs", HANDLER_LINES)]
    {
        let function = |lines| format!("async fn a() {{\n{}}}\n", "\"{\";\n".repeat(lines - 2));
        assert_eq!(long_functions([&File::new(path, &function(most + 1))].into_iter()).len(), 1);
        assert_eq!(long_functions([&File::new(path, &function(most))].into_iter()).len(), 0);
    }
}
