//! Functions stop at 70 lines and files at 800, tests not counted.

use super::{File, Tree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const FUNCTION_MAX: usize = 70;
const FILE_MAX: usize = 800;

/// Old offenders: path, or path and function, and the lines that they may have. An entry may only
/// shrink, and goes when it is no longer needed.
const RATCHET: &[(&str, usize)] = &[];

/// Measures every Rust file outside of tests and benchmarks.
pub(super) fn check(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen = Vec::new();
    for file in tree.ending(".rs").filter(|file| !file.is_test()) {
        match measure(file) {
            Ok(measured) => {
                for (name, lines, max) in measured {
                    seen.extend(RATCHET.iter().filter(|(known, _)| *known == name));
                    problems.extend(judge(RATCHET, &name, lines, max));
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    let gone = RATCHET.iter().filter(|entry| !seen.contains(entry));
    problems.extend(gone.map(|(name, _)| format!("{name} is gone; take it off the ratchet")));
    problems
}

/// One measured thing against its bound.
fn judge(ratchet: &[(&str, usize)], name: &str, lines: usize, max: usize) -> Option<String> {
    let entry = ratchet.iter().find(|(known, _)| *known == name);
    match entry {
        None if lines > max => Some(format!("{name} has {lines} lines; {max} are allowed")),
        Some((_, bound)) if lines > *bound => {
            Some(format!("{name} grew from {bound} to {lines} lines"))
        }
        Some(_) if lines <= max => Some(format!("{name} has shrunk; take it off the ratchet")),
        Some((_, bound)) if lines < *bound => Some(format!(
            "{name} has shrunk to {lines} lines; lower its entry"
        )),
        _ => None,
    }
}

/// The file and its functions: name, lines, bound.
fn measure(file: &File) -> Result<Vec<(String, usize, usize)>, String> {
    let syntax = syn::parse_file(&file.text).map_err(|error| {
        let line = error.span().start().line;
        format!("{}:{line}: {error}", file.path)
    })?;
    let mut lengths = Lengths {
        path: &file.path,
        ..Lengths::default()
    };
    lengths.visit_file(&syntax);
    let total = file.text.lines().count();
    let own = total.saturating_sub(lengths.test_lines);
    let mut measured = lengths.functions;
    measured.push((file.path.clone(), own, FILE_MAX));
    Ok(measured)
}

/// Walks a file and skips what is compiled for tests only.
#[derive(Default)]
struct Lengths<'a> {
    path: &'a str,
    functions: Vec<(String, usize, usize)>,
    test_lines: usize,
}

impl Lengths<'_> {
    /// From the signature to the closing brace; attributes and documentation do not count.
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let name = format!("{}::{}", self.path, signature.ident);
        let first = signature.span().start().line;
        let last = block.span().end().line;
        self.functions.push((name, last + 1 - first, FUNCTION_MAX));
    }
}

fn lines_of(node: &impl Spanned) -> usize {
    let span = node.span();
    span.end().line + 1 - span.start().line
}

/// Whether an attribute is `#[test]` or `#[cfg(test)]`.
fn for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let conditional = attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"));
        conditional || attribute.path().is_ident("test")
    })
}

impl<'ast> Visit<'ast> for Lengths<'_> {
    fn visit_item_mod(&mut self, node: &'ast syn::ItemMod) {
        if for_tests(&node.attrs) {
            self.test_lines += lines_of(node);
        } else {
            visit::visit_item_mod(self, node);
        }
    }

    fn visit_item_fn(&mut self, node: &'ast syn::ItemFn) {
        if for_tests(&node.attrs) {
            self.test_lines += lines_of(node);
            return;
        }
        self.function(&node.sig, &node.block);
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast syn::ImplItemFn) {
        self.function(&node.sig, &node.block);
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast syn::TraitItemFn) {
        if let Some(block) = &node.default {
            self.function(&node.sig, block);
        }
        visit::visit_trait_item_fn(self, node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(text: &str) -> Vec<(String, usize)> {
        let file = File {
            path: "a.rs".to_owned(),
            text: text.to_owned(),
        };
        let measured = measure(&file).unwrap();
        let named = measured.into_iter().map(|(name, lines, _)| (name, lines));
        named.collect()
    }

    #[test]
    fn tests_and_documentation_do_not_count() {
        let text = "/// Documented.\n#[inline]\nfn a() {\n}\n\n#[cfg(test)]\nmod tests {\n    \
                    #[test]\n    fn b() {}\n}\n";
        let found = lengths(text);
        let expected = [("a.rs::a".to_owned(), 2), ("a.rs".to_owned(), 5)];
        assert_eq!(found, expected);
    }

    #[test]
    fn methods_count() {
        let text = "impl A {\n    fn a(\n        self,\n    ) {\n    }\n}\n\
                    trait B {\n    fn b();\n    fn c() {}\n}\n";
        let found = lengths(text);
        let expected = [("a.rs::a", 4), ("a.rs::c", 1), ("a.rs", 10)];
        assert_eq!(
            found,
            expected.map(|(name, lines)| (name.to_owned(), lines))
        );
    }

    #[test]
    fn the_ratchet_only_shrinks() {
        let check = |lines: usize, part: &str| {
            let found = judge(&[("a", 90)], "a", lines, 70).unwrap_or_default();
            assert!(found.contains(part), "{lines}: {found}");
            assert_eq!(found.is_empty(), part.is_empty(), "{lines}: {found}");
        };
        check(91, "grew from 90 to 91");
        check(90, "");
        check(89, "lower its entry");
        check(70, "take it off");
        assert!(judge(&[], "a", 71, 70).is_some());
        assert!(judge(&[], "a", 70, 70).is_none());
    }
}
