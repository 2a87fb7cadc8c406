//! What the liquidators earned.

use super::Page;
use super::parts::{bar_cell, cell, nothing, number, table, text};
use crate::format::{count, usd};
use backstop_lab::record::{LiquidatorKind, LiquidatorRow};
use maud::Markup;

/// Most liquidators listed, the most active first.
const SHOWN: usize = 40;

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.record.liquidators.is_empty() {
        return nothing("The scenario has no liquidator.");
    }
    let mut rows: Vec<&LiquidatorRow> = page.record.liquidators.iter().collect();
    rows.sort_by(|a, b| {
        b.won
            .cmp(&a.won)
            .then(b.repaid_usd.total_cmp(&a.repaid_usd))
    });
    let largest = rows
        .iter()
        .fold(f64::MIN_POSITIVE, |a, l| a.max(l.profit_usd));
    let row = |l: &&LiquidatorRow| {
        vec![
            cell(&l.name),
            cell(kind_word(l.kind)),
            cell(count(l.won.into())),
            cell(count(l.lost.into())),
            cell(usd(l.repaid_usd)),
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
        "Liquidators by liquidations won ({} of {all} shown). Profit is what the venues paid less debt \
         repaid, gas (lost attempts included) and flash-loan fees; collateral still held counts at the \
         last outside price.",
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
            number("Slippage", "USD"),
            number("Gas", "USD"),
            number("Loan fees", "USD"),
            number("Profit", "USD"),
            number("Still held", "USD"),
        ],
        &rows,
    )
}

/// The word for a kind of liquidator.
pub(crate) fn kind_word(kind: LiquidatorKind) -> &'static str {
    match kind {
        LiquidatorKind::Private => "private",
        LiquidatorKind::Public => "public",
        LiquidatorKind::Native => "native",
    }
}
