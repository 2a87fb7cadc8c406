//! Line plots over time or price, with dots and reference lines.

use super::coordinate;
use super::frame::{Frame, Medium};
use super::scale::{Scale, Tick};
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

/// What runs along x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum XKind {
    /// Seconds since 1970.
    Time,
    /// Prices, USD.
    Number,
    /// Numbers of this unit.
    Of(&'static str),
    /// How rare: the negative decimal logarithm of a share.
    Rarity,
    /// Sizes on a logarithmic scale: decimal logarithms of USD.
    Decades,
}

/// How a line goes from point to point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Straight.
    Straight,
    /// A value holds until the next point.
    Steps,
}

/// Whether an area at a line is tinted: under it, or up to another line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    None,
    Tint,
    /// Between this line and the one at this position in the plot.
    Band(usize),
}

/// One line; `y` has one value for every x of its plot, NaN where there is none.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// Class of its colour and dash, such as `c1`.
    pub(crate) class: &'static str,
    pub(crate) shape: Shape,
    pub(crate) fill: Fill,
    pub(crate) y: Vec<f64>,
}

/// A dot whose area tells a size.
#[derive(Clone, Debug)]
pub(crate) struct Dot {
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// Radius, pixels.
    pub(crate) radius: f64,
    /// Shown on hover.
    pub(crate) title: String,
}

/// A vertical reference line.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) x: f64,
    pub(crate) text: String,
    /// Line of text from the top, so that near rules do not write over each other.
    pub(crate) row: u8,
}

/// A plot of lines over a common x.
#[derive(Clone, Debug)]
pub(crate) struct LineChart {
    /// Unique within the page.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) desc: String,
    pub(crate) height: f64,
    pub(crate) kind: XKind,
    pub(crate) x_title: &'static str,
    /// Unit of y: `USD`, `gwei`, or empty for counts.
    pub(crate) unit: &'static str,
    /// Ascending.
    pub(crate) x: Vec<f64>,
    pub(crate) lines: Vec<Line>,
    pub(crate) dots: Vec<Dot>,
    pub(crate) rules: Vec<Rule>,
    /// Where the y axis starts.
    pub(crate) base: Base,
    /// Most ticks of a time axis.
    pub(crate) times: u64,
}

/// Where the y axis starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// At zero.
    Zero,
    /// Near the smallest value.
    Data,
    /// Near the smallest value, and values are decimal logarithms of shares: a logarithmic scale.
    Shares,
}

impl LineChart {
    /// The plot as SVG.
    pub(crate) fn draw(&self, medium: Medium) -> Markup {
        let (x, y) = self.scales();
        let legend: Vec<_> = self
            .lines
            .iter()
            .map(|l| (l.name.clone(), l.class))
            .collect();
        let frame = Frame {
            id: &self.id,
            title: &self.title,
            desc: &self.desc,
            height: self.height,
            x_title: self.x_title,
            legend: &legend,
            // Half-width plots have few ticks: none is left out where there is little room.
            x_class: if self.times > 5 { "x thin" } else { "x" },
            medium,
        };
        let y_ticks = match self.base {
            Base::Shares => y.share_ticks(),
            Base::Zero | Base::Data => y.ticks((self.height / 36.0) as usize),
        };
        let x_ticks = self.x_ticks(&x);
        frame.draw(&x_ticks, &y_ticks, &self.content(&frame, &x, &y))
    }

    /// Values for the page's script, as JSON.
    pub(crate) fn data(&self) -> String {
        let (x, _) = self.scales();
        let mut out = format!(
            "{{\"kind\":\"{}\",\"low\":{},\"high\":{},\"unit\":{},{}{}\"x\":[",
            match self.kind {
                XKind::Time => "time",
                XKind::Number | XKind::Of(_) => "number",
                XKind::Rarity => "rarity",
                XKind::Decades => "decades",
            },
            json_number(x.low),
            json_number(x.high),
            crate::html::json_text(self.unit),
            match self.kind {
                XKind::Of(unit) => format!("\"xunit\":{},", crate::html::json_text(unit)),
                _ => String::new(),
            },
            match self.base {
                Base::Shares => "\"shares\":true,",
                Base::Zero | Base::Data => "",
            },
        );
        // Times are told from the first one on: shorter.
        let origin = if self.kind == XKind::Time { x.low } else { 0.0 };
        json_list(&mut out, self.x.iter().map(|v| v - origin));
        out.push_str("],\"lines\":[");
        for (i, line) in self.lines.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let _ = write!(
                out,
                "{comma}{{\"name\":{},\"y\":[",
                crate::html::json_text(&line.name)
            );
            json_list(&mut out, line.y.iter().copied());
            out.push_str("]}");
        }
        out.push_str("]}");
        out
    }

    fn scales(&self) -> (Scale, Scale) {
        let x = Scale::around(self.x.iter().copied());
        let values = self.lines.iter().flat_map(|l| l.y.iter().copied());
        let y = Scale::around(values.chain(self.dots.iter().map(|d| d.y)));
        let y = match self.base {
            Base::Zero => {
                let y = y.with_zero();
                Scale {
                    high: y.high + (y.high - y.low) * 0.04,
                    ..y
                }
            }
            Base::Data | Base::Shares => y.padded(0.06),
        };
        (x, y)
    }

    fn x_ticks(&self, x: &Scale) -> Vec<Tick> {
        match self.kind {
            XKind::Time => x.time_ticks(self.times),
            XKind::Number | XKind::Of(_) => x.ticks(9),
            XKind::Rarity => x.rarity_ticks(),
            XKind::Decades => x.decade_ticks(),
        }
    }

    fn content(&self, frame: &Frame<'_>, x: &Scale, y: &Scale) -> Markup {
        let height = coordinate(self.height, 0);
        let units = frame.x_units();
        let view = format!("0 0 {} {height}", coordinate(units, 1));
        let pixel = |value: f64| self.height * (1.0 - y.at(value).clamp(-0.02, 1.02));
        html! {
            svg class="lines" width="100%" height=(height) viewBox=(view) preserveAspectRatio="none" {
                @for line in &self.lines {
                    @let path = path(&self.x, line, |v| x.at(v) * units, pixel);
                    @if line.fill == Fill::Tint && !path.is_empty() {
                        @let area = area(&self.x, line, |v| x.at(v) * units, pixel(y.low.max(0.0)), &path);
                        path class=(format!("tint {}", line.class)) d=(area) {}
                    }
                    @if let Fill::Band(other) = line.fill && let Some(other) = self.lines.get(other) {
                        @let area = band(&self.x, [line, other], |v| x.at(v) * units, pixel);
                        path class=(format!("tint {}", line.class)) d=(area) {}
                    }
                    path class=(format!("line {}", line.class)) d=(path) {}
                }
            }
            @for rule in &self.rules { (rule_line(rule, x, self.height)) }
            g class="dots" {
                @for dot in &self.dots {
                    circle cx=(format!("{}%", coordinate(x.at(dot.x) * 100.0, 2)))
                        cy=(coordinate(pixel(dot.y), 1)) r=(coordinate(dot.radius, 1)) {
                        title { (dot.title) }
                    }
                }
            }
        }
    }
}

fn rule_line(rule: &Rule, x: &Scale, height: f64) -> Markup {
    let at = x.at(rule.x);
    if !(0.0..=1.0).contains(&at) {
        return PreEscaped(String::new());
    }
    let percent = format!("{}%", coordinate(at * 100.0, 2));
    // The text stands on the side that has room.
    let (anchor, dx) = if at > 0.5 {
        ("end", "-5")
    } else {
        ("start", "5")
    };
    html! {
        g class="rule" {
            line x1=(percent) x2=(percent) y1="0" y2=(coordinate(height, 0)) {}
            text x=(percent) dx=(dx) y=(coordinate(11.0 + 15.0 * f64::from(rule.row), 0))
                text-anchor=(anchor) { (rule.text) }
        }
    }
}

/// The path of a line, interrupted where values are missing.
fn path(x: &[f64], line: &Line, to_x: impl Fn(f64) -> f64, to_y: impl Fn(f64) -> f64) -> String {
    let mut out = String::new();
    let mut last: Option<String> = None;
    for (x, y) in x.iter().zip(&line.y) {
        if !y.is_finite() {
            last = None;
            continue;
        }
        let (px, py) = (coordinate(to_x(*x), 1), coordinate(to_y(*y), 1));
        // Writing to a string cannot fail.
        let _ = match (&last, line.shape) {
            (None, _) => write!(out, "M{px} {py}"),
            (Some(old), _) if *old == py => write!(out, "H{px}"),
            (Some(_), Shape::Straight) => write!(out, "L{px} {py}"),
            (Some(_), Shape::Steps) => write!(out, "H{px}V{py}"),
        };
        last = Some(py);
    }
    join_runs(&out)
}

/// Joins neighbouring horizontal moves: `H1H2H3` is `H3`.
fn join_runs(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut waiting: Option<&str> = None;
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| c.is_ascii_uppercase())
            .map_or(rest.len(), |(i, _)| i);
        let (part, next) = rest.split_at(end);
        if first == 'H' {
            waiting = Some(part);
        } else {
            out.push_str(waiting.take().unwrap_or_default());
            out.push_str(part);
        }
        rest = next;
    }
    out.push_str(waiting.unwrap_or_default());
    out
}

fn area(x: &[f64], line: &Line, to_x: impl Fn(f64) -> f64, floor: f64, path: &str) -> String {
    let mut ends = x
        .iter()
        .zip(&line.y)
        .filter(|(_, y)| y.is_finite())
        .map(|(x, _)| *x);
    let first = ends.next().unwrap_or_default();
    let last = ends.next_back().unwrap_or(first);
    format!(
        "{path}L{} {floor} L{} {floor}Z",
        coordinate(to_x(last), 1),
        coordinate(to_x(first), 1),
        floor = coordinate(floor, 1),
    )
}

/// The area between two lines, over the points at which both have a value.
fn band(
    x: &[f64],
    lines: [&Line; 2],
    to_x: impl Fn(f64) -> f64,
    to_y: impl Fn(f64) -> f64,
) -> String {
    let [upper, lower] = lines.map(|line| line.y.iter());
    let both = x.iter().zip(upper.zip(lower));
    let both = both.filter(|(_, (upper, lower))| upper.is_finite() && lower.is_finite());
    let point = |x: f64, y: f64| format!("{} {}", coordinate(to_x(x), 1), coordinate(to_y(y), 1));
    let (there, mut back): (Vec<_>, Vec<_>) = both
        .map(|(x, (upper, lower))| (point(*x, *upper), point(*x, *lower)))
        .unzip();
    back.reverse();
    if there.is_empty() {
        return String::new();
    }
    format!("M{}L{}Z", there.join("L"), back.join("L"))
}

fn json_list(out: &mut String, values: impl Iterator<Item = f64>) {
    for (i, value) in values.enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&json_number(value));
    }
}

/// Six significant digits are more than a pixel shows; times and counts stay whole.
fn json_number(value: f64) -> String {
    if !value.is_finite() {
        return "null".to_owned();
    }
    if value.fract() == 0.0 && value.abs() < 1e12 {
        return format!("{value:.0}");
    }
    let magnitude = value.abs().log10().floor();
    let digits = (5.0 - magnitude).clamp(0.0, 20.0) as usize;
    coordinate(value, digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(shape: Shape, y: &[f64]) -> Line {
        Line {
            name: "a".into(),
            class: "c1",
            shape,
            fill: Fill::None,
            y: y.to_vec(),
        }
    }

    #[test]
    fn paths_break_at_gaps_and_hold_steps() {
        let x = [0.0, 1.0, 2.0, 3.0, 4.0];
        let y = [1.0, 1.0, 2.0, f64::NAN, 3.0];
        let cases = [
            (Shape::Straight, "M0 1H1L2 2M4 3"),
            (Shape::Steps, "M0 1H2V2M4 3"),
        ];
        for (shape, want) in cases {
            assert_eq!(path(&x, &line(shape, &y), |v| v, |v| v), want, "{shape:?}");
        }
        assert_eq!(path(&[], &line(Shape::Steps, &[]), |v| v, |v| v), "");
    }

    #[test]
    fn bands_go_there_and_back_where_both_lines_are() {
        let (upper, lower) = ([3.0, 4.0, f64::NAN], [1.0, 2.0, 2.0]);
        let lines = [upper, lower].map(|y| line(Shape::Straight, &y));
        let drawn = |x: &[f64]| band(x, [&lines[0], &lines[1]], |v| v, |v| v);
        assert_eq!(drawn(&[0.0, 1.0, 2.0]), "M0 3L1 4L1 2L0 1Z");
        assert_eq!(drawn(&[]), "");
    }

    #[test]
    fn numbers_in_data_are_short() {
        let cases = [
            (0.0, "0"),
            (1_584_065_640.0, "1584065640"),
            (194.271_234, "194.271"),
            (0.000_123_456_78, "0.000123457"),
            (-1.5, "-1.5"),
            (f64::NAN, "null"),
        ];
        for (value, want) in cases {
            assert_eq!(json_number(value), want);
        }
    }
}
