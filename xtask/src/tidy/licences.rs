//! Our licence files are there, and every dependency is under a licence of `deny.toml`.

use super::Tree;
use std::collections::BTreeSet;
use std::process::Command;

/// The files that a reader of "MIT OR Apache-2.0" looks for.
const FILES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// Compares the licence of every dependency on this platform with the allow-list.
pub(super) fn check(tree: &Tree) -> Vec<String> {
    let missing = FILES.iter().filter(|path| tree.file(path).is_none());
    let mut problems: Vec<_> = missing.map(|path| format!("{path} is missing")).collect();
    match allowed(tree).and_then(|allowed| dependencies(tree, &allowed)) {
        Ok(found) => problems.extend(found),
        Err(error) => problems.push(error),
    }
    problems
}

/// `licenses.allow` of `deny.toml`.
fn allowed(tree: &Tree) -> Result<Vec<String>, String> {
    let file = tree.file("deny.toml").ok_or("deny.toml is missing")?;
    let table: toml::Table = file.text.parse().map_err(|e| format!("deny.toml: {e}"))?;
    let list = table.get("licenses").and_then(|table| table.get("allow"));
    let list = list.and_then(toml::Value::as_array);
    let list = list.ok_or("deny.toml: `licenses.allow` is missing")?;
    let names = list.iter().filter_map(toml::Value::as_str);
    Ok(names.map(str::to_owned).collect())
}

/// Asks `cargo tree`, because `cargo metadata` also lists what no feature asks for.
fn dependencies(tree: &Tree, allowed: &[String]) -> Result<Vec<String>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(&tree.root)
        .args(["tree", "--workspace", "--edges", "normal,build,dev"])
        .args(["--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"])
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo tree: {told}"));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: BTreeSet<_> = text.lines().collect();
    let pairs = lines.iter().filter_map(|line| line.split_once('|'));
    let problems = pairs.filter_map(|(package, licence)| {
        let fine = permits(licence, allowed);
        (!fine).then(|| format!("{package} is under `{licence}`"))
    });
    Ok(problems.collect())
}

/// Whether a licence expression can be met from the allow-list: one side of an `OR`, both sides of
/// an `AND`. A slash is the old way to write `OR`.
fn permits(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any(&mut rest, allowed);
    met && rest.is_empty()
}

fn any(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = all(words, allowed);
    while let [first, rest @ ..] = words
        && *first == "OR"
    {
        *words = rest;
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut met = one(words, allowed);
    while let [first, rest @ ..] = words
        && *first == "AND"
    {
        *words = rest;
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut &[&str], allowed: &[String]) -> bool {
    let [first, rest @ ..] = *words else {
        return false;
    };
    *words = rest;
    if *first == "(" {
        let met = any(words, allowed);
        return match *words {
            [")", rest @ ..] => {
                *words = rest;
                met
            }
            _ => false,
        };
    }
    let mut name = (*first).to_owned();
    if let ["WITH", exception, rest @ ..] = *words {
        name = format!("{name} WITH {exception}");
        *words = rest;
    }
    allowed.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned);
        let check = |expression: &str, met: bool| {
            assert_eq!(permits(expression, &allowed), met, "{expression}");
        };
        check("MIT", true);
        check("MIT/Apache-2.0", true);
        check("MIT OR GPL-3.0", true);
        check("MIT AND GPL-3.0", false);
        check("(MIT OR GPL-3.0) AND Unicode-3.0", true);
        check("(MIT OR Apache-2.0) AND GPL-3.0", false);
        check("Apache-2.0 WITH LLVM-exception", false);
        check("Apache-2.0 WITH LLVM-exception OR MIT", true);
        check("GPL-3.0", false);
        check("none", false);
        check("", false);
        check("(MIT", false);
        check("MIT)", false);
        check("MIT MIT", false);
    }
}
