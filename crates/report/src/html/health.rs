//! Distribution of health before and after.

use super::Page;
use super::parts::{bar_figure, cell, nothing, number, table, text};
use crate::format::{count, money, plural, usd};
use crate::svg::{BarChart, BarGroup};
use backstop_core::units::Ratio;
use maud::{Markup, html};

/// Lower end of each class but the first, in hundredths; a class ends where the next begins.
const EDGES: [u128; 7] = [100, 105, 110, 125, 150, 200, 300];
const WAD_HUNDREDTH: u128 = 10_000_000_000_000_000;
const CLASSES: [&str; 8] = ["< 1", "1", "1.05", "1.1", "1.25", "1.5", "2", "3 +"];
const NAMES: [&str; 9] = [
    "below 1",
    "1 to 1.05",
    "1.05 to 1.1",
    "1.1 to 1.25",
    "1.25 to 1.5",
    "1.5 to 2",
    "2 to 3",
    "3 and more",
    "no debt",
];

/// Accounts and their debt by class of health; the last class has no debt.
#[derive(Clone, Copy, Debug, Default)]
struct Histogram {
    accounts: [u64; 9],
    debt_usd: [f64; 9],
}

impl Histogram {
    fn add(&mut self, factor: Ratio, debt_usd: f64) {
        let class = match factor == Ratio::MAX {
            true => NAMES.len() - 1,
            false => EDGES.partition_point(|edge| Ratio::new(edge * WAD_HUNDREDTH) <= factor),
        };
        self.accounts[class] += 1;
        self.debt_usd[class] += if debt_usd.is_finite() { debt_usd } else { 0.0 };
    }
}

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.record.accounts.is_empty() {
        return nothing("No account had debt at the start.");
    }
    let (mut before, mut after) = (Histogram::default(), Histogram::default());
    for account in &page.record.accounts {
        before.add(account.health_start, account.debt_usd[0]);
        after.add(account.health_end, account.debt_usd[1]);
    }
    html! {
        (figure(page, &before, &after))
        (rows(page, &before, &after))
    }
}

fn figure(page: &Page<'_>, before: &Histogram, after: &Histogram) -> Markup {
    let group = |name: &str, class, histogram: &Histogram| BarGroup {
        name: name.to_owned(),
        class,
        values: histogram.debt_usd[..CLASSES.len()].to_vec(),
        titles: (0..CLASSES.len())
            .map(|i| {
                format!(
                    "{name}, health {}: {} in {}",
                    NAMES[i],
                    money(histogram.debt_usd[i]),
                    plural(histogram.accounts[i], "account", "accounts")
                )
            })
            .collect(),
    };
    let chart = BarChart {
        id: "health-bars".to_owned(),
        title: "Debt by health factor, USD".to_owned(),
        desc: format!(
            "Debt in accounts with a health factor below 1: {} before, {} after. Below 1.1: {} before, {} after.",
            money(before.debt_usd[0]),
            money(after.debt_usd[0]),
            money(before.debt_usd[..3].iter().sum()),
            money(after.debt_usd[..3].iter().sum()),
        ),
        height: 230.0,
        x_title: "health factor, lower end of the class",
        classes: &CLASSES,
        groups: vec![group("before", "c1", before), group("after", "c2", after)],
    };
    bar_figure(
        page,
        &chart,
        "Debt in USD by the health factor of its account, at the first and at the last prices of the \
         run. Below 1 an account can be liquidated.",
    )
}

fn rows(page: &Page<'_>, before: &Histogram, after: &Histogram) -> Markup {
    let row = |i: usize| {
        vec![
            cell(NAMES[i]),
            cell(count(before.accounts[i])),
            cell(count(after.accounts[i])),
            cell(usd(before.debt_usd[i])),
            cell(usd(after.debt_usd[i])),
        ]
    };
    let rows: Vec<_> = (0..NAMES.len()).map(row).collect();
    table(
        page,
        "Accounts that had debt at the start, by health factor before and after.",
        &[
            text("Health factor"),
            number("Before", "accounts"),
            number("After", "accounts"),
            number("Debt before", "USD"),
            number("Debt after", "USD"),
        ],
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_begin_at_their_edge() {
        let wad = 1_000_000_000_000_000_000u128;
        let cases = [
            (Ratio::ZERO, 0),
            (Ratio::new(wad - 1), 0),
            (Ratio::new(wad), 1),
            (Ratio::new(wad * 5 / 4), 4),
            (Ratio::new(wad * 3), 7),
            (Ratio::new(u128::MAX), 7),
            (Ratio::MAX, 8),
        ];
        for (factor, want) in cases {
            let mut histogram = Histogram::default();
            histogram.add(factor, f64::NAN);
            assert_eq!(
                histogram.accounts.iter().position(|n| *n == 1),
                Some(want),
                "{factor}"
            );
        }
    }
}
