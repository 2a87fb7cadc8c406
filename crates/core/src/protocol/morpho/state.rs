//! A market's whole state.

use super::interest::Irm;
use super::math::{Ruled, down, stored_rest, stored_sum, wad_down};
use super::rejection::Rejection;
use super::shares::Pot;
use super::version::{MorphoVersion, Rules};
use crate::book::Book;
use crate::protocol::AccountId;
use crate::units::{Amount, Price, Ratio, Shares, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What one account has in a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Shares of what is supplied; no storage limit below 2^256.
    pub supply_shares: Shares,
    /// Shares of what is borrowed, at most 2^128 − 1.
    pub borrow_shares: Shares,
    /// Collateral in its own base units, at most 2^128 − 1; it earns nothing.
    pub collateral: Amount,
}

/// The market's totals as last stored, each at most 2^128 − 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Supplied, interest included, in loan base units.
    pub supply_assets: Amount,
    /// Shares of the above.
    pub supply_shares: Shares,
    /// Borrowed, interest included, in loan base units.
    pub borrow_assets: Amount,
    /// Shares of the above.
    pub borrow_shares: Shares,
    /// When interest was last added; zero for a market that does not exist yet.
    pub last_update: Timestamp,
    /// Share of the interest that goes to the fee recipient, wad.
    pub fee: Ratio,
}

/// Tokens that the contract holds for this market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Loan tokens: supplied less borrowed, plus [`Holdings::excess`].
    pub loan: Amount,
    /// Collateral tokens: the sum over all positions.
    pub collateral: Amount,
    /// Loan tokens that rounding took from those who repaid, beyond all that was borrowed. They
    /// belong to nobody.
    pub excess: Amount,
}

/// How solvent a position is, in loan base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Owed, rounded up.
    pub borrowed: Amount,
    /// What the collateral is worth, rounded down.
    pub collateral_value: Amount,
    /// Most that may be owed, rounded down.
    pub borrow_limit: Amount,
}

impl Standing {
    /// Owing exactly the limit is healthy.
    pub fn is_healthy(&self) -> bool {
        self.borrow_limit >= self.borrowed
    }
}

/// One Morpho Blue market. A clone is a fork: it shares the book and copies what it touches.
#[derive(Clone, Debug)]
pub struct Market {
    pub(super) version: MorphoVersion,
    pub(super) rules: &'static Rules,
    /// Loan-to-value at which a position can be liquidated, wad.
    pub(super) threshold: Ratio,
    pub(super) irm: Irm,
    pub(super) price: Price,
    pub(super) now: Timestamp,
    pub(super) totals: Totals,
    pub(super) holdings: Holdings,
    pub(super) fee_recipient: AccountId,
    pub(super) book: Book<Position>,
    /// Who may act for whom: owner, then manager.
    pub(super) managers: Arc<BTreeSet<(AccountId, AccountId)>>,
}

impl Totals {
    /// The suppliers' side.
    pub(super) fn supply(&self, rules: &'static Rules) -> Pot {
        Pot {
            rules,
            assets: self.supply_assets,
            shares: self.supply_shares,
        }
    }

    /// The borrowers' side.
    pub(super) fn borrow(&self, rules: &'static Rules) -> Pot {
        Pot {
            rules,
            assets: self.borrow_assets,
            shares: self.borrow_shares,
        }
    }

    pub(super) fn add_supplied(&mut self, assets: Amount) -> Ruled<()> {
        self.supply_assets = Amount(stored_sum(self.supply_assets.0, assets.0)?);
        Ok(())
    }

    pub(super) fn take_supplied(&mut self, assets: Amount) -> Ruled<()> {
        self.supply_assets = Amount(stored_rest(self.supply_assets.0, assets.0)?);
        Ok(())
    }

    pub(super) fn add_borrowed(&mut self, assets: Amount) -> Ruled<()> {
        self.borrow_assets = Amount(stored_sum(self.borrow_assets.0, assets.0)?);
        Ok(())
    }

    pub(super) fn take_borrowed(&mut self, assets: Amount) -> Ruled<()> {
        self.borrow_assets = Amount(stored_rest(self.borrow_assets.0, assets.0)?);
        Ok(())
    }

    /// Whether the market has lent no more than was supplied.
    pub(super) fn require_liquidity(&self) -> Ruled<()> {
        let enough = self.borrow_assets <= self.supply_assets;
        enough.then_some(()).ok_or(Rejection::InsufficientLiquidity)
    }
}

impl Market {
    /// A position in the book.
    pub(super) fn held(&self, id: AccountId) -> Ruled<Position> {
        self.book.get(id).copied().ok_or(Rejection::AccountUnknown)
    }

    /// How solvent a position is under these totals.
    pub(super) fn standing_under(&self, totals: &Totals, position: &Position) -> Ruled<Standing> {
        let borrowed = totals
            .borrow(self.rules)
            .assets_up(position.borrow_shares)?;
        let scale = self.rules.price_scale;
        let value = down(position.collateral.0, self.price.0, scale)?;
        Ok(Standing {
            borrowed,
            collateral_value: Amount(value),
            borrow_limit: Amount(wad_down(value, self.threshold.0)?),
        })
    }

    /// Refuses a position that would be unhealthy; one without debt is not priced.
    pub(super) fn require_healthy(&self, totals: &Totals, position: &Position) -> Ruled<()> {
        if position.borrow_shares.is_zero() {
            return Ok(());
        }
        let healthy = self.standing_under(totals, position)?.is_healthy();
        healthy
            .then_some(())
            .ok_or(Rejection::InsufficientCollateral)
    }
}
