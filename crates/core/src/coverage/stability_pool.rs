//! A pool of deposits that repays the debt of liquidated positions and takes their collateral.
//!
//! Every deposit bears its share of each loss and gains its share of the collateral without being
//! touched. A running product tells to which part a deposit has shrunk since it was made, a running
//! sum what each unit has gained. The product changes scale before it gets too small; how remainders
//! are treated is the version's ([`PoolRules`]).
//!
//! ```
//! use backstop_core::coverage::stability_pool::{LIQUITY_V2, StabilityPool};
//! use backstop_core::units::Amount;
//!
//! let unit = |n: u128| Amount::new(n * 10u128.pow(18));
//! let mut pool = StabilityPool::new(&LIQUITY_V2);
//! let deposit = pool.enter(unit(300))?;
//! pool.offset(unit(100), unit(2))?;
//! assert_eq!(pool.compounded(&deposit)?.0 / unit(1).0, unit(199).0 / unit(1).0);
//! assert_eq!(pool.collateral_gain(&deposit)?, Amount::new(1_999_999_999_999_999_999));
//! # Ok::<(), backstop_core::coverage::stability_pool::Fault>(())
//! ```

pub(crate) mod fault;
mod rules;

pub use fault::Fault;
pub use rules::{Accounting, Dust, GainCap, LIQUITY_V1, LIQUITY_V2, PoolRules};

use crate::book::Book;
use crate::protocol::AccountId;
use crate::units::{Amount, Rounding, U256, WAD};
use fault::{add, minus, over, plus, scale, sub, times};
use rules::SCALE_FACTOR;
use std::collections::BTreeMap;

/// Sums by epoch and scale; a sum that was never added to is zero.
///
/// Epochs and scales only rise, so sums are added at the end of a list whose clone is a fork.
#[derive(Clone, Debug, Default)]
pub struct Sums(Book<((u64, u64), U256)>);

impl PartialEq for Sums {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Sums {}

impl Sums {
    /// The sum of an epoch and a scale.
    pub fn get(&self, epoch: u64, scale: u64) -> U256 {
        let key = (epoch, scale);
        let place = self.place(key);
        let found = self.0.get(place).filter(|(of, _)| *of == key);
        found.map_or(U256::ZERO, |(_, sum)| *sum)
    }

    /// The sums that are not zero, ascending by epoch and scale.
    pub fn iter(&self) -> impl Iterator<Item = ((u64, u64), U256)> + '_ {
        self.0.iter().map(|(_, sum)| *sum)
    }

    /// The first place whose key is not below this one.
    fn place(&self, key: (u64, u64)) -> AccountId {
        let below = |place: u32| {
            let held = self.0.get(AccountId(place));
            held.is_some_and(|(of, _)| *of < key)
        };
        let (mut low, mut high) = (0, self.0.len());
        while low < high {
            let middle = low.midpoint(high);
            if below(middle) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        AccountId(low)
    }

    fn add(&mut self, key: (u64, u64), more: U256) -> Result<(), Fault> {
        if more.is_zero() {
            return Ok(());
        }
        let sum = add(self.get(key.0, key.1), more)?;
        let place = self.place(key);
        let held = self.0.get(place).map(|(of, _)| *of);
        match held {
            Some(of) if of == key => self.0.set(place, (key, sum)),
            None => {
                self.0.push((key, sum));
            }
            Some(_) => *self = self.iter().chain([(key, sum)]).collect(),
        }
        Ok(())
    }
}

impl FromIterator<((u64, u64), U256)> for Sums {
    fn from_iter<I: IntoIterator<Item = ((u64, u64), U256)>>(sums: I) -> Self {
        let kept = sums.into_iter().filter(|(_, sum)| !sum.is_zero());
        let sorted: BTreeMap<_, _> = kept.collect();
        Self(sorted.into_iter().collect())
    }
}

/// What one depositor put in, and where product and sums stood then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deposit {
    /// Stablecoin at the last change; zero is no deposit.
    pub amount: Amount,
    /// The product then.
    pub product: U256,
    /// The sum of collateral then.
    pub collateral_sum: U256,
    /// The sum of yield then.
    pub yield_sum: U256,
    /// The scale then.
    pub scale: u64,
    /// The epoch then.
    pub epoch: u64,
}

/// The pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StabilityPool {
    /// The version's accounting.
    pub rules: &'static PoolRules,
    /// Stablecoin of all depositors.
    pub deposits: Amount,
    /// Collateral gained and not yet paid out.
    pub collateral: Amount,
    /// To which part a unit has shrunk within its scale; `rules.product_start` is 1.
    pub product: U256,
    /// Counts how often the pool was emptied.
    pub epoch: u64,
    /// Counts how often the product was lifted.
    pub scale: u64,
    /// Collateral gained by a unit.
    pub collateral_sums: Sums,
    /// Yield gained by a unit.
    pub yield_sums: Sums,
    /// Remainder of the last gain per unit.
    pub collateral_error: U256,
    /// What the last loss per unit took too much.
    pub loss_error: U256,
    /// Yield that is booked to depositors and not yet paid out.
    pub yield_owed: Amount,
    /// Yield that came while the deposits were too small to book it.
    pub yield_pending: Amount,
}

impl StabilityPool {
    /// An empty pool.
    pub fn new(rules: &'static PoolRules) -> Self {
        Self {
            rules,
            deposits: Amount::ZERO,
            collateral: Amount::ZERO,
            product: rules.product_start,
            epoch: 0,
            scale: 0,
            collateral_sums: Sums::default(),
            yield_sums: Sums::default(),
            collateral_error: U256::ZERO,
            loss_error: U256::ZERO,
            yield_owed: Amount::ZERO,
            yield_pending: Amount::ZERO,
        }
    }

    /// How much debt the pool can take now.
    pub fn usable(&self) -> Amount {
        self.deposits.minus_or_zero(self.rules.left_min)
    }

    /// Stablecoin that the pool holds: deposits, and yield that is not paid out.
    pub fn holdings(&self) -> Result<Amount, Fault> {
        plus(plus(self.deposits, self.yield_owed)?, self.yield_pending)
    }

    /// A deposit of `amount` as of now; the pool's total is not changed.
    pub fn snapshot(&self, amount: Amount) -> Deposit {
        if amount.is_zero() {
            return Deposit::default();
        }
        Deposit {
            amount,
            product: self.product,
            collateral_sum: self.collateral_sums.get(self.epoch, self.scale),
            yield_sum: self.yield_sums.get(self.epoch, self.scale),
            scale: self.scale,
            epoch: self.epoch,
        }
    }

    /// Takes a first deposit in.
    ///
    /// # Errors
    /// [`Fault::Addition`] where the total needs more than 256 bits.
    pub fn enter(&mut self, amount: Amount) -> Result<Deposit, Fault> {
        self.deposits = plus(self.deposits, amount)?;
        Ok(self.snapshot(amount))
    }

    /// What is left of a deposit, rounded down: the pool keeps the remainder.
    ///
    /// # Errors
    /// [`Fault`] where the contract's own computation would revert.
    pub fn compounded(&self, deposit: &Deposit) -> Result<Amount, Fault> {
        if deposit.amount.is_zero() || deposit.epoch < self.epoch {
            return Ok(Amount::ZERO);
        }
        let changes = self.scale.checked_sub(deposit.scale);
        let changes = changes.ok_or(Fault::Subtraction)?;
        if changes > self.rules.shrink_span {
            return Ok(Amount::ZERO);
        }
        let (amount, product) = (deposit.amount.0, deposit.product);
        let shrunk = scale(amount, self.product, product, Rounding::Floor)?;
        let left = over(shrunk, lift(changes)?)?;
        if self.rules.dust == Dust::Dropped && left < over(amount, SCALE_FACTOR)? {
            return Ok(Amount::ZERO);
        }
        Ok(Amount(left))
    }

    /// The collateral that a deposit has gained, rounded down.
    ///
    /// # Errors
    /// [`Fault`] where the contract's own computation would revert.
    pub fn collateral_gain(&self, deposit: &Deposit) -> Result<Amount, Fault> {
        let gain = self.gain(deposit, &self.collateral_sums, deposit.collateral_sum)?;
        Ok(match self.rules.gain_cap {
            GainCap::None => gain,
            GainCap::Balance => gain.min(self.collateral),
        })
    }

    /// The yield that a deposit has gained, rounded down.
    ///
    /// # Errors
    /// [`Fault`] where the contract's own computation would revert.
    pub fn yield_gain(&self, deposit: &Deposit) -> Result<Amount, Fault> {
        let gain = self.gain(deposit, &self.yield_sums, deposit.yield_sum)?;
        Ok(gain.min(self.yield_owed))
    }

    fn gain(&self, deposit: &Deposit, sums: &Sums, since: U256) -> Result<Amount, Fault> {
        if deposit.amount.is_zero() {
            return Ok(Amount::ZERO);
        }
        let mut gained = sub(sums.get(deposit.epoch, deposit.scale), since)?;
        for later in 1..=self.rules.gain_span {
            let scale = deposit.scale.checked_add(later).ok_or(Fault::Addition)?;
            let sum = sums.get(deposit.epoch, scale);
            gained = add(gained, over(sum, lift(later)?)?)?;
        }
        let share = scale(deposit.amount.0, gained, deposit.product, Rounding::Floor)?;
        over(share, self.rules.sum_unit).map(Amount)
    }

    /// Books yield; while less than the minimum is deposited it waits.
    ///
    /// # Errors
    /// [`Fault`] where the contract's own computation would revert.
    pub fn receive_yield(&mut self, amount: Amount) -> Result<(), Fault> {
        let waiting = plus(self.yield_pending, amount)?;
        if waiting.is_zero() {
            return Ok(());
        }
        if self.deposits < self.rules.left_min {
            self.yield_pending = waiting;
            return Ok(());
        }
        self.yield_owed = plus(self.yield_owed, waiting)?;
        self.yield_pending = Amount::ZERO;
        let per_unit = scale(self.product, waiting.0, self.deposits.0, Rounding::Floor)?;
        self.yield_sums.add((self.epoch, self.scale), per_unit)
    }

    /// Burns `debt` of the deposits and takes `collateral` in.
    ///
    /// # Errors
    /// [`Fault`] where the contract's own computation would revert; the pool may then be changed in
    /// part and has to be thrown away.
    pub fn offset(&mut self, debt: Amount, collateral: Amount) -> Result<(), Fault> {
        match self.rules.accounting {
            Accounting::PerUnit => {
                if self.deposits.is_zero() || debt.is_zero() {
                    return Ok(());
                }
                self.offset_per_unit(debt.0, collateral.0)?;
            }
            Accounting::Direct => self.offset_direct(debt.0, collateral.0)?,
        }
        self.deposits = minus(self.deposits, debt)?;
        self.collateral = plus(self.collateral, collateral)?;
        Ok(())
    }

    fn offset_per_unit(&mut self, debt: U256, collateral: U256) -> Result<(), Fault> {
        let total = self.deposits.0;
        let gained = add(times(collateral, WAD)?, self.collateral_error)?;
        let loss = self.loss_per_unit(debt)?;
        let gain = over(gained, total)?;
        self.collateral_error = sub(gained, times(gain, total)?)?;
        let kept = WAD.checked_sub(loss).ok_or(Fault::Assertion)?;
        let per_unit = times(gain, self.product)?;
        self.collateral_sums
            .add((self.epoch, self.scale), per_unit)?;
        if kept.is_zero() {
            self.epoch = self.epoch.checked_add(1).ok_or(Fault::Addition)?;
            self.scale = 0;
            self.product = self.rules.product_start;
            return Ok(());
        }
        let shrunk = times(self.product, kept)?;
        let mut product = over(shrunk, WAD)?;
        if product < self.rules.product_min {
            product = scale(shrunk, SCALE_FACTOR, WAD, Rounding::Floor)?;
            self.scale = self.scale.checked_add(1).ok_or(Fault::Addition)?;
        }
        if product.is_zero() {
            return Err(Fault::Assertion);
        }
        self.product = product;
        Ok(())
    }

    /// The part of each unit that an offset burns: rounded up by at least one, against the
    /// depositors; what that took too much counts against the next loss.
    fn loss_per_unit(&mut self, debt: U256) -> Result<U256, Fault> {
        let total = self.deposits.0;
        if debt > total {
            return Err(Fault::Assertion);
        }
        if debt == total {
            self.loss_error = U256::ZERO;
            return Ok(WAD);
        }
        let lost = sub(times(debt, WAD)?, self.loss_error)?;
        let loss = add(over(lost, total)?, U256::ONE)?;
        self.loss_error = sub(times(loss, total)?, lost)?;
        Ok(loss)
    }

    fn offset_direct(&mut self, debt: U256, collateral: U256) -> Result<(), Fault> {
        let total = self.deposits.0;
        let per_unit = scale(self.product, collateral, total, Rounding::Floor)?;
        self.collateral_sums
            .add((self.epoch, self.scale), per_unit)?;
        let mut shrunk = times(self.product, sub(total, debt)?)?;
        let mut product = over(shrunk, total)?;
        if product.is_zero() {
            return Err(Fault::ProductZero);
        }
        while product < self.rules.product_min {
            shrunk = times(shrunk, SCALE_FACTOR)?;
            product = over(shrunk, total)?;
            self.scale = self.scale.checked_add(1).ok_or(Fault::Addition)?;
        }
        self.product = product;
        Ok(())
    }
}

/// 10^9 to the power of a number of scales.
fn lift(scales: u64) -> Result<U256, Fault> {
    SCALE_FACTOR
        .checked_pow(U256::from(scales))
        .ok_or(Fault::Multiplication)
}
