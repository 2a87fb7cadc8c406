//! The page of an execution plan: which way to sell a block, why, and the slices.

use super::parts::{self, Captioned, Captions, cell, line_figure, number, prose, table, text};
use super::skeleton::{Again, Ending, Head};
use super::tiles::{self, Tile, tile};
use super::{Document, Section, document, question, terms};
use crate::format::{
    MISSING, decimal, duration, moment, money, percent, plural, price, setting, units, usd,
};
use crate::plan::{
    FIGURES, PlanReport, figures, greeks_words, method, plan_answer, terms_words, turning_words,
};
use crate::svg::{Base, Fill, Line, LineChart, Shape, XKind};
use backstop_lab::plan::{Alternative, Slice};
use maud::{Markup, html};

/// Colours of the ways: the chosen one's first.
const CLASSES: [&str; 3] = ["c2", "c3", "c5 dash"];
const HOUR_S: f64 = 3_600.0;

/// The page as text.
pub(crate) fn page(report: &PlanReport<'_>) -> String {
    let page = Page {
        report,
        captions: Captions::default(),
    };
    document(&Document {
        title: &report.context.title,
        header: header(report),
        tiles: tiles::draw(&key_figures(report)),
        sections: page.sections(),
        footer: html! {
            p { (report.context.software) " · money in USD, expected on the mean path of prices" }
        },
    })
}

struct Page<'a> {
    report: &'a PlanReport<'a>,
    captions: Captions,
}

impl Captioned for Page<'_> {
    fn captions(&self) -> &Captions {
        &self.captions
    }
}

impl Page<'_> {
    fn sections(&self) -> Vec<Section> {
        let section = |id, title, content| Section { id, title, content };
        let mut sections = vec![
            section("ways", "What each way would bring", ways(self)),
            section("course", "How each way goes", courses(self)),
            section("accounts", "Which accounts the sale meets", accounts(self)),
            section("slices", "What to sell when and where", slices(self)),
        ];
        let ending = Ending {
            context: self.report.context,
            facts: facts(self),
            settings: "Settings",
            again: again(self),
            terms: WORDS.into_iter(),
        };
        sections.extend(ending.sections(self));
        sections
    }
}

fn header(report: &PlanReport<'_>) -> Markup {
    let context = report.context;
    Head {
        kind: "execution plan",
        protocol: &context.protocol,
        title: &context.title,
        when: html! { "The book and the venues at " (moment(context.start)) },
        // It stands with the inputs.
        question: "",
        warnings: html! {},
        answer: plan_answer(report),
        notes: html! {
            p class="note" {
                "Costs are expected ones, with the outside price where it is but for what sales do to it. Accounts that the "
                "market's own moves reach are not counted, and who comes to an auction is an assumption."
            }
        },
    }
    .draw()
}

fn key_figures(report: &PlanReport<'_>) -> Vec<Tile> {
    let Some(chosen) = report.plan.chosen() else {
        return Vec::new();
    };
    let expected = &chosen.expected;
    let share = |usd: f64| format!("{} of the block", percent(usd / report.worth()));
    vec![
        tile(
            "Way",
            method(&chosen.terms).to_owned(),
            "least expected cost",
        ),
        tile(
            "Proceeds",
            money(expected.proceeds_usd),
            share(expected.proceeds_usd),
        ),
        tile(
            "Slippage",
            money(expected.slippage_usd),
            share(expected.slippage_usd),
        ),
        tile(
            "Timing risk",
            money(expected.timing_risk_usd),
            "one standard deviation",
        ),
        tile(
            "Triggered",
            decimal(expected.triggered_tokens),
            format!("{} of other accounts, in the mean", report.symbol),
        ),
        tile(
            "Lowest price",
            format!("${}", price(expected.lowest_price)),
            format!("of ${} now", price(report.config.price)),
        ),
    ]
}

fn ways(page: &Page<'_>) -> Markup {
    let report = page.report;
    let row = |way: &Alternative| {
        let mut cells = vec![cell(method(&way.terms))];
        cells.extend(figures(&way.expected).map(|figure| cell(usd(figure))));
        cells
    };
    let rows: Vec<_> = report.plan.alternatives.iter().map(row).collect();
    let column = |name: &'static str| {
        let unit = if name == "triggered" { "tokens" } else { "USD" };
        number(name, unit)
    };
    let mut columns = vec![text("Way")];
    columns.extend(FIGURES.map(column));
    let caption = "Expected figures, the way with the least cost first. Cost is slippage, what triggered accounts lose, and \
                   the charge for risk: the risk aversion times the variance of the proceeds.";
    let chosen_for = |way: &Alternative| {
        vec![
            cell(method(&way.terms)),
            cell(terms_words(&way.terms, report.config.over_s)),
        ]
    };
    let settings: Vec<_> = report.plan.alternatives.iter().map(chosen_for).collect();
    html! {
        (table(page, caption, &columns, &rows))
        (table(
            page,
            "The best that each way can do: what was chosen for its parameters.",
            &[text("Way"), prose("Chosen")],
            &settings,
        ))
        @if let Some(turning) = &report.plan.turning {
            p { b { "What would turn the order. " } "As things are, the second loses." (turning_words(report, turning)) }
        }
        @if report.plan.alternatives.len() < 3 {
            p { "Ways that are missing do not find buyers for the whole block in the time." }
        }
    }
}

/// What a course is at each of several times: the value after the last sale until then.
fn held(
    way: &Alternative,
    times: &[f64],
    start: f64,
    value: impl Fn(&backstop_lab::plan::Point) -> f64,
) -> Vec<f64> {
    let at = |time: &f64| {
        let until = way.course.partition_point(|point| point.at_s <= *time);
        match until.checked_sub(1).and_then(|at| way.course.get(at)) {
            Some(point) => value(point),
            None => start,
        }
    };
    times.iter().map(at).collect()
}

fn courses(page: &Page<'_>) -> Markup {
    let report = page.report;
    let all = report.plan.alternatives.iter().flat_map(|way| &way.course);
    let mut times: Vec<f64> = all.map(|point| point.at_s).collect();
    times.extend([0.0, f64::from(report.config.over_s)]);
    times.sort_by(f64::total_cmp);
    times.dedup();
    let block = report.config.tokens();
    let left = |way: &Alternative| held(way, &times, block, |point| point.left);
    let price_of = |way: &Alternative| held(way, &times, report.config.price, |point| point.price);
    let lines = |y: &dyn Fn(&Alternative) -> Vec<f64>| -> Vec<Line> {
        let ways = report.plan.alternatives.iter().zip(CLASSES);
        ways.map(|(way, class)| Line {
            name: method(&way.terms).to_owned(),
            class,
            shape: Shape::Steps,
            fill: Fill::None,
            y: y(way),
        })
        .collect()
    };
    let chart = |id: &str, title: String, desc: String, base, lines| LineChart {
        id: id.to_owned(),
        title,
        desc,
        height: 250.0,
        kind: XKind::Of("h"),
        x_title: "hours from now",
        unit: "",
        x: times.iter().map(|t| t / HOUR_S).collect(),
        lines,
        dots: Vec::new(),
        rules: Vec::new(),
        base,
        times: 8,
    };
    let tokens = chart(
        "left",
        format!("{} left to sell", report.symbol),
        format!("From {} to none.", report.block()),
        Base::Zero,
        lines(&left),
    );
    let lowest = report
        .plan
        .chosen()
        .map_or(0.0, |w| w.expected.lowest_price);
    let prices = chart(
        "price",
        format!("Price of {} that the oracle samples, USD", report.symbol),
        format!("The chosen way lowers it to {} USD.", price(lowest)),
        Base::Data,
        lines(&price_of),
    );
    html! {
        (line_figure(page, &tokens, "What each way has left. An auction's lots are drawn where they end in the mean."))
        (line_figure(
            page,
            &prices,
            "On the mean path: it falls by each sale and what that forces, and comes back as venues recover. Of an auction the \
             course in which buyers take all lots."
        ))
    }
}

fn accounts(page: &Page<'_>) -> Markup {
    let report = page.report;
    let greeks = &report.plan.greeks;
    let rows = [
        (
            "Delta: breached by the first dollar of fall",
            decimal(greeks.delta),
        ),
        (
            "Gamma: change of delta for each dollar",
            setting((greeks.gamma * 100.0).round() / 100.0),
        ),
        ("Fall by the block at once, USD", price(greeks.fall_usd)),
        ("Breached by it, by delta and gamma", usd(greeks.foretold)),
        ("Breached by it, by the map", usd(greeks.mapped)),
    ];
    let rows: Vec<_> = rows
        .map(|(name, value)| vec![cell(name), cell(value)])
        .into();
    let all = report.config.triggers.total();
    html! {
        p { (greeks_words(report)) }
        (table(
            page,
            &format!("The liquidation map of {} around the price of now; tokens.", report.symbol),
            &[text("Figure"), number("Value", "")],
            &rows,
        ))
        p class="note" {
            "Falls of the price can bring " (report.tokens(all)) " into breach in all. Each account sells once, as far as "
            "liquidators can take it, as soon as the oracle's source price has passed its threshold; what that lowers the price "
            "reaches the next."
        }
    }
}

fn slices(page: &Page<'_>) -> Markup {
    let report = page.report;
    let Some(chosen) = report.plan.chosen() else {
        return html! {};
    };
    let decimals = report.config.decimals;
    let mut names = report.venues();
    if chosen.slices.iter().all(|slice| slice.venues.is_empty()) {
        names.clear();
    }
    let row = |slice: &Slice| {
        let mut cells = vec![
            cell(duration(slice.at_s.round() as u64)),
            cell(units(slice.amount, decimals)),
        ];
        for at in 0..names.len() {
            let part = slice.venues.get(at).map(|part| units(*part, decimals));
            cells.push(cell(part.as_deref().unwrap_or(MISSING)));
        }
        cells
    };
    let rows: Vec<_> = chosen.slices.iter().map(row).collect();
    let mut columns = vec![text("After"), number("Slice", "tokens")];
    columns.extend(names.iter().map(|name| number((*name).to_owned(), "")));
    let told = if names.is_empty() {
        "Each is offered to buyers from then on; what nobody takes in its time is sold on the venues."
    } else {
        "On venues each slice is divided so that the next token fetches the same on all."
    };
    let caption = format!(
        "The chosen way in {}, which sum to the block to the last unit. {told}",
        plural(chosen.slices.len() as u64, "exact amount", "exact amounts")
    );
    table(page, &caption, &columns, &rows)
}

fn facts(page: &Page<'_>) -> Markup {
    let (report, config) = (page.report, page.report.config);
    let context = report.context;
    let buyers = &config.buyers;
    parts::facts(&[
        ("Scenario", question::scenario(context)),
        ("Protocol", context.protocol.clone()),
        ("Moment", moment(context.start)),
        ("Block", report.block()),
        ("Price of now", format!("{} USD", price(config.price))),
        ("Time", duration(u64::from(config.over_s))),
        (
            "Volatility",
            format!(
                "{} a year ({})",
                percent(config.volatility),
                report.volatility_source
            ),
        ),
        ("Risk aversion", format!("{:e} a USD", config.risk_aversion)),
        (
            "Buyers at auctions",
            format!(
                "{} an hour, wanting up to {}, reselling {} at once",
                setting(buyers.per_hour),
                percent(buyers.margin),
                percent(buyers.resold)
            ),
        ),
        ("Venues", report.venues().join(", ")),
    ])
}

fn again(page: &Page<'_>) -> Markup {
    Again {
        context: page.report.context,
        promise: "",
        facts: &[],
        between: html! {},
        files: "Every figure and all slices of all ways stand in plan.json beside this page; amounts there are exact, in the \
                token's smallest unit.",
    }
    .draw()
}

const WORDS: [terms::Term; 7] = [
    (
        "Slippage",
        "The block at the price of now, less what it brings: fees, impact, and at auctions what buyers keep.",
    ),
    (
        "Timing risk",
        "Standard deviation of the proceeds: the price moves while tokens wait.",
    ),
    (
        "Risk aversion",
        "How many USD of cost a USD² of variance is worth; the λ of Almgren and Chriss.",
    ),
    (
        "Triggered",
        "Collateral of other accounts that the fall caused by the sale brings into breach; their loss is that at the price of \
         now less what its forced sale brings.",
    ),
    (
        "Almgren–Chriss schedule",
        "Pieces of which the tokens left follow sinh(κ(T − t)) ÷ sinh(κT): equal for κ = 0, all at once for a large κ.",
    ),
    (
        "Dutch auction",
        "A lot offered at a price that falls until a buyer takes all of it; the price is told as a share of the oracle's.",
    ),
    (
        "Delta and gamma",
        "Tokens that come into breach for each dollar of fall at the price of now, and how that grows from dollar to dollar.",
    ),
];
