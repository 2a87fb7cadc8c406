//! The ten largest liquidations, each with its trace.

use super::Page;
use super::parts::{cell, inner_table, moment, name_cell, nothing, number, table, text};
use crate::format::{health, integer, moment_short, money, price, units, usd};
use crate::summary::symbol;
use crate::trace::rounding_word;
use backstop_core::protocol::{AssetId, TraceStep};
use backstop_core::units::Amount;
use backstop_lab::record::LiquidationRow;
use maud::{Markup, html};

const SHOWN: usize = 10;

pub(super) fn content(page: &Page<'_>) -> Markup {
    let largest = largest(page);
    if largest.is_empty() {
        return nothing("Nothing was liquidated.");
    }
    html! {
        (overview(page, &largest))
        p { "Open an entry for every number of the ledger's computation, in integers as the contract holds them." }
        @for (rank, row) in largest.iter().enumerate() { (entry(page, rank + 1, row)) }
    }
}

/// By collateral seized, protocol fee included; the earlier of two equal ones first.
fn largest<'a>(page: &Page<'a>) -> Vec<&'a LiquidationRow> {
    let size = |l: &LiquidationRow| {
        let usd = l.seized_usd + l.fee_usd;
        if usd.is_finite() { usd } else { 0.0 }
    };
    let mut rows: Vec<&LiquidationRow> = page.record.liquidations.iter().collect();
    rows.sort_by(|a, b| size(b).total_cmp(&size(a)));
    rows.truncate(SHOWN);
    rows
}

fn overview(page: &Page<'_>, rows: &[&LiquidationRow]) -> Markup {
    let row = |(i, l): (usize, &&LiquidationRow)| {
        vec![
            html! { (i + 1) ". " (name_cell(&page.account(l.account))) },
            cell(moment_short(l.time)),
            cell(page.liquidator(l.liquidator)),
            cell(symbol(page.record, l.collateral)),
            cell(usd(l.seized_usd + l.fee_usd)),
            cell(symbol(page.record, l.debt)),
            cell(usd(l.repaid_usd)),
            cell(health(l.health_before)),
            cell(health(l.health_after)),
            cell(usd(l.profit_usd)),
            cell(usd(l.deficit_usd)),
        ]
    };
    let rows: Vec<_> = rows.iter().enumerate().map(row).collect();
    table(
        page,
        "The largest liquidations by collateral seized (protocol's fee included, at the oracle's price). Times in UTC.",
        &[
            text("Account"),
            moment("Time"),
            text("Liquidator"),
            text("Seized"),
            number("Seized", "USD"),
            text("Repaid"),
            number("Repaid", "USD"),
            number("Health before", ""),
            number("Health after", ""),
            number("Profit", "USD"),
            number("Written off", "USD"),
        ],
        &rows,
    )
}

fn entry(page: &Page<'_>, rank: usize, l: &LiquidationRow) -> Markup {
    let amount = |amount: Amount, asset: AssetId| {
        let decimals = page
            .record
            .decimals
            .get(usize::from(asset.0))
            .copied()
            .unwrap_or(0);
        format!("{} {}", units(amount, decimals), symbol(page.record, asset))
    };
    let facts = [
        ("Repaid by the liquidator", amount(l.repaid, l.debt)),
        ("Received by the liquidator", amount(l.seized, l.collateral)),
        ("Kept by the protocol", amount(l.protocol_fee, l.collateral)),
        (
            "Oracle's price of the collateral",
            format!("{} USD", price(l.collateral_price)),
        ),
        ("Sold for", format!("{} USD", usd(l.proceeds_usd))),
        ("Slippage", format!("{} USD", usd(l.slippage_usd))),
        ("Gas", format!("{} USD", usd(l.gas_usd))),
        ("Flash-loan fee", format!("{} USD", usd(l.loan_fee_usd))),
        ("Profit", format!("{} USD", usd(l.profit_usd))),
    ];
    html! {
        details class="trace" {
            summary {
                (rank) ". " (page.account(l.account)) ": "
                (money(l.seized_usd + l.fee_usd)) " of " (symbol(page.record, l.collateral))
                " for " (money(l.repaid_usd)) " of " (symbol(page.record, l.debt))
            }
            dl class="facts" { @for (name, value) in &facts { div { dt { (name) } dd { (value) } } } }
            (trace(&l.trace))
        }
    }
}

fn trace(steps: &[TraceStep]) -> Markup {
    if steps.is_empty() {
        return nothing("No trace was kept in this run.");
    }
    let inputs = |step: &TraceStep| {
        html! {
            @for (name, value) in &step.inputs { span class="operand" { (name) " = " (integer(*value)) } " " }
        }
    };
    let row = |step: &TraceStep| {
        vec![
            cell(step.label),
            html! { code { (step.formula) } },
            inputs(step),
            cell(integer(step.result)),
            cell(step.rounding.map_or("exact", rounding_word)),
        ]
    };
    let rows: Vec<_> = steps.iter().map(row).collect();
    inner_table(
        "Every number of the computation, in the contract's integer units.",
        &[
            text("Number"),
            text("Formula"),
            text("Operands"),
            number("Result", "units"),
            text("Rounded"),
        ],
        &rows,
    )
}
