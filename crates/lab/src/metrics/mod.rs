//! Figures about a path: one file a metric, pure functions of the path's record.
//!
//! A new metric is its file and one line in [`METRICS`]; reports list what they find there.

mod amplification;
mod attacks;
mod burden;
mod cascade;
mod efficiency;
mod exit_liquidity;
mod fund;
mod impact;
mod leverage;
mod liquidations_at_risk;
mod margin_calls;
mod recovery;
mod recovery_rate;
mod saved;
mod solvent;
mod surplus;
mod time_to_clear;
mod totals;
mod toxic;
mod uncovered;
mod under_water;

pub use amplification::{amplification_of, fall_of};
pub use cascade::{Cascade, cascades_of};
pub use exit_liquidity::exit_liquidity_sensitivity;
pub use impact::impact_of;
pub use leverage::{borrowers_of, leverage_of};
pub(crate) use liquidations_at_risk::is_at_risk;
pub use recovery::{Recovery, recovery_of};

use crate::record::{AccountRow, AccountsTold, PathRecord};

/// What a metric may look at.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The path.
    pub path: &'a PathRecord,
    /// The path of the same seed and settings without feedback, where there is one.
    pub without_feedback: Option<&'a PathRecord>,
}

impl<'a> Evidence<'a> {
    /// A path on its own.
    pub fn of(path: &'a PathRecord) -> Self {
        Self {
            path,
            without_feedback: None,
        }
    }

    /// A path and its pair without feedback.
    pub fn paired(path: &'a PathRecord, without_feedback: &'a PathRecord) -> Self {
        Self {
            path,
            without_feedback: Some(without_feedback),
        }
    }

    /// Outcomes of the accounts to which something happened, and perhaps of others; nothing where
    /// none was recorded.
    fn outcomes(&self) -> Option<&'a [AccountRow]> {
        let told = self.path.accounts_told != AccountsTold::None;
        told.then_some(self.path.accounts.as_slice())
    }
}

/// One figure about a path.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Name in snake case, unique.
    pub name: &'static str,
    /// Unit: `USD`, `count`, `s`, `share` (0 to 1) or `ratio`.
    pub unit: &'static str,
    /// What it says, in one or two sentences.
    pub doc: &'static str,
    /// The figure; none where the path does not tell it.
    pub compute: fn(&Evidence<'_>) -> Option<f64>,
}

/// All metrics, in the order in which reports show them.
pub const METRICS: &[Metric] = &[
    totals::LIQUIDATIONS,
    totals::ACCOUNTS_LIQUIDATED,
    totals::ACCOUNTS_SOFTENED,
    saved::ACCOUNTS_SAVED,
    solvent::SOLVENT_ACCOUNTS_LIQUIDATED,
    totals::SALES,
    totals::FREE_SALES,
    totals::FREE_SALES_COLLATERAL,
    totals::REPAID,
    totals::CLEARED,
    totals::SEIZED,
    totals::BONUS,
    totals::PENALTY,
    surplus::LOST_SURPLUS,
    totals::PROTOCOL_FEE,
    totals::GAS,
    totals::SLIPPAGE,
    totals::LIQUIDATOR_PROFIT,
    totals::DEFICIT,
    totals::SHORTFALL,
    totals::BAD_DEBT,
    uncovered::UNCOVERED_BAD_DEBT,
    amplification::AMPLIFICATION,
    impact::PRICE_IMPACT,
    recovery::RECOVERY,
    recovery::DISPLACEMENT,
    time_to_clear::TIME_TO_CLEAR,
    toxic::TOXIC,
    liquidations_at_risk::LIQUIDATIONS_AT_RISK,
    liquidations_at_risk::COLLATERAL_AT_RISK,
    recovery_rate::RECOVERY_RATE,
    efficiency::DEFICIT_AVOIDED,
    efficiency::LIQUIDATION_EFFICIENCY,
    burden::REALISED_SLIPPAGE,
    burden::PENALTY_BURDEN,
    burden::BONUS_DISSIPATED,
    under_water::TIME_UNDER_WATER,
    margin_calls::MARGIN_CALL_VELOCITY,
    fund::FUND_DEPLETED,
    fund::FUND_DEPLETION_TIME,
    cascade::CASCADES,
    cascade::LARGEST_CASCADE,
    cascade::LARGEST_CASCADE_LIQUIDATIONS,
    leverage::LEVERAGE_AT_RISK,
    leverage::LEVERAGE,
    leverage::LEVERAGE_PEAK,
    leverage::LEVERAGE_CORRELATION,
    leverage::BORROWED_TO_LEVER,
    attacks::ATTACKS,
    attacks::ATTACK_COST,
    attacks::ATTACK_PROFIT,
];

/// The asset whose oracle price falls most over a path, and by what share of its first price.
pub fn hardest_hit(path: &PathRecord) -> Option<usize> {
    let falls = (0..path.symbols.len()).filter_map(|a| Some((a, fall_of(path, a)?)));
    falls
        .filter(|(_, fall)| *fall > 0.0)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(asset, _)| asset)
}

#[cfg(test)]
mod tests;
