//! Bad debt, and who paid it in which order.

use super::Page;
use super::parts::{bar_cell, cell, inner_table, moment, nothing, number, prose, table, text};
use crate::answer::NOTHING_USD;
use crate::format::{MISSING, count, moment_short, money, percent, units, usd};
use crate::summary::{LayerSummary, symbol};
use backstop_core::protocol::AssetId;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Most single payments listed; all are in the results folder.
const PAYMENTS_MAX: usize = 20;

/// Most payers listed.
const PAYERS_MAX: usize = 20;

pub(super) fn content(page: &Page<'_>) -> Markup {
    html! {
        (in_words(page))
        (waterfall(page))
        (payers(page))
        (deficits(page))
        (payments(page))
    }
}

fn in_words(page: &Page<'_>) -> Markup {
    let s = &page.summary;
    if s.bad_debt_usd() < NOTHING_USD {
        return nothing(
            "Every liquidated debt was repaid from its collateral: no deficit came about.",
        );
    }
    html! {
        p {
            (money(s.deficit_usd)) " of debt was written off because no collateral was left, and accounts worth "
            (money(s.shortfall_usd)) " less than their debt were still open at the end. The waterfall paid "
            (money(s.covered_usd)) "."
        }
    }
}

/// One layer to show: name, who loses, capacity, and what it paid.
struct Row<'a> {
    name: &'a str,
    pays: &'a str,
    capacity: String,
    paid: Option<&'a LayerSummary>,
}

/// The layers in the order in which they pay; payments by unknown layers come last.
fn layers<'a>(page: &'a Page<'_>) -> Vec<Row<'a>> {
    let paid = |name: &str| page.summary.layers.iter().find(|l| l.layer == name);
    let declared = &page.context.waterfall;
    let mut rows: Vec<Row<'_>> = declared
        .iter()
        .map(|layer| Row {
            name: &layer.name,
            pays: &layer.pays,
            capacity: layer
                .capacity_usd
                .map_or_else(|| "no limit".to_owned(), usd),
            paid: paid(&layer.name),
        })
        .collect();
    let unknown = page
        .summary
        .layers
        .iter()
        .filter(|l| declared.iter().all(|d| d.name != l.layer));
    rows.extend(unknown.map(|l| Row {
        name: &l.layer,
        pays: "",
        capacity: MISSING.to_owned(),
        paid: Some(l),
    }));
    rows
}

fn waterfall(page: &Page<'_>) -> Markup {
    let layers = layers(page);
    if layers.is_empty() {
        return nothing("The scenario has no waterfall: a deficit stays with the lenders.");
    }
    let largest = layers
        .iter()
        .filter_map(|l| l.paid)
        .fold(f64::MIN_POSITIVE, |a, l| a.max(l.usd));
    let rows: Vec<_> = layers
        .iter()
        .enumerate()
        .map(|(i, layer)| {
            let usd_paid = layer.paid.map_or(0.0, |l| l.usd);
            vec![
                cell(format!("{}. {}", i + 1, layer.name)),
                cell(layer.pays),
                cell(&layer.capacity),
                bar_cell(&usd(usd_paid), usd_paid / largest),
                cell(count(layer.paid.map_or(0, |l| l.payments))),
                cell(match layer.paid {
                    None => layer.capacity.clone(),
                    Some(l) => l.left_usd.map_or_else(|| "no limit".to_owned(), usd),
                }),
            ]
        })
        .collect();
    table(
        page,
        "The waterfall: layers in the order in which they pay for deficits.",
        &[
            text("Layer"),
            prose("Who loses"),
            number("Held at the start", "USD"),
            number("Paid", "USD"),
            number("Payments", ""),
            number("Left at the end", "USD"),
        ],
        &rows,
    )
}

/// Losses of one payer in one layer over all payments.
struct Borne<'a> {
    payer: &'a str,
    layer: &'a str,
    before: Option<f64>,
    paid: f64,
    after: Option<f64>,
}

/// Losses by layer and payer, in the order of the first payment.
fn borne<'a>(page: &'a Page<'_>) -> Vec<Borne<'a>> {
    let mut sums: Vec<Borne<'_>> = Vec::new();
    for row in &page.record.coverage {
        for loss in &row.losses {
            let same = |sum: &&mut Borne<'_>| sum.payer == loss.payer && sum.layer == row.layer;
            let paid = Some(loss.paid_usd).filter(|usd| usd.is_finite());
            if let Some(sum) = sums.iter_mut().find(same) {
                sum.paid += paid.unwrap_or(0.0);
                sum.after = loss.after_usd;
            } else {
                sums.push(Borne {
                    payer: &loss.payer,
                    layer: &row.layer,
                    before: loss.before_usd,
                    paid: paid.unwrap_or(0.0),
                    after: loss.after_usd,
                });
            }
        }
    }
    sums
}

fn payers(page: &Page<'_>) -> Markup {
    let sums = borne(page);
    if sums.is_empty() {
        return html! {};
    }
    let all: f64 = sums.iter().map(|sum| sum.paid).sum();
    let largest = sums
        .iter()
        .fold(f64::MIN_POSITIVE, |a, sum| a.max(sum.paid));
    let shown = sums.iter().take(PAYERS_MAX);
    let held = |held: Option<f64>| held.map_or_else(|| MISSING.to_owned(), usd);
    let rows: Vec<_> = shown
        .map(|sum| {
            let share = sum.paid / all.max(f64::MIN_POSITIVE);
            vec![
                cell(sum.payer),
                cell(sum.layer),
                cell(held(sum.before)),
                bar_cell(&usd(sum.paid), sum.paid / largest),
                cell(held(sum.after)),
                cell(percent(share)),
            ]
        })
        .collect();
    let caption = format!(
        "Who paid: what each payer held before its first payment and after its last one ({} of {} \
         payers). Income in between counts in the second figure; {MISSING} where nobody counts it.",
        count(rows.len() as u64),
        count(sums.len() as u64)
    );
    table(
        page,
        &caption,
        &[
            prose("Payer"),
            text("Layer"),
            number("Held before", "USD"),
            number("Paid", "USD"),
            number("Held after", "USD"),
            number("Share of all paid", ""),
        ],
        &rows,
    )
}

fn deficits(page: &Page<'_>) -> Markup {
    let mut by_asset: BTreeMap<AssetId, (u64, f64, f64)> = BTreeMap::new();
    for row in page
        .record
        .liquidations
        .iter()
        .filter(|l| l.deficit_usd > 0.0)
    {
        let entry = by_asset.entry(row.debt).or_default();
        entry.0 += 1;
        entry.1 += if row.deficit_usd.is_finite() {
            row.deficit_usd
        } else {
            0.0
        };
    }
    for row in &page.record.coverage {
        by_asset.entry(row.asset).or_default().2 += if row.usd.is_finite() { row.usd } else { 0.0 };
    }
    if by_asset.is_empty() {
        return html! {};
    }
    let rows: Vec<_> = by_asset
        .iter()
        .map(|(asset, (n, deficit, covered))| {
            vec![
                cell(symbol(page.record, *asset)),
                cell(count(*n)),
                cell(usd(*deficit)),
                cell(usd(*covered)),
            ]
        })
        .collect();
    table(
        page,
        "Deficits by the asset of the repaid debt, at the oracle's price when they came about.",
        &[
            text("Debt asset"),
            number("Liquidations with a deficit", ""),
            number("Written off", "USD"),
            number("Paid by the waterfall", "USD"),
        ],
        &rows,
    )
}

fn payments(page: &Page<'_>) -> Markup {
    let all = &page.record.coverage;
    if all.is_empty() {
        return html! {};
    }
    let rows: Vec<_> = all
        .iter()
        .take(PAYMENTS_MAX)
        .map(|p| {
            let decimals = page
                .record
                .decimals
                .get(usize::from(p.asset.0))
                .copied()
                .unwrap_or(0);
            vec![
                cell(moment_short(p.time)),
                cell(&p.layer),
                cell(format!(
                    "{} {}",
                    units(p.amount, decimals),
                    symbol(page.record, p.asset)
                )),
                cell(usd(p.usd)),
                cell(if p.left_usd.is_finite() {
                    usd(p.left_usd)
                } else {
                    "no limit".to_owned()
                }),
            ]
        })
        .collect();
    let shown = rows.len() as u64;
    html! {
        details {
            summary { "Payments in order (" (count(shown)) " of " (count(all.len() as u64)) ")" }
            (inner_table(
                "Payments in the order in which they were made. Times in UTC.",
                &[
                    moment("Time"),
                    text("Layer"),
                    number("Amount", "tokens"),
                    number("Value", "USD"),
                    number("Left in the layer", "USD"),
                ],
                &rows,
            ))
        }
    }
}
