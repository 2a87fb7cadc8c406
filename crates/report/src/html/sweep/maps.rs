//! Heat maps over two keys; lines with their intervals over one.

use super::super::parts::{Captioned, figcaption, line_figure, nothing};
use crate::compare::short;
use crate::ensemble::interval;
use crate::format::{money, percent};
use crate::svg::{Base, Fill, HeatCell, HeatMap, Line, LineChart, SHADES, Shading, Shape, XKind};
use crate::sweep::{Known, MEASURES, Measure, SweepAxis};
use backstop_lab::ensemble::Estimate;
use maud::{Markup, html};

pub(crate) fn content(page: &impl Captioned, known: &Known<'_>) -> Markup {
    if known.done() == 0 {
        return nothing("No cell was run.");
    }
    let numbers = match known.report.axes {
        [axis] => ascending(axis),
        _ => None,
    };
    html! {
        div class="grid2" {
            @for measure in &MEASURES {
                @match &numbers {
                    Some(x) => (line(page, known, measure, x)),
                    None => (heat(page, known, measure)),
                }
            }
        }
    }
}

/// Positions of an axis by rising number, where all its values are numbers.
fn ascending(axis: &SweepAxis) -> Option<Vec<(f64, usize)>> {
    let mut order: Vec<(f64, usize)> = axis.numbers()?.into_iter().zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    Some(order)
}

/// A value as a map shows it.
fn show(value: f64, unit: &str) -> String {
    match unit {
        "USD" => money(value),
        "share" => percent(value),
        unit => short(value, unit),
    }
}

fn heat(page: &impl Captioned, known: &Known<'_>, measure: &Measure) -> Markup {
    let (firsts, seconds) = known.size();
    let axes = known.report.axes;
    let cell = |i: usize, j: usize| {
        let estimate = known.cell(i, j).and_then(measure.of);
        let text = estimate.map_or_else(|| "–".to_owned(), |e| in_cell(e.value, measure.unit));
        let told =
            estimate.map_or_else(|| "not run".to_owned(), |e| with_interval(&e, measure.unit));
        HeatCell {
            value: estimate.map_or(f64::NAN, |e| e.value),
            text,
            title: format!("{}: {told}", known.settings(i, j)),
        }
    };
    let cells: Vec<Vec<HeatCell>> = (0..seconds)
        .map(|j| (0..firsts).map(|i| cell(i, j)).collect())
        .collect();
    let none = if measure.unit == "ratio" { 1.0 } else { 0.0 };
    let shading = Shading::of(cells.iter().flatten().map(|cell| cell.value), none);
    let axis = |at: usize| {
        axes.get(at)
            .map_or(String::new(), |axis| axis.label().to_owned())
    };
    let map = HeatMap {
        id: format!("map-{}", measure.id),
        title: measure.label.to_owned(),
        desc: description(known, measure),
        x_title: match axis(1).as_str() {
            "" => axis(0),
            rows => format!("{} (rows: {rows})", axis(0)),
        },
        columns: axes.first().map(SweepAxis::shown).unwrap_or_default(),
        rows: axes
            .get(1)
            .map_or_else(|| vec![String::new()], SweepAxis::shown),
        cells,
        shading,
    };
    let rows = match axis(1).as_str() {
        "" => String::new(),
        rows => format!(" from left to right, {rows} from top to bottom"),
    };
    let caption = format!(
        "{} by {}{rows}. Each cell tells its interval when pointed at; the table below has all of them.",
        measure.label,
        axis(0)
    );
    html! {
        figure {
            h3 { (measure.label) }
            (legend(&shading, measure))
            div class="chart-box heat-box" { (map.draw()) }
            (figcaption(page, &caption))
        }
    }
}

/// A value with as few characters as possible: cells are narrow on a phone.
fn in_cell(value: f64, unit: &str) -> String {
    match unit {
        "USD" if value.abs() < 0.5 => "0".to_owned(),
        "USD" => {
            let text = money(value).replace('$', "");
            // Two digits are enough for a colour's number.
            match text.strip_suffix(['k', 'M', 'B', 'T']) {
                Some(digits) => {
                    let suffix = text.get(digits.len()..).unwrap_or_default();
                    let short = digits.get(..3).filter(|d| d.len() < digits.len());
                    let short = short.map_or(digits, |d| d.trim_end_matches('.'));
                    format!("{short}{suffix}")
                }
                None => text,
            }
        }
        "share" => format!("{:.0}\u{a0}%", value * 100.0),
        _ => format!("{value:.2}×"),
    }
}

fn with_interval(estimate: &Estimate, unit: &str) -> String {
    let bounds = interval(estimate, |value| show(value, unit));
    let value = show(estimate.value, unit);
    match bounds.as_str() {
        "" => value,
        bounds => format!("{value} ({bounds})"),
    }
}

/// The shades with the values at which they begin.
fn legend(shading: &Shading, measure: &Measure) -> Markup {
    if shading.is_flat() {
        return html! {};
    }
    let shown = [1, SHADES / 2 + 1, SHADES];
    html! {
        ul class="legend shades" {
            @for shade in 1..=SHADES {
                li {
                    svg class="heat" aria-hidden="true" width="22" height="12" {
                        rect class=(format!("h{shade}")) width="22" height="12" {}
                    }
                    @if shown.contains(&shade) { (show(shading.floor_of(shade), measure.unit)) }
                }
            }
            li { "and more" }
        }
    }
}

fn description(known: &Known<'_>, measure: &Measure) -> String {
    let (firsts, seconds) = known.size();
    let corner = |i: usize, j: usize| {
        let estimate = known.cell(i, j).and_then(measure.of);
        let value = estimate.map_or_else(|| "not run".to_owned(), |e| show(e.value, measure.unit));
        format!("{value} at {}", known.settings(i, j))
    };
    format!(
        "{}: {}, and {}.",
        measure.label,
        corner(0, 0),
        corner(firsts.saturating_sub(1), seconds.saturating_sub(1))
    )
}

fn line(page: &impl Captioned, known: &Known<'_>, measure: &Measure, x: &[(f64, usize)]) -> Markup {
    let factor = if measure.unit == "share" { 100.0 } else { 1.0 };
    let values = |of: fn(&Estimate) -> f64| -> Vec<f64> {
        let at = |(_, at): &(f64, usize)| {
            let estimate = known.cell(*at, 0).and_then(measure.of);
            estimate.map_or(f64::NAN, |e| of(&e) * factor)
        };
        x.iter()
            .map(at)
            .map(|v| if v.is_finite() { v } else { f64::NAN })
            .collect()
    };
    let line = |name: &str, class, fill, y| Line {
        name: name.to_owned(),
        class,
        shape: Shape::Straight,
        fill,
        y,
    };
    let axis = known.report.axes.first();
    let kind = match axis.map_or("", SweepAxis::unit) {
        "%" => XKind::Of("%"),
        _ => XKind::Of(""),
    };
    let chart = LineChart {
        id: format!("line-{}", measure.id),
        title: measure.label.to_owned(),
        desc: description(known, measure),
        height: 230.0,
        kind,
        x_title: "",
        unit: match measure.unit {
            "USD" => "USD",
            "share" => "%",
            _ => "",
        },
        x: x.iter().map(|(x, _)| *x).collect(),
        lines: vec![
            line("estimate", "c3", Fill::None, values(|e| e.value)),
            line(
                "lower end",
                "c1 faint dash",
                Fill::Band(2),
                values(|e| e.low),
            ),
            line("upper end", "c1 faint dash", Fill::None, values(|e| e.high)),
        ],
        dots: Vec::new(),
        rules: Vec::new(),
        base: Base::Zero,
        times: 5,
    };
    let unit = match measure.unit {
        "USD" => ", USD",
        "share" => ", %",
        _ => "",
    };
    let caption = format!(
        "{}{unit}, against {}. The band is the interval of each point; without an upper end where the paths are too \
         few to tell one.",
        measure.label,
        axis.map_or("the key", |axis| axis.key.as_str())
    );
    line_figure(page, &chart, &caption)
}

#[cfg(test)]
mod tests {
    use super::in_cell;

    #[test]
    fn cells_are_short() {
        for (value, unit, want) in [
            (0.2, "USD", "0"),
            (950.0, "USD", "950"),
            (12_345.0, "USD", "12k"),
            (1_234_567.0, "USD", "1.2M"),
            (123_456_789.0, "USD", "123M"),
            (0.256, "share", "26\u{a0}%"),
            (1.234, "ratio", "1.23×"),
        ] {
            assert_eq!(in_cell(value, unit), want);
        }
    }
}
