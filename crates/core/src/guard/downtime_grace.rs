//! Time for borrowers after an outage.

use super::{Guard, GuardError, Level, Need, Reading, Readings, Reason, holds_back, within};
use crate::signals::Signals;
use crate::units::{Ratio, Timestamp, U256};

const NAME: &str = "downtime-grace";

/// When [`DowntimeGrace`] trips, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DowntimeGraceSettings {
    /// What it asks for.
    pub level: Level,
    /// Longer than this between two ticks is an outage, seconds.
    pub gap_s: u64,
    /// A price older than this is an outage of its source, seconds.
    pub stale_s: u64,
    /// How long liquidations wait after the end of an outage, seconds.
    pub grace_s: u64,
    /// Accounts with a health factor below this may still be liquidated; zero for none.
    pub harder: Ratio,
}

impl Default for DowntimeGraceSettings {
    /// An hour after an outage of an hour, or after prices that are older than a day and an hour, the longest
    /// heartbeat in use. No account is excepted.
    fn default() -> Self {
        Self {
            level: Level::NoNewLiquidations,
            gap_s: 3_600,
            stale_s: 90_000,
            grace_s: 3_600,
            harder: Ratio::ZERO,
        }
    }
}

/// Lets borrowers act first after ticks or prices were missing, as Aave v3 did with a sentinel for the
/// sequencer (up to 3.6, accounts below 0.95 excepted) and does with a grace period of a reserve.
#[derive(Clone, Debug)]
pub struct DowntimeGrace {
    settings: DowntimeGraceSettings,
    last: Option<Timestamp>,
    /// Until when grace runs after a gap.
    until: Timestamp,
    /// The same by asset, after a stale price.
    assets: Vec<Timestamp>,
}

impl DowntimeGrace {
    /// A guard with these settings.
    ///
    /// # Errors
    /// [`GuardError::Setting`] where one is out of its range.
    pub fn new(settings: DowntimeGraceSettings) -> Result<Self, GuardError> {
        holds_back(NAME, "level", settings.level)?;
        within(NAME, "gap-s", settings.gap_s, (1, u64::MAX))?;
        within(NAME, "stale-s", settings.stale_s, (1, u64::MAX))?;
        within(NAME, "grace-s", settings.grace_s, (1, u64::MAX))?;
        Ok(Self {
            settings,
            last: None,
            until: Timestamp(0),
            assets: Vec::new(),
        })
    }
}

impl Guard for DowntimeGrace {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        let mut needs = vec![Need::Level(self.settings.level)];
        if !self.settings.harder.is_zero() {
            needs.push(Need::Exemption);
        }
        needs
    }

    fn list(&mut self, units: &[U256]) {
        self.last = None;
        self.until = Timestamp(0);
        self.assets = vec![Timestamp(0); units.len()];
    }

    fn look(&mut self, signals: &Signals, readings: &mut Readings) {
        let (settings, now) = (self.settings, signals.now);
        let end = Timestamp(now.0.saturating_add(settings.grace_s));
        let last = self.last.replace(now).unwrap_or(now);
        let seconds = now.seconds_since(last);
        if seconds > settings.gap_s {
            self.until = end;
            let reason = Reason::Silent { seconds };
            readings.tell_all(Reading::Tripped(settings.level, reason));
        } else if now < self.until {
            readings.tell_all(Reading::Between);
        }
        for (at, asset) in signals.assets.iter().enumerate() {
            let Some(until) = self.assets.get_mut(at) else {
                return;
            };
            if asset.age_s > settings.stale_s {
                *until = end;
                let reason = Reason::Stale {
                    seconds: asset.age_s,
                };
                readings.tell_at(at, Reading::Tripped(settings.level, reason));
            } else if now < *until {
                readings.tell_at(at, Reading::Between);
            }
        }
    }

    fn least_s(&self) -> u64 {
        self.settings.grace_s
    }

    fn releases_within_s(&self) -> u64 {
        self.settings.grace_s
    }

    fn exempts(&self, health: Ratio) -> bool {
        health < self.settings.harder
    }

    fn boxed(&self) -> Box<dyn Guard> {
        Box::new(self.clone())
    }
}
