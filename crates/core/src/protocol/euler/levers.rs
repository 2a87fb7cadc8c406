//! What the governor of the lending vaults may move.
//!
//! A loan-to-value of new borrows is at most that of liquidation. One of liquidation that falls falls
//! over a day, so that nobody becomes liquidatable at once; one that rises rises at once. A lever tells
//! where a fall ends. Caps have three digits: what the vault cannot keep is rounded towards the present
//! setting.

use super::action::{Action, Setting};
use super::cluster::{Cluster, VaultId};
use super::loan::LENDER;
use super::loans::{LoanAction, Loans};
use super::math::Ruled;
use super::rejection::Rejection;
use super::vault::{AmountCap, VaultConfig};
use crate::protocol::{Asset, AssetId, Governed, Lever, LeverKind, in_tokens, of_tokens};
use crate::units::{Bps, Rounding, U256, pow10};

/// Seconds over which a loan-to-value of liquidation falls.
const RAMP: u32 = 86_400;
/// Everything, in basis points.
const WHOLE: u128 = 10_000;
/// Largest cap told, in whole tokens.
const CAP_MAX: u128 = (1 << 36) - 1;

fn unit(asset: &Asset) -> U256 {
    pow10(asset.decimals).unwrap_or(U256::ONE)
}

fn cap(cap: AmountCap, unit: U256) -> u128 {
    match cap.0 {
        0 => CAP_MAX,
        _ => in_tokens(cap.amount().0, unit).min(CAP_MAX),
    }
}

fn bps(value: u128) -> Bps {
    Bps(u16::try_from(value).unwrap_or(u16::MAX))
}

/// Levers of what one vault lends: its discount and caps.
fn of_lender(config: &VaultConfig, id: AssetId, asset: &Asset) -> [Lever; 3] {
    let place = (id, asset.symbol.as_str());
    let lever = |kind, name, value, bounds| Lever::of_asset(place, (kind, name), value, bounds);
    [
        lever(
            LeverKind::BonusDiscount,
            "max_liquidation_discount",
            config.max_liquidation_discount.0.into(),
            (0, WHOLE.saturating_sub(1)),
        ),
        lever(
            LeverKind::SupplyCap,
            "supply_cap",
            cap(config.supply_cap, unit(asset)),
            (1, CAP_MAX),
        ),
        lever(
            LeverKind::BorrowCap,
            "borrow_cap",
            cap(config.borrow_cap, unit(asset)),
            (1, CAP_MAX),
        ),
    ]
}

/// Both loan-to-values of one collateral.
fn of_pair(config: &VaultConfig, vault: VaultId, pair: Governed, name: &str) -> [Lever; 2] {
    let ltv = config.ltv(vault);
    let (lent, held) = (u128::from(ltv.borrow.0), u128::from(ltv.liquidation.0));
    let lever = |kind, what: &str, value, (min, max)| Lever {
        name: format!("{name}.{what}"),
        kind,
        governs: pair,
        value,
        min,
        max,
    };
    [
        lever(LeverKind::LoanToValue, "borrow_ltv", lent, (0, held)),
        lever(
            LeverKind::LiquidationThreshold,
            "liquidation_ltv",
            held,
            (lent, WHOLE),
        ),
    ]
}

/// Levers of all loans.
pub(super) fn levers(loans: &Loans, assets: &[Asset]) -> Vec<Lever> {
    let asset = |id: AssetId| assets.get(usize::from(id.0));
    let mut levers = Vec::new();
    for loan in loans.loans() {
        let (Some(lent), Some(config)) = (asset(loan.asset), loan.cluster.config(LENDER)) else {
            continue;
        };
        levers.extend(of_lender(config, loan.asset, lent));
        for (vault, held) in (1..).map(VaultId).zip(&loan.secured_by) {
            let pair = Governed::Pair {
                collateral: *held,
                debt: loan.asset,
            };
            let symbol = asset(*held).map_or("?", |asset| asset.symbol.as_str());
            let name = format!("{}.{symbol}", lent.symbol);
            levers.extend(of_pair(config, vault, pair, &name));
        }
    }
    levers
}

/// The governor's call that sets a lever.
pub(super) fn call(
    loans: &Loans,
    assets: &[Asset],
    lever: &Lever,
    value: u128,
) -> Ruled<LoanAction> {
    let (lent, held) = match lever.governs {
        Governed::Pair { collateral, debt } => (debt, Some(collateral)),
        Governed::Asset(asset) => (asset, None),
        Governed::All => return Err(Rejection::VaultUnknown),
    };
    let mut places = loans.loans().enumerate();
    let found = places.find(|(_, loan)| loan.asset == lent);
    let (place, loan) = found.ok_or(Rejection::VaultUnknown)?;
    let config = loan.cluster.config_of(LENDER)?;
    let caps = (config.supply_cap, config.borrow_cap);
    let kept = || match value {
        CAP_MAX => AmountCap(0),
        _ => {
            let unit = assets.get(usize::from(lent.0)).map_or(U256::ONE, unit);
            let rounding = if value > lever.value {
                Rounding::Floor
            } else {
                Rounding::Ceil
            };
            AmountCap::near(of_tokens(value, unit), rounding)
        }
    };
    let setting = match (lever.kind, held) {
        (kind, Some(held)) => ltv(&loan.cluster, loan.collateral(held)?, kind, bps(value))?,
        (LeverKind::SupplyCap, _) => Setting::Caps {
            supply: kept(),
            borrow: caps.1,
        },
        (LeverKind::BorrowCap, _) => Setting::Caps {
            supply: caps.0,
            borrow: kept(),
        },
        _ => Setting::MaxLiquidationDiscount(bps(value)),
    };
    Ok(LoanAction {
        loan: place,
        action: Action::Govern {
            vault: LENDER,
            setting,
        },
    })
}

/// A new loan-to-value. One for borrows leaves a fall on its way as it is.
fn ltv(cluster: &Cluster, collateral: VaultId, kind: LeverKind, value: Bps) -> Ruled<Setting> {
    let held = cluster.config_of(LENDER)?.ltv(collateral);
    let present = cluster.liquidation_ltv(LENDER, collateral)?;
    let (borrow, liquidation) = match kind {
        LeverKind::LoanToValue => (value, held.liquidation),
        _ => (held.borrow, value),
    };
    let left = held.target.seconds_since(cluster.now());
    let left = u32::try_from(left).unwrap_or(u32::MAX);
    let ramp = match kind {
        _ if liquidation >= present => 0,
        LeverKind::LoanToValue => left,
        _ => RAMP,
    };
    Ok(Setting::Ltv {
        collateral,
        borrow,
        liquidation,
        ramp,
    })
}
