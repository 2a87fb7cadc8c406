//! Liquidation of a safe, in parts where lot or limit are too small for all of it.

use super::action::Liquidation;
use super::draft::Draft;
use super::math::{ENGINE, SAFES};
use super::rejection::{Rejection, Ruled};
use super::state::{Account, Core};
use crate::protocol::AccountId;
use crate::units::{Amount, Price, Shares, U256, Value, WAD};

/// Collateral and debt of one liquidation must fit a signed number.
const SIGNED_MAX: U256 = U256::from_limbs([0, 0, 0, 1 << 63]);

/// What the collateral supports at the liquidation price, and the debt with interest, in rad. Exact
/// products, no division.
pub(super) fn supported_and_owed(core: &Core, safe: &Account) -> Ruled<(Value, Value)> {
    let price: Price = core.safes.liquidation_price;
    let supported = ENGINE.multiply(safe.locked.0, price.0)?;
    let owed = ENGINE.multiply(safe.debt.0, core.safes.debt_index.0)?;
    Ok((Value(supported), Value(owed)))
}

impl Draft<'_> {
    /// More collateral and less debt: always allowed, but that the rest of the debt must not be dust.
    pub(super) fn improve(
        &mut self,
        owner: AccountId,
        (collateral, repaid): (Amount, Shares),
        payer: AccountId,
    ) -> Ruled<()> {
        let mut safe = self.account(owner)?;
        let more = safe.locked.0.checked_add(collateral.0);
        safe.locked = Amount(more.ok_or(Rejection::SafesSignedAdd)?);
        let less = safe.debt.0.checked_sub(repaid.0);
        safe.debt = Shares(less.ok_or(Rejection::SafesSignedAdd)?);
        let index = self.core.safes.debt_index.0;
        let owed = SAFES.multiply(safe.debt.0, index)?;
        if !safe.debt.is_zero() && owed < self.core.safes.debt_floor.0 {
            return Err(Rejection::SafesDust);
        }
        self.put(owner, safe);
        let mut source = self.account(payer)?;
        source.free = Amount(SAFES.subtract(source.free.0, collateral.0)?);
        let coins = SAFES.multiply(repaid.0, index)?;
        source.coins = Value(SAFES.subtract(source.coins.0, coins)?);
        self.put(payer, source);
        Ok(())
    }

    /// Takes an unsafe safe, or a part of it, and starts an auction.
    pub(super) fn liquidate(&mut self, owner: AccountId) -> Ruled<Liquidation> {
        let safe = self.account(owner)?;
        let engine = self.core.engine;
        if !engine.enabled {
            return Err(Rejection::EngineNotEnabled);
        }
        let (supported, owed) = supported_and_owed(&self.core, &safe)?;
        if self.core.safes.liquidation_price.is_zero() || supported >= owed {
            return Err(Rejection::EngineNotUnsafe);
        }
        let room = ENGINE.subtract(engine.limit.0, engine.in_auction.0)?;
        if room.is_zero() || room < self.core.safes.debt_floor.0 {
            return Err(Rejection::EngineLimitHit);
        }
        let (collateral, debt) = self.sized(&safe, room)?;
        let due = self.confiscate(owner, &safe, (collateral, debt))?;
        let raised = ENGINE.multiply(due.0, engine.penalty.0)?;
        let target = Value(ENGINE.divide(raised, WAD)?);
        let sum = ENGINE.add(engine.in_auction.0, target.0)?;
        self.core.engine.in_auction = Value(sum);
        let auction = self.start_auction(owner, target, collateral)?;
        Ok(Liquidation {
            auction,
            collateral,
            debt,
            target,
        })
    }

    /// Up to a lot of debt with its penalty, within the limit. What is left of the debt must not be
    /// dust; debt and then collateral round down, the latter in favour of the owner.
    fn sized(&self, safe: &Account, room: U256) -> Ruled<(Amount, Shares)> {
        let (engine, index) = (self.core.engine, self.core.safes.debt_index.0);
        let lot = ENGINE.multiply(engine.lot_max.0.min(room), WAD)?;
        let fitting = ENGINE.divide(ENGINE.divide(lot, index)?, engine.penalty.0)?;
        let debt = safe.debt.0.min(fitting);
        if debt.is_zero() {
            return Err(Rejection::EngineNullAuction);
        }
        let rest = ENGINE.multiply(ENGINE.subtract(safe.debt.0, debt)?, index)?;
        if debt != safe.debt.0 && rest < self.core.safes.debt_floor.0 {
            return Err(Rejection::EngineDustySafe);
        }
        let share = ENGINE.divide(ENGINE.multiply(safe.locked.0, debt)?, safe.debt.0)?;
        let collateral = safe.locked.0.min(share);
        if collateral.is_zero() {
            return Err(Rejection::EngineNullCollateral);
        }
        if collateral > SIGNED_MAX || debt > SIGNED_MAX {
            return Err(Rejection::EngineOverflow);
        }
        Ok((Amount(collateral), Shares(debt)))
    }

    /// Moves collateral to the house and debt, with its interest, to the treasury's queue.
    fn confiscate(
        &mut self,
        owner: AccountId,
        safe: &Account,
        (collateral, debt): (Amount, Shares),
    ) -> Ruled<Value> {
        let left = |x: U256, y: U256| x.checked_sub(y).ok_or(Rejection::SafesSignedAdd);
        let locked = Amount(left(safe.locked.0, collateral.0)?);
        let rest = Shares(left(safe.debt.0, debt.0)?);
        let index = self.core.safes.debt_index.0;
        if index >= SIGNED_MAX {
            return Err(Rejection::SafesSignedNull);
        }
        let due = SAFES.multiply(index, debt.0).ok();
        let due = due.filter(|due| *due <= SIGNED_MAX);
        let due = due.ok_or(Rejection::SafesSignedMultiply)?;
        let changed = Account {
            locked,
            debt: rest,
            ..*safe
        };
        self.put(owner, changed);
        let treasury = self.base.roles.treasury;
        let mut account = self.account(treasury)?;
        let bad_debt = account.bad_debt.0.checked_add(due);
        account.bad_debt = Value(bad_debt.ok_or(Rejection::SafesSignedSubtract)?);
        self.put(treasury, account);
        let queued = self.core.queued.0.checked_add(due);
        self.core.queued = Value(queued.ok_or(Rejection::AccountingAdd)?);
        Ok(Value(due))
    }
}
