//! The answer of a comparison in a few sentences, for the page and for the terminal.

use super::{Comparison, Figures, Measure, Ranking, ranking};
use crate::answer::{NOTHING_USD, Span};
use crate::format::{duration_words, money, percent, plural, price};
use crate::summary::Summary;

/// Most names in a sentence.
const NAMED_MAX: usize = 4;
/// A share of the price below this is nothing.
const NOTHING_SHARE: f64 = 0.000_5;

/// The answer, in the order of reading.
pub(crate) fn answer(comparison: &Comparison<'_>, figures: &[Figures<'_>]) -> Vec<Span> {
    let mut text = Sentences::default();
    if figures.is_empty() {
        text.plain("No design was run.");
        return text.0;
    }
    fall(comparison, figures, &mut text);
    bad_debt(figures, &mut text);
    penalty(figures, &mut text);
    impact(comparison, figures, &mut text);
    unranked(figures, &mut text);
    text.0
}

/// Sentences under construction.
#[derive(Default)]
struct Sentences(Vec<Span>);

impl Sentences {
    fn plain(&mut self, text: impl Into<String>) {
        self.0.push(Span::Plain(text.into()));
    }

    fn strong(&mut self, text: String) {
        self.0.push(Span::Strong(text));
    }
}

/// Names as a list in a sentence; a long list ends with a number.
pub(crate) fn named(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= NAMED_MAX => {
            format!("{} and {last}", first.join(", "))
        }
        _ => {
            let (shown, rest) = names.split_at(NAMED_MAX - 1);
            format!("{} and {} others", shown.join(", "), rest.len())
        }
    }
}

fn titles(figures: &[Figures<'_>], positions: &[usize]) -> String {
    let names: Vec<&str> = positions
        .iter()
        .filter_map(|i| figures.get(*i))
        .map(|f| f.contender.title)
        .collect();
    named(&names)
}

/// Every design of the comparison, as the subject of a sentence.
fn all(figures: &[Figures<'_>], ranking: &Ranking) -> String {
    if let [only] = figures {
        return only.contender.title.to_owned();
    }
    match ranking.ranked {
        n if n < figures.len() => format!("The {} with this figure", designs(n)),
        2 => "Both designs".to_owned(),
        n => format!("All {n} designs"),
    }
}

fn designs(n: usize) -> String {
    plural(n as u64, "design", "designs")
}

fn fall(comparison: &Comparison<'_>, figures: &[Figures<'_>], text: &mut Sentences) {
    let n = designs(figures.len());
    let found = comparison.hardest_hit().and_then(|symbol| {
        let contender = comparison
            .contenders
            .iter()
            .find(|c| c.asset(symbol).is_some())?;
        let quiet = contender.without_feedback.is_some();
        let path = contender.without_feedback.unwrap_or(contender.record);
        let summary = Summary::new(path, None);
        let asset = summary.assets.iter().find(|a| a.symbol == symbol)?;
        let fall = asset.outside.or(asset.oracle)?;
        Some((symbol, fall, summary.time_start, quiet))
    });
    let Some((symbol, fall, start, quiet)) = found else {
        return text.plain(format!("{n} met prices that did not fall. "));
    };
    let a_fall = match figures.len() {
        1 => "a fall",
        _ => "the same fall",
    };
    text.plain(format!("{n} met {a_fall} of {symbol}: "));
    text.strong(percent(fall.share));
    text.plain(format!(
        " from ${} to ${} within {}{}. ",
        price(fall.first),
        price(fall.low),
        duration_words(fall.low_time.saturating_sub(start)),
        if quiet {
            ", before any forced selling"
        } else {
            ""
        },
    ));
}

fn rank(figures: &[Figures<'_>], metric: &str) -> Option<Ranking> {
    ranking(figures, Measure::named(metric)?)
}

fn bad_debt(figures: &[Figures<'_>], text: &mut Sentences) {
    let Some(r) = rank(figures, "bad_debt") else {
        return text.plain("How much bad debt was left was not recorded. ");
    };
    let none = r.low < NOTHING_USD;
    if r.all_equal() {
        text.plain(format!("{} left ", all(figures, &r)));
        if none {
            text.strong("no bad debt".to_owned());
            return text.plain(". ");
        }
        text.strong(money(r.low));
        return text.plain(match figures.len() {
            1 => " of bad debt. ",
            _ => " of bad debt each. ",
        });
    }
    let best = titles(figures, &r.lowest);
    let each = if r.lowest.len() > 1 { " each" } else { "" };
    if none {
        text.plain(format!("{best} left "));
        text.strong("no bad debt".to_owned());
    } else {
        text.plain(format!("{best} left the least bad debt, "));
        text.strong(money(r.low));
        text.plain(each);
    }
    text.plain(format!("; {} left the most, ", titles(figures, &r.highest)));
    text.strong(money(r.high));
    text.plain(". ");
}

/// The penalty as a share of the debt cleared, in brackets; empty where that is not known.
fn of_cleared(figures: &[Figures<'_>], positions: &[usize]) -> String {
    let [only] = positions else {
        return String::new();
    };
    let share = figures.get(*only).and_then(|f| {
        let cleared = f.metric("cleared").filter(|v| *v >= NOTHING_USD)?;
        Some(f.metric("penalty")? / cleared)
    });
    share.map_or_else(String::new, |s| {
        format!(" ({} of the debt cleared)", percent(s))
    })
}

fn penalty(figures: &[Figures<'_>], text: &mut Sentences) {
    let Some(r) = rank(figures, "penalty") else {
        return;
    };
    if r.all_equal() {
        if r.high < NOTHING_USD {
            return text.plain("No borrower lost anything to a penalty. ");
        }
        text.plain("Borrowers paid a penalty of ");
        text.strong(money(r.low));
        text.plain(match figures.len() {
            1 => of_cleared(figures, &r.lowest),
            _ => " under each".to_owned(),
        });
        return text.plain(". ");
    }
    text.plain("Liquidation cost the borrowers least under ");
    text.plain(format!("{}, ", titles(figures, &r.lowest)));
    text.strong(money(r.low));
    text.plain(of_cleared(figures, &r.lowest));
    text.plain(format!(
        ", and most under {}, ",
        titles(figures, &r.highest)
    ));
    text.strong(money(r.high));
    text.plain(of_cleared(figures, &r.highest));
    text.plain(". ");
}

fn impact(comparison: &Comparison<'_>, figures: &[Figures<'_>], text: &mut Sentences) {
    let Some(r) = rank(figures, "price_impact") else {
        return text.plain("What the selling did to the price is not known without a paired run. ");
    };
    let symbol = comparison.hardest_hit().unwrap_or("the asset");
    if r.high < NOTHING_SHARE {
        return text.plain(format!(
            "Forced selling pushed the oracle's price of {symbol} down by less than 0.05\u{a0}%. "
        ));
    }
    text.plain(format!(
        "Forced selling pushed the oracle's price of {symbol} down "
    ));
    if r.all_equal() {
        text.plain("by up to ");
        text.strong(percent(r.high));
        return text.plain(if figures.len() > 1 {
            " under each. "
        } else {
            ". "
        });
    }
    text.plain(format!(
        "most under {}, by up to ",
        titles(figures, &r.highest)
    ));
    text.strong(percent(r.high));
    text.plain(format!(
        ", and least under {}, by ",
        titles(figures, &r.lowest)
    ));
    if r.low < NOTHING_SHARE {
        text.plain("less than 0.05\u{a0}%. ");
    } else {
        text.strong(percent(r.low));
        text.plain(". ");
    }
}

fn unranked(figures: &[Figures<'_>], text: &mut Sentences) {
    let early: Vec<&str> = figures
        .iter()
        .filter(|f| !f.complete)
        .map(|f| f.contender.title)
        .collect();
    if early.is_empty() {
        return;
    }
    let runs = if early.len() == 1 {
        "its run"
    } else {
        "their runs"
    };
    text.plain(format!(
        "{} cannot be ranked, because {runs} ended early.",
        named(&early)
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed() {
        for (names, want) in [
            (&["a"][..], "a"),
            (&["a", "b"], "a and b"),
            (&["a", "b", "c", "d"], "a, b, c and d"),
            (&["a", "b", "c", "d", "e"], "a, b, c and 2 others"),
            (&[], ""),
        ] {
            assert_eq!(named(names), want);
        }
    }
}
