//! A limit on what liquidations may begin with in some time.

use super::window::RollingSum;
use super::{Guard, GuardError, Need, Readings, share, within, worth};
use crate::protocol::AssetId;
use crate::signals::Signals;
use crate::units::{Amount, Bps, Price, Timestamp, U256, Value};

const NAME: &str = "liquidation-limit";

/// How much [`LiquidationLimit`] lets through: the lowest of the limits that are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationLimitSettings {
    /// The time in which no more may begin, seconds; with 1 each tick stands by itself.
    pub window_s: u64,
    /// Most collateral of one asset, as a share of what can be sold of it at once.
    pub depth: Option<Bps>,
    /// Most collateral of one asset, in the base currency.
    pub asset_max: Option<Value>,
    /// Most collateral of all assets, in the base currency.
    pub total_max: Option<Value>,
}

impl Default for LiquidationLimitSettings {
    fn default() -> Self {
        Self {
            window_s: 60,
            depth: Some(Bps(10_000)),
            asset_max: None,
            total_max: None,
        }
    }
}

/// Lets liquidations begin with so much collateral in any window, and no more: as the limit on debt in
/// auction does at Maker (`hole`, `Hole`) and the limits a block at dYdX v4.
///
/// What cannot be cut, such as the start of an auction, may exceed the limit where nothing else has begun
/// in the window; otherwise the largest vaults would never be liquidated.
#[derive(Clone, Debug)]
pub struct LiquidationLimit {
    settings: LiquidationLimitSettings,
    now: Timestamp,
    assets: Vec<Begun>,
    total: RollingSum,
}

/// One asset's state.
#[derive(Clone, Debug)]
struct Begun {
    unit: U256,
    /// What can be sold, and at which price, as of the last tick.
    depth: Amount,
    price: Price,
    sum: RollingSum,
}

impl LiquidationLimit {
    /// A limit with these settings.
    ///
    /// # Errors
    /// [`GuardError::Setting`] where the window is empty or no limit is set.
    pub fn new(settings: LiquidationLimitSettings) -> Result<Self, GuardError> {
        within(NAME, "window-s", settings.window_s, (1, u64::MAX))?;
        let set = [settings.asset_max, settings.total_max];
        if settings.depth.is_none() && set.iter().all(Option::is_none) {
            return Err(GuardError::Setting {
                guard: NAME,
                field: "depth",
                found: "no limit".to_owned(),
                allowed: "a share of depth, or a value in asset-max or total-max".to_owned(),
            });
        }
        Ok(Self {
            settings,
            now: Timestamp(0),
            assets: Vec::new(),
            total: RollingSum::default(),
        })
    }

    fn left(&self, begun: &Begun) -> Value {
        let settings = &self.settings;
        let total = settings.total_max.unwrap_or(Value::MAX);
        let most = settings.asset_max.unwrap_or(Value::MAX);
        let limit = settings.depth.map_or(most, |bps| {
            let depth = worth(begun.depth, begun.price, begun.unit);
            most.min(share(depth, bps.wide()))
        });
        let of_total = total.0.saturating_sub(self.total.sum());
        let of_asset = limit.0.saturating_sub(begun.sum.sum());
        Value(of_total.min(of_asset))
    }
}

impl Guard for LiquidationLimit {
    fn name(&self) -> &'static str {
        NAME
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Limit]
    }

    fn list(&mut self, units: &[U256]) {
        let listed = units.iter().map(|unit| Begun {
            unit: *unit,
            depth: Amount::ZERO,
            price: Price::ZERO,
            sum: RollingSum::default(),
        });
        self.assets = listed.collect();
        self.total = RollingSum::default();
    }

    fn look(&mut self, signals: &Signals, _readings: &mut Readings) {
        let settings = self.settings;
        self.now = self.now.max(signals.now);
        self.total.pass(self.now, settings.window_s);
        for (begun, asset) in self.assets.iter_mut().zip(&signals.assets) {
            begun.sum.pass(self.now, settings.window_s);
            (begun.depth, begun.price) = (asset.depth, asset.price);
        }
    }

    fn least_s(&self) -> u64 {
        0
    }

    fn releases_within_s(&self) -> u64 {
        self.settings.window_s
    }

    fn room(&self, asset: AssetId, asked: Value, whole: bool) -> Value {
        let Some(begun) = self.assets.get(usize::from(asset.0)) else {
            return Value::ZERO;
        };
        let left = self.left(begun);
        let first = begun.sum.sum().is_zero() && self.total.sum().is_zero();
        match (whole, asked <= left) {
            (_, true) => asked,
            (true, false) if first => asked,
            (true, false) => Value::ZERO,
            (false, false) => left,
        }
    }

    fn begun(&mut self, asset: AssetId, value: Value) {
        self.total.add(self.now, value.0);
        if let Some(begun) = self.assets.get_mut(usize::from(asset.0)) {
            begun.sum.add(self.now, value.0);
        }
    }

    fn boxed(&self) -> Box<dyn Guard> {
        Box::new(self.clone())
    }
}
