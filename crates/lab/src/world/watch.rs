//! Accounts in breach and what liquidators know about them.

use super::alarms::{Alarms, Note, Vantage};
use crate::agents::Plan;
use backstop_core::protocol::{AccountId, Offer};

/// One account in breach. Most of thousands sleep, so what only a step needs lies elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) account: AccountId,
    /// Cured in the present step.
    pub(super) cured: bool,
    /// Whether only an alarm makes it worth a look.
    asleep: bool,
    /// Time of the step in which it was first seen in breach.
    pub(super) since: u64,
    /// What the present step knows of it; nothing before the first look.
    today: Option<Box<Today>>,
    /// By liquidator, whether it found no room in a block; those after the end have not asked.
    waiting: Vec<bool>,
}

/// What is known of an account in one step.
#[derive(Clone, Debug, Default)]
struct Today {
    /// Once asked for.
    offers: Option<Vec<Offer>>,
    /// With auction and planner, once made: as many as there are planners.
    plans: Vec<Planned>,
    /// Whether one of its auctions has changed since the offers were asked for.
    changed: bool,
    /// Auctions, or 0 for what needs none, that a guard holds back.
    held: Vec<u64>,
}

impl Today {
    fn forget(&mut self) {
        self.offers = None;
        self.plans.clear();
        self.changed = false;
    }

    fn forget_plans(&mut self, auction: u64) {
        self.plans.retain(|planned| planned.auction != auction);
    }

    /// Drops an auction; the others stay as they are.
    fn drop_auction(&mut self, auction: u64) {
        self.forget_plans(auction);
        if let Some(offers) = &mut self.offers {
            offers.retain(|offer| offer.auction != auction);
        }
    }
}

#[derive(Clone, Debug)]
struct Planned {
    auction: u64,
    planner: usize,
    plan: Option<Plan>,
}

impl Watched {
    fn new(account: AccountId, since: u64) -> Self {
        Self {
            account,
            cured: false,
            asleep: false,
            since,
            today: None,
            waiting: Vec::new(),
        }
    }

    fn today(&mut self) -> &mut Today {
        self.today.get_or_insert_default()
    }

    /// Offers of the present step; nothing where they were not asked for.
    pub(super) fn offers(&self) -> Option<&[Offer]> {
        self.today.as_ref()?.offers.as_deref()
    }

    /// Offers of the present step, asked for where they are not known.
    pub(super) fn offers_or(&mut self, ask: impl FnOnce(AccountId) -> Vec<Offer>) -> &[Offer] {
        let account = self.account;
        self.today().offers.get_or_insert_with(|| ask(account))
    }

    /// Forgets offers and plans, after the account or the step has changed.
    pub(super) fn forget(&mut self) {
        if let Some(today) = &mut self.today {
            today.forget();
        }
    }

    /// Forgets what was planned for one auction.
    pub(super) fn forget_plans(&mut self, auction: u64) {
        if let Some(today) = &mut self.today {
            today.forget_plans(auction);
        }
    }

    /// What a planner made of an auction; nothing where it has not planned yet.
    pub(super) fn planned(&self, auction: u64, planner: usize) -> Option<Option<&Plan>> {
        let made = |planned: &&Planned| planned.auction == auction && planned.planner == planner;
        let planned = self.today.as_ref()?.plans.iter().find(made);
        planned.map(|p| p.plan.as_ref())
    }

    /// Keeps a planner's plan.
    pub(super) fn keep(&mut self, auction: u64, planner: usize, plan: Option<Plan>) {
        let plans = &mut self.today().plans;
        // One plan is the usual number, and plans are large.
        if plans.capacity() == 0 {
            plans.reserve_exact(1);
        }
        plans.push(Planned {
            auction,
            planner,
            plan,
        });
    }

    /// Drops an auction in which somebody has acted; the others stay as they are until the next block.
    /// Without auctions the whole account has changed.
    pub(super) fn acted(&mut self, auction: u64) {
        if auction == 0 {
            return self.forget();
        }
        let today = self.today();
        today.drop_auction(auction);
        today.changed = true;
    }

    /// Leaves an auction alone for the rest of the step, because a guard holds it back.
    fn hold(&mut self, auction: u64) {
        let today = self.today();
        today.held.push(auction);
        today.drop_auction(auction);
    }

    /// Whether a guard holds an auction back in the present step.
    fn holds(&self, auction: u64) -> bool {
        let today = self.today.as_ref();
        today.is_some_and(|today| today.held.contains(&auction))
    }

    /// Whether guards hold back all that is offered.
    fn all_held(&self) -> bool {
        let today = self.today.as_ref();
        today.is_some_and(|today| {
            !today.held.is_empty() && today.offers.as_ref().is_none_or(Vec::is_empty)
        })
    }

    /// Forgets everything where an auction has changed, at the beginning of a block.
    pub(super) fn begin_block(&mut self) {
        let today = self.today.as_mut();
        if let Some(today) = today.filter(|today| today.changed) {
            today.forget();
        }
    }

    /// Begins a step.
    fn begin(&mut self) {
        self.cured = false;
        if let Some(today) = &mut self.today {
            today.held.clear();
            today.forget();
        }
    }
}

/// Place of an account in the watch, the same for a whole step.
pub(super) type Seat = usize;

/// All accounts in breach.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// Ascending by account.
    seats: Vec<Watched>,
    /// Room for the next seats.
    spare: Vec<Watched>,
    /// Revision of the accounts in breach that took these seats.
    revision: Option<u64>,
    /// Those that are worth a look in the present step, ascending.
    awake: Vec<Seat>,
    alarms: Alarms,
    time: u64,
    pub(super) vantage: Vantage,
}

impl Watch {
    /// Takes the accounts in breach at the beginning of a step, ascending; they are not read where
    /// their revision is still the same.
    pub(super) fn refresh(
        &mut self,
        breached: impl Iterator<Item = AccountId>,
        revision: Option<u64>,
        time: u64,
        vantage: Vantage,
    ) {
        self.time = time;
        self.vantage = vantage;
        let merged = revision.is_none() || revision != self.revision;
        if merged {
            self.merge(breached);
            self.revision = revision;
        }
        let rung = self.alarms.ring(time, &self.vantage);
        for account in &rung {
            if let Some(watched) = self.watched_mut(*account) {
                watched.asleep = false;
            }
        }
        if merged || !rung.is_empty() {
            self.awake.clear();
            let seats = self.seats.iter().enumerate();
            let awake = seats.filter(|(_, watched)| !watched.asleep);
            self.awake.extend(awake.map(|(seat, _)| seat));
        }
        let seats = &mut self.seats;
        self.awake.retain(|seat| {
            let awake = seats.get_mut(*seat).filter(|watched| !watched.asleep);
            awake.is_some_and(|watched| {
                watched.begin();
                true
            })
        });
    }

    fn watched_mut(&mut self, account: AccountId) -> Option<&mut Watched> {
        let seat = self.seats.binary_search_by_key(&account, |w| w.account);
        self.seats.get_mut(seat.ok()?)
    }

    /// Drops who is no longer in breach and adds who is new.
    fn merge(&mut self, breached: impl Iterator<Item = AccountId>) {
        let mut gone = Vec::new();
        let mut seats = std::mem::take(&mut self.spare);
        let mut before = self.seats.drain(..);
        let mut next = before.next();
        breached.for_each(|account| {
            while let Some(watched) = next.take_if(|watched| watched.account < account) {
                gone.push(watched.account);
                next = before.next();
            }
            match next.take_if(|watched| watched.account == account) {
                Some(watched) => {
                    seats.push(watched);
                    next = before.next();
                }
                None => seats.push(Watched::new(account, self.time)),
            }
        });
        gone.extend(
            next.into_iter()
                .chain(before)
                .map(|watched| watched.account),
        );
        self.spare = std::mem::replace(&mut self.seats, seats);
        self.alarms.silence(&gone);
    }

    pub(super) fn get(&self, seat: Seat) -> Option<&Watched> {
        self.seats.get(seat)
    }

    pub(super) fn get_mut(&mut self, seat: Seat) -> Option<&mut Watched> {
        self.seats.get_mut(seat)
    }

    /// Whether any seat may still be worth a look in the present step.
    pub(super) fn is_awake(&self) -> bool {
        !self.awake.is_empty()
    }

    /// Seats that are worth a look in the present step and not cured or asleep since.
    pub(super) fn awake(&mut self) -> Vec<Seat> {
        let seats = &self.seats;
        self.awake.retain(|seat| {
            let watched = seats.get(*seat);
            watched.is_some_and(|w| !w.asleep && !w.cured && !w.all_held())
        });
        self.awake.clone()
    }

    /// Leaves an auction of an account alone for the rest of the step.
    pub(super) fn hold(&mut self, seat: Seat, auction: u64) {
        if let Some(watched) = self.seats.get_mut(seat) {
            watched.hold(auction);
        }
    }

    /// Whether a guard holds an auction of an account back in the present step.
    pub(super) fn is_held(&self, seat: Seat, auction: u64) -> bool {
        let watched = self.seats.get(seat);
        watched.is_some_and(|watched| watched.holds(auction))
    }

    /// Whether a liquidator had to wait for room before.
    pub(super) fn has_waited(&self, seat: Seat, member: usize) -> bool {
        let watched = self.seats.get(seat);
        watched.is_none_or(|watched| watched.waiting.get(member) == Some(&true))
    }

    /// Notes that a liquidator has to wait for room; whether that is the first time.
    pub(super) fn first_wait(&mut self, seat: Seat, member: usize) -> bool {
        let Some(watched) = self.seats.get_mut(seat) else {
            return false;
        };
        if watched.waiting.len() <= member {
            watched.waiting.resize(member + 1, false);
        }
        let waits = watched.waiting.get_mut(member);
        waits.is_some_and(|waits| !std::mem::replace(waits, true))
    }

    /// Wakes everybody, after the terms of a liquidation have changed.
    pub(super) fn wake_all(&mut self) {
        self.alarms = Alarms::default();
        self.awake = (0..self.seats.len()).collect();
        for watched in &mut self.seats {
            watched.asleep = false;
        }
    }

    /// Lets an account sleep.
    pub(super) fn sleep(&mut self, seat: Seat, notes: &[Note]) {
        if let Some(watched) = self.seats.get_mut(seat) {
            if watched.asleep {
                self.alarms.silence(&[watched.account]);
            }
            let account = watched.account;
            self.alarms.set(account, notes, self.time, &self.vantage);
            watched.asleep = true;
            watched.today = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::alarms::Discount;
    use super::*;
    use backstop_core::protocol::Drift;

    fn ids(ids: &[u32]) -> impl Iterator<Item = AccountId> {
        ids.iter().copied().map(AccountId)
    }

    /// Venue over oracle, oracle, and least cost.
    fn vantage(venue: f64, oracle: f64, cost_usd: f64) -> Vantage {
        let prices = [venue * oracle, 1.0];
        let seen = (&prices[..], &prices[..], &[oracle, 1.0][..]);
        Vantage::new(seen, cost_usd, Discount::Fixed)
    }

    #[test]
    fn breaches_keep_their_first_time() {
        let mut watch = Watch::default();
        for (time, breached) in [
            (60, &[2, 5, 9][..]),
            (120, &[2, 5, 9]),
            (180, &[1, 5, 9, 11]),
            (240, &[1, 2, 9]),
            (300, &[1, 2, 9, 10]),
        ] {
            watch.refresh(ids(breached), None, time, vantage(1.0, 1.0, 1.0));
            let awake = watch.awake();
            let accounts = awake.iter().map(|seat| watch.seats[*seat].account);
            assert_eq!(
                accounts.collect::<Vec<_>>(),
                ids(breached).collect::<Vec<_>>()
            );
        }
        let since: Vec<_> = watch.seats.iter().map(|w| w.since).collect();
        assert_eq!(since, [180, 240, 60, 300]);
    }

    /// An offer of 100 dollars that gains 5 % when nothing slips, looked at with a cost of 8 (not
    /// worth it) or of 4 (worth it but for slippage).
    #[test]
    fn sleepers_wake_when_a_look_may_pay() {
        let note = Note {
            pair: 1,
            repay_usd: 100.0,
            seize_usd: 105.0,
            reward_usd: 0.0,
            drift: Drift::None,
        };
        for (cost_then, cost, venue, oracle, wakes) in [
            (8.0, 8.0, 1.0, 200.0, false),
            (8.0, 4.95, 1.0, 200.0, false),
            (8.0, 4.8, 1.0, 200.0, true),
            (8.0, 4.8, 0.99, 200.0, false),
            (8.0, 8.0, 1.04, 200.0, true),
            // Twice 5 is more than 8: a move of 1.5 % may double what can be repaid.
            (8.0, 8.0, 1.0, 197.0, true),
            (8.0, 11.0, 1.0, 197.0, false),
            (8.0, 11.0, 1.0, 189.0, true),
            (8.0, 11.0, 1.0, 211.0, true),
            (8.0, 11.0, 1.0, 0.0, true),
            (8.0, 11.0, f64::NAN, 200.0, true),
            (4.0, 4.0, 1.0, 200.0, false),
            (4.0, 4.0, 1.0005, 200.0, false),
            (4.0, 4.0, 1.002, 200.0, true),
        ] {
            let mut watch = Watch::default();
            watch.refresh(ids(&[4, 7]), None, 0, vantage(1.0, 200.0, cost_then));
            watch.sleep(0, &[note]);
            assert_eq!(watch.awake(), [1]);
            watch.refresh(ids(&[4, 7]), None, 60, vantage(venue, oracle, cost));
            let case = format!("{cost_then} {cost} {venue} {oracle}");
            assert_eq!(watch.awake().len() == 2, wakes, "{case}");
        }
    }

    /// An offer without any gain yet, in a design whose discount grows while the ratio falls.
    #[test]
    fn a_growing_discount_wakes_before_it_is_told() {
        let note = Note {
            pair: 1,
            repay_usd: 100.0,
            seize_usd: 100.0,
            reward_usd: 0.0,
            drift: Drift::None,
        };
        for (discount, oracle, wakes) in [
            (Discount::Fixed, 196.0, false),
            (Discount::Growing, 199.0, false),
            (Discount::Growing, 196.0, true),
        ] {
            let mut watch = Watch::default();
            let seen = |oracle| {
                let mut seen = vantage(1.0, oracle, 1.0);
                seen.discount = discount;
                seen
            };
            watch.refresh(ids(&[4]), None, 0, seen(200.0));
            watch.sleep(0, &[note]);
            watch.refresh(ids(&[4]), None, 60, seen(oracle));
            assert_eq!(watch.awake().len() == 1, wakes, "{discount:?} {oracle}");
        }
    }

    /// Accounts whose numbers end in the same bits are told apart: one recovers, and the other keeps its alarm.
    #[test]
    fn silence_is_for_the_accounts_alone() {
        const APART: u32 = 1 << 12;
        let note = Note {
            pair: 1,
            repay_usd: 100.0,
            seize_usd: 105.0,
            reward_usd: 0.0,
            drift: Drift::None,
        };
        let mut watch = Watch::default();
        watch.refresh(ids(&[7, 7 + APART]), None, 0, vantage(1.0, 200.0, 8.0));
        watch.sleep(0, &[note]);
        watch.sleep(1, &[note]);
        watch.refresh(ids(&[7 + APART]), None, 60, vantage(1.0, 200.0, 8.0));
        assert!(watch.awake().is_empty());
        watch.refresh(ids(&[7 + APART]), None, 120, vantage(1.0, 200.0, 4.0));
        assert_eq!(watch.awake(), [0]);
    }

    #[test]
    fn who_has_no_offers_is_asked_now_and_then() {
        let mut watch = Watch::default();
        watch.refresh(ids(&[4]), None, 0, vantage(1.0, 1.0, 1.0));
        watch.sleep(0, &[]);
        for (time, awake) in [(60, 0), (599, 0), (600, 1)] {
            watch.refresh(ids(&[4]), None, time, vantage(1.0, 1.0, 1.0));
            assert_eq!(watch.awake().len(), awake);
        }
    }
}
