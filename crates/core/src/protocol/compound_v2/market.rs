//! One market: parameters, rate curve, ledger, and how interest accrues in it.

use super::math::{Ruled, fraction, part};
use super::rejection::Rejection;
use crate::units::{Amount, Price, Ratio, Shares, U256, WAD, mul};

/// Highest rate a block, in wad, at which interest still accrues: 0.0005 %.
const BORROW_RATE_MAX: Ratio = Ratio(U256::from_limbs([5_000_000_000_000, 0, 0, 0]));

/// A rate curve with one kink. Rates are per block, in wad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateModel {
    /// Rate without any debt.
    pub base: Ratio,
    /// Rise of the rate from no use to full use, below the kink.
    pub multiplier: Ratio,
    /// The same above the kink.
    pub jump_multiplier: Ratio,
    /// Use from which the jump multiplier holds, in wad.
    pub kink: Ratio,
}

impl RateModel {
    /// Rate a block.
    fn rate(&self, used: Ratio) -> Ruled<Ratio> {
        let below = part(self.multiplier, used.min(self.kink).0)?;
        let normal = Ratio(below).plus(self.base)?;
        let Ok(excess) = used.minus(self.kink) else {
            return Ok(normal);
        };
        Ok(Ratio(part(self.jump_multiplier, excess.0)?).plus(normal)?)
    }
}

/// Parameters of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketConfig {
    /// Whether the Comptroller knows the market.
    pub listed: bool,
    /// Weight of the collateral, for borrowing and for liquidation alike.
    pub collateral_factor: Ratio,
    /// Part of the interest that goes to the reserves.
    pub reserve_factor: Ratio,
    /// Whether new supply is refused.
    pub mint_paused: bool,
    /// Whether new debt is refused.
    pub borrow_paused: bool,
    /// The market's debt must stay below this; zero is no limit.
    pub borrow_cap: Amount,
    /// Exchange rate while there is no cToken.
    pub initial_exchange_rate: Ratio,
    /// Rate curve.
    pub rate_model: RateModel,
}

/// Ledger of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketState {
    /// Block of the last accrual.
    pub accrual_block: u64,
    /// Growth of a debt since the start, in wad.
    pub borrow_index: Ratio,
    /// What borrowers owe in all.
    pub total_borrows: Amount,
    /// What belongs to the protocol.
    pub total_reserves: Amount,
    /// cTokens in all.
    pub total_supply: Shares,
    /// Tokens that the market holds.
    pub cash: Amount,
}

/// One market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// Parameters.
    pub config: MarketConfig,
    /// Oracle's answer: worth of 10^18 base units, 10^18 = 1. Of a token with d decimals, that is
    /// the price of a whole token scaled by 10^(36−d). Zero is an error of the oracle.
    pub price: Price,
    /// Ledger.
    pub state: MarketState,
}

/// What an accrual found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accrual {
    pub(super) rate: Ratio,
    pub(super) interest: Amount,
}

impl Market {
    /// Base units of the token that one base unit of the cToken is worth, in wad.
    pub(super) fn exchange_rate(&self) -> Ruled<Ratio> {
        let state = &self.state;
        if state.total_supply.is_zero() {
            return Ok(self.config.initial_exchange_rate);
        }
        let claims = self.claims()?;
        Ok(Ratio(fraction(claims.0, WAD, state.total_supply.0)?))
    }

    /// Rate a block, in wad, with the ledger as it stands.
    pub(super) fn borrow_rate(&self) -> Ruled<Ratio> {
        let borrows = self.state.total_borrows;
        let used = if borrows.is_zero() {
            U256::ZERO
        } else {
            fraction(borrows.0, WAD, self.claims()?.0)?
        };
        self.config.rate_model.rate(Ratio(used))
    }

    /// Cash and debts less reserves: what the cTokens are a claim on.
    fn claims(&self) -> Ruled<Amount> {
        let state = &self.state;
        Ok(state
            .cash
            .plus(state.total_borrows)?
            .minus(state.total_reserves)?)
    }

    /// What a debt has grown to.
    pub(super) fn debt(&self, principal: Amount, interest_index: Ratio) -> Ruled<Amount> {
        if principal.is_zero() {
            return Ok(Amount::ZERO);
        }
        let grown = fraction(principal.0, self.state.borrow_index.0, interest_index.0)?;
        Ok(Amount(grown))
    }

    /// Stores interest up to a block, once a block.
    pub(super) fn accrue(&mut self, block: u64) -> Ruled<Option<Accrual>> {
        if self.state.accrual_block == block {
            return Ok(None);
        }
        let rate = self.borrow_rate()?;
        if rate > BORROW_RATE_MAX {
            return Err(Rejection::BorrowRateAbsurdlyHigh);
        }
        let blocks = block.checked_sub(self.state.accrual_block);
        let blocks = U256::from(blocks.ok_or(Rejection::Panic0x11)?);
        let factor = Ratio(mul(rate.0, blocks)?);
        let state = &mut self.state;
        let interest = Amount(part(factor, state.total_borrows.0)?);
        let total_borrows = interest.plus(state.total_borrows)?;
        let reserved = Amount(part(self.config.reserve_factor, interest.0)?);
        let total_reserves = reserved.plus(state.total_reserves)?;
        let growth = Ratio(part(factor, state.borrow_index.0)?);
        state.borrow_index = growth.plus(state.borrow_index)?;
        state.total_borrows = total_borrows;
        state.total_reserves = total_reserves;
        state.accrual_block = block;
        Ok(Some(Accrual { rate, interest }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn market() -> Market {
        Market {
            config: MarketConfig {
                listed: true,
                collateral_factor: Ratio(WAD),
                reserve_factor: Ratio::ZERO,
                mint_paused: false,
                borrow_paused: false,
                borrow_cap: Amount::ZERO,
                initial_exchange_rate: Ratio::new(2),
                rate_model: RateModel {
                    base: Ratio::new(7),
                    multiplier: Ratio::new(1_000),
                    jump_multiplier: Ratio::new(10_000),
                    kink: Ratio::new(500_000_000_000_000_000),
                },
            },
            price: Price(WAD),
            state: MarketState {
                accrual_block: 1,
                borrow_index: Ratio(WAD),
                total_borrows: Amount::ZERO,
                total_reserves: Amount::ZERO,
                total_supply: Shares::ZERO,
                cash: Amount::new(100),
            },
        }
    }

    #[test]
    fn the_curve_bends_at_the_kink() {
        for (borrows, rate) in [(0, 7), (100, 507), (300, 3_007)] {
            let mut market = market();
            market.state.total_borrows = Amount::new(borrows);
            assert_eq!(market.borrow_rate(), Ok(Ratio::new(rate)), "{borrows}");
        }
    }

    #[test]
    fn ledgers_out_of_order_are_refused() {
        let with = |cash: u128, borrows: Amount, reserves: u128| {
            let mut market = market();
            market.state.cash = Amount::new(cash);
            market.state.total_borrows = borrows;
            market.state.total_reserves = Amount::new(reserves);
            market.accrue(3).map(|accrual| accrual.is_some())
        };
        let one = Amount::new(1);
        assert_eq!(with(0, one, 0), Ok(true));
        assert_eq!(with(0, one, 1), Err(Rejection::Panic0x12));
        assert_eq!(with(0, one, 2), Err(Rejection::Panic0x11));
        assert_eq!(with(0, Amount::MAX, 0), Err(Rejection::Panic0x11));
        let mut late = market();
        assert_eq!(late.accrue(0), Err(Rejection::Panic0x11));
        late.config.rate_model.base = BORROW_RATE_MAX;
        assert_eq!(late.accrue(1), Ok(None));
        assert!(late.clone().accrue(2).is_ok());
        late.config.rate_model.base = Ratio::new(5_000_000_000_001);
        assert_eq!(late.accrue(0), Err(Rejection::BorrowRateAbsurdlyHigh));
    }
}
