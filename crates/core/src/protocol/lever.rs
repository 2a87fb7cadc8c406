//! Parameters that may be moved from outside: what each governs, in which unit, between which bounds.
//!
//! Governors choose levers by [`LeverKind`] and [`Governed`], never by a name, so they work on every
//! design. The contracts' own rules for their setters hold: what they refuse is refused here.

use super::{AssetId, Event, Events};
use crate::units::{BPS, Rounding, U256, div, mul, mul_div};
use std::fmt;

/// What a lever does, in words common to all designs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeverKind {
    /// Share of a collateral's worth up to which may be borrowed.
    LoanToValue,
    /// Share of a collateral's worth below which a debt must stay to be safe from liquidation.
    LiquidationThreshold,
    /// Worth of collateral that one of debt needs to be safe from liquidation: 15 000 is one and a half
    /// times.
    LiquidationRatio,
    /// Part taken off a collateral's worth when a loan is drawn (crvUSD's bands).
    LoanDiscount,
    /// Part taken off a collateral's worth in the test for a hard liquidation (crvUSD's bands).
    LiquidationDiscount,
    /// 10 000 plus what a liquidator gets on top of what it pays; the most where that grows.
    LiquidationBonus,
    /// Most that a liquidator pays less than the worth of what it takes.
    BonusDiscount,
    /// Worth, of what an absorption takes, that the account is credited with.
    AbsorptionCredit,
    /// Share of what an absorption withheld that buyers get as a discount.
    SaleDiscount,
    /// 10 000 plus what an account in liquidation owes on top of its debt, whoever gets it.
    LiquidationPenalty,
    /// The protocol's share of the bonus.
    ProtocolFee,
    /// The protocol's share of interest.
    ReserveFactor,
    /// Fee of an exchange with the protocol.
    ExchangeFee,
    /// Part of a debt that one liquidation may repay.
    CloseFactor,
    /// Health to which a liquidation may bring an account: 10 000 is 1.
    TargetHealth,
    /// Most that may be supplied.
    SupplyCap,
    /// Most that may be borrowed.
    BorrowCap,
    /// Most debt, in tokens of the debt, that may stand against a collateral.
    DebtCeiling,
    /// Most debt, with penalties, that may be in auction.
    AuctionLimit,
    /// First price of an auction over the feed's.
    AuctionStart,
    /// Seconds after which an auction must be started anew.
    AuctionTail,
    /// Share of its first price below which an auction must be started anew.
    AuctionCusp,
    /// Share of the price that is left after a step of an auction.
    AuctionCut,
    /// Seconds of a step of an auction.
    AuctionStep,
    /// Seconds in which an auction's price falls to its last.
    AuctionDuration,
}

/// In which unit a lever is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeverUnit {
    /// Basis points: 10 000 is 1.
    Bps,
    /// Whole tokens.
    Tokens,
    /// Seconds.
    Seconds,
}

/// Which way of a lever is the cautious one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Safer {
    /// A larger value leaves lenders safer.
    Larger,
    /// A smaller value leaves lenders safer.
    Smaller,
    /// Neither in general: it depends on the market.
    Neither,
}

/// What a lever governs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Governed {
    /// The whole protocol.
    All,
    /// One asset.
    Asset(AssetId),
    /// One collateral of one debt.
    Pair {
        /// What is pledged.
        collateral: AssetId,
        /// What is owed.
        debt: AssetId,
    },
}

impl Governed {
    /// The asset whose price and depth matter: of a pair the collateral.
    pub fn asset(self) -> Option<AssetId> {
        match self {
            Self::All => None,
            Self::Asset(asset) => Some(asset),
            Self::Pair { collateral, .. } => Some(collateral),
        }
    }
}

impl LeverKind {
    /// The unit of a lever's value and bounds.
    pub fn unit(self) -> LeverUnit {
        match self {
            Self::SupplyCap | Self::BorrowCap | Self::DebtCeiling | Self::AuctionLimit => {
                LeverUnit::Tokens
            }
            Self::AuctionTail | Self::AuctionStep | Self::AuctionDuration => LeverUnit::Seconds,
            _ => LeverUnit::Bps,
        }
    }

    /// Which way is the cautious one.
    pub fn safer(self) -> Safer {
        match self {
            Self::LoanToValue
            | Self::LiquidationThreshold
            | Self::SupplyCap
            | Self::BorrowCap
            | Self::DebtCeiling => Safer::Smaller,
            Self::LiquidationRatio
            | Self::LoanDiscount
            | Self::LiquidationDiscount
            | Self::ReserveFactor => Safer::Larger,
            _ => Safer::Neither,
        }
    }

    /// Whether moving it may decide on a liquidation.
    pub fn decides_liquidation(self) -> bool {
        matches!(
            self,
            Self::LiquidationThreshold | Self::LiquidationRatio | Self::LiquidationDiscount
        )
    }
}

/// A parameter that a governor may move, and its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lever {
    /// Dotted name, unique within a protocol, such as `WETH.liquidation_threshold`.
    pub name: String,
    /// What it does; tells the unit of the numbers below.
    pub kind: LeverKind,
    /// What it governs.
    pub governs: Governed,
    /// Present setting; one that is finer than the unit is rounded down.
    pub value: u128,
    /// Smallest setting that the protocol accepts now.
    pub min: u128,
    /// Largest setting that the protocol accepts now; of a cap it is the absence of one.
    pub max: u128,
}

impl Lever {
    /// A lever of an asset, named after it.
    pub(crate) fn of_asset(
        (asset, symbol): (AssetId, &str),
        (kind, name): (LeverKind, &str),
        value: u128,
        (min, max): (u128, u128),
    ) -> Self {
        Self {
            name: format!("{symbol}.{name}"),
            kind,
            governs: Governed::Asset(asset),
            value,
            min,
            max,
        }
    }

    /// What is told when the lever was moved.
    pub(crate) fn set_to(self, after: u128) -> Events {
        vec![Event::LeverSet {
            name: self.name,
            before: self.value,
            after,
        }]
    }
}

/// Why a lever was not moved. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied<R> {
    /// The protocol has no lever of that name.
    NoSuchLever {
        /// The name asked for.
        name: String,
    },
    /// The value is outside what the lever accepts now.
    OutOfBounds {
        /// The lever.
        name: String,
        /// Smallest accepted.
        min: u128,
        /// Largest accepted.
        max: u128,
        /// Asked for.
        found: u128,
    },
    /// Nobody can move a parameter of this protocol.
    Immutable(&'static str),
    /// The contract's own rule refuses.
    Rejected(R),
}

impl<R> From<R> for Denied<R> {
    fn from(rejection: R) -> Self {
        Self::Rejected(rejection)
    }
}

impl<R: fmt::Display> fmt::Display for Denied<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchLever { name } => write!(f, "{name}: no such lever"),
            Self::OutOfBounds {
                name,
                min,
                max,
                found,
            } => write!(f, "{name}: {found} found, allowed from {min} to {max}"),
            Self::Immutable(reason) => f.write_str(reason),
            Self::Rejected(rejection) => write!(f, "refused: {rejection}"),
        }
    }
}

impl<R: fmt::Debug + fmt::Display> std::error::Error for Denied<R> {}

/// The lever of a name, if it accepts the value; nothing where it has that value.
pub(crate) fn chosen<R>(
    levers: Vec<Lever>,
    name: &str,
    value: u128,
) -> Result<Option<Lever>, Denied<R>> {
    let found = levers.into_iter().find(|lever| lever.name == name);
    let lever = found.ok_or_else(|| Denied::NoSuchLever {
        name: name.to_owned(),
    })?;
    if (lever.min..=lever.max).contains(&value) {
        return Ok((lever.value != value).then_some(lever));
    }
    Err(Denied::OutOfBounds {
        name: lever.name,
        min: lever.min,
        max: lever.max,
        found: value,
    })
}

/// Basis points of a share of `one`, rounded down.
pub(crate) fn in_bps(share: U256, one: U256) -> u128 {
    let bps = mul_div(share, BPS, one, Rounding::Floor).unwrap_or(U256::MAX);
    u128::try_from(bps).unwrap_or(u128::MAX)
}

/// A share of `one`, from basis points; exact where `one` is a multiple of 10 000.
pub(crate) fn of_bps(bps: u128, one: U256) -> U256 {
    mul_div(one, U256::from(bps), BPS, Rounding::Floor).unwrap_or(U256::MAX)
}

/// Whole tokens of `unit` base units, rounded down.
pub(crate) fn in_tokens(amount: U256, unit: U256) -> u128 {
    let tokens = div(amount, unit).unwrap_or(U256::MAX);
    u128::try_from(tokens).unwrap_or(u128::MAX)
}

/// Base units of whole tokens of `unit` base units.
pub(crate) fn of_tokens(tokens: u128, unit: U256) -> U256 {
    mul(U256::from(tokens), unit).unwrap_or(U256::MAX)
}
