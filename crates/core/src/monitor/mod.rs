//! What is watched around a protocol: who is close to liquidation, how soon, and what would help.
//!
//! [`Monitor`] follows accounts through bands of health without reading the book at every tick: it tells how
//! many accounts and how much debt stand in each band, calls margin at several levels, and measures how fast
//! calls come. [`cure`] finds the least repayment and the least top-up that bring an account to a target, and
//! verifies both on a fork; [`fall_to`] finds the price that brings it to a level; [`time_to_act`] predicts from
//! volatility how long that takes. The other figures look at the whole book, once per question:
//! [`Concentration`], [`leverage`], [`Correlations`], [`SolvencyLine`].
//!
//! Everything goes through [`Protocol`], so it works on every design.
//!
//! [`Protocol`]: crate::protocol::Protocol

mod alert;
mod bands;
mod calm;
mod concentration;
mod correlation;
mod cure;
mod distance;
mod leverage;
mod solvency_line;
mod time_to_act;

pub use alert::{Alert, Monitor, MonitorError, MonitorSettings};
pub use bands::{Band, Call};
pub use concentration::{Concentration, herfindahl};
pub use correlation::{CorrelationError, Correlations};
pub use cure::{Cure, Remedy, cure};
pub use distance::{Fall, fall_to, headroom};
pub use leverage::leverage;
pub use solvency_line::{SolvencyLine, Stake, Standing};
pub use time_to_act::{DAY_S, time_to_act};

use crate::protocol::{Asset, Prices};
use crate::units::{Amount, Rounding, U256, Value, mul_div, pow10};

/// What an amount of a listed asset is worth in the base currency, rounded as told; [`Value::MAX`] where 256
/// bits do not hold it, and zero of what is not listed.
fn worth(assets: &[Asset], prices: &Prices, held: (usize, Amount), rounding: Rounding) -> Value {
    let (at, Amount(amount)) = held;
    let Some(asset) = assets.get(at) else {
        return Value::ZERO;
    };
    let price = prices.0.get(at).map_or(U256::ZERO, |price| price.0);
    let Ok(unit) = pow10(asset.decimals) else {
        return Value::ZERO;
    };
    mul_div(amount, price, unit, rounding).map_or(Value::MAX, Value)
}
