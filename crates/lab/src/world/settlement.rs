//! Steps 5 and 6 after the ledger has agreed: collateral is sold and sums are kept.
//!
//! Who is paid by a liquidation without having acted gets its [`Payout`]: a liquidator that was outbid
//! has its money back; anybody who is not a liquidator, such as the depositors of a stability pool,
//! sells half of what came in every [`DEPOSITORS_HALF_LIFE_S`].

use super::World;
use super::books::index;
use super::liquidation::Attempt;
use super::opportunities::ledger_id;
use crate::agents::{Exit, Plan};
use crate::network::Bid;
use crate::record::{LiquidationRow, LiquidatorRow};
use crate::venue::Side;
use backstop_core::protocol::{AssetId, OfferKind, Payout, Protocol, Settlement, Terms, Trace};
use backstop_core::units::{Amount, Ratio, WAD};

/// Seconds in which those who are no liquidators sell half of the collateral that they received.
const DEPOSITORS_HALF_LIFE_S: f64 = 3_600.0;
/// Liquidations for which the record has room at once, and then again.
const ROWS_MIN: usize = 512;

/// What a settled liquidation cost and brought, USD.
#[derive(Clone, Copy, Debug, Default)]
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
        for payout in &settlement.payouts {
            self.pay_out(payout);
        }
        let kind = plan.offer.kind;
        let row = self.row_of(bid, plan, &settlement, exited, gas_usd, trace);
        self.count(bid.what.member, &row, exited.cash);
        if let Some(entry) = self.watch.get_mut(bid.what.seat) {
            entry.cured = settlement.health_after >= Ratio(WAD);
            entry.acted(plan.offer.auction);
        }
        if kind != OfferKind::Bid {
            let rows = &mut self.record.liquidations;
            if rows.len() == rows.capacity() {
                // Rows are large, and a path has hundreds of them.
                rows.reserve(ROWS_MIN);
            }
            rows.push(row);
        }
        self.share_fee(plan.offer.collateral, settlement.protocol_fee);
        self.deficits.extend(settlement.deficit);
        self.keep_events(settlement.events);
    }

    /// What somebody received who did not act.
    fn pay_out(&mut self, payout: &Payout) {
        let asset = index(payout.asset);
        let tokens = self.units.tokens(payout.asset, payout.amount);
        let usd = tokens * self.market.outside_of(asset);
        let first = ledger_id(&self.protocol, 0);
        let member = payout.account.0.checked_sub(first.0);
        let member = member.and_then(|at| self.crew.members.get_mut(at as usize));
        match member {
            Some(liquidator) => {
                liquidator.capital_usd += usd;
                liquidator.row.profit_usd += usd;
            }
            None => {
                if let Some(held) = self.depositors.get_mut(asset) {
                    *held += tokens;
                }
            }
        }
    }

    /// Turns the collateral into the debt token, or keeps it.
    fn exit(&mut self, member: usize, plan: &Plan, settlement: &Settlement) -> Exited {
        let reward_usd = self
            .units
            .usd(plan.offer.debt, settlement.reward, &self.oracle);
        let exited = match plan.offer.kind {
            OfferKind::Start => Exited::default(),
            OfferKind::Deliver => self.deliver(member, plan, settlement),
            _ => self.exchange(member, plan, settlement),
        };
        if let Some(liquidator) = self.crew.members.get_mut(member) {
            liquidator.capital_usd += reward_usd;
        }
        Exited {
            cash: exited.cash + reward_usd,
            ..exited
        }
    }

    /// Keeps what a bid won; it was paid for before.
    fn deliver(&mut self, member: usize, plan: &Plan, settlement: &Settlement) -> Exited {
        let collateral = plan.offer.collateral;
        self.hold(
            member,
            collateral,
            self.units.tokens(collateral, settlement.seized),
        );
        Exited {
            proceeds: self.units.usd(collateral, settlement.seized, &self.oracle),
            ..Exited::default()
        }
    }

    /// Pays the debt and sells the collateral at once, or keeps it.
    fn exchange(&mut self, member: usize, plan: &Plan, settlement: &Settlement) -> Exited {
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
        let reward_usd = usd(debt, settlement.reward);
        let sum = |parts: &[(AssetId, Amount)]| {
            let worth = parts.iter().map(|(asset, amount)| usd(*asset, *amount));
            worth.fold(0.0, |sum, part| sum + part)
        };
        LiquidationRow {
            step: self.row.step,
            time: self.now,
            account: plan.offer.account,
            liquidator: u32::try_from(bid.what.member).unwrap_or(u32::MAX),
            kind: plan.offer.kind,
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
            reward_usd,
            taken_usd: sum(&settlement.taken),
            cleared_usd: usd(debt, settlement.cleared),
            proceeds_usd: exited.proceeds,
            slippage_usd: seized_usd - exited.proceeds,
            gas_usd,
            loan_fee_usd: exited.loan_fee,
            profit_usd: exited.proceeds - repaid_usd - gas_usd - exited.loan_fee + reward_usd,
            deficit_usd: sum(&settlement.deficit),
            collateral_price: self.oracle.get(index(collateral)).copied().unwrap_or(0.0),
            trace,
        }
    }

    /// Adds a liquidation to the step's and the liquidator's sums. Of a bid only the gas and the money
    /// count until it wins.
    fn count(&mut self, member: usize, row: &LiquidationRow, cash: f64) {
        let step = &mut self.row;
        step.gas_usd += row.gas_usd;
        let won = row.kind != OfferKind::Bid;
        if won {
            step.liquidations += u32::from(row.begins());
            step.repaid_usd += row.repaid_usd;
            if row.kind != OfferKind::Exchange {
                step.seized_usd += row.taken_usd;
            }
            step.bonus_usd += row.bonus_usd();
            step.penalty_usd += row.penalty_usd();
            step.fee_usd += row.penalty_usd() - row.bonus_usd();
            step.deficit_usd += row.deficit_usd;
        }
        if let Some(liquidator) = self.crew.members.get_mut(member) {
            let sums = &mut liquidator.row;
            sums.gas_usd += row.gas_usd;
            sums.profit_usd += cash - row.gas_usd;
            if won {
                sums.won += 1;
                sums.repaid_usd += row.repaid_usd;
                sums.slippage_usd += row.slippage_usd;
                sums.loan_fee_usd += row.loan_fee_usd;
            }
        }
    }

    /// Sells down what liquidators and depositors hold.
    pub(super) fn sell_inventories(&mut self) {
        let dt = f64::from(self.config.grid.step_s);
        let share = 1.0 - (-dt / DEPOSITORS_HALF_LIFE_S).exp2();
        for (asset, held) in self.depositors.iter_mut().enumerate() {
            if *held > 0.0 {
                let fill = self.market.trade(asset, Side::Sell, *held * share);
                *held = (*held - fill.base).max(0.0);
            }
        }
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
