//! Steps 5 and 6 after the ledger has agreed: collateral is sold and sums are kept.

use super::World;
use super::books::index;
use super::liquidation::Attempt;
use crate::agents::{Exit, Plan};
use crate::network::Bid;
use crate::record::{LiquidationRow, LiquidatorRow};
use crate::venue::Side;
use backstop_core::protocol::{AssetId, Protocol, Settlement, Terms, Trace};
use backstop_core::units::{Amount, Ratio, WAD};

/// What a settled liquidation cost and brought, USD.
#[derive(Clone, Copy, Debug)]
struct Exited {
    proceeds: f64,
    loan_fee: f64,
    /// Cash received at once, before gas.
    cash: f64,
}

impl<P: Protocol> World<P> {
    /// Sells what was seized and writes everything down.
    pub(super) fn settle(
        &mut self,
        bid: &Bid<Attempt>,
        plan: &Plan,
        terms: &Terms,
        settlement: Settlement,
        trace: Trace,
    ) {
        assert!(
            settlement.repaid <= terms.repay,
            "account {} was repaid {} of at most {} under seed {}",
            bid.what.account.0,
            settlement.repaid,
            terms.repay,
            self.seed
        );
        let exited = self.exit(bid.what.member, plan, &settlement);
        let gas_usd = self.gas_usd(bid.gwei);
        let row = self.row_of(bid, plan, &settlement, exited, gas_usd, trace);
        self.count(bid.what.member, &row, exited.cash);
        if let Some(entry) = self.watch.get_mut(bid.what.seat) {
            entry.cured = settlement.health_after >= Ratio(WAD);
            entry.forget();
        }
        self.outcomes.liquidated(&row);
        self.record.liquidations.push(row);
        self.deficits.extend(settlement.deficit);
        self.keep_events(settlement.events);
    }

    /// Turns the collateral into the debt token, or keeps it.
    fn exit(&mut self, member: usize, plan: &Plan, settlement: &Settlement) -> Exited {
        let (collateral, debt) = (plan.offer.collateral, plan.offer.debt);
        let seized = self.units.tokens(collateral, settlement.seized);
        let repaid = self.units.tokens(debt, settlement.repaid);
        let group = self.crew.members.get(member).map_or(0, |m| m.group);
        let exit = self.crew.groups.get(group).map(|g| g.exit);
        let repaid_usd = self.units.usd(debt, settlement.repaid, &self.oracle);
        if let Some(Exit::FlashLoan { fee }) = exit {
            let (sold, unsold, bought) = self.swap(collateral, seized, debt, repaid * (1.0 + fee));
            self.hold(member, collateral, unsold);
            let loan_fee = repaid_usd * fee;
            return Exited {
                proceeds: sold - (bought - repaid_usd - loan_fee),
                loan_fee,
                cash: sold - bought,
            };
        }
        let cost = repaid * self.market.outside_of(index(debt));
        self.hold(member, collateral, seized);
        if let Some(liquidator) = self.crew.members.get_mut(member) {
            liquidator.capital_usd = (liquidator.capital_usd - cost).max(0.0);
        }
        Exited {
            proceeds: self.units.usd(collateral, settlement.seized, &self.oracle),
            loan_fee: 0.0,
            cash: -cost,
        }
    }

    /// Sells collateral and buys the debt token: dollars received, tokens unsold, dollars paid.
    fn swap(&mut self, sell: AssetId, sold: f64, buy: AssetId, bought: f64) -> (f64, f64, f64) {
        if sell == buy {
            let price = self.market.outside_of(index(buy));
            return (sold * price, 0.0, bought * price);
        }
        let out = self.market.trade(index(sell), Side::Sell, sold);
        let back = self.market.trade(index(buy), Side::Buy, bought);
        // Plans are made only where the depth suffices; a rest is bought at the outside price.
        let missing = (bought - back.base).max(0.0) * self.market.outside_of(index(buy));
        (out.usd, (sold - out.base).max(0.0), back.usd + missing)
    }

    fn hold(&mut self, member: usize, asset: AssetId, tokens: f64) {
        let liquidator = self.crew.members.get_mut(member);
        if let Some(held) = liquidator.and_then(|l| l.inventory.get_mut(index(asset))) {
            *held += tokens;
        }
    }

    fn row_of(
        &self,
        bid: &Bid<Attempt>,
        plan: &Plan,
        settlement: &Settlement,
        exited: Exited,
        gas_usd: f64,
        trace: Trace,
    ) -> LiquidationRow {
        let (collateral, debt) = (plan.offer.collateral, plan.offer.debt);
        let usd = |asset: AssetId, amount: Amount| self.units.usd(asset, amount, &self.oracle);
        let repaid_usd = usd(debt, settlement.repaid);
        let seized_usd = usd(collateral, settlement.seized);
        LiquidationRow {
            step: self.row.step,
            time: self.now,
            account: plan.offer.account,
            liquidator: u32::try_from(bid.what.member).unwrap_or(u32::MAX),
            collateral,
            debt,
            repaid: settlement.repaid,
            seized: settlement.seized,
            protocol_fee: settlement.protocol_fee,
            health_before: settlement.health_before,
            health_after: settlement.health_after,
            repaid_usd,
            seized_usd,
            fee_usd: usd(collateral, settlement.protocol_fee),
            proceeds_usd: exited.proceeds,
            slippage_usd: seized_usd - exited.proceeds,
            gas_usd,
            loan_fee_usd: exited.loan_fee,
            profit_usd: exited.proceeds - repaid_usd - gas_usd - exited.loan_fee,
            deficit_usd: settlement
                .deficit
                .iter()
                .fold(0.0, |sum, (asset, amount)| sum + usd(*asset, *amount)),
            collateral_price: self.oracle.get(index(collateral)).copied().unwrap_or(0.0),
            trace,
        }
    }

    /// Adds a liquidation to the step's and the liquidator's sums.
    fn count(&mut self, member: usize, row: &LiquidationRow, cash: f64) {
        let step = &mut self.row;
        step.liquidations += 1;
        step.repaid_usd += row.repaid_usd;
        step.seized_usd += row.seized_usd + row.fee_usd;
        step.bonus_usd += row.seized_usd - row.repaid_usd;
        step.penalty_usd += row.seized_usd + row.fee_usd - row.repaid_usd;
        step.fee_usd += row.fee_usd;
        step.gas_usd += row.gas_usd;
        step.deficit_usd += row.deficit_usd;
        if let Some(liquidator) = self.crew.members.get_mut(member) {
            let sums = &mut liquidator.row;
            sums.won += 1;
            sums.repaid_usd += row.repaid_usd;
            sums.gas_usd += row.gas_usd;
            sums.slippage_usd += row.slippage_usd;
            sums.loan_fee_usd += row.loan_fee_usd;
            sums.profit_usd += cash - row.gas_usd;
        }
    }

    /// Sells down what liquidators hold.
    pub(super) fn sell_inventories(&mut self) {
        let dt = f64::from(self.config.grid.step_s);
        for liquidator in &mut self.crew.members {
            let config = self.crew.groups.get(liquidator.group);
            let half_life_s = match config.map(|c| c.exit) {
                Some(Exit::Inventory { half_life_s }) => half_life_s,
                _ => 0.0,
            };
            let share = if half_life_s > 0.0 {
                1.0 - (-dt / half_life_s).exp2()
            } else {
                1.0
            };
            for (asset, held) in liquidator.inventory.iter_mut().enumerate() {
                if *held <= 0.0 {
                    continue;
                }
                let outside = self.market.outside_of(asset);
                let fill = self.market.trade(asset, Side::Sell, *held * share);
                *held = (*held - fill.base).max(0.0);
                liquidator.capital_usd += fill.usd;
                liquidator.row.profit_usd += fill.usd;
                liquidator.row.slippage_usd += fill.base * outside - fill.usd;
            }
        }
    }

    /// The liquidators' rows with what they hold at the last outside prices.
    pub(super) fn liquidator_rows(&self) -> Vec<LiquidatorRow> {
        let outside = self.market.outside();
        let rows = self.crew.members.iter().map(|liquidator| {
            let held = liquidator.inventory.iter().zip(outside);
            let inventory_usd: f64 = held.map(|(tokens, usd)| tokens * usd).sum();
            let mut row = liquidator.row.clone();
            row.inventory_usd = inventory_usd;
            row.profit_usd += inventory_usd;
            row
        });
        rows.collect()
    }
}
