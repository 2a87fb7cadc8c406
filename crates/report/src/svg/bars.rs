//! Grouped bars over classes, such as a histogram before and after.

use super::coordinate;
use super::frame::{Frame, Medium};
use super::scale::{Scale, Tick};
use maud::{Markup, html};

/// One value a class.
#[derive(Clone, Debug)]
pub(crate) struct BarGroup {
    pub(crate) name: String,
    /// Class of its colour, such as `c1`.
    pub(crate) class: &'static str,
    /// One a class.
    pub(crate) values: Vec<f64>,
    /// Shown on hover, one a class.
    pub(crate) titles: Vec<String>,
}

/// A plot of grouped bars.
#[derive(Clone, Debug)]
pub(crate) struct BarChart {
    /// Unique within the page.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) desc: String,
    pub(crate) height: f64,
    pub(crate) x_title: &'static str,
    /// Names of the classes.
    pub(crate) classes: &'static [&'static str],
    pub(crate) groups: Vec<BarGroup>,
}

impl BarChart {
    /// The plot as SVG.
    pub(crate) fn draw(&self, medium: Medium) -> Markup {
        let values = self.groups.iter().flat_map(|g| g.values.iter().copied());
        let y = Scale::around(values).with_zero();
        let y = Scale {
            high: y.high * 1.04,
            ..y
        };
        let legend: Vec<_> = self
            .groups
            .iter()
            .map(|g| (g.name.clone(), g.class))
            .collect();
        let frame = Frame {
            id: &self.id,
            title: &self.title,
            desc: &self.desc,
            height: self.height,
            x_title: self.x_title,
            legend: &legend,
            x_class: "x",
            medium,
        };
        let slots = self.classes.len() as f64;
        let x_ticks: Vec<Tick> = self
            .classes
            .iter()
            .enumerate()
            .map(|(i, text)| Tick {
                at: (i as f64 + 0.5) / slots,
                text: (*text).to_owned(),
            })
            .collect();
        frame.draw(
            &x_ticks,
            &y.ticks((self.height / 36.0) as usize),
            &self.content(&y),
        )
    }

    fn content(&self, y: &Scale) -> Markup {
        let slot = 100.0 / self.classes.len().max(1) as f64;
        let width = slot * 0.76 / self.groups.len().max(1) as f64;
        html! {
            @for (g, group) in self.groups.iter().enumerate() {
                g class=(format!("bars {}", group.class)) {
                    @for (i, value) in group.values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
                        @let height = (y.at(*value) * self.height).max(0.0);
                        rect x=(format!("{}%", coordinate(slot * (i as f64 + 0.12) + width * g as f64, 2)))
                            y=(coordinate(self.height - height, 1))
                            width=(format!("{}%", coordinate(width * 0.94, 2)))
                            height=(coordinate(height, 1)) {
                            title { (group.titles.get(i).map_or("", String::as_str)) }
                        }
                    }
                }
            }
        }
    }
}
