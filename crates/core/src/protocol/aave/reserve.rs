//! One listed asset: parameters, ledger, interest.

use super::math::{
    Ruled, bps_mul, cast, percent_mul, product, quotient, ray_div, ray_mul, stored_sum, sum,
};
use super::rejection::Rejection;
use super::unit_worth::{Scale, UnitWorth};
use super::version::{Cash, Compounding, Rules, TreasuryInterest};
use crate::units::{
    Amount, BPS, Bps, Index, Price, RAY, Rate, Rounding, Shares, Timestamp, U256, Value, YEAR,
    checked_mul_div, checked_mul_div_by, mul,
};

/// Parameters of a reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReserveConfig {
    /// Decimals of the token; at most 38.
    pub decimals: u8,
    /// Borrowing power of a supply.
    pub loan_to_value: Bps,
    /// Weight of a supply in the health factor.
    pub liquidation_threshold: Bps,
    /// 10 000 plus the bonus.
    pub liquidation_bonus: Bps,
    /// The treasury's share of interest.
    pub reserve_factor: Bps,
    /// The treasury's share of the liquidation bonus.
    pub protocol_fee: Bps,
    /// Whether the reserve works at all.
    pub active: bool,
    /// Whether new supplies and borrows are refused.
    pub frozen: bool,
    /// Whether everything is refused.
    pub paused: bool,
    /// Whether it can be borrowed.
    pub borrowing_enabled: bool,
    /// Whether it can be borrowed against isolated collateral.
    pub borrowable_in_isolation: bool,
    /// Whether it must be an account's single debt.
    pub siloed: bool,
    /// Most debt against it as isolated collateral, in hundredths of a whole token; 0: no isolation.
    pub debt_ceiling: Amount,
    /// Whole tokens; 0 is without a cap.
    pub supply_cap: Amount,
    /// Whole tokens; 0 is without a cap.
    pub borrow_cap: Amount,
    /// The reserve's one category; 0 is none. Read by versions in which reserves name it.
    pub e_mode_category: u8,
    /// Liquidation needs a later time than this.
    pub grace_until: Timestamp,
}

/// The interest-rate curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateStrategy {
    /// Usage at the kink, ray.
    pub optimal_usage: Rate,
    /// Rate at no usage.
    pub base: Rate,
    /// Added up to the kink.
    pub slope1: Rate,
    /// Added from the kink to full usage.
    pub slope2: Rate,
}

/// The ledger of a reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReserveState {
    /// Growth of a supply, as last stored.
    pub liquidity_index: Index,
    /// Growth of a debt, as last stored.
    pub borrow_index: Index,
    /// Yearly rate paid to suppliers.
    pub liquidity_rate: Rate,
    /// Yearly rate paid by borrowers.
    pub borrow_rate: Rate,
    /// When the indexes were stored.
    pub last_update: Timestamp,
    /// Scaled supply that the treasury has yet to receive.
    pub accrued_to_treasury: Shares,
    /// All scaled supply.
    pub total_supply: Shares,
    /// All scaled debt.
    pub total_debt: Shares,
    /// The pool's own count of its tokens.
    pub virtual_balance: Amount,
    /// Tokens that the pool really holds.
    pub available: Amount,
    /// Debt written off and not yet covered.
    pub deficit: Amount,
    /// Debt against this isolated collateral, in hundredths of a whole token.
    pub isolated_debt: Amount,
}

impl ReserveState {
    /// An empty ledger that begins now.
    pub fn fresh(now: Timestamp) -> Self {
        Self {
            liquidity_index: Index(RAY),
            borrow_index: Index(RAY),
            liquidity_rate: Rate::ZERO,
            borrow_rate: Rate::ZERO,
            last_update: now,
            accrued_to_treasury: Shares::ZERO,
            total_supply: Shares::ZERO,
            total_debt: Shares::ZERO,
            virtual_balance: Amount::ZERO,
            available: Amount::ZERO,
            deficit: Amount::ZERO,
            isolated_debt: Amount::ZERO,
        }
    }
}

/// One listed asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// Parameters.
    pub config: ReserveConfig,
    /// The curve.
    pub strategy: RateStrategy,
    /// The oracle's answer.
    pub price: Price,
    /// The ledger.
    pub state: ReserveState,
    /// 10^decimals.
    pub(super) unit: U256,
    /// What a scaled unit's worth is measured in.
    pub(super) scale: Option<Scale>,
    /// Growth of a supply at the present time; nothing where it overflows.
    pub(super) income: Option<Index>,
    /// Growth of a debt at the present time; nothing where it overflows.
    pub(super) owing: Option<Index>,
    /// Worth of a scaled unit of supply at the present price and time, where it is known.
    pub(super) supply_worth: Option<UnitWorth>,
    /// Worth of a scaled unit of debt at the present price and time, where it is known.
    pub(super) debt_worth: Option<UnitWorth>,
}

/// Tokens that come in and go out in one rate update.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    pub(super) added: Amount,
    pub(super) taken: Amount,
}

impl Reserve {
    /// Growth of a supply at the present time, stored or not.
    pub(super) fn income_index(&self) -> Ruled<Index> {
        self.income.ok_or(Rejection::EmptyRevert)
    }

    /// Growth of a debt at the present time, stored or not.
    pub(super) fn debt_index(&self) -> Ruled<Index> {
        self.owing.ok_or(Rejection::EmptyRevert)
    }

    /// Recomputes the present indexes for a new time.
    pub(super) fn look_ahead(&mut self, rules: &Rules, now: Timestamp) {
        let seconds = now.seconds_since(self.state.last_update);
        if seconds == 0 {
            self.income = Some(self.state.liquidity_index);
            self.owing = Some(self.state.borrow_index);
            return;
        }
        self.income = grown(
            linear(self.state.liquidity_rate, seconds),
            self.state.liquidity_index,
        );
        // Without debt nobody's balance depends on it, and accrual will leave the index alone.
        self.owing = if self.state.total_debt.is_zero() {
            Some(self.state.borrow_index)
        } else {
            grown(
                compounded(rules, self.state.borrow_rate, seconds),
                self.state.borrow_index,
            )
        };
    }

    /// Measures the worth of scaled units at the present price and indexes, which no action moves.
    pub(super) fn measure(&mut self) {
        let (price, scale) = (self.price, self.scale);
        let worth = |index: Option<Index>| {
            let effective = mul(price.0, index?.0).ok()?;
            UnitWorth::new(effective, scale?)
        };
        self.supply_worth = worth(self.income);
        self.debt_worth = worth(self.owing);
    }

    /// Stores the indexes of now and tells the treasury's share, in scaled units.
    pub(super) fn accrue(&mut self, rules: &Rules, now: Timestamp) -> Ruled<Shares> {
        if self.state.last_update == now {
            return Ok(Shares::ZERO);
        }
        let before = (self.state.borrow_index, self.state.total_debt);
        if !self.state.liquidity_rate.is_zero() {
            self.state.liquidity_index = self.income_index()?;
            cast(self.state.liquidity_index.0)?;
        }
        if !self.state.total_debt.is_zero() {
            self.state.borrow_index = self.debt_index()?;
            cast(self.state.borrow_index.0)?;
        }
        let share = self.treasury_share(rules, before.0, before.1)?;
        self.accrue_to_treasury(share)?;
        self.state.last_update = now;
        self.income = Some(self.state.liquidity_index);
        self.owing = Some(self.state.borrow_index);
        Ok(share)
    }

    /// Counts scaled supply that the treasury has yet to receive.
    pub(super) fn accrue_to_treasury(&mut self, share: Shares) -> Ruled<()> {
        let accrued = stored_sum(self.state.accrued_to_treasury.0, share.0)?;
        self.state.accrued_to_treasury = Shares(accrued);
        Ok(())
    }

    fn treasury_share(&self, rules: &Rules, old: Index, debt: Shares) -> Ruled<Shares> {
        if self.config.reserve_factor.0 == 0 {
            return Ok(Shares::ZERO);
        }
        let new = self.state.borrow_index;
        let interest = match rules.treasury_interest {
            TreasuryInterest::BalanceDifference => {
                let after = to_amount(debt, new, Rounding::HalfUp)?;
                after.minus(to_amount(debt, old, Rounding::HalfUp)?)?
            }
            TreasuryInterest::IndexDifference => to_amount(debt, new.minus(old)?, Rounding::Floor)?,
        };
        let share = percent_mul(interest.0, self.config.reserve_factor, Rounding::HalfUp)?;
        if share.is_zero() {
            return Ok(Shares::ZERO);
        }
        to_shares(Amount(share), self.state.liquidity_index, rules.supply_mint)
    }

    /// Sets the rates after tokens come in or go out, and counts them.
    pub(super) fn update_rates(&mut self, rules: &Rules, flow: Flow) -> Ruled<()> {
        let debt = to_amount(
            self.state.total_debt,
            self.state.borrow_index,
            rules.debt_balance,
        )?;
        let held = match rules.cash {
            Cash::Real => self.state.available,
            Cash::Virtual => self.state.virtual_balance,
        };
        if debt.is_zero() {
            self.state.liquidity_rate = Rate::ZERO;
            self.state.borrow_rate = self.strategy.base;
        } else {
            let cash = held.plus(flow.added)?.minus(flow.taken)?;
            let usage = ray_div(debt.0, cash.plus(debt)?.0, Rounding::HalfUp)?;
            self.state.borrow_rate = self.strategy.borrow_rate(usage)?;
            self.state.liquidity_rate = self.liquidity_rate(rules, debt, cash, usage)?;
        }
        cast(self.state.liquidity_rate.0)?;
        cast(self.state.borrow_rate.0)?;
        if rules.cash == Cash::Virtual {
            let counted = Amount(stored_sum(self.state.virtual_balance.0, flow.added.0)?);
            cast(flow.taken.0)?;
            self.state.virtual_balance = counted.minus(flow.taken)?;
        }
        Ok(())
    }

    /// What suppliers get of the borrowers' interest; a deficit dilutes it.
    fn liquidity_rate(
        &self,
        rules: &Rules,
        debt: Amount,
        cash: Amount,
        usage: U256,
    ) -> Ruled<Rate> {
        let usage = if self.state.deficit.is_zero() {
            usage
        } else {
            let claims = cash.plus(debt)?.plus(self.state.deficit)?;
            ray_div(debt.0, claims.0, Rounding::HalfUp)?
        };
        let paid = if rules.averaged_rate.on() {
            averaged_rate(debt, self.state.borrow_rate)?
        } else {
            self.state.borrow_rate
        };
        let kept = BPS
            .checked_sub(self.config.reserve_factor.wide())
            .ok_or(Rejection::Panic0x11)?;
        let gross = ray_mul(paid.0, usage, Rounding::HalfUp)?;
        Ok(Rate(bps_mul(gross, kept, Rounding::HalfUp)?))
    }

    /// Value of an amount in the base currency at a price.
    pub(super) fn value(&self, amount: Amount, price: Price, rounding: Rounding) -> Ruled<Value> {
        worth(amount, price, self.unit, rounding)
    }
}

impl RateStrategy {
    /// The borrowers' rate at a usage, in ray.
    fn borrow_rate(&self, usage: U256) -> Ruled<Rate> {
        let optimal = self.optimal_usage.0;
        if usage > optimal {
            let room = RAY.checked_sub(optimal).ok_or(Rejection::Panic0x11)?;
            let excess = ray_div(usage.saturating_sub(optimal), room, Rounding::HalfUp)?;
            let steep = ray_mul(self.slope2.0, excess, Rounding::HalfUp)?;
            return Ok(self.base.plus(self.slope1)?.plus(Rate(steep))?);
        }
        let flat = ray_mul(self.slope1.0, usage, Rounding::HalfUp)?;
        Ok(self
            .base
            .plus(Rate(ray_div(flat, optimal, Rounding::HalfUp)?))?)
    }
}

/// The average over two kinds of debt of which one is empty: the rate itself but for roundings,
/// which show in very small debts.
fn averaged_rate(debt: Amount, rate: Rate) -> Ruled<Rate> {
    let scale = U256::from(1_000_000_000u64);
    let debt = debt.0.checked_mul(scale).ok_or(Rejection::EmptyRevert)?;
    let weighted = ray_mul(debt, rate.0, Rounding::HalfUp)?;
    Ok(Rate(ray_div(weighted, debt, Rounding::HalfUp)?))
}

/// Growth of a supply over `seconds`, without compounding.
fn linear(rate: Rate, seconds: u64) -> Ruled<U256> {
    let interest = checked_mul_div(rate.0, U256::from(seconds), YEAR, Rounding::Floor)?;
    sum(RAY, interest)
}

/// Growth of a debt over `seconds`: the first terms of a series.
fn compounded(rules: &Rules, rate: Rate, seconds: u64) -> Ruled<U256> {
    let first = checked_mul_div(rate.0, U256::from(seconds), YEAR, Rounding::Floor)?;
    match rules.compounding {
        Compounding::Exponential => {
            let sixth = ray_mul(first, quotient(first, U256::from(6u8))?, Rounding::HalfUp)?;
            let half = sum(first.wrapping_shr(1), sixth)?;
            sum(sum(RAY, first)?, ray_mul(first, half, Rounding::HalfUp)?)
        }
        Compounding::Binomial => {
            let year_squared = product(YEAR, YEAR)?;
            let square = ray_mul(rate.0, rate.0, Rounding::HalfUp)?;
            let square = quotient(square, year_squared)?;
            let cube = ray_mul(square, rate.0, Rounding::HalfUp)?;
            let cube = quotient(cube, YEAR)?;
            let (two, three) = (seconds.saturating_sub(1), seconds.saturating_sub(2));
            let pairs = product(U256::from(seconds), U256::from(two))?;
            let second = product(pairs, square)?.wrapping_shr(1);
            let triples = product(pairs, U256::from(three))?;
            let third = quotient(product(triples, cube)?, U256::from(6u8))?;
            sum(sum(sum(RAY, first)?, second)?, third)
        }
    }
}

fn grown(growth: Ruled<U256>, index: Index) -> Option<Index> {
    ray_mul(growth.ok()?, index.0, Rounding::HalfUp)
        .ok()
        .map(Index)
}

/// Scaled units to an amount.
pub(super) fn to_amount(shares: Shares, index: Index, rounding: Rounding) -> Ruled<Amount> {
    Ok(Amount(ray_mul(shares.0, index.0, rounding)?))
}

/// An amount to scaled units.
pub(super) fn to_shares(amount: Amount, index: Index, rounding: Rounding) -> Ruled<Shares> {
    Ok(Shares(ray_div(amount.0, index.0, rounding)?))
}

/// Value of an amount at a price, in the base currency.
///
/// Rounding down is the contract's operators, rounding up its library: they refuse differently.
pub(super) fn worth(amount: Amount, price: Price, unit: U256, rounding: Rounding) -> Ruled<Value> {
    let (amount, price) = (amount.0, price.0);
    // The usual decimals.
    let value = match unit.into_limbs() {
        [1_000_000_000_000_000_000, 0, 0, 0] => {
            checked_mul_div_by::<1_000_000_000_000_000_000>(amount, price, rounding)
        }
        [100_000_000, 0, 0, 0] => checked_mul_div_by::<100_000_000>(amount, price, rounding),
        [1_000_000, 0, 0, 0] => checked_mul_div_by::<1_000_000>(amount, price, rounding),
        _ => checked_mul_div(amount, price, unit, rounding),
    };
    Ok(Value(match rounding {
        Rounding::Floor => value?,
        _ => value.map_err(|_| Rejection::EmptyRevert)?,
    }))
}
