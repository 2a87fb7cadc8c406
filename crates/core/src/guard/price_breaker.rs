//! A breaker on the speed of prices.

use super::window::RollingHigh;
use super::{
    Guard, GuardError, Level, Need, Reading, Readings, Reason, holds_back, product, within,
};
use crate::signals::Signals;
use crate::units::{BPS, Bps, Price, U256};

const NAME: &str = "price-breaker";

/// When [`PriceBreaker`] trips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceBreakerSettings {
    /// What it asks for.
    pub level: Level,
    /// How far it looks back, seconds.
    pub window_s: u64,
    /// A fall from the window's high that trips it.
    pub trip: Bps,
    /// A fall below which it lets go.
    pub release: Bps,
    /// How long it holds at least, seconds.
    pub least_s: u64,
}

impl Default for PriceBreakerSettings {
    fn default() -> Self {
        Self {
            level: Level::NoBorrowing,
            window_s: 3_600,
            trip: Bps(1_500),
            release: Bps(750),
            least_s: 1_800,
        }
    }
}

/// Holds an asset back after its price fell fast: by `trip` or more from the highest price of the window.
///
/// Like the price-drop breaker of Maker's auctions (ClipperMom), which compares the next price of the
/// feed with the present one and stops new auctions; unlike it, this one releases by itself.
#[derive(Clone, Debug)]
pub struct PriceBreaker {
    settings: PriceBreakerSettings,
    highs: Vec<RollingHigh>,
}

impl PriceBreaker {
    /// A breaker with these settings.
    ///
    /// # Errors
    /// [`GuardError::Setting`] where one is out of its range.
    pub fn new(settings: PriceBreakerSettings) -> Result<Self, GuardError> {
        let trip = u64::from(settings.trip.0);
        holds_back(NAME, "level", settings.level)?;
        within(NAME, "window-s", settings.window_s, (1, u64::MAX))?;
        within(NAME, "trip", trip, (1, 10_000))?;
        within(NAME, "release", settings.release.0.into(), (1, trip))?;
        Ok(Self {
            settings,
            highs: Vec::new(),
        })
    }

    fn reading(&self, high: Price, price: Price) -> Reading {
        if price >= high {
            return Reading::Calm;
        }
        let now = product(price.0, BPS);
        let fell = |bps: Bps| now <= product(high.0, BPS.saturating_sub(bps.wide()));
        if !fell(self.settings.release) {
            Reading::Calm
        } else if fell(self.settings.trip) {
            let reason = Reason::Fell {
                from: high,
                to: price,
            };
            Reading::Tripped(self.settings.level, reason)
        } else {
            Reading::Between
        }
    }
}

impl Guard for PriceBreaker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Level(self.settings.level)]
    }

    fn list(&mut self, units: &[U256]) {
        self.highs = vec![RollingHigh::default(); units.len()];
    }

    fn look(&mut self, signals: &Signals, readings: &mut Readings) {
        let (now, window_s) = (signals.now, self.settings.window_s);
        for at in 0..self.highs.len().min(signals.assets.len()) {
            let (Some(asset), Some(high)) = (signals.assets.get(at), self.highs.get_mut(at)) else {
                continue;
            };
            let highest = high.take(now, window_s, asset.price);
            let reading = self.reading(highest, asset.price);
            readings.tell_at(at, reading);
        }
    }

    fn least_s(&self) -> u64 {
        self.settings.least_s
    }

    fn releases_within_s(&self) -> u64 {
        let window_s = self.settings.window_s.saturating_add(1);
        window_s.max(self.settings.least_s)
    }

    fn boxed(&self) -> Box<dyn Guard> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_trip_and_recoveries_release() {
        let breaker = PriceBreaker::new(PriceBreakerSettings::default()).unwrap();
        let cases = [
            (1_000, 1_000, "calm"),
            (1_000, 926, "calm"),
            (1_000, 925, "between"),
            (1_000, 851, "between"),
            (1_000, 850, "tripped"),
            (1_000, 0, "tripped"),
            (0, 0, "calm"),
        ];
        for (high, price, want) in cases {
            let reading = breaker.reading(Price::new(high), Price::new(price));
            let found = match reading {
                Reading::Calm => "calm",
                Reading::Between => "between",
                Reading::Tripped(..) => "tripped",
            };
            assert_eq!(found, want, "{high} to {price}");
        }
    }
}
