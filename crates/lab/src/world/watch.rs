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
//!
//! and, where there were no offers, after [`RELOOK_S`].

use crate::agents::Plan;
use backstop_core::protocol::{AccountId, Offer};
use std::collections::BTreeMap;

/// Growth of the surplus that wakes, as a share of the debt that can be repaid.
const SURPLUS_STEP: f64 = 0.001;
/// Logarithmic move of a price ratio after which more debt may be repayable.
const MOVE_SMALL: f64 = 0.01;
/// Logarithmic move of a price ratio that always wakes.
const MOVE_LARGE: f64 = 0.05;
/// Seconds after which an account without offers is asked again.
const RELOOK_S: u64 = 600;

/// What liquidators see at the beginning of a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Vantage {
    /// By asset: best price at which a little can be sold or valued, over the oracle's.
    pub(super) sell: Vec<f64>,
    /// By asset: best price at which a little can be bought, over the oracle's.
    pub(super) buy: Vec<f64>,
    /// By asset: the oracle's answer, USD.
    pub(super) oracle: Vec<f64>,
    /// What the least demanding liquidator has to gain, USD.
    pub(super) cost_usd: f64,
}

/// What an offer was worth when it was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) collateral: usize,
    pub(super) debt: usize,
    /// Debt that could be repaid, USD at the oracle's price.
    pub(super) repay_usd: f64,
    /// Collateral received over debt repaid, at the oracle's prices.
    pub(super) gain: f64,
}

impl Note {
    /// Most that the offer can bring above the least cost, USD.
    pub(super) fn surplus(&self, now: &Vantage) -> f64 {
        self.gross(now) - now.cost_usd
    }

    fn gross(&self, now: &Vantage) -> f64 {
        let better = at(&now.sell, self.collateral) / at(&now.buy, self.debt);
        self.repay_usd * (self.gain * better - 1.0)
    }

    /// Oracle's price of the collateral in units of the debt asset.
    fn ratio(&self, now: &Vantage) -> f64 {
        at(&now.oracle, self.collateral) / at(&now.oracle, self.debt)
    }
}

fn at(prices: &[f64], asset: usize) -> f64 {
    prices.get(asset).copied().unwrap_or(0.0)
}

/// One note of a sleeper, and how things stood when it fell asleep.
#[derive(Clone, Copy, Debug)]
struct Alarm {
    note: Note,
    ratio: f64,
    surplus: f64,
}

impl Alarm {
    fn rings(&self, now: &Vantage) -> bool {
        let gross = self.note.gross(now);
        let grown = self.surplus.max(0.0) + SURPLUS_STEP * self.note.repay_usd;
        let ratio = self.note.ratio(now) / self.ratio;
        let within = |step: f64| ratio < 1.0 + step && ratio > 1.0 - step;
        // Written so that what is not a number rings too.
        let quiet = gross - now.cost_usd <= grown
            && (within(MOVE_SMALL) || 2.0 * gross <= now.cost_usd)
            && within(MOVE_LARGE);
        !quiet
    }
}

/// One account in breach.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    /// Time of the step in which it was first seen in breach.
    pub(super) since: u64,
    /// Offers of the present step, once asked for.
    pub(super) offers: Option<Vec<Offer>>,
    /// Plans of the present step by planner, once made.
    pub(super) plans: Vec<Option<Option<Plan>>>,
    /// Cured in the present step.
    pub(super) cured: bool,
    asleep: Option<Asleep>,
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
    fn new(since: u64) -> Self {
        Self {
            since,
            offers: None,
            plans: Vec::new(),
            cured: false,
            asleep: None,
        }
    }

    /// Forgets offers and plans, after the account or the step has changed.
    pub(super) fn forget(&mut self) {
        self.offers = None;
        self.plans.clear();
    }
}

/// All accounts in breach.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    accounts: BTreeMap<AccountId, Watched>,
    /// Those that are worth a look in the present step, ascending.
    awake: Vec<AccountId>,
    time: u64,
    pub(super) vantage: Vantage,
}

impl Watch {
    /// Takes the accounts in breach at the beginning of a step, ascending.
    pub(super) fn refresh(
        &mut self,
        breached: impl Iterator<Item = AccountId>,
        time: u64,
        vantage: Vantage,
    ) {
        self.time = time;
        self.vantage = vantage;
        self.merge(breached);
        self.awake.clear();
        for (account, watched) in &mut self.accounts {
            if let Some(asleep) = &watched.asleep {
                if !asleep.wakes(time, &self.vantage) {
                    continue;
                }
                watched.asleep = None;
            }
            watched.cured = false;
            watched.forget();
            self.awake.push(*account);
        }
    }

    /// Drops who is no longer in breach and adds who is new.
    fn merge(&mut self, breached: impl Iterator<Item = AccountId>) {
        let mut known = self.accounts.keys().copied().peekable();
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        for account in breached {
            while let Some(left) = known.next_if(|k| *k < account) {
                gone.push(left);
            }
            if known.next_if_eq(&account).is_none() {
                new.push(account);
            }
        }
        gone.extend(known);
        for account in gone {
            self.accounts.remove(&account);
        }
        let time = self.time;
        let entries = new.into_iter().map(|a| (a, Watched::new(time)));
        self.accounts.extend(entries);
    }

    pub(super) fn get(&self, account: AccountId) -> Option<&Watched> {
        self.accounts.get(&account)
    }

    pub(super) fn get_mut(&mut self, account: AccountId) -> Option<&mut Watched> {
        self.accounts.get_mut(&account)
    }

    /// Accounts that are worth a look in the present step and not cured or asleep since.
    pub(super) fn awake(&mut self) -> Vec<AccountId> {
        let accounts = &self.accounts;
        self.awake.retain(|account| {
            let watched = accounts.get(account);
            watched.is_some_and(|w| w.asleep.is_none() && !w.cured)
        });
        self.awake.clone()
    }

    /// Lets an account sleep.
    pub(super) fn sleep(&mut self, account: AccountId, notes: &[Note]) {
        let now = &self.vantage;
        let alarm = |note: &Note| Alarm {
            note: *note,
            ratio: note.ratio(now),
            surplus: note.surplus(now),
        };
        if let Some(watched) = self.accounts.get_mut(&account) {
            watched.asleep = Some(Asleep {
                since: self.time,
                alarms: notes.iter().map(alarm).collect(),
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
        Vantage {
            sell: vec![venue, 1.0],
            buy: vec![venue, 1.0],
            oracle: vec![oracle, 1.0],
            cost_usd,
        }
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
            watch.refresh(ids(breached), time, vantage(1.0, 1.0, 1.0));
            assert_eq!(watch.awake(), ids(breached).collect::<Vec<_>>());
        }
        let since: Vec<_> = watch.accounts.values().map(|w| w.since).collect();
        assert_eq!(since, [180, 240, 60, 300]);
    }

    /// An offer of 100 dollars that gains 5 % when nothing slips, looked at with a cost of 8 (not
    /// worth it) or of 4 (worth it but for slippage).
    #[test]
    fn sleepers_wake_when_a_look_may_pay() {
        let note = Note {
            collateral: 0,
            debt: 1,
            repay_usd: 100.0,
            gain: 1.05,
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
            watch.refresh(ids(&[4, 7]), 0, vantage(1.0, 200.0, cost_then));
            watch.sleep(AccountId(4), &[note]);
            assert_eq!(watch.awake(), [AccountId(7)]);
            watch.refresh(ids(&[4, 7]), 60, vantage(venue, oracle, cost));
            let case = format!("{cost_then} {cost} {venue} {oracle}");
            assert_eq!(watch.awake().len() == 2, wakes, "{case}");
        }
    }

    #[test]
    fn who_has_no_offers_is_asked_now_and_then() {
        let mut watch = Watch::default();
        watch.refresh(ids(&[4]), 0, vantage(1.0, 1.0, 1.0));
        watch.sleep(AccountId(4), &[]);
        for (time, awake) in [(60, 0), (599, 0), (600, 1)] {
            watch.refresh(ids(&[4]), time, vantage(1.0, 1.0, 1.0));
            assert_eq!(watch.awake().len(), awake);
        }
    }
}
