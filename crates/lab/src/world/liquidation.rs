//! Step 5: blocks fill with liquidators' attempts.

use super::World;
use super::opportunities::ledger_id;
use super::protection::Admitted;
use super::watch::Seat;
use crate::agents::Plan;
use crate::network::{Bid, Block, Lane};
use crate::record::{Miss, MissRow};
use backstop_core::protocol::{AccountId, Protocol, Terms, Trace};

/// A liquidator's attempt on an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) account: AccountId,
    /// Which of the account's auctions it plans to take part in.
    pub(super) auction: u64,
    /// Its place in the watch.
    pub(super) seat: Seat,
    /// Position in the list of liquidators.
    pub(super) member: usize,
}

/// Bids that are put in order at a time.
const FIRST_BIDS: usize = 64;

/// The first bids of a list in their order, and all others in none.
fn first_in_order<T>(bids: &mut [Bid<T>], count: usize) -> (&mut [Bid<T>], &mut [Bid<T>]) {
    let count = count.min(bids.len());
    if count < bids.len() {
        bids.select_nth_unstable_by(count, Bid::order);
    }
    let (first, later) = bids.split_at_mut(count);
    first.sort_by(Bid::order);
    (first, later)
}

impl<P: Protocol> World<P> {
    /// Fills the blocks that come before the next step.
    pub(super) fn liquidate(&mut self, step: u32) {
        let vantage = self.vantage();
        let revision = self.protocol.breaches_revision();
        let breached = self.protocol.breaches();
        self.watch.refresh(breached, revision, self.now, vantage);
        let end_s = f64::from(self.config.grid.step_s) * (f64::from(step) + 1.0);
        let (mut used, mut room) = (0u64, 0u64);
        // Nobody wakes within a step.
        while self.watch.is_awake() && self.network.next_block_s() < end_s {
            let mut block = self.network.open_block();
            self.fill(&mut block);
            used = used.saturating_add(block.gas_used());
            room = room.saturating_add(self.config.network.block_gas_limit);
            self.network.close_block(block.gas_used());
        }
        let idle = self.network.pass_blocks(end_s);
        room = room.saturating_add(idle.saturating_mul(self.config.network.block_gas_limit));
        self.row.gas_gwei = self.network.gas_gwei();
        self.row.block_use = if room > 0 {
            used as f64 / room as f64
        } else {
            0.0
        };
    }

    /// Takes bids in their order until the block is full. Of all that may wait only as many are put
    /// in order as the block may hold, some more at a time.
    fn fill(&mut self, block: &mut Block) {
        let gas = self.config.network.liquidation_gas;
        // The room for them is kept: there may be thousands in a block.
        let mut bids = std::mem::take(&mut self.bids);
        bids.clear();
        self.bids(&mut bids);
        let mut rest = bids.as_mut_slice();
        let mut taken = Vec::new();
        while block.fits(gas) && !rest.is_empty() {
            let (first, later) = first_in_order(rest, FIRST_BIDS);
            for bid in &*first {
                self.attempt(bid, block, &mut taken);
            }
            rest = later;
        }
        // All others wait; who has waited before is not told again.
        let watch = &self.watch;
        let waits = |bid: &&Bid<Attempt>| !watch.has_waited(bid.what.seat, bid.what.member);
        let mut waiting: Vec<Bid<Attempt>> = rest.iter().filter(waits).copied().collect();
        waiting.sort_by(Bid::order);
        for bid in &waiting {
            self.attempt(bid, block, &mut taken);
        }
        self.bids = bids;
    }

    /// One bid's turn in the block.
    fn attempt(
        &mut self,
        bid: &Bid<Attempt>,
        block: &mut Block,
        taken: &mut Vec<(AccountId, u64)>,
    ) {
        let gas = self.config.network.liquidation_gas;
        let (account, auction) = (bid.what.account, bid.what.auction);
        if !block.fits(gas) {
            if self.watch.first_wait(bid.what.seat, bid.what.member) {
                self.miss(bid, Miss::BlockFull, block);
            }
            return;
        }
        if taken.contains(&(account, auction)) {
            return self.miss(bid, Miss::Outrun, block);
        }
        if self.watch.is_held(bid.what.seat, auction) {
            return self.miss(bid, Miss::Guarded, block);
        }
        let Some(plan) = self.final_plan(bid) else {
            return self.miss(bid, Miss::Outrun, block);
        };
        let Some(Admitted { plan, value }) = self.admitted(bid, plan) else {
            self.watch.hold(bid.what.seat, auction);
            return self.miss(bid, Miss::Guarded, block);
        };
        let terms = plan.terms(ledger_id(&self.protocol, bid.what.member));
        let trace = self.trace(&plan, &terms);
        match self.protocol.accept(&plan.offer, &terms) {
            Err(rejection) => {
                // Nobody tries the account again for a while.
                self.refusals.count("liquidation", rejection);
                self.miss(bid, Miss::Rejected, block);
                self.watch.sleep(bid.what.seat, &[]);
            }
            Ok(settlement) => {
                block.spend(gas);
                taken.push((account, plan.offer.auction));
                self.tell_guards(&plan, value, &settlement);
                self.tell_signals(&plan, &settlement);
                self.tell_governors(&plan);
                self.settle(bid, &plan, &terms, settlement, trace);
            }
        }
    }

    /// The plan as it stands at its turn: priced again after the sales before it, and made anew
    /// where it would lose. None where no size pays any more.
    fn final_plan(&mut self, bid: &Bid<Attempt>) -> Option<Plan> {
        let cost_usd = self.gas_usd(bid.gwei);
        let config = self.group_of(bid.what.member)?;
        let (exit, native) = (config.exit, config.is_native());
        let pays = |plan: &Plan| native || plan.gross_usd > cost_usd;
        let capital_usd = self.crew.members.get(bid.what.member)?.capital_usd;
        if let Some(plan) = self.plan_of(bid.what).copied() {
            let now = self.desk().repriced(plan, exit, capital_usd);
            if let Some(plan) = now.filter(pays) {
                return Some(plan);
            }
        }
        if let Some(watched) = self.watch.get_mut(bid.what.seat) {
            watched.forget_plans(bid.what.auction);
        }
        self.plan_of(bid.what).copied().filter(pays)
    }

    fn trace(&self, plan: &Plan, terms: &Terms) -> Trace {
        if !self.config.recording.traces {
            return Trace::new();
        }
        let explained = self.protocol.explain(&plan.offer, terms);
        explained.map_or_else(|_| Trace::new(), |(_, trace)| trace)
    }

    fn miss(&mut self, bid: &Bid<Attempt>, reason: Miss, block: &mut Block) {
        // What a guard holds back is known before anything is sent.
        let sent = !matches!(reason, Miss::BlockFull | Miss::Guarded);
        let pays = bid.lane == Lane::Public && sent;
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
        self.record.misses.push(MissRow {
            step: self.row.step,
            account: bid.what.account,
            liquidator: u32::try_from(bid.what.member).unwrap_or(u32::MAX),
            reason,
            gas_usd,
        });
    }
}
