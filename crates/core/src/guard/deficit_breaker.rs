//! A breaker on deficits.

use super::window::RollingSum;
use super::{
    Guard, GuardError, Level, Need, Reading, Readings, Reason, holds_back, share, whole, within,
};
use crate::signals::Signals;
use crate::units::{Bps, U256, Value};

const NAME: &str = "deficit-breaker";

/// When [`DeficitBreaker`] trips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeficitBreakerSettings {
    /// What it asks for.
    pub level: Level,
    /// How far it looks back, seconds.
    pub window_s: u64,
    /// Deficits of the window that trip it, in the base currency.
    pub most: Value,
    /// Below this share of them it lets go.
    pub release: Bps,
    /// How long it holds at least, seconds.
    pub least_s: u64,
}

impl DeficitBreakerSettings {
    /// No borrowing after 100,000 units of the base currency within a day.
    pub fn defaults(base_decimals: u8) -> Self {
        Self {
            level: Level::NoBorrowing,
            window_s: 86_400,
            most: whole(100_000, base_decimals),
            release: Bps(5_000),
            least_s: 3_600,
        }
    }
}

/// Holds the whole protocol back after it lost money, as a limit on the insurance fund's loss in a block
/// does at dYdX v4.
#[derive(Clone, Debug)]
pub struct DeficitBreaker {
    settings: DeficitBreakerSettings,
    lost: RollingSum,
}

impl DeficitBreaker {
    /// A breaker with these settings.
    ///
    /// # Errors
    /// [`GuardError::Setting`] where one is out of its range.
    pub fn new(settings: DeficitBreakerSettings) -> Result<Self, GuardError> {
        holds_back(NAME, "level", settings.level)?;
        within(NAME, "window-s", settings.window_s, (1, u64::MAX))?;
        within(NAME, "release", settings.release.0.into(), (1, 10_000))?;
        if settings.most.is_zero() {
            return Err(GuardError::Setting {
                guard: NAME,
                field: "most",
                found: "0".to_owned(),
                allowed: "a value above 0".to_owned(),
            });
        }
        Ok(Self {
            settings,
            lost: RollingSum::default(),
        })
    }
}

impl Guard for DeficitBreaker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Level(self.settings.level)]
    }

    fn list(&mut self, _units: &[U256]) {
        self.lost = RollingSum::default();
    }

    fn look(&mut self, signals: &Signals, readings: &mut Readings) {
        self.lost.pass(signals.now, self.settings.window_s);
        self.lost.add(signals.now, signals.deficit.0);
        let (value, limit) = (Value(self.lost.sum()), self.settings.most);
        if value.is_zero() {
            return;
        }
        if value >= limit {
            let reason = Reason::Deficit { value, limit };
            readings.tell_all(Reading::Tripped(self.settings.level, reason));
        } else if value >= share(limit, self.settings.release.wide()) {
            readings.tell_all(Reading::Between);
        }
    }

    fn least_s(&self) -> u64 {
        self.settings.least_s
    }

    fn releases_within_s(&self) -> u64 {
        self.settings.window_s.max(self.settings.least_s)
    }

    fn boxed(&self) -> Box<dyn Guard> {
        Box::new(self.clone())
    }
}
