//! Step 4: borrowers add collateral or repay.

use super::World;
use super::books::index;
use crate::agents::{Due, Reaction};
use crate::door;
use crate::record::ReactionRow;
use backstop_core::protocol::{Adjustment, Health, Holding, Protocol};
use backstop_core::units::Amount;

impl<P: Protocol> World<P> {
    pub(super) fn react(&mut self) {
        for due in self.borrowers.due(&self.protocol, &self.oracle, self.now) {
            let spent = self.react_one(&due);
            self.borrowers
                .acted(&self.protocol, due.borrower, spent, &self.oracle);
        }
    }

    /// Returns what the borrower spent, USD; everything that it has where the ledger refused, so
    /// that it gives up.
    fn react_one(&mut self, due: &Due) -> f64 {
        let Ok(health) = self.protocol.health(due.account) else {
            return due.budget_usd;
        };
        if door::ratio_to_f64(health.factor) >= due.target {
            return 0.0;
        }
        let Some((holding, amount)) = self.move_of(due, &health) else {
            return due.budget_usd;
        };
        let repay = due.reaction == Reaction::Repay;
        let asset = holding.asset;
        let adjustment = if repay {
            Adjustment::Repay { asset, amount }
        } else {
            Adjustment::TopUp { asset, amount }
        };
        if !self.lets_adjust(&adjustment) {
            // The borrower tries again as long as its health calls for it.
            return 0.0;
        }
        match self.protocol.adjust(due.account, &adjustment) {
            Err(rejection) => {
                self.refusals.count("borrower's move", rejection);
                due.budget_usd
            }
            Ok(events) => {
                let usd = self.units.usd(asset, amount, &self.oracle);
                self.record.reactions.push(ReactionRow {
                    step: self.row.step,
                    account: due.account,
                    asset,
                    repay,
                    amount,
                    usd,
                });
                self.keep_events(events);
                usd
            }
        }
    }

    /// Which asset to move and how much, to bring health to the target within the budget.
    fn move_of(&self, due: &Due, health: &Health) -> Option<(Holding, Amount)> {
        let base = self.units.base_decimals;
        let collateral = door::value_to_usd(health.collateral, base);
        let debt = door::value_to_usd(health.debt, base);
        let threshold = door::bps_to_share(health.liquidation_threshold);
        let repay = due.reaction == Reaction::Repay;
        let need = if repay {
            debt - collateral * threshold / due.target
        } else {
            due.target * debt / threshold - collateral
        };
        let usd = need.min(due.budget_usd);
        let worth = |h: &Holding| {
            let amount = if repay { h.debt } else { h.collateral };
            self.units.usd(h.asset, amount, &self.oracle)
        };
        let holding = self
            .protocol
            .holdings(due.account)
            .into_iter()
            .filter(|h| repay || h.enabled)
            .max_by(|a, b| worth(a).total_cmp(&worth(b)))?;
        let price = self.oracle.get(index(holding.asset)).copied()?;
        let tokens = usd / price;
        if !tokens.is_finite() {
            return None;
        }
        let amount = door::tokens_to_amount(tokens, self.units.decimals_of(holding.asset));
        let amount = if repay {
            amount.min(holding.debt)
        } else {
            amount
        };
        (!amount.is_zero()).then_some((holding, amount))
    }
}
