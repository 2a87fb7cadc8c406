//! Which accounts the losses come from, and whose collateral is at risk.

use crate::answer::NOTHING_USD;
use backstop_lab::ensemble::{AccountLosses, Totals};

/// What one account lost over all paths, and how often it was in trouble.
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
    /// Collateral at the start, USD.
    pub(crate) collateral: f64,
    /// Paths in which it was at risk, by their weights where they have weights.
    pub(crate) at_risk_paths: f64,
}

impl Account {
    fn of((number, losses): (&u32, &AccountLosses)) -> Self {
        Self {
            number: *number,
            paths: losses.taken.mass(),
            taken: losses.taken.total(),
            bad_debt: losses.bad_debt.total(),
            collateral: losses.at_risk.collateral,
            at_risk_paths: losses.at_risk.mass(),
        }
    }

    /// Collateral at risk, USD, summed over all paths.
    pub(crate) fn at_risk(&self) -> f64 {
        self.collateral * self.at_risk_paths
    }

    fn loses(&self) -> bool {
        self.taken > 0.0 || self.bad_debt > 0.0
    }
}

/// All accounts that lost something or were at risk, by bad debt and then by collateral taken and at risk,
/// largest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) rows: Vec<Account>,
    /// Collateral taken of all, USD, summed over all paths.
    pub(crate) taken: f64,
    /// Bad debt of all, USD, summed over all paths.
    pub(crate) bad_debt: f64,
    /// Collateral at risk of all, USD, summed over all paths.
    pub(crate) at_risk: f64,
}

impl Accounts {
    pub(crate) fn of(totals: &Totals) -> Self {
        let mut rows: Vec<Account> = totals.accounts.iter().map(Account::of).collect();
        rows.sort_by(|a, b| {
            let larger = b.bad_debt.total_cmp(&a.bad_debt);
            let taken = b.taken.total_cmp(&a.taken);
            let at_risk = b.at_risk().total_cmp(&a.at_risk());
            larger
                .then(taken)
                .then(at_risk)
                .then(a.number.cmp(&b.number))
        });
        Self {
            taken: rows.iter().map(|a| a.taken).sum(),
            bad_debt: rows.iter().map(|a| a.bad_debt).sum(),
            at_risk: rows.iter().map(Account::at_risk).sum(),
            rows,
        }
    }

    /// Those that lose most, at most so many; and those with most collateral at risk that are not among
    /// them, at most so many.
    pub(crate) fn shown(&self, worst: usize, more: usize) -> (Vec<&Account>, Vec<&Account>) {
        let worst = worst.min(self.lose());
        let (worst, others) = self.rows.split_at(worst.min(self.rows.len()));
        let mut others: Vec<&Account> = others.iter().filter(|a| a.at_risk() > 0.0).collect();
        others.sort_by(|a, b| {
            let larger = b.at_risk().total_cmp(&a.at_risk());
            larger.then(a.number.cmp(&b.number))
        });
        others.truncate(more);
        (worst.iter().collect(), others)
    }

    /// Accounts that lost something on some path.
    pub(crate) fn lose(&self) -> usize {
        self.rows.iter().filter(|a| a.loses()).count()
    }

    /// Accounts that left bad debt on some path.
    pub(crate) fn with_bad_debt(&self) -> usize {
        self.rows.iter().filter(|a| a.bad_debt > 0.0).count()
    }

    /// Accounts whose collateral was at risk on some path.
    pub(crate) fn at_risk_rows(&self) -> usize {
        self.rows.iter().filter(|a| a.at_risk_paths > 0.0).count()
    }

    /// The account with most collateral at risk on average.
    pub(crate) fn most_at_risk(&self) -> Option<&Account> {
        self.most(Account::at_risk)
    }

    /// The account that is at risk most often; of equal ones that with most collateral at risk.
    pub(crate) fn most_often(&self) -> Option<&Account> {
        let often = self.most(|a| a.at_risk_paths)?.at_risk_paths;
        let all = self.rows.iter();
        first_most(all.filter(|a| a.at_risk_paths == often), Account::at_risk)
    }

    fn most(&self, of: impl Fn(&Account) -> f64) -> Option<&Account> {
        first_most(self.rows.iter(), of)
    }

    /// The fewest accounts that make half of the bad debt; none where there is none.
    pub(crate) fn half_of_bad_debt(&self) -> Option<usize> {
        half(self.rows.iter().map(|a| a.bad_debt), self.bad_debt)
    }

    /// The fewest accounts that make half of the collateral taken; none where there is none.
    pub(crate) fn half_of_taken(&self) -> Option<usize> {
        half(self.rows.iter().map(|a| a.taken), self.taken)
    }

    /// The fewest accounts that make half of the collateral at risk; none where there is none.
    pub(crate) fn half_of_at_risk(&self) -> Option<usize> {
        half(self.rows.iter().map(Account::at_risk), self.at_risk)
    }
}

/// The account with the largest figure above zero; of equal ones the first.
fn first_most<'a>(
    accounts: impl Iterator<Item = &'a Account>,
    of: impl Fn(&Account) -> f64,
) -> Option<&'a Account> {
    let most = accounts.reduce(|a, b| if of(b) > of(a) { b } else { a });
    most.filter(|most| of(most) > 0.0)
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

    /// Whoever loses most comes first; whoever is at risk most besides comes after, each once.
    #[test]
    fn the_worst_and_those_at_risk_are_shown_once() {
        let account = |number, bad_debt, collateral, at_risk_paths| Account {
            number,
            paths: 1.0,
            taken: bad_debt,
            bad_debt,
            collateral,
            at_risk_paths,
        };
        let rows = vec![
            account(4, 9.0, 10.0, 2.0),
            account(5, 8.0, 500.0, 2.0),
            account(6, 0.0, 300.0, 1.0),
            account(7, 0.0, 100.0, 5.0),
            account(8, 0.0, 0.0, 0.0),
            account(9, 0.0, 200.0, 5.0),
        ];
        let all = Accounts {
            rows,
            ..Accounts::default()
        };
        let numbers = |list: Vec<&Account>| list.iter().map(|a| a.number).collect::<Vec<_>>();
        for (worst, more, want) in [
            (1, 2, ([4].as_slice(), [5, 9].as_slice())),
            (5, 9, (&[4, 5], &[9, 7, 6])),
            (0, 0, (&[], &[])),
        ] {
            let shown = all.shown(worst, more);
            assert_eq!(
                (numbers(shown.0), numbers(shown.1)),
                (want.0.to_vec(), want.1.to_vec())
            );
        }
        assert_eq!(all.most_at_risk().map(|a| a.number), Some(5));
        assert_eq!(all.most_often().map(|a| a.number), Some(9));
        assert_eq!((all.lose(), all.at_risk_rows()), (2, 5));
        assert!(Accounts::default().most_often().is_none());
    }
}
