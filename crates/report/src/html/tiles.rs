//! Key figures.

use super::Page;
use crate::answer::NOTHING_USD;
use crate::format::{MISSING, count, decimal, money, percent, plural, price};
use crate::summary::Summary;
use maud::{Markup, html};

/// A figure with its name and a note.
pub(super) struct Tile {
    label: String,
    value: String,
    note: String,
}

pub(super) fn section(page: &Page<'_>) -> Markup {
    draw(&tiles(page))
}

/// Tiles side by side.
pub(super) fn draw(tiles: &[Tile]) -> Markup {
    html! {
        section class="tiles" aria-label="Key figures" {
            dl {
                @for tile in tiles {
                    div {
                        dt { (tile.label) }
                        dd { strong { (tile.value) } span { (tile.note) } }
                    }
                }
            }
        }
    }
}

fn tiles(page: &Page<'_>) -> Vec<Tile> {
    let s = &page.summary;
    let market = [fall(s), Some(liquidations(s))];
    let end = [oracle(s), amplification(s)];
    market
        .into_iter()
        .flatten()
        .chain(sums(s))
        .chain(end.into_iter().flatten())
        .collect()
}

/// A tile.
pub(super) fn tile(label: impl Into<String>, value: String, note: impl Into<String>) -> Tile {
    Tile {
        label: label.into(),
        value,
        note: note.into(),
    }
}

fn fall(s: &Summary) -> Option<Tile> {
    let asset = s.main()?;
    let fall = asset.outside.or(asset.oracle)?;
    let note = format!("${} to ${}", price(fall.first), price(fall.low));
    Some(tile(
        format!("Fall of {}", asset.symbol),
        percent(fall.share),
        note,
    ))
}

fn liquidations(s: &Summary) -> Tile {
    let accounts = plural(s.accounts, "account", "accounts");
    let note = format!("{} of {accounts}", count(s.accounts_liquidated));
    tile("Liquidations", count(s.liquidations), note)
}

fn sums(s: &Summary) -> [Tile; 6] {
    let bad_debt = match s.bad_debt_usd() < NOTHING_USD {
        true => "none".to_owned(),
        false => money(s.bad_debt_usd()),
    };
    let gwei = count(s.gas_gwei_max.round() as u64);
    let missed = plural(s.misses.total(), "missed attempt", "missed attempts");
    let fee = money(s.fee_usd);
    let (deficit, open) = (money(s.deficit_usd), money(s.shortfall_usd));
    [
        tile("Debt repaid", money(s.repaid_usd), "by liquidators, USD"),
        tile(
            "Collateral seized",
            money(s.seized_usd),
            "USD at oracle prices",
        ),
        tile(
            "Borrowers' penalty",
            money(s.penalty_usd),
            format!("seized less cleared; {fee} to the protocol"),
        ),
        tile(
            "Bad debt",
            bad_debt,
            format!("{deficit} written off, {open} open"),
        ),
        tile(
            "Liquidators' profit",
            money(s.liquidators_profit_usd),
            "net of gas, slippage and fees, USD",
        ),
        tile(
            "Gas",
            money(s.gas_usd),
            format!("USD; up to {gwei} gwei, {missed}"),
        ),
    ]
}

fn oracle(s: &Summary) -> Option<Tile> {
    let asset = s.main()?;
    let note = format!(
        "{}: largest lead of the oracle over the outside price",
        asset.symbol
    );
    Some(tile(
        "Oracle behind the market",
        percent(asset.oracle_above_max),
        note,
    ))
}

fn amplification(s: &Summary) -> Option<Tile> {
    let factor = s.amplification.as_ref()?.factor;
    let value = factor.map_or_else(|| MISSING.to_owned(), |f| format!("{}×", decimal(f)));
    Some(tile(
        "Amplification",
        value,
        "oracle's fall with forced selling over fall without",
    ))
}
