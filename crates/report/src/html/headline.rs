//! The answer, in one or two sentences with figures.

use super::Page;
use crate::format::{count, duration_words, money, moment, percent, plural, price};
use crate::summary::{AssetSummary, Fall};
use maud::{Markup, html};

/// Money below this is rounding.
pub(super) const NOTHING_USD: f64 = 0.5;

pub(super) fn section(page: &Page<'_>) -> Markup {
    let context = page.context;
    html! {
        header {
            p class="kicker" {
                "Backstop " span { "liquidation report" }
                @if !context.protocol.is_empty() { " · " (context.protocol) }
            }
            h1 { (context.title) }
            p class="when" {
                (moment(page.summary.time_start)) " to " (moment(page.summary.time_end))
            }
            (warnings(page))
            p class="answer" { (what_happened(page)) " " (who_paid(page)) " " (selling(page)) }
        }
    }
}

fn warnings(page: &Page<'_>) -> Markup {
    html! {
        @if page.summary.interrupted {
            p class="warning" role="note" {
                strong { "Interrupted. " }
                "The run was stopped before its end; the figures cover the time up to then."
            }
        }
        @if let Some(why) = &page.summary.stopped {
            p class="warning" role="note" {
                strong { "The ledger could not go on: " } (why)
                ". The figures cover the time up to then."
            }
        }
    }
}

fn what_happened(page: &Page<'_>) -> Markup {
    let s = &page.summary;
    let fall = s.main().and_then(|asset| Some((asset, asset.outside.or(asset.oracle)?)));
    html! {
        @match fall {
            Some((asset, fall)) => (fall_clause(asset, &fall, s.time_start)),
            None => "No price was recorded",
        }
        @if s.liquidations == 0 {
            ", and none of " (plural(s.accounts, "indebted account", "indebted accounts")) " was liquidated."
        } @else {
            "; " strong { (plural(s.liquidations, "liquidation", "liquidations")) } " in "
            (count(s.accounts_liquidated)) " of " (plural(s.accounts, "indebted account", "indebted accounts"))
            " repaid " strong { (money(s.repaid_usd)) } " of debt and seized "
            strong { (money(s.seized_usd)) } " of collateral."
        }
    }
}

fn fall_clause(asset: &AssetSummary, fall: &Fall, since: u64) -> Markup {
    html! {
        (asset.symbol)
        @if fall.share < 0.000_05 {
            " did not fall (" "$" (price(fall.last)) ")"
        } @else {
            " fell " strong { (percent(fall.share)) } " from $" (price(fall.first)) " to $" (price(fall.low))
            " within " (duration_words(fall.low_time.saturating_sub(since)))
        }
    }
}

fn who_paid(page: &Page<'_>) -> Markup {
    let s = &page.summary;
    let bad_debt = s.bad_debt_usd();
    let payers: Vec<_> = s.layers.iter().filter(|l| l.usd >= NOTHING_USD).collect();
    html! {
        @if bad_debt < NOTHING_USD {
            strong { "No bad debt" } " was left"
        } @else {
            strong { (money(bad_debt)) } " of bad debt was left"
            @if payers.is_empty() { ", which nobody has paid" }
            @else {
                " (paid by "
                @for (i, layer) in payers.iter().enumerate() {
                    @if i > 0 { ", " }
                    (layer.layer) " " (money(layer.usd))
                }
                @if s.shortfall_usd >= NOTHING_USD { "; still open " (money(s.shortfall_usd)) }
                ")"
            }
        }
        @if s.amplification.is_none() { "." } @else { ";" }
    }
}

fn selling(page: &Page<'_>) -> Markup {
    let Some(a) = &page.summary.amplification else {
        return html! {};
    };
    let points = a.fall.with - a.fall.without;
    html! {
        @if points.abs() < 0.000_5 {
            "the forced selling changed the oracle's fall by less than 0.05\u{a0}% of the price."
        } @else {
            "the forced selling " @if points > 0.0 { "deepened" } @else { "softened" }
            " the oracle's fall from " (percent(a.fall.without)) " to "
            strong { (percent(a.fall.with)) } "."
        }
    }
}
