//! Liquidation of a vault by English auction (1.0 and 1.2).

use super::account::Holding;
use super::action::Liquidation;
use super::dog::fits_signed;
use super::draft::Draft;
use super::rejection::{Rejection, Ruled};
use super::state::CollateralType;
use super::version::Sizing;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Rounding, Shares, Value, WAD, checked_mul_div, div, mul};

impl Draft<'_> {
    /// Takes an unsafe vault, or a part of it, and offers its collateral to bidders. What is left
    /// of the vault may be dust.
    pub(super) fn liquidate_english(
        &mut self,
        asset: AssetId,
        vault: AccountId,
    ) -> Ruled<Liquidation> {
        if !self.core.liquidations.enabled {
            return Err(Rejection::CatNotLive);
        }
        let held = self.unsafe_vault(asset, vault, Rejection::CatNotUnsafe)?;
        let kind = *self.kind(asset)?;
        let by_debt = self.rules().sizing == Sizing::ByDebt;
        let (collateral, debt) = if by_debt {
            self.sized_by_debt(&kind, &held)?
        } else {
            sized_by_collateral(&kind, &held)?
        };
        if !fits_signed(collateral, debt) {
            return Err(Rejection::CatOverflow);
        }
        self.seize(asset, vault, kind.house, (collateral, debt))?;
        let due = Value(mul(debt.0, kind.debt_index.0)?);
        self.queue_debt(due)?;
        let one = self.rules().penalty_one;
        let target = Value(checked_mul_div(due.0, kind.penalty, one, Rounding::Floor)?);
        if by_debt {
            let sum = &mut self.core.liquidations.in_auction;
            *sum = sum.plus(target)?;
        }
        let auction = self.start_collateral_auction(asset, vault, collateral, target)?;
        Ok(Liquidation {
            auction,
            collateral,
            debt,
            due,
            target,
            top: None,
            reward: None,
        })
    }

    /// Up to a lot of debt with its penalty, as far as the limit on debt in auction has room.
    /// Debt and then collateral round down, the latter in favour of the owner.
    fn sized_by_debt(&self, kind: &CollateralType, held: &Holding) -> Ruled<(Amount, Shares)> {
        let all = &self.core.liquidations;
        let room = all.limit.minus(all.in_auction)?;
        if room.is_zero() || room < kind.debt_floor {
            return Err(Rejection::CatLimitHit);
        }
        let lot = mul(room.0.min(kind.lot_max), WAD)?;
        let fitting = div(div(lot, kind.debt_index.0)?, kind.penalty)?;
        let debt = held.debt.min(Shares(fitting));
        let share = checked_mul_div(held.locked.0, debt.0, held.debt.0, Rounding::Floor)?;
        let collateral = held.locked.min(Amount(share));
        if debt.is_zero() || collateral.is_zero() {
            return Err(Rejection::CatNullAuction);
        }
        Ok((collateral, debt))
    }
}

/// Up to a lot of collateral with its share of the debt, which rounds down: a small enough lot
/// takes no debt at all.
fn sized_by_collateral(kind: &CollateralType, held: &Holding) -> Ruled<(Amount, Shares)> {
    let collateral = held.locked.min(Amount(kind.lot_max));
    let share = checked_mul_div(collateral.0, held.debt.0, held.locked.0, Rounding::Floor)?;
    Ok((collateral, held.debt.min(Shares(share))))
}
