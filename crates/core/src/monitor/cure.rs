//! The least that brings an account back to health.

use super::worth;
use crate::protocol::{AccountId, Adjustment, AssetId, Holding, Prices, Protocol};
use crate::units::{Amount, Ratio, Rounding, U256, Value};

/// One move of a borrower, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The move.
    pub adjustment: Adjustment,
    /// What it is worth at the given prices, rounded up.
    pub value: Value,
}

/// What brings an account's health factor to a target: each of the least amount, verified by doing it on a
/// fork. Nothing where no single move of that kind gets there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cure {
    /// The cheapest repayment.
    pub repay: Option<Remedy>,
    /// The cheapest addition of collateral.
    pub top_up: Option<Remedy>,
}

impl Cure {
    /// The cheaper of the two; a repayment where both cost the same, because it ends interest.
    pub fn cheapest(&self) -> Option<Remedy> {
        let both = [self.repay, self.top_up].into_iter().flatten();
        both.min_by_key(|remedy| remedy.value)
    }
}

/// Finds the least repayment of each debt and the least top-up of each collateral that bring an account's health
/// factor to at least `target`, and takes the cheapest of each kind at these prices. One unit less does not
/// suffice, or is refused.
///
/// Each step does the move on a fork of the protocol, so the contract's own roundings and limits decide. Where
/// the contract refuses some amounts in between, as rests below a least debt, the least accepted one above them
/// is found. Relies on health rising with the amount. An account that is at the target needs nothing, and none
/// is told.
pub fn cure<P: Protocol>(protocol: &P, prices: &Prices, account: AccountId, target: Ratio) -> Cure {
    let needs = |health: Ratio| health < target;
    if !protocol
        .health(account)
        .is_ok_and(|health| needs(health.factor))
    {
        return Cure::default();
    }
    let patient = Patient {
        protocol,
        account,
        target,
    };
    let mut cure = Cure::default();
    for holding in protocol.holdings(account) {
        let Holding { asset, debt, .. } = holding;
        let value = |amount| {
            let held = (usize::from(asset.0), amount);
            worth(protocol.assets(), prices, held, Rounding::Ceil)
        };
        if !debt.is_zero() {
            let repay = |amount| Adjustment::Repay { asset, amount };
            keep_cheaper(&mut cure.repay, patient.least(debt, &repay), &value);
        }
        if holding.enabled && !holding.collateral.is_zero() {
            let top_up = |amount| Adjustment::TopUp { asset, amount };
            let most = patient.enough(holding.collateral, asset);
            let least = most.and_then(|most| patient.least(most, &top_up));
            keep_cheaper(&mut cure.top_up, least, &value);
        }
    }
    cure
}

fn keep_cheaper(
    kept: &mut Option<Remedy>,
    found: Option<(Adjustment, Amount)>,
    value: &impl Fn(Amount) -> Value,
) {
    let found = found.map(|(adjustment, amount)| Remedy {
        adjustment,
        value: value(amount),
    });
    let both = [*kept, found].into_iter().flatten();
    *kept = both.min_by_key(|remedy| remedy.value);
}

/// What came of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    TooLittle,
    Refused,
    Cured,
}

/// How often the amount of collateral is doubled to find one that is enough.
const DOUBLINGS: u32 = 64;

struct Patient<'a, P> {
    protocol: &'a P,
    account: AccountId,
    target: Ratio,
}

impl<P: Protocol> Patient<'_, P> {
    fn outcome(&self, adjustment: &Adjustment) -> Outcome {
        let mut fork = self.protocol.fork();
        if fork.adjust(self.account, adjustment).is_err() {
            return Outcome::Refused;
        }
        match fork.health(self.account) {
            Ok(health) if health.factor >= self.target => Outcome::Cured,
            Ok(_) => Outcome::TooLittle,
            Err(_) => Outcome::Refused,
        }
    }

    /// An amount of collateral that surely suffices, or is more than the contract takes.
    fn enough(&self, held: Amount, asset: AssetId) -> Option<Amount> {
        let mut amount = held.0.max(U256::ONE);
        for _ in 0..DOUBLINGS {
            let more = Adjustment::TopUp {
                asset,
                amount: Amount(amount),
            };
            if self.outcome(&more) != Outcome::TooLittle {
                return Some(Amount(amount));
            }
            amount = amount.checked_mul(U256::from(2u64))?;
        }
        None
    }

    /// The least amount up to `most` that cures.
    fn least(
        &self,
        most: Amount,
        adjustment: &impl Fn(Amount) -> Adjustment,
    ) -> Option<(Adjustment, Amount)> {
        let outcome = |amount| self.outcome(&adjustment(Amount(amount)));
        let found = |amount| (adjustment(Amount(amount)), Amount(amount));
        // The first that is not too little: either it cures, or the contract refuses it.
        let first = bisect(U256::ZERO, most.0, |n| outcome(n) != Outcome::TooLittle)?;
        if outcome(first) == Outcome::Cured {
            return Some(found(first));
        }
        let next = bisect(first, most.0, |n| outcome(n) == Outcome::Cured)?;
        Some(found(next))
    }
}

/// The least number above `low` up to `high` that holds, of those from which on all do; nothing where `high`
/// does not.
fn bisect(low: U256, high: U256, holds: impl Fn(U256) -> bool) -> Option<U256> {
    if high <= low || !holds(high) {
        return None;
    }
    let (mut low, mut high) = (low, high);
    while high.saturating_sub(low) > U256::ONE {
        let half = high.saturating_sub(low).wrapping_shr(1);
        let middle = low.saturating_add(half);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}
