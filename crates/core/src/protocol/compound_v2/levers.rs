//! What governance may move, within the Comptroller's own bounds.
//!
//! Collateral factor at most 90 %, and none above zero without a price; close factor above 5 % and at
//! most 90 %; incentive from 100 % to 150 %; reserve factor at most 100 %, after the market has accrued;
//! borrow caps of any size, 0 being none.

use super::Pool;
use super::action::Action;
use super::math::Ruled;
use super::rejection::Rejection;
use crate::protocol::{AssetId, Governed, Lever, LeverKind, in_bps, in_tokens, of_bps, of_tokens};
use crate::units::{Amount, Ratio, U256, WAD, pow10};
use std::sync::Arc;

/// Largest borrow cap told, in whole tokens.
const CAP_MAX: u128 = (1 << 64) - 1;

impl Pool {
    /// Levers of the Comptroller, then of every market.
    pub(super) fn levers(&self) -> Vec<Lever> {
        let own = |kind, name: &str, value: Ratio, (min, max)| Lever {
            name: name.to_owned(),
            kind,
            governs: Governed::All,
            value: in_bps(value.0, WAD),
            min,
            max,
        };
        let ledger = &self.ledger;
        let mut levers = vec![
            own(
                LeverKind::CloseFactor,
                "close_factor",
                ledger.close_factor,
                (501, 9_000),
            ),
            own(
                LeverKind::LiquidationBonus,
                "liquidation_incentive",
                ledger.liquidation_incentive,
                (10_000, 15_000),
            ),
        ];
        for id in (0..).map(AssetId).take(ledger.assets.len()) {
            levers.extend(self.market_levers(id).into_iter().flatten());
        }
        levers
    }

    fn unit(&self, id: AssetId) -> U256 {
        let listed = self.ledger.assets.get(usize::from(id.0));
        let unit = listed.and_then(|asset| pow10(asset.decimals).ok());
        unit.unwrap_or(U256::ONE)
    }

    fn market_levers(&self, id: AssetId) -> Option<[Lever; 3]> {
        let config = self.market(id)?.config;
        let place = (
            id,
            self.ledger.assets.get(usize::from(id.0))?.symbol.as_str(),
        );
        let cap = match in_tokens(config.borrow_cap.0, self.unit(id)) {
            _ if config.borrow_cap.is_zero() => CAP_MAX,
            tokens => tokens.min(CAP_MAX),
        };
        Some([
            Lever::of_asset(
                place,
                (LeverKind::LiquidationThreshold, "collateral_factor"),
                in_bps(config.collateral_factor.0, WAD),
                (0, 9_000),
            ),
            Lever::of_asset(
                place,
                (LeverKind::ReserveFactor, "reserve_factor"),
                in_bps(config.reserve_factor.0, WAD),
                (0, 10_000),
            ),
            Lever::of_asset(
                place,
                (LeverKind::BorrowCap, "borrow_cap"),
                cap,
                (1, CAP_MAX),
            ),
        ])
    }

    /// Sets a lever within its bounds; all or nothing.
    pub(super) fn turn(&mut self, lever: &Lever, value: u128) -> Ruled<()> {
        let share = Ratio(of_bps(value, WAD));
        match (lever.kind, lever.governs) {
            (LeverKind::CloseFactor, _) => self.ledger.close_factor = share,
            (LeverKind::LiquidationBonus, _) => self.ledger.liquidation_incentive = share,
            (kind, Governed::Asset(market)) => {
                let unpriced = self.ledger.market(market)?.price.is_zero();
                if kind == LeverKind::LiquidationThreshold && unpriced && value > 0 {
                    return Err(Rejection::PriceError);
                }
                if kind == LeverKind::ReserveFactor {
                    self.apply(&Action::AccrueInterest { market })?;
                }
                let cap = of_tokens(value, self.unit(market));
                let markets = Arc::make_mut(&mut self.ledger.markets);
                let held = markets.get_mut(usize::from(market.0));
                let config = &mut held.ok_or(Rejection::MarketUnknown)?.config;
                match kind {
                    LeverKind::LiquidationThreshold => config.collateral_factor = share,
                    LeverKind::ReserveFactor => config.reserve_factor = share,
                    _ if value == CAP_MAX => config.borrow_cap = Amount::ZERO,
                    _ => config.borrow_cap = Amount(cap),
                }
            }
            _ => {}
        }
        Ok(())
    }
}
