//! Costs of liquidation in proportion to its size.

use super::{Evidence, Metric};
use crate::record::{LiquidationRow, StepRow};
use backstop_core::protocol::OfferKind;

/// Slippage over what was sold.
pub(super) const REALISED_SLIPPAGE: Metric = Metric {
    name: "realised_slippage",
    unit: "share",
    doc: "What liquidators lost between the reference price and the venues, as a share of the oracle's \
          value of the collateral that they received, less what they still hold. None where nothing was sold.",
    compute: |e| {
        let bots = e.path.liquidators.iter();
        let (lost, held) = bots.fold((0.0, 0.0), |(lost, held), row| {
            (lost + row.slippage_usd, held + row.inventory_usd)
        });
        let received = rows(e, |row| row.seized_usd) - held;
        (received > 0.0).then(|| lost / received)
    },
};

/// Penalty over debt cleared.
pub(super) const PENALTY_BURDEN: Metric = Metric {
    name: "penalty_burden",
    unit: "share",
    doc: "What liquidation cost the borrowers, collateral taken less debt cleared, as a share of the debt \
          cleared. Exchanges between bands do not count. None where nothing was cleared.",
    compute: |e| {
        let cleared = rows(e, |row| row.cleared_usd);
        (cleared > 0.0).then(|| rows(e, LiquidationRow::penalty_usd) / cleared)
    },
};

/// Gas over bonus.
pub(super) const BONUS_DISSIPATED: Metric = Metric {
    name: "bonus_dissipated",
    unit: "share",
    doc: "Gas and inclusion bids of liquidators, failed attempts included, as a share of their bonus: what \
          competition passes on to those who build blocks. Above 1 where they paid more than they got. None \
          without bonus.",
    compute: |e| {
        let steps = |term: fn(&StepRow) -> f64| e.path.steps.iter().map(term);
        let bonus = steps(|row| row.bonus_usd).fold(0.0, |sum, usd| sum + usd);
        let gas = steps(|row| row.gas_usd).fold(0.0, |sum, usd| sum + usd);
        (bonus > 0.0).then(|| gas / bonus)
    },
};

/// A sum over liquidations, without exchanges between bands.
fn rows(evidence: &Evidence<'_>, term: impl Fn(&LiquidationRow) -> f64) -> f64 {
    let rows = evidence.path.liquidations.iter();
    rows.filter(|row| row.kind != OfferKind::Exchange)
        .fold(0.0, |sum, row| sum + term(row))
}
