//! Hard liquidation: whole or in part, by anybody once health is below zero, by the owner at any
//! time.

use super::account::{Loan, Position, Token};
use super::action::{Liquidation, Outcome};
use super::amm::AmmDraft;
use super::controller::Measure;
use super::draft::{Draft, Holder};
use super::math::{Ruled, product, quotient_or_zero, sum, wad_product};
use super::rejection::Rejection;
use super::signed::Signed;
use crate::protocol::AccountId;
use crate::units::{Amount, U256, WAD};

/// A liquidation, and what stays of the position and of the multiplier.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) liquidation: Liquidation,
    left: Position,
    rate_mul: U256,
}

/// The part of a position that leaves with a part of the debt, wad: less than the debt's where a
/// discount applies, so that the liquidator leaves half of it in the bands.
fn part_removed(fraction: U256, discount: U256) -> U256 {
    if fraction >= WAD {
        return WAD;
    }
    let halved = WAD.wrapping_add(discount.wrapping_shr(1));
    let kept = halved.wrapping_mul(WAD.wrapping_sub(fraction));
    let kept = quotient_or_zero(kept, WAD.wrapping_add(discount));
    let removed = kept.wrapping_add(fraction).wrapping_mul(fraction);
    quotient_or_zero(removed, WAD)
}

impl Draft<'_> {
    /// The discount that a caller's liquidation has to respect: none for the owner and whom the
    /// owner approved.
    pub(super) fn discount_for(&self, caller: AccountId, owner: AccountId) -> Ruled<U256> {
        let discount = self.account(owner)?.liquidation_discount;
        if self.may_act(caller, owner) {
            return Ok(U256::ZERO);
        }
        Ok(discount)
    }

    /// What a liquidation takes and pays. A discount of zero asks for no bad health.
    pub(super) fn plan_liquidation(
        &mut self,
        owner: AccountId,
        fraction: U256,
        discount: U256,
    ) -> Ruled<Plan> {
        let (owed, rate_mul) = self.debt(owner)?;
        let held = self.account(owner)?.position.clone();
        let removed = part_removed(fraction, discount);
        // A bound on health reads what the withdrawal takes, so this comes first, on a copy; its
        // own refusal comes in its place.
        let mut emptied = self.amm.clone();
        let withdrawn = emptied.withdraw(&held, removed);
        let whole = (removed == WAD && withdrawn.is_ok()).then_some(&emptied);
        self.need_bad_health(owner, (owed, discount), whole)?;
        let up = WAD.wrapping_sub(U256::ONE);
        let debt = quotient_or_zero(sum(product(owed.0, fraction)?, up)?, WAD);
        if debt.is_zero() {
            return Err(Rejection::NoReason);
        }
        let debt = Amount(debt);
        let (left, [stable, collateral]) = withdrawn?;
        self.amm = emptied;
        Ok(Plan {
            liquidation: Liquidation {
                stable,
                collateral,
                debt,
                debt_left: owed.minus_or_zero(debt),
                to_pay: debt.minus_or_zero(stable),
            },
            left,
            rate_mul,
        })
    }

    /// Refuses where full health is not below zero, but for a discount of zero. `emptied` is the
    /// AMM after all of the position was withdrawn, where it was.
    fn need_bad_health(
        &self,
        owner: AccountId,
        (owed, discount): (Amount, U256),
        emptied: Option<&AmmDraft<'_>>,
    ) -> Ruled<()> {
        let held = &self.account(owner)?.position;
        let by_bound =
            |emptied: &AmmDraft<'_>| self.is_surely_unhealthy(held, (owed, discount), emptied);
        if discount.is_zero() || emptied.is_some_and(by_bound) {
            return Ok(());
        }
        let health = self.health(owner, owed, Measure::Full, discount)?;
        if health >= Signed::ZERO {
            return Err(Rejection::NotEnoughRekt);
        }
        Ok(())
    }

    /// Liquidates; `fraction` is at most 1.
    pub(super) fn liquidate(
        &mut self,
        caller: AccountId,
        owner: AccountId,
        stable_min: Amount,
        fraction: U256,
    ) -> Ruled<Outcome> {
        self.account(caller)?;
        let discount = self.discount_for(caller, owner)?;
        let plan = self.plan_liquidation(owner, fraction, discount)?;
        let liquidation = plan.liquidation;
        if liquidation.stable < stable_min {
            return Err(Rejection::Slippage);
        }
        self.settle(caller, &liquidation)?;
        self.controller.redeemed = self.controller.redeemed.plus(liquidation.debt)?;
        let account = self.account_mut(owner)?;
        account.position = plan.left;
        account.loan = Loan {
            initial_debt: liquidation.debt_left,
            rate_mul: plan.rate_mul,
        };
        if liquidation.debt_left.is_zero() {
            self.unlist_loan(owner)?;
        }
        self.lower_total(liquidation.debt, plan.rate_mul)?;
        self.save_rate()?;
        Ok(Outcome::Liquidated(liquidation))
    }

    /// The bands' stablecoin pays first, the caller the rest; what exceeds the debt is the
    /// caller's, and so is the collateral.
    fn settle(&mut self, caller: AccountId, liquidation: &Liquidation) -> Ruled<()> {
        let Liquidation { stable, debt, .. } = *liquidation;
        let liquidator = Holder::Account(caller);
        let burned = stable.min(debt);
        self.transfer(Token::Stable, (Holder::Amm, Holder::Controller), burned)?;
        let collateral = liquidation.collateral;
        self.transfer(Token::Collateral, (Holder::Amm, liquidator), collateral)?;
        let pays = (liquidator, Holder::Controller);
        self.transfer(Token::Stable, pays, liquidation.to_pay)?;
        let excess = stable.minus_or_zero(debt);
        self.transfer(Token::Stable, (Holder::Amm, liquidator), excess)
    }

    /// Stablecoin that a caller must bring to liquidate a part, as the contract's view tells it.
    pub(super) fn tokens_to_liquidate(
        &self,
        caller: AccountId,
        owner: AccountId,
        fraction: U256,
    ) -> Ruled<Amount> {
        let discount = self.discount_for(caller, owner)?;
        let [stable, _] = self.amm.holdings(&self.account(owner)?.position)?;
        let stable = wad_product(stable.0, part_removed(fraction, discount))?;
        let debt = wad_product(self.debt(owner)?.0.0, fraction)?;
        Ok(Amount(debt.saturating_sub(stable)))
    }
}
