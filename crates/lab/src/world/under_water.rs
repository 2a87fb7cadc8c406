//! What accounts would have lacked without liquidations, and how long they were under water.
//!
//! Both are read off a path that is over, for the accounts that are told: no step looks at an account
//! for them: [`Tokens`] follow the account's rows, at the oracle's prices of each step's end. Most
//! accounts need no look at the steps: their collateral at the lowest prices of the path still covers
//! their debt at the highest. The others are spared the stretches of which the same is true.

use super::tokens::Tokens;
use crate::record::{AccountRow, PathRecord, StepRow};
use backstop_core::protocol::AccountId;

/// Positions of an account's rows in a list, by account and then in order.
struct ByAccount(Vec<(AccountId, usize)>);

impl ByAccount {
    fn new(accounts: impl Iterator<Item = AccountId>) -> Self {
        let mut rows: Vec<_> = accounts.enumerate().map(|(at, id)| (id, at)).collect();
        rows.sort_unstable();
        Self(rows)
    }

    /// An account's rows of the list, in order.
    fn of<'r, T>(&self, account: AccountId, list: &'r [T]) -> Vec<&'r T> {
        let first = self.0.partition_point(|(id, _)| *id < account);
        let rows = self.0.iter().skip(first);
        let own = rows.take_while(|(id, _)| *id == account);
        own.filter_map(|(_, at)| list.get(*at)).collect()
    }
}

/// Steps of a stretch.
const STRETCH: usize = 64;

/// The lowest and highest prices of some steps, by asset.
struct Range {
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Range {
    fn of<'s>(prices: impl Iterator<Item = &'s [f64]>, assets: usize) -> Self {
        let (mut low, mut high) = (vec![f64::INFINITY; assets], vec![0.0; assets]);
        for prices in prices {
            let ends = low.iter_mut().zip(high.iter_mut());
            for ((low, high), usd) in ends.zip(prices) {
                *low = usd.min(*low);
                *high = usd.max(*high);
            }
        }
        Self { low, high }
    }

    /// The most that an account lacks at prices of the range.
    fn lacking(&self, held: &Tokens) -> f64 {
        lacking(held, &self.low, &self.high)
    }
}

/// A path's prices, and its rows by account.
struct Past<'a> {
    record: &'a PathRecord,
    step_s: u32,
    all: Range,
    /// Of each [`STRETCH`] steps.
    stretches: Vec<Range>,
    liquidations: ByAccount,
    reactions: ByAccount,
    leverings: ByAccount,
}

impl<'a> Past<'a> {
    fn new(record: &'a PathRecord, step_s: u32) -> Self {
        let assets = record.symbols.len();
        let of = |steps: &[StepRow]| Range::of(steps.iter().map(|row| &*row.oracle), assets);
        Self {
            record,
            step_s,
            all: of(&record.steps),
            stretches: record.steps.chunks(STRETCH).map(of).collect(),
            liquidations: ByAccount::new(record.liquidations.iter().map(|row| row.account)),
            reactions: ByAccount::new(record.reactions.iter().map(|row| row.account)),
            leverings: ByAccount::new(record.leverings.iter().map(|row| row.account)),
        }
    }

    /// Fills in what the steps tell of an account that held these tokens at the start.
    fn tell(&self, row: &mut AccountRow, start: &Tokens) {
        let leverings = self.leverings.of(row.account, &self.record.leverings);
        let spare = -self.all.lacking(start);
        // Penalties eat into what covers the debt, at prices that may have been higher.
        if leverings.is_empty() && spare >= 2.0 * row.penalty_usd.max(0.0) {
            return;
        }
        let liquidations = self.liquidations.of(row.account, &self.record.liquidations);
        let reactions = self.reactions.of(row.account, &self.record.reactions);
        let first = liquidations.first().map_or(u32::MAX, |first| first.step);
        let mut liquidations = liquidations.into_iter().peekable();
        let mut reactions = reactions.into_iter().peekable();
        let mut leverings = leverings.into_iter().peekable();
        // With liquidations, and without any.
        let (mut held, mut alone) = (start.clone(), start.clone());
        let stretches = self.record.steps.chunks(STRETCH).zip(&self.stretches);
        for (steps, range) in stretches {
            let end = steps.last().map_or(0, |last| last.step);
            let next = [
                liquidations.peek().map(|row| row.step),
                reactions.peek().map(|row| row.step),
                leverings.peek().map(|row| row.step),
            ];
            let still = next.into_iter().flatten().all(|next| next > end);
            let covered = range.lacking(&held) <= NOTHING_USD;
            let known = end < first || range.lacking(&alone) <= row.lacking_usd;
            if still && covered && known {
                continue;
            }
            for step in steps {
                let usd = &step.oracle;
                while let Some(done) = liquidations.next_if(|l| l.step <= step.step) {
                    held.liquidated(done, usd);
                }
                while let Some(moved) = reactions.next_if(|m| m.step <= step.step) {
                    held.reacted(moved, usd);
                    alone.reacted(moved, usd);
                }
                while let Some(moved) = leverings.next_if(|m| m.step <= step.step) {
                    held.levered(moved, usd);
                    alone.levered(moved, usd);
                }
                if first <= step.step {
                    row.lacking_usd = row.lacking_usd.max(lacking(&alone, usd, usd));
                }
                if lacking(&held, usd, usd) > NOTHING_USD {
                    row.under_water_s += u64::from(self.step_s);
                }
            }
        }
    }
}

/// Less than a cent is what rounding leaves.
const NOTHING_USD: f64 = 0.01;

/// Debt above collateral at prices by asset, USD; below zero where the collateral is worth more.
fn lacking(held: &Tokens, collateral_usd: &[f64], debt_usd: &[f64]) -> f64 {
    held.debt_usd(debt_usd) - held.collateral_usd(collateral_usd)
}

/// Fills [`AccountRow::lacking_usd`] and [`AccountRow::under_water_s`] of a path that is over.
/// `held` tells what an account had at the start.
pub(super) fn tell_lacking<'a>(
    held: impl Fn(AccountId) -> Option<&'a Tokens>,
    record: &mut PathRecord,
    step_s: u32,
) {
    let mut rows = std::mem::take(&mut record.accounts);
    let past = Past::new(record, step_s);
    for row in &mut rows {
        if let Some(start) = held(row.account) {
            past.tell(row, start);
        }
    }
    record.accounts = rows;
}
