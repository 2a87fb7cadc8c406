//! Liquidation map before and after.

use super::Page;
use super::parts::{cell, line_figure, nothing, number, table, text};
use crate::context::LiquidationMap;
use crate::format::{percent, price, usd};
use crate::plot::{map_chart, map_stations};
use maud::{Markup, html};

/// Most maps on a page.
const MAPS_MAX: usize = 4;

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.maps.is_empty() {
        return nothing("No liquidation map was computed for this run.");
    }
    html! {
        @for map in page.maps.iter().take(MAPS_MAX) { (figure(page, map)) }
        @if page.maps.len() > MAPS_MAX {
            p { "Maps of the other assets are in the results folder." }
        }
    }
}

fn figure(page: &Page<'_>, map: &LiquidationMap) -> Markup {
    let caption = format!(
        "USD against the price of {0} in USD: collateral and debt of all accounts that are liquidatable \
         when {0} stands at that price and nothing else has moved, valued at the prices of the start. \
         The lines mark the oracle's price at the start and its lowest.",
        map.symbol
    );
    let row = |(fall, at, collateral, debt): (f64, f64, f64, f64)| {
        vec![
            cell(percent(fall)),
            cell(price(at)),
            cell(usd(collateral)),
            cell(usd(debt)),
        ]
    };
    let rows: Vec<_> = map_stations(map).into_iter().map(row).collect();
    html! {
        (line_figure(page, &map_chart(map, 260.0), &caption))
        (table(
            page,
            &format!("What a fall of {} alone would have made liquidatable, before the run.", map.symbol),
            &[
                text("Fall"),
                number("Price", "USD"),
                number("Collateral", "USD"),
                number("Debt", "USD"),
            ],
            &rows,
        ))
    }
}
