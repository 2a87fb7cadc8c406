//! What the liquidators earned.

use super::Page;
use super::parts::{bar_cell, cell, nothing, number, table, text};
use crate::format::{count, usd};
use backstop_lab::record::{LiquidatorKind, LiquidatorRow, PathRecord};
use maud::Markup;

/// Most liquidators listed, the most active first.
const SHOWN: usize = 40;

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.record.liquidators.is_empty() {
        return nothing("The scenario has no liquidator.");
    }
    let bonuses = bonuses(page.record);
    let mut rows: Vec<(&LiquidatorRow, f64)> =
        page.record.liquidators.iter().zip(bonuses).collect();
    rows.sort_by(|(a, _), (b, _)| {
        b.won
            .cmp(&a.won)
            .then(b.repaid_usd.total_cmp(&a.repaid_usd))
    });
    let largest = rows
        .iter()
        .fold(f64::MIN_POSITIVE, |a, (l, _)| a.max(l.profit_usd));
    let row = |(l, bonus): &(&LiquidatorRow, f64)| {
        let moves = l.profit_usd - (bonus - l.slippage_usd - l.gas_usd - l.loan_fee_usd);
        vec![
            cell(&l.name),
            cell(kind_word(l.kind)),
            cell(count(l.won.into())),
            cell(count(l.lost.into())),
            cell(usd(l.repaid_usd)),
            cell(usd(*bonus)),
            cell(usd(moves)),
            cell(usd(l.slippage_usd)),
            cell(usd(l.gas_usd)),
            cell(usd(l.loan_fee_usd)),
            bar_cell(&usd(l.profit_usd), l.profit_usd / largest),
            cell(usd(l.inventory_usd)),
        ]
    };
    let all = rows.len();
    let rows: Vec<_> = rows.iter().take(SHOWN).map(row).collect();
    let caption = format!(
        "Liquidators by liquidations won ({} of {all} shown). Profit is the bonus and what prices moved \
         between the oracle's at the liquidation and the outside one at the sale, less slippage, gas \
         (lost attempts included) and flash-loan fees; collateral still held counts at the last outside \
         price.",
        rows.len()
    );
    table(
        page,
        &caption,
        &[
            text("Liquidator"),
            text("Kind"),
            number("Won", ""),
            number("Lost", ""),
            number("Repaid", "USD"),
            number("Bonus", "USD"),
            number("Price moves", "USD"),
            number("Slippage", "USD"),
            number("Gas", "USD"),
            number("Loan fees", "USD"),
            number("Profit", "USD"),
            number("Still held", "USD"),
        ],
        &rows,
    )
}

/// Collateral received less debt repaid, at the oracle's prices, by liquidator.
fn bonuses(record: &PathRecord) -> Vec<f64> {
    let mut sums = vec![0.0; record.liquidators.len()];
    for row in &record.liquidations {
        let place = usize::try_from(row.liquidator).ok();
        if let Some(sum) = place.and_then(|at| sums.get_mut(at)) {
            *sum += row.bonus_usd();
        }
    }
    sums
}

/// The word for a kind of liquidator.
pub(crate) fn kind_word(kind: LiquidatorKind) -> &'static str {
    match kind {
        LiquidatorKind::Private => "private",
        LiquidatorKind::Public => "public",
        LiquidatorKind::Native => "native",
    }
}
