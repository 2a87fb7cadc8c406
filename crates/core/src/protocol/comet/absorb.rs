//! Absorption: collateral and debt become the protocol's.

use super::balance::{Balance, present};
use super::draft::{Draft, side};
use super::event::{Absorption, Event};
use super::math::{Ruled, by_factor, down, sum, to_i256};
use super::rejection::Rejection;
use super::state::{BASE, Comet, require_open};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, U256, Value};

impl Draft<'_> {
    pub(super) fn absorb(&mut self, accounts: &[AccountId]) -> Ruled<()> {
        require_open(self.paused.absorb)?;
        self.accrue()?;
        for account in accounts {
            self.absorb_one(*account)?;
        }
        Ok(())
    }

    fn absorb_one(&mut self, id: AccountId) -> Ruled<()> {
        let comet = self.comet;
        let position = self.position(id)?;
        if !comet.under_water(&self.totals, position)? {
            return Err(Rejection::NotLiquidatable);
        }
        let old = position.account.principal;
        let owed = match self.totals.balance(old)? {
            Balance::Debt(owed) => owed,
            Balance::Supply(_) => Amount::ZERO,
        };
        let base_price = comet.feed(BASE)?;
        let marked: Vec<AssetId> = comet.marked(position).collect();
        let mut credit = U256::ZERO;
        for asset in marked {
            credit = sum(credit, self.seize(id, asset)?)?;
        }
        let credit = Amount(to_i256(down(credit, comet.base_scale(), base_price.0)?)?);
        // Reserves pay what the collateral does not cover.
        let surplus = credit.minus_or_zero(owed);
        let new = self.totals.principal(Balance::Supply(surplus))?;
        self.set_principal(id, new)?;
        self.count_rise(old, new)?;
        let paid_out = owed.plus(surplus)?;
        let value = Comet::worth(paid_out, base_price, comet.base_scale())?;
        self.events.push(Event::DebtAbsorbed(Absorption {
            account: id,
            paid_out,
            value: Value(value),
            surplus: present(self.totals.supply_index, side(new))?,
            uncovered: owed.minus_or_zero(credit),
        }));
        Ok(())
    }

    /// Takes all of one collateral and tells what it is credited, in dollars.
    fn seize(&mut self, id: AccountId, asset: AssetId) -> Ruled<U256> {
        let amount = self.position(id)?.supplied(asset);
        self.put_collateral(id, asset, U256::ZERO)?;
        let tokens = self.collateral_mut(asset)?;
        tokens.total_supply = tokens.total_supply.minus(amount)?;
        let value = self.comet.collateral_worth(asset, amount)?;
        self.events.push(Event::CollateralAbsorbed {
            account: id,
            asset,
            amount,
            value: Value(value),
        });
        by_factor(value, self.comet.listing(asset)?.liquidation_factor.0)
    }
}
