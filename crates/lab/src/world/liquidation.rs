//! Step 5: liquidators bid and blocks fill.

use super::World;
use super::books::index;
use super::watch::{Note, Vantage};
use crate::agents::{Desk, Exit, LiquidatorConfig, Plan};
use crate::network::{Bid, Block, Lane};
use crate::record::{Miss, MissRow};
use backstop_core::protocol::{AccountId, Offer, Protocol, Terms, Trace};

/// Most misses without a cost that are listed one by one.
const FREE_MISSES_MAX: usize = 100_000;

/// A liquidator's attempt on an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// Position in the watch.
    pub(super) watched: usize,
    pub(super) account: AccountId,
    pub(super) member: usize,
}

impl<P: Protocol> World<P> {
    /// Fills the blocks that come before the next step.
    pub(super) fn liquidate(&mut self, step: u32) {
        let (vantage, cost_usd) = (self.vantage(), self.least_cost_usd());
        let breached = self.protocol.breaches();
        self.watch.refresh(breached, self.now, vantage, cost_usd);
        let end_s = f64::from(self.config.grid.step_s) * (f64::from(step) + 1.0);
        let (mut used, mut room) = (0u64, 0u64);
        while self.network.next_block_s() < end_s {
            let mut block = self.network.open_block();
            self.fill(&mut block);
            used = used.saturating_add(block.gas_used());
            room = room.saturating_add(self.config.network.block_gas_limit);
            self.network.close_block(block.gas_used());
        }
        self.row.gas_gwei = self.network.gas_gwei();
        self.row.block_use = if room > 0 {
            used as f64 / room as f64
        } else {
            0.0
        };
    }

    fn vantage(&self) -> Vantage {
        let outside = self.market.outside().iter().enumerate();
        let (sell, buy) = outside
            .map(|(asset, usd)| (*usd, self.market.venue_mid(asset)))
            .map(|(usd, mid)| (usd.max(mid), usd.min(mid)))
            .unzip();
        let oracle = self.oracle.clone();
        Vantage { sell, buy, oracle }
    }

    fn fill(&mut self, block: &mut Block) {
        let mut bids = self.bids();
        bids.sort_by(Bid::order);
        let mut taken = Vec::new();
        for bid in bids {
            self.attempt(&bid, block, &mut taken);
        }
    }

    /// Bids of everybody who sees something to gain in the next block.
    fn bids(&mut self) -> Vec<Bid<Attempt>> {
        let mut bids = Vec::new();
        let block_s = self.network.next_block_s();
        let block_time = self.config.grid.start as f64 + block_s;
        for watched in self.watch.awake() {
            let before = bids.len();
            let mut waiting = false;
            for member in 0..self.crew.members.len() {
                let since = self.watch.accounts.get(watched).map_or(0, |w| w.since);
                if since as f64 + self.latency_of(member) > block_time {
                    waiting = true;
                } else {
                    bids.extend(self.bid(watched, member));
                }
            }
            if bids.len() == before && !waiting {
                self.consider_sleep(watched);
            }
        }
        bids
    }

    fn latency_of(&self, member: usize) -> f64 {
        let group = self.crew.members.get(member).map(|m| m.group);
        let config = group.and_then(|g| self.crew.groups.get(g));
        config.map_or(f64::INFINITY, |c| c.latency_s)
    }

    /// A member's bid on an account, if it sees a gain.
    fn bid(&mut self, watched: usize, member: usize) -> Option<Bid<Attempt>> {
        let plan = self.plan_of(watched, member)?;
        let going = self.network.gas_gwei();
        let gas_usd = self.gas_usd(going);
        let liquidator = self.crew.members.get_mut(member)?;
        let config = self.crew.groups.get(liquidator.group)?;
        let profit = plan.gross_usd - gas_usd;
        let (native, lane) = (config.is_native(), config.lane());
        if !native && (profit < config.min_profit_usd || profit <= 0.0) {
            return None;
        }
        let profit_in_gwei = if gas_usd > 0.0 {
            profit / gas_usd * going
        } else {
            0.0
        };
        let bid_share = if native { 0.0 } else { config.bid_share };
        let (gwei, tie) = liquidator.bid_gwei(bid_share, going, profit_in_gwei);
        let what = Attempt {
            watched,
            account: plan.offer.account,
            member,
        };
        Some(Bid {
            lane,
            gwei,
            tie,
            what,
        })
    }

    /// The plan of a member's group for an account; made once a step while nothing changes it.
    /// Plans that depend on the member's own capital are not shared.
    fn plan_of(&mut self, watched: usize, member: usize) -> Option<Plan> {
        let liquidator = self.crew.members.get(member)?;
        let group = liquidator.group;
        let config = self.crew.groups.get(group)?;
        let entry = self.watch.accounts.get_mut(watched)?;
        if let Some(Some(plan)) = entry.plans.get(group) {
            return *plan;
        }
        let account = entry.account;
        let offers = entry
            .offers
            .get_or_insert_with(|| self.protocol.offers(account));
        let desk = Desk {
            protocol: &self.protocol,
            market: &self.market,
            decimals: &self.units.decimals,
        };
        let own = ledger_id(&self.protocol, member);
        let plan = desk.plan(offers, config, liquidator.capital_usd, own);
        if matches!(config.exit, Exit::FlashLoan { .. }) {
            entry.plans.resize(self.crew.groups.len(), None);
            if let Some(slot) = entry.plans.get_mut(group) {
                *slot = Some(plan);
            }
        }
        plan
    }

    /// Puts an account to sleep that nobody can liquidate with profit.
    fn consider_sleep(&mut self, watched: usize) {
        let Some(entry) = self.watch.accounts.get(watched) else {
            return;
        };
        let notes: Vec<Note> = entry
            .offers
            .iter()
            .flatten()
            .map(|o| self.note(o))
            .collect();
        let native = self.crew.groups.iter().any(LiquidatorConfig::is_native);
        if notes.is_empty() || !native {
            let cost_usd = self.least_cost_usd();
            self.watch.sleep(watched, &notes, cost_usd);
        }
    }

    /// What the least demanding liquidator has to gain at the going price of gas, USD.
    fn least_cost_usd(&self) -> f64 {
        let profits = self.crew.groups.iter().map(|g| g.min_profit_usd);
        let least = profits.reduce(f64::min).unwrap_or(0.0);
        self.gas_usd(self.network.gas_gwei()) + least
    }

    fn note(&self, offer: &Offer) -> Note {
        let repay_usd = self.units.usd(offer.debt, offer.repay_max, &self.oracle);
        let seize_usd = self
            .units
            .usd(offer.collateral, offer.seize_max, &self.oracle);
        Note {
            collateral: index(offer.collateral),
            debt: index(offer.debt),
            repay_usd,
            gain: seize_usd / repay_usd,
        }
    }

    /// One bid's turn in the block.
    fn attempt(&mut self, bid: &Bid<Attempt>, block: &mut Block, taken: &mut Vec<AccountId>) {
        let gas = self.config.network.liquidation_gas;
        if !block.fits(gas) {
            return self.miss(bid, Miss::BlockFull, block);
        }
        if taken.contains(&bid.what.account) {
            return self.miss(bid, Miss::Outrun, block);
        }
        if let Some(entry) = self.watch.accounts.get_mut(bid.what.watched) {
            entry.plans.clear();
        }
        let gas_usd = self.gas_usd(bid.gwei);
        let Some(plan) = self.plan_of(bid.what.watched, bid.what.member) else {
            return self.miss(bid, Miss::Outrun, block);
        };
        if plan.gross_usd <= gas_usd && !self.acts_without_profit(bid.what.member) {
            return self.miss(bid, Miss::Outrun, block);
        }
        let terms = plan.terms(ledger_id(&self.protocol, bid.what.member));
        let trace = self.trace(&plan, &terms);
        match self.protocol.accept(&plan.offer, &terms) {
            Err(rejection) => {
                self.refusals.count("liquidation", rejection);
                self.miss(bid, Miss::Rejected, block);
                self.watch.sleep(bid.what.watched, &[], 0.0);
            }
            Ok(settlement) => {
                block.spend(gas);
                taken.push(bid.what.account);
                self.settle(bid, &plan, &terms, settlement, trace);
            }
        }
    }

    fn acts_without_profit(&self, member: usize) -> bool {
        let group = self.crew.members.get(member).map(|m| m.group);
        let config = group.and_then(|g| self.crew.groups.get(g));
        config.is_some_and(|c| c.is_native())
    }

    fn trace(&self, plan: &Plan, terms: &Terms) -> Trace {
        if !self.config.recording.traces {
            return Trace::new();
        }
        let explained = self.protocol.explain(&plan.offer, terms);
        explained.map_or_else(|_| Trace::new(), |(_, trace)| trace)
    }

    fn miss(&mut self, bid: &Bid<Attempt>, reason: Miss, block: &mut Block) {
        let pays = bid.lane == Lane::Public && reason != Miss::BlockFull;
        let mut gas_usd = 0.0;
        if pays {
            let network = &self.config.network;
            let gas = network.liquidation_gas as f64 * network.failed_gas_share;
            block.spend(gas as u64);
            gas_usd = self.network.gas_usd(gas, bid.gwei, self.gas_token_usd());
        }
        if let Some(liquidator) = self.crew.members.get_mut(bid.what.member) {
            liquidator.row.lost += 1;
            liquidator.row.gas_usd += gas_usd;
            liquidator.row.profit_usd -= gas_usd;
        }
        self.row.gas_usd += gas_usd;
        if !pays && self.record.misses.len() >= FREE_MISSES_MAX {
            self.record.misses_unlisted += 1;
            return;
        }
        self.record.misses.push(MissRow {
            step: self.row.step,
            account: bid.what.account,
            liquidator: u32::try_from(bid.what.member).unwrap_or(u32::MAX),
            reason,
            gas_usd,
        });
    }

    /// Dollars for one liquidation at a price of gas.
    pub(super) fn gas_usd(&self, gwei: f64) -> f64 {
        let gas = self.config.network.liquidation_gas as f64;
        self.network.gas_usd(gas, gwei, self.gas_token_usd())
    }
}

/// The ledger's id of a liquidator: past the book's accounts.
fn ledger_id<P: Protocol>(protocol: &P, member: usize) -> AccountId {
    let member = u32::try_from(member).unwrap_or(u32::MAX);
    AccountId(protocol.accounts().saturating_add(member))
}
