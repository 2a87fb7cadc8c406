//! What it costs to move an oracle, and what that would bring.

use crate::answer::Span;
use crate::format::{duration, money, percent};
use backstop_lab::oracle_cost::Figure;

/// Cost and profit of moving one asset's oracle down.
#[derive(Clone, Debug)]
pub struct OracleCost {
    /// Its ticker.
    pub symbol: String,
    /// How many sources the oracle asks.
    pub sources: usize,
    /// How many of them read a venue, which can be moved.
    pub movable: usize,
    /// By fall and time, for the oracle as it is.
    pub figures: Vec<Figure>,
    /// The same for an oracle that believes the first of the movable sources alone; empty where there is none.
    pub alone: Vec<Figure>,
}

/// The figure that gains most; nothing where none can be reached.
pub(crate) fn best(figures: &[Figure]) -> Option<(&Figure, f64)> {
    let gains = figures.iter().filter_map(|f| Some((f, f.gain_usd()?)));
    gains.reduce(|a, b| if b.1 > a.1 { b } else { a })
}

/// What moving it brings, in a sentence.
pub(crate) fn about(cost: &OracleCost, spans: &mut Vec<Span>) {
    let plain = |spans: &mut Vec<Span>, text: String| spans.push(Span::Plain(text));
    let symbol = &cost.symbol;
    plain(spans, format!(" Moving the oracle of {symbol} "));
    match best(&cost.figures) {
        None => {
            spans.push(Span::Strong("is not possible".to_owned()));
            let why = match cost.movable {
                0 => "none of its sources is a venue of the scenario".to_owned(),
                movable => format!(
                    "of its {} sources {movable} can be moved, which does not suffice",
                    cost.sources
                ),
            };
            plain(spans, format!(" by 5 % or more: {why}."));
        }
        Some((figure, gain)) => {
            let pays = if gain > 0.0 { "pays" } else { "does not pay" };
            spans.push(Span::Strong(pays.to_owned()));
            let held = match figure.held_s {
                0 => "for a moment".to_owned(),
                held_s => format!("for {}", duration(held_s)),
            };
            let word = if gain > 0.0 { "gain" } else { "loss" };
            plain(
                spans,
                format!(
                    ": the best of the attacks, by {} held {held}, leaves a {word} of at most ",
                    percent(figure.fall)
                ),
            );
            spans.push(Span::Strong(money(gain.abs())));
            plain(spans, ".".to_owned());
        }
    }
}
