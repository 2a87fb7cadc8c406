//! What a risk steward may move of a reserve, and the rules of the configurator.
//!
//! For collateral: loan-to-value ≤ threshold; bonus above 100 %; threshold · bonus, rounded to the
//! nearest basis point, ≤ 100 %, so that a liquidation at the threshold is paid for in full. Caps are
//! whole tokens in 36 bits, and 0 is none. A reserve that is no collateral becomes none here: its three
//! terms must be set at once. The loan-to-value of a frozen reserve stays, as the configurator keeps a new
//! one aside until then. Accounts in a category go by the category's own terms, which stay.

use super::draft::Draft;
use super::ledger::Ledger;
use super::math::Ruled;
use super::reserve::{Flow, ReserveConfig};
use crate::protocol::{AssetId, Governed, Lever, LeverKind};
use crate::units::{Amount, Bps, U256};

/// Largest cap of a reserve, in whole tokens.
const CAP_MAX: u128 = (1 << 36) - 1;
/// Everything, in basis points.
const WHOLE: u128 = 10_000;
/// Largest product of threshold and bonus that is still rounded to 100 %.
const PRODUCT_MAX: u128 = 100_004_999;

impl Ledger {
    /// Levers of every reserve, by asset.
    pub(super) fn levers(&self) -> Vec<Lever> {
        let listed = (0..).map(AssetId).zip(self.assets.iter());
        let reserves = listed.zip(self.reserves.iter());
        let levers = reserves.flat_map(|((asset, listed), reserve)| {
            let config = &reserve.config;
            let terms = terms(config).into_iter().flatten();
            terms
                .chain(shares_and_caps(config))
                .map(move |(kind, name, value, bounds)| {
                    let place = (asset, listed.symbol.as_str());
                    Lever::of_asset(place, (kind, name), value, bounds)
                })
        });
        levers.collect()
    }
}

type Row = (LeverKind, &'static str, u128, (u128, u128));

/// The three terms of collateral, each within what the two others leave.
fn terms(config: &ReserveConfig) -> Option<[Row; 3]> {
    let lent = u128::from(config.loan_to_value.0);
    let threshold = u128::from(config.liquidation_threshold.0);
    let bonus = u128::from(config.liquidation_bonus.0);
    let threshold_max = PRODUCT_MAX.checked_div(bonus)?.min(WHOLE);
    let lent_bounds = if config.frozen {
        (lent, lent)
    } else {
        (0, threshold)
    };
    let bonus_max = PRODUCT_MAX.checked_div(threshold)?.min(u16::MAX.into());
    Some([
        (LeverKind::LoanToValue, "loan_to_value", lent, lent_bounds),
        (
            LeverKind::LiquidationThreshold,
            "liquidation_threshold",
            threshold,
            (lent.max(1), threshold_max),
        ),
        (
            LeverKind::LiquidationBonus,
            "liquidation_bonus",
            bonus,
            (WHOLE.saturating_add(1), bonus_max),
        ),
    ])
}

fn shares_and_caps(config: &ReserveConfig) -> [Row; 4] {
    let cap = |amount: Amount| match u128::try_from(amount.0) {
        Ok(tokens) if tokens > 0 => tokens.min(CAP_MAX),
        _ => CAP_MAX,
    };
    [
        (
            LeverKind::ProtocolFee,
            "protocol_fee",
            config.protocol_fee.0.into(),
            (0, WHOLE),
        ),
        (
            LeverKind::ReserveFactor,
            "reserve_factor",
            config.reserve_factor.0.into(),
            (0, WHOLE),
        ),
        (
            LeverKind::SupplyCap,
            "supply_cap",
            cap(config.supply_cap),
            (1, CAP_MAX),
        ),
        (
            LeverKind::BorrowCap,
            "borrow_cap",
            cap(config.borrow_cap),
            (1, CAP_MAX),
        ),
    ]
}

impl Draft<'_> {
    /// Sets a lever within its bounds.
    pub(super) fn turn(&mut self, lever: &Lever, value: u128) -> Ruled<()> {
        let Governed::Asset(asset) = lever.governs else {
            return Ok(());
        };
        if lever.kind == LeverKind::ReserveFactor {
            return self.set_reserve_factor(asset, bps(value));
        }
        let config = &mut self.reserve_mut(asset)?.config;
        let cap = if value == CAP_MAX { 0 } else { value };
        match lever.kind {
            LeverKind::LoanToValue => config.loan_to_value = bps(value),
            LeverKind::LiquidationThreshold => config.liquidation_threshold = bps(value),
            LeverKind::LiquidationBonus => config.liquidation_bonus = bps(value),
            LeverKind::ProtocolFee => config.protocol_fee = bps(value),
            LeverKind::SupplyCap => config.supply_cap = Amount(U256::from(cap)),
            LeverKind::BorrowCap => config.borrow_cap = Amount(U256::from(cap)),
            _ => {}
        }
        Ok(())
    }

    /// Interest so far is shared by the old factor where the version stores it first.
    fn set_reserve_factor(&mut self, asset: AssetId, factor: Bps) -> Ruled<()> {
        let stores = self.rules().factor_stores_interest.on();
        if stores {
            self.accrue(asset)?;
        }
        self.reserve_mut(asset)?.config.reserve_factor = factor;
        if stores {
            self.update_rates(asset, Flow::default())?;
        }
        Ok(())
    }
}

fn bps(value: u128) -> Bps {
    Bps(u16::try_from(value).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Timestamp;

    fn config(terms: (u16, u16, u16), frozen: bool) -> ReserveConfig {
        let (lent, threshold, bonus) = terms;
        ReserveConfig {
            decimals: 18,
            loan_to_value: Bps(lent),
            liquidation_threshold: Bps(threshold),
            liquidation_bonus: Bps(bonus),
            reserve_factor: Bps(1_000),
            protocol_fee: Bps(1_000),
            active: true,
            frozen,
            paused: false,
            borrowing_enabled: true,
            borrowable_in_isolation: false,
            siloed: false,
            debt_ceiling: Amount::ZERO,
            supply_cap: Amount::ZERO,
            borrow_cap: Amount::new(7),
            e_mode_category: 0,
            grace_until: Timestamp(0),
        }
    }

    #[test]
    fn terms_leave_each_other_room() {
        let bounds = |terms_of: (u16, u16, u16), frozen| {
            let rows = terms(&config(terms_of, frozen));
            rows.map(|rows| rows.map(|(_, _, _, bounds)| bounds))
        };
        let usual = [(0, 8_000), (7_500, 9_524), (10_001, 12_500)];
        assert_eq!(bounds((7_500, 8_000, 10_500), false), Some(usual));
        let frozen = [(0, 0), (1, 9_524), (10_001, 12_500)];
        assert_eq!(bounds((0, 8_000, 10_500), true), Some(frozen));
        assert_eq!(bounds((0, 0, 0), false), None, "no collateral");
    }

    #[test]
    fn no_cap_is_the_largest() {
        let [.., supply, borrow] = shares_and_caps(&config((0, 0, 0), false));
        assert_eq!((supply.2, borrow.2), (CAP_MAX, 7));
    }
}
