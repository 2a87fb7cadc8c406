//! A breaker on how much liquidations take.

use super::window::RollingSum;
use super::{
    Guard, GuardError, Level, Need, Reading, Readings, Reason, holds_back, share, within, worth,
};
use crate::signals::{AssetSignal, Signals};
use crate::units::{Amount, Bps, U256, Value};

const NAME: &str = "volume-breaker";

/// When [`VolumeBreaker`] trips: at the lower of the limits that are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeBreakerSettings {
    /// What it asks for.
    pub level: Level,
    /// How far it looks back, seconds.
    pub window_s: u64,
    /// A limit as a share of what can be sold at once.
    pub depth: Option<Bps>,
    /// A limit in the base currency.
    pub most: Option<Value>,
    /// Below this share of the limit it lets go.
    pub release: Bps,
    /// How long it holds at least, seconds.
    pub least_s: u64,
}

impl Default for VolumeBreakerSettings {
    fn default() -> Self {
        Self {
            level: Level::NoNewLiquidations,
            window_s: 600,
            depth: Some(Bps(20_000)),
            most: None,
            release: Bps(5_000),
            least_s: 300,
        }
    }
}

/// Holds an asset back while liquidations of the window took more of it than its market bears: this cuts
/// the loop of sales, lower prices and more liquidations.
#[derive(Clone, Debug)]
pub struct VolumeBreaker {
    settings: VolumeBreakerSettings,
    units: Vec<U256>,
    taken: Vec<RollingSum>,
}

impl VolumeBreaker {
    /// A breaker with these settings.
    ///
    /// # Errors
    /// [`GuardError::Setting`] where one is out of its range, or no limit is set.
    pub fn new(settings: VolumeBreakerSettings) -> Result<Self, GuardError> {
        holds_back(NAME, "level", settings.level)?;
        within(NAME, "window-s", settings.window_s, (1, u64::MAX))?;
        within(NAME, "release", settings.release.0.into(), (1, 10_000))?;
        if settings.depth.is_none() && settings.most.is_none() {
            return Err(GuardError::Setting {
                guard: NAME,
                field: "depth",
                found: "no limit".to_owned(),
                allowed: "a share of depth, or a value in most".to_owned(),
            });
        }
        Ok(Self {
            settings,
            units: Vec::new(),
            taken: Vec::new(),
        })
    }

    fn reading(&self, taken: U256, asset: &AssetSignal, unit: U256) -> Reading {
        if taken.is_zero() {
            return Reading::Calm;
        }
        let depth = |bps: Bps| share(worth(asset.depth, asset.price, unit), bps.wide());
        let most = self.settings.most.unwrap_or(Value::MAX);
        let limit = self.settings.depth.map_or(Value::MAX, depth).min(most);
        let value = worth(Amount(taken), asset.price, unit);
        if value >= limit {
            Reading::Tripped(self.settings.level, Reason::Taken { value, limit })
        } else if value >= share(limit, self.settings.release.wide()) {
            Reading::Between
        } else {
            Reading::Calm
        }
    }
}

impl Guard for VolumeBreaker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Level(self.settings.level)]
    }

    fn list(&mut self, units: &[U256]) {
        self.units = units.to_vec();
        self.taken = vec![RollingSum::default(); units.len()];
    }

    fn look(&mut self, signals: &Signals, readings: &mut Readings) {
        for (at, asset) in signals.assets.iter().enumerate() {
            let (Some(taken), Some(unit)) = (self.taken.get_mut(at), self.units.get(at)) else {
                return;
            };
            taken.pass(signals.now, self.settings.window_s);
            taken.add(signals.now, asset.seized.0);
            let sum = taken.sum();
            let reading = self.reading(sum, asset, *unit);
            readings.tell_at(at, reading);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Price;

    #[test]
    fn the_lower_limit_counts() {
        let settings = VolumeBreakerSettings {
            most: Some(Value::new(1_500)),
            ..VolumeBreakerSettings::default()
        };
        let breaker = VolumeBreaker::new(settings).unwrap();
        // (taken, depth) at price 10 of a token without decimals.
        let cases = [
            (0, 0, "calm"),
            (1, 0, "tripped"),
            (49, 50, "calm"),
            (50, 50, "between"),
            (99, 50, "between"),
            (100, 50, "tripped"),
            (149, 1_000, "between"),
            (150, 1_000, "tripped"),
        ];
        for (taken, depth, want) in cases {
            let asset = AssetSignal {
                price: Price::new(10),
                depth: Amount::new(depth),
                ..AssetSignal::default()
            };
            let found = match breaker.reading(U256::from(taken), &asset, U256::ONE) {
                Reading::Calm => "calm",
                Reading::Between => "between",
                Reading::Tripped(..) => "tripped",
            };
            assert_eq!(found, want, "{taken} of {depth}");
        }
    }
}
