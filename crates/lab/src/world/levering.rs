//! Step 4: borrowers take on leverage in calm.
//!
//! A move borrows more of the largest debt, sells it for dollars, buys more of the largest collateral with
//! them and supplies that, all at once, as with a loan of a moment: the supply comes first, so that the
//! rules on new debt see the account as it will be. The trades go through the venues and move their prices.
//! Where the ledger refuses, half of it is tried, up to [`TRIES`] times.

use super::World;
use crate::agents::Lever;
use crate::door;
use crate::record::LeveringRow;
use crate::venue::Side;
use backstop_core::protocol::{Adjustment, AssetId, Health, Protocol};
use backstop_core::units::Amount;

/// How often a smaller move is tried after a refusal.
const TRIES: u32 = 4;
/// Moves below this are not worth it, USD.
const LEAST_USD: f64 = 10.0;
/// Largest cost of the two trades against the outside price, as a share; dearer moves are not done.
const COST_MAX: f64 = 0.01;

/// What a borrower plans to do.
#[derive(Clone, Copy)]
struct Move {
    borrowed: Amount,
    supplied: Amount,
    /// Whole tokens.
    sold: f64,
    bought: f64,
}

impl<P: Protocol> World<P> {
    pub(super) fn lever_up(&mut self) {
        for lever in self.levered.due(&self.protocol, &self.oracle, self.now) {
            let whole = self.lever_one(&lever);
            if let (Some(()), Ok(health)) = (whole, self.protocol.health(lever.account)) {
                self.levered.file(lever.member, &health, &self.oracle);
            }
        }
    }

    /// Nothing where the borrower got less than it wanted, so that it gives up.
    fn lever_one(&mut self, lever: &Lever) -> Option<()> {
        let health = self.protocol.health(lever.account).ok()?;
        let wanted_usd = self.wanted_usd(lever, &health);
        let mut usd = wanted_usd;
        for _ in 0..TRIES {
            if usd < LEAST_USD {
                return None;
            }
            let planned = self.planned(lever, usd)?;
            if !self.lets_borrow(lever, planned.borrowed) {
                return None;
            }
            match self.carried_out(lever, &planned) {
                Some(Ok(())) => {
                    self.tell_levering(lever, &planned);
                    return (usd >= wanted_usd).then_some(());
                }
                Some(Err(rejection)) => {
                    self.refusals.count("borrower's levering", rejection);
                    usd /= 2.0;
                }
                None => return None,
            }
        }
        None
    }

    /// Debt that brings health to the target when it is turned into collateral:
    /// `(t·C − h·D) ÷ (h − t)` for the threshold `t` and the target health `h`.
    fn wanted_usd(&self, lever: &Lever, health: &Health) -> f64 {
        let base = self.units.base_decimals;
        let collateral = door::value_to_usd(health.collateral, base);
        let debt = door::value_to_usd(health.debt, base);
        let threshold = door::bps_to_share(health.liquidation_threshold);
        (threshold * collateral - lever.target * debt) / (lever.target - threshold)
    }

    /// The trades of a move; nothing where they would cost too much.
    fn planned(&self, lever: &Lever, usd: f64) -> Option<Move> {
        let price = |asset: usize| self.oracle.get(asset).copied();
        let decimals = |asset: usize| self.units.decimals.get(asset).copied();
        let sold = usd / price(lever.debt)?;
        let received = self.market.quote(lever.debt, Side::Sell, sold).usd;
        let outside = self.market.outside_of(lever.collateral);
        let first = received / outside;
        let paid = self
            .market
            .quote(lever.collateral, Side::Buy, first)
            .average;
        let bought = received / paid;
        let value = bought * outside;
        let dear = value < sold * self.market.outside_of(lever.debt) * (1.0 - COST_MAX);
        if dear || !(sold + bought).is_finite() {
            return None;
        }
        Some(Move {
            borrowed: door::tokens_to_amount(sold, decimals(lever.debt)?),
            supplied: door::tokens_to_amount(bought, decimals(lever.collateral)?),
            sold,
            bought,
        })
    }

    /// Puts a move to the ledger: all of it or nothing. `None` where the design lends no more to an account
    /// that is there.
    fn carried_out(&mut self, lever: &Lever, planned: &Move) -> Option<Result<(), P::Rejection>> {
        let before = self.protocol.fork();
        let (account, amount) = (lever.account, planned.supplied);
        let (collateral, debt) = (asset_id(lever.collateral), asset_id(lever.debt));
        let more = Adjustment::TopUp {
            asset: collateral,
            amount,
        };
        let supplied = match self.protocol.adjust(account, &more) {
            Ok(events) => events,
            Err(rejection) => return Some(Err(rejection)),
        };
        match self.protocol.borrow(account, debt, planned.borrowed) {
            Some(Ok(borrowed)) => {
                self.keep_events(supplied);
                self.keep_events(borrowed);
                Some(Ok(()))
            }
            refused => {
                self.protocol = before;
                refused.map(|result| result.map(|_| ()))
            }
        }
    }

    /// Trades, and writes the move down.
    fn tell_levering(&mut self, lever: &Lever, planned: &Move) {
        self.market.trade(lever.debt, Side::Sell, planned.sold);
        self.market
            .trade(lever.collateral, Side::Buy, planned.bought);
        let (collateral, debt) = (asset_id(lever.collateral), asset_id(lever.debt));
        let usd = |asset, amount| self.units.usd(asset, amount, &self.oracle);
        self.record.leverings.push(LeveringRow {
            step: self.row.step,
            account: lever.account,
            collateral,
            debt,
            supplied: planned.supplied,
            borrowed: planned.borrowed,
            supplied_usd: usd(collateral, planned.supplied),
            borrowed_usd: usd(debt, planned.borrowed),
        });
    }
}

fn asset_id(position: usize) -> AssetId {
    AssetId(u16::try_from(position).unwrap_or(u16::MAX))
}
