//! What liquidators know of offers that nobody can take with profit, and when to look at them again.
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

use backstop_core::protocol::{AccountId, Drift};

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
        let received = self.seize_usd * now.rates(self.pair).better;
        received - self.repay_usd + self.reward_usd - now.cost_usd
    }

    /// Whether there is anything in it.
    pub(super) fn is_something(&self) -> bool {
        self.repay_usd > 0.0 || self.seize_usd > 0.0 || self.reward_usd > 0.0
    }
}

/// One note of a sleeper, and where its quiet ends.
#[derive(Clone, Copy, Debug)]
struct Alarm {
    account: AccountId,
    seize_usd: f64,
    /// To be paid, less what is received besides, USD.
    owed_usd: f64,
    /// Oracle's price ratio of the pair when it fell asleep; not a number where it always rings.
    ratio: f64,
    /// Largest surplus that is not worth a look.
    enough: f64,
}

impl Alarm {
    fn new(account: AccountId, note: &Note, now: &Vantage) -> Self {
        let ratio = now.rates(note.pair).ratio;
        Self {
            account,
            seize_usd: note.seize_usd,
            owed_usd: note.repay_usd - note.reward_usd,
            ratio: if note.drift == Drift::None {
                ratio
            } else {
                f64::NAN
            },
            enough: note.surplus(now).max(0.0) + SURPLUS_STEP * note.repay_usd,
        }
    }

    /// Without a branch, as nearly all of many keep quiet.
    #[inline(always)]
    fn rings<const GROWING: bool>(&self, rates: Rates, cost_usd: f64) -> bool {
        let moved = (rates.ratio - self.ratio).abs();
        let grown = if GROWING {
            self.seize_usd * (1.0 + moved / self.ratio)
        } else {
            self.seize_usd
        };
        let gross = grown * rates.better - self.owed_usd;
        // Written so that what is not a number rings too.
        let quiet = (gross - cost_usd <= self.enough)
            & (moved < MOVE_LARGE * self.ratio)
            & ((moved < MOVE_SMALL * self.ratio) | (2.0 * gross <= cost_usd));
        !quiet
    }
}

/// When sleepers are looked at again: in rows by pair, as every step goes through all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarms {
    by_pair: Vec<Vec<Alarm>>,
    /// Those without offers, with the time at which they are asked again.
    relooks: Vec<(u64, AccountId)>,
}

impl Alarms {
    /// Sets the alarms of an account that has none.
    pub(super) fn set(&mut self, account: AccountId, notes: &[Note], time: u64, now: &Vantage) {
        if notes.is_empty() {
            self.relooks.push((time.saturating_add(RELOOK_S), account));
        }
        for note in notes {
            if self.by_pair.len() <= note.pair {
                self.by_pair.resize_with(note.pair + 1, Vec::new);
            }
            if let Some(alarms) = self.by_pair.get_mut(note.pair) {
                alarms.push(Alarm::new(account, note, now));
            }
        }
    }

    /// Takes out the alarms of all accounts of which one rings; these accounts, ascending.
    pub(super) fn ring(&mut self, time: u64, now: &Vantage) -> Vec<AccountId> {
        let mut ringing = match now.discount {
            Discount::Fixed => self.ringing::<false>(now),
            Discount::Growing => self.ringing::<true>(now),
        };
        let due = self.relooks.iter().filter(|(at, _)| *at <= time);
        ringing.extend(due.map(|(_, account)| *account));
        ringing.sort_unstable();
        ringing.dedup();
        self.silence(&ringing);
        ringing
    }

    fn ringing<const GROWING: bool>(&self, now: &Vantage) -> Vec<AccountId> {
        let mut ringing = Vec::new();
        for (pair, alarms) in self.by_pair.iter().enumerate() {
            let rates = now.rates(pair);
            for alarm in alarms {
                if alarm.rings::<GROWING>(rates, now.cost_usd) {
                    ringing.push(alarm.account);
                }
            }
        }
        ringing
    }

    /// Takes out the alarms of some accounts, ascending.
    pub(super) fn silence(&mut self, accounts: &[AccountId]) {
        if accounts.is_empty() {
            return;
        }
        let marks = Marks::of(accounts);
        let stays = |account| !marks.may_have(account) || accounts.binary_search(&account).is_err();
        for alarms in &mut self.by_pair {
            alarms.retain(|alarm| stays(alarm.account));
        }
        self.relooks.retain(|(_, account)| stays(*account));
    }
}

/// A few accounts by the last bits of their numbers: most others are told from them at once.
struct Marks([u64; Self::WORDS as usize]);

impl Marks {
    const WORDS: u32 = 64;

    fn of(accounts: &[AccountId]) -> Self {
        let mut marks = Self([0; Self::WORDS as usize]);
        for AccountId(id) in accounts {
            if let Some(word) = marks.0.get_mut(Self::word(*id)) {
                *word |= 1 << (id % u64::BITS);
            }
        }
        marks
    }

    /// Whether the account may be one of them.
    fn may_have(&self, AccountId(id): AccountId) -> bool {
        let word = self.0.get(Self::word(id));
        word.is_none_or(|word| word & (1 << (id % u64::BITS)) != 0)
    }

    fn word(id: u32) -> usize {
        (id / u64::BITS % Self::WORDS) as usize
    }
}
