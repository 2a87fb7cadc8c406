//! A seeded source of choices for long random scripts.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::print_stdout, reason = "a script that fails must be told")]

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::fmt::Debug;

/// Choices that depend on a seed only.
pub(crate) struct Dice(TestRng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut bytes = [7; 16];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::XorShift, &bytes))
    }

    /// From 0 to one less than `n`.
    pub(crate) fn below(&mut self, n: u128) -> u128 {
        let wide = u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64());
        wide % n.max(1)
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, n: u128) -> bool {
        self.below(100) < n
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u128)).unwrap()]
    }

    /// All of it, nothing, one, or any part, with one more now and then.
    pub(crate) fn part(&mut self, of: u128) -> u128 {
        match self.below(10) {
            0 | 1 => of,
            2 => 1,
            3 => of.saturating_add(1),
            4 => of / 1_000,
            _ => self.below(of.saturating_add(1)),
        }
    }
}

/// Prints the seed and the script of a test that fails while this lives.
pub(crate) struct Script<T: Debug> {
    seed: u64,
    pub(crate) steps: Vec<T>,
}

impl<T: Debug> Script<T> {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            steps: Vec::new(),
        }
    }
}

impl<T: Debug> Drop for Script<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("seed {}:", self.seed);
            for step in &self.steps {
                println!("  {step:?}");
            }
        }
    }
}
