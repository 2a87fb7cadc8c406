//! Accounts in breach and what liquidators know about them.
//!
//! An account that nobody can liquidate with profit would be planned in every step for nothing. It
//! sleeps, with a note for each of its offers, until one of these holds for a note:
//!
//! - at the best present prices, without any slippage, twice the offer's gain would pay for gas and
//!   the least profit that anybody asks for. The factor covers a close factor that doubles
//!   meanwhile;
//! - the oracle's price ratio of the pair has moved by [`MOVE_MAX`] since;
//! - the account had no offers and [`RELOOK_S`] have passed.

use crate::agents::Plan;
use backstop_core::protocol::{AccountId, Offer};

/// Logarithmic move of a price ratio that wakes a sleeper.
const MOVE_MAX: f64 = 0.05;
/// Seconds after which an account without offers is asked again.
const RELOOK_S: u64 = 600;

/// Prices by asset as a liquidator sees them, USD.
#[derive(Clone, Debug, Default)]
pub(super) struct Vantage {
    /// Best price at which a little can be sold or valued.
    pub(super) sell: Vec<f64>,
    /// Best price at which a little can be bought.
    pub(super) buy: Vec<f64>,
    /// The oracle's answer.
    pub(super) oracle: Vec<f64>,
}

/// What a sleeper's offer was worth.
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
    /// Whether the offer is worth a look again.
    fn wakes(&self, ratio_then: f64, now: &Vantage, cost_usd: f64) -> bool {
        let at = |prices: &[f64], asset| prices.get(asset).copied().unwrap_or(0.0);
        let ratio = self.ratio(now);
        let sells_at = at(&now.sell, self.collateral) / at(&now.oracle, self.collateral);
        let buys_at = at(&now.buy, self.debt) / at(&now.oracle, self.debt);
        let gross = self.repay_usd * (self.gain * sells_at / buys_at - 1.0);
        let moved = (ratio / ratio_then).ln().abs();
        // What is not a number wakes too.
        !(2.0 * gross <= cost_usd && moved < MOVE_MAX)
    }

    fn ratio(&self, now: &Vantage) -> f64 {
        let at = |asset: usize| now.oracle.get(asset).copied().unwrap_or(0.0);
        at(self.collateral) / at(self.debt)
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
    /// Plans of the present step by group, once made.
    pub(super) plans: Vec<Option<Option<Plan>>>,
    /// Cured in the present step.
    pub(super) cured: bool,
    asleep: Option<Asleep>,
}

#[derive(Clone, Debug)]
struct Asleep {
    since: u64,
    /// Notes with the pair's price ratio when they were made.
    notes: Vec<(Note, f64)>,
}

impl Asleep {
    fn wakes(&self, time: u64, now: &Vantage, cost_usd: f64) -> bool {
        if self.notes.is_empty() {
            return time.saturating_sub(self.since) >= RELOOK_S;
        }
        let mut notes = self.notes.iter();
        notes.any(|(note, then)| note.wakes(*then, now, cost_usd))
    }
}

impl Watched {
    fn new(account: AccountId, since: u64) -> Self {
        Self {
            account,
            since,
            offers: None,
            plans: Vec::new(),
            cured: false,
            asleep: None,
        }
    }

    /// Forgets offers and plans, after the account or the venues have changed.
    pub(super) fn forget(&mut self) {
        self.offers = None;
        self.plans.clear();
    }
}

/// All accounts in breach, ascending.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    pub(super) accounts: Vec<Watched>,
    /// Positions of those that are worth a look in the present step.
    awake: Vec<usize>,
    time: u64,
    vantage: Vantage,
}

impl Watch {
    /// Takes the accounts in breach at the beginning of a step, ascending.
    pub(super) fn refresh(
        &mut self,
        breached: impl Iterator<Item = AccountId>,
        time: u64,
        vantage: Vantage,
        cost_usd: f64,
    ) {
        self.time = time;
        self.vantage = vantage;
        self.merge(breached);
        self.awake.clear();
        for (index, watched) in self.accounts.iter_mut().enumerate() {
            if let Some(asleep) = &watched.asleep {
                if !asleep.wakes(time, &self.vantage, cost_usd) {
                    continue;
                }
                watched.asleep = None;
            }
            watched.cured = false;
            watched.forget();
            self.awake.push(index);
        }
    }

    /// Keeps who is still in breach and adds who is new, in order.
    fn merge(&mut self, breached: impl Iterator<Item = AccountId>) {
        let mut kept = 0;
        let mut breached = breached.peekable();
        while let Some(watched) = self.accounts.get(kept) {
            if breached.next_if_eq(&watched.account).is_none() {
                break;
            }
            kept += 1;
        }
        if kept == self.accounts.len() && breached.peek().is_none() {
            return;
        }
        let mut known = self.accounts.split_off(kept).into_iter().peekable();
        for account in breached {
            while known.next_if(|w| w.account < account).is_some() {}
            let watched = known.next_if(|w| w.account == account);
            self.accounts
                .push(watched.unwrap_or_else(|| Watched::new(account, self.time)));
        }
    }

    /// Positions of the accounts that are worth a look.
    pub(super) fn awake(&self) -> Vec<usize> {
        let is_open = |i: &usize| {
            let watched = self.accounts.get(*i);
            watched.is_some_and(|w| w.asleep.is_none() && !w.cured)
        };
        self.awake.iter().copied().filter(is_open).collect()
    }

    /// Lets an account sleep if none of the notes would wake it at once.
    pub(super) fn sleep(&mut self, index: usize, notes: &[Note], cost_usd: f64) {
        let Some(watched) = self.accounts.get_mut(index) else {
            return;
        };
        let now = &self.vantage;
        let notes = notes.iter().map(|note| (*note, note.ratio(now))).collect();
        let asleep = Asleep {
            since: self.time,
            notes,
        };
        if !asleep.wakes(self.time, now, cost_usd) {
            watched.asleep = Some(asleep);
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

    fn vantage(venue: f64, oracle: f64) -> Vantage {
        Vantage {
            sell: vec![venue, 1.0],
            buy: vec![venue, 1.0],
            oracle: vec![oracle, 1.0],
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
            watch.refresh(ids(breached), time, vantage(1.0, 1.0), 1.0);
            let got: Vec<_> = watch.accounts.iter().map(|w| w.account.0).collect();
            assert_eq!(got, breached);
            assert_eq!(watch.awake().len(), breached.len());
        }
        let since: Vec<_> = watch.accounts.iter().map(|w| w.since).collect();
        assert_eq!(since, [180, 240, 60, 300]);
    }

    /// An offer of 100 dollars that gains 5 % when nothing slips, gas 11.
    #[test]
    fn sleepers_wake_when_a_look_may_pay() {
        let note = Note {
            collateral: 0,
            debt: 1,
            repay_usd: 100.0,
            gain: 1.05,
        };
        for (gas, venue, oracle, wakes) in [
            (11.0, 200.0, 200.0, false),
            (9.9, 200.0, 200.0, true),
            (9.9, 199.0, 200.0, false),
            (11.0, 202.0, 200.0, true),
            (11.0, 180.0, 195.0, false),
            (11.0, 180.0, 190.0, true),
            (11.0, 180.0, 0.0, true),
        ] {
            let mut watch = Watch::default();
            watch.refresh(ids(&[4, 7]), 0, vantage(200.0, 200.0), 11.0);
            watch.sleep(0, &[note], 11.0);
            assert_eq!(watch.awake(), [1]);
            watch.refresh(ids(&[4, 7]), 60, vantage(venue, oracle), gas);
            assert_eq!(watch.awake().len() == 2, wakes, "{gas} {venue} {oracle}");
        }
    }

    #[test]
    fn who_has_no_offers_is_asked_now_and_then() {
        let mut watch = Watch::default();
        watch.refresh(ids(&[4]), 0, vantage(1.0, 1.0), 1.0);
        watch.sleep(0, &[], 1.0);
        for (time, awake) in [(60, 0), (599, 0), (600, 1)] {
            watch.refresh(ids(&[4]), time, vantage(1.0, 1.0), 1.0);
            assert_eq!(watch.awake().len(), awake);
        }
    }
}
