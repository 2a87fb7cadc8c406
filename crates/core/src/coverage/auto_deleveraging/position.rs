//! One open position, and what ranks it.

use crate::protocol::AccountId;
use crate::units::{Amount, BPS, Bps, Overflow, Price, Ratio, Rounding, U256, Value, WAD, mul_div};

/// A side of a derivatives market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

/// An open position, marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Whose.
    pub account: AccountId,
    /// Which way.
    pub side: Side,
    /// Size in base units of the market's asset.
    pub quantity: Amount,
    /// Average price at which it was opened.
    pub entry: Price,
    /// Margin and unrealised profit at the mark, in the base currency: what its owner has to lose.
    pub equity: Value,
    /// Most of it that may be closed against its owner's will by one deficit.
    pub closable_max: Bps,
}

/// The prices of a market, and what a unit of its contracts is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contracts {
    /// Mark price of 10^decimals base units, in the base currency.
    pub mark: Price,
    /// 10^decimals.
    pub unit: U256,
    /// How much worse than the mark a counterparty is closed: the distance from the mark to the
    /// bankrupt account's bankruptcy price.
    pub concession: Price,
}

impl Contracts {
    /// The value of a quantity at a price, rounded down.
    fn worth(&self, quantity: Amount, price: Price) -> Result<Value, Overflow> {
        mul_div(quantity.0, price.0, self.unit, Rounding::Floor).map(Value)
    }
}

/// Where a position stands in the queue; a later variant is closed before an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Score {
    /// Loses: 2^256 − 1 less what it has lost per leverage.
    Loser(U256),
    /// Gains: profit times leverage.
    Winner(U256),
}

impl Position {
    /// The price at which the equity is gone, with the distance from the mark rounded down; a
    /// long's is never below zero.
    ///
    /// # Errors
    /// [`Overflow`] where the quantity is zero or a value needs more than 256 bits.
    pub fn bankruptcy_price(&self, mark: Price, unit: U256) -> Result<Price, Overflow> {
        let distance = mul_div(self.equity.0, unit, self.quantity.0, Rounding::Floor)?;
        match self.side {
            Side::Long => Ok(mark.minus_or_zero(Price(distance))),
            Side::Short => mark.plus(Price(distance)),
        }
    }

    /// The price at which the equity is `maintenance` of the notional: the bankruptcy price over
    /// 1 − maintenance for a long, over 1 + maintenance for a short. Rounded down.
    ///
    /// # Errors
    /// As [`Position::bankruptcy_price`]; [`Overflow::DivisionByZero`] for a long's maintenance of
    /// all.
    pub fn liquidation_price(
        &self,
        mark: Price,
        unit: U256,
        maintenance: Bps,
    ) -> Result<Price, Overflow> {
        let bankruptcy = self.bankruptcy_price(mark, unit)?;
        let factor = match self.side {
            Side::Long => BPS.saturating_sub(maintenance.wide()),
            Side::Short => BPS.saturating_add(maintenance.wide()),
        };
        mul_div(bankruptcy.0, BPS, factor, Rounding::Floor).map(Price)
    }

    /// Effective leverage: the value at the mark over the equity, rounded down.
    ///
    /// # Errors
    /// [`Overflow`] where there is no equity or a value needs more than 256 bits.
    pub fn leverage(&self, contracts: &Contracts) -> Result<Ratio, Overflow> {
        let notional = contracts.worth(self.quantity, contracts.mark)?;
        mul_div(notional.0, WAD, self.equity.0, Rounding::Floor).map(Ratio)
    }

    /// Profit times leverage where it gains, profit over leverage where it loses, as BitMEX ranks.
    /// The profit is that of the price since the entry, by the entry; each division is rounded
    /// down, and what needs more than 256 bits ranks as high as can be.
    pub(super) fn score(&self, contracts: &Contracts) -> Score {
        let (mark, entry) = (contracts.mark, self.entry);
        let gains = match self.side {
            Side::Long => mark > entry,
            Side::Short => mark < entry,
        };
        let moved = if mark > entry {
            mark.minus_or_zero(entry)
        } else {
            entry.minus_or_zero(mark)
        };
        let moved = mul_div(moved.0, WAD, entry.0, Rounding::Floor).unwrap_or(U256::MAX);
        let leverage = self.leverage(contracts).map_or(U256::MAX, |ratio| ratio.0);
        if gains {
            let score = mul_div(moved, leverage, WAD, Rounding::Floor);
            return Score::Winner(score.unwrap_or(U256::MAX));
        }
        let lost = mul_div(moved, WAD, leverage, Rounding::Floor).unwrap_or(U256::MAX);
        Score::Loser(U256::MAX.saturating_sub(lost))
    }

    /// How much of it can be closed by one deficit: its cap, and no more than its equity pays the
    /// concession for.
    pub(super) fn closable(&self, contracts: &Contracts) -> Amount {
        let share = self.closable_max.wide().min(BPS);
        let cap = mul_div(self.quantity.0, share, BPS, Rounding::Floor);
        Amount(cap.unwrap_or_default()).min(self.bearable(contracts))
    }

    /// How much of it can be closed in the end: what its equity pays the concession for.
    pub(super) fn bearable(&self, contracts: &Contracts) -> Amount {
        if self.equity.is_zero() {
            return Amount::ZERO;
        }
        let concession = contracts.concession.0;
        let borne = mul_div(self.equity.0, contracts.unit, concession, Rounding::Floor);
        // A concession of nothing, or a quotient beyond 256 bits, leaves the size alone.
        borne.map_or(self.quantity, |borne| self.quantity.min(Amount(borne)))
    }
}
