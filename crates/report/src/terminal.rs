//! Text for the terminal: the summary of a run, and the table of accounts' health.

use crate::Report;
use crate::answer::{NOTHING_USD, answer_text};
use crate::format::{
    count, decimal, duration, health, money, moment, one_line, percent, price, usd,
};
use crate::summary::Summary;
use backstop_core::units::Ratio;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// Narrowest text; narrower terminals wrap it themselves.
const WIDTH_MIN: usize = 50;
const WIDTH_MAX: usize = 110;
/// Layers and assets listed at most, so that the summary stays within 40 lines.
const LISTED_MAX: usize = 6;

/// The summary of a run for a terminal of `width` characters: at most 40 lines from 80 on.
pub fn summary_text(report: &Report<'_>, width: usize) -> String {
    let summary = Summary::new(report.record, report.without_feedback);
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let context = report.context;
    let mut out = format!("{}\n", one_line(&context.title));
    out.push_str(&format!(
        "{}{} to {}, {} steps, seed {}\n",
        if context.protocol.is_empty() { String::new() } else { format!("{}, ", one_line(&context.protocol)) },
        moment(summary.time_start),
        moment(summary.time_end),
        count(summary.steps),
        summary.seed
    ));
    if summary.interrupted {
        out.push_str("Interrupted: the figures cover the time up to then.\n");
    }
    if let Some(why) = &summary.stopped {
        out.push_str(&format!("The ledger could not go on: {}\n", one_line(why)));
    }
    out.push('\n');
    out.push_str(&wrap(&answer_text(&summary), width));
    out.push('\n');
    out.push_str(&figures(&summary));
    out.push_str(&layers(&summary));
    out
}

fn figures(s: &Summary) -> String {
    let liquidated = format!("{} in {} of {} accounts", count(s.liquidations), count(s.accounts_liquidated), count(s.accounts));
    let mut rows = vec![
        ("liquidations", liquidated),
        ("debt repaid", money(s.repaid_usd)),
        ("collateral seized", format!("{} ({} to the protocol)", money(s.seized_usd), money(s.fee_usd))),
        ("borrowers' penalty", money(s.penalty_usd)),
        ("liquidators' profit", format!("{} after {} gas and {} slippage", money(s.liquidators_profit_usd), money(s.gas_usd), money(s.slippage_usd))),
        ("bad debt", format!("{} ({} written off, {} open)", money(s.bad_debt_usd()), money(s.deficit_usd), money(s.shortfall_usd))),
        ("accounts in breach", format!("{} at most, {} at the end", count(s.accounts_breached_max), count(s.accounts_breached_end))),
        ("missed attempts", format!("{} (outrun {}, block full {}, rejected {})", count(s.misses.total()), count(s.misses.outrun), count(s.misses.block_full), count(s.misses.rejected))),
    ];
    if let Some(a) = &s.amplification {
        let factor = a.factor.map_or_else(|| "n/a".to_owned(), |f| format!("{}×", decimal(f)));
        let falls = format!("{factor} (oracle's fall {} with the selling, {} without)", percent(a.fall.with), percent(a.fall.without));
        rows.push(("amplification", falls));
    }
    let mut out = String::new();
    for (name, value) in rows {
        out.push_str(&format!("  {name:<20} {}\n", value.replace('\u{a0}', " ")));
    }
    out
}

fn layers(s: &Summary) -> String {
    let mut out = String::new();
    for layer in s.layers.iter().filter(|l| l.usd >= NOTHING_USD).take(LISTED_MAX) {
        let left = layer.left_usd.map_or_else(|| "no limit".to_owned(), |left| format!("{} left", money(left)));
        let name = format!("paid by {}", one_line(&layer.layer));
        out.push_str(&format!("  {name:<20} {} in {} payments, {left}\n", money(layer.usd), count(layer.payments)));
    }
    for asset in s.assets.iter().filter(|a| a.seized_usd > 0.0).take(LISTED_MAX) {
        let Some(fall) = asset.outside.or(asset.oracle) else { continue };
        let after = duration(fall.low_time.saturating_sub(s.time_start));
        let name = format!("{} price", one_line(&asset.symbol));
        let text = format!("{} to {} USD ({} down after {after})", price(fall.first), price(fall.low), percent(fall.share));
        out.push_str(&format!("  {name:<20} {}\n", text.replace('\u{a0}', " ")));
    }
    out
}

/// One account's health, as the health command shows it.
#[derive(Clone, Debug, Default)]
pub struct HealthRow {
    /// Name in the book, or number.
    pub account: String,
    /// Enabled collateral, USD.
    pub collateral_usd: f64,
    /// Debt, USD.
    pub debt_usd: f64,
    /// Exact health factor.
    pub health: Ratio,
    /// Largest common fall of the collateral prices that the account bears, share of one; negative
    /// where it is in breach, `None` without debt or where no fall reaches a breach.
    pub distance: Option<f64>,
    /// Asset whose price alone would bring the account to the edge, and that price in USD; `None`
    /// where no price of a single asset does.
    pub liquidation_price: Option<(String, f64)>,
}

/// Accounts' health as aligned text with a header; as many lines as rows plus two.
pub fn health_table(rows: &[HealthRow]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "account", "health", "collateral USD", "debt USD", "distance", "liquidated at USD",
    ]);
    for row in rows {
        let at = row.liquidation_price.as_ref();
        table.add_row([
            one_line(&row.account),
            health(row.health),
            usd(row.collateral_usd),
            usd(row.debt_usd),
            row.distance.map_or_else(|| "-".to_owned(), percent).replace('\u{a0}', " "),
            at.map_or_else(|| "-".to_owned(), |(asset, p)| format!("{} {}", one_line(asset), price(*p))),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in one_line(text).split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
    out.push('\n');
    out
}
