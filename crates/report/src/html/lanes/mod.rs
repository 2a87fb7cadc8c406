//! Lanes under the chart of prices: what went on around the protocol, on the same time axis and with the same zoom.
//!
//! One file a lane: a function that gives its [`Lane`] where there is something to show, and one line in [`LANES`].

mod calls;
mod guards;
mod parameters;
mod spans;
mod stacks;
mod waterfall;

use super::Page;
use crate::svg::coordinate;
use maud::{Markup, html};

/// All lanes, from top to bottom.
const LANES: &[fn(&Page<'_>, Axis) -> Option<Lane>] =
    &[guards::lane, parameters::lane, calls::lane, waterfall::lane];

/// Units of x over the whole width, as in the chart.
const WIDTH: f64 = 1_000.0;

/// The time axis that the lanes share with the chart of prices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    low: u64,
    high: u64,
}

impl Axis {
    /// From the first step to the last; nothing without steps.
    fn of(page: &Page<'_>) -> Option<Self> {
        let steps = &page.record.steps;
        Some(Self {
            low: steps.first()?.time,
            high: steps.last()?.time,
        })
    }

    /// Where a time lies, 0 to [`WIDTH`].
    fn at(self, time: u64) -> f64 {
        let length = self.high.saturating_sub(self.low).max(1) as f64;
        let past = time.clamp(self.low, self.high) - self.low;
        past as f64 / length * WIDTH
    }
}

/// One lane.
pub(super) struct Lane {
    /// Unique within the page.
    id: &'static str,
    title: &'static str,
    /// The same in words.
    desc: String,
    /// Names of the marks with their classes; `line` begins the class of a line.
    legend: Vec<(String, &'static str)>,
    drawing: Drawing,
    /// What stands under the chart.
    details: Markup,
}

/// What a lane draws.
struct Drawing {
    /// Pixels.
    height: f64,
    /// Marks: x from 0 to [`WIDTH`], y in pixels from the top.
    marks: Markup,
    /// Texts in the lane, at its left: y in pixels, and what they say.
    names: Vec<(f64, String)>,
    /// Texts left of it.
    ticks: Vec<(f64, String)>,
}

impl Lane {
    fn draw(&self) -> Markup {
        let Drawing {
            height,
            marks,
            names,
            ticks,
        } = &self.drawing;
        let tall = coordinate(*height, 0);
        html! {
            div class="lane" {
                h4 { (self.title) }
                (legend(&self.legend))
                svg class="chart" role="img" width="100%" height=(tall)
                    aria-labelledby=(format!("lane-{0}-t lane-{0}-d", self.id)) {
                    title id=(format!("lane-{}-t", self.id)) { (self.title) }
                    desc id=(format!("lane-{}-d", self.id)) { (self.desc) }
                    g class="y" {
                        @for (y, text) in ticks { text x="-8" y=(coordinate(*y, 1)) { (text) } }
                    }
                    svg class="marks" width="100%" height=(tall)
                        viewBox=(format!("0 0 {} {tall}", coordinate(WIDTH, 0))) preserveAspectRatio="none" {
                        (marks)
                    }
                    line class="base" x1="0" x2="100%" y1=(tall) y2=(tall) {}
                    @for (y, text) in names { text x="4" y=(coordinate(*y, 1)) { (text) } }
                }
            }
        }
    }
}

fn legend(entries: &[(String, &'static str)]) -> Markup {
    html! {
        ul class="legend" {
            @for (name, class) in entries {
                li {
                    svg class="marks" aria-hidden="true" width="22" height="12" {
                        @if class.starts_with("line") { line class=(class) x1="1" x2="21" y1="6" y2="6" {} }
                        @else { rect class=(class) x="1" y="1" width="20" height="10" {} }
                    }
                    (name)
                }
            }
        }
    }
}

/// The lanes of a page, and what stands under the chart; both may be empty.
pub(super) struct Lanes {
    pub(super) drawn: Markup,
    pub(super) details: Markup,
    /// What a caption says of them.
    pub(super) caption: &'static str,
}

impl Lanes {
    pub(super) fn of(page: &Page<'_>) -> Self {
        let axis = Axis::of(page);
        let lanes = axis.into_iter().flat_map(|axis| {
            let made = LANES.iter().map(move |lane| lane(page, axis));
            made.flatten()
        });
        let lanes: Vec<Lane> = lanes.collect();
        Self {
            drawn: html! { @for lane in &lanes { (lane.draw()) } },
            details: html! { @for lane in &lanes { (lane.details) } },
            caption: match lanes.len() {
                0 => "",
                _ => {
                    " The lanes under it share its time axis and its zoom; pointing at a mark tells its figures."
                }
            },
        }
    }
}
