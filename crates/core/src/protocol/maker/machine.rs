//! The system as a machine: calls, time, and what the world outside needs to know.

use super::action::{Action, Outcome};
use super::clip::Wanted;
use super::draft::{Changes, Draft};
use super::lending::VaultChange;
use super::rejection::{Rejection, Ruled};
use super::vault::VaultHealth;
use super::version::Sale;
use super::{Maker, SaleStatus};
use crate::auction::AuctionId;
use crate::oracle::Quote;
use crate::protocol::feed::PriceFeed;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Timestamp, Value};

impl Draft<'_> {
    pub(super) fn run(&mut self, action: &Action) -> Ruled<Outcome> {
        match *action {
            Action::Liquidate {
                asset,
                vault,
                keeper,
            } => {
                let taken = match self.rules().sale {
                    Sale::English => self.liquidate_english(asset, vault)?,
                    Sale::Dutch => self.liquidate_dutch(asset, vault, keeper)?,
                };
                return Ok(Outcome::Liquidated(taken));
            }
            Action::SetSource { asset, quote } => self.set_source(asset, quote)?,
            Action::PokeFeed { asset } => self.poke_feed(asset)?,
            Action::ClearFeed { asset } => self.clear_feed(asset)?,
            Action::PokePrice { asset } => return self.poke_price(asset).map(Outcome::Poked),
            Action::Set { parameter, value } => self.set(parameter, value)?,
            Action::SetBreaker {
                asset,
                level,
                delay,
            } => self.set_breaker(asset, level, delay)?,
            Action::TripBreaker { asset } => self.trip_breaker(asset)?,
            Action::Move { from, to, amount } => self.pay(from, to, amount)?,
            _ => return self.run_lending(action),
        }
        Ok(Outcome::Done)
    }

    fn run_lending(&mut self, action: &Action) -> Ruled<Outcome> {
        match *action {
            Action::Join {
                asset,
                owner,
                amount,
            } => self.join(asset, owner, amount)?,
            Action::Exit {
                asset,
                owner,
                amount,
            } => self.exit(asset, owner, amount)?,
            Action::Adjust {
                asset,
                vault,
                source,
                purse,
                collateral,
                debt,
            } => {
                let change = VaultChange {
                    vault,
                    source,
                    purse,
                    collateral,
                    debt,
                };
                self.adjust_vault(asset, &change)?;
            }
            Action::Accrue { asset } => self.accrue(asset)?,
            _ => return self.run_auction(action),
        }
        Ok(Outcome::Done)
    }

    fn run_auction(&mut self, action: &Action) -> Ruled<Outcome> {
        let dutch = self.rules().sale == Sale::Dutch;
        match *action {
            Action::Take { .. }
            | Action::Reset { .. }
            | Action::RefreshMinRest { .. }
            | Action::CancelSale { .. }
                if !dutch =>
            {
                return Err(Rejection::NoSuchOperation);
            }
            Action::Take {
                asset,
                auction,
                amount,
                price_max,
                receiver,
                caller,
            } => {
                let wanted = Wanted {
                    amount,
                    price_max,
                    receiver,
                    caller,
                };
                return self.take(asset, auction, &wanted).map(Outcome::Bought);
            }
            Action::Reset {
                asset,
                auction,
                keeper,
            } => {
                let (top, reward) = self.reset(asset, auction, keeper)?;
                return Ok(Outcome::Restarted { top, reward });
            }
            Action::RefreshMinRest { asset } => self.refresh_min_rest(asset)?,
            Action::CancelSale {
                asset,
                auction,
                caller,
            } => self.cancel_sale(asset, auction, caller)?,
            _ => return self.run_treasury(action),
        }
        Ok(Outcome::Done)
    }

    fn run_treasury(&mut self, action: &Action) -> Ruled<Outcome> {
        let treasury = self.base.roles.treasury;
        match *action {
            Action::QueueDebt { amount, receiver } => self.issue_queued(receiver, amount)?,
            Action::Issue { amount, receiver } => self.issue(treasury, receiver, amount)?,
            Action::Release { since } => self.release(since)?,
            Action::Heal { amount } => self.heal(amount)?,
            Action::HealAuctioned { amount } => self.heal_auctioned(amount)?,
            Action::StartDebtAuction => return self.start_debt_auction().map(Outcome::Started),
            Action::StartSurplusAuction => {
                return self.start_surplus_auction().map(Outcome::Started);
            }
            Action::ShutDown => self.shut_down()?,
            _ => self.run_bidding(action)?,
        }
        Ok(Outcome::Done)
    }
}

impl Maker {
    fn drafted(&self, action: &Action) -> Ruled<(Outcome, Changes)> {
        self.draft(|draft| draft.run(action))
    }

    /// What several calls in one transaction would change.
    pub(super) fn draft<T>(
        &self,
        calls: impl FnOnce(&mut Draft<'_>) -> Ruled<T>,
    ) -> Ruled<(T, Changes)> {
        let mut draft = Draft::new(self);
        let answer = calls(&mut draft)?;
        Ok((answer, draft.finish()))
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
    /// As [`Maker::apply`].
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

    /// Moves time forward and takes new answers of the feeds' sources, by collateral type; then does
    /// what anybody may do and keepers do at once: pokes each delayed feed that is due, and each
    /// safe price.
    ///
    /// # Errors
    /// When `now` lies before the present time, there are more answers than collateral types, or a
    /// price leaves its range; changes nothing then.
    pub fn observe(&mut self, now: Timestamp, sources: &[Quote]) -> Result<(), Rejection> {
        let mut next = self.clone();
        next.advance(now)?;
        for (at, quote) in sources.iter().enumerate() {
            let asset = AssetId(u16::try_from(at).map_err(|_| Rejection::CollateralUnknown)?);
            next.apply(&Action::SetSource {
                asset,
                quote: *quote,
            })?;
            if let PriceFeed::Delayed(feed) = next.kind(asset)?.feed
                && feed.may_poke(now)
            {
                next.apply(&Action::PokeFeed { asset })?;
            }
            next.apply(&Action::PokePrice { asset })?;
        }
        // Nothing below can fail.
        *self = next;
        Ok(())
    }

    /// What a vault owes and what its collateral supports.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn health(&self, asset: AssetId, vault: AccountId) -> Result<VaultHealth, Rejection> {
        let held = self.known(vault)?.holding(asset);
        VaultHealth::of(self.kind(asset)?, &held)
    }

    /// Where a Dutch auction stands; all zero where there is none.
    ///
    /// # Errors
    /// Where the contract's own computation would revert.
    pub fn sale_status(&self, asset: AssetId, id: AuctionId) -> Result<SaleStatus, Rejection> {
        let sale = self.sales.get(&(asset, id));
        let auction = sale.map(|sale| sale.auction).unwrap_or_default();
        let status = auction.status(&self.kind(asset)?.dutch.terms, self.core.now)?;
        Ok(SaleStatus {
            needs_reset: sale.is_some() && status.needs_reset,
            price: status.price,
            lot: auction.lot,
            target: auction.target,
        })
    }

    /// The most that somebody may buy of a Dutch auction now: what it costs and what it brings.
    ///
    /// # Errors
    /// As [`Maker::apply`] on [`Action::Take`], but for the buyer's purse.
    pub fn largest_purchase(
        &self,
        asset: AssetId,
        id: AuctionId,
    ) -> Result<(Value, Amount), Rejection> {
        let draft = Draft::new(self);
        draft.unhalted(asset, 3)?;
        let sale = draft.sale(asset, id)?;
        let terms = &self.kind(asset)?.dutch.terms;
        let now = self.core.now;
        let bought = sale.auction.purchase(terms, now, Amount::MAX, Price::MAX)?;
        Ok((bought.paid, bought.bought))
    }
}
