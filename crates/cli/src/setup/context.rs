//! What a report says about a run: inputs, settings, how to repeat it.

use super::{Loaded, agents, monitor, oracles, waterfall};
use backstop_core::protocol::AssetId;
use backstop_io::price::TimeSeries;
use backstop_io::scenario::{
    BookSpec, DependenceSpec, ExitSpec, GasPriceSpec, LiquiditySpec, PolicySpec, PolicyValue,
    PriceSpec, RandomSpec, Refine, Routing, ScaleSpec, Scenario, TicksSpec, TrendSpec, VenueSpec,
    policy,
};
use backstop_report::{Input, InputKind, RunContext, SettingsTable, setting};
use std::path::{Path, PathBuf};

/// The description of a run.
pub(crate) fn run_context(loaded: &Loaded, command: String) -> RunContext {
    let scenario = &loaded.scenario;
    let mut notes = Vec::new();
    if !scenario.description.trim().is_empty() {
        notes.push(scenario.description.trim().to_owned());
    }
    notes.extend(scenario.notes.iter().cloned());
    notes.extend(loaded.inputs.notes.iter().cloned());
    RunContext {
        title: scenario.title.clone(),
        question: scenario.question.clone(),
        scenario: scenario.name.clone(),
        scenario_version: backstop_io::scenario::FORMAT.to_owned(),
        protocol: format!("Aave v{}", scenario.protocol.version),
        start: scenario.time.start,
        end: scenario.time.end,
        step_seconds: u64::from(scenario.time.step_s),
        inputs: inputs(loaded),
        notes,
        settings: settings(scenario),
        waterfall: waterfall::told(scenario),
        software: format!("backstop {}", env!("CARGO_PKG_VERSION")),
        command,
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Files of recorded data say so; a file whose name has the word "modelled" says that.
fn kind_of(path: &Path) -> InputKind {
    if file_name(path).contains("modelled") {
        InputKind::Modelled
    } else {
        InputKind::Observed
    }
}

/// First and last moment.
type Dates = Option<(u64, u64)>;

fn span(scenario: &Scenario) -> Dates {
    Some((scenario.time.start, scenario.time.end))
}

/// One row a file.
fn file_inputs(what: &str, files: &[PathBuf], loaded: &Loaded) -> Vec<Input> {
    let row = |file: &PathBuf| Input {
        what: what.to_owned(),
        source: format!("file {}", file_name(file)),
        dates: loaded.inputs.spans.get(file).copied(),
        kind: kind_of(file),
    };
    files.iter().map(row).collect()
}

fn covered(series: &TimeSeries) -> Dates {
    let times = &series.times;
    times.first().copied().zip(times.last().copied())
}

fn input(what: String, source: impl Into<String>, dates: Dates, kind: InputKind) -> Input {
    Input {
        what,
        source: source.into(),
        dates,
        kind,
    }
}

fn inputs(loaded: &Loaded) -> Vec<Input> {
    let scenario = &loaded.scenario;
    let mut rows = Vec::new();
    for asset in &scenario.assets {
        rows.extend(price_inputs(loaded, &asset.symbol, &asset.price));
        let what = format!("{} parameters", asset.symbol);
        if !asset.source.is_empty() {
            rows.push(input(what, asset.source.clone(), None, InputKind::Observed));
        }
    }
    rows.extend(dependence_input(&scenario.dependence));
    rows.extend(shock_input(scenario));
    rows.extend(match &scenario.gas.price {
        GasPriceSpec::Files(files) => file_inputs("gas price", files, loaded),
        GasPriceSpec::Points(series) => {
            let (source, dates) = ("points in the scenario", covered(series));
            vec![input("gas price".into(), source, dates, InputKind::Chosen)]
        }
        GasPriceSpec::BaseFee(_) => {
            let source = "base-fee process with modelled demand";
            vec![input(
                "gas price".into(),
                source,
                span(scenario),
                InputKind::Modelled,
            )]
        }
    });
    for venue in &scenario.venues {
        let what = format!("depth: {}", venue.name);
        rows.push(match &venue.liquidity {
            LiquiditySpec::RecordedReserves { file } => {
                let source = format!("reserves in file {}", file_name(file));
                let dates = loaded.inputs.spans.get(file).copied();
                input(what, source, dates, kind_of(file))
            }
            LiquiditySpec::Ticks(TicksSpec { file, .. }) => {
                let source = format!("ticks in file {}", file_name(file));
                input(what, source, None, kind_of(file))
            }
            LiquiditySpec::BookFile { file } => {
                let source = format!("order book in file {}", file_name(file));
                input(what, source, None, kind_of(file))
            }
            other => input(what, liquidity_words(other), None, InputKind::Modelled),
        });
        let recorded = venue
            .depth
            .as_ref()
            .and_then(|depth| depth.recorded.as_ref());
        if let Some(file) = recorded.and_then(|recorded| recorded.files.first()) {
            let what = format!("depth over time: {}", venue.name);
            let source = format!("scale of depth in file {}", file_name(file));
            let dates = loaded.inputs.spans.get(file).copied();
            rows.push(input(what, source, dates, kind_of(file)));
        }
    }
    rows.push(book_input(loaded));
    let agents = "numbers, capital, latency and reactions in the scenario";
    let what = "liquidators and borrowers".to_owned();
    rows.push(input(what, agents, None, InputKind::Chosen));
    rows
}

fn price_inputs(loaded: &Loaded, symbol: &str, price: &PriceSpec) -> Vec<Input> {
    let scenario = &loaded.scenario;
    let what = format!("{symbol} price");
    match price {
        PriceSpec::Constant(usd) => {
            vec![input(
                what,
                format!("constant {usd} USD"),
                None,
                InputKind::Chosen,
            )]
        }
        PriceSpec::Follows { asset, ratio } => {
            let leader = symbol_of(scenario, *asset);
            let source = format!("{leader} price times {ratio}");
            vec![input(what, source, span(scenario), InputKind::Modelled)]
        }
        PriceSpec::Points { series, scale, .. } => {
            let source = "points in the scenario";
            let mut rows = vec![input(
                what.clone(),
                source,
                covered(series),
                InputKind::Observed,
            )];
            rows.extend(changed(&what, *scale));
            rows
        }
        PriceSpec::Files {
            candles,
            refine,
            scale,
        } => {
            let mut rows = file_inputs(&what, &candles.files, loaded);
            rows.extend(changed(&what, *scale));
            if *refine == Refine::Bridge {
                let source = "seeded Brownian bridge within each candle's range";
                let what = format!("{what} inside candles");
                rows.push(input(what, source, None, InputKind::Modelled));
            }
            rows
        }
        PriceSpec::Random(random) => {
            let source = random_words(scenario, random);
            vec![input(what, source, span(scenario), InputKind::Modelled)]
        }
        PriceSpec::Bootstrap { candles, draws, .. } => {
            let mut rows =
                file_inputs(&format!("past returns of {symbol}"), &candles.files, loaded);
            let source = format!(
                "blocks of about {} s of past returns",
                setting(draws.block_s)
            );
            rows.push(input(what, source, span(scenario), InputKind::Modelled));
            rows
        }
        PriceSpec::Shocks { on, moves } => {
            let mut rows = price_inputs(loaded, symbol, on);
            let source = format!("{} scripted move(s)", moves.len());
            let what = format!("{what}, moved");
            rows.push(input(what, source, span(scenario), InputKind::Chosen));
            rows
        }
    }
}

/// How random prices hang together, where the scenario says so.
fn dependence_input(dependence: &DependenceSpec) -> Option<Input> {
    let pairs = dependence.correlation.len();
    let source = match dependence.degrees {
        None if pairs == 0 => return None,
        None => format!("Gaussian, {pairs} correlation(s)"),
        Some(degrees) => format!("t copula of {degrees} degrees, {pairs} correlation(s)"),
    };
    let what = "dependence of prices".to_owned();
    Some(input(what, source, None, InputKind::Modelled))
}

/// The fall on top of prices, where there is one.
fn shock_input(scenario: &Scenario) -> Option<Input> {
    let shock = &scenario.shock;
    if shock.fall == 0.0 {
        return None;
    }
    let falling = shock.falling(&scenario.assets).into_iter();
    let symbols: Vec<_> = falling.map(|id| symbol_of(scenario, id)).collect();
    let over = match shock.over_s {
        None => "to the last step".to_owned(),
        Some(0) => "at once".to_owned(),
        Some(s) => format!("over {s} s"),
    };
    let source = format!("a fall of {} % {over}", per_cent(shock.fall));
    let what = format!("shock of {}", symbols.join(", "));
    Some(input(what, source, span(scenario), InputKind::Chosen))
}

/// What was done to a record.
fn changed(what: &str, scale: ScaleSpec) -> Option<Input> {
    let source = match scale {
        ScaleSpec::None => return None,
        ScaleSpec::Returns(factor) => format!("log returns of the record times {factor}"),
        ScaleSpec::Fall(share) => format!("log returns scaled to a fall of {} %", per_cent(share)),
        ScaleSpec::Drift(share) => format!("drift added for a fall of {} %", per_cent(share)),
    };
    Some(input(
        format!("{what}, changed"),
        source,
        None,
        InputKind::Chosen,
    ))
}

/// A share as its author would write it in per cent, without what binary fractions add.
fn per_cent(share: f64) -> String {
    const DIGITS: f64 = 1e9;
    setting((share * 100.0 * DIGITS).round() / DIGITS)
}

fn random_words(scenario: &Scenario, random: &RandomSpec) -> String {
    let volatility =
        |trend: &TrendSpec| format!("volatility {} % a year", per_cent(trend.volatility));
    match random {
        RandomSpec::Gbm(trend) => format!("geometric Brownian motion, {}", volatility(trend)),
        RandomSpec::Merton {
            trend, intensity, ..
        } => {
            let trend = volatility(trend);
            format!("Merton's jump diffusion, {trend}, {intensity} jumps a year")
        }
        RandomSpec::Heston { trend, .. } => {
            format!(
                "Heston's stochastic volatility, at first {}",
                volatility(trend)
            )
        }
        RandomSpec::Garch { trend, .. } => {
            format!(
                "GARCH(1,1) with Student-t innovations, {}",
                volatility(trend)
            )
        }
        RandomSpec::Regimes { states, .. } => {
            format!("geometric Brownian motion in {} regimes", states.len())
        }
        RandomSpec::Peg(peg) => {
            let to = peg
                .to
                .map_or("the dollar", |asset| symbol_of(scenario, asset));
            format!("pegged to {to}, with a discount that varies")
        }
    }
}

fn book_input(loaded: &Loaded) -> Input {
    let accounts = loaded.inputs.book.accounts.len();
    let what = format!("book of {} accounts", setting(accounts as f64));
    match &loaded.scenario.book {
        BookSpec::File(file) => input(
            what,
            format!("file {}", file_name(file)),
            None,
            kind_of(file),
        ),
        BookSpec::Synthetic(_) => {
            let source = "synthetic, fitted to the quantiles in the scenario";
            input(what, source, None, InputKind::Modelled)
        }
        BookSpec::Aggregated(book) => {
            let source = format!(
                "totals in file {}; their split over assets is modelled",
                file_name(&book.file)
            );
            input(what, source, None, InputKind::Observed)
        }
    }
}

pub(super) fn symbol_of(scenario: &Scenario, asset: AssetId) -> &str {
    scenario
        .assets
        .get(usize::from(asset.0))
        .map_or("?", |asset| asset.symbol.as_str())
}

fn liquidity_words(liquidity: &LiquiditySpec) -> String {
    match liquidity {
        LiquiditySpec::ConstantProduct {
            base_reserve,
            quote_reserve,
        } => {
            let (base, quote) = (setting(*base_reserve), setting(*quote_reserve));
            format!("constant product, {base} base and {quote} quote tokens")
        }
        LiquiditySpec::RecordedReserves { .. } => "constant product, recorded reserves".to_owned(),
        LiquiditySpec::OrderBook { bids, asks } => {
            format!(
                "order book, {} bid and {} ask levels",
                bids.len(),
                asks.len()
            )
        }
        LiquiditySpec::BookFile { .. } => "order book, recorded levels".to_owned(),
        LiquiditySpec::Ranges(ranges) => {
            format!("concentrated liquidity, {} ranges", ranges.len() - 1)
        }
        LiquiditySpec::Ticks(TicksSpec { recorded_price, .. }) => match recorded_price {
            None => "concentrated liquidity, recorded ticks".to_owned(),
            Some(price) => {
                format!("concentrated liquidity, ticks recorded at {price} moved to the start")
            }
        },
        LiquiditySpec::Linear { tokens_per_percent } => {
            format!(
                "linear, {} base tokens for 1 %",
                setting(*tokens_per_percent)
            )
        }
        LiquiditySpec::SquareRoot {
            daily_volume,
            daily_volatility,
            impact_coefficient,
        } => {
            let daily_volume = setting(*daily_volume);
            format!(
                "square-root law, {daily_volume} base tokens a day, daily volatility \
                 {daily_volatility}, coefficient {impact_coefficient}"
            )
        }
    }
}

/// What else holds for one venue, where something does.
fn shrinking_words(venue: &VenueSpec) -> String {
    let mut words = String::new();
    if let Some(share) = venue.permanent_share {
        words += &format!("; {share} of an impact stays");
    }
    if let Some(depth) = &venue.depth {
        if let Some((normal, sensitivity)) = depth.volatility {
            words += &format!(
                "; shrinks with volatility above {normal} a year to the power {sensitivity}"
            );
        }
        if let Some(rule) = &depth.withdrawal {
            let (share, fall) = (rule.share, rule.at_fall);
            words += &format!("; {share} of it leaves for each fall of {fall}");
        }
    }
    words
}

pub(super) fn table(title: &str, columns: &[&str], rows: Vec<Vec<String>>) -> SettingsTable {
    SettingsTable {
        title: title.to_owned(),
        columns: columns.iter().map(|&column| column.to_owned()).collect(),
        rows,
    }
}

fn percent(bps: f64) -> String {
    format!("{}", bps / 100.0)
}

fn settings(scenario: &Scenario) -> Vec<SettingsTable> {
    let assets = scenario.assets.iter().map(|asset| {
        vec![
            asset.symbol.clone(),
            percent(f64::from(asset.ltv_bps)),
            percent(f64::from(asset.liquidation_threshold_bps)),
            percent(f64::from(asset.liquidation_bonus_bps)),
            percent(f64::from(asset.protocol_fee_bps)),
            percent(f64::from(asset.reserve_factor_bps)),
            setting(asset.lenders),
            percent(asset.oracle.deviation_bps),
            asset.oracle.heartbeat_s.to_string(),
            asset.oracle.delay_s.to_string(),
        ]
    });
    let asset_columns = [
        "Asset",
        "Loan to value (%)",
        "Liquidation threshold (%)",
        "Liquidation bonus (%)",
        "Protocol fee (% of bonus)",
        "Reserve factor (%)",
        "Supplied by lenders (tokens)",
        "Oracle deviation (%)",
        "Oracle heartbeat (s)",
        "Oracle delay (s)",
    ];
    let venues = scenario.venues.iter().map(|venue| {
        vec![
            venue.name.clone(),
            symbol_of(scenario, venue.base).to_owned(),
            liquidity_words(&venue.liquidity) + &shrinking_words(venue),
            percent(venue.fee_bps),
            venue.recovery_half_life_s.to_string(),
            venue.weight.to_string(),
        ]
    });
    let venue_columns = [
        "Venue",
        "Sells",
        "Depth",
        "Fee (%)",
        "Recovery half-life (s)",
        "Weight",
    ];
    let mut tables = vec![
        table("Parameters by asset", &asset_columns, assets.collect()),
        table("Venues", &venue_columns, venues.collect()),
        market_settings(scenario),
        liquidator_settings(scenario),
    ];
    tables.extend(agents::settings(scenario));
    tables.extend(monitor::settings(scenario));
    tables.extend(policies(scenario));
    tables.extend(oracles::settings(&scenario.assets));
    tables
}

/// What is switched on around the protocol; nothing where nothing is.
fn policies(scenario: &Scenario) -> Option<SettingsTable> {
    let row = |spec: &PolicySpec| {
        let about = policy(spec.name).map_or("", |policy| policy.about);
        vec![
            spec.name.to_owned(),
            policy_settings(scenario, spec),
            about.to_owned(),
        ]
    };
    let rows: Vec<_> = scenario.policies.iter().map(row).collect();
    let columns = ["Policy", "Settings", "What it does"];
    (!rows.is_empty()).then(|| table("Policies", &columns, rows))
}

/// A policy's settings, such as `window_s 1800, assets WETH`.
pub(crate) fn policy_settings(scenario: &Scenario, spec: &PolicySpec) -> String {
    let words = |value: &PolicyValue| match value {
        PolicyValue::Whole(number) => number.to_string(),
        PolicyValue::Number(number) => setting(*number),
        PolicyValue::Assets(assets) => {
            let symbols = assets.iter().map(|id| symbol_of(scenario, *id));
            symbols.collect::<Vec<_>>().join(" ")
        }
    };
    let values = spec.values.iter();
    let values = values.map(|(key, value)| format!("{key} {}", words(value)));
    values.collect::<Vec<_>>().join(", ")
}

fn market_settings(scenario: &Scenario) -> SettingsTable {
    let (gas, impact, borrowers) = (&scenario.gas, &scenario.impact, &scenario.borrowers);
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let routing = match impact.routing {
        Routing::Best => None,
        Routing::Split => Some(row(
            "Trades",
            "split over venues at equal marginal prices".to_owned(),
        )),
    };
    let rows = routing.into_iter().chain(vec![
        row(
            "Venues' weight in the oracle's sources (share)",
            impact.venue_weight.to_string(),
        ),
        row(
            "Impact that stays in the outside price (share)",
            impact.permanent_share.to_string(),
        ),
        row(
            "Depth of all venues, times what they state",
            impact.depth.to_string(),
        ),
        row("Block time (s)", gas.block_time_s.to_string()),
        row("Block gas limit (gas)", setting(gas.block_gas_limit as f64)),
        row(
            "Gas of a liquidation (gas)",
            setting(gas.gas_per_liquidation as f64),
        ),
        row(
            "Block space kept by other traffic (share)",
            gas.background_use.to_string(),
        ),
        row(
            "Gas of a failed attempt (share)",
            gas.failed_gas_share.to_string(),
        ),
        row(
            "Borrowers that do nothing (share)",
            borrowers.ignore.to_string(),
        ),
        row(
            "Borrowers that add collateral (share)",
            borrowers.top_up.to_string(),
        ),
        row("Borrowers that repay (share)", borrowers.repay.to_string()),
        row(
            "Borrowers act below health factor",
            borrowers.trigger_health.to_string(),
        ),
        row(
            "Borrowers aim at health factor",
            borrowers.target_health.to_string(),
        ),
        row("Borrowers act after (s)", borrowers.delay_s.to_string()),
        row(
            "Borrowers' budget (share of debt)",
            borrowers.budget_share.to_string(),
        ),
    ]);
    table(
        "Market, chain and borrowers",
        &["Setting", "Value"],
        rows.collect(),
    )
}

fn liquidator_settings(scenario: &Scenario) -> SettingsTable {
    let rows = scenario.liquidators.iter().map(|liquidator| {
        let exit = match liquidator.exit {
            ExitSpec::FlashLoan { loan_fee_bps } => {
                format!("flash loan, fee {} %", percent(loan_fee_bps))
            }
            ExitSpec::Inventory { half_life_s } => {
                format!("inventory, half sold in {half_life_s} s")
            }
        };
        vec![
            liquidator.name.clone(),
            format!("{:?}", liquidator.kind).to_lowercase(),
            liquidator.count.to_string(),
            setting(liquidator.capital_usd),
            liquidator.latency_s.to_string(),
            liquidator.min_profit_usd.to_string(),
            liquidator.bid_share.to_string(),
            exit,
        ]
    });
    let columns = [
        "Group",
        "Kind",
        "Count",
        "Capital of each (USD)",
        "Latency (s)",
        "Least profit (USD)",
        "Bid (share of profit)",
        "Exit",
    ];
    table("Liquidators", &columns, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_read_as_they_were_typed() {
        for (share, want) in [
            (0.55, "55"),
            (0.07, "7"),
            (0.125, "12.5"),
            (12.0, "1,200"),
            (f64::INFINITY, "no limit"),
        ] {
            assert_eq!(per_cent(share), want);
        }
    }
}
