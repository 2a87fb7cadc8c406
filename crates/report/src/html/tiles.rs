//! Key figures.

use super::Page;
use crate::answer::NOTHING_USD;
use crate::format::{count, decimal, money, percent, plural, price};
use maud::{Markup, html};

struct Tile {
    label: String,
    value: String,
    note: String,
}

pub(super) fn section(page: &Page<'_>) -> Markup {
    html! {
        section class="tiles" aria-label="Key figures" {
            dl {
                @for tile in tiles(page) {
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
    let tile = |label: &str, value, note: String| Tile { label: label.to_owned(), value, note };
    let mut tiles = Vec::new();
    if let Some((asset, fall)) = s.main().and_then(|a| Some((a, a.outside.or(a.oracle)?))) {
        tiles.push(Tile {
            label: format!("Fall of {}", asset.symbol),
            value: percent(fall.share),
            note: format!("${} to ${}", price(fall.first), price(fall.low)),
        });
    }
    tiles.extend([
        tile(
            "Liquidations",
            count(s.liquidations),
            format!("{} of {}", count(s.accounts_liquidated), plural(s.accounts, "account", "accounts")),
        ),
        tile("Debt repaid", money(s.repaid_usd), "by liquidators, USD".into()),
        tile("Collateral seized", money(s.seized_usd), "USD at oracle prices".into()),
        tile(
            "Borrowers' penalty",
            money(s.penalty_usd),
            format!("seized less repaid; {} to the protocol", money(s.fee_usd)),
        ),
        tile(
            "Bad debt",
            if s.bad_debt_usd() < NOTHING_USD { "none".into() } else { money(s.bad_debt_usd()) },
            format!("{} written off, {} open", money(s.deficit_usd), money(s.shortfall_usd)),
        ),
        tile("Liquidators' profit", money(s.liquidators_profit_usd), "net of gas, slippage and fees, USD".into()),
        tile(
            "Gas",
            money(s.gas_usd),
            format!("USD; up to {} gwei, {}", count(s.gas_gwei_max.round() as u64), plural(s.misses.total(), "missed attempt", "missed attempts")),
        ),
    ]);
    if let Some(asset) = s.main() {
        tiles.push(tile(
            "Oracle behind the market",
            percent(asset.oracle_above_max),
            format!("{}: largest lead of the oracle over the outside price", asset.symbol),
        ));
    }
    if let Some(a) = &s.amplification {
        tiles.push(tile(
            "Amplification",
            a.factor.map_or_else(|| crate::format::MISSING.to_owned(), |f| format!("{}×", decimal(f))),
            "oracle's fall with forced selling over fall without".into(),
        ));
    }
    tiles
}
