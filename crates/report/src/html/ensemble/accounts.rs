//! Which accounts the losses come from, and whose collateral is at risk.

use super::super::parts::{bar_cell, cell, name_cell, nothing, number, table, text};
use super::Page;
use crate::answer::NOTHING_USD;
use crate::compare::short;
use crate::ensemble::Account;
use crate::format::{MISSING, count, money, percent, plural, usd};
use maud::{Markup, html};

/// Rows of those that lose most, at most.
const ROWS: usize = 20;
/// Rows of those with most collateral at risk that are not among them, at most.
const MORE_ROWS: usize = 10;

pub(super) fn content(page: &Page<'_>) -> Markup {
    let all = &page.known.accounts;
    if all.rows.is_empty() {
        return nothing("No account lost anything or was in trouble on any path.");
    }
    let (worst, at_risk) = all.shown(ROWS, MORE_ROWS);
    let caption = format!(
        "The {} that leave most bad debt, and then of which most collateral is taken, of {} that lose on any path{}. \
         Means are over all paths. At risk: an account that is liquidated or softened or ends in breach, with all \
         collateral that it had at the start.",
        plural(worst.len() as u64, "account", "accounts"),
        count(all.lose() as u64),
        match at_risk.len() {
            0 => String::new(),
            n => format!(
                "; then the {} with most collateral at risk besides",
                plural(n as u64, "account", "accounts")
            ),
        }
    );
    let rows = worst.into_iter().chain(at_risk);
    let rows: Vec<Vec<Markup>> = rows.map(|account| row(page, account)).collect();
    let table = table(
        page,
        &caption,
        &[
            text("Account"),
            number("Share of all bad debt", ""),
            number("Mean bad debt", "USD"),
            number("Mean collateral taken", "USD"),
            number("Share of all collateral taken", ""),
            number("Liquidated in", "paths"),
            number("Collateral at the start", "USD"),
            number("At risk in", "paths"),
            number("Mean collateral at risk", "USD"),
        ],
        &rows,
    );
    html! {
        p { (concentration(page)) }
        p { (at_risk_words(page)) }
        (table)
    }
}

fn row(page: &Page<'_>, account: &Account) -> Vec<Markup> {
    let all = &page.known.accounts;
    let paths = page.known.paths();
    let share = |part: f64, whole: f64| (whole >= NOTHING_USD).then(|| part / whole);
    let most = all.rows.first().map_or(0.0, |first| first.bad_debt);
    let of_bad_debt = share(account.bad_debt, all.bad_debt).map_or_else(
        || cell(MISSING),
        |part| bar_cell(&percent(part), account.bad_debt / most),
    );
    let of_taken = share(account.taken, all.taken);
    vec![
        name_cell(&page.known.account(account.number)),
        of_bad_debt,
        cell(usd(account.bad_debt / paths)),
        cell(usd(account.taken / paths)),
        cell(of_taken.map_or_else(|| MISSING.to_owned(), percent)),
        cell(percent(account.paths / paths)),
        cell(short(account.collateral, "USD")),
        cell(percent(account.at_risk_paths / paths)),
        cell(usd(account.at_risk() / paths)),
    ]
}

/// How few accounts make half of it.
fn concentration(page: &Page<'_>) -> String {
    let all = &page.known.accounts;
    let accounts = |n: usize| plural(n as u64, "account", "accounts");
    let with = all.with_bad_debt();
    let bad_debt = match all.half_of_bad_debt() {
        Some(half) => format!(
            "{} of the {} that leave bad debt on any path {} half of it. ",
            accounts(half),
            count(with as u64),
            if half == 1 { "makes" } else { "make" }
        ),
        None => "No account leaves bad debt on any path. ".to_owned(),
    };
    let taken = all.half_of_taken().map_or_else(String::new, |half| {
        format!(
            "Half of the collateral taken is that of {}.",
            accounts(half)
        )
    });
    bad_debt + &taken
}

/// Whose collateral is at risk: most of it, and most often.
fn at_risk_words(page: &Page<'_>) -> String {
    let all = &page.known.accounts;
    let paths = page.known.paths();
    let (Some(half), Some(most), Some(often)) =
        (all.half_of_at_risk(), all.most_at_risk(), all.most_often())
    else {
        return "No account's collateral is at risk on any path.".to_owned();
    };
    let of = |account: &Account| {
        let share = percent(account.at_risk_paths / paths);
        let collateral = money(account.collateral);
        format!(
            "{} ({collateral}, in {share} of paths)",
            page.known.account(account.number)
        )
    };
    let often = match often.number == most.number {
        true => "It is also the one most often at risk.".to_owned(),
        false => format!("Most often at risk is {}.", of(often)),
    };
    format!(
        "{} at risk on some path, and {} half of what is at risk on average; most of it is that of {}. {often}",
        plural(
            all.at_risk_rows() as u64,
            "account has collateral",
            "accounts have collateral"
        ),
        match half {
            1 => "one makes at least".to_owned(),
            n => format!("{} make", count(n as u64)),
        },
        of(most),
    )
}
