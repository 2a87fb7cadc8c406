//! Liquidation, in the contract's order of steps.

use super::draft::Draft;
use super::event::{Event, Liquidation};
use super::math::{Ruled, difference, down, up, wad_down};
use super::rejection::Rejection;
use super::state::Market;
use super::supply::require_one;
use crate::protocol::AccountId;
use crate::units::{Amount, Ratio, Shares, WAD};

impl Market {
    /// Collateral worth so much is seized for a payment of 1, wad.
    ///
    /// # Errors
    /// [`Rejection::Panic0x11`] for a threshold above 1.
    pub fn incentive_factor(&self) -> Result<Ratio, Rejection> {
        let room = difference(WAD, self.threshold.0)?;
        let cut = wad_down(self.rules.liquidation_cursor, room)?;
        let factor = down(WAD, WAD, difference(WAD, cut)?)?;
        Ok(Ratio(factor.min(self.rules.incentive_max)))
    }
}

impl Draft<'_> {
    /// The other quantity of a liquidation that was told one of two.
    fn both(&self, seized: Amount, repaid: Shares) -> Ruled<(Amount, Shares)> {
        let market = self.market;
        let (price, scale) = (market.price.0, market.rules.price_scale);
        let factor = market.incentive_factor()?.0;
        let pot = self.borrow_pot();
        if seized.is_zero() {
            let worth = wad_down(pot.assets_down(repaid)?.0, factor)?;
            return Ok((Amount(down(worth, scale, price)?), repaid));
        }
        let worth = up(seized.0, price, scale)?;
        let payment = Amount(up(worth, WAD, factor)?);
        Ok((seized, pot.shares_up(payment)?))
    }

    /// Repays debt of an unhealthy position and seizes its collateral; once none is left, writes
    /// the rest of the debt off at the suppliers' cost.
    pub(super) fn liquidate(
        &mut self,
        borrower: AccountId,
        seized: Amount,
        repaid: Shares,
    ) -> Ruled<Liquidation> {
        self.market.require_created()?;
        require_one(seized.is_zero(), repaid.is_zero())?;
        self.accrue()?;
        let position = self.position(borrower)?;
        let standing = self.market.standing_under(&self.totals, &position)?;
        if standing.is_healthy() {
            return Err(Rejection::HealthyPosition);
        }
        let (seized, repaid) = self.both(seized, repaid)?;
        let payment = self.borrow_pot().assets_up(repaid)?;
        self.burn_debt(borrower, repaid)?;
        self.settle(payment)?;
        self.take_collateral(borrower, seized)?;
        let (bad_debt_assets, bad_debt_shares) = self.write_off(borrower)?;
        let told = Liquidation {
            borrower,
            repaid_assets: payment,
            repaid_shares: repaid,
            seized_assets: seized,
            bad_debt_assets,
            bad_debt_shares,
        };
        self.events.push(Event::Liquidated(told));
        Ok(told)
    }

    /// Removes a debt without any collateral from both sides of the market.
    fn write_off(&mut self, borrower: AccountId) -> Ruled<(Amount, Shares)> {
        let position = self.position(borrower)?;
        if !position.collateral.is_zero() {
            return Ok((Amount::ZERO, Shares::ZERO));
        }
        let shares = position.borrow_shares;
        let owed = self.borrow_pot().assets_up(shares)?;
        let assets = owed.min(self.totals.borrow_assets);
        self.totals.take_borrowed(assets)?;
        self.totals.take_supplied(assets)?;
        self.burn_debt(borrower, shares)?;
        Ok((assets, shares))
    }
}
