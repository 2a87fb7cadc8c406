//! What liquidators see in the accounts in breach: plans, bids, and whom to leave alone.

use super::World;
use super::alarms::{Discount, Note, Vantage};
use super::books::index;
use super::liquidation::Attempt;
use super::watch::Seat;
use crate::agents::{Desk, Exit, LiquidatorConfig, Plan};
use crate::door;
use crate::network::Bid;
use backstop_core::protocol::{AccountId, Drift, Offer, OfferBound, OfferKind, Protocol};
use backstop_core::units::Amount;

/// The going price of gas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gas {
    pub(super) gwei: f64,
    /// Dollars for one liquidation.
    usd: f64,
}

/// What an attempt is worth to who makes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stake {
    /// After gas and the charge for risk, USD.
    profit_usd: f64,
    /// What a higher price of gas may win, spread over the gas, gwei; never below 0.
    pub(super) contested_gwei: f64,
}

impl<P: Protocol> World<P> {
    /// Prices and costs as liquidators see them now.
    pub(super) fn vantage(&self) -> Vantage {
        let (mut sell, mut buy) = (Vec::new(), Vec::new());
        for asset in 0..self.oracle.len() {
            let (outside, mid) = (self.market.outside_of(asset), self.market.venue_mid(asset));
            sell.push(outside.max(mid));
            buy.push(outside.min(mid));
        }
        let discount = if self.protocol.discount_grows() {
            Discount::Growing
        } else {
            Discount::Fixed
        };
        let seen = (&sell[..], &buy[..], &self.oracle[..]);
        Vantage::new(seen, self.least_cost_usd(), discount)
    }

    /// What the least demanding liquidator has to gain at the going price of gas, USD.
    fn least_cost_usd(&self) -> f64 {
        let profits = self.crew.groups.iter().map(|g| g.min_profit_usd);
        let least = profits.reduce(f64::min).unwrap_or(0.0);
        self.gas_usd(self.network.gas_gwei()) + least
    }

    /// Adds the bids of everybody who sees something to gain in the next block.
    pub(super) fn bids(&mut self, bids: &mut Vec<Bid<Attempt>>) {
        let awake = self.watch.awake();
        if awake.is_empty() {
            return;
        }
        let mut auctions = Vec::new();
        let block_s = self.network.next_block_s();
        let block_time = self.config.grid.start as f64 + block_s;
        let (out, gas) = (self.members_out(block_time), self.going());
        let (mut bounds, mut notes) = (Vec::new(), Vec::new());
        // One thing at a time for all of them: what each needs of the processor's caches stays there.
        for seat in &awake {
            if let Some(watched) = self.watch.get_mut(*seat) {
                watched.begin_block();
            }
            if !self.lets_sleep(*seat, (&mut bounds, &mut notes)) {
                self.offers_of(*seat);
            }
        }
        for seat in awake {
            let watched = self.watch.get(seat).filter(|w| w.offers().is_some());
            let Some(watched) = watched else {
                continue;
            };
            let (account, since) = (watched.account, watched.since);
            let age = block_time - since as f64;
            let before = bids.len();
            let mut waiting = false;
            self.auctions(seat, &mut auctions);
            for member in 0..self.bidders() {
                if out.get(member) == Some(&true) || self.latency_of(member) > age {
                    waiting = true;
                    continue;
                }
                for auction in &auctions {
                    let attempt = Attempt {
                        account,
                        auction: *auction,
                        seat,
                        member,
                    };
                    bids.extend(self.bid(attempt, gas));
                }
            }
            self.play_priority_game(bids.get_mut(before..).unwrap_or_default(), gas);
            if bids.len() == before && !waiting {
                self.consider_sleep(seat);
            }
            if self.starts_unpaid(seat) {
                self.leave_one_volunteer(bids, before);
            }
        }
    }

    /// Puts an account to sleep that cannot have an offer worth taking, as told by bounds of what it may offer.
    fn lets_sleep(
        &mut self,
        seat: Seat,
        (bounds, notes): (&mut Vec<OfferBound>, &mut Vec<Note>),
    ) -> bool {
        let unseen = self.watch.get(seat).filter(|w| w.offers().is_none());
        let Some(account) = unseen.map(|watched| watched.account) else {
            return false;
        };
        if self.has_native() {
            return false;
        }
        bounds.clear();
        self.protocol.offer_bounds(account, bounds);
        notes.clear();
        notes.extend(bounds.iter().map(|bound| self.note_of(bound)));
        let now = &self.watch.vantage;
        // Written so that what is not a number keeps awake.
        let hopeless = !notes.is_empty() && notes.iter().all(|note| note.surplus(now) <= 0.0);
        if hopeless {
            self.watch.sleep(seat, notes);
        }
        hopeless
    }

    /// What an account offers, asked for once a step while it stays as it is.
    fn offers_of(&mut self, seat: Seat) -> &[Offer] {
        let Some(watched) = self.watch.get_mut(seat) else {
            return &[];
        };
        let protocol = &self.protocol;
        watched.offers_or(|account| protocol.offers(account))
    }

    /// The auctions in which somebody can act now; 0 stands for what is no auction.
    fn auctions(&mut self, seat: Seat, auctions: &mut Vec<u64>) {
        let offers = self.offers_of(seat).iter();
        auctions.clear();
        auctions.extend(offers.map(|offer| offer.auction));
        auctions.sort_unstable();
        auctions.dedup();
    }

    fn starts_unpaid(&self, seat: Seat) -> bool {
        let offers = self.watch.get(seat).and_then(|w| w.offers());
        let unpaid = |offer: &Offer| offer.kind == OfferKind::Start && offer.reward.is_zero();
        offers.unwrap_or_default().iter().any(unpaid)
    }

    /// Nobody races to do what brings nothing: of those who would start a liquidation without a
    /// reward, one does, by turns over the accounts.
    fn leave_one_volunteer(&mut self, bids: &mut Vec<Bid<Attempt>>, first: usize) {
        let own = bids.split_off(first.min(bids.len()));
        let unpaid = |world: &mut Self, bid: &Bid<Attempt>| {
            let plan = world.plan_of(bid.what);
            plan.is_some_and(|p| p.offer.kind == OfferKind::Start && p.offer.reward.is_zero())
        };
        let (volunteers, racers): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|bid| unpaid(self, bid));
        let turn = volunteers
            .first()
            .map_or(0, |bid| bid.what.account.0 as usize);
        let count = volunteers.len().max(1);
        bids.extend(racers);
        bids.extend(volunteers.into_iter().nth(turn % count));
    }

    /// Which liquidators do not act at a time.
    fn members_out(&self, time: f64) -> Vec<bool> {
        let gas_gwei = self.network.gas_gwei();
        let out = |member| {
            let group = self.group_of(member);
            group.is_some_and(|g| g.outages.holds(time, gas_gwei))
        };
        (0..self.crew.members.len()).map(out).collect()
    }

    /// The configuration of a member's group.
    pub(super) fn group_of(&self, member: usize) -> Option<&LiquidatorConfig> {
        let member = self.crew.members.get(member)?;
        self.crew.groups.get(member.group)
    }

    fn latency_of(&self, member: usize) -> f64 {
        let group = self.group_of(member);
        group.map_or(f64::INFINITY, |g| g.latency_s)
    }

    /// A member's bid on an account, if it sees a gain.
    fn bid(&mut self, attempt: Attempt, gas: Gas) -> Option<Bid<Attempt>> {
        let stake = self.stake(attempt, gas)?;
        let liquidator = self.crew.members.get_mut(attempt.member)?;
        let config = self.crew.groups.get(liquidator.group)?;
        let native = config.is_native();
        if !native && (stake.profit_usd < config.min_profit_usd || stake.profit_usd <= 0.0) {
            return None;
        }
        let bid_share = if native { 0.0 } else { config.bid_share };
        let (gwei, tie) = liquidator.bid_gwei(bid_share, gas.gwei, stake.contested_gwei);
        Some(Bid {
            lane: config.lane(),
            gwei,
            tie,
            what: attempt,
        })
    }

    /// What a member's plan for an account brings at the going price of gas.
    pub(super) fn stake(&mut self, attempt: Attempt, gas: Gas) -> Option<Stake> {
        let plan = self.plan_of(attempt)?;
        let (kind, debt, reward) = (plan.offer.kind, plan.offer.debt, plan.offer.reward);
        let (collateral, seized) = (plan.offer.collateral, plan.seized);
        let gross_usd = plan.gross_usd;
        let risk_usd = self.risk_charge_usd(attempt.member, collateral, seized);
        let profit_usd = gross_usd - risk_usd - gas.usd;
        // What a start opens is not the starter's own, so only its reward is worth a higher price. A
        // bid can be answered by another, and what was won is nobody else's: they are worth none.
        let contested_usd = match kind {
            OfferKind::Start => self.units.usd(debt, reward, &self.oracle) - gas.usd,
            OfferKind::Bid | OfferKind::Deliver => 0.0,
            _ => profit_usd,
        };
        let spread = if gas.usd > 0.0 {
            contested_usd.max(0.0) / gas.usd * gas.gwei
        } else {
            0.0
        };
        Some(Stake {
            profit_usd,
            contested_gwei: spread,
        })
    }

    /// Gas at the going price.
    pub(super) fn going(&self) -> Gas {
        let gwei = self.network.gas_gwei();
        Gas {
            gwei,
            usd: self.gas_usd(gwei),
        }
    }

    /// A member's plan for an account, made once a step while the account stays as it is. Members of
    /// a group share the plan where it does not depend on their own capital.
    pub(super) fn plan_of(&mut self, attempt: Attempt) -> Option<&Plan> {
        let Attempt {
            auction,
            seat,
            member,
            ..
        } = attempt;
        let liquidator = self.crew.members.get(member)?;
        let config = self.crew.groups.get(liquidator.group)?;
        let groups = self.crew.groups.len();
        let (slot, capital_usd) = match config.exit {
            Exit::FlashLoan { .. } => (liquidator.group, f64::INFINITY),
            Exit::Inventory { .. } => (groups + member, liquidator.capital_usd),
        };
        if self.watch.get(seat)?.planned(auction, slot).is_none() {
            self.offers_of(seat);
            let plan = self.new_plan(attempt, capital_usd);
            self.watch.get_mut(seat)?.keep(auction, slot, plan);
        }
        self.watch.get(seat)?.planned(auction, slot).flatten()
    }

    fn new_plan(&self, attempt: Attempt, capital_usd: f64) -> Option<Plan> {
        let Attempt {
            auction,
            seat,
            member,
            ..
        } = attempt;
        let offers = self.watch.get(seat)?.offers().unwrap_or_default().iter();
        let offers = offers.filter(|offer| offer.auction == auction);
        let liquidator = self.crew.members.get(member)?;
        let config = self.crew.groups.get(liquidator.group)?;
        if !config.is_native() && !self.may_pay(offers.clone()) {
            return None;
        }
        let own = ledger_id(&self.protocol, member);
        self.desk().plan(offers, config, capital_usd, own)
    }

    pub(super) fn desk(&self) -> Desk<'_, P> {
        Desk {
            protocol: &self.protocol,
            market: &self.market,
            decimals: &self.units.decimals,
        }
    }

    /// Whether any offer pays for its cost at the step's best prices, without slippage.
    fn may_pay<'o>(&self, mut offers: impl Iterator<Item = &'o Offer>) -> bool {
        let now = &self.watch.vantage;
        offers.any(|offer| {
            let surplus = self.note(offer).surplus(now);
            surplus > 0.0 || surplus.is_nan()
        })
    }

    /// Whether somebody acts without profit.
    fn has_native(&self) -> bool {
        self.crew.groups.iter().any(LiquidatorConfig::is_native)
    }

    /// Puts an account to sleep that nobody can liquidate with profit.
    fn consider_sleep(&mut self, seat: Seat) {
        let offers = self.watch.get(seat).and_then(|w| w.offers());
        let notes: Vec<Note> = offers
            .unwrap_or_default()
            .iter()
            .map(|offer| self.note(offer))
            .filter(Note::is_something)
            .collect();
        if notes.is_empty() || !self.has_native() {
            self.watch.sleep(seat, &notes);
        }
    }

    /// An offer as good as a bound allows.
    fn note_of(&self, bound: &OfferBound) -> Note {
        let repay_usd = door::value_to_usd(bound.repay, self.units.base_decimals);
        let pair = (index(bound.collateral), index(bound.debt));
        Note {
            pair: self.watch.vantage.pair(pair.0, pair.1),
            repay_usd,
            seize_usd: repay_usd * door::bps_to_share(bound.bonus),
            reward_usd: 0.0,
            drift: Drift::None,
        }
    }

    fn note(&self, offer: &Offer) -> Note {
        let usd = |asset, amount| self.units.usd(asset, amount, &self.oracle);
        let least = match offer.kind {
            OfferKind::Bid => offer.repay_min,
            OfferKind::Deliver => Amount::ZERO,
            _ => offer.repay_max,
        };
        let (repay_usd, seize_usd) = (
            usd(offer.debt, least),
            usd(offer.collateral, offer.seize_max),
        );
        // A sale that opens above the price costs its starter nothing.
        let dear = offer.kind == OfferKind::Start && seize_usd < repay_usd;
        let (repay_usd, seize_usd) = if dear {
            (0.0, 0.0)
        } else {
            (repay_usd, seize_usd)
        };
        Note {
            pair: self
                .watch
                .vantage
                .pair(index(offer.collateral), index(offer.debt)),
            repay_usd,
            seize_usd,
            reward_usd: usd(offer.debt, offer.reward),
            drift: offer.drift,
        }
    }

    /// Dollars for one liquidation at a price of gas.
    pub(super) fn gas_usd(&self, gwei: f64) -> f64 {
        let gas = self.config.network.liquidation_gas as f64;
        self.network.gas_usd(gas, gwei, self.gas_token_usd())
    }
}

/// The ledger's id of a liquidator: past the book's accounts.
pub(super) fn ledger_id<P: Protocol>(protocol: &P, member: usize) -> AccountId {
    let member = u32::try_from(member).unwrap_or(u32::MAX);
    AccountId(protocol.accounts().saturating_add(member))
}
