//! Which accounts the losses come from.

use super::super::parts::{bar_cell, cell, name_cell, nothing, number, table, text};
use super::Page;
use crate::answer::NOTHING_USD;
use crate::ensemble::Account;
use crate::format::{MISSING, percent, plural, usd};
use maud::{Markup, html};

/// Rows at most.
const ROWS: usize = 20;

pub(super) fn content(page: &Page<'_>) -> Markup {
    let all = &page.known.accounts;
    if all.rows.is_empty() {
        return nothing("No account lost anything on any path.");
    }
    let rows: Vec<Vec<Markup>> = all.rows.iter().take(ROWS).map(|a| row(page, a)).collect();
    let caption = format!(
        "The {} that leave most bad debt, and then of which most collateral is taken, of {} that lose on any path. \
         Means are over all paths.",
        plural(rows.len() as u64, "account", "accounts"),
        crate::format::count(all.rows.len() as u64)
    );
    html! {
        p { (concentration(page)) }
        (table(
            page,
            &caption,
            &[
                text("Account"),
                number("Share of all bad debt", ""),
                number("Mean bad debt", "USD"),
                number("Mean collateral taken", "USD"),
                number("Share of all collateral taken", ""),
                number("Liquidated in", "paths"),
            ],
            &rows,
        ))
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
    ]
}

/// How few accounts make half of it.
fn concentration(page: &Page<'_>) -> String {
    let all = &page.known.accounts;
    let accounts = |n: usize| plural(n as u64, "account", "accounts");
    let with = all.with_bad_debt();
    let bad_debt = match all.half_of_bad_debt() {
        Some(half) => format!(
            "{} of the {} that leave bad debt on any path make half of it. ",
            accounts(half),
            crate::format::count(with as u64)
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
