//! Borrowing and repaying.

use super::action::Event;
use super::draft::Draft;
use super::liquidity::{Effect, price_error_as};
use super::math::Ruled;
use super::rejection::Rejection;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Shares};

impl Draft<'_> {
    pub(super) fn borrow(&mut self, id: AccountId, market: AssetId, amount: Amount) -> Ruled<()> {
        self.accrue(market)?;
        self.may_borrow(id, market, amount)?;
        if self.market(market)?.state.cash < amount {
            return Err(Rejection::BorrowCashNotAvailable);
        }
        let debt = self.debt(id, market)?.plus(amount)?;
        let state = &mut self.market_mut(market)?.state;
        state.total_borrows = state.total_borrows.plus(amount)?;
        self.set_debt(id, market, debt)?;
        self.push(id, market, amount)?;
        self.events.push(Event::Borrowed {
            account: id,
            market,
            amount,
            debt,
        });
        Ok(())
    }

    fn may_borrow(&mut self, id: AccountId, market: AssetId, amount: Amount) -> Ruled<()> {
        let config = self.market(market)?.config;
        if config.borrow_paused {
            return Err(Rejection::BorrowIsPaused);
        }
        if !config.listed {
            return Err(Rejection::BorrowMarketNotListed);
        }
        self.enter(id, market)?;
        let listed = self.market(market)?;
        if listed.price.is_zero() {
            return Err(Rejection::BorrowPriceError);
        }
        if !config.borrow_cap.is_zero()
            && listed.state.total_borrows.plus(amount)? >= config.borrow_cap
        {
            return Err(Rejection::MarketBorrowCapReached);
        }
        let effect = Effect {
            redeem: Shares::ZERO,
            borrow: amount,
        };
        let liquidity = self.liquidity(id, Some((market, effect)));
        let liquidity = liquidity.map_err(price_error_as(Rejection::BorrowPriceError))?;
        if liquidity.shortfall().is_zero() {
            Ok(())
        } else {
            Err(Rejection::BorrowInsufficientLiquidity)
        }
    }

    pub(super) fn repay_borrow(
        &mut self,
        payer: AccountId,
        borrower: AccountId,
        market: AssetId,
        amount: Amount,
    ) -> Ruled<()> {
        self.accrue(market)?;
        self.repay(payer, borrower, market, amount)
    }

    /// Repays in a market that has accrued. More than is owed is refused, not cut.
    pub(super) fn repay(
        &mut self,
        payer: AccountId,
        borrower: AccountId,
        market: AssetId,
        amount: Amount,
    ) -> Ruled<()> {
        if !self.market(market)?.config.listed {
            return Err(Rejection::RepayMarketNotListed);
        }
        let owed = self.debt(borrower, market)?;
        let amount = if amount == Amount::MAX { owed } else { amount };
        self.pull(payer, market, amount)?;
        let debt = owed.minus(amount)?;
        // Debts may exceed their sum by the roundings of their interest.
        let state = &mut self.market_mut(market)?.state;
        state.total_borrows = state.total_borrows.minus(amount)?;
        self.set_debt(borrower, market, debt)?;
        self.events.push(Event::Repaid {
            payer,
            account: borrower,
            market,
            amount,
            debt,
        });
        Ok(())
    }
}
