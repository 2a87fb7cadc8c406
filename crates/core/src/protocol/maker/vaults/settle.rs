//! Taking an offer: the contract's calls, and what they mean for the account.

use super::super::action::{Action, Outcome};
use super::super::draft::{Changes, Draft};
use super::super::rejection::{Rejection, Ruled};
use super::super::state::{Bid, House};
use super::super::version::Sale;
use super::{Auction, AuctionKey, Update, Vaults};
use crate::auction::{AuctionId, Purchase};
use crate::protocol::{
    AccountId, AssetId, Event, Events, Offer, OfferKind, Payout, Settlement, Terms, TraceSink,
    TraceStep,
};
use crate::units::{Amount, Price, Ratio, Rounding, U256, Value, div};

/// What is to be written when an offer is taken.
pub(super) struct Step {
    pub(super) changes: Changes,
    pub(super) update: Option<Update>,
    /// The vault that was touched.
    pub(super) vault: Option<AssetId>,
}

/// A sale that cleared debt: the account's loss and what was paid for it.
struct Sold {
    key: AuctionKey,
    auction: Auction,
    /// All that was paid in the auction so far, in rad.
    paid: Value,
    repaid: Amount,
    seized: Amount,
}

impl Vaults {
    /// What an offer does on the given terms, without doing it.
    pub(super) fn settle(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Step)> {
        let kind = self.kind_of(offer.collateral)?;
        let key = (kind, AuctionId(U256::from(offer.auction)));
        let health_before = self.factor(offer.account)?;
        let first = offer.kind == OfferKind::Start && offer.auction == 0;
        if !first && self.auction(key)?.owner != offer.account {
            return Err(Rejection::AccountUnknown);
        }
        let (settlement, step) = match offer.kind {
            OfferKind::Start if first => self.start(kind, offer.account, trace)?,
            OfferKind::Start => self.start_again(key)?,
            OfferKind::Bid => self.settle_bid(key, terms, trace)?,
            OfferKind::Buy => self.settle_purchase(key, terms, trace)?,
            OfferKind::Deliver => self.settle_delivery(key, terms, trace)?,
            _ => return Err(Rejection::NoSuchOperation),
        };
        Ok((
            Settlement {
                health_before,
                ..settlement
            },
            step,
        ))
    }

    /// One call of somebody outside, and another one after it in the same transaction.
    fn call(
        &self,
        action: &Action,
        bidder: AccountId,
        then: impl FnOnce(&mut Draft<'_>, &Outcome) -> Ruled<()>,
    ) -> Ruled<(Outcome, Step)> {
        let (outcome, changes) = self.maker.draft(|draft| {
            let outcome = draft.run(action)?;
            then(draft, &outcome)?;
            Ok(outcome)
        })?;
        let step = Step {
            changes,
            update: self.update(action, &outcome, bidder),
            vault: None,
        };
        Ok((outcome, step))
    }

    fn start(
        &self,
        kind: AssetId,
        vault: AccountId,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Step)> {
        let action = Action::Liquidate {
            asset: kind,
            vault,
            keeper: self.outside,
        };
        let (outcome, step) = self.call(&action, self.outside, |_, _| Ok(()))?;
        let Outcome::Liquidated(taken) = outcome else {
            return Err(Rejection::NoSuchOperation);
        };
        let health = self.maker.health(kind, vault)?;
        trace.step(|| TraceStep {
            label: "debt supported (rad)",
            formula: "collateral · safe price; unsafe below the debt",
            inputs: vec![("debt", health.owed.0)],
            result: health.supported.0,
            rounding: None,
        });
        trace.step(|| TraceStep {
            label: "target (rad)",
            formula: "debt taken · penalty",
            inputs: vec![
                ("debt taken", taken.due.0),
                ("collateral taken", taken.collateral.0),
            ],
            result: taken.target.0,
            rounding: Some(Rounding::Floor),
        });
        let settlement = Settlement {
            reward: self.units_down(taken.reward.unwrap_or_default()),
            health_after: Ratio::ZERO,
            ..Settlement::default()
        };
        let vault = Some(kind);
        Ok((settlement, Step { vault, ..step }))
    }

    fn start_again(&self, (asset, auction): AuctionKey) -> Ruled<(Settlement, Step)> {
        let action = match self.maker.version.rules().sale {
            Sale::English => Action::Extend {
                house: House::Collateral(asset),
                auction,
            },
            Sale::Dutch => Action::Reset {
                asset,
                auction,
                keeper: self.outside,
            },
        };
        let (outcome, step) = self.call(&action, self.outside, |_, _| Ok(()))?;
        let reward = match outcome {
            Outcome::Restarted { reward, .. } => reward,
            _ => Value::ZERO,
        };
        let settlement = Settlement {
            reward: self.units_down(reward),
            health_after: Ratio::ZERO,
            ..Settlement::default()
        };
        Ok((settlement, step))
    }

    /// The bid that terms ask for: more money below the target, a smaller lot at it.
    fn bidding(&self, key: AuctionKey, bid: &Bid, terms: &Terms) -> Ruled<Action> {
        let (kind, auction) = key;
        let house = House::Collateral(kind);
        let caller = self.outside;
        if bid.auction.bid != bid.target.0 {
            return Ok(Action::Raise {
                house,
                auction,
                lot: bid.auction.lot,
                bid: self.money(terms.repay).0.min(bid.target.0),
                caller,
            });
        }
        let rule = &self.maker.kind(kind)?.english.terms;
        let largest = bid.auction.largest_lot(rule)?.unwrap_or(U256::ZERO);
        let all = terms.seize >= self.tokens_down(kind, Amount(largest));
        let lot = if all {
            largest
        } else {
            self.wad(kind, terms.seize)?.0
        };
        Ok(Action::Lower {
            house,
            auction,
            lot,
            bid: self.money(terms.repay).0.min(bid.target.0),
            caller,
        })
    }

    fn settle_bid(
        &self,
        key: AuctionKey,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Step)> {
        let (kind, id) = key;
        let known = self.maker.bids.get(&(House::Collateral(kind), id));
        let bid = known.ok_or(Rejection::FlipperNoAuction)?;
        let action = self.bidding(key, bid, terms)?;
        let (_, step) = self.call(&action, terms.liquidator, |_, _| Ok(()))?;
        let (Action::Raise { bid: paid, lot, .. } | Action::Lower { bid: paid, lot, .. }) = action
        else {
            return Err(Rejection::NoSuchOperation);
        };
        trace.step(|| TraceStep {
            label: "bid (rad)",
            formula: "at most the target",
            inputs: vec![
                ("former bid", bid.auction.bid),
                ("target", bid.target.0),
                ("lot", lot),
            ],
            result: paid,
            rounding: None,
        });
        let former = self.auction(key)?.bidder;
        let refund = former.map(|account| Payout {
            account,
            asset: self.debt,
            amount: self.units_up(Value(bid.auction.bid)),
        });
        let settlement = Settlement {
            repaid: self.units_up(Value(paid)),
            payouts: refund.into_iter().collect(),
            health_after: Ratio::ZERO,
            ..Settlement::default()
        };
        Ok((settlement, step))
    }

    fn settle_purchase(
        &self,
        key: AuctionKey,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Step)> {
        let (asset, auction) = key;
        let was = self.auction(key)?;
        let action = Action::Take {
            asset,
            auction,
            amount: self.affordable(key, terms.repay)?,
            price_max: Price::MAX,
            receiver: self.outside,
            caller: self.outside,
        };
        let (outcome, step) =
            self.call(&action, terms.liquidator, |draft, outcome| match outcome {
                Outcome::Bought(bought) => draft.exit(asset, self.outside, bought.bought),
                _ => Ok(()),
            })?;
        let Outcome::Bought(bought) = outcome else {
            return Err(Rejection::NoSuchOperation);
        };
        trace_purchase(trace, &bought);
        let sold = Sold {
            key,
            auction: was,
            paid: was.paid.plus(bought.paid)?,
            repaid: self.units_up(bought.paid),
            seized: self.tokens_down(asset, bought.bought),
        };
        let ended = step.update.is_some_and(|update| update.next.is_none());
        Ok((self.sold(&sold, ended, terms.liquidator)?, step))
    }

    /// The collateral that a sum pays for in a Dutch auction; all of it where the sum suffices.
    fn affordable(&self, key: AuctionKey, repay: Amount) -> Ruled<Amount> {
        let money = self.money(repay);
        let Some(sale) = self.maker.sales.get(&key) else {
            return Err(Rejection::ClipperNotRunning);
        };
        if money >= sale.auction.target {
            return Ok(Amount::MAX);
        }
        let terms = &self.maker.kind(key.0)?.dutch.terms;
        let price = sale.auction.status(terms, self.maker.core.now)?.price;
        if price.is_zero() {
            return Ok(Amount::MAX);
        }
        Ok(Amount(div(money.0, price.0)?))
    }

    fn settle_delivery(
        &self,
        key: AuctionKey,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Step)> {
        let (asset, id) = key;
        let house = House::Collateral(asset);
        let known = self.maker.bids.get(&(house, id));
        let auction = known.ok_or(Rejection::FlipperNotFinished)?.auction;
        let was = self.auction(key)?;
        let action = Action::Settle { house, auction: id };
        let winner = auction.bidder;
        let (_, step) = self.call(&action, terms.liquidator, |draft, _| {
            if winner == Some(self.outside) {
                draft.exit(asset, self.outside, Amount(auction.lot))?;
            }
            Ok(())
        })?;
        trace.step(|| TraceStep {
            label: "debt left without payment (rad)",
            formula: "debt taken − bid, or none",
            inputs: vec![("debt taken", was.due.0), ("bid", auction.bid)],
            result: was.due.0.saturating_sub(auction.bid),
            rounding: None,
        });
        let sold = Sold {
            key,
            auction: was,
            paid: Value(auction.bid),
            repaid: self.units_up(Value(auction.bid)),
            seized: self.tokens_down(asset, Amount(auction.lot)),
        };
        let receiver = was.bidder.unwrap_or(terms.liquidator);
        Ok((self.sold(&sold, true, receiver)?, step))
    }

    /// What a sale meant for the account. What it still owes when the auction has ended is a deficit.
    fn sold(&self, sold: &Sold, ended: bool, receiver: AccountId) -> Ruled<Settlement> {
        let (kind, _) = sold.key;
        let owner = sold.auction.owner;
        let left_before = self.still_due(&sold.auction);
        let left = self.still_due(&Auction {
            paid: sold.paid,
            ..sold.auction
        });
        let collateral = self.token(kind)?.asset;
        let mut events: Events = vec![Event::Liquidated {
            account: owner,
            liquidator: receiver,
            collateral,
            debt: self.debt,
            repaid: sold.repaid,
            seized: sold.seized,
            receive_claim: false,
        }];
        let lost = ended && !left.is_zero();
        if lost {
            events.push(Event::DeficitCreated {
                account: owner,
                asset: self.debt,
                amount: left,
            });
        }
        Ok(Settlement {
            repaid: sold.repaid,
            seized: sold.seized,
            cleared: left_before.minus_or_zero(left),
            taken: vec![(collateral, sold.seized)],
            deficit: lost.then_some((self.debt, left)).into_iter().collect(),
            health_after: if ended {
                self.factor_without(owner, sold.key)?
            } else {
                Ratio::ZERO
            },
            events,
            ..Settlement::default()
        })
    }
}

fn trace_purchase(trace: &mut impl TraceSink, bought: &Purchase) {
    trace.step(|| TraceStep {
        label: "paid (rad)",
        formula: "bought · price, at most the target",
        inputs: vec![("bought", bought.bought.0), ("price", bought.price.0)],
        result: bought.paid.0,
        rounding: None,
    });
    trace.step(|| TraceStep {
        label: "still to be raised (rad)",
        formula: "target − paid",
        inputs: vec![("left for sale", bought.lot.0)],
        result: bought.target.0,
        rounding: None,
    });
}
