//! Text for the terminal: the summary of a run, and the table of accounts' health.

use crate::Report;
use crate::answer::{NOTHING_USD, answer_text};
use crate::format::{
    MISSING, count, decimal, duration, health, moment, money, one_line, percent, plural, price, usd,
};
use crate::summary::{AssetSummary, LayerSummary, Summary};
use backstop_core::units::Ratio;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// Narrowest text; narrower terminals wrap it themselves.
pub(crate) const WIDTH_MIN: usize = 50;
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
        if context.protocol.is_empty() {
            String::new()
        } else {
            format!("{}, ", one_line(&context.protocol))
        },
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
    let rows: Vec<Row> = [figures(&summary), layers(&summary), prices(&summary)].concat();
    let widest = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    for (name, value) in rows {
        out.push_str(&format!(
            "  {name:<widest$}  {}\n",
            value.replace('\u{a0}', " ")
        ));
    }
    out
}

/// A figure: its name and its value.
type Row = (String, String);

fn figures(s: &Summary) -> Vec<Row> {
    let row = |name: &str, value: String| (name.to_owned(), value);
    let (liquidated, accounts) = (count(s.accounts_liquidated), count(s.accounts));
    let mut rows = vec![
        row(
            "liquidations",
            format!(
                "{} in {liquidated} of {accounts} accounts",
                count(s.liquidations)
            ),
        ),
        row("debt repaid", money(s.repaid_usd)),
        row(
            "collateral seized",
            format!(
                "{} ({} to the protocol)",
                money(s.seized_usd),
                money(s.fee_usd)
            ),
        ),
        row("borrowers' penalty", money(s.penalty_usd)),
        row(
            "liquidators' profit",
            format!(
                "{} after {} gas and {} slippage",
                money(s.liquidators_profit_usd),
                money(s.gas_usd),
                money(s.slippage_usd)
            ),
        ),
        row(
            "bad debt",
            format!(
                "{} ({} written off, {} open)",
                money(s.bad_debt_usd()),
                money(s.deficit_usd),
                money(s.shortfall_usd)
            ),
        ),
    ];
    rows.extend(trouble(s));
    rows
}

fn trouble(s: &Summary) -> Vec<Row> {
    let (most, end) = (
        count(s.accounts_breached_max),
        count(s.accounts_breached_end),
    );
    let m = &s.misses;
    let (outrun, full, rejected) = (count(m.outrun), count(m.block_full), count(m.rejected));
    let guarded = if m.guarded > 0 {
        format!(", guarded {}", count(m.guarded))
    } else {
        String::new()
    };
    let mut rows = vec![
        (
            "accounts in breach".to_owned(),
            format!("{most} at most, {end} at the end"),
        ),
        (
            "missed attempts".to_owned(),
            format!(
                "{} (outrun {outrun}, block full {full}, rejected {rejected}{guarded})",
                count(m.total())
            ),
        ),
    ];
    if let Some(a) = &s.amplification {
        let factor = a
            .factor
            .map_or_else(|| MISSING.to_owned(), |f| format!("{}×", decimal(f)));
        let (with, without) = (percent(a.fall.with), percent(a.fall.without));
        let value = format!("{factor} (oracle's fall {with} with the selling, {without} without)");
        rows.push(("amplification".to_owned(), value));
    }
    rows
}

fn layers(s: &Summary) -> Vec<Row> {
    let paying = s.layers.iter().filter(|l| l.usd >= NOTHING_USD);
    let row = |layer: &LayerSummary| {
        let left = layer.left_usd.map_or_else(
            || "no limit".to_owned(),
            |left| format!("{} left", money(left)),
        );
        let payments = plural(layer.payments, "payment", "payments");
        let value = format!("{} in {payments}, {left}", money(layer.usd));
        (format!("paid by {}", one_line(&layer.layer)), value)
    };
    paying.take(LISTED_MAX).map(row).collect()
}

fn prices(s: &Summary) -> Vec<Row> {
    let seized = s.assets.iter().filter(|a| a.seized_usd > 0.0);
    let row = |asset: &AssetSummary| {
        let fall = asset.outside.or(asset.oracle)?;
        let after = duration(fall.low_time.saturating_sub(s.time_start));
        let (first, low, share) = (price(fall.first), price(fall.low), percent(fall.share));
        let value = format!("{first} to {low} USD ({share} down after {after})");
        Some((format!("{} price", one_line(&asset.symbol)), value))
    };
    seized.take(LISTED_MAX).filter_map(row).collect()
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
    let header = [
        "account",
        "health",
        "collateral USD",
        "debt USD",
        "distance",
        "liquidated at USD",
    ];
    let line = |row: &HealthRow| {
        let at = row.liquidation_price.as_ref();
        vec![
            one_line(&row.account),
            health(row.health),
            usd(row.collateral_usd),
            usd(row.debt_usd),
            row.distance
                .map_or_else(|| "-".to_owned(), percent)
                .replace('\u{a0}', " "),
            at.map_or_else(
                || "-".to_owned(),
                |(asset, p)| format!("{} {}", one_line(asset), price(*p)),
            ),
        ]
    };
    let rows: Vec<_> = rows.iter().map(line).collect();
    aligned(&header.map(str::to_owned), &rows)
}

/// A header and rows as columns of text: the first stands left, the others right.
pub(crate) fn aligned(header: &[String], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        column.set_cell_alignment(if i == 0 {
            CellAlignment::Left
        } else {
            CellAlignment::Right
        });
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Words in lines of at most `width` characters where they fit.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in one_line(text).split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(&word.replace('\u{a0}', " "));
        used += length;
    }
    out.push('\n');
    out
}
