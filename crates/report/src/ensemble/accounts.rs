//! Which accounts the losses come from.

use crate::answer::NOTHING_USD;
use backstop_lab::ensemble::Totals;

/// What one account lost over all paths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Account {
    /// Number in the book.
    pub(crate) number: u32,
    /// Paths in which collateral was taken, by their weights where they have weights.
    pub(crate) paths: f64,
    /// Collateral taken, USD, summed over all paths.
    pub(crate) taken: f64,
    /// Bad debt left, USD, summed over all paths.
    pub(crate) bad_debt: f64,
}

/// All accounts that lost something, by bad debt and then by collateral taken, largest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) rows: Vec<Account>,
    /// Collateral taken of all, USD, summed over all paths.
    pub(crate) taken: f64,
    /// Bad debt of all, USD, summed over all paths.
    pub(crate) bad_debt: f64,
}

impl Accounts {
    pub(crate) fn of(totals: &Totals) -> Self {
        let account = |(number, losses): (&u32, &backstop_lab::ensemble::AccountLosses)| Account {
            number: *number,
            paths: losses.taken.mass(),
            taken: losses.taken.total(),
            bad_debt: losses.bad_debt.total(),
        };
        let mut rows: Vec<Account> = totals.accounts.iter().map(account).collect();
        rows.sort_by(|a, b| {
            let larger = b.bad_debt.total_cmp(&a.bad_debt);
            let taken = b.taken.total_cmp(&a.taken);
            larger.then(taken).then(a.number.cmp(&b.number))
        });
        Self {
            taken: rows.iter().map(|a| a.taken).sum(),
            bad_debt: rows.iter().map(|a| a.bad_debt).sum(),
            rows,
        }
    }

    /// Accounts that left bad debt on some path.
    pub(crate) fn with_bad_debt(&self) -> usize {
        self.rows.iter().filter(|a| a.bad_debt > 0.0).count()
    }

    /// The fewest accounts that make half of the bad debt; none where there is none.
    pub(crate) fn half_of_bad_debt(&self) -> Option<usize> {
        half(self.rows.iter().map(|a| a.bad_debt), self.bad_debt)
    }

    /// The fewest accounts that make half of the collateral taken; none where there is none.
    pub(crate) fn half_of_taken(&self) -> Option<usize> {
        half(self.rows.iter().map(|a| a.taken), self.taken)
    }
}

fn half(terms: impl Iterator<Item = f64>, total: f64) -> Option<usize> {
    let mut terms: Vec<f64> = terms.collect();
    terms.sort_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    let reached = terms.iter().position(|term| {
        sum += term;
        sum >= total / 2.0
    });
    reached.filter(|_| total >= NOTHING_USD).map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_made_by_the_largest() {
        for (terms, want) in [
            (&[1.0, 6.0, 3.0][..], Some(1)),
            (&[5.0, 5.0], Some(1)),
            (&[1.0, 1.0, 1.0, 1.0, 1.0], Some(3)),
            (&[0.0, 0.0], None),
            (&[], None),
        ] {
            let total = terms.iter().sum();
            assert_eq!(half(terms.iter().copied(), total), want, "{terms:?}");
        }
    }
}
