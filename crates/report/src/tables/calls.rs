//! Tables of a monitor: margin calls, and bands of health.

use super::{ACCOUNT, Names, Rows, STEP, TIME};
use crate::followed::cause_word;
use backstop_core::units::Ratio;
use backstop_io::table::Table;
use backstop_lab::record::{BandRow, CallRow, CureRow, PathRecord};

/// The tables: none without a monitor.
pub(super) fn tables(record: &PathRecord) -> impl Iterator<Item = Table> {
    let watched = record.call_window_s.is_some();
    let both = watched.then(|| [calls(record), bands(record)]);
    both.into_iter().flatten()
}

fn calls(record: &PathRecord) -> Table {
    let rows = Rows::of(&record.calls)
        .u32("step", "", STEP, |c: &CallRow| c.step)
        .u64("time", "s", TIME, |c| c.time)
        .u32("account", "", ACCOUNT, |c| c.account.0)
        .text(
            "level",
            "10^-18",
            "The lowest level that its health fell below, exact.",
            |c| c.level.to_string(),
        )
        .u64(
            "since",
            "s",
            "Since when its health has been below the highest level without a break, as `time`.",
            |c| c.since,
        )
        .text(
            "cause",
            "",
            "What brought it there: `market` (prices or interest, before anybody acts in the step) or `move` (its own \
             move or a liquidation, told at the end of the step).",
            |c| cause_word(c.cause).to_owned(),
        )
        .text("health", "10^-18", "Health factor, exact.", |c| {
            c.health.to_string()
        })
        .f64(
            "headroom",
            "",
            "Fall of all its collateral together that makes it liquidatable, as a share; 0 where it is.",
            |c| c.headroom,
        )
        .f64(
            "volatility_a_day",
            "",
            "Standard deviation of a day that the prediction reckons with, as a share: the largest of what it holds \
             and owes.",
            |c| c.sigma,
        )
        .optional_u64(
            "breach_in_s",
            "s",
            "Predicted time until such a fall; null where no price moves.",
            |c| c.breach_in_s,
        );
    let rows = cure(rows, record, ["repay_asset", "repay", "repay_usd"], |c| {
        c.repay
    });
    cure(rows, record, ["add_asset", "add", "add_usd"], |c| c.top_up).table("calls")
}

/// The three columns of a cure.
fn cure<'a>(
    rows: Rows<'a, CallRow>,
    record: &PathRecord,
    [asset, amount, usd]: [&str; 3],
    of: fn(&CallRow) -> Option<CureRow>,
) -> Rows<'a, CallRow> {
    let names = Names(record);
    let (what, unit) = match amount {
        "repay" => ("repaid", "debt units"),
        _ => ("added as collateral", "collateral units"),
    };
    rows.optional_text(
        asset,
        "",
        &format!(
            "Ticker of what is {what} in the cheapest cure of this kind; null, as the next two, where no single one \
             brings the account to the target."
        ),
        |c| of(c).map(|cure| names.asset(cure.asset)),
    )
    .optional_text(
        amount,
        unit,
        "How much of it, exact: one unit less does not suffice, or is refused.",
        |c| of(c).map(|cure| cure.amount.to_string()),
    )
    .optional_f64(usd, "USD", "Its value, at the oracle's price.", |c| {
        of(c).map(|cure| cure.usd)
    })
}

fn bands(record: &PathRecord) -> Table {
    Rows::of(&record.bands)
        .u32(
            "step",
            "",
            "Step at whose end the band stood so for the first time.",
            |b: &BandRow| b.step,
        )
        .u64("time", "s", TIME, |b| b.time)
        .text(
            "from",
            "10^-18",
            "Least health factor of the band, exact.",
            |b| b.from.to_string(),
        )
        .optional_text(
            "to",
            "10^-18",
            "Health factor above the band, exact; null where it has no upper end.",
            |b| (b.to != Ratio::MAX).then(|| b.to.to_string()),
        )
        .u32("accounts", "", "Accounts with debt in the band.", |b| {
            b.accounts
        })
        .f64(
            "debt_usd",
            "USD",
            "Their debt, each as it was when it was last looked at.",
            |b| b.debt_usd,
        )
        .table("bands")
}
