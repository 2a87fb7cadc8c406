//! The answer of an ensemble in a few sentences, for the page and for the terminal.

use super::{Figure, HEADLINE, Known, interval, share_text};
use crate::answer::{NOTHING_USD, Span};
use crate::format::{count, duration_words, money, percent, plural};
use backstop_lab::ensemble::Estimate;

/// Square of the two-sided normal quantile of the lab's intervals.
const Z_SQUARED: f64 = 3.841_458_820_694_124;

/// The answer, in the order of reading.
pub(crate) fn answer(known: &Known<'_>) -> Vec<Span> {
    let mut text = Sentences::default();
    match known.report.totals.paths {
        0 => text.plain("No path was run."),
        _ if nothing_happened(known) => text.plain(format!(
            "{}, nothing was liquidated and no bad debt was left.",
            opening(known)
        )),
        1 => one_path(known, &mut text),
        _ => {
            bad_debt(known, &mut text);
            liquidated(known, &mut text);
            drivers(known, &mut text);
        }
    }
    stopped(known, &mut text);
    text.0
}

/// A length of time as people say it.
pub(crate) fn horizon(seconds: u64) -> String {
    match seconds {
        86_400 => "one day".to_owned(),
        3_600 => "one hour".to_owned(),
        s if s > 0 && s.is_multiple_of(86_400) => plural(s / 86_400, "day", "days"),
        s => duration_words(s),
    }
}

/// Sentences under construction.
#[derive(Default)]
struct Sentences(Vec<Span>);

impl Sentences {
    fn plain(&mut self, text: impl Into<String>) {
        self.0.push(Span::Plain(text.into()));
    }

    fn strong(&mut self, text: impl Into<String>) {
        self.0.push(Span::Strong(text.into()));
    }
}

fn opening(known: &Known<'_>) -> String {
    let paths = plural(known.report.totals.paths, "path", "paths");
    format!("Over {}, in {paths}", horizon(known.report.horizon_s))
}

/// Whether every path tells that nothing was lost.
fn nothing_happened(known: &Known<'_>) -> bool {
    let none = |name| {
        let most = known.figure(name).and_then(|f| f.max);
        most.is_some_and(|most| most < NOTHING_USD)
    };
    none("liquidations")
        && none("seized")
        && none("bad_debt")
        && known.accounts.rows.iter().all(|a| a.taken < NOTHING_USD)
}

fn one_path(known: &Known<'_>, text: &mut Sentences) {
    let figure = |name| known.figure(name).and_then(|f| f.max);
    text.plain(format!("{}, ", opening(known)));
    match figure("bad_debt") {
        None => text.plain("how much bad debt was left was not recorded"),
        Some(usd) if usd < NOTHING_USD => text.strong("no bad debt was left"),
        Some(usd) => {
            text.strong(money(usd));
            text.plain(" of bad debt was left");
        }
    }
    if let Some(usd) = figure("seized") {
        text.plain(" and collateral of ");
        text.strong(money(usd));
        text.plain(" was liquidated");
    }
    text.plain(". One path tells nothing of how likely that is.");
}

fn bad_debt(known: &Known<'_>, text: &mut Sentences) {
    text.plain(format!("{}, ", opening(known)));
    let Some(figure) = known.figure("bad_debt") else {
        return text.plain("how much bad debt was left was not recorded.");
    };
    let most = figure.max.unwrap_or(0.0);
    if most < NOTHING_USD {
        return no_bad_debt(figure.paths, text);
    }
    if figure.min == figure.max {
        text.plain("every path leaves ");
        text.strong(money(most));
        return text.plain(" of bad debt.");
    }
    let without = known.without_bad_debt().unwrap_or(0.0);
    let Some(tail) = figure.tail(HEADLINE) else {
        return;
    };
    if tail.value_at_risk.value < NOTHING_USD {
        text.plain("bad debt is left in ");
        text.strong(share_text(known, 1.0 - without));
        text.plain(" of them and is ");
        text.strong(money(most));
        text.plain(format!(
            " at most; what one path of a hundred exceeds is {}{}.",
            money(0.0),
            in_brackets(&tail.value_at_risk)
        ));
        return too_few(figure, text);
    }
    text.plain("bad debt exceeds ");
    text.strong(money(tail.value_at_risk.value));
    text.plain(format!(
        "{} in one path of a hundred; in those it is ",
        in_brackets(&tail.value_at_risk)
    ));
    text.strong(money(tail.expected_shortfall.value));
    let beyond = in_brackets(&tail.expected_shortfall);
    text.plain(format!(" on average{beyond}. "));
    text.plain(match without {
        0.0 => "Every path leaves some.".to_owned(),
        share => format!("{} of paths leave none.", percent(share)),
    });
    too_few(figure, text);
}

/// Without one case in n paths the chance is below 1 − 0.05^(1/n), with 95 % confidence.
fn no_bad_debt(paths: u64, text: &mut Sentences) {
    text.strong("no bad debt was left");
    let chance = 1.0 - 0.05f64.powf(1.0 / paths as f64);
    text.plain(format!(
        "; with 95\u{a0}% confidence fewer than {} of paths leave any.",
        percent(chance)
    ));
}

fn in_brackets(estimate: &Estimate) -> String {
    match interval(estimate, money) {
        none if none.is_empty() => none,
        known => format!(" ({known})"),
    }
}

fn too_few(figure: &Figure, text: &mut Sentences) {
    let open = figure
        .tail(HEADLINE)
        .is_some_and(|tail| tail.value_at_risk.high.is_infinite());
    if open {
        text.plain(format!(
            " These are too few paths to tell how much more: that takes {}.",
            count(paths_needed(HEADLINE.0))
        ));
    }
}

/// Paths from which on a quantile has an upper end.
fn paths_needed(level: f64) -> u64 {
    // A cast from float saturates.
    (Z_SQUARED * level / (1.0 - level)).ceil() as u64
}

fn liquidated(known: &Known<'_>, text: &mut Sentences) {
    let Some(figure) = known.figure("seized") else {
        return;
    };
    let (Some(mean), Some(tail)) = (figure.mean, figure.tail(HEADLINE)) else {
        return;
    };
    if figure.min == figure.max {
        text.plain(" Collateral of ");
        text.strong(money(mean.value));
        return text.plain(" is liquidated in every path.");
    }
    text.plain(" Collateral of ");
    text.strong(money(mean.value));
    text.plain(" is liquidated on average, and of more than ");
    text.strong(money(tail.value_at_risk.value));
    text.plain(format!(
        "{} in one path of a hundred.",
        in_brackets(&tail.value_at_risk)
    ));
}

fn drivers(known: &Known<'_>, text: &mut Sentences) {
    let accounts = &known.accounts;
    let (Some(half), Some(first)) = (accounts.half_of_bad_debt(), accounts.rows.first()) else {
        return;
    };
    let name = known.account(first.number);
    let share = percent(first.bad_debt / accounts.bad_debt);
    if half == 1 {
        text.plain(format!(
            " At least half of all bad debt comes from one account, {name} ("
        ));
        text.strong(share);
        return text.plain(").");
    }
    text.plain(" Half of all bad debt comes from ");
    text.strong(plural(half as u64, "account", "accounts"));
    text.plain(format!(", most from {name} ({share})."));
}

fn stopped(known: &Known<'_>, text: &mut Sentences) {
    let totals = known.report.totals;
    if totals.stopped == 0 {
        return;
    }
    text.plain(" The ledger could not go on in ");
    text.strong(plural(totals.stopped, "path", "paths"));
    text.plain("; losses after that are not in the figures.");
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_lab::ensemble::{Distribution, Level};

    /// One path fewer than told, and the lab's interval is open.
    #[test]
    fn the_needed_paths_are_those_of_the_lab() {
        for (level, want) in [(0.95, 73), (0.99, 381), (0.999, 3_838)] {
            assert_eq!(paths_needed(level), want);
            let high = |paths: u64| {
                let mut all = Distribution::default();
                (0..paths).for_each(|i| all.add(i as f64));
                all.tail(Level(level)).unwrap().value_at_risk.high
            };
            assert!(high(want).is_finite() && high(want - 1).is_infinite());
        }
    }

    #[test]
    fn horizons_are_words() {
        for (seconds, want) in [
            (86_400, "one day"),
            (3_600, "one hour"),
            (7 * 86_400, "7\u{a0}days"),
            (82_800, "23\u{a0}hours"),
            (0, "0\u{a0}seconds"),
        ] {
            assert_eq!(horizon(seconds), want);
        }
    }
}
