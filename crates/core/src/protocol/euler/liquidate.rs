//! Liquidation: a liquidator takes over debt, and collateral at a discount that grows as health
//! falls.

use super::action::Operation;
use super::cluster::VaultId;
use super::draft::Draft;
use super::event::{Event, Liquidation};
use super::liquidity::{Liquidity, Purpose};
use super::math::{Ruled, difference, down, to_assets};
use super::rejection::Rejection;
use crate::protocol::AccountId;
use crate::units::{Amount, BPS, Shares, Timestamp, U256, Value, WAD};

/// The most that a liquidation may take now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Whose loan.
    pub vault: VaultId,
    /// Whose position.
    pub violator: AccountId,
    /// Which vault's shares.
    pub collateral: VaultId,
    /// Debt to take over, in assets.
    pub repay_max: Amount,
    /// Shares seized for it.
    pub shares_max: Shares,
}

/// Who liquidates what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) vault: VaultId,
    pub(super) liquidator: AccountId,
    pub(super) violator: AccountId,
    pub(super) collateral: VaultId,
    /// Debt to take over; [`Amount::MAX`] is the most that is allowed.
    pub(super) repay: Amount,
}

/// What a liquidation will do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plan {
    /// Whole debt before, in assets rounded up.
    liability: Amount,
    /// The same in the unit of account; zero where there is no debt.
    liability_value: Value,
    pub(super) repay: Amount,
    pub(super) shares: Shares,
}

impl Draft<'_> {
    pub(super) fn liquidate(&mut self, call: &Call, min_shares: Shares) -> Ruled<Liquidation> {
        self.begin(call.vault, Operation::Liquidate, Some(call.liquidator))?;
        let plan = self.plan(call)?;
        if min_shares > plan.shares {
            return Err(Rejection::MinYield);
        }
        if !plan.repay.is_zero() {
            self.transfer_borrow(call.vault, call.violator, call.liquidator, plan.repay)?;
        }
        if !plan.shares.is_zero() {
            // The collateral's vault moves the shares in the violator's name; the health check
            // that this asks for is forgiven.
            self.transfer(call.collateral, call.violator, call.liquidator, plan.shares)?;
            self.forgive(call.violator);
        }
        self.socialize(call, &plan)?;
        let done = Liquidation {
            vault: call.vault,
            liquidator: call.liquidator,
            violator: call.violator,
            collateral: call.collateral,
            repay: plan.repay,
            shares: plan.shares,
        };
        self.events.push(Event::Liquidated(done));
        Ok(done)
    }

    /// Checks a liquidation and sizes it.
    pub(super) fn plan(&self, call: &Call) -> Ruled<Plan> {
        let liability = self.owed(call.vault, call.violator)?.assets_up();
        self.require_liquidatable(call)?;
        if liability.is_zero() {
            return Ok(Plan::default());
        }
        let most = self.largest(call, liability)?;
        if call.repay == Amount::MAX {
            return Ok(most);
        }
        if call.repay > most.repay {
            return Err(Rejection::ExcessiveRepayAmount);
        }
        if most.repay.is_zero() {
            return Ok(most);
        }
        Ok(Plan {
            repay: to_assets(call.repay.0)?,
            shares: Shares(down(call.repay.0, most.shares.0, most.repay.0)?),
            ..most
        })
    }

    fn require_liquidatable(&self, call: &Call) -> Ruled<()> {
        if call.violator == call.liquidator {
            return Err(Rejection::SelfLiquidation);
        }
        let config = self.config(call.vault)?;
        if !config.ltv(call.collateral).is_recognized() {
            return Err(Rejection::BadCollateral);
        }
        self.require_controlled(call.violator, call.vault)?;
        let violator = self.account(call.violator)?;
        if !violator.collaterals.contains(&call.collateral) {
            return Err(Rejection::CollateralDisabled);
        }
        if self.account_checks.contains(&call.violator) {
            return Err(Rejection::ViolatorLiquidityDeferred);
        }
        let wait = u64::from(config.liquidation_cool_off);
        let until = Timestamp(violator.last_check.0.saturating_add(wait));
        if self.cluster.now < until {
            return Err(Rejection::LiquidationCoolOff);
        }
        Ok(())
    }

    /// The largest liquidation: all of the debt, or what all of the collateral pays for.
    fn largest(&self, call: &Call, liability: Amount) -> Ruled<Plan> {
        let held = self.liquidity(call.vault, call.violator, Purpose::Liquidation)?;
        let nothing = Plan {
            liability,
            liability_value: held.liability,
            ..Plan::default()
        };
        if !held.is_violation() {
            return Ok(nothing);
        }
        let factor = self.discount_factor(call.vault, &held)?;
        let balance = self.holding(call.violator, call.collateral)?.shares;
        let price = self.cluster.quotes_of(call.collateral)?.mid;
        let Value(worth) = self.shares_value(call.collateral, balance, price)?;
        if worth.is_zero() {
            // Whoever wants what is worth nothing may have it.
            return Ok(Plan {
                shares: balance,
                ..nothing
            });
        }
        let Value(owing) = held.liability;
        let mut repay_value = owing;
        let mut seize_value = down(owing, WAD, factor)?;
        if worth < seize_value {
            repay_value = down(worth, factor, WAD)?;
            seize_value = worth;
        }
        Ok(Plan {
            repay: to_assets(down(repay_value, liability.0, owing)?)?,
            shares: Shares(down(seize_value, balance.0, worth)?),
            ..nothing
        })
    }

    /// What a unit of seized value costs, wad: the health, but no less than the largest discount
    /// allows.
    pub(super) fn discount_factor(&self, vault: VaultId, held: &Liquidity) -> Ruled<U256> {
        let health = down(held.collateral.0, WAD, held.liability.0)?;
        let discount = self.config(vault)?.max_liquidation_discount.wide();
        let least = difference(WAD, down(WAD, discount, BPS)?)?;
        Ok(health.max(least))
    }

    /// Writes off what is owed without any collateral left.
    fn socialize(&mut self, call: &Call, plan: &Plan) -> Ruled<()> {
        let keeps = self.config(call.vault)?.flags & super::DONT_SOCIALIZE_DEBT != 0;
        let counts = plan.liability_value.0 >= self.cluster.rules.socialization_min;
        if keeps || !counts || plan.liability <= plan.repay {
            return Ok(());
        }
        if !self.has_no_collateral(call.vault, call.violator)? {
            return Ok(());
        }
        let rest = plan.liability.minus(plan.repay)?;
        self.decrease_borrow(call.vault, call.violator, rest)?;
        self.events.push(Event::DebtSocialized {
            vault: call.vault,
            account: call.violator,
            assets: rest,
        });
        Ok(())
    }
}
