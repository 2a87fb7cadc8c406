//! A liquidation: checks, sizes, collateral, debt, and the write-off of what is left.

use super::SpokeId;
use super::draft::Draft;
use super::event::{Event, Liquidation};
use super::hub_operations::PremiumDelta;
use super::ledger::AccountData;
use super::math::{AmountRay, Ruled, fewer_shares, from_ray_up, ray_mul, sum};
use super::rejection::Rejection;
use super::sizing::{
    DebtToLiquidate, LiquidationAmounts, LiquidationParams, Remainder, leaves_deficit,
};
use super::spoke::{Reserve, ReserveConfig};
use super::version::Rules;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Bps, Index, Ratio, Rounding, Shares, U256};

/// The arguments of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiquidationCall {
    pub(super) liquidator: AccountId,
    pub(super) borrower: AccountId,
    pub(super) collateral: AssetId,
    pub(super) debt: AssetId,
    pub(super) debt_to_cover: Amount,
    pub(super) receive_shares: bool,
}

/// What decides whether a liquidation is allowed at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationCheck {
    /// Whose position.
    pub borrower: AccountId,
    /// Who pays.
    pub liquidator: AccountId,
    /// Switches of the collateral's reserve.
    pub collateral: ReserveConfig,
    /// Switches of the debt's reserve.
    pub debt: ReserveConfig,
    /// The borrower's supply of the collateral.
    pub supplied_shares: Shares,
    /// The borrower's drawn debt.
    pub drawn_shares: Shares,
    /// Most that the liquidator pays.
    pub debt_to_cover: Amount,
    /// Share of the collateral that counts.
    pub collateral_factor: Bps,
    /// Whether the supply counts as collateral.
    pub is_collateral: bool,
    /// The borrower's health factor.
    pub health: Ratio,
    /// Whether the liquidator takes shares.
    pub receive_shares: bool,
}

impl LiquidationCheck {
    /// Whether the liquidation is allowed.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self, rules: &Rules) -> Result<(), Rejection> {
        let shares = self.collateral.receive_shares && !self.collateral.frozen;
        let usable = self.collateral_factor.0 > 0 && self.is_collateral;
        let broken = [
            (self.borrower == self.liquidator, Rejection::SelfLiquidation),
            (self.debt_to_cover.is_zero(), Rejection::InvalidDebtToCover),
            (
                self.collateral.paused || self.debt.paused,
                Rejection::ReservePaused,
            ),
            (
                self.supplied_shares.is_zero(),
                Rejection::ReserveNotSupplied,
            ),
            (self.drawn_shares.is_zero(), Rejection::ReserveNotBorrowed),
            (
                self.health.0 >= rules.health_threshold,
                Rejection::HealthFactorNotBelowThreshold,
            ),
            (!usable, Rejection::ReserveNotEnabledAsCollateral),
            (
                self.receive_shares && !shares,
                Rejection::CannotReceiveShares,
            ),
        ];
        let first = broken.into_iter().find(|(broken, _)| *broken);
        first.map_or(Ok(()), |(_, rejection)| Err(rejection))
    }
}

/// The two reserves and what the sizes were computed from.
#[derive(Debug)]
struct Pair {
    spoke: SpokeId,
    collateral: Reserve,
    debt: Reserve,
    index: Index,
    data: AccountData,
}

/// What seizing the collateral came to.
#[derive(Debug)]
struct Seized {
    worth: Amount,
    paid_out: Amount,
    left: Remainder,
}

/// What repaying the debt came to.
#[derive(Debug)]
struct Repaid {
    amount: Amount,
    premium: PremiumDelta,
    left: Remainder,
}

impl Draft<'_> {
    pub(super) fn liquidate(&mut self, call: &LiquidationCall) -> Ruled<Liquidation> {
        let pair = self.pair(call)?;
        let params = self.params(call, &pair)?;
        let (rules, now) = (self.ledger.rules, self.ledger.now);
        let hub = self.ledger.asset(pair.collateral.asset)?;
        let amounts = params.amounts(rules, hub, now)?;
        let seized = self.seize(call, &pair, &amounts)?;
        let repaid = self.settle(call, &pair, &amounts.debt)?;
        let data = &pair.data;
        let deficit = leaves_deficit(
            seized.left,
            repaid.left,
            data.active_collaterals,
            data.borrows,
        );
        let liquidation = Liquidation {
            collateral: call.collateral,
            debt: call.debt,
            borrower: call.borrower,
            liquidator: call.liquidator,
            repaid: repaid.amount,
            seized: seized.worth,
            paid_out: seized.paid_out,
            amounts,
            premium: repaid.premium,
            leaves_deficit: deficit,
        };
        self.events.push(Event::Liquidated(liquidation));
        if deficit {
            self.write_off(call.borrower, pair.spoke)?;
        } else {
            self.refresh_risk_premium(call.borrower, pair.spoke)?;
        }
        Ok(liquidation)
    }

    fn pair(&self, call: &LiquidationCall) -> Ruled<Pair> {
        let ledger = &self.ledger;
        let collateral = ledger.reserve(call.collateral)?.clone();
        let spoke = collateral.spoke;
        let data = ledger.data(call.borrower, spoke)?;
        let debt = ledger.reserve(call.debt)?.clone();
        if debt.spoke != spoke {
            return Err(Rejection::ReserveNotListed);
        }
        let index = ledger.asset(debt.asset)?.drawn_index(ledger.now)?;
        Ok(Pair {
            spoke,
            collateral,
            debt,
            index,
            data,
        })
    }

    /// Checks the call and gathers what its size depends on.
    fn params(&self, call: &LiquidationCall, pair: &Pair) -> Ruled<LiquidationParams> {
        let ledger = &self.ledger;
        let held = ledger.position(call.borrower, call.collateral)?;
        let owed = ledger.position(call.borrower, call.debt)?;
        let premium_debt = owed.premium_debt(pair.index)?;
        let set = pair.collateral.dynamic(held.config_key);
        let check = LiquidationCheck {
            borrower: call.borrower,
            liquidator: call.liquidator,
            collateral: pair.collateral.config,
            debt: pair.debt.config,
            supplied_shares: held.supplied_shares(),
            drawn_shares: owed.drawn_shares(),
            debt_to_cover: call.debt_to_cover,
            collateral_factor: set.collateral_factor,
            is_collateral: held.is_collateral,
            health: pair.data.health,
            receive_shares: call.receive_shares,
        };
        check.check(ledger.rules)?;
        let how = ledger.spoke(pair.spoke)?.liquidation;
        Ok(LiquidationParams {
            supplied_shares: held.supplied_shares(),
            collateral_decimals: pair.collateral.decimals,
            collateral_price: ledger.price(call.collateral)?,
            drawn_shares: owed.drawn_shares(),
            premium_debt,
            drawn_index: pair.index,
            total_debt: pair.data.debt,
            debt_decimals: pair.debt.decimals,
            debt_price: ledger.price(call.debt)?,
            debt_to_cover: call.debt_to_cover,
            collateral_factor: set.collateral_factor,
            health_for_max_bonus: how.health_for_max_bonus,
            bonus_factor: how.bonus_factor,
            max_bonus: set.max_bonus,
            target_health: how.target_health,
            health: pair.data.health,
            fee: set.fee,
        })
    }

    /// Takes the collateral: to the liquidator as shares or tokens, to the fee receiver as shares.
    fn seize(
        &mut self,
        call: &LiquidationCall,
        pair: &Pair,
        amounts: &LiquidationAmounts,
    ) -> Ruled<Seized> {
        let (now, spoke, asset) = (self.ledger.now, pair.spoke, pair.collateral.asset);
        let (taken, own) = (amounts.collateral_shares, amounts.to_liquidator);
        let mut left = Remainder::Something;
        self.edit(call.borrower, call.collateral, |position| {
            position.supplied = fewer_shares(position.supplied, taken.0)?;
            left = Remainder::of(position.supplied);
            Ok(())
        })?;
        let hub = self.ledger.asset(asset)?;
        let worth = hub.preview_remove_by_shares(taken, now)?;
        let mut paid_out = Amount::ZERO;
        if !own.is_zero() && call.receive_shares {
            self.edit(call.liquidator, call.collateral, |position| {
                position.supply(own)
            })?;
        } else if !own.is_zero() {
            paid_out = hub.preview_remove_by_shares(own, now)?;
            self.asset_mut(asset)?.remove(spoke, paid_out, now)?;
            self.push(call.liquidator, asset, paid_out)?;
        }
        let fee = taken.minus(own)?;
        if !fee.is_zero() {
            self.asset_mut(asset)?.pay_fee_shares(spoke, fee, now)?;
        }
        Ok(Seized {
            worth,
            paid_out,
            left,
        })
    }

    /// Repays the debt with the liquidator's tokens.
    fn settle(
        &mut self,
        call: &LiquidationCall,
        pair: &Pair,
        debt: &DebtToLiquidate,
    ) -> Ruled<Repaid> {
        let (now, asset) = (self.ledger.now, pair.debt.asset);
        let owed = self.ledger.position(call.borrower, call.debt)?;
        let risk = self.ledger.account(call.borrower)?;
        let risk = U256::from(risk.risk_premium(pair.spoke));
        let premium = owed.premium_delta(debt.drawn_shares, pair.index, risk, debt.premium)?;
        let drawn = Amount(ray_mul(debt.drawn_shares.0, pair.index.0, Rounding::Ceil)?);
        let amount = Amount(sum(drawn.0, from_ray_up(debt.premium.0)?)?);
        self.pull(call.liquidator, asset, amount)?;
        let hub = self.asset_mut(asset)?;
        hub.restore(pair.spoke, drawn, &premium, now)?;
        let mut left = Remainder::Something;
        self.edit(call.borrower, call.debt, |position| {
            position.apply_premium(&premium)?;
            position.drawn = fewer_shares(position.drawn, debt.drawn_shares.0)?;
            left = Remainder::of(position.drawn);
            position.is_borrowing &= position.drawn != 0;
            Ok(())
        })?;
        Ok(Repaid {
            amount,
            premium,
            left,
        })
    }

    /// Reports every debt of the account on the spoke as a deficit of its hub asset.
    fn write_off(&mut self, id: AccountId, spoke: SpokeId) -> Ruled<()> {
        let account = self.account_mut(id)?;
        account.set_risk(spoke, 0);
        let debts: Vec<AssetId> = account
            .on(spoke)
            .filter(|position| position.is_borrowing)
            .map(|position| position.reserve)
            .collect();
        for reserve in debts {
            self.write_off_one(id, spoke, reserve)?;
        }
        self.events.push(Event::RiskPremiumSet {
            spoke,
            account: id,
            risk: 0,
        });
        Ok(())
    }

    fn write_off_one(&mut self, id: AccountId, spoke: SpokeId, reserve: AssetId) -> Ruled<()> {
        let now = self.ledger.now;
        let asset = self.ledger.reserve(reserve)?.asset;
        let index = self.ledger.asset(asset)?.drawn_index(now)?;
        let owed = self.ledger.position(id, reserve)?;
        let premium_owed: AmountRay = owed.premium_debt(index)?;
        let shares = owed.drawn_shares();
        let premium = owed.premium_delta(shares, index, U256::ZERO, premium_owed)?;
        let drawn = Amount(ray_mul(shares.0, index.0, Rounding::Ceil)?);
        let hub = self.asset_mut(asset)?;
        let (_, deficit) = hub.report_deficit(spoke, drawn, &premium, now)?;
        self.edit(id, reserve, |position| {
            position.apply_premium(&premium)?;
            position.drawn = fewer_shares(position.drawn, shares.0)?;
            position.is_borrowing = false;
            Ok(())
        })?;
        self.events.push(Event::DeficitReported {
            reserve,
            account: id,
            shares,
            deficit,
        });
        Ok(())
    }
}
