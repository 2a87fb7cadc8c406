//! Who is called, since when, for how long, and what would help.

use super::bands::{Band, Bands, Call};
use super::{Cure, cure, headroom, time_to_act};
use crate::guard::RollingSum;
use crate::protocol::{AccountId, Prices, Protocol};
use crate::units::{Bps, Ratio, Timestamp, U256};
use std::collections::BTreeMap;
use std::fmt;

/// What a [`Monitor`] watches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorSettings {
    /// Health factors at which margin is called, ascending.
    pub levels: Vec<Ratio>,
    /// Health factor that a cure aims at.
    pub target: Ratio,
    /// Volatility of a day by asset, in wad, in the protocol's order.
    pub sigma: Vec<Ratio>,
    /// How many standard deviations are to be expected, 10 000 = one.
    pub sigmas: Bps,
    /// Over which time calls are counted, seconds.
    pub window_s: u64,
    /// For how long an account that was called at a level hears nothing more of it or of a higher one, seconds; zero
    /// calls whenever a level is crossed.
    pub repeat_s: u64,
    /// Twice the highest interest a year. An account whose debt grows faster may change its band unseen.
    pub growth: Bps,
}

impl Default for MonitorSettings {
    /// Calls at 1.1, 1.05 and 1, whenever one is crossed; cures to 1.25; two deviations of 5 % a day for each asset.
    fn default() -> Self {
        let percent = |n: u128| Ratio::new(n.saturating_mul(10_000_000_000_000_000));
        Self {
            levels: vec![percent(100), percent(105), percent(110)],
            target: percent(125),
            sigma: Vec::new(),
            sigmas: Bps(20_000),
            window_s: 3_600,
            repeat_s: 0,
            growth: Bps(10_000),
        }
    }
}

/// Settings that cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonitorError {
    /// Name of the setting.
    pub field: &'static str,
    /// What was found.
    pub found: String,
    /// What is allowed.
    pub allowed: &'static str,
}

impl fmt::Display for MonitorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            found,
            allowed,
        } = self;
        write!(f, "monitor.{field}: found {found}, allowed {allowed}")
    }
}

impl std::error::Error for MonitorError {}

/// One account that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Who.
    pub account: AccountId,
    /// The lowest level that its health lies below.
    pub level: Ratio,
    /// Since when it has been in this band.
    pub since: Timestamp,
    /// Since when its health has been below the highest level without a break.
    pub called: Timestamp,
    /// Its health factor.
    pub health: Ratio,
    /// The fall of all its collateral together that makes it liquidatable, in wad.
    pub headroom: Ratio,
    /// Volatility of a day that the prediction reckons with: the largest of what it holds and owes, in wad.
    pub sigma: Ratio,
    /// Seconds until such a fall is to be expected; zero where it is liquidatable now.
    pub breach_in_s: u64,
    /// What brings it to the target.
    pub cure: Cure,
}

/// Watches the health of a book.
#[derive(Clone, Debug)]
pub struct Monitor {
    settings: MonitorSettings,
    bands: Bands,
    calls: Vec<Call>,
    called: RollingSum,
    /// The last call of an account that was told: its level and its time.
    last: BTreeMap<AccountId, (Ratio, Timestamp)>,
}

/// The volatility of an asset that no setting names.
const SIGMA: u128 = 50_000_000_000_000_000;

/// A health factor of one.
const ONE: u128 = 1_000_000_000_000_000_000;

impl Monitor {
    /// A monitor that has looked at every account once.
    ///
    /// # Errors
    /// [`MonitorError`] where levels do not ascend or the target is not above 1.
    pub fn new<P: Protocol>(
        settings: MonitorSettings,
        protocol: &P,
        prices: &Prices,
    ) -> Result<Self, MonitorError> {
        let levels = settings.levels.as_slice();
        let ascend = levels.windows(2).all(|pair| pair.first() < pair.last());
        let named = |levels: &[Ratio]| {
            let told: Vec<String> = levels.iter().map(Ratio::to_string).collect();
            told.join(", ")
        };
        if !ascend || levels.first().is_none_or(|level| level.is_zero()) {
            return Err(MonitorError {
                field: "levels",
                found: named(levels),
                allowed: "numbers above 0 that ascend, at least one",
            });
        }
        if settings.target <= Ratio::new(ONE) {
            return Err(MonitorError {
                field: "target",
                found: settings.target.to_string(),
                allowed: "more than 10^18",
            });
        }
        Ok(Self {
            bands: Bands::new(protocol, prices, levels, settings.growth),
            settings,
            calls: Vec::new(),
            called: RollingSum::default(),
            last: BTreeMap::new(),
        })
    }

    /// Reads one tick, after the protocol has observed it, and returns the calls of it. The prices are those that
    /// the protocol works with. Costs what changed its band, not the size of the book.
    pub fn look<P: Protocol>(&mut self, protocol: &P, prices: &Prices) -> &[Call] {
        self.calls.clear();
        self.bands.look(protocol, prices, &mut self.calls);
        self.keep_news();
        let now = protocol.now();
        self.called.pass(now, self.settings.window_s);
        let calls = u64::try_from(self.calls.len()).unwrap_or(u64::MAX);
        self.called.add(now, U256::from(calls));
        &self.calls
    }

    /// Looks at one account again, after somebody acted on it; its call where it fell below a level.
    pub fn changed<P: Protocol>(
        &mut self,
        protocol: &P,
        prices: &Prices,
        account: AccountId,
    ) -> Option<Call> {
        self.calls.clear();
        self.bands.file(protocol, prices, account, &mut self.calls);
        self.keep_news();
        let call = self.calls.first().copied();
        let one = U256::from(u64::from(call.is_some()));
        self.called.add(protocol.now(), one);
        call
    }

    /// Drops the calls of accounts that were called at the level or a lower one not long ago.
    fn keep_news(&mut self) {
        let (repeat_s, last) = (self.settings.repeat_s, &mut self.last);
        if repeat_s == 0 {
            return;
        }
        self.calls.retain(|call| {
            let is_old = last.get(&call.account).is_some_and(|(level, time)| {
                *level <= call.level && call.time.seconds_since(*time) < repeat_s
            });
            if !is_old {
                last.insert(call.account, (call.level, call.time));
            }
            !is_old
        });
    }

    /// Reckons with these volatilities of a day from now on, as [`MonitorSettings::sigma`].
    pub fn expect(&mut self, sigma: impl IntoIterator<Item = Ratio>) {
        self.settings.sigma.clear();
        self.settings.sigma.extend(sigma);
    }

    /// Accounts and debt by band of health, ascending.
    pub fn bands(&self) -> &[Band] {
        self.bands.bands()
    }

    /// Calls within the window: their velocity.
    pub fn calls_in_window(&self) -> U256 {
        self.called.sum()
    }

    /// What an account should hear; nothing where its health is above all levels. The cure costs some dozen
    /// forks, each of them a few reference counts and one move.
    pub fn alert<P: Protocol>(
        &self,
        protocol: &P,
        prices: &Prices,
        account: AccountId,
    ) -> Option<Alert> {
        let filed = self.bands.filed(account)?;
        let level = *self.settings.levels.get(filed.band)?;
        let health = protocol.health(account).ok()?;
        let headroom = headroom(&health, Ratio::new(ONE));
        let held = protocol.holdings(account).into_iter();
        let held = held.filter(|holding| {
            let backs = holding.enabled && !holding.collateral.is_zero();
            backs || !holding.debt.is_zero()
        });
        let sigmas = held.map(|holding| {
            let sigma = self.settings.sigma.get(usize::from(holding.asset.0));
            sigma.copied().unwrap_or(Ratio::new(SIGMA))
        });
        let sigma = sigmas.max().unwrap_or(Ratio::new(SIGMA));
        Some(Alert {
            account,
            level,
            since: filed.since,
            called: filed.called,
            health: health.factor,
            headroom,
            sigma,
            breach_in_s: time_to_act(headroom, sigma, self.settings.sigmas),
            cure: cure(protocol, prices, account, self.settings.target),
        })
    }
}
