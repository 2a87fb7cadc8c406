//! The forest plot: one panel a figure, one row a policy.

use super::super::parts::{Captioned, figcaption, nothing};
use super::class;
use crate::ab::{Compared, Effect, MEASURES, Measure, Verdict, change_text, value_text};
use crate::ensemble::interval;
use crate::format::MISSING;
use crate::svg::{Scale, coordinate};
use maud::{Markup, html};

pub(super) fn content(page: &impl Captioned, compared: &Compared<'_>) -> Markup {
    if compared.rows.is_empty() {
        return nothing("Nothing was compared.");
    }
    let caption = "Change of each figure by each policy, paired by path, with its interval. Left of the line is \
                   better. Grey and hollow: the interval holds zero, or the change would be shown as none, so no \
                   effect is shown.";
    html! {
        figure {
            div class="forests" {
                @for (at, measure) in MEASURES.iter().enumerate().filter(|(_, measure)| measure.leads) {
                    (panel(compared, at, measure))
                }
            }
            (figcaption(page, caption))
        }
    }
}

fn panel(compared: &Compared<'_>, at: usize, measure: &Measure) -> Markup {
    let effect = |row: &Vec<Option<Effect>>| row.get(at).copied().flatten();
    let ends = |effect: Effect| [effect.change.value, effect.change.low, effect.change.high];
    let all = compared.rows.iter().filter_map(effect).flat_map(ends);
    let scale = Scale::around(all).with_zero();
    let base = compared.base.get(at).copied().flatten();
    let base = base.map_or_else(
        || MISSING.to_owned(),
        |base| value_text(base.value, measure.unit),
    );
    html! {
        section class="forest" {
            h3 { (measure.label) }
            p class="note" { "as the scenario stands " b { (base) } }
            ul {
                @for (row, effects) in compared.report.rows.iter().zip(&compared.rows) {
                    (line(&scale, row.label, measure, effect(effects)))
                }
            }
        }
    }
}

/// A row of a panel: name, interval around its middle, and the change in words.
fn line(scale: &Scale, label: &str, measure: &Measure, effect: Option<Effect>) -> Markup {
    let percent = |value: f64| {
        // A margin, so that marks at the ends stay whole.
        let share = 0.03 + 0.94 * scale.at(value).clamp(0.0, 1.0);
        format!("{}%", coordinate(share * 100.0, 2))
    };
    let zero = percent(0.0);
    let change = |value: f64| change_text(value, measure.unit);
    html! {
        li {
            span class="who" { (label) }
            svg role="img" width="100%" height="20" aria-label=(label) {
                line class="zero" x1=(zero) x2=(zero) y1="0" y2="20" {}
                @if let Some(effect) = effect {
                    @let bounds = interval(&effect.change, change);
                    g class=(class(effect.verdict(measure.unit))) {
                        title { (label) ": " (change(effect.change.value)) @if !bounds.is_empty() { " (" (bounds) ")" } }
                        @if effect.change.low.is_finite() && effect.change.high.is_finite() {
                            line class="whisker" x1=(percent(effect.change.low)) x2=(percent(effect.change.high))
                                y1="10" y2="10" {}
                        }
                        circle cx=(percent(effect.change.value)) cy="10" r="4" {}
                    }
                }
            }
            span class="values" { (words(measure, effect)) }
        }
    }
}

fn words(measure: &Measure, effect: Option<Effect>) -> Markup {
    let Some(effect) = effect else {
        return html! { span class="unshown" { "not told" } };
    };
    let verdict = effect.verdict(measure.unit);
    html! {
        span class=(class(verdict)) {
            @match verdict {
                Verdict::NotShown => { (verdict.word()) },
                Verdict::Worse | Verdict::TooFew => {
                    b { (change_text(effect.change.value, measure.unit)) } " " (verdict.word())
                },
                Verdict::Better => { b { (change_text(effect.change.value, measure.unit)) } },
            }
        }
    }
}
