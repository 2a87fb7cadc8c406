//! An ensemble for the terminal.

use super::{
    Account, Cascades, EnsembleReport, Figure, HEADLINE, Known, SHOWN, answer, draws_text, horizon,
    money_range, percent_of,
};
use crate::answer::{NOTHING_USD, spans_text};
use crate::compare::{short, shortened, table_width};
use crate::format::{count, decimal, money, one_line, percent, plural, usd};
use crate::sweep::drivers_answer;
use crate::terminal::{WIDTH_MIN, aligned, wrap};
use backstop_lab::ensemble::{CONFIDENCE, Distribution, Level, Tail, Totals};

/// Widest text.
const WIDTH_MAX: usize = 120;
/// Accounts listed at most.
const ACCOUNTS_MAX: usize = 5;
/// Assets listed at most.
const ASSETS_MAX: usize = 6;
/// Longest name of an account.
const NAME_MAX: usize = 20;

/// The ensemble for a terminal of `width` characters: the answer, the main figures with the
/// intervals of the answer's level, the accounts that lose most, and the worst path.
pub fn ensemble_text(report: &EnsembleReport<'_>, width: usize) -> String {
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let known = Known::new(*report);
    let mut out = headline(report);
    out.push('\n');
    out.push_str(&wrap(&spans_text(answer(&known)), width));
    if report.totals.paths == 0 {
        return out;
    }
    out.push('\n');
    out.push_str(&figures(&known, width));
    let untold = known.untold();
    if !untold.is_empty() {
        out.push_str(&wrap(&format!("No path tells: {untold}."), width));
    }
    if let Some(draws) = draws_text(&known) {
        out.push_str(&wrap(&draws.replace('\u{a0}', " "), width));
    }
    out.push_str(&wrap(&footnote(), width));
    out.push_str(&accounts(&known, width));
    out.push_str(&at_risk(&known, width));
    out.push_str(&cascades(&known, width));
    out.push_str(&worst(report, width));
    out.push_str(&additions(&known, width));
    out
}

/// What runs of their own tell, in a sentence or two each.
fn additions(known: &Known<'_>, width: usize) -> String {
    let drivers = known.drivers.run().map(drivers_answer);
    let heat_map = known.heat_map.run().map(crate::sweep::answer);
    let told = [("Drivers", drivers), ("Falls and depth", heat_map)];
    let lines = told.into_iter().filter_map(|(name, spans)| {
        let text = format!("{name}: {}", spans_text(spans?)).replace('\u{a0}', " ");
        Some(format!("\n{}", wrap(&text, width)))
    });
    lines.collect()
}

/// The running estimate in a few words, such as `bad debt 99 % $1.21M ± 9 %`; empty without paths.
pub fn estimate_text(totals: &Totals) -> String {
    let tail = |name| totals.figure(name).and_then(|all| all.tail(HEADLINE));
    let told = |tail: &Tail| tail.value_at_risk.value >= NOTHING_USD;
    let level = level_text(HEADLINE);
    let estimate = |what: &str, tail: Tail| {
        let var = tail.value_at_risk;
        let precision = var.precision().filter(|p| p.is_finite());
        let precision = precision.map_or_else(|| "?".to_owned(), |p| format!("{:.0} %", p * 100.0));
        format!("{what} {level} {} ± {precision}", money(var.value))
    };
    match (tail("bad_debt"), tail("seized")) {
        (Some(tail), _) if told(&tail) => estimate("bad debt", tail),
        (_, Some(tail)) if told(&tail) => estimate("liquidated", tail),
        (None, None) => String::new(),
        _ => format!("bad debt {level} $0"),
    }
}

fn headline(report: &EnsembleReport<'_>) -> String {
    let (paths, asked) = (count(report.totals.paths), count(report.asked));
    let of = match report.totals.paths == report.asked {
        true => plural(report.totals.paths, "path", "paths").replace('\u{a0}', " "),
        false => format!("{paths} of {asked} paths"),
    };
    let protocol = match report.context.protocol.as_str() {
        "" => String::new(),
        protocol => format!("{}, ", one_line(protocol)),
    };
    format!(
        "{}\n{protocol}{of} over {}, seed {}\n",
        one_line(&report.context.title),
        horizon(report.horizon_s).replace('\u{a0}', " "),
        report.seed
    )
}

fn footnote() -> String {
    format!(
        "VaR: what is exceeded in 5, 1 and 0.1 % of paths. Beyond: the mean of those paths. In brackets: \
         the interval that holds the true value {} times in 100. Money in USD.",
        (CONFIDENCE * 100.0).round()
    )
}

/// A level as people write it, such as `99.9 %`.
fn level_text(level: Level) -> String {
    format!("{} %", percent_of(level))
}

/// A column: its header, and what it says of a figure.
type Column = (String, Box<dyn Fn(&Figure) -> String>);

/// The main figures in as many columns as fit.
fn figures(known: &Known<'_>, width: usize) -> String {
    let told = SHOWN
        .iter()
        .filter_map(|s| Some((s.label, known.figure(s.metric)?)));
    let told: Vec<_> = told.collect();
    let table = |columns: &[Column]| {
        let mut header = vec![String::new()];
        header.extend(columns.iter().map(|(name, _)| name.clone()));
        let row = |(label, figure): &(&str, &Figure)| {
            let cells = columns.iter().map(|(_, cell)| cell(figure));
            std::iter::once((*label).to_owned())
                .chain(cells.map(|text| text.replace('\u{a0}', " ")))
                .collect()
        };
        aligned(&header, &told.iter().map(row).collect::<Vec<Vec<String>>>())
    };
    let choices = [
        vec![
            mean(),
            var(0),
            interval(),
            var(2),
            beyond(),
            beyond_interval(),
        ],
        vec![mean(), var(0), interval(), var(2), beyond()],
        vec![mean(), interval(), beyond()],
        vec![mean(), var(1), beyond()],
    ];
    let tables = choices.iter().map(|columns| table(columns));
    let mut tables: Vec<String> = tables.collect();
    let fits = tables.iter().position(|t| table_width(t) <= width);
    tables.swap_remove(fits.unwrap_or(tables.len() - 1))
}

fn mean() -> Column {
    let cell = |f: &Figure| f.mean.map_or_else(String::new, |mean| f.show(mean.value));
    ("mean".to_owned(), Box::new(cell))
}

fn var(at: usize) -> Column {
    let level = Level::SHOWN.get(at).copied().unwrap_or(HEADLINE);
    let cell = move |f: &Figure| {
        let tail = f.tail(level);
        tail.map_or_else(String::new, |t| f.show(t.value_at_risk.value))
    };
    (format!("VaR {}", level_text(level)), Box::new(cell))
}

fn bracketed(value: String, interval: String) -> String {
    match interval.as_str() {
        "" => value,
        interval => format!("{value} ({interval})"),
    }
}

fn interval() -> Column {
    let cell = |f: &Figure| {
        let var = f.tail(HEADLINE).map(|t| t.value_at_risk);
        var.map_or_else(String::new, |var| {
            bracketed(f.show(var.value), f.interval(&var))
        })
    };
    (format!("VaR {}", level_text(HEADLINE)), Box::new(cell))
}

fn beyond() -> Column {
    let cell = |f: &Figure| {
        let tail = f.tail(HEADLINE);
        tail.map_or_else(String::new, |t| f.show(t.expected_shortfall.value))
    };
    (format!("beyond {}", level_text(HEADLINE)), Box::new(cell))
}

fn beyond_interval() -> Column {
    let cell = |f: &Figure| {
        let tail = f.tail(HEADLINE);
        tail.map_or_else(String::new, |t| match f.interval(&t.expected_shortfall) {
            none if none.is_empty() => none,
            known => format!("({known})"),
        })
    };
    (String::new(), Box::new(cell))
}

/// The accounts that lose most, in as many columns as fit; empty where none loses anything.
fn accounts(known: &Known<'_>, width: usize) -> String {
    let all = &known.accounts;
    if all.lose() == 0 {
        return String::new();
    }
    let shown = || all.rows.iter().take(ACCOUNTS_MAX.min(all.lose()));
    let what = match all.bad_debt >= NOTHING_USD {
        true => "bad debt comes from",
        false => "collateral is taken",
    };
    let title = format!(
        "Where most {what}: {} of {} accounts that lose on any path",
        count(shown().count() as u64),
        count(all.lose() as u64)
    );
    let cells: Vec<[String; 5]> = shown().map(|a| account(known, a)).collect();
    let table = |columns: &[usize]| {
        let header = ["", "of all", "mean bad debt", "mean taken", "liquidated in"];
        let pick = |cells: &[String]| columns.iter().map(|i| cells[*i].clone()).collect();
        let rows: Vec<Vec<String>> = cells.iter().map(|row| pick(row)).collect();
        aligned(&pick(&header.map(str::to_owned)), &rows)
    };
    let tables = [&[0, 1, 2, 3, 4][..], &[0, 1, 2, 3]].map(table);
    let [wide, narrow] = tables;
    let table = if table_width(&wide) <= width {
        wide
    } else {
        narrow
    };
    format!("\n{}{table}", wrap(&title, width))
}

/// Name, share of all, mean bad debt, mean collateral taken, share of paths.
fn account(known: &Known<'_>, account: &Account) -> [String; 5] {
    let (all, paths) = (&known.accounts, known.paths());
    let share = match all.bad_debt >= NOTHING_USD {
        true => account.bad_debt / all.bad_debt,
        false => account.taken / all.taken,
    };
    let cells = [
        shortened(&one_line(&known.account(account.number)), NAME_MAX),
        percent(share),
        usd(account.bad_debt / paths),
        usd(account.taken / paths),
        percent(account.paths / paths),
    ];
    cells.map(|cell| cell.replace('\u{a0}', " "))
}

/// Collateral at risk by asset, in as many columns as fit, and the account with most of it; empty where none is.
fn at_risk(known: &Known<'_>, width: usize) -> String {
    let report = &known.report;
    let all = report.symbols.iter().zip(&report.totals.at_risk);
    let mut assets: Vec<_> = all
        .filter(|(_, usd)| usd.sum.max() >= Some(NOTHING_USD))
        .collect();
    assets.sort_by(|a, b| b.1.sum.total().total_cmp(&a.1.sum.total()));
    let Some(most) = known.accounts.most_at_risk().filter(|_| !assets.is_empty()) else {
        return String::new();
    };
    let show = |value| short(value, "USD");
    let var = |tail: Option<Tail>| {
        tail.map_or_else(String::new, |tail| {
            let var = tail.value_at_risk;
            bracketed(show(var.value), super::interval(&var, show))
        })
    };
    let row = |(symbol, usd): &(&String, &Distribution)| {
        let (mean, [at_95, at_99, _]) = money_range(usd);
        let mean = mean.map_or_else(String::new, |mean| show(mean.value));
        let plain = at_95.map_or_else(String::new, |tail| show(tail.value_at_risk.value));
        let name = shortened(&one_line(symbol), NAME_MAX);
        [name, mean, var(at_95), plain, var(at_99)].map(|cell| cell.replace('\u{a0}', " "))
    };
    let cells: Vec<[String; 5]> = assets.iter().take(ASSETS_MAX).map(row).collect();
    let level = |at: usize| format!("VaR {}", level_text(Level::SHOWN[at]));
    let header = [
        String::new(),
        "mean".to_owned(),
        level(0),
        level(0),
        level(1),
    ];
    let table = |columns: &[usize]| {
        let pick = |cells: &[String; 5]| columns.iter().map(|i| cells[*i].clone()).collect();
        let rows: Vec<Vec<String>> = cells.iter().map(pick).collect();
        aligned(&pick(&header), &rows)
    };
    let [wide, narrow] = [&[0, 1, 2, 4][..], &[0, 1, 3, 4]].map(table);
    let table = if table_width(&wide) <= width {
        wide
    } else {
        narrow
    };
    let title = format!(
        "Collateral at risk by asset: {} of {}",
        count(cells.len() as u64),
        count(assets.len() as u64)
    );
    let words = format!(
        "Most of it is that of {}: {}, at risk in {} of paths.",
        shortened(&one_line(&known.account(most.number)), NAME_MAX),
        money(most.collateral),
        percent(most.at_risk_paths / known.paths())
    );
    format!("\n{}{table}{}", wrap(&title, width), wrap(&words, width))
}

/// The tail of cascades in a sentence; empty where the paths do not tell it.
fn cascades(known: &Known<'_>, width: usize) -> String {
    let Some(main) = known.cascades.as_ref().and_then(Cascades::main) else {
        return String::new();
    };
    let index = main.tail.index;
    let text = format!(
        "\nLargest cascade of a path: beyond {} its tail index is {}; twice as large is {} times as rare.",
        money(main.tail.threshold),
        bracketed(decimal(index.value), super::interval(&index, decimal)),
        main.rarer()
    );
    wrap(&text, width)
}

/// The worst path and how to look at it; empty where no path loses anything.
fn worst(report: &EnsembleReport<'_>, width: usize) -> String {
    let lost = |path: &&backstop_lab::ensemble::WorstPath| {
        path.bad_debt >= NOTHING_USD || path.seized >= NOTHING_USD
    };
    let Some(path) = report.totals.worst.first().filter(lost) else {
        return String::new();
    };
    let what = format!(
        "Worst path: number {}, {} of bad debt, {} of collateral taken",
        path.path,
        money(path.bad_debt),
        money(path.seized)
    );
    let command = one_line(&(report.path_command)(path.path));
    format!("\n{}  {command}\n", wrap(&what, width))
}
