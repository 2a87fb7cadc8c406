//! The parts that every plot shares: sizes, axes, title and description.

use super::coordinate;
use super::scale::Tick;
use maud::{Markup, html};

/// Where a plot is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Medium {
    /// Inside the page, as wide as its column; the page's style sheet applies.
    Page,
    /// A file of its own, this many pixels wide, with its own style sheet.
    File(f64),
}

/// A plot's outline.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    /// Unique within the page.
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) desc: &'a str,
    /// Height of the plotted area, pixels.
    pub(crate) height: f64,
    /// Title of the x axis; empty for none.
    pub(crate) x_title: &'a str,
    /// Names and classes of the marks, for a file's legend; the page has its own.
    pub(crate) legend: &'a [(String, &'static str)],
    /// Class of the x axis: `x thin` loses every second label where there is little room.
    pub(crate) x_class: &'static str,
    pub(crate) medium: Medium,
}

/// Room for the labels of the y axis, pixels.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const LEGEND: f64 = 52.0;
const BOTTOM: f64 = 26.0;
const X_TITLE: f64 = 20.0;

impl Frame<'_> {
    /// Units of x for paths: per mille of the width in the page, pixels in a file.
    pub(crate) fn x_units(&self) -> f64 {
        match self.medium {
            Medium::Page => 1_000.0,
            Medium::File(width) => width - LEFT - RIGHT,
        }
    }

    /// The whole plot. `content` is drawn in the plotted area: x in per cent, y in pixels.
    pub(crate) fn draw(&self, x: &[Tick], y: &[Tick], content: &Markup) -> Markup {
        let (left, top) = match self.medium {
            // The style sheet leaves room on the left, so that the plot takes the whole width.
            Medium::Page => (0.0, TOP),
            Medium::File(_) => (LEFT, TOP + LEGEND),
        };
        let title_room = if self.x_title.is_empty() {
            0.0
        } else {
            X_TITLE
        };
        let full = top + self.height + BOTTOM + title_room;
        let (width, area, view) = match self.medium {
            Medium::Page => ("100%".to_owned(), "100%".to_owned(), None),
            Medium::File(width) => (
                coordinate(width, 0),
                coordinate(self.x_units(), 1),
                Some(format!(
                    "0 0 {} {}",
                    coordinate(width, 0),
                    coordinate(full, 0)
                )),
            ),
        };
        let xmlns = matches!(self.medium, Medium::File(_)).then_some("http://www.w3.org/2000/svg");
        html! {
            svg class="chart" xmlns=[xmlns] role="img" width=(width) height=(coordinate(full, 0))
                viewBox=[view] aria-labelledby=(format!("{0}-t {0}-d", self.id)) {
                title id=(format!("{}-t", self.id)) { (self.title) }
                desc id=(format!("{}-d", self.id)) { (self.desc) }
                @if let Medium::File(_) = self.medium { (self.file_head()) }
                g class="y" {
                    @for tick in y {
                        text x=(coordinate(left - 8.0, 0))
                            y=(coordinate(top + self.height * (1.0 - tick.at) + 4.0, 1)) { (tick.text) }
                    }
                }
                svg class="plot" overflow="visible" x=(coordinate(left, 0)) y=(coordinate(top, 0)) width=(area)
                    height=(coordinate(self.height, 0)) {
                    (self.grid(y))
                    (content)
                    (self.x_axis(x))
                }
            }
        }
    }

    fn grid(&self, y: &[Tick]) -> Markup {
        html! {
            g class="grid" {
                @for tick in y {
                    @let at = coordinate(self.height * (1.0 - tick.at), 1);
                    line x1="0" x2="100%" y1=(at) y2=(at) {}
                }
            }
        }
    }

    fn x_axis(&self, x: &[Tick]) -> Markup {
        let base = coordinate(self.height, 0);
        html! {
            line class="base" x1="0" x2="100%" y1=(base) y2=(base) {}
            g class=(self.x_class) {
                @for (i, tick) in x.iter().enumerate() {
                    @let at = format!("{}%", coordinate(tick.at * 100.0, 2));
                    @let class = if i % 2 == 1 { "odd" } else { "even" };
                    line class=(class) x1=(at) x2=(at) y1=(base) y2=(coordinate(self.height + 5.0, 0)) {}
                    text class=(class) x=(at) y=(coordinate(self.height + 20.0, 0))
                        text-anchor=(anchor(tick.at)) { (tick.text) }
                }
            }
            @if !self.x_title.is_empty() {
                text class="x-title" x="50%" y=(coordinate(self.height + BOTTOM + 14.0, 0))
                    text-anchor="middle" { (self.x_title) }
            }
        }
    }

    fn file_head(&self) -> Markup {
        let mut left = LEFT;
        let mut entries = Vec::new();
        for (name, class) in self.legend {
            entries.push((left, name, class));
            left += 40.0 + 7.0 * name.chars().count() as f64;
        }
        html! {
            style { (maud::PreEscaped(include_str!("plot.css"))) }
            rect class="paper" width="100%" height="100%" {}
            text class="head" x=(coordinate(LEFT, 0)) y="24" { (self.title) }
            @for (left, name, class) in entries {
                line class=(format!("line {class}")) x1=(coordinate(left, 0)) x2=(coordinate(left + 18.0, 0))
                    y1="44" y2="44" {}
                text x=(coordinate(left + 24.0, 0)) y="48" { (name) }
            }
        }
    }
}

/// Labels near an edge turn inward, so that none is cut.
fn anchor(at: f64) -> &'static str {
    match at {
        a if a < 0.02 => "start",
        a if a > 0.98 => "end",
        _ => "middle",
    }
}
