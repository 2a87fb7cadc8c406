//! What accounts would have lacked without liquidations, and how long they were under water.
//!
//! Both are read off a path that is over, for the accounts that are told: no step looks at an account
//! for them. Holdings are those of the start, less what each liquidation took and cleared and plus what
//! the borrower moved, at the oracle's prices of each step's end; interest is left out. Most accounts
//! need no look at the steps: their collateral at the lowest prices of the path still covers their debt
//! at the highest.

use super::books::Units;
use crate::record::{AccountRow, LeveringRow, LiquidationRow, PathRecord, ReactionRow};
use backstop_core::protocol::{AccountId, AssetId, Protocol};

/// Whole tokens by asset.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    collateral: Vec<f64>,
    debt: Vec<f64>,
}

impl Tokens {
    pub(super) fn of<P: Protocol>(
        protocol: &P,
        units: &Units,
        account: AccountId,
        assets: usize,
    ) -> Self {
        let mut tokens = Self {
            collateral: vec![0.0; assets],
            debt: vec![0.0; assets],
        };
        for held in protocol.holdings(account) {
            if held.enabled {
                add(
                    &mut tokens.collateral,
                    held.asset,
                    units.tokens(held.asset, held.collateral),
                );
            }
            add(
                &mut tokens.debt,
                held.asset,
                units.tokens(held.asset, held.debt),
            );
        }
        tokens
    }

    /// Worth of the collateral by asset, USD.
    pub(super) fn collateral_usd(&self, usd: &[f64]) -> impl Iterator<Item = f64> {
        let terms = self.collateral.iter().zip(usd);
        terms.map(|(held, price)| held * price)
    }

    /// Debt above collateral at prices by asset, USD; below zero where the collateral is worth more.
    fn lacking(&self, collateral_usd: &[f64], debt_usd: &[f64]) -> f64 {
        worth(&self.debt, debt_usd) - worth(&self.collateral, collateral_usd)
    }
}

fn worth(tokens: &[f64], usd: &[f64]) -> f64 {
    let terms = tokens.iter().zip(usd).map(|(held, price)| held * price);
    terms.fold(0.0, |sum, term| sum + term)
}

fn add(tokens: &mut [f64], asset: AssetId, more: f64) {
    if let Some(held) = tokens.get_mut(usize::from(asset.0)) {
        *held = (*held + more).max(0.0);
    }
}

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

/// A path's prices, and its rows by account.
struct Past<'a> {
    record: &'a PathRecord,
    step_s: u32,
    low: Vec<f64>,
    high: Vec<f64>,
    liquidations: ByAccount,
    reactions: ByAccount,
    leverings: ByAccount,
}

impl<'a> Past<'a> {
    fn new(record: &'a PathRecord, step_s: u32) -> Self {
        let assets = record.symbols.len();
        let (mut low, mut high) = (vec![f64::INFINITY; assets], vec![0.0; assets]);
        for row in &record.steps {
            let ends = low.iter_mut().zip(high.iter_mut());
            for ((low, high), usd) in ends.zip(&row.oracle) {
                *low = usd.min(*low);
                *high = usd.max(*high);
            }
        }
        Self {
            record,
            step_s,
            low,
            high,
            liquidations: ByAccount::new(record.liquidations.iter().map(|row| row.account)),
            reactions: ByAccount::new(record.reactions.iter().map(|row| row.account)),
            leverings: ByAccount::new(record.leverings.iter().map(|row| row.account)),
        }
    }

    /// Fills in what the steps tell of an account that held these tokens at the start.
    fn tell(&self, row: &mut AccountRow, start: &Tokens) {
        let leverings = self.leverings.of(row.account, &self.record.leverings);
        let spare = -start.lacking(&self.low, &self.high);
        // Penalties eat into what covers the debt, at prices that may have been higher.
        if leverings.is_empty() && spare >= 2.0 * row.penalty_usd.max(0.0) {
            return;
        }
        let liquidations = self.liquidations.of(row.account, &self.record.liquidations);
        let reactions = self.reactions.of(row.account, &self.record.reactions);
        let first = liquidations.first().map(|first| first.step);
        let mut liquidations = liquidations.into_iter().peekable();
        let mut reactions = reactions.into_iter().peekable();
        let mut leverings = leverings.into_iter().peekable();
        // With liquidations, and without any.
        let (mut held, mut alone) = (start.clone(), start.clone());
        for step in &self.record.steps {
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
            if first.is_some_and(|first| first <= step.step) {
                row.lacking_usd = row.lacking_usd.max(alone.lacking(usd, usd));
            }
            // Less than a cent is what rounding leaves.
            if held.lacking(usd, usd) > 0.01 {
                row.under_water_s += u64::from(self.step_s);
            }
        }
    }
}

impl Tokens {
    fn liquidated(&mut self, done: &LiquidationRow, usd: &[f64]) {
        let cleared = done.cleared_usd + done.deficit_usd;
        add(
            &mut self.collateral,
            done.collateral,
            -tokens(done.taken_usd, done.collateral, usd),
        );
        add(&mut self.debt, done.debt, -tokens(cleared, done.debt, usd));
    }

    fn reacted(&mut self, moved: &ReactionRow, usd: &[f64]) {
        let moved_tokens = tokens(moved.usd, moved.asset, usd);
        if moved.repay {
            add(&mut self.debt, moved.asset, -moved_tokens);
        } else {
            add(&mut self.collateral, moved.asset, moved_tokens);
        }
    }

    fn levered(&mut self, moved: &LeveringRow, usd: &[f64]) {
        let (supplied, borrowed) = (moved.supplied_usd, moved.borrowed_usd);
        add(
            &mut self.collateral,
            moved.collateral,
            tokens(supplied, moved.collateral, usd),
        );
        add(
            &mut self.debt,
            moved.debt,
            tokens(borrowed, moved.debt, usd),
        );
    }
}

/// Whole tokens of an asset for dollars at the oracle's prices; none where it has no price.
fn tokens(usd: f64, asset: AssetId, prices: &[f64]) -> f64 {
    let price = prices.get(usize::from(asset.0)).copied().unwrap_or(0.0);
    if price > 0.0 { usd / price } else { 0.0 }
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
