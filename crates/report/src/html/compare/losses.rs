//! What the borrowers lost and to whom, and who paid the bad debt.

use super::super::parts::{cell, nothing, number, prose, table, text};
use super::Page;
use crate::answer::NOTHING_USD;
use crate::compare::Figures;
use crate::format::{MISSING, percent, usd};
use maud::{Markup, html};

pub(super) fn borrowers(page: &Page<'_>) -> Markup {
    if page.figures.is_empty() {
        return nothing("No design was run.");
    }
    let rows: Vec<Vec<Markup>> = page.figures.iter().map(split).collect();
    let table = table(
        page,
        "The borrowers' loss by design, at the oracle's prices of each liquidation. The penalty goes to liquidators \
         and to the protocol with its depositors; lost surplus and the part that became bad debt split the same penalty by who bears \
         it. Slippage of fixed-discount designs is the liquidators' and no part of the penalty.",
        &[
            text("Design"),
            number("Penalty", "USD"),
            number("Of debt cleared", ""),
            number("To liquidators", "USD"),
            number("To the protocol and its depositors", "USD"),
            number("Lost surplus", "USD"),
            number("Became bad debt", "USD"),
            number("Liquidators' slippage", "USD"),
        ],
        &rows,
    );
    html! {
        p {
            "The penalty is collateral taken less debt cleared. Where a design sells collateral for the borrower, in an "
            "auction or a band, the discount or slippage of that sale is in the penalty, under what went to liquidators: "
            "the buyers. The record does not tell a set bonus from such a discount."
        }
        (table)
    }
}

fn split(f: &Figures<'_>) -> Vec<Markup> {
    let [penalty, bonus, fee, cleared, lost, slippage] = [
        "penalty",
        "bonus",
        "protocol_fee",
        "cleared",
        "lost_surplus",
        "slippage",
    ]
    .map(|m| f.metric(m));
    let less = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
    let share = penalty
        .zip(cleared)
        .filter(|(_, cleared)| *cleared >= NOTHING_USD);
    let money = |value: Option<f64>| cell(value.map_or_else(|| MISSING.to_owned(), usd));
    // Differences of sums carry their rounding.
    let rest =
        |value: Option<f64>| money(value.map(|v| if v.abs() < NOTHING_USD { 0.0 } else { v }));
    vec![
        cell(f.contender.title),
        money(penalty),
        cell(share.map_or_else(|| MISSING.to_owned(), |(p, r)| percent(p / r))),
        money(bonus),
        money(fee),
        money(lost),
        rest(less(penalty, lost)),
        money(slippage),
    ]
}

pub(super) fn deficits(page: &Page<'_>) -> Markup {
    if page.figures.is_empty() {
        return nothing("No design was run.");
    }
    let rows: Vec<Vec<Markup>> = page
        .figures
        .iter()
        .map(|f| {
            let money = |name| cell(f.metric(name).map_or_else(|| MISSING.to_owned(), usd));
            let payers = match f.payers() {
                some if !some.is_empty() => html! { @for payer in some { div { (payer) } } },
                _ if f.metric("bad_debt").is_none_or(|v| v >= NOTHING_USD) => cell(MISSING),
                _ => cell("no bad debt"),
            };
            vec![
                cell(f.contender.title),
                money("bad_debt"),
                money("deficit"),
                money("shortfall"),
                cell(usd(f.summary.covered_usd)),
                payers,
            ]
        })
        .collect();
    table(
        page,
        "Bad debt by design, and who paid it, first payer first. Written off: no collateral was left. Still open: debt \
         above collateral in accounts at the end, which nobody has paid.",
        &[
            text("Design"),
            number("Bad debt", "USD"),
            number("Written off", "USD"),
            number("Still open", "USD"),
            number("Paid by layers", "USD"),
            prose("Who paid"),
        ],
        &rows,
    )
}
