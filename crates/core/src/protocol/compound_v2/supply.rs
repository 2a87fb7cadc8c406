//! Supplying, redeeming, moving cTokens, and which markets count.

use super::action::Event;
use super::draft::Draft;
use super::liquidity::{Effect, price_error_as};
use super::math::{Ruled, fraction, part};
use super::rejection::Rejection;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Shares, WAD};

/// How much is redeemed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Redemption {
    Tokens(Shares),
    Underlying(Amount),
}

/// How an operation calls the refusals of giving up cTokens.
struct Names {
    not_listed: Rejection,
    price_error: Rejection,
    insufficient: Rejection,
}

const REDEEM: Names = Names {
    not_listed: Rejection::RedeemMarketNotListed,
    price_error: Rejection::RedeemPriceError,
    insufficient: Rejection::RedeemInsufficientLiquidity,
};

const TRANSFER: Names = Names {
    not_listed: Rejection::TransferMarketNotListed,
    price_error: Rejection::TransferPriceError,
    insufficient: Rejection::TransferInsufficientLiquidity,
};

const EXIT: Names = Names {
    not_listed: Rejection::ExitRejection,
    price_error: Rejection::ExitRejection,
    insufficient: Rejection::ExitRejection,
};

impl Draft<'_> {
    pub(super) fn mint(&mut self, id: AccountId, market: AssetId, amount: Amount) -> Ruled<()> {
        self.accrue(market)?;
        let config = self.market(market)?.config;
        if config.mint_paused {
            return Err(Rejection::MintIsPaused);
        }
        if !config.listed {
            return Err(Rejection::MintMarketNotListed);
        }
        let exchange_rate = self.market(market)?.exchange_rate()?;
        self.pull(id, market, amount)?;
        let tokens = Shares(fraction(amount.0, WAD, exchange_rate.0)?);
        let state = &mut self.market_mut(market)?.state;
        state.total_supply = state.total_supply.plus(tokens)?;
        self.credit(id, market, tokens)?;
        self.events.push(Event::Minted {
            account: id,
            market,
            amount,
            tokens,
        });
        Ok(())
    }

    pub(super) fn redeem(
        &mut self,
        id: AccountId,
        market: AssetId,
        redemption: Redemption,
    ) -> Ruled<()> {
        self.accrue(market)?;
        let exchange_rate = self.market(market)?.exchange_rate()?;
        let (tokens, amount) = match redemption {
            // Zero cTokens are zero tokens, which are looked at the other way round.
            Redemption::Tokens(tokens) if !tokens.is_zero() => {
                (tokens, Amount(part(exchange_rate, tokens.0)?))
            }
            Redemption::Tokens(_) => {
                let tokens = Shares(fraction(Amount::ZERO.0, WAD, exchange_rate.0)?);
                (tokens, Amount::ZERO)
            }
            Redemption::Underlying(amount) => {
                let tokens = Shares(fraction(amount.0, WAD, exchange_rate.0)?);
                (tokens, amount)
            }
        };
        self.may_give_up(id, market, tokens, &REDEEM)?;
        if self.market(market)?.state.cash < amount {
            return Err(Rejection::RedeemTransferOutNotPossible);
        }
        let state = &mut self.market_mut(market)?.state;
        state.total_supply = state.total_supply.minus(tokens)?;
        self.debit(id, market, tokens)?;
        self.push(id, market, amount)?;
        if tokens.is_zero() && !amount.is_zero() {
            return Err(Rejection::RedeemTokensZero);
        }
        self.events.push(Event::Redeemed {
            account: id,
            market,
            amount,
            tokens,
        });
        Ok(())
    }

    /// Moves cTokens as the contract does: without accrual.
    pub(super) fn transfer(
        &mut self,
        from: AccountId,
        to: AccountId,
        market: AssetId,
        tokens: Shares,
    ) -> Ruled<()> {
        if self.guards.transfer_paused {
            return Err(Rejection::TransferIsPaused);
        }
        self.may_give_up(from, market, tokens, &TRANSFER)?;
        if from == to {
            return Err(Rejection::TransferNotAllowed);
        }
        self.market_mut(market)?;
        self.debit(from, market, tokens)?;
        self.credit(to, market, tokens)?;
        self.events.push(Event::Transferred {
            from,
            to,
            market,
            tokens,
        });
        Ok(())
    }

    pub(super) fn enter_market(&mut self, id: AccountId, market: AssetId) -> Ruled<()> {
        if !self.market(market)?.config.listed {
            return Err(Rejection::MarketNotListed);
        }
        self.enter(id, market)
    }

    /// Lets a market count and tells of it, where it does not count already.
    pub(super) fn enter(&mut self, id: AccountId, market: AssetId) -> Ruled<()> {
        if self.account(id)?.has_entered(market) {
            return Ok(());
        }
        self.account_mut(id)?.enter(market);
        self.events.push(Event::MarketEntered {
            account: id,
            market,
        });
        Ok(())
    }

    pub(super) fn exit_market(&mut self, id: AccountId, market: AssetId) -> Ruled<()> {
        let debt = self.debt(id, market)?;
        // The snapshot that tells the debt also asks for the exchange rate.
        self.market(market)?.exchange_rate()?;
        if !debt.is_zero() {
            return Err(Rejection::ExitBalanceOwed);
        }
        let held = self.position(id, market)?.c_tokens;
        self.may_give_up(id, market, held, &EXIT)?;
        if !self.account(id)?.has_entered(market) {
            return Ok(());
        }
        self.account_mut(id)?.leave(market);
        self.events.push(Event::MarketExited {
            account: id,
            market,
        });
        Ok(())
    }

    /// Whether an account may lose cTokens of its own will.
    fn may_give_up(
        &self,
        id: AccountId,
        market: AssetId,
        tokens: Shares,
        names: &Names,
    ) -> Ruled<()> {
        if !self.market(market)?.config.listed {
            return Err(names.not_listed);
        }
        if !self.account(id)?.has_entered(market) {
            return Ok(());
        }
        let effect = Effect {
            redeem: tokens,
            borrow: Amount::ZERO,
        };
        let liquidity = self.liquidity(id, Some((market, effect)));
        let liquidity = liquidity.map_err(price_error_as(names.price_error))?;
        if liquidity.shortfall().is_zero() {
            Ok(())
        } else {
            Err(names.insufficient)
        }
    }
}
