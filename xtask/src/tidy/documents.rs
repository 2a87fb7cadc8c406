//! Documents that must keep up with the code: one page a protocol family, one test an invariant.

use super::{File, Tree};
use std::collections::BTreeSet;

const FAMILIES: &str = "crates/core/src/protocol/mod.rs";
const PAGES: &str = "docs/protocols";
const INVARIANTS: &str = "docs/INVARIANTS.md";

/// Every public module of the protocol folder has a page, with dashes in its name, and the list of
/// pages names it.
pub(super) fn protocol_pages(tree: &Tree) -> Vec<String> {
    let Some(families) = tree.file(FAMILIES) else {
        return vec![format!("{FAMILIES} is missing")];
    };
    let list = format!("{PAGES}/README.md");
    let listed = tree.file(&list).map_or("", |file| file.text.as_str());
    let mut problems = Vec::new();
    for line in families.text.lines() {
        let name = line.strip_prefix("pub mod ");
        let Some(name) = name.and_then(|name| name.strip_suffix(';')) else {
            continue;
        };
        let name = name.replace('_', "-");
        if tree.file(&format!("{PAGES}/{name}.md")).is_none() {
            problems.push(format!("{PAGES}/{name}.md is missing"));
        }
        if !listed.contains(&format!("({name}.md)")) {
            problems.push(format!("{list} does not list {name}.md"));
        }
    }
    problems
}

/// Every invariant names tests that exist, and every mention of an invariant is listed.
pub(super) fn invariants(tree: &Tree) -> Vec<String> {
    let Some(file) = tree.file(INVARIANTS) else {
        return vec![format!("{INVARIANTS} is missing")];
    };
    let mut problems = Vec::new();
    let mut listed = BTreeSet::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let Some(row) = line.strip_prefix("| INV-") else {
            continue;
        };
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let (id, tests) = match cells.as_slice() {
            [id, _, tests, ..] => (format!("INV-{id}"), *tests),
            _ => {
                problems.push(format!("{INVARIANTS}:{number}: a row has three cells"));
                continue;
            }
        };
        let found = backing(tree, tests);
        problems.extend(found.into_iter().map(|problem| format!("{id}: {problem}")));
        if !listed.insert(id.clone()) {
            problems.push(format!("{id} is listed twice"));
        }
    }
    for file in &tree.files {
        let unknown = mentions(file).filter(|id| !listed.contains(*id));
        problems.extend(unknown.map(|id| format!("{}: {id} is not listed", file.path)));
    }
    problems
}

/// What is wrong with a cell such as "`path.rs`: `test_one`, `test_two`".
fn backing(tree: &Tree, cell: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut file: Option<&File> = None;
    let mut tests = 0;
    for name in cell.split('`').skip(1).step_by(2) {
        if name.ends_with(".rs") {
            file = tree.file(name);
            if file.is_none() {
                problems.push(format!("no file {name}"));
            }
            continue;
        }
        tests += 1;
        let declaration = format!("fn {name}(");
        if let Some(file) = file
            && !file.text.contains(&declaration)
        {
            problems.push(format!("no test {name} in {}", file.path));
        }
    }
    if tests == 0 {
        problems.push("no test".to_owned());
    }
    problems
}

/// Identifiers of invariants in a file.
fn mentions(file: &File) -> impl Iterator<Item = &str> {
    let text = file.text.as_str();
    text.match_indices("INV-").filter_map(move |(at, start)| {
        let rest = &text[at + start.len()..];
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        let digits = digits.unwrap_or(rest.len());
        (digits > 0).then(|| &text[at..at + start.len() + digits])
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree_of;
    use super::*;

    #[test]
    fn invariants_name_their_tests() {
        let check = |row: &str, other: &str, part: &str| {
            let files = [
                (INVARIANTS, row),
                ("a/tests/b.rs", "fn holds() {}"),
                ("c.md", other),
            ];
            let found = invariants(&tree_of(&files)).join("; ");
            assert!(found.contains(part), "{row}: {found}");
            assert_eq!(found.is_empty(), part.is_empty(), "{row}: {found}");
        };
        let good = concat!("| INV", "-7 | it holds | `a/tests/b.rs`: `holds` |");
        check(good, concat!("see INV", "-7"), "");
        check(good, concat!("see INV", "-8"), "is not listed");
        check(&format!("{good}\n{good}"), "", "listed twice");
        let bad = |cell: &str| format!("{} | it holds | {cell} |", concat!("| INV", "-7"));
        check(&bad("`a/tests/b.rs`: `fails`"), "", "no test fails");
        check(&bad("`a/tests/x.rs`: `holds`"), "", "no file a/tests/x.rs");
        check(&bad("soon"), "", "no test");
        check(concat!("| INV", "-7 |"), "", "three cells");
    }

    #[test]
    fn families_have_pages() {
        let check = |page: &str, list: &str, problems: usize| {
            let files = [
                (FAMILIES, "pub mod aave_v4;\nmod event;\n"),
                (page, ""),
                ("docs/protocols/README.md", list),
            ];
            let found = protocol_pages(&tree_of(&files));
            assert_eq!(found.len(), problems, "{found:?}");
        };
        check("docs/protocols/aave-v4.md", "[Aave v4](aave-v4.md)", 0);
        check("docs/protocols/aave-v4.md", "", 1);
        check("docs/protocols/other.md", "", 2);
    }
}
