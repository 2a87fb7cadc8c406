//! A pool that keeps the product of its reserves (Uniswap v2 and its many relatives).
//!
//! With base reserve x and quote reserve y the price is y/x and trades keep x·y = L². A seller of
//! b tokens at fee f receives y·b′/(x+b′) with b′ = b·(1−f); the fee stays in the pool, so L never
//! falls. Arbitrage that follows the reference price slides along the curve and leaves L as it is,
//! so the state is L and the displacement ln(price/reference).

use super::{Fill, Side};
use crate::error::{ConfigError, require, require_positive};

/// Most of its base reserve that a pool sells in one trade.
const BUY_SHARE_MAX: f64 = 0.999;

/// Reserves of a pool at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reserves {
    /// From when on, seconds since 1970.
    pub time: u64,
    /// Base tokens.
    pub base: f64,
    /// Quote tokens, each taken at one dollar.
    pub quote_usd: f64,
}

/// A constant-product pool.
///
/// Reserves are rescaled to the reference price with x·y kept, so a series recorded at slightly
/// other prices can be used as it is. Each entry holds until the next one begins.
#[derive(Clone, Debug)]
pub struct ConstantProduct {
    /// Reserves over time, ascending; one entry for a fixed depth.
    reserves: Vec<Reserves>,
    /// Which entry holds now.
    at: Option<usize>,
    /// √(x·y).
    liquidity: f64,
    /// Logarithm of price over reference.
    displacement: f64,
}

impl ConstantProduct {
    /// A pool whose reserves stay as they are.
    pub fn fixed(base: f64, quote_usd: f64) -> Self {
        Self::series(vec![Reserves {
            time: 0,
            base,
            quote_usd,
        }])
    }

    /// A pool whose liquidity follows recorded reserves, ascending in time.
    pub fn series(reserves: Vec<Reserves>) -> Self {
        Self {
            reserves,
            at: None,
            liquidity: 0.0,
            displacement: 0.0,
        }
    }

    /// √(x·y) at present.
    pub fn liquidity(&self) -> f64 {
        self.liquidity
    }

    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        require(
            !self.reserves.is_empty(),
            || format!("{field}.reserves"),
            || "must not be empty".to_owned(),
        )?;
        for (i, r) in self.reserves.iter().enumerate() {
            let at = |name: &str| format!("{field}.reserves[{i}].{name}");
            require_positive(r.base, || at("base"))?;
            require_positive(r.quote_usd, || at("quote_usd"))?;
            let before = i.checked_sub(1).and_then(|j| self.reserves.get(j));
            require(
                before.is_none_or(|b| b.time < r.time),
                || at("time"),
                || format!("must be later than the entry before, found {}", r.time),
            )?;
        }
        Ok(())
    }

    pub(super) fn mid(&self, reference: f64) -> f64 {
        reference * self.displacement.exp()
    }

    /// The fill, and liquidity and displacement after it.
    pub(super) fn fill(
        &self,
        reference: f64,
        fee: f64,
        side: Side,
        base: f64,
    ) -> (Fill, (f64, f64)) {
        let root = self.mid(reference).sqrt();
        let (x, y) = (self.liquidity / root, self.liquidity * root);
        let (base, usd, x_after, y_after) = match side {
            Side::Sell => {
                let counted = base * (1.0 - fee);
                let usd = y * counted / (x + counted);
                (base, usd, x + base, y - usd)
            }
            Side::Buy => {
                let base = base.min(x * BUY_SHARE_MAX);
                let usd = y * base / (x - base) / (1.0 - fee);
                (base, usd, x - base, y + usd)
            }
        };
        let mid_after = y_after / x_after;
        let liquidity = (x_after * y_after).sqrt().max(self.liquidity);
        let displacement = (mid_after / reference).ln();
        (Fill::new(base, usd, mid_after), (liquidity, displacement))
    }

    pub(super) fn trade(&mut self, reference: f64, fee: f64, side: Side, base: f64) -> Fill {
        let (fill, after) = self.fill(reference, fee, side, base);
        (self.liquidity, self.displacement) = after;
        fill
    }

    /// Base tokens, before fees, until the price of the pool is `price`.
    pub(super) fn until(&self, reference: f64, side: Side, price: f64) -> f64 {
        let now = self.liquidity / self.mid(reference).sqrt();
        let then = self.liquidity / price.sqrt();
        match side {
            Side::Sell => (then - now).max(0.0),
            Side::Buy => (now - then).clamp(0.0, now * BUY_SHARE_MAX),
        }
    }

    pub(super) fn recover(&mut self, keep: f64, time: u64) {
        self.displacement *= keep;
        let begun = self.reserves.partition_point(|r| r.time <= time);
        let at = begun.saturating_sub(1);
        if self.at != Some(at) {
            self.at = Some(at);
            let reserves = self.reserves.get(at);
            self.liquidity = reserves.map_or(0.0, |r| (r.base * r.quote_usd).sqrt());
        }
    }
}
