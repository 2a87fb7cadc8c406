//! The least that brings an account back to health.

use super::worth;
use crate::protocol::{AccountId, Adjustment, AssetId, Holding, Prices, Protocol};
use crate::units::{Amount, Ratio, Rounding, U256, Value, mul_div};

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
    let ill = protocol.health(account).ok().map(|health| health.factor);
    let Some(health) = ill.filter(|health| *health < target) else {
        return Cure::default();
    };
    let patient = Patient {
        protocol,
        account,
        target,
        health,
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
            keep_cheaper(
                &mut cure.repay,
                patient.least(debt, Side::Debt, &repay),
                &value,
            );
        }
        if holding.enabled && !holding.collateral.is_zero() {
            let top_up = |amount| Adjustment::TopUp { asset, amount };
            let most = patient.enough(holding.collateral, asset);
            let least = most.and_then(|most| patient.least(most, Side::Collateral, &top_up));
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
    TooLittle(Ratio),
    Refused,
    Cured(Ratio),
}

impl Outcome {
    fn cures(self) -> bool {
        matches!(self, Self::Cured(_))
    }

    /// Whether a larger amount need not be asked for.
    fn is_not_too_little(self) -> bool {
        !matches!(self, Self::TooLittle(_))
    }

    fn health(self) -> Option<Ratio> {
        match self {
            Self::TooLittle(health) | Self::Cured(health) => Some(health),
            Self::Refused => None,
        }
    }
}

/// Which sum of a loan's a move changes: that tells how health goes with the amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Health is collateral over debt: its inverse falls evenly with what is repaid.
    Debt,
    /// It rises evenly with what is added.
    Collateral,
}

/// How often the amount of collateral is doubled to find one that is enough.
const DOUBLINGS: u32 = 64;

/// How often an amount is guessed before its neighbours are asked for.
const GUESSES: u32 = 3;

struct Patient<'a, P> {
    protocol: &'a P,
    account: AccountId,
    target: Ratio,
    /// Its health factor now, below the target.
    health: Ratio,
}

impl<P: Protocol> Patient<'_, P> {
    fn outcome(&self, adjustment: &Adjustment) -> Outcome {
        match self.protocol.health_after(self.account, adjustment) {
            Ok(health) if health.factor >= self.target => Outcome::Cured(health.factor),
            Ok(health) => Outcome::TooLittle(health.factor),
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
            if self.outcome(&more).is_not_too_little() {
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
        side: Side,
        adjustment: &impl Fn(Amount) -> Adjustment,
    ) -> Option<(Adjustment, Amount)> {
        let outcome = |amount| self.outcome(&adjustment(Amount(amount)));
        let found = |amount| (adjustment(Amount(amount)), Amount(amount));
        // The first that is not too little: either it cures, or the contract refuses it.
        let low = Asked {
            amount: U256::ZERO,
            health: Some(self.health),
        };
        let law = (side, self.target);
        let first = search(low, most.0, law, &outcome, Outcome::is_not_too_little)?;
        if first.health.is_some() {
            return Some(found(first.amount));
        }
        let next = search(first, most.0, law, &outcome, Outcome::cures)?;
        Some(found(next.amount))
    }
}

/// An amount that was tried, and the health factor that came of it; none where it was refused.
#[derive(Clone, Copy, Debug)]
struct Asked {
    amount: U256,
    health: Option<Ratio>,
}

/// The least amount above `low` up to `most` of whose outcome `holds` is true, of those from which on it is; nothing
/// where `most` is not one. It is guessed first, then its neighbours are asked for at distances that grow, and what
/// is left between is halved: a right guess costs a handful of forks, a wrong one no more than twice the halving.
fn search(
    low: Asked,
    most: U256,
    law: (Side, Ratio),
    outcome: &impl Fn(U256) -> Outcome,
    holds: impl Fn(Outcome) -> bool,
) -> Option<Asked> {
    let ask = |amount| {
        let outcome = outcome(amount);
        let health = outcome.health();
        (holds(outcome), Asked { amount, health })
    };
    if most <= low.amount {
        return None;
    }
    let (held, mut high) = ask(most);
    if !held {
        return None;
    }
    let (mut low, mut guesses) = (low, 0);
    // How far the next neighbour is, and on which side of it the amount was last.
    let (mut reach, mut last) = (U256::ONE, None);
    while high.amount.saturating_sub(low.amount) > U256::ONE {
        let between = high.amount.saturating_sub(low.amount);
        let half = low.amount.saturating_add(between.wrapping_shr(1));
        let guessed = guesses == GUESSES;
        let next = match last {
            _ if !guessed => {
                guesses = guesses.saturating_add(1);
                interpolate(low, high, law).unwrap_or(half)
            }
            Some(held) if reach < between => {
                let distance = reach;
                reach = reach.saturating_mul(U256::from(4));
                match held {
                    true => high.amount.saturating_sub(distance),
                    false => low.amount.saturating_add(distance),
                }
            }
            _ => half,
        };
        let inside = next.clamp(
            low.amount.saturating_add(U256::ONE),
            high.amount.saturating_sub(U256::ONE),
        );
        let (held, asked) = ask(inside);
        // The amount lies between two neighbours: what is left is halved.
        if guessed && last.is_some_and(|last| last != held) {
            reach = U256::MAX;
        }
        last = Some(held);
        match held {
            true => high = asked,
            false => low = asked,
        }
    }
    Some(high)
}

/// Where health meets the target if it goes between two amounts as the side's law says, rounded up.
fn interpolate(low: Asked, high: Asked, (side, target): (Side, Ratio)) -> Option<U256> {
    let (before, after, target) = (low.health?.0, high.health?.0, target.0);
    let between = high.amount.checked_sub(low.amount)?;
    let gain = after.checked_sub(before)?;
    let part = mul_div(between, target.checked_sub(before)?, gain, Rounding::Ceil).ok()?;
    let part = match side {
        Side::Collateral => part,
        Side::Debt if after == Ratio::MAX.0 => {
            mul_div(between, target.checked_sub(before)?, target, Rounding::Ceil).ok()?
        }
        Side::Debt => mul_div(part, after, target, Rounding::Ceil).ok()?,
    };
    low.amount.checked_add(part)
}
