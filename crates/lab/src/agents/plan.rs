//! How a liquidator reads offers: which to take, how much of it, and what it is worth before gas.
//!
//! Sizes between nothing and the whole offer are compared as if the seized amount grew in proportion
//! to the repaid one. The chosen one is then put to the ledger without effect: its own figures
//! replace the estimate, and where it would refuse, a whole offer is planned instead.
//!
//! Not everything is paid and received at once:
//!
//! - to *start* a liquidation is worth its reward, and what the sale that it opens would bring at its
//!   best terms;
//! - a *bid* needs own capital and is worth the collateral's outside value less the bid; the highest
//!   bidder does not bid again;
//! - to *end* an auction is worth what was won in it, to the one who won.

use super::{BidStyle, Exit, LiquidatorConfig, Sizing};
use crate::door;
use crate::market::Market;
use crate::venue::Side;
use backstop_core::protocol::{AccountId, AssetId, Offer, OfferKind, Protocol, Terms};
use backstop_core::units::Amount;

/// Shares of an offer that [`Sizing::Best`] compares, largest first.
const SHARES: [f64; 7] = [1.0, 0.75, 0.5, 0.3, 0.15, 0.07, 0.03];

/// What a liquidator wants to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) offer: Offer,
    /// How much to repay, in debt units.
    pub(crate) repay: Amount,
    /// Collateral asked for in a bid, in collateral units.
    pub(crate) asked: Amount,
    /// Whole tokens that change hands.
    pub(crate) seized: f64,
    pub(crate) repaid: f64,
    /// Expected profit before gas, USD.
    pub(crate) gross_usd: f64,
}

/// What a planner looks at.
#[derive(Debug)]
pub(crate) struct Desk<'a, P> {
    pub(crate) protocol: &'a P,
    pub(crate) market: &'a Market,
    pub(crate) decimals: &'a [u8],
}

impl<P: Protocol> Desk<'_, P> {
    /// The most profitable plan over the offers; for a native liquidator it may be a loss.
    pub(crate) fn plan<'o>(
        &self,
        offers: impl Iterator<Item = &'o Offer>,
        config: &LiquidatorConfig,
        capital_usd: f64,
        liquidator: AccountId,
    ) -> Option<Plan> {
        let shares = match config.sizing {
            Sizing::Full => &SHARES[..1],
            Sizing::Best => &SHARES[..],
        };
        let mut best: Option<Plan> = None;
        let mut whole: Option<Plan> = None;
        for offer in offers {
            match offer.kind {
                OfferKind::Start => {
                    keep_better(&mut whole, self.start(offer, config.exit));
                    continue;
                }
                OfferKind::Bid => {
                    keep_better(&mut whole, self.bid(offer, config, capital_usd, liquidator));
                    continue;
                }
                OfferKind::Deliver => {
                    keep_better(&mut whole, self.deliver(offer, liquidator));
                    continue;
                }
                _ => {}
            }
            let affordable = self.affordable(offer, config.exit, capital_usd);
            let plan = self.best_size(offer, shares, affordable, config.exit);
            keep_better(&mut best, plan);
            if affordable >= 1.0 && plan.is_some_and(|p| p.repay < offer.repay_max) {
                keep_better(&mut whole, self.valued(offer, 1.0, config.exit));
            }
        }
        best.and_then(|plan| self.confirmed(plan, config.exit, liquidator))
            .or(whole)
    }

    /// The plan to set a liquidation in motion.
    fn start(&self, offer: &Offer, exit: Exit) -> Option<Plan> {
        let seized = self.tokens(offer.collateral, offer.seize_max);
        let repaid = self.tokens(offer.debt, offer.repay_max);
        // A sale without a least price is an auction with bids, for which loans of a moment are no use.
        let concerns = matches!(exit, Exit::Inventory { .. }) || repaid > 0.0;
        let gain = if concerns && seized > 0.0 {
            self.gross(offer, seized, repaid, exit).unwrap_or(0.0)
        } else {
            0.0
        };
        Some(Plan {
            offer: *offer,
            repay: Amount::ZERO,
            asked: Amount::MAX,
            seized: 0.0,
            repaid: 0.0,
            gross_usd: gain.max(0.0) + self.reward_usd(offer),
        })
    }

    /// The plan to bid as much, or to ask for as little, as the liquidator's style says.
    fn bid(
        &self,
        offer: &Offer,
        config: &LiquidatorConfig,
        capital_usd: f64,
        own: AccountId,
    ) -> Option<Plan> {
        let pays = matches!(config.exit, Exit::Inventory { .. });
        if !pays || offer.bidder == Some(own) {
            return None;
        }
        let lot = self.tokens(offer.collateral, offer.seize_max);
        let collateral_usd = self.market.outside_of(index(offer.collateral));
        let debt_usd = self.market.outside_of(index(offer.debt));
        let worth = lot * collateral_usd * (1.0 - config.bidding.discount) / debt_usd;
        let (least, most) = (
            self.tokens(offer.debt, offer.repay_min),
            self.tokens(offer.debt, offer.repay_max),
        );
        let within = worth >= least && least * debt_usd <= capital_usd;
        if !within {
            return None;
        }
        let style = config.bidding.style;
        let (repay, asked) = match style {
            BidStyle::Least => (offer.repay_min, offer.seize_max),
            BidStyle::Worth if offer.repay_min == offer.repay_max => {
                let share = most / worth;
                (offer.repay_max, door::share_of(offer.seize_max, share))
            }
            BidStyle::Worth => {
                let top = worth.min(capital_usd / debt_usd) / most;
                let repay = door::share_of(offer.repay_max, top);
                (repay.max(offer.repay_min), offer.seize_max)
            }
        };
        let seized = self.tokens(offer.collateral, asked);
        let repaid = self.tokens(offer.debt, repay);
        Some(Plan {
            offer: *offer,
            repay,
            asked,
            seized,
            repaid,
            gross_usd: seized * collateral_usd - repaid * debt_usd,
        })
    }

    /// The plan to end an auction that was won.
    fn deliver(&self, offer: &Offer, own: AccountId) -> Option<Plan> {
        let seized = self.tokens(offer.collateral, offer.seize_max);
        (offer.bidder == Some(own)).then(|| Plan {
            offer: *offer,
            repay: Amount::MAX,
            asked: Amount::MAX,
            seized,
            repaid: 0.0,
            gross_usd: seized * self.market.outside_of(index(offer.collateral)),
        })
    }

    /// What the protocol pays besides, USD.
    fn reward_usd(&self, offer: &Offer) -> f64 {
        if offer.reward.is_zero() {
            return 0.0;
        }
        self.tokens(offer.debt, offer.reward) * self.market.outside_of(index(offer.debt))
    }

    /// The best of the shares of an offer, from the largest down until a smaller one is worse:
    /// proceeds are concave in the size. A share beyond what capital pays for is cut to that.
    fn best_size(
        &self,
        offer: &Offer,
        shares: &[f64],
        affordable: f64,
        exit: Exit,
    ) -> Option<Plan> {
        let mut best: Option<Plan> = None;
        let first = shares.partition_point(|s| *s > affordable);
        let cut = (first > 0).then_some(affordable);
        for share in cut.into_iter().chain(shares.iter().skip(first).copied()) {
            let Some(plan) = self.valued(offer, share, exit) else {
                continue;
            };
            if best.is_some_and(|b| b.gross_usd > plan.gross_usd) {
                break;
            }
            best = Some(plan);
        }
        best
    }

    /// The plan at present prices; none where capital or depth no longer suffice.
    pub(crate) fn repriced(&self, plan: Plan, exit: Exit, capital_usd: f64) -> Option<Plan> {
        let offer = &plan.offer;
        match offer.kind {
            OfferKind::Start | OfferKind::Deliver => return Some(plan),
            OfferKind::Bid => {
                let cost_usd = plan.repaid * self.market.outside_of(index(offer.debt));
                return (cost_usd <= capital_usd).then_some(plan);
            }
            _ => {}
        }
        let affordable = self.affordable(offer, exit, capital_usd);
        if affordable < 1.0 && plan.repay > door::share_of(offer.repay_max, affordable) {
            return None;
        }
        let gross_usd = self.gross(offer, plan.seized, plan.repaid, exit)?;
        let gross_usd = gross_usd + self.reward_usd(offer);
        Some(Plan { gross_usd, ..plan })
    }

    /// Largest share of an offer that capital pays for.
    fn affordable(&self, offer: &Offer, exit: Exit, capital_usd: f64) -> f64 {
        match exit {
            Exit::FlashLoan { .. } => 1.0,
            Exit::Inventory { .. } => {
                let price = self.market.outside_of(index(offer.debt));
                let cost = self.tokens(offer.debt, offer.repay_max) * price;
                if cost > 0.0 {
                    (capital_usd / cost).clamp(0.0, 1.0)
                } else {
                    1.0
                }
            }
        }
    }

    /// The plan to take a share of an offer; none where there is nothing to take or no way out.
    fn valued(&self, offer: &Offer, share: f64, exit: Exit) -> Option<Plan> {
        let repay = door::share_of(offer.repay_max, share);
        if repay.is_zero() && !offer.repay_max.is_zero() {
            return None;
        }
        let seized = self.tokens(offer.collateral, offer.seize_max) * share;
        let repaid = self.tokens(offer.debt, repay);
        let gross_usd = self.gross(offer, seized, repaid, exit)? + self.reward_usd(offer);
        Some(Plan {
            offer: *offer,
            repay,
            asked: Amount::MAX,
            seized,
            repaid,
            gross_usd,
        })
    }

    fn gross(&self, offer: &Offer, seized: f64, repaid: f64, exit: Exit) -> Option<f64> {
        let (collateral, debt) = (index(offer.collateral), index(offer.debt));
        match exit {
            Exit::Inventory { .. } => {
                let price = |asset| self.market.outside_of(asset);
                Some(seized * price(collateral) - repaid * price(debt))
            }
            Exit::FlashLoan { fee } => {
                let owed = repaid * (1.0 + fee);
                if collateral == debt {
                    return Some((seized - owed) * self.market.outside_of(debt));
                }
                let sold = self.market.quote(collateral, Side::Sell, seized);
                let bought = self.market.quote(debt, Side::Buy, owed);
                (bought.base >= owed).then_some(sold.usd - bought.usd)
            }
        }
    }

    /// The plan with the ledger's own figures; none where the ledger would refuse it.
    fn confirmed(&self, plan: Plan, exit: Exit, liquidator: AccountId) -> Option<Plan> {
        let offer = &plan.offer;
        if plan.repay == offer.repay_max {
            return Some(plan);
        }
        let (settlement, _) = self.protocol.explain(offer, &plan.terms(liquidator)).ok()?;
        let seized = self.tokens(offer.collateral, settlement.seized);
        let repaid = self.tokens(offer.debt, settlement.repaid);
        let gross_usd = self.gross(offer, seized, repaid, exit)? + self.reward_usd(offer);
        Some(Plan {
            seized,
            repaid,
            gross_usd,
            ..plan
        })
    }

    fn tokens(&self, asset: AssetId, amount: Amount) -> f64 {
        let decimals = self.decimals.get(index(asset)).copied().unwrap_or(0);
        door::amount_to_tokens(amount, decimals)
    }
}

impl Plan {
    /// The answer to the offer. Whoever takes all of an account's debt or collateral names no limit, as
    /// on a chain: asked for to the unit, the offer's own sum may leave a last unit of collateral,
    /// which some rules refuse.
    pub(crate) fn terms(&self, liquidator: AccountId) -> Terms {
        let whole = self.offer.kind == OfferKind::Repay && self.repay == self.offer.repay_max;
        Terms {
            repay: if whole { Amount::MAX } else { self.repay },
            seize: self.asked,
            ..Terms::all(liquidator)
        }
    }
}

fn keep_better(best: &mut Option<Plan>, plan: Option<Plan>) {
    let gross = |plan: &Option<Plan>| plan.map_or(f64::NEG_INFINITY, |p| p.gross_usd);
    if gross(&plan) > gross(best) {
        *best = plan;
    }
}

fn index(asset: AssetId) -> usize {
    usize::from(asset.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plan to take `repay` of an offer of 100.
    fn plan(kind: OfferKind, repay: u128) -> Plan {
        Plan {
            offer: Offer {
                kind,
                repay_max: Amount::new(100),
                seize_max: Amount::new(50),
                ..Offer::default()
            },
            repay: Amount::new(repay),
            asked: Amount::new(50),
            seized: 0.0,
            repaid: 0.0,
            gross_usd: 0.0,
        }
    }

    #[test]
    fn a_whole_offer_is_taken_without_a_limit() {
        let terms = |kind, repay| plan(kind, repay).terms(AccountId(7));
        assert_eq!(terms(OfferKind::Repay, 100).repay, Amount::MAX);
        assert_eq!(terms(OfferKind::Repay, 99).repay, Amount::new(99));
        // A bid is exactly what is paid.
        let bid = terms(OfferKind::Bid, 100);
        assert_eq!((bid.repay, bid.seize), (Amount::new(100), Amount::new(50)));
        assert_eq!(bid.liquidator, AccountId(7));
    }
}
