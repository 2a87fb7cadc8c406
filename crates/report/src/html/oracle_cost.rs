//! The section on what it costs to move an oracle.

use super::parts::{Captioned, cell, number, table, text};
use crate::format::{duration, percent, usd};
use crate::oracle_cost::OracleCost;
use backstop_lab::oracle_cost::Figure;
use maud::{Markup, html};

/// One table an asset and oracle.
pub(super) fn draw(page: &impl Captioned, costs: &[OracleCost]) -> Markup {
    html! {
        p class="note" {
            "The attacker sells on the venues behind the cheapest set of sources that suffices, holds them down while traders "
            "pull them back, liquidates what the moved price makes liquidatable, and buys back. The outside price stands "
            "still, loans are free, and every liquidation is taken whole without gas or slippage: what it brings is an upper "
            "bound."
        }
        @for cost in costs {
            (figures(page, &cost.figures, &format!(
                "The oracle of {}, which asks {} sources, of which {} can be moved.",
                cost.symbol, cost.sources, cost.movable
            )))
            @if cost.sources > 1 && !cost.alone.is_empty() {
                (figures(page, &cost.alone, &format!(
                    "For comparison, an oracle of {} that believes one of them alone.", cost.symbol
                )))
            }
        }
    }
}

fn figures(page: &impl Captioned, figures: &[Figure], caption: &str) -> Markup {
    let row = |figure: &Figure| {
        let held = match figure.held_s {
            0 => "a moment".to_owned(),
            held_s => duration(held_s),
        };
        let told = |of: Option<f64>| cell(of.map_or_else(|| "not reached".to_owned(), usd));
        let cost = figure.cost.as_ref();
        vec![
            cell(percent(figure.fall)),
            cell(held),
            cell(cost.map_or_else(String::new, |cost| cost.sources.len().to_string())),
            told(cost.map(|cost| cost.capital_usd)),
            told(cost.map(|cost| cost.loss_usd)),
            cell(usd(figure.profit_usd)),
            told(figure.gain_usd()),
        ]
    };
    let columns = [
        text("Fall"),
        text("Held"),
        number("Sources moved", ""),
        number("Capital", "USD"),
        number("Loss by moving", "USD"),
        number("Liquidations bring", "USD"),
        number("Gain", "USD"),
    ];
    table(
        page,
        caption,
        &columns,
        &figures.iter().map(row).collect::<Vec<_>>(),
    )
}
