//! What a deleveraging needed, and what it took.

use crate::units::{BPS, Bps, Overflow, Rounding, Value, mul_div};

/// One wave of deleveraging, in the base currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// The deficits that it was for.
    pub needed: Value,
    /// What its counterparties lost.
    pub taken: Value,
}

impl Budget {
    /// Taken beyond what was needed.
    pub fn over(&self) -> Value {
        self.taken.minus_or_zero(self.needed)
    }

    /// Needed beyond what was taken.
    pub fn short(&self) -> Value {
        self.needed.minus_or_zero(self.taken)
    }
}

/// Several waves together. Waves that took too little do not make up for those that took too much
/// in `over`, but do in [`BudgetSum::net_over`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetSum {
    /// Needed and taken in all.
    pub all: Budget,
    /// Sum of what single waves took too much.
    pub over: Value,
    /// Sum of what single waves took too little.
    pub short: Value,
}

impl BudgetSum {
    /// Sums waves.
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where a sum needs more than 256 bits.
    pub fn of(waves: &[Budget]) -> Result<Self, Overflow> {
        let mut sum = Self::default();
        for wave in waves {
            sum.all.needed = sum.all.needed.plus(wave.needed)?;
            sum.all.taken = sum.all.taken.plus(wave.taken)?;
            sum.over = sum.over.plus(wave.over())?;
            sum.short = sum.short.plus(wave.short())?;
        }
        Ok(sum)
    }

    /// Taken beyond what was needed, over all waves.
    pub fn net_over(&self) -> Value {
        self.all.over()
    }

    /// What a wave took too much, as a part of [`BudgetSum::net_over`], rounded down; at most
    /// 65 535 basis points.
    ///
    /// # Errors
    /// [`Overflow::DivisionByZero`] where nothing was taken too much.
    pub fn part_of_net(&self, wave: &Budget) -> Result<Bps, Overflow> {
        let part = mul_div(wave.over().0, BPS, self.net_over().0, Rounding::Floor)?;
        Ok(Bps(u16::try_from(part).unwrap_or(u16::MAX)))
    }
}
