//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! One module a rule; each turns the tree into a list of problems.

mod documents;
mod length;
mod licences;
mod links;
mod manifests;
mod tree;
mod words;

pub use tree::{File, Tree};

use crate::{Outcome, root};

/// Arguments of `cargo xtask tidy`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// A rule: its name and how it is checked.
type Rule = (&'static str, fn(&Tree) -> Vec<String>);

const RULES: [Rule; 8] = [
    ("dependency arrows", manifests::arrows),
    ("inherited lints", manifests::inherits),
    ("licences", licences::check),
    ("lengths", length::check),
    ("words", words::check),
    ("links", links::check),
    ("protocol pages", documents::protocol_pages),
    ("invariants", documents::invariants),
];

/// Runs every rule and prints what it finds.
///
/// # Errors
/// Says how many problems there are.
pub fn run(_args: &Args) -> Outcome {
    let problems = problems()?;
    if problems.is_empty() {
        return Ok(());
    }
    for problem in &problems {
        println!("{problem}");
    }
    Err(format!("tidy found {} problems", problems.len()))
}

/// All problems of the repository, each with the rule's name.
///
/// # Errors
/// When the repository cannot be read.
pub fn problems() -> Result<Vec<String>, String> {
    let tree = Tree::read(&root())?;
    let found = RULES.iter().flat_map(|(name, check)| {
        let problems = check(&tree);
        problems.into_iter().map(move |p| format!("{name}: {p}"))
    });
    Ok(found.collect())
}
