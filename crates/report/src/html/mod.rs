//! One self-contained HTML page: no request to any other host, readable on a phone, in print, in
//! light and dark, and without JavaScript.
//!
//! One file a section. All text is escaped by `maud`; the data for the script is escaped here.

mod ab;
mod amplification;
mod backtest;
mod compare;
mod coverage;
mod cumulative;
mod ensemble;
mod headline;
mod health;
mod lanes;
mod largest;
mod leverage;
mod liquidators;
mod map;
mod map_page;
mod metrics;
mod misses;
mod oracle_cost;
mod parts;
mod plan;
mod price;
mod question;
mod reproduce;
mod settings;
mod skeleton;
mod steering;
mod sweep;
mod terms;
mod tiles;

pub(crate) use ab::page as ab_page;
pub(crate) use backtest::page as backtest_page;
pub(crate) use compare::page as comparison_page;
pub(crate) use ensemble::page as ensemble_page;
pub(crate) use liquidators::kind_word;
pub(crate) use map_page::page as map_page;
pub(crate) use plan::page as plan_page;
pub(crate) use sweep::{drivers_page, page as sweep_page};

use crate::context::{LiquidationMap, RunContext};
use crate::summary::Summary;
use backstop_core::protocol::AccountId;
use backstop_lab::record::PathRecord;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use parts::{Captioned, Captions};
use std::collections::BTreeMap;

/// Everything that a page shows.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was asked, from which inputs.
    pub context: &'a RunContext,
    /// What the path left behind.
    pub record: &'a PathRecord,
    /// The same path without the feedback of sales on prices, where it was run.
    pub without_feedback: Option<&'a PathRecord>,
    /// Liquidation maps, one an asset; may be empty.
    pub maps: &'a [LiquidationMap],
}

impl Report<'_> {
    /// The page as text, UTF-8. The same report gives the same bytes.
    pub fn page(&self) -> String {
        let page = Page::new(*self);
        document(&Document {
            title: &self.context.title,
            header: headline::section(&page),
            tiles: tiles::section(&page),
            sections: page.sections(),
            footer: reproduce::footer(&page),
        })
    }
}

/// The parts of a page from top to bottom.
struct Document<'a> {
    title: &'a str,
    header: Markup,
    tiles: Markup,
    sections: Vec<Section>,
    footer: Markup,
}

/// A page as text, with its style and script.
fn document(parts: &Document<'_>) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";
                title { (parts.title) " – Backstop" }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                (parts.header)
                main {
                    (parts.tiles)
                    (contents(&parts.sections))
                    @for section in &parts.sections { (section.draw()) }
                }
                footer { (parts.footer) }
                script { (PreEscaped(include_str!("script.js"))) }
            }
        }
    }
    .into_string()
}

/// A numbered part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    content: Markup,
}

impl Section {
    fn draw(&self) -> Markup {
        html! {
            section id=(self.id) aria-labelledby=(format!("{}-h", self.id)) {
                h2 id=(format!("{}-h", self.id)) { (self.title) }
                (self.content)
            }
        }
    }
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ol { @for s in sections { li { a href=(format!("#{}", s.id)) { (s.title) } } } }
        }
    }
}

/// What the sections share: the inputs, the figures, and the running numbers of captions.
struct Page<'a> {
    context: &'a RunContext,
    record: &'a PathRecord,
    without_feedback: Option<&'a PathRecord>,
    maps: &'a [LiquidationMap],
    summary: Summary,
    names: BTreeMap<AccountId, &'a str>,
    captions: Captions,
}

impl<'a> Page<'a> {
    fn new(report: Report<'a>) -> Self {
        let named = |a: &'a backstop_lab::record::AccountRow| Some((a.account, a.name.as_deref()?));
        Self {
            context: report.context,
            record: report.record,
            without_feedback: report.without_feedback,
            maps: report.maps,
            summary: Summary::new(report.record, report.without_feedback),
            names: report.record.accounts.iter().filter_map(named).collect(),
            captions: Captions::default(),
        }
    }

    fn sections(&self) -> Vec<Section> {
        let section = |id, title, content| Section { id, title, content };
        let mut sections = vec![
            section(
                "question",
                "What was asked, and from what",
                question::content(self),
            ),
            section("prices", "Prices and liquidations", price::content(self)),
            section(
                "flows",
                "What was liquidated, and what it cost",
                cumulative::content(self),
            ),
            section("health", "Health before and after", health::content(self)),
            section("map", "Liquidation map", map::content(self)),
            section(
                "deficits",
                "Bad debt, and who paid it",
                coverage::content(self),
            ),
            section(
                "largest",
                "The ten largest liquidations",
                largest::content(self),
            ),
            section(
                "liquidators",
                "What the liquidators earned",
                liquidators::content(self),
            ),
            section(
                "amplification",
                "How much the selling itself did",
                amplification::content(self),
            ),
            section(
                "misses",
                "Liquidations that did not happen",
                misses::content(self),
            ),
            section("figures", "All figures", metrics::content(self)),
            section(
                "settings",
                "Settings",
                settings::content(self, &self.context.settings),
            ),
            section(
                "reproduce",
                "How to get the same result",
                reproduce::content(self),
            ),
            section("terms", "Terms", terms::content(terms::TERMS.into_iter())),
        ];
        if let Some(moved) = steering::content(self) {
            let at = 1 + sections.iter().position(|s| s.id == "health").unwrap_or(0);
            sections.insert(
                at,
                section("parameters", "Parameters that were moved", moved),
            );
        }
        if let Some(leverage) = leverage::content(self) {
            let at = 1 + sections.iter().position(|s| s.id == "health").unwrap_or(0);
            sections.insert(at, section("leverage", "Leverage of the book", leverage));
        }
        sections
    }

    /// The name of an account in the book file, else its number.
    fn account(&self, account: AccountId) -> String {
        let name = self.names.get(&account);
        name.map_or_else(
            || format!("account {}", account.0),
            |name| (*name).to_owned(),
        )
    }

    /// The name of a liquidator.
    fn liquidator(&self, index: u32) -> String {
        let row = usize::try_from(index)
            .ok()
            .and_then(|i| self.record.liquidators.get(i));
        row.map_or_else(|| format!("liquidator {index}"), |l| l.name.clone())
    }
}

impl Captioned for Page<'_> {
    fn captions(&self) -> &Captions {
        &self.captions
    }
}

/// Text as a JSON string that is safe inside a `script` element.
pub(crate) fn json_text(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
