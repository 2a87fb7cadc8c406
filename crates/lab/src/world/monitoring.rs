//! Margin calls: who falls below a level of health, how long until a liquidation is to be expected, and what would
//! help.
//!
//! The monitor hears each step's answers before anybody acts, and at the step's end of those whose positions
//! somebody changed: so a step costs what changed, not the size of the book. Others whom a liquidation moves without a
//! row of their own, as a redistribution does, are looked at when prices next bring them to the edge of their band. What
//! a cure takes is tried on forks, so nothing that is watched changes by it. Without a monitor nothing of this is done.

use super::World;
use super::books::Units;
use crate::door;
use crate::error::{ConfigError, require, require_positive};
use crate::record::{BandRow, CallCause, CallRow, CureRow, PathRecord};
use backstop_core::governor::{Forecast, Outlook, Realised};
use backstop_core::monitor::{Alert, Band, Call, DAY_S, Monitor, MonitorSettings, Remedy};
use backstop_core::protocol::{AccountId, Adjustment, AssetId, Prices, Protocol};
use backstop_core::signals::{AssetSignal, Signals};
use backstop_core::units::{Ratio, Timestamp};
use std::collections::BTreeSet;

/// Seconds of one move from which volatility is measured.
const INTERVAL_S: u64 = 300;

/// What a monitor watches for.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorConfig {
    /// Health factors below which accounts are called, ascending.
    pub levels: Vec<f64>,
    /// Health factor that a cure aims at; above 1.
    pub target: f64,
    /// How many standard deviations of a price are to be expected.
    pub deviations: f64,
    /// Over which time calls are counted for their velocity, seconds.
    pub window_s: u64,
    /// For how long a called account hears nothing more of the level or of a higher one, seconds.
    pub repeat_s: u64,
    /// Standard deviation of a day that is taken for the least until the first window of prices has passed, as a
    /// share.
    pub volatility: f64,
    /// Over which time volatility is measured, seconds; at least [`MonitorConfig::VOLATILITY_WINDOW_MIN_S`].
    pub volatility_window_s: u64,
    /// Highest interest a year that a debt may bear, as a share; below it no change of a band is missed.
    pub interest_max: f64,
}

impl MonitorConfig {
    /// Least time over which volatility is measured, seconds.
    pub const VOLATILITY_WINDOW_MIN_S: u64 = 3_600;
    /// Highest interest a year that can be reckoned with, as a share.
    pub const INTEREST_MAX: f64 = 3.0;

    fn check(&self) -> Result<(), ConfigError> {
        for (field, value, most) in [
            ("target", self.target, 100.0),
            ("deviations", self.deviations, 6.0),
            ("volatility", self.volatility, 100.0),
            ("interest_max", self.interest_max, Self::INTEREST_MAX),
        ] {
            require_positive(value, || format!("monitor.{field}"))?;
            require(
                value <= most,
                || format!("monitor.{field}"),
                || format!("must be at most {most}, found {value}"),
            )?;
        }
        let least = Self::VOLATILITY_WINDOW_MIN_S;
        require(
            self.volatility_window_s >= least,
            || "monitor.volatility_window_s".to_owned(),
            || {
                format!(
                    "must be at least {least}, found {}",
                    self.volatility_window_s
                )
            },
        )
    }

    fn settings(&self) -> MonitorSettings {
        MonitorSettings {
            levels: self.levels.iter().copied().map(door::ratio_of).collect(),
            target: door::ratio_of(self.target),
            sigma: Vec::new(),
            sigmas: door::bps_of(self.deviations),
            window_s: self.window_s,
            repeat_s: self.repeat_s,
            // A debt grows by more than the year's rate where interest is compounded.
            growth: door::bps_of(2.0 * self.interest_max),
        }
    }
}

/// A monitor, and what it hears.
#[derive(Clone, Debug)]
pub(super) struct Monitoring {
    monitor: Monitor,
    measured: Realised,
    signals: Signals,
    prices: Prices,
    /// Volatility of a day that stands until the time in the second place.
    assumed: (Ratio, Timestamp),
    /// Bands as they were told last.
    told: Vec<Band>,
    /// Rows of the record that were followed: liquidations, reactions, leverings.
    seen: [usize; 3],
    /// Whether a parameter was moved that everybody's health depends on.
    moved: bool,
}

impl Monitoring {
    /// Looks at every account once.
    pub(super) fn new<P: Protocol>(
        config: &MonitorConfig,
        protocol: &P,
        prices: &Prices,
    ) -> Result<Box<Self>, ConfigError> {
        config.check()?;
        let made = Monitor::new(config.settings(), protocol, prices);
        let monitor = made.map_err(|error| ConfigError {
            field: format!("monitor.{}", error.field),
            problem: format!("found {}, allowed {}", error.found, error.allowed),
        })?;
        let intervals = usize::try_from(config.volatility_window_s / INTERVAL_S);
        let until = protocol.now().0.saturating_add(config.volatility_window_s);
        Ok(Box::new(Self {
            monitor,
            measured: Realised::new(INTERVAL_S, intervals.unwrap_or(usize::MAX)),
            signals: Signals {
                assets: vec![AssetSignal::default(); prices.0.len()],
                ..Signals::default()
            },
            prices: prices.clone(),
            assumed: (door::ratio_of(config.volatility), Timestamp(until)),
            told: Vec::new(),
            seen: [0; 3],
            moved: false,
        }))
    }

    /// Takes a step's answers, as the protocol did.
    fn hear(&mut self, now: Timestamp, answers: &Prices) {
        self.prices.clone_from(answers);
        self.signals.now = now;
        for (signal, price) in self.signals.assets.iter_mut().zip(&answers.0) {
            signal.price = *price;
        }
        self.measured.see(&self.signals);
    }

    /// The volatility of a day by asset: what was measured, and at first no less than what is assumed.
    fn sigma(&self) -> Vec<Ratio> {
        const WAD_PPM: u128 = 1_000_000_000_000;
        let (assumed, until) = self.assumed;
        let least = if self.signals.now < until {
            assumed
        } else {
            Ratio::ZERO
        };
        let of = |asset: u16| {
            let outlook = Outlook::default();
            let ppm = self.measured.deviation(AssetId(asset), DAY_S, &outlook);
            let measured = ppm.map(|ppm| Ratio::new(ppm.saturating_mul(WAD_PPM)));
            measured.map_or(assumed, |measured| measured.max(least))
        };
        let assets = u16::try_from(self.signals.assets.len()).unwrap_or(u16::MAX);
        (0..assets).map(of).collect()
    }

    /// What called accounts hear.
    fn alerts<P: Protocol>(&mut self, protocol: &P, calls: &[Call]) -> Vec<Alert> {
        if calls.is_empty() {
            return Vec::new();
        }
        let sigma = self.sigma();
        self.monitor.expect(sigma);
        let alert = |call: &Call| self.monitor.alert(protocol, &self.prices, call.account);
        calls.iter().filter_map(alert).collect()
    }

    /// Whom liquidations and borrowers' moves touched since they were followed last, ascending.
    fn touched(&mut self, record: &PathRecord) -> BTreeSet<AccountId> {
        let [liquidations, reactions, leverings] = self.seen;
        let liquidated = record.liquidations.iter().skip(liquidations);
        let reacted = record.reactions.iter().skip(reactions);
        let levered = record.leverings.iter().skip(leverings);
        self.seen = [
            record.liquidations.len(),
            record.reactions.len(),
            record.leverings.len(),
        ];
        let moved = reacted.map(|row| row.account);
        let moved = moved.chain(levered.map(|row| row.account));
        liquidated.map(|row| row.account).chain(moved).collect()
    }
}

impl<P: Protocol> World<P> {
    /// Looks at who may have left its band by this step's answers.
    pub(super) fn call_margin(&mut self, answers: &Prices) {
        let Some(mut watching) = self.monitoring.take() else {
            return;
        };
        watching.hear(self.protocol.now(), answers);
        let mut calls = watching.monitor.look(&self.protocol, answers).to_vec();
        if std::mem::take(&mut watching.moved) {
            for account in (0..self.protocol.accounts()).map(AccountId) {
                calls.extend(watching.monitor.changed(&self.protocol, answers, account));
            }
        }
        self.tell_calls(&mut watching, &calls, CallCause::Market);
        self.monitoring = Some(watching);
    }

    /// Has everybody looked at in this step, because a parameter was moved.
    pub(super) fn watch_anew(&mut self) {
        if let Some(watching) = &mut self.monitoring {
            watching.moved = true;
        }
    }

    /// Looks again at those whose positions the step changed, and tells the bands that changed in it.
    pub(super) fn follow_moves(&mut self) {
        let Some(mut watching) = self.monitoring.take() else {
            return;
        };
        let mut calls = Vec::new();
        let borrowers = self.protocol.accounts();
        for account in watching.touched(&self.record) {
            // What a design sells on its own account comes after the borrowers, and has no health.
            if account.0 < borrowers {
                let Monitoring {
                    monitor, prices, ..
                } = watching.as_mut();
                calls.extend(monitor.changed(&self.protocol, prices, account));
            }
        }
        self.tell_calls(&mut watching, &calls, CallCause::Move);
        self.tell_bands(&mut watching);
        self.monitoring = Some(watching);
    }

    fn tell_calls(&mut self, watching: &mut Monitoring, calls: &[Call], cause: CallCause) {
        for alert in watching.alerts(&self.protocol, calls) {
            let cure = |remedy: Remedy| cure_row(&remedy, &self.units, &self.oracle);
            self.record.calls.push(CallRow {
                step: self.row.step,
                time: self.now,
                account: alert.account,
                level: alert.level,
                since: alert.called.0,
                cause,
                health: alert.health,
                headroom: door::ratio_to_f64(alert.headroom),
                sigma: door::ratio_to_f64(alert.sigma),
                breach_in_s: Some(alert.breach_in_s).filter(|s| *s < u64::MAX),
                repay: alert.cure.repay.map(cure),
                top_up: alert.cure.top_up.map(cure),
            });
        }
    }

    fn tell_bands(&mut self, watching: &mut Monitoring) {
        let bands = watching.monitor.bands();
        if watching.told == bands {
            return;
        }
        let (step, time, base) = (self.row.step, self.now, self.units.base_decimals);
        for (at, band) in bands.iter().enumerate() {
            if watching.told.get(at) != Some(band) {
                self.record.bands.push(BandRow {
                    step,
                    time,
                    from: band.from,
                    to: band.to,
                    accounts: band.accounts,
                    debt_usd: door::value_to_usd(band.debt, base),
                });
            }
        }
        watching.told.clear();
        watching.told.extend_from_slice(bands);
    }
}

fn cure_row(remedy: &Remedy, units: &Units, oracle: &[f64]) -> CureRow {
    let (asset, amount) = match remedy.adjustment {
        Adjustment::Repay { asset, amount } | Adjustment::TopUp { asset, amount } => {
            (asset, amount)
        }
    };
    CureRow {
        asset,
        amount,
        usd: units.usd(asset, amount, oracle),
    }
}
