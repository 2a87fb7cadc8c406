//! Words that must not stay in the tree: unfinished code, tests that cannot fail, and paths of the
//! machine on which something was written.

use super::{File, Tree};

/// Unfinished code and switched-off tests. Written apart, so that this file passes.
const CODE: [&str; 6] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore"),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Roots of absolute paths.
const MACHINE: [&str; 4] = [
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

/// Files that other tools write.
const GENERATED: [&str; 1] = ["Cargo.lock"];

/// Looks at every text file.
pub(super) fn check(tree: &Tree) -> Vec<String> {
    let files = tree.files.iter();
    let written = files.filter(|file| !GENERATED.contains(&file.path.as_str()));
    written.flat_map(file_problems).collect()
}

fn file_problems(file: &File) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let banned = CODE.iter().chain(&MACHINE).find(|word| has(line, word));
        if let Some(word) = banned {
            problems.push(format!("{}:{number}: `{word}`", file.path));
        }
    }
    if file.path.ends_with(".rs") {
        for number in bare_matches(&file.text) {
            let place = format!("{}:{number}", file.path);
            problems.push(format!("{place}: a `matches!` whose answer nobody reads"));
        }
    }
    problems
}

/// Whether a line has a word that is not part of a longer one.
fn has(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let first = word.chars().next().is_some_and(joins);
        let last = word.chars().next_back().is_some_and(joins);
        !(first && before.is_some_and(joins) || last && after.is_some_and(joins))
    })
}

/// Lines on which a statement is a `matches!` and nothing else.
fn bare_matches(text: &str) -> Vec<usize> {
    let start = concat!("match", "es!(");
    let mut found = Vec::new();
    let mut opens_statement = true;
    let mut offset = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let trimmed = line.trim();
        if opens_statement && trimmed.starts_with(start) {
            let from = offset + line.len() - line.trim_start().len() + start.len();
            if ends_as_statement(&text[from..]) {
                found.push(number);
            }
        }
        if !trimmed.is_empty() && !trimmed.starts_with("//") {
            opens_statement = trimmed.ends_with([';', '{', '}']);
        }
        offset += line.len();
    }
    found
}

/// Whether the text behind an opening bracket closes it and goes on with a semicolon.
fn ends_as_statement(text: &str) -> bool {
    let mut depth = 1u32;
    let mut rest = text.chars();
    for c in rest.by_ref() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    rest.as_str().trim_start().starts_with(';')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        file_problems(&File {
            path: path.to_owned(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn words_are_found() {
        let check = |line: String, problems: usize| {
            let found = found("a.rs", &line);
            assert_eq!(found.len(), problems, "{line}: {found:?}");
        };
        for word in CODE.iter().chain(&MACHINE) {
            check(format!("    // {word} later"), 1);
        }
        check(format!("let {}S = 1;", concat!("TO", "DO")), 0);
        check(format!("let A{} = 1;", concat!("TO", "DO")), 0);
        check(format!("my_{});", concat!("to", "do!(")), 0);
        check(concat!("see ../wo", "rk/x").to_owned(), 1);
    }

    #[test]
    fn unread_matches_are_found() {
        let check = |text: &str, lines: &[usize]| {
            assert_eq!(bare_matches(text), lines, "{text}");
        };
        let bare = concat!("match", "es!(a, Some(_));");
        check(&format!("fn a() {{\n    {bare}\n}}"), &[2]);
        check(&format!("fn a() {{\n    let x =\n        {bare}\n}}"), &[]);
        check(&format!("assert!({bare}"), &[]);
        let last = concat!("match", "es!(a, Some(_))");
        check(&format!("fn a() -> bool {{\n    {last}\n}}"), &[]);
        let long = concat!("match", "es!(\n    a,\n    Some(_)\n);");
        check(&format!("{{\n{long}\n}}"), &[2]);
        check(&format!("let x = a\n    && {bare}"), &[]);
    }
}
