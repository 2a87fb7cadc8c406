//! Close-only mode for assets that cannot be sold any more.

use super::{
    Guard, GuardError, Level, Need, Reading, Readings, Reason, product, share, whole, within, worth,
};
use crate::signals::Signals;
use crate::units::{Bps, U256, Value};

const NAME: &str = "close-only";

/// When [`CloseOnly`] trips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseOnlySettings {
    /// Least that must be sellable at once, in the base currency.
    pub depth_min: Value,
    /// At this share of it or more, the asset is open again; 10 000 or more.
    pub release: Bps,
    /// How long it holds at least, seconds.
    pub least_s: u64,
}

impl CloseOnlySettings {
    /// Positions can only be closed below 250,000 units of the base currency, until there are a quarter more.
    pub fn defaults(base_decimals: u8) -> Self {
        Self {
            depth_min: whole(250_000, base_decimals),
            release: Bps(12_500),
            least_s: 3_600,
        }
    }
}

/// Lets positions in an asset only be closed while its market is too thin to liquidate into: nobody takes on
/// debt of it or against it. Asks for [`Level::NoBorrowing`] and no more.
#[derive(Clone, Debug)]
pub struct CloseOnly {
    settings: CloseOnlySettings,
    units: Vec<U256>,
}

impl CloseOnly {
    /// A guard with these settings.
    ///
    /// # Errors
    /// [`GuardError::Setting`] where one is out of its range.
    pub fn new(settings: CloseOnlySettings) -> Result<Self, GuardError> {
        let release = u64::from(settings.release.0);
        within(NAME, "release", release, (10_000, u16::MAX.into()))?;
        Ok(Self {
            settings,
            units: Vec::new(),
        })
    }
}

impl Guard for CloseOnly {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Level(Level::NoBorrowing)]
    }

    fn list(&mut self, units: &[U256]) {
        self.units = units.to_vec();
    }

    fn look(&mut self, signals: &Signals, readings: &mut Readings) {
        let least = self.settings.depth_min;
        let enough = share(least, self.settings.release.wide());
        for (at, (asset, unit)) in signals.assets.iter().zip(&self.units).enumerate() {
            let sellable = product(asset.depth.0, asset.price.0);
            if sellable < product(least.0, *unit) {
                let depth = worth(asset.depth, asset.price, *unit);
                let reason = Reason::Thin { depth, least };
                readings.tell_at(at, Reading::Tripped(Level::NoBorrowing, reason));
            } else if sellable < product(enough.0, *unit) {
                readings.tell_at(at, Reading::Between);
            }
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
