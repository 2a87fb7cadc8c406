//! What is kept of an ensemble between runs: `totals.json`.

use crate::failure::Failure;
use backstop_io::write_atomic;
use backstop_lab::ensemble::Totals;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::Path;

/// Name of the file in a folder of results.
pub(crate) const TOTALS: &str = "totals.json";
const FORMAT: &str = "backstop-totals/3";

/// Totals, and the paths that they are of.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    format: String,
    /// Hash of all that decides a path but its number.
    pub(crate) digest: String,
    /// Overrides of the scenario.
    pub(crate) set: Vec<String>,
    /// Seed of the ensemble.
    pub(crate) seed: u64,
    /// How many paths the whole was asked for.
    pub(crate) asked: u64,
    /// Numbers of the paths that are done: ascending, apart from each other.
    pub(crate) done: Vec<Range<u64>>,
    pub(crate) totals: Totals,
}

impl Part {
    /// Nothing done yet.
    pub(crate) fn new(
        digest: String,
        set: Vec<String>,
        (seed, asked): (u64, u64),
        totals: Totals,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            digest,
            set,
            seed,
            asked,
            done: Vec::new(),
            totals,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is no such file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |why: String| Failure::new(format!("{}: {why}", path.display()));
        let text =
            std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let part: Self = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        if part.format != FORMAT {
            let found = &part.format;
            return Err(wrong(format!("format: found {found:?}, allowed: {FORMAT}")));
        }
        let apart = part.done.is_sorted_by(|a, b| a.end <= b.start);
        let paths: u64 = part
            .done
            .iter()
            .map(|done| done.end.saturating_sub(done.start))
            .sum();
        if !apart || paths != part.totals.paths {
            let told = part.totals.paths;
            return Err(wrong(format!(
                "done: found {paths} paths, but totals of {told}"
            )));
        }
        Ok(part)
    }

    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec(self)?;
        Ok(write_atomic(path, &text)?)
    }

    /// Why another part is none of the same ensemble.
    pub(crate) fn differs(&self, other: &Self) -> Option<String> {
        if self.seed != other.seed {
            return Some(format!("seed: found {}, wanted {}", other.seed, self.seed));
        }
        if self.asked != other.asked {
            return Some(format!(
                "paths: found {}, wanted {}",
                other.asked, self.asked
            ));
        }
        (self.digest != other.digest)
            .then(|| "digest: the scenario, its overrides or its files are not the same".to_owned())
    }

    /// Adds totals of paths that are not yet in; whether they were not.
    #[must_use]
    pub(crate) fn add(&mut self, paths: Range<u64>, totals: &Totals) -> bool {
        if !self.lacks(&paths) {
            return false;
        }
        self.totals.merge(totals);
        self.done.push(paths);
        self.close_ranks();
        true
    }

    /// Adds another part; whether none of its paths was in.
    #[must_use]
    pub(crate) fn join(&mut self, other: &Self) -> bool {
        if !other.done.iter().all(|paths| self.lacks(paths)) {
            return false;
        }
        self.totals.merge(&other.totals);
        self.done.extend(other.done.iter().cloned());
        self.close_ranks();
        true
    }

    fn lacks(&self, paths: &Range<u64>) -> bool {
        let apart = |done: &Range<u64>| done.end <= paths.start || paths.end <= done.start;
        self.done.iter().all(apart)
    }

    fn close_ranks(&mut self) {
        self.done.sort_by_key(|done| done.start);
        self.done.dedup_by(|next, held| {
            let touches = held.end == next.start;
            if touches {
                held.end = next.end;
            }
            touches
        });
    }

    /// The first paths of a range that are not done yet, up to the next one that is.
    pub(crate) fn missing(&self, within: &Range<u64>) -> Range<u64> {
        let mut start = within.start;
        for done in &self.done {
            if done.start <= start && start < done.end {
                start = done.end;
            }
        }
        let next = self.done.iter().map(|done| done.start);
        let end = next.filter(|next| *next >= start).min();
        let end = end.unwrap_or(within.end).min(within.end);
        start.min(end)..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(done: &[Range<u64>]) -> Part {
        let mut part = Part::new("d".to_owned(), Vec::new(), (1, 100), Totals::new(1));
        part.done = done.to_vec();
        part
    }

    #[test]
    fn ranges_are_kept_whole_and_apart() {
        let mut all = part(&[]);
        for (paths, added) in [
            (10..20, true),
            (30..40, true),
            (15..16, false),
            (0..10, true),
            (5..35, false),
            (20..30, true),
        ] {
            assert_eq!(all.add(paths.clone(), &Totals::new(1)), added, "{paths:?}");
        }
        assert_eq!(all.done, [Range { start: 0, end: 40 }]);
        assert!(!all.join(&part(&[50..60, 39..41])));
        assert!(all.join(&part(&[50..60, 40..41])));
        assert_eq!(all.done, [0..41, 50..60]);
    }

    #[test]
    fn what_is_missing_comes_in_order() {
        let held = [10..20, 30..40];
        for (within, missing) in [
            (0..100, 0..10),
            (10..100, 20..30),
            (12..25, 20..25),
            (35..100, 40..100),
            (0..5, 0..5),
            (12..20, 20..20),
        ] {
            let got = part(&held).missing(&within);
            assert_eq!(got, missing, "{within:?}");
        }
    }
}
