//! Guards around a protocol, as policies switch them on.

use backstop_core::guard::{
    CloseOnly, CloseOnlySettings, DeficitBreaker, DeficitBreakerSettings, DeviationBreaker,
    DeviationBreakerSettings, DowntimeGrace, DowntimeGraceSettings, Guard, GuardError,
    LiquidationLimit, LiquidationLimitSettings, PriceBreaker, PriceBreakerSettings, VolumeBreaker,
    VolumeBreakerSettings,
};

/// One guard with its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardSpec {
    /// Stops on a fast fall.
    Price(PriceBreakerSettings),
    /// Stops where the protocol's price is far from the market's.
    Deviation(DeviationBreakerSettings),
    /// Stops where much collateral is taken.
    Volume(VolumeBreakerSettings),
    /// Stops where deficits are left.
    Deficit(DeficitBreakerSettings),
    /// Lets no more begin than the market bears.
    Limit(LiquidationLimitSettings),
    /// Waits after an outage.
    Grace(DowntimeGraceSettings),
    /// Lets positions only be closed where little can be sold.
    CloseOnly(CloseOnlySettings),
}

impl GuardSpec {
    /// The guard itself.
    ///
    /// # Errors
    /// Where a setting lies outside its range.
    pub fn guard(self) -> Result<Box<dyn Guard>, GuardError> {
        Ok(match self {
            Self::Price(settings) => Box::new(PriceBreaker::new(settings)?),
            Self::Deviation(settings) => Box::new(DeviationBreaker::new(settings)?),
            Self::Volume(settings) => Box::new(VolumeBreaker::new(settings)?),
            Self::Deficit(settings) => Box::new(DeficitBreaker::new(settings)?),
            Self::Limit(settings) => Box::new(LiquidationLimit::new(settings)?),
            Self::Grace(settings) => Box::new(DowntimeGrace::new(settings)?),
            Self::CloseOnly(settings) => Box::new(CloseOnly::new(settings)?),
        })
    }
}
