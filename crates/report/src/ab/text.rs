//! Policies on a terminal.

use super::{
    AbReport, Compared, Effect, MEASURES, Measure, Verdict, answer, change_text, value_text,
};
use crate::answer::spans_text;
use crate::compare::{shortened, table_width};
use crate::ensemble::{horizon, interval};
use crate::format::{MISSING, count, one_line};
use crate::terminal::{WIDTH_MIN, aligned, wrap};

/// Widest text.
const WIDTH_MAX: usize = 130;
/// Longest name of a row.
const LABEL_MAX: usize = 34;

/// The comparison for a terminal of `width` characters.
pub fn ab_text(report: &AbReport<'_>, width: usize) -> String {
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let compared = Compared::new(*report);
    let protocol = match report.context.protocol.as_str() {
        "" => String::new(),
        protocol => format!("{}, ", one_line(protocol)),
    };
    let mut out = format!(
        "{}\n{protocol}{} paths over {}, seed {}\n\n",
        one_line(&report.context.title),
        count(report.paths),
        horizon(report.horizon_s).replace('\u{a0}', " "),
        report.seed
    );
    out.push_str(&wrap(&spans_text(answer(&compared)), width));
    out.push('\n');
    if compared.rows.len() == 1 {
        out.push_str(&figures(&compared));
    } else {
        let wide = policies(&compared);
        // One figure a line where a line is too short for one policy.
        let text = match table_width(&wide) <= width {
            true => wide,
            false => by_policy(&compared),
        };
        out.push_str(&text);
    }
    let note = "Changes against the scenario as it stands, over the same paths; less of every figure is better. \
                Intervals hold the true change 95 times in 100; \"none shown\": the interval holds 0.";
    out.push_str(&wrap(note, width));
    if !report.random.is_empty() {
        let random = report.random.join("; ");
        out.push_str(&wrap(&format!("Paths differ in: {random}."), width));
    }
    for (name, why) in report.refused {
        out.push_str(&wrap(&format!("Left out {name}: {}", one_line(why)), width));
    }
    if compared.stopped() > 0 {
        let stopped = format!("The ledger stopped {} paths.", count(compared.stopped()));
        out.push_str(&wrap(&stopped, width));
    }
    out
}

fn plain(text: String) -> String {
    text.replace('\u{a0}', " ")
}

/// One row a figure, of the only policy.
fn figures(compared: &Compared<'_>) -> String {
    let header = [
        "Figure",
        "as it stands",
        "with the change",
        "change",
        "interval",
        "",
    ];
    let rows: Vec<Vec<String>> = compared
        .effects(0)
        .map(|(measure, effect)| {
            let mut cells = vec![plain(measure.label.to_owned())];
            cells.extend(match effect {
                Some(effect) => told(measure, &effect),
                None => [MISSING, "", "", "", ""].map(str::to_owned),
            });
            cells
        })
        .collect();
    aligned(&header.map(str::to_owned), &rows)
}

fn told(measure: &Measure, effect: &Effect) -> [String; 5] {
    let change = |value: f64| change_text(value, measure.unit);
    [
        value_text(effect.before, measure.unit),
        value_text(effect.after(), measure.unit),
        change(effect.change.value),
        interval(&effect.change, change),
        effect.verdict(measure.unit).word().to_owned(),
    ]
    .map(plain)
}

/// A change with what it means.
fn cell(measure: &Measure, effect: Option<Effect>) -> String {
    let Some(effect) = effect else {
        return MISSING.to_owned();
    };
    let change = change_text(effect.change.value, measure.unit);
    plain(match effect.verdict(measure.unit) {
        Verdict::Better => change,
        Verdict::Worse => format!("{change} worse"),
        Verdict::NotShown => "none shown".to_owned(),
        Verdict::TooFew => format!("{change} ?"),
    })
}

/// One row a policy, one column a drawn figure.
fn policies(compared: &Compared<'_>) -> String {
    let leads = || MEASURES.iter().filter(|measure| measure.leads);
    let mut header = vec!["Policy".to_owned()];
    header.extend(leads().map(|measure| measure.short.to_owned()));
    let mut first = vec!["as it stands".to_owned()];
    for (measure, base) in MEASURES.iter().zip(&compared.base) {
        if measure.leads {
            let value = base.map(|base| value_text(base.value, measure.unit));
            first.push(plain(value.unwrap_or_else(|| MISSING.to_owned())));
        }
    }
    let mut rows = vec![first];
    for (at, row) in compared.report.rows.iter().enumerate() {
        let mut cells = vec![shortened(&one_line(row.label), LABEL_MAX)];
        let effects = compared.effects(at).filter(|(measure, _)| measure.leads);
        cells.extend(effects.map(|(measure, effect)| cell(measure, effect)));
        rows.push(cells);
    }
    aligned(&header, &rows)
}

/// One row a policy and drawn figure.
fn by_policy(compared: &Compared<'_>) -> String {
    let header = ["Policy", "figure", "change"].map(str::to_owned);
    let mut rows = Vec::new();
    for (at, row) in compared.report.rows.iter().enumerate() {
        let effects = compared.effects(at).filter(|(measure, _)| measure.leads);
        for (i, (measure, effect)) in effects.enumerate() {
            let label = if i == 0 { row.label } else { "" };
            rows.push(vec![
                shortened(&one_line(label), LABEL_MAX),
                measure.short.to_owned(),
                cell(measure, effect),
            ]);
        }
    }
    aligned(&header, &rows)
}
