//! SHA-256 over a whole system, in a fixed order.

use super::System;
use super::account::Account;
use crate::protocol::AccountId;
use crate::units::U256;
use sha2::{Digest, Sha256};

/// Feeds numbers of one width.
struct Feed(Sha256);

impl Feed {
    fn words<const N: usize>(&mut self, words: [U256; N]) {
        for word in words {
            self.0.update(word.to_be_bytes::<32>());
        }
    }

    fn numbers<const N: usize>(&mut self, numbers: [u64; N]) {
        for number in numbers {
            self.0.update(number.to_be_bytes());
        }
    }

    /// An optional number: how many there are, and which.
    fn optional(&mut self, number: Option<u64>) {
        self.numbers([u64::from(number.is_some()), number.unwrap_or(0)]);
    }

    fn neighbour(&mut self, id: Option<AccountId>) {
        self.optional(id.map(|id| id.0.into()));
    }
}

impl System {
    /// SHA-256 over version, parameters, time, price, totals, pool and accounts, in this order.
    pub fn state_hash(&self) -> [u8; 32] {
        let mut feed = Feed(Sha256::new());
        feed.0.update(self.version.number().as_bytes());
        let ratios = &self.parameters;
        feed.words([
            ratios.critical_ratio.0,
            ratios.minimum_ratio.0,
            ratios.shutdown_ratio.0,
            ratios.pool_penalty.0,
            ratios.redistribution_penalty.0,
            self.price.0,
        ]);
        feed.numbers([self.now.0]);
        self.feed_branch(&mut feed);
        self.feed_pool(&mut feed);
        feed.numbers([self.book.len().into()]);
        for (_, account) in self.book.iter() {
            feed_account(&mut feed, account);
        }
        feed.0.finalize().into()
    }

    fn feed_branch(&self, feed: &mut Feed) {
        let branch = &self.branch;
        feed.words([
            branch.active.collateral.0,
            branch.active.debt.0,
            branch.default.collateral.0,
            branch.default.debt.0,
            branch.weighted_debt,
            branch.stakes.0,
            branch.stakes_snapshot.0,
            branch.collateral_snapshot.0,
            branch.reward.collateral,
            branch.reward.debt,
            branch.reward_error.collateral,
            branch.reward_error.debt,
            branch.surplus.0,
            branch.fees.0,
        ]);
        feed.numbers([branch.interest_updated.0, branch.troves]);
        feed.neighbour(branch.largest);
        feed.neighbour(branch.smallest);
        feed.optional(branch.shut_down.map(|time| time.0));
    }

    fn feed_pool(&self, feed: &mut Feed) {
        let pool = &self.pool;
        feed.words([
            pool.deposits.0,
            pool.collateral.0,
            pool.product,
            pool.collateral_error,
            pool.loss_error,
            pool.yield_owed.0,
            pool.yield_pending.0,
        ]);
        feed.numbers([pool.epoch, pool.scale]);
        for sums in [&pool.collateral_sums, &pool.yield_sums] {
            for ((epoch, scale), sum) in sums.iter() {
                feed.numbers([epoch, scale]);
                feed.words([sum]);
            }
            feed.numbers([u64::MAX]);
        }
    }
}

fn feed_account(feed: &mut Feed, account: &Account) {
    let (trove, deposit) = (&account.trove, &account.deposit);
    feed.words([
        trove.collateral.0,
        trove.debt.0,
        trove.stake.0,
        trove.rate.0,
        trove.snapshot.collateral,
        trove.snapshot.debt,
        deposit.amount.0,
        deposit.product,
        deposit.collateral_sum,
        deposit.yield_sum,
        account.stashed.0,
        account.surplus.0,
        account.stable.0,
        account.collateral.0,
    ]);
    feed.numbers([
        trove.status.number(),
        trove.updated.0,
        deposit.scale,
        deposit.epoch,
    ]);
    feed.neighbour(trove.larger);
    feed.neighbour(trove.smaller);
}
