//! The answer in one sentence or two.

use super::{Compared, Effect, MEASURES, Measure, Verdict, change_text, value_text};
use crate::answer::{NOTHING_USD, Span};
use crate::ensemble::{horizon, interval};
use crate::format::plural;

/// The answer, in the order of reading.
pub(crate) fn answer(compared: &Compared<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    let report = &compared.report;
    let Some(at) = headline(compared) else {
        spans.push(Span::Plain("No path was run.".to_owned()));
        return spans;
    };
    let start = format!(
        "Over {}, in {} with the same seeds on both sides, ",
        horizon(report.horizon_s),
        plural(report.paths, "path", "paths")
    );
    spans.push(Span::Plain(start));
    match compared.rows.len() {
        0 => spans.push(Span::Plain("nothing was compared.".to_owned())),
        1 => single(compared, &mut spans),
        _ => many(compared, at, &mut spans),
    }
    spans
}

/// Of what borrowers lose, what bad debt has to reach to be what the answer speaks of.
const MATTERS: f64 = 0.01;

/// The first figure of which there is enough to speak of: bad debt of a few dollars says nothing where borrowers
/// lose millions.
fn headline(compared: &Compared<'_>) -> Option<usize> {
    let value = |at: usize| Some(compared.base.get(at).copied().flatten()?.value);
    (0..MEASURES.len()).find_map(value)?;
    let penalty = MEASURES.iter().position(|m| m.name == "penalty_mean");
    let least = penalty.and_then(value).unwrap_or(0.0) * MATTERS;
    let told = |at: &usize| value(*at).is_some_and(|usd| usd >= least.max(NOTHING_USD));
    let at = (0..MEASURES.len()).find(told);
    Some(at.unwrap_or(0))
}

/// What one row does to each drawn figure.
fn single(compared: &Compared<'_>, spans: &mut Vec<Span>) {
    let label = compared.report.rows.first().map_or("", |row| row.label);
    spans.push(Span::Strong(label.to_owned()));
    let effects = || {
        let all = compared.effects(0).filter(|(measure, _)| measure.leads);
        all.filter_map(|(measure, effect)| Some((measure, effect?)))
    };
    let told = effects().filter(|(measure, effect)| {
        matches!(
            effect.verdict(measure.unit),
            Verdict::Better | Verdict::Worse
        )
    });
    let mut any = false;
    for (i, (measure, effect)) in told.enumerate() {
        let before = if i == 0 { " changes " } else { "; " };
        any = true;
        spans.push(Span::Plain(format!("{before}{} by ", measure.words)));
        spans.push(Span::Strong(change_text(effect.change.value, measure.unit)));
        let base = value_text(effect.before, measure.unit);
        let bounds = bounds(measure, &effect);
        spans.push(Span::Plain(format!(" ({bounds}) from {base}")));
    }
    let silent: Vec<&str> = effects()
        .filter(|(measure, effect)| effect.verdict(measure.unit) == Verdict::NotShown)
        .map(|(measure, _)| measure.words)
        .collect();
    let end = match (any, silent.is_empty()) {
        (true, true) => ".".to_owned(),
        (true, false) => format!(". No effect is shown on {}.", silent.join(", ")),
        (false, _) => " shows no effect on any figure.".to_owned(),
    };
    spans.push(Span::Plain(end));
}

/// Which row helps most, and how many do nothing or harm.
fn many(compared: &Compared<'_>, at: usize, spans: &mut Vec<Span>) {
    let Some(measure) = MEASURES.get(at) else {
        return;
    };
    let of = |row: usize| {
        let effects = compared.rows.get(row)?;
        effects.get(at).copied().flatten()
    };
    let rows = compared.report.rows.iter().enumerate();
    let better = rows.filter_map(|(i, row)| {
        let effect = of(i)?;
        (effect.verdict(measure.unit) == Verdict::Better).then_some((row.label, effect))
    });
    let best = better.min_by(|a, b| a.1.change.value.total_cmp(&b.1.change.value));
    let all = compared.rows.len() as u64;
    let figure = measure.words;
    match best {
        Some((label, effect)) => {
            let before = format!(
                "of {} what lowers {figure} most is ",
                plural(all, "policy", "policies")
            );
            spans.push(Span::Plain(before));
            spans.push(Span::Strong(label.to_owned()));
            spans.push(Span::Plain(": ".to_owned()));
            spans.push(Span::Strong(change_text(effect.change.value, measure.unit)));
            let base = value_text(effect.before, measure.unit);
            spans.push(Span::Plain(format!(
                " ({}) from {base}.",
                bounds(measure, &effect)
            )));
        }
        None => spans.push(Span::Plain(format!(
            "none of {} is shown to lower {figure}.",
            plural(all, "policy", "policies")
        ))),
    }
    let with = |wanted: Verdict| {
        let names = compared.report.rows.iter().enumerate();
        let names = names.filter(|(i, _)| verdicts(compared, *i).any(|v| v == wanted));
        names.map(|(_, row)| row.label).collect::<Vec<_>>()
    };
    let worse = with(Verdict::Worse);
    if !worse.is_empty() {
        let text = format!(" Worse in some figure: {}.", worse.join(", "));
        spans.push(Span::Plain(text));
    }
    let idle = compared.report.rows.iter().enumerate();
    let idle = idle.filter(|(i, _)| verdicts(compared, *i).all(|v| v == Verdict::NotShown));
    let idle: Vec<_> = idle.map(|(_, row)| row.label).collect();
    if !idle.is_empty() {
        let text = format!(" No effect shown on any: {}.", idle.join(", "));
        spans.push(Span::Plain(text));
    }
}

/// What a row means for each drawn figure.
fn verdicts(compared: &Compared<'_>, row: usize) -> impl Iterator<Item = Verdict> {
    let effects = compared.effects(row);
    effects.filter_map(|(m, effect)| m.leads.then_some(effect?.verdict(m.unit)))
}

fn bounds(measure: &Measure, effect: &Effect) -> String {
    interval(&effect.change, |value| change_text(value, measure.unit))
}
