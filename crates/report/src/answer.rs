//! The answer of a run in one or two sentences, for the page and for the terminal.

use crate::format::{count, duration_words, money, percent, plural, price};
use crate::summary::{Amplification, Summary};

/// Money below this, in USD, is rounding.
pub(crate) const NOTHING_USD: f64 = 0.5;

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Span {
    /// Ordinary text.
    Plain(String),
    /// A figure that matters.
    Strong(String),
}

/// The answer, in the order of reading.
pub(crate) fn answer(summary: &Summary) -> Vec<Span> {
    let mut spans = Vec::new();
    fall(summary, &mut spans);
    liquidations(summary, &mut spans);
    bad_debt(summary, &mut spans);
    match &summary.amplification {
        None => plain(&mut spans, "."),
        Some(amplification) => selling(amplification, &mut spans),
    }
    spans
}

/// The answer as plain text; no-break spaces stay.
pub(crate) fn answer_text(summary: &Summary) -> String {
    spans_text(answer(summary))
}

/// Parts of sentences as plain text.
pub(crate) fn spans_text(spans: Vec<Span>) -> String {
    let text = |span| match span {
        Span::Plain(text) | Span::Strong(text) => text,
    };
    spans.into_iter().map(text).collect::<String>()
}

fn plain(spans: &mut Vec<Span>, text: impl Into<String>) {
    spans.push(Span::Plain(text.into()));
}

fn strong(spans: &mut Vec<Span>, text: String) {
    spans.push(Span::Strong(text));
}

fn fall(s: &Summary, spans: &mut Vec<Span>) {
    let Some((asset, fall)) = s.main().and_then(|a| Some((a, a.outside.or(a.oracle)?))) else {
        return plain(spans, "No price was recorded");
    };
    if fall.share < 0.000_05 {
        return plain(
            spans,
            format!("{} did not fall (${})", asset.symbol, price(fall.last)),
        );
    }
    plain(spans, format!("{} fell ", asset.symbol));
    strong(spans, percent(fall.share));
    let length = duration_words(fall.low_time.saturating_sub(s.time_start));
    plain(
        spans,
        format!(
            " from ${} to ${} within {length}",
            price(fall.first),
            price(fall.low)
        ),
    );
}

fn liquidations(s: &Summary, spans: &mut Vec<Span>) {
    let accounts = plural(s.accounts, "indebted account", "indebted accounts");
    if s.liquidations == 0 {
        return plain(spans, format!(", and none of {accounts} was liquidated. "));
    }
    plain(spans, "; ");
    strong(spans, plural(s.liquidations, "liquidation", "liquidations"));
    plain(
        spans,
        format!(" in {} of {accounts} repaid ", count(s.accounts_liquidated)),
    );
    strong(spans, money(s.repaid_usd));
    plain(spans, " of debt and seized ");
    strong(spans, money(s.seized_usd));
    plain(spans, " of collateral. ");
}

fn bad_debt(s: &Summary, spans: &mut Vec<Span>) {
    if s.bad_debt_usd() < NOTHING_USD {
        strong(spans, "No bad debt".to_owned());
        return plain(spans, " was left");
    }
    strong(spans, money(s.bad_debt_usd()));
    plain(spans, " of bad debt was left");
    let payers: Vec<String> = s
        .layers
        .iter()
        .filter(|l| l.usd >= NOTHING_USD)
        .map(|l| format!("{} {}", l.layer, money(l.usd)))
        .collect();
    if payers.is_empty() {
        let open = s.deficit_usd < NOTHING_USD;
        let text = if open {
            ", still open in its accounts"
        } else {
            ", which nobody has paid"
        };
        return plain(spans, text);
    }
    let open = match s.shortfall_usd >= NOTHING_USD {
        true => format!("; still open {}", money(s.shortfall_usd)),
        false => String::new(),
    };
    plain(spans, format!(" (paid by {}{open})", payers.join(", ")));
}

fn selling(a: &Amplification, spans: &mut Vec<Span>) {
    let points = a.fall.with - a.fall.without;
    if points.abs() < 0.000_5 {
        return plain(
            spans,
            "; the forced selling changed the oracle's fall by less than 0.05\u{a0}% of the price.",
        );
    }
    let word = if points > 0.0 { "deepened" } else { "softened" };
    plain(
        spans,
        format!(
            "; the forced selling {word} the oracle's fall from {} to ",
            percent(a.fall.without)
        ),
    );
    strong(spans, percent(a.fall.with));
    plain(spans, ".");
}
