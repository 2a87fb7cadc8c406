//! Liquidation, step by step in the contract's order.

use super::number::{
    PANIC_RANGE, Round, add, div, mul, percent_div, percent_mul, ray_div, ray_mul, sub, ten, value,
    wad,
};
use super::{Account, Outcome, Reserve, Version, World};
use num_bigint::BigUint;

/// How a liquidator is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payout {
    /// In tokens.
    Underlying,
    /// In the borrower's claim on the pool.
    AToken,
}

/// What a liquidator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidationCall {
    /// Who pays and receives.
    pub liquidator: String,
    /// Whose position.
    pub borrower: String,
    /// What is seized.
    pub collateral: String,
    /// What is repaid.
    pub debt: String,
    /// At most so much, debt units.
    pub debt_to_cover: BigUint,
    /// How to be paid.
    pub payout: Payout,
}

/// What a liquidation did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Liquidation {
    /// Paid by the liquidator, debt units.
    pub debt_repaid: BigUint,
    /// Received by the liquidator, collateral units.
    pub collateral_seized: BigUint,
    /// Received by the treasury, collateral units.
    pub protocol_fee: BigUint,
    /// Received by the treasury, scaled.
    pub protocol_fee_scaled: BigUint,
    /// Debt written off: asset and amount, in the order of events.
    pub deficit_created: Vec<(String, BigUint)>,
    /// Before the call, wad.
    pub health_before: BigUint,
}

/// Sizes of a liquidation before anything moves.
struct Sizes {
    /// Debt units.
    repaid: BigUint,
    /// To the liquidator, collateral units.
    seized: BigUint,
    /// To the treasury, collateral units.
    fee: BigUint,
}

/// The two sides of a liquidation as they were found.
struct Pair {
    account: Account,
    /// The borrower's supply, collateral units.
    supply: BigUint,
    /// The borrower's debt, debt units.
    debt: BigUint,
    collateral_price: BigUint,
    debt_price: BigUint,
    collateral_decimals: u32,
    debt_decimals: u32,
    /// 10 000 plus the bonus, bps.
    bonus: u32,
    /// The treasury's share of the bonus, bps.
    fee: u32,
}

impl World {
    /// Repays debt of an unhealthy user and seizes collateral.
    pub fn liquidate(&mut self, call: &LiquidationCall) -> Outcome<Liquidation> {
        self.attempt(|world| world.do_liquidate(call))
    }

    fn do_liquidate(&mut self, call: &LiquidationCall) -> Outcome<Liquidation> {
        self.accrue_for_liquidation(call)?;
        let account = self.account(&call.borrower)?;
        self.require_liquidatable(call, &account)?;
        let pair = self.pair(call, account)?;
        let cover = self.max_cover(&pair)?.min(call.debt_to_cover.clone());
        let sizes = self.sizes(&pair, &cover)?;
        self.require_no_dust(&pair, &sizes)?;

        let index = self.income_index(&call.collateral)?;
        let none_left = self.mark_collateral(call, &pair, &sizes, &index)?;
        let mut told = Liquidation {
            debt_repaid: sizes.repaid.clone(),
            collateral_seized: sizes.seized.clone(),
            health_before: pair.account.health_factor.clone(),
            ..Liquidation::default()
        };
        self.settle_debt(call, &pair, &sizes, none_left, &mut told)?;
        self.settle_isolation(call, &sizes)?;
        self.pay_out(call, &pair, &sizes)?;
        self.pay_fee(call, &sizes, &mut told)?;
        if none_left && self.version >= Version::V33 {
            for asset in self.borrowed_by(&call.borrower) {
                self.write_off(&call.borrower, &asset, &mut told)?;
            }
        }
        self.pull(&call.liquidator, &call.debt, &sizes.repaid)?;
        Ok(told)
    }

    /// Which reserves are stored up to now. Up to 3.4 the collateral waits until it is burned.
    fn accrue_for_liquidation(&mut self, call: &LiquidationCall) -> Outcome<()> {
        let same = call.collateral == call.debt;
        match self.version {
            Version::V302 | Version::V33 | Version::V34 => self.accrue(&call.debt),
            Version::V35 | Version::V36 if same => self.accrue_with_double_share(&call.debt),
            _ => {
                self.accrue(&call.debt)?;
                self.accrue(&call.collateral)
            }
        }
    }

    fn require_liquidatable(&self, call: &LiquidationCall, account: &Account) -> Outcome<()> {
        let collateral = self.reserve(&call.collateral)?;
        let debt = self.reserve(&call.debt)?;
        let health = &account.health_factor;
        let limit = wad() * 95u32 / 100u32;
        if self.version >= Version::V34 && call.borrower == call.liquidator {
            return Err("SELF_LIQUIDATION");
        }
        if !collateral.active || !debt.active {
            return Err("RESERVE_INACTIVE");
        }
        if collateral.paused || debt.paused {
            return Err("RESERVE_PAUSED");
        }
        if *health >= limit && !self.sentinel_allows() {
            return Err("PRICE_ORACLE_SENTINEL_CHECK_FAILED");
        }
        let in_grace = |reserve: &Reserve| reserve.grace_until >= self.now;
        if self.version >= Version::V33 && (in_grace(collateral) || in_grace(debt)) {
            return Err("LIQUIDATION_GRACE_SENTINEL_CHECK_FAILED");
        }
        if *health >= wad() {
            return Err("HEALTH_FACTOR_NOT_BELOW_THRESHOLD");
        }
        let counted = self.version >= Version::V36 || collateral.liquidation_threshold != 0;
        if !counted
            || !self
                .position(&call.borrower, &call.collateral)
                .is_collateral
        {
            return Err("COLLATERAL_CANNOT_BE_LIQUIDATED");
        }
        if self.debt_of(&call.borrower, &call.debt)? == BigUint::ZERO {
            return Err("SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER");
        }
        Ok(())
    }

    fn pair(&self, call: &LiquidationCall, account: Account) -> Outcome<Pair> {
        let collateral = self.reserve(&call.collateral)?;
        let debt = self.reserve(&call.debt)?;
        let category = self.emode_of(&call.borrower);
        let emode = self.emode(category);
        let member = self.is_emode_collateral(category, &call.collateral)?;
        let mut collateral_price = collateral.price.clone();
        let mut debt_price = debt.price.clone();
        if self.version == Version::V302
            && category != 0
            && let Some(source) = emode.price
        {
            if member {
                collateral_price = source.clone();
            }
            debt_price = source;
        }
        Ok(Pair {
            account,
            supply: self.supply_of(&call.borrower, &call.collateral)?,
            debt: self.debt_of(&call.borrower, &call.debt)?,
            collateral_price,
            debt_price,
            collateral_decimals: collateral.decimals,
            debt_decimals: debt.decimals,
            bonus: if member {
                emode.liquidation_bonus
            } else {
                collateral.liquidation_bonus
            },
            fee: collateral.protocol_fee,
        })
    }

    /// Most debt that one call may repay.
    fn max_cover(&self, pair: &Pair) -> Outcome<BigUint> {
        let nearly_healthy = pair.account.health_factor > wad() * 95u32 / 100u32;
        if self.version == Version::V302 {
            let share = if nearly_healthy { 5_000 } else { 10_000 };
            return percent_mul(&pair.debt, share, Round::HalfUp);
        }
        let large = ten(8) * 2_000u32;
        let debt_value = self.debt_value(pair, &pair.debt)?;
        let supply_value = Self::supply_value(pair, &pair.supply)?;
        if supply_value >= large && debt_value >= large && nearly_healthy {
            let half = percent_mul(&pair.account.debt, 5_000, Round::HalfUp)?;
            if debt_value > half {
                return div(&mul(&half, &ten(pair.debt_decimals))?, &pair.debt_price);
            }
        }
        Ok(pair.debt.clone())
    }

    fn debt_value(&self, pair: &Pair, amount: &BigUint) -> Outcome<BigUint> {
        let round = self.version.debt_value();
        value(amount, &pair.debt_price, pair.debt_decimals, round)
    }

    fn supply_value(pair: &Pair, amount: &BigUint) -> Outcome<BigUint> {
        let decimals = pair.collateral_decimals;
        value(amount, &pair.collateral_price, decimals, Round::Floor)
    }

    /// How much is repaid, seized and kept.
    fn sizes(&self, pair: &Pair, cover: &BigUint) -> Outcome<Sizes> {
        let version = self.version;
        let (collateral_unit, debt_unit) = (ten(pair.collateral_decimals), ten(pair.debt_decimals));
        let base = div(
            &mul(&mul(&pair.debt_price, cover)?, &collateral_unit)?,
            &mul(&pair.collateral_price, &debt_unit)?,
        )?;
        let wanted = percent_mul(&base, pair.bonus, version.bonus())?;
        let (taken, repaid) = if wanted > pair.supply {
            let worth = div(
                &mul(&mul(&pair.collateral_price, &pair.supply)?, &debt_unit)?,
                &mul(&pair.debt_price, &collateral_unit)?,
            )?;
            let needed = percent_div(&worth, pair.bonus, version.debt_needed())?;
            (pair.supply.clone(), needed)
        } else {
            (wanted, cover.clone())
        };
        let fee = if pair.fee == 0 {
            BigUint::ZERO
        } else {
            let without = percent_div(&taken, pair.bonus, version.bonus_base())?;
            percent_mul(&sub(&taken, &without)?, pair.fee, version.protocol_fee())?
        };
        Ok(Sizes {
            seized: sub(&taken, &fee)?,
            repaid,
            fee,
        })
    }

    /// Since 3.3: what both sides keep must be worth something.
    fn require_no_dust(&self, pair: &Pair, sizes: &Sizes) -> Outcome<()> {
        let taken = add(&sizes.seized, &sizes.fee)?;
        if self.version == Version::V302 || sizes.repaid >= pair.debt || taken >= pair.supply {
            return Ok(());
        }
        let least = ten(8) * 1_000u32;
        let debt_left = self.debt_value(pair, &(&pair.debt - &sizes.repaid))?;
        let supply_left = Self::supply_value(pair, &(&pair.supply - &taken))?;
        if debt_left < least || supply_left < least {
            return Err("MUST_NOT_LEAVE_DUST");
        }
        Ok(())
    }

    /// Unmarks collateral that is used up and tells whether none of any worth is left.
    fn mark_collateral(
        &mut self,
        call: &LiquidationCall,
        pair: &Pair,
        sizes: &Sizes,
        index: &BigUint,
    ) -> Outcome<bool> {
        let taken = add(&sizes.seized, &sizes.fee)?;
        let version = self.version;
        let position = self.position_mut(&call.borrower, &call.collateral);
        if version < Version::V37 {
            if taken == pair.supply {
                position.is_collateral = false;
            }
            return Ok(Self::supply_value(pair, &taken)? == pair.account.collateral);
        }
        let seized = ray_div(&sizes.seized, index, Round::Ceil)?;
        let fee = ray_div(&sizes.fee, index, Round::Ceil)?;
        let consumed = add(&seized, &fee)?.min(position.supply.clone());
        let worth = Self::supply_value(pair, &ray_mul(&consumed, index, Round::Floor)?)?;
        let none_left = worth == pair.account.collateral;
        if consumed == position.supply || none_left {
            position.is_collateral = false;
        }
        Ok(none_left)
    }

    /// Burns the debt of the pair; without collateral left, all of it.
    fn settle_debt(
        &mut self,
        call: &LiquidationCall,
        pair: &Pair,
        sizes: &Sizes,
        none_left: bool,
        told: &mut Liquidation,
    ) -> Outcome<()> {
        if self.version == Version::V302 && sizes.repaid > pair.debt {
            return Err(PANIC_RANGE);
        }
        let write_off = none_left && self.version >= Version::V33;
        let burned = if write_off { &pair.debt } else { &sizes.repaid };
        self.burn_debt_amount(&call.borrower, &call.debt, burned)?;
        let rest = sub(&pair.debt, &sizes.repaid)?;
        if write_off && rest != BigUint::ZERO {
            self.reserve_mut(&call.debt)?.deficit += &rest;
            told.deficit_created.push((call.debt.clone(), rest.clone()));
        }
        let cleared = match self.version {
            Version::V302 => rest == BigUint::ZERO,
            Version::V33 => write_off || rest == BigUint::ZERO,
            _ => self.position(&call.borrower, &call.debt).debt == BigUint::ZERO,
        };
        if cleared {
            self.position_mut(&call.borrower, &call.debt).is_borrowing = false;
        }
        self.update_rates(&call.debt, &sizes.repaid, &BigUint::ZERO)
    }

    fn burn_debt_amount(&mut self, user: &str, asset: &str, amount: &BigUint) -> Outcome<()> {
        let index = self.reserve(asset)?.borrow_index.clone();
        let scaled = ray_div(amount, &index, self.version.debt_burn())?;
        self.burn_debt(user, asset, &scaled)
    }

    /// The count of debt against an isolated collateral: 3.0.2 asks whether the borrower is in
    /// isolation *after* the collateral may have been unmarked; later versions ask the asset.
    fn settle_isolation(&mut self, call: &LiquidationCall, sizes: &Sizes) -> Outcome<()> {
        let isolated = match self.version {
            Version::V302 => self.isolated_collateral(&call.borrower)?,
            Version::V37 => None,
            _ => {
                let capped = self.reserve(&call.collateral)?.debt_ceiling != BigUint::ZERO;
                capped.then(|| call.collateral.clone())
            }
        };
        match isolated {
            Some(collateral) => self.reduce_isolated_debt(&collateral, &call.debt, &sizes.repaid),
            None => Ok(()),
        }
    }

    fn pay_out(&mut self, call: &LiquidationCall, pair: &Pair, sizes: &Sizes) -> Outcome<()> {
        let round = self.version.supply_burn();
        if call.payout == Payout::Underlying {
            self.accrue(&call.collateral)?;
            self.update_rates(&call.collateral, &BigUint::ZERO, &sizes.seized)?;
            let index = self.reserve(&call.collateral)?.liquidity_index.clone();
            let scaled = ray_div(&sizes.seized, &index, round)?;
            self.burn_supply(&call.borrower, &call.collateral, &scaled)?;
            return self.push(&call.liquidator, &call.collateral, &sizes.seized);
        }
        let index = self.income_index(&call.collateral)?;
        let scaled = ray_div(&sizes.seized, &index, round)?;
        let had_none = if self.version <= Version::V33 {
            self.supply_of(&call.liquidator, &call.collateral)? == BigUint::ZERO
        } else {
            self.position(&call.liquidator, &call.collateral).supply == BigUint::ZERO
        };
        self.move_supply(&call.borrower, &call.liquidator, &call.collateral, &scaled)?;
        let emptied_itself = self.version == Version::V33
            && call.liquidator == call.borrower
            && add(&sizes.seized, &sizes.fee)? == pair.supply;
        if self.version <= Version::V35
            && (had_none || emptied_itself)
            && self.becomes_collateral_by_itself(&call.liquidator, &call.collateral)?
        {
            self.position_mut(&call.liquidator, &call.collateral)
                .is_collateral = true;
        }
        Ok(())
    }

    /// The treasury's share, at most what the borrower still has.
    fn pay_fee(
        &mut self,
        call: &LiquidationCall,
        sizes: &Sizes,
        told: &mut Liquidation,
    ) -> Outcome<()> {
        if sizes.fee == BigUint::ZERO {
            return Ok(());
        }
        let index = self.income_index(&call.collateral)?;
        let round = self.version.supply_burn();
        let left = self.position(&call.borrower, &call.collateral).supply;
        let mut amount = sizes.fee.clone();
        let mut scaled = ray_div(&amount, &index, round)?;
        if scaled > left {
            amount = ray_mul(&left, &index, self.version.supply_balance())?;
            scaled = if self.version >= Version::V35 {
                left
            } else {
                ray_div(&amount, &index, round)?
            };
        }
        let treasury = self.treasury.clone();
        self.move_supply(&call.borrower, &treasury, &call.collateral, &scaled)?;
        told.protocol_fee = amount;
        told.protocol_fee_scaled = scaled;
        Ok(())
    }

    /// Writes off a debt that no collateral stands behind. An inactive reserve is left alone.
    fn write_off(&mut self, user: &str, asset: &str, told: &mut Liquidation) -> Outcome<()> {
        if !self.reserve(asset)?.active {
            return Ok(());
        }
        self.accrue(asset)?;
        let owed = self.debt_of(user, asset)?;
        if owed != BigUint::ZERO {
            self.burn_debt_amount(user, asset, &owed)?;
            self.reserve_mut(asset)?.deficit += &owed;
            told.deficit_created.push((asset.to_owned(), owed.clone()));
        }
        let by_amount = self.version == Version::V33;
        let emptied = self.position(user, asset).debt == BigUint::ZERO;
        if by_amount || emptied || owed == BigUint::ZERO {
            self.position_mut(user, asset).is_borrowing = false;
        }
        self.update_rates(asset, &BigUint::ZERO, &BigUint::ZERO)
    }
}
