//! Reserves, and the sale of the protocol's own collateral.

use super::balance::present;
use super::draft::Draft;
use super::event::Event;
use super::math::{Ruled, by_factor, difference, signed_range, sum, to_i256, to_u128};
use super::rejection::Rejection;
use super::state::{BASE, Comet, offset, require_open};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Rounding, U256, WAD, div, mul, mul_div};

/// Base tokens of the protocol itself, in token units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserves {
    /// More is held and owed to the contract than it owes; also where it is even.
    Surplus(Amount),
    /// Suppliers are owed more than there is.
    Deficit(Amount),
}

/// A payment and what it buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Base token units.
    pub base_amount: Amount,
    /// Collateral token units.
    pub collateral_amount: Amount,
}

impl Comet {
    /// Base tokens held, less supplies, plus debts, with interest up to now.
    ///
    /// # Errors
    /// Where the contract's own computation would revert.
    pub fn reserves(&self) -> Result<Reserves, Rejection> {
        let (supply_index, borrow_index) = self.indexes_now()?;
        let supply = present(supply_index, self.totals.supply)?;
        let borrow = present(borrow_index, self.totals.borrow)?;
        let held = to_i256(self.base_held.0)?;
        let owned = sum(held, borrow.0)?;
        match owned.checked_sub(supply.0) {
            Some(surplus) => Ok(Reserves::Surplus(Amount(signed_range(surplus)?))),
            None => Ok(Reserves::Deficit(supply.minus(Amount(owned))?)),
        }
    }

    /// Collateral tokens of the protocol itself.
    ///
    /// # Errors
    /// [`Rejection::BadAsset`], or [`Rejection::Panic0x11`] where fewer are held than supplied.
    pub fn collateral_reserves(&self, asset: AssetId) -> Result<Amount, Rejection> {
        let tokens = offset(asset).and_then(|at| self.collateral.get(at));
        let tokens = tokens.ok_or(Rejection::BadAsset)?;
        Ok(tokens.held.minus(tokens.total_supply)?)
    }

    /// Price of a collateral after the discount, in dollars with 8 decimals.
    fn discounted(&self, asset: AssetId) -> Ruled<U256> {
        let listed = self.listing(asset)?;
        let price = self.feed(asset)?;
        let penalty = difference(WAD, listed.liquidation_factor.0)?;
        let discount = by_factor(self.config.store_front_factor.0, penalty)?;
        by_factor(price.0, difference(WAD, discount)?)
    }

    /// Collateral for a payment, rounded down, whether or not it is for sale.
    ///
    /// # Errors
    /// [`Rejection::BadAsset`], [`Rejection::BadPrice`], or where the contract's own computation
    /// would revert.
    pub fn quote_collateral(
        &self,
        asset: AssetId,
        base_amount: Amount,
    ) -> Result<Amount, Rejection> {
        let scale = self.listing(asset)?.scale();
        let discounted = self.discounted(asset)?;
        let base_price = self.feed(BASE)?;
        let value = mul(mul(base_price.0, base_amount.0)?, scale)?;
        Ok(Amount(div(div(value, discounted)?, self.base_scale())?))
    }

    /// Refuses while nothing is for sale.
    fn require_for_sale(&self) -> Ruled<()> {
        match self.reserves()? {
            Reserves::Surplus(surplus) if surplus >= self.config.base.target_reserves => {
                Err(Rejection::NotForSale)
            }
            _ => Ok(()),
        }
    }

    /// The most of a collateral that can be bought in one go, and the least payment for it.
    ///
    /// # Errors
    /// [`Rejection::Paused`], [`Rejection::NotForSale`], or as [`Comet::quote_collateral`].
    pub fn sale_limit(&self, asset: AssetId) -> Result<Sale, Rejection> {
        self.sale_of(asset, Amount::MAX)
    }

    /// As [`Comet::sale_limit`], of no more than so much collateral, in token units.
    ///
    /// # Errors
    /// As [`Comet::sale_limit`].
    pub fn sale_of(&self, asset: AssetId, most: Amount) -> Result<Sale, Rejection> {
        require_open(self.paused.buy)?;
        self.require_for_sale()?;
        let scale = self.listing(asset)?.scale();
        let discounted = self.discounted(asset)?;
        // Tokens are floor(payment · paid ÷ got).
        let paid = mul(self.feed(BASE)?.0, scale)?;
        let got = mul(discounted, self.base_scale())?;
        let sold = self.collateral_reserves(asset)?.min(most);
        let beyond = sum(sold.0, U256::ONE)?;
        let least_beyond = mul_div(beyond, got, paid, Rounding::Ceil)?;
        let most = least_beyond.saturating_sub(U256::ONE);
        let collateral_amount = self.quote_collateral(asset, Amount(most))?;
        let least = mul_div(collateral_amount.0, got, paid, Rounding::Ceil)?;
        Ok(Sale {
            base_amount: Amount(least),
            collateral_amount,
        })
    }
}

impl Draft<'_> {
    pub(super) fn buy_collateral(
        &mut self,
        asset: AssetId,
        min_amount: Amount,
        base_amount: Amount,
        buyer: AccountId,
        recipient: AccountId,
    ) -> Ruled<()> {
        let comet = self.comet;
        require_open(self.paused.buy)?;
        comet.require_for_sale()?;
        self.pull(buyer, BASE, base_amount)?;
        let bought = comet.quote_collateral(asset, base_amount)?;
        if bought < min_amount {
            return Err(Rejection::TooMuchSlippage);
        }
        if bought > comet.collateral_reserves(asset)? {
            return Err(Rejection::InsufficientReserves);
        }
        to_u128(bought.0)?;
        self.pay(recipient, asset, bought)?;
        self.events.push(Event::CollateralBought {
            buyer,
            asset,
            base_amount,
            collateral_amount: bought,
        });
        Ok(())
    }

    pub(super) fn withdraw_reserves(&mut self, recipient: AccountId, amount: Amount) -> Ruled<()> {
        match self.comet.reserves()? {
            Reserves::Surplus(surplus) if amount <= surplus => {}
            _ => return Err(Rejection::InsufficientReserves),
        }
        self.pay(recipient, BASE, amount)?;
        self.events
            .push(Event::ReservesWithdrawn { recipient, amount });
        Ok(())
    }
}
