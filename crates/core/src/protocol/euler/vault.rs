//! One vault: its settings, its ledger, its interest and its conversions.

use super::cluster::VaultId;
use super::debt::Debt;
use super::math::{AMOUNT_MAX, Ruled, difference, down, shares_sum, sum, to_assets, to_shares};
use super::version::Rules;
use crate::protocol::AccountId;
use crate::units::{
    Amount, Bps, Index, RAY, Rounding, Shares, Timestamp, U256, checked_mul_div, mul_div, pow10,
};
use std::collections::BTreeMap;

/// Interest a second, in ray (10^27 = 100 %).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecondRate(pub U256);

/// A cap of 16 bits: the upper ten are hundredths, the lower six a power of ten. Zero is "no cap".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AmountCap(pub u16);

impl AmountCap {
    /// The cap in asset base units, rounded down.
    pub fn amount(self) -> Amount {
        if self.0 == 0 {
            return Amount::MAX;
        }
        let exponent = u8::try_from(self.0 & 63).unwrap_or(u8::MAX);
        let hundredths = U256::from(self.0 >> 6);
        // At most 1023 · 10^63 ÷ 100, which fits.
        let amount = pow10(exponent)
            .and_then(|scale| checked_mul_div(scale, hundredths, HUNDRED, Rounding::Floor));
        amount.map_or(Amount::MAX, Amount)
    }

    /// The cap nearest to an amount of base units, rounded as told; never "no cap".
    pub(super) fn near(amount: U256, rounding: Rounding) -> Self {
        let hundredths = amount.saturating_mul(HUNDRED);
        let digits = |exponent: u8| {
            let scale = pow10(exponent).unwrap_or(U256::MAX);
            mul_div(hundredths, U256::ONE, scale, rounding).unwrap_or(U256::ZERO)
        };
        let mut exponent = 0u8;
        while digits(exponent) > MANTISSA_MAX && exponent < 63 {
            exponent = exponent.saturating_add(1);
        }
        let mantissa = u16::try_from(digits(exponent).min(MANTISSA_MAX)).unwrap_or(u16::MAX);
        Self((mantissa << 6 | u16::from(exponent)).max(1))
    }
}

/// Largest number of hundredths that ten bits hold.
const MANTISSA_MAX: U256 = U256::from_limbs([1_023, 0, 0, 0]);
const HUNDRED: U256 = U256::from_limbs([100, 0, 0, 0]);

/// A rate curve with one kink. Rates are ray a second for each 2^−32 of usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearKink {
    /// Rate of an unused vault, ray a second.
    pub base: U256,
    /// Slope below the kink.
    pub slope1: U256,
    /// Slope above it.
    pub slope2: U256,
    /// Usage at the kink; 2^32 − 1 is all.
    pub kink: u32,
}

impl LinearKink {
    /// The rate; nothing where the model's own computation overflows, which a vault ignores.
    fn rate(&self, cash: Amount, borrows: Amount) -> Option<U256> {
        let usage = usage(cash, borrows)?;
        let kink = U256::from(self.kink);
        let below = usage.min(kink).checked_mul(self.slope1)?;
        let above = usage.saturating_sub(kink).checked_mul(self.slope2)?;
        self.base.checked_add(below)?.checked_add(above)
    }
}

/// Borrowed part of all assets, from 0 to 2^32 − 1, rounded down.
fn usage(cash: Amount, borrows: Amount) -> Option<U256> {
    let all = cash.0.checked_add(borrows.0)?;
    if all.is_zero() {
        return Some(U256::ZERO);
    }
    checked_mul_div(borrows.0, U256::from(u32::MAX), all, Rounding::Floor).ok()
}

/// How much of a collateral's value counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ltv {
    /// Loan-to-value of new borrows.
    pub borrow: Bps,
    /// Loan-to-value of liquidation, once the ramp is over.
    pub liquidation: Bps,
    /// Loan-to-value of liquidation where the ramp began.
    pub initial_liquidation: Bps,
    /// When the ramp is over; 0 where the collateral was never recognised.
    pub target: Timestamp,
    /// How long the ramp takes, seconds.
    pub ramp: u32,
}

impl Ltv {
    /// Whether the collateral may be seized.
    pub fn is_recognized(&self) -> bool {
        self.target.0 != 0
    }

    /// Loan-to-value of liquidation at a time. A fall is stretched over the ramp, in whole bps
    /// rounded down.
    ///
    /// # Errors
    /// [`super::Rejection::Panic0x12`] within a ramp that takes no time, which no setting leads to.
    pub fn liquidation_at(&self, now: Timestamp) -> Result<Bps, super::Rejection> {
        let left = self.target.seconds_since(now);
        let (Bps(high), Bps(low)) = (self.initial_liquidation, self.liquidation);
        if left == 0 || low >= high {
            return Ok(self.liquidation);
        }
        let fall = U256::from(high.saturating_sub(low));
        let rest = down(fall, U256::from(left), U256::from(self.ramp))?;
        // The contract keeps the lowest 16 bits; within a ramp nothing is above them.
        let [word, ..] = sum(U256::from(low), rest)?.into_limbs();
        Ok(Bps(u16::try_from(word & 0xffff).unwrap_or(u16::MAX)))
    }
}

/// Bit of [`VaultConfig::flags`]: a rest without collateral stays with the debtor.
pub const DONT_SOCIALIZE_DEBT: u32 = 1;

/// Settings of a vault, which its governor may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultConfig {
    /// Part of the interest that goes to the fee receivers.
    pub interest_fee: Bps,
    /// Sets the rate; without one it stays as it is.
    pub interest_rate_model: Option<LinearKink>,
    /// Largest discount of a liquidation, below 10 000.
    pub max_liquidation_discount: Bps,
    /// Seconds after a passed check within which an account cannot be liquidated.
    pub liquidation_cool_off: u16,
    /// Bits such as [`DONT_SOCIALIZE_DEBT`].
    pub flags: u32,
    /// Operations that are switched off: the bits of [`super::Operation`].
    pub disabled: u32,
    /// Most that may be supplied.
    pub supply_cap: AmountCap,
    /// Most that may be borrowed.
    pub borrow_cap: AmountCap,
    /// Who gets the governor's part of the fees; without one the protocol gets all.
    pub fee_receiver: Option<AccountId>,
    /// Whether the vault has an oracle, without which nothing can be borrowed.
    pub has_oracle: bool,
    /// Whether values are told in this vault's own asset, which then needs no price.
    pub unit_is_asset: bool,
    /// What counts as collateral for loans of this vault.
    pub ltv: BTreeMap<VaultId, Ltv>,
}

impl VaultConfig {
    /// The loan-to-value of a collateral; all zero where it was never set.
    pub fn ltv(&self, collateral: VaultId) -> Ltv {
        self.ltv.get(&collateral).copied().unwrap_or_default()
    }

    /// Whether there is any cap.
    pub(super) fn is_capped(&self) -> bool {
        self.supply_cap.0 != 0 || self.borrow_cap.0 != 0
    }
}

/// The ledger of a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultState {
    /// When interest was last added.
    pub last_update: Timestamp,
    /// Assets that the vault holds.
    pub cash: Amount,
    /// All shares, those of the fees included.
    pub total_shares: Shares,
    /// What all debtors owe.
    pub total_borrows: Debt,
    /// Shares that the fee receivers have not yet been given.
    pub accumulated_fees: Shares,
    /// Growth of a debt since the vault was made, ray.
    pub interest_accumulator: Index,
    /// The rate that holds since the last update.
    pub interest_rate: SecondRate,
}

impl VaultState {
    /// A new vault.
    pub fn fresh(now: Timestamp) -> Self {
        Self {
            last_update: now,
            cash: Amount::ZERO,
            total_shares: Shares::ZERO,
            total_borrows: Debt::ZERO,
            accumulated_fees: Shares::ZERO,
            interest_accumulator: Index(RAY),
            interest_rate: SecondRate::default(),
        }
    }

    /// The ledger with interest up to `now`. Where the borrows would outgrow what can be counted,
    /// nothing is added and no time passes; where the shares would, the fee is waived.
    pub(super) fn accrued(self, fee: Bps, now: Timestamp) -> Ruled<Self> {
        let seconds = now.seconds_since(self.last_update);
        if seconds == 0 {
            return Ok(self);
        }
        let (accumulator, borrows) = self.grown(seconds);
        if borrows > Debt::MAX {
            return Ok(self);
        }
        let shares = self.shares_with_fee(borrows, fee)?;
        let mut next = Self {
            last_update: now,
            total_borrows: borrows,
            interest_accumulator: accumulator,
            ..self
        };
        if shares.0 <= AMOUNT_MAX {
            let minted = shares.minus(self.total_shares)?;
            next.accumulated_fees = shares_sum(self.accumulated_fees, minted)?;
            next.total_shares = shares;
        }
        Ok(next)
    }

    /// Accumulator and borrows after some seconds. What overflows stays as it is.
    fn grown(&self, seconds: u64) -> (Index, Debt) {
        let times = |x, y, d| checked_mul_div(x, y, d, Rounding::Floor).ok();
        let Index(old) = self.interest_accumulator;
        let growth = self
            .interest_rate
            .0
            .checked_add(RAY)
            .and_then(|base| super::math::power(base, seconds));
        let new = growth
            .and_then(|growth| times(old, growth, RAY))
            .unwrap_or(old);
        let Debt(owed) = self.total_borrows;
        let borrows = times(owed, new, old).unwrap_or(owed);
        (Index(new), Debt(borrows))
    }

    /// All shares after those for the fee on new interest, at a price that counts the interest but
    /// not the virtual deposit.
    fn shares_with_fee(&self, borrows: Debt, fee: Bps) -> Ruled<Shares> {
        let interest = borrows.minus(self.total_borrows)?;
        let fee_assets = interest.fee_assets(fee.wide())?;
        if fee_assets.is_zero() {
            return Ok(self.total_shares);
        }
        let assets = sum(self.cash.0, borrows.assets_up().0)?;
        let without = difference(assets, fee_assets)?;
        Ok(Shares(down(assets, self.total_shares.0, without)?))
    }

    /// The rate that the model asks for now; the present one where there is none or it fails.
    pub(super) fn asked_rate(&self, rules: &Rules, model: Option<LinearKink>) -> SecondRate {
        let borrows = self.total_borrows.assets_up();
        let asked = model.and_then(|model| model.rate(self.cash, borrows));
        asked.map_or(self.interest_rate, |rate| {
            SecondRate(rate.min(rules.rate_max))
        })
    }

    /// Assets in the vault and lent, without the virtual deposit.
    pub fn total_assets(&self) -> Amount {
        // Both are at most 112 bits wide.
        Amount(self.cash.0.saturating_add(self.total_borrows.assets_up().0))
    }

    /// Assets and shares, the virtual deposit included.
    pub(super) fn totals(&self, rules: &Rules) -> Ruled<(U256, U256)> {
        let assets = sum(self.total_assets().0, rules.virtual_deposit)?;
        Ok((assets, sum(self.total_shares.0, rules.virtual_deposit)?))
    }

    /// What shares are worth.
    pub(super) fn assets(
        &self,
        rules: &Rules,
        shares: Shares,
        rounding: Rounding,
    ) -> Ruled<Amount> {
        let (assets, all) = self.totals(rules)?;
        to_assets(checked_mul_div(shares.0, assets, all, rounding)?)
    }

    /// How many shares assets are worth.
    pub(super) fn shares(
        &self,
        rules: &Rules,
        assets: Amount,
        rounding: Rounding,
    ) -> Ruled<Shares> {
        let (all, shares) = self.totals(rules)?;
        to_shares(checked_mul_div(assets.0, shares, all, rounding)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_read_as_decimals() {
        let cap = |mantissa: u16, exponent: u16| AmountCap(mantissa << 6 | exponent).amount();
        assert_eq!(AmountCap(0).amount(), Amount::MAX);
        assert_eq!(cap(250, 18), Amount::new(2_500_000_000_000_000_000));
        assert_eq!(cap(0, 3), Amount::ZERO);
        assert_eq!(cap(1, 1), Amount::ZERO);
        assert_eq!(cap(1_023, 63).0 / pow10(60).unwrap(), U256::from(10_230));
    }

    #[test]
    fn caps_keep_three_digits() {
        for (amount, down, up) in [
            (1u64, 1, 1),
            (1_023, 1_023, 1_023),
            (1_024, 1_020, 1_030),
            (1_024_000, 1_020_000, 1_030_000),
            (7_000_000, 7_000_000, 7_000_000),
        ] {
            let near = |rounding| AmountCap::near(U256::from(amount), rounding).amount();
            assert_eq!(near(Rounding::Floor), Amount::new(down), "{amount}");
            assert_eq!(near(Rounding::Ceil), Amount::new(up), "{amount}");
        }
    }

    #[test]
    fn a_ramp_falls_in_whole_steps() {
        let ltv = Ltv {
            borrow: Bps(0),
            liquidation: Bps(5_000),
            initial_liquidation: Bps(8_000),
            target: Timestamp(1_000),
            ramp: 700,
        };
        for (now, bps) in [(300, 8_000), (301, 7_995), (999, 5_004), (1_000, 5_000)] {
            assert_eq!(ltv.liquidation_at(Timestamp(now)), Ok(Bps(bps)), "at {now}");
        }
        let rising = Ltv {
            initial_liquidation: Bps(4_000),
            ..ltv
        };
        assert_eq!(rising.liquidation_at(Timestamp(300)), Ok(Bps(5_000)));
        let instant = Ltv { ramp: 0, ..ltv };
        let refused = instant.liquidation_at(Timestamp(300));
        assert_eq!(refused, Err(super::super::Rejection::Panic0x12));
    }

    /// A model that fails leaves the rate alone; one that asks for too much gets the most.
    #[test]
    fn rates_follow_the_model() {
        let rules = super::super::EvkVersion::Commit5b98b42.rules();
        let state = VaultState {
            cash: Amount::new(1),
            total_borrows: Debt(U256::from(3u64 << 31)),
            interest_rate: SecondRate(U256::from(7)),
            ..VaultState::fresh(Timestamp(0))
        };
        let model = |base, slope1: u64, slope2: u64, kink| LinearKink {
            base,
            slope1: U256::from(slope1),
            slope2: U256::from(slope2),
            kink,
        };
        // Usage is three quarters of 2^32 − 1, rounded down: 3221225471.
        let check = |model, want: U256| {
            assert_eq!(state.asked_rate(rules, model), SecondRate(want));
        };
        check(None, U256::from(7));
        check(Some(model(U256::MAX, 1, 0, u32::MAX)), U256::from(7));
        check(Some(model(U256::MAX, 0, 0, 0)), rules.rate_max);
        check(
            Some(model(U256::from(5), 2, 9, u32::MAX)),
            U256::from(6_442_450_947u64),
        );
        let kinked = U256::from(2_000_000_005u64 + 9 * 2_221_225_471);
        check(Some(model(U256::from(5), 2, 9, 1_000_000_000)), kinked);
        let empty = VaultState::fresh(Timestamp(0));
        let idle = empty.asked_rate(rules, Some(model(U256::from(5), 2, 9, 0)));
        assert_eq!(idle, SecondRate(U256::from(5)));
    }

    /// Where the grown debt cannot be counted, no time passes; where the shares cannot, no fee.
    #[test]
    fn accrual_gives_way_to_overflow() {
        let later = Timestamp(1_000);
        let state = VaultState {
            cash: Amount::ZERO,
            total_shares: Shares(AMOUNT_MAX),
            total_borrows: Debt(Debt::MAX.0 - U256::from(1u64 << 60)),
            interest_rate: SecondRate(RAY / U256::from(1_000)),
            ..VaultState::fresh(Timestamp(0))
        };
        assert_eq!(state.accrued(Bps(1_000), later), Ok(state));
        let smaller = VaultState {
            total_borrows: Debt(U256::from(1u128 << 100)),
            ..state
        };
        let next = smaller.accrued(Bps(1_000), later).unwrap();
        assert_eq!(next.last_update, later);
        assert!(next.total_borrows > smaller.total_borrows);
        assert_eq!(next.total_shares, smaller.total_shares);
        assert_eq!(next.accumulated_fees, smaller.accumulated_fees);
        // A growth that overflows leaves the accumulator; a product that does leaves the borrows.
        let wild = VaultState {
            interest_rate: SecondRate(RAY * U256::from(1_000)),
            ..smaller
        };
        let next = wild.accrued(Bps(0), later).unwrap();
        assert_eq!(next.interest_accumulator, wild.interest_accumulator);
        assert_eq!(next.total_borrows, wild.total_borrows);
        let vast = VaultState {
            interest_accumulator: Index(U256::MAX >> 100),
            interest_rate: SecondRate(RAY),
            total_borrows: Debt(U256::from(1u128 << 110)),
            ..smaller
        };
        let next = vast.accrued(Bps(0), Timestamp(1)).unwrap();
        assert!(next.interest_accumulator > vast.interest_accumulator);
        assert_eq!(next.total_borrows, vast.total_borrows);
    }
}
