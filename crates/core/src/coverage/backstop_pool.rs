//! Deposits that wait to absorb deficits, each by its share.

use super::stability_pool::{Deposit, LIQUITY_V2, StabilityPool};
use super::{Layer, Loss, Payer, Rule};
use crate::protocol::AccountId;
use crate::units::{Amount, Overflow, Rounding, U256, Value, WAD, div};
use std::collections::BTreeMap;

/// Most bits of all deposits: what the pool's running product is exact enough for.
const DEPOSITS_BITS: usize = 128;

/// A pool of deposits in the base currency that every loss shrinks alike.
///
/// The accounting is that of Liquity v2's Stability Pool ([`StabilityPool`]): a loss costs the same
/// however many deposits there are. A billionth of a billionth of the first deposits stays in the
/// pool, and at least one unit, as the contract keeps its last unit, so that a deposit never
/// shrinks to nothing of something.
#[derive(Clone, Debug)]
pub struct BackstopPool {
    pool: StabilityPool,
    deposits: BTreeMap<AccountId, Deposit>,
    left_min: Amount,
}

impl BackstopPool {
    /// A pool of these deposits; a second one of an account adds to its first.
    ///
    /// ```
    /// use backstop_core::coverage::{BackstopPool, Layer};
    /// use backstop_core::protocol::AccountId;
    /// use backstop_core::units::Value;
    ///
    /// let deposits = [(AccountId(0), Value::new(601)), (AccountId(1), Value::new(300))];
    /// let mut pool = BackstopPool::new(&deposits)?;
    /// assert_eq!(pool.left(), Some(Value::new(900)));
    /// pool.pay(Value::new(300));
    /// assert_eq!(pool.worth(AccountId(1)), Value::new(200));
    /// # Ok::<(), backstop_core::units::Overflow>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where the deposits sum to 2^128 or more.
    pub fn new(deposits: &[(AccountId, Value)]) -> Result<Self, Overflow> {
        let mut sums = BTreeMap::<AccountId, Amount>::new();
        let mut total = Amount::ZERO;
        for (account, value) in deposits {
            total = total.plus(Amount(value.0))?;
            let sum = sums.entry(*account).or_default();
            *sum = sum.plus(Amount(value.0))?;
        }
        if total.0.bit_len() > DEPOSITS_BITS {
            return Err(Overflow::Arithmetic);
        }
        let mut pool = StabilityPool::new(&LIQUITY_V2);
        pool.deposits = total;
        let left_min = Amount(div(total.0, WAD)?).plus(Amount(U256::ONE))?;
        let deposits = sums.into_iter().map(|(id, sum)| (id, pool.snapshot(sum)));
        Ok(Self {
            deposits: deposits.collect(),
            pool,
            left_min,
        })
    }

    /// What is left of an account's deposits, rounded down: the pool keeps the remainder.
    pub fn worth(&self, account: AccountId) -> Value {
        let deposit = self.deposits.get(&account);
        let worth = deposit.and_then(|deposit| self.pool.compounded(deposit).ok());
        Value(worth.unwrap_or_default().0)
    }
}

impl Layer for BackstopPool {
    fn name(&self) -> &'static str {
        "backstop pool"
    }

    fn rule(&self) -> Rule {
        Rule {
            payer: "depositors by their deposits",
            unit: "base currency",
            rounding: Rounding::Floor,
            owner: "the pool keeps what a deposit's worth is rounded down by",
        }
    }

    fn left(&self) -> Option<Value> {
        Some(Value(self.pool.deposits.minus_or_zero(self.left_min).0))
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        let before = Value(self.pool.deposits.0);
        if !value.is_zero() {
            let booked = self.pool.offset(Amount(value.0), Amount::ZERO);
            assert!(
                booked.is_ok(),
                "INV-35: {booked:?} with {before} less {value}"
            );
        }
        vec![Loss::of(Payer::Depositors, before, value)]
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}
