//! Links in Markdown lead to files that exist.

use super::{File, Tree};

/// Looks at every Markdown file.
pub(super) fn check(tree: &Tree) -> Vec<String> {
    tree.ending(".md")
        .flat_map(|file| file_problems(tree, file))
        .collect()
}

fn file_problems(tree: &Tree, file: &File) -> Vec<String> {
    let mut problems = Vec::new();
    let mut in_code = false;
    for (number, line) in (1..).zip(file.text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in targets(line) {
            if !resolves(tree, &file.path, target) {
                problems.push(format!("{}:{number}: no file at `{target}`", file.path));
            }
        }
    }
    problems
}

/// What stands between `](` and `)`.
fn targets(line: &str) -> Vec<&str> {
    let parts = line.split("](").skip(1);
    parts
        .filter_map(|part| part.split(')').next())
        .map(str::trim)
        .collect()
}

fn resolves(tree: &Tree, from: &str, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let Some(path) = join(from, path) else {
        return false;
    };
    let folder = format!("{path}/");
    let holds = |file: &File| file.path == path || file.path.starts_with(&folder);
    path.is_empty() || tree.files.iter().any(holds) || tree.root.join(&path).is_file()
}

/// A path relative to a file, from the root; none where it leaves the root.
fn join(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
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

#[cfg(test)]
mod tests {
    use super::super::tree::tree_of;

    #[test]
    fn links_are_followed() {
        let check = |text: &str, problems: usize| {
            let files = [
                ("docs/a.md", text),
                ("README.md", ""),
                ("docs/deep/b.md", ""),
            ];
            let found = super::check(&tree_of(&files));
            assert_eq!(found.len(), problems, "{text}: {found:?}");
        };
        check("[x](../README.md)", 0);
        check("[x](deep/b.md#part) and [y](deep/)", 0);
        check("[x](deep/c.md)", 1);
        check("[x](c.md) [y](d.md)", 2);
        check("[x](#here) [y](https://example.com/a.md)", 0);
        check("[x](../../outside.md)", 1);
        check("```\n[x](c.md)\n```\n[x](c.md)", 1);
    }
}
