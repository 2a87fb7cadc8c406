//! What it costs to move oracles, as a table.

use super::Rows;
use crate::oracle_cost::OracleCost;
use backstop_io::table::Table;
use backstop_lab::oracle_cost::Figure;

/// The table `oracle-cost`: one row an asset, oracle, fall and time.
pub fn oracle_cost_table(costs: &[OracleCost]) -> Table {
    let mut rows: Vec<(&str, &str, &Figure)> = Vec::new();
    for cost in costs {
        for (trusted, figures) in [("scenario", &cost.figures), ("one_source", &cost.alone)] {
            let own = figures.iter();
            rows.extend(own.map(|figure| (cost.symbol.as_str(), trusted, figure)));
        }
    }
    type Row<'a> = (&'a str, &'a str, &'a Figure);
    let cost = |of: fn(&backstop_lab::oracle_cost::Cost) -> f64| {
        move |r: &Row<'_>| r.2.cost.as_ref().map(of)
    };
    Rows::of(&rows)
        .text("asset", "", "Ticker of the asset.", |r: &Row<'_>| {
            r.0.to_owned()
        })
        .text(
            "oracle",
            "",
            "scenario: as the scenario says; one_source: the first source that is a venue, believed alone.",
            |r| r.1.to_owned(),
        )
        .f64("fall", "share", "Fall of the trusted price.", |r| r.2.fall)
        .u64(
            "held_s",
            "s",
            "How long the sources are held before it has to be reached.",
            |r| r.2.held_s,
        )
        .optional_f64(
            "sources",
            "",
            "Number of sources that are moved; this and the next three are missing where the price cannot be moved so far.",
            cost(|cost| cost.sources.len() as f64),
        )
        .optional_f64(
            "push",
            "share",
            "By how much they are pushed down.",
            cost(|cost| cost.push),
        )
        .optional_f64(
            "capital_usd",
            "USD",
            "Most that is borrowed at a time, at the outside price.",
            cost(|cost| cost.capital_usd),
        )
        .optional_f64(
            "loss_usd",
            "USD",
            "What selling and buying back loses.",
            cost(|cost| cost.loss_usd),
        )
        .f64(
            "profit_usd",
            "USD",
            "What liquidating at the moved price brings at most.",
            |r| r.2.profit_usd,
        )
        .table("oracle-cost")
}
