//! The report of an execution plan: which way to sell a seized block, and why.

use crate::answer::{NOTHING_USD, Span, spans_text};
use crate::context::RunContext;
use crate::format::{
    decimal, duration, duration_words, money, percent, price, setting, units, usd,
};
use crate::html::plan_page;
use crate::results::{json, write_files};
use crate::summary_head::SummaryHead;
use crate::terminal::{WIDTH_MIN, aligned, wrap};
use backstop_io::{FileError, format_amount};
use backstop_lab::plan::{Alternative, Expected, Plan, PlanConfig, Slice, Terms, Turning};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Format of `plan.json`.
const FORMAT: &str = "backstop-plan/1";
/// Widest text.
const WIDTH_MAX: usize = 120;

/// Everything that the report of a plan shows.
#[derive(Clone, Copy, Debug)]
pub struct PlanReport<'a> {
    /// What was asked, from which inputs.
    pub context: &'a RunContext,
    /// Ticker of the block's asset.
    pub symbol: &'a str,
    /// What was planned with.
    pub config: &'a PlanConfig,
    /// Where the volatility comes from, such as `prices of the scenario`.
    pub volatility_source: &'a str,
    /// What came out.
    pub plan: &'a Plan,
}

impl PlanReport<'_> {
    /// The page as text, UTF-8. The same report gives the same bytes.
    pub fn page(&self) -> String {
        plan_page(self)
    }

    /// The block, exact.
    pub(crate) fn block(&self) -> String {
        let amount = units(self.config.amount, self.config.decimals);
        format!("{amount}\u{a0}{}", self.symbol)
    }

    /// The block at the price of now, USD.
    pub(crate) fn worth(&self) -> f64 {
        self.config.tokens() * self.config.price
    }

    /// Names of the venues on which the block may be sold.
    pub(crate) fn venues(&self) -> Vec<&str> {
        let venues = self.config.venues.iter();
        let own = venues.filter(|venue| venue.base == self.config.asset);
        own.map(|venue| venue.name.as_str()).collect()
    }

    /// Tokens with the asset's ticker.
    pub(crate) fn tokens(&self, tokens: f64) -> String {
        let number = if tokens >= 1_000.0 {
            usd(tokens)
        } else {
            decimal(tokens)
        };
        format!("{number}\u{a0}{}", self.symbol)
    }
}

/// A way to sell, as it goes into a sentence.
pub(crate) fn way(terms: &Terms) -> &'static str {
    match terms {
        Terms::Immediate => "at once",
        Terms::AlmgrenChriss { .. } => "along an Almgren–Chriss schedule",
        Terms::Dutch { .. } => "by a Dutch auction",
    }
}

/// A way to sell, as the name of a line or a row.
pub(crate) fn method(terms: &Terms) -> &'static str {
    match terms {
        Terms::Immediate => "At once",
        Terms::AlmgrenChriss { .. } => "Almgren–Chriss",
        Terms::Dutch { .. } => "Dutch auction",
    }
}

/// What was chosen for a way's parameters, in words.
pub(crate) fn terms_words(terms: &Terms, over_s: u32) -> String {
    match terms {
        Terms::Immediate => "one sale".to_owned(),
        Terms::AlmgrenChriss { rate, closed_form } => {
            let told = |rate: f64| {
                let whole = rate * f64::from(over_s);
                if whole.is_finite() {
                    decimal(whole)
                } else {
                    "no limit".to_owned()
                }
            };
            format!(
                "κT = {} (closed form for linear impact and no accounts: {})",
                told(*rate),
                told(*closed_form)
            )
        }
        Terms::Dutch {
            lots,
            auction,
            mean_time_s,
            untaken,
        } => format!(
            "{lots} {}, each from {} of its worth to the first buyer, falling by {} an hour; {} in the mean, untaken in {}",
            if *lots == 1 { "lot" } else { "lots" },
            percent(auction.start),
            percent(1.0 - (-auction.decay).exp()),
            duration(mean_time_s.round() as u64),
            percent(*untaken),
        ),
    }
}

/// The answer, in the order of reading.
pub(crate) fn plan_answer(report: &PlanReport<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    let Some(chosen) = report.plan.chosen() else {
        return spans;
    };
    let plain = |spans: &mut Vec<Span>, text: String| spans.push(Span::Plain(text));
    let strong = |spans: &mut Vec<Span>, text: String| spans.push(Span::Strong(text));
    plain(
        &mut spans,
        format!("Sell {} ({}) ", report.block(), money(report.worth())),
    );
    strong(&mut spans, way(&chosen.terms).to_owned());
    let within = match chosen.terms {
        Terms::Immediate => String::new(),
        _ => format!(" over {}", duration_words(u64::from(report.config.over_s))),
    };
    plain(&mut spans, format!("{within}: it is expected to bring "));
    strong(&mut spans, money(chosen.expected.proceeds_usd));
    plain(&mut spans, bringing(report, &chosen.expected));
    if let Some(second) = report.plan.alternatives.get(1) {
        plain(&mut spans, comparison(report, chosen, second));
    }
    spans
}

/// Slippage, risk and triggered accounts of one way.
fn bringing(report: &PlanReport<'_>, expected: &Expected) -> String {
    let share = expected.slippage_usd / report.worth();
    let mut text = format!(
        ", {} ({}) below the price of now",
        money(expected.slippage_usd),
        percent(share)
    );
    if expected.timing_risk_usd > NOTHING_USD {
        text += &format!(
            ", give or take {} (one standard deviation) while it waits",
            money(expected.timing_risk_usd)
        );
    }
    text += &match expected.triggered_tokens {
        t if t > 0.0 => format!(
            ". It brings {} of other accounts into breach, who lose {} by their forced sale",
            report.tokens(t),
            money(expected.triggered_loss_usd)
        ),
        _ => ". It brings no other account into breach".to_owned(),
    };
    text + "."
}

/// Why the first wins over the second, and what it takes for the second to win.
fn comparison(report: &PlanReport<'_>, first: &Alternative, second: &Alternative) -> String {
    let lead = second.expected.cost_usd - first.expected.cost_usd;
    let mut text = format!(
        " The second best, selling {}, costs {} more in expectation: {}.",
        way(&second.terms),
        money(lead),
        parts_of(&first.expected, &second.expected)
    );
    if let Some(turning) = &report.plan.turning {
        text += &turning_words(report, turning);
    }
    text
}

/// The parts of a lead, the largest first.
fn parts_of(first: &Expected, second: &Expected) -> String {
    let mut parts = [
        (second.slippage_usd - first.slippage_usd, "slippage"),
        (
            second.triggered_loss_usd - first.triggered_loss_usd,
            "lost by accounts that it triggers",
        ),
        (
            second.risk_charge_usd - first.risk_charge_usd,
            "charged for timing risk",
        ),
    ];
    parts.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let told = parts.iter().filter(|(usd, _)| usd.abs() > NOTHING_USD);
    let told: Vec<String> = told
        .map(|(usd, what)| {
            let word = if *usd > 0.0 { "more" } else { "less" };
            format!("{} {word} {what}", money(usd.abs()))
        })
        .collect();
    if told.is_empty() {
        return "the figures are the same to the dollar".to_owned();
    }
    told.join(", ")
}

/// What it takes for the second to win.
pub(crate) fn turning_words(report: &PlanReport<'_>, turning: &Turning) -> String {
    let mut ways = Vec::new();
    if let Some(volatility) = turning.volatility {
        let word = side(volatility, report.config.volatility);
        ways.push(format!(
            "with a volatility {word} {} a year ({} assumed)",
            percent(volatility),
            percent(report.config.volatility)
        ));
    }
    if let Some(factor) = turning.half_life {
        let times = |factor: f64| format!("{factor:.2} times");
        ways.push(if factor > 1.0 {
            format!(
                "if venues took more than {} as long to recover",
                times(factor)
            )
        } else {
            let faster = 1.0 / factor;
            format!("if venues recovered more than {} as fast", times(faster))
        });
    }
    if ways.is_empty() {
        return " No volatility and no half-life of recovery from a sixty-fourth to 64 times those assumed, changed alone, makes \
                the second win."
            .to_owned();
    }
    format!(" It would win {}.", ways.join(", or "))
}

fn side(value: f64, from: f64) -> &'static str {
    if value > from { "above" } else { "below" }
}

/// What the map around the present price says of the sale.
pub(crate) fn greeks_words(report: &PlanReport<'_>) -> String {
    let greeks = &report.plan.greeks;
    if greeks.fall_usd <= 0.0 {
        return "Selling the block at once does not move the price that the oracle samples."
            .to_owned();
    }
    let mut text = format!(
        "The block sold at once lowers the price that the oracle samples by {} USD before anybody follows. ",
        price(greeks.fall_usd)
    );
    text += &if greeks.delta == 0.0 && greeks.gamma == 0.0 {
        "No account lies within 2 % of the present price: delta and gamma are 0. ".to_owned()
    } else {
        format!(
            "Around the present price a dollar of fall brings {} into breach (delta), and each further dollar changes that \
             by {} (gamma): {} by these, {} forced for each one sold. ",
            report.tokens(greeks.delta),
            setting((greeks.gamma * 100.0).round() / 100.0),
            report.tokens(greeks.foretold),
            decimal(greeks.forced_per_token(report.config.tokens())),
        )
    };
    let mapped = report.tokens(greeks.mapped);
    text += &if greeks.mapped > 2.0 * greeks.foretold {
        format!(
            "The map itself says {mapped}: a cluster of accounts lies further down, within reach."
        )
    } else if greeks.mapped == 0.0 {
        "By the map itself no account lies within reach.".to_owned()
    } else {
        format!("The map itself says {mapped}.")
    };
    text
}

/// Names of the columns of figures.
pub(crate) const FIGURES: [&str; 7] = [
    "proceeds",
    "slippage",
    "timing risk",
    "risk charge",
    "triggered",
    "their loss",
    "cost",
];

/// The figures of a way, in that order: USD, but tokens of what is triggered.
pub(crate) fn figures(expected: &Expected) -> [f64; 7] {
    [
        expected.proceeds_usd,
        expected.slippage_usd,
        expected.timing_risk_usd,
        expected.risk_charge_usd,
        expected.triggered_tokens,
        expected.triggered_loss_usd,
        expected.cost_usd,
    ]
}

/// The answer, the alternatives and the first slices, for a terminal of `width` characters.
pub fn plan_text(report: &PlanReport<'_>, width: usize) -> String {
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let mut text = wrap(&spans_text(plan_answer(report)), width);
    text += "\n";
    let header = ["USD"].into_iter().chain(FIGURES).map(str::to_owned);
    let row = |way: &Alternative| {
        let figures = figures(&way.expected).map(usd);
        std::iter::once(method(&way.terms).to_owned())
            .chain(figures)
            .collect()
    };
    let rows: Vec<Vec<String>> = report.plan.alternatives.iter().map(row).collect();
    text += &aligned(&header.collect::<Vec<_>>(), &rows);
    text += "\n";
    for way in &report.plan.alternatives {
        let words = terms_words(&way.terms, report.config.over_s);
        text += &wrap(&format!("{}: {words}", method(&way.terms)), width);
    }
    text += "\n";
    text += &wrap(&greeks_words(report), width);
    text
}

/// Writes `plan.json` and the page `plan.html` into a folder that exists.
///
/// # Errors
/// [`FileError`] when the system refuses; files written before stay.
pub fn write_plan(out: &Path, report: &PlanReport<'_>) -> Result<(), FileError> {
    let texts = [
        ("plan.json", file(report)),
        ("plan.html", plan_page(report)),
    ];
    write_files(out, &[], &texts)?;
    Ok(())
}

/// `plan.json`. Amounts are exact; all else is what is expected.
#[derive(Serialize)]
struct PlanFile<'a> {
    #[serde(flatten)]
    head: SummaryHead<'a>,
    answer: String,
    asset: &'a str,
    /// Units of the token.
    amount: String,
    tokens: String,
    price_usd: f64,
    over_s: u32,
    risk_aversion: f64,
    volatility: f64,
    buyers: BuyersFile,
    /// The chosen one first.
    alternatives: Vec<AlternativeFile<'a>>,
    greeks: GreeksFile,
    /// Null where there is no second.
    turning: Option<TurningFile>,
}

#[derive(Serialize)]
struct BuyersFile {
    per_hour: f64,
    margin: f64,
    resold: f64,
}

#[derive(Serialize)]
struct GreeksFile {
    delta: f64,
    gamma: f64,
    fall_usd: f64,
    foretold_tokens: f64,
    mapped_tokens: f64,
}

#[derive(Serialize)]
struct TurningFile {
    /// Null where no value turns the order.
    volatility: Option<f64>,
    half_life_factor: Option<f64>,
}

#[derive(Serialize)]
struct AlternativeFile<'a> {
    method: &'static str,
    #[serde(flatten)]
    terms: TermsFile,
    proceeds_usd: f64,
    slippage_usd: f64,
    timing_risk_usd: f64,
    risk_charge_usd: f64,
    triggered_tokens: f64,
    triggered_loss_usd: f64,
    lowest_price_usd: f64,
    cost_usd: f64,
    slices: Vec<SliceFile<'a>>,
}

/// Parameters of a way; only those that it has are written.
#[derive(Serialize, Default)]
struct TermsFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_form_rate_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lots: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decay_per_hour: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_time_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    untaken: Option<f64>,
}

impl TermsFile {
    fn new(terms: &Terms) -> Self {
        match terms {
            Terms::Immediate => Self::default(),
            Terms::AlmgrenChriss { rate, closed_form } => Self {
                rate_per_s: Some(*rate),
                closed_form_rate_per_s: Some(*closed_form),
                ..Self::default()
            },
            Terms::Dutch {
                lots,
                auction,
                mean_time_s,
                untaken,
            } => Self {
                lots: Some(*lots),
                start: Some(auction.start),
                decay_per_hour: Some(auction.decay),
                mean_time_s: Some(*mean_time_s),
                untaken: Some(*untaken),
                ..Self::default()
            },
        }
    }
}

#[derive(Serialize)]
struct SliceFile<'a> {
    at_s: f64,
    /// Units of the token.
    amount: String,
    /// Units by venue; empty where buyers take the piece.
    venues: BTreeMap<&'a str, String>,
}

fn file(report: &PlanReport<'_>) -> String {
    let (config, plan) = (report.config, report.plan);
    let names = report.venues();
    let slice = |slice: &Slice| SliceFile {
        at_s: slice.at_s,
        amount: slice.amount.to_string(),
        venues: names
            .iter()
            .zip(&slice.venues)
            .map(|(name, amount)| (*name, amount.to_string()))
            .collect(),
    };
    let alternative = |way: &Alternative| AlternativeFile {
        method: way.terms.name(),
        terms: TermsFile::new(&way.terms),
        proceeds_usd: way.expected.proceeds_usd,
        slippage_usd: way.expected.slippage_usd,
        timing_risk_usd: way.expected.timing_risk_usd,
        risk_charge_usd: way.expected.risk_charge_usd,
        triggered_tokens: way.expected.triggered_tokens,
        triggered_loss_usd: way.expected.triggered_loss_usd,
        lowest_price_usd: way.expected.lowest_price,
        cost_usd: way.expected.cost_usd,
        slices: way.slices.iter().map(slice).collect(),
    };
    let (greeks, buyers) = (&plan.greeks, &config.buyers);
    let file = PlanFile {
        head: SummaryHead::new(FORMAT, report.context),
        answer: spans_text(plan_answer(report)).replace('\u{a0}', " "),
        asset: report.symbol,
        amount: config.amount.to_string(),
        tokens: format_amount(config.amount, config.decimals),
        price_usd: config.price,
        over_s: config.over_s,
        risk_aversion: config.risk_aversion,
        volatility: config.volatility,
        buyers: BuyersFile {
            per_hour: buyers.per_hour,
            margin: buyers.margin,
            resold: buyers.resold,
        },
        alternatives: plan.alternatives.iter().map(alternative).collect(),
        greeks: GreeksFile {
            delta: greeks.delta,
            gamma: greeks.gamma,
            fall_usd: greeks.fall_usd,
            foretold_tokens: greeks.foretold,
            mapped_tokens: greeks.mapped,
        },
        turning: plan.turning.map(|turning| TurningFile {
            volatility: turning.volatility,
            half_life_factor: turning.half_life,
        }),
    };
    json(&file, serde_json::to_string_pretty) + "\n"
}
