//! An ensemble as tables.

use super::{ACCOUNT, Rows};
use crate::ensemble::{
    Account, EnsembleReport, Figure, Known, Loss, losses, money_range, percent_of,
};
use backstop_io::table::Table;
use backstop_lab::ensemble::{Distribution, Estimate, FanStep, Level, Tail, WorstPath};
use backstop_lab::world::CollateralAtRisk;

/// The tables of an ensemble, in a fixed order: figures, losses, falls, fan, accounts, collateral taken and at
/// risk by asset, falls at the start, worst paths.
pub fn ensemble_tables(report: &EnsembleReport<'_>) -> Vec<Table> {
    known_tables(&Known::new(*report))
}

/// The same from what is computed already.
pub(crate) fn known_tables(known: &Known<'_>) -> Vec<Table> {
    vec![
        figures(known),
        curve(known),
        falls(known),
        fan(known),
        accounts(known),
        taken(known),
        at_risk(known),
        instant(known),
        worst(known),
    ]
}

pub(super) fn end(value: Option<f64>) -> Option<f64> {
    value.filter(|v| v.is_finite())
}

/// Columns of a mean with its interval and of the tail at every level.
pub(super) fn estimates<'a, T>(
    mut rows: Rows<'a, T>,
    unit: &str,
    mean: impl Fn(&T) -> Option<Estimate>,
    tail: impl Fn(&T, Level) -> Option<Tail>,
) -> Rows<'a, T> {
    const UNTOLD: &str = "null where the paths are too few to tell it.";
    let (lower, upper) = ("Lower end of its interval; ", "Upper end of its interval; ");
    let (lower, upper) = (format!("{lower}{UNTOLD}"), format!("{upper}{UNTOLD}"));
    rows = rows
        .optional_f64("mean", unit, "Mean over the paths.", |r| {
            Some(mean(r)?.value)
        })
        .optional_f64("mean_low", unit, &lower, |r| end(Some(mean(r)?.low)))
        .optional_f64("mean_high", unit, &upper, |r| end(Some(mean(r)?.high)));
    for level in Level::SHOWN {
        let percent = percent_of(level);
        let key = percent.to_string().replace('.', "_");
        let var = format!("Value at risk: the quantile at {percent} %.");
        let beyond =
            format!("Expected shortfall: mean of the paths from the {percent} % quantile up.");
        let at = |r: &T| Some(tail(r, level)?.value_at_risk);
        let es = |r: &T| Some(tail(r, level)?.expected_shortfall);
        rows = rows
            .optional_f64(&format!("var_{key}"), unit, &var, |r| Some(at(r)?.value))
            .optional_f64(&format!("var_{key}_low"), unit, &lower, |r| {
                end(Some(at(r)?.low))
            })
            .optional_f64(&format!("var_{key}_high"), unit, &upper, |r| {
                end(Some(at(r)?.high))
            })
            .optional_f64(&format!("es_{key}"), unit, &beyond, |r| Some(es(r)?.value))
            .optional_f64(&format!("es_{key}_low"), unit, &lower, |r| {
                end(Some(es(r)?.low))
            })
            .optional_f64(&format!("es_{key}_high"), unit, &upper, |r| {
                end(Some(es(r)?.high))
            });
    }
    rows
}

const SEE_UNIT: &str = "see `unit`";

fn figures(known: &Known<'_>) -> Table {
    let rows = Rows::of(&known.figures)
        .text("metric", "", "Name.", |f: &Figure| f.metric.name.to_owned())
        .text(
            "unit",
            "",
            "Unit: `USD`, `count`, `s`, `share` or `ratio`.",
            |f| f.metric.unit.to_owned(),
        )
        .u64("paths", "", "Paths that tell the figure.", |f| f.paths);
    estimates(rows, SEE_UNIT, |f| f.mean, Figure::tail)
        .optional_f64("min", SEE_UNIT, "Smallest.", |f| f.min)
        .optional_f64("max", SEE_UNIT, "Largest.", |f| f.max)
        .text("meaning", "", "What the figure says of a path.", |f| {
            f.metric.doc.to_owned()
        })
        .table("figures")
}

fn curve(known: &Known<'_>) -> Table {
    Rows::of(&losses(known.report.totals))
        .f64(
            "probability",
            "",
            "Share of paths that lose as much or more, 0 to 1.",
            |l: &Loss| l.probability,
        )
        .optional_f64("bad_debt", "USD", "Bad debt that they reach.", |l| {
            l.bad_debt
        })
        .optional_f64(
            "seized",
            "USD",
            "Liquidated collateral that they reach.",
            |l| l.seized,
        )
        .table("losses")
}

fn falls(known: &Known<'_>) -> Table {
    let bins: Vec<_> = known.report.totals.falls.iter().collect();
    let zero = |value: Option<f64>| value.unwrap_or(0.0);
    Rows::of(&bins)
        .u32(
            "fall_percent",
            "%",
            "Largest fall of the path without feedback, from this whole percent to the next.",
            |(percent, _)| u32::from(**percent),
        )
        .u64("paths", "", "Paths with such a fall.", |(_, b)| {
            b.seized.count()
        })
        .f64(
            "seized_mean",
            "USD",
            "Mean liquidated collateral.",
            |(_, b)| zero(b.seized.mean()),
        )
        .f64(
            "seized_max",
            "USD",
            "Largest liquidated collateral.",
            |(_, b)| zero(b.seized.max()),
        )
        .f64("bad_debt_mean", "USD", "Mean bad debt.", |(_, b)| {
            zero(b.bad_debt.mean())
        })
        .f64("bad_debt_max", "USD", "Largest bad debt.", |(_, b)| {
            zero(b.bad_debt.max())
        })
        .table("falls")
}

fn fan(known: &Known<'_>) -> Table {
    type Price = fn(&FanStep) -> &Distribution;
    let sides: [(&str, &str, Price); 2] = [
        ("with", "with feedback", |step| &step.with),
        ("without", "without feedback", |step| &step.without),
    ];
    let steps = &known.report.totals.fan;
    let mut rows = Rows::of(steps)
        .u32("step", "", super::STEP, |s| s.step)
        .u64("paths", "", "Paths that reach the step.", |s| {
            s.with.sum.count()
        });
    for (key, words, of) in sides {
        for quantile in [5, 25, 50, 75, 95] {
            let doc = format!("{quantile} % quantile {words}, over the first price.");
            rows = rows.optional_f64(&format!("{key}_{quantile}"), "ratio", &doc, |s| {
                of(s).quantile(f64::from(quantile) / 100.0)
            });
        }
    }
    rows.table("fan")
}

fn accounts(known: &Known<'_>) -> Table {
    let paths = known.paths();
    let all = &known.accounts;
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    Rows::of(&all.rows)
        .u32("account", "", ACCOUNT, |a: &Account| a.number)
        .optional_text(
            "name",
            "",
            "Name in the book file, where it had one.",
            |a| (known.report.account_name)(a.number),
        )
        .f64(
            "liquidated_share",
            "share",
            "Share of paths in which collateral was taken.",
            |a| a.paths / paths,
        )
        .f64(
            "seized_mean",
            "USD",
            "Collateral taken, mean over all paths.",
            |a| a.taken / paths,
        )
        .f64(
            "bad_debt_mean",
            "USD",
            "Bad debt left, mean over all paths.",
            |a| a.bad_debt / paths,
        )
        .optional_f64(
            "share_of_seized",
            "share",
            "Share of the collateral taken from all accounts; null where nothing was taken.",
            |a| share(a.taken, all.taken),
        )
        .optional_f64(
            "share_of_bad_debt",
            "share",
            "Share of the bad debt of all accounts; null where there is none.",
            |a| share(a.bad_debt, all.bad_debt),
        )
        .f64(
            "collateral",
            "USD",
            "Collateral at the start; 0 for an account that lost something and was never at risk.",
            |a| a.collateral,
        )
        .f64(
            "at_risk_share",
            "share",
            "Share of paths in which it was liquidated or softened or ends in breach.",
            |a| a.at_risk_paths / paths,
        )
        .f64(
            "at_risk_mean",
            "USD",
            "Collateral at risk, mean over all paths: `collateral` times `at_risk_share`.",
            |a| a.at_risk() / paths,
        )
        .optional_f64(
            "share_of_at_risk",
            "share",
            "Share of the collateral at risk of all accounts; null where there is none.",
            |a| share(a.at_risk(), all.at_risk),
        )
        .table("account-losses")
}

/// Ticker, mean and tails.
type Asset = (String, Option<Estimate>, [Option<Tail>; 3]);

fn taken(known: &Known<'_>) -> Table {
    let doc = "Ticker of the collateral taken.";
    by_asset(known, &known.report.totals.taken, ("assets", doc))
}

fn at_risk(known: &Known<'_>) -> Table {
    let doc = "Ticker of the collateral at risk.";
    by_asset(
        known,
        &known.report.totals.at_risk,
        ("collateral-at-risk", doc),
    )
}

/// One sum of dollars an asset, with its tails.
fn by_asset(known: &Known<'_>, all: &[Distribution], (name, doc): (&str, &str)) -> Table {
    let all = known.report.symbols.iter().zip(all);
    let one = |(symbol, all): (&String, &Distribution)| {
        let (mean, tails) = money_range(all);
        (symbol.clone(), mean, tails)
    };
    let assets: Vec<Asset> = all.map(one).collect();
    let rows = Rows::of(&assets).text("asset", "", doc, |a: &Asset| a.0.clone());
    let tail = |asset: &Asset, level: Level| {
        let at = Level::SHOWN.iter().position(|shown| *shown == level)?;
        asset.2.get(at).copied().flatten()
    };
    estimates(rows, "USD", |a| a.1, tail).table(name)
}

/// A fall, and an asset by its position.
type Fallen<'a> = (&'a CollateralAtRisk, usize);

fn instant(known: &Known<'_>) -> Table {
    let symbol = |asset: usize| known.report.symbols.get(asset).cloned().unwrap_or_default();
    let falls = known.report.instant.iter();
    let rows: Vec<Fallen<'_>> = falls
        .flat_map(|risk| (0..risk.by_asset.len()).map(move |asset| (risk, asset)))
        .collect();
    Rows::of(&rows)
        .text(
            "falling",
            "",
            "Ticker of the asset whose price falls at the start.",
            |(risk, _): &Fallen<'_>| symbol(usize::from(risk.asset.0)),
        )
        .f64("fall", "share", "By how much.", |(risk, _)| risk.fall)
        .text("asset", "", "Ticker of the collateral.", |(_, asset)| {
            symbol(*asset)
        })
        .f64(
            "at_risk",
            "USD",
            "Collateral of the accounts in breach, at the prices before the fall.",
            |(risk, asset)| risk.by_asset.get(*asset).copied().unwrap_or(0.0),
        )
        .optional_f64(
            "share",
            "share",
            "The same as a share of all borrowers' collateral of the asset; null where there is none.",
            |(risk, asset)| risk.shares.get(*asset).copied().flatten(),
        )
        .u64(
            "accounts",
            "",
            "Accounts in breach after the fall, whatever their collateral.",
            |(risk, _)| risk.by_account.len() as u64,
        )
        .table("instant-falls")
}

fn worst(known: &Known<'_>) -> Table {
    Rows::of(&known.report.totals.worst)
        .u64("path", "", "Number of the path.", |w: &WorstPath| w.path)
        .f64("bad_debt", "USD", "Bad debt.", |w| w.bad_debt)
        .f64("seized", "USD", "Liquidated collateral.", |w| w.seized)
        .f64(
            "fall",
            "share",
            "Largest fall of an oracle's price, without feedback.",
            |w| w.fall,
        )
        .text(
            "command",
            "",
            "Command that runs the path again, with its full trace.",
            |w| (known.report.path_command)(w.path),
        )
        .table("worst")
}
