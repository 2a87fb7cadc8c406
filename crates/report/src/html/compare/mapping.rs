//! How borrowers, parameters and debt assets were mapped onto each design.

use super::super::parts::{cell, nothing, number, table, text};
use super::Page;
use crate::compare::{Contender, Figures};
use crate::format::{MISSING, count, usd};
use crate::summary::total;
use backstop_lab::record::AccountRow;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.figures.is_empty() {
        return nothing("No design was run.");
    }
    html! {
        p {
            "No two designs know the same positions. Each borrower was mapped as far as the design allows; what differs "
            "is stated here, and the table shows what book each design started with."
        }
        (books(page))
        div class="mappings" { @for f in &page.figures { (mapping(&f.contender)) } }
    }
}

fn mapping(contender: &Contender<'_>) -> Markup {
    html! {
        div {
            h3 { (contender.title) " " code { (contender.name) } }
            @if contender.mapping.is_empty() { p class="nothing" { "No mapping was stated." } }
            @else { ul class="notes" { @for sentence in contender.mapping { li { (sentence) } } } }
        }
    }
}

fn books(page: &Page<'_>) -> Markup {
    let row = |f: &Figures<'_>| {
        let rows = &f.contender.record.accounts;
        let sum = |of: fn(&AccountRow) -> f64| match rows.is_empty() {
            true => MISSING.to_owned(),
            false => usd(total(rows.iter().map(of))),
        };
        let accounts = match rows.is_empty() {
            true => MISSING.to_owned(),
            false => count(f.summary.accounts),
        };
        vec![
            cell(f.contender.title),
            cell(accounts),
            cell(sum(|a| a.collateral_usd[0])),
            cell(sum(|a| a.debt_usd[0])),
            cell(f.contender.record.symbols.join(", ")),
        ]
    };
    let rows: Vec<Vec<Markup>> = page.figures.iter().map(row).collect();
    table(
        page,
        "The book of each design at the start, at its prices.",
        &[
            text("Design"),
            number("Indebted accounts", ""),
            number("Collateral", "USD"),
            number("Debt", "USD"),
            text("Assets"),
        ],
        &rows,
    )
}
