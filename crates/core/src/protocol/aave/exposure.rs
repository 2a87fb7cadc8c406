//! What the breach index needs: effective prices of each asset and linear bounds of an account.
//!
//! The bounds hold at any later prices and indexes; `docs/breach-index.md` says what they must
//! satisfy. Weights are in base currency × 10 000 (bps).

use super::account::Account;
use super::ledger::{Ledger, Source, account_data, counts, is_member, threshold_for};
use super::reserve::Reserve;
use super::version::{Membership, Threshold};
use crate::book::{EffectivePrices, Exposure, Look};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, BPS, Index, Price, RAY, Ratio, Rounding, U256, Value, WAD, mul_div};

impl Ledger {
    /// Price × index of each asset, both sides; behind the assets, one place for each pair of a
    /// category with its own price source and a member.
    pub(super) fn effective_prices(&self) -> EffectivePrices {
        let mut prices = EffectivePrices::default();
        let own = self.reserves.iter().map(|reserve| (reserve, reserve.price));
        let sourced = self.sourced().filter_map(|(mode, asset, price)| {
            let reserve = self.reserve(asset).ok()?;
            is_member(self, mode, asset)
                .ok()?
                .then_some((reserve, price))
        });
        for (reserve, price) in own.chain(sourced) {
            prices
                .collateral
                .push(effective(price, reserve.income, U256::ZERO));
            prices.debt.push(effective(price, reserve.owing, U256::MAX));
        }
        prices
    }

    /// Categories with their own price source, and their members, in a fixed order.
    fn sourced(&self) -> impl Iterator<Item = (u8, AssetId, Price)> + '_ {
        let by_reserve = self.rules.membership == Membership::ByReserve;
        let modes = self.e_modes.iter().filter(move |_| by_reserve);
        modes
            .filter_map(|(id, mode)| Some((*id, mode.price.filter(|price| !price.is_zero())?)))
            .flat_map(|(id, price)| {
                let assets = self.reserves.iter().enumerate();
                let members = assets.filter(move |(_, r)| r.config.e_mode_category == id);
                members
                    .filter_map(move |(at, _)| Some((id, AssetId(u16::try_from(at).ok()?), price)))
            })
    }

    /// Where an account's asset stands in the effective prices.
    fn slot(&self, category: u8, asset: AssetId) -> AssetId {
        if category == 0 || self.rules.membership != Membership::ByReserve {
            return asset;
        }
        let behind = self
            .sourced()
            .position(|(mode, of, _)| (mode, of) == (category, asset));
        let slot = behind.and_then(|behind| behind.checked_add(self.reserves.len()));
        slot.and_then(|slot| u16::try_from(slot).ok())
            .map_or(asset, AssetId)
    }

    /// What the exact rule says of one account.
    pub(super) fn look(&self, id: AccountId) -> Look {
        match self.account(id) {
            Ok(account) => self.look_at(account),
            Err(_) => Look::Gone,
        }
    }

    fn look_at(&self, account: &Account) -> Look {
        if !account.owes() || !self.has_seizable(account) {
            return Look::Gone;
        }
        match account_data(self, account) {
            Ok(data) if data.health_factor < Ratio(WAD) => Look::Breached,
            // Where the contract's own sum overflows nobody can liquidate; look again later.
            _ => Look::Healthy(self.exposure(account)),
        }
    }

    /// Whether there is collateral that a liquidation could seize.
    fn has_seizable(&self, account: &Account) -> bool {
        account.positions().iter().any(|position| {
            let counted = self
                .reserve(position.asset)
                .is_ok_and(|r| counts(self.rules, r));
            position.is_collateral && position.supply != 0 && counted
        })
    }

    /// Linear bounds of an account at the present effective prices.
    ///
    /// A balance differs from scaled · index by less than one wei, and indexes are at least 1, so
    /// one scaled unit less (more) bounds it from below (above) at all times. Each value is then
    /// off by less than one base unit, which is the slack.
    fn exposure(&self, account: &Account) -> Exposure {
        let mut exposure = Exposure::default();
        let truncated = self.rules.threshold == Threshold::TruncatedAverage;
        if truncated {
            exposure.slack = Value::from(5_000);
        }
        for position in account.positions() {
            let Ok(reserve) = self.reserve(position.asset) else {
                continue;
            };
            let slot = self.slot(account.e_mode, position.asset);
            let price = super::ledger::price_for(self, account.e_mode, position.asset);
            let price = price.unwrap_or_default();
            if position.is_collateral && counts(self.rules, reserve) {
                let threshold = threshold_for(self, account.e_mode, position.asset);
                let threshold = threshold.unwrap_or_default().wide();
                let weight = threshold.saturating_sub(U256::from(u8::from(truncated)));
                let shares = U256::from(position.supply.saturating_sub(1));
                let unit_price = effective(price, reserve.income, U256::ZERO);
                let worth = weigh(reserve, shares, weight, unit_price, Rounding::Floor);
                exposure.collateral = saturating(exposure.collateral, worth);
                exposure.collateral_assets.insert(slot);
                exposure.slack = saturating(exposure.slack, threshold);
            }
            if position.is_borrowing {
                let shares = U256::from(position.debt).saturating_add(U256::ONE);
                let unit_price = effective(price, reserve.owing, U256::MAX);
                let worth = weigh(reserve, shares, BPS, unit_price, Rounding::Ceil);
                exposure.debt = saturating(exposure.debt, worth);
                exposure.debt_assets.insert(slot);
                exposure.slack = saturating(exposure.slack, BPS);
            }
        }
        exposure
    }

    /// Everything that the breach index is built from.
    pub(super) fn looks(&self) -> impl Iterator<Item = (AccountId, Look)> + '_ {
        self.book
            .iter()
            .map(|(id, account)| (id, self.look_at(account)))
    }
}

fn saturating(sum: Value, more: U256) -> Value {
    Value(sum.0.saturating_add(more))
}

/// Price × index; `unknown` where that overflows.
fn effective(price: Price, index: Option<Index>, unknown: U256) -> U256 {
    index
        .and_then(|index| price.0.checked_mul(index.0))
        .unwrap_or(unknown)
}

/// `shares · weight · unit price ÷ (10^27 · 10^decimals)`; everything where it overflows upward.
fn weigh(
    reserve: &Reserve,
    shares: U256,
    weight: U256,
    unit_price: U256,
    rounding: Rounding,
) -> U256 {
    let scale = RAY.saturating_mul(reserve.unit);
    let overflow = match rounding {
        Rounding::Ceil => U256::MAX,
        _ => U256::ZERO,
    };
    if unit_price == U256::MAX {
        return overflow;
    }
    mul_div(shares.saturating_mul(weight), unit_price, scale, rounding).unwrap_or(overflow)
}

/// The whole supply and debt of an account as amounts, for views.
pub(super) fn amounts(ledger: &Ledger, account: &Account) -> Vec<crate::protocol::Holding> {
    let rules = ledger.rules;
    let amount = |shares, index: Option<_>, rounding| {
        index.and_then(|index| super::reserve::to_amount(shares, index, rounding).ok())
    };
    let holding = |position: &super::Position| {
        let reserve = ledger.reserve(position.asset).ok()?;
        Some(crate::protocol::Holding {
            asset: position.asset,
            collateral: amount(
                position.supply_shares(),
                reserve.income,
                rules.supply_balance,
            )
            .unwrap_or(Amount::MAX),
            enabled: position.is_collateral,
            debt: amount(position.debt_shares(), reserve.owing, rules.debt_balance)
                .unwrap_or(Amount::MAX),
        })
    };
    account.positions().iter().filter_map(holding).collect()
}
