//! The same rules as `cargo xtask tidy`, so that `cargo test` finds what it finds.

#[test]
fn repository_is_tidy() {
    let problems = xtask::tidy::problems().expect("a readable repository");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
