//! What moving the oracle's price cost and brought to the one who did it.

use super::{Evidence, Metric};
use crate::record::AttackRow;

/// How often.
pub(super) const ATTACKS: Metric = Metric {
    name: "attacks",
    unit: "count",
    doc: "Times that the manipulator moved the oracle's price.",
    compute: |e| Some(e.path.attacks.len() as f64),
};

/// What it paid.
pub(super) const ATTACK_COST: Metric = Metric {
    name: "attack_cost",
    unit: "USD",
    doc: "What the manipulator lost on the venues to move the price and to undo its trades, against the \
          outside price.",
    compute: |e| Some(sum(e, |row| row.cost_usd)),
};

/// What was left.
pub(super) const ATTACK_PROFIT: Metric = Metric {
    name: "attack_profit",
    unit: "USD",
    doc: "What the manipulator earned in all: liquidations less the cost of its trades and gas.",
    compute: |e| Some(sum(e, |row| row.profit_usd)),
};

fn sum(evidence: &Evidence<'_>, term: impl Fn(&AttackRow) -> f64) -> f64 {
    let rows = evidence.path.attacks.iter();
    rows.fold(0.0, |sum, row| sum + term(row))
}
