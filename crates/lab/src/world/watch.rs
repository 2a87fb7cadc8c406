//! Accounts in breach and what liquidators know about them.
//!
//! An account that nobody can liquidate with profit would be planned in every step for nothing. It
//! sleeps, with a [`Note`] for each of its offers. An offer's *surplus* is what it would gain at the
//! best present prices, without any slippage, above the cheapest gas and the least profit that
//! anybody asks for. A sleeper is looked at again when for one of its notes
//!
//! - the surplus is positive and has grown by [`SURPLUS_STEP`] of the debt;
//! - or the oracle's price ratio of the pair has moved by [`MOVE_SMALL`], and the surplus would be
//!   positive if twice the debt could be repaid, as when a close factor goes from half to all;
//! - or that ratio has moved by [`MOVE_LARGE`];
//! - or its terms move with time;
//!
//! and, where there were no offers, after [`RELOOK_S`]. Where a discount grows while health falls, the
//! surplus counts as if the whole move of the ratio had gone into the discount.

use crate::agents::Plan;
use backstop_core::protocol::{AccountId, Drift, Offer};

/// Growth of the surplus that wakes, as a share of the debt that can be repaid.
const SURPLUS_STEP: f64 = 0.001;
/// Logarithmic move of a price ratio after which more debt may be repayable.
const MOVE_SMALL: f64 = 0.01;
/// Logarithmic move of a price ratio that always wakes.
const MOVE_LARGE: f64 = 0.05;
/// Seconds after which an account without offers is asked again.
const RELOOK_S: u64 = 600;

/// What a pair of a collateral and a debt asset is worth at the beginning of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    /// Best price at which a little of the collateral can be sold or valued over the oracle's, over
    /// the same for buying the debt asset.
    pub(super) better: f64,
    /// Oracle's price of the collateral in units of the debt asset.
    pub(super) ratio: f64,
}

/// What liquidators see at the beginning of a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Vantage {
    assets: usize,
    /// By collateral and debt asset.
    rates: Vec<Rates>,
    /// What the least demanding liquidator has to gain, USD.
    pub(super) cost_usd: f64,
    /// How the discount behaves.
    pub(super) discount: Discount,
}

/// How the discount of a liquidation behaves while health falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Discount {
    /// It stays.
    #[default]
    Fixed,
    /// It grows.
    Growing,
}

impl Vantage {
    /// From the best prices to sell and to buy and the oracle's, by asset, USD.
    pub(super) fn new(
        (sell, buy, oracle): (&[f64], &[f64], &[f64]),
        cost_usd: f64,
        discount: Discount,
    ) -> Self {
        let pairs = sell.iter().zip(oracle).flat_map(|(sell, of)| {
            buy.iter().zip(oracle).map(move |(buy, debt)| Rates {
                better: (sell / of) / (buy / debt),
                ratio: of / debt,
            })
        });
        Self {
            assets: oracle.len(),
            rates: pairs.collect(),
            cost_usd,
            discount,
        }
    }

    /// Where a pair stands in the list of pairs.
    pub(super) fn pair(&self, collateral: usize, debt: usize) -> usize {
        collateral * self.assets + debt
    }

    fn rates(&self, pair: usize) -> Rates {
        let unknown = Rates {
            better: f64::NAN,
            ratio: f64::NAN,
        };
        self.rates.get(pair).copied().unwrap_or(unknown)
    }
}

/// What an offer was worth when it was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// The pair of assets, see [`Vantage::pair`].
    pub(super) pair: usize,
    /// Least debt to be paid for it, USD at the oracle's price.
    pub(super) repay_usd: f64,
    /// Collateral received for it, USD at the oracle's price.
    pub(super) seize_usd: f64,
    /// Received besides, USD.
    pub(super) reward_usd: f64,
    /// Whether time alone changes it.
    pub(super) drift: Drift,
}

impl Note {
    /// Most that the offer can bring above the least cost, USD.
    pub(super) fn surplus(&self, now: &Vantage) -> f64 {
        self.gross(now.rates(self.pair)) - now.cost_usd
    }

    fn gross(&self, rates: Rates) -> f64 {
        self.seize_usd * rates.better - self.repay_usd + self.reward_usd
    }

    /// Whether there is anything in it.
    pub(super) fn is_something(&self) -> bool {
        self.repay_usd > 0.0 || self.seize_usd > 0.0 || self.reward_usd > 0.0
    }
}

/// One note of a sleeper, and where its quiet ends.
#[derive(Clone, Copy, Debug)]
struct Alarm {
    note: Note,
    /// Oracle's price ratio of the pair when it fell asleep.
    ratio: f64,
    /// Largest surplus that is not worth a look.
    enough: f64,
}

impl Alarm {
    fn new(note: Note, now: &Vantage) -> Self {
        Self {
            note,
            ratio: now.rates(note.pair).ratio,
            enough: note.surplus(now).max(0.0) + SURPLUS_STEP * note.repay_usd,
        }
    }

    fn rings(&self, now: &Vantage) -> bool {
        let rates = now.rates(self.note.pair);
        let moved = (rates.ratio - self.ratio).abs();
        let mut note = self.note;
        if now.discount == Discount::Growing {
            note.seize_usd *= 1.0 + moved / self.ratio;
        }
        let gross = note.gross(rates);
        // Written so that what is not a number rings too.
        let quiet = self.note.drift == Drift::None
            && gross - now.cost_usd <= self.enough
            && moved < MOVE_LARGE * self.ratio
            && (moved < MOVE_SMALL * self.ratio || 2.0 * gross <= now.cost_usd);
        !quiet
    }
}

/// One account in breach.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) account: AccountId,
    /// Time of the step in which it was first seen in breach.
    pub(super) since: u64,
    /// Offers of the present step, once asked for.
    pub(super) offers: Option<Vec<Offer>>,
    /// Plans of the present step with auction and planner, once made: as many as there are planners.
    plans: Vec<Planned>,
    /// Whether one of its auctions has changed since the offers were asked for.
    changed: bool,
    /// Cured in the present step.
    pub(super) cured: bool,
    /// Liquidators who found no room in a block.
    waiting: Vec<usize>,
    asleep: Option<Asleep>,
}

#[derive(Clone, Debug)]
struct Planned {
    auction: u64,
    planner: usize,
    plan: Option<Plan>,
}

#[derive(Clone, Debug)]
struct Asleep {
    since: u64,
    alarms: Vec<Alarm>,
}

impl Asleep {
    fn wakes(&self, time: u64, now: &Vantage) -> bool {
        if self.alarms.is_empty() {
            return time.saturating_sub(self.since) >= RELOOK_S;
        }
        self.alarms.iter().any(|alarm| alarm.rings(now))
    }
}

impl Watched {
    fn new(account: AccountId, since: u64) -> Self {
        Self {
            account,
            since,
            offers: None,
            plans: Vec::new(),
            changed: false,
            cured: false,
            waiting: Vec::new(),
            asleep: None,
        }
    }

    /// Forgets offers and plans, after the account or the step has changed.
    pub(super) fn forget(&mut self) {
        self.offers = None;
        self.plans.clear();
        self.changed = false;
    }

    /// Forgets what was planned for one auction.
    pub(super) fn forget_plans(&mut self, auction: u64) {
        self.plans.retain(|planned| planned.auction != auction);
    }

    /// What a planner made of an auction; nothing where it has not planned yet.
    pub(super) fn planned(&self, auction: u64, planner: usize) -> Option<Option<&Plan>> {
        let made = |planned: &&Planned| planned.auction == auction && planned.planner == planner;
        self.plans.iter().find(made).map(|p| p.plan.as_ref())
    }

    /// Keeps a planner's plan.
    pub(super) fn keep(&mut self, auction: u64, planner: usize, plan: Option<Plan>) {
        self.plans.push(Planned {
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
        self.forget_plans(auction);
        if let Some(offers) = &mut self.offers {
            offers.retain(|offer| offer.auction != auction);
        }
        self.changed = true;
    }

    /// Forgets everything where an auction has changed, at the beginning of a block.
    pub(super) fn begin_block(&mut self) {
        if self.changed {
            self.forget();
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
    /// Revision of the accounts in breach that took these seats.
    revision: Option<u64>,
    /// Those that are worth a look in the present step, ascending.
    awake: Vec<Seat>,
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
        if revision.is_none() || revision != self.revision {
            self.merge(breached);
            self.revision = revision;
        }
        self.awake.clear();
        for (seat, watched) in self.seats.iter_mut().enumerate() {
            if let Some(asleep) = &watched.asleep {
                if !asleep.wakes(time, &self.vantage) {
                    continue;
                }
                watched.asleep = None;
            }
            watched.cured = false;
            watched.forget();
            self.awake.push(seat);
        }
    }

    /// Drops who is no longer in breach and adds who is new.
    fn merge(&mut self, breached: impl Iterator<Item = AccountId>) {
        let (mut seat, mut new, mut gone) = (0, Vec::new(), Vec::new());
        breached.for_each(|account| {
            let passed = |w: &&Watched| w.account < account;
            while self.seats.get(seat).as_ref().is_some_and(passed) {
                gone.push(seat);
                seat += 1;
            }
            if self.seats.get(seat).is_some_and(|w| w.account == account) {
                seat += 1;
            } else {
                new.push(Watched::new(account, self.time));
            }
        });
        self.seats.truncate(seat);
        if !gone.is_empty() {
            let (mut seat, mut gone) = (0, gone.into_iter().peekable());
            self.seats.retain(|_| {
                seat += 1;
                gone.next_if_eq(&(seat - 1)).is_none()
            });
        }
        if !new.is_empty() {
            self.seats.append(&mut new);
            // Two ascending runs, which this sort merges.
            self.seats.sort_by_key(|watched| watched.account);
        }
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
            watched.is_some_and(|w| w.asleep.is_none() && !w.cured)
        });
        self.awake.clone()
    }

    /// Whether a liquidator had to wait for room before.
    pub(super) fn has_waited(&self, seat: Seat, member: usize) -> bool {
        let watched = self.seats.get(seat);
        watched.is_none_or(|watched| watched.waiting.contains(&member))
    }

    /// Notes that a liquidator has to wait for room; whether that is the first time.
    pub(super) fn first_wait(&mut self, seat: Seat, member: usize) -> bool {
        let Some(watched) = self.seats.get_mut(seat) else {
            return false;
        };
        let first = !watched.waiting.contains(&member);
        if first {
            watched.waiting.push(member);
        }
        first
    }

    /// Lets an account sleep.
    pub(super) fn sleep(&mut self, seat: Seat, notes: &[Note]) {
        let alarms = notes.iter().map(|note| Alarm::new(*note, &self.vantage));
        if let Some(watched) = self.seats.get_mut(seat) {
            watched.asleep = Some(Asleep {
                since: self.time,
                alarms: alarms.collect(),
            });
            watched.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let seen = |oracle| Vantage {
                discount,
                ..vantage(1.0, oracle, 1.0)
            };
            watch.refresh(ids(&[4]), None, 0, seen(200.0));
            watch.sleep(0, &[note]);
            watch.refresh(ids(&[4]), None, 60, seen(oracle));
            assert_eq!(watch.awake().len() == 1, wakes, "{discount:?} {oracle}");
        }
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
