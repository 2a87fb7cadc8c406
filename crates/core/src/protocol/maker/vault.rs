//! Whether a vault is safe.

use super::account::Holding;
use super::draft::Draft;
use super::rejection::{Rejection, Ruled};
use super::state::CollateralType;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Value, mul};

/// What a vault owes and what its collateral supports, in rad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultHealth {
    /// Debt that the collateral supports at the safe price.
    pub supported: Value,
    /// Debt with the interest of the stored index.
    pub owed: Value,
    /// Whether the vault may be liquidated. It may not while the price is unknown (zero).
    pub unsafe_now: bool,
}

impl VaultHealth {
    /// At the safe price and index as they are stored. Exact products, no division; a vault that
    /// owes just what its collateral supports is safe.
    pub(super) fn of(kind: &CollateralType, held: &Holding) -> Ruled<Self> {
        if kind.safe_price.is_zero() {
            // The contract multiplies nothing then, so nothing can overflow.
            return Ok(Self {
                supported: Value::ZERO,
                owed: Value(mul(held.debt.0, kind.debt_index.0).unwrap_or(Value::MAX.0)),
                unsafe_now: false,
            });
        }
        let supported = Value(mul(held.locked.0, kind.safe_price.0)?);
        let owed = Value(mul(held.debt.0, kind.debt_index.0)?);
        Ok(Self {
            supported,
            owed,
            unsafe_now: supported < owed,
        })
    }
}

impl Draft<'_> {
    /// The vault, if it is unsafe.
    pub(super) fn unsafe_vault(
        &self,
        asset: AssetId,
        vault: AccountId,
        refusal: Rejection,
    ) -> Ruled<Holding> {
        let held = self.account(vault)?.holding(asset);
        let health = VaultHealth::of(self.kind(asset)?, &held)?;
        if health.unsafe_now {
            Ok(held)
        } else {
            Err(refusal)
        }
    }
}
