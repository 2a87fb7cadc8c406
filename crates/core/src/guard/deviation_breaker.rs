//! A breaker on the gap between the market and the price that the protocol works with.

use super::{
    Guard, GuardError, Level, Need, Reading, Readings, Reason, holds_back, product, within,
};
use crate::signals::{AssetSignal, Signals};
use crate::units::{BPS, Bps, U256};

const NAME: &str = "deviation-breaker";

/// When [`DeviationBreaker`] trips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviationBreakerSettings {
    /// What it asks for where the protocol's price lies below the market's: liquidations would be unfair.
    pub below: Level,
    /// What it asks for where the protocol's price lies above the market's: loans would be too large.
    pub above: Level,
    /// A gap that trips it, as a share of the protocol's price.
    pub trip: Bps,
    /// A gap below which it lets go.
    pub release: Bps,
    /// How long it holds at least, seconds.
    pub least_s: u64,
}

impl Default for DeviationBreakerSettings {
    fn default() -> Self {
        Self {
            below: Level::NoNewLiquidations,
            above: Level::NoBorrowing,
            trip: Bps(500),
            release: Bps(250),
            least_s: 600,
        }
    }
}

/// Holds an asset back while what the market pays and what the protocol works with lie apart. Where nobody
/// tells what the market pays, there is no gap.
#[derive(Clone, Debug)]
pub struct DeviationBreaker {
    settings: DeviationBreakerSettings,
    assets: usize,
}

impl DeviationBreaker {
    /// A breaker with these settings.
    ///
    /// # Errors
    /// [`GuardError::Setting`] where one is out of its range.
    pub fn new(settings: DeviationBreakerSettings) -> Result<Self, GuardError> {
        let trip = u64::from(settings.trip.0);
        holds_back(NAME, "below", settings.below)?;
        holds_back(NAME, "above", settings.above)?;
        within(NAME, "trip", trip, (1, u16::MAX.into()))?;
        within(NAME, "release", settings.release.0.into(), (1, trip))?;
        Ok(Self {
            settings,
            assets: 0,
        })
    }

    fn reading(&self, asset: &AssetSignal) -> Reading {
        let (price, mark) = (asset.price, asset.mark);
        if mark.is_zero() || mark == price {
            return Reading::Calm;
        }
        let gap = product(price.0.abs_diff(mark.0), BPS);
        let apart = |bps: Bps| gap >= product(price.0, bps.wide());
        if !apart(self.settings.release) {
            Reading::Calm
        } else if apart(self.settings.trip) {
            let level = if price < mark {
                self.settings.below
            } else {
                self.settings.above
            };
            Reading::Tripped(level, Reason::Deviates { price, mark })
        } else {
            Reading::Between
        }
    }
}

impl Guard for DeviationBreaker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        vec![
            Need::Level(self.settings.below),
            Need::Level(self.settings.above),
        ]
    }

    fn list(&mut self, units: &[U256]) {
        self.assets = units.len();
    }

    fn look(&mut self, signals: &Signals, readings: &mut Readings) {
        for (at, asset) in signals.assets.iter().take(self.assets).enumerate() {
            readings.tell_at(at, self.reading(asset));
        }
    }

    fn least_s(&self) -> u64 {
        self.settings.least_s
    }

    fn releases_within_s(&self) -> u64 {
        self.settings.least_s
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
    fn gaps_of_both_signs_trip() {
        let breaker = DeviationBreaker::new(DeviationBreakerSettings::default()).unwrap();
        // (price, mark) → level, or none where calm, or open where between.
        let cases = [
            (1_000, 0, None),
            (1_000, 1_000, None),
            (1_000, 976, None),
            (1_000, 975, Some(Level::Open)),
            (1_000, 1_049, Some(Level::Open)),
            (1_000, 1_050, Some(Level::NoNewLiquidations)),
            (1_000, 950, Some(Level::NoBorrowing)),
            (0, 1, Some(Level::NoNewLiquidations)),
        ];
        for (price, mark, want) in cases {
            let asset = AssetSignal {
                price: Price::new(price),
                mark: Price::new(mark),
                ..AssetSignal::default()
            };
            let found = match breaker.reading(&asset) {
                Reading::Calm => None,
                Reading::Between => Some(Level::Open),
                Reading::Tripped(level, _) => Some(level),
            };
            assert_eq!(found, want, "{price} and {mark}");
        }
    }
}
