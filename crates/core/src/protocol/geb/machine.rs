//! The system as a machine: calls, time, and what the world outside needs to know.

use super::Geb;
use super::action::{Action, Outcome, Purchase};
use super::draft::{Changes, Draft};
use super::engine::supported_and_owed;
use super::rejection::{Rejection, Ruled};
use super::state::Feeds;
use crate::auction::AuctionId;
use crate::protocol::AccountId;
use crate::units::{Amount, Price, RAY, Rounding, Timestamp, U256, Value, mul_div};

/// What a safe owes and what its collateral supports, in rad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafeHealth {
    /// Debt that the collateral supports at the liquidation price.
    pub supported: Value,
    /// Debt with the interest of the stored index.
    pub owed: Value,
    /// Whether the safe may be liquidated. It may not while the price is unknown (zero).
    pub unsafe_now: bool,
}

impl Draft<'_> {
    fn run(&mut self, action: &Action) -> Ruled<Outcome> {
        match *action {
            Action::Liquidate { safe } => return self.liquidate(safe).map(Outcome::Liquidated),
            Action::Improve {
                safe,
                collateral,
                repaid,
                payer,
            } => self.improve(safe, (collateral, repaid), payer)?,
            Action::Buy {
                auction,
                amount,
                caller,
            } => return self.buy(auction, amount, caller).map(Outcome::Bought),
            Action::Terminate { auction, caller } => self.terminate(auction, caller)?,
            Action::SetFeed { feed, answer } => {
                *self.core.feeds.feed_mut(feed) = answer;
            }
            Action::UpdatePrice => self.update_price()?,
            Action::SetRedemptionRate { rate } => self.set_redemption_rate(rate)?,
            Action::DisableLiquidations => self.core.engine.enabled = false,
            Action::Set { parameter, value } => self.set(parameter, value)?,
        }
        Ok(Outcome::Done)
    }
}

impl Geb {
    fn drafted(&self, action: &Action) -> Ruled<(Outcome, Changes)> {
        let mut draft = Draft::new(self);
        let outcome = draft.run(action)?;
        Ok((outcome, draft.finish()))
    }

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    pub fn apply(&mut self, action: &Action) -> Result<Outcome, Rejection> {
        let (outcome, changes) = self.drafted(action)?;
        // Nothing below can fail.
        self.commit(changes);
        Ok(outcome)
    }

    /// What an action would answer now; changes nothing.
    ///
    /// # Errors
    /// As [`Geb::apply`].
    pub fn preview(&self, action: &Action) -> Result<Outcome, Rejection> {
        self.drafted(action).map(|(outcome, _)| outcome)
    }

    /// Moves time forward; nothing else happens.
    ///
    /// # Errors
    /// When `now` lies before the present time.
    pub fn advance(&mut self, now: Timestamp) -> Result<(), Rejection> {
        if now < self.core.now {
            return Err(Rejection::TimeBackward);
        }
        self.core.now = now;
        Ok(())
    }

    /// Moves time forward and takes new answers of the feeds; then does what anybody may do and
    /// keepers do at once: brings redemption price and liquidation price up to date.
    ///
    /// # Errors
    /// When `now` lies before the present time or a price leaves its range; changes nothing then.
    pub fn observe(&mut self, now: Timestamp, feeds: Feeds) -> Result<(), Rejection> {
        let mut next = self.clone();
        next.advance(now)?;
        next.core.feeds = feeds;
        next.apply(&Action::UpdatePrice)?;
        // Nothing below can fail.
        *self = next;
        Ok(())
    }

    /// What a safe owes and what its collateral supports.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn health(&self, safe: AccountId) -> Result<SafeHealth, Rejection> {
        let account = self.accounts.get(safe);
        let account = account.ok_or(Rejection::AccountUnknown)?;
        let (supported, owed) = supported_and_owed(&self.core, account)?;
        let known = !self.core.safes.liquidation_price.is_zero();
        Ok(SafeHealth {
            supported,
            owed,
            unsafe_now: known && supported < owed,
        })
    }

    /// What so many coins would buy of an auction now, whoever pays.
    ///
    /// # Errors
    /// As [`Geb::apply`] on [`Action::Buy`], but for the buyer's purse.
    pub fn quote(&self, id: AuctionId, amount: Amount) -> Result<Purchase, Rejection> {
        Ok(Draft::new(self).priced(id, amount)?.purchase)
    }

    /// What one unit of collateral costs in an auction now, and what it will cost at the largest
    /// discount of new auctions; in wad, rounded down.
    ///
    /// # Errors
    /// As [`Geb::quote`].
    pub fn auction_prices(&self, id: Option<AuctionId>) -> Result<(Price, Price), Rejection> {
        Draft::new(self).auction_prices(id)
    }

    /// The most that somebody may buy of an auction now: enough coins for all that is to be raised.
    ///
    /// # Errors
    /// As [`Geb::quote`].
    pub fn largest_purchase(&self, id: AuctionId) -> Result<Purchase, Rejection> {
        let bid = self.bids.get(&id).ok_or(Rejection::HouseNoAuction)?;
        let all = mul_div(bid.target.0, U256::ONE, RAY, Rounding::Ceil);
        let amount = all.map_err(|_| Rejection::NoReason)?;
        self.quote(id, Amount(amount).max(self.core.house.bid_min))
    }
}
