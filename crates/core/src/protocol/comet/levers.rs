//! What governance may move: it deploys the contract's code anew with other numbers.
//!
//! The constructor asks for a borrow factor below the liquidate factor and for no factor above 1.
//! Factors have 4 decimals, caps are whole tokens of 64 bits.

use super::config::{CollateralConfig, Config};
use super::state::{Comet, offset};
use super::store_front::StoreFront;
use crate::protocol::{
    Asset, AssetId, Governed, Lever, LeverKind, in_bps, in_tokens, of_bps, of_tokens,
};
use crate::units::{Amount, Ratio, WAD};
use std::sync::Arc;

/// Everything, in basis points.
const WHOLE: u128 = 10_000;
/// Largest cap, in whole tokens.
const CAP_MAX: u128 = (1 << 64) - 1;

fn of_collateral(place: (AssetId, &Asset), listed: &CollateralConfig) -> [Lever; 4] {
    let place = (place.0, place.1.symbol.as_str());
    let factor = |factor: Ratio| in_bps(factor.0, WAD);
    let (lent, held) = (
        factor(listed.borrow_factor),
        factor(listed.liquidate_factor),
    );
    [
        Lever::of_asset(
            place,
            (LeverKind::LoanToValue, "borrow_factor"),
            lent,
            (0, held.saturating_sub(1)),
        ),
        Lever::of_asset(
            place,
            (LeverKind::LiquidationThreshold, "liquidate_factor"),
            held,
            (lent.saturating_add(1), WHOLE),
        ),
        Lever::of_asset(
            place,
            (LeverKind::AbsorptionCredit, "liquidation_factor"),
            factor(listed.liquidation_factor),
            (0, WHOLE),
        ),
        Lever::of_asset(
            place,
            (LeverKind::SupplyCap, "supply_cap"),
            in_tokens(listed.supply_cap.0, listed.scale()),
            (0, CAP_MAX),
        ),
    ]
}

/// The store-front's lever, then those of each collateral, by place in the list of assets.
pub(super) fn levers(front: &StoreFront, assets: &[Asset]) -> Vec<Lever> {
    let comet = front.comet();
    let mut levers = vec![Lever {
        name: "store_front_factor".to_owned(),
        kind: LeverKind::SaleDiscount,
        governs: Governed::All,
        value: in_bps(comet.config.store_front_factor.0, WAD),
        min: 0,
        max: WHOLE,
    }];
    for (place, asset) in (0..).map(AssetId).zip(assets) {
        if let Ok(listed) = comet.listing(front.contract_id(place)) {
            levers.extend(of_collateral((place, asset), listed));
        }
    }
    levers
}

impl Comet {
    /// Sets a lever of the whole, or of one of the contract's assets, within its bounds.
    pub(super) fn turn(&mut self, asset: Option<AssetId>, kind: LeverKind, value: u128) {
        let factor = Ratio(of_bps(value, WAD));
        let Some(asset) = asset else {
            self.config = Arc::new(Config {
                store_front_factor: factor,
                ..*self.config
            });
            return;
        };
        let listed = Arc::make_mut(&mut self.listed);
        let Some(held) = offset(asset).and_then(|at| listed.get_mut(at)) else {
            return;
        };
        match kind {
            LeverKind::LoanToValue => held.borrow_factor = factor,
            LeverKind::LiquidationThreshold => held.liquidate_factor = factor,
            LeverKind::AbsorptionCredit => held.liquidation_factor = factor,
            _ => held.supply_cap = Amount(of_tokens(value, held.scale())),
        }
    }
}
