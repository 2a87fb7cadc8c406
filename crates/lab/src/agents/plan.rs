//! How a liquidator reads offers: which to take, how much of it, and what it is worth before gas.
//!
//! Sizes between nothing and the whole offer are compared as if the seized amount grew in proportion
//! to the repaid one. The chosen one is then put to the ledger without effect: its own figures
//! replace the estimate, and where it would refuse, a whole offer is planned instead.

use super::{Exit, LiquidatorConfig, Sizing};
use crate::door;
use crate::market::Market;
use crate::venue::Side;
use backstop_core::protocol::{AccountId, AssetId, Offer, Protocol, Terms};
use backstop_core::units::Amount;

/// Shares of an offer that [`Sizing::Best`] compares, largest first.
const SHARES: [f64; 7] = [1.0, 0.75, 0.5, 0.3, 0.15, 0.07, 0.03];

/// What a liquidator wants to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) offer: Offer,
    /// How much to repay, in debt units.
    pub(crate) repay: Amount,
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
    pub(crate) fn plan(
        &self,
        offers: &[Offer],
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
        let affordable = self.affordable(offer, exit, capital_usd);
        if affordable < 1.0 && plan.repay > door::share_of(offer.repay_max, affordable) {
            return None;
        }
        let gross_usd = self.gross(offer, plan.seized, plan.repaid, exit)?;
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
        if repay.is_zero() {
            return None;
        }
        let seized = self.tokens(offer.collateral, offer.seize_max) * share;
        let repaid = self.tokens(offer.debt, repay);
        let gross_usd = self.gross(offer, seized, repaid, exit)?;
        Some(Plan {
            offer: *offer,
            repay,
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
        let gross_usd = self.gross(offer, seized, repaid, exit)?;
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
    /// The answer to the offer.
    pub(crate) fn terms(&self, liquidator: AccountId) -> Terms {
        Terms {
            repay: self.repay,
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
