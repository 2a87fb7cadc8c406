//! What holds a protocol back while something is wrong: breakers, limits and grace.
//!
//! A [`Guard`] reads the [`Signals`] of a tick and says at which [`Level`] it wants the protocol, of one
//! asset or of all. [`Guards`] is a set of them: the highest level counts, and what it holds back follows
//! from one table ([`Operation::highest`]). A level is taken at once, holds for a least time, and is
//! released by itself when the signals are back on the safe side of a release threshold that lies below
//! the one that tripped it. Each change is told as a [`Transition`].
//!
//! Whether a deployed protocol can be held back is said by [`Protocol::halts`]; a guard that asks for a
//! switch which the contracts lack is refused when the set is made. What a guard costs can be measured:
//! a [`Meter`] counts seconds at each level and what was refused.
//!
//! A new guard is a file with a [`Guard`] and a line below.
//!
//! [`Protocol::halts`]: crate::protocol::Protocol::halts

mod close_only;
mod deficit_breaker;
mod deviation_breaker;
mod downtime_grace;
mod halts;
mod latch;
mod level;
mod liquidation_limit;
mod price_breaker;
mod reading;
mod set;
mod volume_breaker;
mod window;

pub use close_only::{CloseOnly, CloseOnlySettings};
pub use deficit_breaker::{DeficitBreaker, DeficitBreakerSettings};
pub use deviation_breaker::{DeviationBreaker, DeviationBreakerSettings};
pub use downtime_grace::{DowntimeGrace, DowntimeGraceSettings};
pub use halts::{GuardError, Halts, Has, Need, Scope, Switch};
pub use latch::Transition;
pub use level::{Level, Operation};
pub use liquidation_limit::{LiquidationLimit, LiquidationLimitSettings};
pub use price_breaker::{PriceBreaker, PriceBreakerSettings};
pub use reading::{Reading, Readings, Reason};
pub use set::{Guards, Meter, Refusal, Request};
pub use volume_breaker::{VolumeBreaker, VolumeBreakerSettings};
pub(crate) use window::RollingSum;

use crate::protocol::AssetId;
use crate::signals::Signals;
use crate::units::{Amount, Price, Ratio, Rounding, U256, Value, mul_div, pow10};
use ruint::Uint;
use std::fmt::Debug;

/// One policy that may hold a protocol back.
pub trait Guard: Debug + Send + Sync {
    /// Its fixed name, in kebab-case.
    fn name(&self) -> &'static str;

    /// What it needs of a protocol.
    fn needs(&self) -> Vec<Need>;

    /// Forgets all ticks and makes room for assets, each with its base units a whole token. After it
    /// [`Guard::look`] allocates nothing while its windows do not grow.
    fn list(&mut self, units: &[U256]);

    /// Reads one tick.
    fn look(&mut self, signals: &Signals, readings: &mut Readings);

    /// Seconds for which a level holds at least.
    fn least_s(&self) -> u64;

    /// Seconds after which it has let go of everything, counted from the first tick whose signals are on the
    /// safe side of its release threshold and stay so. It lets go at the first tick from then on.
    fn releases_within_s(&self) -> u64;

    /// Whether a liquidation at this health begins all the same.
    fn exempts(&self, _health: Ratio) -> bool {
        false
    }

    /// How much collateral, in the base currency, a liquidation may begin with now, of so much that is asked
    /// for. One that cannot be cut, such as the start of an auction, is `whole`.
    fn room(&self, _asset: AssetId, asked: Value, _whole: bool) -> Value {
        asked
    }

    /// Hears that a liquidation began with so much collateral, in the base currency.
    fn begun(&mut self, _asset: AssetId, _value: Value) {}

    /// A copy behind its own box.
    fn boxed(&self) -> Box<dyn Guard>;
}

impl Clone for Box<dyn Guard> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

/// `a·b`, for comparisons that need no division: `⌊x ÷ n⌋ < k` where `x < k·n`, and `⌈x ÷ n⌉ ≤ k` where `x ≤ k·n`.
fn product(a: U256, b: U256) -> Uint<512, 8> {
    a.widening_mul(b)
}

/// What an amount is worth, rounded down; [`Value::MAX`] where 256 bits do not hold it.
fn worth(amount: Amount, price: Price, unit: U256) -> Value {
    mul_div(amount.0, price.0, unit, Rounding::Floor).map_or(Value::MAX, Value)
}

/// A share of a value, rounded down; [`Value::MAX`] where 256 bits do not hold it.
fn share(value: Value, bps: U256) -> Value {
    mul_div(value.0, bps, crate::units::BPS, Rounding::Floor).map_or(Value::MAX, Value)
}

/// A whole number of units of the base currency.
fn whole(units: u64, base_decimals: u8) -> Value {
    let unit = pow10(base_decimals).unwrap_or(U256::MAX);
    Value(U256::from(units).saturating_mul(unit))
}

/// Refuses a setting outside its range.
fn within(
    guard: &'static str,
    field: &'static str,
    found: u64,
    (low, high): (u64, u64),
) -> Result<(), GuardError> {
    if (low..=high).contains(&found) {
        return Ok(());
    }
    Err(GuardError::Setting {
        guard,
        field,
        found: found.to_string(),
        allowed: if high == u64::MAX {
            format!("{low} or more")
        } else {
            format!("{low} to {high}")
        },
    })
}

/// Refuses a level at which nothing is held back.
fn holds_back(guard: &'static str, field: &'static str, level: Level) -> Result<(), GuardError> {
    if level != Level::Open {
        return Ok(());
    }
    Err(GuardError::Setting {
        guard,
        field,
        found: level.name().to_owned(),
        allowed: "no-borrowing, no-new-liquidations, takes-only or stopped".to_owned(),
    })
}

#[cfg(test)]
mod tests;
