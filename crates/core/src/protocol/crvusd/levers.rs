//! What the administrator of a market may move.
//!
//! The loan discount lies above the liquidation discount, which is at least 1 %, and is at most 50 %; the
//! fee lies between the factory's bounds and below four bands. A loan keeps the liquidation discount that
//! it has until its owner acts, so nobody becomes liquidatable by a new one. What the market may lend is
//! the factory's matter and is not followed here.

use super::action::Action;
use super::market::Market;
use super::math::quotient_or_zero;
use crate::protocol::{AssetId, Lever, LeverKind, in_bps, of_bps};
use crate::units::{U256, WAD};

/// Levers of one market.
pub(super) fn levers(market: &Market, place: (AssetId, &str)) -> [Lever; 3] {
    let rules = market.version().rules();
    let (controller, constants) = (market.controller(), market.constants());
    let loan = in_bps(controller.loan_discount, WAD);
    let liquidation = in_bps(controller.liquidation_discount, WAD);
    let [least, most] = rules.fee_bounds;
    let width = quotient_or_zero(
        U256::from(rules.bands_min).wrapping_mul(WAD),
        constants.upper,
    );
    let least = in_bps(least, WAD).saturating_add(1);
    let lever = |kind, name, value, bounds| Lever::of_asset(place, (kind, name), value, bounds);
    [
        lever(
            LeverKind::LoanDiscount,
            "loan_discount",
            loan,
            (
                liquidation.saturating_add(1),
                in_bps(rules.loan_discount_max, WAD),
            ),
        ),
        lever(
            LeverKind::LiquidationDiscount,
            "liquidation_discount",
            liquidation,
            (
                in_bps(rules.liquidation_discount_min, WAD),
                loan.saturating_sub(1),
            ),
        ),
        lever(
            LeverKind::ExchangeFee,
            "fee",
            in_bps(market.amm().fee, WAD),
            (least, in_bps(most.min(width), WAD)),
        ),
    ]
}

/// The administrator's call that sets a lever.
pub(super) fn call(market: &Market, kind: LeverKind, value: u128) -> Action {
    let value = of_bps(value, WAD);
    let controller = market.controller();
    match kind {
        LeverKind::LoanDiscount => Action::SetDiscounts {
            loan: value,
            liquidation: controller.liquidation_discount,
        },
        LeverKind::LiquidationDiscount => Action::SetDiscounts {
            loan: controller.loan_discount,
            liquidation: value,
        },
        _ => Action::SetFee { fee: value },
    }
}
