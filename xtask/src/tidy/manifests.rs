//! Who may depend on what, and that every crate takes the workspace's lints.

use super::Tree;
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The arrows of the design: a crate and the workspace crates that it may depend on.
const ARROWS: [(&str, &[&str]); 7] = [
    ("backstop-core", &[]),
    ("backstop-lab", &["backstop-core"]),
    ("backstop-io", &["backstop-core"]),
    (
        "backstop-report",
        &["backstop-core", "backstop-lab", "backstop-io"],
    ),
    (
        "backstop",
        &[
            "backstop-core",
            "backstop-lab",
            "backstop-io",
            "backstop-report",
        ],
    ),
    ("backstop-testkit", &[]),
    ("xtask", &["backstop-core", "backstop-io"]),
];

/// For development only; any crate may use it there and nowhere else.
const TESTKIT: &str = "backstop-testkit";

/// Everything that the core may depend on, with the reason.
const CORE_DEPENDENCIES: [(&str, &str); 3] = [
    ("ruint", "256-bit integers"),
    ("sha2", "the state hash"),
    ("smallvec", "an account's positions beside it in memory"),
];

/// Compares `cargo metadata` with the arrows.
pub(super) fn arrows(tree: &Tree) -> Vec<String> {
    let manifest = tree.root.join("Cargo.toml");
    let mut command = MetadataCommand::new();
    match command.manifest_path(manifest).no_deps().exec() {
        Ok(metadata) => metadata
            .workspace_packages()
            .into_iter()
            .flat_map(package_problems)
            .collect(),
        Err(error) => vec![format!("cargo metadata: {error}")],
    }
}

fn package_problems(package: &Package) -> Vec<String> {
    let name = package.name.as_str();
    let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
        return vec![format!("{name} has no arrows; add it to the design first")];
    };
    let mut problems = Vec::new();
    for dependency in &package.dependencies {
        let to = dependency.name.as_str();
        let development = dependency.kind == DependencyKind::Development;
        if let Some(problem) = arrow_problem(name, allowed, to, development) {
            problems.push(problem);
        }
    }
    problems
}

fn arrow_problem(from: &str, allowed: &[&str], to: &str, development: bool) -> Option<String> {
    let ours = ARROWS.iter().any(|(known, _)| *known == to);
    if ours && !allowed.contains(&to) && !(development && to == TESTKIT) {
        return Some(format!("{from} must not depend on {to}"));
    }
    let core = from == "backstop-core" && !development;
    if core && !CORE_DEPENDENCIES.iter().any(|(known, _)| *known == to) {
        let known = CORE_DEPENDENCIES.map(|(name, reason)| format!("{name} ({reason})"));
        let known = known.join(", ");
        return Some(format!("{from} may depend on {known} only, not on {to}"));
    }
    None
}

/// Every crate says `lints.workspace = true`.
pub(super) fn inherits(tree: &Tree) -> Vec<String> {
    let manifests = tree
        .ending("Cargo.toml")
        .filter(|file| file.path != "Cargo.toml");
    let missing = manifests.filter_map(|file| {
        let table = match file.text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => return Some(format!("{}: {error}", file.path)),
        };
        let lints = table.get("lints").and_then(|lints| lints.get("workspace"));
        let inherits = lints.and_then(toml::Value::as_bool) == Some(true);
        (!inherits).then(|| format!("{}: say `[lints] workspace = true`", file.path))
    });
    missing.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::tree_of;
    use super::*;

    #[test]
    fn arrows_point_one_way() {
        let check = |from: &str, to: &str, development: bool, fine: bool| {
            let (_, allowed) = ARROWS.iter().find(|(name, _)| *name == from).unwrap();
            let problem = arrow_problem(from, allowed, to, development);
            assert_eq!(problem.is_none(), fine, "{from} → {to}: {problem:?}");
        };
        check("backstop-lab", "backstop-core", false, true);
        check("backstop-lab", "backstop-io", false, false);
        check("backstop-lab", "backstop-testkit", false, false);
        check("backstop-lab", "backstop-testkit", true, true);
        check("backstop-core", "backstop-lab", true, false);
        check("backstop-core", "ruint", false, true);
        check("backstop-core", "reqwest", false, false);
        check("backstop-core", "proptest", true, true);
        check("backstop-testkit", "backstop-core", true, false);
    }

    #[test]
    fn lints_are_inherited() {
        let check = |text: &str, problems: usize| {
            let found = inherits(&tree_of(&[("crates/a/Cargo.toml", text)]));
            assert_eq!(found.len(), problems, "{found:?}");
        };
        check("[lints]\nworkspace = true\n", 0);
        check("[lints]\nworkspace = false\n", 1);
        check("[package]\nname = 'a'\n", 1);
        check("not toml", 1);
    }
}
